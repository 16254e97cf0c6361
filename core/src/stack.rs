//! Reads the text of `error.stack`: one call a line, in the words of the engine that threw.
//!
//! ```text
//! V8             = { message } { "at " ( function " (" location ")" | [ "async " ] location ) }
//! Firefox/Safari = { [ function "@" ] location }
//! location       = see `location.rs`
//! ```
//!
//! V8 is Chrome, Edge, Opera and Node; Hermes and the old Edge write like it. The text is never refused: lines that
//! should be calls and that no grammar reads are kept in [`Stack::unread_lines`]. Refused are the stacks of Internet
//! Explorer below 10 and of Opera below 15, which have no lines of this kind.
//!
//! Function names stay as the engine has them (`foo/<`, `async foo`, `new Foo`, `a.b [as c]`), except for what a single
//! engine puts around them; the rest is for the fingerprint. The file is compiled into the page agent, hence neither
//! regular expressions nor `format!`; engines too old for the agent are read with the feature `decode` alone.

#[cfg(feature = "decode")]
mod in_app;
mod location;

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::{MAX_FRAMES, MAX_STACK_LINE};
#[cfg(feature = "decode")]
use location::{find, frame};
use location::{is_url, joined, located};

#[cfg(feature = "decode")]
pub use in_app::{is_engine_word, is_in_app, is_in_app_function};

/// Lines that engines write between calls, and that say nothing which the calls around them do not.
const NO_CALLS: [&str; 3] = ["eval code", "eval code@", "at <anonymous>"];

/// One call as an engine writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Empty if anonymous; `wasm-function[12]` for a wasm function without a name.
    pub function: String,
    /// URL or path, or the engine's word for code without one: `<anonymous>`, `[native code]`, `native`,
    /// `[wasm code]`; empty if the engine says nothing at all.
    pub file: String,
    /// From 1; 0 if unknown. 1 in wasm, if the offset is known.
    pub line: u32,
    /// From 1; 0 if unknown. In wasm the offset in the module, in bytes, from 0.
    pub column: u32,
}

/// A stack that has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// Crashing frame first, at most [`MAX_FRAMES`].
    pub frames: Vec<Frame>,
    /// Lines that should be calls, and that no grammar reads; cut to [`MAX_STACK_LINE`] bytes, at most [`MAX_FRAMES`].
    pub unread_lines: Vec<String>,
}

/// Reads a raw `error.stack` text.
pub fn parse(text: &str) -> Stack {
    // V8 alone puts the message above the calls, and a message may hold anything, another engine's stack too.
    let is_v8 = text.lines().any(|line| v8(line.trim_ascii()).is_some());
    #[cfg(feature = "decode")]
    let v8 = v8_or_missing_chunk;
    let grammar = if is_v8 { v8 } else { firefox_or_safari };
    let mut stack = Stack::default();
    for line in text.lines().map(str::trim_ascii) {
        if stack.frames.len() == MAX_FRAMES {
            break;
        }
        if line.is_empty() || NO_CALLS.contains(&line) {
            continue;
        }
        if let Some(frame) = grammar(line) {
            stack.frames.push(frame);
        } else if stack.unread_lines.len() < MAX_FRAMES
            && (line.starts_with("at ") || !stack.frames.is_empty())
        {
            let cut = line.floor_char_boundary(MAX_STACK_LINE);
            stack.unread_lines.push(line.get(..cut).unwrap_or(line).into());
        }
    }
    stack
}

/// `at render (https://app.test/main.js:10:7)`, `at async https://app.test/main.js:10:7`
fn v8(line: &str) -> Option<Frame> {
    let call = short(line)?.strip_prefix("at ")?.trim_ascii_start();
    #[cfg(feature = "decode")]
    if let Some(frame) = safari_extension(call) {
        return Some(frame);
    }
    let anonymous = || ("", call.strip_prefix("async ").unwrap_or(call));
    let (function, location) = parenthesised(call).unwrap_or_else(anonymous);
    // Hermes: `at onPress (address at index.android.bundle:1:452701)`.
    located(function, location.strip_prefix("address at ").unwrap_or(location))
}

/// `at ClipperError@safari-extension:(//3284871F/commons.js:223036:10)`
///
/// Safari 10's own extensions, as sentry-javascript recorded them (`sentry-safari-51` of the corpus): the scheme
/// stands outside of the brackets.
#[cfg(feature = "decode")]
fn safari_extension(call: &str) -> Option<Frame> {
    let (head, location) = find(call.strip_suffix(')')?, ":(//")?;
    let (function, scheme) = head.rsplit_once('@').unwrap_or(("", head));
    located(function, &joined([scheme, "://", location]))
}

/// Splits `render (location)`, and `render(location)`, which older V8 and React Native write.
///
/// The location begins where the last bracket was opened: C++ names (`Foo::bar(int) const (…)`) and paths
/// (`/(group)/page.js`, `C:\Program Files (x86)\`) have brackets of their own.
fn parenthesised(call: &str) -> Option<(&str, &str)> {
    let inside = call.strip_suffix(')')?;
    let mut closed = 0_usize;
    let open = inside.bytes().rposition(|byte| match byte {
        b')' => {
            closed += 1;
            false
        }
        b'(' if closed > 0 => {
            closed -= 1;
            false
        }
        byte => byte == b'(',
    })?;
    let (function, location) = inside.split_at_checked(open)?;
    Some((function.trim_ascii_end(), location.strip_prefix('(')?))
}

/// A call of V8, or `(error: https://app.test/chunk.js)`: webpack's `ChunkLoadError` names in its message the file
/// that did not load. Nobody called it, yet it is where the error is.
///
/// The agent's texts begin below the message.
#[cfg(feature = "decode")]
fn v8_or_missing_chunk(line: &str) -> Option<Frame> {
    v8(line).or_else(|| {
        let line = short(line)?;
        let message = line.strip_prefix("at ").unwrap_or(line);
        let (kind, file) = find(message.strip_prefix('(')?.strip_suffix(')')?, ": ")?;
        let file = file.trim_start_matches('(').trim_end_matches(')');
        ["error", "missing", "timeout"].contains(&kind).then(|| frame("", file, 0, 0))
    })
}

/// `render@https://app.test/main.js:10:7`, `@https://app.test/main.js:10:7`, `https://app.test/main.js:10:7`
fn firefox_or_safari(line: &str) -> Option<Frame> {
    let line = short(line)?;
    if is_url(line) {
        return located("", line);
    }
    // Names and URLs may contain `@` (`obj["@who"]@https://app.test/@scope/a.js:4:9`), so the one before a URL is the
    // right one. React Native's paths (`value@/data/bundle:1:7`) and Safari's wasm are none.
    let mut calls =
        line.match_indices('@').filter_map(|(at, _)| Some((line.get(..at)?, line.get(at + 1..)?)));
    calls
        .find(|(_, location)| is_url(location))
        .or_else(|| line.split_once('@'))
        .map_or_else(|| bare(line), |(function, location)| named(function, location))
}

/// A call before `@`, with Firefox's peculiar names made ordinary.
fn named(function: &str, location: &str) -> Option<Frame> {
    let mut frame = located(function, location)?;
    if let Some(resumed) = function.strip_prefix("async*") {
        // Firefox writes `async*load` where others write `async load`.
        frame.function =
            if resumed.is_empty() { String::new() } else { joined(["async ", resumed, ""]) };
    } else if cfg!(feature = "decode")
        && frame.column == 0
        && frame.line > 0
        && function.ends_with(')')
    {
        // Firefox 3 lists arguments: `bar(1)@https://app.test/main.js:13`. It knows no columns; a C++ name in wasm,
        // which may end with a bracket too, has one.
        frame.function = function.split_once('(').map_or("", |(name, _)| name).into();
    }
    Some(frame)
}

/// A line without `@`: `102.js:1:2956`, `wasm-function[12]`, `[native code]`. More would take prose for calls.
fn bare(line: &str) -> Option<Frame> {
    let is_word = !line.bytes().any(|byte| byte.is_ascii_whitespace());
    let frame = located("", line)?;
    (line == "[native code]" || (is_word && frame.file != line)).then_some(frame)
}

/// Refuses over-long lines: they hold a payload, and every grammar would run over it.
fn short(line: &str) -> Option<&str> {
    (line.len() <= MAX_STACK_LINE).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text with one call.
    #[track_caller]
    fn check(line: &str, function: &str, file: &str, line_number: u32, column: u32) {
        let stack = parse(line);
        let frame =
            Frame { function: function.into(), file: file.into(), line: line_number, column };
        assert_eq!(stack.frames, [frame], "{line}");
        assert!(stack.unread_lines.is_empty());
    }

    #[test]
    fn v8_calls() {
        check("at new Foo (https://a.test/m.js:1:2)", "new Foo", "https://a.test/m.js", 1, 2);
        check(
            "at a.b [as c] (blob:https://a.test/0-1:1:2)",
            "a.b [as c]",
            "blob:https://a.test/0-1",
            1,
            2,
        );
        check(
            "at x (webpack-internal:///./src/a.js:3:7)",
            "x",
            "webpack-internal:///./src/a.js",
            3,
            7,
        );
        check(
            "at x (https://a.test/(group)/@me/a.js:3:7)",
            "x",
            "https://a.test/(group)/@me/a.js",
            3,
            7,
        );
        check(
            "at x (C:\\Program Files (x86)\\a.js:3:7)",
            "x",
            "C:\\Program Files (x86)\\a.js",
            3,
            7,
        );
        check("at async Promise.all (index 0)", "async Promise.all", "<anonymous>", 0, 0);
        check("at <anonymous>:1:1", "", "<anonymous>", 1, 1);
        check("at eval (eval at evaluate (:302:30), <anonymous>:4:5)", "eval", "<anonymous>", 4, 5);
        check(
            "at eval (eval at <anonymous> (https://a.test/(b)/m.js:9:8), <anonymous>:1:1)",
            "eval",
            "https://a.test/(b)/m.js",
            9,
            8,
        );
    }

    #[test]
    fn wasm_calls_of_every_engine() {
        let url = "https://a.test/a.wasm";
        check(
            "at a.wasm.a::f::h0 (https://a.test/a.wasm:wasm-function[12]:0x1f3)",
            "a::f::h0",
            url,
            1,
            499,
        );
        check("at https://a.test/a.wasm:wasm-function[12]:0x1f3", "wasm-function[12]", url, 1, 499);
        check("at f (wasm://wasm/0a1b:wasm-function[12]:0x1f3)", "f", "wasm://wasm/0a1b", 1, 499);
        check("at f (wasm://wasm/php.wasm-0a1b:1:499)", "f", "wasm://wasm/php.wasm-0a1b", 1, 499);
        check(
            "at A::f(int (A::*)(int)) const (https://a.test/a.wasm:wasm-function[1]:0x1)",
            "A::f(int (A::*)(int)) const",
            url,
            1,
            1,
        );
        check("a::f::h0@https://a.test/a.wasm:wasm-function[12]:0x1f3", "a::f::h0", url, 1, 499);
        check("A::f(int)@https://a.test/a.wasm:wasm-function[12]:0x1f3", "A::f(int)", url, 1, 499);
        check("@https://a.test/a.wasm:wasm-function[12]:0x1f3", "wasm-function[12]", url, 1, 499);
        check("<?>.wasm-function[<[u8]>::f]@[wasm code]", "<[u8]>::f", "[wasm code]", 0, 0);
        check("<?>.wasm-function[12]@[wasm code]", "wasm-function[12]", "[wasm code]", 0, 0);
        check("wasm-stub@[wasm code]", "wasm-stub", "[native code]", 0, 0);
        check("a::f@<?>:wasm-function[12]", "a::f", "[wasm code]", 0, 0);
        check("a::f@wasm-function[12]", "a::f", "[wasm code]", 0, 0);
        check("12@wasm-function[12]", "wasm-function[12]", "[wasm code]", 0, 0);
        check("wasm-function[12]:0x1f3", "wasm-function[12]", "[wasm code]", 1, 499);
    }

    #[test]
    fn firefox_and_safari_calls() {
        check("foo/<@https://a.test/m.js:1:2", "foo/<", "https://a.test/m.js", 1, 2);
        check("async*foo@https://a.test/m.js:1:2", "async foo", "https://a.test/m.js", 1, 2);
        check("async*@https://a.test/m.js:1:2", "", "https://a.test/m.js", 1, 2);
        check("@debugger eval code:1:9", "", "debugger eval code", 1, 9);
        check("f@https://a.test/m.js line 5 > Function:1:2", "f", "https://a.test/m.js", 5, 0);
        check(
            "f@https://me:pw@a.test/@scope/m.js:1:2",
            "f",
            "https://me:pw@a.test/@scope/m.js",
            1,
            2,
        );
        check("https://me:pw@a.test/@scope/m.js:1:2", "", "https://me:pw@a.test/@scope/m.js", 1, 2);
        check("module code@https://a.test/m.js:1:2", "module code", "https://a.test/m.js", 1, 2);
        check("injected@undefined:3:311", "injected", "undefined", 3, 311);
        check("injected@", "injected", "", 0, 0);
        check("f@data:text/javascript,throw%201:1:7", "f", "<data:text/javascript>", 0, 0);
    }

    #[test]
    fn message_is_not_unread() {
        let text = "Error: f@https://a.test/m.js:1:1\nhttps://a.test/m.js:1:1\n    at g (https://a.test/m.js:3:4)";
        check(text, "g", "https://a.test/m.js", 3, 4);
        assert_eq!(
            parse("Error: error code:12\nask help@a.test:80\nuntil 12:30"),
            Stack::default()
        );
    }

    #[test]
    fn unread_line_is_counted_not_lost() {
        let long = ["at f (https://a.test/", &"ü".repeat(1_100), ":1:1)"].concat();
        let text = ["Error: x\nat least one\n  at f (a.js:1:2)\n\n... 3 more\n", &long].concat();
        let stack = parse(&text);
        assert_eq!(stack.frames.len(), 1);
        assert_eq!(stack.unread_lines.get(..2).unwrap(), ["at least one", "... 3 more"]);
        assert_eq!(stack.unread_lines.last().unwrap().len(), MAX_STACK_LINE - 1);
    }

    #[test]
    fn crashing_frames_of_a_deep_stack_are_kept() {
        let text: String = (1..=1_000).map(|line| format!("at f (a.js:{line}:1)\n")).collect();
        let stack = parse(&text);
        assert_eq!(stack.frames.len(), MAX_FRAMES);
        assert_eq!(stack.frames.first().unwrap().line, 1);
    }
}
