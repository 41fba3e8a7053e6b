//! Events as they leave the browser: each event of the engine as one line of Segment-compatible JSON.
//! Owns names, properties and ids on the wire (`docs/wire.md`); knows nothing of queues or requests.
//! `outbox` keeps and sends what is written here; the collector reads it.

use crate::engine::effect::{About, Event};
use crate::engine::period;
use crate::json::{Json, push_hex, push_number};
use crate::plim::Plim;
use crate::unit::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp, Writer};

/// Who says it, when, and under which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventMeta<'a> {
    /// The berth's generation that made the event.
    pub writer: Writer,
    /// Its number, dense from 1 within the writer.
    pub seq: u64,
    /// Engine time.
    pub timestamp: Timestamp,
    /// Id of the user.
    pub user: &'a str,
    /// Id of the account.
    pub account: &'a str,
    /// Revision of the policy that decided.
    pub revision: &'a str,
}

/// What an event is worth when room runs out: the least valuable go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// Explains why nothing was shown.
    Held,
    /// That something was in view.
    Seen,
    /// Counts and showings.
    Fact,
    /// Answers, upgrades, requests and the account of what was dropped: never given up for room.
    Kept,
}

/// Why events never left the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// There was no room for them.
    Room,
    /// They were older than the collector takes.
    TooOld,
    /// The collector refused each of them alone.
    Refused,
}

impl DropReason {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::TooOld => "too_old",
            Self::Refused => "refused",
        }
    }
}

/// Events of one writer that were dropped for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Whose events.
    pub writer: Writer,
    /// The first number dropped.
    pub from: u64,
    /// The last number dropped; others between the two may have been sent before this is.
    pub to: u64,
    /// Why.
    pub reason: DropReason,
    /// How many, 1 or more.
    pub count: u64,
}

/// What an event is worth.
#[must_use]
pub fn worth(event: &Event) -> Worth {
    match event {
        Event::PromptHeld { .. } => Worth::Held,
        Event::PromptSeen { .. } => Worth::Seen,
        Event::UsageCounted { .. }
        | Event::ThresholdCrossed { .. }
        | Event::LimitHit { .. }
        | Event::FeatureExplored { .. }
        | Event::PromptShown { .. }
        | Event::PromptWithdrawn { .. }
        | Event::PlanChanged { .. } => Worth::Fact,
        Event::PromptAnswered { .. }
        | Event::UpgradeStarted { .. }
        | Event::UpgradeRequested { .. }
        | Event::SalesRequested { .. }
        | Event::TrialExtensionRequested { .. } => Worth::Kept,
    }
}

/// An event as JSON text.
#[must_use]
pub fn event_json(plim: &Plim, event: &Event, meta: &EventMeta<'_>) -> String {
    // Tabs, devices and teammates who report one crossing make one id, so that it counts once.
    let id = match event {
        Event::ThresholdCrossed { crossing, .. } => {
            let mut id = String::from("x-");
            push_hex(&mut id, *crossing);
            id
        }
        _ => message_id(meta),
    };
    track(event_name(event), &id, meta, |json| {
        properties(json, plim, event)
    })
}

/// The event that accounts for dropped ones.
#[must_use]
pub fn dropped_json(dropped: &Dropped, meta: &EventMeta<'_>) -> String {
    track("Events Dropped", &message_id(meta), meta, |json| {
        json.key("writer").hex(dropped.writer.0);
        number(json, "from", signed(dropped.from));
        number(json, "to", signed(dropped.to));
        json.key("reason").string(dropped.reason.name());
        number(json, "count", signed(dropped.count));
    })
}

/// The name on the wire: object, then action.
#[must_use]
pub fn event_name(event: &Event) -> &'static str {
    match event {
        Event::UsageCounted { .. } => "Usage Counted",
        Event::ThresholdCrossed { .. } => "Threshold Crossed",
        Event::LimitHit { .. } => "Limit Hit",
        Event::FeatureExplored { .. } => "Feature Explored",
        Event::PromptShown { .. } => "Prompt Shown",
        Event::PromptSeen { .. } => "Prompt Seen",
        Event::PromptAnswered { .. } => "Prompt Answered",
        Event::PromptHeld { .. } => "Prompt Held",
        Event::PromptWithdrawn { .. } => "Prompt Withdrawn",
        Event::UpgradeStarted { .. } => "Upgrade Started",
        Event::PlanChanged { .. } => "Plan Changed",
        Event::UpgradeRequested { .. } => "Upgrade Requested",
        Event::SalesRequested { .. } => "Sales Requested",
        Event::TrialExtensionRequested { .. } => "Trial Extension Requested",
    }
}

fn message_id(meta: &EventMeta<'_>) -> String {
    let mut id = String::new();
    push_hex(&mut id, meta.writer.0);
    id.push('-');
    push_number(&mut id, signed(meta.seq));
    id
}

fn track(name: &str, id: &str, meta: &EventMeta<'_>, fill: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::new();
    json.object(|json| {
        json.key("type").string("track");
        json.key("event").string(name);
        json.key("messageId").string(id);
        json.key("timestamp").string(&rfc3339(meta.timestamp));
        json.key("userId").string(meta.user);
        json.key("context").object(|json| {
            json.key("groupId").string(meta.account);
            json.key("plimsoll").object(|json| {
                json.key("writer").hex(meta.writer.0);
                number(json, "seq", signed(meta.seq));
                json.key("revision").string(meta.revision);
            });
        });
        json.key("properties").object(fill);
    });
    json.finish()
}

fn properties(json: &mut Json, plim: &Plim, event: &Event) {
    match *event {
        Event::UsageCounted {
            meter,
            added,
            released,
            used,
            limit,
        } => {
            meter_id(json, plim, meter);
            number(json, "added", added);
            number(json, "released", released);
            number(json, "used", used);
            some_number(json, "limit", limit);
        }
        Event::ThresholdCrossed {
            meter,
            crossing,
            kind,
            basis_points,
            count,
            used,
            limit,
            period_start,
            epoch,
            rise,
        } => {
            meter_id(json, plim, meter);
            number(json, "percent", basis_points / 100);
            number(json, "count", count);
            number(json, "used", used);
            number(json, "limit", limit);
            json.key("kind").string(kind.name());
            json.key("crossing").hex(crossing);
            json.key("period_start").string(&rfc3339(period_start));
            number(json, "epoch", epoch);
            number(json, "rise", rise);
        }
        Event::LimitHit {
            meter,
            amount,
            used,
            limit,
            by_server,
        } => {
            meter_id(json, plim, meter);
            number(json, "amount", amount);
            number(json, "used", used);
            some_number(json, "limit", limit);
            json.key("source")
                .string(if by_server { "server" } else { "attempt" });
        }
        Event::FeatureExplored { feature, step } => {
            feature_id(json, plim, feature);
            json.key("step").string(step.name());
        }
        Event::PromptShown { about: ref shown } | Event::PromptSeen { about: ref shown } => {
            about(json, plim, shown, true);
        }
        Event::PromptAnswered {
            about: ref shown,
            response,
            late,
        } => {
            about(json, plim, shown, false);
            json.key("response").string(response.name());
            if let crate::engine::input::Response::Act(action) = response {
                json.key("action").string(action.name());
            }
            json.key("late").boolean(late);
        }
        Event::PromptHeld { prompt, reason } => {
            prompt_and_subject(json, plim, prompt);
            json.key("reason").string(reason.code());
        }
        Event::PromptWithdrawn {
            about: ref shown,
            reason,
        } => {
            prompt_and_subject(json, plim, shown.prompt);
            json.key("exposure").hex(shown.exposure.0);
            json.key("reason").string(reason.name());
        }
        Event::UpgradeStarted {
            intent,
            about: ref shown,
            from_plan,
            to_plan,
        } => {
            intent_of(json, intent, shown);
            plan_id(json, plim, "from_plan", from_plan);
            plan_id(json, plim, "to_plan", to_plan);
        }
        Event::PlanChanged {
            from_plan,
            to_plan,
            epoch,
        } => {
            plan_id(json, plim, "from_plan", from_plan);
            plan_id(json, plim, "to_plan", to_plan);
            number(json, "epoch", epoch);
        }
        Event::UpgradeRequested {
            intent,
            about: ref shown,
            plan,
        }
        | Event::SalesRequested {
            intent,
            about: ref shown,
            plan,
        } => {
            intent_of(json, intent, shown);
            subject(json, plim, shown.prompt);
            plan_id(json, plim, "plan", plan);
        }
        Event::TrialExtensionRequested {
            intent,
            about: ref shown,
        } => {
            intent_of(json, intent, shown);
        }
    }
}

/// What an event about a showing says of it; the trigger and the percentage only where it was shown.
fn about(json: &mut Json, plim: &Plim, shown: &About, shows: bool) {
    prompt_and_subject(json, plim, shown.prompt);
    json.key("surface").string(shown.surface.name());
    json.key("exposure").hex(shown.exposure.0);
    if shows {
        let trigger = plim
            .root()
            .prompts()
            .get(shown.prompt)
            .map_or(0, |prompt| prompt.trigger());
        json.key("trigger").string(trigger_name(trigger));
        some_number(json, "percent", shown.percent);
    }
}

/// The name of a trigger in JSON, from its number in a compiled policy.
#[must_use]
pub fn trigger_name(trigger: u32) -> &'static str {
    match trigger {
        1 => "at_limit",
        2 => "limit_hit",
        3 => "explored",
        4 => "trial_ending",
        _ => "threshold",
    }
}

fn intent_of(json: &mut Json, intent: u64, shown: &About) {
    json.key("intent").hex(intent);
    json.key("exposure").hex(shown.exposure.0);
}

fn prompt_and_subject(json: &mut Json, plim: &Plim, prompt: u32) {
    let id = plim
        .root()
        .prompts()
        .get(prompt)
        .map_or("", |prompt| prompt.id());
    json.key("prompt").string(id);
    subject(json, plim, prompt);
}

fn subject(json: &mut Json, plim: &Plim, prompt: u32) {
    if let Some(prompt) = plim.root().prompts().get(prompt) {
        match prompt.subject_kind() {
            1 => meter_id(json, plim, prompt.subject()),
            2 => feature_id(json, plim, prompt.subject()),
            _ => {}
        }
    }
}

fn meter_id(json: &mut Json, plim: &Plim, index: u32) {
    json.key("meter").string(
        plim.root()
            .meters()
            .get(index)
            .map_or("", |meter| meter.id()),
    );
}

fn feature_id(json: &mut Json, plim: &Plim, index: u32) {
    json.key("feature").string(
        plim.root()
            .features()
            .get(index)
            .map_or("", |feature| feature.id()),
    );
}

fn plan_id(json: &mut Json, plim: &Plim, name: &str, index: Option<u32>) {
    if let Some(plan) = index.and_then(|index| plim.root().plans().get(index)) {
        json.key(name).string(plan.id());
    }
}

fn number(json: &mut Json, name: &str, value: i64) {
    json.key(name).number(value);
}

fn some_number(json: &mut Json, name: &str, value: Option<i64>) {
    if let Some(value) = value {
        number(json, name, value);
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// An instant as RFC 3339 text in UTC with milliseconds, `2026-11-22T10:00:00.000Z`.
#[must_use]
pub fn rfc3339(instant: Timestamp) -> String {
    let instant = instant.clamped().0;
    let (year, month, day) = period::civil(instant / DAY_MS);
    let mut text = String::with_capacity(24);
    let time = instant % DAY_MS;
    for (value, digits, end) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (time / HOUR_MS, 2, ':'),
        (time % HOUR_MS / MINUTE_MS, 2, ':'),
        (time % MINUTE_MS / SECOND_MS, 2, '.'),
        (time % SECOND_MS, 3, 'Z'),
    ] {
        push_padded(&mut text, value, digits);
        text.push(end);
    }
    text
}

fn push_padded(text: &mut String, value: i64, digits: u32) {
    for place in (0..digits).rev() {
        let digit = value.checked_div(10_i64.wrapping_pow(place)).unwrap_or(0) % 10;
        let digit = u8::try_from(digit).unwrap_or(0);
        text.push(char::from(b'0'.wrapping_add(digit)));
    }
}

#[cfg(test)]
mod tests;
