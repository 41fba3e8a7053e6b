// The checkout: the amount due now from the server's quote, one intent for one payment.

import { ask } from "../api.js";
import { fill, h } from "../dom.js";
import { buy } from "../plimsoll.js";

export function checkout(ctx) {
  const { t, locale } = ctx.words;
  const params = new URLSearchParams(location.search);
  const wanted = params.get("plan") ?? "pro";
  const given = params.get("intent") ?? "";
  // The prompt's intent when it brought us here, so that one press can never be paid twice.
  const intent = /^[0-9a-f]{16}$/.test(given) ? given : newIntent();
  const name = ctx.truth.state.plans.find((plan) => plan.id === wanted)?.name ?? wanted;
  const body = h("div", { class: "checkout" });
  const title = h("h1", { tabindex: "-1" }, t("checkout.title", { plan: name }));
  const node = h("article", { class: "narrow" }, h("header", { class: "page-head" }, title), body);

  async function pay(event, quote) {
    const button = event.currentTarget;
    button.disabled = true;
    button.textContent = t("checkout.paying");
    const reply = await buy(intent, wanted, locale);
    if (reply.ok) return done(reply.receipt);
    button.disabled = false;
    button.textContent = payLabel(quote);
    body.querySelector(".result").textContent = t("checkout.failed");
  }
  function done(receipt) {
    title.textContent = t("checkout.done_title", { plan: name });
    title.focus();
    fill(
      body,
      h("p", {}, t("checkout.done", { plan: name, price: money(receipt) })),
      h("a", { class: "button primary", href: "/" }, t("checkout.continue")),
    );
  }
  const money = (quote) => ctx.words.money(quote.amount_minor, quote.currency);
  const payLabel = (quote) => t("checkout.pay", { price: money(quote) });

  ask("/api/quote", { plan: wanted, locale }).then((reply) => {
    if (!reply.quote || reply.state.plan === wanted || reply.state.role !== "owner") {
      const why = reply.state?.role === "editor" ? "plan.not_owner" : "checkout.unavailable";
      return fill(
        body,
        h("p", {}, t(why)),
        h("a", { class: "button", href: "/plan" }, t("checkout.back")),
      );
    }
    const { quote } = reply;
    fill(
      body,
      h(
        "dl",
        { class: "receipt" },
        line(
          h(
            "span",
            {},
            t("checkout.due"),
            h(
              "span",
              { class: "hint" },
              t("checkout.rest", { count: quote.rest_days, total: quote.total_days }),
            ),
          ),
          money(quote),
          "due",
        ),
        line(t("checkout.card"), t("checkout.card_value")),
      ),
      h(
        "p",
        { class: "hint" },
        t("checkout.renews", {
          price: ctx.words.money(quote.renewal_minor, quote.currency),
          date: ctx.words.day(quote.renews_at),
        }),
      ),
      h("p", { class: "result bad", role: "status" }),
      h(
        "div",
        { class: "buttons" },
        h(
          "button",
          {
            type: "button",
            class: "button primary",
            "data-pay": true,
            on: { click: (event) => pay(event, quote) },
          },
          payLabel(quote),
        ),
        h("a", { class: "button quiet", href: "/plan" }, t("checkout.back")),
      ),
      h("p", { class: "hint" }, t("checkout.nothing")),
    );
  });
  return { node, update() {} };
}

const line = (label, value, kind) =>
  h("div", { class: kind }, h("dt", {}, label), h("dd", {}, value));

const newIntent = () =>
  [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
