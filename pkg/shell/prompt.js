/**
 * One prompt, whole: the core's figures joined to the policy's words, so that the view, a host that draws
 * and a test read the same. Comes with the painters' side, because until then nobody asks for it; what it
 * shares with the start of a page is given to it, so that a bundler need not cut that in two.
 */
import { estimate } from "./certainty.js";

const LANES = ["ambient", "interrupt", "interrupt", "ambient", "inline"];
/** In the order of the core's `ActionKind`. */
export const ACTIONS = ["upgrade", "talk_to_sales", "ask_admin", "extend_trial", "later", "never"];
/** Those that someone else has to answer. */
export const REQUESTS = ["talk_to_sales", "ask_admin"];
/** A preview is no price list: the next plan's first few features, in the policy's order. */
const ALSO_MAX = 4;

/**
 * @param shown `{exposure, facts, actions, owner}`, as `Engine::write_prompt` writes it
 * @param words the policy's words
 * @param account the account's id, for links
 * @param hasFeature whether the account has a feature, by index
 * @param join what joins numbers to words, of `words.js`
 */
export function promptOf({ exposure, facts, actions, owner }, words, account, hasFeature, join) {
  const { SURFACES, readingOf, some, subjectOf, whole } = join;
  const [index, surface, repaint, plan, next_plan, next_limit, date, ...figures] = facts;
  const about = words.prompts[index];
  const [said, counted, own] = about;
  const { title, body, ...fixed } = words.said[said];
  // What is not said in the reader's language is said in another whole, down to the names and labels.
  const other = words.others?.[fixed.locale];
  words = { ...words, ...other };
  const reading = figures.length ? readingOf(figures) : {};
  const { used, state, percent, projection } = reading;
  const { when, range } = projection ? estimate(projection) : {};
  const limit = percent === undefined ? undefined : reading.limit;
  const meter = words.meters[counted];
  const feature = words.features[own];
  const [from, to] = [words.plans[plan], words.plans[next_plan]];
  const ids = { plan: to?.id, meter: meter?.id, feature: feature?.id, account };
  const also = feature && to?.features
    .filter((other) => other !== own && !hasFeature(other))
    .slice(0, ALSO_MAX)
    .map((other) => words.features[other].name);
  return whole({
    exposure,
    ...fixed,
    ui: other?.ui,
    surface: SURFACES[surface],
    lane: LANES[surface],
    subject: subjectOf(about, words),
    state,
    values: whole({
      used,
      limit,
      percent,
      remaining: limit && Math.max(0, limit - used),
      over: state === "over_limit" ? limit && used - limit : undefined,
      meter: meter?.name,
      feature: feature?.name,
      outcome: feature?.outcome,
      // A date is said only of what is certain to a week.
      date: projection ? (when === "day" ? range.date : undefined) : some(date),
      range,
      when,
      plan: from?.name,
      next_plan: to?.name,
      next_limit: some(next_limit),
      price: to?.price,
      owner,
      action: ACTIONS[actions[0]] ?? "later",
    }),
    texts: { title: title ?? "", body: body ?? [] },
    image: feature?.image && SURFACES[surface] !== "toast" ? { src: feature.image, alt: feature.alt ?? "" } : undefined,
    also: also?.length ? also : undefined,
    actions: actions.map((kind, place) => whole(actionOf(ACTIONS[kind], words, kind, place, ids))),
    plan: whole({ from: from?.id, to: to?.id }),
    repaint: !!repaint,
  });
}

function actionOf(id, { actions, links }, kind, place, ids) {
  const is_dismissal = id === "later" || id === "never";
  return {
    id,
    label: actions[kind] ?? [],
    primary: (!place && !is_dismissal) || undefined,
    menu: id === "never" || undefined,
    // An id may hold what no address can: half of a character.
    href: links[id]?.replace(/\{(\w*)\}/g, (_, name) => encodeURIComponent(wellFormed(ids[name] ?? ""))),
  };
}

const wellFormed = (id) => id.replace(/[\ud800-\udfff]/gu, "\ufffd");
