// Loading the music and the images before the board can be used: a veil with a bar, and a question where a file fails.

import { preload } from "../preload.js";
import { element, list } from "../words.js";

const VEIL_AFTER_MS = 300; // nobody needs a veil for a moment

// items: [{element, address, name, clip | image}]; giveUp(item): somebody goes on without it
export async function loadMedia(form, items, giveUp) {
  const { veil, text, bar } = makeVeil();
  const wall = form.querySelector(".wall");
  const show = setTimeout(() => wall.before(veil), VEIL_AFTER_MS);
  form.classList.add("loading");
  wall.inert = true;
  let waiting = items;
  for (;;) {
    const failed = await preload(waiting, (done, of) => {
      bar.max = of;
      bar.value = done;
    });
    if (!failed.length) break;
    clearTimeout(show);
    wall.before(veil);
    text.textContent = `${list(failed.map(({ name }) => name))} could not be loaded. Is the connection all right?`;
    if (!(await askAgain(veil))) {
      for (const item of failed) giveUp(item);
      break;
    }
    veil.querySelector(".actions").remove();
    text.textContent = "Trying again …";
    waiting = failed;
  }
  clearTimeout(show);
  veil.remove();
  wall.inert = false;
  form.classList.remove("loading");
}

function makeVeil() {
  const veil = element("div", { className: "veil" });
  const text = element("p", { textContent: "The music and the images are being loaded …" });
  text.setAttribute("role", "status");
  const bar = element("progress");
  bar.setAttribute("aria-label", "Loading");
  veil.append(text, bar);
  return { veil, text, bar };
}

function askAgain(veil) {
  const actions = element("div", { className: "actions" });
  const again = element("button", { type: "button", className: "primary", textContent: "Try again" });
  const without = element("button", { type: "button", textContent: "Go on without" });
  actions.append(again, without);
  veil.append(actions);
  again.focus();
  return new Promise((resolve) => {
    again.addEventListener("click", () => resolve(true));
    without.addEventListener("click", () => resolve(false));
  });
}
