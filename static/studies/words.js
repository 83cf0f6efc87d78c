// Words on the board, and how they are put there.

// "1", "1 and 2", "1, 2 and 3"
export function list(items) {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

export const element = (tag, properties) => Object.assign(document.createElement(tag), properties);

// A word that is left out where there is no room for it.
export const longWord = (text) => element("span", { className: "long", textContent: text });

// Leaves a text alone that is there already: a screen reader would read it once more.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
