// The three plans side by side, and what has been asked for through Plimsoll's forms, as the
// collector stored it.

import { fill, h, icon } from "../dom.js";

export function plan(ctx) {
  const { t, day } = ctx.words;
  const plans = h("ul", { class: "plans" });
  const notes = h("div", { class: "notes" });
  const asked = h("ul", { class: "asked", "aria-label": t("plan.requests") });
  const node = h(
    "article",
    {},
    h("header", { class: "page-head" }, h("h1", { tabindex: "-1" }, t("plan.title"))),
    notes,
    asked,
    plans,
  );
  return {
    node,
    update({ state }) {
      const owner = state.role === "owner";
      fill(
        plans,
        state.plans.map((candidate) => card(ctx, candidate, state, owner)),
      );
      fill(
        notes,
        state.trial && h("p", {}, t("plan.trial", { date: day(state.trial.ends_at) })),
        !owner && h("p", {}, t("plan.not_owner")),
      );
    },
    /** Read back from the collector, so what is shown has been through the network. */
    async ready() {
      const response = await fetch("/api/asked").catch(() => undefined);
      const { requests = [] } = response?.ok ? await response.json() : {};
      fill(
        asked,
        requests.map((request) =>
          h(
            "li",
            { "data-request": request.id },
            t(`plan.request_${request.kind}`, { date: day(request.received_at) }),
            request.note && h("q", {}, request.note),
          ),
        ),
      );
    },
  };
}

function card(ctx, candidate, state, owner) {
  const { t, money } = ctx.words;
  const current = candidate.id === state.plan;
  const rank = (id) => state.plans.findIndex((other) => other.id === id);
  const higher = rank(candidate.id) > rank(state.plan);
  return h(
    "li",
    { class: current ? "plan current" : "plan" },
    h("h2", {}, candidate.name, current && h("span", { class: "mark" }, t("plan.current"))),
    h("p", { class: "price" }, priceText(t, money, candidate)),
    h(
      "ul",
      { class: "includes" },
      ["emails", "seats", "storage"].map((meter) =>
        h("li", {}, icon("check"), quotaText(ctx.words, meter, candidate.quotas[meter]?.limit)),
      ),
      candidate.features.map((feature) => h("li", {}, icon("check"), t(`nav.${feature}`))),
    ),
    higher &&
      owner &&
      candidate.buy === "checkout" &&
      h(
        "a",
        { class: "button primary", href: `/checkout?plan=${candidate.id}` },
        t("plan.upgrade", { plan: candidate.name }),
      ),
    higher &&
      candidate.buy === "sales" &&
      h("a", { class: "button", href: "/sales" }, t("plan.sales")),
  );
}

function priceText(t, money, { price, buy }) {
  if (price) return t("plan.per_month", { price: money(price.amount_minor, price.currency) });
  return t(buy === "sales" ? "plan.by_agreement" : "plan.free");
}

function quotaText({ t, number, megabytes }, meter, limit) {
  if (limit === "unlimited") return t(`plan.${meter}_unlimited`);
  return t(`plan.${meter}`, { limit: meter === "storage" ? megabytes(limit) : number(limit) });
}
