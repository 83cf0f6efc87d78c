// The debrief's rounds: open where there is room for them, folded to their headings on a phone. Without script all of
// them are open.

const wide = matchMedia("(min-width: 48rem)");

function fold() {
  for (const round of document.querySelectorAll("details.round")) round.open = wide.matches;
}

wide.addEventListener("change", fold);
fold();
