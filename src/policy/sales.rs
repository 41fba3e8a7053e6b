//! Sales triggers and the hand-off: when people contact an account, who does, and what they could say.
//! Owns the built-in triggers and the strict reading of both; nothing of it ever goes into a `.plim`.
//! `server` writes it for the collector, which asks the patterns over an account's memory.

use super::locale::Localized;
use super::plan::Plan;
use super::scoring::read_plans;
use super::subject::fresh_id;
use super::tree::Tree;
use super::walk::{At, Fields, Walk};
use crate::json::Json;
use crate::pql::signal::{self, WINDOW_DAYS_MAX};
use crate::pql::trigger::Pattern;
use crate::unit::COUNT_MAX;

const TRIGGERS_MAX: usize = 50;
const RESPOND_HOURS_MAX: i64 = 90 * 24;
/// A pattern that compares needs two windows.
const COMPARED_DAYS_MAX: i64 = WINDOW_DAYS_MAX / 2;
const ROUTES_MAX: usize = 20;
const REGIONS_MAX: usize = 50;
const POINTS_MAX: usize = 100;
/// A first message has so many parts at most.
const PARTS_MAX: usize = 4;
const ROLES: &[&str] = &[
    "sales",
    "field_sales",
    "product_specialist",
    "customer_success",
];
const HEALTH: [(&str, i64); 3] = [("trend", 40), ("breadth", 30), ("recency", 30)];
const SUBJECTS: &[&str] = &[
    "signal",
    "usage_growth_percent",
    "score",
    "renewal_within_days",
];
const DAY: i64 = 24;
const FIVE_DAYS: i64 = 120;
const TWO_WEEKS: i64 = 336;

/// A pattern that asks for contact within a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SalesTrigger {
    id: String,
    is_on: bool,
    respond_hours: i64,
    when: When,
}

/// A pattern as the policy writes it: the signal's name and its numbers, the kind's own first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct When {
    signal: String,
    numbers: Vec<(&'static str, i64)>,
}

/// The triggers unless the policy says otherwise. One whose signal the policy does not have is left out.
pub(super) fn defaults() -> Vec<SalesTrigger> {
    let trigger =
        |id: &str, respond_hours, signal: &str, numbers: &[(&'static str, i64)]| SalesTrigger {
            id: id.into(),
            is_on: true,
            respond_hours,
            when: When {
                signal: signal.into(),
                numbers: numbers.to_vec(),
            },
        };
    let window = |days| ("window_days", days);
    vec![
        trigger("limit-hit", DAY, "limit_hit", &[("count", 1), window(1)]),
        trigger(
            "pricing-visits",
            DAY,
            "pricing_visits",
            &[("count", 3), window(7)],
        ),
        trigger(
            "upgrade-question",
            DAY,
            "upgrade_question",
            &[("count", 1), window(7)],
        ),
        trigger(
            "invitations",
            DAY,
            "teammate_invited",
            &[("count", 5), window(1)],
        ),
        trigger("pql", FIVE_DAYS, "", &[("score", 1)]),
        trigger(
            "usage-growth",
            FIVE_DAYS,
            "",
            &[("usage_growth_percent", 50), window(30)],
        ),
        trigger(
            "more-users",
            FIVE_DAYS,
            "active_users",
            &[("to", 3), ("from", 1), window(30)],
        ),
        trigger(
            "exploration-rising",
            FIVE_DAYS,
            "feature_tried",
            &[("growth_percent", 50), ("count", 3), window(14)],
        ),
        trigger(
            "power-user",
            TWO_WEEKS,
            "active_days",
            &[("days", 20), window(30)],
        ),
        trigger(
            "renewal-near",
            TWO_WEEKS,
            "",
            &[("renewal_within_days", 30), ("used_percent", 80)],
        ),
        trigger(
            "workflow-completed",
            TWO_WEEKS,
            "workflow_completed",
            &[("count", 1), window(14)],
        ),
    ]
}

/// Reads `sales_triggers`: the policy's own, then the built-in ones that it does not replace.
pub(super) fn read_triggers<'k>(
    walk: &mut Walk,
    tree: Option<&Tree>,
    at: &At<'_>,
    signals: impl Iterator<Item = &'k str> + Clone,
) -> Vec<SalesTrigger> {
    let mut triggers: Vec<SalesTrigger> = Vec::new();
    let items = tree.map(|tree| walk.list(tree, at, TRIGGERS_MAX));
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let place = At::Item(at, index);
        let known = ["id", "on", "respond_hours", "when"];
        let Some(fields) = walk.fields(item, &place, &known, &[]) else {
            continue;
        };
        if let Some(trigger) = read_trigger(walk, &fields, &place, &triggers, signals.clone()) {
            triggers.push(trigger);
        }
    }
    let own = triggers.len();
    for base in defaults() {
        let has_signal =
            base.when.signal.is_empty() || signals.clone().any(|id| id == base.when.signal);
        if has_signal && !triggers.iter().take(own).any(|own| own.id == base.id) {
            triggers.push(base);
        }
    }
    triggers.retain(|trigger| trigger.is_on);
    triggers
}

fn read_trigger<'k>(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    others: &[SalesTrigger],
    signals: impl Iterator<Item = &'k str> + Clone,
) -> Option<SalesTrigger> {
    let place = At::Field(at, "id");
    let id = walk.required(fields, at, "id");
    let id = id.and_then(|tree| walk.string(tree, &place));
    let known = others.iter().map(|other| other.id.as_str());
    let id = id.and_then(|id| fresh_id(walk, id, &place, known, "sales trigger", TRIGGERS_MAX));
    let base = defaults()
        .into_iter()
        .find(|base| Some(&base.id) == id.as_ref());
    let is_on = fields
        .of("on")
        .and_then(|tree| walk.boolean(tree, &At::Field(at, "on")));
    let hours = match (&base, fields.of("respond_hours")) {
        (Some(base), None) => Some(base.respond_hours),
        _ => walk.required(fields, at, "respond_hours").and_then(|tree| {
            walk.integer(tree, &At::Field(at, "respond_hours"), 1..=RESPOND_HOURS_MAX)
        }),
    };
    let when = match (base, fields.of("when")) {
        (Some(base), None) => Some(base.when),
        _ => walk
            .required(fields, at, "when")
            .and_then(|tree| read_when(walk, tree, &At::Field(at, "when"), signals)),
    };
    Some(SalesTrigger {
        id: id?,
        is_on: is_on.unwrap_or(true),
        respond_hours: hours?,
        when: when?,
    })
}

fn read_when<'k>(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    signals: impl Iterator<Item = &'k str> + Clone,
) -> Option<When> {
    const NUMBERS: &[&str] = &[
        "growth_percent",
        "to",
        "from",
        "days",
        "count",
        "window_days",
        "used_percent",
    ];
    let known: Vec<&str> = SUBJECTS.iter().chain(NUMBERS).copied().collect();
    let before = walk.errors.len();
    let fields = walk.fields(tree, at, &known, &[])?;
    let is_told = before != walk.errors.len();
    let subject = walk.exactly_one(&fields, at, ("pattern", SUBJECTS), is_told)?;
    // The first of these that a signal's pattern has is its kind; without one it is a count.
    let kinds = ["growth_percent", "to", "days"];
    let kind = kinds.into_iter().find(|kind| fields.of(kind).is_some());
    let kind = if subject == "signal" {
        kind.unwrap_or("count")
    } else {
        subject
    };
    let fitting: &[&'static str] = match kind {
        "growth_percent" => &["growth_percent", "count", "window_days"],
        "to" => &["to", "from", "window_days"],
        "days" => &["days", "window_days"],
        "count" => &["count", "window_days"],
        "usage_growth_percent" => &["usage_growth_percent", "window_days"],
        "renewal_within_days" => &["renewal_within_days", "used_percent"],
        _ => &["score"],
    };
    walk.only_fitting(&fields, at, NUMBERS, (kind, fitting));
    let mut when = When::default();
    if subject == "signal" {
        let place = At::Field(at, "signal");
        let name = fields
            .of("signal")
            .and_then(|tree| walk.string(tree, &place))?;
        if !signals.clone().any(|known| known == name) {
            walk.unknown(&place, "unknown_signal", "signal", name, signals);
            return None;
        }
        when.signal = name.into();
    }
    for name in fitting {
        when.numbers
            .push((name, read_number(walk, &fields, at, kind, name)?));
    }
    Some(when)
}

fn read_number(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    kind: &str,
    name: &str,
) -> Option<i64> {
    let compares = matches!(kind, "growth_percent" | "to" | "usage_growth_percent");
    let (least, most) = match name {
        "score" => {
            let (tree, place) = (fields.of(name)?, At::Field(at, name));
            if *tree == Tree::Bool(true) {
                return Some(1);
            }
            walk.wrong_type(
                &place,
                tree,
                "`true`",
                "write `true`; the line is `scoring.line`",
            );
            return None;
        }
        "window_days" if compares => (1, COMPARED_DAYS_MAX),
        "window_days" | "days" => (1, WINDOW_DAYS_MAX),
        "renewal_within_days" => (1, 366),
        "used_percent" => (0, 1_000),
        "growth_percent" | "usage_growth_percent" => (1, 10_000),
        "from" => (0, COUNT_MAX),
        _ => (1, COUNT_MAX),
    };
    if name == "count" && compares {
        return Some(walk.integer_or(fields, at, name, least..=most, 1));
    }
    let tree = walk.required(fields, at, name)?;
    walk.integer(tree, &At::Field(at, name), least..=most)
}

impl SalesTrigger {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Hours in which somebody should respond.
    pub fn respond_hours(&self) -> i64 {
        self.respond_hours
    }

    /// The pattern that is asked over an account's memory.
    pub fn pattern(&self) -> Pattern {
        let number = |name: &str| {
            let found = self.when.numbers.iter().find(|(own, _)| *own == name);
            found.map_or(0, |(_, number)| *number)
        };
        let (signal, window_days) = (signal::key(&self.when.signal), number("window_days"));
        match self.when.numbers.first().map_or("", |(kind, _)| kind) {
            "growth_percent" => Pattern::Growth {
                signal,
                percent: number("growth_percent"),
                count: number("count"),
                window_days,
            },
            "to" => Pattern::Rise {
                signal,
                from: number("from"),
                to: number("to"),
                window_days,
            },
            "days" => Pattern::Days {
                signal,
                days: number("days"),
                window_days,
            },
            "usage_growth_percent" => Pattern::UsageGrowth {
                percent: number("usage_growth_percent"),
                window_days,
            },
            "renewal_within_days" => Pattern::Renewal {
                within_days: number("renewal_within_days"),
                used_percent: number("used_percent"),
            },
            "score" => Pattern::Score,
            _ => Pattern::Count {
                signal,
                count: number("count"),
                window_days,
            },
        }
    }

    /// Everything, with what was left out filled in.
    pub fn write(&self, json: &mut Json) {
        json.key("id").string(&self.id);
        json.key("respond_hours").number(self.respond_hours);
        json.key("when").object(|json| {
            if !self.when.signal.is_empty() {
                json.key("signal").string(&self.when.signal);
            }
            for (name, number) in &self.when.numbers {
                match *name {
                    "score" => json.key(name).boolean(true),
                    _ => json.key(name).number(*number),
                }
            }
        });
    }
}

/// Who contacts an account, what they could say, and how its health is weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Handoff {
    routing: Vec<Route>,
    /// By sales trigger or signal.
    talking_points: Vec<(String, Localized<String>)>,
    health_weights: [i64; HEALTH.len()],
    /// The subject, the parts and the opener of a call, each by its name.
    drafts: Vec<(String, Localized<String>)>,
}

/// To whom what fits goes; the first route that fits is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Route {
    role: String,
    plans: Vec<String>,
    regions: Vec<String>,
    numbers: Vec<(&'static str, i64)>,
}

impl Default for Handoff {
    fn default() -> Self {
        Self {
            routing: Vec::new(),
            talking_points: Vec::new(),
            health_weights: HEALTH.map(|(_, weight)| weight),
            drafts: Vec::new(),
        }
    }
}

impl Handoff {
    /// Reads `handoff`; what it leaves out keeps its default. `subjects` are the ids of sales triggers and
    /// signals.
    pub fn read(
        walk: &mut Walk,
        tree: Option<&Tree>,
        at: &At<'_>,
        (locale, plans): (&str, &[Plan]),
        subjects: &[&str],
    ) -> Self {
        let mut handoff = Self::default();
        let known = ["routing", "talking_points", "health_weights", "drafts"];
        let Some(fields) = tree.and_then(|tree| walk.fields(tree, at, &known, &[])) else {
            return handoff;
        };
        if let Some(tree) = fields.of("routing") {
            let place = At::Field(at, "routing");
            for (index, item) in walk.list(tree, &place, ROUTES_MAX).iter().enumerate() {
                let route = read_route(walk, item, &At::Item(&place, index), plans);
                handoff.routing.extend(route);
            }
        }
        if let Some(tree) = fields.of("talking_points") {
            let place = At::Field(at, "talking_points");
            for (id, tree) in walk.entries(tree, &place, POINTS_MAX).unwrap_or_default() {
                let place = At::Field(&place, id);
                if !subjects.contains(&id.as_str()) {
                    let known = subjects.iter().copied();
                    walk.unknown(
                        &place,
                        "unknown_signal",
                        "sales trigger or signal",
                        id,
                        known,
                    );
                }
                let words = read_words(walk, tree, &place, locale);
                handoff.talking_points.push((id.clone(), words));
            }
        }
        if let Some(tree) = fields.of("health_weights") {
            handoff.health_weights = read_health(walk, tree, &At::Field(at, "health_weights"));
        }
        if let Some(tree) = fields.of("drafts") {
            handoff.drafts = read_drafts(walk, tree, &At::Field(at, "drafts"), locale);
        }
        handoff
    }

    /// Everything, with what was left out filled in.
    pub fn write(&self, json: &mut Json) {
        json.key("routing").list(|json| {
            for route in &self.routing {
                json.object(|json| {
                    json.key("to").string(&route.role);
                    for (name, ids) in [("plans", &route.plans), ("regions", &route.regions)] {
                        json.key(name)
                            .list(|json| ids.iter().for_each(|id| json.string(id)));
                    }
                    for (name, number) in &route.numbers {
                        json.key(name).number(*number);
                    }
                });
            }
        });
        json.key("talking_points")
            .object(|json| write_words(&self.talking_points, json));
        json.key("health_weights").object(|json| {
            for ((name, _), weight) in HEALTH.iter().zip(self.health_weights) {
                json.key(name).number(weight);
            }
        });
        json.key("drafts")
            .object(|json| write_words(&self.drafts, json));
    }
}

fn read_words(walk: &mut Walk, tree: &Tree, at: &At<'_>, locale: &str) -> Localized<String> {
    Localized::read(walk, tree, at, locale, |walk, tree, at| {
        walk.words(tree, at).map(String::from)
    })
}

fn write_words(words: &[(String, Localized<String>)], json: &mut Json) {
    for (id, texts) in words {
        json.key(id).object(|json| {
            for (locale, text) in &texts.0 {
                json.key(locale).string(text);
            }
        });
    }
}

fn read_route(walk: &mut Walk, tree: &Tree, at: &At<'_>, plans: &[Plan]) -> Option<Route> {
    const NUMBERS: [(&str, i64); 3] = [
        ("score_from", 100),
        ("users_from", COUNT_MAX),
        ("deal_from_minor", COUNT_MAX),
    ];
    let known = [
        "to",
        "plans",
        "regions",
        "score_from",
        "users_from",
        "deal_from_minor",
    ];
    let fields = walk.fields(tree, at, &known, &[])?;
    let role = walk.required(&fields, at, "to");
    let role = role.and_then(|tree| walk.one_of(tree, &At::Field(at, "to"), ROLES, &[]));
    let mut route = Route::default();
    if let Some(tree) = fields.of("plans") {
        route.plans = read_plans(walk, tree, &At::Field(at, "plans"), plans);
    }
    if let Some(tree) = fields.of("regions") {
        let place = At::Field(at, "regions");
        for (index, item) in walk.list(tree, &place, REGIONS_MAX).iter().enumerate() {
            let region = walk.words(item, &At::Item(&place, index));
            route.regions.extend(region.map(String::from));
        }
    }
    for (name, most) in NUMBERS {
        let number = fields.of(name);
        let number = number.and_then(|tree| walk.integer(tree, &At::Field(at, name), 0..=most));
        route.numbers.extend(number.map(|number| (name, number)));
    }
    route.role = ROLES.get(role?).copied().unwrap_or_default().into();
    Some(route)
}

fn read_health(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> [i64; HEALTH.len()] {
    let names = HEALTH.map(|(name, _)| name);
    let Some(fields) = walk.fields(tree, at, &names, &[]) else {
        return Handoff::default().health_weights;
    };
    let weights = HEALTH.map(|(name, weight)| walk.integer_or(&fields, at, name, 0..=100, weight));
    let sum = weights
        .iter()
        .fold(0_i64, |sum, weight| sum.saturating_add(*weight));
    if sum != 100 {
        let message = format!("the weights add up to `{sum}`");
        let help = "let the three weights add up to 100; those left out are 40, 30 and 30";
        walk.error(at, "weights_sum", message, help);
    }
    weights
}

/// A first message and the opener of a call, editable by whoever sends them.
fn read_drafts(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    locale: &str,
) -> Vec<(String, Localized<String>)> {
    let mut drafts = Vec::new();
    let known = ["subject", "parts", "call_opener"];
    let Some(fields) = walk.fields(tree, at, &known, &[]) else {
        return drafts;
    };
    for name in ["subject", "call_opener"] {
        if let Some(tree) = fields.of(name) {
            let words = read_words(walk, tree, &At::Field(at, name), locale);
            drafts.push((name.into(), words));
        }
    }
    if let Some(tree) = fields.of("parts") {
        let place = At::Field(at, "parts");
        for (index, item) in walk.list(tree, &place, PARTS_MAX).iter().enumerate() {
            let words = read_words(walk, item, &At::Item(&place, index), locale);
            drafts.push((format!("part_{}", index.saturating_add(1)), words));
        }
    }
    drafts
}
