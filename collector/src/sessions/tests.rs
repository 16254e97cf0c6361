use super::*;
use crate::sql::test_db::{NOW_MS, TestDb};

/// What a session says: `i` begins, `e` has an error, `c` crashes, `x` ends.
fn told(number: u32, what: char) -> Sessions {
    Sessions {
        key: format!("{number:011x}"),
        user: format!("u{number}"),
        started_ms: NOW_MS - 60_000,
        release: "shop@1".into(),
        started: (what == 'i').into(),
        errored: (what == 'e' || what == 'c').into(),
        crashed: (what == 'c').into(),
        exited: (what == 'x').into(),
        ..Sessions::default()
    }
}

fn read(db: &TestDb) -> Vec<SessionRow> {
    let hour = NOW_MS / HOUR_MS;
    db.rows(&rows(1, hour - 24, hour, "")).into_iter().map(SessionRow::of_texts).collect()
}

#[track_caller]
fn check(told_in_order: &[(u32, char)], expected: [u64; 4]) {
    let db = TestDb::with_project();
    for (number, what) in told_in_order {
        db.batch(&[count(1, &told(*number, *what), None, NOW_MS)]);
    }
    let health = add_up(&read(&db), &|_| String::new()).remove(0).1;
    let found = [health.sessions, health.errored, health.crashed];
    assert_eq!(
        (found, health.users as u64),
        ([expected[0], expected[1], expected[2]], expected[3])
    );
}

#[test]
fn a_session_counts_once_whatever_is_told_twice() {
    check(&[(1, 'i')], [1, 0, 0, 1]);
    check(&[(1, 'i'), (1, 'i'), (1, 'x'), (1, 'x')], [1, 0, 0, 1]);
    check(&[(1, 'i'), (1, 'e'), (1, 'c'), (1, 'c'), (1, 'e'), (1, 'x')], [1, 1, 1, 1]);
    check(&[(1, 'i'), (2, 'i'), (3, 'i'), (2, 'c'), (3, 'e')], [3, 2, 1, 3]);
    check(&[(1, 'c'), (1, 'i')], [1, 1, 1, 1]);
}

#[test]
fn what_was_told_before_writes_nothing() {
    let db = TestDb::with_project();
    let statement = count(1, &told(1, 'c'), None, NOW_MS);
    db.batch(std::slice::from_ref(&statement));
    let changes = db.changes();
    db.batch(&[statement]);
    assert_eq!(db.changes(), changes);
}

#[test]
fn users_are_exact_while_few_and_near_while_many() {
    let db = TestDb::with_project();
    for number in 0..3_000 {
        db.batch(&[count(1, &told(number, 'i'), None, NOW_MS)]);
        if number % 100 == 0 {
            db.batch(&[count(1, &told(number, 'c'), None, NOW_MS)]);
        }
    }
    let health = add_up(&read(&db), &|_| String::new()).remove(0).1;
    assert_eq!((health.sessions, health.crashed, health.crashed_users as u64), (3_000, 30, 30));
    assert!((health.users / 3_000.0 - 1.0).abs() < 0.15, "{}", health.users);
    assert_eq!(health.crash_free_sessions(), Some(0.99));
    assert!(
        db.number("SELECT length(seen) + length(failed) + length(users) FROM session_stat")
            < 35_000
    );
}

#[test]
fn releases_and_environments_are_told_apart() {
    let db = TestDb::with_project();
    db.batch(&[
        count(1, &told(1, 'i'), None, NOW_MS),
        count(1, &Sessions { release: "shop@2".into(), ..told(2, 'i') }, None, NOW_MS),
        count(1, &Sessions { environment: "test".into(), ..told(3, 'i') }, Some([7; 8]), NOW_MS),
        // A clock that is days off.
        count(1, &Sessions { started_ms: 1, ..told(4, 'i') }, None, NOW_MS),
    ]);
    let rows = read(&db);
    assert_eq!(rows.len(), 3);
    let by_release = add_up(&rows, &|row| row.release.clone());
    let sessions: Vec<_> =
        by_release.iter().map(|(release, one)| (&**release, one.sessions)).collect();
    assert_eq!(sessions, [("shop@1", 3), ("shop@2", 1)]);
    let known = |first_hour| db.rows(&environments(1, first_hour)).concat();
    assert_eq!(known(0), ["test"]);
    assert_eq!(known(NOW_MS / HOUR_MS + 24), [""; 0]);
}
