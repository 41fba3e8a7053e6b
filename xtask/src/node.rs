//! Node and the packages of the root package.json: installed when stale, then called by name.
//! It does not know what is bundled or optimised.
//! `modules` and `size` call `wasm-opt` and `esbuild` from here.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::host::{at, command, read, run, step};

const NODE_MAJOR_MIN: u32 = 20;

/// Installs node_modules when package-lock.json is not the one it was installed from.
pub fn install() -> Result<()> {
    let wanted = std::fs::read(at("package-lock.json"))?;
    // `npm ci` empties node_modules, so this copy lives exactly as long as what it describes.
    let installed = at("node_modules/.installed-from");
    if std::fs::read(&installed).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    check_version()?;
    step("install the npm tools", || {
        // No package needs its install script: esbuild's only replaces a Node shim.
        run(command("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
    })?;
    Ok(std::fs::write(installed, wanted)?)
}

/// A program of an installed package.
pub fn tool(name: &str) -> Command {
    let path: PathBuf = at("node_modules/.bin").join(name);
    command(path)
}

fn check_version() -> Result<()> {
    let version = read(command("node").arg("--version"))
        .context("Node is missing: install version 20 or newer from nodejs.org")?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap_or_default();
    if major.parse::<u32>().unwrap_or(0) < NODE_MAJOR_MIN {
        bail!("Node {version} is too old: install version {NODE_MAJOR_MIN} or newer");
    }
    Ok(())
}
