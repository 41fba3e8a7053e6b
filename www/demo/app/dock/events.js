// The account's events as the collector stored them, read through the demo's server.
// Polled while the dock is open; what is shown has been through the network and back.

import { h, keyed, setText } from "../dom.js";

const POLL_MS = 1_500;
const SHOWN_MAX = 60;
/** The most the collector gives at once. */
const PAGE_EVENTS = 500;

export function events(ctx) {
  const { t } = ctx.words;
  const list = h("ol", { class: "events", "aria-label": t("dock.events") });
  const hint = h("p", { class: "dock-hint" }, t("dock.events_empty"));
  const count = h("span", { class: "dock-count" });
  const node = h(
    "section",
    { class: "dock-section grow", "aria-labelledby": "dock-events" },
    h("h3", { id: "dock-events" }, t("dock.events"), count),
    hint,
    list,
  );
  let newest = [];
  let total = 0;
  let after = "0";
  let account;
  let timer;
  let stopped = false;

  async function poll() {
    if (!document.hidden) await look();
    if (!stopped) timer = setTimeout(poll, POLL_MS);
  }
  async function look() {
    let answer;
    try {
      const response = await fetch(`/api/events?after=${after}&limit=${PAGE_EVENTS}`);
      answer = response.ok ? await response.json() : undefined;
    } catch {
      answer = undefined;
    }
    if (!answer) return show(t("dock.events_away"));
    after = answer.next ?? after;
    total += answer.events.length;
    newest = [...newest, ...answer.events].slice(-SHOWN_MAX);
    show(total === 0 ? t("dock.events_empty") : "");
    setText(count, total > 0 ? String(total) : "");
    keyed(
      list,
      [...newest].reverse(),
      (event) => event.position,
      (event) => row(ctx, event),
    );
  }
  function show(text) {
    setText(hint, text);
    hint.hidden = text === "";
  }
  return {
    node,
    update({ snapshot }) {
      if (account === snapshot.account.id) return;
      account = snapshot.account.id;
      [newest, total, after] = [[], 0, "0"];
    },
    watch(open) {
      clearTimeout(timer);
      stopped = !open;
      if (open) poll();
    },
    destroy() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function row(ctx, event) {
  const properties = event.properties ?? {};
  return h(
    "li",
    {},
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("span", { class: "event-name" }, event.event),
        h("time", { datetime: event.timestamp }, ctx.words.time(event.timestamp)),
        h("span", { class: "event-facts" }, facts(properties)),
      ),
      h("pre", { tabindex: "0" }, JSON.stringify(event, null, 2)),
    ),
  );
}

const FACTS = [
  "prompt",
  "meter",
  "feature",
  "step",
  "percent",
  "added",
  "released",
  "response",
  "action",
  "reason",
  "kind",
  "from_plan",
  "to_plan",
];

const facts = (properties) =>
  FACTS.filter((name) => properties[name] !== undefined && properties[name] !== 0)
    .map((name) => (name === "percent" ? `${properties[name]} %` : String(properties[name])))
    .join(" · ");
