use super::*;
use crate::sql::test_db::TestDb;
use trapline_core::event::Exception;
use trapline_core::event::User;

mod state;
mod versions;

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

fn fresh_commit(db: &TestDb) -> Commit {
    db.tries.set(db.tries.get() + 1);
    Commit { project_id: 1, nonce: db.tries.get(), now_ms: NOW_MS, sender: Sender::default() }
}

/// Runs the whole plan of one event as the store would, with a nonce of its own.
fn store(db: &TestDb, event: Event) {
    store_hinted(db, event, Hints::default());
}

/// Runs a plan; what the group's row says afterwards, if it counted the event.
fn store_hinted(db: &TestDb, event: Event, hints: Hints) -> Option<Kept> {
    let plan = plan(&digest(1, event), &fresh_commit(db), hints);
    db.kept(&plan)
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
    second.exceptions[0].frames =
        vec![trapline_core::event::Frame { file: "/lib.js".into(), ..Default::default() }];
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
        // An hour apart: every one is kept for a while.
        let at_ms = NOW_MS + i64::from(id) * HOUR_MS;
        store(&db, Event { claimed_ms: at_ms, received_ms: at_ms, ..event(id, "a") });
    }
    check_counts(&db, 1, 1, 400, 400);
    assert_eq!(db.number("SELECT count(*) FROM body"), SLOTS as i64);
    assert_eq!(db.number("SELECT length(kept) FROM event_group"), 17 * SLOTS as i64);
    assert_eq!(db.number("SELECT min(at_ms) FROM body"), NOW_MS + HOUR_MS);
    assert_eq!(db.number("SELECT max(at_ms) FROM body"), NOW_MS + 400 * HOUR_MS);
}

#[test]
fn a_burst_keeps_few_bodies() {
    let db = TestDb::with_project();
    for id in 1..=400 {
        store(&db, event(id, "a"));
    }
    let kept = db.number("SELECT length(kept) / 17 FROM event_group");
    assert!((4..=20).contains(&kept), "{kept}");
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
    // Past the first bodies, within one hour; the next one kept is the 128th.
    for id in 1..=100 {
        store(&db, event(id, "a"));
    }
    let before = db.changes();
    store(&db, event(101, "a"));
    assert_eq!(db.changes() - before, 2, "event and group");
}

/// What an isolate knows that has forgotten when.
const OLD: Hints = Hints {
    kept: Some(Kept { stored: 0, next_body: 0, body_ms: 0, number: 1, hour: 0, own_users: 0 }),
    knows_facets: false,
    knows_user: false,
};

#[test]
fn a_known_group_is_counted_with_fewer_statements() {
    let db = TestDb::with_project();
    store(&db, event(1, "a"));
    assert!(store_hinted(&db, by("jo", event(2, "a")), OLD).is_some());
    assert_eq!(store_hinted(&db, by("jo", event(2, "a")), OLD), None);
    check_counts(&db, 1, 1, 2, 2);
    assert_eq!(db.number("SELECT count(*) FROM body"), 2);
    assert_eq!(db.number("SELECT users FROM event_group"), 1);
}

/// A group that is past its first bodies, and what an isolate remembers of it.
fn settled(db: &TestDb) -> Hints {
    for id in 1..=22 {
        store(db, by("jo", event(id, "a")));
    }
    let kept = store_hinted(db, by("jo", event(23, "a")), Hints::default());
    Hints { kept, knows_facets: true, knows_user: true }
}

#[test]
fn an_expected_event_takes_two_statements() {
    let db = TestDb::with_project();
    let hints = settled(&db);
    let short = plan(&digest(1, by("jo", event(24, "a"))), &fresh_commit(&db), hints);
    assert_eq!(short.statements.len(), 2);
    assert!(db.kept(&short).is_some());
    assert_eq!(store_hinted(&db, by("jo", event(24, "a")), hints), None, "twice");
    let stranger = Hints { knows_user: false, ..hints };
    assert!(store_hinted(&db, by("li", event(25, "a")), stranger).is_some());
    check_counts(&db, 1, 1, 25, 25);
    assert_eq!(db.number("SELECT users FROM event_group"), 2);
}

#[test]
fn a_short_plan_counts_nothing_where_more_has_to_change() {
    let changes = [
        ("resolved", "UPDATE issue SET status = 1, status_ms = 0"),
        ("ignored", "UPDATE issue SET status = 2"),
        ("deleting", "UPDATE issue SET status = 4"),
        ("milder", "UPDATE issue SET level = 0"),
        ("an hour behind", "UPDATE issue SET last_hour = last_hour - 1"),
        ("another hour", "UPDATE event_group SET hour = hour + 1"),
        ("another issue", "UPDATE event_group SET number = 2"),
        ("a body is due", "UPDATE event_group SET body_ms = 0"),
        ("it escalates", "UPDATE issue SET hour_limit = 23"),
    ];
    for (what, change) in changes {
        let db = TestDb::with_project();
        let hints = settled(&db);
        db.run(change);
        assert_eq!(store_hinted(&db, by("jo", event(30, "a")), hints), None, "{what}");
        assert_eq!(db.number("SELECT count(*) FROM event"), 23, "{what}");
    }
}

#[test]
fn a_body_that_is_not_due_is_not_kept() {
    let db = TestDb::with_project();
    let hints = settled(&db);
    let before = db.rows(&Statement::new("SELECT kept FROM event_group", []));
    store_hinted(&db, event(30, "a"), Hints { knows_facets: false, ..hints });
    assert_eq!(db.rows(&Statement::new("SELECT kept FROM event_group", [])), before);
    check_counts(&db, 1, 1, 24, 24);
}

#[test]
fn a_group_that_was_deleted_is_not_written_to() {
    let db = TestDb::with_project();
    assert_eq!(store_hinted(&db, event(1, "a"), OLD), None);
    check_counts(&db, 0, 0, 0, 0);
}

#[test]
fn slots_have_16_digits_and_fit_a_float() {
    for id in 0..1_000_u32 {
        let slot = slot(id % 7, &id.to_le_bytes());
        assert!((1_000_000_000_000_000..1 << 53).contains(&slot));
    }
}

#[test]
fn facets_are_lines_and_each_stands_once() {
    let db = TestDb::with_project();
    let of = |id, release: &str| Event {
        release: Some(release.into()),
        environment: Some("production".into()),
        ..event(id, "a")
    };
    for (id, release) in [(1, "shop@1"), (2, "shop@1"), (3, "shop@10"), (4, "shop@1\n")] {
        store(&db, of(id, release));
    }
    let facets = db.rows(&Statement::new("SELECT facets FROM event_group", []));
    assert_eq!(
        facets[0][0],
        "\nrelease=shop@1\nenvironment=production\nrelease=shop@10\nrelease=shop@1 \n"
    );
    assert_eq!(db.number("SELECT count(*) FROM release"), 3);
}

#[test]
fn recent_hours_say_what_the_hours_say() {
    let db = TestDb::with_project();
    for (id, hour) in (1..).zip([0, 1, 1, 30, 2, 31]) {
        let at_ms = NOW_MS + hour * HOUR_MS;
        store(&db, Event { claimed_ms: at_ms, received_ms: at_ms, ..event(id, "a") });
    }
    let first = NOW_MS / HOUR_MS;
    let recent = &db.rows(&Statement::new("SELECT recent FROM event_group", []))[0][0];
    let entry = |hour: i64, events| format!("{:06}{events:08} ", first + hour);
    for (hour, events) in [(0, 1), (1, 2), (2, 1), (30, 1)] {
        assert!(recent.contains(&entry(hour, events)), "{recent}");
    }
    assert_eq!(recent.len(), 4 * 15);
}

#[test]
fn users_are_counted_once_an_issue_and_to_1000_a_group() {
    let db = TestDb::with_project();
    let other = |id| {
        let mut event = event(id, "a");
        event.exceptions[0].frames =
            vec![trapline_core::event::Frame { file: "/lib.js".into(), ..Default::default() }];
        event
    };
    for id in 0..1_010 {
        store(&db, by(&format!("u{id}"), event(id, "a")));
    }
    assert_eq!(db.number("SELECT max(users) FROM event_group"), 1_000);
    store(&db, by("u1", other(2_000)));
    store(&db, by("new", other(2_001)));
    assert_eq!(db.number("SELECT sum(users) FROM event_group"), 1_001);
    assert_eq!(db.number("SELECT sum(own_users) FROM event_group"), 1_002);
}

#[test]
fn a_rule_catches_what_a_map_tells_of_and_the_group_stays() {
    let db = TestDb::with_project();
    let rules = Rules::parse("function:payByCard -> payments").unwrap();
    let minified = |id: u32, value: &str| {
        let frame = |function: &str| trapline_core::event::Frame {
            function: function.into(),
            file: "https://shop.test/a.js".into(),
            line: 1,
            column: 900,
            in_app: true,
            ..Default::default()
        };
        let mut event = event(id, value);
        event.exceptions[0].frames = vec![frame("t")];
        let mut resolved = event.clone();
        resolved.exceptions[0].frames = vec![frame("payByCard")];
        digest_by(1, event, &rules).resolved(resolved, &rules)
    };
    let events = [minified(1, "a"), minified(2, "a"), minified(3, "b")];
    assert_eq!(events[0].fingerprint.label, "payments");
    assert_eq!(events[0].group, events[1].group);
    for digested in &events {
        db.batch(&plan(digested, &fresh_commit(&db), Hints::default()).statements);
    }
    check_counts(&db, 1, 2, 3, 3);
}
