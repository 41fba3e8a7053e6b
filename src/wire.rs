//! Events as they leave the browser: each event of the engine as one line of Segment-compatible JSON.
//! Owns names, properties and ids on the wire (`docs/wire.md`); knows nothing of queues or requests.
//! `outbox` keeps and sends what is written here; the collector reads it.

use crate::engine::effect::{About, Event};
use crate::engine::period;
use crate::json::{Json, push_digits, push_hex, push_number};
use crate::plim::Plim;
use crate::unit::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp, Writer};

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
    /// The unit's arms, as members of a JSON object.
    pub arms: &'a str,
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
    /// Answers, upgrades, requests: never given up for others.
    Kept,
    /// The account of what was dropped.
    Account,
}

impl Worth {
    /// One digit for it, larger for what is worth more.
    #[must_use]
    pub fn digit(self) -> char {
        char::from(b'0' | self as u8)
    }
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
        | Event::SignalCounted { .. }
        | Event::ScoreChanged { .. }
        | Event::PqlReached { .. }
        | Event::PromptShown { .. }
        | Event::PromptWithdrawn { .. }
        | Event::PlanChanged { .. }
        | Event::Experiment { .. } => Worth::Fact,
        Event::PromptAnswered { .. }
        | Event::ObjectionGiven { .. }
        | Event::UpgradeStarted { .. }
        | Event::UpgradeRequested { .. }
        | Event::SalesRequested { .. }
        | Event::TrialExtensionRequested { .. } => Worth::Kept,
    }
}

/// An event as JSON text.
#[must_use]
pub fn event_json(plim: &Plim, event: &Event, meta: &EventMeta<'_>) -> String {
    let shared = match event {
        Event::ThresholdCrossed { crossing: id, .. } | Event::Experiment { id, .. } => *id,
        _ => 0,
    };
    let mut json = begin(event_name(event), shared, meta);
    properties(&mut json, plim, event);
    end(json)
}

/// The event that accounts for dropped ones.
#[must_use]
pub fn dropped_json(dropped: &Dropped, meta: &EventMeta<'_>) -> String {
    let mut json = begin("Events Dropped", 0, meta);
    json.key("writer").hex(dropped.writer.0);
    number(&mut json, "from", dropped.from.cast_signed());
    number(&mut json, "to", dropped.to.cast_signed());
    json.key("reason").string(dropped.reason.name());
    number(&mut json, "count", dropped.count.cast_signed());
    end(json)
}

/// The event that carries what the engine was told, for the accounts that are recorded.
#[must_use]
pub fn recorded_json(recording: &str, percent: u32, meta: &EventMeta<'_>) -> String {
    let mut json = begin("Inputs Recorded", 0, meta);
    number(&mut json, "percent", i64::from(percent));
    json.key("inputs").string(recording);
    end(json)
}

/// The name on the wire: object, then action.
#[must_use]
pub fn event_name(event: &Event) -> &'static str {
    match event {
        Event::UsageCounted { .. } => "Usage Counted",
        Event::ThresholdCrossed { .. } => "Threshold Crossed",
        Event::LimitHit { .. } => "Limit Hit",
        Event::FeatureExplored { .. } => "Feature Explored",
        Event::SignalCounted { .. } => "Signal Counted",
        Event::ScoreChanged { .. } => "Score Changed",
        Event::PqlReached { .. } => "PQL Reached",
        Event::PromptShown { .. } => "Prompt Shown",
        Event::PromptSeen { .. } => "Prompt Seen",
        Event::PromptAnswered { .. } => "Prompt Answered",
        Event::ObjectionGiven { .. } => "Objection Given",
        Event::PromptHeld { .. } => "Prompt Held",
        Event::PromptWithdrawn { .. } => "Prompt Withdrawn",
        Event::UpgradeStarted { .. } => "Upgrade Started",
        Event::PlanChanged { .. } => "Plan Changed",
        Event::UpgradeRequested { .. } => "Upgrade Requested",
        Event::SalesRequested { .. } => "Sales Requested",
        Event::TrialExtensionRequested { .. } => "Trial Extension Requested",
        Event::Experiment {
            diverged: false, ..
        } => "Experiment Assigned",
        Event::Experiment { .. } => "Experiment Diverged",
    }
}

/// An event up to its properties.
#[inline(never)]
fn begin(name: &str, shared: u64, meta: &EventMeta<'_>) -> Json {
    let mut event = Json::new();
    let json = &mut event;
    let seq = meta.seq.cast_signed();
    json.put(r#"{"type":"track","event":"#).string(name);
    json.put(r#","messageId":""#);
    // Tabs, devices and teammates who report one crossing or arm make one id, so that it counts once.
    if shared == 0 {
        push_hex(json.text(), meta.writer.0);
        push_number(json.put("-").text(), seq);
    } else {
        push_hex(json.put("x-").text(), shared);
    }
    push_time(json.put(r#"","timestamp":"#), meta.timestamp);
    json.put(r#","userId":"#).string(meta.user);
    json.put(r#","context":{"groupId":"#).string(meta.account);
    json.put(r#","plimsoll":{"writer":"#).hex(meta.writer.0);
    json.put(r#","seq":"#).number(seq);
    json.put(r#","revision":"#).string(meta.revision);
    if !meta.arms.is_empty() {
        json.put(r#","arms":{"#).text().push_str(meta.arms);
        json.put("}");
    }
    json.put(r#"}},"properties":{"#);
    event
}

fn end(mut json: Json) -> String {
    json.put("}}");
    json.finish()
}

#[inline(never)]
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
            push_time(json.key("period_start"), period_start);
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
        Event::SignalCounted { signal, count } => {
            let signal = plim.root().signals().get(signal);
            json.key("signal")
                .string(signal.map_or("", |signal| signal.id()));
            number(json, "count", count);
        }
        Event::ScoreChanged { tenths, before } => {
            number(json, "score_tenths", tenths);
            number(json, "before_tenths", before);
        }
        Event::PqlReached { tenths, rise } => {
            number(json, "score_tenths", tenths);
            number(json, "rise", rise);
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
        Event::ObjectionGiven {
            about: ref shown,
            objection,
        } => {
            prompt_and_subject(json, plim, shown.prompt);
            exposure(json, shown);
            let until = objection.span_ms() > 0;
            let word = if until { "not_now" } else { objection.name() };
            json.key("objection").string(word);
            if until {
                json.key("until").string(objection.name());
            }
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
            exposure(json, shown);
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
        Event::Experiment {
            experiment,
            arm,
            id,
            ..
        } => {
            json.key("assignment").hex(id);
            if let Some((of, name)) = plim.arm(experiment, arm) {
                json.key("experiment").string(of.id());
                json.key("arm").string(name);
                number(json, "phase", i64::from(of.phase()));
            }
        }
    }
}

/// What an event about a showing says of it; the trigger and the percentage only where it was shown.
fn about(json: &mut Json, plim: &Plim, shown: &About, shows: bool) {
    prompt_and_subject(json, plim, shown.prompt);
    json.key("surface").string(shown.surface.name());
    exposure(json, shown);
    if shows {
        let trigger = plim
            .root()
            .prompts()
            .get(shown.prompt)
            .map_or(0, |prompt| prompt.trigger());
        json.key("trigger").string(trigger_name(trigger));
        some_number(
            json,
            "percent",
            Some(shown.percent).filter(|percent| *percent >= 0),
        );
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
        5 => "projected",
        6 => "score",
        7 => "signal",
        _ => "threshold",
    }
}

fn intent_of(json: &mut Json, intent: u64, shown: &About) {
    json.key("intent").hex(intent);
    exposure(json, shown);
}

fn exposure(json: &mut Json, shown: &About) {
    json.key("exposure").hex(shown.exposure.0);
}

fn prompt_and_subject(json: &mut Json, plim: &Plim, index: u32) {
    let prompt = plim.root().prompts().get(index);
    json.key("prompt")
        .string(prompt.map_or("", |prompt| prompt.id()));
    subject(json, plim, index);
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

#[inline(never)]
fn meter_id(json: &mut Json, plim: &Plim, index: u32) {
    let meter = plim.root().meters().get(index);
    json.key("meter")
        .string(meter.map_or("", |meter| meter.id()));
}

#[inline(never)]
fn feature_id(json: &mut Json, plim: &Plim, index: u32) {
    let feature = plim.root().features().get(index);
    json.key("feature")
        .string(feature.map_or("", |feature| feature.id()));
}

#[inline(never)]
fn plan_id(json: &mut Json, plim: &Plim, name: &str, index: Option<u32>) {
    if let Some(plan) = index.and_then(|index| plim.root().plans().get(index)) {
        json.key(name).string(plan.id());
    }
}

#[inline(never)]
fn number(json: &mut Json, name: &str, value: i64) {
    json.key(name).number(value);
}

fn some_number(json: &mut Json, name: &str, value: Option<i64>) {
    if let Some(value) = value {
        number(json, name, value);
    }
}

/// Writes an instant as RFC 3339 text in UTC with milliseconds, `2026-11-22T10:00:00.000Z`.
#[inline(never)]
pub fn push_time(json: &mut Json, instant: Timestamp) {
    let instant = instant.clamped();
    let date = period::civil(instant);
    let (month, instant) = (period::month_of(date), instant.0);
    json.open('"');
    let mut part = |value: i64, digits: i32, end: char| {
        push_digits(json.text(), value.unsigned_abs(), digits);
        json.close(end);
    };
    part(month / 12, 4, '-');
    part((month % 12).wrapping_add(1), 2, '-');
    part(period::day_of(date), 2, 'T');
    part(instant / HOUR_MS % 24, 2, ':');
    part(instant / MINUTE_MS % 60, 2, ':');
    part(instant / SECOND_MS % 60, 2, '.');
    part(instant % SECOND_MS, 3, 'Z');
    json.close('"');
}

#[cfg(test)]
mod tests;
