//! What one page or endpoint divides into: releases, browsers, causes, its slowest loads.

use trapline_core::histogram::{Parts, Sums};
use trapline_core::page_view::PageView;

use super::fold;
use super::join::Texts;
use super::read::Window;
use super::tally::{Stat, slowness};
use super::{Column, Kind};
use crate::sql::Statement;

/// Days of which a single page is divided into releases, browsers and so on.
const DETAIL_DAYS: i64 = 14;

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

/// What a name's rows divide into, without totals and hours; of all together, whose rows are long, only releases, environments,
/// causes and slow loads. Gives back [`Texts`]. `page_view_stat_by_name`.
pub fn rows(project_id: u32, kind: Kind, window: Window, name: &str) -> Statement {
    let days = window.days();
    Statement::new(
        "SELECT s.kind, s.day, s.name, json_array('', '', s.releases, s.environments, iif(?4 = '', '', s.browsers),
            iif(?4 = '', '', s.devices), iif(?4 = '', '', s.countries), s.causes, s.slowest) AS texts
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

/// Loads that a detail names.
const SLOWEST: usize = 20;

/// Joins rows with what waits: pure.
pub fn divided(rows: &[Texts], waiting: &mut dyn Iterator<Item = &Stat>) -> Detail {
    let (mut columns, mut slowest): ([Parts; 8], Vec<(f64, PageView)>) = Default::default();
    let mut load = |lines: &str| {
        let views = fold::listed(&["[", lines, "]"].concat()).into_iter().map(PageView::of_value);
        slowest.extend(views.map(|view| (slowness(&view), view)));
    };
    for row in rows {
        load(&row.add_to(&mut columns));
    }
    for stat in waiting {
        columns.iter_mut().zip(&stat.columns).for_each(|(to, from)| to.merge(from));
        stat.slowest.iter().for_each(|(_, line)| load(line));
    }
    Column::ALL.iter().zip(&mut columns).for_each(|(column, parts)| parts.bound(column.most()));
    slowest.sort_by(|left, right| right.0.total_cmp(&left.0));
    slowest.truncate(SLOWEST);
    Detail { columns, slowest: slowest.into_iter().map(|(_, view)| view).collect() }
}
