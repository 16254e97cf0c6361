//! Numbers of pages and endpoints: what was added up, and what still waits.
//!
//! One query for the rows, one for what waits. A row's text is read only in the column that is asked for.

use serde::Deserialize;
use trapline_core::histogram::{Parts, Sums, decode};
use trapline_core::page_view::PageView;

use super::fold::{self, Chunk};
use super::join::Texts;
use super::tally::{Only, Stat, keep_slowest, tally};
use super::{Column, Kind};
use crate::plan::HOUR_MS;
use crate::scope::{Range, Scope};
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Pages or endpoints of a list.
pub const LISTED: u32 = 50;

/// Days of which a single page is divided into releases, browsers and so on.
const DETAIL_DAYS: i64 = 14;

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First hour since 1970.
    pub first_hour: i64,
    /// Last hour, which goes on.
    pub last_hour: i64,
}

impl Window {
    /// As long as a range; 14 days where it is all that there is.
    pub fn of(range: Range, now_ms: i64) -> Self {
        let last_hour = now_ms / HOUR_MS;
        let hours = match range {
            Range::All => Range::Fortnight.hours(),
            range => range.hours(),
        };
        let first_hour = last_hour - hours + 1;
        // Long ones are of whole days.
        let first_hour = if hours > 24 { first_hour.div_euclid(24) * 24 } else { first_hour };
        Self { first_hour, last_hour }
    }

    /// Whether single hours are told apart: up to a day.
    pub fn is_short(self) -> bool {
        self.last_hour - self.first_hour < 24
    }

    /// Milliseconds from its beginning to now.
    pub fn length_ms(self, now_ms: i64) -> i64 {
        (now_ms - self.first_hour * HOUR_MS).max(1)
    }

    fn days(self) -> std::ops::RangeInclusive<i64> {
        self.first_hour.div_euclid(24)..=self.last_hour.div_euclid(24)
    }
}

/// Which part of all views: one value of one column. Empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Release, environment, browser, device or country.
    pub column: Column,
    /// `shop@1`
    pub value: String,
}

impl Filter {
    /// What was chosen: sums are kept by one column each, so the first of device, release and environment holds.
    pub fn of(scope: &Scope, device: &str) -> Self {
        let chosen = [
            (Column::Devices, device),
            (Column::Releases, &scope.release),
            (Column::Environments, &scope.environment),
        ];
        let chosen = chosen.into_iter().find(|(_, value)| !value.is_empty());
        let filter = |(column, value): (Column, &str)| Self { column, value: value.to_owned() };
        chosen.map(filter).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.column == Column::Totals
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The project.
    pub project_id: u32,
    /// [`Kind::Page`] or [`Kind::Endpoint`].
    pub kind: Kind,
    /// From when to when. With a filter, whole days.
    pub window: Window,
    /// Of which views.
    pub filter: &'a Filter,
    /// By names, empty for all together, and beside them as many of the most frequent.
    pub names: &'a [&'a str],
    /// How many of the most frequent.
    pub most: u32,
}

impl Asked<'_> {
    fn column(&self) -> Column {
        match self.window.is_short() && self.filter.is_empty() {
            true => Column::Hours,
            false => self.filter.column,
        }
    }
}

/// Sums of a page or endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Path of the page, `GET /api/items/{id}`; empty for all together.
    pub name: String,
    /// Over the window.
    pub sums: Sums,
    /// By the first hour of each hour, or each day.
    pub trend: Vec<(i64, Sums)>,
}

/// One text of one row.
#[derive(Clone, Debug, Deserialize)]
pub struct StatRow {
    /// As [`Kind::number`].
    pub kind: u32,
    /// Days since 1970.
    pub day: i64,
    /// Empty for all together.
    pub name: String,
    /// Of the column that was asked for.
    pub text: String,
}

/// Rows of names on days, and of what is rare; gives back [`StatRow`]. `page_view_stat_by_name`: the most frequent are found
/// among at most 500 names a day.
pub fn stats(asked: &Asked) -> Statement {
    let column = asked.column();
    // What is rare is not divided.
    let rare =
        if column == Column::Totals && asked.most > 0 { asked.kind.rare() } else { asked.kind };
    let days = asked.window.days();
    Statement::new(
        STATS,
        [
            asked.project_id.into(),
            asked.kind.number().into(),
            (*days.start()).into(),
            (*days.end()).into(),
            serde_json::to_string(asked.names).unwrap_or_default().into(),
            asked.most.into(),
            u32::try_from(column.index()).unwrap_or(0).into(),
            rare.number().into(),
        ],
    )
}

const STATS: &str = "
    WITH RECURSIVE wanted AS MATERIALIZED (
        SELECT value AS name FROM json_each(?5)
        UNION SELECT name FROM (
            SELECT name FROM page_view_stat WHERE project_id = ?1 AND kind = ?2 AND day BETWEEN ?3 AND ?4 AND name <> ''
            AND ?6 > 0 GROUP BY name ORDER BY sum(quantity) DESC, name LIMIT ?6)),
    days (day) AS (SELECT CAST(?3 AS INTEGER) UNION ALL SELECT day + 1 FROM days WHERE day < ?4)
    SELECT s.kind, s.day, s.name, CASE CAST(?7 AS INTEGER) WHEN 0 THEN s.totals WHEN 1 THEN s.hours WHEN 2 THEN s.releases
        WHEN 3 THEN s.environments WHEN 4 THEN s.browsers WHEN 5 THEN s.devices WHEN 6 THEN s.countries ELSE s.causes END AS text
    FROM wanted CROSS JOIN days CROSS JOIN page_view_stat s
        ON s.project_id = ?1 AND s.kind = ?2 AND s.day = days.day AND s.name = wanted.name
    UNION ALL
    SELECT r.kind, r.day, r.name, r.totals FROM days CROSS JOIN page_view_stat r
        ON r.project_id = ?1 AND r.kind = ?8 AND r.kind > 1 AND r.day = days.day AND r.name = ''";

/// Reads sums, those of the names that were asked for first, then the most frequent first.
///
/// # Errors
/// What the database says.
pub async fn measured(store: &Store, asked: &Asked<'_>) -> Result<Vec<Measured>, StoreError> {
    let results = store.batch(&[stats(asked), fold::waiting(asked.project_id)]).await?;
    let [rows, chunks] = results.as_slice() else { return Ok(Vec::new()) };
    let views: Vec<PageView> = chunks.all::<Chunk>()?.iter().flat_map(Chunk::read).collect();
    Ok(add_up(asked, &rows.all::<StatRow>()?, &views))
}

/// Adds up rows and views that wait: pure.
pub fn add_up(asked: &Asked, rows: &[StatRow], views: &[PageView]) -> Vec<Measured> {
    let mut list: Vec<Measured> = Vec::new();
    for row in rows {
        let mut parts = Parts::default();
        decode(&row.text, &mut parts);
        if row.kind == asked.kind.number() {
            put(&mut list, asked, row.day, &row.name, parts);
            continue;
        }
        // Rare ones: by name.
        for (name, sums) in parts.into_list() {
            if !name.is_empty() {
                one_of(&mut list, &name).add(row.day * 24, sums);
            }
        }
    }
    let only = Only { kind: Some(asked.kind), column: Some(asked.column()) };
    for ((_, day, name), stat) in tally(views, only) {
        let is_wanted = asked.most > 0 || asked.names.contains(&name.as_str());
        if is_wanted && asked.window.days().contains(&day) {
            let parts = stat.columns.into_iter().nth(asked.column().index());
            put(&mut list, asked, day, &name, parts.unwrap_or_default());
        }
    }
    for Measured { sums, trend, .. } in &mut list {
        trend.iter().for_each(|(_, point)| sums.merge(point));
    }
    list.retain(|one| one.sums.counted(0) > 0);
    let place = |one: &Measured| asked.names.iter().position(|name| *name == one.name);
    let order = |one: &Measured| (place(one).unwrap_or(usize::MAX), u64::MAX - one.sums.counted(0));
    list.sort_by_key(order);
    list.truncate(asked.names.len() + usize::try_from(asked.most).unwrap_or(0));
    list
}

impl Measured {
    fn add(&mut self, hour: i64, sums: Sums) {
        match self.trend.binary_search_by_key(&hour, |(known, _)| *known) {
            Ok(index) => {
                self.trend.get_mut(index).into_iter().for_each(|(_, point)| point.merge(&sums));
            }
            Err(index) => self.trend.insert(index, (hour, sums)),
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "found or inserted just before")]
fn one_of<'a>(list: &'a mut Vec<Measured>, name: &str) -> &'a mut Measured {
    let found = list.binary_search_by(|one| one.name.as_str().cmp(name));
    let index = found.unwrap_or_else(|index| index);
    if found.is_err() {
        list.insert(index, Measured { name: name.to_owned(), ..Measured::default() });
    }
    &mut list[index]
}

/// Adds the part of a day that is asked for.
fn put(list: &mut Vec<Measured>, asked: &Asked, day: i64, name: &str, parts: Parts) {
    let column = asked.column();
    let window = asked.window.first_hour..=asked.window.last_hour;
    for (key, sums) in parts.into_list() {
        let hour = match column {
            Column::Hours => day * 24 + key.parse().unwrap_or(0),
            _ => day * 24,
        };
        let is_asked = match column {
            Column::Totals => true,
            Column::Hours => window.contains(&hour),
            _ => key == asked.filter.value,
        };
        if is_asked {
            one_of(list, name).add(hour, sums);
        }
    }
}

/// What a page or endpoint divides into, over the last 14 days of a window at most.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// In the order of [`Column::ALL`].
    pub columns: [Parts; 8],
    /// Its slowest loads, the slowest first.
    pub slowest: Vec<PageView>,
}

impl Detail {
    /// What a column says, the most frequent first; the rest of too many has an empty key, at the end.
    pub fn by(&self, column: Column) -> Vec<(&str, &Sums)> {
        let parts = self.columns.get(column.index()).into_iter().flat_map(Parts::iter);
        let mut list: Vec<_> = parts.map(|(key, sums)| (key.as_str(), sums)).collect();
        list.sort_by_key(|(key, sums)| (key.is_empty(), u64::MAX - sums.counted(0)));
        list
    }

    /// Causes of a kind, `lcp`, `inp`, `cls`, `script` or `page`, the most frequent first.
    pub fn causes(&self, kind: &str) -> Vec<(&str, &Sums)> {
        let all = self.by(Column::Causes).into_iter();
        let of_kind = |(key, sums)| match str::split_once(key, '|') {
            Some((name, what)) if name == kind => Some((what, sums)),
            _ => None,
        };
        all.filter_map(of_kind).collect()
    }
}

/// All of a name's rows; gives back [`Texts`]. `page_view_stat_by_name`.
pub fn detail_rows(project_id: u32, kind: Kind, window: Window, name: &str) -> Statement {
    let days = window.days();
    Statement::new(
        "SELECT s.kind, s.day, s.name, json_array(s.totals, s.hours, s.releases, s.environments, s.browsers, s.devices,
            s.countries, s.causes, s.slowest) AS texts
         FROM json_each(?3) j CROSS JOIN page_view_stat s
            ON s.project_id = ?1 AND s.kind = ?2 AND s.day = j.value AND s.name = ?4",
        [
            project_id.into(),
            kind.number().into(),
            serde_json::to_string(
                &days.clone().filter(|day| days.end() - day < DETAIL_DAYS).collect::<Vec<_>>(),
            )
            .unwrap_or_default()
            .into(),
            name.into(),
        ],
    )
}

/// Reads what a page or endpoint divides into; of all together with an empty name.
///
/// # Errors
/// What the database says.
pub async fn detail(
    store: &Store,
    project_id: u32,
    kind: Kind,
    window: Window,
    name: &str,
) -> Result<Detail, StoreError> {
    let rows = detail_rows(project_id, kind, window, name);
    let results = store.batch(&[rows, fold::waiting(project_id)]).await?;
    let [rows, chunks] = results.as_slice() else { return Ok(Detail::default()) };
    let views: Vec<PageView> = chunks.all::<Chunk>()?.iter().flat_map(Chunk::read).collect();
    let waiting = tally(&views, Only { kind: Some(kind), column: None }).into_iter();
    let days = window.days();
    let waiting = waiting.filter(|(key, _)| key.2 == name && days.contains(&key.1));
    Ok(divided(&rows.all::<Texts>()?, &mut waiting.map(|(_, stat)| stat)))
}

/// Loads that a detail names.
const SLOWEST: usize = 20;

/// Joins rows with what waits: pure.
pub fn divided(rows: &[Texts], waiting: &mut dyn Iterator<Item = Stat>) -> Detail {
    let (mut columns, mut slowest): ([Parts; 8], Vec<_>) = Default::default();
    let read = rows.iter().map(Texts::read);
    for (parts, loads) in read.chain(waiting.map(|stat| (stat.columns, stat.slowest))) {
        columns.iter_mut().zip(&parts).for_each(|(to, from)| to.merge(from));
        slowest.extend(loads);
    }
    Column::ALL.iter().zip(&mut columns).for_each(|(column, parts)| parts.bound(column.most()));
    keep_slowest(&mut slowest, SLOWEST);
    let lines: Vec<String> = slowest.into_iter().map(|(_, line)| line).collect();
    let loads = Chunk { hour: 0, slot: 0, seq: 0, views: lines.join(",") };
    Detail { columns, slowest: loads.read() }
}
