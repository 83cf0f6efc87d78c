// A clip's card: its buttons, the image that it has, and how much of it was heard.

import { Stretches } from "../player.js";
import { longWord, setText } from "../words.js";

const TOLERANCE_MS = 250;

export class ClipCard {
  // rule: what counts as heard, "none", "start" (played), "seconds" (data-needed-ms) or "end"
  constructor(card, rule) {
    this.card = card;
    this.rule = rule;
    this.position = Number(card.dataset.clip);
    this.audio = card.querySelector("audio");
    this.play = card.querySelector(".play");
    this.verb = card.querySelector(".verb");
    this.ring = card.querySelector(".ring");
    this.pick = card.querySelector(".pick");
    this.match = card.querySelector(".match");
    this.heard = card.querySelector(".heard");
    this.replay = card.querySelector(".replay");
    this.clear = card.querySelector(".clear");
    this.neededMs = Number(card.dataset.neededMs);
    this.isHeard = card.dataset.heard === "true";
    this.started = card.dataset.stretches !== "";
    this.stretches = new Stretches(card.dataset.stretches);
    this.unplayable = false;
  }

  // Once heard, always heard: only the server may take it back.
  countHeard() {
    this.isHeard ||= this.hasHeardEnough();
  }

  hasHeardEnough() {
    if (this.rule === "none") return true;
    if (this.rule === "start") return this.started;
    const { neededMs, audio } = this;
    const length = Number.isFinite(audio.duration) ? Math.min(neededMs, audio.duration * 1000) : neededMs;
    return this.started && this.stretches.total >= length - TOLERANCE_MS;
  }

  // The server's word on whether the clip was heard; where it was not, listening begins anew.
  setHeard(heard) {
    this.isHeard = heard;
    if (heard) return;
    this.stretches.parts = [];
    this.audio.currentTime = 0;
  }

  // progress: from 0 to 1; letter: of the clip's image, or null
  show({ playing, progress, chosen, letter }) {
    this.card.classList.toggle("playing", playing);
    this.card.classList.toggle("chosen", chosen);
    this.card.classList.toggle("matched", letter !== null);
    this.card.classList.toggle("is-heard", this.isHeard && this.rule !== "none");
    this.pick.setAttribute("aria-pressed", String(chosen));
    setText(this.verb, `${playing ? "Pause" : "Play"} clip ${this.position}`);
    this.ring.style.setProperty("--done", `${progress}turn`);
    setText(this.heard, this.wordsForHeard());
    this.replay.hidden = !playing && !(progress > 0);
    if (this.shown !== letter) {
      this.shown = letter;
      this.match.replaceChildren(longWord(letter ? "Image " : "no image yet"), letter ?? "");
      this.clear.hidden = !letter;
    }
  }

  wordsForHeard() {
    if (this.unplayable && !this.started) return "cannot be played";
    if (this.rule === "none") return "";
    if (this.isHeard) return "heard";
    if (this.rule === "start") return "not played yet";
    if (this.rule === "end") return "not heard to its end yet";
    const seconds = Math.ceil((this.neededMs - this.stretches.total) / 1000);
    return `listen for ${Math.max(1, seconds)} s${this.started ? " more" : ""}`;
  }
}
