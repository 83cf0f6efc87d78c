// The enlarged image: a dialog with the image alone, its neighbours, and the clips to match it with.

export class Enlarger {
  constructor(dialog, { frames, clips, clipsOf, toggle, onOpen }) {
    Object.assign(this, { dialog, frames, clipsOf, onOpen });
    this.image = dialog.querySelector("img");
    this.title = dialog.querySelector("h2");
    this.position = null;
    this.buttons = clips.map((clip) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `Clip ${clip}`;
      button.addEventListener("click", () => toggle(clip, this.position));
      return [clip, button];
    });
    dialog.querySelector(".assign").append(...this.buttons.map(([, button]) => button));
    dialog.querySelector(".close").addEventListener("click", () => dialog.close());
    dialog.querySelector(".previous").addEventListener("click", () => this.turn(-1));
    dialog.querySelector(".next").addEventListener("click", () => this.turn(1));
    this.image.addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.turn(-1);
      if (event.key === "ArrowRight") this.turn(1);
    });
    dialog.addEventListener("close", () => {
      this.frames.get(this.position).frame.querySelector(".enlarge").focus();
      this.position = null;
    });
  }

  get isOpen() {
    return this.dialog.open;
  }

  open(position) {
    this.show(position);
    this.dialog.showModal();
    this.dialog.querySelector(".close").focus();
  }

  turn(step) {
    const positions = [...this.frames.keys()];
    const at = positions.indexOf(this.position);
    this.show(positions[(at + step + positions.length) % positions.length]);
  }

  show(position) {
    const { image, letter } = this.frames.get(position);
    this.position = position;
    this.image.src = image.src;
    this.image.alt = image.alt;
    this.title.textContent = `Image ${letter}`;
    this.refresh();
    this.onOpen(position);
  }

  refresh() {
    if (this.position === null) return;
    const holders = this.clipsOf(this.position);
    for (const [clip, button] of this.buttons) button.setAttribute("aria-pressed", String(holders.includes(clip)));
  }
}
