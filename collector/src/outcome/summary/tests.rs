use super::*;
use crate::sql::test_db::TestDb;

const HOUR: i64 = 500_001;

fn summary(db: &TestDb, name: &str) -> Summary {
    let range = Range::named(name).unwrap();
    let first = range.first_hour(HOUR);
    let text = |cell: &String| cell.clone();
    let number = |cell: &String| cell.parse::<i64>().unwrap_or_else(|_| panic!("{cell}"));
    let hour_row = |cells: Vec<String>| HourRow {
        number: number(&cells[0]) as u32,
        hour: number(&cells[1]),
        events: number(&cells[2]) as u64,
    };
    let ended = db.rows(&ended(1, first)).into_iter().map(|cells| EndedRow {
        hour: number(&cells[0]),
        outcome: text(&cells[1]),
        reason: text(&cells[2]),
        detail: text(&cells[3]),
        quantity: number(&cells[4]) as u64,
        last_ms: number(&cells[5]),
    });
    let groups = db.rows(&groups(1, first, HOUR)).into_iter().map(|cells| GroupRow {
        status: number(&cells[0]) as u32,
        number: number(&cells[1]) as u32,
        kind: text(&cells[2]),
        value: text(&cells[3]),
        place: text(&cells[4]),
        hour: number(&cells[5]),
        events: number(&cells[6]) as u64,
        recent: text(&cells[7]),
    });
    let rows = Rows {
        ended: ended.collect(),
        came: db.rows(&came(1, first)).into_iter().map(hour_row).collect(),
        groups: groups.collect(),
        past: db.rows(&past(1, first, HOUR)).into_iter().map(hour_row).collect(),
    };
    of(range, first, "SHOP", &rows)
}

fn issue(db: &TestDb, number: u32, (kind, value): (&str, &str), hours: &[(i64, u32)]) {
    let (newest, past) = hours.split_last().unwrap();
    let recent: String =
        past.iter().rev().take(24).map(|(hour, events)| format!("{hour:06}{events:08} ")).collect();
    db.run(&format!(
        "INSERT INTO issue (project_id, number, kind, value, function, place, level, handled, first_release, last_hour)
         VALUES (1, {number}, '{kind}', '{value}', '', '', 3, 0, '', {})",
        newest.0
    ));
    db.run(&format!(
        "INSERT INTO event_group (project_id, hash, number, label, events, stored, users, hour, hour_events,
            bodies, next_body, body_ms, first_seen_ms, last_seen_ms, last_release, recent)
         VALUES (1, x'{number:08x}', {number}, '', 9, 9, 0, {0}, {1}, 0, 0, 0, 0, 0, '', '{recent}')",
        newest.0, newest.1
    ));
    for (hour, events) in past {
        db.run(&format!("INSERT INTO group_hour VALUES (1, x'{number:08x}', {hour}, {events})"));
    }
}

fn outcome(db: &TestDb, hour: i64, (outcome, reason): (&str, &str), detail: &str, quantity: u32) {
    db.run(&format!(
        "INSERT INTO outcome VALUES (1, {hour}, '{outcome}', '{reason}', '{detail}', {quantity}, {hour} * 3600000)"
    ));
}

#[test]
fn steps_are_hours_or_days_and_end_now() {
    let db = TestDb::with_project();
    issue(&db, 1, ("TypeError", "x"), &[(HOUR - 30, 4), (HOUR - 1, 2), (HOUR, 3)]);
    outcome(&db, HOUR - 23, ("filtered", "crawler"), "Googlebot", 5);
    outcome(&db, HOUR - 24, ("filtered", "crawler"), "Googlebot", 7);
    outcome(&db, HOUR, ("invalid", "origin"), "https://a.test", 2);
    outcome(&db, HOUR, ("discarded", "before_send"), "error", 9);
    let day = summary(&db, "24h");
    assert_eq!(day.total, Ends { accepted: 5, filtered: 5, limited: 0, dropped: 2 });
    assert_eq!(day.steps.len(), 24);
    assert_eq!((day.steps[0].filtered, day.steps[22].accepted, day.steps[23].accepted), (5, 2, 3));
    assert!(day.accepted_is_exact && day.counted_since.is_none());
    let days = summary(&db, "14d");
    assert_eq!(days.total, Ends { accepted: 9, filtered: 12, limited: 0, dropped: 2 });
    assert_eq!(days.since, rfc3339_of((first_of_day(HOUR) - 13 * 24) * HOUR_MS));
}

#[test]
fn reasons_have_their_most_frequent_samples() {
    let db = TestDb::with_project();
    for (number, detail) in (1..).zip(["a", "b", "c", "d"]) {
        outcome(&db, HOUR, ("invalid", "origin"), detail, number);
    }
    outcome(&db, HOUR - 1, ("invalid", "origin"), "", 20);
    let summary = summary(&db, "24h");
    let [reason] = summary.reasons.as_slice() else { panic!("{:?}", summary.reasons) };
    assert_eq!((reason.quantity, reason.last_ms), (30, HOUR * HOUR_MS));
    let samples: Vec<_> = reason.samples.iter().map(|one| (&*one.detail, one.quantity)).collect();
    assert_eq!(samples, [("d", 4), ("c", 3), ("b", 2)]);
}

#[test]
fn noise_is_what_is_no_bug_of_the_page_or_a_great_part_of_all() {
    let db = TestDb::with_project();
    issue(&db, 1, ("Error", "Script error."), &[(HOUR, 40)]);
    issue(&db, 2, ("TypeError", "x is undefined"), &[(HOUR, 900)]);
    issue(&db, 6, ("TypeError", "z is undefined"), &[(HOUR, 90)]);
    issue(&db, 3, ("TypeError", "y is undefined"), &[(HOUR, 60)]);
    issue(&db, 4, ("Error", "ResizeObserver loop limit exceeded"), &[(HOUR, 30)]);
    issue(&db, 5, ("Error", "Script error."), &[(HOUR, 3)]);
    let noise = summary(&db, "24h").noise;
    let noise: Vec<_> = noise.iter().map(|one| (one.class, one.quantity)).collect();
    assert_eq!(noise, [("frequent", 900), ("script_error", 40), ("resize_observer", 30)]);
}

#[test]
fn hours_before_the_recent_ones_are_counted_once() {
    let db = TestDb::with_project();
    let hours: Vec<(i64, u32)> = (0..60).rev().map(|ago| (HOUR - 2 * ago, 1)).collect();
    issue(&db, 1, ("TypeError", "x"), &hours);
    let summary = summary(&db, "14d");
    assert_eq!((summary.total.accepted, summary.accepted_is_exact), (60, true));
    assert_eq!(self::summary(&db, "24h").total.accepted, 12);
}

#[test]
fn what_never_stops_is_found_behind_many_newer_issues() {
    let db = TestDb::with_project();
    issue(&db, 1, ("Error", "Script error."), &[(HOUR - 1, 500), (HOUR, 400)]);
    for number in 2..=300 {
        issue(&db, number, ("TypeError", "x"), &[(HOUR, 1)]);
    }
    let noise = summary(&db, "24h").noise;
    assert_eq!((noise[0].short_id.as_str(), noise[0].quantity), ("SHOP-1", 900));
}

#[test]
fn many_issues_are_counted_by_what_was_let_in() {
    let db = TestDb::with_project();
    for number in 1..=300 {
        issue(&db, number, ("TypeError", "x"), &[(HOUR, 1)]);
    }
    db.run(&format!("INSERT INTO project_hour VALUES (1, {HOUR}, 280, 0, 0)"));
    let summary = summary(&db, "24h");
    assert!(!summary.accepted_is_exact);
    assert_eq!(summary.total.accepted, 280);
}

#[test]
fn only_the_newest_refusals_are_looked_at_and_the_summary_says_so() {
    let db = TestDb::with_project();
    for hour in 0..20 {
        db.run(&format!(
            "INSERT INTO outcome SELECT 1, {HOUR} - {hour}, 'invalid', 'origin', value, 1, 1
             FROM json_each('[{}]')",
            (0..100).map(|one: u32| one.to_string()).collect::<Vec<_>>().join(",")
        ));
    }
    let summary = summary(&db, "24h");
    assert_eq!(summary.total.dropped, u64::from(OUTCOME_ROWS));
    assert_eq!(summary.counted_since, Some(rfc3339_of((HOUR - 9) * HOUR_MS)));
}
