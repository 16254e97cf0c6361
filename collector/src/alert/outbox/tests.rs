use super::*;
use crate::alert::rule::Rule;
use crate::alert::{rule, threshold};
use crate::life::{self, Resolved};
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};
use trapline_core::event::{Event, Exception, Frame, Level, User};
use trapline_core::fingerprint::{self, hex};
use trapline_core::title::title;

const MINUTE: i64 = 60_000;

fn ruled(rule: &Rule) -> TestDb {
    let db = TestDb::with_project();
    add(&db, 7, rule);
    db
}

fn webhook() -> Rule {
    Rule {
        target: "https://shop.test/hook".into(),
        regressed: true,
        escalating: true,
        ..Rule::default()
    }
}

fn add(db: &TestDb, id: i64, rule: &Rule) {
    let saved =
        rule::Saved { id, project_id: 1, rule, origin: "https://errors.test", now_ms: NOW_MS };
    db.batch(&[rule::create(&saved, "secret")]);
}

/// Of an issue of its own for each message.
fn event(id: u32, message: &str) -> Event {
    let frame = Frame { function: message.into(), in_app: true, ..Frame::default() };
    let exception = Exception {
        kind: "TypeError".into(),
        value: message.into(),
        frames: vec![frame],
        ..Exception::default()
    };
    Event { environment: Some("production".into()), level: Level::Error, ..thrown(id, exception) }
}

fn store_at(db: &TestDb, event: Event, now_ms: i64) {
    let nonce = db.tries.replace(db.tries.get() + 1) + 1;
    let commit = Commit { project_id: 1, nonce, now_ms, sender: Sender::default() };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

fn store(db: &TestDb, event: Event) {
    let now_ms = event.received_ms;
    store_at(db, event, now_ms);
}

/// `kind number` of every condition, oldest first.
fn conditions(db: &TestDb) -> Vec<String> {
    let rows = db.rows(&Statement::new(
        "SELECT kind || ' ' || number FROM alert_outbox ORDER BY made_ms, rule_id, kind, number",
        [],
    ));
    rows.concat()
}

/// Messages that were taken: kind and what else is told in each.
fn take_at(db: &TestDb, claim: i64, now_ms: i64) -> Vec<(String, String)> {
    let [hold, join, take, count, taken] = take(claim, now_ms);
    db.batch(&[hold, join, take, count]);
    db.rows(&taken)
        .into_iter()
        .map(|row| (row[0].clone() + " " + &row[1], row[7].clone()))
        .collect()
}

fn finish_all(db: &TestDb, claim: i64, state: u32, next_ms: i64) {
    let tried: Vec<Tried> = db
        .rows(&taken(claim))
        .into_iter()
        .map(|row| Tried {
            rule_id: row[0].parse().unwrap(),
            kind: row[1].clone(),
            number: row[2].parse().unwrap(),
            at_ms: row[3].parse().unwrap(),
            state,
            next_ms,
            status: 200,
            answer: String::new(),
        })
        .collect();
    db.batch(&[finish(claim, &tried)]);
}

#[test]
fn a_new_issue_is_told_once_to_each_rule() {
    let db = ruled(&webhook());
    add(&db, 8, &webhook());
    for id in 1..4 {
        store(&db, event(id, "a"));
    }
    assert_eq!(conditions(&db), ["new 1", "new 1"]);
    store(&db, event(4, "b"));
    assert_eq!(conditions(&db).len(), 4);
    assert_eq!(
        db.number("SELECT count(DISTINCT delivery) FROM alert_outbox WHERE length(delivery) = 32"),
        4
    );
    // The same envelope again.
    store(&db, event(4, "b"));
    assert_eq!(conditions(&db).len(), 4);
}

#[test]
fn without_rules_nothing_is_written() {
    let db = TestDb::with_project();
    store(&db, event(1, "a"));
    assert_eq!(conditions(&db), Vec::<String>::new());
    add(&db, 7, &Rule { paused: true, ..webhook() });
    add(&db, 8, &Rule { new: false, ..webhook() });
    add(&db, 9, &Rule { environment: "staging".into(), ..webhook() });
    add(&db, 10, &Rule { level: "fatal".into(), ..webhook() });
    store(&db, event(2, "b"));
    assert_eq!(conditions(&db), Vec::<String>::new());
    add(&db, 11, &Rule { environment: "production".into(), level: "warning".into(), ..webhook() });
    store(&db, event(3, "c"));
    assert_eq!(conditions(&db), ["new 3"]);
}

#[test]
fn each_regression_is_told_once() {
    let db = ruled(&webhook());
    store(&db, event(1, "a"));
    for id in [2_u32, 20] {
        let resolved_ms = NOW_MS + i64::from(id) - 1;
        db.run(&format!("UPDATE issue SET status = 1, status_ms = {resolved_ms}"));
        store(&db, event(id, "a"));
        store(&db, event(id + 1, "a"));
    }
    assert_eq!(conditions(&db), ["new 1", "regressed 1", "regressed 1"]);
}

#[test]
fn an_escalation_is_told_once_an_hour_and_not_of_what_is_ignored() {
    let db = ruled(&webhook());
    let at = |id: u32, message: &str, hours: i64| {
        let mut event = event(id, message);
        (event.claimed_ms, event.received_ms) =
            (NOW_MS + hours * 3_600_000, NOW_MS + hours * 3_600_000);
        event
    };
    store(&db, at(1, "a", 0));
    store(&db, at(2, "ignored", 0));
    db.run("UPDATE issue SET status = 2 WHERE number = 2");
    for id in 10..40 {
        store(&db, at(id, "a", 2));
        store(&db, at(id + 100, "ignored", 2));
    }
    assert_eq!(conditions(&db), ["new 1", "new 2", "escalating 1"]);
}

#[test]
fn issues_that_no_event_made_are_not_news() {
    let db = ruled(&webhook());
    let columns = "project_id, number, kind, value, function, place, level, handled, first_release, last_hour";
    db.run(&format!(
        "INSERT INTO issue ({columns}, regrouped_ms) VALUES (1, 1, 'E', '', '', '', 3, 0, '', 7, 9)"
    ));
    db.run("UPDATE issue SET number = 5, status = 1");
    db.run("UPDATE issue SET status = 0, regrouped_ms = 10");
    assert_eq!(conditions(&db), Vec::<String>::new());
}

#[test]
fn what_people_and_maps_move_is_not_news() {
    let db = ruled(&webhook());
    for (id, text) in [(1, "a"), (2, "b")] {
        store(&db, event(id, text));
    }
    db.batch(&life::merge(1, 1, &[2], NOW_MS + 1));
    let moved = digest(1, event(2, "b")).group();
    db.batch(&life::part(1, 1, &[hex(&moved)], title(&event(2, "b"))));
    assert_eq!(db.number("SELECT count(*) FROM issue"), 3, "a new one was made by splitting");
    let resolved = digest(1, event(3, "c"));
    let resolved = Resolved {
        fingerprint: fingerprint::v1(resolved.event()),
        title: title(resolved.event()),
        is_partial: false,
    };
    db.batch(&life::repoint(1, &digest(1, event(1, "a")).group(), 1, &resolved, NOW_MS + 2));
    assert_eq!(conditions(&db), ["new 1", "new 2"]);
    // Events that come afterwards find issues that are there.
    store(&db, event(10, "a"));
    store(&db, event(11, "b"));
    assert_eq!(conditions(&db), ["new 1", "new 2"]);
}

#[test]
fn one_taker_has_a_row_until_its_lease_ends_and_the_id_stays() {
    let db = ruled(&webhook());
    store(&db, event(1, "a"));
    let now_ms = NOW_MS + 10_001;
    let delivery = db.rows(&Statement::new("SELECT delivery FROM alert_outbox", []));
    assert_eq!(db.rows(&is_due(now_ms)).len(), 1);
    assert_eq!(take_at(&db, 100, now_ms).len(), 1);
    assert_eq!(db.rows(&is_due(now_ms)).len(), 0);
    assert_eq!(take_at(&db, 101, now_ms + 1).len(), 0);
    // Its answer was lost: the same claim finds it again.
    assert_eq!(take_at(&db, 100, now_ms).len(), 1);
    // It was not heard of again.
    assert_eq!(take_at(&db, 102, now_ms + LEASE_MS).len(), 1);
    // The first one comes late, and says nothing any more.
    finish_all(&db, 100, 1, 0);
    assert_eq!(db.number("SELECT state FROM alert_outbox"), 0);
    finish_all(&db, 102, 0, now_ms + 2 * MINUTE);
    assert_eq!(take_at(&db, 103, now_ms + 2 * MINUTE - 1).len(), 0);
    assert_eq!(take_at(&db, 104, now_ms + 2 * MINUTE).len(), 1);
    finish_all(&db, 104, 1, 0);
    assert_eq!(db.number("SELECT state * 10 + attempts FROM alert_outbox"), 13);
    assert_eq!(db.rows(&Statement::new("SELECT delivery FROM alert_outbox", [])), delivery);
    assert_eq!(db.rows(&is_due(now_ms + 9_999 * MINUTE)).len(), 0);
}

#[test]
fn a_storm_is_five_messages_and_one_that_lists_the_rest() {
    let db = ruled(&webhook());
    let start_ms = NOW_MS + 10_000;
    let (mut singles, mut claim) = (0, 1_000);
    for id in 1..=200 {
        let mut one = event(id, &format!("bug{id}"));
        one.received_ms = start_ms + i64::from(id) * 10;
        let now_ms = one.received_ms;
        store(&db, one);
        claim += 1;
        let taken = take_at(&db, claim, now_ms);
        assert!(taken.iter().all(|(_, more)| more == "0"));
        singles += taken.len();
        finish_all(&db, claim, 1, 0);
    }
    assert_eq!(singles, 5);
    assert_eq!(
        take_at(&db, 1, start_ms + MINUTE - 1).len(),
        0,
        "it waits until the minute is over"
    );
    assert_eq!(take_at(&db, 2, start_ms + MINUTE + 10), [("7 new".to_owned(), "194".to_owned())]);
    let listed = db.rows(&taken(2))[0][11].clone();
    assert_eq!(listed.matches("\"new\"").count(), 20, "{listed}");
    finish_all(&db, 2, 1, 0);
    assert_eq!(db.number("SELECT count(*) FROM alert_outbox"), 200);
    assert_eq!(db.number("SELECT count(DISTINCT delivery) FROM alert_outbox"), 6);
    assert_eq!(db.number("SELECT count(*) FROM alert_outbox WHERE state = 0"), 0);
    assert_eq!(db.rows(&deliveries(1, 50)).len(), 6);
}

#[test]
fn what_comes_at_once_is_one_message() {
    let db = ruled(&webhook());
    for id in 1..=6 {
        store(&db, event(id, &format!("bug{id}")));
    }
    assert_eq!(take_at(&db, 1, NOW_MS + 20_000), [("7 new".to_owned(), "5".to_owned())]);
    let few = ruled(&webhook());
    for id in 1..=5 {
        store(&few, event(id, &format!("bug{id}")));
    }
    assert_eq!(take_at(&few, 1, NOW_MS + 20_000).len(), 5);
}

#[test]
fn a_rule_may_tell_once_in_an_hour() {
    let db = ruled(&Rule { every: 60, ..webhook() });
    let now_ms = NOW_MS + 10_000;
    store(&db, event(1, "a"));
    assert_eq!(take_at(&db, 1, now_ms).len(), 1);
    finish_all(&db, 1, 1, 0);
    for id in 2..4 {
        store(&db, event(id, &format!("bug{id}")));
    }
    assert_eq!(take_at(&db, 2, now_ms + 59 * MINUTE).len(), 0);
    assert_eq!(take_at(&db, 3, now_ms + 60 * MINUTE), [("7 new".to_owned(), "1".to_owned())]);
}

#[test]
fn a_rule_that_is_paused_or_gone_sends_nothing_that_waits() {
    let db = ruled(&webhook());
    store(&db, event(1, "a"));
    let paused = Rule { paused: true, ..webhook() };
    let saved = rule::Saved { id: 7, project_id: 1, rule: &paused, origin: "", now_ms: NOW_MS };
    // Of another project: nothing.
    db.batch(&rule::change(&rule::Saved { project_id: 2, ..saved.clone() }));
    assert_eq!(db.rows(&is_due(NOW_MS + MINUTE)).len(), 1);
    db.batch(&rule::change(&saved));
    assert_eq!(db.rows(&is_due(NOW_MS + MINUTE)).len(), 0);
    assert_eq!(db.number("SELECT state FROM alert_outbox"), 2);
    db.batch(&rule::delete(7, 1));
    assert_eq!(conditions(&db), Vec::<String>::new());
}

#[test]
fn a_project_has_at_most_twenty_rules() {
    let db = TestDb::with_project();
    for id in 1..30 {
        add(&db, id, &webhook());
    }
    assert_eq!(db.rows(&rule::list(1)).len(), 20);
}

#[test]
fn a_test_is_sent_whatever_the_rule_says() {
    let db = ruled(&Rule { paused: true, ..webhook() });
    db.batch(&[test(7, 1, 55, NOW_MS), test(7, 1, 55, NOW_MS), test(7, 2, 56, NOW_MS)]);
    assert_eq!(db.rows(&taken(55)).len(), 1);
    assert_eq!(db.rows(&taken(56)).len(), 0);
    finish_all(&db, 55, 1, 0);
    assert_eq!(db.rows(&tested(7, 55))[0][6], "1");
}

fn over(db: &TestDb, now_ms: i64) -> (i64, i64) {
    db.batch(&[threshold::look(now_ms)]);
    (
        db.number("SELECT seen FROM alert_rule"),
        db.number("SELECT count(*) FROM alert_outbox WHERE kind = 'threshold'"),
    )
}

#[test]
fn a_threshold_is_told_as_it_is_passed_and_again_after_it_was_not() {
    let db = ruled(&Rule { new: false, threshold: 3, window: 5, ..webhook() });
    store(&db, event(1, "a"));
    store(&db, event(2, "b"));
    let start_ms = NOW_MS + MINUTE;
    assert_eq!(over(&db, start_ms), (2, 0));
    store(&db, event(3, "a"));
    assert_eq!(over(&db, start_ms + 59_999), (2, 0), "it was looked at less than a minute ago");
    assert_eq!(over(&db, start_ms + MINUTE), (3, 1));
    assert_eq!(over(&db, start_ms + 2 * MINUTE), (3, 1), "it is told once");
    assert_eq!(over(&db, start_ms + 9 * MINUTE), (0, 1));
    for id in 0..4 {
        let mut later = event(50 + id, "a");
        (later.claimed_ms, later.received_ms) = (NOW_MS + 10 * MINUTE, NOW_MS + 10 * MINUTE);
        store(&db, later);
    }
    assert_eq!(over(&db, start_ms + 10 * MINUTE), (4, 2));
    assert_eq!(take_at(&db, 9, start_ms + 10 * MINUTE).len(), 2);
}

#[test]
fn a_threshold_counts_events_that_name_no_time() {
    let db = ruled(&Rule { new: false, threshold: 3, ..webhook() });
    for (id, received_ms) in [(1, NOW_MS - 120 * MINUTE), (2, NOW_MS), (3, NOW_MS), (4, NOW_MS)] {
        let claimed_ms = if id == 4 { NOW_MS } else { 0 };
        store(&db, Event { claimed_ms, received_ms, ..event(id, "a") });
    }
    assert_eq!(over(&db, NOW_MS + MINUTE), (3, 1), "the first is older than the window");
}

#[test]
fn a_threshold_counts_what_its_search_says() {
    let user = |id: u32, name: &str| Event {
        user: User { id: Some(name.into()), ..User::default() },
        release: Some("shop@1".into()),
        ..event(id, "Checkout failed")
    };
    for (rule, expected) in [
        (Rule::default(), 5),
        (Rule { search: "checkout".into(), ..Rule::default() }, 4),
        (Rule { search: "release:shop@1".into(), ..Rule::default() }, 4),
        (Rule { search: "release:shop@2".into(), ..Rule::default() }, 0),
        (Rule { search: "level:error environment:production".into(), ..Rule::default() }, 5),
        (Rule { search: "level:fatal".into(), ..Rule::default() }, 0),
        (Rule { level: "fatal".into(), ..Rule::default() }, 0),
        (Rule { environment: "staging".into(), ..Rule::default() }, 0),
        (Rule { search: "checkout".into(), count_users: true, ..Rule::default() }, 2),
    ] {
        let db = ruled(&Rule { new: false, threshold: 100, ..rule.clone() });
        for (id, name) in [(1, "jo"), (2, "jo"), (3, "li"), (4, "li")] {
            store(&db, user(id, name));
        }
        // Its sender names no time.
        store(&db, Event { claimed_ms: 0, ..event(5, "other") });
        assert_eq!(over(&db, NOW_MS + MINUTE), (expected, 0), "{rule:?}");
    }
}

#[test]
fn what_was_told_goes_after_thirty_days() {
    let db = ruled(&webhook());
    store(&db, event(1, "a"));
    let day = 24 * 60 * MINUTE;
    db.batch(&[expired(NOW_MS + 30 * day)]);
    assert_eq!(conditions(&db).len(), 1);
    db.batch(&[expired(NOW_MS + 31 * day)]);
    assert_eq!(conditions(&db).len(), 0);
}
