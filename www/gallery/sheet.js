/**
 * The contact sheet: every state of the gallery, in every combination that was chosen above, each in a frame of its
 * own. What there is to choose of states comes from `samples.json`, so a new state is one entry there. A frame is
 * loaded when it comes into view, and the choices are in the address, so that a sheet can be sent to someone.
 */
import { samples } from "./prompt.js";

const form = document.querySelector("form");
const sheet = document.querySelector("main");
const { states } = await samples();

/** The first word of a state's name is what one looks for it by. */
const groupOf = (name) => name.split("-")[0];
const choosable = (select, found) => select.append(...[...new Set(found)].filter(Boolean).map((value) => new Option(value)));
choosable(form.elements.surface, Object.keys(states).map(groupOf));
choosable(form.elements.tone, Object.values(states).map(({ tone }) => tone));

for (const [name, value] of new URLSearchParams(location.search)) {
  if (form.elements[name]) form.elements[name].value = value;
}
form.addEventListener("change", () => {
  location.search = new URLSearchParams(new FormData(form));
});

/** One value of each choice, or all of them in turn. */
const wanted = (name) => {
  const { value, options } = form.elements[name];
  return value === "all" ? [...options].map((option) => option.value).filter((each) => each !== "all") : [value];
};
const [surfaces, locales, themes, widths] = ["surface", "locale", "theme", "width"].map(wanted);
const [tones, words] = [form.elements.tone.value, form.elements.words.value];

let frames = 0;
for (const surface of surfaces) {
  const section = document.createElement("section");
  section.id = surface;
  const heading = document.createElement("h2");
  heading.textContent = surface;
  for (const [state, { tone }] of Object.entries(states)) {
    if (groupOf(state) !== surface || (tones !== "all" && tone !== tones)) continue;
    for (const locale of locales) for (const theme of themes) for (const width of widths) {
      section.append(figure({ state, locale, theme, width }));
      frames += 1;
    }
  }
  if (section.childElementCount) sheet.append(heading, section);
}
const asked = ["forced-colors: active", "prefers-contrast: more", "prefers-reduced-motion: reduce"].filter(
  (query) => matchMedia(`(${query})`).matches,
);
// These are the reader's, not the page's: the browser's own tools for developers can pretend them.
document.querySelector("#count").textContent = `${frames} frames. This browser asks for: ${asked.join(", ") || "nothing special"}.`;

function figure({ state, locale, theme, width }) {
  const address = `state.html?${new URLSearchParams({ state, locale, words, theme })}`;
  const figure = document.createElement("figure");
  const frame = document.createElement("iframe");
  const link = document.createElement("a");
  const caption = document.createElement("figcaption");
  frame.title = link.textContent = `${state}, ${locale}, ${theme}, ${width} px`;
  frame.loading = "lazy";
  frame.width = width;
  frame.src = link.href = address;
  caption.append(link);
  figure.append(frame, caption);
  return figure;
}
