//! With `debug`, a line in the console says why nothing arrives; without it, the console is the page's alone.

use anyhow::ensure;
use trapline_tests::{Engine, Project, Site, World, eventually};

use crate::{EngineTest, full};

pub const ENGINE_TESTS: &[EngineTest] = &[
    full("debug_names_a_key_that_is_not_known", unknown_key),
    full("debug_names_an_origin_that_may_not_send", refused_origin),
    full("debug_names_the_policy_that_forbids_sending", forbidden),
    full("debug_says_that_the_collector_does_not_answer", no_answer),
    full("console_stays_quiet_without_debug", quiet),
];

/// Its console's warnings are kept for the test. The error is thrown by the page, as one evaluated here has no stack.
const APP: &str = "window.boom = () => setTimeout(() => { throw new TypeError('no oak'); });";
const KEEP: &str =
    "<script>lines = []; console.warn = (...words) => lines.push(words.join(' '))</script>";

/// A page's lines once they contain `part`.
#[track_caller]
fn check(world: &World, engine: Engine, head: &str, snippet: &str, part: &str) {
    let page = format!(
        "<!doctype html><title>Shop</title>{head}{KEEP}{snippet}<script src=\"/app.js\"></script>"
    );
    let site = Site::serve(&[("/", &page), ("/app.js", APP)]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let _ = tab.eval("boom()");
    eventually(|| {
        let lines = tab.eval("lines.join('\\n')");
        let lines = lines.as_str().unwrap_or_default();
        ensure!(lines.contains(part) && lines.starts_with("[trapline]"), "{lines:?}");
        Ok(())
    });
}

fn snippet(project: &Project, dsn: &str) -> String {
    project.snippet_to(dsn, &[("data-debug", "")])
}

fn unknown_key(world: &World, engine: Engine) {
    let project = world.project();
    let dsn = project.dsn.replace(&project.key(), "00000000000000000000000000000000");
    check(world, engine, "", &snippet(&project, &dsn), "the collector answered 403: unknown key: ");
}

fn refused_origin(world: &World, engine: Engine) {
    let project = world.project_for(&["https://shop.example"]);
    let said = "the collector answered 403: ";
    check(world, engine, "", &snippet(&project, &project.dsn), said);
}

fn forbidden(world: &World, engine: Engine) {
    let project = world.project();
    // What the agent loads is let through, what it sends to is another origin.
    let gate = world.gate();
    let site = world.worker.site();
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"connect-src 'self' {site}\">"
    );
    let said = format!("add {} to connect-src", gate.origin());
    check(world, engine, &policy, &snippet(&project, &gate.dsn(&project)), &said);
}

fn no_answer(world: &World, engine: Engine) {
    let project = world.project();
    let gate = world.gate();
    gate.refuse();
    let said = format!("{} did not answer", gate.origin());
    check(world, engine, "", &snippet(&project, &gate.dsn(&project)), &said);
}

fn quiet(world: &World, engine: Engine) {
    let project = world.project();
    let gate = world.gate();
    gate.answer(401, &[]);
    let page = format!(
        "<!doctype html><title>Shop</title>{KEEP}{}<script src=\"/app.js\"></script>",
        project.snippet_to(&gate.dsn(&project), &[])
    );
    let site = Site::serve(&[("/", &page), ("/app.js", APP)]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let _ = tab.eval("boom()");
    eventually(|| {
        ensure!(!gate.events().is_empty(), "nothing was sent yet");
        Ok(())
    });
    tab.flush();
    assert_eq!(tab.eval("lines.length"), 0);
}
