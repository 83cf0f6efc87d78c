// The matching board (practice and trials): turns the plain form into clip labels and pictures to match.
//
// What it measures, in milliseconds since all media were ready (a reload goes on from the last saved draft):
//   rt_ms          to the moment of Continue
//   choices[i].ms  to the last assignment of clip i; choices[i].changes: assignments after its first
//   events         play / heard / ended of clips; media_ready, image_shown, assign, clear, enlarge, hidden, visible,
//                  media_error, client_error
// The server judges everything again: what was heard, the rules of the design, and which board is due.
//
// Each concern is a file of board/; this one makes them known to each other and binds them to the page.

import { Announcer } from "./board/announcing.js";
import { Choosing } from "./board/choosing.js";
import { ClipCard } from "./board/clips.js";
import { Clock } from "./board/clock.js";
import { Confidence } from "./board/confidence.js";
import { bindDragging } from "./board/dragging.js";
import { Drafts } from "./board/drafts.js";
import { Frame } from "./board/frames.js";
import { Listening } from "./board/listening.js";
import { loadMedia } from "./board/loading.js";
import { findMissing, wordsForWhole } from "./board/missing.js";
import { Sending } from "./board/sending.js";
import { Enlarger } from "./enlarge.js";
import { watchErrors } from "./evidence/errors.js";
import { Watching } from "./evidence/watching.js";
import { bindKeys } from "./keys.js";
import { keepRoom } from "./layout/fitting.js";
import { Roving } from "./layout/roving.js";
import { Matches } from "./matches.js";
import { Outbox, Preview } from "./outbox.js";

const form = document.getElementById("board");
const { api, next, design, rule } = form.dataset; // a researcher's preview has `next` in place of `api`
const draft = JSON.parse(form.dataset.draft || "{}");
const byPosition = (items) => new Map(items.map((item) => [item.position, item]));
const clips = byPosition([...form.querySelectorAll(".clip")].map((card) => new ClipCard(card, rule)));
const frames = byPosition([...form.querySelectorAll(".frame")].map((frame) => new Frame(frame)));
const replayChosen = form.querySelector(".replay-chosen");

const matches = new Matches({ oneToOne: design === "one_to_one", draft });
const confidence = new Confidence(form, draft);
const clock = new Clock(draft.clock_ms);
const announcer = new Announcer(form);
const say = (text) => announcer.say(text);

const outbox = new (api ? Outbox : Preview)(api ?? next, Number(form.dataset.version), {
  onState: showState,
  onHeard: (state) => {
    for (const { clip, heard } of state.clips) clips.get(clip).isHeard ||= heard;
    showAll();
  },
  onNewerDraft: (newer) => {
    if (outbox.answers) return; // what was shown when Continue was pressed is sent
    adopt(newer);
    say("Your matches were changed in another window; this one now shows the same.");
  },
  onElsewhere: (location) => window.location.replace(location),
});

const drafts = new Drafts(api, outbox, {
  current: () => ({ ...matches.toDraft(), confidence: confidence.toDraft(), clock_ms: clock.now() }),
  adopt,
  showState: (state) => { if (api && !announcer.isOffline) showState(state); },
});

const choosing = new Choosing({
  matches,
  letterOf: (image) => frames.get(image).letter,
  now: () => clock.now(),
  say,
  onMatch: (kind, data) => {
    sending.takeBack();
    confidence.show(data.clip);
    report({ kind, data });
    drafts.saveSoon();
  },
  onChange: showAll,
});

const listening = new Listening(clips, choosing, {
  report,
  say,
  onChange: (position) => {
    showClip(position);
    showMissing();
  },
  onBroken: (position) => {
    clips.get(position).unplayable = true;
    showAll();
  },
});
const { player } = listening;
const lists = [".clips", ".frames"].map((list) => new Roving(form.querySelector(list)));

const enlarger = new Enlarger(form.querySelector(".enlarged"), {
  frames,
  clips: [...clips.keys()],
  clipsOf: (image) => matches.clipsOf(image),
  toggle: (clip, image) => choosing.toggle(clip, image),
  onOpen: (image) => {
    report({ kind: "enlarge", data: { image } });
    watching.turn(image, true);
  },
});
const watching = new Watching(new Map([...frames].map(([position, { image }]) => [position, image])), (image) => {
  frames.get(image).frame.classList.remove("broken");
  report({ kind: "image_shown", data: { image } });
});
const isBlocked = () => form.classList.contains("loading") || enlarger.isOpen;

const find = () => findMissing({ clips, matches, confidence, rule });
const sending = new Sending({
  api,
  form,
  clips,
  outbox,
  drafts,
  player,
  confidence,
  announcer,
  find,
  answers: () => ({ ...matches.toDraft(), confidence: confidence.toDraft(), rt_ms: clock.now() }),
  report,
  onReheard: showClip,
  onTakenBack: () => announcer.isOffline && showState("offline"),
});

function report(event) {
  outbox.report({ at_ms: clock.now(), ...event });
  outbox.flush();
}

function adopt(newer) {
  sending.takeBack();
  matches.adopt(newer);
  confidence.adopt(newer);
  showAll();
}

// -- showing --------------------------------------------------------------------------------------------------------

function showState(state) {
  const isKept = matches.images.size > 0 && Boolean(api);
  announcer.showState(state, { isKept, isWaiting: drafts.isWaiting, isSent: Boolean(outbox.answers) });
}

function showClip(position) {
  const clip = clips.get(position);
  const image = matches.imageOf(position);
  const chosen = choosing.clip === position;
  clip.show({
    playing: player.isPlaying(position),
    progress: player.progress(position),
    chosen,
    letter: image === undefined ? null : frames.get(image).letter,
  });
  if (chosen) replayChosen.hidden = clip.replay.hidden;
}

function showFrame(position) {
  frames.get(position).show({
    chosen: choosing.image === position,
    holders: matches.clipsOf(position),
    takeAway: (clip) => choosing.clear(clip),
  });
}

function showMissing() {
  const { parts, unheard, unmatched } = find();
  for (const [position, { card }] of clips) {
    if (!unheard.includes(position) && !unmatched.includes(position)) card.classList.remove("lacking");
  }
  announcer.showMissing(parts.length ? parts : [wordsForWhole(clips.size)]);
  if (!parts.length) announcer.calm();
}

function showAll() {
  if (choosing.clip) confidence.show(choosing.clip);
  else replayChosen.hidden = true;
  for (const position of clips.keys()) showClip(position);
  for (const position of frames.keys()) showFrame(position);
  for (const list of lists) list.refresh();
  showMissing();
  enlarger.refresh();
}

// -- binding --------------------------------------------------------------------------------------------------------

function bind() {
  for (const [position, clip] of clips) {
    clip.card.addEventListener("focusin", () => confidence.show(position));
    clip.play.addEventListener("click", () => listening.play(position));
    clip.pick.addEventListener("click", () => choosing.pickClip(position));
    clip.clear.addEventListener("click", () => {
      choosing.clear(position);
      clip.pick.focus();
    });
    clip.replay.addEventListener("click", () => listening.replay(position));
  }
  for (const [position, { hang, frame }] of frames) {
    hang.addEventListener("click", () => choosing.pickImage(position));
    frame.querySelector(".enlarge").addEventListener("click", () => enlarger.open(position));
  }
  confidence.bind(() => {
    sending.takeBack();
    drafts.saveSoon();
    showMissing();
  });
  replayChosen.addEventListener("click", () => listening.replay(choosing.clip));
  form.addEventListener("submit", (event) => sending.submit(event));
  bindDragging(form, { clips, frames, choosing, isBlocked });
  bindKeys({
    toggle: document.getElementById("keys-on"),
    clips,
    frames,
    isBlocked,
    chooseClip: (position) => {
      if (choosing.image) choosing.assign(position, choosing.image);
      else choosing.choose({ clip: position });
      clips.get(position).play.focus();
    },
    chooseImage: (position) => choosing.pickImage(position),
    // Space names no clip: it gives none to an image that waits.
    play: () => (choosing.image ? player.toggle(player.current ?? 1) : listening.play(choosing.clip ?? player.current ?? 1)),
    clear: () => choosing.clear(choosing.clip ?? player.current ?? 0),
    letGo: () => {
      player.pauseAll();
      choosing.letGo();
    },
  });
  bindLeaving();
}

function bindLeaving() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) player.settle();
    report({ kind: document.hidden ? "hidden" : "visible" });
    // A phone may end a hidden page without another word.
    if (document.hidden) drafts.keepUnsent();
    else drafts.catchUp();
  });
  addEventListener("pagehide", () => {
    player.settle();
    drafts.sendNow();
  });
  // A page that comes back out of the browser's memory may be a board that was answered since.
  addEventListener("pageshow", (event) => event.persisted && drafts.catchUp());
}

// -- start ----------------------------------------------------------------------------------------------------------

function takeUp() {
  drafts.takeUp(draft, {
    replay: (events) => {
      for (const { kind, clip, from_ms: from, to_ms: to } of events) {
        if (kind === "heard") clips.get(clip).stretches.add(from, to);
        if (kind === "play") clips.get(clip).started = true;
      }
      for (const clip of clips.values()) clip.countHeard();
    },
    resume: (unsent) => {
      clock.before = unsent.clock_ms;
      adopt(unsent);
    },
  });
}

function listMedia() {
  const images = [...frames].map(([image, frame]) => ({ element: frame.image, image, name: `Image ${frame.letter}` }));
  const music = [...clips].map(([clip, { audio }]) => ({ element: audio, clip, name: `Clip ${clip}` }));
  return [...images, ...music].map((item) => ({ ...item, address: item.element.src }));
}

function giveUp({ clip, image, state, reason }) {
  const which = clip ? { clip } : { image };
  report({ kind: "media_error", data: { ...which, what: "load", state, reason: reason.slice(0, 80) } });
  if (clip) clips.get(clip).unplayable = true;
  else frames.get(image).frame.classList.add("broken");
}

async function start() {
  watchErrors(report);
  bind();
  takeUp();
  form.classList.toggle("many", frames.size > 4);
  form.classList.add("ready");
  choosing.hint();
  showAll();
  keepRoom(form);
  await loadMedia(form, listMedia(), giveUp);
  for (const { audio } of clips.values()) audio.preload = "auto";
  clock.start();
  report({ kind: "media_ready", data: { watches: watching.isAble } });
  watching.start();
  showAll();
  showState("saved");
  // What the last window sent in its last moment may have arrived after this page was made.
  drafts.catchUp();
}

start();
