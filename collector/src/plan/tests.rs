use super::*;
use crate::sql::test_db::TestDb;
use trapline_core::event::Exception;
use trapline_core::event::User;

const NOW_MS: i64 = 1_800_000_000_000;

fn event(id: u32, value: &str) -> Event {
    let exception =
        Exception { kind: "TypeError".into(), value: value.into(), ..Exception::default() };
    Event {
        event_id: format!("{id:032x}"),
        claimed_ms: NOW_MS + i64::from(id),
        received_ms: NOW_MS + 1_000,
        count: 1,
        exceptions: vec![exception],
        ..Event::default()
    }
}

fn by(user: &str, event: Event) -> Event {
    Event { user: User { id: Some(user.into()), ..User::default() }, ..event }
}

/// Runs the plan of one event as the store would, with a nonce of its own.
fn store(db: &TestDb, event: Event) {
    let digested = digest(1, event);
    let nonce = db.number("SELECT count(*) + 1 FROM event") * 1_000 + db.tries.get();
    db.tries.set(db.tries.get() + 1);
    db.batch(&plan(&digested, Commit { project_id: 1, nonce, visitor: None }));
}

#[track_caller]
fn check_counts(db: &TestDb, issues: i64, groups: i64, events: i64, counted: i64) {
    let of = |table: &str| db.number(&format!("SELECT count(*) FROM {table}"));
    let sum = db.number("SELECT coalesce(sum(events), 0) FROM event_group");
    let hours = db.number(
        "SELECT coalesce((SELECT sum(events) FROM group_hour), 0)
            + coalesce((SELECT sum(hour_events) FROM event_group), 0)",
    );
    assert_eq!(
        (of("issue"), of("event_group"), of("event"), sum),
        (issues, groups, events, counted)
    );
    assert_eq!(sum, hours, "hours add up to the groups");
}

#[test]
fn equal_events_are_one_issue_and_others_are_two() {
    let db = TestDb::with_project();
    store(&db, event(1, "a"));
    store(&db, event(2, "a"));
    check_counts(&db, 1, 1, 2, 2);
    store(&db, event(3, "b"));
    check_counts(&db, 2, 2, 3, 3);
    assert_eq!(db.number("SELECT max(number) FROM issue"), 2);
}

#[test]
fn the_same_bytes_count_once() {
    let db = TestDb::with_project();
    for _ in 0..3 {
        store(&db, by("jo", event(1, "a")));
    }
    check_counts(&db, 1, 1, 1, 1);
    assert_eq!(db.number("SELECT users FROM event_group"), 1);
    assert_eq!(db.number("SELECT count(*) FROM body"), 1);
}

#[test]
fn two_groups_of_one_fingerprint_share_an_issue_and_its_users() {
    let db = TestDb::with_project();
    let mut second = by("jo", event(2, "a"));
    second.exceptions[0].frames = vec![trapline_core::event::Frame {
        function: "library".into(),
        file: "/lib.js".into(),
        ..Default::default()
    }];
    store(&db, by("jo", event(1, "a")));
    store(&db, second);
    store(&db, by("li", event(3, "a")));
    check_counts(&db, 1, 2, 3, 3);
    assert_eq!(db.number("SELECT sum(users) FROM event_group"), 2);
}

#[test]
fn repeats_add_their_count_and_keep_no_body() {
    let db = TestDb::with_project();
    store(&db, event(1, "a"));
    let repeat = Event { count: 49, repeat_of: Some(format!("{:032x}", 1)), ..event(2, "a") };
    store(&db, repeat.clone());
    store(&db, repeat);
    check_counts(&db, 1, 1, 2, 50);
    assert_eq!(db.number("SELECT count(*) FROM body"), 1);
}

#[test]
fn bodies_stop_at_the_slots_and_the_first_stays() {
    let db = TestDb::with_project();
    for id in 1..=400 {
        // Ten minutes apart: every one is kept for a while.
        let at_ms = NOW_MS + i64::from(id) * 600_000;
        store(&db, Event { claimed_ms: at_ms, received_ms: at_ms, ..event(id, "a") });
    }
    check_counts(&db, 1, 1, 400, 400);
    assert_eq!(db.number("SELECT count(*) FROM body"), SLOTS);
    assert_eq!(db.number("SELECT min(at_ms) FROM body"), NOW_MS + 600_000);
    assert_eq!(db.number("SELECT max(at_ms) FROM body"), NOW_MS + 400 * 600_000);
}

#[test]
fn a_burst_keeps_few_bodies() {
    let db = TestDb::with_project();
    for id in 1..=400 {
        store(&db, event(id, "a"));
    }
    let kept = db.number("SELECT bodies FROM event_group");
    assert!((8..=30).contains(&kept), "{kept}");
    assert_eq!(db.number("SELECT count(*) FROM body"), kept);
}

#[test]
fn hours_are_exact_in_any_order() {
    let db = TestDb::with_project();
    let hours = [0, 0, 2, 1, 2, 5, 0, 5];
    for (id, hour) in (1..).zip(hours) {
        let at_ms = NOW_MS + hour * HOUR_MS;
        store(&db, Event { claimed_ms: at_ms, received_ms: at_ms, count: 2, ..event(id, "a") });
    }
    check_counts(&db, 1, 1, 8, 16);
    let first = NOW_MS / HOUR_MS;
    let of = |hour: i64| {
        db.number(&format!(
            "SELECT coalesce((SELECT events FROM group_hour WHERE hour = {0}), 0)
                + coalesce((SELECT hour_events FROM event_group WHERE hour = {0}), 0)",
            first + hour
        ))
    };
    assert_eq!([0, 1, 2, 3, 4, 5].map(of), [6, 2, 4, 0, 0, 4]);
}

#[test]
fn an_event_after_resolving_opens_the_issue_again() {
    let db = TestDb::with_project();
    store(&db, event(1, "a"));
    db.run(&format!("UPDATE issue SET status = 1, status_ms = {}", NOW_MS + 10));
    store(&db, event(5, "a"));
    assert_eq!(db.number("SELECT status FROM issue"), 1, "it happened before");
    store(&db, event(20, "a"));
    assert_eq!(db.number("SELECT status FROM issue"), 0);
    assert_eq!(db.number("SELECT regressed_ms FROM issue"), NOW_MS + 20);
}

#[test]
fn a_known_group_writes_two_rows() {
    let db = TestDb::with_project();
    // Past the first bodies, within one hour; the next one kept is the 111th.
    for id in 1..=100 {
        store(&db, event(id, "a"));
    }
    let before = db.changes();
    store(&db, event(101, "a"));
    assert_eq!(db.changes() - before, 2, "event and group");
}

/// As `store`, with what an isolate remembers of the group.
fn store_known(db: &TestDb, event: Event, kept: Kept) {
    let digested = digest(1, event);
    db.tries.set(db.tries.get() + 1);
    let commit = Commit { project_id: 1, nonce: 1_000_000 + db.tries.get(), visitor: None };
    db.batch(&plan_known(&digested, commit, kept));
}

const OLD: Kept = Kept { stored: 0, next_body: 0, body_ms: 0 };

#[test]
fn a_known_group_is_counted_with_fewer_statements() {
    let db = TestDb::with_project();
    store(&db, event(1, "a"));
    store_known(&db, by("jo", event(2, "a")), OLD);
    store_known(&db, by("jo", event(2, "a")), OLD);
    check_counts(&db, 1, 1, 2, 2);
    assert_eq!(db.number("SELECT count(*) FROM body"), 2);
    assert_eq!(db.number("SELECT users FROM event_group"), 1);
}

#[test]
fn a_body_that_is_not_due_is_not_counted_as_kept() {
    let db = TestDb::with_project();
    store(&db, event(1, "a"));
    store_known(&db, event(2, "a"), Kept { stored: 50, next_body: 90, body_ms: NOW_MS });
    check_counts(&db, 1, 1, 2, 2);
    assert_eq!(db.number("SELECT bodies FROM event_group"), 1);
    assert_eq!(db.number("SELECT count(*) FROM body"), 1);
}

#[test]
fn a_group_that_was_deleted_is_not_written_to() {
    let db = TestDb::with_project();
    store_known(&db, event(1, "a"), OLD);
    check_counts(&db, 0, 0, 0, 0);
}

#[test]
fn slots_of_a_group_lie_together_and_fit_a_float() {
    assert_eq!(first_slot(&[0; 16]), 0);
    assert!(first_slot(&[255; 16]) + SLOTS < 1 << 53);
    assert_eq!(first_slot(&[1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) % SLOTS, 0);
}
