//! What is older than a project wants goes by itself.

use anyhow::ensure;
use serde_json::json;
use trapline_tests::{World, eventually};

use crate::Test;

pub const TESTS: &[Test] = &[("cron_takes_away_what_is_old_and_keeps_counts", cron)];

const ID: &str = "7c3e9b1d4e8fa0b2c4d6e8f012344f5a";

fn cron(world: &World) {
    let project = world.project();
    let event = json!({ "event_id": ID, "message": "long ago" });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    assert_eq!(project.send(envelope.as_bytes()).status, 200);
    assert!(project.api.event(ID).is_ok());
    world.database.age_by_days(91);
    // A run looks at a bounded number of groups, and goes on where it stopped.
    eventually(|| {
        let answer = world.get_site("/__scheduled?cron=*/5+*+*+*+*");
        ensure!(answer.status == 200, "{answer:?}");
        ensure!(world.database.rows().events == 0, "{:?}", world.database.rows());
        Ok(())
    });
    assert!(project.api.event(ID).is_err(), "its body went with it");
    assert_eq!(project.api.only_issue().unwrap().count, 1);
    let issue = project.api.only_issue().unwrap();
    let page = project.api.page(&format!("/{}/issues/{}/", project.slug, issue.short_id)).unwrap();
    assert_eq!(page.status, 200, "an issue without events is still a page");
}
