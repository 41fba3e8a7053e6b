//! The browsers that tests run in: found, or installed where that may be done.
//! It does not know which tests use them.
//! A path from here goes to the test runners as an environment variable.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::host::{cargo, command, read, run, step, target, which, write_if_changed};

/// A program under all its names (or full paths), and the Debian package that brings it.
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

const FIREFOX: Program = Program {
    variable: "FIREFOX",
    names: &["firefox-esr", "firefox"],
    package: "firefox-esr",
};
const WEBKIT_DRIVER: Program = Program {
    variable: "WEBKIT_DRIVER",
    names: &["WebKitWebDriver"],
    package: "webkit2gtk-driver",
};
/// Where a Debian of each architecture has it; it is on no path.
const WEBKIT: Program = Program {
    variable: "WEBKIT",
    names: &[
        "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    ],
    package: "libwebkit2gtk-4.1-0",
};
/// WebKitGTK paints on a screen; this is one that nobody sees.
const SCREEN: Program = Program {
    variable: "XVFB_RUN",
    names: &["xvfb-run"],
    package: "xvfb",
};
/// What starts a screen asks for it and does not bring it.
const SCREEN_KEYS: Program = Program {
    variable: "XAUTH",
    names: &["xauth"],
    package: "xauth",
};
/// No package of Debian 12 has it, so it is built from its crate, once.
const GECKODRIVER: Program = Program {
    variable: "GECKODRIVER",
    names: &["geckodriver"],
    package: "",
};
const GECKODRIVER_VERSION: &str = "0.37.1";

/// No sandbox as root, and painted without a graphics card.
pub const WEBKIT_SETTINGS: [(&str, &str); 3] = [
    ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"),
    ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
    ("LIBGL_ALWAYS_SOFTWARE", "1"),
];

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

pub fn firefox() -> Result<PathBuf> {
    FIREFOX.find()
}

pub fn webkit_driver() -> Result<PathBuf> {
    WEBKIT_DRIVER.find()
}

/// What runs a command on a screen that nobody sees.
pub fn screen() -> Result<PathBuf> {
    SCREEN_KEYS.find()?;
    SCREEN.find()
}

/// The variables by which the tests of all engines find their browsers and drivers.
pub fn all() -> Result<Vec<(&'static str, PathBuf)>> {
    Ok(vec![
        (CHROMIUM.variable, chromium()?),
        (CHROMEDRIVER.variable, chromedriver()?),
        (FIREFOX.variable, firefox()?),
        (GECKODRIVER.variable, geckodriver()?),
        (WEBKIT_DRIVER.variable, webkit_driver()?),
        (WEBKIT.variable, WEBKIT.find()?),
        (SCREEN.variable, screen()?),
    ])
}

pub fn geckodriver() -> Result<PathBuf> {
    if let Some(path) = GECKODRIVER.given().or_else(|| GECKODRIVER.on_path()) {
        return Ok(path);
    }
    let folder = target("tools");
    let path = folder.join("bin/geckodriver");
    if !path.is_file() {
        step(&format!("build geckodriver {GECKODRIVER_VERSION}"), || {
            let install = ["install", "--quiet", "--locked", "geckodriver", "--version"];
            run(cargo()
                .args(install)
                .arg(GECKODRIVER_VERSION)
                .arg("--root")
                .arg(folder))
        })?;
    }
    Ok(path)
}

/// The file by which the runner of wasm tests starts its browser.
pub fn webdriver_json() -> Result<PathBuf> {
    let path = target("webdriver.json");
    let chromium = serde_json::json!({ "binary": chromium()?, "args": CHROMIUM_FLAGS });
    // Without a binary the driver looks for `firefox`, which Debian's has not as its name.
    let firefox = match FIREFOX.given().or_else(|| FIREFOX.on_path()) {
        Some(binary) => serde_json::json!({ "binary": binary }),
        None => serde_json::json!({}),
    };
    let text = serde_json::json!({ "goog:chromeOptions": chromium, "moz:firefoxOptions": firefox });
    write_if_changed(&path, text.to_string().as_bytes())?;
    Ok(path)
}

impl Program {
    fn find(&self) -> Result<PathBuf> {
        if let Some(path) = self.given().or_else(|| self.on_path()) {
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

    fn given(&self) -> Option<PathBuf> {
        std::env::var_os(self.variable).map(PathBuf::from)
    }

    /// A name that is a full path is found by itself.
    fn on_path(&self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| which(name))
    }
}

/// Root on Debian: a container or a build machine, where nobody is there to be asked.
fn may_install() -> bool {
    which("apt-get").is_some() && read(command("id").arg("-u")).is_ok_and(|id| id == "0")
}
