//! Where a call stands, in the words of the engine.
//!
//! ```text
//! location = file ":" line ":" column
//!          | url ":" line                                               Firefox ≤ 29, PhantomJS
//!          | [ url ":" ] "wasm-function[" index "]" [ ":0x" offset ]    wasm
//!          | "eval at " function " (" location "), <anonymous>:1:1"     V8, in any depth
//!          | url " line 26 > eval line 2 > eval:1:30"                   Firefox
//!          | "data:" type "," code ":" line ":" column
//!          | "<anonymous>" | "native" | "[native code]" | "index 0" | …
//! ```
//!
//! Whatever has neither a place nor one of these words is not a location, so that prose is not taken for calls.

use alloc::string::String;

use super::Frame;

/// What engines write instead of a file; `native` is Hermes', `native code` the old Edge's.
pub(super) const ENGINE_WORDS: [&str; 5] =
    ["", "<anonymous>", "native", "native code", "[native code]"];

/// Reads a location; the function's name is only cleaned.
pub(super) fn located(function: &str, location: &str) -> Option<Frame> {
    let function = if ["?", "<anonymous>"].contains(&function) { "" } else { function };
    wasm(function, location)
        .or_else(|| safari_wasm(function, location))
        .or_else(|| v8_eval(function, location))
        .or_else(|| firefox_eval(function, location))
        .or_else(|| data_url(function, location))
        .or_else(|| engine(function, location))
        .or_else(|| file(function, location))
}

/// Whether the text begins with a URL: `https://…`, `blob:…`, `data:…`.
pub(super) fn is_url(text: &str) -> bool {
    let is_scheme_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    text.starts_with("blob:")
        || text.starts_with("data:")
        || find(text, "://")
            .is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(is_scheme_byte))
}

/// Splits at the first `needle`. The standard `split_once` does it too, with an algorithm for long texts that
/// adds 6 KB to the agent.
pub(super) fn find<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    text.char_indices().find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        Some((before, rest.strip_prefix(needle)?))
    })
}

/// `https://app.test/app.wasm:wasm-function[12]:0x1f3`, `wasm-function[12]`
///
/// The convention of [the specification](https://webassembly.github.io/spec/web-api/#conventions), to which Safari
/// came late and without URL and offset, its `<?>` meaning a hash that it did not compute
/// (<https://github.com/WebKit/WebKit/pull/48875>, `/49862`). Node with source maps writes `app.wasm:1:499` instead,
/// so line 1 and the offset as column it is.
fn wasm(function: &str, location: &str) -> Option<Frame> {
    let (module, rest) = find(location, "wasm-function[")?;
    let (index, offset) = rest.split_once(']')?;
    let offset = offset.strip_prefix(":0x").and_then(|hex| counted(hex, 16));
    let module = module.strip_suffix(':').unwrap_or(module);
    let file = if ["", "<?>"].contains(&module) { "[wasm code]" } else { module };
    let line = u32::from(offset.is_some());
    Some(frame(&wasm_name(function, index), file, line, offset.unwrap_or(0)))
}

/// `<?>.wasm-function[render]@[wasm code]`: Safari until 18.
fn safari_wasm(function: &str, location: &str) -> Option<Frame> {
    if location != "[wasm code]" {
        return None;
    }
    // `wasm-stub@[wasm code]` is the engine's own, between wasm and JavaScript.
    let Some((_, name)) = find(function, "wasm-function[") else {
        return engine(function, "[native code]");
    };
    let name = name.strip_suffix(']')?;
    let index = if number(name).is_some() { name } else { "" };
    Some(frame(&wasm_name(name, index), location, 0, 0))
}

/// `wasm-function[12]` if the function has no name, which Safari writes `12@wasm-function[12]`. V8 and Firefox put
/// the module's name first: `app.wasm.render`.
fn wasm_name(function: &str, index: &str) -> String {
    let name = find(function, ".wasm.").map_or(function, |(_, name)| name);
    if name.is_empty() || name == index {
        joined(["wasm-function[", index, "]"])
    } else {
        name.into()
    }
}

/// `eval at speak (https://app.test/main.js:21:17), <anonymous>:1:1`, and with an `eval at` in place of the URL
///
/// Of nested ones the innermost bracket has the only place in a file. Scripts injected by automation have none, and
/// so the place in the evaluated text is left.
fn v8_eval(function: &str, location: &str) -> Option<Frame> {
    let mut origin = location.strip_prefix("eval at ")?;
    while let Some((_, inner)) = find(origin, " (eval at ") {
        origin = inner;
    }
    let (file, line, column) = find(origin, " (")
        .and_then(|(_, url)| url.match_indices(')').find_map(|(end, _)| place(url.get(..end)?)))
        .filter(|(file, _, _)| !file.is_empty())
        .or_else(|| place(location.rsplit_once(' ')?.1))?;
    Some(frame(function, file, line, column))
}

/// `https://app.test/main.js line 26 > eval line 2 > eval:1:30`: only the first place is in a file.
///
/// Firefox writes `> Function`, `> scriptElement` and more in the same way.
fn firefox_eval(function: &str, location: &str) -> Option<Frame> {
    let (file, rest) = find(location, " line ")?;
    let (line, kind) = find(rest, " > ")?;
    let function = if function.is_empty() && kind.starts_with("eval") { "eval" } else { function };
    Some(frame(function, file, number(line)?, 0))
}

/// `data:application/javascript,export%20…:1:38`: the file is `<data:application/javascript>`, as a place in the code
/// is of no use without the code, and the code is long.
fn data_url(function: &str, location: &str) -> Option<Frame> {
    let (media_type, _) = location.strip_prefix("data:")?.split_once(',')?;
    Some(frame(function, &joined(["<data:", media_type, ">"]), 0, 0))
}

/// `[native code]`, `<anonymous>`, nothing
fn engine(function: &str, location: &str) -> Option<Frame> {
    // V8: `at async Promise.all (index 0)`.
    let location = if location.starts_with("index ") { "<anonymous>" } else { location };
    ENGINE_WORDS.contains(&location).then(|| frame(function, location, 0, 0))
}

/// `https://app.test/main.js:10:7`
fn file(function: &str, location: &str) -> Option<Frame> {
    let (file, line, column) = place(location)?;
    Some(frame(function, file, line, column))
}

/// Splits `main.js:10:7`. The column may be missing after a URL only: `error code:10` is prose.
fn place(location: &str) -> Option<(&str, u32, u32)> {
    let (head, last) = location.rsplit_once(':')?;
    let last = number(last)?;
    if let Some((file, line)) = head.rsplit_once(':')
        && let Some(line) = number(line)
    {
        return Some((file, line, last));
    }
    is_url(head).then_some((head, last, 0))
}

/// Digits alone; 0 if there are too many to count.
fn number(digits: &str) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| counted(digits, 10).unwrap_or(0))
}

/// The standard library's parsers are ten times as long, and the agent pays for them.
fn counted(digits: &str, radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let add = |sum: u32, digit: char| sum.checked_mul(radix)?.checked_add(digit.to_digit(radix)?);
    digits.chars().try_fold(0, add)
}

/// `concat` of the standard library is a kilobyte long.
pub(super) fn joined(parts: [&str; 3]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// A frame of borrowed parts; one function, because the agent pays for every copy of it.
pub(super) fn frame(function: &str, file: &str, line: u32, column: u32) -> Frame {
    Frame { function: function.into(), file: file.into(), line, column }
}
