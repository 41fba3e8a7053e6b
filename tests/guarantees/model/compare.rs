//! Lives random histories in the engine and in the second engine at once, and compares what both say.
//! Owns what is compared; what happens in these histories is in `people`. Decides nothing.
//! A failure names its seed; `PLIMSOLL_MODEL_SEED` lives it again and prints it.

use super::arms::Written;
use super::policies::{METERS, PLANS, name};
use super::{DAY, HOUR, Kind, Model, Told};
use crate::random::Random;
use crate::spec_reader::tab::{Identity, Stored, Tab, compile};
use jiff::civil::{DateTime, date};
use plimsoll::Effect;
use plimsoll::engine::Judgement;
use plimsoll::engine::effect::{CrossingKind, Event, Source};
use plimsoll::engine::input::{ActionKind, Input, Now, Paint};
use plimsoll::plim::Plim;
use plimsoll::unit::{ExposureId, Writer};
use std::rc::Rc;

/// A prompt on the screen.
pub struct Shown {
    pub(super) exposure: ExposureId,
    pub(super) prompt: usize,
    pub(super) surface: &'static str,
    pub(super) actions: Vec<ActionKind>,
}

/// A history, and what lives it.
pub struct History {
    pub(super) plim: Rc<Plim>,
    pub(super) written: Rc<Written>,
    /// By the index of a prompt, its number in the model.
    pub(super) numbers: Vec<usize>,
    pub(super) tab: Tab,
    pub(super) model: Model,
    pub(super) random: Random,
    pub(super) time: i64,
    pub(super) born: i64,
    pub(super) host: Told,
    /// Whether the host's limits differ from the plan's now and then.
    pub(super) limits_move: bool,
    /// The meter that the host does not count.
    pub(super) local: usize,
    /// From which each meter's own periods are counted, where the host has its own.
    pub(super) anchors: [Option<DateTime>; 4],
    /// What comes on a day, where the host tells of days.
    pub(super) daily: [Option<i64>; 4],
    pub(super) old: Vec<Told>,
    pub(super) on_screen: Vec<Shown>,
    /// Every showing there was, to name those that are withdrawn.
    pub(super) prompts: Vec<(ExposureId, usize)>,
    pub(super) log: Vec<String>,
}

/// One history of so many steps. The error says where the two part.
pub fn live(policy: &str, seed: u64, steps: u64) -> Result<(), String> {
    let plim = Rc::new(compile(policy)?);
    let written = Rc::new(Written::new(policy)?);
    let number = |prompt: usize| {
        let name = name(&plim, prompt);
        let mut names = written.names.iter();
        names
            .position(|own| *own == name)
            .ok_or(format!("{name} is in no arm as it is written"))
    };
    let prompts = 0..plim.root().prompts().len();
    let numbers = prompts.map(number).collect::<Result<Vec<_>, _>>()?;
    let mut random = Random::new(seed ^ 0x5ec0);
    let time = 1_795_341_600_000 + random.between(0, 400 * DAY);
    let identity = Identity {
        account: format!("acc_{}", random.below(50)),
        user: format!("u_{}", random.below(50)),
        writer: Writer(7),
    };
    let host = Told {
        plan: PLANS[0].to_owned(),
        epoch: 1,
        trial_ends: if random.percent(40) {
            time + random.between(1, 20) * DAY
        } else {
            0
        },
        account_made: if random.percent(50) {
            time - random.between(0, 3 * DAY)
        } else {
            0
        },
        user_made: if random.percent(30) {
            time - random.between(0, DAY)
        } else {
            0
        },
        ..Told::default()
    };
    // Nobody can tell a year from 28 February from one from the 29th.
    let quotas = plim.root().plans().get(0).map(|plan| plan.quotas());
    let yearly = quotas.is_some_and(|quotas| quotas.iter().any(|quota| quota.period() == 4));
    let anchors = [(); 4].map(|()| {
        let day = random.between(1, 28 + 3 * i64::from(!yearly)) as i8;
        let anchor = date(2025, 1, day).at(random.between(0, 23) as i8, 30, 0, 0);
        random.percent(60).then_some(anchor)
    });
    let daily = [(); 4].map(|()| random.percent(30).then(|| random.between(1, 40)));
    let (limits_move, local) = (random.percent(50), random.below(12) as usize);
    let mut history = History {
        tab: Tab::start(Rc::clone(&plim), &identity, Stored::Nothing),
        model: Model::new(Rc::clone(&written), time, &identity.account, &identity.user),
        plim,
        written,
        numbers,
        random,
        time,
        born: time,
        host,
        limits_move,
        local,
        anchors,
        daily,
        old: Vec::new(),
        on_screen: Vec::new(),
        prompts: Vec::new(),
        log: Vec::new(),
    };
    let lived = history.live(steps);
    lived.map_err(|error| {
        let from = history.log.len().saturating_sub(18);
        format!(
            "PLIMSOLL_MODEL_SEED={seed}: model: {error}\n{}\n{policy}",
            history.log[from..].join("\n")
        )
    })
}

impl History {
    fn live(&mut self, steps: u64) -> Result<(), String> {
        self.page(true)?;
        for _ in 0..steps {
            self.time += match self.random.below(1_000) {
                0..600 => self.random.between(1, 20_000),
                600..850 => self.random.between(1_000, HOUR),
                850..985 => self.random.between(HOUR, 12 * HOUR),
                985..998 => self.random.between(DAY / 2, 4 * DAY),
                _ => self.random.between(DAY, 40 * DAY),
            };
            if self.time - self.born > 60 * DAY {
                // What was said two months ago may be forgotten.
                break;
            }
            // What time alone does comes first, so that an input changes only what it is about.
            self.tell(Input::Wake, |model, mono| model.wake(mono))?;
            match self.random.below(100) {
                0..29 => self.count()?,
                29..46 => self.snapshot()?,
                46..55 => self.attempt()?,
                55..63 => self.explore()?,
                63..70 => self.signal()?,
                70..83 => self.respond()?,
                83..93 => self.page(false)?,
                93 => self.force()?,
                94 => {
                    let epoch = self.host.epoch;
                    let input = Input::Converted {
                        from_epoch: Some(epoch),
                    };
                    self.tell(input, |model, mono| model.convert(mono, epoch))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn now(&self) -> Now {
        Tab::now(self.time, self.born, 0)
    }

    /// Tells both, paints what they show, and compares.
    pub(super) fn tell(
        &mut self,
        input: Input,
        model: impl FnOnce(&mut Model, i64),
    ) -> Result<(), String> {
        let now = self.now();
        self.log.push(format!(
            "{} {input:?}",
            crate::spec_reader::clock::text(self.time)
        ));
        // A use that passes nothing moves a figure and no more; an estimate that follows is the next decision's.
        let root = self.plim.root();
        let waits = matches!(input, Input::Use { .. } | Input::Release { .. })
            && root.prompts().iter().any(|prompt| prompt.trigger() == 5);
        let (mut effects, _) = self.tab.tell(now, input);
        if waits {
            effects.extend(self.tab.tell(now, Input::Wake).0);
        }
        self.believe();
        model(&mut self.model, now.mono);
        let said = self.sentences(&effects);
        self.agree(said)?;
        self.paint(&effects)
    }

    /// What is seen here on each day depends on when it was looked at: where the host tells of no days, the
    /// model takes the engine's estimate.
    pub(super) fn believe(&mut self) {
        for (meter, id) in METERS.iter().enumerate() {
            let expected = self.tab.projected(self.now(), id);
            self.model.believed[meter] = (expected.at.0, expected.from.0, expected.until.0);
        }
    }

    pub(super) fn agree(&mut self, mut said: Vec<String>) -> Result<(), String> {
        let now = self.now();
        let mut expected = std::mem::take(&mut self.model.out);
        self.log.push(format!("    {}", said.join(", ")));
        let read = |id: &&str| {
            self.tab
                .read(now, id)
                .map(|reading| (reading.used, reading.limit.0))
        };
        self.log.push(format!(
            "    {:?}",
            METERS.iter().map(read).collect::<Vec<_>>()
        ));
        said.sort();
        expected.sort();
        if said != expected {
            return Err(format!(
                "the engine says {said:?}\n  and the model {expected:?}"
            ));
        }
        // Without a plan that is known nobody can tell when a period ends.
        let known = PLANS[..3].contains(&self.host.plan.as_str());
        for (meter, id) in METERS.iter().enumerate().filter(|_| known) {
            let time = self.model.time(now.mono);
            let (engine, model) = (
                self.tab.read(now, id).unwrap(),
                self.model.reading(meter, time),
            );
            let engine = super::quota::Reading {
                used: engine.used,
                limit: engine.limit.0,
                start: engine.period_start.0,
                end: engine.period_end.0,
                provisional: engine.provisional,
                local: engine.source == Source::Local,
            };
            if engine != model {
                return Err(format!(
                    "{id}: the engine reads {engine:?}\n  and the model {model:?}"
                ));
            }
        }
        let time = self.model.time(now.mono);
        for (meter, id) in METERS.iter().enumerate().filter(|_| known) {
            let engine = self.tab.projected(now, id);
            let engine = (engine.at.0, engine.from.0, engine.until.0);
            let model = self.model.projected(meter, time);
            if engine != model {
                return Err(format!(
                    "{id}: the engine expects {engine:?}\n  and the model {model:?}"
                ));
            }
        }
        let (engine, model) = (self.tab.score(now), self.model.score(time));
        if engine != model {
            return Err(format!(
                "the engine scores {engine:?}\n  and the model {model:?}"
            ));
        }
        let judged = self.tab.judgements(now);
        self.until_is_true(&judged)?;
        self.judge_alike(&judged)
    }

    /// Of each prompt that these arms have, the engine has one variant in force, and it says what the model
    /// says: the reason, and where it fired the surface, since when and what goes first; what has not fired has no
    /// time of firing. Nothing else passes.
    fn judge_alike(&self, judged: &[Judgement]) -> Result<(), String> {
        let expected = self.model.judged(self.now().mono);
        let mut met = 0;
        for judged in judged {
            let number = self.numbers[judged.prompt as usize];
            let name = &self.written.names[number];
            let engine = judged.held.map(|reason| reason.code());
            let prompt = self.plim.root().prompts().get(judged.prompt).unwrap();
            if !self
                .model
                .is_in_force(&prompt.arms().iter().collect::<Vec<_>>())
            {
                if engine.is_none() {
                    return Err(format!("{name}: what no arm has here is shown"));
                }
                continue;
            }
            let Some(model) = expected.iter().find(|own| own.prompt == number) else {
                return Err(format!("{name}: the engine has it and the model does not"));
            };
            met += 1;
            let by = self.numbers.get(judged.by as usize).copied();
            let facts = (judged.surface.name(), judged.since.0, by);
            let fired = judged.occasion != 0;
            let alike = if fired {
                facts == (model.surface, model.since, model.by)
            } else {
                judged.since.0 == 0
            };
            if engine != model.held || !alike {
                return Err(format!(
                    "{name}: the engine holds {engine:?} {facts:?}\n  and the model {model:?}"
                ));
            }
        }
        if met != expected.len() {
            return Err(format!(
                "{met} prompts are in force, {} in the model",
                expected.len()
            ));
        }
        Ok(())
    }

    /// G11: asked again at the time that was given, a candidate is not held for that reason any more, or
    /// for longer than could be known; a moment before it still is, for that reason or an earlier stage's.
    fn until_is_true(&mut self, judged: &[Judgement]) -> Result<(), String> {
        let (now, time) = (self.now(), self.model.time(self.now().mono));
        let waits: Vec<&Judgement> = judged
            .iter()
            .filter(|judged| judged.until.0 > time)
            .collect();
        let Some(held) = self.random.pick(&waits).copied() else {
            return Ok(());
        };
        let at = |span: i64| Now {
            wall: now.wall.plus(span),
            mono: now.mono + span,
        };
        let span = held.until.0 - time;
        let judge = |span: i64| self.tab.judgements(at(span))[held.prompt as usize];
        let (before, then) = (judge(span - 1), judge(span));
        if before.held.is_none() || then.held == held.held && then.until <= held.until {
            return Err(format!(
                "G11: {} is held for {:?} until {}; {:?} before and {:?} then",
                name(&self.plim, held.prompt as usize),
                held.held,
                held.until.0,
                before.held,
                then.held
            ));
        }
        Ok(())
    }

    pub(super) fn paint(&mut self, effects: &[Effect]) -> Result<(), String> {
        for effect in effects {
            let Effect::Present(prompt) = effect else {
                continue;
            };
            let (exposure, index) = (prompt.exposure, self.numbers[prompt.prompt as usize]);
            // It may be gone by now, when another could not be painted.
            if !self
                .on_screen
                .iter()
                .any(|shown| shown.exposure == exposure)
            {
                continue;
            }
            if self.random.percent(2) {
                let fresh = !prompt.repaint;
                self.on_screen.retain(|shown| shown.exposure != exposure);
                let paint = Paint::Failed;
                self.tell(Input::Painted { exposure, paint }, |model, mono| {
                    model.fail(mono, index, fresh)
                })?;
            } else {
                let paint = Paint::Rendered;
                self.tab
                    .tell(self.now(), Input::Painted { exposure, paint });
                self.model.rendered(index);
            }
        }
        Ok(())
    }

    pub(super) fn sentences(&mut self, effects: &[Effect]) -> Vec<String> {
        let mut said = Vec::new();
        for effect in effects {
            match effect {
                Effect::Present(prompt) => {
                    let index = self.numbers[prompt.prompt as usize];
                    self.prompts.push((prompt.exposure, index));
                    self.on_screen.push(Shown {
                        exposure: prompt.exposure,
                        prompt: index,
                        surface: prompt.surface.name(),
                        actions: prompt.actions.offers().iter().collect(),
                    });
                    let again = if prompt.repaint { " again" } else { "" };
                    said.push(format!(
                        "show {} {}{again}",
                        self.written.names[index],
                        prompt.surface.name()
                    ));
                }
                Effect::Update(prompt) => {
                    let mut on_screen = self.on_screen.iter_mut();
                    let known = on_screen.find(|shown| shown.exposure == prompt.exposure);
                    if let Some(shown) = known {
                        shown.actions = prompt.actions.offers().iter().collect();
                    }
                }
                Effect::Withdraw { exposure, reason } => {
                    self.on_screen.retain(|shown| shown.exposure != *exposure);
                    let prompt = self
                        .prompts
                        .iter()
                        .find(|(id, _)| id == exposure)
                        .unwrap()
                        .1;
                    said.push(format!(
                        "withdraw {} {}",
                        self.written.names[prompt],
                        reason.name()
                    ));
                }
                Effect::Record(Event::ThresholdCrossed {
                    meter,
                    kind,
                    basis_points,
                    count,
                    period_start,
                    epoch,
                    rise,
                    ..
                }) => {
                    let kind = match kind {
                        CrossingKind::Carried => Kind::Carried,
                        CrossingKind::FirstSight => Kind::FirstSight,
                        CrossingKind::Crossed => Kind::Crossed,
                    };
                    let percent = basis_points / 100;
                    said.push(format!(
                        "cross {meter} {count} {percent} {kind:?} rise {rise} start {} epoch {epoch}",
                        period_start.0
                    ));
                }
                Effect::Record(Event::LimitHit { meter, .. }) => said.push(format!("hit {meter}")),
                Effect::Record(Event::FeatureExplored { feature, .. }) => {
                    said.push(format!("explored {feature}"))
                }
                Effect::Record(Event::Experiment {
                    experiment,
                    arm,
                    diverged: false,
                    ..
                }) => said.push(format!("deal {experiment} {arm}")),
                Effect::Record(Event::SignalCounted { signal, count }) => {
                    let signal = self.plim.root().signals().get(*signal).unwrap();
                    said.push(format!("counted {} {count}", signal.key()));
                }
                Effect::Record(Event::ScoreChanged { tenths, before }) => {
                    said.push(format!("score {before} {tenths}"));
                }
                Effect::Record(Event::PqlReached { tenths, rise }) => {
                    said.push(format!("pql {tenths} {rise}"));
                }
                _ => {}
            }
        }
        said
    }
}
