use std::collections::BTreeMap;

use trapline_core::histogram::{Parts, Sums, decode, encode};
use trapline_core::page_view::{PageView, Requests, Vital};

use super::append::append;
use super::fold::{self, Chunk, Long, Named, State};
use super::join::{self, Texts};
use super::read::{self, Asked, Filter, Measured, StatRow, Window};
use super::{Column, DAY_MS, Kind, detail, page};
use crate::plan::HOUR_MS;
use crate::purge::Keep;
use crate::sql::Arg;
use crate::sql::test_db::{NOW_MS, TestDb};

fn view(number: u32, page: &str, inp: f64) -> PageView {
    PageView {
        // A random ID has any first digit.
        id: format!("{:08x}{number:024x}", number.wrapping_mul(2_654_435_761)),
        started_ms: NOW_MS - 60_000,
        url: format!("https://shop.test{page}"),
        page: page.into(),
        release: format!("shop@{}", number % 2),
        browser: "Chrome 142".into(),
        device: "phone".into(),
        weight: 100,
        errors: u32::from(number.is_multiple_of(10)),
        vitals: [
            Some(Vital { value: inp * 4.0, target: "img.hero".into(), ..Vital::default() }),
            Some(Vital {
                value: inp,
                target: format!("button#{}", number % 3),
                ..Vital::default()
            }),
            None,
            None,
            None,
        ],
        requests: vec![Requests {
            method: "GET".into(),
            url: "/api/items/{id}".into(),
            count: 2,
            status_5xx: 1,
            durations: vec![(60, 2)],
            ..Requests::default()
        }],
        ..PageView::default()
    }
}

fn numbers(row: &[String], column: usize) -> i64 {
    row[column].parse().unwrap()
}

fn state(db: &TestDb) -> State {
    let row = db.rows(&fold::state(1)).remove(0);
    State {
        generation: numbers(&row, 0),
        folded: numbers(&row, 1),
        place: row[2].clone(),
        begun_ms: numbers(&row, 3),
        waiting: numbers(&row, 4) as u64,
    }
}

fn chunks(rows: Vec<Vec<String>>) -> Vec<Chunk> {
    let chunk = |row: Vec<String>| Chunk {
        hour: numbers(&row, 0),
        slot: numbers(&row, 1),
        seq: numbers(&row, 2),
        views: row[3].clone(),
    };
    rows.into_iter().map(chunk).collect()
}

/// One step, as the Worker does it; rows that could be joined.
fn step(db: &TestDb, nonce: i64) -> Vec<Long> {
    let mut now = state(db);
    if let Some(close) = now.close(1, NOW_MS) {
        db.batch(&[close]);
        now.generation += 1;
    }
    let chunks = chunks(db.rows(&now.next(1)));
    let named = |row: Vec<String>| Named {
        kind: row[0].parse().unwrap(),
        day: numbers(&row, 1),
        name: row[2].clone(),
    };
    let known: Vec<Named> = db.rows(&fold::known(1, &chunks)).into_iter().map(named).collect();
    let statements = fold::step(1, &now, &chunks, &known, nonce).unwrap();
    db.batch(&statements[..1]);
    let mut long = Vec::new();
    for statement in &statements[1..] {
        long.extend(db.rows(statement).into_iter().map(|row| Long {
            kind: row[0].parse().unwrap(),
            day: numbers(&row, 1),
            name: row[2].clone(),
            is_long: row[3].parse().unwrap(),
        }));
    }
    // The same again, as after an answer that was lost: with another nonce, and by another who saw the same state.
    db.batch(&fold::step(1, &now, &chunks, &known, nonce + 1_000_000).unwrap());
    long
}

fn fold_all(db: &TestDb) {
    let mut nonce = 1;
    while state(db).is_due(NOW_MS) {
        step(db, nonce);
        nonce += 1;
    }
}

fn texts(rows: Vec<Vec<String>>) -> Vec<Texts> {
    let text = |row: Vec<String>| Texts {
        kind: row[0].parse().unwrap(),
        day: numbers(&row, 1),
        name: row[2].clone(),
        texts: row[3].clone(),
    };
    rows.into_iter().map(text).collect()
}

fn store(db: &TestDb, views: &[PageView]) {
    for view in views {
        db.batch(&[append(1, view, NOW_MS)]);
    }
}

fn measured(
    db: &TestDb,
    filter: &Filter,
    window: Window,
    kind: Kind,
) -> BTreeMap<String, Measured> {
    let asked = Asked { project_id: 1, kind, window, filter, names: &[""], most: 1_000 };
    let rows: Vec<StatRow> =
        db.rows(&read::stats(&asked)).into_iter().map(StatRow::of_texts).collect();
    let waiting = read::waiting(&chunks(db.rows(&fold::waiting(1))), Default::default());
    read::add_up(&asked, &rows, &waiting).into_iter().map(|one| (one.name.clone(), one)).collect()
}

fn fortnight() -> Window {
    Window::of(crate::scope::Range::Fortnight, NOW_MS)
}

/// What a list of views adds up to, computed from all of them at once.
fn exact(views: &[PageView], name: &str) -> Sums {
    let tally = super::tally::tally(views, Default::default());
    let mut sums = Sums::default();
    for (key, stat) in tally.iter().filter(|(key, _)| key.0 == Kind::Page && key.2 == name) {
        assert_eq!(key.1, NOW_MS / DAY_MS);
        sums.merge(stat.columns[0].get("").unwrap());
    }
    sums
}

#[test]
fn the_same_view_again_counts_once() {
    let db = TestDb::with_project();
    let views: Vec<PageView> = (0..300).map(|number| view(number, "/", 100.0)).collect();
    store(&db, &views);
    let changes = db.changes();
    store(&db, &views);
    assert_eq!(db.changes(), changes, "nothing is written");
    assert_eq!(db.number("SELECT sum(count) FROM page_view_chunk"), 300);
    assert!(db.number("SELECT count(*) FROM page_view_chunk") <= 8);
    fold_all(&db);
    store(&db, &views);
    assert_eq!(
        db.number("SELECT sum(count) FROM page_view_chunk"),
        300,
        "also once it was added up"
    );
}

#[test]
fn sums_are_the_same_whether_views_wait_or_not() {
    let db = TestDb::with_project();
    let pages = ["/", "/cart", "/checkout", "/search"];
    let views: Vec<PageView> = (0..2_000)
        .map(|number| PageView {
            weight: 100 + u64::from(number % 5) * 33,
            ..view(number, pages[number as usize % 4], f64::from(20 + number % 700))
        })
        .collect();
    for (part, expected) in
        [(&views[..1_100], 1_100), (&views[1_100..1_900], 1_900), (&views[1_900..], 2_000)]
    {
        store(&db, part);
        check_sums(&db, &views[..expected]);
        fold_all(&db);
        check_sums(&db, &views[..expected]);
    }
    assert_eq!(state(&db).waiting, 900, "too few to be added up");
}

#[track_caller]
fn check_sums(db: &TestDb, views: &[PageView]) {
    for window in [fortnight(), Window::of(crate::scope::Range::Day, NOW_MS)] {
        let found = measured(db, &Filter::default(), window, Kind::Page);
        for name in ["", "/cart", "/search"] {
            assert_eq!(found[name].sums, exact(views, name), "{name}");
        }
    }
    let filter = Filter { column: Column::Releases, value: "shop@1".into() };
    let some: Vec<PageView> =
        views.iter().filter(|view| view.release == "shop@1").cloned().collect();
    assert_eq!(measured(db, &filter, fortnight(), Kind::Page)["/cart"].sums, exact(&some, "/cart"));
    let requests = measured(db, &Filter::default(), fortnight(), Kind::Endpoint);
    let weight: u64 = views.iter().map(|view| view.weight).sum();
    let one = &requests["GET /api/items/{id}"];
    assert_eq!((one.sums.counts[0], one.sums.counts[3]), (2 * weight, weight));
    assert_eq!(requests[""].sums, one.sums);
}

#[test]
fn joined_rows_say_the_same_and_are_short() {
    let db = TestDb::with_project();
    let views: Vec<PageView> =
        (0..3_000).map(|number| view(number, "/", f64::from(20 + number % 300))).collect();
    let (mut joined, mut most) = (0, 0);
    for (nonce, part) in (1..).zip(views.chunks(500)) {
        store(&db, part);
        loop {
            let long: Vec<Long> =
                step(&db, nonce).into_iter().filter(|row| row.is_long == 1).collect();
            let rows = texts(db.rows(&join::texts(1, &long)));
            let before = measured(&db, &Filter::default(), fortnight(), Kind::Page);
            joined += rows.len();
            db.batch(join::join(1, &rows).as_slice());
            assert_eq!(measured(&db, &Filter::default(), fortnight(), Kind::Page), before);
            let now = state(&db);
            if now.generation == now.folded + 1 {
                break;
            }
        }
        most = most.max(db.number(
            "SELECT max(length(totals) + length(causes) + length(releases)) FROM page_view_stat",
        ));
    }
    assert!(joined >= 2, "{joined}");
    assert!(most < 60_000, "{most}");
    assert_eq!(
        measured(&db, &Filter::default(), fortnight(), Kind::Page)["/"].sums,
        exact(&views, "/")
    );
    let rows = texts(db.rows(&detail::rows(1, Kind::Page, fortnight(), "/")));
    let detail = detail::divided(&rows, &mut std::iter::empty());
    assert_eq!(detail.causes("inp").len(), 3);
    assert_eq!(detail.causes("lcp")[0], ("img.hero", detail.causes("lcp")[0].1));
    assert_eq!(detail.by(Column::Releases).len(), 2);
    assert!((3..=20).contains(&detail.slowest.len()));
    assert_eq!(detail.slowest[0].vitals[0].as_ref().unwrap().value, 1_276.0);
    let calm = detail.causes("calm")[0].1;
    assert_eq!(calm.counted(page::VIEWS), 270_000);
}

#[test]
fn rare_pages_share_a_row() {
    let db = TestDb::with_project();
    let name =
        |number: u32| if number.is_multiple_of(2) { "/".to_owned() } else { format!("/p{number}") };
    let views: Vec<PageView> = (0..600).map(|number| view(number, &name(number), 100.0)).collect();
    store(&db, &views);
    fold_all(&db);
    assert!(db.number("SELECT count(*) FROM page_view_stat") <= 6);
    let found = measured(&db, &Filter::default(), fortnight(), Kind::Page);
    assert_eq!((found["/p7"].sums.counted(0), found["/"].sums.counted(0)), (100, 30_000));
    assert_eq!(found[""].sums.counted(0), 60_000);
}

#[test]
fn a_day_has_at_most_so_many_rows() {
    let known: Vec<_> = (0..500).map(|number| (Kind::Page, 7, format!("/{number}"))).collect();
    let views: Vec<PageView> = (0..1_000)
        .map(|number| PageView {
            started_ms: 7 * DAY_MS,
            requests: Vec::new(),
            ..view(number, &format!("/{}", number % 250 + 400), 1.0)
        })
        .collect();
    let tally = super::tally::without_rare(super::tally::tally(&views, Default::default()), &known);
    assert_eq!(tally.iter().filter(|(key, _)| key.0 == Kind::Page).count(), 101);
    let rare = &tally.iter().find(|(key, _)| key.0 == Kind::RarePage).unwrap().1;
    assert_eq!((rare.views, rare.columns[0].len()), (600, 150));
}

#[test]
fn joined_row_of_rare_names_keeps_the_most_frequent_and_all_counts() {
    let mut totals = Parts::default();
    for number in 0..300 {
        totals.at(&format!("/{number:03}")).count(page::VIEWS, 100 + number);
    }
    let sum: u64 = totals.iter().map(|(_, sums)| sums.counted(page::VIEWS)).sum();
    let row = Texts {
        kind: Kind::RarePage.number(),
        day: 7,
        name: String::new(),
        texts: serde_json::json!([encode(&totals), "", "", "", "", "", "", "", ""]).to_string(),
    };
    let Some(Arg::Text(rows)) = join::join(1, &[row]).unwrap().args.pop() else { panic!("rows") };
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    let mut kept = Parts::default();
    decode(rows[0][5][0].as_str().unwrap(), &mut kept);
    let name = |number: u32| kept.get(&format!("/{number:03}")).is_some();
    assert_eq!((kept.len(), name(179), name(180), name(299)), (121, false, true, true));
    assert_eq!(kept.iter().map(|(_, sums)| sums.counted(page::VIEWS)).sum::<u64>(), sum);
}

#[test]
fn what_is_old_goes_in_steps() {
    let db = TestDb::with_project();
    let keep = [Keep { project_id: 1, days: 90, body_days: 90 }];
    store(&db, &[view(1, "/", 1.0), view(2, "/cart", 1.0)]);
    let count = || {
        ["page_view_chunk", "page_view_stat"]
            .map(|table| db.number(&format!("SELECT count(*) FROM {table}")))
    };
    db.batch(&super::purge::step(&keep, NOW_MS + 4 * DAY_MS));
    assert_eq!(count(), [2, 0], "not before it was added up");
    fold_all(&db);
    db.batch(&super::purge::step(&keep, NOW_MS + 2 * DAY_MS));
    assert_eq!(count(), [2, 5]);
    db.batch(&super::purge::step(&keep, NOW_MS + 3 * DAY_MS + HOUR_MS));
    assert_eq!(count(), [0, 5]);
    db.batch(&super::purge::step(&keep, NOW_MS + 91 * DAY_MS));
    assert_eq!(count(), [0, 0]);
}

#[test]
fn projects_with_something_to_add_up_are_told() {
    let db = TestDb::with_project();
    assert!(db.rows(&fold::due(&[1, 2], NOW_MS)).is_empty());
    store(&db, &[view(1, "/", 1.0)]);
    assert_eq!(db.rows(&fold::due(&[1, 2], NOW_MS)), [["1"]]);
    fold_all(&db);
    store(&db, &[view(2, "/", 1.0)]);
    assert!(
        db.rows(&fold::due(&[1], NOW_MS + HOUR_MS)).is_empty(),
        "they are few, and do not wait for long"
    );
    assert_eq!(db.rows(&fold::due(&[1], NOW_MS + fold::LONGEST_MS)), [["1"]]);
}
