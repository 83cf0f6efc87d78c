// How sure somebody is of each match: one scale of radio buttons for each clip, where the study asks for it.

export class Confidence {
  constructor(form, draft) {
    this.isAsked = form.querySelector(".sure") !== null;
    this.inputs = [...form.querySelectorAll(".scale input")];
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

  isMissing(clip) {
    return this.isAsked && !this.ratings.has(clip);
  }

  focus(clip) {
    this.inputs.find((input) => clipOf(input) === clip).focus();
  }

  toDraft() {
    return Object.fromEntries(this.ratings);
  }
}

const clipOf = (input) => Number(input.name.split("-")[1]);
const ratingsOf = ({ confidence }) => new Map(Object.entries(confidence ?? {}).map(([clip, n]) => [Number(clip), n]));
