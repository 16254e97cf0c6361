//! `cargo xtask check`: the static checks of `test`, and those that are too slow or too seldom news to run in it.

use std::process::{Command, ExitCode};

use crate::paths::Paths;
use crate::suite::Suite;
use crate::test::{STATIC_STEPS, cargo, static_checks};
use crate::tools::{CARGO_DENY, CARGO_MACHETE, ready};

/// Documentation; two tools, each made ready and run.
const STEPS: usize = STATIC_STEPS + 5;

/// Runs all static checks. Advisories come from a site that may be blocked, so they are asked for only with `advisories`.
#[must_use]
pub fn check(paths: &Paths, advisories: bool) -> ExitCode {
    let suite = Suite::over(STEPS + usize::from(advisories));
    static_checks(&suite, &paths.root);
    suite.command(
        "documentation",
        cargo(&paths.root)
            .args(["doc", "--no-deps", "--workspace", "--quiet"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    );
    let deny = ["check", "bans", "licenses", "sources"];
    for (tool, title, arguments) in
        [(CARGO_DENY, "dependencies", &deny[..]), (CARGO_MACHETE, "unused dependencies", &[])]
    {
        let found = suite.progress.step(tool.package, |say| ready(tool, paths, say));
        match found {
            Ok(program) => {
                let mut command = Command::new(&program);
                suite.command(title, command.args(arguments).current_dir(&paths.root));
                if advisories && tool.package == CARGO_DENY.package {
                    let mut command = Command::new(program);
                    command.args(["check", "advisories"]).current_dir(&paths.root);
                    suite.command("advisories of crates", &mut command);
                }
            }
            Err(error) => suite.skipped(title, &format!("{error:#}")),
        }
    }
    suite.close()
}
