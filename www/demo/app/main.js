// Starts Postwharf: reads the truth, draws the frame, opens the page of the address, starts Plimsoll.
// Pages are `(ctx) => ({ node, update })`; a change of state updates what is there and never
// rebuilds it, so focus and the dialogs above stay where they are.

import { followOtherTabs, latest, load, onChange } from "./api.js";
import { frame } from "./frame.js";
import { plimsoll, startPlimsoll } from "./plimsoll.js";
import { automation, sso } from "./pages/features.js";
import { campaigns } from "./pages/campaigns.js";
import { checkout } from "./pages/checkout.js";
import { compose } from "./pages/compose.js";
import { files } from "./pages/files.js";
import { plan } from "./pages/plan.js";
import { sales } from "./pages/sales.js";
import { team } from "./pages/team.js";
import { LOCALES, speak } from "./strings.js";

const PAGES = {
  "/": campaigns,
  "/compose": compose,
  "/team": team,
  "/files": files,
  "/automation": automation,
  "/sso": sso,
  "/plan": plan,
  "/checkout": checkout,
  "/sales": sales,
};

const root = document.documentElement;
let words = speak(root.lang in LOCALES ? root.lang : "en");
let shell;
let page;

const ctx = {
  get words() {
    return words;
  },
  get truth() {
    return latest();
  },
  setLocale,
  setTheme,
};

onChange((truth) => {
  plimsoll()?.sync(truth.snapshot);
  shell?.update(truth);
  page?.update(truth);
});
addEventListener("popstate", () => openPage({ focus: true }));
document.addEventListener("click", followLink);

const first = await load();
if (first.ok) {
  draw();
  await startPlimsoll(latest(), {
    locale: words.locale,
    route: location.pathname,
    hooks: { locale: () => words.locale, asked: () => page.ready?.() },
  });
  document.body.dataset.plimsoll = plimsoll() ? "started" : "failed";
  shell.plimsollReady(plimsoll());
  page.ready?.();
  followOtherTabs();
} else {
  document.body.append(words.t("away"));
}

function draw() {
  shell?.destroy();
  shell = frame(ctx);
  shell.update(latest());
  openPage({ focus: false });
  document.body.dataset.ready = "";
}

function openPage({ focus }) {
  const path = location.pathname in PAGES ? location.pathname : "/";
  page = PAGES[path](ctx);
  page.update(latest());
  shell.show(path, page);
  plimsoll()?.context({ route: path });
  if (plimsoll()) page.ready?.();
  if (focus) shell.focusTitle();
}

function go(path) {
  history.pushState(null, "", path);
  openPage({ focus: true });
  scrollTo(0, 0);
}

/** Links of this origin change the page without a reload, also those Plimsoll paints. */
function followLink(event) {
  const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !(url.pathname in PAGES) || url.hash) return;
  event.preventDefault();
  go(url.pathname + url.search);
}

async function setLocale(locale) {
  root.lang = locale;
  localStorage.setItem("postwharf.locale", locale);
  words = speak(locale);
  draw();
  shell.plimsollReady(plimsoll());
  await plimsoll()?.setLocale(locale);
  document.querySelector(`[name="locale"][value="${locale}"]`)?.focus();
}

function setTheme(theme) {
  root.dataset.theme = theme;
  localStorage.setItem("postwharf.theme", theme);
}
