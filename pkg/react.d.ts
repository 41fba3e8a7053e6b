/**
 * Plimsoll in React 18 and 19. Nothing here throws or blocks: without a provider, before an instance has started and
 * after a start that failed, hooks say so with `status` and children are rendered as they are.
 */
import type { DetailedHTMLProps, HTMLAttributes, ReactElement, ReactNode } from "react";
import type {
  PlimsollGate, PlimsollGateAttributes, PlimsollMeter, PlimsollMeterAttributes, PlimsollSlot, PlimsollSlotAttributes,
} from "./define.js";
import type { ActionId, MeterReading, Options, Plimsoll, PlimsollError, Prompt, Quote, Response, Step } from "./index.js";

export interface ProviderProps {
  /**
   * What `start` takes. It is read once, when the provider is mounted, with two exceptions: a `snapshot` with other
   * figures is synced, and one that is taken away logs out (`reset`); functions are always the newest.
   */
  options?: Options;
  /** An instance that you have started; then `options` are not used, and unmounting does not destroy it. */
  instance?: Plimsoll;
  /** What `start` rejected with. Default: the console. Offline it is tried again with the network, and hooks stay `loading`. */
  onError?(error: PlimsollError): void;
  children?: ReactNode;
}

/** Starts one instance when it is mounted and destroys it when it is unmounted. On a server it renders its children. */
export function PlimsollProvider(props: ProviderProps): ReactElement;

/**
 * The calls of the instance. They stay the same objects; made before it has started, the first 500 are made again then,
 * in order, and answer neutrally at once.
 */
export function usePlimsoll(): Plimsoll;

/** `unknown`: the policy has no such meter or feature. `failed`: `start` rejected, and calls do nothing. */
export type Status = "loading" | "ready" | "unknown" | "failed";

/** Where a meter stands; before the start and without one, `used` and `limit` of the snapshot. */
export function useMeter(id: string): { status: Status; used: number } & Partial<MeterReading>;

/** Whether the account has a feature; `has` is absent until it is known. */
export function useFeature(id: string): { status: Status; has?: boolean };

/** An open prompt, with the calls that it is answered with. */
export interface OpenPrompt extends Prompt {
  /** The amount due now, once your `quote` has answered. */
  quote?: Quote;
  painted(how: "rendered" | "seen" | "failed" | "faded"): void;
  respond(response: Response, action?: ActionId, request?: { note: string }): void;
}

/**
 * For drawing prompts yourself, with `view: "none"`: the open prompt that fits, `null` while there is none. Say
 * `painted("rendered")` in an effect once it is on the screen. What is no open prompt, such as the `question` after a
 * dialog that was put off, comes by `usePlimsoll().on`.
 *
 * @param wanted fields of the prompt, or its meter or feature: `{ lane: "interrupt" }`, `{ surface: "banner" }`, `{ feature: "sso" }`
 */
export function usePrompt(wanted?: Record<string, string>): OpenPrompt | null;

export interface FeatureHintProps {
  /** A feature of the policy. */
  feature: string;
  /** How far a click goes with it. Default `"tried"`. */
  step?: Step;
  /** What is put into the child while the plan lacks the feature. Default: a small star that takes no room. */
  mark?: ReactNode;
  /** One element that takes `onClick`: a button, a link, a component of yours. */
  children: ReactElement;
}

/**
 * Marks its child while the plan lacks the feature: the attributes `data-plimsoll="locked"` and `aria-description`, and
 * a mark. A click tells Plimsoll, of a feature that the plan has too, which counts for the score, and then does what it
 * always does.
 */
export function FeatureHint(props: FeatureHintProps): ReactElement | null;

type ElementProps<Element> = DetailedHTMLProps<HTMLAttributes<Element>, Element>;

/** What `plimsoll/define` registers, in JSX. */
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "plimsoll-meter": ElementProps<PlimsollMeter> & PlimsollMeterAttributes;
      "plimsoll-gate": ElementProps<PlimsollGate> & PlimsollGateAttributes;
      "plimsoll-slot": ElementProps<PlimsollSlot> & PlimsollSlotAttributes;
    }
  }
}
