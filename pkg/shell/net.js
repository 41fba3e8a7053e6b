/**
 * Requests to the collector, what an answer is, and what the developer hears of it; loaded when there
 * is something to send. Only a collector's own words count as received: a captive portal answers 200
 * with a page, some proxies answer 204 to anything.
 */

/** Longer than the collector's own deadline, shorter than the outbox's patience. */
const ANSWER_MAX_MS = 30_000;
const KEPT = "events are kept; check ";

/** The answer as the core takes it, a status and a detail; `report` hears what a developer should know. */
export async function post(endpoint, body, report) {
  try {
    const { is_ok, status, wait_ms, answer } = await deliver(`${endpoint}/v1/batch`, body, ANSWER_MAX_MS);
    if (!is_ok) return [status, wait_ms];
    if (!answer) {
      report("misconfigured", "endpoint", `\`${endpoint}\` answers ${status}, but not as a collector does`, `${KEPT}\`endpoint\``);
      return [0, -1];
    }
    const rejected = Array.isArray(answer.rejected) ? answer.rejected : [];
    if (rejected[0]) report(`event_${rejected[0].code}`, "", `the collector refused an event: ${rejected[0].message}`);
    return [1, rejected.length];
  } catch {
    return [0, -1];
  }
}

/**
 * One post to a collector: its status, how long it wants to be left alone, and what it says; rejects when
 * nothing comes in time.
 */
export async function deliver(address, body, most_ms) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), most_ms);
  try {
    // Text without a type of its own is `text/plain`, which needs no preflight.
    const response = await fetch(address, { method: "POST", body, keepalive: true, signal: abort.signal });
    const { ok: is_ok, status, headers } = response;
    return { is_ok, status, wait_ms: retryAfter(headers.get("retry-after")?.trim() ?? ""), answer: readAnswer(await response.text()) };
  } finally {
    clearTimeout(timer);
  }
}

/** A fresh token of the host's; "" when there is none. */
export async function identify(options, report) {
  try {
    const token = await options.identity?.();
    return typeof token == "string" ? token : "";
  } catch (error) {
    report("host_failed", "identity", String(error?.message ?? error));
    return "";
  }
}

/** What the core says of its queue, as the arguments of `report`. */
export const news = (name, number, reason, endpoint) => ({
  rejected: ["events_rejected", "endpoint", `the collector refused ${number} event(s) for good`],
  misconfigured: ["misconfigured", "endpoint", `no collector answers at \`${endpoint}\`: status ${number}`, `${KEPT}\`endpoint\``],
  unauthorized: ["unauthorized", "key", `the collector refused the key or the identity: status ${number}`, `${KEPT}\`key\` and \`identity\``],
  dropped: ["events_dropped", "", `events were dropped: ${reason}`, "the collector is told how many"],
}[name] ?? ["internal", "", `the core asks for the unknown \`${name}\``, "use files of one version"]);

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
function retryAfter(text) {
  const wait_ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return wait_ms >= 0 ? Math.min(wait_ms, Number.MAX_SAFE_INTEGER) : -1;
}
