use super::*;
use crate::plan::{Commit, digest, plan};
use crate::sql::test_db::TestDb;
use trapline_core::event::{Event, Exception};

const NOW_MS: i64 = 1_800_000_000_000;

fn stored(db: &TestDb, id: u32, value: &str) {
    let exception = Exception { kind: "E".into(), value: value.into(), ..Exception::default() };
    let event = Event {
        event_id: format!("{id:032x}"),
        claimed_ms: NOW_MS + i64::from(id),
        received_ms: NOW_MS + 10_000,
        count: 1,
        exceptions: vec![exception],
        ..Event::default()
    };
    let commit = Commit { project_id: 1, nonce: id.into(), visitor: None };
    db.batch(&plan(&digest(1, event), commit));
}

fn filter(text: &str) -> ListFilter<'_> {
    ListFilter { project_id: 1, status: 0, text, after: None }
}

/// Column 0 is the number, column 12 the events.
fn numbers_and_events(rows: &[Vec<String>]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row[0].as_str(), row[12].as_str())).collect()
}

#[test]
fn the_list_sums_groups_and_filters_by_text() {
    let db = TestDb::with_project();
    stored(&db, 1, "first words");
    stored(&db, 2, "other words");
    stored(&db, 3, "other words");
    let [list_all, hours] = list(&filter(""), 0);
    assert_eq!(numbers_and_events(&db.rows(&list_all)), [("2", "2"), ("1", "1")]);
    assert_eq!(db.rows(&hours).len(), 2);
    let [found, _] = list(&filter("OTHER"), 0);
    assert_eq!(numbers_and_events(&db.rows(&found)), [("2", "2")]);
    let [none, _] = list(&filter("100%"), 0);
    assert!(db.rows(&none).is_empty());
}

#[test]
fn the_next_page_begins_after_the_cursor() {
    let db = TestDb::with_project();
    for id in 1..=60 {
        stored(&db, id, &format!("word{}x", "abcdefghij".repeat(id as usize)));
    }
    let [first, _] = list(&filter(""), 0);
    let rows = db.rows(&first);
    assert_eq!(rows.len(), PAGE + 1, "one more tells that there is a next page");
    let last = &rows[PAGE - 1];
    let after = Cursor { hour: last[11].parse().unwrap(), number: last[0].parse().unwrap() };
    let [second, _] = list(&ListFilter { after: Some(after), ..filter("") }, 0);
    assert_eq!(db.rows(&second).len(), 10);
}

#[test]
fn counts_follow_the_status() {
    let db = TestDb::with_project();
    stored(&db, 1, "a");
    stored(&db, 2, "b");
    db.batch(&[set_status(1, 2, 1, NOW_MS)]);
    assert_eq!(db.rows(&counts(1)), [["1", "1", "0"]]);
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
    };
    let kept = db.rows(&kept(1, &[group]));
    let ids: Vec<&str> = kept.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(ids, [format!("{:032x}", 2), format!("{:032x}", 1)]);
    assert_eq!(db.rows(&body(1, ids[0])).len(), 1);
    assert!(db.rows(&body(2, ids[0])).is_empty(), "another project has no such event");
    assert_eq!(db.rows(&facets(1, &hash, 100))[0][5], "2");
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
