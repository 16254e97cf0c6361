//! Texts of a row that were appended to many times are joined into what they add up to. A row that was appended to meanwhile stays
//! as it is, and is joined another time: texts only grow, so its length tells.

use serde::Deserialize;
use serde_json::{Value, json};
use trapline_core::histogram::{Parts, decode, encode};
use trapline_core::page_view::PageView;

use super::Column;
use super::fold::{Long, listed};
use super::tally::{keep_slowest, slowness};
use crate::sql::Statement;

/// Rows joined after one step.
pub const ROWS: usize = 20;

/// Loads that a row keeps.
const SLOWEST: usize = 10;

/// The rows; gives back [`Texts`]. `page_view_stat_by_name`.
pub fn texts(project_id: u32, long: &[Long]) -> Statement {
    let keys: Vec<_> = long.iter().take(ROWS).map(|row| (row.kind, row.day, &row.name)).collect();
    Statement::new(
        "SELECT s.kind, s.day, s.name, json_array(s.totals, s.hours, s.releases, s.environments, s.browsers, s.devices,
            s.countries, s.causes, s.slowest) AS texts
         FROM json_each(?2) j CROSS JOIN page_view_stat s ON s.project_id = ?1 AND s.kind = j.value ->> 0
            AND s.day = j.value ->> 1 AND s.name = j.value ->> 2",
        [project_id.into(), serde_json::to_string(&keys).unwrap_or_default().into()],
    )
}

/// A row with all its texts.
#[derive(Clone, Debug, Deserialize)]
pub struct Texts {
    /// As [`Kind::number`](super::Kind::number).
    pub kind: u32,
    /// Days since 1970.
    pub day: i64,
    /// Empty for all.
    pub name: String,
    /// JSON: the columns in their order, and the slowest loads.
    pub texts: String,
}

impl Texts {
    /// The texts, and the slowest loads.
    fn columns(&self) -> Vec<String> {
        let text = |value| match value {
            Value::String(text) => text,
            _ => String::new(),
        };
        listed(&self.texts).into_iter().map(text).collect()
    }

    /// Adds the sums of each column, and gives back the slowest loads: lines with commas between.
    pub fn add_to(&self, parts: &mut [Parts; 8]) -> String {
        let mut columns = self.columns();
        for (parts, text) in parts.iter_mut().zip(&columns) {
            decode(text, parts);
        }
        let slowest = columns.len() > Column::ALL.len();
        columns.pop().filter(|_| slowest).unwrap_or_default()
    }
}

/// Views as `slowest` has them, each with its time.
fn loads(lines: &str) -> Vec<(f64, String)> {
    let lines = listed(&["[", lines, "]"].concat());
    let line = |line: Value| {
        let text = line.to_string();
        (slowness(&PageView::of_value(line)), text)
    };
    lines.into_iter().map(line).collect()
}

/// Writes rows joined. `page_view_stat_by_name`.
pub fn join(project_id: u32, rows: &[Texts]) -> Option<Statement> {
    let rows: Vec<Value> = rows.iter().map(joined).collect();
    (!rows.is_empty())
        .then(|| Statement::new(JOIN, [project_id.into(), Value::from(rows).to_string().into()]))
}

fn joined(row: &Texts) -> Value {
    let before: usize = row.columns().iter().map(|text| text.chars().count()).sum();
    let mut columns = Default::default();
    let mut slowest = loads(&row.add_to(&mut columns));
    let mut members = Vec::with_capacity(14);
    for (column, parts) in Column::ALL.iter().zip(&mut columns) {
        parts.bound(column.most());
        members.push(encode(parts));
    }
    keep_slowest(&mut slowest, SLOWEST);
    members.push(slowest.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join(","));
    let length: usize = members.iter().map(String::len).sum();
    json!([row.kind, row.day, row.name, before, 2 * length + 8_000, members])
}

const JOIN: &str = "
    INSERT INTO page_view_stat (project_id, kind, day, name, quantity, join_at, totals, hours, releases, environments, browsers,
        devices, countries, causes, slowest)
    SELECT s.project_id, s.kind, s.day, s.name, s.quantity, j.value ->> 4, j.value ->> 5 ->> 0, j.value ->> 5 ->> 1,
        j.value ->> 5 ->> 2, j.value ->> 5 ->> 3, j.value ->> 5 ->> 4, j.value ->> 5 ->> 5, j.value ->> 5 ->> 6,
        j.value ->> 5 ->> 7, j.value ->> 5 ->> 8
    FROM json_each(?2) j CROSS JOIN page_view_stat s ON s.project_id = ?1 AND s.kind = j.value ->> 0
        AND s.day = j.value ->> 1 AND s.name = j.value ->> 2
    WHERE length(s.totals) + length(s.hours) + length(s.releases) + length(s.environments) + length(s.browsers)
        + length(s.devices) + length(s.countries) + length(s.causes) + length(s.slowest) = j.value ->> 3
    ON CONFLICT DO UPDATE SET join_at = excluded.join_at, totals = excluded.totals, hours = excluded.hours,
        releases = excluded.releases, environments = excluded.environments, browsers = excluded.browsers,
        devices = excluded.devices, countries = excluded.countries, causes = excluded.causes, slowest = excluded.slowest";
