//! What a sender says that it did not send: the item `client_report` of the Sentry protocol.
//!
//! ```text
//! {"timestamp": …, "discarded_events": [{"reason": "queue_overflow", "category": "error", "quantity": 880}]}
//! ```
//!
//! `rate_limited_events`, `filtered_events` and `filtered_sampling_events` are read alike. What has the wrong shape is
//! passed over: a report that is damaged says less, and is no error of its own.

use serde_json::Value;

/// Most entries that are read: senders have a dozen reasons and as many categories.
const MAX_ENTRIES: usize = 100;

/// Most of one entry: pages may claim anything.
const MAX_QUANTITY: u32 = 1_000_000;

/// The reasons of the protocol, and `other` for what else there may be.
const REASONS: [&str; 13] = [
    "before_send",
    "buffer_overflow",
    "cache_overflow",
    "event_processor",
    "ignored",
    "insufficient_data",
    "internal_sdk_error",
    "invalid",
    "network_error",
    "queue_overflow",
    "ratelimit_backoff",
    "sample_rate",
    "send_error",
];

/// So many of a category were discarded for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// One of the protocol's.
    pub reason: &'static str,
    /// `error`, `session`, …
    pub category: String,
    /// At least 1.
    pub quantity: u32,
}

/// Reads a report; empty if it is none.
pub fn parse(payload: &[u8]) -> Vec<Discarded> {
    let report: Value = serde_json::from_slice(payload).unwrap_or_default();
    ["discarded_events", "rate_limited_events", "filtered_events", "filtered_sampling_events"]
        .iter()
        .filter_map(|list| report.get(list)?.as_array())
        .flatten()
        .take(MAX_ENTRIES)
        .filter_map(discarded)
        .collect()
}

fn discarded(entry: &Value) -> Option<Discarded> {
    let text = |name| entry.get(name).and_then(Value::as_str);
    let quantity = entry.get("quantity")?.as_u64().filter(|quantity| *quantity > 0)?;
    let given = text("reason").unwrap_or_default();
    let reason = REASONS.into_iter().find(|reason| *reason == given).unwrap_or("other");
    let category = text("category").unwrap_or("error");
    let category = category.get(..category.floor_char_boundary(40))?.to_owned();
    let quantity = u32::try_from(quantity).unwrap_or(MAX_QUANTITY).min(MAX_QUANTITY);
    Some(Discarded { reason, category, quantity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(report: &str, expected: &[(&'static str, &str, u32)]) {
        let found = parse(report.as_bytes());
        let found: Vec<_> =
            found.iter().map(|one| (one.reason, one.category.as_str(), one.quantity)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn quantities_by_reason_and_category() {
        check(
            r#"{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":880},
                {"reason":"sample_rate","category":"transaction","quantity":1}],
                "rate_limited_events":[{"reason":"ratelimit_backoff","category":"error","quantity":2}]}"#,
            &[
                ("queue_overflow", "error", 880),
                ("sample_rate", "transaction", 1),
                ("ratelimit_backoff", "error", 2),
            ],
        );
    }

    #[test]
    fn what_is_damaged_is_passed_over() {
        check("", &[]);
        check(r#"{"discarded_events":7}"#, &[]);
        check(r#"{"discarded_events":[7,{"quantity":-1},{"quantity":0},{"quantity":1.5}]}"#, &[]);
        check(
            r#"{"discarded_events":[{"quantity":1e3},{"reason":"made up","quantity":4294967296}]}"#,
            &[("other", "error", 1_000_000)],
        );
    }
}
