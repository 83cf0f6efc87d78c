// Which images were on the screen: loaded, half of them in view (or filling half of the window), the page visible. That
// somebody looked at them nothing can know.

export class Watching {
  // images: position -> img; onShown(position): once for each image
  constructor(images, onShown) {
    this.images = images;
    this.onShown = onShown;
    this.inView = new Set();
    this.shown = new Set();
    this.isAble = "IntersectionObserver" in window;
  }

  start() {
    if (!this.isAble) return;
    const positions = new Map([...this.images].map(([position, image]) => [image, position]));
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) this.turn(positions.get(entry.target), isInView(entry));
      },
      { threshold: [0, 0.25, 0.5, 0.75, 1] },
    );
    for (const [image, position] of positions) {
      observer.observe(image);
      image.addEventListener("load", () => this.check(position)); // it may come after it was given up
    }
    document.addEventListener("visibilitychange", () => this.images.forEach((_, position) => this.check(position)));
  }

  turn(position, isInView) {
    if (isInView) this.inView.add(position);
    else this.inView.delete(position);
    this.check(position);
  }

  check(position) {
    const image = this.images.get(position);
    const isThere = image.complete && image.naturalWidth > 0 && !document.hidden;
    if (this.shown.has(position) || !isThere || !this.inView.has(position)) return;
    this.shown.add(position);
    this.onShown(position);
  }
}

const isInView = ({ intersectionRatio, intersectionRect, rootBounds }) =>
  intersectionRatio >= 0.5 || (rootBounds !== null && intersectionRect.height >= rootBounds.height / 2);
