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

use libtest_mimic::{Arguments, Trial};
use trapline_tests::{Engine, World};
use xtask::group;

use crate::stage::{LANES, Stage};

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
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(LANES);
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(None)).exit_code();
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
    let conclusion = libtest_mimic::run(&arguments, trials(Some(&stage)));
    stage.say_what_took_long();
    // Ends Worker and browsers, whatever the tests did.
    drop(stage);
    conclusion.exit_code()
}

/// Set by `cargo xtask test --full`.
fn is_full() -> bool {
    std::env::var_os("TRAPLINE_FULL").is_some()
}

fn tests() -> Vec<Test> {
    let mut tests = [
        sentry_sdk::TESTS,
        sentry_sdks::TESTS,
        sdk_page::TESTS,
        envelopes::TESTS,
        protocol::TESTS,
        admission::TESTS,
        outcomes::TESTS,
        api_description::TESTS,
        hostile::TESTS,
        failing_database::TESTS,
        demo::TESTS,
        dashboard::TESTS,
        barriers::TESTS,
        injected::TESTS,
        walk::TESTS,
        issue_life::TESTS,
        issue_page::TESTS,
        issue_workflow::TESTS,
        workflow_access::TESTS,
        issue_list::TESTS,
        grouping_rules::TESTS,
        grouping_split::TESTS,
        deployment::TESTS,
        page_check::TESTS,
        page_views::TESTS,
        number_pages::TESTS,
        sessions::TESTS,
        feedback::TESTS,
        security::TESTS,
        first_event::TESTS,
        access::TESTS,
        people::TESTS,
        sign_in::TESTS,
        artifacts::TESTS,
        sentry_cli::TESTS,
        retention::TESTS,
        regroup::TESTS,
        alerts::TESTS,
        measured_alerts::TESTS,
        migrations::TESTS,
        upgrade::TESTS,
        bindings::TESTS,
        faults::TESTS,
        crowds::TESTS,
        symbolicated::TESTS,
    ]
    .concat();
    if is_full() {
        tests.extend(dev::TESTS);
        tests.extend(symbolicated::LONG_TESTS);
        tests.extend(deployment::LONG_TESTS);
        tests.extend(hostile::LONG_TESTS);
        tests.extend(outcomes::LONG_TESTS);
        tests.extend(injected::LONG_TESTS);
        tests.extend(api_description::LONG_TESTS);
        tests.extend(sentry_sdks::LONG_TESTS);
        tests.extend(yew_app::TESTS);
        tests.extend(docs::TESTS);
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

/// Those of the engines in turn, so that each has something to do, and then the others. Tests to be listed need no stage.
fn trials(stage: Option<&Arc<Stage>>) -> Vec<Trial> {
    let mut of_engines = Engine::ALL.map(|engine| {
        let run = engine_tests().filter(move |test| is_run(test.when, engine));
        run.map(move |test| (engine, test)).collect::<Vec<_>>().into_iter()
    });
    let mut trials = Vec::new();
    loop {
        let before = trials.len();
        for (engine, test) in of_engines.iter_mut().filter_map(Iterator::next) {
            let name = format!("{}_in_{}", test.name, engine.name());
            trials.push(trial(name, stage, move |stage, name| {
                let run = |world: &World| (test.run)(world, engine);
                if test.is_alone { stage.alone(name, run) } else { stage.beside(name, engine, run) }
            }));
        }
        if trials.len() == before {
            break;
        }
    }
    let alone = tests().into_iter().map(|(name, test)| {
        trial(name.to_owned(), stage, move |stage, name| stage.alone(name, test))
    });
    trials.extend(alone);
    trials
}

fn is_run(when: When, engine: Engine) -> bool {
    when == When::Sampled || engine == Engine::Chromium || is_full()
}

fn trial(
    name: String,
    stage: Option<&Arc<Stage>>,
    test: impl FnOnce(&Stage, &str) + Send + 'static,
) -> Trial {
    let stage = stage.cloned();
    Trial::test(name.clone(), move || {
        if let Some(stage) = stage {
            test(&stage, &name);
        }
        Ok(())
    })
}
