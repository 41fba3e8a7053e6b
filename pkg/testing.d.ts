/**
 * For your own tests, in Node's runner, Vitest or Jest: the engine that is published, without a page and without a
 * network, with a clock that the test moves. The same policy and the same steps give the same prompts every time.
 */
import type { Consent, Events, Intent, Plimsoll, Prompt, PurchaseResult, Quote, Snapshot } from "./index.js";

export { PlimsollError } from "./index.js";

/**
 * A test's own instance, with an empty storage.
 *
 * @throws {PlimsollError} as `start`, for a policy, a snapshot or an option that is wrong
 */
export function createTestPlimsoll(options: TestOptions): Promise<TestPlimsoll>;

export interface TestOptions {
  /** The policy as an object, compiled or not as bytes, or the path of its file. */
  policy: object | Uint8Array | ArrayBuffer | string | URL;
  /** As for `start`. Without it nothing is shown until `sync`. */
  snapshot?: Snapshot;
  /** When the test begins: milliseconds, a date or RFC 3339. Default: the snapshot's `server_time`, else now. */
  now?: number | string | Date;
  locale?: string;
  consent?: Consent;
  /** `"none"`: prompts count as drawn when the test says so with `painted()`. Default `"auto"`: at once. */
  view?: "auto" | "none";
  storage?: "local" | "none";
  route?: string;
  quote?(intent: Intent): Promise<Quote | null> | Quote | null;
  purchase?(intent: Intent): Promise<PurchaseResult> | PurchaseResult;
  onAction?(intent: Intent): unknown;
}

/** Every call of `start`'s instance, and what only a test may do. Links of actions are in the prompt and lead nowhere. */
export interface TestPlimsoll extends Plimsoll {
  /** What time it is, in milliseconds. */
  now(): number;
  /** Time passes: milliseconds, or `{ days: 3, hours: 2 }`. What was to happen meanwhile has happened. */
  advance(span: number | { days?: number; hours?: number; minutes?: number; seconds?: number; ms?: number }): Promise<void>;
  /** What was begun (a prompt's words, an amount) is done; what your own functions promise is yours to await. */
  settled(): Promise<void>;
  /** The prompts that are open, with words. */
  prompts(): (Prompt & { quote?: Quote })[];
  /**
   * Brings a prompt up, by its id or, for a default one, what follows `default-`: `show("limit-hit")`. It begins anew,
   * with nothing remembered, and does what leads there: uses so much, tries a feature, moves the clock if it must.
   * Throws an error that names what holds it, when nothing does.
   */
  show(id: string): Promise<Prompt & { quote?: Quote }>;
  /**
   * Runs a trace that the debug panel exported, as an object or its text, and answers every prompt that came up, in order.
   * It begins anew with what was remembered then, and with the snapshots of the trace; of the test's own snapshot it
   * takes only `billing_owner` and attributes, which no trace has. Rejects with `argument_invalid` for what is no trace.
   */
  replay(trace: object | string): Promise<Prompt[]>;
  /** The page is loaded again: open prompts go, what was remembered stays. Default snapshot: the newest. */
  reload(snapshot?: Snapshot): Promise<void>;
  /** Every event that was recorded, in order, as the collector would get it; docs/wire.md has their names. */
  events(): RecordedEvent[];
  /** Every `error` event. */
  errors(): Events["error"][];
}

export interface RecordedEvent {
  /** `Prompt Shown`, `Threshold Crossed` … */
  event: string;
  messageId: string;
  /** RFC 3339. */
  timestamp: string;
  properties: Record<string, unknown>;
  [name: string]: unknown;
}
