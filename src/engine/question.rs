//! The one question after a modal that was put off: whether it is asked, and what its answer changes.
//! Owns how often a person is asked; knows no words and nothing of how it is painted.
//! Asked by `respond`, answered through `handle`; a date that was answered is read like every `later`.

use super::effect::{Effect, Event, Surface};
use super::input::Objection;
use super::ledger::{self, Exposure, no_later_than};
use super::memory::Table;
use super::{Engine, record};
use crate::unit::{DAY_MS, ExposureId, Millis, Timestamp};

/// A person is asked once in this span, answered or not, whatever it was about.
pub(super) const ASK_WHY_MS: Millis = 30 * DAY_MS;
/// The second half of the key under which that is remembered; requests to the admin have 0 there.
const WHY: u64 = 1;

impl Engine {
    /// Asks why a prompt was put off: of a modal, where the policy wants to know, and not again for a while.
    pub(super) fn ask_why(&mut self, exposure: &Exposure, now: Timestamp, out: &mut Vec<Effect>) {
        let wanted = self.pacing().is_some_and(|pacing| pacing.ask_why() > 0) || fault!(68);
        if !wanted || exposure.surface() != Surface::Modal {
            return;
        }
        if let Some(row) = self.memory.find(Table::Asked, 0, WHY) {
            let asked = no_later_than(Timestamp(row[0]), now);
            if asked.plus(ASK_WHY_MS) > now && !fault!(67) {
                return;
            }
        }
        self.memory.join(Table::Asked, 0, WHY, &[now.0]);
        self.asked_why = Some(*exposure);
        out.push(Effect::Ask {
            exposure: exposure.id(),
        });
    }

    /// The question goes with what it was about: nobody is asked why not of what was bought meanwhile.
    pub(super) fn take_back_question(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let Some(asked) = self.asked_why else {
            return;
        };
        if let Some(reason) = self.ended(&asked, now)
            && !fault!(70)
        {
            self.asked_why = None;
            out.push(Effect::Withdraw {
                exposure: asked.id(),
                reason,
            });
        }
    }

    /// Takes the answer, once: a date moves the `later` that it was given for, never to an earlier day. After a
    /// `never` it would move nothing.
    pub(super) fn objected(
        &mut self,
        id: ExposureId,
        objection: Objection,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let Some(exposure) = self.asked_why.take_if(|asked| asked.id() == id) else {
            return;
        };
        if let Some(about) = self.about(&exposure) {
            record(Event::ObjectionGiven { about, objection }, out);
        }
        let span = objection.span_ms();
        if span > 0 && !fault!(69) {
            let (about, epoch) = (exposure.about(), exposure.epoch());
            let times = ledger::times(&self.memory, about, epoch);
            let later = [epoch, times, now.plus(span).0, now.0];
            self.dirty.memory |= self.memory.join(Table::Choice, about, 0, &later);
        }
    }
}
