// Time limits: nobody waits for ever for a file that does not come. A slow file that still comes is no stalled one.

const STALL_MS = 10000;

export class Stalled extends Error {
  constructor() {
    super("nothing came in time");
    this.name = "Stalled";
  }
}

// What a file that failed is to the study.
export const stateOf = (error) => (error instanceof Stalled ? "stalled" : "unplayable");

// Calls onStall() when nothing is said for a while. alive(): something came, or it begins; stop(): it is over.
export class Patience {
  constructor(onStall) {
    this.onStall = onStall;
    this.timer = null;
  }

  alive() {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onStall, STALL_MS);
  }

  stop() {
    clearTimeout(this.timer);
  }
}

// Calls onStall() when a sound that was asked for does not begin, or goes on no more; it is paused by then.
export function watchPlaying(audio, onStall) {
  const patience = new Patience(() => {
    if (audio.paused) return;
    if (audio.readyState > HTMLMediaElement.HAVE_CURRENT_DATA) {
      patience.alive(); // it has what it needs: the device slept, not the sound
      return;
    }
    audio.pause();
    onStall();
  });
  for (const name of ["play", "playing", "timeupdate"]) audio.addEventListener(name, () => audio.paused || patience.alive());
  for (const name of ["pause", "ended", "error"]) audio.addEventListener(name, () => patience.stop());
}
