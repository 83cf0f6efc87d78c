// The board's clock: milliseconds since all media were ready. A page that was reloaded goes on from the last draft.

export class Clock {
  constructor(before) {
    this.before = before;
    this.startedAt = null;
  }

  start() {
    this.startedAt = performance.now();
  }

  // 0 until the media are ready.
  now() {
    return this.startedAt === null ? 0 : Math.round((this.before ?? 0) + performance.now() - this.startedAt);
  }
}
