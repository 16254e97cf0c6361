//! `cargo xtask soak`: mixed traffic while everything around it fails, and the reckoning. `tests/examples/soak` does it.

use anyhow::{Result, ensure};

use crate::paths::Paths;
use crate::progress::Progress;
use crate::run::run;
use crate::test::cargo;
use crate::tools::{self, GECKODRIVER};
use crate::{browser, build};

/// Builds what is soaked, and soaks it.
///
/// # Errors
/// A build that fails, or a reckoning that does not close.
pub fn soak(paths: &Paths, minutes: u64) -> Result<()> {
    let progress = Progress::over(build::STEPS + 3);
    build::build(paths, &progress)?;
    progress.step("command line", |say| {
        run(
            cargo(&paths.root).args(["build", "--package", "trapline"]),
            say,
            "fix what it says above",
        )
    })?;
    progress.step("Chromium, Firefox, WebKitGTK", browser::ready)?;
    progress.step("geckodriver", |say| tools::ready(GECKODRIVER, paths, say).map(drop))?;
    let mut command = cargo(&paths.root);
    command.args(["run", "--quiet", "--package", "trapline-tests", "--example", "soak", "--"]);
    command.arg((minutes * 60).to_string()).env("RUST_BACKTRACE", "0");
    ensure!(command.status()?.success(), "the soak does not close, or memory grew");
    Ok(())
}
