/**
 * The trace of a page life: what the core was told, as the recording of docs/replay.md, and what it remembered when that
 * began, in the event that carries recordings. `plimsoll replay` and `plimsoll/testing` run it again; it goes nowhere
 * but into the file that a developer asks for. Names and attributes of people are not in it.
 */
import {
  ATTEMPT, BECAUSE, CONTEXT, CONVERTED, COUNT, EXPLORE, LIMIT_HIT, PAINTED, RENEW, RESPOND, SIGNAL, SNAPSHOT, SNAPSHOT_NUMBER, SNAPSHOT_TEXT,
} from "../shell/core.js";
import { COVER, ENTRY, FIGURE, LISTED, addNumber, addRow, emptySnapshot, keyOf, makeRecorder } from "../shell/recording.js";

/** Responses as the core is told them, after its six actions: later, never, close. */
const ACTIONS = 6;

/** @param {{session: any, tape: any}} panel */
export function makeTrace({ session, tape }) {
  let recorder;
  let draft;
  let memory;

  /** For another account, generation or policy. */
  function begin() {
    recorder = makeRecorder();
    draft = emptySnapshot();
    memory = undefined;
  }
  begin();

  const aboutOf = (exposure) => {
    const { prompt = "", subject } = tape.showing(exposure) ?? {};
    return [keyOf(prompt), subject ? keyOf(subject) : 0];
  };

  /** By its field: a text of the snapshot. Who may buy, and attributes, are in no recording. */
  const TEXTS = {
    0: (id) => (draft.plan = keyOf(id)),
    2: (id) => addRow(draft, LISTED, 1, keyOf(id)),
    3: (id) => addRow(draft, LISTED, 2, keyOf(id)),
    4: (id) => addRow(draft, FIGURE, keyOf(id), 0),
    5: (writer) => addRow(draft, COVER, 0, `0x${writer}`),
  };

  /** By kind: what is written of it, given what the core is given and when. */
  const HEARD = {
    [COUNT]: (at, _, [meter, amount]) =>
      recorder.entry(amount < 0 ? ENTRY.RELEASE : ENTRY.USE, at, [keyOf(session.texts().meters[meter].id)], [Math.abs(amount)]),
    [ATTEMPT]: (at, meter, numbers) => recorder.entry(ENTRY.ATTEMPT, at, [keyOf(meter)], numbers),
    [LIMIT_HIT]: (at, meter) => recorder.entry(ENTRY.LIMIT_HIT, at, [keyOf(meter)], []),
    [EXPLORE]: (at, feature, numbers) => recorder.entry(ENTRY.EXPLORE, at, [keyOf(feature)], numbers),
    [SIGNAL]: (at, name, numbers) => recorder.entry(ENTRY.SIGNAL, at, [keyOf(name)], numbers),
    [PAINTED]: (at, exposure, numbers) => recorder.entry(ENTRY.PAINTED, at, aboutOf(exposure), numbers),
    [RESPOND]: (at, exposure, [place]) =>
      recorder.entry(ENTRY.RESPOND, at, aboutOf(exposure), [place < ACTIONS ? place + 3 : place - ACTIONS]),
    [BECAUSE]: (at, exposure, numbers) => recorder.entry(ENTRY.BECAUSE, at, aboutOf(exposure), numbers),
    [CONVERTED]: (at, _, [epoch]) => recorder.entry(ENTRY.CONVERTED, at, [], [Math.max(0, epoch + 1)]),
    [CONTEXT](at, _, [bits, offset_minutes]) {
      // Everything that was stored has been taken in by now.
      memory ??= tape.memory();
      recorder.context(at, bits, offset_minutes);
    },
    [SNAPSHOT_TEXT]: (_, text, [field]) => TEXTS[field]?.(text),
    [SNAPSHOT_NUMBER]: (_, __, [place, value]) => addNumber(draft, place, value),
    [SNAPSHOT](_, __, [wall_ms, mono_ms]) {
      recorder.snapshot({ wall_ms, mono_ms }, draft);
      draft = emptySnapshot();
    },
    [RENEW]: begin,
  };

  return {
    begin,
    hear: (kind, given, numbers) => HEARD[kind]?.({ wall_ms: Date.now(), mono_ms: performance.now() }, given, numbers),
    /** One line of JSON. */
    text() {
      const [, account, user] = session.scope();
      const writer = session.writer();
      return JSON.stringify({
        type: "track",
        event: "Inputs Recorded",
        messageId: `${writer}-0`,
        timestamp: new Date().toISOString(),
        userId: user,
        context: { groupId: account, plimsoll: { writer, seq: 0, revision: session.texts().revision } },
        properties: { percent: 100, inputs: recorder.take(), memory: memory ?? "" },
      });
    },
  };
}
