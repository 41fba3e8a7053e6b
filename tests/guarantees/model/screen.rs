//! The screen of the second engine: what may not stand goes, what is open is painted, what passes is shown.
//! Knows nothing of why a candidate is held; asks `stages`.
//! Every input ends here.

use super::quota::{code_of, fallen};
use super::stages::{interrupts, stands_as};
use super::{DAY, Judged, Model, Showing};

impl Model {
    /// Brings figures, crossings and the screen in line with what is known now.
    pub(super) fn settle(&mut self, now: i64) {
        self.look(now);
        self.take_back(now);
        self.paint_again(now);
        let judged = self.judge(now);
        for candidate in judged.iter().filter(|judged| judged.held.is_none()) {
            if self.prompt(candidate.prompt).trigger() == 2 {
                let meter = self.meter_of(candidate.prompt).unwrap();
                self.hits.remove(&meter);
            }
            self.present(candidate, candidate.surface, now);
        }
        self.answer_hits(now, &judged);
    }

    fn present(&mut self, judged: &Judged, surface: &'static str, now: i64) {
        let here = |shown: &Showing| shown.on_screen && shown.prompt == judged.prompt;
        if surface == "inline" && self.shown.iter().any(here)
            || self.failed.contains(&self.variant(judged.prompt))
        {
            return;
        }
        self.shown.push(Showing {
            prompt: judged.prompt,
            surface,
            occasion: judged.occasion.clone(),
            at: now,
            epoch: self.epoch(),
            open: true,
            on_screen: true,
        });
        self.out
            .push(format!("show {} {surface}", self.name(judged.prompt)));
    }

    /// A blocked attempt always gets an answer: what was not shown as a dialog comes as a toast.
    fn answer_hits(&mut self, now: i64, judged: &[Judged]) {
        for candidate in judged {
            let Some(meter) = self.meter_of(candidate.prompt) else {
                continue;
            };
            let hit = self.hits.get(&meter).cloned();
            let Some(hit) = hit.filter(|hit| hit.occasion == candidate.occasion) else {
                continue;
            };
            if candidate.held == Some("lease") && now < hit.at + 400 {
                return;
            }
            self.hits.remove(&meter);
            let on_screen = |shown: &Showing| shown.on_screen && shown.prompt == candidate.prompt;
            if self.shown.iter().any(on_screen) {
                continue;
            }
            for place in 0..self.shown.len() {
                if self.shown[place].on_screen && self.shown[place].surface == "toast" {
                    self.close(place, "superseded");
                }
            }
            self.present(candidate, "toast", now);
        }
    }

    fn close(&mut self, place: usize, reason: &str) {
        let shown = &mut self.shown[place];
        let was_there = shown.on_screen;
        (shown.open, shown.on_screen) = (false, false);
        let prompt = shown.prompt;
        if was_there {
            self.out
                .push(format!("withdraw {} {reason}", self.name(prompt)));
        }
    }

    fn take_back(&mut self, now: i64) {
        for place in 0..self.shown.len() {
            let shown = self.shown[place].clone();
            if let Some(reason) = Some(&shown)
                .filter(|shown| shown.open)
                .and_then(|_| self.over(&shown, now))
            {
                self.close(place, reason);
                let said = self.laters.get(&shown.prompt).and_then(|said| said.last());
                if reason == "expired"
                    && shown.surface != "toast"
                    && said.is_none_or(|said| said.said < shown.at)
                {
                    // Seven days without an answer are a `later`.
                    self.put_off(shown.prompt, (shown.at + 7 * DAY).min(now), now);
                }
                if matches!(reason, "owned" | "converted") {
                    self.answered.insert(shown.occasion.clone());
                }
            } else if shown.on_screen
                && shown.open
                && interrupts(shown.surface)
                && !self.context.lease
            {
                self.shown[place].on_screen = false;
                self.out
                    .push(format!("withdraw {} lease", self.name(shown.prompt)));
            }
        }
    }

    /// Why an open showing may not stand any longer.
    fn over(&self, shown: &Showing, now: i64) -> Option<&'static str> {
        if self.told.is_some() && shown.epoch != self.epoch() {
            return Some("plan_changed");
        }
        let toast = shown.surface == "toast";
        if now - shown.at >= if toast { 60_000 } else { 7 * DAY } {
            return Some("expired");
        }
        if self.pending(now) {
            return Some("converted");
        }
        if self.told.is_some() && !self.stands(shown.prompt) {
            return Some("gone");
        }
        if toast {
            return None;
        }
        match self.owned(shown.prompt, now) {
            Some("provisional") => return Some("period_ended"),
            Some("unknown_plan") => return Some("plan_changed"),
            Some(_) => return Some("owned"),
            None => {}
        }
        let answered = shown.surface != "inline" && self.answered.contains(&shown.occasion);
        if answered || self.choice(shown.prompt, now).is_some() {
            return self.settled(shown, now).or(Some("answered"));
        }
        self.settled(shown, now)
    }

    /// Whether what it speaks of has passed.
    fn settled(&self, shown: &Showing, now: i64) -> Option<&'static str> {
        let compiled = self.prompt(shown.prompt);
        let Some(meter) = self.meter_of(shown.prompt) else {
            let over = compiled.trigger() == 4 && !self.trial_ends_within(compiled.value(), now);
            return over.then_some("period_ended");
        };
        let reading = self.reading(meter, now);
        if shown.at < reading.start {
            return Some("period_ended");
        }
        if compiled.trigger() == 5 {
            let over = self.projected(meter, now).0 == 0;
            let below = reading.used < reading.limit;
            return over.then_some(if below { "owned" } else { "superseded" });
        }
        let code = code_of(
            compiled.trigger(),
            compiled.threshold_kind(),
            compiled.value(),
        )?;
        let steps = self.steps(meter, reading.limit);
        let Some(step) = steps.iter().find(|step| step.code == code) else {
            return Some(if reading.limit > 0 {
                "superseded"
            } else {
                "owned"
            });
        };
        if self.top(meter, now) > step.count {
            return Some("superseded");
        }
        let fired = self.fired(meter, code, now);
        let same = fired.is_some_and(|(_, _, occasion)| occasion == shown.occasion);
        (!same || fallen(step, &reading)).then_some("owned")
    }

    fn paint_again(&mut self, now: i64) {
        loop {
            let waits = |place: &usize| {
                let shown = &self.shown[*place];
                let in_the_way = self.shown.iter().any(|other| {
                    other.on_screen
                        && shown.surface != "inline"
                        && stands_as(other.surface) == stands_as(shown.surface)
                });
                shown.open
                    && !shown.on_screen
                    && shown.surface != "toast"
                    && !in_the_way
                    && !self.failed.contains(&self.variant(shown.prompt))
                    && self
                        .page_allows(shown.surface, interrupts(shown.surface), now)
                        .is_none()
            };
            let first = (0..self.shown.len()).filter(waits);
            let Some(place) = first.min_by_key(|place| {
                let prompt = self.shown[*place].prompt;
                (self.prompt(prompt).rank(), prompt)
            }) else {
                return;
            };
            self.shown[place].on_screen = true;
            let shown = &self.shown[place];
            self.out.push(format!(
                "show {} {} again",
                self.name(shown.prompt),
                shown.surface
            ));
        }
    }
}
