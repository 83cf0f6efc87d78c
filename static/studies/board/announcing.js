// What the board says in words: what happened last (read out by screen readers), what is missing, whether all is saved.

import { element, setText } from "../words.js";

export class Announcer {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector(".say .status");
    this.what = form.querySelector(".missing .what");
    this.saved = form.querySelector(".missing .saved");
    this.alarm = form.querySelector(".missing .alarm");
    this.isTakenBack = false; // a change took back what Continue had sent
  }

  say(text) {
    this.status.textContent = text;
  }

  // The line beside Continue: what keeps the board from being sent in, or that nothing does.
  showMissing(parts) {
    if (this.what.dataset.shown === parts.join()) return;
    this.what.dataset.shown = parts.join();
    this.what.replaceChildren(...parts.map((text) => element("span", { textContent: text })));
  }

  // Continue was asked for in vain: the line stands out and is read out.
  alert(text) {
    this.what.classList.add("asked");
    this.alarm.textContent = text;
  }

  calm() {
    this.what.classList.remove("asked");
  }

  // state: "saving", "offline" or "saved"; isKept: the server has matches of this board; isWaiting: a change waits to
  // be sent, so that "saved" would be wrong; isSent: the whole board is on its way
  showState(state, { isKept, isWaiting, isSent }) {
    this.form.classList.toggle("offline", state === "offline");
    const words = {
      saving: "Saving …",
      offline: "No connection. Your matches are kept here and sent as soon as it is back.",
      saved: isKept ? "Your matches are saved." : "",
    };
    if (isSent) words.offline += " You can still change them.";
    if (this.isTakenBack) {
      words.saved = "You changed something: press Continue again.";
      words.offline = `No connection. Your matches are kept here. ${words.saved}`;
    }
    if (state !== "saved" || !isWaiting) setText(this.saved, words[state]);
  }

  get isOffline() {
    return this.form.classList.contains("offline");
  }
}
