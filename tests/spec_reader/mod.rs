//! Reads `tests/spec/*.json` and holds the engine to it: each step is told to an engine, and what it
//! answers is compared with what the step wants. Runs natively and on wasm32, without files or clocks:
//! whoever calls it brings the texts. From here to `input` (JSON in), `seen` (effects out), `compare`.

pub mod clock;
mod compare;
mod input;
mod seen;
pub mod snapshot;
pub mod tab;

use compare::Bindings;
use plimsoll::engine::effect::Effect;
use plimsoll::engine::input::{Input, Paint, Response};
use plimsoll::plim::Plim;
use plimsoll::unit::{ExposureId, Timestamp, Writer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use tab::{Identity, Stored, Tab};

/// A file of `tests/spec/policies`, by name.
pub type Policies<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What became of a file's cases.
#[derive(Default)]
pub struct Outcome {
    /// How many cases there were.
    pub cases: usize,
    /// What did not fit, with the file's and the case's names.
    pub failures: Vec<String>,
}

/// Runs all cases of a file. `filter` picks cases by a part of their names.
pub fn run(file: &str, text: &str, policies: Policies<'_>, filter: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let json: Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => {
            outcome.failures.push(format!("{file}: {error}"));
            return outcome;
        }
    };
    for case in json["cases"].as_array().into_iter().flatten() {
        let name = case["name"].as_str().unwrap_or("a case without a name");
        if !name.contains(filter) {
            continue;
        }
        outcome.cases += 1;
        if let Err(failure) = Case::new(&json, case, policies).and_then(|mut case| case.run()) {
            outcome
                .failures
                .push(format!("{file}: {name}\n    {failure}"));
        }
    }
    outcome
}

/// Members a step may have besides its one action.
const STEP_MEMBERS: [&str; 15] = [
    "at",
    "tab",
    "why",
    "expect",
    "expect_some",
    "expect_none",
    "verdict",
    "token",
    "read",
    "held",
    "open",
    "wall",
    "name",
    "fits",
    "score",
];
const CASE_MEMBERS: [&str; 8] = [
    "name",
    "why",
    "steps",
    "tabs",
    "user",
    "account",
    "policy_file",
    "paint",
];

struct Case<'a> {
    file: &'a Value,
    json: &'a Value,
    policies: Policies<'a>,
    plim: Rc<Plim>,
    /// The true time, which the case's clock shows.
    time: i64,
    tabs: Vec<Option<Running>>,
    bindings: Bindings,
    next_writer: u64,
}

/// A tab and what the reader remembers of it.
struct Running {
    tab: Tab,
    born: i64,
    /// How far this device's clock is off.
    wall_shift: i64,
    writers: Vec<Writer>,
    /// Latest exposure by prompt, and the prompt of each exposure.
    shown: BTreeMap<String, u64>,
    prompt_of: BTreeMap<u64, String>,
    last: Option<u64>,
    open: Vec<u64>,
    /// An action of this one was pressed; the page takes it off the screen when the action is done.
    acting: Option<ExposureId>,
    /// What a restart did, compared with the step after it.
    carried: Vec<Value>,
}

impl<'a> Case<'a> {
    fn new(file: &'a Value, json: &'a Value, policies: Policies<'a>) -> Result<Self, String> {
        for (member, _) in json.as_object().into_iter().flatten() {
            if !CASE_MEMBERS.contains(&member.as_str()) {
                return Err(format!("a case has no `{member}`"));
            }
        }
        let name = json["policy_file"]
            .as_str()
            .or(file["policy_file"].as_str())
            .unwrap_or_default();
        Ok(Self {
            file,
            json,
            policies,
            plim: compiled(policies, name)?,
            time: clock::instant(clock::START).unwrap_or(0),
            tabs: Vec::new(),
            bindings: Bindings::default(),
            next_writer: 0xa000_0000_0000_0000,
        })
    }

    fn run(&mut self) -> Result<(), String> {
        let case = self.json;
        let steps = case["steps"].as_array().ok_or("a case has steps")?;
        for (number, step) in steps.iter().enumerate() {
            self.step(step)
                .map_err(|error| format!("step {} {step}\n    {error}", number + 1))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Value) -> Result<(), String> {
        let index = usize::try_from(step["tab"].as_u64().unwrap_or(0))
            .map_err(|error| error.to_string())?;
        if let Some(at) = step["at"].as_str() {
            self.time = match at.strip_prefix('+') {
                Some(_) => self.time + clock::span(at).ok_or(format!("`{at}` is no span"))?,
                None => clock::instant(at).ok_or(format!("`{at}` is no instant"))?,
            };
        }
        self.open_tab(index)?;
        if let (Some(wall), Some(running)) = (step["wall"].as_str(), self.running(index)) {
            running.wall_shift = clock::span(wall).ok_or(format!("`{wall}` is no span"))?;
        }
        let mut seen = self.finish_action(index, step)?;
        let (effects, answer) = self.act(index, step)?;
        seen.extend(self.absorb(index, &effects)?);
        // Painting a prompt may bring further effects, not further prompts.
        if self.json["paint"] != Value::Bool(false) {
            for effect in &effects {
                if let Effect::Present(prompt) = effect {
                    let painted = Input::Painted {
                        exposure: prompt.exposure,
                        paint: Paint::Rendered,
                    };
                    let effects = self.tell(index, painted)?.0;
                    seen.extend(self.absorb(index, &effects)?);
                }
            }
        }
        if step.get("restart").is_some() {
            if let Some(running) = self.running(index) {
                running.carried = seen;
            }
            return Ok(());
        }
        let time = self.time;
        let bindings = &mut self.bindings;
        let running = self
            .tabs
            .get_mut(index)
            .and_then(Option::as_mut)
            .ok_or("no tab")?;
        let mut all = std::mem::take(&mut running.carried);
        all.extend(seen);
        running.check(step, &all, &answer, time, bindings)
    }

    /// The action that was pressed in the step before is done, and its prompt leaves the screen.
    fn finish_action(&mut self, index: usize, step: &Value) -> Result<Vec<Value>, String> {
        let Some(running) = self
            .running(index)
            .filter(|_| step.get("respond").is_none())
        else {
            return Ok(Vec::new());
        };
        let Some(exposure) = running.acting.take() else {
            return Ok(Vec::new());
        };
        let effects = self
            .tell(
                index,
                Input::Painted {
                    exposure,
                    paint: Paint::Faded,
                },
            )?
            .0;
        self.absorb(index, &effects)
    }

    /// The step's one action.
    fn act(&mut self, index: usize, step: &Value) -> Result<(Vec<Effect>, tab::Answer), String> {
        let mut actions = step
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(member, _)| !STEP_MEMBERS.contains(&member.as_str()));
        let (action, given) = actions.next().ok_or("a step does something")?;
        if let Some((second, _)) = actions.next() {
            return Err(format!(
                "a step does one thing, not `{action}` and `{second}`"
            ));
        }
        let input = match action.as_str() {
            "snapshot" => Input::Snapshot(self.snapshot(given)?.told()),
            "use" => {
                let (meter, amount) = input::amount(given)?;
                Input::Use { meter, amount }
            }
            "release" => {
                let (meter, amount) = input::amount(given)?;
                Input::Release { meter, amount }
            }
            "attempt" => {
                let (meter, amount) = input::amount(given)?;
                Input::Attempt { meter, amount }
            }
            "limit_hit" => Input::LimitHit {
                meter: plimsoll::unit::Key::of(&input::string(given)?),
            },
            "explore" => {
                let (feature, step) = input::exploration(given)?;
                Input::Explore { feature, step }
            }
            "signal" => {
                let (name, count) = input::amount(given)?;
                Input::Signal { name, count }
            }
            "painted" => {
                let (reference, paint) = input::painted(given)?;
                Input::Painted {
                    exposure: self.exposure(index, reference)?,
                    paint,
                }
            }
            "respond" => {
                let (reference, response) = input::response(given)?;
                let exposure = self.exposure(index, reference)?;
                if let Some(running) = self.running(index) {
                    running.open.retain(|open| *open != exposure.0);
                    running.acting = matches!(response, Response::Act(_)).then_some(exposure);
                }
                Input::Respond { exposure, response }
            }
            "because" => {
                let (reference, objection) = input::objection(given)?;
                Input::Because {
                    exposure: self.exposure(index, reference)?,
                    objection,
                }
            }
            "converted" => Input::Converted {
                from_epoch: given.as_i64(),
            },
            "context" => {
                let running = self.running(index).ok_or("no tab")?;
                input::change_context(&mut running.tab.context, given)?;
                Input::Context(running.tab.context.clone())
            }
            "merge_from" => {
                let other =
                    usize::try_from(input::integer(given)?).map_err(|error| error.to_string())?;
                self.open_tab(other)?;
                let memory = self.running(other).ok_or("no tab")?.tab.memory().clone();
                Input::Merge(Box::new(memory))
            }
            "force" => Input::Force {
                address: input::string(given)?,
            },
            "wake" => Input::Wake,
            "restart" => return Ok((self.restart(index, given)?, tab::Answer::default())),
            unknown => return Err(format!("nothing is called `{unknown}`")),
        };
        self.tell(index, input)
    }

    fn snapshot(&self, given: &Value) -> Result<snapshot::Snapshot, String> {
        let json = input::laid_over(&self.file["snapshot"], given);
        let writer = |name: &str| self.writer(name);
        let mut snapshot = input::snapshot(&json, &writer)?;
        // Unless a case is about stamps, the host's server stamps what it sends when it sends it.
        if given.get("server_time").is_none() {
            snapshot.server_time = Some(Timestamp(self.time));
        }
        Ok(snapshot)
    }

    /// `$w0` is tab 0's writer, `$w0.1` its second.
    fn writer(&self, name: &str) -> Option<Writer> {
        let name = name.strip_prefix("$w")?;
        let (tab, generation) = name.split_once('.').unwrap_or((name, ""));
        let running = self.tabs.get(tab.parse::<usize>().ok()?)?.as_ref()?;
        match generation {
            "" => running.writers.last().copied(),
            number => running.writers.get(number.parse::<usize>().ok()?).copied(),
        }
    }

    fn exposure(&mut self, index: usize, reference: &str) -> Result<ExposureId, String> {
        let running = self.running(index).ok_or("no tab")?;
        let found = match reference {
            "last" => running.last,
            id if id.len() == 16 => u64::from_str_radix(id, 16).ok(),
            prompt => running.shown.get(prompt).copied(),
        };
        found
            .map(ExposureId)
            .ok_or(format!("`{reference}` was not shown"))
    }

    fn open_tab(&mut self, index: usize) -> Result<(), String> {
        while self.tabs.len() <= index {
            self.tabs.push(None);
        }
        if self.tabs.get(index).is_some_and(Option::is_some) {
            return Ok(());
        }
        let user = self.json["user"].as_str().unwrap_or("u_9");
        self.start_tab(index, user, Stored::Nothing, 0)?;
        Ok(())
    }

    fn start_tab(
        &mut self,
        index: usize,
        user: &str,
        stored: Stored,
        wall_shift: i64,
    ) -> Result<Vec<Effect>, String> {
        let writer = Writer(self.next_writer);
        self.next_writer += 1;
        let account = self.json["account"].as_str().unwrap_or("acc_7");
        let identity = Identity {
            account: account.to_owned(),
            user: user.to_owned(),
            writer,
        };
        let now = Tab::now(self.time, self.time, wall_shift);
        let mut tab = Tab::start(Rc::clone(&self.plim), &identity, stored);
        tab.context.visible = true;
        tab.context.lease = index == 0;
        let effects = tab.tell(now, Input::Context(tab.context.clone())).0;
        let old = self.tabs.get_mut(index).and_then(Option::take);
        let mut writers = old.map_or(Vec::new(), |old| old.writers);
        writers.push(writer);
        if let Some(kept) = self.tabs.get_mut(index) {
            *kept = Some(Running {
                tab,
                born: self.time,
                wall_shift,
                writers,
                shown: BTreeMap::new(),
                prompt_of: BTreeMap::new(),
                last: None,
                open: Vec::new(),
                acting: None,
                carried: Vec::new(),
            });
        }
        Ok(effects)
    }

    fn restart(&mut self, index: usize, given: &Value) -> Result<Vec<Effect>, String> {
        if let Some(name) = given["policy_file"].as_str() {
            self.plim = compiled(self.policies, name)?;
        }
        let (policies, user) = (
            self.json["user"].as_str().unwrap_or("u_9"),
            given["user"].as_str(),
        );
        let running = self.running(index).ok_or("no tab")?;
        let mut bytes = running.tab.stored();
        let stored = match given["memory"].as_str() {
            Some("none") => Stored::Nothing,
            Some("damaged") => {
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 0x55;
                }
                Stored::Bytes(bytes)
            }
            Some("newer") => {
                if let Some(format) = bytes.first_mut() {
                    *format = 200;
                }
                Stored::Bytes(bytes)
            }
            _ => Stored::Bytes(bytes),
        };
        let wall_shift = running.wall_shift;
        self.start_tab(index, user.unwrap_or(policies), stored, wall_shift)
    }

    fn tell(&mut self, index: usize, input: Input) -> Result<(Vec<Effect>, tab::Answer), String> {
        let time = self.time;
        let running = self.running(index).ok_or("no tab")?;
        let now = Tab::now(time, running.born, running.wall_shift);
        Ok(running.tab.tell(now, input))
    }

    /// Remembers what was shown and turns effects into JSON.
    fn absorb(&mut self, index: usize, effects: &[Effect]) -> Result<Vec<Value>, String> {
        let plim = Rc::clone(&self.plim);
        let running = self.running(index).ok_or("no tab")?;
        let mut seen = Vec::new();
        for effect in effects {
            match effect {
                Effect::Present(prompt) => {
                    let (id, name) = (prompt.exposure.0, seen::prompt_id(&plim, prompt.prompt));
                    running.prompt_of.insert(id, name.clone());
                    running.shown.insert(name, id);
                    running.last = Some(id);
                    running.open.retain(|open| *open != id);
                    running.open.push(id);
                }
                Effect::Withdraw { exposure, .. } => {
                    running.open.retain(|open| *open != exposure.0)
                }
                _ => {}
            }
            let prompt_of = |id: u64| running.prompt_of.get(&id).cloned();
            let json = seen::effect(&plim, effect, &prompt_of);
            if !json.is_null() {
                seen.push(json);
            }
        }
        Ok(seen)
    }

    fn running(&mut self, index: usize) -> Option<&mut Running> {
        self.tabs.get_mut(index).and_then(Option::as_mut)
    }
}

impl Running {
    fn check(
        &mut self,
        step: &Value,
        seen: &[Value],
        answer: &tab::Answer,
        time: i64,
        bindings: &mut Bindings,
    ) -> Result<(), String> {
        if let Some(wanted) = step["expect"].as_array() {
            compare::exact(wanted, seen, bindings)?;
        }
        if let Some(wanted) = step["expect_some"].as_array() {
            compare::some(wanted, seen, bindings)?;
        }
        if let Some(unwanted) = step["expect_none"].as_array() {
            compare::none(unwanted, seen, bindings)?;
        }
        if let Some(wanted) = step["verdict"].as_str()
            && answer.verdict != Some(wanted)
        {
            return Err(format!(
                "wanted the verdict `{wanted}`, got {:?}",
                answer.verdict
            ));
        }
        if let Some(wanted) = step["token"].as_str() {
            let writer = self.writers.last().map_or(0, |writer| writer.0);
            let wanted = wanted.replace("$w0", &seen::hex(writer));
            if answer.token.as_deref() != Some(wanted.as_str()) {
                return Err(format!(
                    "wanted the token `{wanted}`, got {:?}",
                    answer.token
                ));
            }
        }
        let now = Tab::now(time, self.born, self.wall_shift);
        for (meter, wanted) in step["read"].as_object().into_iter().flatten() {
            let reading = self
                .tab
                .read(now, meter)
                .ok_or(format!("no meter `{meter}`"))?;
            let projected = self.tab.projected(now, meter);
            let reading = seen::reading(&reading, &projected);
            if !compare::matches(wanted, &reading, bindings) {
                return Err(format!("wanted {meter} {wanted}\n      read {reading}"));
            }
        }
        if let Some(wanted) = step.get("score") {
            let score = seen::score(self.tab.plim(), &self.tab.score(now));
            if !compare::matches(wanted, &score, bindings) {
                return Err(format!("wanted the score {wanted}\n      scored {score}"));
            }
        }
        for (candidate, wanted) in step["held"].as_object().into_iter().flatten() {
            let (prompt, subject) = candidate.split_once('/').unwrap_or((candidate, ""));
            let held = self.tab.held(now, prompt, subject);
            let fits = match wanted {
                Value::Array(any) => any.iter().any(|code| code.as_str() == held),
                code => code.as_str() == held,
            };
            if !fits {
                return Err(format!(
                    "wanted {candidate} held for {wanted}, explained {held:?}"
                ));
            }
        }
        if let Some(wanted) = step["open"].as_array() {
            let mut open: Vec<&str> = self
                .open
                .iter()
                .filter_map(|id| self.prompt_of.get(id).map(String::as_str))
                .collect();
            let mut wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
            open.sort_unstable();
            wanted.sort_unstable();
            if open != wanted {
                return Err(format!("wanted open {wanted:?}, open are {open:?}"));
            }
        }
        Ok(())
    }
}

fn compiled(policies: Policies<'_>, name: &str) -> Result<Rc<Plim>, String> {
    let text = policies(name).ok_or(format!("no policy `{name}`"))?;
    tab::compile(&text)
        .map(Rc::new)
        .map_err(|error| format!("{name}: {error}"))
}
