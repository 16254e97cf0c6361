//! Adds up what waits, in steps: each reads some chunks and writes one batch, which takes effect once or not at all.
//!
//! A generation of chunks is closed first, so that nothing is appended while it is added up. The batch begins with the row that
//! says how far things are, and goes on only if that was where the step began: so a step that is repeated, or done by two at
//! once, adds nothing twice.

use serde::Deserialize;
use serde_json::{Value, json};
use trapline_core::histogram::{Parts, encode};
use trapline_core::page_view::PageView;

use super::tally::{Key, Only, Stat, Tally, tally, without_rare};
use super::{Column, Kind};
use crate::sql::Statement;

/// Views that wait from which on they are added up.
pub const ENOUGH: u64 = 1_024;

/// So long they wait at most: few views cost few rows if they are added up seldom, and whoever reads numbers adds them anyway.
pub(super) const LONGEST_MS: i64 = 6 * 3_600_000;

/// Chunks of one step: two thousand views where they are full, and few views of many hours.
pub const CHUNKS: usize = 32;

/// How far a project's views are added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct State {
    /// Takes views now.
    pub generation: i64,
    /// Added up as a whole.
    pub folded: i64,
    /// `[hour, slot, seq]` of the last chunk of the next one that was.
    pub place: String,
    /// When the generation was begun; 0 for the first.
    pub begun_ms: i64,
    /// Views that wait.
    pub waiting: u64,
}

/// Chunks that wait: `?1` the project, `?2` what is folded, `?3` the place behind it.
macro_rules! waiting {
    () => {
        "page_view_chunk c INDEXED BY page_view_chunk_by_generation WHERE c.project_id = ?1 AND c.generation > ?2
            AND (c.generation > ?2 + 1 OR (c.hour, c.slot, c.seq) > (coalesce(?3 ->> 0, 0), coalesce(?3 ->> 1, 0), coalesce(?3 ->> 2, -1)))"
    };
}

/// Gives back [`State`]. Primary key of `page_view_fold`, `page_view_chunk_by_generation`.
pub fn state(project_id: u32) -> Statement {
    Statement::new(
        "SELECT f.*, (SELECT CAST(total(c.count) AS INTEGER) FROM page_view_chunk c INDEXED BY page_view_chunk_by_generation
            WHERE c.project_id = ?1 AND c.generation > f.folded) AS waiting FROM (
            SELECT generation, folded, place, begun_ms FROM page_view_fold WHERE project_id = ?1
            UNION ALL SELECT 1, 0, '[]', 0 LIMIT 1) f",
        [project_id.into()],
    )
}

/// Which of some projects have something to add up: enough, or for an hour, or a generation that is closed. Primary key of
/// `page_view_fold`, `page_view_chunk_by_generation`.
pub fn due(projects: &[u32], now_ms: i64) -> Statement {
    Statement::new(
        "SELECT j.value AS project_id FROM json_each(?1) j LEFT JOIN page_view_fold f ON f.project_id = j.value
         WHERE f.generation > f.folded + 1 OR (SELECT total(c.count) >= iif(?2 - coalesce(f.begun_ms, 0) >= ?3, 1, ?4)
            FROM page_view_chunk c INDEXED BY page_view_chunk_by_generation
            WHERE c.project_id = j.value AND c.generation > coalesce(f.folded, 0))",
        [
            serde_json::to_string(projects).unwrap_or_default().into(),
            now_ms.into(),
            LONGEST_MS.into(),
            i64::try_from(ENOUGH).unwrap_or(0).into(),
        ],
    )
}

impl State {
    /// Whether a step has something to do.
    pub fn is_due(&self, now_ms: i64) -> bool {
        self.generation > self.folded + 1
            || self.waiting >= ENOUGH
            || self.waiting > 0 && now_ms - self.begun_ms >= LONGEST_MS
    }

    /// Closes the generation that takes views, where it is the next to be added up.
    pub fn close(&self, project_id: u32, now_ms: i64) -> Option<Statement> {
        (self.generation == self.folded + 1).then(|| {
            Statement::new(
                "INSERT INTO page_view_fold (project_id, generation, folded, place, nonce, begun_ms)
                 VALUES (?1, ?2 + 1, ?2 - 1, '[]', 0, ?3)
                 ON CONFLICT DO UPDATE SET generation = generation + 1, begun_ms = ?3 WHERE generation = ?2",
                [project_id.into(), self.generation.into(), now_ms.into()],
            )
        })
    }

    /// The next chunks of the generation that is added up; gives back [`Chunk`]. `page_view_chunk_by_generation`.
    pub fn next(&self, project_id: u32) -> Statement {
        Statement::new(
            concat!(
                "SELECT c.hour, c.slot, c.seq, c.views FROM ",
                waiting!(),
                " AND c.generation = ?2 + 1
                ORDER BY c.hour, c.slot, c.seq LIMIT ?4"
            ),
            [
                project_id.into(),
                self.folded.into(),
                self.place.as_str().into(),
                u32::try_from(CHUNKS).unwrap_or(0).into(),
            ],
        )
    }
}

/// What waits, the first so many chunks; gives back [`Chunk`]. `page_view_chunk_by_generation`.
pub fn waiting(project_id: u32) -> Statement {
    const SQL: &str = "
        SELECT c.hour, c.slot, c.seq, c.views FROM (
            SELECT folded, place FROM page_view_fold WHERE project_id = ?1 UNION ALL SELECT 0, '[]' LIMIT 1) f
        CROSS JOIN page_view_chunk c INDEXED BY page_view_chunk_by_generation
            ON c.project_id = ?1 AND c.generation > f.folded
        WHERE c.generation > f.folded + 1 OR (c.hour, c.slot, c.seq) > (
            coalesce(f.place ->> 0, 0), coalesce(f.place ->> 1, 0), coalesce(f.place ->> 2, -1))
        LIMIT 64";
    Statement::new(SQL, [project_id.into()])
}

/// Views of one row.
#[derive(Clone, Debug, Deserialize)]
pub struct Chunk {
    /// Hours since 1970.
    pub hour: i64,
    /// By the ID.
    pub slot: i64,
    /// Number within the hour and slot.
    pub seq: i64,
    /// Lines.
    pub views: String,
}

impl Chunk {
    /// The views.
    pub fn read(&self) -> Vec<PageView> {
        listed(&["[", &self.views, "]"].concat()).into_iter().map(PageView::of_value).collect()
    }
}

/// Members of a list of JSON; none of what is damaged.
pub(super) fn listed(text: &str) -> Vec<Value> {
    match serde_json::from_slice(text.as_bytes()) {
        Ok(Value::Array(members)) => members,
        _ => Vec::new(),
    }
}

/// Names that have rows on the days of some chunks; gives back [`Named`]. `page_view_stat_by_name`, at most a thousand a day.
pub fn known(project_id: u32, chunks: &[Chunk]) -> Statement {
    let mut days: Vec<i64> = chunks.iter().map(|chunk| chunk.hour / 24).collect();
    days.dedup();
    Statement::new(
        "SELECT s.kind, s.day, s.name FROM json_each('[0,1]') k CROSS JOIN json_each(?2) d
         CROSS JOIN page_view_stat s ON s.project_id = ?1 AND s.kind = k.value AND s.day = d.value",
        [project_id.into(), serde_json::to_string(&days).unwrap_or_default().into()],
    )
}

/// A name that has a row.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    /// As [`Kind::number`].
    pub kind: u32,
    /// Days since 1970.
    pub day: i64,
    /// Empty for all.
    pub name: String,
}

/// The batch of a step. All but the first statement give back [`Long`]. `None` if there are neither chunks nor a generation to end.
pub fn step(
    project_id: u32,
    state: &State,
    chunks: &[Chunk],
    known: &[Named],
    nonce: i64,
) -> Option<Vec<Statement>> {
    if state.generation <= state.folded + 1 {
        return None;
    }
    let is_last = chunks.len() < CHUNKS;
    let place = match chunks.last() {
        Some(Chunk { hour, slot, seq, .. }) if !is_last => json!([hour, slot, seq]).to_string(),
        _ => "[]".to_owned(),
    };
    let mut statements = vec![Statement::new(
        "UPDATE page_view_fold SET folded = folded + ?4, place = ?5, nonce = ?6
         WHERE project_id = ?1 AND folded = ?2 AND place = ?3",
        [
            project_id.into(),
            state.folded.into(),
            state.place.as_str().into(),
            is_last.into(),
            place.into(),
            nonce.into(),
        ],
    )];
    let kind = |number| if number == 0 { Kind::Page } else { Kind::Endpoint };
    let known: Vec<Key> =
        known.iter().map(|row| (kind(row.kind), row.day, row.name.clone())).collect();
    let views: Vec<PageView> = chunks.iter().flat_map(Chunk::read).collect();
    statements.extend(added(
        project_id,
        without_rare(tally(&views, Only::default()), &known),
        nonce,
    ));
    Some(statements)
}

/// Bytes of rows that go into one statement.
const MAX_TEXT: usize = 1_000_000;

fn added(project_id: u32, tally: Tally, nonce: i64) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut rows = String::new();
    for (key, stat) in tally {
        rows.push(if rows.is_empty() { '[' } else { ',' });
        rows += &row(key, stat).to_string();
        if rows.len() > MAX_TEXT {
            statements.push(add(project_id, std::mem::take(&mut rows), nonce));
        }
    }
    if !rows.is_empty() {
        statements.push(add(project_id, rows, nonce));
    }
    statements
}

/// Causes that a step adds to a row.
const MAX_CAUSES: usize = 30;

fn row((kind, day, name): Key, mut stat: Stat) -> Value {
    if let Some(causes) = stat.columns.last_mut() {
        causes.bound(MAX_CAUSES);
    }
    let first = stat.columns.first();
    let quantity: u64 =
        first.into_iter().flat_map(Parts::iter).map(|(_, sums)| sums.counted(0)).sum();
    let slowest: Vec<String> = stat.slowest.into_iter().map(|(_, line)| line).collect();
    let mut members: Vec<Value> =
        vec![kind.number().into(), day.into(), name.into(), quantity.into()];
    members
        .extend(Column::ALL.iter().zip(&stat.columns).map(|(_, parts)| Value::from(encode(parts))));
    members.push(slowest.join(",").into());
    members.into()
}

/// A row that could be joined.
#[derive(Clone, Debug, Deserialize)]
pub struct Long {
    /// As [`Kind::number`].
    pub kind: u32,
    /// Days since 1970.
    pub day: i64,
    /// Empty for all.
    pub name: String,
    /// 1 if its texts are long.
    pub is_long: u32,
}

/// A row each: primary key of `page_view_fold`, `page_view_stat_by_name`.
fn add(project_id: u32, rows: String, nonce: i64) -> Statement {
    Statement::new(ADD, [project_id.into(), (rows + "]").into(), nonce.into()])
}

const ADD: &str = "
    INSERT INTO page_view_stat (project_id, kind, day, name, quantity, totals, hours, releases, environments, browsers,
        devices, countries, causes, slowest)
    SELECT ?1, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5, j.value ->> 6,
        j.value ->> 7, j.value ->> 8, j.value ->> 9, j.value ->> 10, j.value ->> 11, j.value ->> 12
    FROM json_each(?2) j WHERE EXISTS (SELECT 1 FROM page_view_fold WHERE project_id = ?1 AND nonce = ?3)
    ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity, totals = totals || excluded.totals,
        hours = hours || excluded.hours, releases = releases || excluded.releases,
        environments = environments || excluded.environments, browsers = browsers || excluded.browsers,
        devices = devices || excluded.devices, countries = countries || excluded.countries,
        causes = causes || excluded.causes,
        slowest = slowest || iif(slowest = '' OR excluded.slowest = '', '', ',') || excluded.slowest
    RETURNING kind, day, name, length(totals) + length(hours) + length(releases) + length(environments) + length(browsers)
        + length(devices) + length(countries) + length(causes) + length(slowest) > join_at AS is_long";
