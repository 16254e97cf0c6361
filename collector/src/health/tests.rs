use trapline_core::decode::Sessions;
use trapline_core::histogram::{Parts, bucket_of, encode};
use trapline_core::page_view::INP;

use super::*;
use crate::page_views::page;
use crate::sql::test_db::{NOW_MS, TestDb};

fn known(version: &str, hours_ago: i64) -> ReleaseRow {
    let first_seen_ms = NOW_MS - hours_ago * HOUR_MS;
    ReleaseRow { version: version.into(), first_seen_ms, ..ReleaseRow::default() }
}

fn told(db: &TestDb, release: &str, number: u32, hours_ago: i64, crashed: bool) {
    let at_ms = NOW_MS - hours_ago * HOUR_MS;
    let told = Sessions {
        key: format!("{number:011x}"),
        user: format!("u{number}"),
        started_ms: at_ms,
        release: release.into(),
        started: 1,
        crashed: crashed.into(),
        errored: crashed.into(),
        ..Sessions::default()
    };
    db.batch(&[sessions::count(1, &told, None, at_ms)]);
}

fn sessions_of(db: &TestDb, statement: &Statement) -> Vec<SessionRow> {
    db.rows(statement).into_iter().map(SessionRow::of_texts).collect()
}

#[test]
fn releases_name_the_newest_issues_that_they_brought() {
    let db = TestDb::with_project();
    for number in 1..=5 {
        db.run(&format!(
            "INSERT INTO issue (project_id, number, kind, value, function, place, level, handled, first_release, last_hour)
             VALUES (1, {number}, 'TypeError', 'x', '', '', 3, 0, 'shop@{}', 1)",
            number / 5 + 1
        ));
    }
    db.run("INSERT INTO release (project_id, version, package, sort_key, first_seen_ms) VALUES (1, 'shop@1', 'shop', '', 1), (1, 'shop@2', 'shop', '', 2)");
    let rows = db.rows(&releases(1));
    assert_eq!(rows[0], ["shop@2", "2", "1", "0", r#"[[5,"TypeError","x"]]"#]);
    assert_eq!(rows[1][2], "4");
    assert!(rows[1][4].starts_with(r#"[[4,"TypeError","x"],[3,"#), "{}", rows[1][4]);
}

/// Not what happened later, not what happened to others meanwhile.
#[test]
fn releases_are_compared_in_their_first_hours() {
    let db = TestDb::with_project();
    let (old, new) = (known("shop@1", 10 * 24), known("shop@2", 30));
    told(&db, "shop@1", 1, 9 * 24, true);
    told(&db, "shop@1", 2, 9 * 24, false);
    told(&db, "shop@1", 3, 20, true);
    told(&db, "shop@2", 4, 20, false);
    let both = [&new, &old];
    let rows = sessions_of(&db, &young_sessions(1, both, 31));
    let day = |hours_ago: i64| (NOW_MS / HOUR_MS - hours_ago).div_euclid(24);
    let text = |release: &str, ms: f64| {
        let mut sums = Sums::default();
        sums.count(page::VIEWS, 100);
        sums.add(INP, bucket_of(ms), 100);
        let mut parts = Parts::default();
        parts.at(release).merge(&sums);
        encode(&parts)
    };
    let stat = |hours_ago, name: &str, text: String| {
        db.run(&format!(
            "INSERT INTO page_view_stat VALUES (1, 0, {}, '{name}', 100, 16000, '', '', '{text}', '', '', '', '', '', '')",
            day(hours_ago)
        ));
    };
    for name in ["", "/checkout"] {
        stat(9 * 24, name, text("shop@1", 200.0));
        stat(20, name, text("shop@2", 500.0) + &text("shop@1", 9_000.0));
    }
    let stats: Vec<StatRow> =
        db.rows(&young_views(1, both, 31)).into_iter().map(StatRow::of_texts).collect();
    let Compared { releases: [new, old], hours } = at_same_age(both, 31, &rows, &stats, &[]);
    assert_eq!((hours, new.health.sessions, old.health.sessions), (31, 1, 2));
    assert_eq!(old.health.crash_free_sessions(), Some(0.5));
    let inp = |sums: &Sums| sums.histograms[INP].percentile(75).map(|ms| ms as u32);
    assert!(inp(&new.views).is_some_and(|ms| (480..520).contains(&ms)));
    assert!(inp(&old.views).is_some_and(|ms| (190..210).contains(&ms)));
    assert_eq!((new.pages.len(), old.pages[0].0.as_str()), (1, "/checkout"));
}
