//# allFunctionsCalledOnLoad
/**
 * The public face of an instance: every call checks what it was given, and none of them throws. A
 * wrong argument answers with a neutral value and an `error` event; what is right goes to the session.
 */
import { ATTEMPT, CONVERTED, COUNT, EXPLORE, FEATURE, FITS, LIMIT_HIT, METER, READING, RELEASED, SIGNAL, SIGNAL_INDEX, TRACE } from "./core.js";
import { PlimsollError, wrong } from "./error.js";
import { NAME_LENGTH_MAX, ROUTE_LENGTH_MAX } from "./limits.js";
import { loadPolicy } from "./load.js";
import { NEUTRAL } from "./neutral.js";
import { OPTIONS, readLocale } from "./options.js";
import { makeSession } from "./session.js";
import { readSnapshot } from "./snapshot.js";
import { accountOf, answerOf, traceOf, whole } from "./words.js";

const STEPS = ["seen", "tried", "previewed", "built", "requested"];
const EVENTS = ["prompt", "update", "withdraw", "response", "question", "crossing", "converted", "error", "sent", "request"];
const CONTEXT_TYPES = { route: "string", busy: "boolean", dialog_open: "boolean" };

export async function makeInstance(options, policy, session = makeSession(options, policy)) {
  const { tell, json } = session;
  /** What a meter's name stands for: {index, is_level}. Names of JavaScript are no names here. */
  const meters = new Map();
  /** What was told of already. */
  const told = new Set();
  let is_over = false;
  let locale_turn = 0;

  const released = (index) => session.ask(RELEASED, "", index);

  function checkAmount(path, amount) {
    if (!Number.isSafeInteger(amount) || amount < 1) throw wrong("amount_invalid", path, amount, "amount");
  }

  /** @returns `{index, is_level}` of a meter */
  function meterOf(id, amount = 1) {
    if (!meters.has(id)) {
      const index = indexOf(METER, "meter", id);
      meters.set(id, { index, is_level: released(index) >= 0 });
    }
    checkAmount("amount", amount);
    return meters.get(id);
  }

  function indexOf(kind, path, id) {
    if (typeof id == "string") {
      const index = id.length > NAME_LENGTH_MAX ? -1 : session.ask(kind, id);
      if (index >= 0) return index;
      session.noteUnknown(id.slice(0, NAME_LENGTH_MAX));
    }
    throw wrong(`${path}_unknown`, path, id);
  }

  /** The token of all this writer has counted on the meter. */
  function count({ index, is_level }, amount) {
    const token = `${session.writer()}:${tell(COUNT, "", index, amount)}`;
    return is_level ? `${token}:${released(index)}` : token;
  }

  function fits(meter, amount) {
    const { index } = meterOf(meter, amount);
    return answerOf(json(FITS, "", index, amount));
  }

  /** What the host gives and nobody reads is told once: a newer server may send more, a typing mistake sends nothing. */
  function noteStrays(code, { strays }) {
    for (const [path, known] of strays) {
      if (!told.has(path)) session.report(code, path, "", known);
      told.add(path);
    }
  }

  const readAccount = () => accountOf(json(READING), session.texts());

  const calls = {
    use(meter, amount = 1) {
      return count(meterOf(meter, amount), amount);
    },

    release(meter, amount = 1) {
      const found = meterOf(meter, amount);
      if (found.is_level) return count(found, -amount);
      throw wrong("not_a_level", "meter", meter);
    },

    attempt(meter, amount = 1) {
      const answer = fits(meter, amount);
      if (answer.verdict !== "fits") tell(ATTEMPT, meter, amount);
      return answer;
    },

    fits: (meter, amount = 1) => fits(meter, amount).verdict !== "over_limit",

    limitHit(meter) {
      meterOf(meter);
      tell(LIMIT_HIT, meter);
    },

    explore(feature, step = "tried") {
      const place = STEPS.indexOf(step);
      if (place < 0) throw wrong("argument_invalid", "step", step, `${STEPS}`);
      indexOf(FEATURE, "feature", feature);
      tell(EXPLORE, feature, place);
    },

    signal(name, count = 1) {
      indexOf(SIGNAL_INDEX, "signal", name);
      checkAmount("count", count);
      tell(SIGNAL, name, count);
    },

    converted(from_epoch) {
      if (!Number.isSafeInteger(from_epoch ?? 0) || from_epoch < 0) throw wrong("argument_invalid", "from_epoch", from_epoch, "count");
      tell(CONVERTED, "", from_epoch ?? -1);
      session.emit("converted");
    },

    sync(given) {
      const snapshot = readSnapshot(given);
      noteStrays("snapshot_unknown", snapshot);
      session.sync(snapshot).catch(session.stumble);
    },

    context(given) {
      const changes = {};
      for (const [name, value] of Object.entries(given ?? {})) {
        const type = CONTEXT_TYPES[name];
        if (!type) throw new PlimsollError("argument_invalid", name, "", "context");
        if (value === undefined) continue;
        if (typeof value != type) throw wrong("argument_invalid", name, value, type);
        changes[name] = value.slice?.(0, ROUTE_LENGTH_MAX) ?? value;
      }
      session.setPage(changes);
    },

    consent(state) {
      if (!OPTIONS.consent.includes(state)) throw wrong("argument_invalid", "consent", state, `${OPTIONS.consent}`);
      session.setConsent(state);
    },

    async setLocale(tag) {
      try {
        const locale = typeof tag == "string" && readLocale(tag);
        if (!locale) throw wrong("argument_invalid", "locale", tag);
        const mine = (locale_turn += 1);
        const bytes = await loadPolicy({ ...options, locale });
        if (mine !== locale_turn || is_over) return;
        meters.clear();
        await session.usePolicy(bytes);
      } catch (error) {
        session.stumble(error);
      }
    },

    read() {
      const account = readAccount();
      for (const { id, name } of session.texts().meters) account.meters[id].meter = name;
      return account;
    },

    explain() {
      const { plan, plan_epoch, meters, arms } = readAccount();
      const trace = traceOf(json(TRACE), session.texts());
      return whole({ ...trace, plan, plan_epoch, meters, arms, ...session.standing() });
    },

    on(name, heard) {
      if (!EVENTS.includes(name)) throw wrong("argument_invalid", "on", name, `${EVENTS}`);
      if (typeof heard != "function") throw wrong("argument_invalid", "heard", heard, "function");
      return session.on(name, heard);
    },

    painted(exposure, how) {
      if (!session.prompts()?.painted(exposure, how)) throw wrong("argument_invalid", "exposure", exposure);
    },

    respond(exposure, response, action, given) {
      if (!session.prompts()?.respond(exposure, response, action, given)) throw wrong("argument_invalid", "exposure", exposure);
    },

    reset: session.reset,

    destroy() {
      is_over = true;
      session.destroy();
    },
  };

  /** The same calls, made safe. */
  const guard = ([name, run]) => [name, (...given) => {
    try {
      if (!is_over) return run(...given);
    } catch (error) {
      session.stumble(error);
    }
    return NEUTRAL[name]?.();
  }];
  const instance = Object.fromEntries(Object.entries(calls).map(guard));

  const { read, on, explore } = instance;
  // Whoever asks on the document gets what elements need, and no more.
  await session.begin({ read, on, explore, texts: session.texts });
  noteStrays("option_unknown", options);
  if (options.snapshot) noteStrays("snapshot_unknown", options.snapshot);
  return Object.freeze(instance);
}
