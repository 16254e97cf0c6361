use super::*;
use crate::life::{Decision, decide, merge};
use crate::plan::bytes_of_hex;
use crate::plan::{Commit, Hints, Sender, digest, plan};
use crate::search::{self, Around};
use crate::sql::test_db::{NOW_MS, TestDb, thrown};
use crate::workflow::Person;
use trapline_core::event::{Event, Exception, Level, Named, Request, User};
use trapline_core::fingerprint::Hash;

mod walks;

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

/// A list of open issues by what is searched for, walked along as given.
#[track_caller]
fn listed(db: &TestDb, query: &str, walk: Walk, after: Option<Cursor>) -> Vec<Vec<String>> {
    let people = [Person { id: 3, name: "Mara".into() }];
    let around = Around { now_ms: NOW_MS, viewer_id: 3, people: &people };
    let search = search::read(query, &around);
    assert_eq!(search.problems, []);
    let filter = ListFilter {
        project_id: 1,
        status: search.status().unwrap_or(0),
        terms: &search.terms,
        walk,
        assignee: if walk == Walk::Mine { 3 } else { 0 },
        since_hour: 0,
        after,
        page: PAGE,
    };
    db.rows(&list(&filter, NOW_MS / 3_600_000, 14))
}

/// Column 0 is the number; without an issue it is null.
#[track_caller]
fn found(db: &TestDb, query: &str) -> Vec<String> {
    let numbers = listed(db, query, Walk::LastSeen, None).into_iter().map(|row| row[0].clone());
    numbers.filter(|number| number != "null").collect()
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
    let all = listed(&db, "", Walk::LastSeen, None);
    assert_eq!(numbers_and_events(&all), [("2", "2"), ("1", "1")]);
    assert_eq!(all[0][22], format!("{:06}00000002 ", NOW_MS / 3_600_000), "hours");
    assert_eq!(found(&db, "OTHER"), ["2"]);
    assert_eq!(found(&db, "words !oth*r"), ["1"]);
    assert_eq!(found(&db, "\"first words\""), ["1"]);
    assert!(found(&db, "\"words first\"").is_empty());
    assert!(found(&db, "100%").is_empty());
    assert!(found(&db, "f?rst*").is_empty());
}

#[test]
fn the_list_filters_by_facets() {
    let db = TestDb::with_project();
    for (id, value, release) in [(1, "a", "shop@1"), (2, "a", "shop@2"), (3, "b", "shop@10")] {
        stored_in(&db, id, value, release);
    }
    assert_eq!(found(&db, "release:shop@1"), ["1"]);
    assert_eq!(found(&db, "release:Shop@10"), ["2"]);
    assert_eq!(found(&db, "release:shop@2 environment:production"), ["1"]);
    assert!(found(&db, "release:shop@1 environment:staging").is_empty());
    assert!(found(&db, "release:shop").is_empty());
    assert_eq!(found(&db, "release:shop@1*"), ["2", "1"]);
    assert_eq!(found(&db, "!release:shop@1*"), [""; 0]);
    assert_eq!(found(&db, "!release:shop@2"), ["2"]);
    assert_eq!(found(&db, "has:release"), ["2", "1"]);
    assert!(found(&db, "has:browser").is_empty());
}

fn rich(id: u32, value: &str) -> Event {
    let exception = Exception { kind: "E".into(), value: value.into(), ..Exception::default() };
    let flags = serde_json::json!({ "values": [{ "flag": "cart", "result": true }] });
    Event {
        tags: vec![("plan".into(), "pro".into()), ("path".into(), "C:\\new \"x\"".into())],
        browser: Named { name: "Chrome".into(), version: "142.0.1".into() },
        request: Request { url: Some("https://shop.test/Cart?a=1".into()), ..Request::default() },
        user: User { id: Some("jo".into()), ..User::default() },
        contexts: serde_json::Map::from_iter([("flags".to_owned(), flags)]),
        level: Level::Warning,
        ..thrown(id, exception)
    }
}

fn store(db: &TestDb, event: Event) {
    let nonce = event.claimed_ms - NOW_MS;
    let sender = Sender { visitor: None, country: "DE".into() };
    let commit = Commit { project_id: 1, nonce, now_ms: NOW_MS, sender };
    db.batch(&plan(&digest(1, event), &commit, Hints::default()).statements);
}

#[test]
fn the_list_filters_by_everything_that_groups_know() {
    let db = TestDb::with_project();
    store(&db, rich(1, "rich"));
    stored(&db, 2, "plain");
    for query in [
        "plan:pro",
        "tag.plan:PR*",
        "has:plan",
        "flag.cart:true",
        "url:/cart",
        "url:/c*",
        "browser:chrome",
        "browser:\"Chrome 142\"",
        "country:DE",
        "user:jo",
        "has:user",
        "level:warning",
        "!release:x rich",
        "path:C:*new*",
        "users:>=1",
        "!level:error",
    ] {
        assert_eq!(found(&db, query), ["1"], "{query}");
    }
    for query in [
        "plan:p",
        "browser:Chrom",
        "user:j",
        "url:/",
        "flag.cart:false",
        "level:error rich",
        "is:mine",
    ] {
        assert!(found(&db, query).is_empty(), "{query}");
    }
    db.run("UPDATE issue SET assignee = 3 WHERE number = 2");
    for query in ["is:mine", "assigned:mara", "is:assigned", "has:assignee", "!is:unassigned"] {
        assert_eq!(found(&db, query), ["2"], "{query}");
    }
    assert_eq!(listed(&db, "is:mine", Walk::Mine, None)[0][0], "2");
}

#[test]
fn a_tag_with_ever_new_values_stops_at_forty() {
    let db = TestDb::with_project();
    for id in 1..=60 {
        let tags = vec![("request".into(), format!("r{id}")), ("plan".into(), "pro".into())];
        store(&db, Event { tags, ..rich(id, "a") });
    }
    store(&db, Event { tags: vec![("late".into(), "x".into())], ..rich(61, "a") });
    assert_eq!(found(&db, "request:r40").len(), 1);
    assert!(found(&db, "request:r41").is_empty(), "it is not said to have what is not known of it");
    assert_eq!(found(&db, "late:x plan:pro").len(), 1, "other tags have room");
}

#[test]
fn the_list_filters_by_state_time_and_number() {
    let db = TestDb::with_project();
    stored(&db, 1, "a");
    stored(&db, 2, "b");
    stored(&db, 3, "b");
    db.batch(&decide(1, 1, &Decision::Resolve, NOW_MS - 1));
    assert_eq!(found(&db, ""), ["2"]);
    assert_eq!(found(&db, "is:resolved"), ["1"]);
    assert!(found(&db, "is:resolved is:ignored").is_empty());
    assert_eq!(found(&db, "count:>1"), ["2"]);
    assert!(found(&db, "count:>2").is_empty());
    assert_eq!(found(&db, "is:new is:handled last-seen:<1h first-seen:<2d"), ["2"]);
    assert!(found(&db, "first-seen:>2h").is_empty());
    // It is seen again.
    stored(&db, 4, "a");
    assert_eq!(found(&db, "is:regressed"), ["1"]);
    assert_eq!(listed(&db, "is:regressed", Walk::Regressed, None)[0][0], "1");
    db.run(&format!("UPDATE issue SET escalated_ms = {NOW_MS} WHERE number = 2"));
    assert_eq!(found(&db, "is:escalating"), ["2"]);
    assert_eq!(listed(&db, "is:escalating", Walk::Escalated, None)[0][0], "2");
    let around = [["2", "0", "0", "1", "0", "2", "1", "1", "0"]];
    assert_eq!(db.rows(&tabs(1, NOW_MS + 1_000, 3)), around);
}

fn list_days() -> Statement {
    Statement::new("SELECT days FROM event_group", [])
}

#[test]
fn known_values_are_found() {
    let db = TestDb::with_project();
    store(&db, rich(1, "a"));
    stored_in(&db, 2, "b", "shop@1");
    stored_in(&db, 3, "c", "shop@2");
    let lines_of = |start: &str, part: &str| db.rows(&lines(1, start, part)).concat();
    assert_eq!(lines_of("environment=", ""), ["environment=production"]);
    assert_eq!(lines_of("tag.plan=", "r"), ["tag.plan=pro"]);
    assert_eq!(lines_of("tag.", "path"), ["tag.path=C:/new \"x\""]);
    assert!(lines_of("tag.plan=", "x").is_empty());
    assert_eq!(db.rows(&releases(1, "SHOP")).concat(), ["shop@2", "shop@1"]);
}

#[test]
fn counts_follow_the_status() {
    let db = TestDb::with_project();
    stored(&db, 1, "a");
    stored(&db, 2, "b");
    db.batch(&decide(1, 2, &Decision::Resolve, NOW_MS));
    assert_eq!(db.rows(&counts(1)), [["1", "1", "0", "1", "0"]]);
    assert_eq!(db.rows(&counts(2)), [["0", "0", "0", "0", "0"]]);
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
    let seen = db.rows(&seen((1, 1), &[group()], 100, 24, NOW_MS));
    let counts = |json: &str| crate::facts::read(json).len();
    assert_eq!(
        seen.iter().map(|row| (row[0].as_str(), counts(&row[1]))).collect::<Vec<_>>(),
        [("1", 2), ("0", 1), ("4", 0)]
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
