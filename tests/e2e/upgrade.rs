//! A new deployment over the database of an old one: the Worker migrates it by itself, and nothing is lost.

use std::fs;

use serde_json::{Value, json};
use trapline_tests::{Database, Faulty, World, fresh_state};

use crate::Test;

pub const TESTS: &[Test] =
    &[("deploying_over_the_first_schema_keeps_all_data_and_counts_on", first_schema)];

const SCHEMA_1: &str = include_str!("../../collector/migrations/0001_create_tables.sql");

fn first_schema(world: &World) {
    let state = fresh_state(&world.paths, "upgrade").expect("a state");
    let start =
        || Faulty::start_on(&world.paths, state.clone(), "upgrade", &json!({})).expect("a Worker");
    // Makes the file that D1 keeps its data in.
    drop(start());
    let database = Database::open(&state).expect("a database");
    database.begin_anew(SCHEMA_1);
    database.run(
        "CREATE TABLE migration (number INTEGER PRIMARY KEY, applied_ms INTEGER NOT NULL) STRICT;
         INSERT INTO migration VALUES (1, 1);
         INSERT INTO project (slug, name, short_prefix, created_ms) VALUES ('faulty-1', 'Shop', 'SHOP', 1);",
    );
    let recorded = world.paths.root.join("tests/corpora/schema_1.json");
    let recorded: Value =
        serde_json::from_str(&fs::read_to_string(recorded).expect("the corpus")).expect("JSON");
    for batch in recorded["before"].as_array().expect("batches") {
        database.replay(&recorded["sql"], batch);
    }
    let before = database.rows();
    drop(database);

    let faulty = start();
    let project = faulty.project();
    assert_eq!(faulty.database.rows(), before);
    let mut issues = project.api.issues().unwrap();
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.count));
    let counts: Vec<_> =
        issues.iter().map(|issue| (issue.short_id.as_str(), issue.count, issue.users)).collect();
    assert_eq!(counts, [("SHOP-1", 54, 3), ("SHOP-2", 1, 1)]);
    // Whole events of the old schema are still read.
    let event = project.api.page("/faulty-1/issues/SHOP-2/").unwrap();
    assert!(event.status == 200 && event.body.contains("Newest event"), "{}", event.body);

    // What is sent now goes on where the old deployment stopped.
    let event = json!({
        "event_id": format!("{:032x}", 0x77),
        "exception": {"values": [{"type": "TypeError", "value": "a"}]},
        "user": {"id": "jo"},
    });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    for _ in 0..2 {
        assert_eq!(project.send(envelope.as_bytes()).status, 200);
    }
    let count = |id: &str| {
        let issues = project.api.issues().unwrap();
        let issue = issues.into_iter().find(|issue| issue.short_id == id).expect(id);
        (issue.count, issue.users)
    };
    assert_eq!(count("SHOP-1"), (55, 3));
}
