// The matches of one board: which image each clip has, and how that came about. Knows no page and no network.
//
// Positions count from 1. `choice_ms` is the time of a clip's last assignment since all media were ready; `changes`
// counts its assignments after the first one.

export class Matches {
  constructor({ oneToOne, draft = {} }) {
    this.oneToOne = oneToOne;
    this.adopt(draft);
  }

  // Take over a draft as the server keeps it.
  adopt(draft) {
    const numbers = (record = {}) => new Map(Object.entries(record).map(([k, v]) => [Number(k), v]));
    this.images = numbers(draft.matches);
    this.choices = numbers(draft.choices);
  }

  imageOf(clip) {
    return this.images.get(clip);
  }

  clipsOf(image) {
    return [...this.images].filter(([, given]) => given === image).map(([clip]) => clip).sort((a, b) => a - b);
  }

  // Give a clip an image. Returns the clip that lost it (one-to-one), or null; false if nothing changed.
  assign(clip, image, atMs) {
    if (this.images.get(clip) === image) return false;
    const loser = this.oneToOne ? this.clipsOf(image)[0] ?? null : null;
    if (loser !== null) this.images.delete(loser);
    this.images.set(clip, image);
    const before = this.choices.get(clip);
    this.choices.set(clip, { ms: Math.round(atMs), changes: before ? before.changes + 1 : 0 });
    return loser;
  }

  clear(clip) {
    return this.images.delete(clip);
  }

  toDraft() {
    return { matches: Object.fromEntries(this.images), choices: Object.fromEntries(this.choices) };
  }
}
