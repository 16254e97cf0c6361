use trapline_core::decode::Sessions;
use trapline_core::page_view::{PageView, Requests, Vital};

use super::look::{due, note, window};
use super::*;
use crate::alert::rule::{self, RuleRow, Saved};
use crate::page_views::append::append;
use crate::page_views::fold::{self, Chunk};
use crate::page_views::read::{self, Asked, Filter, StatRow};
use crate::page_views::tally::Only;
use crate::plan::HOUR_MS;
use crate::sessions::{self, SessionRow};
use crate::sql::Statement;
use crate::sql::test_db::{NOW_MS, TestDb};

const MINUTE: i64 = 60_000;

fn measuring(measure: &str, limit: f64, of: &str) -> Rule {
    Rule {
        target: "https://shop.test/hook".into(),
        new: false,
        measure: measure.into(),
        limit,
        of: of.into(),
        at_least: 30,
        ..Rule::default()
    }
}

fn saved(rule: &Rule, now_ms: i64) -> Saved<'_> {
    Saved { id: 7, project_id: 1, rule, origin: "https://errors.test", now_ms }
}

fn ruled(rule: &Rule) -> TestDb {
    let mut rule = rule.clone();
    rule::check(&mut rule, "").unwrap();
    let db = TestDb::with_project();
    db.batch(&[rule::create(&saved(&rule, NOW_MS), "secret")]);
    db
}

/// Rules whose turn it is, as the Worker reads them.
fn rows(db: &TestDb, now_ms: i64) -> Vec<RuleRow> {
    let row = |row: Vec<String>| RuleRow {
        id: row[0].parse().unwrap(),
        settings: row[1].clone(),
        created_ms: row[2].parse().unwrap(),
        seen: row[3].parse().unwrap(),
        over_ms: row[4].parse().unwrap(),
        project_id: row[5].parse().unwrap(),
        measured: row[6].clone(),
        beyond_ms: row[7].parse().unwrap(),
        measure_due_ms: row[8].parse().unwrap(),
    };
    db.rows(&due(now_ms)).into_iter().map(row).collect()
}

/// What there is of a rule, read as the Worker reads it.
fn found(db: &TestDb, rule: &Rule, now_ms: i64) -> Found {
    let found = Found::of_rule(rule).unwrap();
    let window = window(found.hours, now_ms);
    if found.measure.is_of_visits() {
        let statement = sessions::rows(1, window.first_hour, window.last_hour, &rule.environment);
        let rows: Vec<SessionRow> =
            db.rows(&statement).into_iter().map(SessionRow::of_texts).collect();
        let newest = db.rows(&crate::read::releases(1, "")).concat().into_iter().next();
        return found.in_visits(&rows, newest);
    }
    let filter = Filter::default();
    let names = [found.of.as_str()];
    let kind = found.measure.kind();
    let asked = Asked { project_id: 1, kind, window, filter: &filter, names: &names, most: 0 };
    let stats: Vec<StatRow> =
        db.rows(&read::stats(&asked)).into_iter().map(StatRow::of_texts).collect();
    let waiting = db.rows(&fold::waiting(1)).into_iter();
    let waiting = waiting.map(|row| Chunk { hour: 0, slot: 0, seq: 0, views: row[3].clone() });
    let waiting = read::waiting(&waiting.collect::<Vec<_>>(), Only::default());
    let sums = read::add_up(&asked, &stats, &waiting).pop().map(|one| one.sums);
    found.in_sums(sums.as_ref())
}

/// Looks at what is due; how many messages there are in all.
fn look(db: &TestDb, now_ms: i64) -> i64 {
    for row in rows(db, now_ms) {
        let rule = row.rule();
        let note = note(&row, &rule, Some(&found(db, &rule, now_ms)), now_ms);
        db.batch(&[note]);
    }
    told(db)
}

fn told(db: &TestDb) -> i64 {
    db.number("SELECT count(*) FROM alert_outbox WHERE kind = 'measure'")
}

/// So many views of a page, each with two requests, one of which fails in every tenth view.
fn views(db: &TestDb, page: &str, lcp: f64, numbers: std::ops::Range<u32>, at_ms: i64) {
    for number in numbers {
        let view = PageView {
            id: format!("{:08x}{number:024x}", number.wrapping_mul(2_654_435_761)),
            started_ms: at_ms,
            page: page.into(),
            weight: 100,
            vitals: [
                Some(Vital { value: lcp, ..Vital::default() }),
                None,
                Some(Vital { value: lcp / 10_000.0, ..Vital::default() }),
                None,
                None,
            ],
            requests: vec![Requests {
                method: "POST".into(),
                url: "/api/pay".into(),
                count: 2,
                status_5xx: u32::from(number.is_multiple_of(10)),
                ..Requests::default()
            }],
            ..PageView::default()
        };
        db.batch(&[append(1, &view, at_ms)]);
    }
}

fn visits(db: &TestDb, release: &str, numbers: std::ops::Range<u32>, crashed: u32, at_ms: i64) {
    for number in numbers {
        let crashed = u32::from(number.is_multiple_of(crashed));
        let told = Sessions {
            key: format!("{number:011x}"),
            user: format!("u{}", number / 2),
            started_ms: at_ms,
            release: release.into(),
            started: 1,
            errored: crashed,
            crashed,
            ..Sessions::default()
        };
        db.batch(&[sessions::count(1, &told, None, at_ms)]);
    }
}

fn known(db: &TestDb, release: &str, at_ms: i64) {
    db.run(&format!(
        "INSERT INTO release (project_id, version, package, sort_key, first_seen_ms) VALUES (1, '{release}', '', '', {at_ms})"
    ));
}

#[test]
fn a_vital_is_told_as_it_goes_past_the_limit_and_again_after_it_was_not() {
    let db = ruled(&Rule { hours: 1, ..measuring("lcp", 2_500.0, "/pay") });
    let start_ms = NOW_MS + MINUTE;
    views(&db, "/pay", 1_000.0, 0..50, NOW_MS);
    views(&db, "/other", 9_000.0, 50..200, NOW_MS);
    assert_eq!(look(&db, start_ms), 0);
    views(&db, "/pay", 4_000.0, 200..300, NOW_MS);
    assert_eq!(look(&db, start_ms + 4 * MINUTE), 0, "it was looked at less than five minutes ago");
    assert_eq!(look(&db, start_ms + 5 * MINUTE), 1);
    let row = db.rows(&Statement::new("SELECT measured FROM alert_outbox", [])).concat();
    let found = Found::read(&row[0]).unwrap();
    assert!((3_840..4_160).contains(&found.value), "{found:?}");
    assert_eq!((found.limit, found.count, found.of.as_str()), (2_500, 150, "/pay"));
    for minutes in [10, 15, 20] {
        assert_eq!(look(&db, start_ms + minutes * MINUTE), 1, "it is told once");
    }
    views(&db, "/pay", 1_000.0, 300..900, NOW_MS);
    assert_eq!(look(&db, start_ms + 25 * MINUTE), 1);
    assert_eq!(db.number("SELECT beyond_ms FROM alert_rule"), 0);
    views(&db, "/pay", 4_000.0, 900..1_900, NOW_MS);
    assert_eq!(look(&db, start_ms + 30 * MINUTE), 2);
    assert_eq!(db.number("SELECT count(DISTINCT delivery) FROM alert_outbox"), 2);
}

#[test]
fn two_runs_at_once_and_a_repeated_write_tell_once() {
    let db = ruled(&measuring("lcp", 2_500.0, ""));
    views(&db, "/", 4_000.0, 0..50, NOW_MS);
    let now_ms = NOW_MS + MINUTE;
    let row = rows(&db, now_ms).remove(0);
    let rule = row.rule();
    let found = found(&db, &rule, now_ms);
    let (one, other) =
        (note(&row, &rule, Some(&found), now_ms), note(&row, &rule, Some(&found), now_ms + 1));
    db.batch(std::slice::from_ref(&one));
    db.batch(&[other, one]);
    assert_eq!(told(&db), 1);
    assert_eq!(db.number("SELECT beyond_ms FROM alert_rule"), now_ms);
}

#[test]
fn what_was_read_before_a_rule_was_changed_changes_nothing() {
    let db = ruled(&measuring("lcp", 2_500.0, ""));
    views(&db, "/", 4_000.0, 0..50, NOW_MS);
    let row = rows(&db, NOW_MS).remove(0);
    let found = found(&db, &row.rule(), NOW_MS);
    let changed = measuring("lcp", 9_000.0, "");
    db.batch(&rule::change(&saved(&changed, NOW_MS + 1)));
    db.batch(&[note(&row, &row.rule(), Some(&found), NOW_MS + 2)]);
    assert_eq!((told(&db), look(&db, NOW_MS + MINUTE)), (0, 0));
    // One that is paused has no turn.
    db.batch(&rule::change(&saved(&Rule { paused: true, ..changed }, NOW_MS + 3)));
    assert_eq!(rows(&db, NOW_MS + 60 * MINUTE).len(), 0);
}

#[test]
fn too_little_leaves_it_as_it_was() {
    let db = ruled(&Rule { hours: 1, ..measuring("lcp", 2_500.0, "") });
    views(&db, "/", 60_000.0, 0..29, NOW_MS);
    assert_eq!(look(&db, NOW_MS + MINUTE), 0, "a few slow views are no alarm");
    views(&db, "/", 60_000.0, 29..30, NOW_MS);
    assert_eq!(look(&db, NOW_MS + 10 * MINUTE), 1);
    // The night is over, and it is as slow as before.
    assert_eq!(look(&db, NOW_MS + 600 * MINUTE), 1);
    assert!(db.number("SELECT beyond_ms FROM alert_rule") > 0);
    views(&db, "/", 60_000.0, 100..200, NOW_MS + 660 * MINUTE);
    assert_eq!(look(&db, NOW_MS + 661 * MINUTE), 1);
}

#[test]
fn windows_are_of_whole_hours() {
    let db = TestDb::with_project();
    for (hours_ago, numbers) in
        [(0, 0..1), (1, 1..3), (2, 3..7), (6, 7..15), (23, 15..31), (24, 31..63)]
    {
        views(&db, "/", 1_000.0, numbers, NOW_MS - hours_ago * HOUR_MS);
    }
    for (hours, expected) in [(1, 3), (6, 15), (24, 31)] {
        let rule = Rule { hours, ..measuring("cls", 0.1, "/") };
        assert_eq!(found(&db, &rule, NOW_MS).count, expected, "{hours} h");
    }
}

#[test]
fn failed_requests_are_a_share_of_all() {
    let db = TestDb::with_project();
    views(&db, "/", 1_000.0, 0..100, NOW_MS);
    for of in ["", "POST /api/pay"] {
        let found = found(&db, &measuring("failure_rate", 4.0, of), NOW_MS);
        assert_eq!((found.value, found.count, found.is_beyond(200)), (5_000, 200, Some(true)));
        assert_eq!(found.is_beyond(201), None);
    }
    let found = found(&db, &measuring("failure_rate", 4.0, "GET /"), NOW_MS);
    assert_eq!((found.count, found.json()["value"].clone()), (0, Value::Null));
}

#[test]
fn crash_free_rates_are_told_below_the_limit() {
    let db = TestDb::with_project();
    visits(&db, "shop@1", 0..200, 1_000, NOW_MS);
    visits(&db, "shop@2", 1_000..1_100, 10, NOW_MS);
    // The six hours before those that the window begins in.
    visits(&db, "shop@2", 2_000..2_100, 1, NOW_MS - 13 * HOUR_MS);
    for (measure, of, value, count) in [
        ("crash_free_sessions", "shop@2", 90_000, 100),
        ("crash_free_sessions", "", 96_333, 300),
        ("crash_free_users", "shop@2", 80_000, 50),
        ("crash_free_sessions", "shop@3", 0, 0),
        // No release is known.
        ("crash_free_sessions", NEWEST, 0, 0),
    ] {
        let found = found(&db, &measuring(measure, 95.0, of), NOW_MS);
        assert_eq!((found.value, found.count), (value, count), "{measure} {of}");
        let expected = (count > 0).then_some(value < 95_000);
        assert_eq!(found.is_beyond(1), expected, "{measure} {of}");
    }
    let staging = Rule { environment: "staging".into(), ..measuring("crash_free_users", 95.0, "") };
    assert_eq!(found(&db, &staging, NOW_MS).count, 0);
}

#[test]
fn the_newest_release_begins_anew() {
    let db = ruled(&measuring("crash_free_sessions", 99.0, NEWEST));
    known(&db, "shop@1", 1);
    visits(&db, "shop@1", 0..100, 10, NOW_MS);
    assert_eq!(look(&db, NOW_MS), 1);
    assert_eq!(look(&db, NOW_MS + 15 * MINUTE), 1);
    known(&db, "shop@2", 2);
    visits(&db, "shop@2", 200..220, 10, NOW_MS);
    assert_eq!(look(&db, NOW_MS + 30 * MINUTE), 1, "too few to tell");
    assert_eq!(db.number("SELECT beyond_ms FROM alert_rule"), 0);
    visits(&db, "shop@2", 220..300, 10, NOW_MS);
    assert_eq!(look(&db, NOW_MS + 45 * MINUTE), 2);
    known(&db, "shop@3", 3);
    visits(&db, "shop@3", 300..400, 10, NOW_MS);
    assert_eq!(look(&db, NOW_MS + 60 * MINUTE), 3, "from one to the next at once");
    let of = db.rows(&Statement::new("SELECT measured ->> 5 FROM alert_outbox ORDER BY at_ms", []));
    assert_eq!(of.concat(), ["shop@1", "shop@2", "shop@3"]);
}

#[test]
fn a_rule_that_an_older_deployment_saved_measures_nothing() {
    let db = ruled(&measuring("lcp", 2_500.0, ""));
    assert_eq!(db.number("SELECT due_ms FROM alert_rule"), 0, "it counts for no threshold");
    db.run("UPDATE alert_rule SET settings = '{}'");
    let row = rows(&db, NOW_MS).remove(0);
    db.batch(&[note(&row, &row.rule(), None, NOW_MS)]);
    assert_eq!(rows(&db, NOW_MS + 600 * MINUTE).len(), 0);
}

#[test]
fn what_cannot_be_measured_is_named() {
    for (rule, said) in [
        (measuring("fid", 1.0, ""), "lcp, inp, cls"),
        (measuring("lcp", 0.0, ""), "milliseconds"),
        (measuring("lcp", 600_001.0, ""), "0 to 600000"),
        (measuring("lcp", -1.0, ""), "0 to 600000"),
        (measuring("cls", 10.1, ""), "score"),
        (measuring("failure_rate", 100.0, ""), "below 100 percent"),
        (measuring("crash_free_users", 100.1, ""), "up to 100 percent"),
        (measuring("lcp", 1.0, &"x".repeat(321)), "320 bytes"),
        (measuring("lcp", 1.0, "a\nb"), "in one line"),
        (Rule { hours: 2, ..Rule::default() }, "1, 6 or 24"),
        (Rule { hours: 1, ..measuring("crash_free_users", 99.0, "") }, "6 or 24"),
        (Rule { at_least: 0, ..Rule::default() }, "at_least is 1"),
        (
            Rule { environment: "a".into(), ..measuring("failure_rate", 5.0, "") },
            "environment empty",
        ),
    ] {
        let mut rule = rule;
        let error = check(&mut rule).unwrap_err();
        assert!(error.contains(said), "{rule:?}: {error}");
    }
    for name in MEASURES {
        let mut rule = measuring(name, 2.5, " of ");
        assert_eq!((check(&mut rule), rule.of.as_str()), (Ok(()), "of"), "{name}");
        assert_eq!(Measure::named(name).map(Measure::name), Some(name));
    }
}

#[track_caller]
fn check_words(measure: &str, limit: f64, value: u64, what: &str, path: &str) {
    let rule = Rule { hours: 6, ..measuring(measure, limit, "a&b>") };
    let found = Found { value, count: 420, ..Found::of_rule(&rule).unwrap() };
    assert_eq!((found.what().as_str(), found.path().as_str()), (what, path));
    assert!(what.contains(found.brief().split(' ').next_back().unwrap()), "{}", found.brief());
    assert_eq!(Found::read(&found.row()), Some(found));
}

#[test]
fn each_measure_has_its_words_and_its_page() {
    check_words(
        "lcp",
        2_500.0,
        4_213,
        "LCP of 4.21 s at the 75th percentile of 420 views within 6 h, above 2.5 s",
        "vitals/?page=a%26b%3E&range=24h",
    );
    check_words(
        "inp",
        200.0,
        240,
        "INP of 240 ms at the 75th percentile of 420 views within 6 h, above 200 ms",
        "vitals/?page=a%26b%3E&range=24h",
    );
    check_words(
        "cls",
        0.1,
        307,
        "CLS of 0.31 at the 75th percentile of 420 views within 6 h, above 0.1",
        "vitals/?page=a%26b%3E&range=24h",
    );
    check_words(
        "failure_rate",
        5.0,
        12_500,
        "12.5% of 420 requests failed within 6 h, above 5%",
        "requests/?endpoint=a%26b%3E&range=24h",
    );
    check_words(
        "crash_free_sessions",
        99.5,
        97_250,
        "97.25% of 420 sessions crash-free within 6 h, below 99.5%",
        "releases/?release=a%26b%3E&range=24h",
    );
}
