//! The package's types against the core's: every name that both have, in both directions.
//! It does not know what the names mean, and reads `pkg/index.d.ts` as text; fields are held by tests/types.
//! The lists are the core's own, or a match that does not compile without a new variant; a name too many or too few is said.

#![expect(
    clippy::expect_used,
    reason = "a test fails by stopping, and so do its helpers"
)]

use std::collections::BTreeSet;

use plimsoll::HoldReason;
use plimsoll::engine::effect::{Lane, MeterState, Source, Stage, Surface, Verdict, WithdrawReason};
use plimsoll::engine::input::{ActionKind, Input, Objection, Response, Step};

/// Said by the shell, which withdraws without the core's asking.
const WITHDRAWN_BY_THE_SHELL: [&str; 2] = ["faded", "reset"];

#[test]
fn every_hold_reason_is_declared() {
    hold(
        "HoldReason",
        HoldReason::ALL.iter().map(|reason| reason.code()),
    );
}

#[test]
fn every_withdrawal_is_declared() {
    let said = WithdrawReason::ALL.map(WithdrawReason::name).into_iter();
    hold("WithdrawReason", said.chain(WITHDRAWN_BY_THE_SHELL));
}

#[test]
fn every_step_response_action_and_surface_is_declared() {
    hold("Step", Step::ALL.map(Step::name));
    hold("ActionId", ActionKind::ALL.map(ActionKind::name));
    hold("Objection", Objection::ALL.map(Objection::name));
    hold("Surface", Surface::ALL.map(Surface::name));
    let responses = [
        Response::Act(ActionKind::Upgrade),
        Response::Later,
        Response::Never,
        Response::Close,
    ];
    hold(
        "Response",
        responses.map(|response| match response {
            Response::Act(_) | Response::Later | Response::Never | Response::Close => {
                response.name()
            }
        }),
    );
}

#[test]
fn every_word_of_a_reading_a_prompt_and_a_trace_is_declared() {
    hold("Prompt.lane", Lane::ALL.map(Lane::name));
    hold("MeterReading.state", MeterState::ALL.map(MeterState::name));
    hold(
        "MeterReading.source",
        [Source::Snapshot, Source::Local].map(|source| match source {
            Source::Snapshot => "snapshot",
            Source::Local => "local",
        }),
    );
    hold("Answer.verdict", Verdict::ALL.map(Verdict::name));
    let stages: BTreeSet<_> = HoldReason::ALL
        .iter()
        .map(|reason| reason.stage())
        .collect();
    hold("Trace.stage", stages.into_iter().map(Stage::name));
}

/// What a host can cause has a call. What it cannot is the shell's to say: `None`.
fn call_of(input: &Input) -> Option<&'static str> {
    Some(match input {
        Input::Snapshot(_) => "sync",
        Input::Use { .. } => "use",
        Input::Release { .. } => "release",
        Input::Attempt { .. } => "attempt",
        Input::LimitHit { .. } => "limitHit",
        Input::Explore { .. } => "explore",
        Input::Signal { .. } => "signal",
        Input::Painted { .. } => "painted",
        Input::Respond { .. } | Input::Because { .. } => "respond",
        Input::Converted { .. } => "converted",
        Input::Context(_) => "context",
        Input::Merge(_) | Input::Force { .. } | Input::Wake => return None,
    })
}

/// In the order of [`call_of`], whose match says when one is missing.
const CALLS: [&str; 11] = [
    "sync",
    "use",
    "release",
    "attempt",
    "limitHit",
    "explore",
    "signal",
    "painted",
    "respond",
    "converted",
    "context",
];
/// What asks, and what is the shell's alone.
const OTHER_CALLS: [&str; 8] = [
    "fits",
    "read",
    "explain",
    "on",
    "consent",
    "setLocale",
    "reset",
    "destroy",
];

#[test]
fn every_input_of_a_host_has_its_call() {
    assert_eq!(call_of(&Input::Wake), None);
    let declared: BTreeSet<_> = interface("Plimsoll")
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(['(', '<']))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.chars().all(char::is_alphabetic))
        .collect();
    let known = CALLS.iter().chain(&OTHER_CALLS);
    assert_eq!(declared, known.map(|&name| name.to_owned()).collect());
}

/// The texts of a union in the types are exactly these. `place` is a type's name, or an interface's and a member's.
fn hold<'a>(place: &str, names: impl IntoIterator<Item = &'a str>) {
    let declared: BTreeSet<String> = match place.split_once('.') {
        None => union_after(&types(), &format!("export type {place} =")),
        Some((owner, member)) => union_after(&interface(owner), member),
    };
    let names: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
    assert_eq!(
        declared, names,
        "`{place}` in pkg/index.d.ts and in the core"
    );
}

/// The quoted texts from a beginning up to the next semicolon.
fn union_after(text: &str, beginning: &str) -> BTreeSet<String> {
    let at = [
        format!("{beginning}: "),
        format!("{beginning}?: "),
        beginning.to_owned(),
    ];
    let (_, rest) = at
        .iter()
        .find_map(|start| text.split_once(start.as_str()))
        .expect("pkg/index.d.ts declares it");
    let union = rest.split(';').next().unwrap_or_default();
    union
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The body of an interface.
fn interface(name: &str) -> String {
    let text = types();
    let (_, rest) = text
        .split_once(&format!("export interface {name} {{"))
        .expect("pkg/index.d.ts declares it");
    rest.split("\n}").next().unwrap_or_default().to_owned()
}

fn types() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/pkg/index.d.ts");
    std::fs::read_to_string(path).expect("the package has its types")
}
