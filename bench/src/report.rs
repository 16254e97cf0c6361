//! What a bench leaves behind: its figures as JSON, and the bars that were not met.

use std::fs;

use anyhow::{Result, bail};
use serde_json::Value;
use xtask::paths::Paths;

/// Bars that were not met. All figures are printed before a bench fails.
#[derive(Debug, Default)]
pub(crate) struct Failures(Vec<String>);

impl Failures {
    /// Notes what is wrong unless it holds.
    pub(crate) fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.0.push(otherwise());
        }
    }

    /// Fails with all of them, if there are any.
    pub(crate) fn result(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        bail!("\n  {}", self.0.join("\n  "))
    }
}

/// Writes `target/report/bench-NAME.json`.
pub(crate) fn write(paths: &Paths, name: &str, mut figures: Value) -> Result<()> {
    if let Some(figures) = figures.as_object_mut() {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        figures.insert("cores".into(), cores.into());
    }
    let directory = paths.target.join("report");
    fs::create_dir_all(&directory)?;
    let file = directory.join(format!("bench-{name}.json"));
    Ok(fs::write(file, serde_json::to_string_pretty(&figures)? + "\n")?)
}
