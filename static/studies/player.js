// Plays clips, one at a time, and reports every stretch that was heard. Nothing plays by itself.

import { watchPlaying } from "./evidence/patience.js";

const REPORT_EVERY_MS = 4000;
const ms = (seconds) => Math.max(0, Math.round(seconds * 1000));

// The parts heard of one clip, in milliseconds, without overlap.
export class Stretches {
  constructor(text = "") {
    this.parts = text ? text.split(",").map((part) => part.split("-").map(Number)) : [];
  }

  add(from, to) {
    if (to <= from) return;
    const joined = [];
    for (const part of [...this.parts, [from, to]].sort((a, b) => a[0] - b[0])) {
      const last = joined.at(-1);
      if (last && part[0] <= last[1]) last[1] = Math.max(last[1], part[1]);
      else joined.push([...part]);
    }
    this.parts = joined;
  }

  get total() {
    return this.parts.reduce((sum, [from, to]) => sum + to - from, 0);
  }
}

export class Player {
  // report({kind, clip, from_ms, to_ms}), onChange(position): playing, progress or heard changed;
  // onError(position, state): it does not play ("unplayable"), or nothing comes of it any more ("stalled")
  constructor({ report, onChange, onError }) {
    this.report = report;
    this.onChange = onChange;
    this.onError = onError;
    this.clips = new Map();
    this.current = null;
  }

  add(position, audio, stretches) {
    const clip = { audio, stretches, from: null, last: 0, error: false };
    this.clips.set(position, clip);
    audio.removeAttribute("controls");
    audio.addEventListener("playing", () => this.began(position));
    audio.addEventListener("timeupdate", () => this.progressed(position));
    audio.addEventListener("pause", () => this.stopped(position));
    audio.addEventListener("ended", () => {
      this.stopped(position);
      this.report({ kind: "ended", clip: position, from_ms: 0, to_ms: ms(audio.duration) });
    });
    audio.addEventListener("error", () => this.failed(position));
    watchPlaying(audio, () => this.failed(position, "stalled"));
  }

  isPlaying(position) {
    const { audio } = this.clips.get(position);
    return !audio.paused && !audio.ended;
  }

  progress(position) {
    const { audio } = this.clips.get(position);
    return audio.duration ? audio.currentTime / audio.duration : 0;
  }

  toggle(position) {
    if (this.isPlaying(position)) this.clips.get(position).audio.pause();
    else this.play(position);
  }

  replay(position) {
    const { audio } = this.clips.get(position);
    audio.pause();
    audio.currentTime = 0;
    this.play(position);
  }

  async play(position) {
    for (const [other, { audio }] of this.clips) if (other !== position) audio.pause();
    const clip = this.clips.get(position);
    if (clip.error) {
      clip.error = false;
      clip.audio.load();
    }
    if (clip.audio.ended) clip.audio.currentTime = 0;
    this.current = position;
    try {
      await clip.audio.play();
    } catch (error) {
      // AbortError: paused again before it began. Anything else: the clip does not play.
      if (error.name !== "AbortError") this.failed(position);
    }
  }

  pauseAll() {
    for (const { audio } of this.clips.values()) audio.pause();
  }

  began(position) {
    const clip = this.clips.get(position);
    clip.from = clip.last = ms(clip.audio.currentTime) < 60 ? 0 : ms(clip.audio.currentTime);
    this.report({ kind: "play", clip: position, from_ms: clip.from, to_ms: clip.from });
    // What the system's own media display shows: never a title that the file may carry.
    if ("mediaSession" in navigator) navigator.mediaSession.metadata = new MediaMetadata({ title: `Clip ${position}` });
    this.onChange(position);
  }

  progressed(position) {
    const clip = this.clips.get(position);
    if (clip.from === null) return;
    const now = ms(clip.audio.currentTime);
    // A jump (nobody can make one here, but a browser might) ends the stretch where it was.
    if (now < clip.last || now - clip.last > 2000) {
      this.tell(position);
      clip.from = now;
    }
    clip.last = now;
    clip.stretches.add(clip.from, clip.last);
    if (clip.last - clip.from >= REPORT_EVERY_MS) {
      this.tell(position);
      clip.from = clip.last;
    }
    this.onChange(position);
  }

  stopped(position) {
    const clip = this.clips.get(position);
    if (clip.from !== null) {
      this.progressed(position);
      this.tell(position);
      clip.from = null;
    }
    this.onChange(position);
  }

  // Reports what is playing up to now, for a page that is about to send its answers or to be hidden.
  settle() {
    for (const [position, clip] of this.clips) {
      if (clip.from === null) continue;
      this.progressed(position);
      this.tell(position);
      clip.from = clip.last;
    }
  }

  tell(position) {
    const clip = this.clips.get(position);
    if (clip.last > clip.from) this.report({ kind: "heard", clip: position, from_ms: clip.from, to_ms: clip.last });
  }

  failed(position, state = "unplayable") {
    const clip = this.clips.get(position);
    if (clip.error) return;
    clip.error = true;
    if (clip.from !== null) this.tell(position); // what was heard until then was heard
    clip.from = null;
    this.onError(position, state);
    this.onChange(position);
  }
}
