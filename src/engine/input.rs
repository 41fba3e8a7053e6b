//! What the engine is told: the inputs, the snapshot among them, and the time they came at.
//! Owns plain data only; values are already checked for type by whoever read them (`modules/start`, a test).
//! Each input goes to [`super::Engine::handle`].

use super::memory::Memory;
use crate::unit::{ExposureId, Key, Limit, Millis, Timestamp, Writer};

/// The two clocks of the device at the moment of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// What the device believes the time to be; people set it.
    pub wall: Timestamp,
    /// Milliseconds since some fixed instant in this page's life; only grows.
    pub mono: Millis,
}

/// Everything that can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The host's truth.
    Snapshot(Box<Snapshot>),
    /// The host did it: counts.
    Use { meter: Key, amount: i64 },
    /// A level went down.
    Release { meter: Key, amount: i64 },
    /// A person tried and must be answered. Never counts.
    Attempt { meter: Key, amount: i64 },
    /// The host's server refused.
    LimitHit { meter: Key },
    /// A person touched a feature.
    Explore { feature: Key, step: Step },
    /// What happened on the screen.
    Painted { exposure: ExposureId, paint: Paint },
    /// What the person did.
    Respond {
        exposure: ExposureId,
        response: Response,
    },
    /// The host saw the purchase; `None` means from the epoch known here.
    Converted { from_epoch: Option<i64> },
    /// What the page allows now.
    Context(Context),
    /// Another tab's or device's memory.
    Merge(Box<Memory>),
    /// A time asked for has come.
    Wake,
}

/// How far a person went with a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// It was on the screen.
    Seen,
    /// They tried to use it.
    Tried,
    /// They looked at its preview.
    Previewed,
    /// They made something that needs it.
    Built,
    /// They asked for it.
    Requested,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 5] = [
        Self::Seen,
        Self::Tried,
        Self::Previewed,
        Self::Built,
        Self::Requested,
    ];

    /// The name in JSON and in the JavaScript API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Tried => "tried",
            Self::Previewed => "previewed",
            Self::Built => "built",
            Self::Requested => "requested",
        }
    }
}

/// What became of a prompt on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// It is on the screen.
    Rendered,
    /// It was in the viewport for a second.
    Seen,
    /// It could not be painted.
    Failed,
    /// It faded by itself (a toast).
    Faded,
}

/// What a person did with a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// Pressed an action.
    Act(ActionKind),
    /// Not now.
    Later,
    /// Not again.
    Never,
    /// Closed it; counts as `later`.
    Close,
}

impl Response {
    /// The name in JSON and in the JavaScript API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Act(_) => "act",
            Self::Later => "later",
            Self::Never => "never",
            Self::Close => "close",
        }
    }
}

/// The buttons a prompt can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKind {
    /// Buy the next plan.
    Upgrade,
    /// Contact sales.
    TalkToSales,
    /// Ask whoever can buy.
    AskAdmin,
    /// A longer trial.
    ExtendTrial,
    /// Not now.
    Later,
    /// Not again.
    Never,
}

impl ActionKind {
    /// All kinds, in the order of a compiled policy's labels.
    pub const ALL: [Self; 6] = [
        Self::Upgrade,
        Self::TalkToSales,
        Self::AskAdmin,
        Self::ExtendTrial,
        Self::Later,
        Self::Never,
    ];

    /// The name in JSON and in the JavaScript API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::TalkToSales => "talk_to_sales",
            Self::AskAdmin => "ask_admin",
            Self::ExtendTrial => "extend_trial",
            Self::Later => "later",
            Self::Never => "never",
        }
    }
}

/// Buttons, as bits `1 << ActionKind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(pub u32);

impl Actions {
    /// The order on the screen: most wanted first.
    const ORDER: [ActionKind; 6] = [
        ActionKind::Upgrade,
        ActionKind::AskAdmin,
        ActionKind::TalkToSales,
        ActionKind::ExtendTrial,
        ActionKind::Later,
        ActionKind::Never,
    ];

    /// One button.
    #[must_use]
    pub fn of(kind: ActionKind) -> Self {
        Self(1 << kind as u32)
    }

    /// These and others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether a button is among them.
    #[must_use]
    pub fn contains(self, kind: ActionKind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    /// Without those that only send a prompt away.
    #[must_use]
    pub fn offers(self) -> Self {
        Self(self.0 & !(Self::of(ActionKind::Later).0 | Self::of(ActionKind::Never).0))
    }

    /// Each, most wanted first.
    pub fn iter(self) -> impl Iterator<Item = ActionKind> {
        let order = Self::ORDER.into_iter();
        order.filter(move |kind| self.contains(*kind))
    }
}

/// What the page allows now. The default allows nothing above inline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The page is in front.
    pub visible: bool,
    /// The host asked for quiet (typing, presenting, paying).
    pub busy: bool,
    /// A dialog of the host's is open.
    pub dialog_open: bool,
    /// The browser believes it is online.
    pub online: bool,
    /// Whether storage may be used: without it only inline surfaces and answers appear.
    pub storage: bool,
    /// This tab holds the right to the interrupt lane.
    pub lease: bool,
    /// The host's route, `/settings/plan`.
    pub route: String,
    /// Minutes east of UTC, for quiet hours.
    pub utc_offset_minutes: i32,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            visible: false,
            busy: false,
            dialog_open: false,
            online: true,
            storage: true,
            lease: false,
            route: String::new(),
            utc_offset_minutes: 0,
        }
    }
}

/// The host's truth about an account and a user, as its server made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The plan's id.
    pub plan: String,
    /// Grows with each plan change; without it the engine makes its own.
    pub plan_epoch: Option<i64>,
    /// When the host's server made this.
    pub server_time: Option<Timestamp>,
    /// When the account was made; unknown age passes.
    pub account_created_at: Option<Timestamp>,
    /// When the user was made; unknown age passes.
    pub user_created_at: Option<Timestamp>,
    /// Whether this user can buy. `None` is read as true.
    pub can_purchase: Option<bool>,
    /// Who can, by name; "" when unknown.
    pub billing_owner: String,
    /// When the trial ends.
    pub trial_ends_at: Option<Timestamp>,
    /// Whether the trial may be extended.
    pub trial_extendable: bool,
    /// Features the account has besides its plan's.
    pub features: Vec<Key>,
    /// Meters whose overage the account accepted.
    pub overage_accepted: Vec<Key>,
    /// Sales is already talking with the account.
    pub in_sales_conversation: bool,
    /// Figures by meter.
    pub meters: Vec<MeterFigure>,
}

/// A meter in a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeterFigure {
    /// Which meter.
    pub meter: Key,
    /// Used in the period; without it only local uses count.
    pub used: Option<i64>,
    /// A limit that beats the plan's.
    pub limit: Limit,
    /// The period's start and end; without it the calendar period in UTC.
    pub period: Option<(Timestamp, Timestamp)>,
    /// What the host's server has counted of each writer: added and released.
    pub counted: Vec<(Writer, i64, i64)>,
}
