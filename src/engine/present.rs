//! Prompts and readings as JSON text: the one path for the view, headless hosts, events and explain.
//! Owns the names in that JSON; texts stay tokens, which `text.js` fills with the browser's `Intl`.
//! The start module hands the text to the shell, which parses it once.

use super::Engine;
use super::effect::{MeterState, Prompt, Surface};
use super::input::ActionKind;
use crate::json::Json;
use crate::plim;
use crate::unit::Limit;

const TONES: [&str; 5] = ["notice", "warning", "urgent", "limit", "offer"];
const TRIGGERS: [&str; 5] = [
    "threshold",
    "at_limit",
    "limit_hit",
    "explored",
    "trial_ending",
];

/// A preview is no price list: the next plan's first few features, in the policy's order.
const ALSO_MAX: usize = 4;

impl Engine {
    /// A prompt with everything needed to paint it: tokens of text, numbers, actions; no markup.
    #[must_use]
    pub fn prompt_json(&self, prompt: &Prompt) -> String {
        let mut json = Json::new();
        self.write_prompt(prompt, &mut json);
        json.finish()
    }

    /// Writes a prompt where one is expected.
    pub fn write_prompt(&self, shown: &Prompt, json: &mut Json) {
        let root = self.plim.root();
        let Some(prompt) = root.prompts().get(shown.prompt) else {
            json.raw("null");
            return;
        };
        json.object(|json| {
            json.key("exposure").hex(shown.exposure.0);
            json.key("prompt").string(prompt.id());
            json.key("surface").string(shown.surface.name());
            json.key("lane").string(shown.surface.lane().name());
            json.key("tone")
                .string(TONES.get(prompt.tone() as usize).unwrap_or(&"notice"));
            let trigger = TRIGGERS
                .get(prompt.trigger() as usize)
                .unwrap_or(&"threshold");
            json.key("trigger").string(trigger);
            json.key("subject")
                .object(|json| self.subject_json(prompt, json));
            if let Some(reading) = &shown.reading {
                json.key("state").string(reading.state.name());
            }
            json.key("values").object(|json| self.values(shown, json));
            json.key("texts").object(|json| {
                json.key("title").raw(prompt.title());
                json.key("body").list(|json| {
                    for sentence in prompt.body().iter() {
                        json.raw(sentence);
                    }
                });
            });
            self.image(shown, json);
            self.also(shown, json);
            json.key("actions").list(|json| {
                for (position, kind) in shown.actions.iter().enumerate() {
                    self.action(shown, kind, position == 0, json);
                }
            });
            self.plans(shown, json);
            json.key("repaint").boolean(shown.repaint);
        });
    }

    /// Writes the members `meter` or `feature`, where there is one.
    pub(super) fn subject_json(&self, prompt: plim::Prompt<'_>, json: &mut Json) {
        let root = self.plim.root();
        if prompt.subject_kind() == 1
            && let Some(meter) = root.meters().get(prompt.subject())
        {
            json.key("meter").string(meter.id());
        }
        if prompt.subject_kind() == 2
            && let Some(feature) = root.features().get(prompt.subject())
        {
            json.key("feature").string(feature.id());
        }
    }

    fn values(&self, shown: &Prompt, json: &mut Json) {
        let root = self.plim.root();
        if let Some(reading) = &shown.reading {
            json.key("used").number(reading.used);
            if let Some(Limit::Of(limit)) = reading.limit {
                json.key("limit").number(limit);
                json.key("percent").number(reading.basis_points / 100);
                json.key("remaining")
                    .number(limit.wrapping_sub(reading.used).max(0));
            }
            if reading.state == MeterState::OverLimit
                && let Some(Limit::Of(limit)) = reading.limit
            {
                json.key("over").number(reading.used.wrapping_sub(limit));
            }
        }
        if let Some(meter) = shown.meter.and_then(|meter| root.meters().get(meter)) {
            json.key("meter").raw(meter.name());
        }
        if let Some(feature) = shown
            .feature
            .and_then(|feature| root.features().get(feature))
        {
            json.key("feature").string(feature.name());
            if !feature.outcome().is_empty() {
                json.key("outcome").string(feature.outcome());
            }
        }
        if let Some(date) = shown.date {
            json.key("date").number(date.0);
        }
        if let Some(plan) = shown.plan.and_then(|plan| root.plans().get(plan)) {
            json.key("plan").string(plan.name());
        }
        if let Some(next) = shown.next_plan.and_then(|plan| root.plans().get(plan)) {
            json.key("next_plan").string(next.name());
            if let Some(limit) = shown.next_limit {
                json.key("next_limit").number(limit);
            }
            if next.price_minor() >= 0 && !next.price_currency().is_empty() {
                json.key("price").object(|json| {
                    json.key("amount_minor").number(next.price_minor());
                    json.key("currency").string(next.price_currency());
                    if !next.price_per().is_empty() {
                        json.key("per").string(next.price_per());
                    }
                });
            }
        }
        if !shown.owner.is_empty() {
            json.key("owner").string(&shown.owner);
        }
        let offer = shown
            .actions
            .iter()
            .next()
            .map_or("later", |kind| kind.name());
        json.key("action").string(offer);
    }

    fn image(&self, shown: &Prompt, json: &mut Json) {
        let feature = shown
            .feature
            .and_then(|feature| self.plim.root().features().get(feature));
        let Some(feature) = feature.filter(|_| shown.surface != Surface::Toast) else {
            return;
        };
        if !feature.image().is_empty() {
            json.key("image").object(|json| {
                json.key("src").string(feature.image());
                json.key("alt").string(feature.image_alt());
            });
        }
    }

    /// What else the next plan has that the account lacks: a preview is of one feature among some.
    fn also(&self, shown: &Prompt, json: &mut Json) {
        let root = self.plim.root();
        let next = shown.next_plan.and_then(|plan| root.plans().get(plan));
        let Some(next) = next.filter(|_| shown.feature.is_some()) else {
            return;
        };
        let features = next.features().iter();
        let others =
            features.filter(|&index| shown.feature != Some(index) && !self.has_feature(index));
        let mut names = others
            .filter_map(|index| root.features().get(index))
            .take(ALSO_MAX)
            .peekable();
        if names.peek().is_some() {
            json.key("also")
                .list(|json| names.for_each(|feature| json.string(feature.name())));
        }
    }

    fn action(&self, shown: &Prompt, kind: ActionKind, first: bool, json: &mut Json) {
        let root = self.plim.root();
        json.object(|json| {
            json.key("id").string(kind.name());
            json.key("label")
                .raw(root.action_labels().get(kind as u32).unwrap_or("[]"));
            if first && !matches!(kind, ActionKind::Later | ActionKind::Never) {
                json.key("primary").boolean(true);
            }
            if kind == ActionKind::Never {
                json.key("menu").boolean(true);
            }
            let link = match kind {
                ActionKind::Upgrade => root.checkout_link(),
                ActionKind::TalkToSales => root.sales_link(),
                _ => "",
            };
            if !link.is_empty() {
                json.key("href").string(&self.filled(link, shown));
            }
        });
    }

    fn plans(&self, shown: &Prompt, json: &mut Json) {
        let plans = self.plim.root().plans();
        let from = shown.plan.and_then(|plan| plans.get(plan));
        let to = shown.next_plan.and_then(|plan| plans.get(plan));
        json.key("plan").object(|json| {
            if let Some(from) = from {
                json.key("from").string(from.id());
            }
            if let Some(to) = to {
                json.key("to").string(to.id());
            }
        });
    }

    /// A link with its placeholders filled; every value is percent-encoded.
    fn filled(&self, link: &str, shown: &Prompt) -> String {
        let root = self.plim.root();
        let mut filled = String::with_capacity(link.len());
        let mut rest = link;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return filled;
            };
            let value = match name {
                "plan" => shown
                    .next_plan
                    .and_then(|plan| root.plans().get(plan))
                    .map(|plan| plan.id()),
                "meter" => shown
                    .meter
                    .and_then(|at| root.meters().get(at))
                    .map(|meter| meter.id()),
                "feature" => shown
                    .feature
                    .and_then(|at| root.features().get(at))
                    .map(|feature| feature.id()),
                "account" => Some(self.identity.account.as_str()),
                _ => None,
            };
            percent_encode(value.unwrap_or_default(), &mut filled);
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// Writes a limit: a number, `"unlimited"` or `"none"`.
pub(super) fn limit_json(limit: Limit, json: &mut Json) {
    match limit {
        Limit::Of(limit) => json.number(limit),
        Limit::Unlimited => json.string("unlimited"),
        Limit::None => json.string("none"),
    }
}

fn percent_encode(value: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            into.push(char::from(byte));
        } else {
            into.push('%');
            for nibble in [byte >> 4, byte & 15] {
                into.push(char::from(
                    HEX.get(usize::from(nibble)).copied().unwrap_or(b'0'),
                ));
            }
        }
    }
}
