//! `cargo xtask screenshots`: pictures of every page, to be looked at. `tests/examples/screenshots.rs` takes them.

use anyhow::{Result, ensure};

use crate::paths::Paths;
use crate::progress::Progress;
use crate::test::cargo;
use crate::{browser, build};

/// Builds what is shown, and takes the pictures.
///
/// # Errors
/// A build that fails, or a page that does not show what it should.
pub fn screenshots(paths: &Paths, readme: bool, filter: Option<&str>) -> Result<()> {
    let progress = Progress::over(build::STEPS + 1);
    build::build(paths, &progress)?;
    progress.step("Chromium, Firefox, WebKitGTK", browser::ready)?;
    let mut command = cargo(&paths.root);
    command.args([
        "run",
        "--quiet",
        "--package",
        "trapline-tests",
        "--example",
        "screenshots",
        "--",
    ]);
    command.args(readme.then_some("--readme")).args(filter);
    ensure!(command.status()?.success(), "a picture could not be taken");
    Ok(())
}
