/**
 * The built-in texts of a locale in the shape of `samples.json`: compiled from `policy.json`, which has nothing but
 * names, by the module that a page would load. So the gallery shows what people read, in every locale there is.
 */
import { compile } from "../../pkg/shell/compile.js";
import { sectionOf } from "../../pkg/shell/door.js";
import { WORDS } from "../../pkg/shell/limits.js";
import { ACTIONS } from "../../pkg/shell/prompt.js";
import { fill } from "../../pkg/text.js";

/** The built-in prompt whose text a state shows. */
const PROMPTS = {
  threshold: "default-75",
  urgent: "default-90",
  at_limit: "default-at-limit",
  limit_hit: "default-limit-hit",
  admin: "default-limit-hit",
  blocked: "default-limit-hit",
  trial: "default-trial-ending",
  preview: "default-preview",
};

export async function builtIn(locale) {
  const policy = await (await fetch(new URL("policy.json", import.meta.url))).text();
  const words = JSON.parse(sectionOf(await compile(policy, locale, Error), WORDS));
  const said = (id) => words.said.find(({ prompt }) => prompt === id);
  const [{ name: feature, outcome }, ...others] = words.features;
  return {
    ui: words.ui,
    labels: Object.fromEntries(ACTIONS.map((id, place) => [id, words.actions[place]])),
    values: { meter: words.meters[0].name, feature, outcome },
    texts: {
      ...Object.fromEntries(Object.entries(PROMPTS).map(([text, id]) => [text, said(id)])),
      also: others.map(({ name }) => name),
      note: outcome,
      sent: fill(words.ui.status_sent, {}, locale),
    },
  };
}
