/** Makes prompts from `samples.json`, in the shape the engine gives them. */

import { questionOf } from "../../pkg/shell/question.js";
import { fill } from "../../pkg/text.js";

export const samples = async () => (await fetch(new URL("samples.json", import.meta.url))).json();

const LINKS = { upgrade: "/checkout?plan=pro", talk_to_sales: "https://example.com/sales" };
const LIMIT = 1000;

export function prompt(name, state, { ui, labels, texts, values }, exposure) {
  const shared = {
    plan: "Free",
    next_plan: "Pro",
    next_limit: 50_000,
    owner: state.actions?.includes("ask_admin") ? "Ana" : undefined,
    date: Date.UTC(2026, 11, 1, 12),
    price: { amount_minor: 4900, currency: "USD", per: "month" },
  };
  const counted = state.used === undefined ? {} : {
    used: state.used,
    limit: LIMIT,
    percent: Math.floor((100 * state.used) / LIMIT),
    remaining: LIMIT - state.used,
  };
  if (state.question) return questionOf(said(name, state, "", exposure), state.question, ui);
  if (state.waiting ?? state.note) return said(name, state, ui[state.waiting ?? state.note], exposure);
  const { feature, outcome, meter } = values;
  const about = state.text === "preview" ? { feature, outcome } : { meter };
  if (state.text === "preview" || state.text === "trial") delete shared.next_limit;
  return {
    exposure,
    prompt: name,
    surface: state.surface,
    lane: state.surface === "modal" || state.surface === "preview" ? "interrupt" : "ambient",
    edge: state.edge,
    tone: state.tone,
    trigger: "threshold",
    subject: counted.used === undefined ? {} : { meter: "emails" },
    values: { ...shared, ...counted, ...about },
    texts: texts[state.text],
    image: state.image && { src: new URL("automation.svg", import.meta.url).href, alt: "" },
    also: state.also && texts.also,
    actions: state.actions.map((id, place) => ({
      id,
      label: id === "upgrade" && state.upgrade ? filled(ui[state.upgrade], state.quote) : labels[id],
      primary: place === 0 || undefined,
      menu: id === "never" || undefined,
      href: id === "upgrade" && state.quote ? undefined : LINKS[id],
    })),
    plan: { from: "free", to: "pro" },
    repaint: false,
  };
}

/** What follows a press: nothing to choose, and no figures. */
const said = (name, { surface, waiting, tone = "offer" }, title, exposure) => ({
  exposure, prompt: name, surface, tone, waiting: !!waiting || undefined, texts: { title, body: [] }, values: {}, actions: [],
});

/** The amount due now, which is not the plan's price. */
const filled = (label, quote) => fill(label, { price: { ...quote, per: undefined } }, document.documentElement.lang);
