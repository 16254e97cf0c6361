//! End to end: what the product promises, in a real browser against a real Worker.
//!
//! `cargo test -p trapline-tests --test e2e -- FILTER`, after `cargo xtask build`. All tests share one Worker and one
//! browser, and run one after another.

mod api_calls;
mod bindings;
mod client;
mod crowds;
mod dashboard;
mod demo;
mod deployment;
mod dev;
mod envelopes;
mod failing_database;
mod faults;
mod first_event;
mod issue_life;
mod ledger;
mod loading;
mod migrations;
mod page_check;
mod retention;
mod sentry_sdk;
mod uncaught;
mod upgrade;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};
use trapline_tests::World;
use xtask::group;

/// A test: its name is a fact, and it fails by panicking.
type Test = (&'static str, fn(&World));

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One browser window can only do one thing at a time.
    arguments.test_threads = Some(1);
    let tests = tests();
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(tests, None)).exit_code();
    }
    if let Err(error) = group::end_all_on_interruption() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let world = match World::start() {
        Ok(world) => Arc::new(Mutex::new(world)),
        Err(error) => {
            eprintln!("the tests could not start: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let conclusion = libtest_mimic::run(&arguments, trials(tests, Some(&world)));
    // Ends Worker and browser, whatever the tests did.
    drop(world);
    conclusion.exit_code()
}

fn tests() -> Vec<Test> {
    let mut tests = [
        uncaught::TESTS,
        api_calls::TESTS,
        loading::TESTS,
        sentry_sdk::TESTS,
        envelopes::TESTS,
        failing_database::TESTS,
        demo::TESTS,
        dashboard::TESTS,
        issue_life::TESTS,
        deployment::TESTS,
        page_check::TESTS,
        first_event::TESTS,
        retention::TESTS,
        migrations::TESTS,
        upgrade::TESTS,
        bindings::TESTS,
        faults::TESTS,
        crowds::TESTS,
    ]
    .concat();
    // Set by `cargo xtask test --full`.
    if std::env::var_os("TRAPLINE_FULL").is_some() {
        tests.extend(dev::TESTS);
        tests.extend(deployment::LONG_TESTS);
    }
    tests
}

/// Tests to be listed need no world.
fn trials(tests: Vec<Test>, world: Option<&Arc<Mutex<World>>>) -> Vec<Trial> {
    let trial = |(name, test): Test| {
        let world = world.cloned();
        Trial::test(name, move || {
            if let Some(world) = world {
                // A test that failed before this one has harmed nothing but itself.
                test(&world.lock().unwrap_or_else(PoisonError::into_inner));
            }
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}
