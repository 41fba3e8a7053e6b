//! The machine a task runs on: the workspace's paths, programs, progress lines.
//! It does not know what any task is for.
//! Every other module starts its commands through here, so a failure always names the command.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The workspace's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask/ has a parent")
        .to_owned()
}

/// A path below the workspace's root.
pub fn at(path: &str) -> PathBuf {
    root().join(path)
}

/// A path below the target folder, which `CARGO_TARGET_DIR` may have moved.
pub fn target(path: &str) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder).join(path),
        None => root().join("target").join(path),
    }
}

/// Announces a step, runs it, and says how long it took.
pub fn step<T>(text: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("→ {text}");
    let began = Instant::now();
    let value = work().with_context(|| format!("failed to {text}"))?;
    println!("  {:.1} s", began.elapsed().as_secs_f64());
    Ok(value)
}

/// A command that runs in the workspace's root.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Cargo, without the variables that the running `cargo xtask` hands down: they would make
/// every build script believe that it must run again.
pub fn cargo() -> Command {
    let mut command = command("cargo");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let handed_down = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if handed_down || text == "CARGO_BIN_NAME" || text == "CARGO" {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command with its output shown, and fails when it does.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command and returns what it wrote to its standard output.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", line(command), output.status);
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The command as a person would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    format!("`{}`", words.join(" "))
}

/// The full path of a program, looked for as the shell does.
pub fn which(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Writes a file only when its content changes, so that watchers and caches stay quiet.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// True when `flag` is among the words; an unknown word is an error that names the known ones.
pub fn flags<const N: usize>(words: &[String], known: [&str; N]) -> Result<[bool; N]> {
    if let Some(word) = words.iter().find(|word| !known.contains(&word.as_str())) {
        bail!(
            "unknown argument `{word}`; this task takes: {}",
            known.join(" ")
        );
    }
    Ok(known.map(|flag| words.iter().any(|word| word == flag)))
}
