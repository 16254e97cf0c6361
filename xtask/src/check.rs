//! `cargo xtask check`: the static checks of `test`, and those that are too slow or too seldom news to run in it.

use std::process::ExitCode;

use crate::paths::Paths;
use crate::suite::Suite;
use crate::test::{STATIC_STEPS, cargo, static_checks};
use crate::tools::{CARGO_DENY, CARGO_MACHETE, ready};

/// Documentation; two tools, each made ready and run.
const STEPS: usize = STATIC_STEPS + 5;

/// Runs all static checks.
#[must_use]
pub fn check(paths: &Paths) -> ExitCode {
    let mut suite = Suite::over(STEPS);
    static_checks(&mut suite, &paths.root);
    suite.command(
        "documentation",
        cargo(&paths.root)
            .args(["doc", "--no-deps", "--workspace", "--quiet"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    );
    // Advisories come from a site that may be blocked: `cargo deny check advisories` where it is not.
    let deny = ["check", "bans", "licenses", "sources"];
    for (tool, title, arguments) in
        [(CARGO_DENY, "dependencies", &deny[..]), (CARGO_MACHETE, "unused dependencies", &[])]
    {
        let found = suite.progress.step(tool.package, |say| ready(tool, paths, say));
        match found {
            Ok(program) => {
                let mut command = std::process::Command::new(program);
                suite.command(title, command.args(arguments).current_dir(&paths.root));
            }
            Err(error) => suite.skipped(title, &format!("{error:#}")),
        }
    }
    suite.close()
}
