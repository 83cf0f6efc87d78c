// What keeps a board from being sent in: words, and where to go first. Knows no page.

import { list } from "../words.js";

const TO_LISTEN = { start: "To play", seconds: "To hear", end: "To hear to the end" };
const WHOLE = { 1: "The clip has its image.", 2: "Both clips have their image." };

// Returns {parts, unheard, unmatched, unrated}: sentences, and the positions that they speak of.
export function findMissing({ clips, matches, confidence, rule }) {
  const positions = [...clips.keys()];
  const unheard = positions.filter((position) => !clips.get(position).isHeard && !clips.get(position).unplayable);
  const unmatched = positions.filter((position) => matches.imageOf(position) === undefined);
  const unrated = positions.filter((position) => confidence.isMissing(position));
  const lists = [[TO_LISTEN[rule], unheard], ["To match", unmatched], ["To rate", unrated]];
  const parts = lists.filter(([, found]) => found.length).map(([how, found]) => `${how}: ${name(found, clips.size)}`);
  return { parts, unheard, unmatched, unrated };
}

export const wordsForWhole = (count) => WHOLE[count] ?? `All ${count} clips have their image.`;

function name(positions, count) {
  if (positions.length === count && count > 1) return "all clips";
  return `clip${positions.length > 1 ? "s" : ""} ${list(positions)}`;
}
