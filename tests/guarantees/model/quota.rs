//! The quotas of the second engine: periods by jiff, usage by adding up facts, thresholds and crossings.
//! Knows nothing of prompts but that some thresholds have one.
//! `stages` asks it for readings and for what was passed.

use super::{DAY, HOUR, Kind, Model, Passed, Seen};
use jiff::civil::{DateTime, Weekday, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, ToSpan};
use plimsoll::plim::Plim;
use plimsoll::pql::BuiltIn;

/// Where a meter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub used: i64,
    pub limit: i64,
    pub start: i64,
    pub end: i64,
    pub provisional: bool,
    pub local: bool,
}

/// A threshold in force.
#[derive(Clone, Debug)]
pub struct Step {
    pub count: i64,
    /// 0 percent, 1 used, 2 remaining, 9 the limit itself; and its value.
    pub code: (u32, i64),
    pub basis_points: i64,
    pub prompted: bool,
}

impl Model {
    /// The newest figure and what was used here since.
    pub fn reading(&self, meter: usize, at: i64) -> Reading {
        let root = self.own.plim.root();
        let plan = self.plan().and_then(|plan| root.plans().get(plan));
        let quota = plan.and_then(|plan| plan.quotas().get(meter as u32));
        let word = quota.map_or(0, |quota| quota.period());
        let mut reading = Reading {
            used: 0,
            limit: quota.map_or(-1, |quota| quota.limit()),
            start: 0,
            end: 0,
            provisional: false,
            local: true,
        };
        let told = self.figures.get(&meter);
        if let Some((told, figure)) = told
            && told.epoch == self.epoch()
            && figure.limit != -1
        {
            reading.limit = figure.limit;
        }
        if !self.is_level(meter) {
            let made = told.map_or(at, |(told, _)| told.made);
            let (mut start, mut end, mut anchor) = self.calendar(word, made);
            if let Some((_, figure)) = told
                && let Some(period) = figure.period
            {
                (start, end, anchor) = period;
                // One that was not of this plan's length goes on from its end.
                if self.rolled(word, anchor, start) != (start, end) {
                    anchor = self.local(end);
                }
            }
            // A host that still reports a period after its end is believed for 48 hours.
            let believed = made >= end && at < end + 48 * HOUR;
            if told.is_some() && at >= end && !believed {
                (start, end) = self.rolled(word, anchor, at);
                reading.provisional = told.is_some_and(|(_, figure)| figure.used.is_some());
            }
            (reading.start, reading.end) = (start, end);
        }
        let (mut added, mut released) = (0, 0);
        // Uses are known to the second.
        let since = |from: i64| {
            let uses = self.uses.iter();
            uses.filter(move |used| used.meter == meter && used.at / 1_000 >= from.max(0) / 1_000)
        };
        match told {
            Some((told, figure)) if figure.used.is_some() && !reading.provisional => {
                reading.used = figure.used.unwrap_or(0);
                if let Some(counted) = figure.counted {
                    let tally = self.tally(meter);
                    (added, released) = (tally.0 - counted.0, tally.1 - counted.1);
                } else {
                    for used in since(told.made - root.settle_ms()) {
                        (added, released) = (added + used.added, released + used.released);
                    }
                }
            }
            _ => {
                for used in since(reading.start) {
                    (added, released) = (added + used.added, released + used.released);
                }
            }
        }
        reading.local = told.is_none_or(|(_, figure)| figure.used.is_none());
        reading.used = (reading.used + added.max(0) - released.max(0)).max(0);
        reading
    }

    fn zone(&self) -> TimeZone {
        let seconds = self.own.plim.root().utc_offset_ms() / 1_000;
        TimeZone::fixed(Offset::from_seconds(seconds as i32).unwrap())
    }

    pub fn instant(&self, local: DateTime) -> i64 {
        local
            .to_zoned(self.zone())
            .unwrap()
            .timestamp()
            .as_millisecond()
    }

    pub fn local(&self, at: i64) -> DateTime {
        self.zone()
            .to_datetime(jiff::Timestamp::from_millisecond(at).unwrap())
    }

    /// The calendar period around an instant, and its anchor.
    pub fn calendar(&self, word: u32, at: i64) -> (i64, i64, DateTime) {
        let day = self.local(at).date();
        let first = match word {
            1 => day,
            2 if day.weekday() == Weekday::Monday => day,
            2 => day.nth_weekday(-1, Weekday::Monday).unwrap(),
            4 => date(day.year(), 1, 1),
            _ => date(day.year(), day.month(), 1),
        };
        let anchor = first.at(0, 0, 0, 0);
        let end = anchor.checked_add(span(word, 1)).unwrap();
        (self.instant(anchor), self.instant(end), anchor)
    }

    /// The period around an instant that is some steps after an anchor.
    pub fn rolled(&self, word: u32, anchor: DateTime, at: i64) -> (i64, i64) {
        let begins = |count| self.instant(anchor.checked_add(span(word, count)).unwrap());
        // No period is longer than this; from there on one after the other.
        let longest = DAY * [32, 1, 7, 32, 367][word as usize];
        let mut count = (at - begins(0)).max(0) / longest;
        while begins(count + 1) <= at {
            count += 1;
        }
        (begins(count), begins(count + 1))
    }

    /// Thresholds in force, ascending: on one count the highest, and none at or beyond the limit but itself.
    pub fn steps(&self, meter: usize, limit: i64) -> Vec<Step> {
        let mut known = self.own.steps.borrow_mut();
        let steps = known.entry((meter, limit));
        steps
            .or_insert_with(|| steps_of(&self.own.plim, meter, limit))
            .clone()
    }

    /// Those of the policy and of every arm, and whether they are reported: the policy's own are, of those on
    /// one count the highest. What arms do not have in common is known of also where another is higher.
    fn steps_of_all(&self, meter: usize, limit: i64) -> Vec<(Step, bool)> {
        let mut known = self.written.steps.borrow_mut();
        let steps = known.entry((meter, limit));
        steps.or_insert_with(|| self.find_all(meter, limit)).clone()
    }

    fn find_all(&self, meter: usize, limit: i64) -> Vec<(Step, bool)> {
        let each: Vec<Vec<Step>> = self
            .written
            .each
            .iter()
            .map(|own| all_steps_of(&own.plim, meter, limit))
            .collect();
        let in_all = |code: (u32, i64)| {
            each.iter()
                .all(|steps| steps.iter().any(|step| step.code == code))
        };
        let mut all: Vec<(Step, bool)> = Vec::new();
        for step in each.iter().flatten() {
            if all.iter().any(|(other, _)| other.code == step.code) {
                continue;
            }
            let above = |other: &&Step| {
                other.count == step.count
                    && (other.basis_points, other.code) > (step.basis_points, step.code)
            };
            if each
                .iter()
                .flatten()
                .filter(above)
                .any(|other| in_all(other.code))
            {
                continue;
            }
            let told = each[0].iter().any(|own| own.code == step.code)
                && each[0].iter().filter(above).count() == 0;
            all.push((step.clone(), told));
        }
        all.sort_by_key(|(step, _)| step.count);
        all
    }

    /// Sees every meter, and reports what was crossed.
    pub fn look(&mut self, now: i64) {
        if self.plan().is_none() {
            return;
        }
        for meter in 0..self.own.plim.root().meters().len() {
            let reading = self.reading(meter, now);
            let Some((span, kind)) = self.enter(meter, &reading) else {
                continue;
            };
            let highest = self.seen[span].highest;
            let start = self.seen[span].start;
            for (step, told) in self.steps_of_all(meter, reading.limit) {
                if reading.provisional {
                    break;
                }
                self.fall(meter, &step, &reading);
                let rise = self.passes(meter, start, step.code).len() as i64;
                let passed = if self.is_level(meter) {
                    self.passes(meter, start, step.code)
                        .iter()
                        .any(|passed| !passed.over)
                } else {
                    rise > 0 || kind == Kind::Crossed && highest >= step.count
                };
                if passed || reading.used < step.count {
                    continue;
                }
                self.passed.push(Passed {
                    meter,
                    epoch: self.epoch(),
                    start,
                    code: step.code,
                    kind,
                    at: now,
                    over: false,
                });
                if !told {
                    continue;
                }
                if kind == Kind::Crossed && step.basis_points < 10_000 {
                    self.notice(now, BuiltIn::ApproachingLimit);
                }
                self.out.push(format!(
                    "cross {meter} {} {} {kind:?} rise {rise} start {start} epoch {}",
                    step.count,
                    step.basis_points / 100,
                    self.epoch()
                ));
            }
            if !reading.provisional {
                self.seen[span].highest = highest.max(reading.used);
            }
        }
    }

    /// A level that falls five points below a threshold arms it again.
    fn fall(&mut self, meter: usize, step: &Step, reading: &Reading) {
        let epoch = self.epoch();
        if self.is_level(meter) && fallen(step, reading) {
            for passed in &mut self.passed {
                if (passed.meter, passed.epoch, passed.code) == (meter, epoch, step.code) {
                    passed.over = true;
                }
            }
        }
    }

    /// The span a reading is in, and what passing a threshold is now: a crossing where it was seen before.
    fn enter(&mut self, meter: usize, reading: &Reading) -> Option<(usize, Kind)> {
        let epoch = self.epoch();
        let here = |seen: &Seen| seen.meter == meter;
        let same = |seen: &Seen| {
            let shared = seen.end.min(reading.end) - seen.start.max(reading.start);
            let longer = (seen.end - seen.start).max(reading.end - reading.start);
            (seen.start, seen.end) == (reading.start, reading.end) || shared * 2 > longer
        };
        let known = |seen: &Seen| here(seen) && seen.epoch == epoch && same(seen);
        if let Some(place) = self.seen.iter().rposition(known) {
            return Some((place, Kind::Crossed));
        }
        if reading.provisional && reading.used == 0 {
            return None;
        }
        let before = self
            .seen
            .iter()
            .any(|seen| here(seen) && seen.epoch < epoch);
        let began = self
            .seen
            .iter()
            .any(|seen| here(seen) && seen.epoch == epoch);
        let kind = if reading.provisional {
            Kind::Crossed
        } else if before && !began {
            Kind::Carried
        } else if reading.local {
            Kind::Crossed
        } else {
            Kind::FirstSight
        };
        self.seen.push(Seen {
            meter,
            epoch,
            start: reading.start,
            end: reading.end,
            highest: 0,
        });
        Some((self.seen.len() - 1, kind))
    }

    /// The times a threshold was passed in a span of the current epoch.
    pub(super) fn passes(&self, meter: usize, start: i64, code: (u32, i64)) -> Vec<&Passed> {
        let epoch = self.epoch();
        let passed = self.passed.iter();
        let here = move |passed: &&Passed| {
            (passed.meter, passed.epoch, passed.start, passed.code) == (meter, epoch, start, code)
        };
        passed.filter(here).collect()
    }

    /// The start under which a reading's crossings are kept.
    pub fn start_of(&self, meter: usize, reading: &Reading) -> i64 {
        let epoch = self.epoch();
        let same = |seen: &&Seen| {
            let shared = seen.end.min(reading.end) - seen.start.max(reading.start);
            let longer = (seen.end - seen.start).max(reading.end - reading.start);
            seen.meter == meter
                && seen.epoch == epoch
                && ((seen.start, seen.end) == (reading.start, reading.end) || shared * 2 > longer)
        };
        let seen = self.seen.iter().rev().find(same);
        seen.map_or(reading.start, |seen| seen.start)
    }
}

/// Five percentage points below a threshold, or without a limit at all.
pub fn fallen(step: &Step, reading: &Reading) -> bool {
    reading.limit <= 0
        || (i128::from(step.count) - i128::from(reading.used)) * 100
            >= i128::from(reading.limit) * 5
}

/// Which threshold a prompt waits for.
pub fn code_of(trigger: u32, kind: u32, value: i64) -> Option<(u32, i64)> {
    match trigger {
        0 => Some((kind, value)),
        1 => Some((9, 0)),
        _ => None,
    }
}

pub fn ratio(part: i64, whole: i64) -> i64 {
    (i128::from(part) * 10_000 / i128::from(whole)) as i64
}

fn span(word: u32, count: i64) -> Span {
    match word {
        1 => count.days(),
        2 => count.weeks(),
        4 => count.years(),
        _ => count.months(),
    }
}

/// Rolling windows are of 24 hours.
pub const WEEK: i64 = 7 * DAY;

/// Thresholds of a policy, ascending: none at or beyond the limit but itself.
fn all_steps_of(plim: &Plim, meter: usize, limit: i64) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    if limit <= 0 {
        return steps;
    }
    let root = plim.root();
    let waited_for = |code: (u32, i64)| {
        root.prompts().iter().any(|prompt| {
            prompt.subject_kind() == 1
                && prompt.subject() as usize == meter
                && code_of(prompt.trigger(), prompt.threshold_kind(), prompt.value()) == Some(code)
        })
    };
    let mut add = |count: i64, code: (u32, i64), basis_points: i64| {
        steps.push(Step {
            count,
            code,
            basis_points,
            prompted: waited_for(code),
        });
    };
    for threshold in root.meters().get(meter as u32).unwrap().thresholds().iter() {
        let (kind, value) = (threshold.kind(), threshold.value());
        let count = match kind {
            0 => {
                (i128::from(limit) * i128::from(value)).div_euclid(10_000) as i64
                    + i64::from(i128::from(limit) * i128::from(value) % 10_000 != 0)
            }
            1 => value,
            _ => limit - value,
        };
        if count > 0 && count < limit {
            let part = if kind == 0 {
                value
            } else {
                ratio(count, limit)
            };
            add(count, (kind, value), part);
        }
    }
    add(limit, (9, 0), 10_000);
    steps.sort_by_key(|step| step.count);
    steps
}

/// Of those on one count the highest.
fn steps_of(plim: &Plim, meter: usize, limit: i64) -> Vec<Step> {
    let all = all_steps_of(plim, meter, limit);
    let above = |step: &Step, other: &Step| {
        other.count == step.count
            && (other.basis_points, other.code) > (step.basis_points, step.code)
    };
    let highest = |step: &&Step| !all.iter().any(|other| above(step, other));
    all.iter().filter(highest).cloned().collect()
}
