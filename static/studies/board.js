// The matching board (practice and trials): turns the plain form into clip labels and pictures to match.
//
// What it measures, in milliseconds since all media were ready (a reload goes on from the last saved draft):
//   rt_ms          to the moment of Continue
//   choices[i].ms  to the last assignment of clip i; choices[i].changes: assignments after its first
//   events         play / heard / ended of clips; media_ready, assign, clear, enlarge, hidden, visible, media_error
// The server judges everything again: what was heard, the rules of the design, and which board is due.

import { Dragger } from "./drag.js";
import { Enlarger } from "./enlarge.js";
import { bindKeys } from "./keys.js";
import { Matches } from "./matches.js";
import { Outbox, Preview, takeUnsent } from "./outbox.js";
import { Player, Stretches } from "./player.js";
import { preload } from "./preload.js";

const DRAFT_AFTER_MS = 400;
const TOLERANCE_MS = 250;

const form = document.getElementById("board");
const { api, next, design, rule } = form.dataset; // a researcher's preview has `next` in place of `api`
const draft = JSON.parse(form.dataset.draft || "{}");
const matches = new Matches({ oneToOne: design === "one_to_one", draft });
const clips = new Map([...form.querySelectorAll(".clip")].map((card) => [Number(card.dataset.clip), new ClipCard(card)]));
const frames = new Map([...form.querySelectorAll(".frame")].map((frame) => [Number(frame.dataset.image), new Frame(frame)]));
const confidence = new Map(Object.entries(draft.confidence ?? {}).map(([clip, value]) => [Number(clip), value]));
const sure = form.querySelector(".sure");
const status = form.querySelector(".say .status");
const replayChosen = form.querySelector(".replay-chosen");
const what = form.querySelector(".missing .what");
const saved = form.querySelector(".missing .saved");
const alarm = form.querySelector(".missing .alarm");

let chosen = null; // {clip} or {image}: waiting for its counterpart
let startedAt = null;
let draftTimer = null;
let sending = false;

function ClipCard(card) {
  this.card = card;
  this.audio = card.querySelector("audio");
  this.play = card.querySelector(".play");
  this.verb = card.querySelector(".verb");
  this.ring = card.querySelector(".ring");
  this.pick = card.querySelector(".pick");
  this.match = card.querySelector(".match");
  this.heard = card.querySelector(".heard");
  this.replay = card.querySelector(".replay");
  this.clear = card.querySelector(".clear");
  this.neededMs = Number(card.dataset.neededMs);
  this.isHeard = card.dataset.heard === "true";
  this.started = card.dataset.stretches !== "";
  this.stretches = new Stretches(card.dataset.stretches);
}

function Frame(frame) {
  this.frame = frame;
  this.letter = frame.dataset.letter;
  this.image = frame.querySelector("img");
  this.hang = frame.querySelector(".hang");
  this.name = this.hang.textContent;
  this.given = frame.querySelector(".given");
}

const clock = () => (startedAt === null ? 0 : Math.round((draft.clock_ms ?? 0) + performance.now() - startedAt));
const say = (text) => { status.textContent = text; };
const hint = () => say(matches.images.size ? "" : "Play a clip, then choose its image.");
const list = (items) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`);

// -- saying things to the server ------------------------------------------------------------------------------------

const outbox = new (api ? Outbox : Preview)(api ?? next, Number(form.dataset.version), {
  onState: showState,
  onHeard: (state) => {
    for (const { clip, heard } of state.clips) clips.get(clip).isHeard ||= heard;
    showAll();
  },
  onNewerDraft: (newer) => {
    adopt(newer);
    say("Your matches were changed in another window; this one now shows the same.");
  },
  onElsewhere: (location) => window.location.replace(location),
});

function report(event) {
  outbox.report({ at_ms: clock(), ...event });
  outbox.flush();
}

function showState(state) {
  form.classList.toggle("offline", state === "offline");
  const words = {
    saving: "Saving …",
    offline: "No connection. Your matches are kept here and sent as soon as it is back.",
    saved: matches.images.size && api ? "Your matches are saved." : "",
  };
  if (state === "saved" && draftTimer) return; // a change is waiting for its turn
  if (saved.textContent !== words[state]) saved.textContent = words[state];
}

function currentDraft() {
  return { ...matches.toDraft(), confidence: Object.fromEntries(confidence), clock_ms: clock() };
}

function keepDraft() {
  clearTimeout(draftTimer);
  if (api && !form.classList.contains("offline")) showState("saving");
  draftTimer = setTimeout(() => {
    draftTimer = null;
    outbox.saveDraft(currentDraft());
    outbox.flush();
  }, DRAFT_AFTER_MS);
}

function keepUnsent() {
  outbox.keep(draftTimer || outbox.holdsMatches ? currentDraft() : null);
}

function adopt(newer) {
  matches.adopt(newer);
  confidence.clear();
  for (const [clip, value] of Object.entries(newer.confidence ?? {})) confidence.set(Number(clip), value);
  for (const input of form.querySelectorAll(".scale input")) {
    input.checked = confidence.get(Number(input.name.split("-")[1])) === Number(input.value);
  }
  showAll();
}

// -- matching -------------------------------------------------------------------------------------------------------

function assign(clip, image) {
  choose(null);
  const loser = matches.assign(clip, image, clock());
  const { letter } = frames.get(image);
  if (loser !== false) {
    report({ kind: "assign", data: { clip, image } });
    keepDraft();
  }
  say(
    loser
      ? `Clip ${clip} now has image ${letter}. It was with clip ${loser}, which has no image any more.`
      : `Clip ${clip} has image ${letter}.`,
  );
  showAll();
}

function clear(clip) {
  const image = matches.imageOf(clip);
  if (image === undefined) return;
  matches.clear(clip);
  report({ kind: "clear", data: { clip, image } });
  keepDraft();
  choose(null);
  say(`Clip ${clip} has no image any more.`);
  showAll();
}

function choose(next) {
  chosen = next;
  if (next?.clip) say(`Clip ${next.clip} is chosen. Now choose its image.`);
  if (next?.image) say(`Image ${frames.get(next.image).letter} is chosen. Now choose its clip.`);
  showAll();
}

function pickClip(clip) {
  if (chosen?.image) assign(clip, chosen.image);
  else if (chosen?.clip === clip) {
    choose(null);
    hint();
  } else choose({ clip });
}

function pickImage(image) {
  if (chosen?.clip) assign(chosen.clip, image);
  else if (chosen?.image === image) {
    choose(null);
    hint();
  } else choose({ image });
}

// Listening to a clip chooses it, so that the next click on an image matches it; never while an image waits.
function playClip(clip) {
  if (!player.isPlaying(clip) && !chosen?.image && chosen?.clip !== clip) choose({ clip });
  player.toggle(clip);
}

function replay(clip) {
  if (!chosen?.image) choose({ clip });
  player.replay(clip);
}

// -- listening ------------------------------------------------------------------------------------------------------

const player = new Player({
  report,
  onChange: (position) => {
    const clip = clips.get(position);
    clip.started ||= player.isPlaying(position);
    clip.isHeard ||= hasHeardEnough(clip);
    showClip(position);
    showMissing();
  },
  onError: (position) => {
    report({ kind: "media_error", data: { clip: position, what: "play", code: clips.get(position).audio.error?.code ?? 0 } });
    say(`Clip ${position} cannot be played here. Try again; if it stays silent, go on without it. The study is told.`);
    clips.get(position).unplayable = true;
    showAll();
  },
});

function hasHeardEnough({ started, stretches, neededMs, audio }) {
  if (rule === "none") return true;
  if (rule === "start") return started;
  const length = Number.isFinite(audio.duration) ? Math.min(neededMs, audio.duration * 1000) : neededMs;
  return started && stretches.total >= length - TOLERANCE_MS;
}

// -- showing --------------------------------------------------------------------------------------------------------

function showClip(position) {
  const clip = clips.get(position);
  const image = matches.imageOf(position);
  const playing = player.isPlaying(position);
  clip.card.classList.toggle("playing", playing);
  clip.card.classList.toggle("chosen", chosen?.clip === position);
  clip.card.classList.toggle("matched", image !== undefined);
  clip.card.classList.toggle("is-heard", clip.isHeard && rule !== "none");
  clip.pick.setAttribute("aria-pressed", String(chosen?.clip === position));
  setText(clip.verb, `${playing ? "Pause" : "Play"} clip ${position}`);
  clip.ring.style.setProperty("--done", `${player.progress(position)}turn`);
  setText(clip.heard, wordsForHeard(clip));
  clip.replay.hidden = !playing && !(player.progress(position) > 0);
  if (chosen?.clip === position) replayChosen.hidden = clip.replay.hidden;
  const letter = image === undefined ? null : frames.get(image).letter;
  if (clip.shown !== letter) {
    clip.shown = letter;
    clip.match.replaceChildren(longWord(letter ? "Image " : "no image yet"), letter ?? "");
    clip.clear.hidden = !letter;
  }
}

function wordsForHeard(clip) {
  if (clip.unplayable && !clip.started) return "cannot be played";
  if (rule === "none") return "";
  if (clip.isHeard) return "heard";
  if (rule === "start") return "not played yet";
  if (rule === "end") return "not heard to its end yet";
  const seconds = Math.ceil((clip.neededMs - clip.stretches.total) / 1000);
  return `listen for ${Math.max(1, seconds)} s${clip.started ? " more" : ""}`;
}

// A word that is left out where there is no room for it.
function longWord(text) {
  return Object.assign(document.createElement("span"), { className: "long", textContent: text });
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showFrame(position) {
  const { frame, hang, given, name, letter } = frames.get(position);
  const holders = matches.clipsOf(position);
  frame.classList.toggle("chosen", chosen?.image === position);
  hang.setAttribute("aria-pressed", String(chosen?.image === position));
  setText(hang.firstElementChild, holders.length ? `${name}, with clip ${list(holders)}` : name);
  if (given.dataset.holders === holders.join()) return;
  const hadFocus = given.contains(document.activeElement);
  given.dataset.holders = holders.join();
  given.replaceChildren(
    ...holders.map((clip) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.append(longWord("Clip "), String(clip));
      chip.setAttribute("aria-label", `Clip ${clip}: take image ${letter} away from it`);
      chip.addEventListener("click", () => clear(clip));
      return chip;
    }),
  );
  if (hadFocus) hang.focus();
}

// What keeps the board from being sent in: words, and where to go first.
function findMissing() {
  const parts = [];
  const unheard = [...clips].filter(([, clip]) => !clip.isHeard && !clip.unplayable).map(([position]) => position);
  const unmatched = [...clips.keys()].filter((position) => matches.imageOf(position) === undefined);
  const unrated = sure ? [...clips.keys()].filter((position) => !confidence.has(position)) : [];
  const name = (positions) => {
    if (positions.length === clips.size && clips.size > 1) return "all clips";
    return `clip${positions.length > 1 ? "s" : ""} ${list(positions)}`;
  };
  if (unheard.length) {
    const how = { start: "To play", seconds: "To hear", end: "To hear to the end" }[rule];
    parts.push(`${how}: ${name(unheard)}`);
  }
  if (unmatched.length) parts.push(`To match: ${name(unmatched)}`);
  if (unrated.length) parts.push(`To rate: ${name(unrated)}`);
  return { parts, unheard, unmatched, first: unheard[0] ?? unmatched[0] ?? null, unrated: unrated[0] ?? null };
}

function showMissing() {
  const { parts, unheard, unmatched } = findMissing();
  for (const [position, { card }] of clips) {
    if (!unheard.includes(position) && !unmatched.includes(position)) card.classList.remove("lacking");
  }
  const whole = { 1: "The clip has its image.", 2: "Both clips have their image." };
  showWhat(parts.length ? parts : [whole[clips.size] ?? `All ${clips.size} clips have their image.`]);
  if (!parts.length) what.classList.remove("asked");
}

function showWhat(parts) {
  if (what.dataset.shown === parts.join()) return;
  what.dataset.shown = parts.join();
  what.replaceChildren(...parts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
}

function showAll() {
  if (!chosen?.clip) replayChosen.hidden = true;
  for (const position of clips.keys()) showClip(position);
  for (const position of frames.keys()) showFrame(position);
  showMissing();
  enlarger.refresh();
}

// -- sending the board in -------------------------------------------------------------------------------------------

async function submit(event) {
  event.preventDefault();
  const { parts, first, unrated } = findMissing();
  for (const [position, clip] of clips) clip.card.classList.toggle("lacking", parts.length > 0 && position === first);
  if (parts.length) {
    what.classList.add("asked");
    alarm.textContent = `Something is still missing. ${parts.join(". ")}.`;
    const target = first ? clips.get(first).play : form.querySelector(`[name="confidence-${unrated}"]`);
    target.focus();
    return;
  }
  if (sending) return;
  sending = true;
  const rtMs = clock();
  player.settle();
  player.pauseAll();
  clearTimeout(draftTimer);
  draftTimer = null;
  saved.textContent = "Saving …";
  const { matches: images, choices } = matches.toDraft();
  const { status: code, body } = await outbox.submit({
    matches: images,
    choices,
    confidence: Object.fromEntries(confidence),
    rt_ms: rtMs,
  });
  if (body.location) {
    window.location.assign(body.location);
    return;
  }
  sending = false;
  if (code === 422) {
    showWhat(body.problems);
    what.classList.add("asked");
    alarm.textContent = body.problems.join(" ");
    saved.textContent = "";
    await relisten();
    report({ kind: "refused", data: { problems: body.problems.slice(0, 5) } });
  } else window.location.reload();
}

// The server has heard less of a clip than this page: its word counts, and the clip can be listened to once more.
async function relisten() {
  const state = await (await fetch(api, { credentials: "omit", cache: "no-store" })).json();
  for (const { clip: position, heard } of state.clips ?? []) {
    const clip = clips.get(position);
    clip.isHeard = heard;
    if (!heard) {
      clip.stretches.parts = [];
      clip.audio.currentTime = 0;
    }
    showClip(position);
  }
}

// -- start ----------------------------------------------------------------------------------------------------------

const enlarger = new Enlarger(form.querySelector(".enlarged"), {
  frames,
  clips: [...clips.keys()],
  clipsOf: (image) => matches.clipsOf(image),
  toggle: (clip, image) => (matches.imageOf(clip) === image ? clear(clip) : assign(clip, image)),
  onOpen: (image) => report({ kind: "enlarge", data: { image } }),
});

function bind() {
  for (const [position, clip] of clips) {
    player.add(position, clip.audio, clip.stretches);
    clip.play.addEventListener("click", () => playClip(position));
    clip.pick.addEventListener("click", () => pickClip(position));
    clip.clear.addEventListener("click", () => {
      clear(position);
      clip.pick.focus();
    });
    clip.replay.addEventListener("click", () => replay(position));
  }
  for (const [position, frame] of frames) {
    frame.hang.addEventListener("click", () => pickImage(position));
    frame.frame.querySelector(".enlarge").addEventListener("click", () => enlarger.open(position));
  }
  for (const input of form.querySelectorAll(".scale input")) {
    input.addEventListener("change", () => {
      confidence.set(Number(input.name.split("-")[1]), Number(input.value));
      keepDraft();
      showMissing();
    });
  }
  replayChosen.addEventListener("click", () => replay(chosen.clip));
  form.addEventListener("submit", submit);
  bindDragging();
  bindKeys({
    toggle: document.getElementById("keys-on"),
    clips,
    frames,
    isBlocked: () => form.classList.contains("loading") || enlarger.isOpen,
    chooseClip: (position) => {
      if (chosen?.image) assign(position, chosen.image);
      else choose({ clip: position });
      clips.get(position).play.focus();
    },
    chooseImage: pickImage,
    play: () => playClip(chosen?.clip ?? player.current ?? 1),
    clear: () => clear(chosen?.clip ?? player.current ?? 0),
    letGo: () => {
      player.pauseAll();
      choose(null);
      hint();
    },
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) player.settle();
    report({ kind: document.hidden ? "hidden" : "visible" });
    // A phone may end a hidden page without another word.
    if (document.hidden) keepUnsent();
    else catchUp();
  });
  addEventListener("pagehide", () => {
    player.settle();
    if (draftTimer) outbox.saveDraft(currentDraft());
    keepUnsent();
    outbox.sendNow();
  });
  // A page that comes back out of the browser's memory may be a board that was answered since.
  addEventListener("pageshow", (event) => event.persisted && catchUp());
}

function bindDragging() {
  const label = (text) => Object.assign(document.createElement("div"), { className: "label", textContent: text });
  const picture = (image) => Object.assign(document.createElement("img"), { src: image.src, alt: "" });
  const sources = [
    ...[...clips].map(([position, { card }]) => ({
      element: card,
      kind: "clip",
      position,
      makeGhost: () => label(`Clip ${position}`),
    })),
    ...[...frames].map(([position, { frame, image }]) => ({
      element: frame,
      kind: "image",
      position,
      makeGhost: () => picture(image),
    })),
  ];
  new Dragger(form, sources, {
    isBlocked: () => form.classList.contains("loading") || enlarger.isOpen,
    onLift: ({ kind, position }) => {
      choose(null);
      say(kind === "clip" ? `Drop clip ${position} on its image.` : `Drop image ${frames.get(position).letter} on its clip.`);
    },
    onDrop: assign,
    onBack: hint,
  });
}

// Another window may have moved on or changed the draft.
async function catchUp() {
  if (!api) return;
  try {
    const response = await fetch(api, { credentials: "omit", cache: "no-store" });
    const state = await response.json();
    if (state.state === "answered" || state.location) window.location.reload();
    else if (state.version > outbox.version && !outbox.draft) {
      outbox.version = state.version;
      adopt(state.draft);
    }
  } catch {
    // no connection: the next save will say so
  }
}

async function loadMedia(items) {
  const veil = document.createElement("div");
  veil.className = "veil";
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  text.textContent = "The music and the images are being loaded …";
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", "Loading");
  veil.append(text, bar);
  const wall = form.querySelector(".wall");
  const show = setTimeout(() => wall.before(veil), 300);
  form.classList.add("loading");
  wall.inert = true;
  let waiting = items;
  for (;;) {
    const failed = await preload(waiting, (done, of) => {
      bar.max = of;
      bar.value = done;
    });
    if (!failed.length) break;
    clearTimeout(show);
    wall.before(veil);
    text.textContent = `${list(failed.map(({ name }) => name))} could not be loaded. Is the connection all right?`;
    if (!(await askAgain(veil))) {
      for (const item of failed) giveUp(item);
      break;
    }
    veil.querySelector(".actions").remove();
    text.textContent = "Trying again …";
    waiting = failed;
  }
  clearTimeout(show);
  veil.remove();
  wall.inert = false;
  form.classList.remove("loading");
}

function askAgain(veil) {
  const actions = document.createElement("div");
  actions.className = "actions";
  const again = document.createElement("button");
  again.type = "button";
  again.className = "primary";
  again.textContent = "Try again";
  const without = document.createElement("button");
  without.type = "button";
  without.textContent = "Go on without";
  actions.append(again, without);
  veil.append(actions);
  again.focus();
  return new Promise((resolve) => {
    again.addEventListener("click", () => resolve(true));
    without.addEventListener("click", () => resolve(false));
  });
}

function giveUp({ clip, image, reason }) {
  report({ kind: "media_error", data: { ...(clip ? { clip } : { image }), what: "load", reason: reason.slice(0, 80) } });
  if (clip) clips.get(clip).unplayable = true;
  else frames.get(image).frame.classList.add("broken");
}

// What this window could not get acknowledged before it was reloaded.
function takeUp() {
  if (!api) return;
  const { draft: unsent, events } = takeUnsent(api, outbox.version, draft);
  for (const { kind, clip, from_ms: from, to_ms: to } of events) {
    const card = clips.get(clip);
    if (kind === "heard") card.stretches.add(from, to);
    if (kind === "play") card.started = true;
  }
  for (const card of clips.values()) card.isHeard ||= hasHeardEnough(card);
  outbox.events.push(...events);
  if (unsent) {
    draft.clock_ms = unsent.clock_ms;
    adopt(unsent);
    outbox.saveDraft(unsent);
  }
  if (unsent || events.length) outbox.flush();
}

async function start() {
  bind();
  takeUp();
  const wall = form.querySelector(".frames").classList;
  wall.toggle("many", frames.size > 4);
  wall.toggle("one-row", frames.size < 3);
  form.classList.add("ready");
  hint();
  showAll();
  await loadMedia([
    ...[...frames].map(([image, { image: element, letter }]) => ({ element, address: element.src, image, name: `Image ${letter}` })),
    ...[...clips].map(([clip, { audio }]) => ({ element: audio, address: audio.src, clip, name: `Clip ${clip}` })),
  ]);
  for (const { audio } of clips.values()) audio.preload = "auto";
  startedAt = performance.now();
  report({ kind: "media_ready" });
  showAll();
  showState("saved");
  // What the last window sent in its last moment may have arrived after this page was made.
  catchUp();
}

start();
