/**
 * Between the shell and the painting module: turns prompts into drawings, that is, into filled
 * texts and finished numbers, and keeps what changes while a prompt is open (busy, message, quote).
 * It makes no decision and builds no node; `modules/view` does the painting. What people do comes
 * back through `on`.
 */
import init, { View } from "./dist/plimsoll_view.js";
import { makePlaces } from "./shell/places.js";
import { fill, isRightToLeft, link } from "./text.js";

/** Longer texts are cut: a name from a snapshot may be of any length. Unit: UTF-16 code units. */
const TEXT_LENGTH_MAX = 2000;
/** Two presses closer than this are one: a double click. */
const PRESS_GAP_MS = 800;
/** A press so soon after an amount, a form or a question came was meant for what was there before. */
const READ_GAP_MS = 500;
/** A note may be so long, as in the collector; near its end it is said how much room is left. */
const NOTE_LENGTH_MAX = 2000;
const NOTE_LEFT_SAID = 200;
/** The form of a prompt that is no card is a dialog of its own, under the prompt's name with this behind it. */
const FORM = "-form";
/** What a form says of itself, by its status: the id of a text. */
const OUTCOMES = { sending: "waiting", sent: "status_sent", failed: "request_failed", offline: "request_offline" };

/** Said when the core has no text for the locale; the last resort, so in English. */
const FALLBACK = {
  close: "Close",
  more: "More options",
  paid_feature: "Paid feature",
  meter_text: [["used"], " / ", ["limit"], " ", ["meter"]],
  next_adds: [["limit"], " ", ["meter"]],
  also_in_plan: ["Also in ", ["next_plan"]],
  request_note: "Add a note (optional)",
  request_send: "Send",
  request_back: "Back",
  status_sent: "Sent.",
  request_failed: "This was not sent.",
  request_offline: "You are offline, so this was not sent.",
};

/**
 * Loads the painting module and puts its empty status regions on the page and in the host's places.
 *
 * @param {object} options
 * @param {string} options.locale BCP 47
 * @param {Record<string, unknown>} options.ui the built-in texts of that locale, by id
 * @param {"auto"|"light"|"dark"} [options.theme] `auto` follows the page, not the system
 * @param {Element|"bottom"} [options.target] the host's place for banners and inline cards, or the edge for banners
 * @param {string|URL} [options.wasm] the folder of the WebAssembly file, when it was moved
 * @param {{painted: Function, respond: Function, form?: Function}} options.on
 *   `painted(exposure, "rendered"|"seen"|"failed"|"faded")`, the last when a toast has had its
 *   time; `respond(exposure, "act"|"later"|"never"|"close", action?)`; `form(exposure, "typed"|"send"|"back"|"shut", note?)`
 */
export async function createView({ locale, ui = {}, theme = "auto", target, wasm, on }) {
  const moved = wasm && new URL("plimsoll_view_bg.wasm", new URL(wasm, document.baseURI));
  await init(moved && { module_or_path: moved });

  /**
   * What is open, by exposure: {prompt, busy, message, quote, form, focus, pressed_ms, painted, at, is_behind}. `at` is
   * its painter, none while it waits for its slot; `is_behind` says that only the form that it led to is left.
   */
  const open = new Map();
  const waiting = new Set();
  let frame = 0;

  const reports = {
    painted: quietly((exposure, how) => {
      if (exposure.endsWith(FORM)) return;
      if (how == "failed" || how == "faded") open.delete(exposure);
      on.painted?.(exposure, how);
    }),
    typed: quietly((form, note) => {
      const exposure = form.replace(FORM, "");
      const state = open.get(exposure);
      if (!state?.form) return;
      state.form.note = note;
      on.form?.(exposure, "typed", note);
      paint(exposure);
    }),
    respond: quietly((given, response, action) => {
      const exposure = given.replace(FORM, "");
      if (action == "back" || (given != exposure && response != "act")) return on.form?.(exposure, "back");
      if (response != "act") {
        if (open.get(exposure)?.form) on.form?.(exposure, "shut");
        open.delete(exposure);
        return on.respond?.(exposure, response);
      }
      const state = open.get(exposure);
      const now_ms = performance.now();
      if (!state || state.busy || now_ms - state.pressed_ms < PRESS_GAP_MS) return;
      state.pressed_ms = now_ms;
      if (action == "send") return isWritable(state.form) ? on.form?.(exposure, action) : undefined;
      on.respond?.(exposure, "act", action);
    }),
  };

  /** A form that is no card's is a dialog over the page, wherever its prompt stands. */
  const painter = (state, drawn) => (drawn.exposure == state.prompt.exposure ? state.at : places.page);

  const paint = quietly((exposure) => {
    const state = open.get(exposure);
    if (!state?.at) return;
    const drawings = [draw(state)];
    // Behind the form stands the prompt itself, and has nothing to say.
    if (state.form && !isCard(state)) drawings.push(draw(behind(state)));
    // Said once: the status region keeps it.
    state.message = undefined;
    state.focus = undefined;
    for (const drawn of drawings) {
      const painted = JSON.stringify(drawn);
      if (painted == state.painted[drawn.exposure]) continue;
      state.painted[drawn.exposure] = painted;
      painter(state, drawn).paint(drawn);
    }
  });

  /** Paints once a frame however often figures change. */
  const later = (exposure) => {
    waiting.add(exposure);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      waiting.forEach(paint);
      waiting.clear();
    });
  };

  /** Edges are the page's: in a slot a banner stands where the slot does. */
  const edgeOf = ({ at, prompt }) => (at == places.page ? (prompt.edge ?? target) == "bottom" && "bottom" : undefined);
  const draw = (state) => drawing(state, { locale, ui, theme, edge: edgeOf(state) });
  const behind = (state) => ({ ...state, form: undefined, message: undefined, focus: undefined });
  const outcome = ({ locale: own = locale, ui: words = ui }, id) => fill(words[id] ?? FALLBACK[id], {}, own);

  /** Paints what is not on the screen yet, in its place; what has none waits for its slot. */
  function put(state) {
    try {
      // Someone may have written in its form.
      if (state.form) state.form.first = state.form.note;
      state.painted = {};
      state.at = places.of(state.prompt);
      if (!state.at || state.at.show(draw(isCard(state) ? state : behind(state)))) return;
      throw new TypeError("nowhere to paint");
    } catch {
      open.delete(state.prompt.exposure);
      quietly(on.painted)(state.prompt.exposure, "failed");
    }
  }

  /** A slot came or went: what belongs elsewhere now moves there. */
  const settle = quietly(() => {
    for (const [exposure, state] of [...open]) {
      if (state.is_behind || places.of(state.prompt) === state.at) continue;
      state.at?.hide(exposure);
      put(state);
    }
  });

  const places = makePlaces((place, kind) => new View(reports, place, kind), target, settle);

  return {
    show: quietly((prompt) => {
      const { exposure } = prompt;
      const state = { prompt, pressed_ms: prompt.question ? unread() : -PRESS_GAP_MS, painted: {} };
      open.get(exposure)?.at?.hide(exposure);
      open.set(exposure, state);
      put(state);
    }),
    /** What waits for its slot. */
    unplaced: () => [...open].filter(([, { at }]) => !at).map(([exposure]) => exposure),
    /**
     * New words or figures, and what else has changed: `busy`, while the actions are marked as disabled and
     * pressing them does nothing; `message`, said aloud by screen readers without moving the focus; `quote`,
     * what is due now: `{amount_minor, currency, line?}`.
     */
    update: quietly((prompt, { busy, message, quote } = /** @type {any} */ ({})) => {
      const state = open.get(prompt.exposure);
      if (!state) return;
      if (quote && quote != state.quote) state.pressed_ms = unread();
      Object.assign(state, { prompt, busy, quote, message: message ?? state.message });
      later(prompt.exposure);
    }),
    /** With `keeps_form` the form that it leads to stays, until it is closed and this is asked for again. */
    hide: quietly((exposure, keeps_form) => {
      const state = open.get(exposure);
      const is_behind = keeps_form && state && !isCard(state);
      if (!keeps_form || is_behind) state?.at?.hide(exposure);
      if (state) state.is_behind = is_behind;
      if (keeps_form) return;
      open.delete(exposure);
      places.page.hide(exposure + FORM);
    }),
    /**
     * The form of a request in place of a card, or as a dialog before anything smaller: `{action, note, status}`,
     * status `open`, `sending`, `failed`, `offline` or `sent`. Without it the prompt is as it was. Whether it could
     * be painted.
     */
    form: quietly((exposure, form) => {
      const state = open.get(exposure);
      const before = state?.form;
      if (!state || (!form && !before)) return false;
      const { prompt } = state;
      state.form = form && { ...form, label: before?.label ?? labelOf(prompt, form), first: before?.first ?? form.note };
      state.message = form && before ? outcome(prompt, OUTCOMES[form.status]) : "";
      if (!before) {
        state.focus = "note";
        state.pressed_ms = unread();
        state.painted[exposure + FORM] = undefined;
        if (prompt.surface == "toast") state.at.hide(exposure);
        if (!isCard(state)) return places.page.show(draw(state));
      } else if (!form) {
        places.page.hide(exposure + FORM);
        state.focus = before.action;
        // A toast does not come back for another eight seconds.
        if (prompt.surface == "toast") return void (open.delete(exposure), on.painted?.(exposure, "faded"));
      }
      paint(exposure);
      return true;
    }),
    locale: quietly((next, texts) => {
      locale = next;
      ui = texts ?? ui;
      open.forEach((_, exposure) => later(exposure));
    }),
    destroy: quietly(() => {
      cancelAnimationFrame(frame);
      open.clear();
      places.destroy();
    }),
  };
}

/**
 * The shape that `modules/view` reads: strings, objects and lists, and `true` or nothing. What
 * becomes an attribute carries the attribute's name.
 */
function drawing({ prompt, busy, message, quote, form, focus }, own) {
  // A prompt that fell back to another language brings that language's words.
  const { locale = own.locale, ui = own.ui } = prompt;
  const { values = {}, texts = {}, actions = [] } = prompt;
  const say = (text, more) => fill(text, more ?? values, locale)?.slice(0, TEXT_LENGTH_MAX);
  const said = (id, more) => say(ui[id] ?? FALLBACK[id], more);
  const card = isCard({ prompt });
  const surface = form && !card ? "modal" : prompt.surface;
  const dialog = surface == "modal" || surface == "preview";
  const counted = Number.isFinite(values.used) && values.limit > 0;
  const percent = Math.floor(values.percent ?? (100 * values.used) / values.limit);
  const is_busy = busy || form?.status == "sending";
  const label = form && (labelOf(prompt, form) ?? form.label);

  /** @type {Record<string, any>} */
  const drawn = {
    exposure: form && !card ? prompt.exposure + FORM : prompt.exposure,
    surface,
    class: form && !card ? "request card" : [surface, card && "card", surface == "banner" && own.edge, prompt.question && "question"].filter(Boolean).join(" "),
    lang: locale,
    dir: isRightToLeft(locale) ? "rtl" : "ltr",
    "data-tone": prompt.tone,
    "data-theme": own.theme == "auto" ? pageTheme() : own.theme,
    "data-phase": is_busy ? "busy" : prompt.waiting ? "waiting" : undefined,
    "data-form": form?.status,
    "aria-label": said("more"),
    dialog: dialog || undefined,
    focus,
    title: say((form ? label : texts.title) ?? ""),
    body: (texts.body ?? []).map((text) => say(text)).filter(Boolean),
    message: message == null ? undefined : String(message).slice(0, TEXT_LENGTH_MAX),
    actions: [],
  };
  if (!drawn.title) throw new TypeError("a prompt needs a title");
  if (form) return requested(drawn, form, say, said);

  for (const { id, label, primary, menu, href } of actions) {
    /** @type {Record<string, any>} */
    const action = { ...named(id, primary ? "action primary" : "action"), label: say(label) };
    if (!action.label) continue;
    action.href = link(href) ?? undefined;
    action.primary = primary || undefined;
    action["aria-disabled"] = busy ? "true" : undefined;
    // On a small surface "later" is the cross in the corner, under its own name.
    if (id == "later" && !card) drawn.dismiss = cross(id, action.label);
    else if (menu) (drawn.menu ??= []).push(action);
    else drawn.actions.push(action);
  }
  drawn.dismiss ??= cross("close", said("close"));

  if (!card) {
    const dashes = `${Math.max(0, Math.min(100, percent))} 100`;
    if (Number.isFinite(percent)) drawn.ring = { "stroke-dasharray": dashes };
    return drawn;
  }
  if (counted) {
    drawn.meter = {
      value: String(values.used),
      max: String(values.limit),
      text: said("meter_text"),
      share: say([["percent"]], { percent }),
    };
  }
  drawn.offer = offer(values, quote, say, said);
  if (surface == "preview" || values.feature) drawn.badge = said("paid_feature");
  const src = link(prompt.image?.src);
  if (src) drawn.image = { src, alt: String(prompt.image.alt ?? "") };
  const items = (prompt.also ?? []).map((text) => say(text)).filter(Boolean);
  if (items.length) drawn.also = { label: said("also_in_plan"), items };
  return drawn;
}

/** What the form of a request has in place of a card's content: who gets it, what goes with it, and a note. */
function requested(drawn, { action, note, status, first }, say, said) {
  const is_sent = status == "sent";
  const who = action == "ask_admin" ? said("request_to_owner") ?? said("request_to_admin") : said("request_to_sales");
  drawn.body = is_sent ? [] : [who, said("request_usage") ?? said("request_feature")].filter(Boolean);
  drawn.dismiss = cross("close", said("close"));
  const busy = status == "sending" ? "true" : undefined;
  const primary = (id, label) => ({ ...named(id, "action primary"), label, primary: true, "aria-disabled": busy });
  if (is_sent) {
    drawn.actions = [primary("back", drawn.dismiss.title)];
    return drawn;
  }
  drawn.actions = [primary("send", said("request_send")), { ...named("back", "action"), label: said("request_back") }];
  const left = NOTE_LENGTH_MAX - note.length;
  drawn.form = {
    label: said("request_note"),
    note: first,
    left: left <= NOTE_LEFT_SAID ? said("request_left", { remaining: left }) : undefined,
    maxlength: String(NOTE_LENGTH_MAX),
    readonly: busy,
  };
  return drawn;
}

/** A form is called as the button that led to it. */
const labelOf = ({ actions }, { action }) => actions.find(({ id }) => id == action)?.label;

/** Nothing of a form is sent twice at once, and nothing after it was sent. */
const isWritable = (form) => form && form.status != "sending" && form.status != "sent";

/** Dialogs and inline cards have room for a form; a banner and a toast have not. */
const isCard = ({ prompt: { surface } }) => surface == "modal" || surface == "preview" || surface == "inline";

/** When the last press would have been, for none to count until what came has been read. */
const unread = () => performance.now() + READ_GAP_MS - PRESS_GAP_MS;

const named = (id, part) => ({ "data-action": id, "data-focus": id, part });

const cross = (id, label) => ({ ...named(id, "close"), "aria-label": label, title: label });

/** The next plan with what it adds and what it costs, as far as each is known. */
function offer(values, quote, say, said) {
  if (!values.next_plan) return undefined;
  const { next_limit, meter } = values;
  // What is due now is one amount, not one per month.
  const price = quote ? { ...quote, per: undefined } : values.price;
  return {
    plan: String(values.next_plan),
    // The noun must fit the next plan's number, not this one's.
    adds: next_limit ? said("next_adds", { ...values, limit: next_limit, meter }) : undefined,
    amount: say([["price"]], { price }),
    line: quote?.line && String(quote.line).slice(0, TEXT_LENGTH_MAX),
  };
}

/**
 * What the page itself looks like. Its declared colour scheme is inherited by the style sheet; only
 * a dark page that declares none has to be recognised by its background.
 */
function pageTheme() {
  if (getComputedStyle(document.documentElement).colorScheme != "normal") return "auto";
  const [red, green, blue, alpha = 1] =
    getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
  return alpha > 0 && 2 * red + 5 * green + blue < 1024 ? "dark" : "light";
}

/** Nothing throws into the page: what fails here shows nothing. */
function quietly(call) {
  return (...given) => {
    try {
      return call?.(...given);
    } catch {
      return undefined;
    }
  };
}
