// The demo's controls: each changes what Postwharf's server says, then Plimsoll is told as usual.

import { change } from "../api.js";
import { h, setText } from "../dom.js";
import { delivered, plimsoll } from "../plimsoll.js";
import { LOCALES } from "../strings.js";

/** Longer than Plimsoll gathers events before it sends them. */
const DELIVERY_MAX_MS = 8_000;

export function controls(ctx) {
  const { t, date } = ctx.words;
  const plan = choice(
    t("dock.plan"),
    "plan",
    [
      ["free", "Free"],
      ["pro", "Pro"],
      ["enterprise", "Enterprise"],
    ],
    (id) => change("POST", "/api/demo/plan", { plan: id }),
  );
  const role = choice(
    t("dock.role"),
    "role",
    [
      ["owner", t("dock.role_owner")],
      ["editor", t("dock.role_editor")],
    ],
    (id) => change("POST", "/api/demo/role", { role: id }),
  );
  const trial = choice(
    t("dock.trial"),
    "trial",
    [
      ["off", t("dock.trial_off")],
      ["on", t("dock.trial_on")],
    ],
    (id) => change("POST", "/api/demo/trial", { running: id === "on" }),
  );
  const payments = choice(
    t("dock.payments"),
    "payments",
    ["at_once", "late", "declined"].map((how) => [how, t(`dock.payments_${how}`)]),
    (how) => change("POST", "/api/demo/payments", { how }),
  );
  const locale = choice(t("dock.locale"), "locale", Object.entries(LOCALES), (id) =>
    ctx.setLocale(id),
  );
  const theme = choice(
    t("dock.theme"),
    "theme",
    [
      ["light", t("dock.theme_light")],
      ["dark", t("dock.theme_dark")],
    ],
    (id) => ctx.setTheme(id),
  );
  const now = h("output", { class: "dock-now" });
  const time = h(
    "div",
    { class: "choice", role: "group", "aria-label": t("dock.time") },
    h("span", { class: "choice-label", "aria-hidden": "true" }, t("dock.time"), now),
    h(
      "div",
      { class: "segments" },
      ["day", "week", "month"].map((step) =>
        h(
          "button",
          {
            type: "button",
            "data-step": step,
            on: { click: (event) => moveTime(event.currentTarget, step) },
          },
          t(`dock.${step}`),
        ),
      ),
    ),
  );
  const sales = h(
    "button",
    {
      type: "button",
      class: "dock-button",
      on: { click: () => change("POST", "/api/demo/sales") },
    },
    t("dock.sales"),
  );
  const reset = h(
    "button",
    { type: "button", class: "dock-button", "data-reset": true, on: { click: startOver } },
    t("dock.reset"),
  );
  const node = h(
    "section",
    { class: "dock-section controls", "aria-labelledby": "dock-controls" },
    h("h3", { id: "dock-controls" }, t("dock.controls")),
    plan.node,
    role.node,
    trial.node,
    payments.node,
    time,
    locale.node,
    theme.node,
    h("div", { class: "dock-buttons" }, sales, reset),
  );

  return {
    node,
    update({ state }) {
      plan.select(state.plan);
      role.select(state.role);
      trial.select(state.trial ? "on" : "off");
      payments.select(state.payments);
      locale.select(ctx.words.locale);
      theme.select(document.documentElement.dataset.theme);
      setText(now, date(state.time));
      sales.hidden = !state.in_sales_conversation;
    },
  };
}

/** A month ages what has not been sent yet past what is sent at all, so it goes first. */
async function moveTime(button, step) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  if (step === "month") await delivered(DELIVERY_MAX_MS);
  await change("POST", "/api/demo/clock", { step });
  button.removeAttribute("aria-busy");
}

/** A new account of a new visitor; the old one's memory is left to Plimsoll's own `reset`. */
async function startOver() {
  await plimsoll()?.reset();
  await change("POST", "/api/demo/reset");
  location.assign("/");
}

/** A row of radio buttons drawn as one bar. */
function choice(label, name, options, choose) {
  const inputs = options.map(([id]) =>
    h("input", { type: "radio", name, value: id, on: { change: () => choose(id) } }),
  );
  const node = h(
    "fieldset",
    { class: "choice" },
    h("legend", { class: "choice-label" }, label),
    h(
      "div",
      { class: "segments" },
      options.map(([, text], index) => h("label", {}, inputs[index], h("span", {}, text))),
    ),
  );
  return {
    node,
    select(id) {
      for (const input of inputs) input.checked = input.value === id;
    },
  };
}
