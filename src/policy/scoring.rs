//! Scoring: which signals give how many points, the weights of the four categories, and the line of a PQL.
//! Owns the built-in points, what of them a browser gets, and who is left out; knows no memory and no prompts.
//! `compile` copies it into the arena, `server` writes it whole for the collector.

use super::plan::Plan;
use super::subject::fresh_id;
use super::tree::Tree;
use super::walk::{At, Fields, Walk};
use crate::json::Json;
use crate::plim::SignalDraft;
use crate::pql::score::{CATEGORIES, TENTHS};
use crate::pql::signal::{self, BuiltIn, WINDOW_DAYS_MAX};
use crate::unit::Key;

/// Signals of one policy, the built-in ones among them: memory keeps ten weeks of each.
const SIGNALS_MAX: usize = 40;
const ACCOUNTS_MAX: usize = 1_000;
const ACCOUNT_CHARS: usize = 256;
/// The largest number of points, and of a signal for which points are given once.
const POINTS_MAX: i64 = 1_000;
const EACH_MAX: i64 = 1_000_000;
const NAMES: [&str; CATEGORIES] = ["activation", "engagement", "value", "expansion"];
const WEIGHTS: [i64; CATEGORIES] = [20, 30, 30, 20];
const LINE: i64 = 70;
const REARM_BELOW: i64 = 60;
const FIELDS: &[&str] = &[
    "in_browser",
    "line",
    "rearm_below",
    "weights",
    "caps",
    "defaults",
    "signals",
    "exclusions",
];
const SIGNAL_FIELDS: &[&str] = &[
    "category",
    "points",
    "each",
    "cap",
    "half_life_days",
    "half_after",
    "window_days",
];

/// Signals with points unless the policy says otherwise: category, points, each, cap, half-life, half after.
#[rustfmt::skip]
const DEFAULTS: [(&str, [i64; 6]); 17] = [
    ("active_days",          [0, 1, 1, 10, 14, 0]),
    ("features_used",        [0, 1, 1, 10, 14, 5]),
    ("sessions",             [1, 1, 1, 12, 7, 6]),
    ("session_minutes",      [1, 1, 10, 18, 7, 60]),
    ("approaching_limit",    [2, 5, 1, 15, 30, 0]),
    ("limit_hit",            [2, 8, 1, 24, 14, 2]),
    ("workflow_completed",   [2, 5, 1, 15, 30, 2]),
    ("feature_seen",         [3, 0, 1, 1, 0, 0]),
    ("feature_tried",        [3, 2, 1, 8, 14, 2]),
    ("feature_previewed",    [3, 1, 1, 4, 14, 2]),
    ("feature_built",        [3, 3, 1, 6, 14, 0]),
    ("feature_requested",    [3, 6, 1, 12, 30, 1]),
    ("pricing_visits",       [3, 3, 1, 9, 7, 2]),
    ("upgrade_question",     [3, 10, 1, 10, 30, 0]),
    ("teammate_invited",     [3, 2, 1, 10, 30, 3]),
    ("active_users",         [1, 0, 1, 1, 0, 0]),
    ("teammate_removed",     [3, -3, 1, 9, 30, 0]),
];

/// The scoring of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scoring {
    /// Browsers get the points; else only the names of what hosts send.
    pub in_browser: bool,
    line: i64,
    rearm_below: i64,
    weights: [i64; CATEGORIES],
    /// The points that fill a category.
    caps: [i64; CATEGORIES],
    signals: Vec<SignalDraft>,
    /// Accounts, plans, and whether sales talking with an account leaves it out.
    exclusions: (Vec<String>, Vec<String>, bool),
}

impl Scoring {
    /// Reads `scoring`; what it leaves out keeps its default.
    pub fn read(walk: &mut Walk, tree: Option<&Tree>, at: &At<'_>, plans: &[Plan]) -> Self {
        let mut scoring = Self {
            in_browser: true,
            line: LINE,
            rearm_below: REARM_BELOW,
            weights: WEIGHTS,
            caps: WEIGHTS,
            signals: DEFAULTS.iter().map(default_signal).collect(),
            exclusions: (Vec::new(), Vec::new(), true),
        };
        let Some(fields) = tree.and_then(|tree| walk.fields(tree, at, FIELDS, &[])) else {
            return scoring;
        };
        let mut truth = |name| {
            let tree = fields.of(name)?;
            walk.boolean(tree, &At::Field(at, name))
        };
        scoring.in_browser = truth("in_browser") != Some(false);
        if truth("defaults") == Some(false) {
            scoring.signals.clear();
        }
        scoring.line = walk.integer_or(&fields, at, "line", 1..=100, LINE);
        let rearm_below = scoring.line.saturating_sub(LINE - REARM_BELOW).max(0);
        scoring.rearm_below =
            walk.integer_or(&fields, at, "rearm_below", 0..=scoring.line, rearm_below);
        if let Some(tree) = fields.of("weights") {
            let place = At::Field(at, "weights");
            scoring.weights = read_numbers(walk, tree, &place, WEIGHTS, 0..=100);
            let sum = scoring
                .weights
                .iter()
                .fold(0_i64, |sum, weight| sum.saturating_add(*weight));
            if sum != 100 {
                let message = format!("the weights add up to `{sum}`");
                let help =
                    "let the four weights add up to 100; those left out are 20, 30, 30 and 20";
                walk.error(&place, "weights_sum", message, help);
            }
        }
        scoring.caps = scoring.weights.map(|weight| weight.max(1));
        if let Some(tree) = fields.of("caps") {
            let place = At::Field(at, "caps");
            scoring.caps = read_numbers(walk, tree, &place, scoring.caps, 1..=POINTS_MAX);
        }
        if let Some(tree) = fields.of("signals") {
            scoring.read_signals(walk, tree, &At::Field(at, "signals"));
        }
        if let Some(tree) = fields.of("exclusions") {
            scoring.read_exclusions(walk, tree, &At::Field(at, "exclusions"), plans);
        }
        scoring
    }

    fn read_signals(&mut self, walk: &mut Walk, tree: &Tree, at: &At<'_>) {
        for (id, tree) in walk.entries(tree, at, SIGNALS_MAX).unwrap_or_default() {
            let place = At::Field(at, id);
            let known = self.signals.iter().position(|signal| signal.id == *id);
            let base = DEFAULTS
                .iter()
                .find(|(own, _)| own == id)
                .map(default_signal);
            if known.is_none() {
                let others = self.signals.iter().map(|signal| signal.id.as_str());
                if fresh_id(walk, id, &place, others, "signal", SIGNALS_MAX).is_none() {
                    continue;
                }
            }
            let Some(fields) = walk.fields(tree, &place, SIGNAL_FIELDS, &[]) else {
                continue;
            };
            let signal = self.read_signal(walk, &fields, &place, id, base);
            match known.and_then(|index| self.signals.get_mut(index)) {
                Some(own) => *own = signal,
                None => self.signals.push(signal),
            }
        }
    }

    /// A signal; what it leaves out is the built-in one's, when it has its name.
    fn read_signal(
        &self,
        walk: &mut Walk,
        fields: &Fields<'_>,
        at: &At<'_>,
        id: &str,
        base: Option<SignalDraft>,
    ) -> SignalDraft {
        let is_known = base.is_some();
        let mut signal = base.unwrap_or_else(|| SignalDraft {
            key: signal::key(id).0,
            id: id.into(),
            each: 1,
            window_days: WINDOW_DAYS_MAX,
            ..SignalDraft::default()
        });
        let points = -POINTS_MAX..=POINTS_MAX;
        signal.points = walk.integer_or(fields, at, "points", points, signal.points);
        let category = match fields.of("category") {
            None if is_known || signal.points == 0 => None,
            _ => walk.required(fields, at, "category"),
        };
        let category =
            category.and_then(|tree| walk.one_of(tree, &At::Field(at, "category"), &NAMES, &[]));
        if let Some(category) = category {
            signal.category = u32::try_from(category).unwrap_or(0);
        }
        let cap = self
            .caps
            .get(signal.category as usize)
            .copied()
            .unwrap_or(1);
        let cap = if is_known { signal.cap } else { cap };
        signal.cap = walk.integer_or(fields, at, "cap", 1..=POINTS_MAX, cap);
        let days = 1..=WINDOW_DAYS_MAX;
        signal.window_days = walk.integer_or(fields, at, "window_days", days, signal.window_days);
        signal.each = walk.integer_or(fields, at, "each", 1..=EACH_MAX, signal.each);
        let half_life = 0..=365;
        signal.half_life_days = walk.integer_or(
            fields,
            at,
            "half_life_days",
            half_life,
            signal.half_life_days,
        );
        signal.half_after =
            walk.integer_or(fields, at, "half_after", 0..=EACH_MAX, signal.half_after);
        signal
    }

    fn read_exclusions(&mut self, walk: &mut Walk, tree: &Tree, at: &At<'_>, plans: &[Plan]) {
        let known = ["accounts", "plans", "in_sales_conversation"];
        let Some(fields) = walk.fields(tree, at, &known, &[]) else {
            return;
        };
        if let Some(tree) = fields.of("accounts") {
            let place = At::Field(at, "accounts");
            for (index, item) in walk.list(tree, &place, ACCOUNTS_MAX).iter().enumerate() {
                let place = At::Item(&place, index);
                let Some(id) = walk.words(item, &place) else {
                    continue;
                };
                if id.len() > ACCOUNT_CHARS {
                    let message = format!("`{}` bytes, at most {ACCOUNT_CHARS} fit", id.len());
                    walk.error(&place, "too_many", message, "write the account's id");
                }
                self.exclusions.0.push(id.into());
            }
        }
        if let Some(tree) = fields.of("plans") {
            self.exclusions.1 = read_plans(walk, tree, &At::Field(at, "plans"), plans);
        }
        if let Some(tree) = fields.of("in_sales_conversation") {
            let place = At::Field(at, "in_sales_conversation");
            self.exclusions.2 = walk.boolean(tree, &place) != Some(false);
        }
    }

    /// Whether an account is not scored for sales.
    pub fn leaves_out(&self, account: &str, plan: Key, in_sales: bool) -> bool {
        let (accounts, plans, in_sales_conversation) = &self.exclusions;
        let is_excluded_plan = |id: &String| Key::of(id) == plan;
        in_sales && *in_sales_conversation
            || accounts.iter().any(|id| id == account)
            || plans.iter().any(is_excluded_plan)
    }

    /// The names of the signals.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.signals.iter().map(|signal| signal.id.as_str())
    }

    /// Whether a page can count a signal.
    pub fn is_seen_in_page(name: &str) -> bool {
        name != BuiltIn::ActiveUsers.name()
    }

    /// All signals and rules, for whoever scores an account.
    pub fn whole(&self) -> (Vec<SignalDraft>, Vec<i64>) {
        let mut rules = [self.line, self.rearm_below]
            .map(|points| points.saturating_mul(TENTHS))
            .to_vec();
        for (weight, cap) in self.weights.iter().zip(self.caps) {
            rules.extend([*weight, cap]);
        }
        (self.signals.clone(), rules)
    }

    /// What a browser needs of it: the signals that give points there, that prompts wait for (by key) or that
    /// hosts send.
    pub fn for_browser(&self, waited_for: &[u32]) -> (Vec<SignalDraft>, Vec<i64>) {
        let (mut signals, mut rules) = self.whole();
        if !self.in_browser {
            rules.clear();
            for signal in &mut signals {
                *signal = SignalDraft {
                    key: signal.key,
                    id: core::mem::take(&mut signal.id),
                    ..SignalDraft::default()
                };
            }
        }
        let is_built_in = |key: u32| BuiltIn::ALL.iter().any(|own| *own as u32 == key);
        signals.retain(|signal| {
            Self::is_seen_in_page(&signal.id)
                && (signal.points != 0
                    || waited_for.contains(&signal.key)
                    || !is_built_in(signal.key))
        });
        // Sessions and active days are counted with the minutes.
        let has = |wanted: BuiltIn| signals.iter().any(|own| own.key == wanted as u32);
        let minutes = BuiltIn::SessionMinutes;
        if (has(BuiltIn::Sessions) || has(BuiltIn::ActiveDays)) && !has(minutes) {
            signals.push(SignalDraft {
                key: minutes as u32,
                id: minutes.name().into(),
                ..SignalDraft::default()
            });
        }
        (signals, rules)
    }

    /// Everything, with what was left out filled in.
    pub fn write(&self, json: &mut Json) {
        json.key("in_browser").boolean(self.in_browser);
        json.key("line").number(self.line);
        json.key("rearm_below").number(self.rearm_below);
        for (name, numbers) in [("weights", &self.weights), ("caps", &self.caps)] {
            json.key(name).object(|json| {
                for (name, number) in NAMES.iter().zip(numbers) {
                    json.key(name).number(*number);
                }
            });
        }
        json.key("signals").object(|json| {
            for signal in &self.signals {
                json.key(&signal.id).object(|json| {
                    let category = NAMES.get(signal.category as usize).copied();
                    json.key("category").string(category.unwrap_or_default());
                    json.key("points").number(signal.points);
                    json.key("each").number(signal.each);
                    json.key("cap").number(signal.cap);
                    json.key("half_life_days").number(signal.half_life_days);
                    json.key("half_after").number(signal.half_after);
                    json.key("window_days").number(signal.window_days);
                });
            }
        });
        let (accounts, plans, in_sales_conversation) = &self.exclusions;
        json.key("exclusions").object(|json| {
            for (name, ids) in [("accounts", accounts), ("plans", plans)] {
                json.key(name)
                    .list(|json| ids.iter().for_each(|id| json.string(id)));
            }
            json.key("in_sales_conversation")
                .boolean(*in_sales_conversation);
        });
    }
}

fn default_signal((id, numbers): &(&str, [i64; 6])) -> SignalDraft {
    let [category, points, each, cap, half_life_days, half_after] = *numbers;
    SignalDraft {
        key: signal::key(id).0,
        id: (*id).into(),
        category: u32::try_from(category).unwrap_or(0),
        points,
        each,
        cap,
        half_life_days,
        half_after,
        window_days: WINDOW_DAYS_MAX,
    }
}

/// A number for each category; those left out keep theirs.
fn read_numbers(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    mut numbers: [i64; CATEGORIES],
    range: core::ops::RangeInclusive<i64>,
) -> [i64; CATEGORIES] {
    if let Some(fields) = walk.fields(tree, at, &NAMES, &[]) {
        for (name, number) in NAMES.iter().zip(&mut numbers) {
            *number = walk.integer_or(&fields, at, name, range.clone(), *number);
        }
    }
    numbers
}

/// Ids of plans.
pub(super) fn read_plans(walk: &mut Walk, tree: &Tree, at: &At<'_>, plans: &[Plan]) -> Vec<String> {
    let mut named = Vec::new();
    for (index, item) in walk.list(tree, at, plans.len().max(1)).iter().enumerate() {
        let place = At::Item(at, index);
        let Some(id) = walk.string(item, &place) else {
            continue;
        };
        if !plans.iter().any(|plan| plan.id == id) {
            let known = plans.iter().map(|plan| plan.id.as_str());
            walk.unknown(&place, "unknown_plan", "plan", id, known);
        }
        named.push(id.into());
    }
    named
}
