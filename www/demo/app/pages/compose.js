// The composer, with three sizes of sending: enough to watch every threshold pass.

import { h, keyed, setText } from "../dom.js";
import { spend } from "../plimsoll.js";

const SIZES = [1, 10, 100];

export function compose(ctx) {
  const { t, time } = ctx.words;
  const result = h("p", { class: "result", role: "status" });
  const log = h("ol", { class: "log" });
  const empty = h("p", { class: "hint" }, t("compose.log_empty"));

  let plan;

  async function send(count) {
    const reply = await spend("emails", count, { path: "/api/emails", body: { count } });
    const id = reply.ok ? "compose.done" : reply.status === 402 ? "compose.refused" : "away";
    result.textContent = t(id, { count });
    result.dataset.kind = reply.ok ? "good" : "bad";
  }

  const node = h(
    "article",
    {},
    h(
      "header",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", { tabindex: "-1" }, t("compose.title")),
        h("p", { class: "intro" }, t("compose.intro")),
      ),
    ),
    h(
      "div",
      { class: "composer" },
      h(
        "form",
        { class: "letter", on: { submit: (event) => event.preventDefault() } },
        field(t("compose.to"), h("input", { value: t("compose.to_value"), name: "to" })),
        field(
          t("compose.subject"),
          h("input", { value: t("compose.subject_value"), name: "subject" }),
        ),
        field(
          t("compose.body"),
          h("textarea", { rows: "11", name: "body", value: t("compose.body_value") }),
        ),
      ),
      h(
        "section",
        { class: "send", "aria-labelledby": "send-title" },
        h("h2", { id: "send-title" }, t("compose.send_title")),
        SIZES.map((count) =>
          h(
            "div",
            { class: "send-row" },
            h("span", { id: `send-hint-${count}` }, t(`compose.send_${count}_hint`)),
            h(
              "button",
              {
                type: "button",
                class: count === 100 ? "button primary" : "button",
                "data-send": String(count),
                "aria-describedby": `send-hint-${count}`,
                on: { click: () => send(count) },
              },
              t(`compose.send_${count}`),
            ),
          ),
        ),
        result,
        h("h3", {}, t("compose.log")),
        empty,
        log,
      ),
    ),
  );
  return {
    node,
    update({ state }) {
      // What was refused on one plan says nothing about the next.
      if (state.plan !== plan) setText(result, "");
      plan = state.plan;
      empty.hidden = state.sends.length > 0;
      keyed(
        log,
        state.sends.slice(0, 6),
        (row) => row.id,
        (row) =>
          h(
            "li",
            {},
            h("span", {}, t("compose.log_row", { count: row.count })),
            h("time", { datetime: row.at }, time(row.at)),
          ),
      );
    },
  };
}

const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);
