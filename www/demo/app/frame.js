// What stands around every page: the way around, the plan's meters, notices, and the dock.
// It knows the pages' names and addresses, not what they show.

import { fill, h, icon, setText } from "./dom.js";
import { dock } from "./dock/dock.js";

const NAV = [
  ["/", "campaigns"],
  ["/compose", "compose"],
  ["/team", "team"],
  ["/files", "files"],
  ["/automation", "automation", "automation"],
  ["/sso", "sso", "sso"],
  ["/plan", "plan"],
];
export const METERS = ["emails", "seats", "storage"];

export function frame(ctx) {
  const { t } = ctx.words;
  const links = NAV.map(([path, name, feature]) => navLink(t, path, name, feature));
  const usage = usagePanel(ctx);
  const main = h("main", { id: "main", tabindex: "-1" });
  const behind = dock(ctx);
  const sidebar = h(
    "header",
    { class: "sidebar" },
    h("a", { class: "brand", href: "/" }, icon("anchor"), h("span", {}, "Postwharf")),
    h(
      "nav",
      { "aria-label": t("nav") },
      h(
        "ul",
        {},
        links.map((link) => h("li", {}, link.node)),
      ),
    ),
    usage.node,
  );
  const skip = h("a", { class: "skip", href: "#main" }, t("skip"));
  // The notices stay the same node for good: Plimsoll paints its banners into them.
  const notices = document.getElementById("notices");
  const column = h("div", { class: "column" }, main);
  column.prepend(notices);
  document.body.prepend(skip, sidebar, column, behind.node);

  return {
    update(truth) {
      for (const link of links) link.update(truth.state);
      usage.update(truth);
      behind.update(truth);
    },
    show(path, page) {
      document.body.dataset.page = path;
      for (const link of links) link.select(path);
      fill(main, page.node);
      document.title = `${page.node.querySelector("h1")?.textContent ?? ""} · Postwharf`;
    },
    focusTitle() {
      main.querySelector("h1")?.focus();
    },
    plimsollReady(instance) {
      behind.plimsollReady(instance);
    },
    destroy() {
      behind.destroy();
      document.body.append(notices);
      for (const node of [skip, sidebar, column, behind.node]) node.remove();
    },
  };
}

/** A small outlined word beside what the plan lacks; it marks and does not block. */
const mark = (plan) => h("span", { class: "mark" }, plan);

/** The first plan that has a feature, by rank. */
const planWith = (state, feature) =>
  state.plans.find((plan) => plan.features.includes(feature));

function navLink(t, path, name, feature) {
  const note = h("span", { class: "nav-mark" });
  const node = h("a", { href: path }, icon(name), h("span", {}, t(`nav.${name}`)), note);
  return {
    node,
    update(state) {
      if (!feature) return;
      const locked = !state.features.includes(feature);
      fill(note, locked && mark(planWith(state, feature)?.name ?? ""));
    },
    select(current) {
      if (current !== path) return node.removeAttribute("aria-current");
      node.setAttribute("aria-current", "page");
      // On a narrow screen the list scrolls sideways; the page itself must not.
      const list = node.closest("ul");
      if (list) list.scrollLeft = node.offsetLeft - list.offsetLeft - 16;
    },
  };
}

function usagePanel(ctx) {
  const { t, shortDay } = ctx.words;
  const plan = h("span", { class: "plan-name" });
  const resets = h("p", { class: "hint" });
  // Only what is sent has a pace worth a line of its own.
  const meters = METERS.map((id) => h("plimsoll-meter", { meter: id, projection: id !== "emails" && "none" }));
  const node = h(
    "section",
    { class: "usage", "aria-labelledby": "usage-title" },
    h("h2", { id: "usage-title" }, t("usage.title"), plan),
    meters,
    resets,
    h("a", { href: "/plan" }, t("usage.change")),
  );
  return {
    node,
    update({ state, snapshot }) {
      setText(plan, state.plans.find(({ id }) => id === state.plan)?.name ?? state.plan);
      setText(resets, t("usage.resets", { date: shortDay(state.period_end) }));
      for (const [index, id] of METERS.entries()) {
        // What the page shows until Plimsoll runs, and where it cannot.
        const { used, limit } = snapshot.meters[id];
        const bounded = typeof limit === "number";
        meters[index].setAttribute("value", used);
        if (bounded) meters[index].setAttribute("max", limit);
        else meters[index].removeAttribute("max");
        setText(
          meters[index],
          t(bounded ? `meter.${id}` : `meter.${id}_unlimited`, { used, limit }),
        );
      }
    },
  };
}
