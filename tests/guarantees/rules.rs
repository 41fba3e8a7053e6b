//! The guarantees themselves: each a function over what a page knows and shows now, and the sentence of
//! what was broken. They change nothing; `watch` calls them when an input or an effect concerns them.

use super::super::known::{About, Said, Shown, Truth};
use super::{DAY_MS, HOUR_MS, LADDER_MS, TOLERANCE_MS, Watch};
use crate::spec_reader::tab::Tab;
use plimsoll::Effect;
use plimsoll::engine::effect::{Event as Recorded, Lane, Prompt, Surface};
use plimsoll::engine::input::{ActionKind, Now};

/// Prompts that an arm of the policy has for itself or leaves out: prompt, experiment, arm, whether it has it.
const OF_ARMS: [(&str, &str, u32, bool); 2] =
    [("most", "offers", 1, true), ("runs-out", "words", 2, false)];

impl Watch {
    /// G3: a jump shows only the highest; what it passed on the way is not shown afterwards.
    pub(super) fn nothing_higher_was_passed(&self, prompt: &Prompt) -> Result<(), String> {
        let compiled = self.plim.root().prompts().get(prompt.prompt);
        let (meter, percent) = match compiled {
            Some(prompt) if prompt.trigger() == 0 => (prompt.subject(), prompt.value() / 100),
            _ => return Ok(()),
        };
        let Some(reading) = &prompt.reading else {
            return Ok(());
        };
        let period = reading.period_start.0;
        let higher = self.known.showable.values().find(|key| {
            (key.0, key.1, key.2) == (meter, period, self.known.epoch())
                && key.3 > percent
                && period > 0
        });
        match higher {
            Some(key) => Err(format!(
                "G3: {percent} % of meter {meter} is shown after {} % was passed",
                key.3
            )),
            None => Ok(()),
        }
    }

    /// G6: nothing that interrupts without a snapshot, with a plan nobody knows, or with unreadable memory.
    pub(super) fn fails_closed(
        &self,
        prompt: &Prompt,
        shown: &Shown,
        tab: &Tab,
    ) -> Result<(), String> {
        let about = &shown.about;
        if shown.toast || prompt.surface.lane() == Lane::Inline {
            return Ok(());
        }
        let plan_known = self.known.truth.as_ref().is_some_and(|truth| {
            self.plim
                .root()
                .plans()
                .iter()
                .any(|plan| plan.id() == truth.plan)
        });
        let context = &tab.context;
        let broken = if self.known.truth.is_none() {
            "without a snapshot"
        } else if !plan_known {
            "on a plan that the policy does not have"
        } else if self.damaged && shown.interrupts {
            "over memory that could not be read"
        } else if !context.storage {
            "without storage"
        } else if !context.visible || context.busy || context.dialog_open {
            "on a page that does not allow it"
        } else if self.jumped && !prompt.repaint {
            "after a jump of the clock"
        } else {
            return Ok(());
        };
        Err(format!("G6: {about:?} is shown {broken}"))
    }

    /// G7: what an arm adds is shown in that arm alone, and what it drops not in it.
    pub(super) fn stands_in_its_arm(&self, shown: &Shown) -> Result<(), String> {
        for (prompt, experiment, arm, added) in OF_ARMS {
            let experiments = self.plim.root().experiments();
            let place = experiments.iter().position(|own| own.id() == experiment);
            let dealt = place.and_then(|place| self.known.arms.get(&(place as u32)));
            if shown.about.0 == prompt && (dealt == Some(&arm)) != added {
                return Err(format!(
                    "G7: {prompt} is shown in arm {dealt:?} of {experiment}"
                ));
            }
        }
        Ok(())
    }

    /// G4: nothing the account owns, nothing during a purchase, no offer to whom sales is talking.
    pub(super) fn is_not_owned(
        &self,
        time: i64,
        prompt: &Prompt,
        shown: &Shown,
    ) -> Result<(), String> {
        let about = &shown.about;
        let dismissals = [ActionKind::Later, ActionKind::Never];
        let offers = prompt
            .actions
            .iter()
            .any(|action| !dismissals.contains(&action));
        let Some(truth) = &self.known.truth else {
            return Ok(());
        };
        let plan = self
            .plim
            .root()
            .plans()
            .iter()
            .find(|plan| plan.id() == truth.plan);
        let compiled = self.plim.root().prompts().get(prompt.prompt);
        if let Some(compiled) = compiled.filter(|compiled| compiled.subject_kind() == 2) {
            let feature = compiled.subject();
            let by_plan =
                plan.is_some_and(|plan| plan.features().iter().any(|index| index == feature));
            let key = self
                .plim
                .root()
                .features()
                .get(feature)
                .map_or(0, |feature| feature.key());
            if by_plan || truth.features.contains(&key) {
                return Err(format!(
                    "G4: {about:?} is offered to an account that has it"
                ));
            }
        }
        if prompt.next_plan.is_some() && prompt.next_plan <= prompt.plan {
            return Err(format!(
                "G4: {about:?} offers a plan that is not above the account's"
            ));
        }
        let pending = self
            .known
            .converted
            .iter()
            .any(|(from, at)| truth.epoch <= *from && time < *at + DAY_MS - TOLERANCE_MS);
        let quiet = if pending {
            "after a conversion"
        } else if truth.conversation {
            "during a sales conversation"
        } else {
            if prompt.actions.contains(ActionKind::Upgrade) && !truth.can_purchase {
                return Err(format!("G4: {about:?} offers to buy to someone who cannot"));
            }
            return Ok(());
        };
        if !shown.toast || offers {
            return Err(format!("G4: {about:?} is shown {quiet}"));
        }
        Ok(())
    }

    /// G5: `never` for ever, `later` as long as it said.
    pub(super) fn dismissals_hold(&self, time: i64, shown: &Shown) -> Result<(), String> {
        for ((about, what, _), (at, epoch, rung)) in &self.known.said {
            if *about != shown.about {
                continue;
            }
            let broken = match what {
                Said::Never => true,
                Said::Later => {
                    let hold = LADDER_MS.get(*rung).copied().unwrap_or(0);
                    *epoch == shown.epoch && time < at + hold - TOLERANCE_MS
                }
            };
            if broken {
                let ago = (time - at) / HOUR_MS;
                return Err(format!(
                    "G5: {about:?} is shown {ago} hours after {what:?} number {}",
                    rung + 1
                ));
            }
        }
        Ok(())
    }

    /// G2: one interruption in 24 h, three in a week; limit hits two in 24 h and one per meter in 4 h.
    pub(super) fn caps_hold(&self, time: i64, exposure: u64, shown: &Shown) -> Result<(), String> {
        let within = |span: i64, matches: &dyn Fn(&Shown) -> bool| {
            let counted = self.known.shown.iter().filter(|(id, other)| {
                let real = other.counted || self.open.iter().any(|open| open.exposure == **id);
                **id != exposure
                    && other.interrupts
                    && real
                    && other.at > time - span + TOLERANCE_MS
                    && matches(other)
            });
            counted.count()
        };
        let about = &shown.about;
        if within(7 * DAY_MS, &|_| true) >= 3 {
            return Err(format!("G2: {about:?} is a fourth interruption in a week"));
        }
        if !shown.limit_hit {
            return if within(DAY_MS, &|_| true) > 0 {
                Err(format!("G2: {about:?} is a second interruption in a day"))
            } else {
                Ok(())
            };
        }
        if within(DAY_MS, &|other| other.limit_hit) >= 2 {
            return Err(format!(
                "G2: {about:?} is a third limit hit's modal in a day"
            ));
        }
        if within(4 * HOUR_MS, &|other| {
            other.limit_hit && other.about == *about
        }) > 0
        {
            return Err(format!(
                "G2: {about:?} is a second modal for one meter in four hours"
            ));
        }
        Ok(())
    }

    /// G2 for a prompt's own caps.
    pub(super) fn own_cap_holds(
        &self,
        time: i64,
        exposure: u64,
        shown: &Shown,
    ) -> Result<(), String> {
        let root = self.plim.root();
        let Some(prompt) = root
            .prompts()
            .iter()
            .find(|prompt| prompt.id() == shown.about.0)
        else {
            return Ok(());
        };
        for cap in prompt.caps().iter() {
            let inside = self.known.shown.iter().filter(|(id, other)| {
                let real = other.counted || self.open.iter().any(|open| open.exposure == **id);
                **id != exposure
                    && other.about == shown.about
                    && real
                    && other.at > time - cap.per_ms() + TOLERANCE_MS
            });
            if inside.count() >= cap.count() as usize {
                return Err(format!("G2: {:?} is over its own cap", shown.about));
            }
        }
        Ok(())
    }

    /// G3: no more showings of a threshold than crossings of it and showings that ended without an answer.
    pub(super) fn each_crossing_is_shown_once(&self) -> Result<(), String> {
        let root = self.plim.root();
        for (index, prompt) in root.prompts().iter().enumerate() {
            let percent = match prompt.trigger() {
                0 => prompt.value() / 100,
                1 => 100,
                _ => continue,
            };
            // What stands in the page where the host put it is not spent by an act.
            if Surface::from_word(prompt.surface()) == Surface::Inline {
                continue;
            }
            let about = self.about(u32::try_from(index).unwrap_or(0));
            let of_it = |shown: &&Shown| shown.about == about;
            let shown = self
                .known
                .shown
                .values()
                .filter(of_it)
                .filter(|shown| shown.counted)
                .count();
            if shown < 2 {
                continue;
            }
            let meter = prompt.subject();
            let crossings = self
                .known
                .showable
                .values()
                .filter(|key| key.0 == meter && key.3 == percent)
                .count();
            let later = |id: &u64| {
                self.known
                    .said
                    .contains_key(&(about.clone(), Said::Later, *id))
            };
            let again = self
                .known
                .shown
                .iter()
                .filter(|(_, shown)| of_it(shown) && shown.counted)
                .filter(|(id, shown)| shown.ended || later(id))
                .count();
            if shown > crossings + again {
                return Err(format!(
                    "G3: {about:?} was shown {shown} times for {crossings} crossings, {again} of them put off"
                ));
            }
        }
        Ok(())
    }

    /// G3: a jump over several thresholds reports each.
    pub(super) fn jumps_report_all(&self, effects: &[Effect]) -> Result<(), String> {
        for effect in effects {
            let Effect::Record(Recorded::ThresholdCrossed {
                meter,
                count,
                limit,
                period_start,
                epoch,
                ..
            }) = effect
            else {
                continue;
            };
            let mut expected: Vec<(i64, i64)> = Vec::new();
            for percent in [50, 75, 90] {
                let lower = (limit * percent + 99) / 100;
                if lower < *count && lower < *limit {
                    expected.retain(|(other, _)| *other != lower);
                    expected.push((lower, percent));
                }
            }
            for (lower, percent) in expected {
                let reported = self.known.crossings.values().any(|key| {
                    (key.0, key.1, key.2, key.3) == (*meter, period_start.0, *epoch, percent)
                });
                if !reported {
                    return Err(format!(
                        "G3: {percent} % of meter {meter} ({lower}) was passed and not reported"
                    ));
                }
            }
        }
        Ok(())
    }

    /// G1 within a tab: one dialog, one banner, one toast.
    pub(super) fn one_at_a_time(&self) -> Result<(), String> {
        let of = |surface: Surface| {
            self.open
                .iter()
                .filter(|open| open.surface == surface)
                .count()
        };
        let (banners, toasts) = (of(Surface::Banner), of(Surface::Toast));
        if banners > 1 || toasts > 1 || self.interrupts_open() > 1 {
            let open: Vec<&About> = self.open.iter().map(|open| &open.about).collect();
            return Err(format!("G1: {open:?} are open in one tab"));
        }
        Ok(())
    }

    /// G4: what was open before is withdrawn in this very step, and the question why not with it.
    pub(super) fn all_are_withdrawn(
        &self,
        open_then: &[u64],
        effects: &[Effect],
        why: &str,
    ) -> Result<(), String> {
        let withdrawn = |id: &u64| {
            effects.iter().any(
                |effect| matches!(effect, Effect::Withdraw { exposure, .. } if exposure.0 == *id),
            )
        };
        // The end of a trial is no matter of the plan: another tab may have shown it in the new epoch already.
        let about_the_plan = |id: &u64| {
            self.known
                .shown
                .get(id)
                .is_none_or(|shown| !shown.about.1.is_empty())
        };
        let kept = |id: &&u64| {
            !withdrawn(id)
                && about_the_plan(id)
                && self.open.iter().any(|open| open.exposure == **id)
        };
        if self.asked.is_some_and(|asked| about_the_plan(&asked.0)) {
            return Err(format!("G4: the question why not outlived {why}"));
        }
        match open_then.iter().find(kept) {
            Some(id) => {
                let about = self.known.shown.get(id).map(|shown| &shown.about);
                Err(format!("G4: {about:?} outlived {why}"))
            }
            None => Ok(()),
        }
    }

    /// G8: no use and no release is lost.
    /// Whether painted yet or on its way to the screen.
    pub(super) fn prompts_say_what_is_read(&self, tab: &Tab, now: Now) -> Result<(), String> {
        if !self.figures_count {
            // More writers than memory has room for.
            return Ok(());
        }
        for open in &self.open {
            let Some(said) = open.said else { continue };
            let (prompt, meter) = &open.about;
            let read = tab.read(now, meter).unwrap_or(said);
            if (said.used, said.limit) != (read.used, read.limit) {
                return Err(format!(
                    "G8: {prompt} says {} of {:?} {meter} where {} of {:?} are read",
                    said.used, said.limit, read.used, read.limit
                ));
            }
        }
        Ok(())
    }

    pub(super) fn figures_add_up(&self, tab: &Tab, now: Now) -> Result<(), String> {
        if self.damaged || !self.figures_count {
            // What the damaged berth had counted is gone; everything since is held to.
            return Ok(());
        }
        let nothing = std::collections::BTreeMap::new();
        // No figure says anything of these.
        let (_, desks) = self.known.net("desks", &nothing, i64::MIN / 2);
        let desks = desks.max(0);
        let read = tab.read(now, "desks").map_or(0, |reading| reading.used);
        if read != desks {
            return Err(format!(
                "G8: {desks} desks were used here and {read} are read"
            ));
        }
        let Some(truth) = &self.known.truth else {
            return Ok(());
        };
        if let Some((used, held)) = &truth.rooms {
            let (least, most) = self.known.net("rooms", held, truth.server_time);
            let rooms = (used + least).max(0)..=(used + most).max(0);
            let reading = tab.read(now, "rooms");
            let read = reading.map_or(0, |reading| reading.used);
            if !rooms.contains(&read)
                && reading.is_some_and(|reading| reading.limit.number().is_some())
            {
                let tallies: Vec<_> = self
                    .known
                    .tallies
                    .iter()
                    .filter(|((meter, _), _)| meter == "rooms")
                    .collect();
                return Err(format!(
                    "G8: {rooms:?} rooms are used and {read} are read; snapshot {used} of {held:?}, tallies {tallies:?}"
                ));
            }
        }
        Ok(())
    }

    /// G8: a use too young for the server to have heard of it stays on top of the server's figure.
    pub(super) fn young_uses_stay(&self, truth: &Truth, tab: &Tab, now: Now) -> Result<(), String> {
        let (Some(figure), Some(reading)) = (truth.emails, tab.read(now, "emails")) else {
            return Ok(());
        };
        // The settling time is five seconds; engine time may lag two behind, as late as snapshots are.
        let young = |(at, _): &&(i64, i64)| {
            *at > truth.server_time - 2_900 && *at >= reading.period_start.0
        };
        let used = figure
            + self
                .mails
                .iter()
                .filter(young)
                .map(|(_, amount)| amount)
                .sum::<i64>();
        if reading.used < used && !reading.provisional {
            return Err(format!(
                "G8: {used} e-mails are used and {} are read",
                reading.used
            ));
        }
        Ok(())
    }
}
