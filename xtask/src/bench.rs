//! `cargo xtask bench NAME`: builds all, then runs `bench/` in release.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::build;
use crate::paths::Paths;
use crate::progress::Progress;

/// Runs one bench, for so long where it lasts as long as one likes; its figures go to the terminal.
///
/// # Errors
/// When the build fails, or the bench says that a bar is not met.
pub fn bench(paths: &Paths, name: &str, minutes: u64) -> Result<()> {
    build::build(paths, &Progress::over(build::STEPS))?;
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "trapline-bench", "--", name])
        .arg((minutes * 60).to_string())
        .current_dir(&paths.root)
        .status()?;
    ensure!(status.success(), "the bench {name} failed");
    Ok(())
}
