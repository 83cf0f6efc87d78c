// Fetches every file of a board before it is used, a few at a time, with retries, and checks that it came whole.

import { Patience, Stalled, stateOf } from "./evidence/patience.js";

const AT_ONCE = 3;
const TRIES = 3;

async function fetchWhole(address, { signal, alive }) {
  const response = await fetch(address, { credentials: "omit", signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const expected = Number(response.headers.get("Content-Length"));
  const reader = response.body.getReader();
  let received = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    received += part.value.byteLength;
    alive();
  }
  if (!received || (expected && expected !== received)) throw new Error(`${received} of ${expected} bytes`);
}

async function loadOnce({ element, address, isAgain }, watched) {
  await fetchWhole(address, watched);
  if (!(element instanceof HTMLImageElement)) return;
  watched.alive();
  if (isAgain || (element.complete && !element.naturalWidth)) element.src = address;
  await element.decode();
  if (!element.naturalWidth) throw new Error("no picture");
}

// One try, ended when nothing comes for a while or somebody does not want to wait; leave: an AbortSignal.
async function loadInTime(item, leave) {
  const abort = new AbortController();
  let patience;
  const stalled = new Promise((_, reject) => {
    const stop = () => {
      abort.abort();
      reject(new Stalled());
    };
    patience = new Patience(stop);
    patience.alive();
    if (leave.aborted) stop();
    leave.addEventListener("abort", stop, { signal: abort.signal });
  });
  try {
    await Promise.race([loadOnce(item, { signal: abort.signal, alive: () => patience.alive() }), stalled]);
  } finally {
    patience.stop();
    abort.abort();
  }
}

async function load(item, leave) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await loadInTime({ ...item, isAgain: item.isAgain || attempt > 1 }, leave);
    } catch (error) {
      if (attempt >= TRIES || error instanceof Stalled) throw error;
      await new Promise((done) => setTimeout(done, 400 * attempt));
    }
  }
}

// items: [{element, address, isAgain}]. Resolves to the items that could not be loaded, with `state` ("unplayable" or
// "stalled") and `reason`; onProgress(done, of); leave: an AbortSignal that gives up what is not there yet.
export async function preload(items, onProgress, leave) {
  const waiting = [...items];
  const failed = [];
  let done = 0;
  onProgress(done, items.length);
  const worker = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) {
      try {
        await load(item, leave);
      } catch (error) {
        failed.push({ ...item, isAgain: true, state: stateOf(error), reason: String(error.message ?? error) });
      }
      onProgress((done += 1), items.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return failed;
}
