//! What the second engine knows of each day, and when from that a limit is reached.
//! Owns which days are known and when there is an estimate, as docs/forecast.md tells it, where the host tells
//! of days; elsewhere it believes the engine. The method is `engine::pace`, held to real series in `xtask`.

use super::quota::Reading;
use super::{DAY, HOUR, Model};
use plimsoll::engine::pace::{AHEAD_MAX, History, project};
use plimsoll::unit::Timestamp;
use std::collections::BTreeMap;

/// As far back as is looked.
const DAYS: i64 = 62;

impl Model {
    /// What the host says came on each day, or of a level where it stood.
    pub(super) fn hear_of_days(&mut self, meter: usize, made: i64, daily: &[i64]) {
        for (back, figure) in (1..).zip(daily.iter().rev()) {
            let known = self
                .host_days
                .entry((meter, made / DAY - back))
                .or_insert(0);
            *known = (*known).max(*figure);
        }
    }

    /// What came on each day before today, as far as that is known: what the host says of days, and after
    /// its last one (of a counter, since the period began at 0) what today's figure has more, day by day.
    fn came(&self, meter: usize, reading: &Reading, today: i64) -> BTreeMap<i64, i64> {
        let of_meter = self.host_days.iter().filter(|((of, _), _)| *of == meter);
        let host = of_meter.map(|((_, day), figure)| (*day, *figure));
        let host = host.filter(|(day, _)| *day < today);
        let (mut came, mut line) = (BTreeMap::new(), Vec::new());
        if self.is_level(meter) {
            line.extend(host);
        } else {
            came.extend(host);
            line.push((self.start_of(meter, reading) / DAY - 1, 0));
        }
        line.push((today, reading.used));
        for pair in line.windows(2) {
            let ((from, before), (to, after)) = (pair[0], pair[1]);
            if to - from > 7 {
                continue;
            }
            let mut rest = after - before;
            for day in from + 1..=to {
                let part = rest / (to - day + 1);
                rest -= part;
                came.entry(day).or_insert(part);
            }
        }
        came.retain(|day, _| (today - DAYS..today).contains(day));
        came
    }

    /// The day in the middle, the earliest and the latest; 0 where nothing can be said.
    pub fn projected(&self, meter: usize, now: i64) -> (i64, i64, i64) {
        if !self.host_days.keys().any(|(of, _)| *of == meter) {
            return self.believed[meter];
        }
        let reading = self.reading(meter, now);
        let left = reading.limit - reading.used;
        // Within an hour only usage changes an estimate.
        let (now, today) = (now / HOUR * HOUR, now / DAY);
        let bounded = reading.end > 0;
        if !may_be_projected(&reading) || left <= 0 || bounded && now >= reading.end {
            return (0, 0, 0);
        }
        let came = self.came(meter, &reading, today);
        // The last days in a row.
        let last = came.keys().next_back().copied().unwrap_or(today - DAYS - 1);
        let mut first = last;
        while came.contains_key(&(first - 1)) {
            first -= 1;
        }
        let daily: Vec<i64> = came
            .range(first..=last)
            .map(|(_, amount)| *amount)
            .collect();
        if daily.is_empty() {
            first = today - DAYS;
        }
        let mut history = History {
            used: reading.used,
            left,
            start: Timestamp(reading.start),
            end: if bounded {
                Timestamp(reading.end)
            } else {
                Timestamp::MAX
            },
            now: Timestamp(now),
            daily: &daily,
            first,
        };
        let known = if bounded {
            let began = reading.start / DAY;
            let idle = came
                .range(began..)
                .filter(|(_, amount)| **amount == 0)
                .count() as i64;
            let passed = now - reading.start;
            today - began - idle >= 3 && passed * 10 >= reading.end - reading.start
        } else {
            history.used = daily.iter().sum();
            history.start = Timestamp(first * DAY);
            let recent = came.range(today - 28..);
            recent.filter(|(_, amount)| **amount > 0).count() >= 14
        };
        if !known {
            return (0, 0, 0);
        }
        let projection = project(&history);
        if projection.day == AHEAD_MAX {
            return (0, 0, 0);
        }
        let latest = if bounded { reading.end - 1 } else { i64::MAX };
        let noon = |ahead: i64| ((today + ahead) * DAY + DAY / 2).min(latest);
        (
            noon(projection.day),
            noon(projection.from),
            noon(projection.until),
        )
    }
}

/// Of a figure without a limit or in doubt nothing is said, and none of periods that are over in no time.
fn may_be_projected(reading: &Reading) -> bool {
    let length = reading.end - reading.start;
    reading.limit > 0 && !reading.provisional && (reading.end == 0 || length >= 3 * DAY)
}
