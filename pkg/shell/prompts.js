/**
 * Prompts on their way to the screen and back: the painting module is loaded here, actions are
 * carried out here (amount, purchase, links, the host's own). What a response means for later
 * prompts is the core's.
 */

import { CONVERTED, INTENT, PAINTED, READING, RESPOND } from "./core.js";
import { ACTIONS, promptOf } from "./prompt.js";

const RESPONSES = { later: 6, never: 7, close: 8 };
const PAINTS = ["rendered", "seen", "failed", "faded"];
const FADED = 3;
const FAILED = 2;
/** Where an amount is on the screen, so that one press may buy. */
const CARDS = ["modal", "preview", "inline"];

/** @param tab the instance's own side: `tell`, `text`, `emit`, `report`, `options`, `texts` */
export function makePrompts(tab) {
  const { options, emit, report } = tab;
  /** By exposure: {prompt, acting, quote, running}. */
  const shown = new Map();
  /** What a rebuilt core has not asked for again. */
  const stale = new Set();
  const headless = tab.isHeadless();
  let loading;
  let view;
  let text;
  let is_gone = false;

  const read = () => tab.json(READING);

  function whole(given) {
    const words = tab.texts();
    const features_at = 2 + words.meters.length;
    let account;
    return promptOf(given, words, tab.account(), (feature) => (account ??= read())[features_at + feature], tab.join);
  }

  const loadText = async () => (text ??= await import("../text.js"));

  const loadView = () =>
    (loading ??= Promise.all([import("../view.js"), loadText()])
      .then(([{ createView }]) =>
        createView({
          locale: tab.texts().locale,
          ui: tab.texts().ui,
          theme: options.theme,
          target: options.target,
          wasm: typeof options.wasm == "string" || options.wasm instanceof URL ? options.wasm : undefined,
          on: {
            painted,
            respond,
          },
        }))
      .then((made) => {
        if (is_gone) made.destroy();
        else view = made;
        return view;
      })
      .catch((error) => {
        report("view_missing", "view", `${error?.message ?? error}`);
      }));

  async function show(prompt) {
    if (shown.has(prompt.exposure)) {
      // The core was rebuilt; the screen has it already.
      stale.delete(prompt.exposure);
      update(prompt);
      return painted(prompt.exposure, "rendered");
    }
    const state = { prompt };
    shown.set(prompt.exposure, state);
    await (headless ? loadText() : loadView());
    if (shown.get(prompt.exposure) !== state) return;
    if (!headless && !view) {
      shown.delete(prompt.exposure);
      return tab.tell(PAINTED, prompt.exposure, FAILED);
    }
    view?.show(state.prompt);
    emit("prompt", { prompt: filled(state.prompt) });
    return askQuote(state);
  }

  function update(prompt) {
    const state = shown.get(prompt.exposure);
    if (!state) return;
    state.prompt = prompt;
    view?.update(prompt);
    emit("update", { prompt: filled(prompt) });
  }

  function withdraw(exposure, reason) {
    if (!shown.delete(exposure)) return;
    view?.hide(exposure, reason);
    emit("withdraw", { exposure, reason });
  }

  /** For hosts that draw themselves: every text as words, beside the tokens. */
  function filled(prompt) {
    if (!text) return prompt;
    const say = (tokens) => text.fill(tokens, prompt.values, tab.texts().locale);
    const { title, body = [] } = prompt.texts ?? {};
    return {
      ...prompt,
      title: say(title ?? "") ?? "",
      body: body.map(say).filter(Boolean),
      actions: prompt.actions.map((action) => ({ ...action, text: say(action.label) ?? action.id })),
    };
  }

  function painted(exposure, how) {
    const paint = PAINTS.indexOf(how);
    if (paint < 0 || typeof exposure != "string") return false;
    tab.tell(PAINTED, exposure, paint);
    if (paint >= FAILED && shown.delete(exposure)) emit("withdraw", { exposure, reason: how });
    return true;
  }

  function respond(exposure, response, action) {
    const state = shown.get(exposure);
    const place = response === "act" ? ACTIONS.indexOf(action) : (RESPONSES[response] ?? -1);
    if (place < 0 || typeof exposure != "string") return false;
    if (state && response === "act" && !state.prompt.actions.some(({ id }) => id === action)) return false;
    if (state?.acting && response !== "act") {
      // It was answered by the press; this only clears it away.
      gone(state);
      return true;
    }
    if (state?.running) return true;
    const acts = response === "act" && place < RESPONSES.later - 2;
    if (state && acts) state.acting = true;
    tab.tell(RESPOND, exposure, place);
    emit("response", { exposure, prompt: state?.prompt.prompt, response, action });
    if (state && acts) carryOut(state, action, place).catch(tab.stumble);
    return true;
  }

  function gone({ prompt: { exposure } }) {
    view?.hide(exposure);
    painted(exposure, "faded");
  }

  function intentOf({ prompt }, action, place) {
    const { exposure, subject = {}, plan = {} } = prompt;
    return { id: tab.text(INTENT, exposure, place), action, prompt: prompt.prompt, exposure, plan, ...subject };
  }

  async function askQuote(state) {
    const { prompt } = state;
    if (!options.quote || !CARDS.includes(prompt.surface)) return;
    if (!prompt.actions.some(({ id }) => id === "upgrade")) return;
    const quote = await asked("quote", intentOf(state, "upgrade", 0));
    const usable = Number.isSafeInteger(quote?.amount_minor) && /^[A-Z]{3}$/.test(quote?.currency);
    if (!usable || shown.get(prompt.exposure) !== state) return;
    state.quote = quote;
    view?.quote(prompt.exposure, { ...prompt.values.price, ...quote });
    emit("update", { prompt: filled(prompt), quote });
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

  async function carryOut(state, action, place) {
    state.running = true;
    const { exposure, actions } = state.prompt;
    const intent = intentOf(state, action, place);
    const href = actions.find(({ id }) => id === action)?.href;
    try {
      await loadText();
      if (action === "upgrade" && options.purchase && (state.quote || !href)) await buy(state, intent);
      else if (action === "upgrade" && text.link(href)) leave(state, href);
      else if (options.onAction) await handOver(state, intent);
      else if (text.link(href)) leave(state, href);
      else gone(state);
    } finally {
      state.running = false;
      view?.busy(exposure, false);
    }
  }

  async function buy(state, intent) {
    const { exposure } = state.prompt;
    view?.busy(exposure, true);
    say(exposure, "waiting");
    // The host may sync the new plan before it answers; the purchase is over the plan of the press.
    const [, plan_epoch] = read();
    const result = await asked("purchase", intent);
    if (result === "done") {
      say(exposure, "thanks");
      tab.tell(CONVERTED, "", plan_epoch);
      emit("converted", { intent });
      if (shown.has(exposure)) gone(state);
    } else if (text.link(result?.redirect)) {
      leave(state, result.redirect);
    } else {
      say(exposure, "failed");
    }
  }

  async function handOver(state, intent) {
    const { exposure } = state.prompt;
    view?.busy(exposure, true);
    if ((await asked("onAction", intent)) === "failed") return say(exposure, "failed");
    gone(state);
  }

  function say(exposure, id) {
    const words = text.fill(tab.texts().ui[id], {}, tab.texts().locale);
    if (words) view?.message(exposure, words);
  }

  function leave(state, href) {
    gone(state);
    location.assign(text.link(href));
  }

  return {
    withdraw, painted, respond,
    present: (given) => void show(whole(given)).catch(tab.stumble),
    update: (given) => update(whole(given)),
    prepare: () => (headless ? loadText() : loadView()),
    /** The core is built anew, by `rebuild`; what it does not present again goes. */
    async refresh(rebuild) {
      for (const exposure of shown.keys()) stale.add(exposure);
      await rebuild();
      stale.forEach((exposure) => withdraw(exposure, "superseded"));
      stale.clear();
    },
    withdrawAll: (reason) => [...shown.keys()].forEach((exposure) => withdraw(exposure, reason)),
    translate: () => view?.locale(tab.texts().locale, tab.texts().ui),
    destroy() {
      is_gone = true;
      shown.clear();
      view?.destroy();
      view = undefined;
    },
  };
}
