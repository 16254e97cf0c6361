//! Whatever a page throws or rejects with arrives once, and says what it was.

use trapline_tests::{Engine, World, eventually};

use crate::reported::{Expected, check, only_event_of};
use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    full("thrown_text_arrives_once", |world, engine| {
        let expected =
            Expected { kind: "Error", value: "sold out", mechanism: "onerror", function: "" };
        check(world, engine, "setTimeout(function buy() { throw 'sold out'; });", expected);
    }),
    full("thrown_object_arrives_once", |world, engine| {
        let app = "setTimeout(function buy() { throw { code: 7, why: 'sold out' }; });";
        let value = "{\"code\":7,\"why\":\"sold out\"}";
        check(
            world,
            engine,
            app,
            Expected { kind: "Error", value, mechanism: "onerror", function: "" },
        );
    }),
    full("rejection_with_a_number_arrives_once", |world, engine| {
        check_rejection(world, engine, "Promise.reject(404)", "UnhandledRejection", "404");
    }),
    full("rejection_with_an_object_arrives_once", |world, engine| {
        let app = "Promise.reject({ code: 7, message: 'sold out' })";
        check_rejection(world, engine, app, "UnhandledRejection", "sold out");
    }),
    sampled("rejection_with_undefined_arrives_once", |world, engine| {
        check_rejection(world, engine, "Promise.reject()", "UnhandledRejection", "undefined");
    }),
    full("rejection_with_null_arrives_once", |world, engine| {
        check_rejection(world, engine, "Promise.reject(null)", "UnhandledRejection", "null");
    }),
    full("rejection_with_a_circular_object_arrives_once", |world, engine| {
        let app = "const basket = { size: 3 }; basket.self = basket; Promise.reject(basket);";
        check_rejection(world, engine, app, "UnhandledRejection", "\"size\":3");
    }),
    full("rejection_with_a_dom_exception_arrives_once", |world, engine| {
        let app = "Promise.reject(new DOMException('no room left', 'QuotaExceededError'))";
        check_rejection(world, engine, app, "QuotaExceededError", "no room left");
    }),
    sampled("rejection_with_an_event_is_titled_by_its_target", |world, engine| {
        // A picture in no document: its failure reaches nobody but whoever asked for it.
        let app = "new Promise((_, reject) => { const oak = new Image(); oak.onerror = reject; \
                   oak.src = '/oak.png'; });";
        let (_, event) = only_event_of(world, engine, app, |_, _| ());
        let thrown = event.thrown().expect("an exception");
        assert!(thrown.value.contains("<img>") && thrown.value.contains("/oak.png"), "{thrown:#?}");
    }),
    full("error_of_an_animation_frame_arrives_once", |world, engine| {
        let app = "requestAnimationFrame(function draw() { throw new RangeError('too wide'); });";
        let mechanism = "onerror";
        check(
            world,
            engine,
            app,
            Expected { kind: "RangeError", value: "too wide", mechanism, function: "draw" },
        );
    }),
    full("error_of_a_promise_arrives_once", |world, engine| {
        let app = "Promise.resolve().then(function pack() { throw new TypeError('no box'); });";
        let mechanism = "onunhandledrejection";
        check(
            world,
            engine,
            app,
            Expected { kind: "TypeError", value: "no box", mechanism, function: "pack" },
        );
    }),
    sampled("script_that_cannot_be_parsed_is_named", syntax_error),
    full("causes_are_followed_and_cycles_end", causes),
    sampled("aggregate_error_has_every_inner_error", aggregate),
    sampled("stack_overflow_arrives_once", overflow),
    sampled("wasm_trap_arrives_with_its_frames", trap),
    sampled("megabyte_of_message_is_cut_and_says_so", megabyte),
    sampled("hostile_objects_harm_nothing", hostile),
];

#[track_caller]
fn check_rejection(world: &World, engine: Engine, app: &str, kind: &str, value: &str) {
    let mechanism = "onunhandledrejection";
    check(world, engine, app, Expected { kind, value, mechanism, function: "" });
}

fn syntax_error(world: &World, engine: Engine) {
    let app = "const price = ;\n";
    let value = engine.pick(["Unexpected token", "expected expression", "Unexpected token"]);
    let expected = Expected { kind: "SyntaxError", value, mechanism: "onerror", function: "" };
    let event = check(world, engine, app, expected);
    let frame = &event.thrown().expect("an exception").frames[0];
    assert!(frame.file.ends_with("/app.js") && frame.line == 1, "{frame:?}");
}

fn causes(world: &World, engine: Engine) {
    let app = "setTimeout(function pay() {\n\
               const card = new RangeError('card declined');\n\
               const bank = new TypeError('bank is closed', { cause: card });\n\
               card.cause = bank;\n\
               throw new Error('not paid', { cause: bank });\n});";
    let expected =
        Expected { kind: "Error", value: "not paid", mechanism: "onerror", function: "pay" };
    let event = check(world, engine, app, expected);
    let chain: Vec<_> = event.exceptions.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(chain, ["not paid", "bank is closed", "card declined"]);
    assert_eq!(event.exceptions[2].mechanism.kind, "chained");
    assert_eq!(event.exceptions[2].frames[0].function, "pay");
}

fn aggregate(world: &World, engine: Engine) {
    let app = "const shop = (number) => Promise.reject(new Error(`shop ${number} is closed`));\n\
               Promise.any([...Array(14).keys()].map(shop));";
    let value = "";
    let mechanism = "onunhandledrejection";
    let event = check(
        world,
        engine,
        app,
        Expected { kind: "AggregateError", value, mechanism, function: "" },
    );
    let inner: Vec<_> = event.exceptions.iter().skip(1).map(|one| one.value.clone()).collect();
    let expected: Vec<_> = (0..14).map(|number| format!("shop {number} is closed")).collect();
    assert_eq!(inner, expected);
}

fn overflow(world: &World, engine: Engine) {
    let app =
        "setTimeout(function start() { (function count(n) { return count(n + 1) + 1; })(0); });";
    let kind = engine.pick(["RangeError", "InternalError", "RangeError"]);
    let value = engine.pick(["call stack size", "recursion", "call stack size"]);
    let expected = Expected { kind, value, mechanism: "onerror", function: "count" };
    check(world, engine, app, expected);
}

/// `(module (func $reserve unreachable) (export "run" (func $reserve)))`, with its name section.
const TRAP: &str = "\
const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0, 10, 5, 1, 3,\n\
  0, 0, 11, 0, 17, 4, 110, 97, 109, 101, 1, 10, 1, 0, 7, 114, 101, 115, 101, 114, 118, 101];\n\
WebAssembly.instantiate(new Uint8Array(bytes)).then(({ instance }) => setTimeout(instance.exports.run));\n";

fn trap(world: &World, engine: Engine) {
    let value = engine.pick(["unreachable", "unreachable executed", "Unreachable code"]);
    let expected =
        Expected { kind: "RuntimeError", value, mechanism: "onerror", function: "reserve" };
    check(world, engine, TRAP, expected);
}

fn megabyte(world: &World, engine: Engine) {
    let app = "setTimeout(function buy() { throw new Error('long '.repeat(200_000)); });";
    let expected =
        Expected { kind: "Error", value: "1000000", mechanism: "onerror", function: "buy" };
    let event = check(world, engine, app, expected);
    let value = &event.thrown().expect("an exception").value;
    assert!(value.starts_with("long long ") && value.contains("(of 1000000)"), "{value}");
    assert!(value.len() <= 8192, "{} bytes", value.len());
}

const HOSTILE: &str = "\
const thrower = { get() { throw new Error('mine'); } };
const hostile = [
  Object.defineProperties(new Error('getters'), { stack: thrower, name: thrower, cause: thrower }),
  Object.defineProperty(new Error('no message'), 'message', thrower),
  new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; }, has() { throw 3; }, getPrototypeOf() { throw 4; } }),
  (() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })(),
  Object.freeze(new Error('frozen')),
  Object.assign(new Error('number as stack'), { stack: 7 }),
  Object.assign(new Error('object as stack'), { stack: { toString() { throw 5; } } }),
  Object.create(null),
  { toJSON() { throw 6; }, toString() { throw 7; } },
  Symbol('sold out'),
  10n,
];
window.survived = 0;
for (const one of hostile) {
  Trapline.captureException(one);
  Promise.reject(one);
  window.survived++;
}
";

/// Each twice: captured, and as a rejection. An error that was captured and is then thrown on is one.
fn hostile(world: &World, engine: Engine) {
    let project = world.project();
    let site = project.site(HOSTILE);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    tab.flush();
    assert_eq!(tab.eval("window.survived"), 11);
    let issues = eventually(|| {
        let issues = project.api.issues()?;
        let count: u64 = issues.iter().map(|issue| issue.count).sum();
        anyhow::ensure!(count >= 16, "{count}: {issues:#?}");
        Ok(issues)
    });
    for message in
        ["getters", "frozen", "number as stack", "object as stack", "[unreadable]", "sold out"]
    {
        assert!(issues.iter().any(|issue| issue.value.contains(message)), "{message}: {issues:#?}");
    }
    assert!(issues.iter().all(|issue| !issue.value.contains("mine")), "{issues:#?}");
}
