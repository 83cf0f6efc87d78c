// Choosing and matching: one clip or one image waits for its counterpart, and the second choice makes the match.

const HINT = "Play a clip, then choose its image.";

export class Choosing {
  // letterOf(image); now(): ms; say(text); onMatch(kind, data): a match was made ("assign") or undone ("clear");
  // onChange(): what is shown may differ
  constructor({ matches, letterOf, now, say, onMatch, onChange }) {
    Object.assign(this, { matches, letterOf, now, say, onMatch, onChange });
    this.chosen = null; // {clip} or {image}
  }

  get clip() {
    return this.chosen?.clip;
  }

  get image() {
    return this.chosen?.image;
  }

  hint() {
    this.say(this.matches.images.size ? "" : HINT);
  }

  choose(next) {
    this.chosen = next;
    if (next?.clip) this.say(`Clip ${next.clip} is chosen. Now choose its image.`);
    if (next?.image) this.say(`Image ${this.letterOf(next.image)} is chosen. Now choose its clip.`);
    this.onChange();
  }

  letGo() {
    this.choose(null);
    this.hint();
  }

  pickClip(clip) {
    if (this.image) this.assign(clip, this.image);
    else if (this.clip === clip) this.letGo();
    else this.choose({ clip });
  }

  // As pickClip, but listening once more never lets a clip go.
  listenTo(clip) {
    if (this.clip !== clip) this.pickClip(clip);
  }

  pickImage(image) {
    if (this.clip) this.assign(this.clip, image);
    else if (this.image === image) this.letGo();
    else this.choose({ image });
  }

  assign(clip, image) {
    this.choose(null);
    const loser = this.matches.assign(clip, image, this.now());
    const letter = this.letterOf(image);
    if (loser !== false) this.onMatch("assign", { clip, image });
    this.say(
      loser
        ? `Clip ${clip} now has image ${letter}. It was with clip ${loser}, which has no image any more.`
        : `Clip ${clip} has image ${letter}.`,
    );
    this.onChange();
  }

  clear(clip) {
    const image = this.matches.imageOf(clip);
    if (image === undefined) return;
    this.matches.clear(clip);
    this.onMatch("clear", { clip, image });
    this.choose(null);
    this.say(`Clip ${clip} has no image any more.`);
    this.onChange();
  }

  toggle(clip, image) {
    if (this.matches.imageOf(clip) === image) this.clear(clip);
    else this.assign(clip, image);
  }
}
