// One account per visitor, found by a cookie and kept in memory: restarting the demo starts afresh.

import { randomBytes } from "node:crypto";
import { openAccount } from "./account.js";

/** The oldest visitor makes room; a demo that nobody cleans up must not grow without end. */
const SESSIONS_MAX = 500;
const COOKIE = "postwharf";

const accounts = new Map();

/** The visitor's session and, for a new visitor, the cookie to set. */
export function sessionOf(request) {
  const known = cookieOf(request);
  const id = known && accounts.has(known) ? known : randomBytes(12).toString("hex");
  const session = {
    get account() {
      return accounts.get(id);
    },
    reset() {
      remember(id);
    },
    cookie: undefined,
  };
  if (id !== known) {
    remember(id);
    session.cookie = `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax`;
  }
  return session;
}

function remember(id) {
  accounts.delete(id);
  accounts.set(id, openAccount({ ids: { account: hex(), user: hex() }, nowMs: Date.now() }));
  if (accounts.size > SESSIONS_MAX) accounts.delete(accounts.keys().next().value);
}

function cookieOf(request) {
  const match = /(?:^|;\s*)postwharf=([0-9a-f]{24})(?:;|$)/.exec(request.headers.cookie ?? "");
  return match?.[1];
}

const hex = () => randomBytes(5).toString("hex");
