//! `cargo xtask test`, which is what CI runs: static checks, native tests, then the real thing in real browsers. A failure
//! stops only what needs its result. What is deployed is built beside the checks that do not need it. The last line is
//! `N passed, N failed`.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;

use crate::browser::{self, Engine};
use crate::build;
use crate::paths::Paths;
use crate::size;
use crate::suite::Suite;
use crate::tools::{self, GECKODRIVER, WASM_TARGET, add_wasm_target};

/// Steps of [`static_checks`].
pub const STATIC_STEPS: usize = 8;
/// Native tests, build, size, browsers, geckodriver, end to end.
const STEPS: usize = STATIC_STEPS + 1 + build::STEPS + 4;

/// Runs everything, or with a `filter` the tests whose name contains it.
#[must_use]
pub fn test(paths: &Paths, full: bool, filter: Option<&str>) -> ExitCode {
    let skipped = if filter.is_some() { STATIC_STEPS + 1 } else { 0 };
    let suite = Suite::over(STEPS - skipped);
    let built = thread::scope(|scope| {
        let built = scope.spawn(|| built(&suite, paths, filter.is_none()));
        if filter.is_none() {
            static_checks(&suite, &paths.root);
        }
        suite.tests("native tests", native_tests(&paths.root).args(filter));
        built.join().unwrap_or_default()
    });
    // Without one of the others, the tests in that one fail, and say so.
    if built && browser::find(Engine::Chromium, paths).is_ok() {
        suite.tests("end to end", end_to_end(&paths.root, full).args(filter));
    } else {
        suite.skipped("end to end", "what it needs failed above");
    }
    suite.close()
}

/// What the end-to-end tests need: what is deployed, and what drives browsers.
fn built(suite: &Suite, paths: &Paths, is_whole: bool) -> bool {
    let built = build::build(paths, &suite.progress);
    let built = suite.judge(built);
    if built && is_whole {
        suite.check("sizes", |_| size::size(paths));
    }
    suite.check("Chromium, Firefox, WebKitGTK", browser::ready);
    suite.check("geckodriver", |say| tools::ready(GECKODRIVER, paths, say).map(drop));
    built
}

/// What needs no build of ours: formatting, lints on both targets, the boundaries between crates, the documents.
pub fn static_checks(suite: &Suite, root: &Path) {
    let clippy = ["--", "--deny", "warnings"];
    suite.command("cargo fmt", cargo(root).args(["fmt", "--all", "--check"]));
    suite.command(
        "clippy, native",
        cargo(root).args(["clippy", "--workspace", "--all-targets"]).args(clippy),
    );
    suite.check("wasm32 target", add_wasm_target);
    // One by one: the agent is without the standard library, which features of the collector's would bring in.
    for (title, package) in [
        ("clippy, wasm32, agent", "trapline-agent"),
        ("clippy, wasm32, collector", "trapline-collector"),
        ("clippy, wasm32, Worker", "trapline-worker"),
    ] {
        suite.command(
            title,
            cargo(root)
                .args(["clippy", "--package", package, "--target", WASM_TARGET])
                .args(clippy),
        );
    }
    for (title, test) in
        [("boundaries between crates", "boundaries"), ("what the documents say", "documents")]
    {
        suite.tests(
            title,
            cargo(root).args(["test", "--package", "trapline-tests", "--test", test]),
        );
    }
}

fn native_tests(root: &Path) -> Command {
    let mut command = cargo(root);
    command.args(["test", "--workspace", "--exclude", "trapline-tests", "--no-fail-fast", "--"]);
    command
}

fn end_to_end(root: &Path, full: bool) -> Command {
    let mut command = cargo(root);
    command.args(["test", "--package", "trapline-tests", "--test", "e2e", "--"]);
    // A failed assertion says where it stands; the stack below it is the harness.
    command.env("RUST_BACKTRACE", "0");
    if full {
        command.env("TRAPLINE_FULL", "1");
    }
    command
}

/// Cargo in the repository.
#[must_use]
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root);
    command
}
