//! What else can be bound: more databases, and a queue in front of them.

use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use trapline_tests::{Database, Faulty, Project, World, eventually_within};

use crate::Test;
use crate::faults::{EVENT, WHEN};
use crate::ledger::{assert_stored, counted, envelope};

pub const TESTS: &[Test] = &[
    ("projects_are_spread_over_the_databases_that_are_bound", two_databases),
    ("queued_events_count_once_however_often_they_are_delivered", queue),
];

const SECOND: &str = "[[d1_databases]]\nbinding = \"DB_1\"\ndatabase_name = \"trapline-1\"\n";

fn two_databases(world: &World) {
    let name = "databases";
    let faulty = Faulty::start_with(&world.paths, name, SECOND).expect("a Worker");
    let (first, second) = (faulty.project(), faulty.project());
    let numbers: Vec<u32> = (0..10).collect();
    for number in numbers.iter().copied() {
        for project in [&first, &second, &second] {
            assert_eq!(project.send(&envelope(number)).status, 200);
        }
    }
    for project in [&first, &second] {
        assert_eq!(count(project).expect("issues"), counted(&numbers));
    }
    let state = world.paths.target.join("e2e/faults").join(name);
    let mut events: Vec<i64> = Database::open_all(&state)
        .expect("databases")
        .iter()
        .map(|database| database.rows().events)
        .collect();
    events.sort_unstable();
    assert_eq!(events, [10, 10], "each project has a database of its own");
}

/// Delivered at once, and again soon where it failed.
const QUEUE: &str = "\
[[queues.producers]]
binding = \"QUEUE\"
queue = \"trapline-events\"

[[queues.consumers]]
queue = \"trapline-events\"
max_batch_size = 4
max_batch_timeout = 0
max_retries = 10
dead_letter_queue = \"trapline-dead\"

[[queues.consumers]]
queue = \"trapline-dead\"
max_batch_size = 4
max_batch_timeout = 0
max_retries = 100
";

fn queue(world: &World) {
    let faulty = Faulty::start_with(&world.paths, "queue", QUEUE).expect("a Worker");
    let project = faulty.project();
    // Committed, and nobody hears of it, three times: the message comes again.
    let lost: Vec<_> = WHEN.iter().cycle().take(9).map(|when| json!({ "when": when })).collect();
    faulty.queue(&json!({ "match": EVENT, "next": lost }));
    let numbers: Vec<u32> = (0..20).collect();
    for number in numbers.iter().copied() {
        // The sender hears only of the queue.
        assert_eq!(project.send(&envelope(number)).status, 200);
        assert_eq!(project.send(&envelope(number)).status, 200);
    }
    eventually_within(Duration::from_secs(60), || {
        let (count, left) = (count(&project)?, faulty.report().left);
        ensure!(count >= counted(&numbers) && left == 0, "{count} events, {left} faults left");
        Ok(())
    });
    assert_stored(&faulty.database, &project, &numbers);
    assert!(faulty.report().refused.is_empty(), "{:?}", faulty.report());
}

fn count(project: &Project) -> anyhow::Result<u64> {
    Ok(project.api.issues()?.iter().map(|issue| issue.count).sum())
}
