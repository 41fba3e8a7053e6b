//! The events that Plimsoll itself sends, and every property they may have.
//!
//! It owns the names, kinds and which properties must be there; a property that is not here does not
//! exist. It does not read events (`ours` does); `docs/wire.md` is held to it by a test.

/// One event of ours.
pub struct Event {
    pub name: &'static str,
    pub properties: &'static [Property],
}

pub struct Property {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

/// What a property's value may be.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Id of the policy (plan, meter, feature, prompt): 1 to 64 of `A-Z a-z 0-9 _ -`.
    Id,
    /// Integer from 0 to 2^53 − 1.
    Count,
    /// 16 hex digits.
    Hex,
    /// RFC 3339 time.
    Time,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A reason code: 1 to 40 of `a-z 0-9 _`. Codes may be added without a new collector.
    Reason,
    /// A recording of inputs that can be read to its end.
    Recording,
}

pub fn find(name: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|event| event.name == name)
}

const fn must(name: &'static str, kind: Kind) -> Property {
    Property {
        name,
        kind,
        required: true,
    }
}

const fn may(name: &'static str, kind: Kind) -> Property {
    Property {
        name,
        kind,
        required: false,
    }
}

const SURFACE: Kind = Kind::Word(&["banner", "modal", "preview", "toast", "inline"]);
const TRIGGER: Kind = Kind::Word(&[
    "threshold",
    "at_limit",
    "limit_hit",
    "explored",
    "trial_ending",
    "projected",
    "score",
    "signal",
]);
const RESPONSE: Kind = Kind::Word(&["act", "later", "never", "close"]);
const ACTION: Kind = Kind::Word(&[
    "upgrade",
    "talk_to_sales",
    "ask_admin",
    "extend_trial",
    "later",
    "never",
]);

const OBJECTION: Kind = Kind::Word(&["not_now", "price", "comparing", "not_my_decision"]);
const UNTIL: Kind = Kind::Word(&["next_week", "next_month", "next_quarter"]);

pub const EVENTS: &[Event] = &[
    Event {
        name: "Usage Counted",
        properties: &[
            must("meter", Kind::Id),
            must("added", Kind::Count),
            must("released", Kind::Count),
            must("used", Kind::Count),
            may("limit", Kind::Count),
        ],
    },
    Event {
        name: "Threshold Crossed",
        properties: &[
            must("meter", Kind::Id),
            must("percent", Kind::Count),
            must("count", Kind::Count),
            must("used", Kind::Count),
            must("limit", Kind::Count),
            must("kind", Kind::Word(&["crossed", "first_sight", "carried"])),
            must("crossing", Kind::Hex),
            must("period_start", Kind::Time),
            must("epoch", Kind::Count),
            must("rise", Kind::Count),
        ],
    },
    Event {
        name: "Limit Hit",
        properties: &[
            must("meter", Kind::Id),
            must("amount", Kind::Count),
            must("used", Kind::Count),
            may("limit", Kind::Count),
            must("source", Kind::Word(&["attempt", "server"])),
        ],
    },
    Event {
        name: "Feature Explored",
        properties: &[
            must("feature", Kind::Id),
            must(
                "step",
                Kind::Word(&["seen", "tried", "previewed", "built", "requested"]),
            ),
        ],
    },
    Event {
        name: "Signal Counted",
        properties: &[must("signal", Kind::Id), must("count", Kind::Count)],
    },
    Event {
        name: "Score Changed",
        properties: &[
            must("score_tenths", Kind::Count),
            must("before_tenths", Kind::Count),
        ],
    },
    Event {
        name: "PQL Reached",
        properties: &[must("score_tenths", Kind::Count), must("rise", Kind::Count)],
    },
    Event {
        name: "Prompt Shown",
        properties: SHOWN,
    },
    Event {
        name: "Prompt Seen",
        properties: SHOWN,
    },
    Event {
        name: "Prompt Answered",
        properties: &[
            must("prompt", Kind::Id),
            may("meter", Kind::Id),
            may("feature", Kind::Id),
            must("surface", SURFACE),
            must("exposure", Kind::Hex),
            must("response", RESPONSE),
            may("action", ACTION),
            must("late", Kind::Flag),
        ],
    },
    Event {
        name: "Objection Given",
        properties: &[
            must("prompt", Kind::Id),
            may("meter", Kind::Id),
            may("feature", Kind::Id),
            must("exposure", Kind::Hex),
            must("objection", OBJECTION),
            may("until", UNTIL),
        ],
    },
    Event {
        name: "Prompt Held",
        properties: &[
            must("prompt", Kind::Id),
            may("meter", Kind::Id),
            may("feature", Kind::Id),
            must("reason", Kind::Reason),
        ],
    },
    Event {
        name: "Prompt Withdrawn",
        properties: &[
            must("prompt", Kind::Id),
            may("meter", Kind::Id),
            may("feature", Kind::Id),
            must("exposure", Kind::Hex),
            must("reason", Kind::Reason),
        ],
    },
    Event {
        name: "Upgrade Started",
        properties: &[
            must("intent", Kind::Hex),
            must("exposure", Kind::Hex),
            may("from_plan", Kind::Id),
            may("to_plan", Kind::Id),
        ],
    },
    Event {
        name: "Plan Changed",
        properties: &[
            may("from_plan", Kind::Id),
            may("to_plan", Kind::Id),
            must("epoch", Kind::Count),
        ],
    },
    Event {
        name: "Upgrade Requested",
        properties: REQUESTED,
    },
    Event {
        name: "Sales Requested",
        properties: REQUESTED,
    },
    Event {
        name: "Trial Extension Requested",
        properties: &[must("intent", Kind::Hex), must("exposure", Kind::Hex)],
    },
    Event {
        name: "Inputs Recorded",
        properties: &[
            must("percent", Kind::Count),
            must("inputs", Kind::Recording),
        ],
    },
    Event {
        name: "Experiment Assigned",
        properties: IN_EXPERIMENT,
    },
    Event {
        name: "Experiment Diverged",
        properties: IN_EXPERIMENT,
    },
    Event {
        name: "Events Dropped",
        properties: &[
            must("writer", Kind::Hex),
            must("from", Kind::Count),
            must("to", Kind::Count),
            must("reason", Kind::Reason),
            must("count", Kind::Count),
        ],
    },
];

const SHOWN: &[Property] = &[
    must("prompt", Kind::Id),
    may("meter", Kind::Id),
    may("feature", Kind::Id),
    must("surface", SURFACE),
    must("exposure", Kind::Hex),
    must("trigger", TRIGGER),
    may("percent", Kind::Count),
];

const IN_EXPERIMENT: &[Property] = &[
    must("experiment", Kind::Id),
    must("arm", Kind::Id),
    must("phase", Kind::Count),
    must("assignment", Kind::Hex),
];

const REQUESTED: &[Property] = &[
    must("intent", Kind::Hex),
    must("exposure", Kind::Hex),
    may("meter", Kind::Id),
    may("feature", Kind::Id),
    may("plan", Kind::Id),
];
