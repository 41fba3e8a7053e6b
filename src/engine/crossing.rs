//! Crossings: which thresholds of a meter count now, which have been passed, and their identity.
//! Owns spans (a meter's period within a plan epoch) and rises of levels; knows nothing of prompts' stages.
//! `decide` asks whether a threshold has fired; the events it makes go to the outbox.

use super::account::Account;
use super::decide::Hit;
use super::effect::{CrossingKind, Effect, Event, HostEvent, Projected, Reading, Source};
use super::entry::Entry;
use super::experiment::stands;
use super::memory::{Memory, Row, Table};
use super::period::{Period, same};
use super::record;
use crate::plim::{Meter, NONE, Plim, Prompt};
use crate::unit::{Digest, Timestamp, basis_points, count_at, fnv32};
use core::cell::Cell;

/// The code of the limit itself as a threshold; percentages are their basis points, below it.
pub(super) const AT_LIMIT: u32 = 10_000;
/// The whole limit in basis points.
pub(super) const FULL: i64 = AT_LIMIT as i64;
/// How far usage has to fall below a threshold before it arms again: five percentage points, a
/// twentieth of the limit.
const REARM_PART: i64 = 20;

/// A threshold in force: where it is, and whether it has been passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Usage at which it is passed.
    pub count: i64,
    /// Which threshold.
    pub code: u32,
    /// Its index in the meter's thresholds, when it is in force in some arms only; else [`NONE`].
    varied: u32,
    /// Of the limit.
    pub basis_points: i64,
    /// Which time it was passed, for levels.
    pub rise: i64,
    /// How, when it has been.
    pub passed: Option<CrossingKind>,
    /// It is in the policy, not only in arms, and the highest such on its count: crossing it is reported.
    pub told: bool,
    /// It is in force in this unit's arms, and the highest such on its count.
    pub stands: bool,
    /// Whether a prompt of these arms waits for it.
    pub prompted: bool,
    /// The crossing's identity; kept here because every decision asks for it.
    pub identity: u64,
    /// When it was passed; for a level that has fallen below it, the last time before.
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
    /// The blocked attempt that waits for its answer.
    pub hit: Hit,
    /// The day its figure was kept of last.
    pub day: i64,
    /// What was projected from which usage in which hour: every decision asks for it.
    pub projected: Cell<(i64, i64, Projected)>,
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
            hit: Hit::default(),
            day: 0,
            projected: Cell::default(),
            peak: 0,
        }
    }

    /// Takes a new reading. What the last one said was seen, though nothing was passed then.
    pub fn read(&mut self, reading: Reading) {
        if !self.reading.provisional {
            self.peak = self.peak.max(self.reading.used);
        }
        self.reading = reading;
    }

    /// Usage at which something happens next, so that a use below it needs no decision.
    pub fn next_count(&self) -> i64 {
        let mut next = i64::MAX;
        for step in &self.steps {
            // One that was passed and has settled since speaks again when usage comes near it.
            let near = self.reading.limit.0 / REARM_PART;
            let count = match step.passed {
                None => step.count,
                Some(_) if self.settled(step) => step.count.wrapping_sub(near),
                Some(_) => continue,
            };
            next = next.min(count);
        }
        next
    }

    /// Finds what higher thresholds do to lower ones: the highest that was passed supersedes the others,
    /// and what was overtaken stays so, though a level may have fallen below the higher one since.
    fn order(&mut self) {
        let mut newest = Timestamp(i64::MIN);
        self.top = 0;
        for step in self.steps.iter_mut().rev() {
            step.overtaken = step.passed.is_some() && newest >= step.since;
            if !step.prompted || step.passed == Some(CrossingKind::Carried) {
                continue;
            }
            if step.since.0 > 0 {
                newest = newest.max(step.since);
            }
            if step.passed.is_some() && self.top == 0 {
                self.top = step.count;
            }
        }
    }

    /// Makes the thresholds in force under a limit; 0 for none.
    fn limit(&mut self, scene: &Scene<'_>, meter: Meter<'_>, limit: i64) {
        self.steps.clear();
        if limit == 0 {
            return;
        }
        for (threshold, index) in meter.thresholds().iter().zip(0..) {
            let (kind, value, arms) = (threshold.kind(), threshold.value(), threshold.arms());
            let count = match kind {
                0 => count_at(value, limit),
                1 => value,
                _ => limit.wrapping_sub(value),
            };
            // One on the limit itself gives way to the limit; one beyond it cannot be reached.
            if count > 0 && count < limit {
                let ratio = if kind == 0 {
                    value
                } else {
                    basis_points(count, limit)
                };
                self.add(Step {
                    count,
                    code: code(kind, value),
                    basis_points: ratio,
                    varied: if arms.is_empty() { NONE } else { index },
                    told: arms.get(0) != Some(0) || fault!(63),
                    ..Step::default()
                });
            }
        }
        self.add(Step {
            count: limit,
            code: AT_LIMIT,
            basis_points: FULL,
            varied: NONE,
            told: true,
            ..Step::default()
        });
        let mut last = 0;
        for step in self.steps.iter_mut().rev() {
            step.told &= step.count != last;
            if step.told {
                last = step.count;
            }
        }
        self.arrange(meter, scene.entries, scene.arms);
    }

    /// Finds what stands in these arms: of thresholds on one count the highest.
    pub fn arrange(&mut self, meter: Meter<'_>, entries: &[Entry], arms: &[u32]) {
        let mut last = 0;
        for step in self.steps.iter_mut().rev() {
            let threshold = meter.thresholds().get(step.varied);
            let in_force = threshold.is_none_or(|threshold| stands(threshold.arms(), arms));
            step.stands = in_force && step.count != last;
            step.prompted = false;
            if !step.stands {
                continue;
            }
            last = step.count;
            for index in meter.prompts().iter() {
                let entry = entries.get(index as usize);
                step.prompted |= entry.is_some_and(|entry| {
                    entry.stands && entry.trigger < 2 && entry.code == step.code
                });
            }
        }
        self.order();
    }

    /// Adds a threshold at its place, by count and ratio. On one count the highest stays, and what is above
    /// it in some arms only.
    fn add(&mut self, step: Step) {
        let mut place = 0;
        while let Some(other) = self.steps.get(place) {
            let on_one = other.count == step.count;
            let above = on_one && other.basis_points > step.basis_points;
            if above && other.varied == NONE {
                return;
            }
            if above || other.count > step.count {
                break;
            }
            if on_one && step.varied == NONE {
                self.steps.remove(place);
            } else {
                place = place.wrapping_add(1);
            }
        }
        self.steps.insert(place, step);
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

/// Percentages and the limit itself are their basis points; the other kinds have codes beyond them all,
/// mixed, so that round numbers of bytes part in 30 bits.
fn code(kind: u32, value: i64) -> u32 {
    if kind == 0 {
        return value as u32;
    }
    let mixed = (value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 34) as u32 | kind << 30
}

fn fallen(reading: &Reading, count: i64) -> bool {
    let Some(limit) = reading.limit.number() else {
        return true;
    };
    let span = |amount: i64| amount.wrapping_mul(REARM_PART);
    let room = if fault!(32) { 1 } else { limit };
    span(reading.used) <= span(count).wrapping_sub(room)
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

/// What [`observe`] needs to know besides the meter.
pub(super) struct Scene<'a> {
    pub plim: &'a Plim,
    pub entries: &'a [Entry],
    pub arms: &'a [u32],
    pub account: &'a Account,
    pub account_id: &'a str,
    pub now: Timestamp,
}

/// What came of a new reading.
#[derive(Default)]
pub(super) struct Seen {
    /// Memory changed.
    pub changed: bool,
    /// How many thresholds below the limit were crossed and told of.
    pub approached: u32,
}

/// Brings a meter's view up to its new reading: finds its span, records what was crossed.
pub(super) fn observe(
    scene: &Scene<'_>,
    memory: &mut Memory,
    view: &mut MeterView,
    index: u32,
    out: &mut Vec<Effect>,
) -> Seen {
    let Some(meter) = scene.plim.root().meters().get(index) else {
        return Seen::default();
    };
    if scene.account.plan.is_none() {
        view.steps.clear();
        view.top = 0;
        return Seen::default();
    }
    let reading = view.reading;
    let limit = reading.limit.0.max(0);
    if view.steps.last().map_or(0, |last| last.count) != limit {
        view.limit(scene, meter, limit);
    }
    let (mut changed, mut approached) = (false, 0_u32);
    let seen = enter_span(scene, memory, view, meter, &mut changed);
    let (span, start) = (view.span, view.span_start);
    let mut passed = view.steps.iter().rev();
    let highest = passed.find(|step| step.count <= reading.used);
    let highest = highest.map_or(0, |step| step.count);
    for step in &mut view.steps {
        let passed = if reading.provisional {
            // Nothing is recorded before a snapshot confirms the period; `judge` holds what looks passed.
            step.passed = (reading.used >= step.count).then_some(CrossingKind::Crossed);
            None
        } else if meter.kind() == 1 {
            rise(memory, span, step, &reading, seen, &mut changed)
        } else {
            pass(memory, span, step, &reading, view.peak, seen)
        };
        if step.identity == 0 {
            let epoch = scene.account.epoch;
            step.identity = identity(scene.account_id, meter.key(), start, epoch, step);
        }
        let only_highest = fault!(9) && step.count != highest;
        let Some(kind) = passed.filter(|_| !only_highest) else {
            continue;
        };
        changed = true;
        step.passed = passed;
        step.since = scene.now;
        memory.join(
            Table::Crossing,
            span,
            crossing_key(step.code, step.rise),
            &[(kind as i64).wrapping_add(1), scene.now.0.wrapping_neg()],
        );
        if !step.told {
            continue;
        }
        let event = Event::ThresholdCrossed {
            meter: index,
            crossing: step.identity,
            kind,
            basis_points: step.basis_points,
            count: step.count,
            used: reading.used,
            limit,
            period_start: Timestamp(start),
            epoch: scene.account.epoch,
            rise: step.rise,
        };
        record(event, out);
        let approaches = kind == CrossingKind::Crossed || fault!(60);
        if approaches && step.basis_points < FULL {
            approached = approached.wrapping_add(1);
        }
        if kind == CrossingKind::Crossed {
            let percent = step.basis_points / 100;
            out.push(Effect::Announce(HostEvent::Crossing {
                meter: index,
                percent,
            }));
        }
    }
    view.order();
    if reading.used > view.peak && !reading.provisional {
        view.peak = reading.used;
        if changed {
            save_peak(scene, memory, view, meter.key());
        }
    }
    Seen {
        changed,
        approached,
    }
}

/// Finds the span that a reading is in. Answers what passing a threshold is in it now: a crossing when
/// this memory knew the span or began it at zero, otherwise a first sight of what was used before.
fn enter_span(
    scene: &Scene<'_>,
    memory: &mut Memory,
    view: &mut MeterView,
    meter: Meter<'_>,
    changed: &mut bool,
) -> CrossingKind {
    let epoch = scene.account.epoch;
    let reading = view.reading;
    let period = Period {
        start: reading.period_start,
        end: reading.period_end,
    };
    let (mut began, mut known) = (false, false);
    let (mut start, mut peak) = (period.start.0, 0);
    for row in memory.under(Table::Span, span_key(meter.key(), epoch)) {
        let other = Period {
            start: Timestamp(row.b as i64),
            end: Timestamp(row.v[1]),
        };
        // Two epochs may share a hash.
        if row.v[2] == epoch {
            began = true;
            if other == period || same(other, period) {
                (known, start, peak) = (true, other.start.0, row.v[0]);
            }
        }
    }
    let span = span_id(meter.key(), start, epoch);
    if span != view.span {
        view.span = span;
        view.span_start = start;
        view.peak = 0;
        for step in &mut view.steps {
            step.passed = None;
            step.identity = 0;
            step.since = Timestamp(0);
        }
    }
    view.peak = view.peak.max(peak);
    if known || (reading.provisional && reading.used == 0) {
        return CrossingKind::Crossed;
    }
    *changed = true;
    let earlier = |row: &Row| row.a >> 32 == u64::from(meter.key()) && row.v[2] < epoch;
    let seen = if reading.provisional {
        CrossingKind::Crossed
    } else if (!began || fault!(33)) && memory.table(Table::Span).iter().any(earlier) {
        CrossingKind::Carried
    } else if reading.source == Source::Local {
        CrossingKind::Crossed
    } else {
        CrossingKind::FirstSight
    };
    view.peak = if seen == CrossingKind::Crossed {
        0
    } else {
        reading.used
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
    let v = &[view.peak, view.reading.period_end.0, epoch];
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

fn crossing_key(code: u32, rise: i64) -> u64 {
    (u64::from(code) << 32) | u64::from(rise as u32)
}

/// A counter's threshold: passed once in a span. Answers how, when it is passed now.
fn pass(
    memory: &Memory,
    span: u64,
    step: &mut Step,
    reading: &Reading,
    peak: i64,
    seen: CrossingKind,
) -> Option<CrossingKind> {
    if recall(memory, span, step, step.rise) {
        let standing = fault!(7) && reading.used == step.count;
        return if standing { step.passed } else { None };
    }
    if reading.used < step.count {
        step.passed = None;
        return None;
    }
    // `before < count <= after`: what lies at or below the highest usage seen was no crossing.
    (seen != CrossingKind::Crossed || peak < step.count).then_some(seen)
}

/// A level's threshold: passed once in a rise; falling far enough arms it again.
fn rise(
    memory: &mut Memory,
    span: u64,
    step: &mut Step,
    reading: &Reading,
    seen: CrossingKind,
    changed: &mut bool,
) -> Option<CrossingKind> {
    let code = u64::from(step.code);
    let mut state = memory.row(Table::Rise, span, code)[0];
    if state & 1 == 1 && fallen(reading, step.count) {
        state = state.wrapping_add(1);
        *changed |= memory.join(Table::Rise, span, code, &[state]);
    }
    if step.rise != state >> 1 {
        step.rise = state >> 1;
        step.identity = 0;
    }
    (step.passed, step.since) = (Some(CrossingKind::Crossed), Timestamp(0));
    // The rise that was last fired: this one, or the one before.
    recall(memory, span, step, state.wrapping_sub(1) >> 1);
    if state & 1 == 1 {
        return None;
    }
    step.passed = None;
    if reading.used < step.count {
        return None;
    }
    memory.join(Table::Rise, span, code, &[state.wrapping_add(1)]);
    Some(seen)
}

/// Reads how and when a threshold was passed in a rise. Answers whether it was.
fn recall(memory: &Memory, span: u64, step: &mut Step, rise: i64) -> bool {
    let row = memory.find(Table::Crossing, span, crossing_key(step.code, rise));
    if let Some(row) = row {
        step.passed = Some(match row[0] {
            1 => CrossingKind::Carried,
            2 => CrossingKind::FirstSight,
            _ => CrossingKind::Crossed,
        });
        step.since = Timestamp(row[1].wrapping_neg());
    }
    row.is_some()
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn thresholds_in_bytes_have_codes_of_their_own() {
        let codes: std::collections::BTreeSet<u32> = (1..=64)
            .flat_map(|gibibytes: i64| [code(1, gibibytes << 30), code(2, gibibytes << 30)])
            .collect();
        assert_eq!(codes.len(), 128);
        assert!(codes.iter().all(|code| *code > 10_000));
    }
}
