//! Turns what the engine answers into JSON that cases can be compared with.
//! Names come from the compiled policy; a match without a wildcard makes a new effect a compile error here.

use super::clock;
use plimsoll::Effect;
use plimsoll::engine::effect::{About, Event, Projected, Prompt, Reading, Source};
use plimsoll::engine::input::{ActionKind, Response};
use plimsoll::plim::Plim;
use plimsoll::unit::{Limit, Timestamp};
use serde_json::{Value, json};

/// An effect, or `Null` for those that cases never name.
pub fn effect(plim: &Plim, effect: &Effect, prompt_of: &dyn Fn(u64) -> Option<String>) -> Value {
    match effect {
        Effect::Present(prompt) => shown(plim, "present", prompt),
        Effect::Update(prompt) => shown(plim, "update", prompt),
        Effect::Withdraw { exposure, reason } => json!({
            "withdraw": prompt_of(exposure.0), "reason": reason.name(), "exposure": hex(exposure.0),
        }),
        Effect::Ask { exposure } => {
            json!({"ask": prompt_of(exposure.0), "exposure": hex(exposure.0)})
        }
        Effect::Record(event) => record(plim, event),
        Effect::Persist(_) | Effect::Announce(_) | Effect::Want { .. } => Value::Null,
    }
}

/// What `read` says of a meter.
pub fn reading(reading: &Reading, estimate: &Projected) -> Value {
    json!({
        "projected": projected(estimate),
        "used": reading.used,
        "limit": limit(reading.limit),
        "percent": reading.basis_points / 100,
        "state": reading.state.name(),
        "source": match reading.source { Source::Snapshot => "snapshot", Source::Local => "local" },
        "provisional": reading.provisional,
        "period_start": (reading.period_end.0 > 0).then(|| stamp(reading.period_start)),
        "period_end": (reading.period_end.0 > 0).then(|| stamp(reading.period_end)),
    })
}

/// A score: its tenths, those of the categories, and by signal what was counted and given.
pub fn score(plim: &Plim, score: &plimsoll::pql::Score) -> Value {
    let mut signals = serde_json::Map::new();
    for contribution in &score.contributions {
        let signal = plim.root().signals().get(contribution.signal);
        signals.insert(
            signal.map_or(String::new(), |signal| signal.id().to_owned()),
            json!({"count": contribution.count, "plain": contribution.plain, "given": contribution.given}),
        );
    }
    json!({"tenths": score.tenths, "categories": score.categories, "signals": signals})
}

/// 64 bits as the wire has them.
pub fn hex(value: u64) -> String {
    format!("{value:016x}")
}

/// The id of a prompt in the compiled policy.
pub fn prompt_id(plim: &Plim, index: u32) -> String {
    plim.root()
        .prompts()
        .get(index)
        .map_or(String::new(), |prompt| prompt.id().to_owned())
}

fn shown(plim: &Plim, kind: &str, prompt: &Prompt) -> Value {
    let root = plim.root();
    let compiled = root.prompts().get(prompt.prompt);
    let words: Value = serde_json::from_str(plim.words()).unwrap_or_default();
    let said = words["prompts"][prompt.prompt as usize][0]
        .as_u64()
        .unwrap_or(u64::MAX);
    let word = |words: &[&str], index: Option<u32>| {
        index.and_then(|index| words.get(index as usize).map(|word| (*word).to_owned()))
    };
    let actions: Vec<&str> = prompt.actions.iter().map(|action| action.name()).collect();
    let dismissals = [ActionKind::Later, ActionKind::Never];
    let offers: Vec<&str> = prompt
        .actions
        .iter()
        .filter(|action| !dismissals.contains(action))
        .map(|action| action.name())
        .collect();
    json!({
        kind: prompt_id(plim, prompt.prompt),
        "surface": prompt.surface.name(),
        "lane": prompt.surface.lane().name(),
        "tone": words["said"][said as usize]["tone"],
        "title": words["said"][said as usize]["title"],
        "trigger": word(&TRIGGERS, compiled.map(|prompt| prompt.trigger())),
        "subject": subject(plim, compiled),
        "state": prompt.reading.as_ref().map(|reading| reading.state.name()),
        "exposure": hex(prompt.exposure.0),
        "actions": actions,
        "offers": offers,
        "from": plan(plim, prompt.plan),
        "to": plan(plim, prompt.next_plan),
        "repaint": prompt.repaint,
        "values": {
            "used": prompt.reading.map(|reading| reading.used),
            "limit": prompt.reading.map(|reading| limit(reading.limit)),
            "percent": prompt.reading.map(|reading| reading.basis_points / 100),
            "remaining": prompt.reading.and_then(|reading| {
                Some((reading.limit.number()? - reading.used).max(0))
            }),
            "next_limit": prompt.next_limit.number(),
            "date": (prompt.date.0 > 0).then(|| clock::text(prompt.date.0)),
            "owner": prompt.owner,
            "projected": projected(&prompt.projected),
        },
    })
}

/// `["2026-12-14", "2026-12-11", "2026-12-18"]`: the day in the middle, and the range.
fn projected(projected: &Projected) -> Value {
    if projected.at.0 == 0 {
        return Value::Null;
    }
    let day = |at: Timestamp| clock::text(at.0)[..10].to_owned();
    json!([day(projected.at), day(projected.from), day(projected.until)])
}

const TRIGGERS: [&str; 8] = [
    "threshold",
    "at_limit",
    "limit_hit",
    "explored",
    "trial_ending",
    "projected",
    "score",
    "signal",
];

fn record(plim: &Plim, event: &Event) -> Value {
    match event {
        Event::UsageCounted {
            meter,
            added,
            released,
            used,
            limit,
        } => json!({
            "record": "Usage Counted", "meter": meter_id(plim, *meter), "added": added, "released": released,
            "used": used, "limit": limit,
        }),
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
        } => json!({
            "record": "Threshold Crossed", "meter": meter_id(plim, *meter), "crossing": hex(*crossing),
            "kind": kind.name(), "percent": basis_points / 100, "count": count, "used": used, "limit": limit,
            "period_start": stamp(*period_start), "epoch": epoch, "rise": rise,
        }),
        Event::LimitHit {
            meter,
            amount,
            used,
            limit,
            by_server,
        } => json!({
            "record": "Limit Hit", "meter": meter_id(plim, *meter), "amount": amount, "used": used,
            "limit": limit, "source": if *by_server { "server" } else { "attempt" },
        }),
        Event::FeatureExplored { feature, step } => json!({
            "record": "Feature Explored", "feature": feature_id(plim, *feature), "step": step.name(),
        }),
        Event::SignalCounted { signal, count } => {
            let signal = plim.root().signals().get(*signal);
            let signal = signal.map(|signal| signal.id().to_owned());
            json!({"record": "Signal Counted", "signal": signal, "count": count})
        }
        Event::ScoreChanged { tenths, before } => json!({
            "record": "Score Changed", "score_tenths": tenths, "before_tenths": before,
        }),
        Event::PqlReached { tenths, rise } => json!({
            "record": "PQL Reached", "score_tenths": tenths, "rise": rise,
        }),
        Event::PromptShown { about: showing } => about(plim, "Prompt Shown", showing, &[]),
        Event::PromptSeen { about: showing } => about(plim, "Prompt Seen", showing, &[]),
        Event::ObjectionGiven {
            about: showing,
            objection,
        } => about(
            plim,
            "Objection Given",
            showing,
            &[("objection", json!(objection.name()))],
        ),
        Event::PromptAnswered {
            about: showing,
            response,
            late,
        } => {
            let action = match response {
                Response::Act(action) => Some(action.name()),
                Response::Later | Response::Never | Response::Close => None,
            };
            let more = [
                ("response", json!(response.name())),
                ("action", json!(action)),
                ("late", json!(late)),
            ];
            about(plim, "Prompt Answered", showing, &more)
        }
        Event::PromptHeld { prompt, reason } => json!({
            "record": "Prompt Held", "prompt": prompt_id(plim, *prompt), "reason": reason.code(),
        }),
        Event::PromptWithdrawn {
            about: showing,
            reason,
        } => about(
            plim,
            "Prompt Withdrawn",
            showing,
            &[("reason", json!(reason.name()))],
        ),
        Event::UpgradeStarted {
            intent,
            about: showing,
            from_plan,
            to_plan,
        } => {
            let more = [
                ("intent", json!(hex(*intent))),
                ("from_plan", plan(plim, *from_plan)),
                ("to_plan", plan(plim, *to_plan)),
            ];
            about(plim, "Upgrade Started", showing, &more)
        }
        Event::PlanChanged {
            from_plan,
            to_plan,
            epoch,
        } => json!({
            "record": "Plan Changed", "from_plan": plan(plim, *from_plan), "to_plan": plan(plim, *to_plan),
            "epoch": epoch,
        }),
        Event::UpgradeRequested {
            intent,
            about: showing,
            plan: wanted,
        } => about(
            plim,
            "Upgrade Requested",
            showing,
            &[
                ("intent", json!(hex(*intent))),
                ("plan", plan(plim, *wanted)),
            ],
        ),
        Event::SalesRequested {
            intent,
            about: showing,
            plan: wanted,
        } => about(
            plim,
            "Sales Requested",
            showing,
            &[
                ("intent", json!(hex(*intent))),
                ("plan", plan(plim, *wanted)),
            ],
        ),
        Event::TrialExtensionRequested {
            intent,
            about: showing,
        } => about(
            plim,
            "Trial Extension Requested",
            showing,
            &[("intent", json!(hex(*intent)))],
        ),
        Event::Experiment {
            experiment,
            arm,
            diverged,
            id,
        } => {
            let found = plim.arm(*experiment, *arm);
            json!({
                "record": if *diverged { "Experiment Diverged" } else { "Experiment Assigned" },
                "experiment": found.map(|(experiment, _)| experiment.id().to_owned()),
                "arm": found.map(|(_, arm)| arm.to_owned()),
                "id": hex(*id),
            })
        }
    }
}

fn about(plim: &Plim, event: &str, about: &About, more: &[(&str, Value)]) -> Value {
    let compiled = plim.root().prompts().get(about.prompt);
    let subject = compiled.map(|prompt| (prompt.subject_kind(), prompt.subject()));
    let mut json = json!({
        "record": event,
        "prompt": prompt_id(plim, about.prompt),
        "surface": about.surface.name(),
        "trigger": compiled.and_then(|prompt| TRIGGERS.get(prompt.trigger() as usize).copied()),
        "exposure": hex(about.exposure.0),
        "percent": (about.percent >= 0).then_some(about.percent),
        "meter": subject.filter(|(kind, _)| *kind == 1).map(|(_, meter)| meter_id(plim, meter)),
        "feature": subject.filter(|(kind, _)| *kind == 2).map(|(_, feature)| feature_id(plim, feature)),
    });
    for (name, value) in more {
        json[*name] = value.clone();
    }
    json
}

fn subject(plim: &Plim, compiled: Option<plimsoll::plim::Prompt<'_>>) -> Value {
    match compiled.map(|prompt| (prompt.subject_kind(), prompt.subject())) {
        Some((1, meter)) => json!(meter_id(plim, meter)),
        Some((2, feature)) => json!(feature_id(plim, feature)),
        _ => Value::Null,
    }
}

fn meter_id(plim: &Plim, index: u32) -> String {
    plim.root()
        .meters()
        .get(index)
        .map_or(String::new(), |meter| meter.id().to_owned())
}

fn feature_id(plim: &Plim, index: u32) -> String {
    plim.root()
        .features()
        .get(index)
        .map_or(String::new(), |feature| feature.id().to_owned())
}

fn plan(plim: &Plim, index: Option<u32>) -> Value {
    json!(
        index
            .and_then(|index| plim.root().plans().get(index))
            .map(|plan| plan.id().to_owned())
    )
}

fn limit(limit: Limit) -> Value {
    match limit {
        Limit::UNLIMITED => json!("unlimited"),
        Limit::NONE => json!("none"),
        Limit::UNKNOWN => Value::Null,
        Limit(limit) => json!(limit),
    }
}

fn stamp(instant: Timestamp) -> Value {
    json!(clock::text(instant.0))
}
