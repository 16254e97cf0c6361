use super::*;
use crate::life::{Decision, decide, merge};
use crate::plan::bytes_of_hex;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};
use trapline_core::event::{Event, Exception};
use trapline_core::fingerprint::Hash;

fn stored(db: &TestDb, id: u32, value: &str) {
    stored_in(db, id, value, "");
}

fn stored_in(db: &TestDb, id: u32, value: &str, release: &str) {
    let exception = Exception { kind: "E".into(), value: value.into(), ..Exception::default() };
    let event = Event {
        release: Some(release.into()),
        environment: Some("production".into()),
        ..thrown(id, exception)
    };
    let commit =
        Commit { project_id: 1, nonce: id.into(), now_ms: NOW_MS, sender: Sender::default() };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

fn filter(text: &str) -> ListFilter<'_> {
    ListFilter { project_id: 1, status: 0, text, facets: Vec::new(), after: None }
}

/// Column 0 is the number, column 18 the events.
fn numbers_and_events(rows: &[Vec<String>]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row[0].as_str(), row[18].as_str())).collect()
}

#[test]
fn the_list_sums_groups_and_filters_by_text() {
    let db = TestDb::with_project();
    stored(&db, 1, "first words");
    stored(&db, 2, "other words");
    stored(&db, 3, "other words");
    let list_all = db.rows(&list(&filter(""), 0));
    assert_eq!(numbers_and_events(&list_all), [("2", "2"), ("1", "1")]);
    assert_eq!(list_all[0][22], format!("{:06}00000002 ", NOW_MS / 3_600_000), "hours");
    let found = db.rows(&list(&filter("OTHER"), 0));
    assert_eq!(numbers_and_events(&found), [("2", "2")]);
    assert!(db.rows(&list(&filter("100%"), 0)).is_empty());
}

#[test]
fn the_list_filters_by_facets() {
    let db = TestDb::with_project();
    for (id, value, release) in [(1, "a", "shop@1"), (2, "a", "shop@2"), (3, "b", "shop@10")] {
        stored_in(&db, id, value, release);
    }
    let numbers = |lines: &[&str]| {
        let facets = lines.iter().map(|line| (*line).to_owned()).collect();
        let rows = db.rows(&list(&ListFilter { facets, ..filter("") }, 0));
        rows.into_iter().map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&["release=shop@1"]), ["1"]);
    assert_eq!(numbers(&["release=shop@10"]), ["2"]);
    assert_eq!(numbers(&["release=shop@2", "environment=production"]), ["1"]);
    assert!(numbers(&["release=shop@1", "environment=staging"]).is_empty());
    assert!(numbers(&["release=shop"]).is_empty());
}

#[test]
fn a_filtered_page_looks_at_a_bounded_number_of_issues() {
    let db = TestDb::with_project();
    for id in 0..SCAN + 10 {
        db.run(&format!(
            "INSERT INTO issue (project_id, number, kind, value, function, place, level, handled,
                first_release, last_hour) VALUES (1, {id} + 1, 'E', 'x', '', '', 3, 0, '', 7)"
        ));
    }
    let nothing = filter("matches nothing");
    let end = db.rows(&last_scanned(&nothing));
    assert_eq!(end, [["7", "11"]]);
    let after = Some(Cursor { hour: 7, number: 11 });
    assert!(db.rows(&last_scanned(&ListFilter { after, ..nothing })).is_empty(), "that was all");
}

#[test]
fn the_next_page_begins_after_the_cursor() {
    let db = TestDb::with_project();
    for id in 1..=60 {
        stored(&db, id, &format!("word{}x", "abcdefghij".repeat(id as usize)));
    }
    let rows = db.rows(&list(&filter(""), 0));
    assert_eq!(rows.len(), PAGE + 1, "one more tells that there is a next page");
    let last = &rows[PAGE - 1];
    let after = Cursor { hour: last[17].parse().unwrap(), number: last[0].parse().unwrap() };
    let second = list(&ListFilter { after: Some(after), ..filter("") }, 0);
    assert_eq!(db.rows(&second).len(), 10);
}

#[test]
fn counts_follow_the_status() {
    let db = TestDb::with_project();
    stored(&db, 1, "a");
    stored(&db, 2, "b");
    db.batch(&decide(1, 2, &Decision::Resolve, NOW_MS));
    assert_eq!(db.rows(&counts(1)), [["1", "1", "0", "1"]]);
    assert_eq!(db.rows(&counts(2)), [["0", "0", "0", "0"]]);
}

#[test]
fn kept_events_and_bodies_are_found() {
    let db = TestDb::with_project();
    stored(&db, 1, "a");
    stored(&db, 2, "a");
    let rows = db.rows(&groups(1, 1));
    let hash = Hash::try_from(bytes_of_hex(&rows[0][0])).unwrap();
    let group = GroupRecord {
        hash,
        label: String::new(),
        events: 2,
        last_seen_ms: 0,
        last_release: String::new(),
        home: 0,
    };
    let kept = db.rows(&kept(1, &[group]));
    let ids: Vec<&str> = kept.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(ids, [format!("{:032x}", 2), format!("{:032x}", 1)]);
    assert_eq!(db.rows(&body(1, ids[0])).len(), 1);
    assert!(db.rows(&body(2, ids[0])).is_empty(), "another project has no such event");
    let group = || GroupRecord {
        hash,
        label: String::new(),
        events: 2,
        last_seen_ms: 0,
        last_release: String::new(),
        home: 0,
    };
    stored(&db, 3, "b");
    let seen = db.rows(&seen((1, 1), &[group()], 100, 24));
    let counts = |json: &str| crate::facts::read(json).len();
    assert_eq!(
        seen.iter().map(|row| (row[0].as_str(), counts(&row[1]))).collect::<Vec<_>>(),
        [("1", 2), ("0", 1)]
    );
    let hour = NOW_MS / 3_600_000;
    assert_eq!(db.rows(&trend(1, &[group()], hour - 24, 6)), [["[[4,2]]"]]);
}

#[test]
fn short_ids_go_both_ways() {
    assert_eq!(short_id("SHOP", 1), "SHOP-1");
    assert_eq!(short_id("SHOP", 143), "SHOP-4F");
    assert_eq!(short_id("MY-SHOP", 32), "MY-SHOP-10");
    assert_eq!(short_id("SHOP", u32::MAX), "SHOP-3ZZZZZZ");
    for number in [0, 1, 31, 32, 143, u32::MAX] {
        assert_eq!(number_of(&short_id("SHOP", number)), Some(number));
    }
    assert_eq!(number_of("shop-4f"), Some(143));
    for wrong in ["", "SHOP-", "SHOP-U", "SHOP-ZZZZZZZZ"] {
        assert_eq!(number_of(wrong), None, "{wrong:?}");
    }
}

#[test]
fn the_newest_release_is_one_of_the_issues_package() {
    let db = TestDb::with_project();
    let newest = || {
        let row = db.rows(&issue_page(1, 1, 0, 0)).remove(0);
        row.into_iter().nth(27).filter(|name| name != "null").into_iter().collect::<Vec<_>>()
    };
    stored(&db, 1, "a");
    assert!(newest().is_empty());
    for (id, value, release) in [
        (2, "a", "shop@1.9.3"),
        (3, "b", "shop@1.10.0"),
        (4, "b", "shop@1.2.0"),
        (5, "b", "shop"),
        (6, "b", "shopping@7.0.0"),
        (7, "b", "b1e55ed"),
    ] {
        stored_in(&db, id, value, release);
    }
    assert_eq!(newest(), ["shop@1.10.0"]);
    stored_in(&db, 8, "a", "f00d5ee");
    stored_in(&db, 9, "b", "cafe123");
    assert_eq!(newest(), ["cafe123"], "names without an order: the one that was seen last");
}

#[test]
fn what_a_merge_left_out_is_named() {
    let db = TestDb::with_project();
    for (id, value) in [(1, "a"), (2, "b"), (3, "c")] {
        stored(&db, id, value);
    }
    db.batch(&merge(1, 1, &[2, 1, 99], NOW_MS));
    let left_out = db.rows(&not_merged(1, 1, &[2, 1, 99])).concat();
    assert_eq!(left_out, ["1", "99"]);
    db.batch(&merge(1, 3, &[2], NOW_MS));
    assert_eq!(db.rows(&not_merged(1, 3, &[2])).concat(), ["2"]);
}

#[test]
fn a_preview_reads_the_newest_kept_events_whatever_their_issues_are_set_to() {
    let db = TestDb::with_project();
    for id in 1..=30 {
        stored(&db, id, if id % 3 == 0 { "other words" } else { "first words" });
    }
    stored(&db, 31, "third");
    db.batch(&decide(1, 2, &Decision::Resolve, NOW_MS));
    let rows = db.rows(&newest_events(1));
    assert_eq!(rows[0][..2], ["3", "E third"]);
    let event = crate::plan::event_of_bytes(&bytes_of_hex(&rows[0][4])).unwrap();
    assert_eq!(event.exceptions[0].value, "third");
    let of = |number: &str| rows.iter().filter(|row| row[0] == number).count();
    assert!((2..=8).contains(&of("1")) && (2..=8).contains(&of("2")), "{} {}", of("1"), of("2"));
    assert!(db.rows(&newest_events(2)).is_empty(), "another project's");
}

#[test]
fn groups_are_split_by_their_first_kept_event() {
    let db = TestDb::with_project();
    stored(&db, 1, "first words");
    stored(&db, 2, "other words");
    stored(&db, 3, "other words");
    db.batch(&merge(1, 1, &[2], NOW_MS));
    let rows = db.rows(&parts(1, 1));
    let found: Vec<(&str, &str)> =
        rows.iter().map(|row| (row[3].as_str(), row[0].as_str())).collect();
    assert_eq!(found, [("2", "2"), ("1", "0")], "events, and where they came from");
    let event = crate::plan::event_of_bytes(&bytes_of_hex(&rows[0][4])).unwrap();
    assert_eq!(event.exceptions[0].value, "other words");
    assert_eq!(db.rows(&issue_of(1, &rows[0][2])), [["1"]]);
    db.run("DELETE FROM body");
    let rows = db.rows(&parts(1, 1));
    assert_eq!((rows.len(), rows[0][4].as_str()), (2, ""), "a group without any stays in the list");
}
