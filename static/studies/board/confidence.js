// How sure somebody is of each match: one scale of radio buttons at each clip, where the study asks for it. Where there
// is no room for all of them, the one of the clip that was dealt with last is shown.

export class Confidence {
  constructor(form, draft) {
    this.inputs = [...form.querySelectorAll(".scale input")];
    this.isAsked = this.inputs.length > 0;
    this.scales = new Map([...form.querySelectorAll(".scale")].map((scale) => [clipOf(scale.querySelector("input")), scale]));
    this.show(1);
    this.ratings = ratingsOf(draft);
  }

  // Take over a draft as the server keeps it.
  adopt(draft) {
    this.ratings = ratingsOf(draft);
    for (const input of this.inputs) input.checked = this.ratings.get(clipOf(input)) === Number(input.value);
  }

  bind(onChange) {
    for (const input of this.inputs) {
      input.addEventListener("change", () => {
        this.ratings.set(clipOf(input), Number(input.value));
        onChange();
      });
    }
  }

  show(clip) {
    for (const [position, scale] of this.scales) scale.classList.toggle("current", position === clip);
  }

  isMissing(clip) {
    return this.isAsked && !this.ratings.has(clip);
  }

  focus(clip) {
    this.show(clip);
    this.inputs.find((input) => clipOf(input) === clip).focus();
  }

  toDraft() {
    return Object.fromEntries(this.ratings);
  }
}

const clipOf = (input) => Number(input.name.split("-")[1]);
const ratingsOf = ({ confidence }) => new Map(Object.entries(confidence ?? {}).map(([clip, n]) => [Number(clip), n]));
