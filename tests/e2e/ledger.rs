//! Events with numbers, and what has to be stored once they were all sent, however often: of five bugs, each of two raw
//! fingerprints, from four users, within three hours; one in ten stands for two occurrences.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use trapline_tests::{Database, Project, Stored};

const BUGS: [&str; 5] =
    ["cart is not ready", "no such page", "login failed", "out of stock", "no price"];

/// A group keeps every event until it has this many.
const ALWAYS_KEPT: usize = 4;

/// Which bug, one of its two groups, who, and how often.
fn facts(number: u32) -> (&'static str, u32, u32, u32) {
    let bug = BUGS[number as usize % BUGS.len()];
    (bug, number / 5 % 2, number % 4, if number % 10 == 3 { 2 } else { 1 })
}

/// How many occurrences these events stand for.
pub fn counted(numbers: &[u32]) -> u64 {
    numbers.iter().map(|number| u64::from(facts(*number).3)).sum()
}

fn event_id(number: u32) -> String {
    format!("{number:032x}")
}

/// The envelope of event `number`: the same bytes for the same number.
pub fn envelope(number: u32) -> Vec<u8> {
    let (bug, line, user, count) = facts(number);
    let event = json!({
        "event_id": event_id(number),
        "timestamp": began_s() - 3_600 * u64::from(number % 3),
        "platform": "javascript",
        "count": count,
        "user": { "id": format!("user-{user}") },
        "exception": { "values": [{
            "type": "Error",
            "value": bug,
            "stacktrace": { "frames": [{
                "function": bug.replace(' ', "_"), "filename": "https://shop.test/app.js",
                "lineno": 10 + line, "colno": 7, "in_app": true,
            }] },
        }] },
    });
    format!("{{}}\n{{\"type\":\"event\"}}\n{event}").into_bytes()
}

/// When this run began: an event that is sent again says the same time.
fn began_s() -> u64 {
    static BEGAN_S: OnceLock<u64> = OnceLock::new();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that was set");
    *BEGAN_S.get_or_init(|| now().as_secs())
}

/// Exactly these events are stored in the project, each once: in the lists that developers read, and in all tables.
#[track_caller]
pub fn assert_stored(database: &Database, project: &Project<'_>, numbers: &[u32]) {
    let mut bugs: BTreeMap<&str, (u64, BTreeSet<u32>)> = BTreeMap::new();
    let mut groups: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for (bug, line, user, count) in numbers.iter().copied().map(facts) {
        let (counted, users) = bugs.entry(bug).or_default();
        *counted += u64::from(count);
        users.insert(user);
        *groups.entry((bug, line)).or_default() += 1;
    }
    let issues = project.api.issues().expect("a list of issues");
    let listed: BTreeMap<&str, _> = issues
        .iter()
        .map(|issue| (issue.value.as_str(), (issue.count, issue.users, issue.last_day)))
        .collect();
    let expected: BTreeMap<&str, _> = bugs
        .iter()
        .map(|(bug, (count, users))| (*bug, (*count, users.len() as u64, *count)))
        .collect();
    assert_eq!(listed, expected, "count, users, and the chart's sum of each issue");
    assert_eq!(issues.len(), listed.len(), "one issue a bug: {issues:#?}");

    let stored = database.stored(project.id());
    let counted = bugs.values().map(|(count, _)| *count as i64).sum();
    let expected = Stored {
        events: numbers.len() as i64,
        counted,
        in_hours: counted,
        bodies: stored.bodies,
        different_bodies: stored.bodies,
        groups: groups.len() as i64,
        issues: bugs.len() as i64,
        // No number was given and then lost.
        last_number: bugs.len() as i64,
    };
    assert_eq!(stored, expected);
    let kept: usize = groups.values().map(|events| (*events).min(ALWAYS_KEPT)).sum();
    assert!(stored.bodies >= kept as i64, "{} bodies, at least {kept} expected", stored.bodies);
    for issue in &issues {
        let mut kept = project.api.kept(&issue.short_id).expect("the events kept of an issue");
        let is_ours = |id: &String| {
            numbers.iter().any(|number| event_id(*number) == *id && facts(*number).0 == issue.value)
        };
        assert!(kept.iter().all(is_ours), "{}: {kept:?}", issue.value);
        let listed = kept.len();
        kept.sort();
        kept.dedup();
        assert_eq!(kept.len(), listed, "{}: an event is listed twice", issue.value);
    }
}
