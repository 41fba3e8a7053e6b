//! How often each thing came in a world: every fault that it makes, every input, effect, event and reason.
//! Owns the counters and the names of what is counted; what a count has to be is said by who asks.
//! `world` and `acts` count where something has happened, and `guarantees` fails where nothing ever did.

use plimsoll::Effect;
use plimsoll::engine::effect::{Event, HoldReason, Surface, WithdrawReason};
use plimsoll::engine::input::{ActionKind, Input, Paint, Response};

const MOST_KINDS: usize = 40;
const ROWS: [(&str, &[&str]); 10] = [
    (Fault::ROW_NAME, Fault::NAMES),
    (Input::ROW_NAME, Input::NAMES),
    (Paint::ROW_NAME, Paint::NAMES),
    (Response::ROW_NAME, Response::NAMES),
    (ActionKind::ROW_NAME, ActionKind::NAMES),
    (Effect::ROW_NAME, Effect::NAMES),
    (Surface::ROW_NAME, Surface::NAMES),
    (WithdrawReason::ROW_NAME, WithdrawReason::NAMES),
    (Event::ROW_NAME, Event::NAMES),
    (HoldReason::ROW_NAME, HoldReason::NAMES),
];

/// Something of which there are several kinds.
pub trait Kinds {
    /// Which row of the counters is its.
    const ROW: usize;
    /// What the row is called.
    const ROW_NAME: &'static str;
    /// The kinds.
    const NAMES: &'static [&'static str];
    /// Which of them this is.
    fn place(&self) -> usize;
}

/// All kinds of something: one that is new does not compile until it is counted.
macro_rules! kinds {
    ($row:literal $name:literal, $of:ident: $($kind:ident)*) => {
        impl Kinds for $of {
            const ROW: usize = $row;
            const ROW_NAME: &'static str = $name;
            const NAMES: &'static [&'static str] = &[$(stringify!($kind)),*];

            fn place(&self) -> usize {
                enum Place { $($kind),* }
                match self { $( $of::$kind { .. } => Place::$kind as usize, )* }
            }
        }
    };
}

/// What goes wrong in a world, or comes when nobody expects it.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Somebody sets the clock ahead.
    ClockAhead,
    /// Somebody sets the clock back.
    ClockBack,
    /// A page sleeps for more than a day.
    LongSleep,
    /// A page begins without a snapshot.
    SnapshotMissing,
    /// An old snapshot comes after a newer one.
    SnapshotLate,
    /// The newest snapshot comes again.
    SnapshotTwice,
    /// A snapshot says nothing of a meter.
    MeterLeftOut,
    /// A snapshot is about a plan that the policy does not have.
    PlanUnknown,
    /// The host hears of a use only hours later.
    HeardLate,
    /// A use comes twice, as people click.
    ClickedTwice,
    /// What should be stored is refused.
    StorageRefused,
    /// What another tab has stored comes late, when there is newer.
    StorageLate,
    /// Stored memory is damaged, and cannot be read.
    MemoryDamaged,
    /// A page dies before what it asked to be stored is.
    KilledBeforeStoring,
    /// A page dies and opens again.
    Restarted,
    /// A page dies and its berth stays.
    Killed,
    /// A page dies with a prompt on its screen.
    KilledShowing,
    /// A page dies while it holds the lease.
    KilledLeased,
    /// The lease is taken from a page that still wants it.
    LeaseLost,
    /// A prompt is not painted at once.
    PaintedLate,
    /// A purchase is reported that leaves an epoch of the past.
    PurchaseLate,
}

kinds!(0 "fault", Fault: ClockAhead ClockBack LongSleep SnapshotMissing SnapshotLate SnapshotTwice MeterLeftOut
    PlanUnknown HeardLate ClickedTwice StorageRefused StorageLate MemoryDamaged KilledBeforeStoring Restarted
    Killed KilledShowing KilledLeased LeaseLost PaintedLate PurchaseLate);
kinds!(1 "input", Input: Snapshot Use Release Attempt LimitHit Explore Signal Painted Respond Because Converted Context Merge
    Force Wake);
kinds!(2 "paint", Paint: Rendered Seen Failed Faded);
kinds!(3 "response", Response: Act Later Never Close);
kinds!(4 "action", ActionKind: Upgrade TalkToSales AskAdmin ExtendTrial Later Never);
kinds!(5 "effect", Effect: Present Update Withdraw Ask Record Persist Announce Want);
kinds!(6 "surface", Surface: Banner Modal Preview Toast Inline);
kinds!(7 "withdrawn", WithdrawReason: Superseded Owned Converted PeriodEnded PlanChanged Expired Answered Lease Failed
    Gone);
kinds!(8 "event", Event: UsageCounted ThresholdCrossed LimitHit FeatureExplored SignalCounted ScoreChanged PqlReached
    PromptShown PromptSeen PromptAnswered ObjectionGiven PromptHeld PromptWithdrawn UpgradeStarted PlanChanged UpgradeRequested
    SalesRequested TrialExtensionRequested Experiment);
kinds!(9 "held", HoldReason: NotFired Superseded AnsweredByOther Spent SnapshotMissing UnknownPlan PlanIncludes
    PendingPurchase OverageAccepted SalesConversation Provisional Route AccountTooNew UserTooNew Condition NoText
    HeldOut OtherArm Never Later Delay CapPrompt CapGroup CapAll Gap WeeklyBudget Hidden Busy QuietHours DialogOpen
    Lease NoStorage ClockJump Failed Outranked LaneOccupied);

/// The counters.
#[derive(Clone, Debug)]
pub struct Counts([[u64; MOST_KINDS]; ROWS.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([[0; MOST_KINDS]; ROWS.len()])
    }
}

impl Counts {
    /// It has come once more.
    pub fn count<K: Kinds>(&mut self, kind: &K) {
        if let Some(times) = self
            .0
            .get_mut(K::ROW)
            .and_then(|row| row.get_mut(kind.place()))
        {
            *times += 1;
        }
    }

    /// An input, with what it is made of.
    pub fn told(&mut self, input: &Input) {
        self.count(input);
        match input {
            Input::Painted { paint, .. } => self.count(paint),
            Input::Respond { response, .. } => {
                self.count(response);
                if let Response::Act(action) = response {
                    self.count(action);
                }
            }
            _ => {}
        }
    }

    /// Effects, with what they are made of.
    pub fn said(&mut self, effects: &[Effect]) {
        for effect in effects {
            self.count(effect);
            match effect {
                Effect::Present(prompt) => self.count(&prompt.surface),
                Effect::Withdraw { reason, .. } => self.count(reason),
                Effect::Record(event) => {
                    self.count(event);
                    if let Event::PromptHeld { reason, .. } = event {
                        self.count(reason);
                    }
                }
                _ => {}
            }
        }
    }

    /// What came elsewhere came too.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            *mine += theirs;
        }
    }

    /// Each thing with how often it came: row, name, times.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        ROWS.iter().zip(&self.0).flat_map(|((row, names), times)| {
            names
                .iter()
                .zip(times)
                .map(|(name, times)| (*row, *name, *times))
        })
    }
}
