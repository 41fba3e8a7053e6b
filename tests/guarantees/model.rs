//! A second engine for one tab, written from the description of the product and not from the engine: lists of
//! facts, walked anew for every question, with no regard for speed. Covers quotas (periods, reconciliation,
//! levels, provisional figures), first sight, carried and made crossings, every trigger, owned, audience
//! (conditions, routes, ages), arms and holdout, choice, pacing, page, rank, signals and the score, from which
//! days a projection is made, and what is withdrawn and painted again. It does not cover actions, divergence,
//! other tabs, restarts, damaged memory and clocks that are set: the worlds and `tests/divergence.rs` do.
//! `compare` lives random histories in both; what they show and why they hold has to be the same.

#[path = "model/arms.rs"]
mod arms;
#[path = "model/compare.rs"]
pub mod compare;
#[path = "../conditions/naive.rs"]
mod naive;
#[path = "model/pace.rs"]
mod pace;
#[path = "../conditions/patterns.rs"]
#[expect(dead_code, reason = "conditions alone make patterns at random")]
mod patterns;
#[path = "model/people.rs"]
mod people;
#[path = "model/policies.rs"]
pub mod policies;
#[path = "model/quota.rs"]
mod quota;
#[path = "model/score.rs"]
mod score;
#[path = "model/screen.rs"]
mod screen;
#[path = "model/stages.rs"]
mod stages;

use crate::random;
use arms::{Arms, Own, Written};
use jiff::civil::DateTime;
use plimsoll::engine::input::Context;
use plimsoll::pql::BuiltIn;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// What fired a prompt: a crossing, a blocked attempt, an exploration or a trial, as words.
type Occasion = String;

/// What the host says of an account.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub plan: String,
    pub epoch: i64,
    pub made: i64,
    pub account_made: i64,
    pub user_made: i64,
    pub trial_ends: i64,
    pub sales: bool,
    pub features: Vec<String>,
    pub overage: Vec<String>,
    /// Whose (`account` or `user`), name and value.
    pub attributes: Vec<(&'static str, &'static str, Value)>,
    pub figures: Vec<Figure>,
}

/// What the host says of a meter.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    pub meter: usize,
    pub used: Option<i64>,
    /// As in the product: -1 nothing said, -2 unlimited, 0 none.
    pub limit: i64,
    /// Start and end, and the anchor from which the host counts its periods.
    pub period: Option<(i64, i64, DateTime)>,
    /// What of this tab's tally it holds: added and released.
    pub counted: Option<(i64, i64)>,
    /// Of each day, the oldest first.
    pub daily: Vec<i64>,
}

/// How a threshold was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Carried,
    FirstSight,
    Crossed,
}

#[derive(Clone, Debug)]
struct Use {
    at: i64,
    meter: usize,
    added: i64,
    released: i64,
}

/// A period of a meter within an epoch that was seen.
#[derive(Clone, Debug)]
struct Seen {
    meter: usize,
    epoch: i64,
    start: i64,
    end: i64,
    highest: i64,
}

/// A threshold that was passed, in the order in which it happened.
#[derive(Clone, Debug)]
struct Passed {
    meter: usize,
    epoch: i64,
    start: i64,
    code: (u32, i64),
    kind: Kind,
    at: i64,
    /// Of a level: it has fallen far enough since.
    over: bool,
}

/// A showing.
#[derive(Clone, Debug)]
struct Showing {
    prompt: usize,
    surface: &'static str,
    occasion: Occasion,
    at: i64,
    epoch: i64,
    open: bool,
    on_screen: bool,
}

#[derive(Clone, Copy, Debug)]
struct Later {
    epoch: i64,
    said: i64,
    until: i64,
}

#[derive(Clone, Debug)]
struct Hit {
    at: i64,
    occasion: Occasion,
}

/// What one candidate comes to.
#[derive(Clone, Debug)]
pub struct Judged {
    prompt: usize,
    surface: &'static str,
    held: Option<&'static str>,
    occasion: Occasion,
    since: i64,
    /// The prompt that goes first.
    by: Option<usize>,
}

/// The second engine.
pub struct Model {
    written: Rc<Written>,
    /// The policy as these arms have it.
    own: Rc<Own>,
    arms: Arms,
    kept: Arms,
    forced: Arms,
    held_out: bool,
    account: String,
    user: String,
    pub context: Context,
    /// Time at the newest snapshot, and the monotonic time then.
    told_at: (i64, i64),
    last: i64,
    jumped: bool,
    told: Option<Told>,
    figures: BTreeMap<usize, (Told, Figure)>,
    uses: Vec<Use>,
    seen: Vec<Seen>,
    passed: Vec<Passed>,
    shown: Vec<Showing>,
    laters: BTreeMap<usize, Vec<Later>>,
    nevers: BTreeMap<usize, i64>,
    /// The prompt that was rendered first for an occasion.
    spent: BTreeMap<Occasion, usize>,
    answered: BTreeSet<Occasion>,
    explored: Vec<(usize, u32, i64)>,
    converted: Option<(i64, i64)>,
    hits: BTreeMap<usize, Hit>,
    /// Prompts as they are written, because one may be painted in another arm.
    failed: BTreeSet<(usize, String)>,
    /// Signals: key, day and count.
    happened: Vec<(u32, i64, i64)>,
    /// By day.
    features_used: BTreeSet<(i64, usize)>,
    /// The five minutes in which someone was active last.
    active: i64,
    /// The score as it was told last, and the day.
    scored: Option<(i64, i64)>,
    /// The score is past the line; how often it fell below it, and when it passed it last, up or down.
    risen: bool,
    falls: i64,
    passed_at: i64,
    /// By meter and day what the host says.
    host_days: BTreeMap<(usize, i64), i64>,
    /// By meter, what the engine expects.
    pub believed: [(i64, i64, i64); 4],
    /// What it does in answer to an input, as sentences.
    pub out: Vec<String>,
}

impl Model {
    /// A tab whose clocks stand at `time` and 0.
    pub fn new(written: Rc<Written>, time: i64, account: &str, user: &str) -> Self {
        let nobody: Arms = vec![None; written.experiments().len()];
        let mut model = Self {
            own: written.own(&nobody),
            written,
            arms: nobody.clone(),
            kept: nobody.clone(),
            forced: nobody,
            held_out: false,
            account: account.to_owned(),
            user: user.to_owned(),
            context: Context::default(),
            told_at: (time, 0),
            last: time,
            jumped: false,
            told: None,
            figures: BTreeMap::new(),
            uses: Vec::new(),
            seen: Vec::new(),
            passed: Vec::new(),
            shown: Vec::new(),
            laters: BTreeMap::new(),
            nevers: BTreeMap::new(),
            spent: BTreeMap::new(),
            answered: BTreeSet::new(),
            explored: Vec::new(),
            converted: None,
            hits: BTreeMap::new(),
            failed: BTreeSet::new(),
            happened: Vec::new(),
            features_used: BTreeSet::new(),
            active: 0,
            scored: None,
            risen: false,
            falls: 0,
            passed_at: 0,
            host_days: BTreeMap::new(),
            believed: [(0, 0, 0); 4],
            out: Vec::new(),
        };
        model.deal();
        model
    }

    fn time(&self, mono: i64) -> i64 {
        self.told_at.0 + mono - self.told_at.1
    }

    fn tick(&mut self, mono: i64) -> i64 {
        let now = self.time(mono);
        // A jump forward of more than a day grants nothing until a snapshot arrives.
        self.jumped |= now - self.last > DAY;
        self.last = now;
        now
    }

    /// A person does something; whether it is in front of them, the page says.
    fn begin(&mut self, mono: i64) -> i64 {
        let now = self.tick(mono);
        self.attend(now, self.context.visible);
        now
    }

    /// Nothing but time passes.
    pub fn wake(&mut self, mono: i64) {
        let now = self.tick(mono);
        self.attend(now, false);
        self.settle(now);
    }

    /// The page changed.
    pub fn page(&mut self, mono: i64, context: &Context) {
        let now = self.tick(mono);
        // Whoever comes to the prices is interested.
        self.attend(now, false);
        if context.route == "/pricing" && self.context.route != "/pricing" {
            self.say(now, BuiltIn::PricingVisits as u32, 1);
        }
        self.context = context.clone();
        self.attend(now, context.visible);
        self.settle(now);
    }

    /// A use or release.
    pub fn count(&mut self, mono: i64, meter: usize, added: i64, released: i64) {
        let at = self.begin(mono);
        let released = if self.is_level(meter) { released } else { 0 };
        if added + released > 0 {
            self.uses.push(Use {
                at,
                meter,
                added,
                released,
            });
        }
        self.settle(at);
    }

    /// How much of this tab's uses there is: what a host may have counted.
    pub fn tally(&self, meter: usize) -> (i64, i64) {
        let uses = self.uses.iter().filter(|used| used.meter == meter);
        uses.fold((0, 0), |sum, used| {
            (sum.0 + used.added, sum.1 + used.released)
        })
    }

    /// The host's truth.
    pub fn tell(&mut self, mono: i64, told: &Told) {
        let now = self.tick(mono);
        self.attend(now, false);
        let order = |told: &Told| (told.epoch, told.made);
        if self
            .told
            .as_ref()
            .is_some_and(|known| order(told) < order(known))
        {
            return self.settle(now);
        }
        // What is told again says nothing of the time.
        let known = self.told.as_ref().map(order);
        if known != Some(order(told)) {
            self.told_at = (told.made, mono);
            self.jumped = false;
        }
        for figure in &told.figures {
            self.figures
                .insert(figure.meter, (told.clone(), figure.clone()));
            self.hear_of_days(figure.meter, told.made, &figure.daily);
        }
        self.told = Some(told.clone());
        self.last = self.time(mono);
        self.deal();
        self.settle(self.last);
    }

    /// An attempt: the verdict, and a limit hit when it is over a hard limit.
    pub fn attempt(&mut self, mono: i64, meter: usize, amount: i64) -> &'static str {
        let now = self.begin(mono);
        let reading = self.reading(meter, now);
        let verdict = match reading.limit {
            -2 | -1 => "fits",
            limit if reading.used + amount <= limit => "fits",
            limit if limit > 0 && self.is_soft(meter) => "over_soft",
            _ => "over_limit",
        };
        if verdict == "over_limit" {
            self.hit(now, meter);
        }
        self.settle(now);
        verdict
    }

    /// A signal that the host tells of.
    pub fn tell_signal(&mut self, mono: i64, key: u32, count: i64) {
        let now = self.begin(mono);
        self.say(now, key, count);
        self.settle(now);
    }

    /// The host's server refused.
    pub fn refused(&mut self, mono: i64, meter: usize) {
        let now = self.begin(mono);
        self.hit(now, meter);
        self.settle(now);
    }

    fn hit(&mut self, now: i64, meter: usize) {
        self.out.push(format!("hit {meter}"));
        self.notice(now, BuiltIn::LimitHit);
        if self.plan().is_some() {
            let occasion = format!("hit {meter} {now}");
            self.hits.insert(meter, Hit { at: now, occasion });
        }
    }

    /// A feature was touched.
    pub fn explore(&mut self, mono: i64, feature: usize, step: u32) {
        let now = self.begin(mono);
        if self.told.is_some() && self.has_feature(feature) {
            self.use_feature(now, feature);
        } else {
            self.explored.push((feature, step, now));
            self.out.push(format!("explored {feature}"));
            let steps = [
                BuiltIn::FeatureSeen,
                BuiltIn::FeatureTried,
                BuiltIn::FeaturePreviewed,
            ];
            self.notice(now, steps[step as usize]);
        }
        self.settle(now);
    }

    /// The host saw a purchase.
    pub fn convert(&mut self, mono: i64, epoch: i64) {
        let now = self.begin(mono);
        self.converted = self.converted.max(Some((epoch, now)));
        self.settle(now);
    }

    /// The painter could not paint what was just presented.
    pub fn fail(&mut self, mono: i64, prompt: usize, fresh: bool) {
        let now = self.tick(mono);
        for place in (0..self.shown.len()).rev() {
            if self.shown[place].prompt == prompt && self.shown[place].on_screen {
                self.shown[place].on_screen = false;
                if fresh {
                    self.shown.remove(place);
                }
                break;
            }
        }
        self.failed.insert(self.variant(prompt));
        self.settle(now);
    }

    /// What was presented is on the screen: it is counted, and spends its occasion.
    pub fn rendered(&mut self, prompt: usize) {
        let shown = self.shown.iter().rev().find(|shown| shown.prompt == prompt);
        if let Some(shown) = shown.filter(|shown| shown.surface != "inline") {
            self.spent.entry(shown.occasion.clone()).or_insert(prompt);
        }
    }

    /// A person answers what is on the screen: `act`, `later`, `close` or `never`. An action ends at once.
    pub fn respond(&mut self, mono: i64, prompt: usize, surface: &str, response: &str) {
        let now = self.begin(mono);
        let here = |shown: &&mut Showing| {
            (shown.prompt, shown.surface, shown.on_screen) == (prompt, surface, true)
        };
        let Some(shown) = self.shown.iter_mut().rev().find(here) else {
            return;
        };
        shown.open = false;
        shown.on_screen = response == "act";
        let shown = shown.clone();
        match response {
            "act" => {
                self.answered.insert(shown.occasion);
            }
            "never" => {
                self.answered.insert(shown.occasion);
                self.nevers.insert(prompt, i64::MAX);
            }
            _ if shown.surface == "toast" => {}
            _ => self.put_off(prompt, now, now),
        }
        if response != "act" {
            self.out
                .push(format!("withdraw {} answered", self.name(prompt)));
        }
        self.settle(now);
        if response == "act" {
            for shown in &mut self.shown {
                shown.on_screen &= shown.open;
            }
            self.settle(now);
        }
    }

    /// `later` holds for the next rung of the ladder from when it was said; after the last it is `never` for
    /// the period that the meter is in when this comes to be known.
    fn put_off(&mut self, prompt: usize, at: i64, now: i64) {
        let epoch = self.epoch();
        let said = self.laters.entry(prompt).or_default();
        let times = said.iter().filter(|later| later.epoch == epoch).count();
        let pacing = self.own.plim.root().pacing().get(0).unwrap();
        if let Some(span) = pacing.ladder_ms().get(times as u32) {
            said.push(Later {
                epoch,
                said: at,
                until: at + span,
            });
            return;
        }
        let compiled = self.prompt(prompt);
        let end = match compiled.subject_kind() {
            1 => self.reading(compiled.subject() as usize, now).end,
            _ => 0,
        };
        let until = if end > at { end } else { at + 90 * DAY };
        let never = self.nevers.entry(prompt).or_insert(0);
        *never = (*never).max(until);
    }

    fn epoch(&self) -> i64 {
        self.told.as_ref().map_or(0, |told| told.epoch)
    }

    /// The index of the account's plan, when the policy has it.
    fn plan(&self) -> Option<u32> {
        let told = self.told.as_ref()?;
        let mut plans = (0..).zip(self.own.plim.root().plans().iter());
        plans
            .find(|(_, plan)| plan.id() == told.plan)
            .map(|(index, _)| index)
    }

    fn is_level(&self, meter: usize) -> bool {
        self.own
            .plim
            .root()
            .meters()
            .get(meter as u32)
            .unwrap()
            .kind()
            == 1
    }

    fn is_soft(&self, meter: usize) -> bool {
        let plan = self
            .plan()
            .and_then(|plan| self.own.plim.root().plans().get(plan));
        plan.is_some_and(|plan| plan.quotas().get(meter as u32).unwrap().soft() == 1)
    }

    fn has_feature(&self, feature: usize) -> bool {
        let root = self.own.plim.root();
        let id = root.features().get(feature as u32).unwrap().id();
        let plan = self.plan().and_then(|plan| root.plans().get(plan));
        plan.is_some_and(|plan| plan.features().iter().any(|own| own as usize == feature))
            || self
                .told
                .as_ref()
                .is_some_and(|told| told.features.iter().any(|own| own == id))
    }

    /// `default-50/emails`.
    fn name(&self, prompt: usize) -> String {
        self.written.names[prompt].clone()
    }
}
