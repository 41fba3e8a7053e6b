//! What a person did with a prompt, and what became of it on the screen.
//! Owns the step from a response to choices, snoozes, intents and events; knows nothing of stages.
//! Called by `handle`; what it writes is read by `judge` at the next decision.

use super::action::need;
use super::effect::{About, Effect, Event, Surface, WithdrawReason};
use super::input::{ActionKind, Paint, Response};
use super::ledger::{self, Closed, Exposure};
use super::memory::Table;
use super::{Engine, record};
use crate::plim::NONE;
use crate::unit::{DAY_MS, Digest, ExposureId, Timestamp};

/// A `never` that the ladder gave holds for the meter's period, or this long where there is none.
const NO_PERIOD_NEVER_MS: i64 = 90 * DAY_MS;

impl Engine {
    pub(super) fn painted(
        &mut self,
        id: ExposureId,
        paint: Paint,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let place = self.place_of(id);
        let Some(shown) = self.shown.get(place) else {
            return;
        };
        let (index, exposure) = (shown.index, shown.exposure);
        match paint {
            Paint::Rendered | Paint::Seen => {
                self.rendered(place, now, out);
                if paint == Paint::Seen && ledger::seen(&mut self.memory, id) {
                    self.dirty.memory = true;
                    if let Some(about) = self.about(&exposure) {
                        record(Event::PromptSeen { about }, out);
                    }
                }
            }
            Paint::Failed | Paint::Faded => {
                self.shown.remove(place);
                if paint == Paint::Failed {
                    if let Some(entry) = self.entries.get_mut(index as usize) {
                        entry.failed = true;
                    }
                } else if exposure.surface() == Surface::Toast {
                    ledger::close(&mut self.memory, id, Closed::Faded);
                    self.dirty.memory = true;
                }
            }
        }
    }

    /// Counts a showing, once: at its first rendering anywhere.
    fn rendered(&mut self, place: usize, now: Timestamp, out: &mut Vec<Effect>) {
        let Some(shown) = self.shown.get_mut(place) else {
            return;
        };
        if shown.rendered {
            return;
        }
        shown.rendered = true;
        if !shown.repaint() {
            shown.exposure.v[2] = now.0.wrapping_neg();
        }
        let (exposure, number) = (shown.exposure, shown.number);
        let first = ledger::rendered(&mut self.memory, &exposure);
        self.dirty.memory = true;
        if first && exposure.surface() != Surface::Inline {
            ledger::spend(&mut self.memory, &exposure, number, now);
        }
        if (first || fault!(10))
            && let Some(about) = self.about(&exposure)
        {
            record(Event::PromptShown { about }, out);
        }
    }

    pub(super) fn respond(
        &mut self,
        id: ExposureId,
        response: Response,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        // An answer proves that it was on the screen.
        let place = self.place_of(id);
        self.rendered(place, now, out);
        let Some(&exposure) = ledger::exposure(&self.memory, id) else {
            return;
        };
        let Some(about) = self.about(&exposure) else {
            return;
        };
        let late = !exposure.open();
        let acts = matches!(response, Response::Act(_));
        let is_here = place < self.shown.len();
        if late && acts && exposure.closed() == Closed::Act as i64 && is_here {
            // Pressed again while the first press is under way.
            return;
        }
        if let Response::Act(action) = response
            && !late
            && !self.still_offered(place, action, now)
        {
            return;
        }
        let response = match response {
            Response::Act(ActionKind::Later) if !late => Response::Later,
            Response::Act(ActionKind::Never) if !late => Response::Never,
            other => other,
        };
        let event = Event::PromptAnswered {
            about,
            response,
            late,
        };
        record(event, out);
        if late {
            return;
        }
        self.dirty.memory = true;
        // The close of a toast is no choice about its prompt.
        let chosen = exposure.surface() != Surface::Toast;
        let how = match response {
            Response::Act(action) => {
                if let Some(shown) = self.shown.get_mut(place) {
                    shown.acting = true;
                }
                ledger::answer(&mut self.memory, exposure.occasion(), now);
                self.act(about, &exposure, action, now, out);
                Closed::Act
            }
            Response::Later | Response::Close => {
                let closes = response == Response::Close;
                if chosen && !(closes && fault!(18)) {
                    self.climb(&exposure, now);
                }
                if closes { Closed::Close } else { Closed::Later }
            }
            Response::Never => {
                ledger::answer(&mut self.memory, exposure.occasion(), now);
                self.say_never(&exposure, Timestamp::MAX, now);
                Closed::Never
            }
        };
        ledger::close(&mut self.memory, id, how);
        if how != Closed::Act {
            self.hide(place, WithdrawReason::Answered, out);
        }
        if is_here && matches!(how, Closed::Later | Closed::Never) {
            self.ask_why(&exposure, now, out);
        }
    }

    /// Whether a button is still there when it is pressed. Where it is not, what is there is painted and nothing
    /// is done.
    fn still_offered(&mut self, place: usize, action: ActionKind, now: Timestamp) -> bool {
        let Some(shown) = self.shown.get(place) else {
            return true;
        };
        let offered = self.offered(shown, now).contains(action) || fault!(66);
        if let Some(shown) = self.shown.get_mut(place) {
            shown.stale |= !offered;
        }
        offered
    }

    fn say_never(&mut self, exposure: &Exposure, until: Timestamp, now: Timestamp) {
        ledger::say_never(&mut self.memory, exposure.about(), until, now);
    }

    /// The next rung of the ladder: 1, 3, 7 days, then `never` for the period.
    pub(super) fn climb(&mut self, exposure: &Exposure, now: Timestamp) {
        let (about, epoch) = (exposure.about(), self.account.epoch);
        let times = ledger::times(&self.memory, about, epoch);
        if let Some(span) = self.ladder(times) {
            let later = [epoch, times.wrapping_add(1), now.plus(span).0, now.0];
            self.memory.join(Table::Choice, about, 0, &later);
            return;
        }
        let meter = self.entry_of(exposure).map_or(NONE, |entry| entry.meter);
        let view = self.meters.get(meter as usize);
        let period_end = view.map_or(Timestamp(0), |view| view.reading.period_end);
        let until = if period_end > now {
            period_end
        } else {
            now.plus(NO_PERIOD_NEVER_MS)
        };
        self.say_never(exposure, until, now);
    }

    fn act(
        &mut self,
        about: About,
        exposure: &Exposure,
        action: ActionKind,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let Some(entry) = self.entry_of(exposure) else {
            return;
        };
        let intent = intent_id(exposure.id(), action);
        let plan = self.next_plan(entry, 0);
        let (meter, need) = (entry.meter, need(entry));
        let event = match action {
            ActionKind::Upgrade => Event::UpgradeStarted {
                intent,
                about,
                from_plan: self.account.plan,
                to_plan: plan,
            },
            ActionKind::TalkToSales => Event::SalesRequested {
                intent,
                about,
                plan,
            },
            ActionKind::AskAdmin => {
                // Others on the screen about the same meter offer to ask as well: no more.
                self.touch(meter);
                self.memory.join(Table::Asked, need, 0, &[now.0]);
                Event::UpgradeRequested {
                    intent,
                    about,
                    plan,
                }
            }
            ActionKind::ExtendTrial => Event::TrialExtensionRequested { intent, about },
            // Mapped to responses before.
            ActionKind::Later | ActionKind::Never => return,
        };
        record(event, out);
    }
}

/// One intent for each press, however often it is clicked: the same exposure and action give the same id.
#[must_use]
pub fn intent_id(exposure: ExposureId, action: ActionKind) -> u64 {
    Digest::default()
        .text(action.name())
        .number(exposure.0 as i64)
        .finish()
}
