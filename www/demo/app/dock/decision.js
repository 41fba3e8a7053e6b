// The trace of the last decision, as `plimsoll.explain()` tells it: every candidate, whether it was
// shown, else the stage and code that held it and when it could next be eligible.

import { fill, h, keyed, setText } from "../dom.js";
import { plimsoll, startFailure } from "../plimsoll.js";

/** Often enough to look live; one reading costs far less than a frame. */
const LOOK_AGAIN_MS = 1_000;

export function decision(ctx) {
  const { t } = ctx.words;
  const list = h("ul", { class: "trace" });
  const rest = h("p", { class: "dock-hint" });
  const node = h(
    "section",
    { class: "dock-section", "aria-labelledby": "dock-decision" },
    h("h3", { id: "dock-decision" }, t("dock.decision")),
    list,
    rest,
  );
  let timer;

  function look() {
    const trace = plimsoll()?.explain();
    if (!trace) {
      fill(list);
      const failure = startFailure();
      return setText(rest, failure ? `${t("dock.decision_empty")} ${failure.message} ${failure.help ?? ""}` : t("dock.waiting"));
    }
    const candidates = trace.candidates ?? [];
    const fired = candidates.filter((candidate) => candidate.reason !== "not_fired");
    keyed(list, fired, keyOf, row, (item, candidate) => paint(ctx, item, candidate));
    const others = candidates.length - fired.length;
    setText(rest, others > 0 ? t("dock.others", { count: others }) : "");
  }
  return {
    node,
    plimsollReady: look,
    update: look,
    watch(open) {
      clearInterval(timer);
      if (open) timer = setInterval(() => document.hidden || look(), LOOK_AGAIN_MS);
    },
    destroy: () => clearInterval(timer),
  };
}

const subjectOf = ({ subject }) => subject?.meter ?? subject?.feature ?? "";
const keyOf = (candidate) => `${candidate.prompt}/${subjectOf(candidate)}`;

const row = () =>
  h("li", {}, h("span", { class: "trace-name" }), h("span", { class: "trace-verdict" }), h("span", { class: "trace-why" }));

function paint(ctx, item, candidate) {
  const { t, locale } = ctx.words;
  const shown = candidate.reason === undefined || candidate.reason === null || candidate.shown === true;
  const [name, verdict, why] = item.children;
  setText(name, [candidate.prompt, subjectOf(candidate)].filter(Boolean).join(" · "));
  setText(verdict, t(shown ? "dock.shown" : "dock.held"));
  item.dataset.verdict = shown ? "shown" : "held";
  const parts = shown ? [candidate.surface] : [candidate.stage, candidate.reason];
  if (!shown && Number.isFinite(candidate.next_at)) {
    const when = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    parts.push(t("dock.next", { time: when.format(candidate.next_at) }));
  }
  setText(why, parts.filter(Boolean).join(" · "));
}
