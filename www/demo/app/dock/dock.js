// "Behind the scenes": what drives the demo, and what Plimsoll decided and delivered.
// It is not part of Postwharf and reads Plimsoll only through its public calls.

import { h, icon, setText } from "../dom.js";
import { controls } from "./controls.js";
import { decision } from "./decision.js";
import { events } from "./events.js";

export function dock(ctx) {
  const { t } = ctx.words;
  const root = document.documentElement;
  const panel = h("div", { class: "dock-panel", id: "dock-panel" });
  const toggle = h("button", {
    type: "button",
    class: "dock-toggle",
    "aria-controls": "dock-panel",
    on: { click: flip },
  });
  const label = h("span", {});
  toggle.append(label, icon("chevron"));
  const parts = [controls(ctx), decision(ctx), events(ctx)];
  panel.append(...parts.map((part) => part.node));
  const node = h(
    "aside",
    { class: "dock", "aria-label": t("dock.title") },
    h("h2", { class: "dock-title" }, toggle),
    panel,
  );
  show();

  function flip() {
    root.dataset.dock = root.dataset.dock === "open" ? "closed" : "open";
    try {
      localStorage.setItem("postwharf.dock", root.dataset.dock);
    } catch {
      // A browser that keeps nothing opens the dock anew each time.
    }
    show();
  }
  function show() {
    const open = root.dataset.dock === "open";
    toggle.setAttribute("aria-expanded", String(open));
    setText(label, t("dock.title"));
    toggle.title = t(open ? "dock.close" : "dock.open");
    panel.hidden = !open;
    for (const part of parts) part.watch?.(open);
  }

  return {
    node,
    update(truth) {
      for (const part of parts) part.update?.(truth);
    },
    plimsollReady(instance) {
      for (const part of parts) part.plimsollReady?.(instance);
    },
    destroy() {
      for (const part of parts) part.destroy?.();
    },
  };
}
