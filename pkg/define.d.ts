/**
 * The custom elements. `import "plimsoll/define"` registers them; in Node it does nothing. They find a started
 * instance by themselves, before or after `start`, whichever comes first, and of several the one that started last.
 * Until there is one, and where there never is one, they show what the page's HTML says.
 *
 * `plimsoll/define.css` in the page's head gives them the same boxes before the script is there.
 */

/** Registers the elements; importing `plimsoll/define` does it by itself, and a second call does nothing. */
export function define(): void;

/**
 * `<plimsoll-meter meter="emails" value="412" max="1000">412 of 1,000 e-mails</plimsoll-meter>`: what is used of a
 * meter, as a bar with its words, and under it until when it is enough where there is an estimate. Its own text,
 * `value` and `max` are shown before there is an instance. It is three lines high from the beginning, in a narrow column
 * four; `min-block-size` gives it more where its words may need it.
 *
 * Custom properties: `--plimsoll-accent`. Parts: `message` (the words), `meter` (the bar), `pace` (the estimate).
 */
export interface PlimsollMeter extends HTMLElement {}

export interface PlimsollMeterAttributes {
  /** The meter's id in the policy. */
  meter: string;
  /** What is used, before there is an instance. Default 0. */
  value?: number | string;
  /** The limit, before there is an instance; without it there is none. */
  max?: number | string;
  /** `none` leaves the estimate and its line away. */
  projection?: "none";
}

/**
 * `<plimsoll-gate feature="sso"><button>Turn on</button></plimsoll-gate>`: stands around the element that a person
 * presses to use a feature. While the account's plan lacks it, the element has a small mark with the name of the next
 * plan that has it, and is in a group of that name for screen readers. Each press is told to Plimsoll as `explore`
 * does, and goes on to the page: a gate blocks nothing. A press before there is an instance that knows the plan is
 * told when there is one, at most 500 of them. A disabled button cannot be pressed: use `aria-disabled`.
 *
 * Custom properties: `--plimsoll-accent`, `--plimsoll-surface`, `--plimsoll-text`, `--plimsoll-font`. Parts: `mark`,
 * which lies over the upper end corner and moves nothing. `plimsoll-gate:state(locked)` selects those that are marked.
 */
export interface PlimsollGate extends HTMLElement {}

export interface PlimsollGateAttributes {
  /** The feature's id in the policy. */
  feature: string;
  /** What a press is, as in `explore`. Default `tried`. */
  step?: "seen" | "tried" | "previewed" | "built" | "requested";
  /** `lock` leaves the plan's name away, for small elements. */
  mark?: "lock";
}

/**
 * `<plimsoll-slot name="notices"></plimsoll-slot>`: a place in the page's own layout. Banners and inline prompts with
 * that `slot` in the policy are painted in it; without a `name` it takes those that name no slot. A banner lies over
 * what follows; a card takes room, which `min-block-size` reserves. It may come and go: what was in it moves to the
 * next slot of that name, a banner else over the page, and a card waits.
 */
export interface PlimsollSlot extends HTMLElement {}

export interface PlimsollSlotAttributes {
  /** What the policy calls it. Default: none, for prompts that name no slot. Of several the first in the page counts. */
  name?: string;
}

declare global {
  interface HTMLElementTagNameMap {
    "plimsoll-meter": PlimsollMeter;
    "plimsoll-gate": PlimsollGate;
    "plimsoll-slot": PlimsollSlot;
  }
  /** Svelte's own name for what stands in its markup. */
  namespace svelteHTML {
    interface IntrinsicElements {
      "plimsoll-meter": PlimsollMeterAttributes & Record<string, unknown>;
      "plimsoll-gate": PlimsollGateAttributes & Record<string, unknown>;
      "plimsoll-slot": PlimsollSlotAttributes & Record<string, unknown>;
    }
  }
}
