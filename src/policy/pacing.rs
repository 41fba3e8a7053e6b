//! Pacing: how often, how close together and how soon interruptions may come, and the caps of groups.
//! Owns the defaults of the design and the span words (`day`, `4h`); knows no prompts.
//! `compile` copies it into the arena; the engine's pacing stage keeps to it.

use super::subject::fresh_id;
use super::tree::{Tree, shown};
use super::walk::{At, Fields, Walk};
use crate::engine::NEWEST_MAX;
use crate::plim::{CapDraft, GroupDraft, PacingDraft};
use crate::unit::{DAY_MS, HOUR_MS, Key, Millis};

/// Groups of one policy.
const GROUPS_MAX: usize = 50;
/// Caps of one prompt, one group, or of all.
const CAPS_MAX: usize = 8;
/// The longest span of a cap: exposures are remembered that long.
const SPAN_HOURS_MAX: i64 = 90 * 24;
const WEEK_MS: Millis = 7 * DAY_MS;
/// A month in a cap is 30 days: spans of caps are rolling, not calendar months.
const MONTH_MS: Millis = 30 * DAY_MS;
const AGE_HOURS_MAX: i64 = 8_760;
const LADDER_STEPS_MAX: usize = 10;
const FIELDS: &[&str] = &[
    "caps",
    "weekly_budget",
    "gap_hours",
    "min_account_age_hours",
    "min_user_age_hours",
    "ladder_days",
    "limit_hit_gap_hours",
    "limit_hits_per_day",
    "quiet_hours",
    "ask_why",
    "groups",
];

/// A group of prompts with caps of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub id: String,
    pub caps: Vec<CapDraft>,
}

impl Group {
    /// As the arena has it.
    pub fn draft(&self) -> GroupDraft {
        GroupDraft {
            key: Key::of(&self.id).0,
            caps: self.caps.clone(),
        }
    }
}

/// The pacing of the policy and its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pacing {
    pub draft: PacingDraft,
    pub groups: Vec<Group>,
}

impl Default for Pacing {
    /// Interruptions once a day and three times a week, 24 h apart; no banner in the account's first day;
    /// `later` for 1, 3, 7 days; a blocked attempt's modal once per meter in 4 h and twice a day; nobody is
    /// asked why they put a modal off.
    fn default() -> Self {
        let draft = PacingDraft {
            caps: vec![cap(1, DAY_MS), cap(3, WEEK_MS)],
            gap_ms: DAY_MS,
            min_account_age_ms: DAY_MS,
            min_user_age_ms: 0,
            ladder_ms: vec![DAY_MS, 3 * DAY_MS, 7 * DAY_MS],
            limit_hit_gap_ms: 4 * HOUR_MS,
            limit_hit_per_day: 2,
            quiet_from: 0,
            quiet_to: 0,
            ask_why: 0,
        };
        Self {
            draft,
            groups: Vec::new(),
        }
    }
}

fn cap(count: u32, per_ms: Millis) -> CapDraft {
    CapDraft { count, per_ms }
}

impl Pacing {
    /// Reads `pacing`; what it leaves out keeps its default.
    pub fn read(walk: &mut Walk, tree: Option<&Tree>, at: &At<'_>) -> Self {
        let mut pacing = Self::default();
        if let Some(fields) = tree.and_then(|tree| walk.fields(tree, at, FIELDS, &[])) {
            pacing.take(walk, &fields, at);
            if let Some(tree) = fields.of("groups") {
                pacing.groups = read_groups(walk, tree, &At::Field(at, "groups"));
            }
        }
        pacing
    }

    /// Reads the `pacing` of an experiment's arm; what it leaves out is as in the policy.
    pub fn patch(walk: &mut Walk, tree: &Tree, at: &At<'_>, policy: &Self) -> PacingDraft {
        let mut pacing = policy.clone();
        let known: Vec<&str> = FIELDS
            .iter()
            .filter(|name| **name != "groups")
            .copied()
            .collect();
        if let Some(fields) = walk.fields(tree, at, &known, &[]) {
            pacing.take(walk, &fields, at);
        }
        pacing.draft
    }

    /// Takes in all that is given but the groups.
    fn take(&mut self, walk: &mut Walk, fields: &Fields<'_>, at: &At<'_>) {
        let mut hours = |name: &str, min: i64, max: i64, default: Millis| {
            HOUR_MS.saturating_mul(walk.integer_or(fields, at, name, min..=max, default / HOUR_MS))
        };
        let draft = &mut self.draft;
        draft.gap_ms = hours("gap_hours", 0, SPAN_HOURS_MAX, draft.gap_ms);
        draft.min_account_age_ms = hours(
            "min_account_age_hours",
            0,
            AGE_HOURS_MAX,
            draft.min_account_age_ms,
        );
        draft.min_user_age_ms = hours(
            "min_user_age_hours",
            0,
            AGE_HOURS_MAX,
            draft.min_user_age_ms,
        );
        draft.limit_hit_gap_ms = hours(
            "limit_hit_gap_hours",
            1,
            SPAN_HOURS_MAX,
            draft.limit_hit_gap_ms,
        );
        let per_day = i64::from(draft.limit_hit_per_day);
        let per_day = walk.integer_or(fields, at, "limit_hits_per_day", 1..=24, per_day);
        draft.limit_hit_per_day = u32::try_from(per_day).unwrap_or(2);
        if let Some(tree) = fields.of("ask_why") {
            let wanted = walk.boolean(tree, &At::Field(at, "ask_why"));
            draft.ask_why = u32::from(wanted == Some(true));
        }
        read_budget(walk, fields, at, &mut draft.caps);
        if let Some(tree) = fields.of("ladder_days") {
            draft.ladder_ms = read_ladder(walk, tree, &At::Field(at, "ladder_days"));
        }
        if let Some(tree) = fields.of("quiet_hours") {
            (draft.quiet_from, draft.quiet_to) =
                read_quiet(walk, tree, &At::Field(at, "quiet_hours"));
        }
    }
}

/// The caps over all interruptions; the last, of seven days, is the weekly budget.
fn read_budget(walk: &mut Walk, fields: &Fields<'_>, at: &At<'_>, caps: &mut Vec<CapDraft>) {
    let weekly = caps.pop().map_or(3, |cap| i64::from(cap.count));
    if let Some(tree) = fields.of("caps") {
        let place = At::Field(at, "caps");
        *caps = read_caps(walk, tree, &place);
        if let Some(index) = caps.iter().position(|cap| cap.per_ms == WEEK_MS) {
            walk.error(
                &At::Item(&place, index),
                "weekly_cap",
                "a cap of a week over all interruptions".into(),
                "the week has its own field: write `weekly_budget`",
            );
        }
    }
    let budget = walk.integer_or(fields, at, "weekly_budget", 1..=50, weekly);
    caps.push(cap(u32::try_from(budget).unwrap_or(3), WEEK_MS));
}

/// Reads a list of `{"count": 2, "per": "week"}`.
pub(super) fn read_caps(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Vec<CapDraft> {
    let mut caps = Vec::new();
    for (index, item) in walk.list(tree, at, CAPS_MAX).iter().enumerate() {
        let place = At::Item(at, index);
        let Some(fields) = walk.fields(item, &place, &["count", "per"], &[]) else {
            continue;
        };
        let count = walk.required(&fields, &place, "count").and_then(|tree| {
            walk.integer(tree, &At::Field(&place, "count"), 1..=NEWEST_MAX as i64)
        });
        let per = walk
            .required(&fields, &place, "per")
            .and_then(|tree| read_span(walk, tree, &At::Field(&place, "per")));
        if let (Some(count), Some(per_ms)) = (count, per) {
            caps.push(cap(u32::try_from(count).unwrap_or(1), per_ms));
        }
    }
    caps
}

fn read_span(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<Millis> {
    let text = walk.string(tree, at)?;
    let counted = |unit: char, hours: i64| {
        let digits = text
            .strip_suffix(unit)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        digits
            .parse::<i64>()
            .ok()?
            .checked_mul(hours)
            .filter(|hours| (1..=SPAN_HOURS_MAX).contains(hours))
    };
    let span = match text {
        "day" => Some(DAY_MS),
        "week" => Some(WEEK_MS),
        "month" => Some(MONTH_MS),
        _ => counted('h', 1)
            .or_else(|| counted('d', 24))
            .map(|hours| hours.saturating_mul(HOUR_MS)),
    };
    if span.is_none() {
        let message = format!("{} is not a span", shown(text));
        walk.error(
            at,
            "bad_span",
            message,
            "write `day`, `week`, `month`, or up to 90 days such as `4h` or `3d`",
        );
    }
    span
}

fn read_ladder(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Vec<Millis> {
    let items = walk.list(tree, at, LADDER_STEPS_MAX);
    if matches!(tree, Tree::List(items) if items.is_empty()) {
        walk.error(
            at,
            "empty",
            "the ladder has no step".into(),
            "say how many days the first `later` holds",
        );
    }
    let mut ladder = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(days) = walk.integer(item, &At::Item(at, index), 1..=365) {
            ladder.push(days.saturating_mul(DAY_MS));
        }
    }
    ladder
}

fn read_quiet(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> (u32, u32) {
    let Some(fields) = walk.fields(tree, at, &["from", "to"], &[]) else {
        return (0, 0);
    };
    let mut minute = |name: &str| {
        let tree = walk.required(&fields, at, name)?;
        let place = At::Field(at, name);
        let text = walk.string(tree, &place)?;
        let read = minute_of_day(text);
        if read.is_none() {
            let message = format!("{} is not a time of day", shown(text));
            walk.error(
                &place,
                "bad_time",
                message,
                "write hours and minutes such as `22:00`",
            );
        }
        read
    };
    let (from, to) = (minute("from"), minute("to"));
    if from.is_some() && from == to {
        let message = "quiet hours that end when they begin".into();
        walk.error(
            at,
            "bad_time",
            message,
            "choose two times, or leave `quiet_hours` out",
        );
    }
    (from.unwrap_or(0), to.unwrap_or(0))
}

fn minute_of_day(text: &str) -> Option<u32> {
    let two = |digits: &str| {
        (digits.len() == 2)
            .then(|| digits.parse::<u8>().ok())
            .flatten()
    };
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then(|| {
        u32::from(hours)
            .saturating_mul(60)
            .saturating_add(u32::from(minutes))
    })
}

fn read_groups(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Vec<Group> {
    let mut groups = Vec::new();
    for (id, tree) in walk.entries(tree, at, GROUPS_MAX).unwrap_or_default() {
        let place = At::Field(at, id);
        let known = groups.iter().map(|group: &Group| group.id.as_str());
        let id = fresh_id(walk, id, &place, known, "group", GROUPS_MAX);
        let Some(fields) = walk.fields(tree, &place, &["caps"], &[]) else {
            continue;
        };
        let caps = walk.required(&fields, &place, "caps");
        let caps = caps.map(|tree| read_caps(walk, tree, &At::Field(&place, "caps")));
        if let (Some(id), Some(caps)) = (id, caps) {
            groups.push(Group { id, caps });
        }
    }
    groups
}
