/**
 * What the core is told, heard on its way in, with what each input led to. It passes everything on unchanged and asks
 * nothing of its own. The panel shows it; what is heard is `pkg/shell/core.js`'s, what comes of it the core's effects.
 */
import {
  ABSORB, ADOPT, ANSWERED, ATTEMPT, BECAUSE, CONTEXT, CONVERTED, COUNT, EFFECT_LIST, EXPLORE, FORCE, HIDDEN, LEAVING, LIMIT_HIT,
  LINE_TEXT, MEMORY_TEXT, ONLINE, PAINTED, RENEW, RESPOND, SIGNAL, SNAPSHOT, SNAPSHOT_NUMBER, SNAPSHOT_TEXT, WAKE,
} from "../shell/core.js";
import { OBJECTIONS } from "../shell/question.js";

/** So many inputs are shown; older ones are counted. */
const INPUTS_MAX = 200;
const SENT_MAX = 20;
const STEPS = ["seen", "tried", "previewed", "built", "requested"];
const PAINTS = ["rendered", "seen", "failed", "faded"];
const RESPONSES = ["upgrade", "talk_to_sales", "ask_admin", "extend_trial", "later", "never", "later", "never", "close"];
const CONTEXT_BITS = ["visible", "busy", "dialog open", "storage", "lease"];
/** What the core says of its queue when something is wrong. */
const FAULTS = ["rejected", "misconfigured", "unauthorized", "dropped"];

/** @param {{texts: () => any, changed: () => void, guarded: (run: () => void) => void, heard: Function}} panel */
export function makeTape({ texts, changed, guarded, heard }) {
  /** Oldest first: {at, name, about, led}. */
  const inputs = [];
  /** What waits for the collector, by its place in the journal, and what has left it, newest first. */
  const waiting = new Map();
  const left = [];
  let count = 0;
  let fault;
  let own;
  /** What a showing is of, by exposure. */
  const shown = new Map();
  /** The calls that told the newest snapshot, and those of one that is being told. */
  let snapshot = [];
  let draft = [];

  const promptOf = (index) => {
    const { prompts, said, meters, features } = texts();
    const [text, meter, feature] = prompts[index] ?? [];
    return { prompt: said[text]?.prompt, subject: meters[meter]?.id ?? features[feature]?.id };
  };
  const meterOf = (index) => texts().meters[index]?.id ?? "?";
  const showing = (exposure) => {
    const { prompt, subject } = shown.get(exposure) ?? { prompt: exposure };
    return [prompt, subject].filter(Boolean).join(" · ");
  };

  /** By kind: its name, and what it is about. What is not here is no input. */
  const INPUTS = {
    [COUNT]: (_, meter, amount) => [amount < 0 ? "release" : "use", `${meterOf(meter)} ${Math.abs(amount)}`],
    [ATTEMPT]: (meter, amount) => ["attempt", `${meter} ${amount}`],
    [LIMIT_HIT]: (meter) => ["limitHit", meter],
    [EXPLORE]: (feature, step) => ["explore", `${feature}, ${STEPS[step]}`],
    [SIGNAL]: (name, times) => ["signal", `${name} ${times}`],
    [PAINTED]: (exposure, how) => ["painted", `${showing(exposure)}, ${PAINTS[how]}`],
    [RESPOND]: (exposure, place) => ["respond", `${showing(exposure)}, ${RESPONSES[place]}`],
    [BECAUSE]: (exposure, place) => ["because", `${showing(exposure)}, ${OBJECTIONS[place]}`],
    [CONVERTED]: (_, epoch) => ["converted", epoch < 0 ? "" : `from epoch ${epoch}`],
    [SNAPSHOT]: () => ["sync", ""],
    [CONTEXT]: (route, bits) => ["context", [route, ...CONTEXT_BITS.filter((_, bit) => (bits >> bit) & 1)].filter(Boolean).join(", ")],
    [FORCE]: (address) => (/[?&]plimsoll-/.test(address) ? ["address", address] : undefined),
    [ABSORB]: () => ["merge", "another tab's memory"],
    [ADOPT]: () => ["adopt", "a dead tab's queue"],
    [RENEW]: (writer) => ["begin", `writer ${writer}`],
    [ANSWERED]: (_, batch, status, detail) => ["answered", `batch ${batch}: ${answerOf(status, detail)}`],
    [ONLINE]: () => ["online", ""],
    [HIDDEN]: () => ["hidden", ""],
    [LEAVING]: () => ["leaving", ""],
    [WAKE]: () => ["wake", ""],
  };

  function answerOf(status, detail) {
    const said = status === 0 ? "no answer" : status === 1 ? (detail ? `${detail} refused` : "accepted") : `status ${status}`;
    if (status !== 1) note(said);
    return said;
  }

  const note = (words) => (fault = { at: Date.now(), words });

  function hear(kind, given = "", numbers) {
    heard(kind, given, numbers);
    if (kind === SNAPSHOT || kind === SNAPSHOT_TEXT || kind === SNAPSHOT_NUMBER) draft.push([kind, given, ...numbers]);
    if (kind === SNAPSHOT) [snapshot, draft] = [draft, []];
    const named = INPUTS[kind]?.(given, ...numbers);
    if (!named) return;
    count += 1;
    inputs.push({ at: Date.now(), name: named[0], about: named[1], led: [] });
    if (inputs.length > INPUTS_MAX) inputs.shift();
    changed();
  }

  /** By the name of an effect: what it means, in words; nothing for what only the shell needs. */
  function wordsOf([name, given, more]) {
    switch (name) {
      case "present":
      case "update": {
        shown.set(given.exposure, promptOf(given.facts[0]));
        return `${name === "present" ? "shows" : "repaints"} ${showing(given.exposure)}`;
      }
      case "withdraw": return `withdraws ${showing(given)}, ${more}`;
      case "ask": return `asks why after ${showing(given)}`;
      case "crossing": return `crossing of ${more}, ${given} %`;
      case "lease": return given ? "wants the lease" : "gives the lease back";
      case "store": return `event ${keep(given, more)}`;
      case "remove": return remove(given);
      case "send": return `sends batch ${given}`;
      case "beacon": return "sends as the page leaves";
      case "sent": return `${given} acknowledged`;
      case "identity": return "asks for a fresh token";
      default: {
        const words = [name, more || given].filter(Boolean).join(": ");
        if (FAULTS.includes(name)) note(words);
        return words;
      }
    }
  }

  function keep(place, value) {
    const { event, timestamp, messageId } = eventOf(value);
    waiting.set(place, { event, timestamp, messageId });
    return event;
  }

  function remove(place) {
    const event = waiting.get(place);
    waiting.delete(place);
    if (!event) return undefined;
    left.unshift(event);
    left.length = Math.min(left.length, SENT_MAX);
    return undefined;
  }

  function lead(words) {
    const last = inputs.at(-1);
    if (words && last && last.led.at(-1) !== words) last.led.push(words);
    changed();
  }

  return {
    /** Stands in for a core; what comes in is heard before it is passed on. */
    tap(core) {
      own = core;
      return {
        ...core,
        ask(kind, given, ...numbers) {
          guarded(() => hear(kind, given, numbers));
          return core.ask(kind, given, ...numbers);
        },
        text(kind, ...given) {
          const said = core.text(kind, ...given);
          guarded(() => {
            if (kind === EFFECT_LIST) for (const effect of JSON.parse(said)) lead(wordsOf(effect));
            if (kind === MEMORY_TEXT) lead("memory stored");
            if (kind === LINE_TEXT) lead("tally stored");
          });
          return said;
        },
      };
    },
    isOn: () => !!own,
    /** Asked past the tape; whoever asks here asks what changes nothing. */
    ask: (...given) => own.ask(...given),
    text: (...given) => own.text(...given),
    memory: () => own.text(MEMORY_TEXT),
    snapshot: () => snapshot,
    /** What a showing is of. */
    showing: (exposure) => shown.get(exposure),
    inputs: () => inputs,
    earlier: () => count - inputs.length,
    waiting: () => [...waiting.values()],
    left: () => left,
    fault: () => fault,
  };
}

/** The event in a place of the journal, which stands between a header and a sum. */
function eventOf(value) {
  try {
    return JSON.parse(value.slice(value.indexOf("{"), value.lastIndexOf("}") + 1));
  } catch {
    return { event: "?", timestamp: "", messageId: "" };
  }
}
