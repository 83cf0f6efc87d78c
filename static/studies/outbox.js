// Sends what the page has to say, in order, and keeps it until the server has said that it is stored.
//
// Events wait in a queue. A batch that got no answer is sent again with the same keys, so nothing is stored twice.
// Drafts carry a version; only the newest one waits. While the server cannot be reached, `onState("offline")` is
// called and sending goes on by itself, with growing pauses, and at once when the browser says that it is online.
//
// A whole board that is on its way can be taken back, as a change of it does, and is then sent anew. Nobody knows
// whether the first one has arrived: each sending has a number, and the server keeps the newest of a page.

const LONGEST_PAUSE_MS = 15000;
const BATCH = 100;

// A key that no other event of this session has: 128 random bits.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

// POST JSON. Resolves to {status, body}; rejects when there was no answer, the server is in trouble, or somebody else
// answered in its place (the login page of a guest network, for instance), which must not pass for "stored".
export async function post(address, body, signal) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
    keepalive: true,
    signal,
  });
  if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
  return { status: response.status, body: await response.json() };
}

// How the board stands with the server.
export async function fetchState(api) {
  return (await fetch(api, { credentials: "omit", cache: "no-store" })).json();
}

// What a vanishing page could not get acknowledged stays in this tab until the page is back.
function keepUnsent(api, unsent) {
  try {
    sessionStorage.setItem(`unsent ${api}`, JSON.stringify(unsent));
  } catch {
    // storage may be forbidden; then what the browser delivers by itself has to do
  }
}

// The matches and events kept for this board. Matches are left out when the server has gone on since: then they have
// arrived, or something newer has. It has not gone on where it holds what was under way when the page vanished.
export function takeUnsent(api, version, stored) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(`unsent ${api}`));
    sessionStorage.removeItem(`unsent ${api}`);
    const arrived = kept.version + 1 === version && kept.underWay !== null && kept.underWay === stored.clock_ms;
    return { draft: kept.version === version || arrived ? kept.draft : null, events: kept.events };
  } catch {
    return { draft: null, events: [] };
  }
}

export class Outbox {
  // handlers: onState("saved" | "saving" | "offline"), onHeard(state), onElsewhere(location), onNewerDraft(version, draft)
  constructor(api, version, handlers) {
    this.api = api;
    this.version = version;
    this.handlers = handlers;
    this.events = [];
    this.draft = null;
    this.answers = null;
    this.key = newKey(); // of this page
    this.number = 0; // of its last sending of the whole board
    this.isUncertain = false; // a whole board was sent and may have arrived
    this.underWay = null; // clock_ms of a draft that was sent and not acknowledged
    this.failures = 0;
    this.running = null;
    addEventListener("online", () => this.wake());
  }

  report(event) {
    this.events.push({ key: newKey(), ...event });
  }

  saveDraft(draft) {
    this.draft = draft;
  }

  // Sends everything that waits; resolves when nothing is left.
  flush() {
    this.running ??= this.run().finally(() => { this.running = null; });
    return this.running;
  }

  // Whether matches wait, alone or with the whole board.
  get holdsMatches() {
    return Boolean(this.draft || this.answers);
  }

  // The page may be about to go: keep in this tab what is not acknowledged. `draft`: the matches, if they wait.
  keep(draft) {
    const { api, version, underWay, events } = this;
    keepUnsent(api, { version, underWay, draft, events });
  }

  // The page is about to go: ask the browser to deliver what waits, without staying for the answers. What it has
  // already sent is sent again under the same keys and the same draft version, which stores nothing twice.
  sendNow() {
    if (this.answers) return;
    if (this.events.length) post(`${this.api}events/`, { events: this.events.slice(0, BATCH) }).catch(() => {});
    if (this.draft) post(`${this.api}draft/`, { version: this.version, ...this.draft }).catch(() => {});
  }

  wake() {
    this.failures = 0;
    this.cutPause?.();
    if (this.events.length || this.draft || this.answers) this.flush();
  }

  async run() {
    while (this.events.length || this.draft || this.answers) {
      try {
        if (this.draft) this.handlers.onState("saving");
        if (this.events.length) await this.sendEvents();
        else if (this.draft) await this.sendDraft();
        else await this.sendAnswers();
        this.failures = 0;
      } catch {
        this.failures += 1;
        this.handlers.onState("offline");
        await this.pause();
      }
    }
    this.handlers.onState("saved");
  }

  pause() {
    const ms = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** this.failures);
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.cutPause = () => { clearTimeout(timer); done(); };
    });
  }

  async sendEvents() {
    const batch = this.events.slice(0, BATCH);
    const { status, body } = await post(`${this.api}events/`, { events: batch });
    this.events.splice(0, batch.length);
    if (status === 200) this.handlers.onHeard(body);
    else if (status === 409) this.leave(body.location);
  }

  async sendDraft() {
    const draft = this.draft;
    this.underWay = draft.clock_ms;
    const { status, body } = await post(`${this.api}draft/`, { version: this.version, ...draft });
    this.underWay = null;
    if (this.draft === draft) this.draft = null;
    if (status === 200) this.version = body.version;
    else if (body.code === "newer_draft") {
      this.version = body.version;
      this.draft = null;
      this.handlers.onNewerDraft(body.draft);
    } else this.leave(body.location ?? window.location.href);
  }

  // Sends the whole board; resolves to the server's answer once there is one, to null when it was taken back.
  submit(answers) {
    this.number += 1;
    return new Promise((resolve) => {
      this.answers = { answers, resolve, number: this.number, aborter: new AbortController() };
      this.draft = null;
      this.wake();
    });
  }

  // The whole board that waits or is on its way is not meant any more; returns whether there was one.
  takeBack() {
    if (!this.answers) return false;
    const { resolve, aborter } = this.answers;
    this.answers = null;
    aborter.abort();
    resolve(null);
    return true;
  }

  async sendAnswers() {
    const waiting = this.answers;
    const { key, isUncertain } = this;
    this.isUncertain = true;
    try {
      const body = { ...waiting.answers, key, number: waiting.number };
      const reply = await post(`${this.api}answers/`, body, waiting.aborter.signal);
      if (this.answers !== waiting) return;
      this.answers = null;
      if (reply.status === 422) this.isUncertain = isUncertain;
      waiting.resolve(reply);
    } catch (error) {
      if (this.answers === waiting) throw error;
    }
  }

  // The board is not due any more. Where its own answers may have arrived, the next sending says what became of them.
  leave(location) {
    this.events = [];
    this.draft = null;
    if (!this.isUncertain) this.handlers.onElsewhere(location);
  }
}

// Stands in for the outbox in a researcher's preview: nothing is sent, and the board leads to the next page.
export class Preview {
  constructor(next) {
    this.next = next;
  }

  report() {}

  saveDraft() {}

  keep() {}

  sendNow() {}

  wake() {}

  takeBack() {
    return false;
  }

  flush() {
    return Promise.resolve();
  }

  submit() {
    return Promise.resolve({ status: 200, body: { location: this.next } });
  }
}
