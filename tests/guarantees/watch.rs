//! The guarantees, as a watcher of one page: it sees what goes in and what comes out, never the engine.
//! Each guarantee is a function that gives the sentence of what was broken. What the page can know is in
//! `known`; times are the world's true times, with a tolerance for how late snapshots and paints are.

#[path = "questions.rs"]
mod questions;
#[path = "rules.rs"]
mod rules;

use super::known::{About, CrossingKey, Known, Said, Shown, Truth};
use super::world::said;
use crate::spec_reader::tab::Tab;
use plimsoll::Effect;
use plimsoll::engine::effect::{
    CrossingKind, Event as Recorded, Lane, Prompt, Reading, Surface, WithdrawReason,
};
use plimsoll::engine::input::{Now, Paint, Response};
use plimsoll::engine::memory::{Memory, Table};
use plimsoll::plim::Plim;
use plimsoll::unit::ExposureId;
use std::rc::Rc;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
/// Snapshots arrive up to two seconds after they were made, and paints take a moment.
pub(super) const TOLERANCE_MS: i64 = 2 * MINUTE_MS;
const LADDER_MS: [i64; 3] = [DAY_MS, 3 * DAY_MS, 7 * DAY_MS];
const STORED_MAX_BYTES: usize = 16 * 1024;

/// What a page's engine was told, as far as the guarantees need it.
pub enum Event {
    /// Something that changes nothing known.
    Nothing,
    /// A use or release.
    Used {
        meter: &'static str,
        added: i64,
        released: i64,
    },
    /// An attempt; it may be blocked.
    Attempted,
    /// The server refused.
    Blocked,
    /// A snapshot.
    Told(Truth),
    /// Another memory, and what its tab knew.
    Met(Box<Known>),
    /// What became of a prompt on the screen.
    Painted(ExposureId, Paint),
    /// What the person did.
    Responded(ExposureId, Response),
    /// Why they put it off, asked or not.
    Objected,
    /// A reported purchase.
    Converted(i64),
}

struct Open {
    exposure: u64,
    about: About,
    surface: Surface,
    acting: bool,
    /// The figures it says.
    said: Option<Reading>,
}

/// The watcher of one page.
pub struct Watch {
    plim: Rc<Plim>,
    /// What this page can know.
    pub known: Known,
    /// Its stored memory could not be read.
    damaged: bool,
    open: Vec<Open>,
    /// The prompt after which the person was asked why and has not answered.
    asked: Option<ExposureId>,
    last_mono: i64,
    jumped: bool,
    /// Whether figures are held to; after more pages than memory has room for they are approximate.
    figures_count: bool,
    /// Uses of `emails` here: when, and how many.
    mails: Vec<(i64, i64)>,
}

impl Watch {
    /// A page that begins with what its berth knew.
    pub fn new(plim: Rc<Plim>, known: Known, damaged: bool, figures_count: bool) -> Self {
        Self {
            plim,
            known,
            damaged,
            open: Vec::new(),
            asked: None,
            last_mono: 0,
            jumped: false,
            figures_count,
            mails: Vec::new(),
        }
    }

    /// How many dialogs this page has open.
    pub fn interrupts_open(&self) -> usize {
        self.open
            .iter()
            .filter(|open| open.surface.lane() == Lane::Interrupt)
            .count()
    }

    /// Sees one input and its effects; the error is the guarantee that they break.
    pub fn observe(
        &mut self,
        time: i64,
        event: &Event,
        effects: &[Effect],
        tab: &Tab,
        now: Now,
    ) -> Result<(), String> {
        let epoch_before = self.known.epoch();
        let open_then: Vec<u64> = self.open.iter().map(|open| open.exposure).collect();
        self.jumped |= now.mono - self.last_mono > DAY_MS;
        self.last_mono = now.mono;
        self.learn(time, event, effects, tab)?;
        for effect in effects {
            match effect {
                Effect::Present(prompt) => self.presented(time, prompt, tab)?,
                Effect::Withdraw { exposure, reason } => self.withdrawn(time, *exposure, *reason),
                Effect::Record(event) => self.recorded(time, event)?,
                Effect::Ask { exposure } => self.may_be_asked(time, *exposure, event)?,
                Effect::Update(prompt) => self.updated(prompt),
                Effect::Persist(_) | Effect::Announce(_) | Effect::Want { .. } => {}
            }
        }
        self.jumps_report_all(effects)?;
        self.one_at_a_time()?;
        if let Event::Met(_) = event {
            self.each_crossing_is_shown_once()?;
        }
        if self.known.epoch() > epoch_before && epoch_before >= 0 {
            self.all_are_withdrawn(&open_then, effects, "a change of the plan")?;
        }
        if let Event::Converted(from) = event
            && self.known.epoch() <= *from
        {
            self.all_are_withdrawn(&open_then, effects, "a conversion")?;
        }
        if let Event::Told(truth) = event
            && self.known.truth.as_ref() == Some(truth)
        {
            self.young_uses_stay(truth, tab, now)?;
        }
        self.prompts_say_what_is_read(tab, now)?;
        self.figures_add_up(tab, now)
    }

    fn learn(
        &mut self,
        time: i64,
        event: &Event,
        effects: &[Effect],
        tab: &Tab,
    ) -> Result<(), String> {
        match event {
            Event::Nothing | Event::Attempted | Event::Blocked | Event::Objected => {}
            Event::Used {
                meter,
                added,
                released,
            } => {
                let writer = tab.identity().writer.0;
                let tally = self
                    .known
                    .tallies
                    .entry(((*meter).to_owned(), writer))
                    .or_insert((0, 0, 0));
                *tally = (tally.0 + added, tally.1 + released, time);
                if *meter == "emails" {
                    self.mails.push((time, *added));
                }
            }
            Event::Told(truth) => {
                if self.known.truth.as_ref().is_none_or(|known| truth > known) {
                    self.known.truth = Some(truth.clone());
                    self.jumped = false;
                }
            }
            Event::Met(known) => self.known.meet(known),
            Event::Painted(exposure, paint) => {
                if matches!(paint, Paint::Failed | Paint::Faded) {
                    self.open.retain(|open| open.exposure != exposure.0);
                }
                if *paint == Paint::Failed
                    && self
                        .known
                        .shown
                        .get(&exposure.0)
                        .is_some_and(|shown| !shown.counted)
                {
                    self.known.shown.remove(&exposure.0);
                }
            }
            Event::Responded(exposure, response) => {
                self.answered(time, *exposure, *response, effects)?
            }
            Event::Converted(from) => {
                self.known.converted.insert(*from, time);
            }
        }
        Ok(())
    }

    fn answered(
        &mut self,
        time: i64,
        exposure: ExposureId,
        response: Response,
        effects: &[Effect],
    ) -> Result<(), String> {
        let Some(position) = self
            .open
            .iter()
            .position(|open| open.exposure == exposure.0)
        else {
            return Ok(());
        };
        let Some(open) = self.open.get_mut(position) else {
            return Ok(());
        };
        if open.acting {
            return Ok(());
        }
        let late = effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::Record(Recorded::PromptAnswered { late: true, .. })
            )
        });
        if late {
            return Err(format!(
                "G5: the answer to {:?}, which is open, was called late",
                open.about
            ));
        }
        let about = open.about.clone();
        let toast = open.surface == Surface::Toast;
        match said(response) {
            None => open.acting = taken(effects),
            // Closing the answer to an attempt is no choice about its prompt.
            Some(Said::Later) if toast => {
                self.open.remove(position);
            }
            Some(what) => {
                self.open.remove(position);
                self.say(time, about, what, exposure.0);
            }
        }
        Ok(())
    }

    /// A dismissal, with the rung of the ladder it stands on here: one above the highest known.
    fn say(&mut self, time: i64, about: About, what: Said, exposure: u64) {
        let epoch = self.known.epoch();
        let before = self
            .known
            .said
            .iter()
            .filter(|((other, said, by), (_, then, _))| {
                *other == about && *said == Said::Later && *then == epoch && *by != exposure
            });
        let rung = before.map(|(_, (_, _, rung))| rung + 1).max().unwrap_or(0);
        self.known
            .said
            .entry((about, what, exposure))
            .or_insert((time, epoch, rung));
    }

    fn updated(&mut self, prompt: &Prompt) {
        let mut open = self.open.iter_mut();
        if let Some(open) = open.find(|open| open.exposure == prompt.exposure.0) {
            open.said = prompt.reading;
        }
    }

    fn withdrawn(&mut self, time: i64, exposure: ExposureId, reason: WithdrawReason) {
        let this = |open: &Open| open.exposure == exposure.0;
        if self.asked == Some(exposure) {
            // The question goes; what it was about has gone before.
            self.asked = None;
            return;
        }
        // What was acted on and stayed until it ran out was not put off.
        let acted = self.open.iter().any(|open| this(open) && open.acting);
        self.open.retain(|open| !this(open));
        if !acted {
            self.ended(time, exposure, reason);
        }
    }

    fn ended(&mut self, time: i64, exposure: ExposureId, reason: WithdrawReason) {
        let Some(shown) = self.known.shown.get_mut(&exposure.0) else {
            return;
        };
        match reason {
            WithdrawReason::Lease => {}
            // A later about it in another tab puts this one off too; an act or a never ends it.
            WithdrawReason::Answered => {
                let later = |((about, what, _), _): (&(About, Said, u64), _)| {
                    *about == shown.about && *what == Said::Later
                };
                shown.ended |= self.known.said.iter().any(later);
            }
            // What was never painted runs out without anybody having seen it.
            WithdrawReason::Expired if shown.toast || !shown.counted => {}
            WithdrawReason::Expired => {
                shown.ended = true;
                let (about, ran_out) = (shown.about.clone(), shown.at + 7 * DAY_MS);
                // It ran out seven days after it was shown, whenever a tab came to notice.
                self.say(time.min(ran_out), about, Said::Later, exposure.0);
            }
            WithdrawReason::Superseded
            | WithdrawReason::Owned
            | WithdrawReason::Converted
            | WithdrawReason::PeriodEnded
            | WithdrawReason::PlanChanged
            | WithdrawReason::Failed
            | WithdrawReason::Gone => shown.ended = true,
        }
    }

    fn presented(&mut self, time: i64, prompt: &Prompt, tab: &Tab) -> Result<(), String> {
        let about = self.about(prompt.prompt);
        let compiled = self.plim.root().prompts().get(prompt.prompt);
        let limit_hit = compiled.is_some_and(|prompt| prompt.trigger() == 2);
        let toast = prompt.surface == Surface::Toast;
        let interrupts = prompt.surface.lane() == Lane::Interrupt;
        let shown = Shown {
            about: about.clone(),
            at: time,
            epoch: self.known.epoch(),
            interrupts,
            limit_hit,
            toast,
            counted: false,
            ended: false,
        };
        self.fails_closed(prompt, &shown, tab)?;
        self.stands_in_its_arm(&shown)?;
        self.is_not_owned(time, prompt, &shown)?;
        if !toast {
            self.dismissals_hold(time, &shown)?;
            self.dates_hold(time, &shown.about, shown.epoch)?;
        }
        if !toast {
            self.nothing_higher_was_passed(prompt)?;
        }
        if !prompt.repaint && !toast {
            if self
                .known
                .shown
                .get(&prompt.exposure.0)
                .is_some_and(|shown| shown.counted)
            {
                return Err(format!(
                    "G3: {about:?} was counted already and is shown as if it were new"
                ));
            }
            if interrupts {
                self.caps_hold(time, prompt.exposure.0, &shown)?;
            }
            self.own_cap_holds(time, prompt.exposure.0, &shown)?;
        }
        self.open.retain(|open| open.exposure != prompt.exposure.0);
        self.open.push(Open {
            exposure: prompt.exposure.0,
            about,
            surface: prompt.surface,
            acting: false,
            said: prompt.reading,
        });
        self.known.shown.entry(prompt.exposure.0).or_insert(shown);
        if !prompt.repaint && !toast {
            self.each_crossing_is_shown_once()?;
        }
        Ok(())
    }

    fn recorded(&mut self, time: i64, event: &Recorded) -> Result<(), String> {
        match event {
            Recorded::ThresholdCrossed {
                meter,
                crossing,
                kind,
                basis_points,
                period_start,
                epoch,
                rise,
                ..
            } => {
                let key: CrossingKey = (*meter, period_start.0, *epoch, basis_points / 100, *rise);
                if let Some(known) = self.known.crossings.insert(*crossing, key) {
                    return Err(format!(
                        "G3: the crossing {crossing:016x} was reported as {known:?} and again as {key:?}"
                    ));
                }
                if *kind != CrossingKind::Carried {
                    self.known.showable.insert(*crossing, key);
                }
            }
            Recorded::PromptShown { about } => {
                if let Some(shown) = self.known.shown.get_mut(&about.exposure.0) {
                    // A closed showing is let go after a week; only lost memory shows it again then.
                    if shown.counted && shown.at > time - 7 * DAY_MS {
                        return Err(format!("G3: {:?} was counted twice", shown.about));
                    }
                    shown.counted = true;
                }
            }
            Recorded::Experiment {
                experiment,
                arm,
                diverged: false,
                ..
            } => {
                if let Some(other) = self.known.arms.insert(*experiment, *arm)
                    && other != *arm
                {
                    return Err(format!(
                        "G7: this unit was dealt arm {other} of experiment {experiment}, and then arm {arm}"
                    ));
                }
            }
            Recorded::ObjectionGiven { about, objection } => {
                self.objected(time, about.exposure, *objection)?
            }
            // What another tab had on its screen ends here in memory alone.
            Recorded::PromptWithdrawn { about, reason } => {
                self.ended(time, about.exposure, *reason)
            }
            _ => {}
        }
        Ok(())
    }

    /// G10: what is stored is bounded.
    pub fn stored(&self, bytes: &[u8]) -> Result<(), String> {
        if bytes.len() > STORED_MAX_BYTES {
            let rows = Memory::decode(bytes).unwrap_or_default();
            let tables = [
                Table::Cover,
                Table::Tally,
                Table::Mark,
                Table::Crossing,
                Table::Occasion,
                Table::Exposure,
                Table::Explored,
            ];
            let kinds: Vec<_> = tables
                .iter()
                .map(|table| (*table, rows.table(*table).len()))
                .collect();
            return Err(format!(
                "G10: memory takes {} bytes, {} rows, of them {kinds:?}",
                bytes.len(),
                rows.len()
            ));
        }
        Ok(())
    }

    /// G8: what a page asked to be stored is what it remembers, so that a crash loses nothing.
    pub fn nothing_is_lost(&self, bytes: &[u8], line: &[u8], tab: &Tab) -> Result<(), String> {
        let mut stored = Memory::decode(bytes).ok_or("G8: what was stored cannot be read")?;
        stored.merge(&Memory::decode(line).unwrap_or_default());
        // The clock's stamp follows every call, and of the marks the line carries the newest: without the
        // others a use may count twice until the next snapshot, and none is lost.
        let mut kept = tab.memory().clone();
        kept.retain(|row| !matches!(row.table, Table::Clock | Table::Mark));
        let before = stored.clone();
        if !stored.merge(&kept) {
            return Ok(());
        }
        let mut lost = stored;
        lost.retain(|row| before.find(row.table, row.a, row.b) != Some(&row.v));
        Err(format!("G8: a crash now would lose {lost:?}"))
    }

    fn about(&self, index: u32) -> About {
        let Some(prompt) = self.plim.root().prompts().get(index) else {
            return About::default();
        };
        (
            prompt.id().to_owned(),
            self.plim.subject_of(prompt).to_owned(),
        )
    }
}

/// Whether an answer was taken: what is offered no more when it is pressed is not.
pub fn taken(effects: &[Effect]) -> bool {
    let answered =
        |effect: &Effect| matches!(effect, Effect::Record(Recorded::PromptAnswered { .. }));
    effects.iter().any(answered)
}
