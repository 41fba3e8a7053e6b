//! Crossings: which thresholds of a meter count now, which have been passed, and their identity.
//! Owns spans (a meter's period within a plan epoch) and rises of levels; knows nothing of prompts' stages.
//! `decide` asks whether a threshold has fired; the events it makes go to the outbox.

use super::account::Account;
use super::effect::{CrossingKind, Effect, Event, HostEvent, Reading, Source};
use super::memory::{Memory, Table, columns};
use super::period::{Period, same};
use crate::plim::{Meter, Plim, Prompt};
use crate::unit::{Digest, Limit, Timestamp, basis_points, count_at, fnv32};

/// The code of the limit itself as a threshold; percentages are their basis points, below it.
pub(super) const AT_LIMIT: u32 = 10_000;
/// Absolute and remaining thresholds have codes from here on.
const ABSOLUTE: u32 = 0x8000_0000;
/// How far usage has to fall below a threshold before it arms again: five percentage points, a
/// twentieth of the limit.
const REARM_PART: i64 = 20;

/// A threshold in force: where it is, and whether it has been passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Usage at which it is passed.
    pub count: i64,
    /// Which threshold.
    pub code: u32,
    /// Of the limit.
    pub basis_points: i64,
    /// Which time it was passed, for levels.
    pub rise: i64,
    /// How, when it has been.
    pub passed: Option<CrossingKind>,
    /// Whether a prompt waits for it.
    pub prompted: bool,
    /// The crossing's identity; kept here because every decision asks for it.
    pub identity: u64,
    /// When it was passed.
    pub since: Timestamp,
    /// A higher one was passed since, though a level may have fallen below that again.
    pub overtaken: bool,
}

/// A meter as the engine sees it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MeterView {
    /// Usage, limit and period.
    pub reading: Reading,
    /// Thresholds in force, ascending; those on one count are merged into the highest.
    pub steps: Vec<Step>,
    /// The span's id, under which crossings are kept.
    pub span: u64,
    /// The period start that identifies the span; 0 for a level.
    pub span_start: i64,
    /// The count of the highest threshold that was passed and has a prompt; 0 for none.
    pub top: i64,
    peak: i64,
}

impl MeterView {
    /// A view that has seen nothing.
    pub fn new(reading: Reading) -> Self {
        Self {
            reading,
            steps: Vec::new(),
            span: 0,
            span_start: 0,
            top: 0,
            peak: 0,
        }
    }

    /// Usage at which something happens next, so that a use below it needs no decision.
    pub fn next_count(&self) -> i64 {
        let unpassed = self.steps.iter().find(|step| step.passed.is_none());
        unpassed.map_or(i64::MAX, |step| step.count)
    }

    /// The count of the highest threshold that was passed and has a prompt; 0 for none.
    fn highest_passed(&self) -> i64 {
        let passed = self.steps.iter().rev().find(|step| {
            step.prompted
                && step
                    .passed
                    .is_some_and(|kind| kind != CrossingKind::Carried)
        });
        passed.map_or(0, |step| step.count)
    }

    /// Whether a higher threshold was passed at or after this one, though a level may have fallen below it
    /// since: what it ended stays ended, so that freeing some brings no lower prompt back.
    fn overtaken(&self, memory: &Memory, step: &Step) -> bool {
        let higher = |code: u64| {
            self.steps.iter().any(|other| {
                other.prompted && other.count > step.count && u64::from(other.code) == code
            })
        };
        memory.under(Table::Crossing, self.span).iter().any(|row| {
            let [kind, first_seen, ..] = row.v;
            higher(row.b >> 32)
                && kind_of(kind) != CrossingKind::Carried
                && first_seen.wrapping_neg() >= step.since.0
        })
    }

    /// The threshold with this code, when it is in force.
    pub fn step_of(&self, code: u32) -> Option<&Step> {
        self.steps.iter().find(|step| step.code == code)
    }

    /// Whether usage has fallen far enough below a threshold that it is settled.
    pub fn settled(&self, step: &Step) -> bool {
        fallen(&self.reading, step.count)
    }
}

/// The code of the threshold that a threshold or at-limit prompt waits for.
pub(super) fn code_of(prompt: Prompt<'_>) -> u32 {
    if prompt.trigger() == 1 {
        AT_LIMIT
    } else {
        code(prompt.threshold_kind(), prompt.value())
    }
}

fn code(kind: u32, value: i64) -> u32 {
    if kind == 0 {
        u32::try_from(value).unwrap_or(0).min(AT_LIMIT)
    } else {
        fnv32(
            &value
                .wrapping_mul(4)
                .wrapping_add(i64::from(kind))
                .to_le_bytes(),
        ) | ABSOLUTE
    }
}

fn fallen(reading: &Reading, count: i64) -> bool {
    let Some(Limit::Of(limit)) = reading.limit else {
        return true;
    };
    let span = |amount: i64| amount.wrapping_mul(REARM_PART);
    span(reading.used) <= span(count).wrapping_sub(limit)
}

/// A crossing's identity, the same in every tab, on every device and for every teammate.
fn identity(account: &str, meter: u32, start: i64, epoch: i64, step: &Step) -> u64 {
    let digest = Digest::default()
        .text(account)
        .number(i64::from(meter))
        .number(start);
    let digest = if fault!(8) {
        digest
    } else {
        digest.number(epoch)
    };
    digest
        .number(i64::from(step.code))
        .number(step.rise)
        .finish()
}

/// The thresholds in force under a limit.
pub(super) fn steps(plim: &Plim, meter: Meter<'_>, limit: Option<Limit>) -> Vec<Step> {
    let Some(Limit::Of(limit)) = limit else {
        return Vec::new();
    };
    let at = |count, code| Step {
        count,
        code,
        basis_points: basis_points(count, limit),
        rise: 0,
        passed: None,
        prompted: false,
        identity: 0,
        since: Timestamp(0),
        overtaken: false,
    };
    let mut steps: Vec<Step> = meter
        .thresholds()
        .iter()
        .map(|threshold| {
            let (kind, value) = (threshold.kind(), threshold.value());
            let count = match kind {
                0 => count_at(value, limit),
                1 => value,
                _ => limit.wrapping_sub(value),
            };
            let basis_points = if kind == 0 {
                value
            } else {
                basis_points(count, limit)
            };
            Step {
                basis_points,
                ..at(count, code(kind, value))
            }
        })
        // One on the limit itself gives way to the limit; one beyond it cannot be reached.
        .filter(|step| step.count > 0 && step.count < limit)
        .collect();
    steps.push(at(limit, AT_LIMIT));
    steps.sort_unstable_by_key(|step| (step.count, step.basis_points));
    // On one count the last, which is the highest, stays.
    let mut merged: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        if merged.last().is_some_and(|last| last.count == step.count) {
            merged.pop();
        }
        merged.push(step);
    }
    let prompts = plim.root().prompts();
    for prompt in meter
        .prompts()
        .iter()
        .filter_map(|index| prompts.get(index))
    {
        let waits = matches!(prompt.trigger(), 0 | 1);
        if let Some(step) = merged
            .iter_mut()
            .find(|step| waits && step.code == code_of(prompt))
        {
            step.prompted = true;
        }
    }
    merged
}

/// What [`observe`] needs to know besides the meter.
pub(super) struct Scene<'a> {
    pub plim: &'a Plim,
    pub account: &'a Account,
    pub account_id: &'a str,
    pub now: Timestamp,
}

/// Brings a meter's view up to its new reading: finds its span, records what was crossed.
/// Answers whether memory changed.
pub(super) fn observe(
    scene: &Scene<'_>,
    memory: &mut Memory,
    view: &mut MeterView,
    index: u32,
    out: &mut Vec<Effect>,
) -> bool {
    let Some(meter) = scene.plim.root().meters().get(index) else {
        return false;
    };
    if !scene.account.known || scene.account.plan.is_none() {
        view.steps.clear();
        view.top = 0;
        return false;
    }
    let limit_changed = !matches!((view.steps.last(), view.reading.limit),
        (Some(last), Some(Limit::Of(limit))) if last.count == limit);
    if limit_changed {
        view.steps = steps(scene.plim, meter, view.reading.limit);
    }
    let mut changed = false;
    let seen = enter_span(scene, memory, view, meter, &mut changed);
    if view.reading.provisional {
        // Nothing is recorded before a snapshot confirms the period; `decide` holds what looks passed.
        for step in &mut view.steps {
            step.passed = (view.reading.used >= step.count).then_some(CrossingKind::Crossed);
        }
        let start = view.span_start;
        for step in &mut view.steps {
            identify(scene, step, meter.key(), start);
        }
        view.top = view.highest_passed();
        return changed;
    }
    let start = view.span_start;
    let highest = view
        .steps
        .iter()
        .rposition(|step| step.count <= view.reading.used);
    for position in 0..view.steps.len() {
        let only_highest = fault!(9) && Some(position) != highest;
        let Some(step) = view.steps.get_mut(position) else {
            continue;
        };
        let passed = if meter.kind() == 1 {
            rise(memory, view.span, step, &view.reading, seen, &mut changed)
        } else {
            pass(memory, view.span, step, &view.reading, view.peak, seen)
        };
        identify(scene, step, meter.key(), start);
        if let Some(kind) = passed
            && !only_highest
        {
            changed = true;
            step.passed = Some(kind);
            step.since = scene.now;
            memory.join(
                Table::Crossing,
                view.span,
                crossing_key(step),
                columns([(kind as i64).wrapping_add(1), scene.now.0.wrapping_neg()]),
            );
            let step = *step;
            record(scene, view, index, &step, out);
        }
    }
    for position in 0..view.steps.len() {
        let overtaken = view
            .steps
            .get(position)
            .is_some_and(|step| step.passed.is_some() && view.overtaken(memory, step));
        if let Some(step) = view.steps.get_mut(position) {
            step.overtaken = overtaken;
        }
    }
    view.top = view.highest_passed();
    if view.reading.used > view.peak {
        view.peak = view.reading.used;
        if changed {
            save_peak(scene, memory, view, meter.key());
        }
    }
    changed
}

/// Gives a threshold its crossing's identity, where span or rise are new.
fn identify(scene: &Scene<'_>, step: &mut Step, meter: u32, start: i64) {
    if step.identity == 0 {
        step.identity = identity(scene.account_id, meter, start, scene.account.epoch, step);
    }
}

/// How this memory came to a span.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// It knew the span, or began it at zero.
    Before,
    /// It sees it for the first time, with this much used already.
    Now(CrossingKind),
}

fn enter_span(
    scene: &Scene<'_>,
    memory: &mut Memory,
    view: &mut MeterView,
    meter: Meter<'_>,
    changed: &mut bool,
) -> Seen {
    let epoch = scene.account.epoch;
    let period = Period {
        start: view.reading.period_start,
        end: view.reading.period_end,
    };
    let a = span_key(meter.key(), epoch);
    let rows = memory.under(Table::Span, a);
    let known = rows.iter().rev().find(|row| {
        let other = Period {
            start: Timestamp(row.b as i64),
            end: Timestamp(row.v[1]),
        };
        row.v[2] == epoch && (other == period || same(other, period))
    });
    let known = known.map(|row| (row.b as i64, row.v[0]));
    let start = known.map_or(period.start.0, |(start, _)| start);
    let span = span_id(meter.key(), start, epoch);
    if span != view.span {
        view.span = span;
        view.span_start = start;
        view.peak = known.map_or(0, |(_, peak)| peak);
        for step in &mut view.steps {
            step.passed = None;
            step.identity = 0;
        }
    }
    if known.is_some() {
        view.peak = view.peak.max(known.map_or(0, |(_, peak)| peak));
        return Seen::Before;
    }
    if view.reading.provisional && view.reading.used == 0 {
        return Seen::Before;
    }
    *changed = true;
    let meters = (u64::from(meter.key()) << 32)..=(u64::from(meter.key()) << 32 | 0xffff_ffff);
    let earlier = memory
        .table(Table::Span)
        .iter()
        .any(|row| meters.contains(&row.a) && row.v[2] < epoch);
    let seen = match view.reading.source {
        _ if view.reading.provisional => Seen::Before,
        _ if earlier => Seen::Now(CrossingKind::Carried),
        Source::Local => Seen::Before,
        Source::Snapshot => Seen::Now(CrossingKind::FirstSight),
    };
    view.peak = if seen == Seen::Before {
        0
    } else {
        view.reading.used
    };
    save_peak(scene, memory, view, meter.key());
    seen
}

/// The id of a span: a meter's period within a plan epoch.
pub(super) fn span_id(meter: u32, start: i64, epoch: i64) -> u64 {
    let digest = Digest::default().number(i64::from(meter)).number(start);
    if fault!(8) {
        digest
    } else {
        digest.number(epoch)
    }
    .finish()
}

fn save_peak(scene: &Scene<'_>, memory: &mut Memory, view: &MeterView, meter: u32) {
    let epoch = scene.account.epoch;
    let v = columns([view.peak, view.reading.period_end.0, epoch]);
    memory.join(
        Table::Span,
        span_key(meter, epoch),
        view.span_start as u64,
        v,
    );
}

fn span_key(meter: u32, epoch: i64) -> u64 {
    (u64::from(meter) << 32) | u64::from(fnv32(&epoch.to_le_bytes()))
}

fn crossing_key(step: &Step) -> u64 {
    (u64::from(step.code) << 32) | u64::from(u32::try_from(step.rise).unwrap_or(u32::MAX))
}

/// A counter's threshold: passed once in a span. Answers how, when it is passed now.
fn pass(
    memory: &Memory,
    span: u64,
    step: &mut Step,
    reading: &Reading,
    peak: i64,
    seen: Seen,
) -> Option<CrossingKind> {
    if let Some(row) = memory.find(Table::Crossing, span, crossing_key(step)) {
        step.passed = Some(kind_of(row[0]));
        step.since = Timestamp(row[1].wrapping_neg());
        let standing = fault!(7) && reading.used == step.count;
        return if standing { step.passed } else { None };
    }
    if reading.used < step.count {
        step.passed = None;
        return None;
    }
    match seen {
        Seen::Now(kind) => Some(kind),
        // `before < count <= after`: what lies at or below the highest usage seen was no crossing.
        Seen::Before => (peak < step.count).then_some(CrossingKind::Crossed),
    }
}

/// A level's threshold: passed once in a rise; falling far enough arms it again.
fn rise(
    memory: &mut Memory,
    span: u64,
    step: &mut Step,
    reading: &Reading,
    seen: Seen,
    changed: &mut bool,
) -> Option<CrossingKind> {
    let code = u64::from(step.code);
    let mut state = memory.find(Table::Rise, span, code).map_or(0, |row| row[0]);
    if state & 1 == 1 && fallen(reading, step.count) {
        state = state.wrapping_add(1);
        *changed |= memory.join(Table::Rise, span, code, columns([state]));
    }
    if step.rise != state >> 1 {
        step.rise = state >> 1;
        step.identity = 0;
    }
    if state & 1 == 1 {
        let row = memory.find(Table::Crossing, span, crossing_key(step));
        step.passed = Some(row.map_or(CrossingKind::Crossed, |row| kind_of(row[0])));
        step.since = row.map_or(Timestamp(0), |row| Timestamp(row[1].wrapping_neg()));
        return None;
    }
    step.passed = None;
    if reading.used < step.count {
        return None;
    }
    memory.join(Table::Rise, span, code, columns([state.wrapping_add(1)]));
    match seen {
        Seen::Now(kind) => Some(kind),
        Seen::Before => Some(CrossingKind::Crossed),
    }
}

fn kind_of(column: i64) -> CrossingKind {
    match column {
        1 => CrossingKind::Carried,
        2 => CrossingKind::FirstSight,
        _ => CrossingKind::Crossed,
    }
}

fn record(scene: &Scene<'_>, view: &MeterView, meter: u32, step: &Step, out: &mut Vec<Effect>) {
    let kind = step.passed.unwrap_or(CrossingKind::Crossed);
    let limit = view.steps.last().map_or(0, |last| last.count);
    let epoch = scene.account.epoch;
    out.push(Effect::Record(Event::ThresholdCrossed {
        meter,
        crossing: step.identity,
        kind,
        basis_points: step.basis_points,
        count: step.count,
        used: view.reading.used,
        limit,
        period_start: Timestamp(view.span_start),
        epoch,
        rise: step.rise,
    }));
    if kind == CrossingKind::Crossed {
        let percent = step.basis_points / 100;
        out.push(Effect::Announce(HostEvent::Crossing { meter, percent }));
    }
}
