//! Attempts: what a person tried and what the host's server refused, with the answer to both.
//! Owns the question whether an amount fits; counts nothing and knows no surfaces.
//! Called by `handle` and by the start module; the hit that it leaves is answered by `decide`.

use super::decide::Hit;
use super::effect::{Effect, Event, Verdict};
use super::input::Now;
use super::{Engine, NOTHING, record};
use crate::plim::NONE;
use crate::pql::BuiltIn;
use crate::unit::{COUNT_MAX, Digest, Key, Limit, Timestamp};

/// The answer to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it fits.
    pub verdict: Verdict,
    /// Usage before it.
    pub used: i64,
    /// The limit in force.
    pub limit: Limit,
}

impl Engine {
    /// Whether an attempt would fit: the question without effect.
    #[must_use]
    pub fn fits(&self, now: Now, meter: Key, amount: i64) -> Answer {
        let now = self.time(now);
        let Some(index) = self.plim.meter_index(meter) else {
            return Answer {
                verdict: Verdict::Fits,
                used: 0,
                limit: Limit::UNKNOWN,
            };
        };
        let reading = self.reading(index, now);
        let wanted = reading.used.wrapping_add(amount.clamp(1, COUNT_MAX));
        let over = reading.limit.0 >= 0 && wanted > reading.limit.0;
        let soft = self.soft(index) && reading.limit != Limit::NONE;
        let verdict = match (over, soft) {
            (false, _) => Verdict::Fits,
            (true, true) => Verdict::OverSoft,
            (true, false) => Verdict::OverLimit,
        };
        Answer {
            verdict,
            used: reading.used,
            limit: reading.limit,
        }
    }

    pub(super) fn attempt(
        &mut self,
        meter: Key,
        amount: i64,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> u32 {
        if self.fits(self.clock.at, meter, amount).verdict != Verdict::OverLimit {
            return NOTHING;
        }
        self.limit_hit(meter, amount.clamp(1, COUNT_MAX), false, now, out)
    }

    pub(super) fn limit_hit(
        &mut self,
        meter: Key,
        amount: i64,
        by_server: bool,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> u32 {
        let index = self.plim.meter_index(meter).unwrap_or(NONE);
        let Some(view) = self.meters.get(index as usize) else {
            return NOTHING;
        };
        let event = Event::LimitHit {
            meter: index,
            amount,
            used: view.reading.used,
            limit: view.reading.limit.number(),
            by_server,
        };
        record(event, out);
        self.count_signal(BuiltIn::LimitHit as u32, now, out);
        if self.account.plan.is_none() {
            return NOTHING;
        }
        let occasion = Digest::of("hit", i64::from(meter.0), now.0);
        if let Some(view) = self.meters.get_mut(index as usize) {
            view.hit = Hit {
                occasion,
                at: now,
                amount,
            };
        }
        index
    }
}
