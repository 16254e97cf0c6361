//! Chromium and its driver: found on PATH, or installed where that is possible without asking (Debian or Ubuntu, as root).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::progress::Say;
use crate::run::{answer, run};

/// Names that distributions give to Chromium.
const CHROMIUM: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const CHROMEDRIVER: [&str; 2] = ["chromedriver", "chromium.chromedriver"];

/// A browser and the program that drives it.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Chromium.
    pub chromium: PathBuf,
    /// Its `WebDriver` server.
    pub driver: PathBuf,
}

/// The browser on PATH.
#[must_use]
pub fn find() -> Option<Browser> {
    Some(Browser { chromium: on_path(&CHROMIUM)?, driver: on_path(&CHROMEDRIVER)? })
}

/// The browser on PATH, installed if need be.
///
/// # Errors
/// Exactly what is missing, and how to get it.
pub fn ready(say: &Say) -> Result<Browser> {
    if find().is_none() && can_install() {
        let advice = "install the packages chromium and chromium-driver yourself";
        run(apt_get().args(["update", "-qq"]), say, advice)?;
        run(apt_get().args(["install", "-y", "-qq", "chromium", "chromium-driver"]), say, advice)?;
    }
    match (on_path(&CHROMIUM), on_path(&CHROMEDRIVER)) {
        (Some(chromium), Some(driver)) => Ok(Browser { chromium, driver }),
        (chromium, driver) => {
            let missing: Vec<&str> = [("chromium", chromium), ("chromedriver", driver)]
                .into_iter()
                .filter_map(|(name, found)| found.is_none().then_some(name))
                .collect();
            bail!(
                "{} not found on PATH; end-to-end tests need Chromium and the chromedriver of the same version",
                missing.join(" and ")
            )
        }
    }
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn can_install() -> bool {
    Path::new("/etc/debian_version").exists() && answer("id", &["-u"]).as_deref() == Some("0")
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = names.iter().flat_map(|name| directories.iter().map(move |d| d.join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}
