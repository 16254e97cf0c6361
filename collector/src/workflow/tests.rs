//! On the real migrations: what is written, once and only where something changes, and taken back exactly.

use super::*;
use crate::activity::{self, Row};
use crate::life::{Until, merge_noted, split_noted};
use crate::people::Role;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};
use trapline_core::event::{Event, Exception};

const LATER: i64 = NOW_MS + 100_000;

fn mara() -> Viewer {
    Viewer { id: 7, name: "Mara".into(), role: Role::Member, ..Viewer::default() }
}

fn stored(db: &TestDb, id: u32, value: &str, release: &str) {
    let exception = Exception { kind: "E".into(), value: value.into(), ..Exception::default() };
    let event = Event { release: Some(release.into()), ..thrown(id, exception) };
    let commit =
        Commit { project_id: 1, nonce: id.into(), now_ms: NOW_MS, sender: Sender::default() };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

fn shop() -> TestDb {
    let db = TestDb::with_project();
    for (id, value) in [(1, "a"), (2, "b"), (3, "c")] {
        stored(&db, id, value, "shop@1.9.0");
    }
    db
}

/// As often as tries do it.
fn change(db: &TestDb, change: Change, numbers: &[u32], at_ms: i64) -> Key {
    let changing = Changing::new(change, &mara(), at_ms);
    for _ in 0..2 {
        db.batch(&changing.statements(1, numbers));
    }
    changing.key()
}

fn resolve(db: &TestDb, number: u32, at_ms: i64) -> Key {
    change(db, Change::Decide(Decision::Resolve), &[number], at_ms)
}

fn undo(db: &TestDb, key: Key, numbers: &[u32]) -> Vec<u32> {
    let undoing = Undoing::new(key, &mara(), LATER + 1_000);
    for _ in 0..2 {
        db.batch(&undoing.statements(1, numbers));
    }
    let rows = db.rows(&reached(1, numbers, undoing.key()));
    rows.iter().filter(|row| row[1] == "1").map(|row| row[0].parse().unwrap()).collect()
}

fn entries(db: &TestDb, number: u32) -> Vec<Row> {
    activity::page(&db.rows(&activity::activity(1, number, None))[0][0])
}

fn kinds(db: &TestDb, number: u32) -> Vec<String> {
    entries(db, number).into_iter().map(|row| row.kind).collect()
}

fn issue(db: &TestDb, number: u32) -> Vec<String> {
    let sql = "SELECT status, status_ms, resolved_release, resolved_next, ignore_until_ms, ignore_events, ignore_users,
        assignee, link FROM issue WHERE project_id = 1 AND number = ?1";
    db.rows(&Statement::new(sql, [number.into()])).remove(0)
}

#[test]
fn a_change_is_noted_once_and_only_where_it_changes_something() {
    let db = shop();
    let key = resolve(&db, 1, LATER);
    assert_eq!(kinds(&db, 1), ["resolved"]);
    let entry = entries(&db, 1).remove(0);
    assert_eq!(
        (entry.key, entry.person.as_str(), entry.person_id, entry.is_last),
        (key, "Mara", 7, 1)
    );
    resolve(&db, 1, LATER + 1);
    assert_eq!(kinds(&db, 1), ["resolved"], "it was resolved already");
    let nobody = Change::Assign { to: 0, name: String::new() };
    change(&db, nobody, &[1], LATER + 2);
    change(&db, Change::Link(String::new()), &[1], LATER + 2);
    change(&db, Change::Decide(Decision::Reopen), &[2, 99], LATER + 2);
    assert_eq!((kinds(&db, 1).len(), kinds(&db, 2).len(), kinds(&db, 99).len()), (1, 0, 0));
}

#[test]
fn undo_brings_back_all_that_was_before() {
    let db = shop();
    let until = Until { at_ms: Some(LATER + 9_000), events: Some(5), users: None };
    change(&db, Change::Decide(Decision::Ignore(until)), &[1], LATER);
    change(&db, Change::Assign { to: 7, name: "Mara".into() }, &[1], LATER + 1);
    let before = issue(&db, 1);
    assert_eq!(before[..8], ["2", "1800000100000", "", "0", "1800000109000", "6", "0", "7"]);
    let in_release = Decision::ResolveIn { release: "shop@1.9.0".into() };
    for decision in [Decision::Resolve, in_release, Decision::Reopen, Decision::ResolveInNext] {
        let key = change(&db, Change::Decide(decision), &[1], LATER + 20);
        assert_ne!(issue(&db, 1), before);
        assert_eq!(undo(&db, key, &[1]), [1]);
        assert_eq!(issue(&db, 1), before);
        db.run("DELETE FROM activity WHERE kind = 'undone'");
    }
    let to_ines = change(&db, Change::Assign { to: 8, name: "Ines".into() }, &[1], LATER + 30);
    assert_eq!(undo(&db, to_ines, &[1]), [1]);
    assert_eq!(issue(&db, 1), before);
    let link = change(&db, Change::Link("https://t.test/1".into()), &[1], LATER + 40);
    assert_eq!(issue(&db, 1)[8], "https://t.test/1");
    assert_eq!(undo(&db, link, &[1]), [1]);
    assert_eq!(issue(&db, 1), before);
}

#[test]
fn undo_is_refused_once_the_issue_has_changed() {
    let db = shop();
    let first = resolve(&db, 1, LATER);
    change(&db, Change::Decide(Decision::Reopen), &[1], LATER + 1);
    let second = resolve(&db, 1, LATER + 2);
    assert!(undo(&db, first, &[1]).is_empty(), "it was opened and resolved again since");
    assert_eq!(undo(&db, second, &[1]), [1]);
    assert!(undo(&db, second, &[1]).is_empty(), "it was undone");
    let mine = change(&db, Change::Assign { to: 7, name: "Mara".into() }, &[1], LATER + 3);
    change(&db, Change::Assign { to: 8, name: "Ines".into() }, &[1], LATER + 4);
    change(&db, Change::Assign { to: 7, name: "Mara".into() }, &[1], LATER + 5);
    assert!(undo(&db, mine, &[1]).is_empty());
    assert!(undo(&db, Key { at_ms: 1, id: 2 }, &[1]).is_empty(), "there is no such entry");
    let resolved = resolve(&db, 2, NOW_MS - 5_000);
    stored(&db, 20, "b", "shop@1.9.0");
    assert_eq!(issue(&db, 2)[0], "0", "seen again");
    assert!(undo(&db, resolved, &[2]).is_empty());
    assert_eq!(kinds(&db, 2), ["regressed", "resolved"]);
}

#[test]
fn a_hundred_are_changed_at_once_and_undone_where_nothing_has_changed() {
    let db = shop();
    resolve(&db, 2, LATER - 1);
    let key = change(&db, Change::Decide(Decision::Resolve), &[1, 2, 3, 99], LATER);
    let rows = db.rows(&reached(1, &[1, 2, 3, 99], key));
    let expected = [["1", "1", "1"], ["2", "0", "1"], ["3", "1", "1"], ["99", "0", "0"]];
    assert_eq!(rows, expected);
    change(&db, Change::Decide(Decision::Reopen), &[3], LATER + 1);
    assert_eq!(undo(&db, key, &[1, 2, 3]), [1]);
    assert_eq!([1, 2, 3].map(|number| issue(&db, number)[0].clone()), ["0", "1", "0"]);
}

#[test]
fn in_the_next_release_is_after_the_newest_of_the_moment() {
    let db = shop();
    stored(&db, 4, "b", "shop@1.10.0");
    stored(&db, 5, "other", "shopping@7.0.0");
    change(&db, Change::Decide(Decision::ResolveInNext), &[1], NOW_MS - 1_000);
    assert_eq!(issue(&db, 1)[2..4], ["shop@1.10.0", "1"]);
    let detail = &entries(&db, 1)[0].detail;
    assert_eq!((&detail["release"], &detail["next"]), (&json!("shop@1.10.0"), &json!(true)));
    for (id, release, status) in
        [(6, "shop@1.9.0", "1"), (7, "shop@1.10.0", "1"), (8, "shop@1.11.0", "0")]
    {
        stored(&db, id, "a", release);
        assert_eq!(issue(&db, 1)[0], status, "{release}");
    }
    let entry = entries(&db, 1).remove(0);
    assert_eq!((entry.kind.as_str(), entry.person.as_str()), ("regressed", ""));
    assert_eq!(entry.detail["release"], "shop@1.11.0");
}

#[test]
fn what_the_collector_notices_is_written_only_then() {
    let db = shop();
    assert!(kinds(&db, 1).is_empty());
    let until = Until { events: Some(1), ..Until::default() };
    change(&db, Change::Decide(Decision::Ignore(until)), &[1], NOW_MS - 1);
    stored(&db, 6, "a", "");
    assert_eq!(kinds(&db, 1), ["woke", "ignored"]);
    db.run("UPDATE issue SET escalated_ms = 1800000000700, hour_limit = 20 WHERE number = 1");
    assert_eq!(entries(&db, 1)[0].detail["limit"], 20);
    change(&db, Change::Decide(Decision::Ignore(until)), &[1], LATER);
    change(&db, Change::Decide(Decision::Reopen), &[1], LATER + 1);
    assert_eq!(kinds(&db, 1)[..2], ["reopened", "ignored"], "by hand it is not woken");
}

#[test]
fn comments_follow_a_merge_and_come_back() {
    let db = shop();
    let say = |number: u32, text: &str, at_ms: i64| {
        let note = Note::new(&mara(), at_ms, Kind::Commented, &json!({ "text": text }));
        for _ in 0..2 {
            db.batch(&[note.of(1, number)]);
        }
        note.key()
    };
    say(1, "first", LATER);
    let second = say(2, "second", LATER + 1);
    change(&db, Change::Assign { to: 8, name: "Ines".into() }, &[2], LATER + 2);
    let note = Note::new(&mara(), LATER + 3, Kind::Merged, &json!({}));
    for _ in 0..2 {
        db.batch(&merge_noted(1, 1, &[2, 99], LATER + 3, Some(&note)));
    }
    let merged = entries(&db, 1);
    let shown: Vec<(&str, u32)> =
        merged.iter().map(|row| (row.kind.as_str(), row.number)).collect();
    assert_eq!(shown, [("merged", 1), ("assigned", 2), ("commented", 2), ("commented", 1)]);
    assert_eq!((merged[0].detail["with"].clone(), merged[0].is_last), (json!([2]), 1));
    // Whoever wrote it can change it where it is shown now.
    let edit = activity::edit_comment((1, 1), second, &mara(), "changed", LATER + 4);
    assert_eq!(db.rows(&edit).len(), 1);

    let brought = db.rows(&activity::brought(1, 1, note.key())).concat();
    assert_eq!(brought.len(), 1);
    let undone = Note::new(&mara(), LATER + 5, Kind::Undone, &json!({ "of": "merged" }));
    for _ in 0..2 {
        db.batch(&split_noted(1, 1, &brought, LATER + 5, Some(&undone)));
    }
    assert_eq!(kinds(&db, 1), ["undone", "merged", "commented"]);
    assert_eq!(kinds(&db, 2), ["undone", "assigned", "commented"]);
    assert_eq!(entries(&db, 2)[2].detail["text"], "changed");
    assert_eq!(issue(&db, 2)[7], "8", "and it is still somebody's");
    assert_eq!(entries(&db, 1)[1].is_last, 0);
}

#[test]
fn a_new_issue_is_as_open_and_as_much_somebodys_as_the_one_it_was_split_off() {
    let db = shop();
    let note = Note::new(&mara(), LATER, Kind::Merged, &json!({}));
    db.batch(&merge_noted(1, 1, &[2], LATER, Some(&note)));
    db.run("UPDATE event_group SET home = 1 WHERE number = 1");
    change(&db, Change::Assign { to: 8, name: "Ines".into() }, &[1], LATER + 1);
    resolve(&db, 1, LATER + 2);
    let groups = db
        .rows(&Statement::new("SELECT lower(hex(hash)) FROM event_group WHERE number = 1", []))
        .concat();
    let note = Note::new(&mara(), LATER + 3, Kind::Split, &json!({}));
    db.batch(&split_noted(1, 1, &groups[..1], LATER + 3, Some(&note)));
    assert_eq!(issue(&db, 4)[..8], issue(&db, 1)[..8]);
    assert_eq!(kinds(&db, 4), ["split"]);
    assert_eq!(entries(&db, 4)[0].detail, json!({ "groups": 1, "from": 1, "to": 4 }));
    assert_eq!(kinds(&db, 1)[0], "split");
}

#[test]
fn comments_are_their_authors_and_administrators() {
    let db = shop();
    let note = Note::new(&mara(), LATER, Kind::Commented, &json!({ "text": "a" }));
    db.batch(&[note.of(1, 1)]);
    let token = Viewer { name: "ci".into(), role: Role::Member, ..Viewer::default() };
    let ines = Viewer { id: 8, name: "Mara".into(), ..token.clone() };
    let edit = |viewer: &Viewer| {
        db.rows(&activity::edit_comment((1, 1), note.key(), viewer, "b", LATER)).len()
    };
    assert_eq!((edit(&ines), edit(&token), edit(&mara())), (0, 0, 1));
    let admin = Viewer { role: Role::Admin, ..ines.clone() };
    assert_eq!(edit(&admin), 1);
    assert_eq!(entries(&db, 1)[0].detail, json!({ "text": "b", "edited": LATER }));
    let by_token = Note::new(&token, LATER + 1, Kind::Commented, &json!({ "text": "c" }));
    db.batch(&[by_token.of(1, 1)]);
    let delete =
        |viewer: &Viewer, key: Key| db.rows(&activity::delete_comment((1, 1), key, viewer)).len();
    let other_token = Viewer { name: "bot".into(), ..token.clone() };
    assert_eq!((delete(&other_token, by_token.key()), delete(&token, by_token.key())), (0, 1));
    let resolved = resolve(&db, 1, LATER + 2);
    assert_eq!(delete(&admin, resolved), 0, "only comments");
    assert_eq!(kinds(&db, 1), ["resolved", "commented"]);
}

#[test]
fn activity_goes_on_behind_its_page() {
    let db = shop();
    for n in 0..70 {
        let note =
            Note::new(&mara(), LATER + n / 2, Kind::Commented, &json!({ "text": n.to_string() }));
        db.batch(&[note.of(1, 1)]);
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let rows = activity::page(&db.rows(&activity::activity(1, 1, before))[0][0]);
        seen.extend(rows.iter().take(activity::PAGE).map(|row| row.key));
        if rows.len() <= activity::PAGE {
            break;
        }
        before = seen.last().copied();
    }
    let mut unique: Vec<String> = seen.iter().map(|key| key.text()).collect();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (70, 70));
}

#[test]
fn people_who_see_the_project_can_be_asked() {
    let db = shop();
    for (name, projects) in [("Zoe", ""), ("Mara", "[1,2]"), ("Ines", "[2]"), ("Ann", "damaged")] {
        db.run(&format!(
            "INSERT INTO person (name, created_ms, projects) VALUES ('{name}', 0, '{projects}')"
        ));
    }
    let names: Vec<String> = db.rows(&people(1)).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(names, ["Mara", "Zoe"]);
}

#[test]
fn tickets_are_https() {
    for (typed, expected) in [
        (" https://t.test/SHOP-1 ", Some("https://t.test/SHOP-1")),
        ("", Some("")),
        ("HTTPS://t.test", Some("HTTPS://t.test")),
        ("http://t.test", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https:///x", None),
        ("https://a b", None),
        ("https://a\u{0}b", None),
        ("//t.test", None),
    ] {
        assert_eq!(link_of(typed).as_deref(), expected, "{typed:?}");
    }
    assert_eq!(link_of(&format!("https://t.test/{}", "x".repeat(1_000))), None);
}
