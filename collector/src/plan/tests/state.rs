//! What events do to the state of their issue.

use super::*;

/// One event in each of these hours, `events` times.
fn store_hours(db: &TestDb, hours: impl Iterator<Item = (i64, u32)>) {
    for (id, (hour, count)) in (1..).zip(hours) {
        let at_ms = NOW_MS + hour * HOUR_MS;
        store(db, Event { claimed_ms: at_ms, received_ms: at_ms, count, ..event(id, "a") });
    }
}

#[track_caller]
fn check_escalation(hours: impl Iterator<Item = (i64, u32)>, last: u32, expected: bool) {
    let db = TestDb::with_project();
    let mut hours: Vec<_> = hours.collect();
    let hour = hours.last().map_or(0, |(hour, _)| hour + 1);
    hours.push((hour, last - 1));
    hours.push((hour, 1));
    store_hours(&db, hours.into_iter());
    assert_eq!(db.number("SELECT escalated_ms > 0 FROM issue") == 1, expected);
}

#[test]
fn an_hour_far_above_the_mean_escalates() {
    check_escalation((0..200).map(|hour| (hour, 1)), 20, false);
    check_escalation((0..200).map(|hour| (hour, 1)), 21, true);
    check_escalation((0..200).map(|hour| (hour, 10)), 50, false);
    check_escalation((0..200).map(|hour| (hour, 10)), 51, true);
    // Of two days, those count that there were.
    check_escalation((0..48).map(|hour| (hour, 10)), 51, true);
    check_escalation((0..48).map(|hour| (hour, 10)), 50, false);
    // What is older than seven days does not.
    check_escalation(
        (0..30).map(|hour| (hour, 1_000)).chain((200..368).map(|hour| (hour, 4))),
        21,
        true,
    );
    // The first hour of an issue is new, whatever it brings.
    check_escalation(std::iter::empty(), 500, false);
}

mod regressions {
    use super::*;

    /// Resolved in `fixed`, seen in `seen`, after both releases were seen in this order.
    #[track_caller]
    fn check(order: &[&str], fixed: &str, seen: &str, expected: bool) {
        let db = TestDb::with_project();
        for (id, release) in (1..).zip(order) {
            let event = event(id, "other");
            store(&db, Event { release: Some((*release).into()), ..event });
        }
        store(&db, Event { release: Some(order[0].into()), ..event(100, "a") });
        let number = db.number("SELECT max(number) FROM issue");
        let number = u32::try_from(number).unwrap();
        let decision = crate::life::Decision::ResolveIn { release: fixed.into() };
        db.batch(&crate::life::decide(1, number, &decision, NOW_MS + 150));
        let release = Some(seen.to_owned()).filter(|release| !release.is_empty());
        store(&db, Event { release, ..event(200, "a") });
        let status = db.number(&format!("SELECT status FROM issue WHERE number = {number}"));
        assert_eq!(status == 0, expected, "fixed in {fixed}, seen in {seen}");
    }

    #[test]
    fn a_later_version_regresses_and_an_earlier_one_does_not() {
        let order = ["shop@1.9.0", "shop@1.10.0"];
        check(&order, "shop@1.10.0", "shop@1.9.0", false);
        check(&order, "shop@1.10.0", "shop@1.10.0", false);
        check(&order, "shop@1.9.0", "shop@1.10.0", true);
        check(&order, "shop@1.10.0", "shop@1.11.0", true);
        check(&order, "shop@1.10.0", "", true);
    }

    #[test]
    fn other_names_are_ordered_by_when_they_were_seen() {
        let order = ["ff00", "0a11"];
        check(&order, "0a11", "ff00", false);
        check(&order, "ff00", "0a11", true);
        check(&order, "0a11", "never seen before", true);
    }
}

#[test]
fn what_is_ignored_comes_back_when_its_time_has_come() {
    use crate::life::{Decision, Until, decide};
    let cases = [
        (Until::default(), 400, 0),
        (Until { at_ms: Some(NOW_MS + 100), ..Until::default() }, 2, 98),
        (Until { events: Some(5), ..Until::default() }, 1, 5),
        (Until { users: Some(3), ..Until::default() }, 1, 3),
    ];
    for (until, from, events) in cases {
        let db = TestDb::with_project();
        store(&db, by("u0", event(1, "a")));
        db.batch(&decide(1, 1, &Decision::Ignore(until), NOW_MS));
        for id in from..from + 10 {
            store(&db, by(&format!("u{id}"), event(1 + id, "a")));
            let is_back = events > 0 && id >= if from == 2 { 99 } else { events };
            let is_back = is_back || (from == 2 && id >= 99);
            assert_eq!(db.number("SELECT status FROM issue") == 0, is_back, "{until:?} {id}");
        }
        if until.at_ms.is_some() {
            store(&db, event(100, "a"));
            assert_eq!(db.number("SELECT status FROM issue"), 0);
        }
    }
}
