//! Prompts: the built-in ones for every meter and feature, and the policy's own, which add or replace.
//! Owns what a prompt is before it is compiled; its trigger and texts are read by their own modules.
//! `compile` makes one instance for each of its subjects.

use super::condition::Conditions;
use super::locale::{Localized, check_has_locales};
use super::pacing::{Group, read_caps};
use super::scoring::Scoring;
use super::subject::{PERCENT, REMAINING, Subjects, Threshold, fresh_id};
use super::texts::{WORDS, Words, read_words};
use super::tree::{Tree, shown};
use super::trigger::{self, About, Trigger};
use super::walk::{At, Fields, Walk, did_you_mean, listed};
use crate::engine::effect::Surface;
use crate::engine::input::ActionKind;
use crate::plim::CapDraft;
use crate::unit::{DAY_MS, Millis};

const PROMPTS_MAX: usize = 500;
const ROUTES_MAX: usize = 20;
const ROUTE_CHARS: usize = 200;
const DELAY_MS_MAX: Millis = 7 * DAY_MS;
const RANK_MAX: i64 = 1_000;
const EDGES: [&str; 2] = ["top", "bottom"];
const FIELDS: &[&str] = &[
    "id",
    "on",
    "trigger",
    "surface",
    "edge",
    "slot",
    "routes",
    "group",
    "rank",
    "caps",
    "delay_ms",
    "texts",
    "actions",
    "dismissible",
    "audience",
];
/// How the ids of built-in prompts begin, and no others.
pub(super) const BUILT_IN: &str = "default-";
const LATER_FIELDS: &[&str] = &["experiment"];

/// A prompt, for all its subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    pub id: String,
    /// It stands in the file; the others are built in.
    pub is_own: bool,
    /// One that is off keeps its id and shows nothing.
    pub is_on: bool,
    pub trigger: Trigger,
    pub about: About,
    pub surface: Surface,
    /// Of a banner over the page, where the policy names its edge: the bottom.
    pub at_bottom: Option<bool>,
    /// The name of the host's slot that it is painted in; "" for none.
    pub slot: String,
    pub routes_in: Vec<String>,
    pub routes_out: Vec<String>,
    pub group: Option<String>,
    pub rank: Option<i64>,
    pub caps: Vec<CapDraft>,
    pub delay_ms: Millis,
    /// Its own texts; empty when the built-in ones serve.
    pub texts: Localized<Words>,
    /// Bits of the actions it may offer; 0 for all.
    pub actions: u32,
    /// The condition of whom it is for, compiled; "" for everybody.
    pub audience: String,
}

impl Prompt {
    /// Whether it is the same as another, whatever else the two are about.
    pub fn says_as(&self, other: &Self) -> bool {
        let about = &self.about;
        let same_about = core::mem::discriminant(about) == core::mem::discriminant(&other.about);
        same_about
            && *self
                == Self {
                    about: about.clone(),
                    ..other.clone()
                }
    }

    /// The threshold it waits for on a meter, when it shows anything.
    pub fn threshold_on(&self, meter: usize) -> Option<Threshold> {
        match (self.trigger, &self.about) {
            (Trigger::Threshold { kind, value }, About::Meters(meters))
                if self.is_on && meters.contains(&meter) =>
            {
                Some(Threshold { kind, value })
            }
            _ => None,
        }
    }

    fn new(id: String, trigger: Trigger, about: About) -> Self {
        Self {
            id,
            is_own: false,
            is_on: true,
            trigger,
            about,
            surface: trigger.surface(),
            at_bottom: None,
            slot: String::new(),
            routes_in: Vec::new(),
            routes_out: Vec::new(),
            group: None,
            rank: None,
            caps: Vec::new(),
            delay_ms: 0,
            texts: Localized::default(),
            actions: 0,
            audience: String::new(),
        }
    }
}

/// The built-in prompts, in the order of their ranks.
pub(super) fn defaults(subjects: &Subjects, thresholds: &[Threshold]) -> Vec<Prompt> {
    let all_meters = || About::Meters((0..subjects.meters.len()).collect());
    let mut prompts = vec![
        Prompt::new("default-limit-hit".into(), Trigger::LimitHit, all_meters()),
        Prompt::new("default-at-limit".into(), Trigger::AtLimit, all_meters()),
    ];
    let own = |index: usize| {
        subjects
            .meters
            .get(index)
            .and_then(|meter| meter.thresholds.as_deref())
    };
    let of_meter = |index: usize| own(index).unwrap_or(thresholds);
    let mut every: Vec<&Threshold> = (0..subjects.meters.len()).flat_map(of_meter).collect();
    // Percentages from high to low, then absolute amounts, then remaining ones.
    every.sort_by_key(|threshold| match threshold.kind {
        PERCENT => (PERCENT, threshold.value.saturating_neg()),
        kind => (kind, threshold.value),
    });
    every.dedup();
    for threshold in every {
        let Threshold { kind, value } = *threshold;
        let id = match kind {
            PERCENT => format!("default-{}", value / 100),
            REMAINING => format!("default-remaining-{value}"),
            _ => format!("default-used-{value}"),
        };
        let meters =
            (0..subjects.meters.len()).filter(|index| of_meter(*index).contains(threshold));
        prompts.push(Prompt::new(
            id,
            Trigger::Threshold { kind, value },
            About::Meters(meters.collect()),
        ));
    }
    let all_features = About::Features((0..subjects.features.len()).collect());
    prompts.push(Prompt::new(
        "default-preview".into(),
        Trigger::TRIED,
        all_features,
    ));
    prompts.push(Prompt::new(
        "default-trial-ending".into(),
        Trigger::TRIAL_ENDING,
        About::Account,
    ));
    prompts
}

/// What reading the prompts needs to know of the rest of the policy.
#[derive(Clone, Copy)]
pub(super) struct Around<'p> {
    pub default_locale: &'p str,
    pub subjects: &'p Subjects,
    pub scoring: &'p Scoring,
    pub groups: &'p [Group],
    pub defaults: &'p [Prompt],
}

/// Reads `prompts`: the policy's own, in its order.
pub(super) fn read_prompts(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    around: &Around<'_>,
    conditions: &mut Conditions<'_>,
) -> Vec<Prompt> {
    let mut prompts: Vec<Prompt> = Vec::new();
    for (index, item) in walk.list(tree, at, PROMPTS_MAX).iter().enumerate() {
        let place = At::Item(at, index);
        let Some(fields) = walk.fields(item, &place, FIELDS, LATER_FIELDS) else {
            continue;
        };
        let id = read_id(walk, &fields, &place, &prompts, around);
        let base = around
            .defaults
            .iter()
            .find(|base| Some(&base.id) == id.as_ref());
        let id = id.unwrap_or_default();
        let read = read_prompt(walk, &fields, &place, id, base, around, conditions);
        prompts.extend(read);
    }
    prompts
}

/// Reads the `prompts` of an experiment's arm: what one gives changes the prompt of that id, a new id adds one.
pub(super) fn patch(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    around: &Around<'_>,
    conditions: &mut Conditions<'_>,
    prompts: &mut Vec<Prompt>,
) {
    let mut patched: Vec<String> = Vec::new();
    for (index, item) in walk.list(tree, at, PROMPTS_MAX).iter().enumerate() {
        let place = At::Item(at, index);
        let Some(fields) = walk.fields(item, &place, FIELDS, LATER_FIELDS) else {
            continue;
        };
        let id = walk.required(&fields, &place, "id");
        let id = id.and_then(|tree| walk.string(tree, &At::Field(&place, "id")));
        let base = prompts.iter().position(|base| Some(base.id.as_str()) == id);
        let is_again = id.is_some_and(|id| patched.iter().any(|own| own == id));
        let id = match id {
            Some(id) if base.is_some() && !is_again => Some(id.to_owned()),
            Some(id) if fields.of("trigger").is_none() && !id.starts_with(BUILT_IN) => {
                let known = prompts.iter().map(|prompt| prompt.id.as_str());
                let help = did_you_mean(id, known).unwrap_or_else(|| {
                    "name a prompt of the policy, or add `trigger` to a new one".into()
                });
                let message = format!("there is no prompt {} to change", shown(id));
                walk.error(&At::Field(&place, "id"), "unknown_prompt", message, help);
                None
            }
            Some(_) => read_id(walk, &fields, &place, prompts, around),
            None => None,
        };
        if is_again && id.is_none() {
            continue;
        }
        patched.extend(id.clone());
        let own = base.and_then(|base| prompts.get(base)).cloned();
        let read = read_prompt(
            walk,
            &fields,
            &place,
            id.unwrap_or_default(),
            own.as_ref(),
            around,
            conditions,
        );
        let Some(prompt) = read else {
            continue;
        };
        match base.and_then(|base| prompts.get_mut(base)) {
            Some(own) => *own = prompt,
            None => prompts.push(prompt),
        }
    }
}

fn read_id(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    prompts: &[Prompt],
    around: &Around<'_>,
) -> Option<String> {
    let tree = walk.required(fields, at, "id")?;
    let place = At::Field(at, "id");
    let id = walk.string(tree, &place)?;
    let defaults = around.defaults.iter().map(|prompt| prompt.id.as_str());
    if id.starts_with(BUILT_IN) && !defaults.clone().any(|own| own == id) {
        let help = did_you_mean(id, defaults.clone());
        let help = help.unwrap_or_else(|| {
            let names: Vec<&str> = defaults.clone().take(8).collect();
            format!(
                "built-in prompts here are {}; give your own another name",
                listed(&names)
            )
        });
        walk.error(
            &place,
            "reserved_id",
            format!("{} is no built-in prompt", shown(id)),
            help,
        );
        return None;
    }
    let own = prompts
        .iter()
        .map(|prompt| prompt.id.as_str())
        .filter(|own| !own.is_empty());
    let others = own.chain(defaults.filter(|own| *own != id));
    fresh_id(walk, id, &place, others, "prompt", usize::MAX)
}

/// Reads a prompt; what it leaves out is as in the one that it replaces or changes.
fn read_prompt(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    id: String,
    base: Option<&Prompt>,
    around: &Around<'_>,
    conditions: &mut Conditions<'_>,
) -> Option<Prompt> {
    if let Some(tree) = fields.of("dismissible") {
        let place = At::Field(at, "dismissible");
        if walk.boolean(tree, &place) == Some(false) {
            let message = "every prompt can be dismissed".into();
            walk.error(
                &place,
                "must_be_dismissible",
                message,
                "leave `dismissible` out",
            );
        }
    }
    let trigger = match (fields.of("trigger"), base) {
        (Some(tree), _) => trigger::read(
            walk,
            tree,
            &At::Field(at, "trigger"),
            around.subjects,
            around.scoring,
        ),
        (None, Some(base)) => Some((base.trigger, base.about.clone())),
        // An id that was refused may be meant for a prompt that has a trigger.
        (None, None) if id.is_empty() && fields.of("id").is_some() => None,
        (None, None) => walk.required(fields, at, "trigger").and(None),
    };
    let surface = fields.of("surface").and_then(|tree| {
        let names = Surface::ALL.map(Surface::name);
        let index = walk.one_of(tree, &At::Field(at, "surface"), &names, &["email"]);
        index.and_then(|index| Surface::ALL.get(index).copied())
    });
    let edge = fields
        .of("edge")
        .and_then(|tree| walk.one_of(tree, &At::Field(at, "edge"), &EDGES, &[]));
    let slot = fields.of("slot").and_then(|tree| {
        let place = At::Field(at, "slot");
        let name = walk.string(tree, &place)?;
        walk.id(name, &place).map(String::from)
    });
    let routes = fields
        .of("routes")
        .map(|tree| read_routes(walk, tree, &At::Field(at, "routes")));
    let group = fields
        .of("group")
        .map(|tree| read_group(walk, tree, &At::Field(at, "group"), around.groups));
    let rank = fields
        .of("rank")
        .map(|tree| walk.integer(tree, &At::Field(at, "rank"), 0..=RANK_MAX));
    let caps = fields
        .of("caps")
        .map(|tree| read_caps(walk, tree, &At::Field(at, "caps")));
    let audience = fields
        .of("audience")
        .map(|tree| conditions.read(walk, tree, &At::Field(at, "audience")));
    let delay_ms = fields
        .of("delay_ms")
        .and_then(|tree| walk.integer(tree, &At::Field(at, "delay_ms"), 0..=DELAY_MS_MAX));
    let actions = fields
        .of("actions")
        .map(|tree| read_actions(walk, tree, &At::Field(at, "actions")));
    let is_on = fields
        .of("on")
        .and_then(|tree| walk.boolean(tree, &At::Field(at, "on")));
    // Texts have their own mistakes, also beside a trigger with one.
    let offer = match &trigger {
        Some((trigger, _)) => trigger.offer(),
        None => trigger::likely_offer(fields.of("trigger")),
    };
    let texts = fields.of("texts").map(|tree| {
        let (place, default) = (At::Field(at, "texts"), around.default_locale);
        if !check_has_locales(walk, tree, &place, default, WORDS) {
            return Localized::default();
        }
        Localized::read_object(walk, tree, &place, default, |walk, tree, at| {
            read_words(walk, tree, at, offer)
        })
    });
    let (trigger, about) = trigger?;
    let mut prompt = match base {
        Some(base) => base.clone(),
        None => Prompt::new(id, trigger, about.clone()),
    };
    // Another trigger brings its own surface.
    let is_same = prompt.trigger == trigger;
    let usual = if is_same {
        prompt.surface
    } else {
        trigger.surface()
    };
    (prompt.trigger, prompt.about) = (trigger, about);
    prompt.surface = surface.unwrap_or(usual);
    prompt.at_bottom = edge.map(|edge| edge == 1).or(prompt.at_bottom);
    prompt.slot = slot.unwrap_or(prompt.slot);
    (prompt.routes_in, prompt.routes_out) = routes.unwrap_or((prompt.routes_in, prompt.routes_out));
    prompt.group = group.unwrap_or(prompt.group);
    prompt.rank = rank.unwrap_or(prompt.rank);
    prompt.caps = caps.unwrap_or(prompt.caps);
    prompt.delay_ms = delay_ms.unwrap_or(prompt.delay_ms);
    prompt.texts = texts.unwrap_or(prompt.texts);
    prompt.actions = actions.unwrap_or(prompt.actions);
    prompt.is_on = is_on.unwrap_or(prompt.is_on);
    prompt.audience = audience.unwrap_or(prompt.audience);
    prompt.is_own = true;
    check_surface(walk, at, trigger, prompt.surface);
    check_place(walk, at, fields, prompt.surface);
    Some(prompt)
}

/// Only what stands in the page has a place there.
fn check_place(walk: &mut Walk, at: &At<'_>, fields: &Fields<'_>, surface: Surface) {
    for (field, message, fits) in [
        ("edge", "only a `banner` lies at an edge of the page", false),
        (
            "slot",
            "only a `banner` or what is `inline` stands in a slot",
            surface == Surface::Inline,
        ),
    ] {
        if fields.of(field).is_some() && !fits && surface != Surface::Banner {
            let help = format!("leave `{field}` out, or change `surface`");
            walk.error(&At::Field(at, field), "surface_place", message.into(), help);
        }
    }
}

fn check_surface(walk: &mut Walk, at: &At<'_>, trigger: Trigger, surface: Surface) {
    let (message, help) = match (trigger, surface) {
        (Trigger::Explored { .. }, Surface::Modal) => (
            "a `modal` is about a limit, not about a feature",
            "write `preview`, a dialog about a feature",
        ),
        (Trigger::Explored { .. }, _) => return,
        (_, Surface::Preview) => (
            "a `preview` is about a feature",
            "write `modal`, a dialog about a limit, or trigger it by `explored_times`",
        ),
        (Trigger::LimitHit, Surface::Banner) => (
            "a blocked attempt is not answered by a `banner`",
            "write `modal`, `toast` or `inline`",
        ),
        _ => return,
    };
    walk.error(
        &At::Field(at, "surface"),
        "surface_trigger",
        message.into(),
        help,
    );
}

fn read_group(walk: &mut Walk, tree: &Tree, at: &At<'_>, groups: &[Group]) -> Option<String> {
    let id = walk.string(tree, at)?;
    if groups.iter().any(|group| group.id == id) {
        return Some(id.into());
    }
    let known = groups.iter().map(|group| group.id.as_str());
    let help = did_you_mean(id, known);
    let help = help.unwrap_or_else(|| "add the group with its caps to `pacing.groups`".into());
    walk.error(
        at,
        "unknown_group",
        format!("there is no group {}", shown(id)),
        help,
    );
    None
}

fn read_routes(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> (Vec<String>, Vec<String>) {
    let Some(fields) = walk.fields(tree, at, &["in", "out"], &[]) else {
        return Default::default();
    };
    let mut routes = |name: &str| {
        let (Some(tree), place) = (fields.of(name), At::Field(at, name)) else {
            return Vec::new();
        };
        let items = walk.list(tree, &place, ROUTES_MAX).iter().enumerate();
        items
            .filter_map(|(index, item)| read_route(walk, item, &At::Item(&place, index)))
            .collect()
    };
    (routes("in"), routes("out"))
}

fn read_route(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<String> {
    let route = walk.words(tree, at)?;
    let stem = route.strip_suffix('*').unwrap_or(route);
    if route.starts_with('/') && !stem.contains('*') && route.chars().count() <= ROUTE_CHARS {
        return Some(route.into());
    }
    let message = format!("{} is not a route", shown(route));
    walk.error(
        at,
        "bad_route",
        message,
        "write a path such as `/billing`, or `/billing*` for all that begin so",
    );
    None
}

/// The bits of the actions named; `later` and `never` are always among them.
fn read_actions(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> u32 {
    let names = ActionKind::ALL.map(ActionKind::name);
    if matches!(tree, Tree::List(items) if items.is_empty()) {
        let help =
            "name what it may offer, or leave `actions` out; `later` and `never` are always there";
        walk.error(at, "actions_empty", "there is no action".into(), help);
    }
    let mut bits = (1 << ActionKind::Later as u32) | (1 << ActionKind::Never as u32);
    for (index, item) in walk
        .list(tree, at, ActionKind::ALL.len())
        .iter()
        .enumerate()
    {
        if let Some(action) = walk.one_of(item, &At::Item(at, index), &names, &[]) {
            bits |= 1 << action;
        }
    }
    bits
}
