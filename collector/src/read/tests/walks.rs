//! In which order lists walk, how far, and that nothing is met twice.

use super::*;

fn bare_issue(db: &TestDb, number: usize, hour: i64, events_key: u32) {
    db.run(&format!(
        "INSERT INTO issue (project_id, number, kind, value, function, place, level, handled, first_release,
            last_hour, events_key) VALUES (1, {number}, 'E', 'x', '', '', 3, 0, '', {hour}, {events_key})"
    ));
    db.run(&format!(
        "INSERT INTO event_group (project_id, hash, number, label, events, stored, users, hour, hour_events, bodies,
            next_body, body_ms, first_seen_ms, last_seen_ms, last_release)
            VALUES (1, unhex('{number:032x}'), {number}, '', {number}, 0, 0, {hour}, 1, 0, 0, 0, 1, 1, '')"
    ));
}

#[test]
fn a_filtered_page_looks_at_a_bounded_number_of_issues() {
    let db = TestDb::with_project();
    for number in 1..=SCAN + 10 {
        bare_issue(&db, number, 7, 0);
    }
    let nothing = "\"matches nothing\"";
    let end = |after| {
        let rows = listed(&db, nothing, Walk::LastSeen, after);
        assert_eq!((rows.len(), rows[0][0].as_str()), (1, "null"));
        ending(&rows[0])
    };
    assert_eq!(end(None), (SCAN, Some(Cursor { key: 7, number: 11 })));
    let rest = (10, Some(Cursor { key: 7, number: 1 }));
    assert_eq!(end(Some(Cursor { key: 7, number: 11 })), rest, "that was all");
}

/// How many issues a page looked at, and the last of them.
fn ending(row: &[String]) -> (usize, Option<Cursor>) {
    let [.., scanned, ending] = row else { panic!("too few columns") };
    let end = ListEnd { ending: Some(ending.clone()), ..ListEnd::default() };
    (scanned.parse().unwrap(), end.cursor())
}

/// All pages of a list, each within 50 pages.
fn walked(db: &TestDb, query: &str, walk: Walk) -> Vec<usize> {
    let mut numbers = Vec::new();
    let mut after = None;
    for _ in 0..50 {
        let mut rows = listed(db, query, walk, after);
        let (scanned, end) = ending(&rows[0]);
        rows.retain(|row| row[0] != "null");
        let has_more = rows.len() > PAGE;
        rows.truncate(PAGE);
        numbers.extend(rows.iter().map(|row| row[0].parse::<usize>().unwrap()));
        let limit = match walk {
            Walk::LastSeen if query.is_empty() => PAGE + 1,
            Walk::Events if query.is_empty() => 180,
            _ => SCAN,
        };
        after = match (has_more, rows.last()) {
            (true, Some(last)) => {
                let number = last[0].parse().unwrap();
                Some(Cursor { key: last[SORT_KEY].parse().unwrap(), number })
            }
            _ if scanned < limit => return numbers,
            _ => end,
        };
    }
    panic!("the list has no end");
}

/// Column of the place in what is walked along.
const SORT_KEY: usize = 25;

#[test]
fn every_walk_meets_every_issue_once() {
    let db = TestDb::with_project();
    for number in 1..=700 {
        let hour = i64::try_from(number * 37 % 701).unwrap();
        bare_issue(&db, number, hour, if number % 3 == 0 { 7 + number as u32 % 4 } else { 0 });
    }
    // As many as are looked at where all are.
    let walks = [Walk::LastSeen, Walk::FirstSeen, Walk::Events, Walk::Users, Walk::Trend];
    for walk in walks {
        for query in ["", "x"] {
            let mut numbers = walked(&db, query, walk);
            if (walk, query) == (Walk::Events, "") {
                assert_eq!(
                    numbers.iter().position(|number| number % 3 > 0),
                    Some(233),
                    "large ones first"
                );
            }
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=700).collect::<Vec<_>>(), "{walk:?} {query:?}");
        }
    }
}

#[test]
fn few_issues_are_in_exact_order() {
    let db = TestDb::with_project();
    for number in 1..SCAN {
        bare_issue(&db, number, i64::try_from(number * 37 % 701).unwrap(), 0);
    }
    let expected: Vec<usize> = (1..SCAN).rev().collect();
    assert_eq!(
        walked(&db, "", Walk::AllByEvents),
        expected,
        "each has as many events as its number"
    );
    assert_eq!(walked(&db, "x", Walk::AllByTrend).len(), SCAN - 1);
    assert_eq!(Walk::Users.of_all(), Walk::AllByUsers);
}

#[test]
fn an_issue_moves_up_by_events_as_its_hour_begins_and_when_hundreds_come_at_once() {
    let db = TestDb::with_project();
    let key = || db.number("SELECT events_key FROM issue WHERE number = 1");
    let count = |id: u32, hour: i64, count: u32| {
        let exception = Exception { kind: "E".into(), value: "a".into(), ..Exception::default() };
        let at_ms = NOW_MS + hour * 3_600_000;
        let event = Event {
            count,
            claimed_ms: at_ms + i64::from(id),
            received_ms: at_ms + 60_000,
            ..thrown(id, exception)
        };
        let commit =
            Commit { project_id: 1, nonce: id.into(), now_ms: at_ms, sender: Sender::default() };
        db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
    };
    count(1, 0, 260);
    assert_eq!(key(), 0, "no row for a number that changes all the time");
    count(2, 1, 1);
    assert_eq!(key(), 3 * 3 + 1, "200 to 499");
    count(3, 1, 260);
    assert_eq!(key(), 3 * 3 + 2, "500 to 999");
    assert!(db.number("SELECT trend_key FROM issue") > 0);
    count(4, 1 + 24 * 30, 1);
    assert_eq!(db.number("SELECT trend_key FROM issue"), 0);
    assert_eq!(db.rows(&list_days()).concat().concat().matches(' ').count(), 1, "one day is over");
}
