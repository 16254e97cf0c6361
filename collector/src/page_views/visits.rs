//! What an error did to visits: views as they came, of the last three days, joined by the IDs that events carry.

use serde::Deserialize;
use trapline_core::histogram::{Histogram, Parts, Sums, bucket_of, decode};
use trapline_core::page_view::{INP, PageView};

use super::fold::{self, Chunk};
use super::read::{chunks_of, day_of};
use super::tally::{inp_of, sums_of};
use super::{Kind, RAW_DAYS, page as places};
use crate::feedback;
use crate::plan::HOUR_MS;
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Views of an issue that are looked at: those of its newest events.
const VIEWS: u32 = 100;

/// Views of an issue's newest events of three days; gives back [`Seen`]. `event_group_by_issue`, primary key of `event`: at most
/// 2,000 events.
pub fn views_of_issue(project_id: u32, number: u32, now_ms: i64) -> Statement {
    Statement::new(
        "SELECT page_view_id, max(at_ms) AS at_ms FROM (
            SELECT e.page_view_id, e.at_ms FROM event_group g INDEXED BY event_group_by_issue
            CROSS JOIN event e ON e.project_id = ?1 AND e.group_hash = g.hash AND e.claimed_ms >= ?3
            WHERE g.project_id = ?1 AND g.number = ?2 AND g.last_seen_ms >= ?3 LIMIT 2000)
         WHERE page_view_id <> '' GROUP BY page_view_id ORDER BY 2 DESC LIMIT ?4",
        [project_id.into(), number.into(), (now_ms - RAW_DAYS * 24 * HOUR_MS).into(), VIEWS.into()],
    )
}

/// A view in which an event happened.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// 32 hexadecimal digits.
    pub page_view_id: String,
    /// When it happened.
    pub at_ms: i64,
}

/// What an error did to the visits that met it, beside views of the same pages without any error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// Views with the error that were sampled, each as one.
    pub views: u32,
    /// Their interaction to next paint, 75th percentile, in milliseconds.
    pub inp: Option<f64>,
    /// The same of views of these pages, on these days, that had no error.
    pub inp_without: Option<f64>,
    /// Share of them that were left before anything was done.
    pub abandoned: Option<f64>,
    /// The same of those without an error.
    pub abandoned_without: Option<f64>,
    /// Messages of users about the issue.
    pub feedback: u32,
}

/// Reads what an issue did to visits, in five queries.
///
/// # Errors
/// What the database says.
pub async fn effect(
    store: &Store,
    project_id: u32,
    number: u32,
    now_ms: i64,
) -> Result<Effect, StoreError> {
    let first =
        [views_of_issue(project_id, number, now_ms), feedback::of_issue(project_id, number)];
    let results = store.batch(&first).await?;
    let [seen, said] = results.as_slice() else { return Ok(Effect::default()) };
    let seen: Vec<Seen> = seen.all()?;
    let said = u32::try_from(said.all::<feedback::FeedbackRow>()?.len()).unwrap_or(u32::MAX);
    let keys: Vec<(String, i64)> =
        seen.into_iter().map(|seen| (seen.page_view_id, seen.at_ms)).collect();
    if keys.is_empty() {
        return Ok(Effect { feedback: said, ..Effect::default() });
    }
    let chunks: Vec<Chunk> = store.read(&chunks_of(project_id, &keys)).await?.all()?;
    let views: Vec<PageView> = chunks
        .iter()
        .flat_map(Chunk::read)
        .filter(|view| keys.iter().any(|(id, _)| *id == view.id))
        .collect();
    let results =
        store.batch(&[calm(project_id, &views, now_ms), fold::waiting(project_id)]).await?;
    let [calm, chunks] = results.as_slice() else { return Ok(Effect::default()) };
    let waiting: Vec<PageView> = chunks.all::<Chunk>()?.iter().flat_map(Chunk::read).collect();
    Ok(Effect { feedback: said, ..compared(&views, &calm.all::<CalmRow>()?, &waiting) })
}

/// A row's causes.
#[derive(Clone, Debug, Deserialize)]
pub struct CalmRow {
    /// As `causes` has it.
    pub causes: String,
}

/// Rows of the pages of some views over three days; gives back [`CalmRow`]. `page_view_stat_by_name`.
pub fn calm(project_id: u32, views: &[PageView], now_ms: i64) -> Statement {
    const PAGES: usize = 20;
    let mut pages: Vec<&str> = views.iter().map(|view| view.page.as_str()).collect();
    pages.sort_unstable();
    pages.dedup();
    pages.truncate(PAGES);
    Statement::new(
        "SELECT s.causes FROM json_each(?2) j CROSS JOIN json_each('[0,1,2,3]') d CROSS JOIN page_view_stat s
            ON s.project_id = ?1 AND s.kind = ?4 AND s.day = CAST(?3 AS INTEGER) - d.value AND s.name = j.value",
        [
            project_id.into(),
            serde_json::to_string(&pages).unwrap_or_default().into(),
            day_of(now_ms).into(),
            Kind::Page.number().into(),
        ],
    )
}

/// Compares views with an error with what is known of those without: pure.
pub fn compared(views: &[PageView], calm: &[CalmRow], waiting: &[PageView]) -> Effect {
    let (mut with, mut without) = (Sums::default(), Sums::default());
    let mut inp = Histogram::default();
    for view in views {
        with.count(places::VIEWS, view.weight);
        with.count(places::ABANDONED, view.weight * u64::from(view.abandoned));
        if let Some(value) = inp_of(view) {
            inp.add(bucket_of(value), view.weight);
        }
    }
    for row in calm {
        let mut parts = Parts::default();
        decode(&row.causes, &mut parts);
        if let Some(sums) = parts.get("calm|") {
            without.merge(sums);
        }
    }
    let is_same_page = |view: &&PageView| views.iter().any(|one| one.page == view.page);
    for view in waiting.iter().filter(|view| view.errors == 0).filter(is_same_page) {
        without.merge(&sums_of(view));
    }
    let abandoned =
        |sums: &Sums| share(sums.counted(places::ABANDONED), sums.counted(places::VIEWS));
    Effect {
        views: u32::try_from(views.len()).unwrap_or(u32::MAX),
        inp: inp.percentile(75),
        inp_without: without.histograms.get(INP).and_then(|histogram| histogram.percentile(75)),
        abandoned: abandoned(&with),
        abandoned_without: abandoned(&without),
        feedback: 0,
    }
}

/// A part of a whole, from 0 to 1; `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Events of a page view: of the issues that were seen since it began, at most 500 issues and 5,000 events. `issue_by_last_hour`,
/// `event_group_by_issue`, primary key of `event`.
pub fn events_of_view(project_id: u32, page_view_id: &str, from_ms: i64, to_ms: i64) -> Statement {
    Statement::new(
        "SELECT lower(hex(event_id)) AS event_id, number, at_ms FROM (
            SELECT e.event_id, e.page_view_id, e.at_ms, newest.number FROM (
                SELECT i.number FROM json_each('[0,1,2]') s CROSS JOIN issue i INDEXED BY issue_by_last_hour ON i.project_id = ?1
                AND i.status = s.value AND i.last_hour >= CAST(?3 / 3600000 AS INTEGER) LIMIT 500) newest
            CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = newest.number
            CROSS JOIN event e ON e.project_id = ?1 AND e.group_hash = g.hash AND e.claimed_ms BETWEEN ?3 AND ?4 LIMIT 5000)
         WHERE page_view_id = ?2 ORDER BY at_ms LIMIT 50",
        [project_id.into(), page_view_id.into(), (from_ms - 60_000).into(), to_ms.into()],
    )
}

/// An event of a view.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ViewEvent {
    /// 32 hexadecimal digits.
    pub event_id: String,
    /// Of its issue.
    pub number: u32,
    /// When it happened.
    pub at_ms: i64,
}
