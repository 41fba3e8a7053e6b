//! The stages of the second engine, in the order of the description.
//! Knows nothing of how figures come about; asks `quota` for them.
//! `screen` shows what passes all of them.

use super::quota::{WEEK, code_of, fallen};
use super::{DAY, HOUR, Judged, Kind, Model, Showing};
use plimsoll::plim::Cap;
use serde_json::Value;

const SURFACES: [&str; 6] = ["banner", "modal", "preview", "toast", "inline", "inline"];

pub fn interrupts(surface: &str) -> bool {
    matches!(surface, "modal" | "preview")
}

pub fn stands_as(surface: &'static str) -> &'static str {
    if surface == "preview" {
        "modal"
    } else {
        surface
    }
}

impl Model {
    pub(super) fn meter_of(&self, prompt: usize) -> Option<usize> {
        let compiled = self.prompt(prompt);
        (compiled.subject_kind() == 1).then(|| compiled.subject() as usize)
    }

    /// What each prompt comes to that these arms have.
    pub fn judged(&self, mono: i64) -> Vec<Judged> {
        self.judge(self.time(mono))
    }

    pub(super) fn judge(&self, now: i64) -> Vec<Judged> {
        let mut judged: Vec<Judged> = (0..self.written.names.len())
            .filter(|prompt| self.stands(*prompt))
            .map(|prompt| self.candidate(prompt, now))
            .collect();
        for lane in ["modal", "banner", "toast"] {
            let in_lane = |surface: &'static str| stands_as(surface) == lane;
            // What is on the screen goes before what is open elsewhere.
            let occupies = |seen: bool| {
                let mut shown = self.shown.iter();
                shown.find(|shown| {
                    in_lane(shown.surface)
                        && (shown.on_screen && seen || !seen && lane == "modal" && shown.open)
                })
            };
            let occupied = occupies(true).or(occupies(false)).map(|shown| shown.prompt);
            let mut best: Option<(u32, usize)> = None;
            for (place, candidate) in judged.iter_mut().enumerate() {
                if candidate.held.is_some() || !in_lane(candidate.surface) {
                    continue;
                }
                let compiled = self.prompt(candidate.prompt);
                let same = |shown: &Showing| {
                    (shown.on_screen || shown.open)
                        && shown.prompt == candidate.prompt
                        && shown.surface != "inline"
                };
                let open =
                    lane != "toast" && compiled.trigger() != 2 && self.shown.iter().any(same);
                if open || occupied.is_some() {
                    candidate.held = Some("lane_occupied");
                    candidate.by = if open {
                        Some(candidate.prompt)
                    } else {
                        occupied
                    };
                } else if best.is_none_or(|best| (compiled.rank(), place) < best) {
                    best = Some((compiled.rank(), place));
                }
            }
            let Some((_, first)) = best else {
                continue;
            };
            let (occasion, by) = (judged[first].occasion.clone(), judged[first].prompt);
            for (place, candidate) in judged.iter_mut().enumerate() {
                if candidate.held.is_some() || place == first {
                    continue;
                }
                if in_lane(candidate.surface) {
                    (candidate.held, candidate.by) = (Some("outranked"), Some(by));
                } else if candidate.surface != "inline" && candidate.occasion == occasion {
                    (candidate.held, candidate.by) = (Some("answered_by_other"), Some(by));
                }
            }
        }
        judged
    }

    fn candidate(&self, prompt: usize, now: i64) -> Judged {
        let mut judged = Judged {
            prompt,
            surface: SURFACES[self.prompt(prompt).surface() as usize],
            held: None,
            occasion: String::new(),
            since: 0,
            by: None,
        };
        judged.held = self
            .trigger(&mut judged, now)
            .or_else(|| self.spent(&judged))
            .or_else(|| self.owned(prompt, now))
            .or_else(|| self.audience(&judged, now))
            .or_else(|| {
                let hidden = self.held_out && self.written.hides();
                (hidden && judged.surface != "inline").then_some("held_out")
            })
            .or_else(|| self.choice(prompt, now))
            .or_else(|| self.pacing(&judged, now))
            .or_else(|| {
                let compiled = self.prompt(prompt);
                let capped = !compiled.caps().is_empty() || compiled.group() != 0;
                self.page_allows(judged.surface, capped || interrupts(judged.surface), now)
            })
            .or_else(|| {
                self.failed
                    .contains(&self.variant(prompt))
                    .then_some("failed")
            });
        judged
    }

    fn trigger(&self, judged: &mut Judged, now: i64) -> Option<&'static str> {
        let compiled = self.prompt(judged.prompt);
        let subject = compiled.subject() as usize;
        match compiled.trigger() {
            0 | 1 => {
                let code = code_of(
                    compiled.trigger(),
                    compiled.threshold_kind(),
                    compiled.value(),
                )?;
                let steps = self.steps(subject, self.steps_limit(subject, now));
                let Some(step) = steps.iter().find(|step| step.code == code) else {
                    return Some(if steps.is_empty() {
                        "not_fired"
                    } else {
                        "superseded"
                    });
                };
                let Some((kind, since, occasion)) = self.fired(subject, code, now) else {
                    return Some("not_fired");
                };
                if kind == Kind::Carried {
                    return Some("not_fired");
                }
                if self.top(subject, now) > step.count
                    || self.overtaken(subject, step.count, since, now)
                {
                    return Some("superseded");
                }
                if fallen(step, &self.reading(subject, now)) {
                    return Some("not_fired");
                }
                (judged.since, judged.occasion) = (since, occasion);
                if kind == Kind::FirstSight && interrupts(judged.surface) {
                    judged.surface = "banner";
                }
                None
            }
            2 => {
                let Some(hit) = self.hits.get(&subject) else {
                    return Some("not_fired");
                };
                (judged.since, judged.occasion) = (hit.at, hit.occasion.clone());
                None
            }
            3 => {
                let explored = self.explored.iter().filter(|(feature, step, at)| {
                    *feature == subject
                        && compiled.steps() & 1 << step != 0
                        && now - at < compiled.window_ms()
                });
                let times: Vec<i64> = explored.map(|(_, _, at)| *at).collect();
                let newest = times.iter().max().copied().unwrap_or(0);
                if (times.len() as i64) < compiled.value() || now - newest >= HOUR / 2 {
                    return Some("not_fired");
                }
                judged.since = newest;
                judged.occasion = format!("explored {subject} {newest}");
                None
            }
            5 => {
                let (day, ..) = self.projected(subject, now);
                if day == 0 || day / DAY - now / DAY > compiled.value() {
                    return Some("not_fired");
                }
                judged.since = now / DAY * DAY;
                let start = self.start_of(subject, &self.reading(subject, now));
                judged.occasion = format!("projected {subject} {start} {}", self.epoch());
                None
            }
            6 => {
                if self.score(now).tenths < compiled.value() {
                    return Some("not_fired");
                }
                judged.since = self.passed_at;
                judged.occasion = format!("score {} {}", compiled.value(), self.falls);
                None
            }
            7 => {
                let days = compiled.window_ms() / DAY;
                let (count, newest) = self.looked_back(compiled.steps(), days, now);
                if count < compiled.value() {
                    return Some("not_fired");
                }
                judged.since = newest * DAY;
                judged.occasion = format!("signal {} {newest}", compiled.steps());
                None
            }
            _ => {
                if !self.trial_ends_within(compiled.value(), now) {
                    return Some("not_fired");
                }
                let ends = self.told.as_ref().map_or(0, |told| told.trial_ends);
                judged.since = ends - compiled.value();
                judged.occasion = format!("trial {ends} {}", compiled.value());
                None
            }
        }
    }

    /// Without a plan that is known no threshold is in force.
    fn steps_limit(&self, meter: usize, now: i64) -> i64 {
        if self.plan().is_none() {
            0
        } else {
            self.reading(meter, now).limit
        }
    }

    /// How and when a threshold was passed that stands, and its identity.
    pub(super) fn fired(
        &self,
        meter: usize,
        code: (u32, i64),
        now: i64,
    ) -> Option<(Kind, i64, String)> {
        let reading = self.reading(meter, now);
        let start = self.start_of(meter, &reading);
        let name = |rise: usize| format!("cross {meter} {start} {} {code:?} {rise}", self.epoch());
        if reading.provisional {
            let steps = self.steps(meter, reading.limit);
            let step = steps.iter().find(|step| step.code == code)?;
            // Nobody can tell yet when.
            return (reading.used >= step.count).then(|| (Kind::Crossed, 0, name(0)));
        }
        let passes = self.passes(meter, start, code);
        let last = passes.last().filter(|passed| !passed.over)?;
        Some((last.kind, last.at, name(passes.len() - 1)))
    }

    /// The highest threshold with a prompt that was passed and stands; 0 for none.
    pub(super) fn top(&self, meter: usize, now: i64) -> i64 {
        let steps = self.steps(meter, self.steps_limit(meter, now));
        let stands = |kind: Option<(Kind, i64, String)>| {
            kind.is_some_and(|(kind, ..)| kind != Kind::Carried)
        };
        let mut passed = steps.iter().rev().filter(|step| step.prompted);
        let highest = passed.find(|step| stands(self.fired(meter, step.code, now)));
        highest.map_or(0, |step| step.count)
    }

    /// Whether a higher one was passed since, though a level may have fallen below that again.
    fn overtaken(&self, meter: usize, count: i64, since: i64, now: i64) -> bool {
        let reading = self.reading(meter, now);
        let start = self.start_of(meter, &reading);
        let steps = self.steps(meter, reading.limit);
        let later = |step: &super::quota::Step| {
            let passes = self.passes(meter, start, step.code);
            passes
                .last()
                .is_some_and(|last| last.at >= since && (last.over || last.kind != Kind::Carried))
        };
        !reading.provisional
            && steps
                .iter()
                .any(|step| step.count > count && step.prompted && later(step))
    }

    pub(super) fn trial_ends_within(&self, span: i64, now: i64) -> bool {
        let ends = self.told.as_ref().map_or(0, |told| told.trial_ends);
        0 < ends - now && ends - now <= span
    }

    fn spent(&self, judged: &Judged) -> Option<&'static str> {
        if judged.surface == "inline" {
            return None;
        }
        if self
            .spent
            .get(&judged.occasion)
            .is_some_and(|by| self.prompt(*by).key() != self.prompt(judged.prompt).key())
            || self.shown.iter().any(|shown| {
                shown.on_screen
                    && shown.surface != "inline"
                    && shown.occasion == judged.occasion
                    && shown.prompt != judged.prompt
            })
        {
            return Some("answered_by_other");
        }
        self.answered.contains(&judged.occasion).then_some("spent")
    }

    pub(super) fn pending(&self, now: i64) -> bool {
        self.converted
            .is_some_and(|(epoch, at)| self.epoch() <= epoch && now < at + DAY)
    }

    pub(super) fn owned(&self, prompt: usize, now: i64) -> Option<&'static str> {
        let Some(told) = &self.told else {
            return Some("snapshot_missing");
        };
        if self.plan().is_none() {
            return Some("unknown_plan");
        }
        if self.pending(now) {
            return Some("pending_purchase");
        }
        if told.sales {
            return Some("sales_conversation");
        }
        let compiled = self.prompt(prompt);
        if compiled.subject_kind() == 2 {
            return self
                .has_feature(compiled.subject() as usize)
                .then_some("plan_includes");
        }
        let meter = self.meter_of(prompt)?;
        let reading = self.reading(meter, now);
        if reading.limit == -2 {
            return Some("plan_includes");
        }
        let id = self
            .own
            .plim
            .root()
            .meters()
            .get(meter as u32)
            .unwrap()
            .id();
        if self.is_soft(meter) && told.overage.iter().any(|own| own == id) {
            return Some("overage_accepted");
        }
        reading.provisional.then_some("provisional")
    }

    fn audience(&self, judged: &Judged, now: i64) -> Option<&'static str> {
        let (told, pacing) = (self.told.as_ref()?, self.own.plim.root().pacing().get(0)?);
        if self.prompt(judged.prompt).titled() == 0 {
            return Some("no_text");
        }
        let written = self.own.written(judged.prompt);
        if !self.is_meant(&written["audience"]) {
            return Some("condition");
        }
        let matches = |patterns: &Value| {
            let mut patterns = patterns.as_array().into_iter().flatten();
            patterns.any(|pattern| route_matches(pattern.as_str().unwrap(), &self.context.route))
        };
        let (within, without) = (&written["routes"]["in"], &written["routes"]["out"]);
        let leads_there = ["/pricing", "/checkout"].contains(&self.context.route.as_str());
        if leads_there || !within.is_null() && !matches(within) || matches(without) {
            return Some("route");
        }
        // Of unknown age passes.
        if judged.surface == "banner" && told.account_made + pacing.min_account_age_ms() > now {
            return Some("account_too_new");
        }
        (judged.surface != "inline" && told.user_made + pacing.min_user_age_ms() > now)
            .then_some("user_too_new")
    }

    pub(super) fn choice(&self, prompt: usize, now: i64) -> Option<&'static str> {
        if self.nevers.get(&prompt).is_some_and(|until| *until > now) {
            return Some("never");
        }
        let mut said = self.laters.get(&prompt)?.iter();
        said.any(|later| later.epoch == self.epoch() && later.until > now)
            .then_some("later")
    }

    /// When a window of a cap has room again; none when it has now.
    fn full(&self, cap: (u32, i64), now: i64, counts: &dyn Fn(&Showing) -> bool) -> Option<i64> {
        let (count, per) = cap;
        let inside = self
            .shown
            .iter()
            .filter(|shown| shown.at + per > now && counts(shown));
        let times: Vec<i64> = inside.map(|shown| shown.at).collect();
        (times.len() >= count as usize).then(|| times.iter().min().copied().unwrap_or(now) + per)
    }

    fn pacing(&self, judged: &Judged, now: i64) -> Option<&'static str> {
        let (root, compiled) = (self.own.plim.root(), self.prompt(judged.prompt));
        if compiled.delay_ms() > 0 && now < judged.since + compiled.delay_ms() {
            return Some("delay");
        }
        let pair = |cap: Cap<'_>| (cap.count(), cap.per_ms());
        if judged.surface != "inline" {
            let own = |shown: &Showing| shown.prompt == judged.prompt;
            if compiled
                .caps()
                .iter()
                .any(|cap| self.full(pair(cap), now, &own).is_some())
            {
                return Some("cap_prompt");
            }
            for group in root
                .groups()
                .iter()
                .filter(|group| group.key() == compiled.group())
            {
                let of_it = |shown: &Showing| self.prompt(shown.prompt).group() == group.key();
                if group
                    .caps()
                    .iter()
                    .any(|cap| self.full(pair(cap), now, &of_it).is_some())
                {
                    return Some("cap_group");
                }
            }
        }
        if !interrupts(judged.surface) {
            return None;
        }
        let pacing = root.pacing().get(0)?;
        let any = |shown: &Showing| interrupts(shown.surface);
        let hits = |shown: &Showing| any(shown) && self.prompt(shown.prompt).trigger() == 2;
        let hit = compiled.trigger() == 2;
        if hit {
            // Caps of its own stand in place of the gap and of all but the weekly budget.
            let here = |shown: &Showing| {
                hits(shown) && self.meter_of(shown.prompt) == self.meter_of(judged.prompt)
            };
            if self
                .full((1, pacing.limit_hit_gap_ms()), now, &here)
                .is_some()
            {
                return Some("gap");
            }
            if self
                .full((pacing.limit_hit_per_day(), DAY), now, &hits)
                .is_some()
            {
                return Some("cap_all");
            }
        } else if self.full((1, pacing.gap_ms()), now, &any).is_some() {
            return Some("gap");
        }
        // Of several that are full, the one that is so for longest gives the reason.
        let caps = pacing
            .caps()
            .iter()
            .filter(|cap| !hit || cap.per_ms() >= WEEK);
        let full =
            caps.filter_map(|cap| Some((self.full(pair(cap), now, &any)?, cap.per_ms() >= WEEK)));
        let mut longest: Option<(i64, bool)> = None;
        for (until, weekly) in full {
            if longest.is_none_or(|longest| until > longest.0) {
                longest = Some((until, weekly));
            }
        }
        longest.map(|(_, weekly)| if weekly { "weekly_budget" } else { "cap_all" })
    }

    pub(super) fn page_allows(
        &self,
        surface: &str,
        needs_lease: bool,
        now: i64,
    ) -> Option<&'static str> {
        if surface == "inline" {
            return None;
        }
        let context = &self.context;
        let pacing = self.own.plim.root().pacing().get(0)?;
        let minute = (now / 60_000 + i64::from(context.utc_offset_minutes)).rem_euclid(1_440);
        let (from, to) = (i64::from(pacing.quiet_from()), i64::from(pacing.quiet_to()));
        let quiet = if from <= to {
            from <= minute && minute < to
        } else {
            minute >= from || minute < to
        };
        let reasons = [
            (!context.storage, "no_storage"),
            (self.jumped, "clock_jump"),
            (
                interrupts(surface) && self.told.is_none(),
                "snapshot_missing",
            ),
            (!context.visible, "hidden"),
            (context.busy, "busy"),
            (context.dialog_open, "dialog_open"),
            (quiet, "quiet_hours"),
            (needs_lease && !context.lease, "lease"),
        ];
        reasons
            .iter()
            .find(|(holds, _)| *holds)
            .map(|(_, reason)| *reason)
    }
}

/// A star at the end stands for the rest.
fn route_matches(pattern: &str, route: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => route.starts_with(start),
        None => pattern == route,
    }
}
