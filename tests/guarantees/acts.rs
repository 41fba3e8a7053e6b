//! What people and hosts do in a simulated world: use, try, explore, answer, look away, buy; and what
//! snapshots and memories reach which tab. Each picks something at random and tells one page of it.

use super::super::host::{COUNTED, UNKNOWN_PLAN};
use super::super::known::Truth;
use super::super::watch::Event;
use super::counts::Fault;
use super::{FEATURES, METERS, TABS_MAX, World};
use crate::spec_reader::snapshot::Snapshot;
use plimsoll::engine::input::{Input, Objection, Paint, Response, Step};
use plimsoll::unit::Key;

impl World {
    pub(super) fn use_something(&mut self, index: usize) -> Result<(), String> {
        let meter = self.random.pick(&METERS).copied().unwrap_or("emails");
        let level = matches!(meter, "seats" | "rooms" | "desks");
        let amount = match (self.random.below(20), level) {
            (0, false) => self.random.between(20, 90),
            (0, true) => self.random.between(5, 30),
            _ => self.random.between(1, 6),
        };
        let release = level && self.random.percent(45);
        let key = Key::of(meter);
        let input = if release {
            Input::Release { meter: key, amount }
        } else {
            Input::Use { meter: key, amount }
        };
        self.moved(index, input.clone(), meter, amount)?;
        if self.random.percent(20) {
            // People click twice.
            self.counts.count(&Fault::ClickedTwice);
            self.time += 30;
            self.moved(index, input, meter, amount)?;
        }
        Ok(())
    }

    /// A use or release, of which the host hears unless the page died of it.
    fn moved(
        &mut self,
        index: usize,
        input: Input,
        meter: &'static str,
        amount: i64,
    ) -> Result<(), String> {
        let release = matches!(input, Input::Release { .. });
        let (added, released) = if release { (0, amount) } else { (amount, 0) };
        let event = Event::Used {
            meter,
            added,
            released,
        };
        self.tell(index, input, event)?;
        if let Some(page) = self.pages.get(index).and_then(Option::as_ref) {
            let writer = page.tab.identity().writer.0;
            let tally = page
                .watch
                .known
                .tallies
                .get(&(meter.to_owned(), writer))
                .map_or((0, 0), |(added, released, _)| (*added, *released));
            let late = self
                .host
                .hear(&mut self.random, self.time, meter, writer, tally);
            if late {
                self.counts.count(&Fault::HeardLate);
            }
        }
        Ok(())
    }

    pub(super) fn attempt(&mut self, index: usize) -> Result<(), String> {
        let any = self.random.pick(&METERS).copied().unwrap_or("emails");
        let meter = if self.random.percent(60) {
            self.favourite
        } else {
            any
        };
        let amount = self.random.between(1, 30);
        if self.random.percent(25) {
            return self.tell(
                index,
                Input::LimitHit {
                    meter: Key::of(meter),
                },
                Event::Blocked,
            );
        }
        let input = Input::Attempt {
            meter: Key::of(meter),
            amount,
        };
        self.tell(index, input, Event::Attempted)?;
        if self.random.percent(50) {
            self.time += 500;
            return self.tell(index, Input::Wake, Event::Nothing);
        }
        Ok(())
    }

    pub(super) fn explore(&mut self, index: usize) -> Result<(), String> {
        if self.random.percent(30) {
            let name = Key::of(["invite", "complaint"][self.random.below(2) as usize]);
            let count = self.random.between(1, 3);
            return self.tell(index, Input::Signal { name, count }, Event::Nothing);
        }
        let feature = self.random.pick(&FEATURES).copied().unwrap_or("sso");
        let step = if self.random.percent(80) {
            Step::Tried
        } else {
            self.random.pick(&Step::ALL).copied().unwrap_or(Step::Seen)
        };
        self.tell(
            index,
            Input::Explore {
                feature: Key::of(feature),
                step,
            },
            Event::Nothing,
        )
    }

    pub(super) fn snapshot(&mut self, index: usize) -> Result<(), String> {
        let old = self
            .random
            .percent(15)
            .then(|| self.random.pick(&self.old_snapshots).cloned())
            .flatten();
        let known = self
            .pages
            .get(index)
            .and_then(Option::as_ref)
            .and_then(|page| page.watch.known.truth.clone());
        let (snapshot, truth) = match (old, known) {
            // An old one comes late to a tab that knows better.
            (Some(old), Some(known)) if old.1 <= known => {
                let late = old.1 < known;
                self.counts.count(&if late {
                    Fault::SnapshotLate
                } else {
                    Fault::SnapshotTwice
                });
                old
            }
            _ => self.fresh_snapshot(),
        };
        self.tell(index, Input::Snapshot(snapshot.told()), Event::Told(truth))
    }

    pub(super) fn fresh_snapshot(&mut self) -> (Snapshot, Truth) {
        let made = self.host.snapshot(&mut self.random, self.time, self.exact);
        // It takes a moment to arrive.
        self.time += self.random.between(1, 2_000);
        if made.0.meters.len() < COUNTED.len() {
            self.counts.count(&Fault::MeterLeftOut);
        }
        if made.0.plan == UNKNOWN_PLAN {
            self.counts.count(&Fault::PlanUnknown);
        }
        self.old_snapshots.push(made.clone());
        if self.old_snapshots.len() > 12 {
            self.old_snapshots.remove(0);
        }
        made
    }

    pub(super) fn respond(&mut self, index: usize) -> Result<(), String> {
        let Some(page) = self.pages.get(index).and_then(Option::as_ref) else {
            return Ok(());
        };
        let Some((exposure, rendered, acting)) = self.random.pick(&page.screen).copied() else {
            return Ok(());
        };
        if acting {
            return self.tell(
                index,
                Input::Painted {
                    exposure,
                    paint: Paint::Faded,
                },
                Event::Painted(exposure, Paint::Faded),
            );
        }
        if !rendered {
            return Ok(());
        }
        let actions = page
            .actions
            .iter()
            .find(|(id, _)| *id == exposure)
            .map_or(&[][..], |(_, actions)| actions);
        let response = match self.random.below(10) {
            0..3 => Response::Later,
            3..5 => Response::Close,
            5 => Response::Never,
            _ => self
                .random
                .pick(actions)
                .map_or(Response::Close, |action| Response::Act(*action)),
        };
        self.tell(
            index,
            Input::Respond { exposure, response },
            Event::Responded(exposure, response),
        )?;
        if self.random.percent(40) {
            return Ok(());
        }
        // Only who was asked has answered; the engine knows who was.
        let objection = *self.random.pick(&Objection::ALL).ok_or("no objection")?;
        let input = Input::Because {
            exposure,
            objection,
        };
        self.tell(index, input, Event::Objected)
    }

    pub(super) fn paint(&mut self, index: usize) -> Result<(), String> {
        let Some(page) = self.pages.get(index).and_then(Option::as_ref) else {
            return Ok(());
        };
        let Some((exposure, rendered, _)) = self.random.pick(&page.screen).copied() else {
            return Ok(());
        };
        let paint = match (rendered, self.random.below(4)) {
            (false, 0) => Paint::Failed,
            (false, _) => Paint::Rendered,
            (true, _) => Paint::Seen,
        };
        self.tell(
            index,
            Input::Painted { exposure, paint },
            Event::Painted(exposure, paint),
        )
    }

    pub(super) fn merge(&mut self, index: usize) -> Result<(), String> {
        if self.random.percent(30)
            && let Some((memory, known)) = self.random.pick(&self.copies).cloned()
        {
            self.counts.count(&Fault::StorageLate);
            return self.tell(
                index,
                Input::Merge(Box::new(memory)),
                Event::Met(Box::new(known)),
            );
        }
        let other = self.random.below(TABS_MAX as u64) as usize;
        match self.berth(other) {
            Some((memory, known)) if other != index => self.tell(
                index,
                Input::Merge(Box::new(memory)),
                Event::Met(Box::new(known)),
            ),
            _ => Ok(()),
        }
    }

    pub(super) fn page(&mut self, index: usize) -> Result<(), String> {
        let chance = self.random.below(10);
        let route = self.random.pick(&["/team/7", "/team", "/mail"]).copied();
        let Some(page) = self.pages.get_mut(index).and_then(Option::as_mut) else {
            return Ok(());
        };
        let context = &mut page.tab.context;
        context.route = route.unwrap_or_default().to_owned();
        match chance {
            0..3 => context.visible = !context.visible,
            3..5 => context.busy = !context.busy,
            5..7 => context.dialog_open = !context.dialog_open,
            7 => context.storage = !context.storage,
            8 => context.utc_offset_minutes = 60 * (index as i32) - 120,
            // A page is mostly in front and at leisure, or nothing would ever be shown.
            _ => {
                (
                    context.visible,
                    context.busy,
                    context.dialog_open,
                    context.storage,
                ) = (true, false, false, true);
            }
        }
        let context = context.clone();
        self.tell(index, Input::Context(context), Event::Nothing)
    }

    pub(super) fn plan_or_purchase(&mut self, index: usize) -> Result<(), String> {
        match self.random.below(3) {
            0 => self.host.change_plan(&mut self.random, false),
            1 => {
                self.host.change_plan(&mut self.random, true);
                return self.snapshot(index);
            }
            _ => {
                let epoch = self
                    .pages
                    .get(index)
                    .and_then(Option::as_ref)
                    .map_or(0, |page| page.watch.known.epoch());
                if epoch >= 0 {
                    let from = if self.random.percent(80) {
                        epoch
                    } else {
                        self.counts.count(&Fault::PurchaseLate);
                        epoch - 1
                    };
                    self.tell(
                        index,
                        Input::Converted {
                            from_epoch: Some(from),
                        },
                        Event::Converted(from),
                    )?;
                    if self.random.percent(60) && self.host.epoch() == epoch {
                        self.host.change_plan(&mut self.random, true);
                    }
                }
            }
        }
        Ok(())
    }
}
