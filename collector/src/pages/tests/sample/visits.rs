//! Releases, and what users say, with one text wherever a sender may put any.

use trapline_core::histogram::{Sums, bucket_of};

use super::*;
use crate::feedback::{Counts, Feedback};
use crate::health::{Compared, Release, ReleaseRow, Releases, Young};
use crate::sessions::Health;

const NOW_MS: i64 = 1_795_426_880_000;

pub(crate) fn releases(text: &str) -> ReleasesPage {
    let known = |days: i64| ReleaseRow {
        version: text.into(),
        first_seen_ms: NOW_MS - days * 86_400_000,
        new_issues: 7,
        regressed_issues: 1,
        newest: json!([[143, text, text], [144, text, text]]).to_string(),
    };
    let health = Health { sessions: 1_000, crashed: 16, users: 40.0, ..Health::default() };
    let mut views = Sums::default();
    views.count(0, 10_000);
    let young = |ms: f64| {
        let mut views = views.clone();
        (0..2).for_each(|vital| views.add(vital, bucket_of(ms), 10_000));
        let pages = vec![(text.to_owned(), views.clone())];
        Young { known: known(1), health: health.clone(), views, pages }
    };
    let release = |days| Release { known: known(days), health: health.clone() };
    let unseen = Release {
        known: ReleaseRow { version: text.into(), ..ReleaseRow::default() },
        health: health.clone(),
    };
    let hour = NOW_MS / 3_600_000 / 6 * 6;
    ReleasesPage {
        shell: Shell { now_ms: NOW_MS, ..shell(text) },
        scope: Scope { environment: text.into(), ..Scope::default() },
        choices: Choices { environments: vec![text.into()], releases: vec![text.into()] },
        prefix: text.into(),
        first_hour: hour - 13 * 24,
        list: Releases {
            releases: vec![release(1), release(9), unseen],
            all: Health { sessions: 4_000, ..Health::default() },
            trend: vec![(hour - 6, health.clone()), (hour, health.clone())],
        },
        compared: Some(Compared { hours: 48, releases: [young(300.0), young(500.0)] }),
    }
}

pub(crate) fn feedback(text: &str) -> FeedbackPage {
    let row = |id: u32, status| Feedback {
        id: format!("{id:032x}"),
        at_ms: NOW_MS - 60_000,
        status,
        message: text.into(),
        name: text.into(),
        email: text.into(),
        url: text.into(),
        event_id: "1".repeat(32),
        page_view_id: "2".repeat(32),
        session_id: "3".repeat(32),
        release: text.into(),
        environment: text.into(),
        browser: text.into(),
        os: text.into(),
        locale: text.into(),
        spam: text.into(),
        number: 143,
    };
    let peek = Peek { lines: vec![(142, text.into(), true)], sentence: String::new() };
    FeedbackPage {
        shell: Shell { now_ms: NOW_MS, ..shell(text) },
        prefix: text.into(),
        query: text.into(),
        counts: Counts { fresh: 7, done: 1_000, spam: 0 },
        rows: vec![row(1, 0), row(2, 0)],
        next_ms: Some(1),
        before_ms: Some(2),
        open: Some(Letter {
            row: row(1, 2),
            event: Some((text.into(), text.into(), NOW_MS - 62_000, peek)),
            others: 5,
        }),
        is_named: true,
        may_change: true,
        ..FeedbackPage::default()
    }
}
