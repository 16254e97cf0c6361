//! Numbers of pages and endpoints: what was added up, and what still waits.
//!
//! One batch reads all that a page shows, and what waits once. A row's text is read only in the column that is asked for.

use serde::Deserialize;
use trapline_core::histogram::{Parts, Sums, decode_of, first_counts};
use trapline_core::page_view::PageView;

use super::detail::{self, Detail};
use super::fold::{self, Chunk};
use super::join::Texts;
use super::tally::{Key, Only, Stat, Tally, tally};
use super::{Column, Kind};
use crate::plan::HOUR_MS;
use crate::scope::{Range, Scope};
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Pages or endpoints of a list: 15 of 90 days, 30 of 14 days, 50 of a day.
pub fn listed(window: Window) -> u32 {
    let days = window.days().count();
    u32::try_from(ROWS_LISTED / days.max(1)).unwrap_or(0).clamp(15, 50)
}

/// Rows by name and day that a list reads, about.
const ROWS_LISTED: usize = 450;

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

    pub(super) fn days(self) -> std::ops::RangeInclusive<i64> {
        self.first_hour.div_euclid(24)..=self.last_hour.div_euclid(24)
    }

    /// Days on which the most frequent names are looked for: the last two, the first, and one in the middle.
    fn samples(self) -> Vec<i64> {
        let (first, last) = (*self.days().start(), *self.days().end());
        let mut days = vec![first, first + (last - first) / 2, last - 1, last];
        days.retain(|day| *day >= first);
        days.dedup();
        days
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

#[cfg(test)]
impl StatRow {
    /// A row as tests read it.
    pub(crate) fn of_texts(row: Vec<String>) -> Self {
        let [kind, day, name, text] = row.try_into().expect("four columns");
        Self { kind: kind.parse().unwrap(), day: day.parse().unwrap(), name, text }
    }
}

/// Rows of names on days, and of what is rare; gives back [`StatRow`]. `page_view_stat_by_name`: the most frequent are found
/// among at most 300 names on each of four days.
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
            serde_json::to_string(&asked.window.samples()).unwrap_or_default().into(),
        ],
    )
}

const STATS: &str = "
    WITH RECURSIVE wanted AS MATERIALIZED (
        SELECT value AS name FROM json_each(?5)
        UNION SELECT name FROM (
            SELECT f.name FROM json_each(?9) d CROSS JOIN page_view_stat f
                ON f.project_id = ?1 AND f.kind = ?2 AND f.day = d.value AND f.name <> ''
            WHERE ?6 > 0 GROUP BY f.name ORDER BY sum(f.quantity) DESC, f.name LIMIT ?6)),
    days (day) AS (SELECT CAST(?3 AS INTEGER) UNION ALL SELECT day + 1 FROM days WHERE day < ?4)
    SELECT s.kind, s.day, s.name, CASE CAST(?7 AS INTEGER) WHEN 0 THEN s.totals WHEN 1 THEN s.hours WHEN 2 THEN s.releases
        WHEN 3 THEN s.environments WHEN 4 THEN s.browsers WHEN 5 THEN s.devices WHEN 6 THEN s.countries ELSE s.causes END AS text
    FROM wanted CROSS JOIN days CROSS JOIN page_view_stat s
        ON s.project_id = ?1 AND s.kind = ?2 AND s.day = days.day AND s.name = wanted.name
    UNION ALL
    SELECT r.kind, r.day, r.name, r.totals FROM days CROSS JOIN page_view_stat r
        ON r.project_id = ?1 AND r.kind = ?8 AND r.kind > 1 AND r.day = days.day AND r.name = ''";

/// Reads sums, those of the names that were asked for first, then the most frequent first; and what some names divide into,
/// all together with an empty one.
///
/// # Errors
/// What the database says.
pub async fn numbers(
    store: &Store,
    asked: &Asked<'_>,
    divided: &[&str],
) -> Result<(Vec<Measured>, Vec<Detail>), StoreError> {
    let mut statements = vec![fold::waiting(asked.project_id), stats(asked)];
    let details =
        divided.iter().map(|name| detail::rows(asked.project_id, asked.kind, asked.window, name));
    statements.extend(details);
    let results = store.batch(&statements).await?;
    let [chunks, rows, details @ ..] = results.as_slice() else { return Ok(Default::default()) };
    let only = Only { kind: Some(asked.kind), column: Some(asked.column()), whole: divided };
    let waiting = waiting(&chunks.all::<Chunk>()?, only);
    let list = add_up(asked, &rows.all::<StatRow>()?, &waiting);
    let details = divided.iter().zip(details).map(|(name, rows)| {
        let days = asked.window.days();
        let own = waiting.iter().filter(|(key, _)| key.2 == **name && days.contains(&key.1));
        Ok(detail::divided(&rows.all::<Texts>()?, &mut own.map(|(_, stat)| stat)))
    });
    Ok((list, details.collect::<Result<_, StoreError>>()?))
}

/// What waits, added up.
pub fn waiting(chunks: &[Chunk], only: Only) -> Tally {
    let views: Vec<PageView> = chunks.iter().flat_map(Chunk::read).collect();
    tally(&views, only)
}

/// Adds up rows and what waits: pure.
pub fn add_up(asked: &Asked, rows: &[StatRow], waiting: &[(Key, Stat)]) -> Vec<Measured> {
    let (own, rare): (Vec<&StatRow>, Vec<&StatRow>) =
        rows.iter().partition(|row| row.kind == asked.kind.number());
    let waiting = || {
        let days = asked.window.days();
        waiting.iter().filter(move |(key, _)| key.0 == asked.kind && days.contains(&key.1))
    };
    let mut names: Vec<&str> = own.iter().map(|row| row.name.as_str()).collect();
    names.extend(asked.names);
    names.sort_unstable();
    names.dedup();
    let more = frequent(asked, &names, &rare, &mut waiting());
    let is_wanted = |name: &str| {
        names.binary_search(&name).is_ok() || more.iter().any(|(known, _)| known == name)
    };
    let mut list: Vec<Measured> = Vec::new();
    // Of a part of all views, only what is of that part is read.
    let is_read = |key: &str| match asked.column() {
        Column::Totals | Column::Hours => true,
        _ => key == asked.filter.value,
    };
    for row in own {
        let mut parts = Parts::default();
        decode_of(&row.text, &mut parts, &is_read);
        put(&mut list, asked, row.day, &row.name, &parts);
    }
    for row in rare {
        let mut parts = Parts::default();
        decode_of(&row.text, &mut parts, &is_wanted);
        for (name, sums) in parts.iter().filter(|(name, _)| !name.is_empty()) {
            one_of(&mut list, name).add(row.day * 24, sums);
        }
    }
    for ((_, day, name), stat) in waiting().filter(|(key, _)| is_wanted(&key.2)) {
        if let Some(parts) = stat.columns.get(asked.column().index()) {
            put(&mut list, asked, *day, name, parts);
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

/// The most frequent of the names that have no rows, as many as the list has room for, with their quantities.
fn frequent(
    asked: &Asked,
    known: &[&str],
    rare: &[&StatRow],
    waiting: &mut dyn Iterator<Item = &(Key, Stat)>,
) -> Vec<(String, u64)> {
    let most = asked.names.len() + usize::try_from(asked.most).unwrap_or(0);
    let room = most.saturating_sub(known.len());
    if room == 0 {
        return Vec::new();
    }
    let mut found: Vec<(String, u64)> = Vec::new();
    let mut tell = |name: &str, quantity: u64| {
        if name.is_empty() || known.binary_search(&name).is_ok() {
            return;
        }
        match found.binary_search_by(|(other, _)| other.as_str().cmp(name)) {
            Ok(index) => found.get_mut(index).into_iter().for_each(|(_, sum)| *sum += quantity),
            Err(index) => found.insert(index, (name.to_owned(), quantity)),
        }
    };
    rare.iter().for_each(|row| first_counts(&row.text, &mut tell));
    waiting.for_each(|(key, stat)| tell(&key.2, u64::from(stat.views) * 100));
    found.sort_by_key(|(_, quantity)| std::cmp::Reverse(*quantity));
    found.truncate(room);
    found
}

impl Measured {
    fn add(&mut self, hour: i64, sums: &Sums) {
        match self.trend.binary_search_by_key(&hour, |(known, _)| *known) {
            Ok(index) => {
                self.trend.get_mut(index).into_iter().for_each(|(_, point)| point.merge(sums));
            }
            Err(index) => self.trend.insert(index, (hour, sums.clone())),
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
fn put(list: &mut Vec<Measured>, asked: &Asked, day: i64, name: &str, parts: &Parts) {
    let column = asked.column();
    let window = asked.window.first_hour..=asked.window.last_hour;
    for (key, sums) in parts.iter() {
        let hour = match column {
            Column::Hours => day * 24 + key.parse().unwrap_or(0),
            _ => day * 24,
        };
        let is_asked = match column {
            Column::Totals => true,
            Column::Hours => window.contains(&hour),
            _ => *key == asked.filter.value,
        };
        if is_asked {
            one_of(list, name).add(hour, sums);
        }
    }
}
