// Single keys for the board, for those who like them: digits choose a clip, letters give an image, Space plays,
// Backspace clears, Escape lets go. They never take a key from a form control, a menu or a shortcut of the browser,
// and a tick box turns them off (it is remembered on this device).

const REMEMBERED = "single-keys";

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  return target.matches("input, select, textarea, audio");
}

// Buttons, links and summaries use Space and Enter themselves.
const isControl = (target) => target instanceof HTMLElement && target.matches("button, a, summary, [role=button]");

export function bindKeys({ toggle, clips, frames, isBlocked, chooseClip, chooseImage, play, clear, letGo }) {
  try {
    toggle.checked = localStorage.getItem(REMEMBERED) !== "off";
  } catch {
    // storage may be forbidden; the keys then stay on until the box is unticked
  }
  toggle.addEventListener("change", () => {
    try {
      localStorage.setItem(REMEMBERED, toggle.checked ? "on" : "off");
    } catch {
      // see above
    }
  });
  const letters = new Map([...frames].map(([position, { letter }]) => [letter, position]));
  document.addEventListener("keydown", (event) => {
    if (!toggle.checked || isBlocked() || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const act = findAction(event);
    if (!act) return;
    event.preventDefault();
    act();
  });

  function findAction({ key, target }) {
    if (clips.has(Number(key)) && key.trim()) return () => chooseClip(Number(key));
    if (letters.has(key.toUpperCase())) return () => chooseImage(letters.get(key.toUpperCase()));
    if (key === " " && !isControl(target)) return play;
    if (key === "Backspace" || key === "Delete") return clear;
    if (key === "Escape") return letGo;
    return null;
  }
}
