// Drafts: the matches so far, saved a moment after each change, and taken over from an earlier page or another window.

import { fetchState, takeUnsent } from "../outbox.js";

const AFTER_MS = 400;

export class Drafts {
  // api: null in a preview; current(): the draft of this moment; adopt(draft): show another one; showState(state)
  constructor(api, outbox, { current, adopt, showState }) {
    Object.assign(this, { api, outbox, current, adopt, showState });
    this.timer = null;
  }

  // Whether a change waits for its turn.
  get isWaiting() {
    return this.timer !== null;
  }

  saveSoon() {
    clearTimeout(this.timer);
    this.showState("saving");
    this.timer = setTimeout(() => {
      this.timer = null;
      this.outbox.saveDraft(this.current());
      this.outbox.flush();
    }, AFTER_MS);
  }

  // The whole board is about to be sent.
  drop() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  // The page may end without another word: what is not acknowledged waits in this tab.
  keepUnsent() {
    this.outbox.keep(this.isWaiting || this.outbox.holdsMatches ? this.current() : null);
  }

  // The page goes: what waits is handed to the browser.
  sendNow() {
    if (this.isWaiting) this.outbox.saveDraft(this.current());
    this.keepUnsent();
    this.outbox.sendNow();
  }

  // What this window could not get acknowledged before it was reloaded. `stored`: the draft that the server has;
  // replay(event): do again what an unsent event tells of; resume(unsent): show the matches that were not sent.
  takeUp(stored, { replay, resume }) {
    if (!this.api) return;
    const { outbox } = this;
    const { draft: unsent, events } = takeUnsent(this.api, outbox.version, stored);
    replay(events);
    outbox.events.push(...events);
    if (unsent) {
      resume(unsent);
      outbox.saveDraft(unsent);
    }
    if (unsent || events.length) outbox.flush();
  }

  // Another window may have moved on or changed the draft.
  async catchUp() {
    const { outbox } = this;
    if (!this.api || outbox.isUncertain) return;
    try {
      const state = await fetchState(this.api);
      if (outbox.answers) return; // Continue was pressed meanwhile: what was shown then is sent
      if (state.state === "answered" || state.location) window.location.reload();
      else if (state.version > outbox.version && !outbox.draft && !this.isWaiting) {
        outbox.version = state.version;
        this.adopt(state.draft);
      }
    } catch {
      // no connection: the next save will say so
    }
  }
}
