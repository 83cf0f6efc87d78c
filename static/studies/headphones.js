// The headphone screening: one press plays a sound, one sound at a time; the plain form with the browser's own players
// is what is left without script.

import { watchPlaying } from "./evidence/patience.js";

const form = document.getElementById("tones");
const tones = [...form.querySelectorAll(".tone")].map((field) => ({
  audio: field.querySelector("audio"),
  button: field.querySelector(".play"),
  verb: field.querySelector(".verb"),
  ring: field.querySelector(".ring"),
  status: field.querySelector(".status"),
}));

const WAY_ON = form.querySelector("[value=skip]") ? "go on without, below" : "use another browser, or leave the study, below";

function show({ audio, button, verb, ring }) {
  const playing = !audio.paused && !audio.ended;
  button.classList.toggle("playing", playing);
  const text = playing ? "Stop" : audio.currentTime > 0 ? "Play again" : "Play";
  if (verb.textContent !== text) verb.textContent = text;
  ring.style.setProperty("--done", `${audio.duration ? audio.currentTime / audio.duration : 0}turn`);
}

async function toggle(tone) {
  const { audio, status } = tone;
  if (!audio.paused && !audio.ended) {
    audio.pause();
    audio.currentTime = 0;
    return;
  }
  for (const other of tones) if (other !== tone) other.audio.pause();
  audio.currentTime = 0;
  status.textContent = "";
  try {
    await audio.play();
  } catch (error) {
    if (error.name !== "AbortError") status.textContent = "This browser did not play the sound. Try again, or use another browser.";
  }
}

for (const tone of tones) {
  watchPlaying(tone.audio, () => {
    tone.status.textContent = `The sound does not arrive. Try again; if it stays silent, ${WAY_ON}.`;
  });
  tone.button.addEventListener("click", () => toggle(tone));
  for (const name of ["timeupdate", "playing", "pause", "ended"]) tone.audio.addEventListener(name, () => show(tone));
  tone.audio.preload = "auto";
  show(tone);
}
form.classList.add("ready");
