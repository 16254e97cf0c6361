use super::*;
use crate::plan::{Commit, Hints, digest, plan};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};
use trapline_core::event::Exception;

fn said(id: u32, message: &str) -> Feedback {
    Feedback {
        id: format!("{id:032x}"),
        at_ms: NOW_MS,
        message: message.into(),
        ..Feedback::default()
    }
}

fn sender(number: u8) -> Sender {
    Sender { visitor: Some([number; 8]), country: "SE".into() }
}

fn statuses(db: &TestDb) -> Vec<Vec<String>> {
    let all = "SELECT group_concat(status || spam, ' ') FROM (SELECT status, spam FROM feedback ORDER BY id)";
    db.rows(&Statement::new(all, []))
}

#[test]
fn links_alone_are_spam() {
    let check = |message, expected| assert_eq!(spam_of(&said(1, message)), expected, "{message}");
    check("The pay button does nothing.", "");
    check("https://casino.test", "links");
    check("buy now https://casino.test", "links");
    check("The list at https://shop.test/lamps is empty since yesterday.", "");
    check("a www.a.test b www.b.test c www.c.test d www.d.test", "links");
}

#[test]
fn whoever_floods_is_spam_and_then_not_stored() {
    let db = TestDb::with_project();
    for id in 0..40 {
        db.batch(&[store(1, &said(id, &format!("message {id}")), &sender(1), NOW_MS)]);
    }
    assert_eq!(db.number("SELECT count(*) FROM feedback"), 30);
    assert_eq!(db.number("SELECT count(*) FROM feedback WHERE status = 0"), 5);
    db.batch(&[store(1, &said(50, "somebody else"), &sender(2), NOW_MS)]);
    assert_eq!(db.number("SELECT count(*) FROM feedback WHERE status = 0"), 6);
}

#[test]
fn the_same_again_is_stored_once() {
    let db = TestDb::with_project();
    for (id, number) in [(1, 1), (1, 1), (2, 1), (3, 2), (4, 3), (5, 4)] {
        db.batch(&[store(1, &said(id, "It is broken"), &sender(number), NOW_MS)]);
    }
    assert_eq!(statuses(&db), [["0 0 2duplicate 2duplicate"]]);
}

#[test]
fn it_belongs_to_the_issue_of_its_event() {
    let db = TestDb::with_project();
    let exception =
        || Exception { kind: "TypeError".into(), value: "x".into(), ..Exception::default() };
    for id in 1..=60 {
        let commit =
            Commit { project_id: 1, nonce: id.into(), now_ms: NOW_MS, sender: Sender::default() };
        db.batch(&plan(&digest(1, thrown(id, exception())), &commit, Hints::default()).statements);
    }
    for id in [1, 40, 60, 99] {
        let about = Feedback { event_id: format!("{id:032x}"), ..said(id, &format!("about {id}")) };
        db.batch(&[store(1, &about, &sender(7), NOW_MS)]);
    }
    let number = |id: u32| db.rows(&one(1, &format!("{id:032x}")))[0].last().cloned();
    assert_eq!([1, 40, 60, 99].map(number), ["1", "1", "1", "0"].map(|number| Some(number.into())));
    assert_eq!(db.rows(&of_issue(1, 1)).len(), 3);
    db.batch(&[set_status(1, &[format!("{:032x}", 40)], Status::Spam)]);
    assert_eq!(
        (db.rows(&of_issue(1, 1)).len(), db.rows(&counts(1))),
        (2, vec![vec!["3".into(), "0".into(), "1".into()]])
    );
}

#[test]
fn feedback_raises_its_issue_and_the_next_hour_leaves_it_there() {
    let db = TestDb::with_project();
    let exception =
        || Exception { kind: "TypeError".into(), value: "x".into(), ..Exception::default() };
    let event = |id: u32, later_ms: i64| {
        let at = |ms: i64| ms + later_ms;
        let thrown = thrown(id, exception());
        let event = Event {
            claimed_ms: at(thrown.claimed_ms),
            received_ms: at(thrown.received_ms),
            ..thrown
        };
        let commit = Commit {
            project_id: 1,
            nonce: id.into(),
            now_ms: at(NOW_MS),
            sender: Sender::default(),
        };
        db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
    };
    event(1, 0);
    let key = || db.number("SELECT trend_key FROM issue");
    assert_eq!(key(), 0);
    for id in 1..=3_u32 {
        let about =
            Feedback { event_id: format!("{:032x}", 1), ..said(id, &format!("about {id}")) };
        db.batch(&[store(1, &about, &sender(u8::try_from(id).unwrap()), NOW_MS)]);
    }
    assert_eq!(key(), NOW_MS / 86_400_000 * 100 + 6);
    event(2, 2 * 3_600_000);
    assert_eq!(key(), NOW_MS / 86_400_000 * 100 + 6);
    assert_eq!(db.number("SELECT events_key FROM issue"), 1);
}

#[test]
fn the_inbox_is_listed_newest_first_and_searched() {
    let db = TestDb::with_project();
    for id in 1..=60_u32 {
        let said = Feedback { at_ms: NOW_MS + i64::from(id), ..said(id, &format!("Message {id}")) };
        db.batch(&[store(1, &said, &sender(u8::try_from(id).unwrap()), NOW_MS)]);
    }
    let first = db.rows(&list(1, Status::New, "", i64::MAX >> 12));
    assert_eq!((first.len(), first[0][3].as_str()), (50, "Message 60"));
    assert_eq!(db.rows(&list(1, Status::New, "", NOW_MS + 11)).len(), 10);
    assert_eq!(db.rows(&list(1, Status::New, "MESSAGE 7", i64::MAX >> 12)).len(), 1);
    assert!(db.rows(&list(1, Status::Done, "", i64::MAX >> 12)).is_empty());
}

#[test]
fn events_and_reports_are_read() {
    let event: Event = serde_json::from_value(serde_json::json!({
        "event_id": "a".repeat(32), "received_ms": NOW_MS, "release": "shop@1", "browser": {"name": "Chrome", "version": "142.0.1"},
        "contexts": {"feedback": {"message": " The pay button\u{0} does nothing. \n", "contact_email": "jo@shop.test",
            "url": "https://shop.test/checkout?token=1", "associated_event_id": "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA"},
            "culture": {"locale": "sv-SE"}},
    }))
    .unwrap();
    let feedback = of_event(&event).unwrap();
    let found =
        [&feedback.message, &feedback.email, &feedback.url, &feedback.browser, &feedback.locale];
    let expected = [
        "The pay button does nothing.",
        "jo@shop.test",
        "https://shop.test/checkout",
        "Chrome 142",
        "sv-SE",
    ];
    assert_eq!(found, expected);
    assert_eq!(feedback.event_id, "a".repeat(32));
    let report =
        of_report(br#"{"event_id": "1", "name": "Jo", "email": "", "comments": "Broken"}"#)
            .unwrap();
    let text = String::from_utf8(report).unwrap();
    assert!(text.contains(r#""message":"Broken""#) && text.contains(r#""name":"Jo""#), "{text}");
    assert_eq!(of_event(&Event::default()), None);
}
