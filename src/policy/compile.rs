//! Compiling: one policy and one locale become the arena that a browser decides with.
//! Owns the instances of prompts and the words that go with them; a policy that was read always compiles.
//! `plim::write` lays the drafts out; the engine reads them in place.

use super::Policy;
use super::plan::{Plan, Quota};
use super::prompt::Prompt;
use super::speaker::{Speaker, speakers, words};
use super::subject::{Feature, Meter};
use super::text::Text;
use super::texts::{BuiltIn, Words, source};
use super::trigger::{About, Trigger};
use super::variants::{Variant, variants};
use crate::engine::effect::Surface;
use crate::engine::input::ActionKind;
use crate::json::Json;
use crate::plim::{
    self, FeatureDraft, MeterDraft, Numbers, PlanDraft, PromptDraft, QuotaDraft, RootDraft,
    SignalDraft,
};
use crate::pql::score::TENTHS;
use crate::unit::Key;
use crate::wire::trigger_name;

/// Prompts of one rank follow the policy's order.
const ORDERS: i64 = 65_536;

impl Policy {
    /// The compiled policy in the language of a locale, else in the default one, else in English.
    #[must_use]
    pub fn compile(&self, locale: &str) -> Vec<u8> {
        let mut built_in = BuiltIn::english();
        while let Some(tag) = self.lacks(locale, &built_in) {
            built_in.add(tag, source(tag));
        }
        self.compile_with(locale, &built_in)
    }

    /// The same with built-in texts of which some may not be there: `lacks` names them.
    #[must_use]
    pub fn compile_with(&self, locale: &str, built_in: &BuiltIn) -> Vec<u8> {
        let speakers = speakers(self, built_in, locale);
        let (root, words) = self.draft(&speakers);
        plim::write(&root, &words)
    }

    fn draft(&self, speakers: &[Speaker<'_>]) -> (RootDraft, String) {
        let (signals, score_rules) = self.scoring.for_browser(&self.waited_for());
        let mut root = RootDraft {
            revision: self.revision.clone(),
            locale: locale_of(speakers.first()),
            plans: self.plans.iter().map(|plan| self.plan(plan)).collect(),
            meters: self
                .subjects
                .meters
                .iter()
                .enumerate()
                .map(|(at, meter)| self.meter(at, meter))
                .collect(),
            features: self.subjects.features.iter().map(feature_draft).collect(),
            groups: self
                .pacing
                .groups
                .iter()
                .map(super::pacing::Group::draft)
                .collect(),
            checkout_link: self.links.checkout.clone(),
            pricing_link: self.links.pricing.clone(),
            sales_link: self.links.sales.clone(),
            target_routes: [&self.links.checkout, &self.links.pricing, &self.links.sales]
                .into_iter()
                .flat_map(|link| super::link::routes_to(link))
                .collect(),
            pricing_routes: super::link::routes_to(&self.links.pricing),
            settle_ms: self.settle_ms,
            utc_offset_ms: self.utc_offset_ms,
            recording_percent: self.recording_percent,
            saved_groups: self.saved_groups.clone(),
            patterns: self.patterns.clone(),
            signals,
            score_rules,
            ..RootDraft::default()
        };
        self.add_experiments(&mut root);
        let mut said = Said::default();
        for variant in variants(&self.prompts, &self.experiments) {
            self.add_instance(&mut root, variant, speakers, &mut said);
        }
        let words = self.words(speakers, &said, &root.signals);
        (root, words)
    }

    /// The keys of the signals that prompts wait for, in whatever arm.
    fn waited_for(&self) -> Vec<u32> {
        let all = variants(&self.prompts, &self.experiments).into_iter();
        all.filter_map(|variant| match variant.prompt.trigger {
            Trigger::Signal { key, .. } => Some(key),
            _ => None,
        })
        .collect()
    }

    /// Adds experiments, and the pacing of the policy and of their arms.
    fn add_experiments(&self, root: &mut RootDraft) {
        let mut pacing = vec![self.pacing.draft.clone()];
        let drafts = self.experiments.iter().map(|experiment| {
            experiment.draft(|arm| match &arm.pacing {
                Some(own) => {
                    pacing.push(own.clone());
                    word(pacing.len().saturating_sub(1))
                }
                None => 0,
            })
        });
        root.experiments = drafts.collect();
        root.pacing = pacing;
        if let Some(holdout) = &self.holdout {
            root.holdout = holdout.draft();
            root.holdout_prompts = u32::from(holdout.holds_prompts);
        }
    }

    /// What only people read; `pkg/shell/words.js` puts it together with the engine's figures.
    fn words(&self, speakers: &[Speaker<'_>], said: &Said, signals: &[SignalDraft]) -> String {
        let mut json = Json::new();
        json.object(|json| {
            json.key("revision").string(&self.revision);
            json.key("locale").string(&locale_of(speakers.first()));
            if self.debug {
                json.key("debug").number(1);
            }
            if let Some(speaker) = speakers.first() {
                self.spoken(speaker, json);
            }
            json.key("others").object(|json| {
                for speaker in speakers.iter().skip(1) {
                    if said.locales.contains(&speaker.locale) {
                        json.key(&speaker.locale)
                            .object(|json| self.spoken(speaker, json));
                    }
                }
            });
            json.key("links").object(|json| {
                let links = [
                    (ActionKind::Upgrade, &self.links.checkout),
                    (ActionKind::TalkToSales, &self.links.sales),
                ];
                for (action, link) in links {
                    // An action without a link is the form's, or the host's.
                    if link != super::link::FORM {
                        text(json, action.name(), link);
                    }
                }
            });
            json.key("experiments").list(|json| {
                for experiment in &self.experiments {
                    json.object(|json| {
                        json.key("id").string(&experiment.id);
                        json.key("arms").list(|json| {
                            for arm in &experiment.arms {
                                json.string(&arm.id);
                            }
                        });
                    });
                }
            });
            json.key("signals").list(|json| {
                for signal in signals {
                    json.string(&signal.id);
                }
            });
            json.key("said").list(|json| {
                for said in &said.texts {
                    json.raw(said);
                }
            });
            json.key("prompts").list(|json| {
                for instance in &said.instances {
                    json.list(|json| instance.iter().for_each(|index| json.number(*index)));
                }
            });
        });
        json.finish()
    }

    /// What one speaker says for whatever prompt: labels, and the names of things.
    fn spoken(&self, speaker: &Speaker<'_>, json: &mut Json) {
        json.key("ui").object(|json| speaker.ui(json));
        json.key("actions").list(|json| speaker.action_labels(json));
        json.key("plans").list(|json| {
            for plan in &self.plans {
                json.object(|json| plan_words(plan, speaker, json));
            }
        });
        json.key("meters").list(|json| {
            for meter in &self.subjects.meters {
                json.object(|json| meter_words(meter, speaker, json));
            }
        });
        json.key("features").list(|json| {
            for feature in &self.subjects.features {
                json.object(|json| feature_words(feature, speaker, json));
            }
        });
    }

    /// One instance, known to its subject by its index.
    fn add_instance(
        &self,
        root: &mut RootDraft,
        variant: Variant<'_>,
        speakers: &[Speaker<'_>],
        said: &mut Said,
    ) {
        let (prompt, subject) = (variant.prompt, variant.subject);
        let (speaker, words) = words(speakers, prompt).unzip();
        let index = word(root.prompts.len());
        let mut usage = None;
        match prompt.about {
            About::Account => root.general_prompts.push(index),
            About::Meters(_) => {
                let meter = self.subjects.meters.get(subject);
                usage = meter.zip(speaker).and_then(|(meter, by)| by.usage(meter));
                if let Some(meter) = root.meters.get_mut(subject) {
                    meter.prompts.push(index);
                }
            }
            About::Features(_) => {
                if let Some(feature) = root.features.get_mut(subject) {
                    feature.prompts.push(index);
                }
            }
        }
        let locale = locale_of(speaker);
        let said_text = prompt_words(prompt, &locale, words, usage);
        root.prompts.push(PromptDraft {
            subject: word(subject),
            titled: u32::from(words.is_some()),
            look: crate::unit::fnv32(format!("{}{}", said_text, prompt.actions).as_bytes()),
            arms: variant.arms,
            ..prompt_draft(prompt, variant.order)
        });
        let subject = i64::from(word(subject));
        let about = match prompt.about {
            About::Account => [-1, -1],
            About::Meters(_) => [subject, -1],
            About::Features(_) => [-1, subject],
        };
        said.add(about, said_text);
        if !said.locales.contains(&locale) {
            said.locales.push(locale);
        }
    }

    fn plan(&self, plan: &Plan) -> PlanDraft {
        let quota = |meter: usize| {
            plan.quotas
                .iter()
                .find(|(own, _)| *own == meter)
                .map(|(_, quota)| *quota)
        };
        PlanDraft {
            key: Key::of(&plan.id).0,
            id: plan.id.clone(),
            fact: fact(&plan.id),
            buy: plan.buy,
            quotas: (0..self.subjects.meters.len())
                .map(|meter| quota_draft(quota(meter)))
                .collect(),
            features: plan.features.iter().map(|index| word(*index)).collect(),
        }
    }

    fn meter(&self, index: usize, meter: &Meter) -> MeterDraft {
        MeterDraft {
            key: Key::of(&meter.id).0,
            id: meter.id.clone(),
            kind: u32::from(meter.is_level),
            thresholds: self.thresholds_on(index),
            prompts: Vec::new(),
        }
    }
}

/// An id as conditions read it: `s`, then its lower case where that is another.
fn fact(id: &str) -> String {
    let lower = id.to_ascii_lowercase();
    if lower == id {
        format!("s{id}")
    } else {
        format!("s{id}\u{2}s{lower}")
    }
}

fn feature_draft(feature: &Feature) -> FeatureDraft {
    FeatureDraft {
        key: Key::of(&feature.id).0,
        id: feature.id.clone(),
        prompts: Vec::new(),
    }
}

/// `{"id", "name", "price": {"amount_minor", "currency", "per"}, "features": [indexes]}`
fn plan_words(plan: &Plan, speaker: &Speaker<'_>, json: &mut Json) {
    json.key("id").string(&plan.id);
    json.key("name").string(&speaker.say(&plan.name, &plan.id));
    if let Some(price) = &plan.price {
        json.key("price").object(|json| {
            json.key("amount_minor").number(price.amount_minor);
            json.key("currency").string(&price.currency);
            text(json, "per", price.per);
        });
    }
    json.key("features").list(|json| {
        for index in &plan.features {
            json.number(i64::from(word(*index)));
        }
    });
}

/// `{"id", "name": {"one": "e-mail", "other": "e-mails"}}`
fn meter_words(meter: &Meter, speaker: &Speaker<'_>, json: &mut Json) {
    json.key("id").string(&meter.id);
    json.key("name")
        .object(|json| match speaker.first(&meter.name) {
            Some(forms) => forms
                .iter()
                .for_each(|(form, word)| json.key(form).string(word)),
            None => json.key("other").string(&meter.id),
        });
}

/// `{"id", "name", "outcome", "image", "alt"}`, each but the first two where the policy has it.
fn feature_words(feature: &Feature, speaker: &Speaker<'_>, json: &mut Json) {
    json.key("id").string(&feature.id);
    json.key("name")
        .string(&speaker.say(&feature.name, &feature.id));
    for (name, words) in [
        ("outcome", &feature.outcome),
        ("image", &feature.image),
        ("alt", &feature.image_alt),
    ] {
        text(json, name, &speaker.say(words, ""));
    }
}

/// A member that is left out when it is empty.
fn text(json: &mut Json, name: &str, value: &str) {
    if !value.is_empty() {
        json.key(name).string(value);
    }
}

fn quota_draft(quota: Option<Quota>) -> QuotaDraft {
    let Some(quota) = quota else {
        return QuotaDraft::default();
    };
    QuotaDraft {
        limit: quota.limit.0,
        soft: u32::from(quota.is_soft),
        period: quota.period,
    }
}

fn locale_of(speaker: Option<&Speaker<'_>>) -> String {
    speaker.map_or_else(String::new, |speaker| speaker.locale.clone())
}

/// What people read of a prompt, and where: `{"prompt", "locale", "tone", "trigger", "edge", "slot", "title", "body"}`,
/// `edge` and `slot` where the policy says them.
fn prompt_words(
    prompt: &Prompt,
    locale: &str,
    words: Option<&Words>,
    usage: Option<&Text>,
) -> String {
    let mut json = Json::new();
    json.object(|json| {
        json.key("prompt").string(&prompt.id);
        json.key("locale").string(locale);
        json.key("tone").string(prompt.trigger.tone());
        json.key("trigger")
            .string(trigger_name(prompt.trigger.word()));
        if let Some(at_bottom) = prompt.at_bottom {
            json.key("edge")
                .string(if at_bottom { "bottom" } else { "top" });
        }
        text(json, "slot", &prompt.slot);
        if let Some(words) = words {
            json.key("title").raw(&words.title.json(usage));
            json.key("body").list(|json| {
                for sentence in &words.body {
                    json.raw(&sentence.json(usage));
                }
            });
        }
    });
    json.finish()
}

/// What people read of the instances, each text once: most differ in their subject only.
#[derive(Default)]
struct Said {
    texts: Vec<String>,
    /// By instance: its text, and the index of its meter or feature, -1 for none.
    instances: Vec<[i64; 3]>,
    /// The languages they are in.
    locales: Vec<String>,
    known: Numbers,
}

impl Said {
    fn add(&mut self, [meter, feature]: [i64; 2], text: String) {
        let next = u64::from(word(self.texts.len()));
        let at = self.known.of(&text, next);
        if at == next {
            self.texts.push(text);
        }
        self.instances.push([at.cast_signed(), meter, feature]);
    }
}

/// All of an instance but its subject and its words.
fn prompt_draft(prompt: &Prompt, order: usize) -> PromptDraft {
    let (threshold_kind, value, window_ms, steps) = match prompt.trigger {
        Trigger::Threshold { kind, value } => (kind, value, 0, 0),
        Trigger::AtLimit | Trigger::LimitHit => (0, 0, 0, 0),
        Trigger::Explored {
            times,
            window_ms,
            steps,
        } => (0, times, window_ms, steps),
        Trigger::TrialEnding { before_ms } => (0, before_ms, 0, 0),
        Trigger::Projected { days } => (0, days, 0, 0),
        Trigger::Score { points } => (0, points.saturating_mul(TENTHS), 0, 0),
        Trigger::Signal {
            key,
            count,
            window_ms,
        } => (0, count, window_ms, key),
    };
    let is_feature = matches!(prompt.about, About::Features(_));
    let rank = prompt.rank.unwrap_or_else(|| prompt.trigger.rank());
    let rank = rank
        .saturating_mul(ORDERS)
        .saturating_add(i64::from(word(order)).min(ORDERS - 1));
    PromptDraft {
        key: Key::of(&prompt.id).0,
        id: prompt.id.clone(),
        trigger: prompt.trigger.word(),
        threshold_kind,
        value,
        window_ms,
        steps,
        subject_kind: match prompt.about {
            About::Account => 0,
            About::Meters(_) => 1,
            About::Features(_) => 2,
        },
        surface: match prompt.surface {
            Surface::Banner => 0,
            Surface::Modal => 1,
            Surface::Preview => 2,
            Surface::Toast => 3,
            Surface::Inline if is_feature => 5,
            Surface::Inline => 4,
        },
        rank: u32::try_from(rank).unwrap_or(u32::MAX),
        group: prompt.group.as_ref().map_or(0, |group| Key::of(group).0),
        caps: prompt.caps.clone(),
        routes_in: prompt.routes_in.clone(),
        routes_out: prompt.routes_out.clone(),
        delay_ms: prompt.delay_ms,
        actions: prompt.actions,
        audience: prompt.audience.clone(),
        ..PromptDraft::default()
    }
}

fn word(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(plim::NONE)
}
