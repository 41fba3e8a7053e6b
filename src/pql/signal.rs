//! Signals: how often something with a name happened, day by day, in weekly rows of memory.
//! Owns the built-in signals, counting, decay and looking back; knows no points and no policy.
//! The engine counts what it is told and notices; `score` and `trigger` look back.

use crate::engine::memory::{Memory, Table, monday};
use crate::unit::{DAY_MS, Key, MINUTE_MS, Millis, Timestamp};

/// More in a day is read as this many: points are given for behaviour, not for loops.
pub const DAY_COUNT_MAX: i64 = 1_000_000;
/// The longest window: every day of it is in a week that memory still keeps.
pub const WINDOW_DAYS_MAX: i64 = 62;
/// Activity is noticed once in each stretch of this length.
pub const STRETCH_MS: Millis = 5 * MINUTE_MS;
/// Parts of one count, so that a count can decay.
pub const PARTS: i64 = 1_024;
/// After so many halvings nothing is left.
pub const HALVINGS_MAX: i64 = 30;
/// A session begins after so many stretches without activity: half an hour.
pub const SESSION_STRETCHES: i64 = 6;

macro_rules! built_in {
    ($( $(#[$about:meta])* $signal:ident = $number:literal $name:literal; )*) => {
        /// What is noticed without the host saying it. The number is the key of its rows and never changes
        /// its meaning; the keys of other signals are hashes of their names, and none is this small.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum BuiltIn { $( $(#[$about])* $signal = $number, )* }

        impl BuiltIn {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$signal),*];

            /// The name in JSON.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$signal => $name, )* }
            }
        }
    };
}

built_in! {
    /// A threshold below the limit was crossed, before our eyes.
    ApproachingLimit = 1 "approaching_limit";
    /// An attempt would have passed a hard limit.
    LimitHit = 2 "limit_hit";
    /// A feature that the plan lacks was on the screen; the steps follow in the order of `Step`.
    FeatureSeen = 3 "feature_seen";
    /// Someone tried to use it.
    FeatureTried = 4 "feature_tried";
    /// Someone looked at its preview.
    FeaturePreviewed = 5 "feature_previewed";
    /// Someone made something that needs it.
    FeatureBuilt = 6 "feature_built";
    /// Someone asked for it.
    FeatureRequested = 7 "feature_requested";
    /// Someone came after half an hour or more without activity.
    Sessions = 8 "sessions";
    /// Minutes with activity, in fives.
    SessionMinutes = 9 "session_minutes";
    /// A day with activity: one on each.
    ActiveDays = 10 "active_days";
    /// How many features of the plan one page used on a day.
    FeaturesUsed = 11 "features_used";
    /// Someone came to the page with the prices.
    PricingVisits = 12 "pricing_visits";
    /// Users of an account who were active on a day; only the collector can count them.
    ActiveUsers = 13 "active_users";
}

/// The key of a signal's rows.
#[must_use]
pub fn key(name: &str) -> Key {
    let mut all = BuiltIn::ALL.iter();
    match all.find(|own| own.name() == name) {
        Some(own) => Key(*own as u32),
        None => Key::of(name),
    }
}

/// The number of the day of an instant, from 1970-01-01.
#[must_use]
pub fn day_of(now: Timestamp) -> i64 {
    now.clamped().0 / DAY_MS
}

/// Counts a signal on a day.
pub fn add(memory: &mut Memory, key: Key, day: i64, count: i64) {
    let known = memory.on(Table::Signal, u64::from(key.0), day);
    raise(memory, key, day, known.saturating_add(count));
}

/// Counts a signal on a day up to so many. Answers whether that was more than before.
pub fn raise(memory: &mut Memory, key: Key, day: i64, count: i64) -> bool {
    let count = count.clamp(0, DAY_COUNT_MAX);
    memory.keep(Table::Signal, u64::from(key.0), day, count)
}

/// Notices that someone is active: their minutes, and with them sessions and active days. Answers whether it
/// is the first time in its five minutes. Where a clock was ahead before the first snapshot, the mark is too, and
/// counts nothing until time has come there: a score may be late, and never made of a wrong clock.
pub fn active(memory: &mut Memory, now: Timestamp) -> bool {
    let stretch = now.clamped().0 / STRETCH_MS;
    let last = memory.row(Table::Rise, 0, LAST_ACTIVE)[0];
    if stretch <= last {
        return false;
    }
    memory.join(Table::Rise, 0, LAST_ACTIVE, &[stretch]);
    let day = day_of(now);
    add(
        memory,
        Key(BuiltIn::SessionMinutes as u32),
        day,
        STRETCH_MS / MINUTE_MS,
    );
    raise(memory, Key(BuiltIn::ActiveDays as u32), day, 1);
    if stretch.wrapping_sub(last) > SESSION_STRETCHES {
        add(memory, Key(BuiltIn::Sessions as u32), day, 1);
    }
    true
}

/// Beside the rises of meters, under the span 0 that none has: the state of the score's line, and the last
/// five minutes in which someone was active.
pub const LINE: u64 = 0;
const LAST_ACTIVE: u64 = 1;

/// Visits the days of a window that ends today, oldest first, with their age in days and their count; days on
/// which nothing was counted are left out. What a wrong clock put ahead of today is read as today.
pub fn each_day(
    memory: &Memory,
    (table, a): (Table, u64),
    today: i64,
    window: i64,
    mut visit: impl FnMut(i64, i64),
) {
    for row in memory.under(table, a) {
        let mut day = monday(row.b);
        for count in &row.v {
            let (count, age) = (*count, today.wrapping_sub(day).max(0));
            if count > 0 && (age < window || fault!(55) && age == window) {
                visit(age, count);
            }
            day = day.wrapping_add(1);
        }
    }
}

/// What a window holds of a signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// All of it.
    pub count: i64,
    /// What is left of it after decay, in parts of one.
    pub left: i64,
    /// The newest day with any.
    pub newest: i64,
}

/// Looks back over a window of days that ends today, at counts that decay.
#[must_use]
#[inline(never)]
pub fn look_back(memory: &Memory, key: u32, today: i64, window: i64, half_life: i64) -> Counted {
    let mut counted = Counted::default();
    let place = (Table::Signal, u64::from(key));
    each_day(memory, place, today, window, |age, count| {
        let count = count.min(DAY_COUNT_MAX);
        counted.count = counted.count.wrapping_add(count);
        let left = decayed(
            count.wrapping_mul(PARTS) as u64,
            age as u64,
            half_life as u64,
        );
        counted.left = counted.left.wrapping_add(left as i64);
        counted.newest = counted.newest.max(today.wrapping_sub(age));
    });
    counted
}

/// What is left of a count after some days: half for each half-life, and between two of them a straight
/// line. Without a half-life all of it.
fn decayed(count: u64, age: u64, half_life: u64) -> u64 {
    let Some(halvings) = age.checked_div(half_life) else {
        return count;
    };
    let rest = age.wrapping_sub(halvings.wrapping_mul(half_life));
    let rest = if fault!(58) { 0 } else { rest };
    // From the double down to the whole; halved once more below.
    let line = count.wrapping_mul(half_life.wrapping_mul(2).wrapping_sub(rest));
    let line = line.checked_div(half_life).unwrap_or(0);
    line >> halvings.min(HALVINGS_MAX as u64).wrapping_add(1)
}
