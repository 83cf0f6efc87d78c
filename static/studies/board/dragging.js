// What can be dragged on the board: every clip's card onto an image, every image onto a card.

import { Dragger } from "../drag.js";
import { element } from "../words.js";

export function bindDragging(form, { clips, frames, choosing, isBlocked }) {
  const sources = [
    ...[...clips].map(([position, { card }]) => ({
      element: card,
      kind: "clip",
      position,
      makeGhost: () => element("div", { className: "label", textContent: `Clip ${position}` }),
    })),
    ...[...frames].map(([position, { frame, image }]) => ({
      element: frame,
      kind: "image",
      position,
      makeGhost: () => element("img", { src: image.src, alt: "" }),
    })),
  ];
  new Dragger(form, sources, {
    isBlocked,
    onLift: ({ kind, position }) => {
      choosing.choose(null);
      if (kind === "clip") choosing.say(`Drop clip ${position} on its image.`);
      else choosing.say(`Drop image ${frames.get(position).letter} on its clip.`);
    },
    onDrop: (clip, image) => choosing.assign(clip, image),
    onBack: () => choosing.hint(),
  });
}
