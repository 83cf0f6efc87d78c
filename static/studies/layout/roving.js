// A list as one stop of Tab: only the controls of one item, the one that was dealt with last, are in the way of Tab, and
// the arrows lead from item to item. Screen readers reach every control as before.

const CONTROLS = "button, input";

export class Roving {
  constructor(list) {
    this.items = [...list.children];
    this.at = 0;
    list.ariaLabel += ", arrow keys lead from one to the next";
    list.addEventListener("focusin", ({ target }) => this.moveTo(this.items.findIndex((item) => item.contains(target))));
    list.addEventListener("keydown", (event) => this.press(event));
    this.refresh();
  }

  // Controls come and go; those of the other items stay out of the way.
  refresh() {
    for (const [index, item] of this.items.entries()) {
      for (const control of item.querySelectorAll(CONTROLS)) control.tabIndex = index === this.at ? 0 : -1;
    }
  }

  moveTo(index) {
    if (index < 0 || index === this.at) return;
    this.at = index;
    this.refresh();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.matches("input")) return; // a scale's own arrows
    const index = this.find(event.key);
    if (index === undefined) return;
    event.preventDefault();
    if (!this.items[index]) return;
    const same = this.items[index].querySelector(`button.${event.target.classList[0]}`);
    const usable = same?.offsetParent ? same : [...this.items[index].querySelectorAll("button")].find((b) => b.offsetParent);
    usable.focus();
  }

  find(key) {
    const row = this.items.filter((item) => item.offsetTop === this.items[0].offsetTop).length;
    const below = row === this.items.length ? 1 : row;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: below, ArrowUp: -below };
    if (key in steps) return this.at + steps[key];
    return { Home: 0, End: this.items.length - 1 }[key];
  }
}
