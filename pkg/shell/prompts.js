/**
 * Prompts on their way to the screen and back: the painting module is loaded here, what is open is kept
 * here, and what people do is told to the core. What a press leads to is in `press.js`, what a response
 * means for later prompts is the core's.
 */

import { BECAUSE, PAINTED, READING, RESPOND } from "./core.js";
import { makePresses } from "./press.js";
import { ACTIONS, REQUESTS, promptOf } from "./prompt.js";
import { OBJECTIONS, questionOf } from "./question.js";

export { ACTIONS, promptOf };

const RESPONSES = { __proto__: null, later: 6, never: 7, close: 8 };
/** From here on an action is a dismissal. */
const DISMISSALS = ACTIONS.indexOf("later");
const PAINTS = ["rendered", "seen", "failed", "faded"];
const FADED = 3;
const FAILED = 2;
/** So many withdrawn prompts a host that draws may still send a note for. */
const LEFT_MAX = 8;
/** So many exposures are remembered, for a host that answers late or twice. */
const PAST_MAX = 500;

/** @param tab the instance's own side: `tell`, `text`, `emit`, `report`, `wrong`, `options`, `texts` */
export function makePrompts(tab) {
  const { options, emit, report, wrong } = tab;
  /**
   * By exposure: {prompt, phase, quote, wait …}. A phase is `busy` from a press to its answer, then `failed`,
   * `waiting` for the host's server, or `overdue`.
   */
  const shown = new Map();
  /** Withdrawn while a host that draws may have had someone write a note. */
  const left = new Map();
  /** Every exposure of this page life, and whether it was answered. */
  const past = new Map();
  /** What a rebuilt core has not asked for again. */
  const stale = new Set();
  const headless = tab.isHeadless();
  let loading;
  let view;
  let text;
  let asking;
  let requests;
  let is_gone = false;
  let is_missed = false;
  /** What was answered last, should the core ask why: {prompt, said}. */
  let put_off;
  /** The exposure that the core asks about. */
  let to_ask;

  const presses = makePresses(tab, { isOpen, paint, remove, note, answered, request, words: loadText });

  function whole(given) {
    const words = tab.texts();
    const features_at = 2 + words.meters.length;
    let account;
    const hasFeature = (feature) => (account ??= tab.json(READING))[features_at + feature];
    return promptOf({ ...given, actions: given.actions.filter((kind) => leads(kind, given)) }, words, tab.account(), hasFeature, tab.join);
  }

  /** A button that nothing would follow is not there: the host follows, the policy's address, or a form that can be sent. */
  function leads(kind, { owner }) {
    const id = ACTIONS[kind];
    if (options.onAction || tab.texts().links[id]) return true;
    if (id === "upgrade") return !!options.purchase || headless || void missed();
    if (!REQUESTS.includes(id) && id !== "extend_trial") return true;
    return id !== "extend_trial" && tab.standing().sending && (id !== "ask_admin" || !!owner);
  }

  /** Said once: figures change often. */
  function missed() {
    if (!is_missed) report("upgrade_missing", "purchase");
    is_missed = true;
  }

  async function loadText() {
    return (text ??= await import("../text.js"));
  }

  const loadRequests = () =>
    (asking ??= import("./requests.js").then(({ makeRequests }) => {
      const gone = (state) => remove(state, "answered");
      return (requests = makeRequests(tab, { view: () => view, answered, gone, ended: presses.ended }));
    }).catch((error) => {
      asking = undefined;
      report("requests_missing", "", `requests cannot be sent: ${error?.message ?? error}`, "serve `shell/requests.js` beside `index.js`");
    }));

  const loadView = () =>
    (loading ??= Promise.all([import("../view.js"), loadText()])
      .then(([{ createView }]) =>
        createView({
          locale: tab.texts().locale,
          ui: tab.texts().ui,
          theme: options.theme,
          target: targetOf(),
          wasm: typeof options.wasm == "string" || options.wasm instanceof URL ? options.wasm : undefined,
          on: {
            painted: known(painted),
            respond: known(respond),
            form: (...heard) => requests?.heard(...heard),
          },
        }))
      .then((made) => {
        if (is_gone) made.destroy();
        else view = made;
        return view;
      })
      .catch((error) => {
        loading = undefined;
        tab.unpainted(error);
      }));

  const asks = ({ actions }) => actions.some(({ id }) => REQUESTS.includes(id));

  /** A place for prompts is an element or the lower edge; anything else is told, and left alone. */
  function targetOf() {
    const { target } = options;
    if (target === undefined || target === "bottom" || target?.nodeType === 1) return target;
    tab.stumble(wrong("option_invalid", "target", target, "target"));
    return undefined;
  }

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
      // What is on its way, or waits for its slot, nobody has seen.
      return shown.get(prompt.exposure).is_drawn && !view?.unplaced().includes(prompt.exposure) && painted(prompt.exposure, "rendered");
    }
    const state = { prompt };
    // A dialog is worth more than an answer to the question.
    if (prompt.lane === "interrupt") shown.forEach((other) => other.prompt.question && clear(other, "superseded"));
    shown.set(prompt.exposure, state);
    remember(prompt.exposure, false);
    await (headless ? loadText() : loadView());
    // The click that was decided in ends before a dialog is painted, which takes as long again: neither is a long task.
    if (!headless && prompt.lane === "interrupt") await new Promise((done) => setTimeout(done));
    // Offline is when people find that it is not there yet.
    if (asks(prompt)) loadRequests();
    if (prompt.lane === "interrupt") await requests?.closed();
    if (!isOpen(state)) return;
    if (!headless && !view) {
      shown.delete(prompt.exposure);
      return tab.tell(PAINTED, prompt.exposure, FAILED);
    }
    state.is_drawn = true;
    view?.show(state.prompt);
    emit("prompt", { prompt: filled(state.prompt) });
    return presses.price(state);
  }

  function update(prompt) {
    const state = shown.get(prompt.exposure);
    if (!state) return;
    state.prompt = prompt;
    // On its way to the screen: it is drawn as it is then.
    if (!state.is_drawn) return;
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

  /** Asks why, where the prompt was; the response to that has been taken, whatever becomes of the question. */
  function ask() {
    const exposure = to_ask;
    to_ask = undefined;
    if (!put_off || put_off.prompt.exposure !== exposure) return;
    const prompt = questionOf(put_off.prompt, put_off.said, tab.texts().ui);
    shown.set(exposure, { prompt });
    view?.show(prompt);
    const { title, actions } = filled(prompt);
    emit("question", { exposure, prompt: prompt.prompt, title, choices: actions.map(({ id, text: words }) => ({ id, text: words })) });
  }

  function withdraw(exposure, reason) {
    const state = shown.get(exposure);
    // What was bought takes all prompts away but the one that says so.
    if (!state || (reason === "converted" && (state.wait || state.is_buying))) return;
    clear(state, reason);
  }

  function clear(state, reason, message) {
    const { exposure } = state.prompt;
    shown.delete(exposure);
    if (headless && asks(state.prompt)) left.set(exposure, state);
    if (left.size > LEFT_MAX) left.delete(left.keys().next().value);
    view?.hide(exposure, requests?.keeps(exposure));
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

  function remember(exposure, is_answered) {
    past.set(exposure, is_answered);
    if (past.size > PAST_MAX) past.delete(past.keys().next().value);
  }

  function painted(exposure, how) {
    const paint = PAINTS.indexOf(how);
    if (paint < 0) return false;
    tab.tell(PAINTED, exposure, paint);
    if (paint >= FAILED && shown.delete(exposure)) emit("withdraw", { exposure, reason: how });
    return true;
  }

  function respond(exposure, response, action, given) {
    const written = noteOf(given);
    const state = shown.get(exposure) ?? (written === undefined ? undefined : left.get(exposure));
    if (state?.prompt.question) return because(state, response, action);
    const place = response === "act" ? ACTIONS.indexOf(action) : (RESPONSES[response] ?? -1);
    // However often it is answered, it is answered once.
    if (!state && past.get(exposure) && (place >= 0 || response === "because")) return true;
    if (place < 0) return false;
    if (state && response === "act") {
      if (!state.prompt.actions.some(({ id }) => id === action)) return false;
      if (place < DISMISSALS) return press(state, action, place, written);
    }
    const unread = state && presses.unread(state);
    if (state?.is_answered) {
      // It was answered by the press; this only clears it away.
      remove(state, "answered", unread);
    } else {
      answer(state, exposure, response, place, action);
      note(unread);
    }
    return true;
  }

  /** An answer to the question; any other response leaves it unanswered. */
  function because({ prompt: { exposure, prompt, actions } }, response, objection) {
    const is_choice = (response === "because" || response === "act") && actions.some(({ id }) => id === objection);
    // A response to the prompt itself, once more.
    if (response === "later" || response === "never") return true;
    if (!is_choice && response !== "close") return false;
    clear(shown.get(exposure), "answered");
    const place = is_choice ? OBJECTIONS.indexOf(objection) : -1;
    if (place >= 0) {
      tab.tell(BECAUSE, exposure, place);
      emit("response", { exposure, prompt, response: "because", objection });
    }
    return true;
  }

  function answer(state, exposure, response, place, action) {
    if (state && response === "act") state.is_answered = true;
    put_off = state && { prompt: state.prompt, said: action ?? response };
    remember(exposure, true);
    tab.tell(RESPOND, exposure, place);
    emit("response", { exposure, prompt: state?.prompt.prompt, response, action });
    ask();
  }

  function press(state, action, place, written) {
    // However often and by whatever it is pressed, until it is answered it is one press.
    if (state.phase && state.phase !== "failed") return true;
    state.phase = "busy";
    // Asked again of the newest that any tab knows: an offer that does not stand any more is taken back here.
    tab.meet();
    if (isOpen(state)) {
      if (!REQUESTS.includes(action)) answer(state, state.prompt.exposure, "act", place, action);
      paint(state);
    }
    void presses.carryOut(state, action, written);
    return true;
  }

  /** A request is made when it has reached someone, not when its button was pressed. */
  function answered(state, action) {
    state.phase = "sent";
    answer(state, state.prompt.exposure, "act", ACTIONS.indexOf(action), action);
  }

  /** A note of the host's is sent as it stands, as is what a host that draws asks; else the form opens. Whether it could. */
  async function request(state, intent, written) {
    const made = await loadRequests();
    if (!made) return false;
    if (headless || written !== undefined || !globalThis.HTMLDialogElement?.prototype.showModal) {
      const is_sent = await made.send(state, intent, written ?? "");
      // Where there is no form, for want of dialogs, nothing else says so.
      if (is_sent) remove(state, "answered", headless ? undefined : tab.texts().ui.status_sent);
      return is_sent;
    }
    state.phase = undefined;
    paint(state);
    return !isOpen(state) || made.open(state, intent);
  }

  /** What is wrong with a response that was not taken. */
  function faultOf(exposure, response, action) {
    const { question, actions = [] } = shown.get(exposure)?.prompt ?? {};
    const named = question ? ["because", "act"] : ["act"];
    if (!named.includes(response)) return wrong("argument_invalid", "respond", response, [named[0], ...Object.keys(RESPONSES)].join());
    return wrong("argument_invalid", "action", action, (actions.length ? actions.map(({ id }) => id) : ACTIONS).join());
  }

  return {
    withdraw,
    /** From a host that draws: whether there ever was such an exposure; throws where the rest is wrong. */
    painted(exposure, how) {
      if (past.has(exposure) && !painted(exposure, how)) throw wrong("argument_invalid", "painted", how, PAINTS.join());
      return past.has(exposure);
    },
    respond(exposure, response, action, given) {
      if (past.has(exposure) && !respond(exposure, response, action, given)) throw faultOf(exposure, response, action);
      return past.has(exposure);
    },
    /** Heard while a response is told; asked when it has been. */
    ask: (exposure) => void (to_ask = exposure),
    present: (given) => void show(whole(given)).catch(tab.stumble),
    update: (given) => update(whole(given)),
    /** Those whose slot the page does not have. */
    unplaced: () => view?.unplaced().filter((exposure) => shown.has(exposure)),
    /** Fetches what the first prompt needs; what it will say is made ready in steps that hold up nothing. */
    async prepare() {
      await (headless ? loadText() : loadView());
      for (const step of text?.warmings(tab.texts().locale) ?? []) {
        (globalThis.requestIdleCallback ?? setTimeout)(() => tab.guarded(step));
      }
    },
    /** The core is built anew, by `rebuild`; what it does not present again goes, if nothing is under way. */
    async refresh(rebuild) {
      shown.forEach(({ phase }, exposure) => phase || stale.add(exposure));
      await rebuild();
      stale.forEach((exposure) => withdraw(exposure, "superseded"));
      stale.clear();
    },
    withdrawAll(reason) {
      presses.stop();
      requests?.forget();
      shown.forEach((state) => clear(state, reason));
      left.clear();
    },
    translate() {
      view?.locale(tab.texts().locale, tab.texts().ui);
      shown.forEach(presses.translate);
    },
    destroy() {
      is_gone = true;
      presses.stop();
      requests?.forget();
      shown.clear();
      view?.destroy();
      view = undefined;
    },
  };
}

/** What came beside a response: a note, or what is none and is refused as one. */
function noteOf(given) {
  if (given === undefined || given === null) return undefined;
  return typeof given == "object" ? given.note ?? undefined : {};
}
