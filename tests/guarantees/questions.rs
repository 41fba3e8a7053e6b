//! The question after a modal, as the watcher holds it to what is promised: whom it is asked, how often, and
//! what an answer does. A part of `watch`, which calls these functions for an effect; knows no engine.

use super::super::known::{About, Said, Shown};
use super::super::world::said;
use super::{DAY_MS, Event, TOLERANCE_MS, Watch};
use plimsoll::engine::input::{Objection, Response};
use plimsoll::unit::ExposureId;

/// Nobody is asked twice in this span.
const RESTS_MS: i64 = 30 * DAY_MS;

impl Watch {
    /// G2: asked is who has just put a modal off, and nobody twice in thirty days.
    pub(super) fn may_be_asked(
        &mut self,
        time: i64,
        exposure: ExposureId,
        event: &Event,
    ) -> Result<(), String> {
        let put_off = match event {
            Event::Responded(id, response) => {
                *id == exposure && *response != Response::Close && said(*response).is_some()
            }
            _ => false,
        };
        let shown = self.known.shown.get(&exposure.0);
        if !put_off || !shown.is_some_and(|shown| shown.interrupts) {
            return Err(format!(
                "G2: asked about {exposure:?}, which nobody has put off"
            ));
        }
        if let Some(before) = self.known.asked.replace(time)
            && time < before + RESTS_MS - TOLERANCE_MS
        {
            let days = (time - before) / DAY_MS;
            return Err(format!("G2: asked again after {days} days"));
        }
        self.asked = Some(exposure);
        Ok(())
    }

    /// An answer counts once, and only where there was a question; a date that it gives is kept.
    pub(super) fn objected(
        &mut self,
        time: i64,
        exposure: ExposureId,
        objection: Objection,
    ) -> Result<(), String> {
        if self.asked.take() != Some(exposure) {
            return Err(format!(
                "G3: {objection:?} was taken of somebody who was not asked"
            ));
        }
        let days = match objection {
            Objection::NextWeek => 7,
            Objection::NextMonth => 30,
            Objection::NextQuarter => 91,
            Objection::Price | Objection::Comparing | Objection::NotMyDecision => return Ok(()),
        };
        let Some(Shown { about, epoch, .. }) = self.known.shown.get(&exposure.0).cloned() else {
            return Ok(());
        };
        if self
            .known
            .said
            .contains_key(&(about.clone(), Said::Later, exposure.0))
        {
            let date = (epoch, time + days * DAY_MS);
            let known = self.known.dates.entry(about).or_insert(date);
            *known = date.max(*known);
        }
        Ok(())
    }

    /// G5: "not before next month" is kept.
    pub(super) fn dates_hold(&self, time: i64, about: &About, epoch: i64) -> Result<(), String> {
        match self.known.dates.get(about) {
            Some((then, until)) if *then == epoch && time < until - TOLERANCE_MS => {
                let days = (until - time) / DAY_MS;
                Err(format!(
                    "G5: {about:?} is shown {days} days before the date that was asked for"
                ))
            }
            _ => Ok(()),
        }
    }
}
