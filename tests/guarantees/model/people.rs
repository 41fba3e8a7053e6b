//! What happens in the histories that both engines live: uses, attempts, pages, snapshots, what people answer.
//! Owns the hosts and people; every act is told to the engine and to the model through `compare`.
//! `compare` picks them at random and says whether the two agree.

use super::compare::{History, Shown};
use super::policies::{FEATURES, METERS, PLANS, SIGNALS};
use super::{DAY, Figure, HOUR, Told};
use crate::random::Random;
use crate::spec_reader::snapshot::{MeterFigure, Snapshot};
use crate::spec_reader::tab::Identity;
use jiff::civil::DateTime;
use plimsoll::engine::input::{Context, Input, Paint, Response, Step};
use plimsoll::policy::{self, Tree};
use plimsoll::pql::signal;
use plimsoll::unit::{Key, Limit, Timestamp, Writer};
use serde_json::{Value, json};

impl History {
    pub(super) fn count(&mut self) -> Result<(), String> {
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

    pub(super) fn attempt(&mut self) -> Result<(), String> {
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
        self.believe();
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

    pub(super) fn explore(&mut self) -> Result<(), String> {
        let (feature, step) = (self.random.below(2) as usize, self.random.below(3) as u32);
        let input = Input::Explore {
            feature: Key::of(FEATURES[feature]),
            step: Step::ALL[step as usize],
        };
        self.tell(input, |model, mono| model.explore(mono, feature, step))
    }

    pub(super) fn signal(&mut self) -> Result<(), String> {
        let name = *self.random.pick(&SIGNALS).unwrap();
        let (name, count) = (signal::key(name), self.random.between(1, 4));
        self.tell(Input::Signal { name, count }, |model, mono| {
            model.tell_signal(mono, name.0, count)
        })
    }

    /// The page's address asks for arms, now and then for one that there is not.
    pub(super) fn force(&mut self) -> Result<(), String> {
        let (mut address, mut asked) = (String::from("https://a.example/x?y=1"), Vec::new());
        for experiment in self.written.experiments() {
            let arm = self.random.below(6) as usize;
            let arms = experiment["arms"].as_array().unwrap().len();
            if self.random.percent(50) {
                let id = experiment["id"].as_str().unwrap();
                address.push_str(&format!("&plimsoll-{id}={arm}"));
                asked.push((arm < arms).then_some(arm));
            } else {
                asked.push(None);
            }
        }
        self.tell(Input::Force { address }, |model, mono| {
            model.force(mono, &asked)
        })
    }

    pub(super) fn respond(&mut self) -> Result<(), String> {
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
            self.written.names[prompt]
        ));
        let (mut effects, _) = self.tab.tell(now, Input::Respond { exposure, response });
        if word == "act" {
            let paint = Paint::Faded;
            effects.extend(self.tab.tell(now, Input::Painted { exposure, paint }).0);
        }
        self.on_screen.retain(|shown| shown.exposure != exposure);
        self.believe();
        self.model.respond(now.mono, prompt, surface, word);
        let said = self.sentences(&effects);
        self.agree(said)?;
        self.paint(&effects)
    }

    pub(super) fn page(&mut self, first: bool) -> Result<(), String> {
        let route = self.random.below(6) as usize;
        let quiet = first || self.random.percent(50);
        let mut not = |chance| quiet || !self.random.percent(chance);
        let context = Context {
            visible: not(20),
            busy: !not(20),
            dialog_open: !not(20),
            storage: not(10),
            lease: not(30),
            utc_offset_minutes: if not(50) { 0 } else { -180 },
            route: [
                "/app/list",
                "/app/list",
                "/app/edit",
                "/pricing",
                "/checkout",
                "",
            ][if not(40) { 0 } else { route }]
            .to_owned(),
        };
        let input = Input::Context(context.clone());
        self.tell(input, |model, mono| model.page(mono, &context))
    }

    pub(super) fn snapshot(&mut self) -> Result<(), String> {
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
        if random.percent(20) {
            let role = ["admin", "viewer", "guest"][random.below(3) as usize];
            self.host.attributes = vec![
                ("account", "seats", json!(random.between(1, 5))),
                (
                    "account",
                    "tier",
                    json!(["gold", "tin"][random.below(2) as usize]),
                ),
            ];
            if random.percent(70) {
                self.host.attributes.push(("user", "role", json!(role)));
            }
            if random.percent(20) {
                self.host
                    .attributes
                    .push(("user", "seats", json!(random.between(1, 5))));
            }
        }
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
        if self.random.percent(25) && self.daily[meter].is_none() {
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
            daily: self.days(meter, made),
            period: if meter.is_multiple_of(2) {
                self.period(meter, made)
            } else {
                None
            },
        })
    }

    /// What came on the last days; of a level, where it stood on them.
    fn days(&self, meter: usize, made: i64) -> Vec<i64> {
        let Some(rate) = self.daily[meter] else {
            return Vec::new();
        };
        let on = |day: i64| (day * 7_919 + rate) % 5 * rate / 2;
        let (first, today) = (self.born / DAY - 40, made / DAY);
        let days = (today - 30).max(first)..today;
        if meter.is_multiple_of(2) {
            days.map(on).collect()
        } else {
            days.map(|day| (first..=day).map(on).sum()).collect()
        }
    }

    /// A host's own period: anchored anywhere in a month, and now and then one that ended a while ago.
    fn period(&mut self, meter: usize, made: i64) -> Option<(i64, i64, DateTime)> {
        // A plan that nobody knows has no cadence but the month's.
        let known = PLANS[..3].contains(&self.host.plan.as_str());
        let anchor = self.anchors[meter].filter(|_| known)?;
        let plans = self.plim.root().plans();
        let plan = PLANS.iter().position(|id| *id == self.host.plan).unwrap();
        let quota = plans
            .get(plan as u32)
            .unwrap()
            .quotas()
            .get(meter as u32)
            .unwrap();
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
            attributes: attributes(told, self.tab.identity()),
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
                daily: figure.daily.clone(),
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

/// As the shell makes them of the host's snapshot.
fn attributes(told: &Told, identity: &Identity) -> String {
    let mut owners = json!({"account": {"id": identity.account, "attributes": {}},
        "user": {"id": identity.user, "attributes": {}}});
    for (owner, name, value) in &told.attributes {
        owners[*owner]["attributes"][*name] = value.clone();
    }
    let tree = |owner: &Value| Tree::parse(&owner.to_string()).unwrap();
    policy::attributes(&tree(&owners["account"]), &tree(&owners["user"]), true)
}
