//! The Worker migrates its own database: whatever fails on the way, and whoever else does the same at once.

use serde_json::json;
use trapline_tests::{Calm, Faulty, Injected, World, fresh_state};

use crate::Test;
use crate::ledger::{assert_stored, envelope};

pub const TESTS: &[Test] = &[
    ("failed_migration_is_applied_by_the_next_request_once", failed_migration),
    ("two_deployments_that_migrate_at_once_make_one_schema", two_deployments),
];

/// How the first migration of this Worker failed is told in `Faulty::start`.
fn failed_migration(world: &World) {
    let faulty = world.faulty();
    let injected = Injected { before: 1, during: 1, after: 1 };
    assert_eq!((faulty.at_start.injected, faulty.at_start.left), (injected, 0));
    assert_eq!(faulty.database.schema(), world.database.schema());
    assert!(faulty.database.schema().1.iter().all(|(_, times)| *times == 1));
    let project = faulty.project();
    assert_eq!(project.send(&envelope(0)).status, 200);
    assert_stored(&faulty.database, &project, &[0]);
}

/// Two instances of the collector, each with a first request at the same time. Two processes it cannot be: workerd ends
/// itself when another one has its files.
fn two_deployments(world: &World) {
    let state = fresh_state(&world.paths, "two").unwrap();
    let orders = json!({ "isolates": "at_once", "match": "INSERT INTO migration" });
    let faulty = Faulty::start_on(&world.paths, state, "two", &orders).unwrap();
    assert!(faulty.at_start.meant >= 2, "both migrate: {:?}", faulty.at_start);
    let calm = Calm::of(&faulty);
    assert_eq!(calm.database.schema(), world.database.schema());
    assert!(calm.database.schema().1.iter().all(|(_, times)| *times == 1));
    calm.queue(&json!({ "isolates": "in_turn" }));
    let project = calm.project();
    for number in 0..4 {
        assert_eq!(project.send(&envelope(number)).status, 200);
    }
    assert_stored(&calm.database, &project, &[0, 1, 2, 3]);
}
