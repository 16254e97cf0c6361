//! What an error did to visits: views as they came, of the last three days, joined by the IDs that events carry.

use serde::Deserialize;
use trapline_core::histogram::{Histogram, Parts, Sums, bucket_of, decode};
use trapline_core::page_view::{INP, PageView};

use super::fold::Chunk;
use super::tally::inp_of;
use super::{RAW_DAYS, page as places};
use crate::plan::HOUR_MS;
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// What `effect_rows!` is made of: views in which the newest events of some groups of an issue happened, at most 60 events of
/// each group and 30 views; their lines, found in the hour of the event and the two before it; and their pages. `$hashes` is a query
/// for the groups' hashes, `$since` the time from which on events are looked at. Primary keys of `event` and `page_view_chunk`.
macro_rules! effect_parts {
    ($hashes:literal, $since:literal) => {
        concat!(
            "looked AS MATERIALIZED (
                SELECT e.value ->> 0 AS id, max(e.value ->> 1) / 3600000 AS hour FROM (
                    SELECT (SELECT json_group_array(json_array(page_view_id, at_ms)) FROM (
                        SELECT page_view_id, at_ms FROM event WHERE event.project_id = ?1 AND event.group_hash = active.hash
                        AND claimed_ms >= ",
            $since,
            " ORDER BY claimed_ms DESC, event_id DESC LIMIT 60)) AS events FROM (",
            $hashes,
            " LIMIT 5) active) lately CROSS JOIN json_each(lately.events) e
                WHERE e.value ->> 0 <> '' GROUP BY 1 ORDER BY max(e.value ->> 1) DESC LIMIT 30),
            newest AS MATERIALIZED (
                SELECT DISTINCT v.value AS line FROM looked CROSS JOIN json_each('[0,1,2]') h
                CROSS JOIN page_view_chunk c ON c.project_id = ?1 AND c.hour = CAST(looked.hour AS INTEGER) - h.value
                    AND c.slot = (instr('0123456789abcdef', substr(looked.id, 1, 1)) + 3) % 4
                CROSS JOIN json_each(iif(json_valid('[' || c.views || ']'), '[' || c.views || ']', '[]')) v
                WHERE instr(c.ids, substr(looked.id, 1, 16)) > 0 AND v.value ->> 0 = looked.id),
            wanted AS MATERIALIZED (SELECT DISTINCT line ->> 3 AS name FROM newest LIMIT 5)"
        )
    };
}

/// Rows of `(own, events)`: 2 with the line of a view, 3 with the causes of a page on one of the last four days before `$since` and
/// three days, 4 with the number of messages about the issue `?2`, up to 100. `page_view_stat_by_name`,
/// `event_group_by_issue`, `feedback_by_group`.
macro_rules! effect_rows {
    ($since:literal) => {
        concat!(
            "SELECT 2 AS own, line AS events FROM newest
            UNION ALL
            SELECT 3, s.causes FROM wanted CROSS JOIN json_each('[0,1,2,3]') d CROSS JOIN page_view_stat s
                ON s.project_id = ?1 AND s.kind = 0 AND s.day = CAST(",
            $since,
            " / 86400000 AS INTEGER) + d.value AND s.name = wanted.name
            UNION ALL
            SELECT 4, CAST(count(*) AS TEXT) FROM (
                SELECT 1 FROM (SELECT hash FROM event_group INDEXED BY event_group_by_issue
                    WHERE project_id = ?1 AND number = ?2 LIMIT 300) others
                CROSS JOIN feedback INDEXED BY feedback_by_group
                    ON feedback.project_id = ?1 AND feedback.group_hash = others.hash AND feedback.status < 2 LIMIT 100)"
        )
    };
}

pub(crate) use {effect_parts, effect_rows};

/// When views begin that are still there as they came.
pub fn since_ms(now_ms: i64) -> i64 {
    now_ms - RAW_DAYS * 24 * HOUR_MS
}

/// What an issue did to visits; gives back [`EffectRow`].
pub fn effect_of(project_id: u32, number: u32, now_ms: i64) -> Statement {
    Statement::new(
        concat!(
            "WITH ",
            effect_parts!(
                "SELECT hash FROM event_group INDEXED BY event_group_by_issue
                 WHERE project_id = ?1 AND number = ?2 AND last_seen_ms >= ?3",
                "?3"
            ),
            " ",
            effect_rows!("?3")
        ),
        [project_id.into(), number.into(), since_ms(now_ms).into()],
    )
}

/// A row of `effect_rows!`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct EffectRow {
    /// 2: a view, 3: causes of a page, 4: messages.
    pub own: u32,
    /// What it is.
    pub events: String,
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

/// Reads what an issue did to visits, in one query.
///
/// # Errors
/// What the database says.
pub async fn effect(
    store: &Store,
    project_id: u32,
    number: u32,
    now_ms: i64,
) -> Result<Effect, StoreError> {
    let rows: Vec<EffectRow> = store.read(&effect_of(project_id, number, now_ms)).await?.all()?;
    Ok(compared(rows.iter().map(|row| (row.own, row.events.as_str()))))
}

/// Compares views with an error with what is known of those without, as `effect_rows!` tells of both: pure.
pub fn compared<'a>(rows: impl Iterator<Item = (u32, &'a str)>) -> Effect {
    let (mut with, mut without) = (Sums::default(), Sums::default());
    let mut inp = Histogram::default();
    let mut effect = Effect::default();
    for (own, text) in rows {
        match own {
            2 => {
                let line = Chunk { hour: 0, slot: 0, seq: 0, views: text.to_owned() };
                for view in line.read() {
                    effect.views += 1;
                    add(&mut with, &mut inp, &view);
                }
            }
            3 => {
                let mut parts = Parts::default();
                decode(text, &mut parts);
                if let Some(sums) = parts.get("calm|") {
                    without.merge(sums);
                }
            }
            4 => effect.feedback = text.parse().unwrap_or(0),
            _ => {}
        }
    }
    let abandoned =
        |sums: &Sums| share(sums.counted(places::ABANDONED), sums.counted(places::VIEWS));
    Effect {
        inp: inp.percentile(75),
        inp_without: without.histograms.get(INP).and_then(|histogram| histogram.percentile(75)),
        abandoned: abandoned(&with),
        abandoned_without: abandoned(&without),
        ..effect
    }
}

fn add(sums: &mut Sums, inp: &mut Histogram, view: &PageView) {
    sums.count(places::VIEWS, view.weight);
    sums.count(places::ABANDONED, view.weight * u64::from(view.abandoned));
    if let Some(value) = inp_of(view) {
        inp.add(bucket_of(value), view.weight);
    }
}

/// A part of a whole, from 0 to 1; `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests;
