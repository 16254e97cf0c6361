use super::*;
use crate::sql::test_db::TestDb;

const NOW_MS: i64 = 500_000 * HOUR_MS + 10 * 60_000;

fn quota(hourly_quota: u32, daily_quota: u32) -> Settings {
    Settings { hourly_quota, daily_quota, ..Settings::default() }
}

fn hour(events: u32, day_before: u32, spike_limit: u32) -> Hour {
    let known = Usage { hour: 500_000, events, day_before, spike_limit };
    Hour { known, ..Hour::default() }
}

#[track_caller]
fn check(hour: Hour, settings: Settings, wanted: u32, expected: (u32, Option<Limit>)) {
    let (taken, reached) = hour.room(&settings, wanted, NOW_MS);
    assert_eq!((taken, reached.map(|reached| reached.limit)), expected);
}

#[test]
fn the_tightest_limit_says_how_many_are_taken() {
    check(hour(5_000, 0, 0), quota(0, 0), 3, (3, None));
    check(hour(8, 0, 0), quota(10, 0), 2, (2, None));
    check(hour(8, 0, 0), quota(10, 0), 3, (2, Some(Limit::Hourly)));
    check(hour(8, 90, 0), quota(100, 98), 1, (0, Some(Limit::Daily)));
    check(hour(999, 0, 1_000), quota(0, 0), 5, (1, Some(Limit::Spike)));
    let unprotected = Settings { spike_protection: false, ..Settings::default() };
    check(hour(5_000, 0, 1_000), unprotected, 5, (5, None));
}

#[test]
fn limits_begin_anew_with_the_hour_and_the_day() {
    let after_s = |settings: &Settings| {
        hour(10, 0, 0).room(settings, 1, NOW_MS).1.map(|reached| reached.retry_after_s)
    };
    assert_eq!(after_s(&quota(10, 0)), Some(50 * 60 + 1));
    // Hour 500,000 is the ninth of its day.
    assert_eq!(500_000 % 24, 8);
    assert_eq!(after_s(&quota(0, 10)), Some(15 * 3_600 + 50 * 60 + 1));
}

#[test]
fn a_small_quota_is_exact_and_a_large_one_costs_no_row_an_event() {
    let held = |held: u32, written_ms: i64| Hour { held, written_ms, ..hour(0, 0, 0) };
    for (hour, settings, expected) in [
        (held(1, NOW_MS), quota(50, 0), true),
        (held(9, NOW_MS), quota(1_000, 0), false),
        (held(10, NOW_MS), quota(1_000, 0), true),
        (held(99, NOW_MS), quota(1_000_000, 0), false),
        (held(100, NOW_MS), quota(0, 0), true),
        (held(9, NOW_MS - PAUSE_MS), quota(0, 0), false),
        (held(10, NOW_MS - PAUSE_MS), quota(0, 0), true),
        (held(1, NOW_MS - LONGEST_MS), quota(0, 0), true),
        (held(0, 0), quota(50, 0), false),
    ] {
        assert_eq!(hour.is_due(&settings, NOW_MS), expected, "{hour:?}");
    }
}

#[test]
fn what_is_on_its_way_is_counted_once() {
    let (project, settings) = (9_001, quota(5, 0));
    let usage = |events| Usage { hour: 500_000, events, ..Usage::default() };
    learn(project, usage(1), NOW_MS);
    assert_eq!(take(project, &settings, 3, NOW_MS), (3, None));
    assert!(due(project, &settings, NOW_MS));
    // Read while it is written: the database may or may not have counted it.
    learn(project, usage(4), NOW_MS);
    assert_eq!(reached(project, &settings, NOW_MS), None);
    assert_eq!(take(project, &settings, 2, NOW_MS).0, 1);
    give_back(project, 1, NOW_MS);
    assert_eq!(reached(project, &settings, NOW_MS), None);
    // The next hour knows of the day.
    with_hour(project, NOW_MS + HOUR_MS, |hour| {
        assert_eq!((hour.events(), hour.known.day_before), (3, 4));
    });
}

#[test]
fn hours_add_up_and_a_past_makes_a_limit() {
    let db = TestDb::with_project();
    let add = |hour: i64, events: u32| db.rows(&add(1, hour, events)).remove(0);
    // In a new project nothing is a spike.
    assert_eq!(add(480_000, 24_000), ["480000", "24000", "0", "0"]);
    assert_eq!(add(480_000, 24_000), ["480000", "48000", "0", "0"]);
    // The same day, UTC.
    assert_eq!(add(480_010, 7), ["480010", "7", "48000", "0"]);
    // A day later: 48,007 events in 24 hours, and none of this day before.
    assert_eq!(add(480_024, 1), ["480024", "1", "0", "20002"]);
    // The limit of an hour is made as it begins.
    assert_eq!(add(480_024, 50_000)[3], "20002");
    // A quiet past: the least limit.
    db.run("UPDATE project_hour SET events = 1");
    assert_eq!(add(480_030, 1)[3], "1000");
    // A past that is over a week ago is none.
    assert_eq!(add(480_300, 1)[3], "0");
}
