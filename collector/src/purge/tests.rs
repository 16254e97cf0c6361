use super::step::GROUPS;
use super::*;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::TestDb;
use trapline_core::event::Event;

const NOW_MS: i64 = 1_800_000_000_000;
const KEEP: [Keep; 1] = [Keep { project_id: 1, days: 90, body_days: 90 }];

/// Stores an event that happened `days` before now; its message tells its group.
fn stored(db: &TestDb, id: u32, days: i64, message: &str) {
    let at_ms = NOW_MS - days * DAY_MS;
    let event = Event {
        event_id: format!("{id:032x}"),
        claimed_ms: at_ms,
        received_ms: at_ms,
        count: 1,
        message: Some(message.into()),
        ..Event::default()
    };
    let commit =
        Commit { project_id: 1, nonce: id.into(), now_ms: at_ms, sender: Sender::default() };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

fn all_groups(db: &TestDb) -> Vec<Candidate> {
    let rows = db.rows(&next_groups(None));
    rows.into_iter()
        .map(|row| Candidate { project_id: row[0].parse().unwrap(), hash: row[1].clone() })
        .collect()
}

#[track_caller]
fn check_left(db: &TestDb, events: i64, hours: i64, bodies: i64) {
    let of = |table: &str| db.number(&format!("SELECT count(*) FROM {table}"));
    assert_eq!((of("event"), of("group_hour"), of("body")), (events, hours, bodies));
}

#[test]
fn what_is_older_than_the_project_wants_goes_and_counts_stay() {
    let db = TestDb::with_project();
    for (id, days) in [(1, 200), (2, 91), (3, 89), (4, 0)] {
        stored(&db, id, days, "a");
    }
    check_left(&db, 4, 3, 4);
    db.batch(&step(None, &all_groups(&db), &KEEP, NOW_MS));
    check_left(&db, 2, 1, 2);
    assert_eq!(db.number("SELECT sum(events) FROM event_group"), 4);
    db.batch(&step(None, &all_groups(&db), &KEEP, NOW_MS));
    check_left(&db, 2, 1, 2);
    let shorter = [Keep { days: 30, body_days: 30, ..KEEP[0] }];
    db.batch(&step(None, &all_groups(&db), &shorter, NOW_MS));
    check_left(&db, 1, 0, 1);
}

#[test]
fn a_clock_far_ahead_goes_with_its_group() {
    let db = TestDb::with_project();
    stored(&db, 1, 100, "a");
    db.run("UPDATE event SET claimed_ms = 4000000000000");
    db.batch(&step(None, &all_groups(&db), &KEEP, NOW_MS));
    check_left(&db, 0, 0, 0);
}

#[test]
fn steps_are_bounded_and_walk_over_all_groups() {
    let db = TestDb::with_project();
    for id in 0..GROUPS + 50 {
        stored(
            &db,
            id,
            100,
            &format!(
                "group {}",
                "abcdefghij".repeat(1 + id as usize % 200) + &"z".repeat(id as usize / 200)
            ),
        );
    }
    let groups = db.number("SELECT count(*) FROM event_group");
    let first = all_groups(&db);
    assert_eq!(first.len(), GROUPS as usize);
    db.batch(&step(None, &first, &KEEP, NOW_MS));
    assert_eq!(db.rows(&Statement::new(SETTINGS, []))[0][1], "");
    let second = db.rows(&next_groups(first.last()));
    assert_eq!(second.len() as i64, groups - i64::from(GROUPS));
    db.batch(&step(first.last(), &[], &KEEP, NOW_MS));
    assert_eq!(
        db.rows(&Statement::new(SETTINGS, []))[0][1],
        format!("1 {}", first.last().unwrap().hash)
    );
}

#[test]
fn what_no_longer_signs_in_goes() {
    let db = TestDb::with_project();
    db.run("INSERT INTO person (name, created_ms) VALUES ('Jo', 0)");
    for (hash, expires_ms) in [("01", NOW_MS - 1), ("02", NOW_MS + 1)] {
        db.run(&format!("INSERT INTO session VALUES (x'{hash}', 1, 0, {expires_ms}, '', '')"));
        db.run(&format!("INSERT INTO sign_in VALUES (x'{hash}', 1, 1, 0, {expires_ms})"));
    }
    db.batch(&expired(NOW_MS));
    let left = |table: &str| {
        db.rows(&Statement {
            sql: if table == "session" {
                "SELECT hex(hash) FROM session"
            } else {
                "SELECT hex(hash) FROM sign_in"
            },
            args: Vec::new(),
        })
    };
    assert_eq!(
        (left("session"), left("sign_in")),
        (vec![vec!["02".to_owned()]], vec![vec!["02".to_owned()]])
    );
}
