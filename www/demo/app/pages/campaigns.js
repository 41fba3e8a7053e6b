// The list of campaigns: three that were sent, and the one the visitor is sending.

import { h, icon, setText } from "../dom.js";

const DAY_MS = 86_400_000;
/** Sums to the 380 e-mails the account starts with. */
const SENT = [
  { id: "signed", recipients: 120, opened: 0.51, daysAgo: 4 },
  { id: "evening", recipients: 80, opened: 0.385, daysAgo: 7 },
  { id: "autumn", recipients: 180, opened: 0.462, daysAgo: 11 },
];

export function campaigns(ctx) {
  const { t, number, day, locale } = ctx.words;
  const opened = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const recipients = h("td", { class: "number" });
  const status = h("td");
  const dates = SENT.map(() => h("td", { class: "optional" }));
  const rows = SENT.map(({ id, recipients, opened: part }, index) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, t(`campaigns.${id}`)),
      h("td", {}, badge(t("campaigns.sent"), "sent")),
      h("td", { class: "number" }, number(recipients)),
      h("td", { class: "number optional" }, opened.format(part)),
      dates[index],
    ),
  );
  const draft = h(
    "tr",
    {},
    h("th", { scope: "row" }, h("a", { href: "/compose" }, t("campaigns.winter"))),
    status,
    recipients,
    h("td", { class: "number optional" }, "–"),
    h("td", { class: "optional" }, "–"),
  );
  const heads = [
    ["name"],
    ["status"],
    ["recipients", "number"],
    ["opened", "number optional"],
    ["date", "optional"],
  ];
  const node = h(
    "article",
    {},
    h(
      "header",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", { tabindex: "-1" }, t("campaigns.title")),
        h("p", { class: "intro" }, t("campaigns.intro")),
      ),
      h("a", { class: "button primary", href: "/compose" }, icon("compose"), t("campaigns.new")),
    ),
    h(
      "table",
      { class: "list" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map(([id, kind]) => h("th", { scope: "col", class: kind }, t(`campaigns.${id}`))),
        ),
      ),
      h("tbody", {}, draft, rows),
    ),
  );
  return {
    node,
    update({ state }) {
      const now = Date.parse(state.time);
      SENT.forEach(({ daysAgo }, index) => {
        const sent = now - state.clock_shift_ms - daysAgo * DAY_MS;
        setText(dates[index], day(new Date(sent).toISOString()));
      });
      setText(recipients, state.draft_sent > 0 ? number(state.draft_sent) : "–");
      const sending = state.draft_sent > 0;
      status.replaceChildren(
        badge(t(sending ? "campaigns.sending" : "campaigns.draft"), sending ? "sending" : "draft"),
      );
    },
  };
}

const badge = (text, kind) => h("span", { class: `badge ${kind}` }, text);
