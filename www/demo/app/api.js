// Postwharf's API as the page sees it, and the one place that holds the page's state.
// Changes run one after the other: a token says "my tally up to here is in your figures", which is
// only true when the earlier uses of this tab reached the server first.

const listeners = new Set();
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("postwharf") : undefined;
let current;
let queue = Promise.resolve();

/** `{ state, snapshot, plimsoll }` as the server last answered. */
export const latest = () => current;

export function onChange(listener) {
  listeners.add(listener);
}

export const load = () => call("GET", "/api/state");

/** Runs after what is under way; other tabs of this visitor hear that something changed. */
export function change(method, path, body = {}) {
  const result = queue.then(async () => {
    const reply = await call(method, path, body);
    tellOthers();
    return reply;
  });
  queue = result.catch(() => {});
  return result;
}

/** Other tabs of this visitor read the truth again. */
export const tellOthers = () => channel?.postMessage("changed");

/** A question that changes nothing: a quote. */
export const ask = (path, body) => call("POST", path, body);

/** Reads the truth again, after what is under way. */
export function refresh() {
  queue = queue.then(load).catch(() => {});
  return queue;
}

/** Reads the truth again when another tab changed it or this one comes back into view. */
export function followOtherTabs() {
  channel?.addEventListener("message", refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh();
  });
}

/** Answers `{ ok, status, ...body }`; without an answer at all `{ ok: false, status: 0 }`. */
async function call(method, path, body) {
  let response;
  let answer;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    answer = await response.json();
  } catch {
    return { ok: false, status: 0 };
  }
  if (answer.state) {
    current = { state: answer.state, snapshot: answer.snapshot, plimsoll: answer.plimsoll };
    for (const listener of listeners) listener(current);
  }
  return { ...answer, ok: response.ok, status: response.status };
}
