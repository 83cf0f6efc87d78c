// The last step: Finish follows the completion link after a few seconds that are shown, with Stay beside it. Without script
// the link is a plain one.

const SECONDS = 5;

const link = document.getElementById("finish");
const countdown = document.getElementById("countdown");
const seconds = countdown.querySelector(".seconds");
const stay = countdown.querySelector(".stay");
const said = document.querySelector(".finish .said");
const { host } = new URL(link.href);
let timer = null;

function count(left) {
  seconds.textContent = left;
  // A click of the link, and not an address: so its page learns nothing of this one.
  if (left === 0) link.click();
  else timer = setTimeout(() => count(left - 1), 1000);
}

function stop(words = "") {
  clearTimeout(timer);
  timer = null;
  countdown.hidden = true;
  said.textContent = words;
}

link.addEventListener("click", (event) => {
  // Into another tab: this page stays anyway. At the end of the count, or pressed once more: now.
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (timer !== null && event.detail < 2) return;
  event.preventDefault();
  if (timer !== null) return; // the second half of a double click
  countdown.hidden = false;
  // Said once; the seconds that run down are for the eye.
  said.textContent = `You go on to ${host} in ${SECONDS} seconds. Stay keeps you here.`;
  stay.focus();
  count(SECONDS);
});

stay.addEventListener("click", () => {
  stop("You stay here. Finish when you like.");
  link.focus();
});

countdown.querySelector(".host").textContent = host;
// Back from there: the page may come out of the browser's memory as it was left.
addEventListener("pageshow", (event) => event.persisted && stop());
