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

// Calls onStall() when a sound that was asked for does not begin, or goes on no more; it is paused by then, and the next
// press fetches it anew.
export function watchPlaying(audio, onStall) {
  let isSpared = false;
  const patience = new Patience(() => {
    if (audio.paused) return;
    // It has what it needs: perhaps the device slept. A second time it is the sound that does not go on.
    if (audio.readyState > HTMLMediaElement.HAVE_CURRENT_DATA && !isSpared) {
      isSpared = true;
      patience.alive();
      return;
    }
    audio.pause();
    onStall();
    audio.load();
  });
  const goOn = () => {
    isSpared = false;
    if (!audio.paused) patience.alive();
  };
  for (const name of ["play", "playing", "timeupdate"]) audio.addEventListener(name, goOn);
  for (const name of ["pause", "ended", "error"]) audio.addEventListener(name, () => patience.stop());
}
