/** The contact sheet: every state of the gallery in a frame of its own, as chosen above. */
import { samples } from "./prompt.js";

const form = document.querySelector("form");
const sheet = document.querySelector("main");
const { states } = await samples();

/** The choices are in the address, so that a sheet can be sent to someone. */
for (const [name, value] of new URLSearchParams(location.search)) {
  if (form.elements[name]) form.elements[name].value = value;
}
form.addEventListener("change", () => {
  location.search = new URLSearchParams(new FormData(form));
});

const { surface, locale, words, theme, width } = Object.fromEntries(new FormData(form));
for (const name of Object.keys(states)) {
  if (surface !== "all" && !name.startsWith(surface)) continue;
  const figure = document.createElement("figure");
  const frame = document.createElement("iframe");
  const caption = document.createElement("figcaption");
  frame.title = caption.textContent = name;
  frame.loading = "lazy";
  if (width !== "full") frame.width = width;
  frame.src = `state.html?${new URLSearchParams({ state: name, locale, words, theme })}`;
  figure.append(frame, caption);
  sheet.append(figure);
}
