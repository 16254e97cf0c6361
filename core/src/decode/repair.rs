//! JSON as senders really write it: half an emoji (a lone surrogate, which `JSON.stringify` escapes) and bytes that are
//! no UTF-8 are replaced by U+FFFD, `NaN` and `Infinity` by `null`, and noted, where a strict parser would refuse the
//! whole event.

use std::borrow::Cow;

use serde_json::Value;

use super::{DecodeError, note};
use crate::defect::Defect;

pub(super) fn json(payload: &[u8], defects: &mut Vec<Defect>) -> Result<Value, DecodeError> {
    let strict = match serde_json::from_slice(payload) {
        Ok(value) => return Ok(value),
        Err(strict) => strict,
    };
    let text = String::from_utf8_lossy(payload);
    let (whole, found) = repaired(&text);
    let Ok(value) = serde_json::from_slice(whole.as_bytes()) else {
        return Err(DecodeError::Json { reason: strict.to_string() });
    };
    if found.half_characters || matches!(text, Cow::Owned(_)) {
        note(defects, String::new(), "text that is no Unicode was replaced");
    }
    if found.no_numbers {
        note(defects, String::new(), "NaN or Infinity was left out");
    }
    Ok(value)
}

/// What was replaced in a text.
#[derive(Clone, Copy, Default)]
struct Found {
    half_characters: bool,
    no_numbers: bool,
}

/// Python and others write these where JSON has no number. The longer one first.
const NO_NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Replaces `\ud800`–`\udfff` that are not a pair, and `NaN` outside of texts. Backslashes are walked over in twos, so
/// that `\\ud800`, which is an escaped backslash before letters, stays.
fn repaired(text: &str) -> (String, Found) {
    let mut found = Found::default();
    let mut repaired = String::with_capacity(text.len());
    let mut in_string = false;
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\\', 'N', '-', 'I']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        repaired.push_str(before);
        let (length, replacement) =
            if in_string { escape(from, &mut found) } else { no_number(from, &mut found) };
        let (token, after) = from.split_at_checked(length).unwrap_or((from, ""));
        in_string ^= token == "\"";
        repaired.push_str(replacement.unwrap_or(token));
        rest = after;
    }
    repaired.push_str(rest);
    (repaired, found)
}

/// How many bytes of a string's `text` belong together, and what takes their place.
fn escape(text: &str, found: &mut Found) -> (usize, Option<&'static str>) {
    if !text.starts_with('\\') {
        return (1, None);
    }
    let Some(unit) = unit_at(text, 0) else {
        let escaped = text.chars().nth(1).map_or(0, char::len_utf8);
        return (1 + escaped, None);
    };
    let is_pair = (0xd800..0xdc00).contains(&unit)
        && unit_at(text, 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
    if is_pair {
        return (12, None);
    }
    let is_half = (0xd800..0xe000).contains(&unit);
    found.half_characters |= is_half;
    (6, is_half.then_some("\\ufffd"))
}

/// The same outside of strings.
fn no_number(text: &str, found: &mut Found) -> (usize, Option<&'static str>) {
    let Some(word) = NO_NUMBERS.iter().find(|word| text.starts_with(**word)) else {
        return (1, None);
    };
    found.no_numbers = true;
    (word.len(), Some("null"))
}

/// The code unit of `\uXXXX` at `at`.
fn unit_at(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at.checked_add(6)?)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &[u8], expected: Option<(&str, usize)>) {
        let mut defects = Vec::new();
        let value = json(payload, &mut defects).ok();
        let text = value.as_ref().and_then(Value::as_str).map(|text| (text, defects.len()));
        assert_eq!(text, expected);
    }

    #[test]
    fn half_characters_are_replaced() {
        check(br#""a""#, Some(("a", 0)));
        check(br#""\ud83d\ude00""#, Some(("😀", 0)));
        check(br#""x\ud83dy""#, Some(("x\u{fffd}y", 1)));
        check(br#""\ude00\ud83d\ude00""#, Some(("\u{fffd}😀", 1)));
        check(br#""\\ud83d \ud83d""#, Some(("\\ud83d \u{fffd}", 1)));
        check(b"\"caf\xe9\"", Some(("caf\u{fffd}", 1)));
        check(br#""NaN -Infinity""#, Some(("NaN -Infinity", 0)));
        check(br#""open"#, None);
        check(br#""\ud83"#, None);
    }

    #[test]
    fn numbers_that_are_none_are_left_out() {
        let mut defects = Vec::new();
        let payload = br#"{"a":NaN,"b":[-Infinity,Infinity,-1],"c":"NaN \ud800 \" NaN"}"#;
        let value = json(payload, &mut defects).unwrap();
        let expected = serde_json::json!(
            {"a": null, "b": [null, null, -1], "c": "NaN \u{fffd} \" NaN"});
        assert_eq!((value, defects.len()), (expected, 2));
        assert!(json(b"{\"a\":Nan}", &mut defects).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(payload in "[\"\\\\ud8c0-9a-f]{0,40}") {
            let _ = json(payload.as_bytes(), &mut Vec::new());
        }
    }
}
