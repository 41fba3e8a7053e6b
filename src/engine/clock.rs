//! Engine time: the newest snapshot's server time and the monotonic time since.
//! Owns what a device's clocks may do to it; knows nothing of periods or stages.
//! Every input passes through `tick` before anything else looks at it.

use super::Engine;
use super::effect::Effect;
use super::input::Now;
use super::memory::Table;
use crate::unit::{DAY_MS, Millis, Timestamp};

/// A jump forward of more than this within one page life grants nothing until a snapshot arrives.
const JUMP_MS: Millis = DAY_MS;

/// Engine time: an instant, and the monotonic time at which it was so.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub set: bool,
    pub engine: Timestamp,
    pub mono: Millis,
    /// The device's clocks at the last input.
    pub at: Now,
    pub last: Timestamp,
    pub jumped: bool,
}

impl Engine {
    /// Engine time at an instant of the device.
    #[must_use]
    pub fn time(&self, now: Now) -> Timestamp {
        if self.clock.set {
            return self
                .clock
                .engine
                .plus(now.mono.wrapping_sub(self.clock.mono).max(0));
        }
        // After a reload: stored engine time and the wall clock's difference, never negative.
        let [_, engine, wall, ..] = *self.memory.row(Table::Clock, 0, 0);
        Timestamp(engine).plus(now.wall.0.wrapping_sub(wall).max(0))
    }

    pub(super) fn tick(&mut self, now: Now, out: &mut Vec<Effect>) -> Timestamp {
        let time = self.time(now);
        if !self.clock.set {
            self.clock.set = true;
            self.clock.engine = time;
            self.clock.mono = now.mono;
            self.clock.last = time;
        }
        self.clock.at = now;
        if time.since(self.clock.last) > JUMP_MS {
            self.clock.jumped = true;
        }
        self.clock.last = time;
        if time >= self.roll_at {
            self.refresh(time, out);
        }
        time
    }

    pub(super) fn stamp_clock(&mut self, now: Timestamp) {
        let server = self.account.server_time.0;
        let v = &[server, now.0, self.clock.at.wall.0];
        self.memory.join(Table::Clock, 0, 0, v);
    }
}
