use trapline_core::event::{Event, Exception, Frame, User};

use super::*;
use crate::life;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};

/// An event of the bug that its message names, in the group that its file makes.
fn event(id: u32, bug: &str, file: &str, user: &str) -> Event {
    let frame = Frame { function: "step".into(), file: file.into(), ..Frame::default() };
    let exception = Exception {
        kind: "E".into(),
        value: bug.into(),
        frames: vec![frame],
        ..Exception::default()
    };
    Event { user: User { id: Some(user.into()), ..User::default() }, ..thrown(id, exception) }
}

fn store(db: &TestDb, event: Event) {
    db.tries.set(db.tries.get() + 1);
    let commit =
        Commit { project_id: 1, nonce: db.tries.get(), now_ms: NOW_MS, sender: Sender::default() };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

/// As rules that nobody has any more have grouped: each event a group of its own, of the issue that is named.
fn old(events: &[(&str, &str, u32)]) -> TestDb {
    let db = TestDb::with_project();
    for (id, (bug, user, _)) in (1..).zip(events) {
        store(&db, event(id, bug, &format!("/{id}.js"), user));
    }
    for (id, (bug, user, number)) in (1_u32..).zip(events) {
        let group = digest(1, event(id, bug, &format!("/{id}.js"), user)).group();
        let sql = "UPDATE event_group SET number = ?2, home = ?2, version = 0 WHERE hash = ?1";
        db.batch(&[Statement::new(sql, [group.as_slice().into(), (*number).into()])]);
    }
    db.run("DELETE FROM issue_fingerprint");
    db.run("DELETE FROM issue");
    db.run(
        "INSERT INTO issue (project_id, number, kind, value, function, place, level, handled, first_release, last_hour)
         SELECT 1, number, 'E', 'old ' || number, '', '', max(stored), 1, '', max(hour) FROM event_group GROUP BY number",
    );
    db.run(
        "INSERT INTO issue_fingerprint SELECT 1, CAST('old' || number AS BLOB), number FROM issue",
    );
    count_users(&db);
    db
}

fn count_users(db: &TestDb) {
    db.run(
        "UPDATE event_group AS g SET users = (SELECT count(*) FROM group_user u WHERE u.group_hash = g.hash AND NOT EXISTS (
            SELECT 1 FROM event_group o JOIN group_user w ON w.group_hash = o.hash AND w.user_hash = u.user_hash
            WHERE o.number = g.number AND o.hash < g.hash))",
    );
}

fn found(db: &TestDb) -> Regroup {
    let row = db.rows(&of_project(1)).remove(0);
    let number = |column: usize| row[column].parse().unwrap();
    Regroup {
        project_id: 1,
        state: number(1),
        place: row[4].clone(),
        parts: number(5),
        applied: number(6),
        groups: number(7),
        bodiless: number(8),
        result: row[9].clone(),
        ..Regroup::default()
    }
}

fn look_ahead(db: &TestDb, rules: &Rules) -> bool {
    let state = found(db);
    let rows: Vec<look::Looked> = db
        .rows(&look::next(1, &state.place))
        .into_iter()
        .map(|row| serde_json::json!({ "hash": row[0], "bytes": Some(&row[1]).filter(|b| !b.is_empty()) }))
        .map(|row| serde_json::from_value(row).unwrap())
        .collect();
    if rows.is_empty() {
        return false;
    }
    for _ in 0..2 {
        db.batch(&look::keep(&state, &rows, rules));
    }
    true
}

fn settled(db: &TestDb) -> Outcome {
    db.batch(&settle::settle(1));
    db.batch(&[settle::ready(1)]);
    found(db).outcome("SHOP")
}

fn dry_run_by(db: &TestDb, rules: &Rules) -> Outcome {
    db.tries.set(db.tries.get() + 1);
    db.batch(&state::start(1, 1, &rules.digest(), "Jo", db.tries.get()));
    while look_ahead(db, rules) {}
    settled(db)
}

fn dry_run(db: &TestDb) -> Outcome {
    dry_run_by(db, &Rules::default())
}

/// Each step twice, as a retry does.
fn apply_all(db: &TestDb) {
    db.batch(&[state::begin_apply(1, "Jo", NOW_MS)]);
    while found(db).state == 2 {
        let part = found(db).applied;
        (0..2).for_each(|_| db.batch(&apply::apply(1, part, NOW_MS)));
    }
    assert_eq!(found(db).state, 3);
}

fn undo_all(db: &TestDb) {
    db.batch(&[state::begin_undo(1, "Jo", NOW_MS)]);
    while found(db).state == 4 {
        let part = found(db).applied - 1;
        (0..2).for_each(|_| db.batch(&undo::undo(1, part, NOW_MS + 1)));
    }
    assert_eq!(found(db).state, 5);
}

/// Number, status, groups, events, users, and the issue that it is part of.
fn issues(db: &TestDb) -> Vec<String> {
    let sql = "SELECT i.number || ' ' || i.status || ' ' || count(g.hash) || ' ' || coalesce(sum(g.events), 0) || ' '
            || coalesce(sum(g.users), 0) || ' ' || i.merged_into
        FROM issue i LEFT JOIN event_group g ON g.project_id = 1 AND g.number = i.number GROUP BY i.number ORDER BY i.number";
    db.rows(&Statement::new(sql, [])).into_iter().map(|mut row| row.remove(0)).collect()
}

/// `1 ← 2 3` and `1 → 1 0`, where 0 is a new issue.
fn words(outcome: &Outcome) -> Vec<String> {
    let last = |issue: &Named| issue.short_id.replace("SHOP-", "");
    let number = |part: &Part| part.issue.as_ref().map_or("0".to_owned(), last);
    let list = |parts: &[Part]| parts.iter().map(number).collect::<Vec<_>>().join(" ");
    let joins =
        outcome.joins.iter().map(|one| format!("{} ← {}", last(&one.into), list(&one.from)));
    let splits =
        outcome.splits.iter().map(|one| format!("{} → {}", last(&one.issue), list(&one.parts)));
    joins.chain(splits).collect()
}

#[test]
fn issues_of_one_bug_join_and_undoing_parts_them() {
    let db = old(&[("a", "jo", 1), ("a", "jo", 2), ("b", "li", 3)]);
    db.run("UPDATE issue SET status = 2, status_ms = 5 WHERE number = 2");
    let before = issues(&db);
    let outcome = dry_run(&db);
    assert_eq!(words(&outcome), ["2 ← 1"], "the one that somebody has decided about stays");
    assert_eq!(outcome.joins[0].into.title, "E: old 2");
    assert_eq!(
        outcome.joins[0].from[0],
        Part {
            issue: Some(Named { short_id: "SHOP-1".into(), title: "E: old 1".into() }),
            label: "a".into(),
            groups: 1,
            events: 1,
        }
    );
    assert_eq!(issues(&db), before, "a dry run changes nothing");
    apply_all(&db);
    assert_eq!(issues(&db), ["1 3 0 0 0 2", "2 2 2 2 1 0", "3 0 1 1 1 0"]);
    store(&db, event(9, "a", "/new.js", "li"));
    assert_eq!(issues(&db)[1], "2 2 3 3 2 0");
    assert_eq!(words(&dry_run(&db)), [""; 0], "nothing is left to be done");
    // Only the newest can be undone: that was the second dry run.
    apply_all(&db);
    undo_all(&db);
    assert_eq!(issues(&db)[1], "2 2 3 3 2 0");
}

#[test]
fn undoing_restores_issues_and_counts() {
    let db = old(&[("a", "jo", 1), ("a", "li", 2), ("b", "li", 3), ("c", "mo", 3), ("c", "jo", 3)]);
    db.run("UPDATE issue SET status = 2, status_ms = 5 WHERE number IN (2, 3)");
    let before = issues(&db);
    assert_eq!(words(&dry_run(&db)), ["2 ← 1", "3 → 3 0"]);
    apply_all(&db);
    assert_eq!(
        issues(&db),
        ["1 3 0 0 0 2", "2 2 2 2 2 0", "3 2 2 2 2 0", "4 2 1 1 1 0"],
        "what leaves an ignored issue is ignored"
    );
    assert_eq!(db.number("SELECT count(*) FROM event_group WHERE version = 1"), 5);
    // An event that comes afterwards goes to the new issue, and stays with the one that it goes back to.
    store(&db, event(9, "b", "/new.js", "zo"));
    assert_eq!(issues(&db)[3], "4 2 2 2 2 0");
    undo_all(&db);
    let after = issues(&db);
    assert_eq!(after[..2], before[..2]);
    assert_eq!(after[2..], ["3 2 4 4 4 0", "4 3 0 0 0 3"]);
    store(&db, event(10, "b", "/newer.js", "zo"));
    assert_eq!(issues(&db)[2], "3 2 5 5 4 0");
}

#[test]
fn issue_is_kept_by_the_part_with_the_most_events() {
    let db = old(&[("a", "jo", 1), ("b", "jo", 1), ("b", "li", 1)]);
    let outcome = dry_run(&db);
    assert_eq!(words(&outcome), ["1 → 1 0"]);
    let parts = &outcome.splits[0].parts;
    assert_eq!((parts[0].label.as_str(), parts[0].groups, parts[0].events), ("b", 2, 2));
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 2 2 2 0", "2 0 1 1 1 0"]);
    let title = "SELECT count(*) FROM issue WHERE number = 2 AND value = 'a' AND function = 'step'";
    assert_eq!(db.number(title), 1, "the new one is titled by its own event");
}

#[test]
fn merges_by_hand_stay() {
    let db = old(&[("a", "jo", 1), ("b", "li", 2), ("b", "mo", 3)]);
    db.batch(&life::merge(1, 1, &[2], NOW_MS));
    let outcome = dry_run(&db);
    assert_eq!(words(&outcome), ["1 ← 3"], "one bug with what was merged");
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 3 3 3 0", "2 3 0 0 0 1", "3 3 0 0 0 1"]);
    store(&db, event(9, "b", "/new.js", "jo"));
    assert_eq!(issues(&db)[0], "1 0 4 4 3 0");
    undo_all(&db);
    assert_eq!(issues(&db), ["1 0 3 3 2 0", "2 3 0 0 0 1", "3 0 1 1 1 0"]);
}

#[test]
fn what_was_merged_follows_an_issue_that_joins_another() {
    let db = old(&[("a", "jo", 1), ("a", "li", 2), ("b", "mo", 3)]);
    db.batch(&life::merge(1, 2, &[3], NOW_MS));
    dry_run(&db);
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 3 3 3 0", "2 3 0 0 0 1", "3 3 0 0 0 1"]);
    undo_all(&db);
    assert_eq!(issues(&db), ["1 0 1 1 1 0", "2 0 2 2 2 0", "3 3 0 0 0 2"]);
    let home = "SELECT count(*) FROM event_group WHERE number = 2 AND home = 3";
    assert_eq!(db.number(home), 1, "the merge can still be undone");
}

#[test]
fn splits_by_hand_stay() {
    let db = TestDb::with_project();
    store(&db, event(1, "a", "/x.js", "jo"));
    store(&db, event(2, "a", "/y.js", "jo"));
    let group = trapline_core::fingerprint::hex(&digest(1, event(2, "a", "/y.js", "jo")).group());
    db.batch(&life::split(1, 1, &[group], NOW_MS));
    assert_eq!(words(&dry_run(&db)), [""; 0]);
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 1 1 1 0", "2 0 1 1 1 0"]);
}

#[test]
fn groups_without_a_body_stay_and_are_counted() {
    let db = old(&[("a", "jo", 1), ("a", "li", 2), ("a", "mo", 2)]);
    db.run("DELETE FROM body WHERE slot = (SELECT max(slot) FROM body WHERE group_hash IN (SELECT hash FROM event_group WHERE number = 2))");
    let outcome = dry_run(&db);
    assert_eq!((found(&db).groups, found(&db).bodiless), (3, 1));
    assert_eq!(words(&outcome), ["1 ← 2", "2 → 1 2"]);
    assert_eq!(outcome.splits[0].parts[1].label, "");
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 2 2 2 0", "2 0 1 1 1 0"], "counts need no body");
}

#[test]
fn events_between_dry_run_and_applying_are_right() {
    let db = old(&[("a", "jo", 1), ("b", "li", 1), ("b", "mo", 1)]);
    store(&db, event(20, "b", "/before.js", "jo"));
    assert_eq!(issues(&db)[1], "2 0 1 1 1 0", "nothing leads to the old issue yet");
    assert_eq!(words(&dry_run(&db)), ["1 ← 2", "1 → 1 0"]);
    store(&db, event(21, "b", "/between.js", "jo"));
    store(&db, event(22, "a", "/between.js", "jo"));
    assert_eq!(issues(&db)[1..], ["2 0 2 2 1 0", "3 0 1 1 1 0"]);
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 4 4 3 0", "2 3 0 0 0 1", "3 0 2 2 1 0"]);
    store(&db, event(23, "b", "/after.js", "jo"));
    assert_eq!(issues(&db)[0], "1 0 5 5 3 0");
}

#[test]
fn version_0_becomes_version_1_without_losing_anything() {
    let db = TestDb::with_project();
    for (id, bug, file) in [(1, "a", "/x.js"), (2, "a", "/y.js"), (3, "b", "/x.js")] {
        store(&db, event(id, bug, file, "jo"));
        let print = trapline_core::fingerprint::v1(&event(id, bug, file, "jo"));
        let sql = "UPDATE OR IGNORE issue_fingerprint SET hash = ?2 WHERE hash = ?1";
        let args = [print.hash.as_slice().into(), print.earlier.as_slice().into()];
        db.batch(&[Statement::new(sql, args)]);
    }
    db.run("UPDATE event_group SET version = 0");
    db.run("UPDATE issue SET status = 2, status_ms = 5 WHERE number = 1");
    let before = issues(&db);
    assert_eq!(words(&dry_run(&db)), [""; 0]);
    assert_eq!(db.number("SELECT count(*) FROM regroup_claim"), 0, "nothing had to be settled");
    apply_all(&db);
    assert_eq!(issues(&db), before);
    assert_eq!(db.number("SELECT count(*) FROM issue_fingerprint"), 4, "known by both versions");
    assert_eq!(db.number("SELECT min(version) FROM event_group"), 1);
    undo_all(&db);
    assert_eq!(issues(&db), before);
}

#[test]
fn rules_of_the_project_collect_and_letting_them_go_parts_again() {
    let db = TestDb::with_project();
    for (id, bug) in [(1, "chunk 1 is gone"), (2, "chunk x is gone"), (3, "other")] {
        store(&db, event(id, bug, "/x.js", "jo"));
    }
    let rules = Rules::parse("message:chunk* -> stale").unwrap();
    let outcome = dry_run_by(&db, &rules);
    assert_eq!(words(&outcome), ["1 ← 2"]);
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 2 2 1 0", "2 3 0 0 0 1", "3 0 1 1 1 0"]);
    let stamped = format!("SELECT count(*) FROM event_group WHERE rules = '{}'", rules.digest());
    assert_eq!(db.number(&stamped), 3);
    assert_eq!(words(&dry_run(&db)), ["1 → 1 2"], "nobody had merged them by hand");
    apply_all(&db);
    assert_eq!(issues(&db), ["1 0 1 1 1 0", "2 0 1 1 1 0", "3 0 1 1 1 0"]);
    undo_all(&db);
    assert_eq!(issues(&db), ["1 0 2 2 1 0", "2 3 0 0 0 1", "3 0 1 1 1 0"]);
}

#[test]
fn what_somebody_does_after_applying_is_not_undone() {
    let db = old(&[("a", "jo", 1), ("a", "li", 2), ("b", "li", 3)]);
    dry_run(&db);
    apply_all(&db);
    db.batch(&life::merge(1, 3, &[1], NOW_MS + 5));
    undo_all(&db);
    assert_eq!(db.number("SELECT count(*) FROM event_group WHERE number = 3"), 3);
}

#[test]
fn walk_takes_bounded_steps_and_two_at_once_are_one() {
    let events: Vec<(&str, &str, u32)> = (0..60).map(|_| ("a", "jo", 1)).collect();
    let db = old(&events);
    db.batch(&state::start(1, 1, "", "Jo", 7));
    let mut steps = 0;
    while look_ahead(&db, &Rules::default()) {
        steps += 1;
    }
    assert_eq!((steps, found(&db).parts, found(&db).groups), (3, 3, 60));
    assert_eq!(words(&settled(&db)), [""; 0]);
    db.run("UPDATE event_group SET number = 2, home = 2 WHERE hash IN (SELECT hash FROM event_group ORDER BY hash LIMIT 30)");
    db.run("INSERT INTO issue SELECT * FROM issue WHERE 0");
    apply_all(&db);
    assert_eq!(found(&db).applied, 3);
}

#[test]
fn large_bodies_make_smaller_steps() {
    let db = TestDb::with_project();
    for id in 0..5 {
        store(&db, event(id, ["a", "b", "c", "d", "e"][id as usize], "/x.js", "jo"));
    }
    db.run("UPDATE body SET bytes = randomblob(150000)");
    assert_eq!(db.rows(&look::next(1, "")).len(), 2);
}

#[test]
fn discarded_leaves_nothing_and_cannot_be_applied() {
    let db = old(&[("a", "jo", 1), ("a", "jo", 2)]);
    let before = issues(&db);
    dry_run(&db);
    db.batch(&state::discard(1, "Jo", NOW_MS));
    db.batch(&[state::begin_apply(1, "Jo", NOW_MS), state::begin_undo(1, "Jo", NOW_MS)]);
    assert_eq!((found(&db).state, issues(&db)), (6, before));
    for table in ["regroup_part", "regroup_claim"] {
        assert_eq!(db.number(&format!("SELECT count(*) FROM {table}")), 0);
    }
}
