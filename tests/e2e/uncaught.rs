//! What nobody catches arrives once, with the type, the message and the frames that the engine gives it.
//!
//! Each engine has its own idea of a column: of `return item.cost.amount;`, V8 points at `amount`, WebKit at the dot before
//! it, Firefox at `return`; of a call, V8 at the name, WebKit at the bracket, Firefox at the bracket if something is in it.
//! WebKit calls what stands outside of all functions `global code`.

use trapline_tests::{Engine, Site, World, eventually};

use crate::reported::{check_thrown, only_event, only_event_of};
use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("sync_throw_arrives_once", sync_throw),
    sampled("rejection_with_an_error_arrives_once", rejection_with_error),
    sampled("rejection_with_a_string_arrives_once", rejection_with_string),
    sampled("error_in_a_listener_arrives_once", error_in_listener),
    sampled("error_before_the_wasm_arrives_once", error_before_wasm),
    full("same_error_twice_is_one_issue", same_error_twice),
    full("two_errors_are_two_issues", two_errors),
];

const SYNC_THROW: &str = "\
function priceOf(item) {
  return item.cost.amount;
}
function render() {
  priceOf({});
}
render();
";

fn sync_throw(world: &World, engine: Engine) {
    let (project, event) = only_event_of(world, engine, SYNC_THROW, |_, _| ());
    check_thrown(
        &event,
        "TypeError",
        engine.pick([
            "Cannot read properties of undefined (reading 'amount')",
            "can't access property \"amount\", item.cost is undefined",
            "undefined is not an object (evaluating 'item.cost.amount')",
        ]),
        engine.pick([
            &[("priceOf", 2, 20), ("render", 5, 3), ("", 7, 1)],
            &[("priceOf", 2, 3), ("render", 5, 10), ("", 7, 1)],
            &[("priceOf", 2, 19), ("render", 5, 10), ("global code", 7, 7)],
        ]),
    );
    assert!(!event.handled(), "{:?}", event.exceptions);
    assert_eq!(event.release.as_deref(), Some("shop@1.0.0"));
    let browser = engine.pick(["Headless Chrome", "Firefox", "WebKitGTK"]);
    assert_eq!(event.browser.name, browser, "{:?}", event.browser);
    let issue = project.api.only_issue().unwrap();
    assert!(issue.culprit.contains("priceOf"), "{issue:?}");
    assert_eq!((issue.kind.as_str(), issue.users), ("TypeError", 1));
}

fn rejection_with_error(world: &World, engine: Engine) {
    let app = "async function reserve(sku) {\n  throw new RangeError(`out of stock: ${sku}`);\n}\nreserve(7);\n";
    let (_, event) = only_event_of(world, engine, app, |_, _| ());
    let frames: [&[_]; 3] = [
        &[("reserve", 2, 9), ("", 4, 1)],
        &[("reserve", 2, 9), ("", 4, 8)],
        // An async function of WebKit is one that makes a generator, and the generator itself.
        &[("reserve", 2, 23), ("reserve", 1, 24), ("global code", 4, 8)],
    ];
    check_thrown(&event, "RangeError", "out of stock: 7", engine.pick(frames));
    assert!(!event.handled(), "{:?}", event.exceptions);
}

fn rejection_with_string(world: &World, engine: Engine) {
    let (_, event) = only_event_of(world, engine, "Promise.reject('out of stock');", |_, _| ());
    check_thrown(&event, "UnhandledRejection", "out of stock", &[]);
}

fn error_in_listener(world: &World, engine: Engine) {
    let app = "document.querySelector('#buy').addEventListener('click', function buy() {\n  basket.add(1);\n});\n";
    let (_, event) = only_event_of(world, engine, app, |tab, _| tab.click("#buy"));
    let message = ["basket is not defined", "basket is not defined", "Can't find variable: basket"];
    // V8 names the receiver too.
    let frames = [("HTMLButtonElement.buy", 2, 3), ("buy", 2, 3), ("buy", 2, 9)];
    check_thrown(&event, "ReferenceError", engine.pick(message), &[engine.pick(frames)]);
    let crumb = event.breadcrumbs.iter().find(|crumb| crumb.category == "ui.click");
    assert!(crumb.is_some_and(|crumb| crumb.message.contains("buy")), "{:?}", event.breadcrumbs);
}

/// The script right after the stub runs before any module can: the façade and the wasm are not there yet.
fn error_before_wasm(world: &World, engine: Engine) {
    let project = world.project();
    let page = format!(
        "<!doctype html><title>Shop</title>{}<script src=\"/early.js\"></script>",
        project.snippet()
    );
    let early = "const isLoaded = (name) => performance.getEntriesByType('resource').some((entry) => \
                 entry.name.endsWith(name) && entry.responseEnd > 0);\n\
                 window.wasmWasLoaded = isLoaded('agent_bg.wasm');\n\
                 throw new SyntaxError('too early');\n";
    let site = Site::serve(&[("/", &page), ("/early.js", early)]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    assert_eq!(tab.eval("window.wasmWasLoaded"), false);
    let event = only_event(&project, &tab);
    let frames = [("", 3, 7), ("", 3, 7), ("global code", 3, 22)];
    check_thrown(&event, "SyntaxError", "too early", &[engine.pick(frames)]);
}

fn same_error_twice(world: &World, engine: Engine) {
    let app = "function spy() { throw new Error('no height'); }\nsetTimeout(spy);\nsetTimeout(spy, 20);\n";
    let project = world.project();
    let site = project.site(app);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| {
        let issue = project.api.only_issue()?;
        anyhow::ensure!(issue.count == 2, "{issue:?}");
        Ok(issue)
    });
}

fn two_errors(world: &World, engine: Engine) {
    let app = "setTimeout(function one() { throw new Error('first'); });\n\
               setTimeout(function two() { null.second; });\n";
    let project = world.project();
    let site = project.site(app);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let issues = eventually(|| {
        let issues = project.api.issues()?;
        anyhow::ensure!(issues.len() >= 2, "{issues:?}");
        Ok(issues)
    });
    tab.flush();
    let mut kinds: Vec<(&str, u64)> =
        issues.iter().map(|issue| (issue.kind.as_str(), issue.count)).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [("Error", 1), ("TypeError", 1)]);
}
