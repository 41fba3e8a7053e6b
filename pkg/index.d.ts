/**
 * Plimsoll: shows people how much of their plan they have used, and asks them to upgrade at the right
 * moment. Counts are integers from 0 to 2^53 − 1; times are milliseconds since 1970 in what Plimsoll
 * gives, and RFC 3339 texts in what it takes; a percentage is an integer, rounded down, 100 only at
 * the limit.
 */

/**
 * Loads the core and the policy, and starts an instance for this tab. The only call that rejects.
 *
 * @throws {PlimsollError} with one of the codes
 * `option_invalid` an option has a wrong type or value; `path` names it ·
 * `policy_missing` no policy, or nothing at its address ·
 * `policy_invalid` a policy with mistakes: all of them are in `errors` ·
 * `policy_not_compiled`, `policy_format`, `policy_checksum`, `policy_section` bytes that are no
 * compiled policy, are of another format, damaged, or need a newer package ·
 * `policy_module_missing` the module that compiles policies cannot be loaded ·
 * `snapshot_invalid` a field of the snapshot is missing or wrong; `path` names it ·
 * `id_is_email` an id that looks like an e-mail address ·
 * `unauthorized` the collector gives no policy for this `key` ·
 * `wasm_missing` no module at its address · `wasm_refused` the page's content security policy or the
 * browser has no WebAssembly · `wasm_damaged` the module is not the package's.
 */
export function start(options: Options): Promise<Plimsoll>;

/** What `start` rejects with, and the shape of `error` events. Codes are stable, messages are not. */
export class PlimsollError extends Error {
  code: string;
  /** What it is about: `meters.emails.used`, `endpoint`; "" when it is nothing in particular. */
  path: string;
  message: string;
  /** What to do about it, in a sentence; may be "". */
  help: string;
  /** With `policy_invalid`: every mistake. */
  errors?: { code: string; path: string; message: string; help: string }[];
  constructor(code: string, path: string, message: string, help?: string);
}

export interface Options {
  /**
   * The policy: the address of a policy file or of a compiled one, its bytes, or the object itself.
   * `{locale}` in an address is asked for as `de-AT`, `de`, and last, with the dot before it, left out: the files
   * that `plimsoll check --out` writes. An address that ends in `/v1/policy` is a collector's
   * and gets `format`, `locale` and `key` as query. Default: the collector's at `endpoint`.
   * A policy that is not compiled loads the policy module, which production does without.
   */
  policy?: string | URL | object | Uint8Array | ArrayBuffer;
  /** Where the collector is, for example `/p`; events go to `<endpoint>/v1/batch`. Without it none are made. */
  endpoint?: string | URL;
  /** The publishable key, `pk_…`. Without it no events are made. */
  key?: string;
  /** What the host's server knows. Without it nothing is shown, stored or sent until `sync`. */
  snapshot?: Snapshot;
  /**
   * BCP 47. Default: the page's `lang`, else the browser's, each if it is a tag. Texts are those of the nearest locale: `de-AT`
   * reads `de`, `pt` and `pt-PT` read `pt-BR`, and a language that is not spoken the policy's default.
   */
  locale?: string;
  /** Default `"granted"`. Before it is granted nothing is stored or sent, and nothing interrupts. */
  consent?: Consent;
  /** `"none"` paints nothing: the host draws what comes with `prompt`. Default `"auto"`. */
  view?: "auto" | "none";
  /** Default `"auto"`: as the page. */
  theme?: "auto" | "light" | "dark";
  /**
   * The host's place for banners and inline prompts, where the policy names no slot; `"bottom"` lays banners over
   * the page at its lower edge. Default: a `<plimsoll-slot>` without a name, else banners lie over the page at the
   * top and inline prompts wait for one.
   */
  target?: Element | "bottom";
  /** The folder of the `.wasm` files, when they were moved; or the core's bytes or module. */
  wasm?: string | URL | ArrayBuffer | Uint8Array | WebAssembly.Module;
  /**
   * The amount due now for an upgrade, asked for when a dialog or card offers one. With it the button says
   * what a press charges. Without it (`null`, an error, no answer within 8 seconds, an amount that is no
   * integer from 0, a currency that is none) the checkout opens, the button says so, and nothing is bought
   * with one press; what was wrong comes as an `error` event. One older than 10 minutes is asked for again
   * before it is charged, and where it has changed the person reads it first.
   */
  quote?(intent: Intent): Promise<Quote | null> | Quote | null;
  /**
   * Charges. Called only after the amount of `quote` (it is `intent.quote`) was on the screen, or where
   * there is neither `quote` nor a checkout link; once for each `intent.id`, however often and in however
   * many tabs it is pressed. After `"failed"` a new press has a new id. After `"done"` the prompt stays and
   * says that the new plan is being set up, until a snapshot of a higher epoch comes. Any other answer may have
   * charged: the prompt goes without a word, and you hear of it as `purchase_invalid`.
   * Without this function, a checkout link and `onAction` no upgrade is offered (`upgrade_missing`).
   */
  purchase?(intent: Intent): Promise<PurchaseResult> | PurchaseResult;
  /**
   * Any other action: ask the admin, talk to sales, extend the trial. `"failed"` is said to the person.
   * Without it nothing offers to extend a trial. After an extension the prompt stays until a snapshot has
   * a later `trial.ends_at`.
   * `"form"`, of `ask_admin` and `talk_to_sales`, hands it back: Plimsoll's own form takes it from there; with
   * `view: "none"` it is sent without a note.
   * Without this function the policy's address opens, or where it has none the form, when requests can be sent
   * (`endpoint`, `key`, consent, and for `ask_admin` a `billing_owner` in the snapshot); where neither can be, the
   * action is not offered.
   */
  onAction?(intent: Intent): unknown;
  /** A fresh token, asked for once when the collector refuses; without one sending waits for the next start. */
  identity?(): Promise<string | null> | string | null;
  /** `"none"` keeps everything in memory; then nothing interrupts. Default `"local"`. */
  storage?: "local" | "none";
  /** The page's route, for prompts that are bound to some. Default `""`. */
  route?: string;
}

export type Consent = "granted" | "pending" | "denied";
export type PurchaseResult = "done" | "failed" | { redirect: string };

/**
 * An instance. No call throws: a wrong argument answers neutrally and comes as an `error` event, as soon
 * as the words for it are loaded.
 */
export interface Plimsoll {
  /**
   * It happened: counts at once, in this tab and soon in all.
   * @param amount an integer from 1 to 2^53 − 1; default 1
   * @returns a token for the host's server, `<writer>:<added>`, of a level `<writer>:<added>:<released>`;
   * `""` when nothing was counted
   */
  use(meter: string, amount?: number): string;
  /** A level went down: a seat freed, a file deleted. Counters are not given back. As `use`. */
  release(meter: string, amount?: number): string;
  /**
   * A person tried: says whether it fits, and shows the right prompt when it does not. Never counts.
   * The host's server decides; of an unknown meter it `fits`.
   */
  attempt(meter: string, amount?: number): Answer;
  /** Whether an attempt would pass, for enabling buttons. No effect. Soft limits pass. */
  fits(meter: string, amount?: number): boolean;
  /** The host's server refused (402, 429). */
  limitHit(meter: string): void;
  /** A person touched a feature that the plan lacks. Default step `"tried"`. */
  explore(feature: string, step?: Step): void;
  /**
   * Something that says who is ready to buy happened, so often: a name of the policy's `scoring.signals`
   * that Plimsoll does not notice by itself, such as `teammate_invited`.
   * @param count an integer from 1 to 2^53 − 1; default 1; a day holds a million
   */
  signal(name: string, count?: number): void;
  /**
   * The host saw a purchase: all prompts go, until a snapshot of a higher epoch, at most 24 hours, in every
   * tab and over reloads. `from_epoch` is the epoch that was bought from, by default the one known here.
   */
  converted(from_epoch?: number): void;
  /**
   * The newest truth from the host's server. One with a wrong field is refused whole, as an `error` event; one with a
   * field that there is not is taken without it, and the field told once.
   */
  sync(snapshot: Snapshot): void;
  /** What the page allows: its route, whether the person is busy, whether a dialog of the host is open. */
  context(changes: { route?: string; busy?: boolean; dialog_open?: boolean }): void;
  /** Anything but `"granted"` empties storage at once and forgets what was not sent. */
  consent(state: Consent): void;
  /** Loads the policy in another locale. Resolves when it is on the screen; never rejects. */
  setLocale(locale: string): Promise<void>;
  /** Where the account stands. */
  read(): Reading;
  /** Why each prompt is shown or held now, and when next; how events and storage stand. */
  explain(): Trace;
  /**
   * What happened while `start` was awaited is told in the task after it, so whoever listens at once misses nothing.
   * @returns a function that stops listening
   */
  on<Name extends keyof Events>(name: Name, heard: (detail: Events[Name]) => void): () => void;
  /** For hosts that draw: what became of a prompt. `faded` is for toasts that have had their time. */
  painted(exposure: string, how: "rendered" | "seen" | "failed" | "faded"): void;
  /**
   * For hosts that draw: what the person did. With `"act"`, which action; of `ask_admin` and `talk_to_sales`
   * with the note that the person typed, at most 2,000 UTF-16 code units, which sends the request as it stands,
   * past `onAction`. What became of it comes as `request`: until that says `sent` nothing was, so keep the note.
   * Sent again for the same exposure it is the same request, also when the prompt has been withdrawn meanwhile.
   * With `"because"`, after a `question`, which of its choices; any other response leaves it unanswered.
   */
  respond(exposure: string, response: Response | "because", action?: ActionId | Objection | "skip", request?: { note: string }): void;
  /** Logging out: sends what it can, keeps the rest for this user's next start, and starts empty. */
  reset(): void;
  /** Leaves the page as it was; every later call does nothing. */
  destroy(): void;
}

export type Step = "seen" | "tried" | "previewed" | "built" | "requested";
export type Response = "act" | "later" | "never" | "close";
/** Why not now. The first three say until when, and the `later` that was given holds until then. */
export type Objection = "next_week" | "next_month" | "next_quarter" | "price" | "comparing" | "not_my_decision";
export type ActionId = "upgrade" | "talk_to_sales" | "ask_admin" | "extend_trial" | "later" | "never";
export type Surface = "banner" | "modal" | "preview" | "toast" | "inline";
/** A number from 1, or a word. `"none"`: not part of the plan. */
export type Limit = number | "unlimited" | "none";

export interface Answer {
  verdict: "fits" | "over_soft" | "over_limit";
  /** Usage before it. */
  used: number;
  /** Absent when none is known. */
  limit?: Limit;
}

/**
 * What the host's server makes; `docs/snapshot.md` has handlers that do, and what is best sent. Times are RFC 3339
 * texts. Ids have 1 to 256 characters; one of an account or user that looks like an e-mail address is refused.
 */
export interface Snapshot {
  /** The paying organisation. `attributes` are what a policy's audiences ask about; they are never stored and never sent. */
  account: { id: string; created_at?: string | Date; attributes?: object };
  /** The person: choices and limits of how often belong to them. */
  user: { id: string; created_at?: string | Date; attributes?: object };
  /** A plan of the policy; of one that it does not name nothing is shown. */
  plan: string;
  /** An integer from 0 that grows with each change of the plan. Default: changes that this browser has seen. */
  plan_epoch?: number;
  /** When the figures were read, by the server's clock. Default: when they arrived. */
  server_time?: string | Date;
  /** Whether this person may change the plan; else prompts offer to ask who may. Default `true`. */
  can_purchase?: boolean;
  /** The first name of the person who may. */
  billing_owner?: string;
  /** A trial that runs, and whether to offer an extension. Default: none, and `false`. */
  trial?: { ends_at?: string | Date; extendable?: boolean };
  /** What the account has beside its plan's. */
  features?: string[];
  /** Meters whose soft limits it has agreed to pass: they stay silent. */
  overage_accepted?: string[];
  /** While true nothing is offered. Default `false`. */
  in_sales_conversation?: boolean;
  meters?: Record<string, {
    /** An integer from 0: of a counter in the current period, of a level now. Default: what this browser has counted. */
    used?: number;
    /** 0 is `"none"`. Default: the plan's. */
    limit?: Limit | 0;
    /** Of a counter; the end is exclusive. Default: the policy's. */
    period?: { start: string | Date; end: string | Date };
    /** What `used` includes of each writer's own counting. */
    counted?: Record<string, number | [added: number, released: number]>;
    /** Per UTC day, oldest first, the last one complete; the last 62 are looked at. */
    daily?: number[];
  }>;
}

export interface Reading {
  /** Absent before a snapshot, and for a plan the policy does not name. */
  plan?: string;
  plan_epoch?: number;
  /** 0 to 100 with one decimal, of this user in this browser; absent where the policy keeps it on the server. */
  score?: number;
  meters: Record<string, MeterReading>;
  /** Whether the account has it. */
  features: Record<string, boolean>;
  /** By the id of each experiment this unit is in: the id of its arm. */
  arms: Record<string, string>;
}

export interface MeterReading {
  used: number;
  limit?: Limit;
  /** Of a limit that is a number. May be more than 100. */
  percent?: number;
  state: "ok" | "at_limit" | "over_limit" | "locked";
  /** `local`: only this browser's own uses, because no snapshot has a figure. */
  source: "snapshot" | "local";
  period_start?: number;
  period_end?: number;
  /** The period was rolled forward here; a snapshot has to confirm it. */
  provisional?: boolean;
  /**
   * An estimate of when the limit is reached before the period ends, each a day as its noon in UTC, or the last
   * millisecond of the period where that noon is after it: in the middle, and the ends of a range that holds it
   * eight times in ten. Absent where too little is known, or
   * where it is more likely not reached.
   */
  projection?: { date: number; from: number; until: number };
  /** The noun, with its plural forms. */
  meter: Record<string, string>;
}

/** A prompt, whole: texts as tokens, which Plimsoll's own view fills in, and the same as words. */
export interface Prompt {
  /** This showing, also after a reload: 16 hex digits. */
  exposure: string;
  /** Its id in the policy. */
  prompt: string;
  /**
   * BCP 47, what its texts are in, for `lang` and `dir`: the instance's, or where the policy does not say
   * this prompt in it the policy's default or English, for the whole prompt.
   */
  locale: string;
  surface: Surface;
  /** One prompt that interrupts is open in all tabs, one that is ambient in each tab. */
  lane: "interrupt" | "ambient" | "inline";
  /** Of a banner for which the policy names an edge. */
  edge?: "top" | "bottom";
  /** The name of the slot that the policy wants it in. */
  slot?: string;
  tone: "notice" | "warning" | "urgent" | "limit" | "offer";
  trigger: "threshold" | "at_limit" | "limit_hit" | "explored" | "trial_ending" | "projected" | "score" | "signal";
  /** What it is about, by id; a trial, a score and a signal are about neither. */
  subject: { meter?: string; feature?: string };
  /** Of its meter. */
  state?: MeterReading["state"];
  /** What its tokens are filled with: counts, dates in milliseconds, names. */
  values: Record<string, unknown>;
  texts: { title: unknown; body: unknown[] };
  /** What the surfaces themselves say, by id, where the prompt is in another language than the instance. */
  ui?: Record<string, unknown>;
  image?: { src: string; alt: string };
  /** Of a preview: what else the next plan has that the account has not, by name; at most four. */
  also?: string[];
  actions: { id: ActionId; label: unknown; text?: string; href?: string; primary?: boolean; menu?: boolean }[];
  plan: { from?: string; to?: string };
  /** It was open already (a reload, another tab). */
  repaint: boolean;
  /** What was pressed is done, and the host's server is to follow: nothing to choose, all in the title. */
  waiting?: true;
  /**
   * In words, once the words are loaded: with `view: "none"` always. Where two directions of writing meet,
   * what is inserted stands between U+2068 and U+2069, which are not seen.
   */
  title?: string;
  body?: string[];
}

/** One press of an action, however often it is clicked. */
export interface Intent {
  /** 16 hex digits; the host charges and requests once for each. A press after one that failed has its own. */
  id: string;
  action: ActionId;
  prompt: string;
  exposure: string;
  plan: { from?: string; to?: string };
  /** When it was pressed. A checkout that ends on a page of its own gives it to `converted`. */
  plan_epoch: number;
  meter?: string;
  feature?: string;
  /** Of a purchase: the amount that was on the screen. */
  quote?: Quote;
}

export interface Quote {
  /** In minor units of the currency: 4900 is $49.00. */
  amount_minor: number;
  /** ISO 4217, `USD`. */
  currency: string;
  /** A short remark beside it: "for the rest of this month". */
  line?: string;
}

/** Why a prompt goes; the last two are of the page: a toast that had its time, logging out. */
export type WithdrawReason =
  | "superseded" | "owned" | "converted" | "period_ended" | "plan_changed" | "expired" | "answered" | "lease"
  | "failed" | "gone" | "faded" | "reset";

export interface Events {
  /** A prompt is on the screen, or for the host to draw. */
  prompt: { prompt: Prompt };
  /**
   * Figures changed; with `prompt`, an open prompt did. Its `state` is what follows a press: `busy` until
   * the host has answered, `failed` when that was to no avail, `waiting` from a purchase or an extended
   * trial to the snapshot that has it, `overdue` when that takes a minute, `sent` when a request has reached someone
   * and the prompt is about to go. `message` is to be said to the
   * person once, without moving the focus.
   */
  update: {
    prompt?: Prompt;
    quote?: Quote;
    state?: "busy" | "failed" | "waiting" | "overdue" | "sent";
    message?: string;
  };
  /** A prompt is to go. `message` is to be said to the person. */
  withdraw: { exposure: string; reason: WithdrawReason; message?: string };
  /** A person answered a prompt, or why they put it off. `prompt` is absent when it was gone already. */
  response: { exposure: string; prompt?: string; response: Response | "because"; action?: ActionId; objection?: Objection };
  /**
   * A modal was put off, and its prompt has gone: the person may be asked why. Only where the policy has
   * `pacing.ask_why`, and at most once in 30 days, answered or not. Answer with `respond(exposure, "because", id)`;
   * `"skip"` leaves it unanswered, as does `respond(exposure, "close")`. A `withdraw` of the exposure takes the
   * question away.
   */
  question: { exposure: string; prompt: string; title: string; choices: { id: Objection | "skip"; text: string }[] };
  /** Usage passed a threshold of the policy, in percent of the limit. A jump passes several, each an event. */
  crossing: { meter: string; percent: number };
  /** A purchase was made: with the `intent` that was pressed, or without one by `converted()`. */
  converted: { intent?: Intent };
  /**
   * Never thrown: something is wrong that the developer should know; docs/failures.md says what happens then.
   * Warned of once a code.
   */
  error: { code: string; path: string; message: string; help: string };
  /** The collector has acknowledged so many events. */
  sent: { count: number };
  /** A request, from the form or from `respond`: `sent` once the collector has acknowledged it. */
  request: { exposure: string; action: "ask_admin" | "talk_to_sales"; status: "sent" | "failed" };
}

/** Why a prompt is held. Stable; docs/glossary.md says what each means. */
export type HoldReason =
  | "not_fired" | "superseded" | "answered_by_other" | "spent" | "snapshot_missing" | "unknown_plan"
  | "plan_includes" | "pending_purchase" | "overage_accepted" | "sales_conversation" | "provisional" | "route"
  | "account_too_new" | "user_too_new" | "condition" | "no_text" | "held_out" | "other_arm" | "never" | "later"
  | "delay" | "cap_prompt" | "cap_group" | "cap_all" | "gap" | "weekly_budget" | "hidden" | "busy"
  | "quiet_hours" | "dialog_open" | "lease" | "no_storage" | "clock_jump" | "failed" | "outranked"
  | "lane_occupied";

export interface Trace {
  /** Engine time. */
  at?: number;
  snapshot_at?: number;
  plan?: string;
  plan_epoch?: number;
  meters: Record<string, Omit<MeterReading, "meter">>;
  /** As in `read()`. */
  arms: Record<string, string>;
  prompts: {
    prompt: string;
    meter?: string;
    feature?: string;
    surface: Surface;
    /** `next`: nothing holds it, and it comes with the next decision. */
    decision: "shown" | "held" | "next";
    exposure?: string;
    /** The first stage that held it, and why. */
    stage?: "trigger" | "owned" | "audience" | "experiment" | "choice" | "pacing" | "page" | "rank";
    reason?: HoldReason;
    /** When it could come, as far as that is a question of time. */
    eligible_at?: number;
    /** The id of the prompt that goes before it. */
    by?: string;
    /** When its trigger fired; not there for `not_fired`. */
    fired_at?: number;
  }[];
  memory?: { rows: number; bytes: number };
  /** The score of this user in this browser: what each signal that happened gave, decayed and capped. */
  score?: {
    points: number;
    /** How often the line was reached, and whether the score has stayed above it since. */
    rise: number;
    is_reached: boolean;
    categories: Record<"activation" | "engagement" | "value" | "expansion", number>;
    contributions: {
      signal: string;
      count: number;
      /** When the newest UTC day with it began. */
      newest_day: number;
      points: number;
      /** Before decay, diminishing returns and cap. */
      plain_points: number;
    }[];
  };
  page?: Record<string, boolean | string>;
  /** Exposures that are shown as far as it is decided, and wait for a slot that the page does not have. */
  unplaced?: string[];
  revision?: string;
  outbox?: {
    queued: number;
    queued_bytes: number;
    failures: number;
    sent: number;
    rejected: number;
    dropped: number;
    stopped: boolean;
  };
  /** This tab's berth and generation. */
  writer?: string;
  /** `memory`: the browser refuses, or eight tabs are open already; then nothing interrupts. */
  storage?: "local" | "memory" | "none";
  crowded?: boolean;
  /** Whether tabs can agree on who may interrupt. */
  locks?: boolean;
  consent?: Consent;
  sending?: boolean;
  /** Ids the policy does not know, each once: what calls named, and what the newest snapshot has. */
  unknown?: string[];
}
