//! `cargo xtask bench NAME`: builds all that it needs, then runs `bench/` in release.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::build;
use crate::paths::Paths;
use crate::progress::Progress;

/// Benches of recorded events alone.
const NEED_NO_WORKER: [&str; 1] = ["grouping"];

/// Runs one bench, for so long where it lasts as long as one likes; its figures go to the terminal.
///
/// # Errors
/// When the build fails, or the bench says that a bar is not met.
pub fn bench(paths: &Paths, name: &str, minutes: u64) -> Result<()> {
    if !NEED_NO_WORKER.contains(&name) {
        build::build(paths, &Progress::over(build::STEPS))?;
    }
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "trapline-bench", "--", name])
        .arg((minutes * 60).to_string())
        .current_dir(&paths.root)
        .status()?;
    ensure!(status.success(), "the bench {name} failed");
    Ok(())
}
