//! What is posted, byte by byte: duplicates, damage, and what is refused.

use serde_json::{Value, json};
use trapline_core::limits::{MAX_ENVELOPE, MAX_EVENT};
use trapline_tests::World;

use crate::Test;

pub const TESTS: &[Test] = &[
    ("same_envelope_twice_counts_once", same_envelope_twice),
    ("malformed_envelopes_leave_no_trace", malformed_envelopes),
    ("unknown_keys_and_projects_are_refused", unknown_keys),
    ("oversize_is_refused_with_the_limit", oversize),
    ("bad_field_is_dropped_and_shown", bad_field),
];

const ID: &str = "4f5a7c3e9b1d4e8fa0b2c4d6e8f01234";

fn same_envelope_twice(world: &World) {
    let project = world.project();
    let envelope = envelope(&event(ID));
    let first = project.send(&envelope);
    assert_eq!((first.status, first.body), (200, json!({ "id": ID }).to_string()));
    assert_eq!(project.send(&envelope).status, 200);
    let issue = project.api.only_issue().unwrap();
    assert_eq!((issue.count, issue.users), (1, 1));
}

/// Bytes, the status, and what the answer says.
const MALFORMED: [(&[u8], u16, &str); 10] = [
    (b"", 400, "envelope is empty"),
    (b"not json\n{\"type\":\"event\"}\n{}", 400, "line 1"),
    (b"[]\n{\"type\":\"event\"}\n{}", 400, "line 1"),
    (b"{\"event_id\":\"4f5a\n{\"type\":\"event\"}\n{}", 400, "line 1"),
    (b"\xff\xfe\n{\"type\":\"event\"}\n{}", 400, "line 1"),
    (b"{}\nnonsense\n{}", 400, "line 2"),
    (b"{}\n{}\n{}", 400, "item 1 has no type"),
    (b"{}\n{\"type\":\"event\",\"length\":900}\n{}", 400, "line 2"),
    (b"{}\n{\"type\":\"event\"}\n{\"exception\":", 400, "item 1"),
    (b"\x1f\x8b\x08\x00\x00broken", 400, ""),
];

fn malformed_envelopes(world: &World) {
    let project = world.project();
    assert_eq!(project.send(&envelope(&event(ID))).status, 200);
    let before = (world.database.rows(), project.api.issues().unwrap());
    for (body, status, detail) in MALFORMED {
        let answer = project.send(body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!(answer.status, status, "{shown:?}: {answer:?}");
        assert!(answer.detail().contains(detail), "{shown:?}: {answer:?}");
        assert_ne!(answer.detail(), "", "{shown:?}: {answer:?}");
    }
    assert_eq!((world.database.rows(), project.api.issues().unwrap()), before);
}

fn unknown_keys(world: &World) {
    let (project, other) = (world.project(), world.project());
    let before = world.database.rows();
    let body = envelope(&event(ID));
    let unknown = "0123456789abcdef0123456789abcdef";
    let other_key = other.key();
    let cases = [
        (project.ingest(), 401),
        (format!("{}?sentry_key={unknown}", project.ingest()), 403),
        (format!("{}?sentry_key={other_key}", project.ingest()), 403),
        (format!("/api/999999/envelope/?sentry_key={}", project.key()), 403),
        (format!("/api/nonsense/envelope/?sentry_key={}", project.key()), 403),
    ];
    for (path, status) in cases {
        let answer = world.post(&path, &body);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_ne!(answer.detail(), "", "{path}: {answer:?}");
    }
    assert_eq!(world.database.rows(), before);
}

fn oversize(world: &World) {
    let project = world.project();
    let before = world.database.rows();
    let answer = project.send(&vec![b' '; MAX_ENVELOPE + 1]);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.detail().contains(&MAX_ENVELOPE.to_string()), "{answer:?}");
    let mut large = event(ID);
    large["extra"] = json!({ "text": "x".repeat(MAX_EVENT) });
    let answer = project.send(&envelope(&large));
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.detail().contains(&MAX_EVENT.to_string()), "{answer:?}");
    assert_eq!(world.database.rows(), before);
}

fn bad_field(world: &World) {
    let project = world.project();
    let mut event = event(ID);
    event["breadcrumbs"] = json!([{ "message": "kept" }, 7]);
    event["release"] = json!({ "not": "a text" });
    assert_eq!(project.send(&envelope(&event)).status, 200);
    let issue = project.api.only_issue().unwrap();
    let stored = project.api.event(ID).unwrap();
    assert_eq!(stored.release, None);
    assert_eq!(stored.breadcrumbs.len(), 1);
    let paths: Vec<&str> = stored.defects.iter().map(|defect| defect.path.as_str()).collect();
    assert!(paths.contains(&"release") && paths.contains(&"breadcrumbs[1]"), "{paths:?}");
    let page = project.api.page(&format!("/{}/issues/{}/", project.slug, issue.short_id)).unwrap();
    assert_eq!(page.status, 200);
    assert!(page.body.contains("breadcrumbs[1]"), "the issue page shows the defect");
}

fn event(id: &str) -> Value {
    json!({
        "event_id": id,
        "timestamp": 1_763_900_000.5,
        "platform": "javascript",
        "exception": { "values": [{
            "type": "TypeError",
            "value": "x is not a function",
            "stacktrace": { "frames": [
                { "function": "render", "filename": "https://shop.test/app.js", "lineno": 3, "colno": 7, "in_app": true },
            ] },
        }] },
    })
}

fn envelope(event: &Value) -> Vec<u8> {
    let header = json!({ "event_id": event["event_id"] });
    format!("{header}\n{}\n{event}\n", json!({ "type": "event" })).into_bytes()
}
