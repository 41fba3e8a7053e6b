// The way to the collector: `/p/…` passes the browser's requests on under this origin, and
// `accountLog` reads an account's events or requests back with the secret key, which no browser ever sees.
// While the collector is away the last compiled policy it gave out is still served, so that pages
// start; events wait in the browsers.

import { Refused } from "./account.js";
import { answer, readBody } from "./http.js";

const BODY_MAX_BYTES = 256 * 1024;
const REQUEST_MAX_MS = 15_000;
const FORWARDED = ["content-type", "content-encoding", "if-none-match", "accept", "origin"];
const RETURNED = ["content-type", "etag", "cache-control", "retry-after", "vary"];

/** The last good answers for `GET /v1/policy`, by query. A host's CDN would do the same. */
const policies = new Map();
const POLICIES_MAX = 20;

/** Passes `/p/v1/…` on. A collector that is away is a 503, which the outbox retries. */
export async function proxy(request, response, config, url) {
  const target = new URL(url.pathname.slice("/p".length) + url.search, config.collector);
  const headers = {};
  for (const name of FORWARDED) {
    if (request.headers[name] !== undefined) headers[name] = request.headers[name];
  }
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  const body = hasBody ? await readBody(request, BODY_MAX_BYTES) : undefined;
  let reply;
  let bytes;
  try {
    reply = await fetch(target, {
      method: request.method,
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_MAX_MS),
    });
    bytes = Buffer.from(await reply.arrayBuffer());
  } catch {
    const kept =
      request.method === "GET" ? policies.get(target.pathname + target.search) : undefined;
    if (kept) return answer(response, 200, kept.headers, kept.bytes);
    return answer(response, 503, { "content-type": "text/plain" }, "the collector is away\n");
  }
  const back = {};
  for (const name of RETURNED) {
    const value = reply.headers.get(name);
    if (value !== null) back[name] = value;
  }
  if (target.pathname === "/v1/policy" && reply.status === 200) {
    policies.set(target.pathname + target.search, { headers: back, bytes });
    if (policies.size > POLICIES_MAX) policies.delete(policies.keys().next().value);
  }
  // fetch refuses a body with these, and so does the browser.
  const empty = reply.status === 204 || reply.status === 304;
  answer(response, reply.status, back, empty ? undefined : bytes);
}

/** The account's `events` or `requests` as the collector stored them. */
export async function accountLog(config, accountId, what, query) {
  const path = `/v1/accounts/${encodeURIComponent(accountId)}/${what}`;
  const target = new URL(path, config.collector);
  for (const [name, value] of query) target.searchParams.set(name, value);
  let reply;
  try {
    reply = await fetch(target, {
      headers: { authorization: `Bearer ${config.secretKey}` },
      signal: AbortSignal.timeout(REQUEST_MAX_MS),
    });
  } catch {
    throw new Refused(503, "collector_away");
  }
  if (!reply.ok) throw new Refused(502, "collector_refused", { status: reply.status });
  return reply.json();
}
