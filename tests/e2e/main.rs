//! End to end: what the product promises, in real browsers against a real Worker.
//!
//! `cargo test -p trapline-tests --test e2e -- FILTER`, after `cargo xtask build`. All tests share one Worker and one
//! browser of each engine. What the agent does in a page is tested engine by engine, side by side, the name of the test
//! saying in which: `_in_firefox` as the filter runs those alone.

mod access;
mod admission;
mod alerts;
mod api_calls;
mod api_description;
mod artifacts;
mod barriers;
mod bindings;
mod capture_thrown;
mod capture_told;
mod client;
mod crowds;
mod dashboard;
mod debug;
mod delivery;
mod demo;
mod deployment;
mod dev;
mod docs;
mod engines;
mod envelopes;
mod failing_database;
mod faults;
mod feedback;
mod feedback_form;
mod first_event;
mod gate;
mod grouping_rules;
mod grouping_split;
mod hostile;
mod hostile_bodies;
mod injected;
mod issue_life;
mod issue_list;
mod issue_page;
mod issue_workflow;
mod leaving;
mod ledger;
mod loading;
mod measured_alerts;
mod measured_views;
mod migrations;
mod number_pages;
mod outcomes;
mod page_check;
mod page_views;
mod people;
mod protocol;
mod regroup;
mod reported;
mod retention;
mod routes;
mod rust_app;
mod rust_module;
mod sdk_page;
mod security;
mod sender;
mod sentry_cli;
mod sentry_sdk;
mod sentry_sdks;
mod sessions;
mod sign_in;
mod stage;
mod symbolicated;
mod uncaught;
mod unchanged;
mod upgrade;
mod visits;
mod vitals;
mod walk;
mod workflow_access;
mod yew_app;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::Arguments;
use trapline_tests::{Engine, World};
use xtask::group;

use crate::stage::{Act, Lane, Stage, part, trials};

/// A test: its name is a fact, and it fails by panicking.
type Test = (&'static str, fn(&World));

/// A test of what the agent does in a page, run engine by engine.
struct EngineTest {
    /// A fact; the engine's name is put behind it.
    name: &'static str,
    when: When,
    /// It compares times, or turns to another engine too, and is run while no other test is.
    is_alone: bool,
    run: fn(&World, Engine),
}

impl EngineTest {
    const fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }
}

/// In which engines a test is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// In all of them: each engine is a sample of what users have.
    Sampled,
    /// In Chromium, and with `--full` in the others too: the engine should make no difference.
    Full,
}

/// A test that is run in all engines.
const fn sampled(name: &'static str, run: fn(&World, Engine)) -> EngineTest {
    EngineTest { name, when: When::Sampled, is_alone: false, run }
}

/// A test that is run in Chromium, and with `--full` in all engines.
const fn full(name: &'static str, run: fn(&World, Engine)) -> EngineTest {
    EngineTest { name, when: When::Full, is_alone: false, run }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if arguments.list {
        let all = parts().into_iter().flatten().collect();
        return libtest_mimic::run(&arguments, trials(all, None)).exit_code();
    }
    if let Err(error) = group::end_all_on_interruption() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let stage = match World::start() {
        Ok(world) => Arc::new(Stage::new(world)),
        Err(error) => {
            eprintln!("the tests could not start: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let has_failed = parts().map(|acts| part(&arguments, acts, &stage).has_failed());
    stage.say_what_took_long();
    // Ends Worker and browsers, whatever the tests did.
    drop(stage);
    if has_failed.contains(&true) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Set by `cargo xtask test --full`.
fn is_full() -> bool {
    std::env::var_os("TRAPLINE_FULL").is_some()
}

/// Those that have a project of their own, or Workers, and whatever else they need of the world alone.
fn tests_beside() -> Vec<(Lane, &'static [Test])> {
    const CHROMIUM: Lane = Lane::Browser(Engine::Chromium);
    let mut tests = vec![
        (CHROMIUM, barriers::TESTS),
        (CHROMIUM, injected::TESTS),
        (CHROMIUM, walk::TESTS),
        (CHROMIUM, sentry_sdk::TESTS),
        (CHROMIUM, sentry_sdks::TESTS),
        (CHROMIUM, outcomes::TESTS),
        (CHROMIUM, dashboard::TESTS),
        (CHROMIUM, issue_workflow::TESTS),
        (CHROMIUM, issue_list::TESTS),
        (CHROMIUM, grouping_rules::TESTS),
        (CHROMIUM, grouping_split::TESTS),
        (CHROMIUM, number_pages::TESTS),
        (CHROMIUM, first_event::TESTS),
        (CHROMIUM, symbolicated::TESTS),
        (CHROMIUM, issue_page::TESTS),
        (Lane::Requests, feedback::TESTS),
        (Lane::Requests, sessions::TESTS),
        (Lane::Requests, people::TESTS),
        (Lane::Requests, workflow_access::TESTS),
        (Lane::Requests, api_description::TESTS),
        (Lane::OwnWorker, deployment::TESTS),
        (Lane::OwnWorker, upgrade::TESTS),
        (Lane::OwnWorker, migrations::TESTS),
        (Lane::OwnWorker, faults::TESTS),
    ];
    if is_full() {
        tests.extend([
            (CHROMIUM, injected::LONG_TESTS),
            (CHROMIUM, sentry_sdks::LONG_TESTS),
            (CHROMIUM, symbolicated::LONG_TESTS),
            (Lane::Requests, api_description::LONG_TESTS),
            (Lane::OwnWorker, deployment::LONG_TESTS),
        ]);
    }
    tests
}

/// Those that look at the whole deployment, change it for a while, or let its scheduled work be done.
fn tests_alone() -> Vec<&'static [Test]> {
    let mut tests = vec![
        sdk_page::TESTS,
        envelopes::TESTS,
        protocol::TESTS,
        admission::TESTS,
        hostile::TESTS,
        failing_database::TESTS,
        demo::TESTS,
        issue_life::TESTS,
        page_check::TESTS,
        page_views::TESTS,
        security::TESTS,
        access::TESTS,
        sign_in::TESTS,
        artifacts::TESTS,
        sentry_cli::TESTS,
        retention::TESTS,
        regroup::TESTS,
        alerts::TESTS,
        measured_alerts::TESTS,
        bindings::TESTS,
        crowds::TESTS,
    ];
    if is_full() {
        tests.extend([
            dev::TESTS,
            hostile::LONG_TESTS,
            outcomes::LONG_TESTS,
            yew_app::TESTS,
            docs::TESTS,
        ]);
    }
    tests
}

fn engine_tests() -> impl Iterator<Item = &'static EngineTest> {
    [
        engines::ENGINE_TESTS,
        uncaught::ENGINE_TESTS,
        api_calls::ENGINE_TESTS,
        loading::ENGINE_TESTS,
        gate::ENGINE_TESTS,
        capture_thrown::ENGINE_TESTS,
        capture_told::ENGINE_TESTS,
        delivery::ENGINE_TESTS,
        leaving::ENGINE_TESTS,
        unchanged::ENGINE_TESTS,
        sdk_page::ENGINE_TESTS,
        debug::ENGINE_TESTS,
        symbolicated::ENGINE_TESTS,
        rust_app::ENGINE_TESTS,
        rust_module::ENGINE_TESTS,
        walk::ENGINE_TESTS,
        vitals::ENGINE_TESTS,
        measured_views::ENGINE_TESTS,
        visits::ENGINE_TESTS,
        feedback_form::ENGINE_TESTS,
    ]
    .into_iter()
    .flatten()
}

/// What is run, in its three parts.
fn parts() -> [Vec<Act>; 3] {
    let of_engines = engine_tests().flat_map(|test| {
        let engines = Engine::ALL.into_iter().filter(|engine| is_run(test.when, *engine));
        engines.map(move |engine| act_of(test, engine))
    });
    let (mut alone, side_by_side): (Vec<_>, Vec<_>) =
        of_engines.partition(|act| act.lane.is_none());
    let act = |lane, (name, run): Test| Act { name: name.to_owned(), lane, run: Box::new(run) };
    let beside = tests_beside().into_iter();
    let beside =
        beside.flat_map(|(lane, tests)| tests.iter().map(move |test| act(Some(lane), *test)));
    alone.extend(tests_alone().into_iter().flatten().map(|test| act(None, *test)));
    [side_by_side, beside.collect(), alone]
}

fn act_of(test: &'static EngineTest, engine: Engine) -> Act {
    Act {
        name: format!("{}_in_{}", test.name, engine.name()),
        lane: (!test.is_alone).then_some(Lane::Browser(engine)),
        run: Box::new(move |world| (test.run)(world, engine)),
    }
}

fn is_run(when: When, engine: Engine) -> bool {
    when == When::Sampled || engine == Engine::Chromium || is_full()
}
