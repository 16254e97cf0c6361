use trapline_core::event::{Event, Exception, Frame};

use super::*;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};

/// An event of a minified bundle; `file` tells its group, `value` the issue of its raw frames.
fn event(id: u32, value: &str, file: &str) -> Event {
    let file = format!("https://shop.example/{file}");
    let frame = Frame {
        function: "t".into(),
        file,
        line: 1,
        column: 900,
        in_app: true,
        ..Frame::default()
    };
    let exception = Exception {
        kind: "TypeError".into(),
        value: value.into(),
        frames: vec![frame],
        ..Exception::default()
    };
    thrown(id, exception)
}

/// What a map makes of it.
fn resolved(value: &str, function: &str) -> Resolved {
    let mut event = event(0, value, "a.js");
    let frame = &mut event.exceptions[0].frames[0];
    *frame = Frame::from_raw(
        frame.as_raw(),
        Frame {
            function: function.into(),
            file: "src/cart.ts".into(),
            line: 7,
            in_app: true,
            ..Frame::default()
        },
    );
    Resolved { fingerprint: fingerprint::v1(&event), title: title(&event), is_partial: false }
}

/// Stores an event; gives its group.
fn store(db: &TestDb, event: Event) -> Vec<u8> {
    db.tries.set(db.tries.get() + 1);
    let digested = digest(1, event);
    let commit = Commit {
        project_id: 1,
        nonce: db.tries.get(),
        now_ms: NOW_MS,
        sender: Sender { visitor: Some([7; 8]), ..Sender::default() },
    };
    db.batch(&plan(&digested, &commit, Hints::default()).statements);
    digested.group().to_vec()
}

/// Twice, as a retry does.
fn apply(db: &TestDb, group: &[u8], number: u32, resolved: &Resolved) {
    for _ in 0..2 {
        db.batch(&repoint(1, group, number, resolved, NOW_MS));
    }
}

/// Number, status, function, place, events and users of each issue with groups, and where the others lead.
fn issues(db: &TestDb) -> Vec<String> {
    let sql = "SELECT i.number || ' ' || i.status || ' ' || i.function || ' ' || i.place || ' ' || count(g.hash) || ' '
            || coalesce(sum(g.events), 0) || ' ' || coalesce(sum(g.users), 0) || ' ' || i.merged_into
        FROM issue i LEFT JOIN event_group g ON g.project_id = i.project_id AND g.number = i.number
        GROUP BY i.number ORDER BY i.number";
    db.rows(&Statement::new(sql, [])).into_iter().map(|mut row| row.remove(0)).collect()
}

#[test]
fn issue_keeps_its_number_and_status_when_its_frames_are_resolved() {
    let db = TestDb::with_project();
    let group = store(&db, event(1, "no total", "main-1.js"));
    store(&db, event(2, "no total", "main-1.js"));
    db.run("UPDATE issue SET status = 2");
    apply(&db, &group, 1, &resolved("no total", "formatTotal"));
    assert_eq!(issues(&db), ["1 2 formatTotal src/cart.ts:7 1 2 1 0"]);
    assert_eq!(db.number("SELECT raw_frames FROM event_group"), 0);
    // The next event of the same bytes counts for it, and one that arrives resolved as well.
    store(&db, event(3, "no total", "main-1.js"));
    assert_eq!(issues(&db), ["1 2 formatTotal src/cart.ts:7 1 3 1 0"]);
}

#[test]
fn group_joins_the_issue_that_its_resolved_frames_have() {
    let db = TestDb::with_project();
    let first = store(&db, event(1, "no total", "main-1.js"));
    let second = store(&db, event(2, "no total", "index-2.js"));
    assert_eq!(db.number("SELECT count(*) FROM issue"), 2);
    apply(&db, &first, 1, &resolved("no total", "formatTotal"));
    apply(&db, &second, 2, &resolved("no total", "formatTotal"));
    let expected =
        ["1 0 formatTotal src/cart.ts:7 2 2 1 0", "2 3  shop.example/index-2.js:1 0 0 0 1"];
    let found = issues(&db);
    assert_eq!(found[0], expected[0]);
    assert!(found[1].starts_with("2 3 ") && found[1].ends_with(" 0 0 0 1"), "{found:?}");
}

#[test]
fn bugs_that_raw_frames_threw_together_part() {
    let db = TestDb::with_project();
    let mut other = event(2, "no total", "main-1.js");
    other.exceptions[0].frames[0].column = 999;
    let first = store(&db, event(1, "no total", "main-1.js"));
    let second = store(&db, other);
    assert_eq!(db.number("SELECT count(*) FROM issue"), 1);
    apply(&db, &first, 1, &resolved("no total", "formatTotal"));
    apply(&db, &second, 1, &resolved("no total", "renderSummary"));
    let expected =
        ["1 0 formatTotal src/cart.ts:7 1 1 1 0", "2 0 renderSummary src/cart.ts:7 1 1 1 0"];
    assert_eq!(issues(&db), expected);
}

#[test]
fn walk_finds_each_raw_group_once_and_ends() {
    let db = TestDb::with_project();
    for number in 0..5 {
        store(&db, event(number, "no total", &format!("chunk{number}x.js")));
    }
    db.run(
        "UPDATE event_group SET raw_frames = 0 WHERE hash = (SELECT min(hash) FROM event_group)",
    );
    let (mut place, mut seen) = (String::new(), 0);
    for _ in 0..10 {
        let rows = db.rows(&next(1, &place));
        seen += rows.iter().filter(|row| row[2] != "NULL" && !row[2].is_empty()).count();
        match rows.last() {
            Some(last) => place = last[0].clone(),
            None => break,
        }
    }
    assert_eq!(seen, 4);
    assert!(db.rows(&next(1, &place)).is_empty());
}

#[test]
fn uploads_are_due_until_all_groups_have_seen_them() {
    let db = TestDb::with_project();
    let state = || {
        let row = db.rows(&uploads_statement(1)).remove(0);
        let walk = Some(row[1].clone()).filter(|walk| walk.starts_with('{'));
        UploadsRow { uploaded_ms: row[0].parse().unwrap(), walk }.uploads()
    };
    assert!(!state().any() && !state().is_due());
    db.run("INSERT INTO artifact_release (project_id, release, dist, files, uploaded_ms, used_ms) VALUES (1, 'shop@1', '', 1, 50, 0)");
    assert!(state().any() && state().is_due());
    db.batch(&[keep(1, &Walk { done_ms: 50, ..Walk::default() })]);
    assert!(state().any() && !state().is_due());
    db.run("UPDATE artifact_release SET uploaded_ms = 60");
    assert!(state().is_due());
}

#[test]
fn issue_that_version_0_made_of_the_same_frames_is_joined() {
    let db = TestDb::with_project();
    let first = store(&db, event(1, "no total", "main-1.js"));
    let second = store(&db, event(2, "no total", "index-2.js"));
    let found = resolved("no total", "formatTotal");
    apply(&db, &first, 1, &found);
    let sql = "UPDATE issue_fingerprint SET hash = ?2 WHERE hash = ?1";
    let (new, old) = (found.fingerprint.hash, found.fingerprint.earlier);
    db.batch(&[Statement::new(sql, [new.as_slice().into(), old.as_slice().into()])]);
    apply(&db, &second, 2, &found);
    assert_eq!(issues(&db)[0], "1 0 formatTotal src/cart.ts:7 2 2 1 0");
}
