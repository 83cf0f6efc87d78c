// The sound check: plays the sample on a press, says what happens, and reports a sample that does not play. Whether it
// was heard is taken from those alone who have played it; who has not is led there.

import { watchErrors } from "./evidence/errors.js";
import { watchPlaying } from "./evidence/patience.js";
import { newKey, post } from "./outbox.js";

const form = document.getElementById("sound");
const audio = document.getElementById("sample");
const button = document.getElementById("sample-play");
const status = document.getElementById("sample-status");
const without = document.getElementById("sample-without");
const plays = form.elements.plays;
const verb = button.querySelector(".verb");
const ring = button.querySelector(".ring");

function report(kind, data) {
  if (!form.dataset.events) return; // a researcher's preview
  post(form.dataset.events, { events: [{ key: newKey(), kind, data, at_ms: Math.round(performance.now()) }] }).catch(() => {});
}

function show() {
  const playing = !audio.paused && !audio.ended;
  button.classList.toggle("playing", playing);
  const text = playing ? "Pause" : audio.currentTime > 0 ? "Play again" : "Play the sample";
  if (verb.textContent !== text) verb.textContent = text;
  ring.style.setProperty("--done", `${audio.duration ? audio.currentTime / audio.duration : 0}turn`);
}

async function toggle() {
  if (!audio.paused && !audio.ended) {
    audio.pause();
    return;
  }
  if (audio.currentTime > 0) audio.currentTime = 0;
  status.classList.remove("error");
  status.textContent = "Loading …";
  try {
    await audio.play();
    plays.value = Number(plays.value || 0) + 1;
    status.textContent = "The sample is playing.";
    report("sample_played", { plays: Number(plays.value) });
  } catch (error) {
    if (error.name !== "AbortError") {
      fail("This browser did not play the sample. Try again, use another browser, or go on without it.");
      report("sample_error", { name: error.name, code: audio.error?.code ?? 0 });
    }
  }
}

// Nobody is kept here by a file that fails: the study is told.
function fail(words) {
  status.textContent = words;
  without.hidden = false;
}

watchErrors(({ kind, data }) => report(kind, data));
watchPlaying(audio, () => {
  fail("The sample does not arrive. Try again; if it stays silent, go on without it.");
  report("sample_error", { state: "stalled" });
});

function lead(event) {
  if (event.submitter?.name === "without" || Number(plays.value) || form.elements.heard.value === "nothing") return;
  event.preventDefault();
  status.classList.add("error");
  status.textContent = "Play the sample first, then say whether you heard it.";
  button.focus();
}

button.addEventListener("click", toggle);
if (form.dataset.events) form.addEventListener("submit", lead);
for (const name of ["timeupdate", "playing", "pause", "ended"]) audio.addEventListener(name, show);
audio.addEventListener("ended", () => { status.textContent = "The sample has ended."; });
plays.value ||= "0";
audio.preload = "auto";
form.classList.add("ready");
show();
