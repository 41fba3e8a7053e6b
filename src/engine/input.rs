//! What the engine is told: the inputs, the snapshot among them, and the time they came at.
//! Owns plain data only; values are already checked for type by whoever read them (`modules/start`, a test).
//! Each input goes to [`super::Engine::handle`].

use super::memory::{Columns, Memory, Row, Table};
use super::named::named;
use crate::unit::{COUNT_MAX, DAY_MS, ExposureId, Key, Millis, Timestamp};

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
    /// Something with a name happened, so often.
    Signal { name: Key, count: i64 },
    /// What happened on the screen.
    Painted { exposure: ExposureId, paint: Paint },
    /// What the person did.
    Respond {
        exposure: ExposureId,
        response: Response,
    },
    /// What they say when asked why they put it off.
    Because {
        exposure: ExposureId,
        objection: Objection,
    },
    /// The host saw the purchase; `None` means from the epoch known here.
    Converted { from_epoch: Option<i64> },
    /// What the page allows now.
    Context(Context),
    /// Another tab's or device's memory.
    Merge(Box<Memory>),
    /// The page's address, which may ask for arms of experiments (`?plimsoll-<experiment>=<arm's index>`).
    Force { address: String },
    /// A time asked for has come.
    Wake,
}

named! {
    /// How far a person went with a feature.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Step {
        /// It was on the screen.
        Seen = "seen",
        /// They tried to use it.
        Tried = "tried",
        /// They looked at its preview.
        Previewed = "previewed",
        /// They made something that needs it.
        Built = "built",
        /// They asked for it.
        Requested = "requested",
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

impl Paint {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Rendered, Self::Seen, Self::Failed, Self::Faded];
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

named! {
    /// Why not now: what a person answers when asked after a `later` or `never`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Objection {
        /// Not before next week.
        NextWeek = "next_week",
        /// Not before next month.
        NextMonth = "next_month",
        /// Not before next quarter.
        NextQuarter = "next_quarter",
        /// The price.
        Price = "price",
        /// They are comparing.
        Comparing = "comparing",
        /// Someone else decides.
        NotMyDecision = "not_my_decision",
    }
}

impl Objection {
    /// How long they want to be left alone; 0 where that is not what they said.
    #[must_use]
    pub fn span_ms(self) -> Millis {
        match self {
            Self::NextWeek => 7 * DAY_MS,
            Self::NextMonth => 30 * DAY_MS,
            Self::NextQuarter => 91 * DAY_MS,
            Self::Price | Self::Comparing | Self::NotMyDecision => 0,
        }
    }
}

named! {
    /// The buttons a prompt can have.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum ActionKind {
        /// Buy the next plan.
        Upgrade = "upgrade",
        /// Contact sales.
        TalkToSales = "talk_to_sales",
        /// Ask whoever can buy.
        AskAdmin = "ask_admin",
        /// A longer trial.
        ExtendTrial = "extend_trial",
        /// Not now.
        Later = "later",
        /// Not again.
        Never = "never",
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
            storage: true,
            lease: false,
            route: String::new(),
            utc_offset_minutes: 0,
        }
    }
}

/// The host's truth about an account and a user, as its server made it: rows of memory, which lack only
/// their order. What is not said is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The plan.
    pub plan: Key,
    /// Who can purchase, by name; "" when unknown.
    pub billing_owner: String,
    /// Attributes of the account and the user, as [`crate::targeting::condition`] reads them; they live as
    /// long as the page and are kept nowhere.
    pub attributes: String,
    /// What is said of the account and the user, by [`Said`] up to `Sales`.
    pub(crate) facts: [i64; 8],
    /// Listed features and overages, figures of meters, and what was counted of writers.
    pub(crate) rows: Vec<Row>,
    /// Figures of days, with their meter.
    pub(crate) daily: Vec<(u64, i64)>,
}

/// The numbers of a snapshot, in the order of `pkg/shell/snapshot.js`: times in milliseconds with 0 for
/// unknown, truths as 0 and 1. From `Used` on they are of the row that was begun last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Grows with each plan change; without it the engine makes its own.
    PlanEpoch,
    /// When the host's server made this.
    ServerTime,
    /// When the account was made; unknown age passes.
    AccountCreated,
    /// When the user was made; unknown age passes.
    UserCreated,
    /// Whether this user can buy; they can where it is not said.
    CanPurchase,
    /// When the trial ends.
    TrialEnds,
    /// Whether the trial may be extended.
    TrialExtendable,
    /// Sales is already talking with the account.
    Sales,
    /// Of a meter: used in the period; without it only local uses count.
    Used,
    /// Of a meter: a limit that beats the plan's, as in [`crate::unit::Limit`].
    Limit,
    /// Of a meter: the period's start; without it the calendar period of the policy.
    PeriodStart,
    /// Of a meter: the period's end.
    PeriodEnd,
    /// Of a writer: what the host's server has counted as added.
    Added,
    /// Of a writer: what it has counted as released.
    Released,
    /// Of a meter: a day's figure, the oldest first; the last is of the day before the snapshot.
    Day,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            plan: Key(0),
            billing_owner: String::new(),
            attributes: String::new(),
            facts: [-1, 0, 0, 0, 1, 0, 0, 0],
            rows: Vec::new(),
            daily: Vec::new(),
        }
    }
}

impl Snapshot {
    /// Begins a row: a feature the account has besides its plan's (`Listed`, 1 and its key), a meter whose
    /// overage it accepted (`Listed`, 2 and its key), a meter (`Figure`, its key), or, of the last meter, a
    /// writer that the host's server has counted (`Cover`, 0 and the writer).
    pub fn row(&mut self, table: Table, mut a: u64, b: u64) {
        let mut v = Columns::default();
        if table == Table::Figure {
            (v[4], v[5]) = (-1, -1);
        }
        if let Some(last) = self.rows.last_mut()
            && table == Table::Cover
        {
            a = last.a;
            if last.table == Table::Figure {
                // The lowest bit of what was used says that writers were counted.
                last.v[4] |= 1;
            }
        }
        self.rows.push(Row { table, a, b, v });
    }

    /// What was said of the account or the user, up to `Sales`; 0 for what is said of a row.
    #[must_use]
    pub fn fact(&self, said: Said) -> i64 {
        self.facts.get(said as usize).copied().unwrap_or(0)
    }

    /// Says a number, by its place in [`Said`].
    pub fn number(&mut self, place: u32, value: i64) {
        let value = value.clamp(-2, COUNT_MAX);
        if let Some(fact) = self.facts.get_mut(place as usize) {
            *fact = value;
        } else if let Some(row) = self.rows.last_mut() {
            if place == Said::Day as u32 {
                return self.daily.push((row.a, value));
            }
            // Eight facts are followed by a figure's four columns, and those by a cover's two.
            if let Some(column) = row.v.get_mut((place & 3 | 4) as usize) {
                let is_used = place == Said::Used as u32;
                *column = if is_used { value << 1 } else { value };
            }
        }
    }
}
