/**
 * The one question after a modal that was put off: what is asked, and which answers there are.
 * Whether it is asked and what an answer changes is the core's; it is painted like the prompt before it.
 * Used by `prompts.js`, which asks it and hears the answer.
 */

/** In the order of the core's `Objection`. */
export const OBJECTIONS = ["next_week", "next_month", "next_quarter", "price", "comparing", "not_my_decision"];
/** So many of them say until when, which nobody asks after a `never`. */
const DATES = 3;

/** The question in place of the prompt that it is about. */
export function questionOf({ exposure, prompt, surface, lane, locale, ui }, response, texts) {
  const words = ui ?? texts;
  const objections = OBJECTIONS.slice(response === "never" ? DATES : 0);
  return {
    exposure, prompt, surface, lane, locale, ui,
    tone: "offer",
    question: true,
    texts: { title: words.ask_why },
    actions: [
      ...objections.map((id) => ({ id, label: words[`because_${id}`] })),
      { id: "skip", label: words.skip },
    ],
  };
}
