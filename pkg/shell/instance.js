//# allFunctionsCalledOnLoad
/**
 * The public face of an instance: every call checks what it was given, and none of them throws. A
 * wrong argument answers with a neutral value and an `error` event; what is right goes to the session.
 */
import { ATTEMPT, CONVERTED, COUNT, EXPLORE, FEATURE, FITS, LIMIT_HIT, METER, READING, RELEASED, TRACE } from "./core.js";
import { PlimsollError, shown, wrong } from "./error.js";
import { loadPolicy, worded } from "./load.js";
import { CHOICES, readLocale } from "./options.js";
import { makeSession } from "./session.js";
import { readSnapshot } from "./snapshot.js";
import { accountOf, answerOf, traceOf, whole } from "./words.js";

const STEPS = ["seen", "tried", "previewed", "built", "requested"];
const EVENTS = ["prompt", "update", "withdraw", "response", "crossing", "converted", "error", "sent"];
const CONTEXT_TYPES = { route: "string", busy: "boolean", dialog_open: "boolean" };
const ID_LENGTH_MAX = 64;
const ROUTE_LENGTH_MAX = 2048;

const invalid = (path, value, expected) => wrong("argument_invalid", path, value, expected);

export async function makeInstance(options, policy) {
  const session = makeSession(options, policy);
  const { tell, text } = session;
  /** What a meter's name stands for: {index, is_level}. Names of JavaScript are no names here. */
  const meters = new Map();
  let is_over = false;
  let locale_turn = 0;

  const released = (index) => session.core().ask(RELEASED, "", index);

  function meterOf(id) {
    if (!meters.has(id)) {
      const index = indexOf(METER, "meter", id);
      meters.set(id, { index, is_level: released(index) >= 0 });
    }
    return meters.get(id);
  }

  function indexOf(kind, path, id) {
    const short = typeof id == "string" ? id.slice(0, ID_LENGTH_MAX) : undefined;
    const index = short === id && id !== undefined ? session.core().ask(kind, id) : -1;
    if (index >= 0) return index;
    if (short !== undefined) session.noteUnknown(short);
    throw new PlimsollError(`${path}_unknown`, path, `${shown(id)} is not a ${path} of the policy`, "ids are case-sensitive");
  }

  function checkAmount(amount) {
    if (Number.isSafeInteger(amount) && amount >= 1) return;
    throw wrong("amount_invalid", "amount", amount, "an integer from 1 to 2^53 - 1",
      "count in whole units, for example bytes and not gigabytes");
  }

  /** The token of all this writer has counted on the meter. */
  function count({ index, is_level }, amount) {
    const token = `${session.writer()}:${tell(COUNT, "", index, amount)}`;
    return is_level ? `${token}:${released(index)}` : token;
  }

  function fits(meter, amount) {
    const { index } = meterOf(meter);
    checkAmount(amount);
    return answerOf(JSON.parse(text(FITS, "", index, amount)));
  }

  const readAccount = () => accountOf(JSON.parse(text(READING)), session.texts());

  /** What a call answers when it cannot do its work. */
  const NEUTRAL = {
    use: () => "",
    release: () => "",
    attempt: () => ({ verdict: "fits", used: 0 }),
    fits: () => true,
    setLocale: async () => {},
    read: () => ({ meters: {}, features: {} }),
    explain: () => ({ prompts: [], meters: {} }),
    on: () => () => {},
  };

  const calls = {
    use(meter, amount = 1) {
      const found = meterOf(meter);
      checkAmount(amount);
      return count(found, amount);
    },

    release(meter, amount = 1) {
      const found = meterOf(meter);
      checkAmount(amount);
      if (found.is_level) return count(found, -amount);
      throw new PlimsollError("not_a_level", "meter", `${shown(meter)} is a counter, which nothing gives back`, "`release` is for levels");
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
      if (place < 0) throw invalid("step", step, `one of ${STEPS.join(", ")}`);
      indexOf(FEATURE, "feature", feature);
      tell(EXPLORE, feature, place);
    },

    converted(from_epoch) {
      if (from_epoch !== undefined && !(Number.isSafeInteger(from_epoch) && from_epoch >= 0)) {
        throw invalid("from_epoch", from_epoch, "an integer of 0 or more");
      }
      tell(CONVERTED, "", from_epoch ?? -1);
      session.emit("converted");
    },

    sync(given) {
      session.sync(readSnapshot(given)).catch(session.stumble);
    },

    context(given) {
      const changes = {};
      for (const [name, type] of Object.entries(CONTEXT_TYPES)) {
        const value = given[name];
        if (value === undefined) continue;
        if (typeof value != type) throw invalid(name, value, `a ${type}`);
        changes[name] = value.slice?.(0, ROUTE_LENGTH_MAX) ?? value;
      }
      session.setPage(changes);
    },

    consent(state) {
      if (!CHOICES.consent.includes(state)) throw invalid("consent", state, `one of ${CHOICES.consent.join(", ")}`);
      session.setConsent(state);
    },

    async setLocale(tag) {
      try {
        const locale = typeof tag == "string" && readLocale(tag);
        if (!locale) throw invalid("locale", tag, "a BCP 47 tag");
        const mine = (locale_turn += 1);
        const bytes = await worded(() => loadPolicy({ ...options, locale }));
        if (mine !== locale_turn || is_over) return;
        meters.clear();
        await worded(() => session.usePolicy(bytes));
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
      const { plan, plan_epoch, meters } = readAccount();
      const trace = traceOf(JSON.parse(text(TRACE)), session.texts());
      return whole({ ...trace, plan, plan_epoch, meters, ...session.standing() });
    },

    on(name, heard) {
      if (EVENTS.includes(name) && typeof heard == "function") return session.on(name, heard);
      throw invalid("on", name, `one of ${EVENTS.join(", ")}, with a function`);
    },

    painted(exposure, how) {
      if (!session.prompts()?.painted(exposure, how)) throw invalid("painted", how, "rendered, seen, failed or faded, of an exposure");
    },

    respond(exposure, response, action) {
      if (!session.prompts()?.respond(exposure, response, action)) {
        throw invalid("respond", response, "act with an action of the prompt, later, never or close, of an exposure");
      }
    },

    reset: session.reset,

    destroy() {
      is_over = true;
      removeFace();
      session.destroy();
    },
  };

  const instance = {};
  for (const [name, run] of Object.entries(calls)) {
    instance[name] = (...given) => {
      try {
        if (!is_over) return run(...given);
      } catch (error) {
        session.stumble(error);
      }
      return NEUTRAL[name]?.();
    };
  }

  await session.begin();
  const removeFace = showFace({ read: instance.read, on: instance.on, texts: session.texts });
  return Object.freeze(instance);
}

/** How elements find the instance, and it them, without a global. */
function showFace(face) {
  const { document } = globalThis;
  if (!document) return () => {};
  const answer = (event) => {
    try {
      event.detail(face);
    } catch (error) {
      console.error(error);
    }
  };
  document.addEventListener("plimsoll-request", answer);
  document.dispatchEvent(new CustomEvent("plimsoll-ready", { detail: face }));
  return () => document.removeEventListener("plimsoll-request", answer);
}
