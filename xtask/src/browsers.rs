//! The browsers that tests run in: found, or installed where that may be done.
//! It does not know which tests use them.
//! A path from here goes to the test runners as an environment variable.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::host::{command, read, run, step, target, which, write_if_changed};

/// A program under all its names, and the Debian package that brings it.
struct Program {
    variable: &'static str,
    names: &'static [&'static str],
    package: &'static str,
}

const CHROMIUM: Program = Program {
    variable: "CHROMIUM",
    names: &["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
};
const CHROMEDRIVER: Program = Program {
    variable: "CHROMEDRIVER",
    names: &["chromedriver"],
    package: "chromium-driver",
};

/// Nothing but the page under test: no sandbox as root, no traffic of the browser's own.
const CHROMIUM_FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

pub fn chromium() -> Result<PathBuf> {
    CHROMIUM.find()
}

pub fn chromedriver() -> Result<PathBuf> {
    CHROMEDRIVER.find()
}

/// The file by which the runner of wasm tests starts Chromium.
pub fn webdriver_json(chromium: &Path) -> Result<PathBuf> {
    let path = target("webdriver.json");
    let options = serde_json::json!({ "binary": chromium, "args": CHROMIUM_FLAGS });
    let text = serde_json::json!({ "goog:chromeOptions": options }).to_string();
    write_if_changed(&path, text.as_bytes())?;
    Ok(path)
}

impl Program {
    fn find(&self) -> Result<PathBuf> {
        if let Some(path) = std::env::var_os(self.variable) {
            return Ok(path.into());
        }
        if let Some(path) = self.on_path() {
            return Ok(path);
        }
        let package = self.package;
        if !may_install() {
            bail!(
                "{package} is missing: `sudo apt-get install {package}` installs it, or set {}",
                self.variable
            );
        }
        step(&format!("install {package}"), || {
            run(command("apt-get").args(["update", "-qq"]))?;
            let install = ["install", "-y", "-qq", "--no-install-recommends", package];
            run(command("apt-get")
                .args(install)
                .env("DEBIAN_FRONTEND", "noninteractive"))
        })?;
        self.on_path()
            .with_context(|| format!("{package} brought no {}", self.names[0]))
    }

    fn on_path(&self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| which(name))
    }
}

/// Root on Debian: a container or a build machine, where nobody is there to be asked.
fn may_install() -> bool {
    which("apt-get").is_some() && read(command("id").arg("-u")).is_ok_and(|id| id == "0")
}
