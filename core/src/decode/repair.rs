//! JSON as browsers really write it: half an emoji (a lone surrogate, which `JSON.stringify` escapes) and bytes that
//! are no UTF-8 are replaced by U+FFFD and noted, where a strict parser would refuse the whole event.

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
    let whole = without_lone_surrogates(&text);
    let changed = matches!(text, Cow::Owned(_)) || matches!(whole, Cow::Owned(_));
    match serde_json::from_str(&whole) {
        Ok(value) if changed => {
            note(defects, String::new(), "text that is no Unicode was replaced");
            Ok(value)
        }
        _ => Err(DecodeError::Json { reason: strict.to_string() }),
    }
}

/// Replaces `\ud800`–`\udfff` that are not a pair. Backslashes are walked over in twos, so that `\\ud800`, which is
/// an escaped backslash before letters, stays.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let mut repaired = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = escape + 2;
        let Some(unit) = unit_at(text, escape) else { continue };
        at = escape + 6;
        let is_pair = (0xd800..0xdc00).contains(&unit)
            && unit_at(text, at).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if is_pair {
            at += 6;
        } else if (0xd800..0xe000).contains(&unit) {
            repaired.push_str(text.get(copied..escape).unwrap_or_default());
            repaired.push_str("\\ufffd");
            copied = at;
        }
    }
    if repaired.is_empty() {
        return Cow::Borrowed(text);
    }
    repaired.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(repaired)
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
        check(br#""open"#, None);
        check(br#""\ud83"#, None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(payload in "[\"\\\\ud8c0-9a-f]{0,40}") {
            let _ = json(payload.as_bytes(), &mut Vec::new());
        }
    }
}
