// The trace of the last decision, as `plimsoll.explain()` tells it: every prompt that has fired, shown or
// held, with the stage and code that held it and when it could next be eligible.

import { fill, h, keyed, setText } from "../dom.js";
import { plimsoll, startFailure } from "../plimsoll.js";
import { meaning } from "./reasons.js";

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
    if (!trace?.prompts) {
      fill(list);
      const failure = startFailure();
      return setText(
        rest,
        failure
          ? `${t("dock.decision_empty")} ${failure.message} ${failure.help ?? ""}`
          : t("dock.waiting"),
      );
    }
    const fired = trace.prompts.filter((judged) => judged.reason !== "not_fired");
    keyed(list, fired, keyOf, row, (item, judged) => paint(ctx, item, judged));
    const others = trace.prompts.length - fired.length;
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

const subjectOf = (judged) => judged.meter ?? judged.feature ?? "";
const keyOf = (judged) => `${judged.prompt}/${subjectOf(judged)}`;

const row = () =>
  h(
    "li",
    {},
    h("span", { class: "trace-name" }),
    h("span", { class: "trace-verdict" }),
    h("span", { class: "trace-why" }),
  );

function paint(ctx, item, judged) {
  const { t, locale } = ctx.words;
  const [name, verdict, why] = item.children;
  const held = judged.decision === "held";
  setText(name, [judged.prompt, subjectOf(judged)].filter(Boolean).join(" · "));
  setText(verdict, held ? `${judged.stage} · ${judged.reason}` : t(`dock.${judged.decision}`));
  item.dataset.verdict = judged.decision;
  const parts = held ? [meaning(judged.reason, locale), judged.by] : [judged.surface];
  if (judged.eligible_at !== undefined) {
    const format = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
    const when = new Intl.DateTimeFormat(locale, format).format(judged.eligible_at);
    parts.push(t("dock.eligible", { time: when }));
  }
  setText(why, parts.filter(Boolean).join(" · "));
}
