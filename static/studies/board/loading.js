// Loading the music and the images before the board can be used: a veil with a bar, and a question where a file fails,
// does not come, or takes long.

import { preload } from "../preload.js";
import { element, list } from "../words.js";

const VEIL_AFTER_MS = 300; // nobody needs a veil for a moment
const SLOW_AFTER_MS = 30000; // files still come, but nobody has to wait for them

// items: [{element, address, name, clip | image}]; giveUp(item): somebody goes on without it
export async function loadMedia(form, items, giveUp) {
  const { veil, text, bar } = makeVeil();
  const wall = form.querySelector(".wall");
  const show = setTimeout(() => wall.before(veil), VEIL_AFTER_MS);
  form.classList.add("loading");
  wall.inert = true;
  let waiting = items;
  for (;;) {
    const leave = new AbortController();
    const slow = setTimeout(() => offerToLeave(veil, text, leave), SLOW_AFTER_MS);
    const showProgress = (done, of) => Object.assign(bar, { max: of, value: done });
    const failed = await preload(waiting, showProgress, leave.signal);
    clearTimeout(slow);
    veil.querySelector(".actions")?.remove();
    if (!failed.length) break;
    clearTimeout(show);
    wall.before(veil);
    text.textContent = `${wordsForFailed(failed)} Is the connection all right?`;
    if (leave.signal.aborted || !(await askAgain(veil))) {
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

function wordsForFailed(failed) {
  const named = (state) => list(failed.filter((item) => item.state === state).map(({ name }) => name));
  const [broken, stalled] = [named("unplayable"), named("stalled")];
  const parts = [broken && `${broken} could not be loaded.`, stalled && `${stalled} did not arrive in time.`];
  return parts.filter(Boolean).join(" ");
}

// Loading goes on beside the question; when all is there, the veil goes by itself.
function offerToLeave(veil, text, leave) {
  text.textContent = "This takes long. You can wait, or go on without what is not there yet.";
  const actions = element("div", { className: "actions" });
  const without = element("button", { type: "button", textContent: "Go on without" });
  without.addEventListener("click", () => leave.abort());
  actions.append(without);
  veil.append(actions);
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
