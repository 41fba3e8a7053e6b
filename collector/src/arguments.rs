//! The command line: words in, a command or a sentence about what is wrong out.
//!
//! It owns names, defaults and the help text of the commands; it does not run them.

use std::path::PathBuf;

use lexopt::prelude::*;
use plimsoll::policy::nearest_name;

use crate::mistake::Mistake;
use crate::replaying::{self, Replay};
use plimsoll_collector::http::Origins;

pub enum Command {
    Help(&'static str),
    Serve(Serve),
    Check(Check),
    Keys(Keys),
    Replay(Box<Replay>),
}

pub struct Serve {
    pub data: PathBuf,
    pub host: String,
    pub port: u16,
    pub policy: Option<PathBuf>,
    pub origins: Origins,
    pub requests_per_s: u32,
}

pub struct Check {
    pub file: PathBuf,
    pub out: Option<PathBuf>,
    /// The policy that is published now.
    pub against: Option<PathBuf>,
    pub deny_warnings: bool,
    pub json: bool,
}

pub struct Keys {
    pub data: PathBuf,
    pub action: KeysDo,
}

pub enum KeysDo {
    Make,
    List,
    Revoke(String),
}

const HELP: &str = "\
plimsoll: keeps the events of upgrade prompts and gives out the policy

plimsoll serve --data DIR [--port N] [--host ADDRESS] [--policy FILE] [--origin URL]... [--requests-per-s N]
    Runs the collector until SIGTERM or SIGINT.
    --data DIR          folder of the database, made if it is missing
    --port N            default 7420; 0 takes a free one
    --host ADDRESS      default 127.0.0.1
    --policy FILE       policy (JSON) or compiled policy (.plim) for GET /v1/policy
    --origin URL        pages of this origin only; may be given again; default: any page
    --requests-per-s N  for one address, twice as many at once; default 500; 0 is no limit
    Prints `listening on http://ADDRESS:PORT` when it is ready, before that at the first start the new keys.
    PLIMSOLL_PUBLISHABLE_KEY and PLIMSOLL_SECRET_KEY give the keys instead.
    PLIMSOLL_LOG is error, warn, info (default), debug or trace; logs go to standard error.

plimsoll check FILE [--against OLD] [--out DIR] [--deny-warnings] [--json]
    Says everything that is wrong with a policy and what it hardly means, and how often it can interrupt
    one person in a week, at most and in a simulated worst case.
    --against OLD       also says what is different from that policy (JSON), and refuses what would move
                        the arms of a running experiment
    --out DIR           writes .plim files, one for each locale, when nothing is refused
    --deny-warnings     a warning refuses the policy, too
    --json              one JSON object in place of text
    Colours are for terminals; NO_COLOR=1 takes them away.

plimsoll replay INPUTS --policy FILE [--against FILE] [--json FILE] [--html FILE] [--jobs N]
    Runs a policy over what happened and says who would have seen what; docs/replay.md has the formats.
    INPUTS              recordings (.jsonl) or usage (.csv: account,date,meter,amount), a file or a folder
    --policy FILE       the policy to try (JSON or .plim)
    --against FILE      another to hold it against, such as the one in use
    --json FILE         writes the report for programs
    --html FILE         writes the report for people, with charts
    --jobs N            cores to use; default all
    --respond WORD      what a person whose answer is not known does after a minute: later (default),
                        never, or ignore
    --plan ID           the plan of accounts of which only usage is known; default the lowest
    --attributes FILE   JSON lines of account, user and attributes, for prompts with an audience
    --timing            prints how long it took

plimsoll keys --data DIR [--list | --revoke ID]
    Makes and shows a new pair of keys; the old ones stay valid until they are revoked.
    A running server takes changes over within 2 s.

Exit codes: 0 fine, 1 something is wrong, 2 wrong usage.
";

const DEFAULT_PORT: u16 = 7420;
const DEFAULT_REQUESTS_PER_S: u32 = 500;

const COMMANDS: [&str; 4] = ["serve", "check", "replay", "keys"];

pub fn parse(mut words: lexopt::Parser) -> Result<Command, Mistake> {
    let first = words.next().map_err(|error| wrong("", error))?;
    let name = match first {
        None => return Err(wrong("", "no command was given".into())),
        Some(Long("help") | Short('h')) => return Ok(Command::Help(HELP)),
        Some(Long("version") | Short('V')) => {
            return Ok(Command::Help(concat!(
                "plimsoll ",
                env!("CARGO_PKG_VERSION")
            )));
        }
        Some(Value(name)) => name.to_string_lossy().into_owned(),
        Some(other) => return Err(wrong("", other.unexpected())),
    };
    let parsed = match name.as_str() {
        "help" => return Ok(Command::Help(HELP)),
        "serve" => serve(words),
        "check" => check(words),
        "keys" => keys(words),
        "replay" => replaying::parse(words).map(|replay| {
            replay.map_or(Command::Help(HELP), |replay| {
                Command::Replay(Box::new(replay))
            })
        }),
        other => return Err(no_command(other)),
    };
    parsed.map_err(|error| wrong(&name, error))
}

/// A command that there is not, with the one that does it.
fn no_command(name: &str) -> Mistake {
    let meant = match name {
        "lint" | "validate" | "verify" | "compile" | "build" | "diff" => Some("check"),
        _ => nearest_name(name, COMMANDS.into_iter()),
    };
    let help = match (name, meant) {
        ("schema", _) => "the JSON Schema of a policy is a file, `policy.schema.json` in the npm package and in `pkg` of the repository".into(),
        (_, Some(meant)) => format!("did you mean `plimsoll {meant}`?"),
        _ => help_of(""),
    };
    Mistake::usage(format!("there is no command `{name}`"), help)
}

/// What is wrong with the words behind a command.
fn wrong(command: &str, error: lexopt::Error) -> Mistake {
    use lexopt::Error::*;
    let mut help = help_of(command);
    let message = match error {
        UnexpectedOption(option) => {
            if let Some(near) = nearest_name(&option, options(command).into_iter()) {
                help = format!("did you mean `{near}`?");
            }
            format!("there is no option `{option}`")
        }
        UnexpectedArgument(word) => format!("`{}` is one word too many", word.display()),
        MissingValue { option } => format!("`{}` has no value", option.unwrap_or_default()),
        UnexpectedValue { option, value } => {
            format!("`{option}` takes no value such as `{}`", value.display())
        }
        ParsingFailed { value, error } => format!("`{value}` does not fit: {error}"),
        NonUnicodeValue(value) => format!("`{}` is not UTF-8", value.display()),
        Custom(error) => error.to_string(),
    };
    Mistake::usage(message, help)
}

/// The lines of the help text about a command, the first with all of its options.
fn section(command: &str) -> impl Iterator<Item = &'static str> {
    let start = format!("plimsoll {command} ");
    let lines = HELP
        .lines()
        .skip_while(move |line| !line.starts_with(&start));
    lines.take_while(|line| !line.is_empty())
}

fn help_of(command: &str) -> String {
    section(command).next().map_or_else(
        || "`plimsoll --help` lists the commands".into(),
        |usage| format!("write `{usage}`"),
    )
}

fn options(command: &str) -> Vec<&'static str> {
    let words = section(command).flat_map(|line| line.split([' ', '[', ']', ',']));
    words.filter(|word| word.starts_with("--")).collect()
}

fn serve(mut words: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut data, mut origins) = (None, Vec::new());
    let mut options = Serve {
        data: PathBuf::new(),
        host: "127.0.0.1".into(),
        port: DEFAULT_PORT,
        policy: None,
        origins: Origins::Any,
        requests_per_s: DEFAULT_REQUESTS_PER_S,
    };
    while let Some(word) = words.next()? {
        match word {
            Long("data") => data = Some(words.value()?.into()),
            Long("host") => options.host = words.value()?.string()?,
            Long("port") => options.port = words.value()?.parse()?,
            Long("policy") => options.policy = Some(words.value()?.into()),
            Long("origin") => origins.push(words.value()?.string()?),
            Long("requests-per-s") => options.requests_per_s = words.value()?.parse()?,
            Long("help") | Short('h') => return Ok(Command::Help(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    options.data = data.ok_or("`serve` needs `--data DIR`")?;
    options.origins = Origins::parse(&origins)?;
    Ok(Command::Serve(options))
}

fn check(mut words: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut file = None;
    let mut options = Check {
        file: PathBuf::new(),
        out: None,
        against: None,
        deny_warnings: false,
        json: false,
    };
    while let Some(word) = words.next()? {
        match word {
            Value(path) if file.is_none() => file = Some(path.into()),
            Long("against") => options.against = Some(words.value()?.into()),
            Long("out") => options.out = Some(words.value()?.into()),
            Long("deny-warnings") => options.deny_warnings = true,
            Long("json") => options.json = true,
            Long("help") | Short('h') => return Ok(Command::Help(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    options.file = file.ok_or("`check` needs a file")?;
    Ok(Command::Check(options))
}

fn keys(mut words: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut data, mut action) = (None, KeysDo::Make);
    while let Some(word) = words.next()? {
        match word {
            Long("data") => data = Some(words.value()?.into()),
            Long("list") => action = KeysDo::List,
            Long("revoke") => action = KeysDo::Revoke(words.value()?.string()?),
            Long("help") | Short('h') => return Ok(Command::Help(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    let data = data.ok_or("`keys` needs `--data DIR`")?;
    Ok(Command::Keys(Keys { data, action }))
}
