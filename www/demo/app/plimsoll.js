// How a host embeds Plimsoll, whole: start, tell it what happened, sync, and answer its actions.
// If it cannot start, Postwharf works on without prompts: its server decides what a plan allows.

import { ask, change, latest, refresh, tellOthers } from "./api.js";

const LOOK_AGAIN_MS = 200;
/** A payment whose plan follows later is asked after so often, and not for ever. */
const PAID_LOOK_AGAIN_MS = 1_000;
const PAID_LOOKS_MAX = 60;

let instance;
let failure;

/** The running instance, or undefined before `start` resolves and where it failed. */
export const plimsoll = () => instance;
/** Why there is none, as the developer should read it. */
export const startFailure = () => failure;

export async function startPlimsoll(truth, { locale, route, hooks }) {
  try {
    const { start } = await import("/pkg/index.js");
    const { define } = await import("/pkg/define.js");
    define();
    instance = await start({
      policy: truth.plimsoll.policy,
      endpoint: truth.plimsoll.endpoint,
      key: truth.plimsoll.key,
      snapshot: truth.snapshot,
      locale,
      route,
      target: document.getElementById("notices"),
      quote: (intent) => quote(intent, hooks),
      purchase: (intent) => purchase(intent, hooks),
      onAction: act,
    });
    instance.on("request", ({ status, action }) => {
      if (status === "sent") asked(action, hooks);
    });
  } catch (error) {
    failure = error;
    console.error(error);
  }
  return instance;
}

/**
 * Something the plan meters: ask, count, then do it on the server with the token.
 *
 * The token travels with the request, so the server's next figure and what this tab counted never
 * add up twice. The server decides; Plimsoll only answers the person.
 */
export async function spend(meter, amount, { path, body }) {
  if (instance?.attempt(meter, amount).verdict === "over_limit") {
    // The account may have changed elsewhere; what is stale heals before the next try.
    await refresh();
    return { ok: false, status: 402 };
  }
  const token = instance?.use(meter, amount);
  const reply = await change("POST", path, { ...body, token });
  if (reply.status === 402) instance?.limitHit(meter);
  return reply;
}

/** A level going down: a seat freed, a file deleted. */
export function giveBack(meter, amount, path) {
  const token = instance?.release(meter, amount);
  return change("DELETE", path, { token });
}

/**
 * Until what was recorded has reached the collector, at most `max_ms`. Only the demo needs it: it
 * moves a server's clock by a month, and events that old are no longer sent.
 */
export async function delivered(max_ms) {
  const until = performance.now() + max_ms;
  while (instance?.explain().outbox?.queued > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function quote(intent, hooks) {
  const reply = await ask("/api/quote", { plan: intent.plan?.to, locale: hooks.locale() });
  return reply.quote ?? null;
}

/**
 * Charged once per intent: the server gives a repeated intent the first one's answer. Plimsoll takes
 * `done` as the conversion, and says that the plan is being set up until a snapshot has it.
 */
async function purchase(intent, hooks) {
  const reply = await pay(intent.id, intent.plan?.to, hooks.locale());
  return reply.ok ? "done" : "failed";
}

/** Postwharf's own checkout page, which has to tell Plimsoll itself what was bought, and from where. */
export async function buy(intentId, plan, locale) {
  const { plan_epoch } = latest().snapshot;
  const reply = await pay(intentId, plan, locale);
  if (reply.ok) instance?.converted(plan_epoch);
  return reply;
}

async function pay(intentId, plan, locale) {
  const reply = await change("POST", "/api/checkout", { intent: intentId, plan, locale });
  if (reply.receipt?.pending) follow(reply.receipt.plan_epoch);
  return reply;
}

/** Asks the server for the truth until it has the plan that was paid for. */
async function follow(plan_epoch) {
  for (let look = 0; look < PAID_LOOKS_MAX; look += 1) {
    if (latest().snapshot.plan_epoch > plan_epoch) return tellOthers();
    await new Promise((resolve) => setTimeout(resolve, PAID_LOOK_AGAIN_MS));
    await refresh();
  }
}

async function act(intent) {
  if (intent.action === "extend_trial") {
    const reply = await change("POST", "/api/trial/extend");
    if (!reply.ok) return "failed";
    return undefined;
  }
  // To ask the admin or sales, Plimsoll's own form takes it from here.
  return "form";
}

/** The collector has it; while sales is talking with the account, the server says so in its snapshots. */
async function asked(action, hooks) {
  if (action === "talk_to_sales") await change("POST", "/api/sales");
  hooks.asked();
}
