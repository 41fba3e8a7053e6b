/**
 * Requests of people: what someone asks of their admin or of sales, with a note if they like, on its way to
 * the collector; loaded when such an action is on the screen. It keeps drafts for as long as the page lives,
 * and says "sent" only when the collector has said so. Nodes are the view's, decisions are the core's.
 */
import { deliver } from "./net.js";

/** The collector takes no more. Unit: UTF-16 code units, as a text field counts. */
const NOTE_LENGTH_MAX = 2000;
/** A little longer than the collector's own deadline: someone is waiting. */
const ANSWER_MAX_MS = 20_000;

/**
 * @param tab the instance's own side
 * @param stage `view()`; `answered(state, action)` tells the core, `gone(state)` clears a prompt away,
 *   `ended(state, is_sent)` says what came of a request whose form is closed
 */
export function makeRequests(tab, { view, answered, gone, ended }) {
  const { options, emit, report } = tab;
  /** By what is asked for, so that the next prompt about it finds the words again. */
  const drafts = new Map();
  /**
   * By exposure: {state, intent, status, is_left}. A status is what the view shows of it; `is_left` once the
   * prompt behind it has been withdrawn.
   */
  const forms = new Map();
  /** Who waits until no form is open. */
  let waiting = [];

  const need = ({ action, meter, feature }) => [action, meter, feature].join(" ");
  const draft = ({ intent }) => drafts.get(need(intent)) ?? "";

  /** Whether it is on the screen. */
  function open(state, intent) {
    const form = { state, intent, status: "open", is_left: false };
    forms.set(intent.exposure, form);
    if (mayLeave() && paint(form, form.status)) return true;
    close(form);
    return false;
  }

  function paint(form, status) {
    form.status = status;
    return view().form(form.intent.exposure, { action: form.intent.action, note: draft(form), status });
  }

  /** What the view hears: `typed` with the whole note, `send`, `back`, or `shut` with the prompt around it. */
  function heard(exposure, what, note) {
    const form = forms.get(exposure);
    if (!form) return;
    if (what === "typed") drafts.set(need(form.intent), note);
    else if (what === "back") close(form);
    else if (what === "shut") drop(exposure);
    else submit(form).catch(tab.stumble);
  }

  async function submit(form) {
    const { state, intent } = form;
    const concerns = tab.watchGeneration();
    paint(form, "sending");
    const is_sent = await send(state, intent, draft(form));
    if (is_sent) drafts.delete(need(intent));
    if (forms.get(intent.exposure) === form) {
      paint(form, is_sent ? "sent" : globalThis.navigator?.onLine === false ? "offline" : "failed");
    } else if (concerns()) {
      ended(state, is_sent);
    }
  }

  /** The form goes; the prompt behind it comes back, unless it was answered or withdrawn meanwhile. */
  function close({ state, intent: { exposure }, status, is_left }) {
    drop(exposure);
    view().form(exposure);
    if (is_left) view().hide(exposure);
    else if (status === "sent") gone(state);
  }

  function drop(exposure) {
    forms.delete(exposure);
    if (!isDialogOpen()) waiting.splice(0).forEach((go) => go());
  }

  /** A card in the page's own text is in nobody's way. */
  const isDialogOpen = () => [...forms.values()].some(({ state }) => state.prompt.surface !== "inline");

  /** One request; whether the collector has it. Sent again it has the same id, so it is one request. */
  async function send(state, intent, note) {
    const { exposure, action } = intent;
    const is_sent = isNote(note) && mayLeave() && (await deliverTo(options.endpoint, body(state, intent, note)));
    if (is_sent) answered(state, action);
    emit("request", { exposure, action, status: is_sent ? "sent" : "failed" });
    return is_sent;
  }

  /** Whether it is a note as the collector takes it; where a host's is not, its words are not repeated. */
  function isNote(note) {
    if (typeof note != "string") {
      report("note_invalid", "note", "`note` is not a text", "pass `{note}` with what the person typed");
    } else if (note.length > NOTE_LENGTH_MAX) {
      const message = `\`note\` has ${note.length} characters, at most ${NOTE_LENGTH_MAX} are sent`;
      report("note_invalid", "note", message, "let people type no more than that");
    } else return true;
    return false;
  }

  function mayLeave() {
    const { sending } = tab.standing();
    if (!sending) {
      report("request_blocked", "", "a request cannot leave the page: it needs `endpoint`, `key`, a snapshot and consent",
        "answer it with `onAction` where one of them is not there");
    }
    return sending;
  }

  function body({ prompt: { values, locale } }, { id, action, prompt, exposure, plan, meter, feature }, note) {
    const [writeKey, account, user] = tab.scope();
    const count = (figure) => (Number.isSafeInteger(figure) && figure >= 0 ? figure : undefined);
    const at = new Date().toISOString();
    return JSON.stringify({
      writeKey, id, kind: action, account, user, prompt, exposure, meter, feature,
      plan: plan.from, next_plan: plan.to, used: count(values.used), limit: count(values.limit), locale,
      // Half of a character is no text; no words at all are no note.
      note: note.trim().replace(/[\ud800-\udfff]/gu, "\ufffd") || undefined,
      // A clock beyond the year 9999 says nothing.
      sentAt: at.startsWith("+") ? undefined : at,
    });
  }

  /** Whether the collector says that it has it. It is never sent again without the person's asking. */
  async function deliverTo(endpoint, text) {
    try {
      const { status, answer } = await deliver(`${endpoint}/v1/requests`, text, ANSWER_MAX_MS);
      if (status === 202 && answer?.accepted + answer?.duplicates >= 1) return true;
      const why = `the collector refused a request: ${answer?.message ?? `status ${status}`}`;
      if (status === 401 || status === 403) {
        report("unauthorized", "key", why, `${answer?.help ?? "check `key`"}`);
      } else if ([400, 413, 422].includes(status)) {
        report("request_refused", "", why, `${answer?.help ?? ""}`);
      } else if (status < 500 && status !== 408 && status !== 429) {
        report("misconfigured", "endpoint", `\`${endpoint}\` answers ${status} to a request, but not as a collector does`, "check `endpoint`");
      }
    } catch {
      // Offline, cut off or too slow: the person hears of it, and the developer has nothing to mend.
    }
    return false;
  }

  return {
    open, heard, send,
    /** Whether a prompt that is withdrawn leaves its form open: it has words in it, or an outcome to tell. */
    keeps(exposure) {
      const form = forms.get(exposure);
      if (!form) return false;
      form.is_left = form.status === "sending" || form.status === "sent" || !!draft(form);
      if (!form.is_left) drop(exposure);
      return form.is_left;
    },
    /** No dialog opens over a form that is one. */
    closed: () => isDialogOpen() && new Promise((go) => waiting.push(go)),
    /** Another person, or the end of it: nothing stays. */
    forget() {
      drafts.clear();
      for (const exposure of forms.keys()) {
        drop(exposure);
        view()?.form(exposure);
        view()?.hide(exposure);
      }
    },
  };
}
