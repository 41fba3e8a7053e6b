// One Postwharf account: what it holds, what it may do, and the snapshot Plimsoll is told.
// It does not know about HTTP, sessions or the wall clock: time comes in as an argument, and a
// refusal goes out as a thrown `Refused`. Plans, limits and prices come from `policy.json`.

import { addMonths, DAY_MS, dayIndex, periodAt, startOfDay } from "./clock.js";

/** A request the account's plan or role does not allow, with the HTTP status it deserves. */
export class Refused extends Error {
  constructor(status, code, details = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The demo opens in the middle of a month, with room to watch every threshold pass. */
const DAYS_INTO_PERIOD = 12;
const SENT_THIS_PERIOD = 380;
const DAILY_DAYS_MAX = 62;
const TRIAL_DAYS = 3;
const TRIAL_EXTENSION_DAYS = 7;
/** How a payment may end: as real ones do, it may be refused, or its plan may follow later. */
const PAYMENTS = ["at_once", "late", "declined"];
const LATE_MS = 8_000;
const SENDS_KEPT = 20;
/** Tabs come and go; the newest writers are the only ones whose uses can still be on their way. */
const WRITERS_KEPT = 200;
const PEOPLE_MAX = 500;
const FILES_MAX = 500;

const BILLING_OWNER = "Ana";

export function openAccount({ ids, nowMs }) {
  const anchorMs = startOfDay(nowMs) - DAYS_INTO_PERIOD * DAY_MS;
  const account = {
    id: `acc_${ids.account}`,
    createdMs: addMonths(anchorMs, -2),
    anchorMs,
    plan: "free",
    planEpoch: 1,
    clockShiftMs: 0,
    inSalesConversation: false,
    trial: null,
    payments: PAYMENTS[0],
    coming: null,
    user: { id: `u_${ids.user}`, role: "owner" },
    emailsByDay: new Map(),
    sends: [],
    draftSent: 0,
    people: [
      { id: "p1", name: "Marina Costa", email: "marina@harbourbooks.example", you: true },
      { id: "p2", name: "Ana Ribeiro", email: "ana@harbourbooks.example", you: false },
    ],
    files: [
      { id: "f1", name: "autumn-window.jpg", size_mb: 24 },
      { id: "f2", name: "reading-evening.mp4", size_mb: 118 },
      { id: "f3", name: "logo-print.pdf", size_mb: 12 },
      { id: "f4", name: "new-arrivals.jpg", size_mb: 26 },
    ],
    counted: { emails: new Map(), seats: new Map(), storage: new Map() },
    purchases: new Map(),
    nextId: 5,
  };
  seedEmails(account, dayIndex(nowMs));
  return account;
}

/** The account's own time: the wall clock and what the demo's time buttons added. */
export const accountTime = (account, wallMs) => wallMs + account.clockShiftMs;

/** The host's truth, as `docs/snapshot.md` describes it. */
export function snapshot(account, policy, nowMs) {
  const period = periodAt(account.anchorMs, nowMs);
  const quotas = planOf(policy, account.plan).quotas;
  const meter = (id, used) => ({
    used,
    limit: quotas[id]?.limit ?? "none",
    counted: Object.fromEntries(account.counted[id]),
  });
  const result = {
    account: { id: account.id, created_at: iso(account.createdMs) },
    user: { id: account.user.id, created_at: iso(account.createdMs) },
    plan: account.plan,
    plan_epoch: account.planEpoch,
    server_time: iso(nowMs),
    can_purchase: account.user.role === "owner",
    billing_owner: account.user.role === "owner" ? "Marina" : BILLING_OWNER,
    in_sales_conversation: account.inSalesConversation,
    features: trialRuns(account, nowMs) ? ["automation"] : [],
    meters: {
      emails: {
        ...meter("emails", emailsIn(account, period)),
        period: { start: iso(period.start), end: iso(period.end) },
        daily: dailyEmails(account, nowMs),
      },
      seats: meter("seats", account.people.length),
      storage: meter("storage", storageUsed(account)),
    },
  };
  if (trialRuns(account, nowMs)) {
    result.trial = {
      ends_at: iso(account.trial.endsMs),
      extendable: !account.trial.extended,
    };
  }
  return result;
}

/** What Postwharf's own pages show; Plimsoll does not read it. */
export function pageState(account, policy, nowMs) {
  const features = new Set([
    ...(planOf(policy, account.plan).features ?? []),
    ...(trialRuns(account, nowMs) ? ["automation"] : []),
  ]);
  return {
    plan: account.plan,
    role: account.user.role,
    time: iso(nowMs),
    clock_shift_ms: account.clockShiftMs,
    period_end: iso(periodAt(account.anchorMs, nowMs).end),
    features: [...features],
    trial: trialRuns(account, nowMs)
      ? { ends_at: iso(account.trial.endsMs), extendable: !account.trial.extended }
      : null,
    payments: account.payments,
    in_sales_conversation: account.inSalesConversation,
    people: account.people,
    files: account.files,
    sends: account.sends,
    draft_sent: account.draftSent,
    period_start: iso(periodAt(account.anchorMs, nowMs).start),
    plans: policy.plans.map(({ id, name, price, buy, quotas, features }) => ({
      id,
      name,
      price,
      buy,
      quotas,
      features: features ?? [],
    })),
  };
}

export function sendEmails(account, policy, nowMs, { count, token }) {
  positive(count, "count", 100_000);
  return metered(account, "emails", token, () => {
    const period = periodAt(account.anchorMs, nowMs);
    refuseOver(account, policy, "emails", emailsIn(account, period) + count);
    const day = dayIndex(nowMs);
    account.emailsByDay.set(day, (account.emailsByDay.get(day) ?? 0) + count);
    account.draftSent += count;
    account.sends.unshift({ id: `s${account.nextId++}`, count, at: iso(nowMs) });
    account.sends.length = Math.min(account.sends.length, SENDS_KEPT);
  });
}

export function invitePerson(account, policy, { name, email, token }) {
  return metered(account, "seats", token, () => {
    const person = {
      id: `p${account.nextId++}`,
      name: text(name, "name"),
      email: text(email, "email"),
      you: false,
    };
    if (account.people.length >= PEOPLE_MAX) throw new Refused(422, "too_many_people");
    refuseOver(account, policy, "seats", account.people.length + 1);
    account.people.push(person);
  });
}

export function removePerson(account, id, { token }) {
  return metered(account, "seats", token, () => {
    const found = account.people.find((person) => person.id === id && !person.you);
    if (!found) throw new Refused(404, "no_such_person");
    account.people = account.people.filter((person) => person !== found);
  });
}

export function addFile(account, policy, { name, size_mb: sizeMb, token }) {
  positive(sizeMb, "size_mb", 10_000);
  return metered(account, "storage", token, () => {
    if (account.files.length >= FILES_MAX) throw new Refused(422, "too_many_files");
    refuseOver(account, policy, "storage", storageUsed(account) + sizeMb);
    account.files.push({ id: `f${account.nextId++}`, name: text(name, "name"), size_mb: sizeMb });
  });
}

export function removeFile(account, id, { token }) {
  return metered(account, "storage", token, () => {
    const found = account.files.find((file) => file.id === id);
    if (!found) throw new Refused(404, "no_such_file");
    account.files = account.files.filter((file) => file !== found);
  });
}

/**
 * What is due now for moving to `plan`, in minor units.
 *
 * due = price(new) × rest − price(old) × rest, where rest is the part of the current month that is
 * left, in whole days with today counted in full, and the result is rounded half up to the cent.
 * A plan that costs less than the current one is never refunded: due is then 0.
 */
export function quote(account, policy, nowMs, { plan, locale }) {
  const next = planOf(policy, plan);
  if (next.buy !== "checkout" || !next.price) throw new Refused(422, "plan_not_for_sale");
  const period = periodAt(account.anchorMs, nowMs);
  const totalDays = Math.round((period.end - period.start) / DAY_MS);
  const restDays = Math.round((period.end - startOfDay(nowMs)) / DAY_MS);
  const current = planOf(policy, account.plan).price?.amount_minor ?? 0;
  const difference = Math.max(0, next.price.amount_minor - current);
  return {
    plan: next.id,
    name: next.name,
    amount_minor: Math.floor((difference * restDays * 2 + totalDays) / (totalDays * 2)),
    currency: next.price.currency,
    rest_days: restDays,
    total_days: totalDays,
    renews_at: iso(period.end),
    renewal_minor: next.price.amount_minor,
    line: quoteLine(restDays, totalDays, locale),
  };
}

/** Buys a plan once per intent: the second request with the same intent gets the first's answer. */
export function checkout(account, policy, nowMs, { intent, plan, locale }) {
  if (typeof intent !== "string" || !/^[0-9a-f]{16}$/.test(intent)) {
    throw new Refused(422, "bad_intent");
  }
  const done = account.purchases.get(intent);
  if (done) return done;
  if (account.user.role !== "owner") throw new Refused(403, "not_billing_owner");
  if ([account.plan, account.coming?.plan].includes(plan)) throw new Refused(409, "already_on_plan");
  const due = quote(account, policy, nowMs, { plan, locale });
  if (account.payments === "declined") throw new Refused(402, "card_declined");
  account.coming = { plan, atMs: nowMs + (account.payments === "late" ? LATE_MS : 0) };
  settle(account, policy, nowMs);
  const receipt = { ...due, plan_epoch: account.planEpoch, pending: account.coming !== null };
  account.purchases.set(intent, receipt);
  return receipt;
}

/** What was paid for takes effect once its time has come. */
export function settle(account, policy, nowMs) {
  if (!account.coming || nowMs < account.coming.atMs) return;
  changePlan(account, policy, account.coming.plan);
}

/** Sold by a person or switched by the demo's controls: no payment, a new epoch all the same. */
export function changePlan(account, policy, plan) {
  planOf(policy, plan);
  account.coming = null;
  if (account.plan === plan) return;
  account.plan = plan;
  account.planEpoch += 1;
  account.trial = null;
}

export function changeRole(account, role) {
  if (role !== "owner" && role !== "editor") throw new Refused(422, "bad_role");
  account.user.role = role;
}

export function changePayments(account, how) {
  if (!PAYMENTS.includes(how)) throw new Refused(422, "bad_payments");
  account.payments = how;
}

/** A trial of Automation, a few days before its end, so that the reminder can be seen. */
export function changeTrial(account, nowMs, running) {
  if (typeof running !== "boolean") throw new Refused(422, "bad_trial");
  account.trial = running ? { endsMs: nowMs + TRIAL_DAYS * DAY_MS, extended: false } : null;
}

export function extendTrial(account, nowMs) {
  if (!trialRuns(account, nowMs) || account.trial.extended) {
    throw new Refused(409, "trial_not_extendable");
  }
  account.trial = {
    endsMs: account.trial.endsMs + TRIAL_EXTENSION_DAYS * DAY_MS,
    extended: true,
  };
}

/** Time only moves forward, as it does for a real server. */
export function moveClock(account, nowMs, step) {
  const target = { day: nowMs + DAY_MS, week: nowMs + 7 * DAY_MS, month: addMonths(nowMs, 1) }[
    step
  ];
  if (target === undefined) throw new Refused(422, "bad_step");
  account.clockShiftMs += target - nowMs;
}

/** Someone asked for it, or it is over. */
export function talkWithSales(account, isTalking) {
  account.inSalesConversation = isTalking;
}

/**
 * Runs a change and remembers how much of the tab's tally the figures now include.
 *
 * The token is recorded when the change is refused, too: the tab counted it before it asked, and
 * the next snapshot then takes that use back exactly.
 */
function metered(account, meter, token, change) {
  try {
    change();
  } finally {
    recordToken(account.counted[meter], token);
  }
}

/** `<writer>:<added>` or `<writer>:<added>:<released>`; a tally only grows, so the largest wins. */
function recordToken(counted, token) {
  const match = /^([0-9a-f]{16}):(\d{1,16})(?::(\d{1,16}))?$/.exec(token ?? "");
  if (!match) return;
  const [, writer, added, released] = match;
  const before = counted.get(writer);
  counted.delete(writer);
  counted.set(
    writer,
    released === undefined
      ? Math.max(Number(added), before ?? 0)
      : [Math.max(Number(added), before?.[0] ?? 0), Math.max(Number(released), before?.[1] ?? 0)],
  );
  if (counted.size > WRITERS_KEPT) counted.delete(counted.keys().next().value);
}

function refuseOver(account, policy, meter, wanted) {
  const limit = planOf(policy, account.plan).quotas[meter]?.limit ?? 0;
  if (limit !== "unlimited" && wanted > limit) throw new Refused(402, "limit_reached", { meter });
}

function planOf(policy, id) {
  const plan = policy.plans.find((candidate) => candidate.id === id);
  if (!plan) throw new Refused(422, "unknown_plan");
  return plan;
}

function emailsIn(account, period) {
  let sum = 0;
  for (const [day, count] of account.emailsByDay) {
    if (day * DAY_MS >= period.start && day * DAY_MS < period.end) sum += count;
  }
  return sum;
}

function dailyEmails(account, nowMs) {
  const today = dayIndex(nowMs);
  const first = Math.max(dayIndex(account.createdMs), today - DAILY_DAYS_MAX);
  return Array.from(
    { length: Math.max(0, today - first) },
    (_, index) => account.emailsByDay.get(first + index) ?? 0,
  );
}

const storageUsed = (account) => account.files.reduce((sum, file) => sum + file.size_mb, 0);

const trialRuns = (account, nowMs) => account.trial !== null && nowMs < account.trial.endsMs;

function seedEmails(account, today) {
  const firstOfPeriod = dayIndex(account.anchorMs);
  for (let day = dayIndex(account.createdMs); day < firstOfPeriod; day += 1) {
    account.emailsByDay.set(day, 12 + ((day * 7) % 11));
  }
  const days = today - firstOfPeriod;
  let left = SENT_THIS_PERIOD;
  for (let day = firstOfPeriod; day < today; day += 1) {
    const share = day === today - 1 ? left : Math.floor(SENT_THIS_PERIOD / days);
    account.emailsByDay.set(day, share);
    left -= share;
  }
}

function quoteLine(restDays, totalDays, locale) {
  return locale === "pt-BR"
    ? `a pagar hoje, por ${restDays} de ${totalDays} dias`
    : `due today, for ${restDays} of ${totalDays} days`;
}

function positive(value, name, max) {
  if (!Number.isSafeInteger(value) || value < 1 || value > max) {
    throw new Refused(422, `bad_${name}`);
  }
}

function text(value, name) {
  if (typeof value !== "string" || value.length < 1 || value.length > 120) {
    throw new Refused(422, `bad_${name}`);
  }
  return value;
}

const iso = (timeMs) => new Date(timeMs).toISOString();
