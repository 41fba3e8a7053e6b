/**
 * The words of a policy in a locale, compiled by the published policy module as a page does, and prompts made of
 * them with figures that a test chooses. It knows nothing of painting.
 */
import { readFile } from "node:fs/promises";
import { compile } from "../../pkg/shell/compile.js";
import { sectionOf } from "../../pkg/shell/door.js";
import { PlimsollError } from "../../pkg/shell/error.js";
import { WORDS } from "../../pkg/shell/limits.js";
import { ACTIONS, promptOf } from "../../pkg/shell/prompt.js";
import * as join from "../../pkg/shell/words.js";

const root = new URL("../../", import.meta.url);
export const LOCALES = ["en", "ar", "de", "es", "fr", "ja", "pt-BR"];

/** A policy that has names in every locale, and a prompt for each of the built-in texts. */
export const policy = async () => JSON.parse(await readFile(new URL("www/gallery/policy.json", root), "utf8"));

export async function wordsOf(policy, locale) {
  const module = await import(new URL("pkg/dist/plimsoll_policy.js", root));
  module.initSync({ module: await readFile(new URL("pkg/dist/plimsoll_policy_bg.wasm", root)) });
  const bytes = await compile(JSON.stringify(policy), locale, PlimsollError);
  return JSON.parse(sectionOf(bytes, WORDS));
}

const KINDS = ["upgrade", "talk_to_sales", "later", "never"].map((id) => ACTIONS.indexOf(id));
/** In the order of `src/engine/present.rs`. */
export const SURFACES = ["banner", "modal", "preview", "toast"];

/** The prompt with this index, on a surface, with figures. */
export function promptWith(words, index, { surface = "banner", exposure = "00000000000000a1", owner, ...figures }) {
  const { used, limit = 1000, next_limit = 50_000, date, projection = {}, actions = KINDS } = figures;
  const share = Math.floor((100 * used) / limit);
  const state = used > limit ? 2 : used === limit ? 1 : 0;
  const facts = [index, SURFACES.indexOf(surface), 0, 0, 1, next_limit, date ?? -1];
  const { date: at = 0, from = 0, until = 0 } = projection;
  if (used !== undefined) facts.push(used, limit, share, state, 1, 1, date ?? 0, 0, at, from, until);
  return promptOf({ exposure, facts, actions, owner }, words, "acc_7", () => false, join);
}
