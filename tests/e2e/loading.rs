//! Ways to load the agent, and what is left where a page forbids WebAssembly.

use trapline_core::event::Event;
use trapline_tests::{Engine, Project, Site, World, eventually};

use crate::{EngineTest, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("module_reports", module),
    sampled("page_without_wasm_reports_the_same_issue", without_wasm),
    sampled("page_without_the_facade_reports_the_same_issue", without_facade),
];

const APP: &str = "\
function formatTotal(cart) {
  return cart.totals.amount;
}
setTimeout(function checkout() {
  formatTotal({});
});
";

fn module(world: &World, engine: Engine) {
    let project = world.project();
    let script = format!(
        "import * as Trapline from '{}/trapline.mjs';\n\
         Trapline.init({{ dsn: '{}', release: 'shop@2' }});\n\
         window.Trapline = Trapline;\n{APP}",
        world.worker.site(),
        project.dsn
    );
    let site = Site::serve(&[
        (
            "/",
            "<!doctype html><title>Shop</title><script type=\"module\" src=\"/app.js\"></script>",
        ),
        ("/app.js", &script),
    ]);
    let event = only_event(world, engine, &project, &site);
    check_total(&event, engine);
    assert_eq!(event.release.as_deref(), Some("shop@2"));
}

/// `script-src` without `'wasm-unsafe-eval'`.
fn without_wasm(world: &World, engine: Engine) {
    check_same_issue(world, engine, &format!("script-src 'self' {}", world.worker.site()));
}

/// Only the stub may be loaded.
fn without_facade(world: &World, engine: Engine) {
    check_same_issue(
        world,
        engine,
        &format!("script-src 'self' {}/trapline.js", world.worker.site()),
    );
}

#[track_caller]
fn check_same_issue(world: &World, engine: Engine, policy: &str) {
    let project = world.project();
    let head = |policy: &str| {
        format!(
            "<!doctype html><title>Shop</title>{policy}{}<script src=\"/app.js\"></script>",
            project.snippet()
        )
    };
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    let site = Site::serve(&[("/", &head(&meta)), ("/free", &head("")), ("/app.js", APP)]);
    let event = only_event(world, engine, &project, &site);
    check_total(&event, engine);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/free"));
    eventually(|| {
        let issue = project.api.only_issue()?;
        anyhow::ensure!(issue.count == 2, "{issue:?}");
        Ok(())
    });
}

fn only_event(world: &World, engine: Engine, project: &Project, site: &Site) -> Event {
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let issue = eventually(|| project.api.only_issue());
    project.api.latest_event(&issue.short_id).unwrap()
}

#[track_caller]
fn check_total(event: &Event, engine: Engine) {
    let thrown = event.thrown().expect("an exception");
    assert_eq!(thrown.kind, "TypeError");
    let value = engine.pick([
        "Cannot read properties of undefined (reading 'amount')",
        "can't access property \"amount\", cart.totals is undefined",
        "undefined is not an object (evaluating 'cart.totals.amount')",
    ]);
    assert_eq!(thrown.value, value);
    let functions: Vec<&str> = thrown.frames.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(functions, ["formatTotal", "checkout"]);
    assert!(!event.handled());
}
