/**
 * Prompts on their way to the screen and back: the painting module is loaded here, what is open is kept
 * here, and what people do is told to the core. What a press leads to is in `press.js`, what a response
 * means for later prompts is the core's.
 */

import { PAINTED, READING, RESPOND } from "./core.js";
import { makePresses } from "./press.js";
import { ACTIONS, promptOf } from "./prompt.js";

export { ACTIONS, promptOf };

const RESPONSES = { later: 6, never: 7, close: 8 };
/** From here on an action is a dismissal. */
const DISMISSALS = ACTIONS.indexOf("later");
const PAINTS = ["rendered", "seen", "failed", "faded"];
const FADED = 3;
const FAILED = 2;

/** @param tab the instance's own side: `tell`, `text`, `emit`, `report`, `options`, `texts` */
export function makePrompts(tab) {
  const { options, emit, report } = tab;
  /**
   * By exposure: {prompt, phase, quote, wait …}. A phase is `busy` from a press to its answer, then `failed`,
   * `waiting` for the host's server, or `overdue`.
   */
  const shown = new Map();
  /** What a rebuilt core has not asked for again. */
  const stale = new Set();
  const headless = tab.isHeadless();
  let loading;
  let view;
  let text;
  let is_gone = false;

  const presses = makePresses(tab, { isOpen, paint, remove, note, words: loadText });

  function whole(given) {
    const words = tab.texts();
    const features_at = 2 + words.meters.length;
    let account;
    // A button that nothing would follow is not there.
    const leads = (kind) => ACTIONS[kind] !== "extend_trial" || options.onAction || words.links.extend_trial;
    const possible = { ...given, actions: given.actions.filter(leads) };
    const hasFeature = (feature) => (account ??= tab.json(READING))[features_at + feature];
    return promptOf(possible, words, tab.account(), hasFeature, tab.join);
  }

  async function loadText() {
    return (text ??= await import("../text.js"));
  }

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
            painted: known(painted),
            respond: known(respond),
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

  /** A note is no prompt: what becomes of it is nobody's business. */
  const known = (run) => (exposure, ...given) => shown.has(exposure) && run(exposure, ...given);

  function isOpen(state) {
    return shown.get(state.prompt.exposure) === state;
  }

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
    if (!isOpen(state)) return;
    if (!headless && !view) {
      shown.delete(prompt.exposure);
      return tab.tell(PAINTED, prompt.exposure, FAILED);
    }
    view?.show(state.prompt);
    emit("prompt", { prompt: filled(state.prompt) });
    return presses.price(state);
  }

  function update(prompt) {
    const state = shown.get(prompt.exposure);
    if (!state) return;
    state.prompt = prompt;
    paint(state);
    presses.price(state)?.catch(tab.stumble);
  }

  /** Brings the screen, or the host that draws, in line with a prompt's state; a message is said once. */
  function paint(state, message) {
    if (!isOpen(state)) return;
    const { phase, quote, prompt: { exposure } } = state;
    const prompt = presses.dress(state);
    view?.update(prompt, { busy: phase === "busy", quote, message });
    emit("update", { prompt: filled(prompt), quote, state: phase, message });
  }

  function withdraw(exposure, reason) {
    const state = shown.get(exposure);
    // What was bought takes all prompts away but the one that says so.
    if (!state || (reason === "converted" && (state.wait || state.is_buying))) return;
    clear(state, reason);
  }

  function clear({ prompt: { exposure } }, reason, message) {
    shown.delete(exposure);
    view?.hide(exposure);
    emit("withdraw", { exposure, reason, message });
  }

  /** Takes away what the core holds for answered, and says what came of it. */
  function remove(state, reason, message) {
    if (isOpen(state)) {
      clear(state, reason, message);
      tab.tell(PAINTED, state.prompt.exposure, FADED);
    }
    note(message);
  }

  /** A word about what is not on the screen any more; a toast that the core need not know of. */
  function note(title) {
    if (title) view?.show({ exposure: "note", surface: "toast", tone: "offer", texts: { title } });
  }

  /** For hosts that draw themselves: every text as words, beside the tokens. */
  function filled(prompt) {
    if (!text) return prompt;
    const say = (tokens) => text.fill(tokens, prompt.values, prompt.locale);
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
    if (state && response === "act") {
      if (!state.prompt.actions.some(({ id }) => id === action)) return false;
      if (place < DISMISSALS) return press(state, action, place);
    }
    if (state?.phase) {
      // It was answered by the press; this only clears it away.
      remove(state, "answered", presses.unread(state));
      return true;
    }
    answer(state, exposure, response, place, action);
    return true;
  }

  function answer(state, exposure, response, place, action) {
    tab.tell(RESPOND, exposure, place);
    emit("response", { exposure, prompt: state?.prompt.prompt, response, action });
  }

  function press(state, action, place) {
    // However often and by whatever it is pressed, until it is answered it is one press.
    if (state.phase && state.phase !== "failed") return true;
    state.phase = "busy";
    // Asked again of the newest that any tab knows: an offer that does not stand any more is taken back here.
    tab.meet();
    if (isOpen(state)) {
      answer(state, state.prompt.exposure, "act", place, action);
      paint(state);
    }
    void presses.carryOut(state, action);
    return true;
  }

  return {
    withdraw, painted, respond,
    present: (given) => void show(whole(given)).catch(tab.stumble),
    update: (given) => update(whole(given)),
    prepare: () => (headless ? loadText() : loadView()),
    /** The core is built anew, by `rebuild`; what it does not present again goes, if nothing is under way. */
    async refresh(rebuild) {
      shown.forEach(({ phase }, exposure) => phase || stale.add(exposure));
      await rebuild();
      stale.forEach((exposure) => withdraw(exposure, "superseded"));
      stale.clear();
    },
    withdrawAll(reason) {
      presses.stop();
      shown.forEach((state) => clear(state, reason));
    },
    translate() {
      view?.locale(tab.texts().locale, tab.texts().ui);
      shown.forEach(presses.translate);
    },
    destroy() {
      is_gone = true;
      presses.stop();
      shown.clear();
      view?.destroy();
      view = undefined;
    },
  };
}
