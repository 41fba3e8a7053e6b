/**
 * The public face of an instance: every call checks what it was given, and none of them throws. A
 * wrong argument answers with a neutral value and an `error` event; what is right goes to the session.
 */
import { ATTEMPT, CONVERTED, EXPLORE, FEATURE, LIMIT_HIT, METER, READING, TRACE } from "./core.js";
import { shown } from "./error.js";
import { loadPolicy } from "./load.js";
import { readLocale } from "./options.js";
import { makeSession } from "./session.js";
import { readSnapshot } from "./snapshot.js";
import { accountOf, answerOf, traceOf, whole } from "./words.js";

const STEPS = ["seen", "tried", "previewed", "built", "requested"];
const EVENTS = ["prompt", "update", "withdraw", "response", "crossing", "converted", "error", "sent"];
const ID_LENGTH_MAX = 64;
const ROUTE_LENGTH_MAX = 2048;

export async function makeInstance(options, Core, policy) {
  const session = makeSession(options, Core, policy);
  const { call, tell, report } = session;
  /** What a meter's name stands for: {index, is_level}. Names of JavaScript are no names here. */
  const meters = new Map();
  let is_over = false;
  let locale_turn = 0;

  function meterOf(id) {
    const known = meters.get(id);
    if (known) return known;
    const index = typeof id == "string" && id.length <= ID_LENGTH_MAX ? session.core().index(METER, id) : -1;
    if (index < 0) return unknown("meter", id);
    const found = { index, is_level: session.core().released(index) >= 0 };
    meters.set(id, found);
    return found;
  }

  function unknown(kind, id) {
    if (typeof id == "string") session.noteUnknown(id.slice(0, ID_LENGTH_MAX));
    report(`${kind}_unknown`, kind, `${shown(id)} is not a ${kind} of the policy`, "ids are case-sensitive");
  }

  function isAmount(amount) {
    if (Number.isSafeInteger(amount) && amount >= 1) return true;
    report("amount_invalid", "amount", `the amount is ${shown(amount)}, not an integer from 1 to 2^53 - 1`,
      "count in whole units, for example bytes and not gigabytes");
    return false;
  }

  function fits(meter, amount) {
    const found = meterOf(meter);
    if (!found || !isAmount(amount)) return { verdict: "fits", used: 0 };
    return answerOf(JSON.parse(session.core().fits(found.index, amount, Date.now(), performance.now())));
  }

  function wrong(path, value, expected) {
    report("argument_invalid", path, `${path} is ${shown(value)}, not ${expected}`);
  }

  const calls = {
    use(meter, amount = 1) {
      const found = meterOf(meter);
      if (!found || !isAmount(amount)) return "";
      const { index, is_level } = found;
      const added = call((core, wall, mono) => core.use_(index, amount, wall, mono));
      const token = `${session.writer()}:${added}`;
      return is_level ? `${token}:${session.core().released(index)}` : token;
    },

    release(meter, amount = 1) {
      const found = meterOf(meter);
      if (!found || !isAmount(amount)) return "";
      if (!found.is_level) {
        report("not_a_level", "meter", `${shown(meter)} is a counter, which nothing gives back`, "`release` is for levels");
        return "";
      }
      const added = call((core, wall, mono) => core.use_(found.index, -amount, wall, mono));
      return `${session.writer()}:${added}:${session.core().released(found.index)}`;
    },

    attempt(meter, amount = 1) {
      const answer = fits(meter, amount);
      if (answer.verdict !== "fits") tell(ATTEMPT, meter, amount);
      return answer;
    },

    fits: (meter, amount = 1) => fits(meter, amount).verdict !== "over_limit",

    limitHit(meter) {
      if (meterOf(meter)) tell(LIMIT_HIT, meter);
    },

    explore(feature, step = "tried") {
      const place = STEPS.indexOf(step);
      if (place < 0) return wrong("step", step, `one of ${STEPS.join(", ")}`);
      const is_known = typeof feature == "string" && feature.length <= ID_LENGTH_MAX && session.core().index(FEATURE, feature) >= 0;
      if (!is_known) return unknown("feature", feature);
      tell(EXPLORE, feature, place);
    },

    converted(from_epoch) {
      if (from_epoch !== undefined && !(Number.isSafeInteger(from_epoch) && from_epoch >= 0)) {
        return wrong("from_epoch", from_epoch, "an integer of 0 or more");
      }
      tell(CONVERTED, "", from_epoch ?? -1);
      session.emit("converted");
    },

    sync(given) {
      const { snapshot, error } = readSnapshot(given);
      if (error) return report(error.code, error.path, error.message, error.help);
      session.sync(snapshot).catch((failed) => stumbled(failed));
    },

    context(given) {
      const changes = {};
      for (const [name, type] of [["route", "string"], ["busy", "boolean"], ["dialog_open", "boolean"]]) {
        const value = given[name];
        if (value === undefined) continue;
        if (typeof value != type) return wrong(name, value, `a ${type}`);
        changes[name] = type === "string" ? value.slice(0, ROUTE_LENGTH_MAX) : value;
      }
      session.setPage(changes);
    },

    consent(state) {
      if (!["granted", "pending", "denied"].includes(state)) return wrong("consent", state, "granted, pending or denied");
      session.setConsent(state);
    },

    async setLocale(tag) {
      const locale = typeof tag == "string" && readLocale(tag);
      if (!locale) return wrong("locale", tag, "a BCP 47 tag");
      const mine = (locale_turn += 1);
      try {
        const bytes = await loadPolicy({ ...options, locale });
        if (mine !== locale_turn || is_over) return;
        meters.clear();
        await session.usePolicy(bytes);
      } catch (error) {
        report(error.code ?? "internal", error.path ?? "", error.message, error.help);
      }
    },

    read() {
      const words = session.texts();
      const account = accountOf(JSON.parse(session.text(READING)), words);
      for (const { id, name } of words.meters) account.meters[id].meter = name;
      return account;
    },

    explain() {
      const words = session.texts();
      const { plan, plan_epoch, meters } = accountOf(JSON.parse(session.text(READING)), words);
      const trace = traceOf(JSON.parse(session.text(TRACE)), words);
      return whole({ ...trace, plan, plan_epoch, meters, ...session.standing() });
    },

    on(name, heard) {
      if (EVENTS.includes(name) && typeof heard == "function") return session.on(name, heard);
      wrong("on", name, `one of ${EVENTS.join(", ")}, with a function`);
      return () => {};
    },

    painted(exposure, how) {
      if (!session.prompts()?.painted(exposure, how)) wrong("painted", how, "rendered, seen, failed or faded, of an exposure");
    },

    respond(exposure, response, action) {
      if (!session.prompts()?.respond(exposure, response, action)) {
        wrong("respond", response, "act with an action of the prompt, later, never or close, of an exposure");
      }
    },

    reset() {
      session.reset();
    },

    destroy() {
      is_over = true;
      removeFace();
      session.destroy();
    },
  };

  /** What a call answers when it cannot do its work. */
  const NEUTRAL = {
    use: () => "",
    release: () => "",
    attempt: () => ({ verdict: "fits", used: 0 }),
    fits: () => true,
    setLocale: () => Promise.resolve(),
    read: () => ({ meters: {}, features: {} }),
    explain: () => ({ prompts: [], meters: {} }),
    on: () => () => {},
  };

  function stumbled(error) {
    report("internal", "", `something went wrong inside: ${error?.message ?? "unknown"}`, "please report it");
  }

  const instance = {};
  for (const [name, run] of Object.entries(calls)) {
    instance[name] = (...given) => {
      if (is_over) return NEUTRAL[name]?.();
      try {
        return run(...given);
      } catch (error) {
        try {
          stumbled(error);
        } catch {
          // An error whose message throws: there is nothing left to say.
        }
        return NEUTRAL[name]?.();
      }
    };
  }

  await session.begin();
  const removeFace = showFace({
    read: instance.read,
    on: instance.on,
    texts: () => session.texts(),
  });
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
