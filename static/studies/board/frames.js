// An image in its frame: the button that hangs it, its letter, and the clips that it was given to.

import { element, list, longWord, setText } from "../words.js";

export class Frame {
  constructor(frame) {
    this.frame = frame;
    this.position = Number(frame.dataset.image);
    this.letter = frame.dataset.letter;
    this.image = frame.querySelector("img");
    this.hang = frame.querySelector(".hang");
    this.name = this.hang.textContent;
    this.given = frame.querySelector(".given");
  }

  // holders: positions of the clips that have this image; takeAway(clip): one of them gives it back
  show({ chosen, holders, takeAway }) {
    const { frame, hang, given, name } = this;
    frame.classList.toggle("chosen", chosen);
    hang.setAttribute("aria-pressed", String(chosen));
    setText(hang.firstElementChild, holders.length ? `${name}, with clip ${list(holders)}` : name);
    if (given.dataset.holders === holders.join()) return;
    const hadFocus = given.contains(document.activeElement);
    given.dataset.holders = holders.join();
    given.replaceChildren(...holders.map((clip) => this.makeChip(clip, takeAway)));
    if (hadFocus) hang.focus();
  }

  makeChip(clip, takeAway) {
    const chip = element("button", { type: "button", className: "chip" });
    chip.append(longWord("Clip "), String(clip));
    chip.setAttribute("aria-label", `Clip ${clip}: take image ${this.letter} away from it`);
    chip.addEventListener("click", () => takeAway(clip));
    return chip;
  }
}
