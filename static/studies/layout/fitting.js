// Bars that stay in place leave room for a whole picture, whatever the size of the window and of the text (WCAG 1.4.4,
// 1.4.10): a bar for which there is no room goes along with the page. The page's scroll padding follows the bars, so
// that nothing that has the focus lies behind one (2.4.11).

const AIR = 1.15; // of a picture in its frame: a little of what is around it is seen as well
const NARROW = 180; // pixels of a label in which no scale of seven buttons has room

export function keepRoom(form) {
  const rail = form.querySelector(".rail");
  const bar = form.querySelector(".bar");
  const frames = [...form.querySelectorAll(".frame")];
  const scales = [...form.querySelectorAll(".scale")];
  const { style } = document.documentElement;

  function fit() {
    const isTight = frames.length > 4 || rail.querySelector(".clip").offsetWidth < NARROW;
    form.classList.toggle("one-scale", isTight && scales.length > 0);
    rail.style.setProperty("--scale", `${isTight ? Math.max(0, ...scales.map((scale) => scale.offsetHeight)) : 0}px`);
    const picture = AIR * Math.max(0, ...frames.map((frame) => frame.offsetHeight));
    const isBeside = rail.offsetTop + rail.offsetHeight > frames[0].offsetTop && rail.offsetWidth < form.offsetWidth / 2;
    const above = isBeside ? 0 : rail.offsetHeight;
    const staysBar = innerHeight - bar.offsetHeight - above >= picture;
    const below = staysBar ? bar.offsetHeight : 0;
    const staysRail = innerHeight - below >= (isBeside ? rail.offsetHeight + 16 : above + picture);
    form.classList.toggle("stays-bar", staysBar);
    form.classList.toggle("stays-rail", staysRail);
    style.setProperty("--above", `${staysRail ? above : 0}px`);
    style.setProperty("--below", `${below}px`);
  }

  const observer = new ResizeObserver(fit);
  for (const part of [rail, bar, ...frames, ...scales]) observer.observe(part);
  addEventListener("resize", fit);
  fit();
}
