//! When D1 fails: 503 with `Retry-After`, and the page keeps the event until it can be stored.

use std::fs;
use std::time::Duration;

use serde_json::json;
use trapline_tests::{World, eventually, eventually_within};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("failing_database_answers_503_and_when_to_retry", answers_503),
    ("agent_keeps_events_while_the_database_fails", agent_retries),
];

const ID: &str = "9b1d4e8fa0b2c4d6e8f012344f5a7c3e";

fn answers_503(world: &World) {
    let project = world.project();
    let event = json!({ "event_id": ID, "message": "hello" });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
    let outage = world.database.outage();
    let answer = project.send(envelope.as_bytes());
    drop(outage);
    assert_eq!(answer.status, 503, "{answer:?}");
    let seconds = answer.retry_after.as_deref().and_then(|text| text.parse::<u32>().ok());
    assert!(seconds.is_some_and(|seconds| seconds >= 1), "{answer:?}");
    assert_ne!(answer.detail(), "");
    assert!(!answer.body.contains("D1_ERROR"), "strangers learn nothing of the schema: {answer:?}");
    assert_eq!(project.send(envelope.as_bytes()).status, 200);
    assert_eq!(project.api.only_issue().unwrap().count, 1);
}

fn agent_retries(world: &World) {
    let project = world.project();
    let site = project.site("setTimeout(() => { throw new Error('kept'); });");
    let outage = world.database.outage();
    let tab = world.tab();
    tab.open(&site.url("/"));
    // The page has been refused at least once. Itself it cannot tell: it must not read statuses of other origins.
    let refused = format!("POST {} 503", project.ingest());
    eventually(|| {
        let log = fs::read_to_string(world.worker.log())?;
        anyhow::ensure!(log.contains(&refused), "the log has no {refused:?}");
        Ok(())
    });
    assert_eq!(project.api.issues().unwrap(), []);
    drop(outage);
    // `Retry-After` is 5 s; the agent may add half of it.
    let issue = eventually_within(Duration::from_secs(20), || project.api.only_issue());
    tab.flush();
    assert_eq!((issue.value.as_str(), project.api.only_issue().unwrap().count), ("kept", 1));
}
