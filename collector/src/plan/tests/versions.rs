//! A newer version of grouping makes no second issue of what an older one knew.

use trapline_core::event::Frame;

use super::*;

/// In a group of its own: its raw fingerprint holds the file.
fn in_file(id: u32, value: &str, file: &str) -> Event {
    let frame = Frame { function: "step".into(), file: file.into(), ..Frame::default() };
    let mut event = event(id, value);
    event.exceptions[0].frames.push(frame);
    event
}

/// As version 0 left the issue of an event.
fn known_by_version_0(db: &TestDb, event: &Event) {
    let found = fingerprint::v1(event);
    let sql = "UPDATE issue_fingerprint SET hash = ?2 WHERE hash = ?1";
    let args = [found.hash.as_slice().into(), found.earlier.as_slice().into()];
    db.batch(&[Statement::new(sql, args)]);
    db.run("UPDATE event_group SET version = 0");
}

#[test]
fn event_finds_the_issue_that_version_0_made() {
    let db = TestDb::with_project();
    let old = in_file(1, "a", "/x.js");
    store(&db, old.clone());
    known_by_version_0(&db, &old);
    db.run("UPDATE issue SET status = 2");
    store(&db, in_file(2, "a", "/x.js")); // The same group.
    store(&db, in_file(3, "a", "/y.js")); // Another group.
    check_counts(&db, 1, 2, 3, 3);
    assert_eq!(db.number("SELECT status FROM issue"), 2);
    assert_eq!(db.number("SELECT count(*) FROM issue_fingerprint"), 2, "known by both");
    assert_eq!(db.number("SELECT sum(version) FROM event_group"), 1, "each knows its own");
    store(&db, in_file(4, "b", "/x.js"));
    assert_eq!(db.number("SELECT count(*) FROM issue"), 2);
}

#[test]
fn event_of_a_merged_issue_of_version_0_follows_the_merge() {
    let db = TestDb::with_project();
    let old = in_file(1, "a", "/x.js");
    store(&db, old.clone());
    store(&db, in_file(2, "b", "/x.js"));
    known_by_version_0(&db, &old);
    db.batch(&crate::life::merge(1, 2, &[1], 7));
    store(&db, in_file(3, "a", "/y.js"));
    assert_eq!(db.number("SELECT count(*) FROM event_group WHERE number = 2 AND home = 1"), 2);
}

#[test]
fn deleted_issue_of_version_0_is_not_found() {
    let db = TestDb::with_project();
    let old = in_file(1, "a", "/x.js");
    store(&db, old.clone());
    known_by_version_0(&db, &old);
    db.run("UPDATE issue SET status = 5");
    db.run("DELETE FROM event_group");
    store(&db, in_file(2, "a", "/y.js"));
    assert_eq!(db.number("SELECT number FROM event_group"), 2);
}
