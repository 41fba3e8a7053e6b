/**
 * What follows a press: the amount due now, the purchase or the host's own answer, and the wait until the
 * host's server has what was bought. It paints nothing and keeps no list of prompts; `prompts.js` does, and
 * says by the calls given here what is open. What a response means for later prompts is the core's.
 */
import { CONVERTED, INTENT, READING, SNAPSHOT_NUMBER } from "./core.js";
import { ACTIONS, REQUESTS } from "./prompt.js";

/** A host that has not said an amount by then has none. */
const QUOTE_MAX_MS = 8_000;
/** An amount that was asked for longer ago is asked for again before it is charged. */
const QUOTE_FRESH_MS = 10 * 60 * 1000;
/** A wait that takes longer is called long. */
const OVERDUE_MS = 60_000;
/** A failure that stood no longer than this when the prompt was closed may not have been read. */
const READ_MS = 2_000;
/** Longer than another tab takes to hear of a press. */
const CLAIM_MS = 10_000;
/** Between the ids of presses on one action: 2^64 over the golden ratio, so that none comes twice. */
const PRESS_STEP = 0x9e3779b97f4a7c15n;
/** Where an amount is on the screen from the start, so that one press may buy. */
const CARDS = ["modal", "preview", "inline"];
/** Of a snapshot's numbers the one that says when the trial ends. */
const TRIAL_ENDS = 5;
/** Another tab carries out the same intent. */
const ELSEWHERE = "elsewhere";

/**
 * @param tab the instance's own side
 * @param stage what is open: `isOpen(state)`, `paint(state, message?)`, `remove(state, reason, message?)`,
 *   `note(words)` for what is off the screen, `answered(state, action)` tells the core of a request that has
 *   reached someone, `request(state, intent, note?)` opens the form or sends what is given and says whether it
 *   could, `words()` until `text.js` is there
 */
export function makePresses(tab, stage) {
  const { options, report } = tab;
  /** By what each wait of this page ends. @type {Set<() => void>} */
  const waits = new Set();
  let text;

  const load = async () => (text ??= await stage.words());
  const plan_epoch = () => tab.json(READING)[1];
  const trialEnds = () =>
    tab.snapshot()?.calls.find(([kind, , number]) => kind === SNAPSHOT_NUMBER && number === TRIAL_ENDS)?.[3] ?? 0;
  /** A text of the surfaces in the language of what is open. */
  const said = ({ prompt: { locale, ui = tab.texts().ui } }, id, values = {}) => text?.fill(ui[id] ?? [], values, locale) || undefined;
  const hrefOf = ({ prompt }, action) => text.link(prompt.actions.find(({ id }) => id === action)?.href);

  /** The prompt as it is to be drawn now. */
  function dress(state) {
    const { prompt, wait, quote, is_unquoted } = state;
    if (wait) {
      return {
        ...prompt, tone: "offer", waiting: true, actions: [], values: {}, image: undefined, also: undefined,
        texts: { title: said(state, wait.title) ?? said(state, "thanks") ?? "", body: [] },
      };
    }
    if (!options.purchase || !text) return prompt;
    const { next_plan } = prompt.values;
    const label = quote ? said(state, "pay", { price: quote, next_plan }) : is_unquoted && said(state, "to_checkout");
    // What charges leads nowhere, and what leads to the checkout charges nothing.
    const dressed = (action) => ({ ...action, label: label || action.label, href: quote ? undefined : action.href });
    const actions = prompt.actions.map((action) => (action.id === "upgrade" ? dressed(action) : action));
    return { ...prompt, actions };
  }

  function say(state, phase, words) {
    state.phase = phase;
    stage.paint(state, words);
  }

  // ── the amount due now ─────────────────────────────────────────────────────────────────────────

  /** Asks for the amount where it can be read before it is paid. */
  function price(state) {
    const { prompt, phase, quoted } = state;
    if (!options.quote || phase || quoted === prompt.plan.to || !CARDS.includes(prompt.surface)) return;
    if (prompt.actions.some(({ id }) => id === "upgrade")) return askQuote(state);
  }

  async function askQuote(state) {
    await load();
    const { to } = state.prompt.plan;
    if (state.quoted !== to) state.quote = undefined;
    const mine = (state.asking = {});
    state.quoted = to;
    const quote = readQuote(await inTime(asked("quote", intentOf(state, "upgrade"))));
    if (state.asking !== mine || state.wait) return;
    state.quote = quote;
    state.quoted_ms = performance.now();
    state.is_unquoted = !quote && !!hrefOf(state, "upgrade");
    stage.paint(state);
  }

  /** What the host answers, or nothing when it takes too long. */
  async function inTime(answer) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => {
        report("host_failed", "quote", `no answer within ${QUOTE_MAX_MS / 1000} s`);
        resolve(undefined);
      }, QUOTE_MAX_MS);
      timer.unref?.();
    });
    const first = await Promise.race([answer, late]);
    clearTimeout(timer);
    return first;
  }

  /** An amount that can be shown and charged; nothing for any other answer, of which the host hears. */
  function readQuote(given) {
    if (given === undefined || given === null || given === "failed") return undefined;
    try {
      const { amount_minor, currency, line } = given;
      const refuse = (path, value, expected) => void tab.stumble(tab.wrong("quote_invalid", `quote.${path}`, value, expected));
      if (!Number.isSafeInteger(amount_minor) || amount_minor < 0) return refuse("amount_minor", amount_minor, "count");
      if (!isCurrency(currency)) return refuse("currency", currency, "currency");
      return { amount_minor, currency, ...(typeof line == "string" && { line }) };
    } catch (error) {
      return void report("host_failed", "quote", `${error?.message}`);
    }
  }

  /** Whether a press may charge now: nobody pays an amount that was not on the screen before. */
  async function mayCharge(state, href) {
    if (!options.quote) return !href;
    const before = state.quoted === state.prompt.plan.to ? state.quote : undefined;
    if (!before && href) return false;
    if (before && performance.now() - state.quoted_ms < QUOTE_FRESH_MS) return true;
    await askQuote(state);
    const { quote } = state;
    return !!before && before.amount_minor === quote?.amount_minor && before.currency === quote.currency;
  }

  // ── presses ────────────────────────────────────────────────────────────────────────────────────

  /** One id for each press, the same from its quote to its purchase; the next press has the next one. */
  function intentOf({ prompt, presses = 0 }, action) {
    const { exposure, subject = {}, plan = {} } = prompt;
    const first = BigInt(`0x${tab.text(INTENT, exposure, ACTIONS.indexOf(action))}`);
    const id = BigInt.asUintN(64, first + BigInt(presses) * PRESS_STEP).toString(16).padStart(16, "0");
    return { id, action, prompt: prompt.prompt, exposure, plan, plan_epoch: plan_epoch(), ...subject };
  }

  /** What the host's function answers; "failed" when it throws, which the host hears as an event. */
  async function asked(name, intent) {
    try {
      return await options[name](intent);
    } catch (error) {
      report("host_failed", name, `${error?.message ?? error}`);
      return "failed";
    }
  }

  /**
   * Runs it unless another tab does. The claim outlives the answer until every tab has heard of the press;
   * where there are no locks, the host's server knows an intent again by its id.
   */
  function alone(id, run) {
    const locks = globalThis.navigator?.locks;
    if (!locks) return run();
    return new Promise((resolve) => {
      let running;
      const hold = async (lock) => {
        resolve((running = lock ? run() : ELSEWHERE));
        await running;
        if (lock) await new Promise((done) => setTimeout(done, CLAIM_MS));
      };
      locks.request(`plimsoll:intent:${id}`, { ifAvailable: true }, hold).catch(() => running ?? resolve(run()));
    });
  }

  /** A press that the core has taken in. `phase` keeps all others away until it is answered. */
  async function carryOut(state, action, note) {
    try {
      await load();
      await follow(state, action, note);
    } catch (error) {
      tab.stumble(error);
      fail(state);
    }
  }

  async function follow(state, action, note) {
    // What this tab or another has heard meanwhile may have taken the prompt away.
    if (!stage.isOpen(state) && note === undefined) return stage.note(said(state, "outdated"));
    const href = hrefOf(state, action);
    if (REQUESTS.includes(action)) return request(state, action, note, href);
    if (action === "upgrade" && options.purchase) {
      if (await mayCharge(state, href)) return buy(state);
      // An amount that is new has to be read before it is paid.
      if (state.quote) return say(state, undefined, said(state, "pay", { price: state.quote }));
      if (!href) return fail(state);
    }
    if (href && (action === "upgrade" || !options.onAction)) return leave(state, href);
    if (options.onAction) return handOver(state, action);
    stage.remove(state, "answered");
  }

  /** The host answers a request, or the policy's address, or the form; a note that is there is sent. */
  async function request(state, action, note, href) {
    // However often it is tried, it is the same request.
    const intent = intentOf({ prompt: state.prompt }, action);
    if (note === undefined && options.onAction) {
      say(state, "busy", said(state, "waiting"));
      const result = await asked("onAction", intent);
      if (result === "failed") return fail(state);
      if (result !== "form") {
        stage.answered(state, action);
        return stage.remove(state, "answered");
      }
    } else if (note === undefined && href) {
      stage.answered(state, action);
      return leave(state, href);
    }
    if (!(await stage.request(state, intent, note))) fail(state);
  }

  async function buy(state) {
    const intent = intentOf(state, "upgrade");
    state.is_buying = true;
    say(state, "busy", said(state, "waiting"));
    const result = await alone(intent.id, () => asked("purchase", { ...intent, quote: state.quote }));
    state.is_buying = false;
    if (result === "done") {
      // The host may have told of the new plan before it answered; the purchase is over the plan of the press.
      wait(state, { title: "setting_up", under: "thanks", after: "plan_ready", reason: "plan_changed" },
        () => plan_epoch() > intent.plan_epoch);
      tab.tell(CONVERTED, "", intent.plan_epoch);
      tab.emit("converted", { intent });
    } else if (result === ELSEWHERE) {
      stage.remove(state, "answered", said(state, "outdated"));
    } else if (text.link(result?.redirect)) {
      leave(state, result.redirect);
    } else if (result === "failed") {
      fail(state);
    } else if (result?.redirect) {
      report("purchase_invalid", "purchase.redirect");
      fail(state);
    } else {
      // It may have charged: to be asked to try again would be to pay twice.
      report("purchase_invalid", "purchase", result === undefined ? "nothing" : `a value of the type ${typeof result}`);
      stage.remove(state, "answered");
    }
  }

  async function handOver(state, action) {
    const before = trialEnds();
    say(state, "busy", said(state, "waiting"));
    const result = await asked("onAction", intentOf(state, action));
    if (result === "failed") return fail(state);
    if (action !== "extend_trial") return stage.remove(state, "answered");
    wait(state, { title: "extending", under: "status_sent", after: "trial_extended", reason: "answered" },
      () => trialEnds() > before);
  }

  /** It stays where it is, and the next press is another one. */
  function fail(state) {
    state.presses = (state.presses ?? 0) + 1;
    // The amount is asked for anew, for the next press and its own id.
    state.quoted_ms = -QUOTE_FRESH_MS;
    const words = said(state, "failed");
    state.failed_ms = performance.now();
    if (!stage.isOpen(state)) stage.note(words);
    say(state, "failed", words);
  }

  function leave(state, href) {
    stage.remove(state, "answered");
    location.assign(text.link(href));
  }

  // ── until the host's server has it ─────────────────────────────────────────────────────────────

  /** The prompt stays and says so until `isThere`; closed meanwhile, what came of it is said all the same. */
  function wait(state, words, isThere) {
    const look = () => {
      if (!waits.has(stop) || !isThere()) return;
      stop();
      stage.remove(state, words.reason, said(state, words.after));
    };
    // A listener of the host's may sync: what follows from it has happened once this is over.
    const off = tab.on("update", () => queueMicrotask(() => tab.guarded(look)));
    /** @type {any} */
    const timer = setTimeout(() => tab.guarded(() => say(state, "overdue", said(state, "overdue"))), OVERDUE_MS);
    timer.unref?.();
    const stop = () => {
      off();
      clearTimeout(timer);
      waits.delete(stop);
    };
    waits.add(stop);
    if (isThere()) return look();
    state.wait = words;
    say(state, "waiting", said(state, words.under));
  }

  return {
    dress, price, carryOut,
    /** What has to be said again of a prompt that is closed now. */
    unread: (state) =>
      state.phase === "failed" && performance.now() - state.failed_ms < READ_MS ? said(state, "failed") : undefined,
    /** What came of a request whose form is closed. */
    ended: (state, is_sent) => (is_sent ? stage.remove(state, "answered", said(state, "status_sent")) : fail(state)),
    /** In the words of another locale. */
    translate(state) {
      const { phase, wait } = state;
      if (wait) stage.paint(state, said(state, phase === "overdue" ? phase : wait.under));
    },
    /** Nobody waits any more. */
    stop: () => waits.forEach((stop) => stop()),
  };
}

/** A code of ISO 4217, as far as the browser knows them. */
function isCurrency(code) {
  if (typeof code != "string" || !/^[A-Z]{3}$/.test(code)) return false;
  return Intl.supportedValuesOf?.("currency").includes(code) ?? true;
}
