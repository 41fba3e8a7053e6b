//! The way in and out: three exports, by which the shell reaches a tab's core with a kind and plain values.
//! Owns the numbers of the kinds, which `pkg/shell/core.js` names; what they do is [`Core`]'s.
//! Every export costs checks here and glue there, so there are three for everything.

use crate::{Core, now, whole};
use core::cell::RefCell;
use plimsoll::Plim;
use plimsoll::engine::input::Now;
use plimsoll::plim::PlimError;
use plimsoll::unit::COUNT_MAX;
use wasm_bindgen::prelude::*;

thread_local! {
    /// A page's cores by number; the place of one that was closed stays empty.
    static CORES: RefCell<Vec<Option<Box<Core>>>> = const { RefCell::new(Vec::new()) };
}

/// Takes a compiled policy and its pool of texts: for a new core when there is none of the number, else in place of the core's
/// own (another locale, or a newer one). The answer is the core's number, or negative why the policy is
/// refused: -1 not compiled, -2 another format, -3 damaged, -4 needs a newer package.
#[wasm_bindgen]
#[must_use]
pub fn open(core: usize, plim: Vec<u8>, texts: String) -> i32 {
    let plim = match Plim::join(&plim, texts) {
        Ok(plim) => plim,
        Err(PlimError::NotPlim) => return -1,
        Err(PlimError::Format(_)) => return -2,
        Err(PlimError::Checksum) => return -3,
        Err(PlimError::Section(_)) => return -4,
    };
    CORES.with_borrow_mut(|cores| {
        if let Some(Some(open)) = cores.get_mut(core) {
            open.replace_policy(plim);
            return core as i32;
        }
        let place = cores.len();
        cores.push(Some(Box::new(Core::new(plim))));
        place as i32
    })
}

/// Tells a core what happened, or asks it for a number. Clocks are the wall's and the page's monotonic
/// milliseconds; a number that is left out is 0. The answer is 0 where none is named. By kind:
///
/// 0 attempt (meter; amount) · 1 limit hit (meter) · 2 explore (feature; place of the step in `seen,
/// tried, previewed, built, requested`) · 3 painted (exposure; 0 rendered, 1 seen, 2 failed, 3 faded)
/// · 4 respond (exposure; 0 to 5 an action in the order of `ActionKind`, 6 later, 7 never, 8 close)
/// · 5 converted (epoch, negative for the one known here) · 6 wake · 7 hidden · 8 leaving
/// · 9 online (random number) · 10 fresh token ("" for none) · 11 one value of a dead berth's journal
/// · 12 its end, and what its writer used and said in no event (writer)
/// · 13 the snapshot is whole (both clocks at its arrival) · 14 record events (1) or stop (0)
/// · 15 a text of the snapshot (text; field) · 16 a number of it (field, value): see `snapshot.rs`
/// · 17 renew, after the texts key, account, user (writer) · 18 absorb, after the text of the line (memory): whether it could be read
/// · 19 context (route; bits, minutes east of UTC) · 20 answered (batch, status, detail, random number)
/// · 21 and 22 the index of a meter and a feature (id) · 23 count (meter's index, amount): all added · 24 all released (meter's index)
/// · 25 the milliseconds until wake is wanted · 26 the flags · 27 whether the lease is wanted
/// · 28 a text for the next call that takes several · 29 close · 30 the query of the page's address, which may force arms
/// · 31 signal (name; count) · 32 the index of a signal (name)
/// · 33 because (exposure; place of the objection in the order of `Objection`)
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "an export with many plain values costs less than many exports"
)]
pub fn ask(
    core: usize,
    kind: u32,
    wall: f64,
    mono: f64,
    text: String,
    a: f64,
    b: f64,
    c: f64,
    d: f64,
) -> f64 {
    CORES.with_borrow_mut(|cores| {
        let Some(place) = cores.get_mut(core) else {
            return 0.0;
        };
        if kind == 29 {
            *place = None;
        }
        let Some(core) = place else {
            return 0.0;
        };
        // A snapshot brings the clocks of its arrival.
        let now = match kind {
            13 => now(a, b),
            _ => now(wall, mono),
        };
        let numbers = [a, b, c, d].map(whole);
        core.ask(kind, &text, numbers, now).min(COUNT_MAX) as f64
    })
}

/// A text: 0 the effects to carry out, in order, as a JSON list · 1 the own writer's tallies, the one
/// value that every use writes · 2 the whole memory, a byte a character · 3 plan, meters and features
/// as JSON · 4 the trace of the decision at this instant and the outbox, as JSON · 6 whether an amount would fit (meter's index, amount),
/// as JSON · 7 the id of an intent (exposure; place of the action), one however often it is clicked
/// · 8 a prompt as it would be painted now, as JSON, whatever holds it (its index).
#[wasm_bindgen]
#[must_use]
pub fn text(core: usize, kind: u32, wall: f64, mono: f64, given: String, a: f64, b: f64) -> String {
    CORES.with_borrow_mut(|cores| match cores.get_mut(core) {
        Some(Some(core)) => core.text(kind, &given, [a, b], now(wall, mono)),
        _ => String::new(),
    })
}

impl Core {
    fn ask(&mut self, kind: u32, text: &str, numbers: [i64; 4], now: Now) -> i64 {
        let [a, b, c, d] = numbers;
        self.tell_time(now);
        match kind {
            15 => self.snapshot_text(a as u32, text),
            16 => self.draft.number(a as u32, b),
            17 => self.renew(text),
            18 => return i64::from(self.absorb(text, now)),
            19 => self.context(a as u32, text.to_owned(), b as i32, now),
            20 => self.answered(a as u64, b as u16, c, d as u32),
            21 | 22 | 32 => return self.index(kind, text),
            23 => return self.count(a as u32, b, now),
            24 => return self.released(a as u32),
            25 => return self.wake_in(now),
            26 => return i64::from(self.flags()),
            28 => self.texts.push(text.to_owned()),
            27 => return i64::from(self.engine.wants_lease()),
            _ => self.tell(kind, text, a, now),
        }
        0
    }
}
