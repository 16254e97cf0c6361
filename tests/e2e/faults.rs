//! D1 fails before, during and after a commit: what is answered, and that every event counts exactly once.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use trapline_tests::{Injected, World};

use crate::Test;
use crate::ledger::{assert_stored, envelope};

pub const TESTS: &[Test] = &[
    ("failed_write_is_tried_again_and_counts_once", fails_once),
    ("write_that_keeps_failing_answers_503_and_counts_once_when_sent_again", keeps_failing),
    ("longest_series_of_tries_keeps_the_limits_of_production", longest_series),
    ("database_that_is_down_loses_nothing", is_down),
    ("full_database_answers_429_until_midnight_and_heals", is_full),
    ("pages_of_a_failing_database_say_what_to_do", pages),
    ("largest_event_keeps_the_limits_of_production", largest_event),
    ("envelope_of_many_events_keeps_the_limits_of_production", many_events),
    ("passed_limits_are_answered_and_heal", passed_limits),
];

/// When a batch can fail.
pub const WHEN: [&str; 3] = ["before", "during", "after"];

/// What every event writes and nothing else.
pub const EVENT: &str = "INSERT INTO event ";

const LOST: &str = "D1_ERROR: Network connection lost.";

fn fails_once(world: &World) {
    let faulty = world.faulty();
    let project = faulty.project();
    let mut sent = Vec::new();
    for (bug, when) in (0..).zip(WHEN) {
        // The first makes an issue, the second another group of it, the third is of a group that the Worker knows.
        for number in [bug, bug + 5, bug + 10] {
            faulty.queue(&json!({ "match": EVENT, "next": [{ "when": when }] }));
            let answer = project.send(&envelope(number));
            assert_eq!(answer.status, 200, "{when}, {number}: {answer:?}");
            let report = faulty.report();
            assert_eq!((total(report.injected), report.left), (1, 0), "{when}, {number}");
            sent.push(number);
            assert_stored(&faulty.database, &project, &sent);
        }
    }
}

fn keeps_failing(world: &World) {
    let faulty = world.faulty();
    for when in WHEN {
        let project = faulty.project();
        let mut sent = Vec::new();
        // The first event of a group, and one of a group that the Worker knows.
        for number in [0, 10] {
            faulty.fail_always(EVENT, when, LOST);
            let answer = project.send(&envelope(number));
            assert_eq!(answer.status, 503, "{when}, {number}: {answer:?}");
            let seconds = answer.retry_after.as_deref().and_then(|text| text.parse::<u32>().ok());
            assert!(seconds.is_some_and(|seconds| seconds >= 1), "{answer:?}");
            assert!(!answer.body.contains("D1"), "strangers learn nothing of it: {answer:?}");
            assert!(total(faulty.report().injected) > 1, "{when}, {number}: tried only once");
            faulty.heal();
            assert_eq!(project.send(&envelope(number)).status, 200);
            sent.push(number);
            assert_stored(&faulty.database, &project, &sent);
        }
    }
}

/// The short plan of a known group is written at the second try, which nobody hears of, so that the third counts nothing;
/// the whole plan then fails until the sender is asked to come again. More statements no single event can take.
fn longest_series(world: &World) {
    let faulty = world.faulty();
    let project = faulty.project();
    assert_eq!(project.send(&envelope(0)).status, 200);
    let series = ["before", "after", "never", "before", "before", "before"];
    let series = series.map(|when| json!({ "when": when }));
    faulty.queue(&json!({ "match": EVENT, "next": series }));
    assert_eq!(project.send(&envelope(10)).status, 503);
    let report = faulty.report();
    assert_eq!(report.refused, [""; 0], "fewer statements, or fewer tries");
    assert!(report.meant > 3, "the whole plan was not tried: {report:?}");
    faulty.heal();
    assert_eq!(project.send(&envelope(10)).status, 200);
    assert_stored(&faulty.database, &project, &[0, 10]);
}

/// Not only the write: reading the key and everything else fails too.
fn is_down(world: &World) {
    let faulty = world.faulty();
    let project = faulty.project();
    faulty.fail_always("", "before", LOST);
    let answer = project.send(&envelope(0));
    assert_eq!((answer.status, answer.retry_after.is_some()), (503, true), "{answer:?}");
    faulty.heal();
    assert_eq!(project.send(&envelope(0)).status, 200);
    assert_stored(&faulty.database, &project, &[0]);
}

fn is_full(world: &World) {
    let faulty = world.faulty();
    let limits = [
        "D1_ERROR: Exceeded maximum DB size",
        "D1_ERROR: Your account has exceeded its daily row write limit",
    ];
    for error in limits {
        let project = faulty.project();
        let mut sent = Vec::new();
        for number in [0, 10] {
            faulty.fail_always(EVENT, "during", error);
            let answer = project.send(&envelope(number));
            assert_eq!(answer.status, 429, "{error}: {answer:?}");
            let seconds = answer.retry_after.as_deref().and_then(|text| text.parse::<u64>().ok());
            let to_midnight = 86_400 - now_s() % 86_400;
            let late = seconds.map(|seconds| seconds.abs_diff(to_midnight) % 86_400);
            assert!(late.is_some_and(|late| late < 30), "{to_midnight}: {answer:?}");
            assert_eq!(total(faulty.report().injected), 1, "trying again cannot help");
            faulty.heal();
            assert_eq!(project.send(&envelope(number)).status, 200);
            sent.push(number);
            assert_stored(&faulty.database, &project, &sent);
        }
    }
}

fn pages(world: &World) {
    let faulty = world.faulty();
    let project = faulty.project();
    assert_eq!(project.send(&envelope(0)).status, 200);
    let issue = project.api.only_issue().unwrap();
    let list = format!("/{}/issues/", project.slug);
    let api = format!("/api/0/projects/{}/issues/", project.slug);
    let spent = "D1_ERROR: Your account has exceeded its daily row read limit";
    let cases = [
        // Who reads, what is listed, and everything.
        ("FROM session", LOST, "Try again in some seconds"),
        ("FROM issue", LOST, "Try again in some seconds"),
        ("", LOST, "Try again in some seconds"),
        ("", spent, "midnight UTC"),
        ("", "D1_ERROR: Exceeded maximum DB size", "until there is room"),
    ];
    for (part, error, advice) in cases {
        faulty.fail_always(part, "before", error);
        for path in [&list, &format!("{list}{}/", issue.short_id)] {
            let page = project.api.page(path).unwrap();
            assert_eq!(page.status, 503, "{part:?}, {error}, {path}: {page:?}");
            assert!(page.retry_after.is_some(), "{page:?}");
            assert!(page.body.contains(advice), "{part:?}, {error}, {path}: {}", page.body);
        }
        let answer = project.api.page(&api).unwrap();
        assert_eq!(answer.status, 503, "{part:?}, {error}: {answer:?}");
        assert_ne!(answer.detail(), "", "{answer:?}");
    }
    faulty.heal();
    assert_eq!(project.api.page(&list).unwrap().status, 200, "nobody was signed out");
}

/// As large as an event may be, and hardly to be compressed.
fn largest_event(world: &World) {
    let faulty = world.faulty();
    let project = faulty.project();
    let texts: Vec<Vec<String>> =
        (0..60).map(|list| (0..4).map(|text| noise(4 * list + text, 4_000)).collect()).collect();
    let event =
        json!({ "event_id": "1f".repeat(16), "message": "large", "extra": { "texts": texts } });
    let body = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    assert_eq!(project.send(body.as_bytes()).status, 200);
    assert_eq!(project.api.only_issue().unwrap().count, 1);
    let bytes = faulty.report().max_value_bytes;
    assert!(bytes > 500_000, "{bytes} bytes are no large value");
}

/// The protocol has one event an envelope; nobody keeps a sender from putting more into it. Whether they are taken at once
/// or bit by bit: a sender that comes again gets rid of them.
fn many_events(world: &World) {
    let faulty = world.faulty();
    let project = faulty.project();
    let numbers: Vec<u32> = (0..20).collect();
    let mut together = b"{}\n".to_vec();
    for number in &numbers {
        let envelope = envelope(*number);
        let header = envelope.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        together.extend(&envelope[header..]);
        together.push(b'\n');
    }
    let mut stored = 0;
    while project.send(&together).status != 200 {
        let before = std::mem::replace(&mut stored, faulty.database.stored(project.id()).events);
        assert!(stored > before, "no more than {stored} are stored, {:?}", faulty.report());
    }
    assert_stored(&faulty.database, &project, &numbers);
}

/// The guard itself: production's limits are kept by the database's wrapper.
fn passed_limits(world: &World) {
    let faulty = world.faulty();
    let project = faulty.project();
    // What no other try can bring below the limit is refused for good.
    let limits = [
        ("queries", 4, 503),
        ("parameters", 5, 503),
        ("value_bytes", 50, 413),
        ("sql_bytes", 80, 503),
    ];
    for (number, (name, limit, status)) in (0..).zip(limits) {
        faulty.queue(&json!({ "limits": { name: limit } }));
        let answer = project.send(&envelope(number));
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let refused = faulty.report().refused;
        assert!(refused.iter().all(|what| what.starts_with(name)), "{name}: {refused:?}");
        assert_ne!(refused, [""; 0], "{name}");
        faulty.queue(&json!({ "limits": {} }));
        assert_eq!(project.send(&envelope(number)).status, 200);
    }
    assert_stored(&faulty.database, &project, &[0, 1, 2, 3]);
}

/// Faults of all kinds.
pub fn total(injected: Injected) -> u32 {
    injected.before + injected.during + injected.after
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that was set").as_secs()
}

/// Letters of a linear congruential generator: 6 bits each.
fn noise(seed: u64, length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut letter = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[(state >> 58) as usize])
    };
    (0..length).map(|_| letter()).collect()
}
