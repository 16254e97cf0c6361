//! Every stack of `tests/corpora/stack_cases.json`: recorded in browsers by the authors of other parsers, with the
//! frames that their own tests expect. Each case names its source and licence.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy.toml does not reach: a damaged corpus shall stop the test"
)]

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;
use trapline_core::limits::MAX_FRAMES;
use trapline_core::stack::{self, Frame, is_in_app};

/// Cases in which we mean to differ, and why.
const DIFFERENT: [(&str, &str); 4] = [
    (
        "sentry-chromium-17",
        "brackets of C++ names end up in its file names, and wasm has no offset",
    ),
    (
        "error-stack-parser-3",
        "a bare name has no place; faro-web-sdk-68 reads the same text as we do",
    ),
    (
        "error-stack-parser-10",
        "`(native)` keeps its brackets; sentry-react-native-43 writes `native`",
    ),
    ("faro-web-sdk-73", "its limit is 1,024 bytes a line, ours 2,048: URLs of that length exist"),
];

#[test]
fn recorded_stacks_are_read_as_their_parsers_read_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpora/stack_cases.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let sentry_texts: HashSet<String> =
        cases.iter().filter(|case| is_sentry(case)).map(unindented).collect();
    let mut failures = Vec::new();
    let mut checked = 0;
    for case in cases.iter().filter(|case| !is_presto(case)) {
        // The sources do not agree on the frames of one text; then sentry-javascript's word counts.
        if !is_sentry(case) && sentry_texts.contains(&unindented(case)) {
            continue;
        }
        checked += 1;
        let id = case["id"].as_str().unwrap();
        let means_to_differ = DIFFERENT.iter().any(|(different, _)| *different == id);
        match difference(case) {
            Some(difference) if !means_to_differ => failures.push(format!("{id}: {difference}")),
            None if means_to_differ => failures.push(format!("{id}: agrees, and is listed")),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{} of {checked}:\n{}", failures.len(), failures.join("\n"));
    assert!(checked >= 50, "only {checked} cases are left");
}

/// Opera until 12, whose stacks are in `error.stacktrace` and in the message.
fn is_presto(case: &Value) -> bool {
    case["error"].get("stacktrace").is_some() || case["error"].get("opera#sourceloc").is_some()
}

fn is_sentry(case: &Value) -> bool {
    case["id"].as_str().unwrap().starts_with("sentry-")
}

fn unindented(case: &Value) -> String {
    let text = case["error"]["stack"].as_str().unwrap_or_default();
    text.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The first difference from the expected frames. A frame `null` of a partial case is not asserted.
fn difference(case: &Value) -> Option<String> {
    let read = stack::parse(case["error"]["stack"].as_str().unwrap_or_default()).frames;
    // React asks parsers so to leave its own frames out.
    let skipped = case["error"]["framesToPop"].as_u64().unwrap_or(0) as usize;
    let frames = read.get(skipped..).unwrap_or_default();
    let expected = case["expected"]["frames"].as_array().unwrap();
    let count =
        case["expected"]["frame_count"].as_u64().map_or(expected.len(), |count| count as usize);
    if frames.len() != count {
        return Some(format!("{} frames, expected {count}: {frames:?}", frames.len()));
    }
    let mut pairs = frames.iter().zip(expected).filter(|(_, expected)| !expected.is_null());
    pairs.find(|(frame, expected)| !is_as_expected(frame, expected)).map(|(frame, expected)| {
        format!("{frame:?}, in_app {}, expected {expected}", is_in_app(&frame.file))
    })
}

fn is_as_expected(frame: &Frame, expected: &Value) -> bool {
    let text = |key: &str| expected[key].as_str().unwrap_or_default();
    let number = |key: &str| expected[key].as_u64().unwrap_or(0);
    let function = if text("function") == "?" { "" } else { text("function") };
    frame.function == function
        && frame.file == text("filename")
        && u64::from(frame.line) == number("lineno")
        && u64::from(frame.column) == number("colno")
        && (is_in_app(&frame.file) || is_known_as_foreign(&frame.file))
}

/// Their parsers call every frame in-app and leave the rest to the server; we leave these out.
fn is_known_as_foreign(file: &str) -> bool {
    let foreign = ["native", "<anonymous>", "eval code", "-extension:", "webpack/", "internal/"];
    file.is_empty()
        || foreign.iter().any(|part| file.contains(part))
        || file.contains("node_modules")
        || file.contains("/~/")
}

/// Lines of every engine, to be mixed and damaged.
const LINES: [&str; 14] = [
    "TypeError: foo",
    "    at bar (http://app.test/a.js:13:17)",
    "    at async http://app.test/a.js:24:4",
    "at baz (eval at foo (eval at speak (http://app.test/a.js:21:17)), <anonymous>:1:30)",
    "at Foo::bar(int) const (http://app.test/a.wasm:wasm-function[190]:0x5aeb)",
    "at f@safari-extension:(//3284871F/commons.js:223036:10)",
    "(error: https://app.test/a.js)",
    "foo/<@http://app.test/@scope/a.js:41:13",
    "async*foo@http://app.test/a.js line 26 > eval line 2 > eval:1:30",
    "<?>.wasm-function[12]@[wasm code]",
    "12@wasm-function[12]",
    "[native code]",
    "f@data:text/javascript,throw 1:1:1",
    "bar(1)@http://app.test/ü.js:99999999999",
];

fn stack_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        proptest::sample::select(LINES.as_slice()).prop_map(String::from),
        "(at )?[@:()\\[\\]<>0-9a-zü /]{0,40}",
        (proptest::sample::select(LINES.as_slice()), any::<proptest::sample::Index>(), "\\PC{0,3}")
            .prop_map(|(line, at, inserted)| {
                let at = line.floor_char_boundary(at.index(line.len()));
                [&line[..at], &inserted, &line[at..]].concat()
            }),
    ];
    proptest::collection::vec(line, 0..200).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_text_gives_a_bounded_stack(text in prop_oneof![stack_text(), any::<String>()]) {
        let stack = stack::parse(&text);
        prop_assert!(stack.frames.len() <= MAX_FRAMES);
        prop_assert!(stack.unread_lines.len() <= MAX_FRAMES);
        let of_frames: usize = stack.frames.iter().map(|f| f.function.len() + f.file.len()).sum();
        let of_unread_lines: usize = stack.unread_lines.iter().map(String::len).sum();
        // Twice, because `12@wasm-function[12]` becomes `wasm-function[12]` in `[wasm code]`.
        prop_assert!(of_frames + of_unread_lines <= 2 * text.len());
    }
}
