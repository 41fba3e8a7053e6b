//! Lives random histories in the engine and in the second engine at once, and compares what both say.
//! Owns the policies, hosts and people of these histories; decides nothing.
//! A failure names its seed; `PLIMSOLL_MODEL_SEED` lives it again and prints it.

use super::policies::{FEATURES, METERS, PLANS, name};
use super::{DAY, Figure, HOUR, Kind, Model, Told};
use crate::random::Random;
use crate::spec_reader::snapshot::{MeterFigure, Snapshot};
use crate::spec_reader::tab::{Identity, Stored, Tab, compile};
use jiff::civil::{DateTime, date};
use plimsoll::Effect;
use plimsoll::engine::Judgement;
use plimsoll::engine::effect::{CrossingKind, Event, Source};
use plimsoll::engine::input::{ActionKind, Context, Input, Now, Paint, Response, Step};
use plimsoll::plim::Plim;
use plimsoll::unit::{ExposureId, Key, Limit, Timestamp, Writer};
use std::rc::Rc;

struct Shown {
    exposure: ExposureId,
    prompt: usize,
    surface: &'static str,
    actions: Vec<ActionKind>,
}

struct History {
    plim: Rc<Plim>,
    tab: Tab,
    model: Model,
    random: Random,
    time: i64,
    born: i64,
    host: Told,
    /// Whether the host's limits differ from the plan's now and then.
    limits_move: bool,
    /// The meter that the host does not count.
    local: usize,
    /// From which each meter's own periods are counted, where the host has its own.
    anchors: [Option<DateTime>; 4],
    old: Vec<Told>,
    on_screen: Vec<Shown>,
    /// Every showing there was, to name those that are withdrawn.
    prompts: Vec<(ExposureId, usize)>,
    log: Vec<String>,
}

/// One history of so many steps. The error says where the two part.
pub fn live(policy: &str, seed: u64, steps: u64) -> Result<(), String> {
    let plim = Rc::new(compile(policy)?);
    let mut random = Random::new(seed ^ 0x5ec0);
    let time = 1_795_341_600_000 + random.between(0, 400 * DAY);
    let identity = Identity {
        account: "acc_7".to_owned(),
        user: "u_9".to_owned(),
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
    let (limits_move, local) = (random.percent(50), random.below(12) as usize);
    let mut history = History {
        tab: Tab::start(Rc::clone(&plim), &identity, Stored::Nothing),
        model: Model::new(Rc::clone(&plim), time),
        plim,
        random,
        time,
        born: time,
        host,
        limits_move,
        local,
        anchors,
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
                0..32 => self.count()?,
                32..50 => self.snapshot()?,
                50..60 => self.attempt()?,
                60..70 => self.explore()?,
                70..84 => self.respond()?,
                84..94 => self.page(false)?,
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

    fn now(&self) -> Now {
        Tab::now(self.time, self.born, 0)
    }

    /// Tells both, paints what they show, and compares.
    fn tell(&mut self, input: Input, model: impl FnOnce(&mut Model, i64)) -> Result<(), String> {
        let now = self.now();
        self.log.push(format!(
            "{} {input:?}",
            crate::spec_reader::clock::text(self.time)
        ));
        let (effects, _) = self.tab.tell(now, input);
        model(&mut self.model, now.mono);
        let said = self.sentences(&effects);
        self.agree(said)?;
        self.paint(&effects)
    }

    fn agree(&mut self, mut said: Vec<String>) -> Result<(), String> {
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
        let judged = self.tab.judgements(now);
        self.until_is_true(&judged)?;
        for (judged, (held, surface)) in judged.iter().zip(self.model.held(now.mono)) {
            let engine = judged.held.map(|reason| reason.code());
            if engine != held || engine.is_none() && judged.surface.name() != surface {
                let name = name(&self.plim, judged.prompt as usize);
                return Err(format!(
                    "{name}: the engine holds {engine:?} ({}) and the model {held:?} ({surface})",
                    judged.surface.name()
                ));
            }
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

    fn paint(&mut self, effects: &[Effect]) -> Result<(), String> {
        for effect in effects {
            let Effect::Present(prompt) = effect else {
                continue;
            };
            let (exposure, index) = (prompt.exposure, prompt.prompt as usize);
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

    fn sentences(&mut self, effects: &[Effect]) -> Vec<String> {
        let mut said = Vec::new();
        for effect in effects {
            match effect {
                Effect::Present(prompt) => {
                    let index = prompt.prompt as usize;
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
                        name(&self.plim, index),
                        prompt.surface.name()
                    ));
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
                        name(&self.plim, prompt),
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
                _ => {}
            }
        }
        said
    }

    fn count(&mut self) -> Result<(), String> {
        let meter = self.random.below(4) as usize;
        let most = [3, 3, 20, 400][self.random.below(4) as usize];
        let amount = self.random.between(1, most);
        let key = Key::of(METERS[meter]);
        if self.random.percent(30) {
            let input = Input::Release { meter: key, amount };
            return self.tell(input, |model, mono| model.count(mono, meter, 0, amount));
        }
        let input = Input::Use { meter: key, amount };
        self.tell(input, |model, mono| model.count(mono, meter, amount, 0))
    }

    fn attempt(&mut self) -> Result<(), String> {
        let meter = self.random.below(4) as usize;
        let key = Key::of(METERS[meter]);
        if self.random.percent(20) {
            return self.tell(Input::LimitHit { meter: key }, |model, mono| {
                model.refused(mono, meter)
            });
        }
        let amount = self.random.between(1, 300);
        let now = self.now();
        let (effects, answer) = self.tab.tell(now, Input::Attempt { meter: key, amount });
        let verdict = self.model.attempt(now.mono, meter, amount);
        self.log.push(format!(
            "{} attempt {} {amount}",
            crate::spec_reader::clock::text(self.time),
            METERS[meter]
        ));
        if answer.verdict != Some(verdict) {
            return Err(format!(
                "the engine answers {:?} and the model {verdict}",
                answer.verdict
            ));
        }
        let said = self.sentences(&effects);
        self.agree(said)?;
        self.paint(&effects)
    }

    fn explore(&mut self) -> Result<(), String> {
        let (feature, step) = (self.random.below(2) as usize, self.random.below(3) as u32);
        let input = Input::Explore {
            feature: Key::of(FEATURES[feature]),
            step: Step::ALL[step as usize],
        };
        self.tell(input, |model, mono| model.explore(mono, feature, step))
    }

    fn respond(&mut self) -> Result<(), String> {
        if self.on_screen.is_empty() {
            return Ok(());
        }
        let place = self.random.below(self.on_screen.len() as u64) as usize;
        let Shown {
            exposure,
            prompt,
            surface,
            ref actions,
        } = self.on_screen[place];
        let action = self.random.pick(actions).copied();
        let (response, word) = match (self.random.below(10), action) {
            (0..4, _) => (Response::Later, "later"),
            (4..6, _) => (Response::Close, "close"),
            (6, _) => (Response::Never, "never"),
            (_, Some(action)) => (Response::Act(action), "act"),
            _ => (Response::Close, "close"),
        };
        let now = self.now();
        self.log.push(format!(
            "{} {word} {}",
            crate::spec_reader::clock::text(self.time),
            name(&self.plim, prompt)
        ));
        let (mut effects, _) = self.tab.tell(now, Input::Respond { exposure, response });
        if word == "act" {
            let paint = Paint::Faded;
            effects.extend(self.tab.tell(now, Input::Painted { exposure, paint }).0);
        }
        self.on_screen.retain(|shown| shown.exposure != exposure);
        self.model.respond(now.mono, prompt, surface, word);
        let said = self.sentences(&effects);
        self.agree(said)?;
        self.paint(&effects)
    }

    fn page(&mut self, first: bool) -> Result<(), String> {
        let quiet = first || self.random.percent(50);
        let mut not = |chance| quiet || !self.random.percent(chance);
        let context = Context {
            visible: not(20),
            busy: !not(20),
            dialog_open: !not(20),
            storage: not(10),
            lease: not(30),
            utc_offset_minutes: if not(50) { 0 } else { -180 },
            ..Context::default()
        };
        let input = Input::Context(context.clone());
        self.tell(input, |model, mono| model.page(mono, &context))
    }

    fn snapshot(&mut self) -> Result<(), String> {
        if self.random.percent(10)
            && let Some(told) = self.random.pick(&self.old).cloned()
        {
            return self.say(&told);
        }
        let random = &mut self.random;
        self.host.made = self.time - random.between(0, 2_000);
        if random.percent(6) {
            self.host.epoch += 1;
            let known = if random.percent(10) { 4 } else { 3 };
            let plans = random.below(known);
            self.host.plan = PLANS[plans as usize].to_owned();
        }
        self.host.sales = random.percent(3);
        if random.percent(10) {
            self.host.features = FEATURES
                .iter()
                .filter(|_| random.percent(25))
                .map(|id| (*id).to_owned())
                .collect();
            self.host.overage = METERS
                .iter()
                .filter(|_| random.percent(25))
                .map(|id| (*id).to_owned())
                .collect();
        }
        self.host.figures = (0..METERS.len())
            .filter_map(|meter| self.figure(meter))
            .collect();
        let told = self.host.clone();
        self.old.push(told.clone());
        self.say(&told)
    }

    fn figure(&mut self, meter: usize) -> Option<Figure> {
        if self.random.percent(25) {
            return None;
        }
        let (tally, made) = (self.model.tally(meter), self.host.made);
        let reading = self.model.reading(meter, made);
        let (moves, local) = (self.limits_move, self.local == meter);
        let random = &mut self.random;
        let used = match random.below(4) {
            0 => reading.used,
            1 => reading.used + random.between(0, 30),
            2 => random.between(0, reading.used.max(1)),
            _ => random.between(0, reading.limit.clamp(10, 1_500)),
        };
        let held = |tally: i64, random: &mut Random| {
            if random.percent(60) {
                tally
            } else {
                random.between(0, tally)
            }
        };
        Some(Figure {
            meter,
            used: (!local).then_some(used),
            limit: match random.below(20) {
                _ if !moves => -1,
                0 => random.between(1, 200),
                1 => -2,
                2 => 0,
                _ => -1,
            },
            counted: random
                .percent(40)
                .then(|| (held(tally.0, random), held(tally.1, random))),
            period: if meter.is_multiple_of(2) {
                self.period(meter, made)
            } else {
                None
            },
        })
    }

    /// A host's own period: anchored anywhere in a month, and now and then one that ended a while ago.
    fn period(&mut self, meter: usize, made: i64) -> Option<(i64, i64, DateTime)> {
        // A plan that nobody knows has no cadence but the month's.
        let known = PLANS[..3].contains(&self.host.plan.as_str());
        let anchor = self.anchors[meter].filter(|_| known)?;
        let plans = self.plim.root().plans();
        let quota = plans.get(0).unwrap().quotas().get(meter as u32).unwrap();
        // Of a period that was left and comes again only what was reported is remembered.
        let counts = self.local != meter && !self.limits_move;
        let late = if counts && self.random.percent(15) {
            20
        } else {
            0
        };
        let at = made - self.random.between(0, late) * HOUR;
        let (start, end) = self.model.rolled(quota.period(), anchor, at);
        Some((start, end, anchor))
    }

    fn say(&mut self, told: &Told) -> Result<(), String> {
        let mut snapshot = Snapshot {
            plan: told.plan.clone(),
            plan_epoch: Some(told.epoch),
            server_time: Some(Timestamp(told.made)),
            account_created_at: (told.account_made > 0).then_some(Timestamp(told.account_made)),
            user_created_at: (told.user_made > 0).then_some(Timestamp(told.user_made)),
            trial_ends_at: (told.trial_ends > 0).then_some(Timestamp(told.trial_ends)),
            features: told.features.iter().map(|id| Key::of(id)).collect(),
            overage_accepted: told.overage.iter().map(|id| Key::of(id)).collect(),
            in_sales_conversation: told.sales,
            ..Snapshot::default()
        };
        snapshot.meters = told
            .figures
            .iter()
            .map(|figure| MeterFigure {
                meter: Key::of(METERS[figure.meter]),
                used: figure.used,
                limit: Limit(figure.limit),
                period: figure
                    .period
                    .map(|(start, end, _)| (Timestamp(start), Timestamp(end))),
                daily: Vec::new(),
                counted: figure
                    .counted
                    .map(|(added, released)| (Writer(7), added, released))
                    .into_iter()
                    .collect(),
            })
            .collect();
        self.tell(Input::Snapshot(snapshot.told()), |model, mono| {
            model.tell(mono, told)
        })
    }
}
