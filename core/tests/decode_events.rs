//! Payloads as senders write them, and what is kept of them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use serde_json::{Value, json};
use trapline_core::decode::{DecodeError, Received, event};
use trapline_core::event::{Event, Level};
use trapline_core::limits::MAX_EVENT;

const RECEIVED: Received<'static> =
    Received { now_ms: 1_800_000_000_000, event_id: None, user_agent: None };

fn decoded(payload: &Value) -> Event {
    event(payload.to_string().as_bytes(), &RECEIVED).unwrap()
}

/// Each defect as `path: reason`.
#[track_caller]
fn check_defects(payload: Value, expected: &[&str]) -> Event {
    let event = decoded(&payload);
    let defects: Vec<String> =
        event.defects.iter().map(|defect| format!("{}: {}", defect.path, defect.reason)).collect();
    assert_eq!(defects, expected);
    event
}

#[test]
fn a_whole_event_has_no_defects_and_the_crash_first() {
    let event = check_defects(
        json!({
            "event_id": "9EC79C33-EC99-42AB-8353-589FCB2E04DC",
            "timestamp": 1_799_999_999.5,
            "platform": "javascript",
            "level": "fatal",
            "release": "shop@1", "environment": "production", "dist": "2",
            "exception": {"values": [
                {"type": "CauseError", "value": "why"},
                {"type": "TypeError", "value": "what", "mechanism": {"type": "onerror", "handled": false},
                 "stacktrace": {"frames": [
                    {"function": "outer", "filename": "https://a.test/x.js", "lineno": 1, "colno": 2},
                    {"function": "?", "abs_path": "https://a.test/node_modules/x.js", "lineno": 3}]}}]},
            "breadcrumbs": [{"timestamp": 1_799_999_998, "category": "ui.click", "message": "button", "level": "log"}],
            "tags": [["plan", "gold"], {"key": "beta", "value": true}],
            "user": {"id": 7, "ip_address": "{{auto}}"},
            "request": {"url": "https://a.test/p", "headers": {"Cookie": "secret", "User-Agent":
                "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"}},
            "unknown": {"attributes": "are passed over"}
        }),
        &[],
    );
    assert_eq!(event.event_id, "9ec79c33ec9942ab8353589fcb2e04dc");
    assert_eq!((event.claimed_ms, event.at_ms()), (1_799_999_999_500, 1_799_999_999_500));
    assert_eq!((event.level, event.handled()), (Level::Fatal, false));
    let kinds: Vec<&str> = event.exceptions.iter().map(|exception| &*exception.kind).collect();
    assert_eq!(kinds, ["TypeError", "CauseError"]);
    let frames = &event.exceptions[0].frames;
    assert_eq!((&*frames[0].function, frames[0].in_app), ("", false), "a library");
    assert_eq!((&*frames[1].function, frames[1].in_app), ("outer", true));
    let tags: Vec<(&str, &str)> = event.tags.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(tags, [("plan", "gold"), ("beta", "true")]);
    assert_eq!(event.user.id.as_deref(), Some("7"));
    assert_eq!(event.user.ip_address, None);
    assert!(event.user.asks_for_address);
    assert_eq!((&*event.browser.name, &*event.os.name), ("Firefox", "Linux"));
    assert_eq!(
        (event.breadcrumbs[0].at_ms, event.breadcrumbs[0].level),
        (1_799_999_998_000, Level::Info)
    );
}

#[test]
fn bad_fields_are_dropped_and_noted() {
    let event = check_defects(
        json!({
            "event_id": "short", "timestamp": "soon", "level": "terrible", "message": ["no text"],
            "exception": {"values": [
                "no object", {"type": {}, "value": "kept", "stacktrace": {"frames": [{"lineno": -1}, 7]}}]},
            "breadcrumbs": "none", "tags": 3, "user": [], "extra": 1, "count": "many"
        }),
        &[
            "event_id: not 32 hexadecimal digits",
            "timestamp: not a time between 2000 and 2100",
            "message: not a text",
            "exception.values[1].type: not a text",
            "exception.values[1].stacktrace.frames[1]: not an object",
            "exception.values[1].stacktrace.frames[0].lineno: not a whole number up to 4294967295",
            "exception.values[0]: not an object",
            "level: not one of debug, info, warning, error, fatal",
            "user: not an object",
            "tags: not an object or a list of pairs",
            "breadcrumbs: not a list",
            "extra: not an object",
            "count: not a whole number up to 100000",
        ],
    );
    assert_eq!(event.exceptions[0].value, "kept");
    assert_eq!(event.at_ms(), RECEIVED.now_ms, "without a time it happened now");
    assert_eq!(event.event_id.len(), 32);
}

#[test]
fn the_same_bytes_without_an_id_are_the_same_event() {
    let (one, two) = (decoded(&json!({"message": "a"})), decoded(&json!({"message": "a"})));
    assert_eq!(one.event_id, two.event_id);
    assert_ne!(one.event_id, decoded(&json!({"message": "b"})).event_id);
}

#[test]
fn raw_stacks_are_read_and_the_rest_is_shown() {
    let stack = "TypeError: a\n    at pay (https://a.test/x.js:10:7)\n    at what is this";
    let event =
        decoded(&json!({"exception": [{"type": "TypeError", "value": "a", "stack": stack}]}));
    let thrown = event.thrown().unwrap();
    assert_eq!((&*thrown.frames[0].function, thrown.frames[0].line), ("pay", 10));
    assert_eq!(thrown.unread_lines.len(), 1);
}

#[test]
fn clocks_that_nobody_believes_give_way_to_ours() {
    let at = |seconds: f64| decoded(&json!({"timestamp": seconds})).at_ms();
    assert_eq!(at(1_799_999_000.0), 1_799_999_000_000);
    assert_eq!(at(1_800_000_030.0), RECEIVED.now_ms, "half a minute ahead is now");
    assert_eq!(at(1_900_000_000.0), RECEIVED.now_ms, "years ahead");
    assert_eq!(at(1_700_000_000.0), RECEIVED.now_ms, "years behind");
}

#[test]
fn long_and_wide_is_cut() {
    let wide: serde_json::Map<String, Value> =
        (0..1_000).map(|n| (n.to_string(), json!(n))).collect();
    let event = check_defects(
        json!({"message": "x".repeat(10_000), "extra": {"wide": wide, "long": "é".repeat(4_000)}}),
        &[
            "message: cut to 8192 of 10000 bytes",
            "extra: 901 values too deep, too many or too long",
        ],
    );
    assert_eq!(event.message.unwrap().len(), 8_192);
}

#[test]
fn what_is_no_event_is_refused() {
    let refused = |payload: &[u8]| event(payload, &RECEIVED).unwrap_err();
    assert!(matches!(refused(b"{\"a\":"), DecodeError::Json { .. }));
    let deep = refused("[".repeat(10_000).as_bytes());
    assert_eq!(deep.to_string(), "event nests deeper than 120");
    let many = refused(format!("{{\"tags\":[{}0]}}", "0,".repeat(100_000)).as_bytes());
    assert_eq!(many.to_string(), "event has more than 30000 values");
    assert_eq!(refused(b"[]"), DecodeError::NotAnObject);
    assert_eq!(refused(b"NaN"), DecodeError::NotAnObject);
    let large = vec![b' '; MAX_EVENT + 1];
    assert_eq!(refused(&large), DecodeError::TooLarge { bytes: MAX_EVENT + 1, limit: MAX_EVENT });
}

#[test]
fn numbers_are_stored_to_the_last_digit() {
    let event = decoded(&json!({"contexts": {"state": {"at": -7.649108811947954e-243}}}));
    let stored = serde_json::to_vec(&event).unwrap();
    assert_eq!(serde_json::from_slice::<Event>(&stored).unwrap(), event);
    assert!(String::from_utf8(stored).unwrap().contains("-7.649108811947954e-243"));
}

/// Any JSON, with the names that the decoder looks for.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "exception",
        "values",
        "stacktrace",
        "frames",
        "type",
        "value",
        "breadcrumbs",
        "tags",
        "user",
        "timestamp",
        "event_id",
        "level",
        "request",
        "headers",
        "contexts",
        "count",
        "stack",
        "message",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_object_is_an_event(payload in any_json()) {
        if payload.is_object() {
            let event = decoded(&payload);
            prop_assert_eq!(event.event_id.len(), 32);
            let stored = serde_json::to_vec(&event).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Event>(&stored).unwrap(), event);
        }
    }
}
