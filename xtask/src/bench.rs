//! `cargo xtask bench [NAME]`: builds all that it needs, then runs `bench/` in release.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::build;
use crate::paths::Paths;
use crate::progress::Progress;

/// Of recorded events alone, or of what was measured before.
const NEED_NO_WORKER: [&str; 2] = ["grouping", "results"];

/// Which benches are run, and how.
#[derive(Debug, Clone)]
pub struct Bench {
    /// One of them; all without.
    pub name: Option<String>,
    /// How long hostile traffic lasts.
    pub minutes: u64,
    /// Few rounds, for those who work on a bench.
    pub is_quick: bool,
}

/// Runs one bench, or all of them in one run, which also writes `bench/RESULTS.md`; figures go to the terminal.
///
/// # Errors
/// When the build fails, or a bench says that a bar is not met.
pub fn bench(paths: &Paths, bench: &Bench) -> Result<()> {
    let name = bench.name.as_deref().unwrap_or("all");
    if !NEED_NO_WORKER.contains(&name) {
        build::build(paths, &Progress::over(build::STEPS))?;
    }
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "trapline-bench", "--", name])
        .arg((bench.minutes * 60).to_string())
        .args(bench.is_quick.then_some("--quick"))
        .current_dir(&paths.root)
        .status()?;
    ensure!(status.success(), "the bench {name} failed");
    Ok(())
}
