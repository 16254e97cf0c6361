//! Times on the wire: seconds since 1970 as a number (with a fraction), or as a text of one; or RFC 3339.

use serde_json::Value;

/// 2000-01-01 and 2100-01-01: a time outside is a unit mistaken or a clock never set.
const BELIEVABLE_MS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// Milliseconds since 1970.
pub(super) fn parse(value: &Value) -> Option<i64> {
    let at_ms = match value {
        Value::Number(seconds) => milliseconds(seconds.as_f64()?)?,
        Value::String(text) => match number(text) {
            Some(seconds) => milliseconds(seconds)?,
            None => text.parse::<jiff::Timestamp>().ok()?.as_millisecond(),
        },
        _ => return None,
    };
    BELIEVABLE_MS.contains(&at_ms).then_some(at_ms)
}

/// As JSON writes numbers: of the standard library's way the tables alone are 10 KB of the Worker.
fn number(text: &str) -> Option<f64> {
    let is_one = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte));
    let value: Value = is_one.then(|| serde_json::from_slice(text.as_bytes()))?.ok()?;
    value.as_f64()
}

/// Milliseconds since 1970 of an envelope's `sent_at`: RFC 3339, or seconds as a text.
pub fn milliseconds_of(text: &str) -> Option<i64> {
    parse(&Value::String(text.to_owned()))
}

fn milliseconds(seconds: f64) -> Option<i64> {
    let at_ms = (seconds * 1_000.0).round();
    // Exact below 2^53; the range check above refuses what lies beyond.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the comparison")]
    (at_ms.is_finite() && at_ms.abs() < 9.0e15).then_some(at_ms as i64)
}

/// `2026-11-20T09:41:08.123Z`; empty for a time that no calendar has.
pub fn rfc3339_of(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seconds_and_rfc3339_are_read() {
        assert_eq!(parse(&json!(1_763_630_000.5)), Some(1_763_630_000_500));
        assert_eq!(parse(&json!("1763630000.5")), Some(1_763_630_000_500));
        assert_eq!(parse(&json!("1763630000")), Some(1_763_630_000_000));
        assert_eq!(parse(&json!("1.7636300005e9")), Some(1_763_630_000_500));
        assert_eq!(parse(&json!("2025-11-20T09:13:20Z")), Some(1_763_630_000_000));
        assert_eq!(parse(&json!("2025-11-20T10:13:20.25+01:00")), Some(1_763_630_000_250));
        for refused in [
            json!(-5),
            json!(1e30),
            json!("soon"),
            json!(""),
            json!("1e999"),
            json!("9999-01-01T00:00:00Z"),
            json!([]),
        ] {
            assert_eq!(parse(&refused), None, "{refused}");
        }
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(rfc3339_of(1_763_630_000_250), "2025-11-20T09:13:20.25Z");
        assert_eq!(rfc3339_of(i64::MAX), "");
    }
}
