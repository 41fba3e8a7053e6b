/**
 * Requests to the collector, and what an answer is. Only a collector's own words count as received:
 * a captive portal answers 200 with a page, some proxies answer 204 to anything.
 */

/** Longer than the collector's own deadline, shorter than the outbox's patience. */
const ANSWER_MAX_MS = 30_000;

/** The answer as `Core.answered` takes it: a status and a detail; and the collector's first refusal. */
export async function post(url, body) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_MAX_MS);
  try {
    // Text without a type of its own is `text/plain`, which needs no preflight.
    const response = await fetch(url, { method: "POST", body, keepalive: true, signal: abort.signal });
    const { status } = response;
    if (!response.ok) return { status, detail: retryAfter(response.headers.get("retry-after")) };
    const answer = readAnswer(await response.text());
    if (!answer) return { status: 0, detail: -1, foreign: status };
    const rejected = Array.isArray(answer.rejected) ? answer.rejected : [];
    return { status: 1, detail: rejected.length, refusal: rejected[0] };
  } catch {
    return { status: 0, detail: -1 };
  } finally {
    clearTimeout(timer);
  }
}

export function beacon(url, body) {
  try {
    navigator.sendBeacon?.(url, body);
  } catch {
    // It stays in the journal; the next start sends it.
  }
}

function readAnswer(text) {
  if (/^"?ok"?$/i.test(text.trim())) return {};
  try {
    const answer = JSON.parse(text);
    return answer !== null && typeof answer == "object" && !Array.isArray(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** Both forms, in milliseconds from now; -1 when it says nothing that can be followed. */
function retryAfter(value) {
  const text = value?.trim() ?? "";
  const wait_ms = /^\d+$/.test(text) ? Number(text) * 1000 : text ? Date.parse(text) - Date.now() : NaN;
  return wait_ms >= 0 ? Math.min(wait_ms, Number.MAX_SAFE_INTEGER) : -1;
}
