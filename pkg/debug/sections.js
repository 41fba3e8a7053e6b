/**
 * The panel's sections: what `explain()` and `read()` say, and what the tape has heard, as rows. Each is made of plain
 * values and makes nodes; none asks the core, changes anything or knows where the panel is docked.
 */
import { button, distance, el, facts, instant, nothing, number } from "./dom.js";
import { tablesOf } from "./memory.js";
import { REASONS } from "./reasons.js";

const time = (time_ms, now_ms) => time_ms && `${instant(time_ms)} (${distance(time_ms, now_ms)})`;
const code = (text) => el("code", {}, text);

/** How an amount stands to its limit: figures first, then the bar. */
function gauge(used, limit, label) {
  const is_bounded = typeof limit == "number";
  return is_bounded && el("meter", { min: 0, max: limit, value: Math.min(used, limit), "aria-label": label });
}

export function metersSection({ trace, now_ms, isLevel }) {
  const meters = Object.entries(trace.meters);
  if (!meters.length) return nothing("The policy has no meters.");
  return el("ul", { class: "rows" }, meters.map(([id, reading], index) => {
    const { used, limit, percent, state, source, period_start, period_end, provisional, projection } = reading;
    return el("li", {},
      el("div", { class: "line" },
        code(id),
        el("span", { class: `chip ${state}` }, state),
        el("span", { class: "figure" }, `${number(used)} / ${limit === undefined ? "not known" : number(limit)}`,
          percent === undefined ? "" : ` · ${percent} %`)),
      gauge(used, limit, `${id}: ${used} of ${limit}`),
      facts([
        ["kind", isLevel(index) ? "level" : "counter"],
        ["figure from", source === "local" ? "this browser only" : "the snapshot, and uses since"],
        ["period", period_end && `${instant(period_start)} to ${instant(period_end)}${provisional ? ", rolled forward here" : ""}`],
        ["ends", period_end && distance(period_end, now_ms)],
        ["pace", projection ? `limit around ${day(projection.date)}, between ${day(projection.from)} and ${day(projection.until)}` : "no projection"],
      ]));
  }));
}

const day = (time_ms) => new Date(time_ms).toISOString().slice(0, 10);

const GROUPS = [
  ["On the screen", true, ({ decision, is_unplaced }) => decision === "shown" && !is_unplaced],
  ["Waiting for a slot", true, ({ is_unplaced }) => is_unplaced],
  ["Next", true, ({ decision }) => decision === "next"],
  ["Held", true, ({ decision, reason }) => decision === "held" && reason !== "not_fired"],
  ["Not fired", false, ({ reason }) => reason === "not_fired"],
];

export function promptsSection(state) {
  const { trace } = state;
  // `explain` answers by the policy's order, and a prompt is forced by its place there.
  const placed = trace.prompts.map((judged, place) => ({ ...judged, place, is_unplaced: !!trace.unplaced?.includes(judged.exposure) }));
  return GROUPS.map(([label, is_open, belongs]) => {
    const group = placed.filter(belongs);
    return el("details", { open: is_open },
      el("summary", {}, `${label} `, el("span", { class: "count" }, `${group.length}`)),
      el("ul", { class: "rows" }, group.map((judged) => candidate(judged, state))));
  });
}

function candidate({ prompt, meter, feature, surface, decision, exposure, stage, reason, eligible_at, by, fired_at, place }, { trace, now_ms }) {
  const about = meter ?? feature;
  const reading = trace.meters[meter];
  return el("li", {},
    el("div", { class: "line" },
      code(prompt),
      about && el("span", { class: "about" }, about),
      el("span", { class: `chip ${decision}` }, stage ? `${stage} › ${reason}` : decision),
      button(`show ${place}`, "Show", { "aria-label": `Show ${prompt}${about ? ` of ${about}` : ""}, whatever holds it` })),
    facts([
      ["why", reason && REASONS[reason]],
      ["behind", by && code(by)],
      ["eligible", eligible_at > 0 && [time(eligible_at, now_ms), " ",
        eligible_at > now_ms && button(`until ${eligible_at}`, "Go there", { "aria-label": `Move the clock to ${instant(eligible_at)}` })]],
      ["fired", fired_at && time(fired_at, now_ms)],
      ["surface", surface],
      ["usage", reading && `${number(reading.used)} / ${reading.limit === undefined ? "not known" : number(reading.limit)}`
        + (reading.percent === undefined ? "" : `, ${reading.percent} %`)],
      ["exposure", exposure && code(exposure)],
    ]));
}

export function armsSection({ trace, words, forced }) {
  if (!words.experiments.length) return nothing("The policy has no experiments.");
  return el("ul", { class: "rows" }, words.experiments.map(({ id, arms }, index) =>
    el("li", {},
      el("div", { class: "line" }, code(id), el("span", { class: "chip" }, trace.arms[id] ?? "in no arm")),
      el("div", { class: "line" }, arms.map((name, place) =>
        button(`arm ${index} ${place}`, name, { "aria-pressed": `${forced(index) === place}`, "aria-label": `Force arm ${name} of ${id}` }))))));
}

export function scoreSection({ trace, now_ms }) {
  const { score } = trace;
  if (!score) return nothing("The policy keeps the score on the server.");
  return [
    el("div", { class: "line" },
      el("strong", {}, `${score.points}`), " of 100",
      el("span", { class: `chip ${score.is_reached ? "shown" : ""}` }, score.is_reached ? "at or above the line" : "below the line"),
      el("span", { class: "about" }, `reached ${score.rise} time${score.rise === 1 ? "" : "s"}`)),
    facts(Object.entries(score.categories).map(([name, points]) => [name, `${points}`])),
    score.contributions.length > 0
      ? table(["signal", "count", "newest", "plain", "points"], score.contributions.map(
          ({ signal, count, newest_day, plain_points, points }) =>
            [code(signal), number(count), distance(newest_day, now_ms), `${plain_points}`, el("strong", {}, `${points}`)]))
      : nothing("No signal has given points yet."),
  ];
}

export function outboxSection({ trace, tape }) {
  const { outbox, sending, consent } = trace;
  if (!outbox) return nothing("Nothing has begun.");
  const [waiting, left, fault] = [tape.waiting(), tape.left(), tape.fault()];
  return [
    facts([
      ["sending", sending ? "yes" : `no: ${consent === "granted" ? "there is no endpoint, key or snapshot, or the browser asks not to" : `consent is ${consent}`}`],
      ["waiting", `${outbox.queued}, ${number(outbox.queued_bytes)} bytes`],
      ["acknowledged", `${outbox.sent}`],
      ["refused", `${outbox.rejected}`],
      ["dropped", `${outbox.dropped}`],
      ["failures in a row", `${outbox.failures}`],
      ["stopped", outbox.stopped ? "yes, until the next start or a fresh token" : "no"],
      ["last error", fault ? `${fault.words}, ${instant(fault.at)}` : "none seen since the panel opened"],
    ]),
    el("h3", {}, "Waits to be acknowledged"),
    waiting.length ? events(waiting) : nothing("Nothing waits."),
    el("h3", {}, "Has left the queue, newest first"),
    left.length ? events(left) : nothing("Nothing has been sent since the panel opened."),
  ];
}

const events = (list) =>
  table(["event", "made", "message"], list.map(({ event, timestamp, messageId }) =>
    [event, instant(Date.parse(timestamp)), code(messageId)]));

export function memorySection({ trace, memory }) {
  const tables = tablesOf(memory);
  return [
    facts([
      ["size", `${number(trace.memory?.bytes ?? 0)} bytes, ${trace.memory?.rows ?? 0} rows`],
      ["kept", { local: "in this browser's storage", memory: "in this page only: the browser or its tabs leave no room", none: "nowhere" }[trace.storage]],
      ["writer", trace.writer && code(trace.writer)],
    ]),
    tables.length > 0 && table(["holds", "rows", "bytes"], tables.map(({ name, rows, bytes }) => [name, `${rows}`, number(bytes)])),
  ];
}

export function inputsSection({ tape }) {
  const inputs = tape.inputs();
  const earlier = tape.earlier();
  if (!inputs.length) return nothing("Nothing has happened yet.");
  return [
    el("ol", { class: "rows", reversed: true }, inputs.toReversed().map(({ at, name, about, led }) =>
      el("li", {},
        el("div", { class: "line" }, code(name), about && el("span", { class: "about" }, about),
          el("span", { class: "when" }, instant(at).slice(11))),
        led.length > 0 && el("p", { class: "led" }, led.join(" · "))))),
    earlier > 0 && nothing(`${earlier} earlier ${earlier === 1 ? "input is" : "inputs are"} not kept here.`),
  ];
}

export function pageSection({ trace, words, now_ms }) {
  const { page = {} } = trace;
  return facts([
    ["engine time", time(trace.at, now_ms)],
    ["snapshot", trace.snapshot_at === undefined ? "none yet" : time(trace.snapshot_at, now_ms)],
    ["plan", trace.plan && `${trace.plan}, epoch ${trace.plan_epoch}`],
    ["revision", trace.revision && code(trace.revision)],
    ["locale", words.locale],
    ["page", Object.entries(page).filter(([name, is]) => name !== "route" && is).map(([name]) => name.replace("_", " ")).join(", ") || "allows nothing"],
    ["route", page.route && code(page.route)],
    ["consent", trace.consent],
    ["storage", trace.storage],
    ["tabs", trace.crowded ? "too many are open" : trace.locks ? "agree by Web Locks" : "cannot agree: no Web Locks"],
    ["unknown ids", trace.unknown?.length ? trace.unknown.join(", ") : "none"],
  ]);
}

const table = (heads, rows) =>
  el("div", { class: "wide" }, el("table", {},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))))));
