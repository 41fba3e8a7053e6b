//! What the engine wants done: effects, prompts, answers and reasons, all plain data.
//! Knows nothing of how a prompt is painted or an event is sent.
//! The interpreter is `modules/start`; `wire` turns events into JSON, `present` prompts.

use super::input::{Actions, Objection, Response, Step};
use super::named::named;
use crate::unit::{ExposureId, Limit, Timestamp};

/// Something the engine wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Paint this.
    Present(Box<Prompt>),
    /// It is painted already; its figures changed.
    Update(Box<Prompt>),
    /// Take it off the screen.
    Withdraw {
        exposure: ExposureId,
        reason: WithdrawReason,
    },
    /// Ask the person why, after they have put this off; they may leave it unanswered.
    Ask { exposure: ExposureId },
    /// Put this event into the outbox.
    Record(Event),
    /// The memory changed and must be stored before the call returns.
    Persist(Delta),
    /// Tell the host.
    Announce(HostEvent),
    /// The interrupt lane's lease is wanted, or not any more.
    Want { lease: bool },
}

/// What of the memory changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delta {
    /// One tally of this tab's writer.
    Tally,
    /// Anything.
    Memory,
}

/// Something the host may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostEvent {
    /// A threshold was crossed.
    Crossing { meter: u32, percent: i64 },
}

/// A prompt to paint: indexes into the compiled policy, numbers and actions. No text, no markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Which showing this is.
    pub exposure: ExposureId,
    /// Index of the prompt in the compiled policy.
    pub prompt: u32,
    /// The surface it is shown on: a blocked attempt's modal may come as a toast.
    pub surface: Surface,
    /// Where the meter stands.
    pub reading: Option<Reading>,
    /// When it is expected to reach its limit, in a prompt about that.
    pub projected: Projected,
    /// Index of the account's plan.
    pub plan: Option<u32>,
    /// Index of the plan that would help.
    pub next_plan: Option<u32>,
    /// The next plan's limit on the meter; [`Limit::UNKNOWN`] when it is no number.
    pub next_limit: Limit,
    /// The date in its texts: when the period ends, or the trial; 0 for none.
    pub date: Timestamp,
    /// Who can buy, when this user cannot.
    pub owner: String,
    /// The buttons.
    pub actions: Actions,
    /// It was open already (a reload, another tab) and is painted again, not counted again.
    pub repaint: bool,
}

named! {
    /// How a prompt appears.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Surface {
        /// A strip that never moves focus.
        Banner = "banner",
        /// A dialog about a limit.
        Modal = "modal",
        /// A dialog about a feature.
        Preview = "preview",
        /// A short note that fades.
        Toast = "toast",
        /// In the page, where the host put it.
        Inline = "inline",
    }
}

impl Surface {
    /// From the number in a compiled policy.
    #[must_use]
    pub fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Modal,
            2 => Self::Preview,
            3 => Self::Toast,
            4 | 5 => Self::Inline,
            _ => Self::Banner,
        }
    }

    /// The lane whose prompts exclude each other.
    #[must_use]
    pub fn lane(self) -> Lane {
        match self {
            Self::Modal | Self::Preview => Lane::Interrupt,
            Self::Banner | Self::Toast => Lane::Ambient,
            Self::Inline => Lane::Inline,
        }
    }
}

named! {
    /// Prompts in one lane exclude each other: one interrupt across tabs, one banner and one toast in a tab.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Lane {
        /// Modal, preview dialog.
        Interrupt = "interrupt",
        /// Banner, toast.
        Ambient = "ambient",
        /// Meter, gate, slot.
        Inline = "inline",
    }
}

/// Where a meter stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Usage: the snapshot's figure and what was used here since; never below 0.
    pub used: i64,
    /// The limit in force.
    pub limit: Limit,
    /// Of the limit, rounded down; 0 without a limit of a number.
    pub basis_points: i64,
    /// Where that is.
    pub state: MeterState,
    /// Whether the host's figure is in it.
    pub source: Source,
    /// Start of the period; 0 for a level.
    pub period_start: Timestamp,
    /// End of the period; 0 for a level.
    pub period_end: Timestamp,
    /// The period was rolled forward here and is not confirmed by a snapshot yet.
    pub provisional: bool,
}

/// When a meter is expected to reach its limit: an estimate, in days, each as its noon in UTC. All 0 when
/// there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Projected {
    /// The day in the middle.
    pub at: Timestamp,
    /// With a chance of one in ten it is before this day.
    pub from: Timestamp,
    /// With a chance of one in ten it is after this day.
    pub until: Timestamp,
}

named! {
    /// At the limit and over it are two states.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub enum MeterState {
        /// Below the limit, or without one.
        #[default]
        Ok = "ok",
        /// Exactly at it.
        AtLimit = "at_limit",
        /// Past it.
        OverLimit = "over_limit",
        /// Not in the plan.
        Locked = "locked",
    }
}

/// Where a reading comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The host's snapshot and what was used here since.
    Snapshot,
    /// This browser's uses alone.
    #[default]
    Local,
}

named! {
    /// The answer to an attempt.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Verdict {
        /// It fits.
        Fits = "fits",
        /// It passes a soft limit.
        OverSoft = "over_soft",
        /// It would pass a hard limit.
        OverLimit = "over_limit",
    }
}

/// An event for the collector. Meters, features, plans and prompts are indexes into the compiled policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Uses since the last one, folded.
    UsageCounted {
        meter: u32,
        added: i64,
        released: i64,
        used: i64,
        limit: Option<i64>,
    },
    /// Usage passed a threshold; `crossing` is its identity.
    ThresholdCrossed {
        meter: u32,
        crossing: u64,
        kind: CrossingKind,
        basis_points: i64,
        count: i64,
        used: i64,
        limit: i64,
        period_start: Timestamp,
        epoch: i64,
        rise: i64,
    },
    /// An attempt that would pass a hard limit, or the server's refusal.
    LimitHit {
        meter: u32,
        amount: i64,
        used: i64,
        limit: Option<i64>,
        by_server: bool,
    },
    /// A person touched a feature that the plan lacks.
    FeatureExplored { feature: u32, step: Step },
    /// A signal was counted that no other event tells of.
    SignalCounted { signal: u32, count: i64 },
    /// What happened here took the score past a multiple of ten points, up or down.
    ScoreChanged { tenths: i64, before: i64 },
    /// The score rose past the line, for the so manieth time.
    PqlReached { tenths: i64, rise: i64 },
    /// A prompt was rendered for the first time.
    PromptShown { about: About },
    /// It was in the viewport for a second.
    PromptSeen { about: About },
    /// The person answered it.
    PromptAnswered {
        about: About,
        response: Response,
        late: bool,
    },
    /// The person said why they put it off.
    ObjectionGiven { about: About, objection: Objection },
    /// A candidate was held; once for each reason, prompt and subject in a day.
    PromptHeld { prompt: u32, reason: HoldReason },
    /// A rendered prompt was taken back.
    PromptWithdrawn {
        about: About,
        reason: WithdrawReason,
    },
    /// The upgrade action was pressed.
    UpgradeStarted {
        intent: u64,
        about: About,
        from_plan: Option<u32>,
        to_plan: Option<u32>,
    },
    /// The snapshot named another plan.
    PlanChanged {
        from_plan: Option<u32>,
        to_plan: Option<u32>,
        epoch: i64,
    },
    /// The ask-admin action was pressed.
    UpgradeRequested {
        intent: u64,
        about: About,
        plan: Option<u32>,
    },
    /// The talk-to-sales action was pressed.
    SalesRequested {
        intent: u64,
        about: About,
        plan: Option<u32>,
    },
    /// The extend-trial action was pressed.
    TrialExtensionRequested { intent: u64, about: About },
    /// The unit was dealt an arm, or its arms would first have decided differently; `id` is the same for
    /// all who find it out.
    Experiment {
        experiment: u32,
        arm: u32,
        diverged: bool,
        id: u64,
    },
}

/// What an event about a showing says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Which showing.
    pub exposure: ExposureId,
    /// Index of the prompt.
    pub prompt: u32,
    /// Where it was shown.
    pub surface: Surface,
    /// Percent of the limit then, when it is about a meter with one; otherwise -1.
    pub percent: i64,
}

named! {
    /// How a crossing came to be known.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum CrossingKind {
        /// Passed before this plan epoch began.
        Carried = "carried",
        /// Already passed when this memory first saw the meter.
        FirstSight = "first_sight",
        /// Passed before our eyes; only these feed signals.
        Crossed = "crossed",
    }
}

named! {
    /// Why a showing was taken back.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum WithdrawReason {
        /// A higher threshold of the same meter was crossed.
        Superseded = "superseded",
        /// The plan includes it now, or something else settled it.
        Owned = "owned",
        /// A purchase was reported.
        Converted = "converted",
        /// The meter's period ended.
        PeriodEnded = "period_ended",
        /// A new plan epoch began.
        PlanChanged = "plan_changed",
        /// Seven days without an answer.
        Expired = "expired",
        /// The person answered, here or in another tab.
        Answered = "answered",
        /// Another tab holds the interrupt lane; the exposure itself stays open.
        Lease = "lease",
        /// The painter could not paint it.
        Failed = "failed",
        /// The policy no longer has it.
        Gone = "gone",
    }
}

macro_rules! hold_reasons {
    ($( $(#[$about:meta])* $reason:ident = $code:literal in $stage:ident; )*) => {
        /// Why a candidate is held. Codes are stable: once published, a code keeps its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum HoldReason { $( $(#[$about])* $reason, )* }

        impl HoldReason {
            /// All reasons, in the order of their stages.
            pub const ALL: &'static [Self] = &[$(Self::$reason),*];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $( Self::$reason => $code, )* }
            }

            /// The stage that holds for this reason.
            #[must_use]
            pub fn stage(self) -> Stage {
                match self { $( Self::$reason => Stage::$stage, )* }
            }
        }
    };
}

hold_reasons! {
    /// Its trigger has not fired.
    NotFired = "not_fired" in Trigger;
    /// A higher threshold of the meter has fired.
    Superseded = "superseded" in Trigger;
    /// Another prompt answered the same crossing, limit hit or exploration.
    AnsweredByOther = "answered_by_other" in Trigger;
    /// The person answered this very occasion.
    Spent = "spent" in Trigger;
    /// No snapshot yet: what the account has is not known.
    SnapshotMissing = "snapshot_missing" in Owned;
    /// The snapshot's plan is not in the policy.
    UnknownPlan = "unknown_plan" in Owned;
    /// The plan includes it.
    PlanIncludes = "plan_includes" in Owned;
    /// A purchase was reported and its snapshot has not come.
    PendingPurchase = "pending_purchase" in Owned;
    /// The account accepted the overage.
    OverageAccepted = "overage_accepted" in Owned;
    /// Sales is already talking with the account.
    SalesConversation = "sales_conversation" in Owned;
    /// The period was rolled forward here; a snapshot has to confirm it.
    Provisional = "provisional" in Owned;
    /// The route is not one of its routes, or is where its action leads.
    Route = "route" in Audience;
    /// The account is too new.
    AccountTooNew = "account_too_new" in Audience;
    /// The user is too new.
    UserTooNew = "user_too_new" in Audience;
    /// Its audience is others.
    Condition = "condition" in Audience;
    /// It has no text.
    NoText = "no_text" in Audience;
    /// The unit is held out.
    HeldOut = "held_out" in Experiment;
    /// It stands in another arm only.
    OtherArm = "other_arm" in Experiment;
    /// The person said never.
    Never = "never" in Choice;
    /// The person said later.
    Later = "later" in Choice;
    /// Its delay has not passed.
    Delay = "delay" in Pacing;
    /// Its own cap.
    CapPrompt = "cap_prompt" in Pacing;
    /// Its group's cap.
    CapGroup = "cap_group" in Pacing;
    /// The cap over all interruptions.
    CapAll = "cap_all" in Pacing;
    /// Too soon after the last interruption.
    Gap = "gap" in Pacing;
    /// The week's interruptions are used up.
    WeeklyBudget = "weekly_budget" in Pacing;
    /// The page is not in front.
    Hidden = "hidden" in Page;
    /// The host asked for quiet.
    Busy = "busy" in Page;
    /// It is night for this person.
    QuietHours = "quiet_hours" in Page;
    /// A dialog of the host's is open.
    DialogOpen = "dialog_open" in Page;
    /// Another tab holds the interrupt lane, or it is being asked for.
    Lease = "lease" in Page;
    /// Nothing may be stored, so nothing could be remembered.
    NoStorage = "no_storage" in Page;
    /// The clock jumped; a snapshot has to confirm the time.
    ClockJump = "clock_jump" in Page;
    /// The painter could not paint it in this page life.
    Failed = "failed" in Page;
    /// Another candidate goes first.
    Outranked = "outranked" in Rank;
    /// Something is open in its lane.
    LaneOccupied = "lane_occupied" in Rank;
}

/// The stages of a decision, in the order in which candidates pass them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Has it fired?
    Trigger,
    /// Has the account got it, or settled it?
    Owned,
    /// Is it for this person, here?
    Audience,
    /// Is it on in this arm?
    Experiment,
    /// What did the person say?
    Choice,
    /// Is it too much?
    Pacing,
    /// Does the page allow it?
    Page,
    /// Does another go first?
    Rank,
}

impl Stage {
    /// The name in `explain`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Owned => "owned",
            Self::Audience => "audience",
            Self::Experiment => "experiment",
            Self::Choice => "choice",
            Self::Pacing => "pacing",
            Self::Page => "page",
            Self::Rank => "rank",
        }
    }
}
