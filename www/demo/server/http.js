// The few things every answer of the demo shares: security headers, JSON in and out, bounded bodies.
// It knows no route. The Content-Security-Policy is the strictest one Plimsoll promises to work under.

import { Refused } from "./account.js";

export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "img-src 'self'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const SECURITY_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

export function answer(response, status, headers = {}, body = undefined) {
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers });
  response.end(body);
}

export function answerJson(response, status, value, headers = {}) {
  answer(
    response,
    status,
    { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
    JSON.stringify(value),
  );
}

/** The whole body, or `Refused` 413 as soon as it is longer than `maxBytes`. */
export async function readBody(request, maxBytes) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Refused(413, "body_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A JSON object from a page of this origin; anything else is refused before it is looked at. */
export async function readJson(request, maxBytes) {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") throw new Refused(403, "other_origin");
  if (!request.headers["content-type"]?.startsWith("application/json")) {
    throw new Refused(415, "json_expected");
  }
  let value;
  try {
    value = JSON.parse((await readBody(request, maxBytes)).toString("utf8"));
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(400, "bad_json");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Refused(400, "object_expected");
  }
  return value;
}
