// Fetches every file of a board before it is used, a few at a time, with retries, and checks that it came whole.

const AT_ONCE = 3;
const TRIES = 3;

async function fetchWhole(address) {
  const response = await fetch(address, { credentials: "omit" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const expected = Number(response.headers.get("Content-Length"));
  const received = (await response.arrayBuffer()).byteLength;
  if (!received || (expected && expected !== received)) throw new Error(`${received} of ${expected} bytes`);
}

async function load({ element, address }) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fetchWhole(address);
      if (element instanceof HTMLImageElement) {
        if (attempt > 1 || (element.complete && !element.naturalWidth)) element.src = address;
        await element.decode();
        if (!element.naturalWidth) throw new Error("no picture");
      }
      return;
    } catch (error) {
      if (attempt >= TRIES) throw error;
      await new Promise((done) => setTimeout(done, 400 * attempt));
    }
  }
}

// items: [{element, address}]. Resolves to the items that could not be loaded; onProgress(done, of).
export async function preload(items, onProgress) {
  const waiting = [...items];
  const failed = [];
  let done = 0;
  onProgress(done, items.length);
  const worker = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) {
      try {
        await load(item);
      } catch (error) {
        failed.push({ ...item, reason: String(error.message ?? error) });
      }
      onProgress((done += 1), items.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return failed;
}
