use super::*;
use crate::plan::{Commit, Hints, Sender, bytes_of_hex, digest, plan};
use crate::sql::Arg;
use crate::sql::test_db::TestDb;
use serde_json::Value;
use trapline_core::event::{Event, Exception, User};

#[test]
fn numbers_have_no_gaps() {
    let numbers: Vec<u32> = MIGRATIONS.iter().map(|migration| migration.number).collect();
    let expected: Vec<u32> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn the_batch_claims_first_and_holds_every_statement() {
    let batch = batch(&MIGRATIONS[0], 7);
    assert_eq!(batch[0].sql, CLAIM);
    let creates = MIGRATIONS[0].sql.matches("CREATE ").count();
    let inserts = MIGRATIONS[0].sql.matches("INSERT ").count();
    assert_eq!(batch.len(), 1 + creates + inserts);
}

/// Statements that the code of schema 1 made, recorded: whole batches, with their arguments.
struct Recorded {
    before: Vec<Vec<Statement>>,
    after: Vec<Vec<Statement>>,
}

fn recorded() -> Recorded {
    let text = include_str!("../../../tests/corpora/schema_1.json");
    let all: &'static Value = Box::leak(Box::new(serde_json::from_str(text).unwrap()));
    let arg = |value: &Value| match value {
        Value::Null => Arg::Null,
        Value::Number(number) => Arg::Int(number.as_i64().unwrap()),
        Value::String(text) => Arg::Text(text.clone()),
        other => Arg::Blob(bytes_of_hex(other["hex"].as_str().unwrap())),
    };
    let statement = |value: &'static Value| Statement {
        sql: all["sql"][usize::try_from(value[0].as_u64().unwrap()).unwrap()].as_str().unwrap(),
        args: value[1].as_array().unwrap().iter().map(arg).collect(),
    };
    let batches = |name: &str| {
        let batches = all[name].as_array().unwrap().iter();
        batches.map(|batch| batch.as_array().unwrap().iter().map(statement).collect()).collect()
    };
    Recorded { before: batches("before"), after: batches("after") }
}

/// Events, users and hours by issue.
fn counts(db: &TestDb) -> Vec<Vec<String>> {
    db.rows(&Statement::new(
        "SELECT number, sum(events), sum(users), sum(hour_events) + coalesce((
            SELECT sum(h.events) FROM event_group o JOIN group_hour h ON h.group_hash = o.hash
            WHERE o.number = event_group.number), 0)
         FROM event_group GROUP BY number",
        [],
    ))
}

/// By our own code: user and message as given, in the group of the first events.
fn store(db: &TestDb, id: u32, value: &str, user: &str) {
    let exception =
        Exception { kind: "TypeError".into(), value: value.into(), ..Exception::default() };
    let event = Event {
        event_id: format!("{id:032x}"),
        claimed_ms: 1_800_000_000_000 + i64::from(id),
        received_ms: 1_800_000_001_000,
        count: 1,
        exceptions: vec![exception],
        user: User { id: Some(user.into()), ..User::default() },
        ..Event::default()
    };
    db.tries.set(db.tries.get() + 1);
    let nonce = db.tries.get();
    let commit = Commit { project_id: 1, nonce, now_ms: 0, sender: Sender::default() };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

#[test]
fn data_of_the_first_schema_is_kept_and_its_code_goes_on_counting_exactly() {
    let db = TestDb::at_schema(1);
    db.run("INSERT INTO project (slug, name, short_prefix, created_ms) VALUES ('shop', 'Shop', 'SHOP', 0)");
    let Recorded { before, after } = recorded();
    for batch in &before {
        db.batch(batch);
    }
    let was = [["1", "54", "3", "54"], ["2", "1", "1", "1"]];
    assert_eq!(counts(&db), was);
    let bodies = db.number("SELECT count(*) FROM body");

    db.migrate_from(1);
    assert_eq!(counts(&db), was);
    assert_eq!(db.number("SELECT count(*) FROM body"), bodies);

    // Our code counts on: a known user, a new one, a new issue.
    store(&db, 1_001, "a", "jo");
    store(&db, 1_002, "a", "known to new code");
    store(&db, 1_003, "n", "jo");
    store(&db, 1_003, "n", "jo");
    let ours = [["1", "56", "4", "56"], ["2", "1", "1", "1"], ["3", "1", "1", "1"]];
    assert_eq!(counts(&db), ours);

    // So does the old code beside it: one event twice, known users of either, a new user, a new issue with a new number.
    for batch in &after {
        db.batch(batch);
    }
    let both = [
        ["1", "108", "5", "108"],
        ["2", "1", "1", "1"],
        ["3", "1", "1", "1"],
        ["4", "1", "1", "1"],
    ];
    assert_eq!(counts(&db), both);

    // And our code knows whom the old code counted.
    store(&db, 1_004, "a", "new to old code");
    store(&db, 1_005, "m", "jo");
    assert_eq!(counts(&db)[0], ["1", "109", "5", "109"]);
    assert_eq!(counts(&db)[4], ["5", "1", "1", "1"]);
    db.batch(&crate::life::merge(1, 1, &[2, 4], 7));
    assert_eq!(counts(&db)[0], ["1", "111", "5", "111"]);
}

#[test]
fn bodies_of_the_first_schema_are_found() {
    let db = TestDb::at_schema(1);
    db.run("INSERT INTO project (slug, name, short_prefix, created_ms) VALUES ('shop', 'Shop', 'SHOP', 0)");
    for batch in recorded().before {
        db.batch(&batch);
    }
    db.migrate_from(1);
    store(&db, 1_001, "a", "jo");
    let groups = db.rows(&crate::read::groups(1, 1));
    let records: Vec<_> = groups
        .iter()
        .map(|row| crate::read::GroupRecord {
            hash: bytes_of_hex(&row[0]).try_into().unwrap(),
            label: String::new(),
            events: 0,
            last_seen_ms: 0,
            last_release: String::new(),
            home: 0,
        })
        .collect();
    assert_eq!(db.rows(&crate::read::kept(1, &records)).len(), 6);
}

#[test]
fn groups_that_were_split_off_before_regrouping_was_there_stay_apart() {
    let db = TestDb::at_schema(5);
    db.run("INSERT INTO project (slug, name, short_prefix, created_ms) VALUES ('shop', 'Shop', 'SHOP', 0)");
    for number in 1..4 {
        db.run(&format!(
            "INSERT INTO event_group (project_id, hash, number, home, label, events, stored, users, hour, hour_events, bodies,
                next_body, body_ms, first_seen_ms, last_seen_ms, last_release)
             VALUES (1, x'0{number}', {number}, {number}, '', 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, '')"
        ));
    }
    db.run("INSERT INTO issue_fingerprint (project_id, hash, number) VALUES (1, x'aa', 1), (1, x'bb', 3), (2, x'bb', 2)");
    db.migrate_from(5);
    let parted = Statement::new("SELECT number, version FROM event_group WHERE parted = 1", []);
    assert_eq!(db.rows(&parted), [["2", "0"]]);
}
