//! The worst week: how many times a compiled policy can interrupt one user in seven days.
//! Owns the bound, which follows from the pacing rules alone, and a search for a week that comes near it;
//! knows no JSON. `plimsoll check` shows both: no user's week is above the bound, and the witness has happened.

use crate::engine::Engine;
use crate::engine::Identity;
use crate::engine::effect::{Effect, Lane, Prompt as Shown, Surface};
use crate::engine::input::{
    ActionKind, Context, Input, Now, Paint, Response, Said, Snapshot, Step,
};
use crate::engine::memory::{Memory, Table};
use crate::plim::{Cap, List, Pacing, Plim, Prompt};
use crate::unit::{
    COUNT_MAX, DAY_MS, Digest, ExposureId, HOUR_MS, Key, MINUTE_MS, Millis, Timestamp,
};

const WEEK_MS: Millis = 7 * DAY_MS;
/// The trigger that blocked attempts fire.
const LIMIT_HIT: u32 = 2;
/// Monday, 5 January 2026: where the simulated weeks begin.
const BEGIN: Timestamp = Timestamp(1_767_571_200_000);
/// How long one simulated user is watched, and in how many steps at most.
const WATCHED_MS: Millis = 3 * WEEK_MS;
const STEPS: u64 = 1_500;

/// Interruptions in any seven days, at most; and the rule that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// How many.
    pub interruptions: u32,
    /// What holds the next: `weekly_budget`, `caps`, `gap_hours`, or `no prompt interrupts`.
    pub because: &'static str,
}

/// A week of a simulated user who does everything to be interrupted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// The seed that makes this week again.
    pub seed: u64,
    /// When each interruption came, in milliseconds after the first, and the index of its prompt.
    pub interruptions: Vec<(Millis, u32)>,
}

/// How many interruptions no user's week exceeds.
///
/// Every dialog passes the pacing stage. One that answers no blocked attempt keeps the gap and every cap; one
/// that does has a gap per meter and a cap a day in place of the gap and of the caps below a week. Both keep
/// the caps of a week and more, their prompt's and their group's.
#[must_use]
pub fn bound(plim: &Plim) -> Bound {
    let mut loosest = Loosest::default();
    for pacing in plim.root().pacing().iter() {
        loosest.add(pacing);
    }
    let mut least = Bound {
        interruptions: loosest.long,
        because: "weekly_budget",
    };
    let mut others = Bound {
        interruptions: by_prompts(plim, false),
        because: "caps",
    };
    others.lower(loosest.caps, "caps");
    others.lower(loosest.gap, "gap_hours");
    let mut meters: Vec<u32> = interrupting(plim, true)
        .map(|prompt| prompt.subject())
        .collect();
    meters.sort_unstable();
    meters.dedup();
    let meters = u32::try_from(meters.len()).unwrap_or(u32::MAX);
    let hits = by_prompts(plim, true)
        .min(loosest.hits)
        .min(loosest.hits_here.saturating_mul(meters));
    let both = others.interruptions.saturating_add(hits);
    let because = if both == 0 {
        "no prompt interrupts"
    } else {
        others.because
    };
    least.lower(both, because);
    least
}

/// What the rules let through in seven days, each under the pacing of the policy or of an arm where it is the
/// loosest: whoever comes into an arm in the middle of a week has had both.
#[derive(Default)]
struct Loosest {
    /// The weekly budget and longer caps.
    long: u32,
    /// All caps.
    caps: u32,
    gap: u32,
    hits: u32,
    /// On one meter.
    hits_here: u32,
    /// Of each cap its span, of the pacings so far.
    spans: Option<Vec<Millis>>,
}

impl Loosest {
    fn add(&mut self, pacing: Pacing<'_>) {
        let caps = || pacing.caps().iter();
        let least = |caps: &mut dyn Iterator<Item = Cap<'_>>| {
            let counts = caps.map(|cap| in_week(cap.count(), cap.per_ms()));
            counts.min().unwrap_or(u32::MAX)
        };
        let spans: Vec<Millis> = caps().map(|cap| cap.per_ms()).collect();
        self.long = self
            .long
            .max(least(&mut caps().filter(|cap| cap.per_ms() >= WEEK_MS)));
        // Windows of different lengths could be filled in turn.
        let same = *self.spans.get_or_insert_with(|| spans.clone()) == spans;
        let caps = if same { least(&mut caps()) } else { u32::MAX };
        self.caps = self.caps.max(caps);
        self.gap = self.gap.max(in_week(1, pacing.gap_ms()));
        self.hits = self.hits.max(in_week(pacing.limit_hit_per_day(), DAY_MS));
        self.hits_here = self.hits_here.max(in_week(1, pacing.limit_hit_gap_ms()));
    }
}

impl Bound {
    fn lower(&mut self, interruptions: u32, because: &'static str) {
        if interruptions < self.interruptions {
            *self = Self {
                interruptions,
                because,
            };
        }
    }
}

/// The prompts that come as dialogs: those that answer blocked attempts, or the others.
fn interrupting(plim: &Plim, hits: bool) -> impl Iterator<Item = Prompt<'_>> {
    let prompts = plim.root().prompts().iter();
    prompts.filter(move |prompt| {
        let lane = Surface::from_word(prompt.surface()).lane();
        lane == Lane::Interrupt && prompt.titled() != 0 && (prompt.trigger() == LIMIT_HIT) == hits
    })
}

/// How many their own caps and those of their groups let through.
fn by_prompts(plim: &Plim, hits: bool) -> u32 {
    let mut groups: Vec<(u32, u32)> = Vec::new();
    for prompt in interrupting(plim, hits) {
        let most = by_caps(prompt.caps());
        match groups
            .iter_mut()
            .find(|(group, _)| *group == prompt.group())
        {
            Some((_, sum)) => *sum = sum.saturating_add(most),
            None => groups.push((prompt.group(), most)),
        }
    }
    let mut sum = 0_u32;
    for (key, most) in groups {
        let group = plim.root().groups().iter().find(|group| group.key() == key);
        let least = group.map_or(most, |group| most.min(by_caps(group.caps())));
        sum = sum.saturating_add(least);
    }
    sum
}

fn by_caps(caps: List<'_, Cap<'_>>) -> u32 {
    caps.iter()
        .map(|cap| in_week(cap.count(), cap.per_ms()))
        .min()
        .unwrap_or(u32::MAX)
}

/// How many a rule of `count` in any `span` lets through in any seven days.
fn in_week(count: u32, span: Millis) -> u32 {
    if span <= 0 {
        return u32::MAX;
    }
    let spans = WEEK_MS
        .saturating_add(span)
        .saturating_sub(1)
        .checked_div(span);
    count.saturating_mul(u32::try_from(spans.unwrap_or(0)).unwrap_or(u32::MAX))
}

/// The worst week of the simulated users of these seeds.
#[must_use]
pub fn witness(plim: &Plim, seeds: core::ops::Range<u64>) -> Witness {
    let mut worst = Witness::default();
    for seed in seeds {
        let mut user = User::new(plim, seed);
        user.live();
        let week = user.worst();
        if week.interruptions.len() > worst.interruptions.len() {
            worst = week;
        }
    }
    worst
}

/// Someone with every permission and no patience: bumps into limits, tries what is locked, buys and comes
/// back, and never says no. The engine is the real one.
struct User<'p> {
    plim: &'p Plim,
    engine: Engine,
    seed: u64,
    drawn: i64,
    now: Timestamp,
    epoch: i64,
    plan: u64,
    seen: Vec<(Timestamp, u32)>,
    open: Vec<ExposureId>,
}

impl<'p> User<'p> {
    fn new(plim: &'p Plim, seed: u64) -> Self {
        let identity = Identity {
            // Others fall into other arms.
            account: format!("a{seed}"),
            user: format!("u{seed}"),
            ..Identity::default()
        };
        Self {
            plim,
            engine: Engine::new(plim.clone(), identity, Some(Memory::default())),
            seed,
            drawn: 0,
            now: BEGIN,
            epoch: 0,
            plan: 0,
            seen: Vec::new(),
            open: Vec::new(),
        }
    }

    /// A number below `end`, the same for the same seed.
    fn draw(&mut self, end: usize) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        let number = Digest::default()
            .number(self.seed as i64)
            .number(self.drawn)
            .finish();
        let end = u64::try_from(end).unwrap_or(1).max(1);
        (number >> 16).checked_rem(end).unwrap_or(0)
    }

    fn live(&mut self) {
        let end = BEGIN.plus(WATCHED_MS);
        self.renew();
        for _ in 0..STEPS {
            self.act();
            self.answer();
            let wait = match self.draw(24) {
                0 => self.engine.next_wake().since(self.now).clamp(0, DAY_MS),
                1 => DAY_MS,
                2 => 4 * HOUR_MS,
                3 => HOUR_MS,
                _ => MINUTE_MS,
            };
            self.now = self.now.plus(wait);
            if self.now > end {
                return;
            }
            self.tell(Input::Wake);
        }
    }

    /// One thing that may interrupt.
    fn act(&mut self) {
        let root = self.plim.root();
        let meter = self.draw(root.meters().len()) as u32;
        let feature = self.draw(root.features().len()) as u32;
        let meter = root.meters().get(meter).map(|meter| Key(meter.key()));
        let feature = root
            .features()
            .get(feature)
            .map(|feature| Key(feature.key()));
        match (self.draw(10), meter, feature) {
            (0..3, Some(meter), _) => self.tell(Input::Attempt {
                meter,
                amount: COUNT_MAX,
            }),
            (3..6, Some(meter), _) => {
                let limit = self.plan_limit(meter);
                let part = self.draw(4) as i64;
                let amount = limit.checked_div(part.wrapping_add(2)).unwrap_or(0).max(1);
                self.tell(Input::Use { meter, amount });
            }
            (6, ..) => self.renew(),
            (7, ..) => self.go(),
            (_, _, Some(feature)) => {
                let step = Step::ALL.get(self.draw(Step::ALL.len()) as usize).copied();
                let step = step.unwrap_or(Step::Tried);
                self.tell(Input::Explore { feature, step });
            }
            _ => self.renew(),
        }
    }

    fn plan_limit(&self, meter: Key) -> i64 {
        let root = self.plim.root();
        let index = self.plim.meter_index(meter).unwrap_or(0);
        let quota = root
            .plans()
            .get(self.plan as u32)
            .and_then(|plan| plan.quotas().get(index));
        quota.map_or(1, |quota| quota.limit().max(1))
    }

    /// A new epoch of some plan, with nothing used and a trial about to end.
    fn renew(&mut self) {
        let root = self.plim.root();
        self.epoch = self.epoch.wrapping_add(1);
        self.plan = self.draw(root.plans().len());
        let plan = root.plans().get(self.plan as u32);
        let mut snapshot = Snapshot {
            plan: Key(plan.map_or(0, |plan| plan.key())),
            ..Snapshot::default()
        };
        snapshot.number(Said::PlanEpoch as u32, self.epoch);
        snapshot.number(Said::ServerTime as u32, self.now.0);
        let ends = self.now.plus(
            (self.draw(7) as i64)
                .wrapping_mul(DAY_MS)
                .wrapping_add(MINUTE_MS),
        );
        snapshot.number(Said::TrialEnds as u32, ends.0);
        for meter in root.meters().iter() {
            snapshot.row(Table::Figure, meter.key().into(), 0);
            snapshot.number(Said::Used as u32, 0);
        }
        self.tell(Input::Snapshot(Box::new(snapshot)));
        self.go();
    }

    /// To a route that some prompt asks for.
    fn go(&mut self) {
        let prompts = self.plim.root().prompts();
        let prompt = prompts.get(self.draw(prompts.len()) as u32);
        let routes = prompt.map(|prompt| prompt.routes_in());
        let route = routes.and_then(|routes| routes.get(self.draw(routes.len()) as u32));
        let context = Context {
            visible: true,
            lease: true,
            route: route.unwrap_or("/").trim_end_matches('*').into(),
            ..Context::default()
        };
        self.tell(Input::Context(context));
    }

    /// Deals with what is open: pressing the first action leaves nothing behind that would hold the next.
    fn answer(&mut self) {
        for exposure in core::mem::take(&mut self.open) {
            let response = match self.draw(8) {
                0 => Response::Close,
                _ => Response::Act(ActionKind::TalkToSales),
            };
            self.tell(Input::Respond { exposure, response });
        }
    }

    fn tell(&mut self, input: Input) {
        let now = Now {
            wall: self.now,
            mono: self.now.since(BEGIN),
        };
        let mut effects = self.engine.handle(now, input);
        let mut shown: Vec<Shown> = Vec::new();
        while let Some(effect) = effects.pop() {
            if let Effect::Present(prompt) = effect {
                shown.push(*prompt);
            }
        }
        for prompt in shown {
            if prompt.surface.lane() == Lane::Interrupt && !prompt.repaint {
                self.seen.push((self.now, prompt.prompt));
            }
            self.open.push(prompt.exposure);
            self.tell(Input::Painted {
                exposure: prompt.exposure,
                paint: Paint::Rendered,
            });
        }
    }

    /// The seven days with the most.
    fn worst(&self) -> Witness {
        let mut worst = Witness {
            seed: self.seed,
            interruptions: Vec::new(),
        };
        for (index, (first, _)) in self.seen.iter().enumerate() {
            let rest = self.seen.get(index..).unwrap_or_default().iter();
            let week = rest.map(|(at, prompt)| (at.since(*first), *prompt));
            let week: Vec<(Millis, u32)> = week.take_while(|(after, _)| *after < WEEK_MS).collect();
            if week.len() > worst.interruptions.len() {
                worst.interruptions = week;
            }
        }
        worst
    }
}
