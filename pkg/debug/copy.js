/**
 * A second engine on a copy of the memory, for whatever is not real: another arm, another time, a prompt that is to be
 * looked at. Its core makes no events, and nothing it says is stored or sent, so the page's own core, which it never
 * tells anything, cannot be touched. What it shows is marked on the screen; the panel says what it stands at.
 */
import {
  ABSORB, ATTEMPT, CLOSE, CONTEXT, CONVERTED, COUNT, EFFECT_LIST, EFFECTS, EXPLORE, FLAGS, FORCE, GIVEN, LIMIT_HIT, PAINTED, READING,
  RENEW, RESPOND, SAMPLE, SIGNAL, SNAPSHOT, SNAPSHOT_NUMBER, SNAPSHOT_TEXT, WAKE, WAKE_IN,
} from "../shell/core.js";

/** What is shown on the copy begins with this. */
export const MARK = "Forced · ";
/** What happens in the page happens to the copy, too. */
const MIRRORED = [ATTEMPT, CONVERTED, COUNT, EXPLORE, LIMIT_HIT, SIGNAL, SNAPSHOT_TEXT, CONTEXT];
const SERVER_TIME = 1;
const LEASE = 16;
const PAINTS = ["rendered", "seen", "failed", "faded"];
const RESPONSES = { later: 6, never: 7, close: 8 };
const LOOK_MS = 12 * 60 * 60 * 1000;
/** A core that wanted to be woken without end would keep the page. */
const STEPS_MAX = 10_000;

/** @param {{session: any, tape: any, say: (words: string) => void, changed: () => void}} panel */
export function makeCopy({ session, tape, say, changed }) {
  let core;
  let shift_ms = 0;
  /** By the index of the experiment: the arm's. */
  let arms = new Map();
  let is_leased = false;
  let view;
  let shell;
  let loading;
  let is_gone = false;
  /** What is on the screen, by exposure: {id, is_copy}. */
  const open = new Map();

  /** @returns {[number, number]} */
  const moved = () => [Date.now() + shift_ms, performance.now() + shift_ms];

  // ── the core ───────────────────────────────────────────────────────────────────────────────────

  function begin() {
    finish();
    core = session.core(moved);
    for (const given of session.scope()) core.ask(GIVEN, given);
    core.ask(RENEW, session.writer());
    core.ask(GIVEN, "");
    core.ask(ABSORB, tape.memory());
    tellContext();
    core.ask(FORCE, address());
    for (const [kind, given, ...numbers] of tape.snapshot()) core.ask(kind, given, ...shifted(kind, numbers));
    settle();
  }

  /** As the page's own, with the arms that are forced here first. */
  function address() {
    const { experiments } = session.texts();
    const asked = [...arms].map(([index, place]) => `plimsoll-${experiments[index].id}=${place}`);
    return `?${[...asked, globalThis.location.search.slice(1)].join("&")}`;
  }

  /** A snapshot comes at the moved time, or it would set the clock back. */
  function shifted(kind, numbers) {
    if (kind === SNAPSHOT) return numbers.map((time_ms) => time_ms + shift_ms);
    if (kind === SNAPSHOT_NUMBER && numbers[0] === SERVER_TIME) return [SERVER_TIME, numbers[1] + shift_ms];
    return numbers;
  }

  function tell(kind, ...given) {
    core.ask(kind, ...given);
    settle();
  }

  function settle() {
    while (core && core.ask(FLAGS) & EFFECTS) {
      for (const [name, given, more] of JSON.parse(core.text(EFFECT_LIST))) {
        if (name === "present" || name === "update") paint(given, true);
        else if (name === "withdraw") withdraw(given, more);
        else if (name === "ask") say("the person would be asked why now");
        else if (name === "lease" && given && !is_leased) lease();
      }
    }
    changed();
  }

  /** No other tab has a copy to agree with. */
  function lease() {
    is_leased = true;
    tellContext();
  }

  function tellContext() {
    const { visible, busy, dialog_open, storage, route } = session.standing().page;
    const bits = [visible, busy, dialog_open, storage, is_leased].reduce((sum, is, bit) => sum | (Number(is) << bit), 0);
    core.ask(CONTEXT, route, bits, -new Date().getTimezoneOffset());
  }

  /** As a page that stays open and is looked at now and then, so that no jump of the clock is seen. */
  function pass(span_ms) {
    const until_ms = shift_ms + span_ms;
    for (let steps = 0; shift_ms < until_ms && steps < STEPS_MAX; steps += 1) {
      const wait_ms = core.ask(WAKE_IN);
      const step_ms = wait_ms < 0 ? LOOK_MS : Math.min(Math.max(wait_ms, 1), LOOK_MS);
      shift_ms = Math.min(shift_ms + step_ms, until_ms);
      core.ask(WAKE);
      tellContext();
      settle();
    }
  }

  function finish() {
    open.forEach(({ is_copy }, exposure) => is_copy && hide(exposure));
    core?.ask(CLOSE);
    core = undefined;
    is_leased = false;
  }

  // ── the screen ─────────────────────────────────────────────────────────────────────────────────

  const loadView = () =>
    (loading ??= Promise.all([import("../view.js"), import("../shell/prompts.js")]).then(([{ createView }, prompts]) => {
      shell = prompts;
      const { locale, ui } = session.texts();
      const { theme, target, wasm } = session.options;
      const moved_to = typeof wasm == "string" || wasm instanceof URL ? wasm : undefined;
      return createView({ locale, ui, theme, target, wasm: moved_to, on: { painted, respond } });
    }).then((made) => {
      if (is_gone) made.destroy();
      else view = made;
    }));

  function paint(given, is_copy) {
    const { exposure, facts } = given;
    const words = session.texts();
    const is_open = open.has(exposure);
    open.set(exposure, { id: words.said[words.prompts[facts[0]][0]].prompt, is_copy });
    session.guarded(() => loadView().then(() => {
      if (!open.has(exposure) || !view) return;
      const has = (feature) => account()[2 + words.meters.length + feature];
      const prompt = shell.promptOf(given, words, session.account(), has, session.join);
      const marked = {
        ...prompt,
        texts: { ...prompt.texts, title: [MARK, ...[prompt.texts.title].flat()] },
        // Nothing that is pressed here leads anywhere.
        actions: prompt.actions.map((action) => ({ ...action, href: undefined })),
      };
      if (is_open) view.update(marked);
      else view.show(marked);
    }));
  }

  const account = () => JSON.parse((core ?? tape).text(READING));

  function painted(exposure, how) {
    const shown = open.get(exposure);
    if (!shown) return;
    if (how === "failed") say(`${shown.id} cannot be painted here: an inline prompt needs \`target\`, others a page`);
    if (how === "failed" || how === "faded") open.delete(exposure);
    if (core && shown.is_copy) session.guarded(() => tell(PAINTED, exposure, PAINTS.indexOf(how)));
  }

  function respond(exposure, response, action) {
    const shown = open.get(exposure);
    if (!shown) return;
    hide(exposure);
    say(`${shown.id}: “${action ?? response}” was pressed; nothing was done, and nothing recorded`);
    const place = response === "act" ? shell.ACTIONS.indexOf(action) : RESPONSES[response];
    if (core && shown.is_copy) session.guarded(() => tell(RESPOND, exposure, place));
  }

  function withdraw(exposure, reason) {
    if (open.has(exposure)) say(`${open.get(exposure).id} was withdrawn on the copy: ${reason}`);
    hide(exposure);
  }

  function hide(exposure) {
    open.delete(exposure);
    view?.hide(exposure);
  }

  /** The page's own core is looked at again, and what is not real leaves the screen. */
  function back() {
    finish();
    shift_ms = 0;
    arms = new Map();
    open.forEach((_, exposure) => hide(exposure));
    changed();
  }

  return {
    /** Nothing while there is no copy. */
    core: () => core,
    shift: () => shift_ms,
    arm: (index) => arms.get(index),
    forced: () => [...arms].map(([index, place]) => {
      const { id, arms: names } = session.texts().experiments[index];
      return `${id} = ${names[place]}`;
    }),
    /** Shows a prompt whatever holds it, as it would be painted now. */
    show(index) {
      // One is looked at at a time.
      open.forEach(({ is_copy }, exposure) => is_copy || hide(exposure));
      const given = JSON.parse((core ?? tape).text(SAMPLE, "", index));
      if (given.facts) paint(given, false);
    },
    move(span_ms) {
      if (!core) begin();
      pass(span_ms);
    },
    /** The arm that is forced already is given back. */
    force(index, place) {
      if (arms.get(index) === place) arms.delete(index);
      else arms.set(index, place);
      begin();
    },
    /** What the page's core was told. */
    hear(kind, given, numbers) {
      if (!core) return;
      if (kind === RENEW) return back();
      if (kind === SNAPSHOT_NUMBER || kind === SNAPSHOT) core.ask(kind, given, ...shifted(kind, numbers));
      else if (kind === CONTEXT) core.ask(kind, given, is_leased ? numbers[0] | LEASE : numbers[0] & ~LEASE, numbers[1]);
      else if (MIRRORED.includes(kind)) core.ask(kind, given, ...numbers);
      settle();
    },
    /** Its own timers run while the panel is looked at. */
    tick() {
      if (core?.ask(WAKE_IN) === 0) tell(WAKE);
    },
    back,
    destroy() {
      is_gone = true;
      finish();
      open.clear();
      view?.destroy();
      view = undefined;
    },
  };
}
