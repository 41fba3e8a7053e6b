//! Prompts that wait for the same occasion on the same page: what one answers the other does not.
//! Owns what counts as the same, and which routes cover which; knows nothing of plans and limits.
//! A part of `lint`.

use crate::engine::effect::Surface;
use crate::policy::prompt::Prompt;
use crate::policy::subject::Subjects;
use crate::policy::trigger::{About, Trigger};
use crate::policy::walk::{At, Walk};

/// Others that wait for the same: one showing answers the occasion for both.
pub(super) fn check(
    walk: &mut Walk,
    at: &At<'_>,
    prompt: &Prompt,
    others: &[&Prompt],
    subjects: &Subjects,
) {
    for other in others
        .iter()
        .filter(|other| other.is_on && prompt.competes(other))
    {
        let about = match (&prompt.about, &other.about) {
            (About::Meters(one), About::Meters(two)) => {
                let meter = one.iter().find(|meter| two.contains(meter));
                meter
                    .and_then(|meter| subjects.meters.get(*meter))
                    .map(|meter| &meter.id)
            }
            (About::Features(one), About::Features(two)) => {
                let feature = one.iter().find(|feature| two.contains(feature));
                feature
                    .and_then(|at| subjects.features.get(*at))
                    .map(|feature| &feature.id)
            }
            _ => None,
        };
        if about.is_none() && prompt.about != About::Account {
            continue;
        }
        let on = about.map_or_else(String::new, |id| format!(" on `{id}`"));
        let message = format!(
            "`{}` waits for the same{on}; what one answers the other does not",
            other.id
        );
        let help = match (prompt.trigger, about) {
            _ if other.is_own => "keep one of them, or part them by `routes`".to_owned(),
            (Trigger::Threshold { .. }, Some(meter)) => format!(
                "leave it out of the `thresholds` of `{meter}`, or give this one the id `{}`",
                other.id
            ),
            _ => format!(
                "give this one the id `{}`, or switch that off: `{{\"id\": \"{}\", \"on\": false}}`",
                other.id, other.id
            ),
        };
        walk.error(at, "trigger_shared", message, help);
    }
}

impl Prompt {
    /// Whether both would answer one occasion on one page.
    fn competes(&self, other: &Self) -> bool {
        let inline = self.surface == Surface::Inline || other.surface == Surface::Inline;
        let all = ["/*".to_owned()];
        let within = |prompt: &'_ Self| match prompt.routes_in.as_slice() {
            [] => all.to_vec(),
            routes => routes.to_vec(),
        };
        let (here, there) = (within(self), within(other));
        let meet = here
            .iter()
            .any(|one| there.iter().any(|two| covers(one, two) || covers(two, one)));
        let outside = |routes: &[String], out: &[String]| {
            routes
                .iter()
                .all(|route| out.iter().any(|wider| covers(wider, route)))
        };
        let apart = outside(&here, &other.routes_out) || outside(&there, &self.routes_out);
        // One for some people beside one for all is meant so.
        let same = self.trigger == other.trigger && self.audience == other.audience;
        same && !inline && meet && !apart
    }
}

/// Whether a pattern of routes matches all that another does.
pub(super) fn covers(wider: &str, narrower: &str) -> bool {
    match wider.strip_suffix('*') {
        Some(stem) => narrower
            .strip_suffix('*')
            .unwrap_or(narrower)
            .starts_with(stem),
        None => wider == narrower,
    }
}
