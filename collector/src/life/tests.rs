use super::*;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};
use trapline_core::event::{Event, Exception, Frame, User};
use trapline_core::title::Title;

/// An event of the issue that its message makes, in the group that its library makes.
fn store(db: &TestDb, id: u32, value: &str, library: &str, user: &str) {
    let frame = Frame { function: "step".into(), file: library.into(), ..Frame::default() };
    let exception = Exception {
        kind: "E".into(),
        value: value.into(),
        frames: vec![frame],
        ..Exception::default()
    };
    let event =
        Event { user: User { id: Some(user.into()), ..User::default() }, ..thrown(id, exception) };
    db.tries.set(db.tries.get() + 1);
    let commit = Commit {
        project_id: 1,
        nonce: db.tries.get(),
        now_ms: NOW_MS + i64::from(id),
        sender: Sender::default(),
    };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

/// Issue 1 has two groups, 2 and 3 one each.
fn three_issues() -> TestDb {
    let db = TestDb::with_project();
    store(&db, 1, "a", "/x.js", "jo");
    store(&db, 2, "a", "/y.js", "jo");
    store(&db, 3, "a", "/y.js", "li");
    store(&db, 4, "b", "/x.js", "jo");
    store(&db, 5, "c", "/x.js", "mo");
    store(&db, 6, "c", "/x.js", "li");
    db
}

/// Number, status, events and users of each issue that has groups.
#[track_caller]
fn check(db: &TestDb, expected: &[(u32, u32, u32, u32)]) {
    let rows = db.rows(&Statement::new(
        "SELECT i.number, i.status, sum(g.events), sum(g.users) FROM issue i
         JOIN event_group g ON g.project_id = i.project_id AND g.number = i.number
         GROUP BY i.number ORDER BY i.number",
        [],
    ));
    let expected: Vec<Vec<String>> = expected
        .iter()
        .map(|(number, status, events, users)| {
            [number, status, events, users].map(ToString::to_string).into()
        })
        .collect();
    assert_eq!(rows, expected);
}

fn groups_of(db: &TestDb, number: u32) -> Vec<String> {
    let sql = "SELECT lower(hex(hash)) FROM event_group WHERE number = ?1 ORDER BY first_seen_ms";
    db.rows(&Statement::new(sql, [number.into()])).into_iter().map(|row| row[0].clone()).collect()
}

#[test]
fn merging_adds_up_and_counts_users_once() {
    let db = three_issues();
    check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1), (3, 0, 2, 2)]);
    for _ in 0..2 {
        db.batch(&merge(1, 1, &[2, 3], NOW_MS));
        check(&db, &[(1, 0, 6, 3)]);
    }
    assert_eq!(db.number("SELECT count(*) FROM issue WHERE status = 3 AND merged_into = 1"), 2);
    // A merge sticks: an event of a known group, of a new group with a merged fingerprint, a user seen before.
    store(&db, 7, "b", "/x.js", "jo");
    store(&db, 8, "c", "/new.js", "li");
    store(&db, 9, "b", "/new.js", "ann");
    check(&db, &[(1, 0, 9, 4)]);
}

#[test]
fn merging_what_was_merged_leads_to_the_last() {
    let db = three_issues();
    db.batch(&merge(1, 2, &[1], NOW_MS));
    db.batch(&merge(1, 3, &[2], NOW_MS));
    check(&db, &[(3, 0, 6, 3)]);
    assert_eq!(db.number("SELECT count(*) FROM issue WHERE merged_into = 3"), 2);
    store(&db, 7, "a", "/new.js", "jo");
    check(&db, &[(3, 0, 7, 3)]);
}

#[test]
fn nothing_is_merged_with_itself_with_what_is_merged_or_with_nothing() {
    let db = three_issues();
    db.batch(&merge(1, 1, &[1, 77], NOW_MS));
    db.batch(&merge(1, 77, &[1, 2], NOW_MS));
    check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1), (3, 0, 2, 2)]);
    db.batch(&merge(1, 1, &[2], NOW_MS));
    db.batch(&merge(1, 3, &[2], NOW_MS));
    db.batch(&merge(1, 2, &[3], NOW_MS));
    check(&db, &[(1, 0, 4, 2), (3, 0, 2, 2)]);
}

#[test]
fn splitting_undoes_a_merge_exactly() {
    let db = three_issues();
    db.batch(&merge(1, 1, &[2, 3], NOW_MS));
    store(&db, 7, "c", "/x.js", "ann");
    let own = groups_of(&db, 1);
    for _ in 0..2 {
        db.batch(&split(1, 1, &own[2..], NOW_MS));
        check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1), (3, 0, 3, 3)]);
    }
    store(&db, 8, "b", "/new.js", "jo");
    check(&db, &[(1, 0, 3, 2), (2, 0, 2, 1), (3, 0, 3, 3)]);
}

#[test]
fn bodies_do_not_matter_to_counts() {
    let db = three_issues();
    db.run("DELETE FROM body");
    db.run("DELETE FROM event");
    db.batch(&merge(1, 1, &[2, 3], NOW_MS));
    check(&db, &[(1, 0, 6, 3)]);
    let own = groups_of(&db, 1);
    db.batch(&split(1, 1, &own[2..], NOW_MS));
    check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1), (3, 0, 2, 2)]);
}

#[test]
fn an_own_group_that_is_split_off_becomes_a_new_issue() {
    let db = three_issues();
    let own = groups_of(&db, 1);
    for _ in 0..2 {
        db.batch(&split(1, 1, &own[1..], NOW_MS));
        check(&db, &[(1, 0, 1, 1), (2, 0, 1, 1), (3, 0, 2, 2), (4, 0, 2, 2)]);
    }
    // It stays there, and its fingerprint goes on making groups of the issue that it had.
    store(&db, 7, "a", "/y.js", "jo");
    store(&db, 8, "a", "/new.js", "jo");
    check(&db, &[(1, 0, 2, 1), (2, 0, 1, 1), (3, 0, 2, 2), (4, 0, 3, 2)]);
    // All of an issue's groups are that issue.
    let all = groups_of(&db, 4);
    db.batch(&split(1, 4, &all, NOW_MS));
    check(&db, &[(1, 0, 2, 1), (2, 0, 1, 1), (3, 0, 2, 2), (4, 0, 3, 2)]);
    assert_eq!(db.number("SELECT max(number) FROM issue"), 4);
    db.batch(&merge(1, 1, &[4], NOW_MS));
    check(&db, &[(1, 0, 5, 2), (2, 0, 1, 1), (3, 0, 2, 2)]);
}

#[test]
fn what_is_parted_is_one_new_issue_wherever_it_came_from() {
    let db = three_issues();
    db.batch(&merge(1, 1, &[2, 3], NOW_MS));
    let own = groups_of(&db, 1);
    let title = || Title { value: "parted".into(), ..Title::default() };
    // One of its own, and one that a merge brought.
    for _ in 0..2 {
        db.batch(&part(1, 1, &own[1..3], title()));
        check(&db, &[(1, 0, 3, 3), (4, 0, 3, 2)]);
    }
    let sql = "SELECT value FROM issue WHERE number IN (1, 4) ORDER BY number";
    assert_eq!(db.rows(&Statement::new(sql, [])), [["a"], ["parted"]]);
    // Their events follow; the merge goes on for others.
    store(&db, 7, "a", "/y.js", "jo");
    store(&db, 8, "b", "/x.js", "ann");
    store(&db, 9, "b", "/new.js", "bo");
    store(&db, 10, "a", "/x.js", "jo");
    check(&db, &[(1, 0, 5, 4), (4, 0, 5, 3)]);
    // Merged back, all counts are as if nothing had been.
    db.batch(&merge(1, 1, &[4], NOW_MS));
    check(&db, &[(1, 0, 10, 5)]);
}

#[test]
fn all_groups_of_an_issue_are_not_parted_from_it() {
    let db = three_issues();
    let own = groups_of(&db, 1);
    let title = || Title { value: "parted".into(), ..Title::default() };
    db.batch(&part(1, 1, &own, title()));
    db.batch(&part(1, 1, &groups_of(&db, 3), title()));
    db.batch(&part(1, 1, &[], title()));
    check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1), (3, 0, 2, 2)]);
    assert_eq!(db.number("SELECT count(*) FROM issue WHERE value = 'parted'"), 0);
}

#[test]
fn splitting_keeps_out_of_other_issues() {
    let db = three_issues();
    let foreign = groups_of(&db, 3);
    db.batch(&split(1, 1, &foreign, NOW_MS));
    db.batch(&split(1, 1, &["00".repeat(16)], NOW_MS));
    check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1), (3, 0, 2, 2)]);
}

/// As the Worker does, until nothing is left.
fn delete(db: &TestDb, number: u32) {
    db.batch(&[begin_delete(1, number, NOW_MS)]);
    for _ in 0..20 {
        db.batch(&delete_rows(1, number));
        db.batch(&finish_delete(1, number, NOW_MS + 50));
        let left = db.rows(&finish_delete(1, number, NOW_MS)[3]);
        if left == [["0"]] {
            return;
        }
    }
    panic!("the deletion does not end");
}

#[test]
fn what_is_deleted_leaves_nothing_and_comes_back_as_another_issue() {
    let db = three_issues();
    delete(&db, 3);
    check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1)]);
    assert_eq!(db.number("SELECT count(*) FROM body"), 4);
    assert_eq!(db.number("SELECT count(*) FROM group_user"), 4);
    // The number of the last issue is not given out again, and users are counted from the beginning.
    store(&db, 77, "c", "/x.js", "li");
    check(&db, &[(1, 0, 3, 2), (2, 0, 1, 1), (4, 0, 1, 1)]);
    // The cron takes the old events, not the new one.
    db.batch(&crate::purge::deleted_events());
    assert_eq!(db.number("SELECT count(*) FROM event"), 5);
    assert_eq!(db.number("SELECT max(stored_ms) FROM event"), NOW_MS + 77);
}

#[test]
fn deleting_takes_what_was_merged_and_bounds_each_step() {
    let db = three_issues();
    db.batch(&merge(1, 1, &[2], NOW_MS));
    for user in 0..2_500_u32 {
        let (library, id) = (format!("/{}.js", ["x", "y", "z"][user as usize % 3]), 100 + user);
        store(&db, id, "a", &library, &user.to_string());
    }
    let before = db.number("SELECT count(*) FROM group_user");
    db.batch(&[begin_delete(1, 1, NOW_MS)]);
    db.batch(&delete_rows(1, 1));
    assert_eq!(before - db.number("SELECT count(*) FROM group_user"), i64::from(STEP_ROWS));
    db.batch(&finish_delete(1, 1, NOW_MS));
    assert!(db.number("SELECT count(*) FROM event_group WHERE number = 1") > 0, "not yet");
    assert_eq!(db.rows(&next_deleting("[1]")), [["1", "1", &NOW_MS.to_string()]]);
    delete(&db, 1);
    check(&db, &[(3, 0, 2, 2)]);
    assert_eq!(db.number("SELECT count(*) FROM issue WHERE status = 5"), 2);
    store(&db, 9_000, "b", "/x.js", "jo");
    check(&db, &[(3, 0, 2, 2), (4, 0, 1, 1)]);
}

#[test]
fn a_decision_is_taken_once_and_not_on_what_is_gone() {
    let db = three_issues();
    let until = Until { events: Some(5), ..Until::default() };
    for _ in 0..2 {
        db.batch(&decide(1, 1, &Decision::Ignore(until), NOW_MS));
    }
    store(&db, 50, "a", "/x.js", "jo");
    db.batch(&decide(1, 1, &Decision::Ignore(until), NOW_MS));
    assert_eq!(db.number("SELECT ignore_events FROM issue WHERE number = 1"), 8, "a retry");
    db.batch(&merge(1, 1, &[2], NOW_MS));
    db.batch(&decide(1, 2, &Decision::Reopen, NOW_MS));
    assert_eq!(db.number("SELECT status FROM issue WHERE number = 2"), 3);
}
