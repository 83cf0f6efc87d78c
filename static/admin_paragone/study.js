// The study page of the admin: copies the participant link, guards what is not saved yet, and keeps progress
// and jobs up to date while it is looked at.

const EVERY_MS = 5000;

function addCopyButtons() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    const said = button.parentElement.querySelector("output");
    button.hidden = false;
    button.addEventListener("click", async () => {
      source.select();
      try {
        await navigator.clipboard.writeText(source.value);
        said.value = "Copied";
      } catch {
        said.value = "Selected: copy it with the keyboard";
      }
    });
  }
}

async function refresh(live) {
  // Nothing is replaced under somebody's hands.
  if (document.hidden || live.contains(document.activeElement) || live.querySelector("details[open]")) return;
  const answer = await fetch(live.dataset.address, { credentials: "same-origin" });
  if (answer.ok && !answer.redirected) live.innerHTML = await answer.text();
}

// What stands in the form unsaved is not dropped by another button or link of the page: the browser asks first.
function guardForm() {
  const form = document.getElementById("study_form");
  let changed = false;
  form?.addEventListener("input", () => { changed = true; });
  form?.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}

addCopyButtons();
guardForm();
const live = document.getElementById("live");
if (live) {
  setInterval(() => {
    if (live.querySelector("[data-live=true]")) refresh(live).catch(() => {});
  }, Number(live.dataset.everyMs) || EVERY_MS);
}
