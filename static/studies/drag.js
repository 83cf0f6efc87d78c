// Dragging, for those who like it: a clip onto an image, or an image onto a clip. Everything that it does can be done by
// single clicks and by keys as well.
//
// A mouse or a pen lifts a thing by moving it; a finger by resting on it, so that it can still scroll the page.
// Escape, a drop beside everything and a call that interrupts the touch put the thing back.

const MOVES_AT = 8; // pixels before a press of the mouse is a drag, or a finger's rest is not one
const RESTS_FOR_MS = 350;
const EDGE = 48; // pixels at the window's upper and lower edge that scroll the page
const STEP = 14;

// A key that stands for nothing else on the page: clips are dropped on frames, frames on clips.
const KINDS = { clip: { other: "image", selector: "[data-image]" }, image: { other: "clip", selector: "[data-clip]" } };

export class Dragger {
  // sources: [{element, kind: "clip" | "image", position, makeGhost}]; isBlocked(); onLift(source), onDrop(clip, image),
  // onBack(): put back without a match
  constructor(board, sources, { isBlocked, onLift, onDrop, onBack }) {
    Object.assign(this, { board, isBlocked, onLift, onDrop, onBack });
    this.pressed = null;
    this.ghost = null;
    this.over = null;
    for (const source of sources) source.element.addEventListener("pointerdown", (event) => this.press(event, source));
    addEventListener("pointermove", (event) => this.move(event));
    addEventListener("pointerup", (event) => this.release(event));
    addEventListener("pointercancel", () => this.putBack());
    addEventListener("blur", () => this.putBack());
    // Once something is lifted, the finger carries it and no longer scrolls.
    addEventListener("touchmove", (event) => this.ghost && event.cancelable && event.preventDefault(), { passive: false });
    board.addEventListener("contextmenu", (event) => this.ghost && event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.ghost) return;
      event.preventDefault();
      event.stopPropagation();
      this.putBack();
    }, { capture: true });
  }

  press(event, source) {
    if (this.pressed || !event.isPrimary || event.button !== 0 || this.isBlocked()) return;
    if (event.target.closest("button:not(.pick, .hang), .scale")) return; // play, clear and the like stay plain buttons
    this.pressed = { source, x: event.clientX, y: event.clientY };
    if (event.pointerType === "touch") {
      this.pressed.timer = setTimeout(() => this.lift(event.clientX, event.clientY), RESTS_FOR_MS);
      // A touch holds on to what it first touched; let go, so that the browser tells what lies below it.
      if (event.target.hasPointerCapture?.(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
    }
  }

  move(event) {
    if (!this.pressed || !event.isPrimary) return;
    const { x, y, timer } = this.pressed;
    if (!this.ghost && Math.hypot(event.clientX - x, event.clientY - y) > MOVES_AT) {
      if (timer === undefined) this.lift(event.clientX, event.clientY);
      else this.forget();
    }
    if (this.ghost) this.carry(event.clientX, event.clientY);
  }

  lift(x, y) {
    const { source } = this.pressed;
    this.ghost = source.makeGhost();
    this.ghost.classList.add("ghost");
    this.ghost.setAttribute("aria-hidden", "true");
    this.board.append(this.ghost);
    this.board.classList.add("dragging");
    source.element.classList.add("lifted");
    getSelection()?.removeAllRanges();
    this.onLift(source);
    this.carry(x, y);
  }

  carry(x, y) {
    this.ghost.style.setProperty("transform", `translate(${x}px, ${y}px) translate(-50%, -60%)`);
    const target = this.findTarget(x, y);
    if (target !== this.over) {
      this.over?.classList.remove("over");
      target?.classList.add("over");
      this.over = target;
    }
    if (y < EDGE) scrollBy(0, -STEP);
    else if (y > innerHeight - EDGE) scrollBy(0, STEP);
  }

  findTarget(x, y) {
    const { selector } = KINDS[this.pressed.source.kind];
    const found = document.elementFromPoint(x, y)?.closest(selector) ?? null;
    return this.board.contains(found) ? found : null;
  }

  release(event) {
    if (!this.pressed || !event.isPrimary) return;
    if (!this.ghost) {
      this.forget();
      return;
    }
    const { source } = this.pressed;
    const target = this.findTarget(event.clientX, event.clientY);
    this.swallowClick();
    if (target === null) {
      this.putBack();
      return;
    }
    const { other } = KINDS[source.kind];
    const pair = { [source.kind]: source.position, [other]: Number(target.dataset[other]) };
    this.forget();
    this.onDrop(pair.clip, pair.image);
  }

  // The browser may still send the click that the press would have been: it must not choose anything.
  swallowClick() {
    const swallow = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
  }

  putBack() {
    if (!this.pressed) return;
    const lifted = this.ghost !== null;
    this.forget();
    if (lifted) this.onBack();
  }

  forget() {
    clearTimeout(this.pressed.timer);
    this.pressed.source.element.classList.remove("lifted");
    this.over?.classList.remove("over");
    this.ghost?.remove();
    this.board.classList.remove("dragging");
    this.pressed = this.ghost = this.over = null;
  }
}
