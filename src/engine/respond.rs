//! What a person did with a prompt, and what became of it on the screen.
//! Owns the step from a response to choices, snoozes, intents and events; knows nothing of stages.
//! Called by `handle`; what it writes is read by `judge` at the next decision.

use super::Engine;
use super::effect::{Effect, Event, Surface, WithdrawReason};
use super::input::{ActionKind, Paint, Response};
use super::ledger::{self, Closed, Exposure};
use super::memory::{Table, columns};
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
        let Some(position) = self.shown.iter().position(|shown| shown.exposure.id == id) else {
            return;
        };
        match paint {
            Paint::Rendered => self.rendered(position, now, out),
            Paint::Seen => {
                self.rendered(position, now, out);
                let exposure = self.shown.get(position).map(|shown| shown.exposure);
                if ledger::seen(&mut self.memory, id, now) {
                    self.dirty.memory = true;
                    if let Some(about) = exposure.and_then(|exposure| self.about(&exposure)) {
                        out.push(Effect::Record(Event::PromptSeen { about }));
                    }
                }
            }
            Paint::Failed => {
                let shown = self.shown.remove(position);
                self.failed.push(shown.index);
            }
            Paint::Faded => {
                let shown = self.shown.remove(position);
                if shown.exposure.surface == Surface::Toast {
                    ledger::close(&mut self.memory, id, Closed::Faded, now);
                    self.dirty.memory = true;
                }
            }
        }
    }

    /// Counts a showing, once: at its first rendering anywhere.
    fn rendered(&mut self, position: usize, now: Timestamp, out: &mut Vec<Effect>) {
        let Some(shown) = self.shown.get_mut(position) else {
            return;
        };
        if shown.rendered {
            return;
        }
        shown.rendered = true;
        if !shown.repaint {
            shown.exposure.rendered = now;
        }
        let (exposure, number) = (shown.exposure, shown.number);
        let first = ledger::rendered(&mut self.memory, &exposure);
        self.dirty.memory = true;
        if first && exposure.surface != Surface::Inline {
            ledger::spend(
                &mut self.memory,
                exposure.occasion,
                exposure.prompt,
                number,
                now,
            );
        }
        if (first || fault!(10))
            && let Some(about) = self.about(&exposure)
        {
            out.push(Effect::Record(Event::PromptShown { about }));
        }
    }

    pub(super) fn respond(
        &mut self,
        id: ExposureId,
        response: Response,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let position = self.shown.iter().position(|shown| shown.exposure.id == id);
        if let Some(position) = position {
            // An answer proves that it was on the screen.
            self.rendered(position, now, out);
        }
        let Some(exposure) = ledger::exposure(&self.memory, id) else {
            return;
        };
        let Some(about) = self.about(&exposure) else {
            return;
        };
        if !exposure.open() {
            let repeated = matches!(response, Response::Act(_))
                && exposure.closed == Closed::Act as i64
                && position.is_some();
            if !repeated {
                out.push(Effect::Record(Event::PromptAnswered {
                    about,
                    response,
                    late: true,
                }));
            }
            return;
        }
        let response = match response {
            Response::Act(ActionKind::Later) => Response::Later,
            Response::Act(ActionKind::Never) => Response::Never,
            other => other,
        };
        self.dirty.memory = true;
        out.push(Effect::Record(Event::PromptAnswered {
            about,
            response,
            late: false,
        }));
        let how = match response {
            Response::Act(_) => Closed::Act,
            Response::Later => Closed::Later,
            Response::Never => Closed::Never,
            Response::Close => Closed::Close,
        };
        ledger::close(&mut self.memory, id, how, now);
        match response {
            Response::Act(action) => {
                ledger::answer(&mut self.memory, exposure.occasion, now);
                self.act(&exposure, action, now, out);
                if let Some(shown) = self.shown.iter_mut().find(|shown| shown.exposure.id == id) {
                    shown.acting = true;
                }
                return;
            }
            // The close of a toast is no choice about its prompt.
            Response::Later | Response::Close if exposure.surface == Surface::Toast => {}
            Response::Close if fault!(18) => {}
            Response::Later | Response::Close => {
                self.climb(exposure.prompt, exposure.subject, now);
            }
            Response::Never => {
                ledger::answer(&mut self.memory, exposure.occasion, now);
                let forever = Timestamp::MAX;
                ledger::say_never(
                    &mut self.memory,
                    exposure.prompt,
                    exposure.subject,
                    forever,
                    now,
                );
            }
        }
        if position.is_some() {
            self.shown.retain(|shown| shown.exposure.id != id);
            out.push(Effect::Withdraw {
                exposure: id,
                reason: WithdrawReason::Answered,
            });
        }
    }

    /// The next rung of the ladder: 1, 3, 7 days, then `never` for the period.
    pub(super) fn climb(&mut self, prompt: u32, subject: u32, now: Timestamp) {
        let epoch = self.account.epoch;
        let times = ledger::choice(&self.memory, prompt, subject, epoch, now).times;
        match self.ladder(times) {
            Some(span) => {
                let times = times.wrapping_add(1);
                let until = now.plus(span);
                ledger::say_later(&mut self.memory, prompt, subject, epoch, times, until, now);
            }
            None => {
                let meter = self.plim.meter_index(crate::unit::Key(subject));
                let period_end = meter
                    .and_then(|meter| self.meters.get(meter as usize))
                    .map(|view| view.reading.period_end)
                    .filter(|end| *end > now);
                let until = period_end.unwrap_or_else(|| now.plus(NO_PERIOD_NEVER_MS));
                ledger::say_never(&mut self.memory, prompt, subject, until, now);
            }
        }
    }

    fn act(
        &mut self,
        exposure: &Exposure,
        action: ActionKind,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let Some(about) = self.about(exposure) else {
            return;
        };
        let Some(prompt) = self.plim.root().prompts().get(about.prompt) else {
            return;
        };
        let intent = intent_id(exposure.id, action);
        let to_plan = self.resolve(prompt, 0, now).next_plan;
        let from_plan = self.account.plan;
        out.push(Effect::Record(match action {
            ActionKind::Upgrade => Event::UpgradeStarted {
                intent,
                about,
                from_plan,
                to_plan,
            },
            ActionKind::TalkToSales => Event::SalesRequested {
                intent,
                about,
                plan: to_plan,
            },
            ActionKind::AskAdmin => {
                let need = self.need(prompt);
                // Others on the screen about the same meter offer to ask as well: no more.
                if prompt.subject_kind() == 1 {
                    self.moved.push(prompt.subject());
                }
                self.memory.join(Table::Asked, need, 0, columns([now.0]));
                Event::UpgradeRequested {
                    intent,
                    about,
                    plan: to_plan,
                }
            }
            ActionKind::ExtendTrial => Event::TrialExtensionRequested { intent, about },
            // Mapped to responses before.
            ActionKind::Later | ActionKind::Never => return,
        }));
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
