//! Experiments: units, seeds, phases, and what each arm changes of prompts, thresholds and pacing.
//! Owns what an arm may override, and that two experiments never decide about one prompt; deals no arms.
//! `variants` turns the arms into instances of prompts, `targeting` deals the arms in the browser.

use super::condition::Conditions;
use super::pacing::Pacing;
use super::prompt::{self, Around, Prompt};
use super::split;
use super::subject::{self, Subjects, Threshold, fresh_id};
use super::tree::Tree;
use super::walk::{At, Fields, Walk};
use crate::plim::{ExperimentDraft, PacingDraft, SplitDraft};
use crate::unit::Key;

/// Experiments of one policy.
const EXPERIMENTS_MAX: usize = 100;
/// Arms of one experiment, the control among them; each is one bit of a mask.
const ARMS_MAX: usize = 10;
const WEIGHT_MAX: i64 = 1_000;
const PHASE_MAX: i64 = 1_000;
const FIELDS: &[&str] = &[
    "id",
    "on",
    "unit",
    "seed",
    "phase",
    "coverage_percent",
    "namespace",
    "audience",
    "arms",
];
const ARM_FIELDS: &[&str] = &["id", "weight", "thresholds", "meters", "prompts", "pacing"];

/// An experiment that is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Experiment {
    pub id: String,
    /// Teammates are dealt to one by one, not by account.
    pub by_user: bool,
    pub seed: String,
    pub phase: u32,
    /// In percent.
    pub coverage: i32,
    pub namespace: Option<Namespace>,
    /// A condition; "" for everyone.
    pub audience: String,
    pub arms: Vec<Arm>,
}

/// A part of all units that exclusive experiments share out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Namespace {
    pub id: String,
    /// In percent.
    pub from: i32,
    pub to: i32,
}

/// One branch of an experiment: its whole policy, as far as it may differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arm {
    pub id: String,
    pub weight: u16,
    /// All prompts that stand in this arm.
    pub prompts: Vec<Prompt>,
    /// The thresholds of each meter in this arm.
    pub thresholds: Vec<Vec<Threshold>>,
    /// The pacing in this arm, when it is another.
    pub pacing: Option<PacingDraft>,
}

/// Units that stay out of every experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holdout {
    pub percent: i32,
    pub seed: String,
    /// They see no prompts either, but for answers to what they try.
    pub holds_prompts: bool,
}

/// The policy without experiments, which arms change.
pub(super) struct Base<'p> {
    pub around: Around<'p>,
    pub prompts: &'p [Prompt],
    pub thresholds: &'p [Threshold],
    pub pacing: &'p Pacing,
    /// The policy wants the built-in prompts.
    pub with_defaults: bool,
}

/// The thresholds of each meter: its own, else the policy's, and those that prompts of the policy name.
pub(super) fn thresholds_of(
    subjects: &Subjects,
    general: &[Threshold],
    prompts: &[Prompt],
) -> Vec<Vec<Threshold>> {
    let meters = subjects.meters.iter().enumerate();
    let of_meter = meters.map(|(index, meter)| {
        let mut thresholds = meter.thresholds.clone().unwrap_or_else(|| general.to_vec());
        let named = prompts
            .iter()
            .filter_map(|prompt| prompt.threshold_on(index));
        thresholds.extend(named);
        thresholds.sort_unstable();
        thresholds.dedup();
        thresholds
    });
    of_meter.collect()
}

/// Reads `experiments`; those that are off are checked and left out.
pub(super) fn read(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    base: &Base<'_>,
    conditions: &mut Conditions<'_>,
) -> Vec<Experiment> {
    let (mut experiments, mut places): (Vec<Experiment>, Vec<usize>) = Default::default();
    let mut ids: Vec<String> = Vec::new();
    for (index, item) in walk.list(tree, at, EXPERIMENTS_MAX).iter().enumerate() {
        let place = At::Item(at, index);
        let Some(fields) = walk.fields(item, &place, FIELDS, &[]) else {
            continue;
        };
        let id = read_id(walk, &fields, &place, &ids, "experiment");
        ids.extend(id.clone());
        let is_on = fields
            .of("on")
            .and_then(|tree| walk.boolean(tree, &At::Field(&place, "on")));
        let read = read_one(
            walk,
            &fields,
            &place,
            id.unwrap_or_default(),
            base,
            conditions,
        );
        if let Some(experiment) = read
            && is_on != Some(false)
        {
            experiments.push(experiment);
            places.push(index);
        }
    }
    for (later, place) in places.iter().enumerate() {
        check_overlap(walk, &At::Item(at, *place), &experiments, later, base);
    }
    experiments
}

fn read_id(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    known: &[String],
    what: &str,
) -> Option<String> {
    let tree = walk.required(fields, at, "id")?;
    let place = At::Field(at, "id");
    let id = walk.string(tree, &place)?;
    let known = known.iter().map(String::as_str);
    fresh_id(walk, id, &place, known, what, usize::MAX)
}

fn read_one(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    id: String,
    base: &Base<'_>,
    conditions: &mut Conditions<'_>,
) -> Option<Experiment> {
    let unit = fields
        .of("unit")
        .and_then(|tree| walk.one_of(tree, &At::Field(at, "unit"), &["account", "user"], &[]));
    let seed = read_seed(walk, fields, at);
    let phase = walk.integer_or(fields, at, "phase", 1..=PHASE_MAX, 1);
    let coverage = walk.integer_or(fields, at, "coverage_percent", 1..=100, 100);
    let namespace = fields
        .of("namespace")
        .map(|tree| read_namespace(walk, tree, &At::Field(at, "namespace")));
    let audience = fields
        .of("audience")
        .map(|tree| conditions.read(walk, tree, &At::Field(at, "audience")));
    let place = At::Field(at, "arms");
    let tree = walk.required(fields, at, "arms")?;
    let items = walk.list(tree, &place, ARMS_MAX);
    if items.len() < 2 && matches!(tree, Tree::List(_)) && !items.is_empty() {
        walk.error(
            &place,
            "too_few_arms",
            "one arm has nothing to be compared with".into(),
            "add a second; the first is the control and changes nothing",
        );
    }
    if items.is_empty() && matches!(tree, Tree::List(_)) {
        let help = "name a control that changes nothing, and one arm or more that do";
        walk.error(&place, "empty", "the experiment has no arms".into(), help);
    }
    let mut arms: Vec<Arm> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = At::Item(&place, index);
        let Some(fields) = walk.fields(item, &place, ARM_FIELDS, &[]) else {
            continue;
        };
        let known: Vec<String> = arms.iter().map(|arm| arm.id.clone()).collect();
        let id = read_id(walk, &fields, &place, &known, "arm");
        let arm = read_arm(
            walk,
            &fields,
            &place,
            id.unwrap_or_default(),
            base,
            conditions,
        );
        arms.push(arm);
    }
    Some(Experiment {
        seed: seed.unwrap_or_else(|| id.clone()),
        id,
        by_user: unit == Some(1),
        phase: u32::try_from(phase).unwrap_or(1),
        coverage: percent(coverage),
        audience: audience.unwrap_or_default(),
        namespace,
        arms,
    })
}

fn read_seed(walk: &mut Walk, fields: &Fields<'_>, at: &At<'_>) -> Option<String> {
    let place = At::Field(at, "seed");
    let seed = fields
        .of("seed")
        .and_then(|tree| walk.string(tree, &place))?;
    walk.id(seed, &place).map(String::from)
}

/// `{"id": "limits", "from_percent": 0, "to_percent": 50}`
fn read_namespace(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Namespace {
    let known = ["id", "from_percent", "to_percent"];
    let Some(fields) = walk.fields(tree, at, &known, &[]) else {
        return Namespace::default();
    };
    let id = walk.required(&fields, at, "id").and_then(|tree| {
        let place = At::Field(at, "id");
        let id = walk.string(tree, &place)?;
        walk.id(id, &place).map(String::from)
    });
    let mut bound = |name: &str| {
        let tree = walk.required(&fields, at, name)?;
        walk.integer(tree, &At::Field(at, name), 0..=100)
    };
    let (from, to) = (bound("from_percent"), bound("to_percent"));
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        let message = format!("a range from {from} to {to} % holds nobody");
        let help = "let `to_percent` be more than `from_percent`";
        walk.error(&At::Field(at, "to_percent"), "out_of_range", message, help);
    }
    Namespace {
        id: id.unwrap_or_default(),
        from: percent(from.unwrap_or(0)),
        to: percent(to.unwrap_or(0)),
    }
}

fn read_arm(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    id: String,
    base: &Base<'_>,
    conditions: &mut Conditions<'_>,
) -> Arm {
    let weight = walk.integer_or(fields, at, "weight", 1..=WEIGHT_MAX, 1);
    let mut subjects = base.around.subjects.clone();
    if let Some(tree) = fields.of("meters") {
        read_meters(walk, tree, &At::Field(at, "meters"), &mut subjects);
    }
    let general = match fields.of("thresholds") {
        Some(tree) => {
            let place = At::Field(at, "thresholds");
            subject::read_default_thresholds(walk, Some(tree), &place)
        }
        None => base.thresholds.to_vec(),
    };
    // The policy's own prompts, then the built-in ones under this arm's thresholds.
    let defaults = prompt::defaults(&subjects, &general);
    let is_default = |prompt: &Prompt| base.around.defaults.iter().any(|own| own == prompt);
    let mut prompts: Vec<Prompt> = base
        .prompts
        .iter()
        .filter(|own| !is_default(own))
        .cloned()
        .collect();
    super::add_defaults(&mut prompts, &defaults, base.with_defaults);
    if let Some(tree) = fields.of("prompts") {
        let around = Around {
            defaults: &defaults,
            ..base.around
        };
        prompt::patch(
            walk,
            tree,
            &At::Field(at, "prompts"),
            &around,
            conditions,
            &mut prompts,
        );
    }
    let pacing = fields.of("pacing").map(|tree| {
        let place = At::Field(at, "pacing");
        Pacing::patch(walk, tree, &place, base.pacing)
    });
    Arm {
        id,
        weight: u16::try_from(weight).unwrap_or(1),
        thresholds: thresholds_of(&subjects, &general, &prompts),
        prompts,
        pacing,
    }
}

/// `{"emails": {"thresholds": [60, 80]}}`
fn read_meters(walk: &mut Walk, tree: &Tree, at: &At<'_>, subjects: &mut Subjects) {
    for (id, tree) in walk.entries(tree, at, usize::MAX).unwrap_or_default() {
        let place = At::Field(at, id);
        let Some(index) = subjects.meter(id) else {
            let known = subjects.meters.iter().map(|meter| meter.id.as_str());
            walk.unknown(&place, "unknown_meter", "meter", id, known);
            continue;
        };
        let Some(fields) = walk.fields(tree, &place, &["thresholds"], &[]) else {
            continue;
        };
        if let Some(tree) = walk.required(&fields, &place, "thresholds")
            && let Some(meter) = subjects.meters.get_mut(index)
        {
            let place = At::Field(&place, "thresholds");
            meter.thresholds = Some(subject::read_thresholds(walk, tree, &place));
        }
    }
}

/// Reads `holdout`: `{"percent": 5, "seed": "2026", "prompts": true}`.
pub(super) fn read_holdout(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Holdout {
    let Some(fields) = walk.fields(tree, at, &["percent", "seed", "prompts"], &[]) else {
        return Holdout::default();
    };
    let share = walk
        .required(&fields, at, "percent")
        .and_then(|tree| walk.integer(tree, &At::Field(at, "percent"), 0..=99));
    let holds_prompts = fields
        .of("prompts")
        .and_then(|tree| walk.boolean(tree, &At::Field(at, "prompts")));
    Holdout {
        percent: percent(share.unwrap_or(0)),
        seed: read_seed(walk, &fields, at).unwrap_or_else(|| "holdout".into()),
        holds_prompts: holds_prompts == Some(true),
    }
}

impl Holdout {
    /// As the arena has it.
    pub fn draft(&self) -> Vec<SplitDraft> {
        vec![split::split(&self.seed, 2, &[(0.0, share(self.percent))])]
    }
}

fn percent(read: i64) -> i32 {
    i32::try_from(read).unwrap_or(0)
}

fn share(percent: i32) -> f64 {
    f64::from(percent) / 100.0
}

impl Experiment {
    /// As the arena has it; `pacing` gives the place of an arm's pacing among all.
    pub fn draft(&self, mut pacing: impl FnMut(&Arm) -> u32) -> ExperimentDraft {
        let total: f64 = self.arms.iter().map(|arm| f64::from(arm.weight)).sum();
        let weights: Vec<f64> = self
            .arms
            .iter()
            .map(|arm| f64::from(arm.weight) / total)
            .collect();
        let ranges = split::bucket_ranges(self.arms.len(), share(self.coverage), &weights);
        let namespace = self.namespace.iter();
        ExperimentDraft {
            key: Key::of(&self.id).0,
            id: self.id.clone(),
            by_user: u32::from(self.by_user),
            phase: self.phase,
            namespaces: namespace
                .map(|part| split::namespace(&part.id, share(part.from), share(part.to)))
                .collect(),
            audience: self.audience.clone(),
            arms: vec![split::split(&self.seed, 2, &ranges)],
            names: self.arms.iter().map(|arm| arm.id.clone()).collect(),
            pacing: self.arms.iter().map(&mut pacing).collect(),
        }
    }

    /// What its arms change: the ids of prompts, and "pacing".
    fn changes<'p>(&'p self, base: &Base<'p>) -> Vec<&'p str> {
        let mut changes = Vec::new();
        for arm in &self.arms {
            for (mine, theirs) in [
                (arm.prompts.as_slice(), base.prompts),
                (base.prompts, &arm.prompts),
            ] {
                let changed = mine.iter().filter(|prompt| !theirs.contains(prompt));
                changes.extend(changed.map(|prompt| prompt.id.as_str()));
            }
            if arm.pacing.is_some() {
                changes.push("pacing");
            }
        }
        changes
    }

    /// Whether no unit can be in both.
    fn excludes(&self, other: &Self) -> bool {
        let (Some(mine), Some(theirs)) = (&self.namespace, &other.namespace) else {
            return false;
        };
        mine.id == theirs.id
            && self.by_user == other.by_user
            && (mine.to <= theirs.from || theirs.to <= mine.from)
    }
}

/// What two experiments would both decide cannot be read out for either.
fn check_overlap(
    walk: &mut Walk,
    at: &At<'_>,
    experiments: &[Experiment],
    later: usize,
    base: &Base<'_>,
) {
    let Some(experiment) = experiments.get(later) else {
        return;
    };
    let changes = experiment.changes(base);
    for other in experiments.iter().take(later) {
        if experiment.excludes(other) {
            continue;
        }
        let theirs = other.changes(base);
        if let Some(both) = changes.iter().find(|change| theirs.contains(change)) {
            let message = format!(
                "`{}` and `{}` both change `{both}`",
                other.id, experiment.id
            );
            let help = "give both one `namespace` with ranges that do not overlap, or run one after the other";
            walk.error(at, "experiments_overlap", message, help);
        }
    }
}
