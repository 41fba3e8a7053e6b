// Asking for a conversation; while it lasts, Plimsoll offers nothing.

import { change } from "../api.js";
import { fill, h } from "../dom.js";

export function sales(ctx) {
  const { t } = ctx.words;
  const foot = h("div", {});
  const ask = h(
    "button",
    {
      type: "button",
      class: "button primary",
      on: {
        click: () => change("POST", "/api/sales"),
      },
    },
    t("sales.ask"),
  );
  let asked;
  const node = h(
    "article",
    { class: "narrow" },
    h(
      "header",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", { tabindex: "-1" }, t("sales.title")),
        h("p", { class: "intro" }, t("sales.intro")),
      ),
    ),
    foot,
  );
  return {
    node,
    update({ state }) {
      if (state.in_sales_conversation === asked) return;
      asked = state.in_sales_conversation;
      fill(foot, asked ? h("p", { role: "status" }, t("sales.done")) : ask);
    },
  };
}
