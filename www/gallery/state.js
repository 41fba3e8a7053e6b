/**
 * Shows one state of the gallery: `state.html?state=banner-urgent&locale=pt-BR&theme=dark`.
 * It plays the shell: it gives the view a prompt and writes down what comes back, in
 * `document.documentElement.dataset` and as `gallery` events, for tests to read.
 */
import { createView } from "../../pkg/view.js";
import { define } from "../../pkg/element.js";
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
const { ui, texts } = locales[locale];
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
  },
});

function open(exposure = "00000000000000a1") {
  const shown = prompt(name, state, locales[locale], exposure);
  view.show(shown);
  if (state.quote) view.quote(exposure, { ...state.quote, line: texts.quote_line });
  if (state.busy) view.busy(exposure, true);
  if (state.message) view.message(exposure, texts[state.message]);
  return shown;
}

if (state.surface === "meter") {
  define();
} else if (asked.get("wait") === null) {
  open();
}
document.querySelector("#compose").addEventListener("click", () => open());

// For tests only; a gallery is no product.
Object.assign(window, { gallery: { view, open, heard, createView, locales } });
page.dataset.ready = "yes";
