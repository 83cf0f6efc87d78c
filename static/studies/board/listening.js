// Listening on the board: one player for all clips, what was heard of each, and that playing a clip chooses it.

import { Player } from "../player.js";

export class Listening {
  // report(event); say(text); onChange(position): one card may differ; onBroken(position): a clip does not play
  constructor(clips, choosing, { report, say, onChange, onBroken }) {
    this.clips = clips;
    this.choosing = choosing;
    this.player = new Player({
      report,
      onChange: (position) => {
        const clip = clips.get(position);
        clip.started ||= this.player.isPlaying(position);
        clip.countHeard();
        onChange(position);
      },
      onError: (position, state) => {
        const { audio } = clips.get(position);
        report({ kind: "media_error", data: { clip: position, what: "play", state, code: audio.error?.code ?? 0 } });
        const what = state === "stalled" ? "does not arrive" : "cannot be played here";
        say(`Clip ${position} ${what}. Try again; if it stays silent, go on without it. The study is told.`);
        onBroken(position);
      },
    });
    for (const [position, { audio, stretches }] of clips) this.player.add(position, audio, stretches);
  }

  // Listening chooses the clip: an image that waits is given to it, or the next click on an image matches it.
  play(clip) {
    if (this.choosing.image || !this.player.isPlaying(clip)) this.choosing.listenTo(clip);
    this.player.toggle(clip);
  }

  replay(clip) {
    this.choosing.listenTo(clip);
    this.player.replay(clip);
  }
}
