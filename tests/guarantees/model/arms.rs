//! The arms of the second engine: a policy is written out once for each arm, as if there were no experiments.
//! Owns the dealing of units by GrowthBook's hash and what is in force in an arm; knows no compiled arms.
//! `stages` judges the prompts of the policy that is in force, whichever it is.

use super::policies::name;
use super::quota::Step;
use super::{Model, naive};
use crate::spec_reader::tab::compile;
use plimsoll::plim::{Plim, Prompt};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// For each experiment the arm, none outside of it.
pub type Arms = Vec<Option<usize>>;

/// What was found out, by meter and limit.
type Kept<T> = RefCell<BTreeMap<(usize, i64), Vec<T>>>;

/// A policy under some arms.
pub struct Own {
    pub plim: Plim,
    /// By the number of the name: the index of the prompt, where these arms have it.
    places: Vec<Option<u32>>,
    /// By the same number, the prompt as it is written.
    texts: Vec<Value>,
    /// Thresholds by meter and limit: they are asked for all the time.
    pub steps: Kept<Step>,
}

impl Own {
    /// What the policy's author has written of a prompt; nothing of a built-in one.
    pub fn written(&self, prompt: usize) -> &Value {
        &self.texts[prompt]
    }
}

/// A policy and what its arms make of it.
pub struct Written {
    json: Value,
    /// The names of all prompts that any arm has: the model numbers prompts by their names.
    pub names: Vec<String>,
    compiled: RefCell<BTreeMap<Arms, Rc<Own>>>,
    /// The policy itself, and with each arm alone.
    pub each: Vec<Rc<Own>>,
    /// The same of all arms, and whether each is reported.
    pub steps: Kept<(Step, bool)>,
}

impl Written {
    pub fn new(policy: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(policy).map_err(|error| error.to_string())?;
        let mut written = Self {
            json,
            names: Vec::new(),
            compiled: RefCell::default(),
            each: Vec::new(),
            steps: RefCell::default(),
        };
        let nobody: Arms = vec![None; written.experiments().len()];
        let mut alone = vec![nobody.clone()];
        for (index, experiment) in written.experiments().iter().enumerate() {
            for arm in 0..experiment["arms"].as_array().unwrap().len() {
                let mut arms = nobody.clone();
                arms[index] = Some(arm);
                alone.push(arms);
            }
        }
        for arms in &alone {
            let plim = compile(&written.under(arms).to_string())?;
            for prompt in 0..plim.root().prompts().len() {
                let name = name(&plim, prompt);
                if !written.names.contains(&name) {
                    written.names.push(name);
                }
            }
        }
        written.each = alone.iter().map(|arms| written.own(arms)).collect();
        Ok(written)
    }

    pub fn experiments(&self) -> &[Value] {
        self.json["experiments"]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }

    /// Whether those who are held out see nothing above inline either.
    pub fn hides(&self) -> bool {
        self.json["holdout"]["prompts"] == true
    }

    /// The policy that is in force under some arms, compiled.
    pub fn own(&self, arms: &Arms) -> Rc<Own> {
        let mut compiled = self.compiled.borrow_mut();
        let own = compiled.entry(arms.clone()).or_insert_with(|| {
            let policy = self.under(arms);
            let plim = compile(&policy.to_string()).unwrap();
            let text = |name: &String| {
                let id = name.split('/').next().unwrap();
                let mut own = policy["prompts"].as_array().into_iter().flatten();
                own.find(|own| own["id"] == id)
                    .cloned()
                    .unwrap_or(Value::Null)
            };
            let texts = self.names.iter().map(text).collect();
            let prompts = 0..plim.root().prompts().len();
            let named: BTreeMap<String, u32> = prompts
                .map(|index| (name(&plim, index), index as u32))
                .collect();
            let places = self.names.iter().map(|name| named.get(name).copied());
            let places = places.collect();
            Rc::new(Own {
                plim,
                places,
                texts,
                steps: RefCell::default(),
            })
        });
        Rc::clone(own)
    }

    /// The policy as someone would write it who wants for everybody what these arms get.
    fn under(&self, arms: &Arms) -> Value {
        let mut policy = self.json.clone();
        for (experiment, arm) in self.experiments().iter().zip(arms) {
            let Some(arm) = arm.map(|arm| &experiment["arms"][arm]) else {
                continue;
            };
            if let Some(thresholds) = arm.get("thresholds") {
                policy["thresholds"] = thresholds.clone();
            }
            for (meter, own) in arm["meters"].as_object().into_iter().flatten() {
                policy["meters"][meter]["thresholds"] = own["thresholds"].clone();
            }
            for (member, value) in arm["pacing"].as_object().into_iter().flatten() {
                policy["pacing"][member] = value.clone();
            }
            for changed in arm["prompts"].as_array().into_iter().flatten() {
                let prompts = policy["prompts"].as_array_mut().unwrap();
                let known = prompts.iter_mut().find(|own| own["id"] == changed["id"]);
                let Some(known) = known else {
                    prompts.push(changed.clone());
                    continue;
                };
                for (member, value) in changed.as_object().unwrap() {
                    known[member] = value.clone();
                }
            }
        }
        let whole = policy.as_object_mut().unwrap();
        whole.remove("experiments");
        whole.remove("holdout");
        policy
    }
}

impl Model {
    /// Finds the arms, and from then on has the policy that is in force in them.
    pub(super) fn deal(&mut self) {
        let written = Rc::clone(&self.written);
        let mut arms = Arms::new();
        self.held_out = self.is_held_out(&self.account);
        for (index, experiment) in written.experiments().iter().enumerate() {
            let of_user = experiment["unit"] == "user";
            let unit = if of_user { &self.user } else { &self.account }.clone();
            let drawn = self.draw(experiment, &unit, self.kept[index]);
            if let Some(arm) = drawn
                && self.kept[index].is_none()
                && self.told.is_some()
            {
                self.kept[index] = drawn;
                self.out.push(format!("deal {index} {arm}"));
            }
            arms.push(self.forced[index].or(drawn));
        }
        if arms != self.arms {
            self.own = written.own(&arms);
            self.arms = arms;
        }
    }

    fn draw(&mut self, experiment: &Value, unit: &str, kept: Option<usize>) -> Option<usize> {
        if kept.is_some() {
            return kept;
        }
        if !self.is_meant(&experiment["audience"]) {
            return None;
        }
        if let Some(id) = experiment["namespace"]["id"].as_str() {
            let share = |end: &str| experiment["namespace"][end].as_i64().unwrap() * 10;
            let at = i64::from(fold(&format!("{unit}__{id}")) % 1_000);
            if at < share("from_percent") || at >= share("to_percent") {
                return None;
            }
        }
        if self.is_held_out(unit) {
            self.held_out = true;
            return None;
        }
        let seed = experiment["seed"].as_str().or(experiment["id"].as_str())?;
        let coverage = experiment["coverage_percent"].as_i64().unwrap_or(100);
        let arms = experiment["arms"].as_array()?;
        let weight = |arm: &Value| arm["weight"].as_i64().unwrap_or(1);
        let all: i64 = arms.iter().map(weight).sum();
        // In ten-thousandths of all units times the weights and the percents, so that nothing is rounded.
        let (at, mut from) = (bucket(seed, unit) * all * 100, 0);
        for (arm, own) in arms.iter().enumerate() {
            let share = weight(own) * 10_000;
            if (from..from + share * coverage).contains(&at) {
                return Some(arm);
            }
            from += share * 100;
        }
        None
    }

    fn is_held_out(&self, unit: &str) -> bool {
        let holdout = &self.written.json["holdout"];
        let seed = holdout["seed"].as_str().unwrap_or("holdout");
        let percent = holdout["percent"].as_i64();
        percent.is_some_and(|percent| bucket(seed, unit) < percent * 100)
    }

    /// The page's address asks for arms.
    pub fn force(&mut self, mono: i64, asked: &[Option<usize>]) {
        self.begin(mono);
        self.forced = asked.to_vec();
        self.deal();
        let now = self.time(mono);
        self.settle(now);
    }

    /// Whether a condition holds for this account and user; nobody is known before a snapshot.
    pub(super) fn is_meant(&self, audience: &Value) -> bool {
        if audience.is_null() {
            return true;
        }
        let Some(told) = &self.told else {
            return false;
        };
        let mut facts = json!({});
        let mut owners = json!({"account": {}, "user": {}});
        for (owner, name, value) in &told.attributes {
            facts[name] = value.clone();
            owners[*owner][name] = value.clone();
        }
        facts["account"] = owners["account"].clone();
        facts["account"]["id"] = json!(self.account);
        facts["user"] = owners["user"].clone();
        facts["user"]["id"] = json!(self.user);
        facts["can_purchase"] = json!(true);
        let known = self.plan().map(|_| told.plan.clone());
        facts["plan"] = json!(known);
        naive::holds(audience, &facts, &self.written.json["groups"])
    }

    /// What the policy in force says of a prompt; of one that it does not have, what another arm says.
    pub(super) fn prompt(&self, prompt: usize) -> Prompt<'_> {
        let mut all = std::iter::once(&self.own).chain(&self.written.each);
        all.find_map(|own| own.plim.root().prompts().get(own.places[prompt]?))
            .unwrap()
    }

    /// A prompt as these arms have it.
    pub(super) fn variant(&self, prompt: usize) -> (usize, String) {
        (prompt, self.own.written(prompt).to_string())
    }

    /// Whether what a compiled policy says of arms is true of these: first whether all that follows has to
    /// hold or one is enough, then pairs of an experiment and the bits of its arms, the lowest for none.
    pub fn is_in_force(&self, list: &[u32]) -> bool {
        let within = |pair: &[u32]| {
            let arm = self.arms[pair[0] as usize].map_or(0, |arm| arm + 1);
            pair[1] >> arm & 1 == 1
        };
        match list.split_first() {
            None => true,
            Some((1, pairs)) => pairs.chunks(2).all(within),
            Some((_, pairs)) => pairs.chunks(2).any(within),
        }
    }

    /// Whether the arms have a prompt.
    pub(super) fn stands(&self, prompt: usize) -> bool {
        self.own.places[prompt].is_some()
    }
}

/// GrowthBook's second version: 0 to 9,999.
fn bucket(seed: &str, unit: &str) -> i64 {
    let first = fold(&format!("{seed}{unit}"));
    i64::from(fold(&first.to_string()) % 10_000)
}

/// FNV-1a over the units of UTF-16.
fn fold(text: &str) -> u32 {
    let mut hash = 2_166_136_261_u32;
    for unit in text.encode_utf16() {
        hash = (hash ^ u32::from(unit)).wrapping_mul(16_777_619);
    }
    hash
}
