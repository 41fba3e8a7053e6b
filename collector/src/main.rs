//! The command `plimsoll`: `serve`, `check`, `replay` and `keys`.
//!
//! It owns the command line, what is printed and the exit codes (0 fine, 1 something is wrong, 2 wrong usage);
//! it does not do the work, the library beside it does.

mod arguments;
mod check;
mod mistake;
mod replaying;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, io};

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use arguments::{Command, Keys, KeysDo, Serve};
use check::Style;
use mistake::Mistake;
use plimsoll_collector::http::{self, App, Limiter};
use plimsoll_collector::keys::{Key, Kind};
use plimsoll_collector::policy::{LoadError, Published};
use plimsoll_collector::store::Store;

type Outcome = Result<ExitCode, Box<dyn Error>>;

/// Something is wrong with what was asked for, not with how.
const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match arguments::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(mistake) => {
            eprintln!("error: {mistake}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let outcome = match command {
        Command::Help(text) => say(text.trim_end())
            .map(|()| ExitCode::SUCCESS)
            .map_err(Into::into),
        Command::Serve(options) => serve(options),
        Command::Check(options) => check::run(&options),
        Command::Keys(options) => keys(&options),
        Command::Replay(options) => replaying::run(*options),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(FAILED)
    })
}

fn serve(options: Serve) -> Outcome {
    start_log()?;
    let policy = match &options.policy {
        None => None,
        Some(file) => match Published::load(file) {
            Ok(policy) => Some(policy),
            Err(error) => return refuse_policy(file, error),
        },
    };
    let store = Store::open(&options.data)?;
    make_keys(&store)?;
    let app = App::new(
        store,
        policy,
        options.origins,
        Limiter::new(options.requests_per_s),
    )?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let address = format!("{}:{}", options.host, options.port);
        let listener = TcpListener::bind((options.host.as_str(), options.port))
            .await
            .map_err(|error| format!("cannot listen on `{address}`: {error}"))?;
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        // Whoever started us waits for this line and reads the port from it.
        say(&format!("listening on http://{}", listener.local_addr()?))?;
        http::serve(listener, Arc::new(app), stop).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Logs go to standard error, so that standard output can be read by programs.
fn start_log() -> Result<(), Box<dyn Error>> {
    let level = env::var("PLIMSOLL_LOG").unwrap_or_else(|_| "info".into());
    let level: tracing::Level = level.parse().map_err(|_| {
        format!("`PLIMSOLL_LOG` is `{level}`, not one of error, warn, info, debug, trace")
    })?;
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    Ok(())
}

/// Takes keys from the environment, and at the first start makes and shows those that are missing.
fn make_keys(store: &Store) -> Outcome {
    for (kind, variable) in [
        (Kind::Publishable, "PLIMSOLL_PUBLISHABLE_KEY"),
        (Kind::Secret, "PLIMSOLL_SECRET_KEY"),
    ] {
        if let Ok(text) = env::var(variable) {
            let key = Key::given(kind, &text).map_err(|error| format!("`{variable}`: {error}"))?;
            store.add_key(&key)?;
        } else if !store.keys()?.iter().any(|row| row.kind == kind) {
            show_new_key(store, kind)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_new_key(store: &Store, kind: Kind) -> Result<(), Box<dyn Error>> {
    let key = Key::random(kind);
    store.add_key(&key)?;
    say(&format!(
        "{} key {} (id {}, shown only now)",
        kind.as_str(),
        key.reveal(),
        key.hash().id()
    ))?;
    Ok(())
}

fn keys(options: &Keys) -> Outcome {
    let store = Store::open(&options.data)?;
    match &options.action {
        KeysDo::Make => {
            show_new_key(&store, Kind::Publishable)?;
            show_new_key(&store, Kind::Secret)?;
        }
        KeysDo::List => {
            for row in store.keys()? {
                let created = jiff::Timestamp::from_millisecond(row.created_ms).unwrap_or_default();
                say(&format!(
                    "{} {} made {created:.0}",
                    row.hash.id(),
                    row.kind.as_str()
                ))?;
            }
        }
        KeysDo::Revoke(id) => {
            if !store.revoke_key(id)? {
                return Err(format!("there is no key with the id `{id}`").into());
            }
            say(&format!("{id} revoked"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse_policy(file: &Path, error: LoadError) -> Outcome {
    match error {
        LoadError::Refused(problems) => {
            let style = Style::of(&io::stderr());
            let name = file.display();
            let text = std::fs::read_to_string(file).unwrap_or_default();
            eprint!("{}", check::told(style, "error", &problems, &text, None));
            eprintln!("{name}: {}", check::counted(problems.len(), "error"));
        }
        LoadError::NotCompiled(error) => eprintln!(
            "error[{}]: `{}` is not a compiled policy that version {} can give out\n  help: compile it again with this version's `plimsoll check FILE --out DIR`, or use a newer one",
            error.code(),
            file.display(),
            env!("CARGO_PKG_VERSION")
        ),
        LoadError::Unreadable(error) => eprintln!("error: {}", Mistake::unreadable(file, &error)),
    }
    Ok(ExitCode::from(FAILED))
}

/// Prints a line at once. Whoever has stopped reading, such as `head`, has what they want: that is no error.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
