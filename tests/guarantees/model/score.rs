//! Signals and the score of the second engine: a list of what happened, added up anew for every question.
//! Owns the formula as docs/scoring.md tells it; knows nothing of buckets.
//! `stages` asks it for the triggers, every input whether someone was there.

use super::{DAY, Model};
use plimsoll::plim::{Plim, Signal};
use plimsoll::pql::{BuiltIn, Contribution, Score};

const STRETCH_MS: i64 = 300_000;
const DAY_MOST: i64 = 1_000_000;

impl Model {
    /// The policy's own rules: arms do not change what is scored.
    fn rules(&self) -> &Plim {
        &self.written.each[0].plim
    }

    fn signal(&self, key: u32) -> Option<Signal<'_>> {
        self.rules()
            .root()
            .signals()
            .iter()
            .find(|signal| signal.key() == key)
    }

    /// A day begins, or someone is there who was not in these five minutes.
    pub(super) fn attend(&mut self, now: i64, someone: bool) {
        if self.scored.is_none_or(|(_, day)| day != now / DAY) {
            self.scored = None;
            self.rescore(now);
        }
        let minutes = BuiltIn::SessionMinutes as u32;
        let stretch = now / STRETCH_MS;
        if !someone || stretch <= self.active || self.signal(minutes).is_none() {
            return;
        }
        let since = stretch - self.active;
        self.active = stretch;
        let day = now / DAY;
        self.happened.push((minutes, day, 5));
        if self.times(BuiltIn::ActiveDays as u32, day) == 0 {
            self.happened.push((BuiltIn::ActiveDays as u32, day, 1));
        }
        if since > 6 {
            self.happened.push((BuiltIn::Sessions as u32, day, 1));
        }
        self.out.push(format!("counted {minutes} 5"));
        self.rescore(now);
    }

    /// A signal, by the host's word or for coming to the prices.
    pub(super) fn say(&mut self, now: i64, key: u32, count: i64) {
        if self.signal(key).is_some() {
            self.happened.push((key, now / DAY, count));
            self.out.push(format!("counted {key} {count}"));
            self.rescore(now);
        }
    }

    /// A signal that is told of otherwise.
    pub(super) fn notice(&mut self, now: i64, signal: BuiltIn) {
        if self.signal(signal as u32).is_some() {
            self.happened.push((signal as u32, now / DAY, 1));
            self.rescore(now);
        }
    }

    /// A feature of the plan is used: how many there were on this day.
    pub(super) fn use_feature(&mut self, now: i64, feature: usize) {
        let (key, day) = (BuiltIn::FeaturesUsed as u32, now / DAY);
        if self.signal(key).is_some() && self.features_used.insert((day, feature)) {
            self.happened.push((key, day, 1));
            let count = self.times(key, day);
            self.out.push(format!("counted {key} {count}"));
            self.rescore(now);
        }
    }

    /// How often a signal happened on a day.
    fn times(&self, key: u32, day: i64) -> i64 {
        let that = self
            .happened
            .iter()
            .filter(|what| (what.0, what.1) == (key, day));
        that.map(|what| what.2).sum::<i64>().min(DAY_MOST)
    }

    /// The days of a window that ends today, and how often it happened on each.
    fn window(&self, key: u32, days: i64, today: i64) -> Vec<(i64, i64)> {
        let days = (today - days + 1)..=today;
        let on = days.map(|day| (day, self.times(key, day)));
        on.filter(|(_, times)| *times > 0).collect()
    }

    /// How often a signal happened in a window, and on which day last.
    pub(super) fn looked_back(&self, key: u32, days: i64, now: i64) -> (i64, i64) {
        let window = self.window(key, days, now / DAY);
        let newest = window.last().map_or(0, |(day, _)| *day);
        (window.iter().map(|(_, times)| times).sum(), newest)
    }

    fn rescore(&mut self, now: i64) {
        let tenths = self.score(now).tenths;
        if let Some((before, _)) = self.scored
            && before / 100 != tenths / 100
        {
            self.out.push(format!("score {before} {tenths}"));
        }
        self.scored = Some((tenths, now / DAY));
        let rules: Vec<i64> = self.rules().root().score_rules().iter().collect();
        let [line, rearm, ..] = rules[..] else {
            return;
        };
        if tenths < rearm && self.risen || tenths >= line && !self.risen {
            // A stamp that is kept does not go back with the clock.
            self.passed_at = self.passed_at.max(now);
        }
        if self.risen && tenths < rearm {
            (self.risen, self.falls) = (false, self.falls + 1);
        } else if !self.risen && tenths >= line {
            self.risen = true;
            self.out.push(format!("pql {tenths} {}", self.falls + 1));
        }
    }

    /// The score on a day, with every reason for it.
    pub fn score(&self, now: i64) -> Score {
        let root = self.rules().root();
        let mut score = Score::default();
        let today = now / DAY;
        for (index, signal) in (0..).zip(root.signals().iter()) {
            let window = self.window(signal.key(), signal.window_days(), today);
            let count: i64 = window.iter().map(|(_, times)| times).sum();
            if count == 0 {
                continue;
            }
            let left: i64 = window
                .iter()
                .map(|(day, times)| left_of(*times, today - day, signal.half_life_days()))
                .sum();
            let left = diminished(left, signal.half_after() * 1_024);
            let tenths = |parts: i64, of: i64| {
                let points = i128::from(parts) * i128::from(signal.points()) * 10;
                (points / i128::from(of * signal.each())) as i64
            };
            let most = signal.cap() * 10;
            let given = tenths(left, 1_024).clamp(-most, most);
            score.categories[signal.category() as usize] += given;
            score.contributions.push(Contribution {
                signal: index,
                count,
                newest: window.last().unwrap().0,
                plain: tenths(count, 1),
                given,
            });
        }
        let rules: Vec<i64> = root.score_rules().iter().skip(2).collect();
        for (category, rule) in score.categories.iter_mut().zip(rules.chunks(2)) {
            let (weight, cap) = (rule[0], rule[1]);
            *category = if cap == 0 {
                0
            } else {
                (*category).clamp(0, cap * 10) * weight / cap
            };
        }
        if rules.is_empty() {
            score.categories = [0; 4];
        }
        score.tenths = score.categories.iter().sum();
        score
    }
}

/// In 1,024ths: all of a count when it is new, half after a half-life, and between a straight line.
fn left_of(count: i64, age: i64, half_life: i64) -> i64 {
    if half_life == 0 {
        return count * 1_024;
    }
    let mut left = count * 1_024 * (2 * half_life - age % half_life) / (2 * half_life);
    for _ in 0..(age / half_life).min(62) {
        left /= 2;
    }
    left
}

/// The first so many whole, the next half, the next a quarter.
fn diminished(mut left: i64, each: i64) -> i64 {
    if each == 0 {
        return left;
    }
    let (mut worth, mut part) = (0, 1);
    while left > 0 && part < 1 << 40 {
        worth += left.min(each) / part;
        left -= each;
        part *= 2;
    }
    worth
}
