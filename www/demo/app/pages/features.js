// The two premium features. What the plan lacks is shown as it is, marked, and told to Plimsoll
// when a person touches it; the page itself only says which plan has it.

import { fill, h, icon, setText } from "../dom.js";
import { plimsoll } from "../plimsoll.js";

export function automation(ctx) {
  const { t } = ctx.words;
  let paused = false;
  const pause = h("button", {
    type: "button",
    class: "button",
    on: {
      click: () => {
        paused = !paused;
        page.update(ctx.truth);
      },
    },
  });
  const running = h("p", {});
  const page = featurePage(ctx, "automation", {
    picture: h(
      "ol",
      { class: "flow" },
      [1, 2, 3].map((step) =>
        h(
          "li",
          {},
          h("strong", {}, t(`automation.step_${step}`)),
          h("span", { class: "hint" }, t(`automation.step_${step}_note`)),
        ),
      ),
    ),
    tryLabel: t("automation.build"),
    unlocked: [running, pause],
    update() {
      setText(running, t(paused ? "automation.paused" : "automation.running"));
      setText(pause, t(paused ? "automation.resume" : "automation.pause"));
    },
  });
  return page;
}

export function sso(ctx) {
  const { t } = ctx.words;
  const page = featurePage(ctx, "sso", {
    picture: h(
      "div",
      { class: "card form" },
      h(
        "label",
        { class: "field" },
        h("span", {}, t("sso.provider")),
        h(
          "select",
          {},
          ["Okta", "Microsoft Entra", "Google Workspace"].map((name) => h("option", {}, name)),
        ),
      ),
      h(
        "label",
        { class: "field" },
        h("span", {}, t("sso.metadata")),
        h("input", { type: "url", value: t("sso.metadata_value") }),
      ),
    ),
    tryLabel: t("sso.turn_on"),
    unlocked: [h("p", {}, t("sso.on"))],
    update() {},
  });
  return page;
}

function featurePage(ctx, feature, { picture, tryLabel, unlocked, update }) {
  const { t } = ctx.words;
  const note = h("p", { class: "feature-note" });
  const foot = h("div", { class: "feature-foot" });
  // Marks the button while the plan lacks the feature, and tells Plimsoll when it is pressed.
  const tryIt = h(
    "plimsoll-gate",
    { feature },
    h("button", { type: "button", class: "button primary", "data-try": feature }, tryLabel),
  );
  let owned;
  const node = h(
    "article",
    {},
    h(
      "header",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", { tabindex: "-1" }, t(`${feature}.title`)),
        h("p", { class: "intro" }, t(`${feature}.intro`)),
      ),
    ),
    picture,
    foot,
    note,
  );
  return {
    node,
    ready() {
      if (!owned) plimsoll()?.explore(feature, "seen");
    },
    update({ state }) {
      const has = state.features.includes(feature);
      update(state);
      if (has === owned) return;
      owned = has;
      fill(foot, has ? [h("div", { class: "owned" }, icon("check"), unlocked)] : [tryIt]);
      fill(
        note,
        !has && [t(`${feature}.locked`), " ", h("a", { href: "/plan" }, t("usage.change"))],
      );
    },
  };
}
