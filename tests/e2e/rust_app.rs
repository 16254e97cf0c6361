//! A Rust app in the page: its panics and traps are one event each, which says what a Rust developer asks for.
//!
//! The app is the demo shop's (`www/packing`), built for release and stripped, on a page of the test's own.

use std::fs;

use anyhow::ensure;
use serde_json::json;
use trapline_core::event::{Event, Frame, Level};
use trapline_core::stack::is_in_app_function;
use trapline_symbols::{Table, wasm};
use trapline_tests::{Engine, File, Project, Site, World, eventually, shop_page};

use crate::reported::only_event;
use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("rust_panic_is_one_event_titled_by_its_message", panic),
    sampled("rust_panic_in_a_promise_is_one_event", rejected),
    full("rust_panic_that_the_page_catches_and_captures_is_one_event", caught),
    sampled("rust_panic_of_an_app_that_is_dead_already_is_reported", dead),
    sampled("rust_panic_before_the_agent_is_there_is_one_event", early),
    full("rust_panic_without_wasm_in_the_agent_is_one_event", degraded),
    sampled("wasm_trap_three_calls_deep_is_one_event", |world, engine| {
        let value = engine.pick(["unreachable", "unreachable executed", "Unreachable code"]);
        let inlined = [("cut", "        core::arch::wasm32::unreachable();")];
        let called = [("unroll", "    cut(metres) * 2"), ("seal", "    unroll(metres) + 1")];
        check_trap(world, engine, "seal(3)", value, &inlined, &called);
    }),
    sampled("wasm_read_outside_of_its_memory_is_one_event", |world, engine| {
        let value = engine.pick(["memory access out of bounds", "out of bounds", "Out of bounds"]);
        let inlined = [("read", "    unsafe { address.read_volatile() }")];
        let called = [("look_up", "    read(number) ^ 1"), ("label", "    look_up(number) + 1")];
        check_trap(world, engine, "label(1)", value, &inlined, &called);
    }),
    full("trap_beside_a_panic_is_an_event_of_its_own", beside),
    full("error_handled_in_rust_has_its_sources", handled),
];

/// What the app says when it has no box of that number.
pub const MESSAGE: &str = "index out of bounds: the len is 3 but the index is 7";

/// Serves the app and a page whose script does something with it once it is there.
fn site(world: &World, project: &Project, work: &str) -> Site {
    site_with(world, &project.snippet(), work)
}

fn site_with(world: &World, head: &str, work: &str) -> Site {
    let app = format!(
        "const module = import('/packing.js').then(async (rust) => (await rust.default(), rust));\n\
         module.then((rust) => {{ window.rust = rust; {work} }});"
    );
    module_site(world, head, &app)
}

/// A page whose script may load the app.
pub fn module_site(world: &World, head: &str, app: &str) -> Site {
    let mut files = vec![File::new("/", shop_page(head)), File::new("/app.js", app)];
    for name in xtask::demo::FILES {
        let content = fs::read(world.paths.demo().join(name)).expect("the demo has been built");
        files.push(File::new(&format!("/{name}"), content));
    }
    Site::serve_files(files)
}

/// The one event of a page that does something with the app.
fn event_of(world: &World, engine: Engine, work: &str) -> Event {
    let project = world.project();
    let site = site(world, &project, work);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    only_event(&project, &tab)
}

#[track_caller]
fn check_panic(event: &Event, engine: Engine) {
    let thrown = event.thrown().expect("an exception");
    assert_eq!((thrown.kind.as_str(), thrown.value.as_str()), ("panic", MESSAGE));
    assert_eq!((thrown.mechanism.kind.as_str(), event.handled()), ("panic", false));
    assert_eq!(event.level, Level::Fatal);
    let place = &thrown.frames[0];
    assert!(place.file.ends_with("www/packing/src/lib.rs") && place.in_app, "{place:?}");
    assert_eq!(source_line(place.line), "    BOXES[number]", "{place:?}");
    assert_eq!(event.contexts["panic"]["line"], place.line);
    assert_eq!(event.contexts["panic"]["file"], place.file);
    let in_wasm = thrown.frames.iter().filter(|frame| frame.function.starts_with("wasm-function["));
    assert!(in_wasm.clone().count() >= 4, "{:#?}", thrown.frames);
    // WebKit does not say where in the module a call is.
    let has_offset = engine != Engine::WebKit;
    assert!(in_wasm.clone().all(|frame| (frame.column > 0) == has_offset), "{:#?}", thrown.frames);
    let glue = thrown.frames.iter().position(|frame| frame.file.ends_with("/packing.js"));
    assert!(glue > Some(4), "the page's glue stands below the app: {:#?}", thrown.frames);
    assert_eq!(thrown.unread_lines, [""; 0]);
}

/// The line of the app's source.
fn source_line(number: u32) -> &'static str {
    const SOURCE: &str = include_str!("../../www/packing/src/lib.rs");
    let before = (number as usize).checked_sub(1);
    before.and_then(|before| SOURCE.lines().nth(before)).unwrap_or_default()
}

fn panic(world: &World, engine: Engine) {
    let event = event_of(world, engine, "setTimeout(() => rust.pack(7));");
    check_panic(&event, engine);
    let inlined = [("volume_of", "    BOXES[number]")];
    let called = [("fill", "    volume_of(number) * 0.9"), ("pack", "    fill(number) + 1.0")];
    check_resolved(world, engine, &event, &inlined, &called);
}

/// The frames of the app itself, read back by the table of its debug file: function and line of the source. Without an
/// offset, functions alone, and none that has been inlined.
#[track_caller]
fn check_resolved(
    world: &World,
    engine: Engine,
    event: &Event,
    inlined: &[(&str, &str)],
    called: &[(&str, &str)],
) {
    let served = fs::read(world.paths.demo().join("packing_bg.wasm")).expect("the module");
    let debug = fs::read(world.paths.demo_debug()).expect("its debug file");
    let name = "~/packing_bg.wasm";
    let input = wasm::Input {
        name,
        served: &served,
        debug: Some(&debug),
        map: None,
        memory_bytes: 1 << 30,
        source: wasm::no_source,
    };
    let digest = wasm::digest(&input).expect("a table");
    let table = Table::parse(&digest.table).expect("a readable table");
    let in_module = |frame: &&Frame| frame.file.ends_with(".wasm") || frame.file == "[wasm code]";
    let mut found = Vec::new();
    for frame in event.thrown().expect("an exception").frames.iter().filter(in_module) {
        let calls = wasm::code_of(&frame.function, frame.line, frame.column).expect("a place");
        let resolved =
            table.look_up_code(calls.code()).unwrap_or_else(|why| panic!("{frame:?}: {why}"));
        for frame in resolved.into_iter().filter(|frame| frame.in_app) {
            let function = frame.function.unwrap_or_default();
            if !is_in_app_function(function) {
                continue;
            }
            let function = function.rsplit("::").next().unwrap_or_default().to_owned();
            if engine != Engine::WebKit {
                assert_eq!(frame.path, Some("www/packing/src/lib.rs"), "{frame:?}");
            }
            found.push((function, source_line(frame.line)));
        }
    }
    let is_webkit = engine == Engine::WebKit;
    let expected = inlined.iter().filter(|_| !is_webkit).chain(called);
    // The innermost comes first; the outermost is known by its export's name, with a hash behind.
    for ((function, line), (expected, expected_line)) in found.iter().zip(expected.clone()) {
        assert!(function == expected || function.starts_with(&format!("{expected}_")), "{found:?}");
        assert_eq!(*line, if is_webkit { "" } else { expected_line }, "{found:?}");
    }
    assert!(found.len() >= expected.count(), "{found:?}");
}

fn rejected(world: &World, engine: Engine) {
    let event = event_of(world, engine, "rust.pack(7);");
    check_panic(&event, engine);
}

/// Caught by whoever called it, captured, and thrown on.
fn caught(world: &World, engine: Engine) {
    let work = "setTimeout(() => {\n\
                try { rust.pack(7); } catch (trap) { Trapline.captureException(trap); throw trap; }\n});";
    check_panic(&event_of(world, engine, work), engine);
}

/// The module has trapped, and its memory is as the panic left it.
fn dead(world: &World, engine: Engine) {
    let project = world.project();
    let work = "document.querySelector('#buy').onclick = () => rust.pack(window.number++);\n\
                window.number = 7;";
    let site = site(world, &project, work);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| {
        ensure!(tab.eval("window.number") == 7, "the app is there");
        Ok(())
    });
    for count in 1..=3 {
        tab.click("#buy");
        tab.flush();
        let issue = eventually(|| {
            let issue = project.api.only_issue()?;
            ensure!(issue.count == count, "{issue:?}");
            Ok(issue)
        });
        assert_eq!(
            (issue.kind.as_str(), issue.value.contains("index out of bounds")),
            ("panic", true)
        );
    }
    assert_eq!(project.api.only_issue().unwrap().count, 3);
}

/// Puts the stub into a page that has loaded: while it loads, it would wait for what the stub asks for.
const ADD_STUB: &str = "\
window.breakEarly = () => {
  const script = document.createElement('script');
  Object.assign(script.dataset, document.querySelector('#stub').dataset);
  script.textContent = document.querySelector('#stub').textContent;
  document.head.append(script);
  setTimeout(() => rust.pack(7));
  return new Promise((resolve) => setTimeout(resolve, 9, true));
};";

/// The stub alone is there, and queues: what it asks for is held back until the app has died.
fn early(world: &World, engine: Engine) {
    let project = world.project();
    let gate = world.gate();
    gate.hold();
    let stub = fs::read_to_string(world.paths.deploy.join("assets/trapline.js")).expect("the stub");
    let head = format!(
        "<script type=\"text/plain\" id=\"stub\" data-dsn=\"{}\">{stub}</script>\
         <script>{ADD_STUB}</script>",
        gate.dsn(&project)
    );
    let site = site_with(world, &head, "window.isThere = true;");
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| {
        ensure!(tab.eval("window.isThere") == true, "the app is there");
        Ok(())
    });
    assert_eq!(tab.eval("breakEarly()"), true);
    assert!(gate.events().is_empty(), "nothing has been sent yet");
    gate.pass();
    check_panic(&only_event(&project, &tab), engine);
}

/// The façade is there, its wasm is not: the app's own has been compiled by then.
fn degraded(world: &World, engine: Engine) {
    let project = world.project();
    let work = "WebAssembly.compile = () => Promise.reject(new Error('forbidden'));\n\
                setTimeout(() => rust.pack(7));";
    let site = site(world, &project, work);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let issue = eventually(|| project.api.only_issue());
    assert_eq!((issue.kind.as_str(), issue.value.as_str()), ("panic", MESSAGE));
    tab.flush();
    let event = project.api.latest_event(&issue.short_id).unwrap();
    check_panic(&event, engine);
    assert_eq!(project.api.only_issue().unwrap().count, 1);
}

#[track_caller]
fn check_trap(
    world: &World,
    engine: Engine,
    call: &str,
    value: &str,
    inlined: &[(&str, &str)],
    called: &[(&str, &str)],
) {
    let event = event_of(world, engine, &format!("setTimeout(() => rust.{call});"));
    let thrown = event.thrown().expect("an exception");
    assert_eq!(thrown.kind, "RuntimeError");
    assert!(thrown.value.contains(value), "{thrown:#?}");
    assert!(!event.handled());
    // The innermost of the three has been inlined into the one that called it.
    let in_wasm =
        |frame: &trapline_core::event::Frame| frame.function.starts_with("wasm-function[");
    assert!(thrown.frames.len() >= 3 && thrown.frames[..2].iter().all(in_wasm), "{thrown:#?}");
    check_resolved(world, engine, &event, inlined, called);
}

/// A panic whose trap the page swallows does not hide what happens in another module, or the same one, next.
fn beside(world: &World, engine: Engine) {
    let project = world.project();
    let work = "setTimeout(function first() { try { rust.pack(7); } catch {} });\n\
                setTimeout(function second() { rust.seal(3); });";
    let site = site(world, &project, work);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let issues = eventually(|| {
        let issues = project.api.issues()?;
        ensure!(issues.len() == 2, "{issues:#?}");
        Ok(issues)
    });
    let mut kinds: Vec<_> = issues.iter().map(|issue| issue.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["RuntimeError", "panic"]);
}

fn handled(world: &World, engine: Engine) {
    let event = event_of(world, engine, "rust.weigh('a feather');");
    let chain: Vec<_> =
        event.exceptions.iter().map(|one| (one.kind.as_str(), one.value.as_str())).collect();
    let expected =
        [("ScaleError", "the scale cannot be read"), ("ParseFloatError", "invalid float literal")];
    assert_eq!(chain, expected);
    assert!(event.handled());
    assert_eq!(event.contexts.get("panic"), None);
    assert_eq!(json!(event.level), "error");
}
