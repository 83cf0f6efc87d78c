// Sending the board in: what is missing is pointed at, what the server refuses is said, what it has stored leads on.
// What is shown is what is stored: a change takes back what is still on its way, and Continue sends the newest.

import { fetchState } from "../outbox.js";

export class Sending {
  // find(): what is missing; answers(): the whole board; report(event); onReheard(clip): its card may differ;
  // onTakenBack(): what is said of the sending is not so any more
  constructor({ api, form, clips, outbox, drafts, player, confidence, announcer, ...calls }) {
    Object.assign(this, { api, form, clips, outbox, drafts, player, confidence, announcer });
    const { find, answers, report, onReheard, onTakenBack } = calls;
    Object.assign(this, { find, answers, report, onReheard, onTakenBack });
    this.isUnderWay = false;
    this.next = null; // where to go, once it was read that other answers are stored
  }

  async submit(event) {
    event.preventDefault();
    if (this.next) window.location.assign(this.next);
    if (this.next || this.complain()) return;
    if (this.isUnderWay) {
      this.outbox.wake();
      return;
    }
    this.isUnderWay = true;
    this.announcer.isTakenBack = false;
    const answers = this.answers(); // of the moment of Continue
    this.player.settle();
    this.player.pauseAll();
    this.drafts.drop();
    this.announcer.saved.textContent = "Saving …";
    const reply = await this.outbox.submit(answers);
    if (reply) await this.follow(reply);
  }

  // Something was changed: the answers that wait or are on their way are not what is shown any more.
  takeBack() {
    if (!this.isUnderWay || !this.outbox.takeBack()) return;
    this.isUnderWay = false;
    this.announcer.isTakenBack = true;
    this.onTakenBack();
  }

  async follow({ status, body }) {
    if (body.location) {
      this.form.querySelectorAll(".wall, .sure").forEach((part) => { part.inert = true; });
      if (body.kept) this.sayKept(body.location);
      else window.location.assign(body.location);
      return;
    }
    this.isUnderWay = false;
    if (status === 422) await this.showRefusal(body.problems);
    else window.location.reload();
  }

  sayKept(location) {
    this.next = location;
    const words = "Other answers to this round had been stored before, and they stay. Continue leads on.";
    this.announcer.showMissing([words]);
    this.announcer.alert(words);
    this.announcer.saved.textContent = "";
  }

  // Leads to the first thing that is missing; returns whether there is one.
  complain() {
    const { parts, unheard, unmatched, unrated } = this.find();
    const first = unheard[0] ?? unmatched[0] ?? null;
    for (const [position, { card }] of this.clips) card.classList.toggle("lacking", position === first);
    if (!parts.length) return false;
    this.announcer.alert(`Something is still missing. ${parts.join(". ")}.`);
    if (first) this.clips.get(first).play.focus();
    else this.confidence.focus(unrated[0]);
    return true;
  }

  async showRefusal(problems) {
    this.announcer.showMissing(problems);
    this.announcer.alert(problems.join(" "));
    this.announcer.saved.textContent = "";
    await this.relisten();
    this.report({ kind: "refused", data: { problems: problems.slice(0, 5) } });
  }

  // The server has heard less of a clip than this page: its word counts, and the clip can be listened to once more.
  async relisten() {
    const state = await fetchState(this.api);
    for (const { clip, heard } of state.clips ?? []) {
      this.clips.get(clip).setHeard(heard);
      this.onReheard(clip);
    }
  }
}
