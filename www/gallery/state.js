/**
 * Shows one state of the gallery: `state.html?state=banner-urgent&locale=pt-BR&theme=dark&words=built-in`.
 * It plays the shell: it gives the view a prompt and writes down what comes back, in
 * `document.documentElement.dataset` and as `gallery` events, for tests to read.
 */
import { createView } from "../../pkg/view.js";
import { builtIn } from "./built-in.js";
import { prompt, samples } from "./prompt.js";

const asked = new URLSearchParams(location.search);
const name = asked.get("state") ?? "banner-urgent";
const locale = asked.get("locale") ?? "en";
const theme = asked.get("theme") ?? "auto";
const page = document.documentElement;
page.lang = locale;
page.dir = locale === "ar" ? "rtl" : "ltr";
if (theme !== "auto") page.classList.add(theme);

const heard = [];
const tell = (...what) => {
  heard.push(what);
  page.dataset.heard = JSON.stringify(heard);
};

const { states, locales } = await samples();
const state = states[name];
const own = asked.get("words") !== "built-in" && locales[locale];
const spoken = own || (await builtIn(locale));
const { ui, texts, values } = spoken;
// A card stands in the page's own layout: here at its end, where it moves nothing.
const slot = document.querySelector(state.surface === "inline" ? "#card" : "#slot");

const view = await createView({
  locale,
  ui,
  theme: asked.get("view_theme") ?? theme,
  target: state.slot ? slot : undefined,
  on: {
    painted: (exposure, how) => tell("painted", exposure, how),
    respond: (exposure, ...response) => tell("respond", exposure, ...response),
    form: (exposure, what, note) => {
      tell("form", exposure, what, note);
      if (what === "back") view.form(exposure);
    },
  },
});

const EXPOSURE = "00000000000000a1";

// For tests only; a gallery is no product.
const gallery = { view, open, become, states, heard, createView, locales, prompt: undefined };
Object.assign(window, { gallery });

function open(exposure = EXPOSURE) {
  const shown = prompt(name, state, spoken, exposure);
  view.show(shown);
  become(state, exposure);
  if (state.form) fillIn(exposure, state.form);
  gallery.prompt = shown;
  return shown;
}

/** What is open goes over into another state, as it does when something was pressed. */
function become(state, exposure = EXPOSURE) {
  const quote = state.quote && { ...state.quote, line: texts.quote_line };
  const message = texts[state.message] ?? ui[state.says];
  view.update(prompt(name, state, spoken, exposure), { busy: state.busy, quote, message });
}

/** A form as far as someone has come with it: opened, written in, sent. */
function fillIn(exposure, { action, status, filled, long }) {
  const note = long ? texts.note.padEnd(1880, ` ${texts.note}`) : filled ? texts.note : "";
  view.form(exposure, { action, note, status: "open" });
  if (status !== "open") view.form(exposure, { action, note, status });
}

/** What the page's elements find, as if an instance had started. */
function announce() {
  const now = new Date();
  const day = (of) => Date.UTC(now.getFullYear(), now.getMonth() + 1, of, 12);
  const face = {
    read: () => ({
      plan: "free",
      features: { automation: false, sso: false },
      meters: {
        emails: { used: 812, limit: 1000, projection: { from: day(22), date: day(24), until: day(26) } },
        seats: { used: 7, limit: 5 },
        storage: { used: 5, limit: "unlimited" },
      },
    }),
    on: () => () => {},
    explore() {},
    texts: () => ({
      locale,
      ui,
      meters: ["emails", "seats", "storage"].map((id) => ({ id, name: values.meter })),
      features: [{ id: "automation" }, { id: "sso" }],
      plans: [{ id: "free", name: "Free", features: [] }, { id: "pro", name: "Pro", features: [0] }, { id: "enterprise", name: "Enterprise", features: [0, 1] }],
    }),
  };
  document.dispatchEvent(new CustomEvent("plimsoll-ready", { detail: face }));
}

if (state.surface === "meter" || state.surface === "gate") {
  for (const elements of document.querySelectorAll("#gates, #meters")) {
    if (elements.id === `${state.surface}s`) elements.hidden = false;
    else elements.remove();
  }
  await import("../../pkg/define.js");
  if (state.live) announce();
} else if (asked.get("wait") === null) {
  open();
}
document.querySelector("#compose").addEventListener("click", () => open());
await new Promise(requestAnimationFrame);
page.dataset.ready = "yes";
