use trapline_core::histogram::encode;
use trapline_core::page_view::Vital;

use super::*;
use crate::page_views::DAY_MS;
use crate::page_views::append::append;
use crate::sql::test_db::{NOW_MS, TestDb};

fn view(id: &str, page: &str, inp: f64, abandoned: bool) -> PageView {
    let vital = Vital { value: inp, ..Vital::default() };
    PageView {
        id: id.repeat(32),
        page: page.into(),
        started_ms: NOW_MS - 3_600_000,
        weight: 100,
        abandoned,
        errors: 1,
        vitals: [None, Some(vital), None, None, None],
        ..PageView::default()
    }
}

/// An event of a group, in a view.
fn happened(db: &TestDb, group: &str, number: u32, page_view_id: &str, at_ms: i64) {
    db.run(&format!(
        "INSERT INTO event (project_id, group_hash, claimed_ms, event_id, at_ms, count, release, environment, browser, os, page,
            country, stored_ms, page_view_id, commit_nonce)
         VALUES (1, x'{group}', {at_ms}, x'{number:032x}', {at_ms}, 1, '', '', '', '', '', '', {at_ms}, '{page_view_id}', 1)"
    ));
}

fn group(db: &TestDb, hash: &str, number: u32) {
    db.run(&format!(
        "INSERT INTO event_group (project_id, hash, number, label, events, stored, users, hour, hour_events, bodies, next_body,
            body_ms, first_seen_ms, last_seen_ms, last_release)
         VALUES (1, x'{hash}', {number}, '', 1, 1, 0, 1, 1, 0, 0, 0, 1, {NOW_MS}, '')"
    ));
}

fn effect(db: &TestDb) -> Effect {
    let rows = db.rows(&effect_of(1, 7, NOW_MS));
    compared(rows.iter().map(|row| (row[0].parse().unwrap(), row[1].as_str())))
}

#[test]
fn views_with_the_error_stand_beside_those_without_any() {
    let db = TestDb::with_project();
    let (own, other) = ("aa".repeat(16), "bb".repeat(16));
    group(&db, &own, 7);
    group(&db, &other, 8);
    assert_eq!(effect(&db), Effect::default());
    for (id, page, inp, abandoned) in
        [("3", "/pay", 500.0, true), ("a", "/pay", 500.0, false), ("f", "/cart", 90.0, true)]
    {
        db.batch(&[append(1, &view(id, page, inp, abandoned), NOW_MS)]);
    }
    // The view began an hour before; the same view twice; one of another issue; one that was not sampled; none.
    happened(&db, &own, 1, &"3".repeat(32), NOW_MS);
    happened(&db, &own, 2, &"3".repeat(32), NOW_MS - 1);
    happened(&db, &own, 3, &"a".repeat(32), NOW_MS - 3_600_000);
    happened(&db, &other, 4, &"f".repeat(32), NOW_MS);
    happened(&db, &own, 5, &"c".repeat(32), NOW_MS);
    happened(&db, &own, 6, "", NOW_MS);
    let mut calm = Sums::default();
    calm.count(places::VIEWS, 1_000);
    calm.count(places::ABANDONED, 200);
    calm.add(INP, bucket_of(200.0), 1_000);
    let mut parts = Parts::default();
    parts.at("calm|").merge(&calm);
    let causes = encode(&parts);
    for (name, days_ago) in [("/pay", 0), ("/pay", 2), ("/pay", 9), ("/cart", 0)] {
        let day = NOW_MS / DAY_MS - days_ago;
        db.run(&format!(
            "INSERT INTO page_view_stat VALUES (1, 0, {day}, '{name}', 1, 1, '', '', '', '', '', '', '', '{causes}', '')"
        ));
    }
    db.run(&format!(
        "INSERT INTO feedback (project_id, id, at_ms, status, message, name, email, url, event_id, group_hash, page_view_id,
            session_id, release, environment, browser, os, locale, spam)
         VALUES (1, '1', 1, 0, 'x', '', '', '', '', x'{own}', '', '', '', '', '', '', '', ''),
            (1, '2', 1, 2, 'spam', '', '', '', '', x'{own}', '', '', '', '', '', '', '', ''),
            (1, '3', 1, 0, 'x', '', '', '', '', x'{other}', '', '', '', '', '', '', '', '')"
    ));
    let effect = effect(&db);
    let near = |value: Option<f64>, expected: f64| {
        value.is_some_and(|value| (value - expected).abs() < expected * 0.04)
    };
    assert_eq!((effect.views, effect.feedback), (2, 1));
    assert!(near(effect.inp, 500.0) && near(effect.inp_without, 200.0), "{effect:?}");
    assert_eq!((effect.abandoned, effect.abandoned_without), (Some(0.5), Some(0.2)));
}
