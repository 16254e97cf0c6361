//! How releases are doing: sessions, users, issues that are new or came back, vitals of its pages; and two compared at the same age.

use serde::Deserialize;
use trapline_core::histogram::Sums;

use crate::page_views::fold::{self, Chunk};
use crate::page_views::read::{self, Asked, Filter, StatRow, Window};
use crate::page_views::tally::{Key, Only, Stat};
use crate::page_views::{Column, Kind};
use crate::plan::HOUR_MS;
use crate::scope::Scope;
use crate::sessions::{self, HOURS, Health, SessionRow};
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Releases of the list: those that were seen first last.
const RELEASES: u32 = 50;

/// Hours of their age in which two releases are compared.
pub const SAME_AGE: i64 = 48;

/// A release as the database knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ReleaseRow {
    /// `shop@1.2.3`
    pub version: String,
    /// When its first event came, or it was made known.
    pub first_seen_ms: i64,
    /// Of the newest 1,000 issues, those that it brought.
    pub new_issues: u32,
    /// Of the last 200 that came back, those that came back in it.
    pub regressed_issues: u32,
    /// What it brought of the newest 200 of all: `[[143, "TypeError", "x is undefined"], …]`.
    #[serde(default)]
    pub newest: String,
}

/// The newest releases; gives back [`ReleaseRow`]. `release_by_time`, primary keys of `issue` and `activity`,
/// `issue_by_regressed`.
pub fn releases(project_id: u32) -> Statement {
    Statement::new(
        "WITH newest AS MATERIALIZED (
            SELECT first_release AS version, count(*) AS number,
                json_group_array(json_array(number, kind, substr(value, 1, 80))) FILTER (
                    WHERE number > (SELECT max(number) - 200 FROM issue WHERE project_id = ?1)) AS newest FROM (
                SELECT number, first_release, kind, value FROM issue
                WHERE project_id = ?1 AND number > 0 AND status <= 2 ORDER BY number DESC LIMIT 1000)
            GROUP BY first_release),
         recently AS MATERIALIZED (
            SELECT a.detail ->> 'release' AS version, count(*) AS number FROM (
                SELECT number, regressed_ms FROM issue INDEXED BY issue_by_regressed
                WHERE project_id = ?1 AND regressed_ms > 0 ORDER BY regressed_ms DESC LIMIT 200) recent
            CROSS JOIN activity a ON a.project_id = ?1 AND a.number = recent.number AND a.at_ms = recent.regressed_ms
            WHERE a.kind = 'regressed' GROUP BY 1)
         SELECT r.version, r.first_seen_ms, coalesce(n.number, 0) AS new_issues, coalesce(b.number, 0) AS regressed_issues,
            coalesce(n.newest, '[]') AS newest
         FROM (SELECT version, first_seen_ms FROM release INDEXED BY release_by_time WHERE project_id = ?1
            ORDER BY first_seen_ms DESC LIMIT ?2) r
         LEFT JOIN newest n ON n.version = r.version LEFT JOIN recently b ON b.version = r.version",
        [project_id.into(), RELEASES.into()],
    )
}

/// A release of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Release {
    /// What the database knows of it.
    pub known: ReleaseRow,
    /// Its sessions in the window.
    pub health: Health,
}

/// What the list of releases shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Releases {
    /// The newest first; also those with sessions that no event named.
    pub releases: Vec<Release>,
    /// All sessions of the window.
    pub all: Health,
    /// All sessions by the first hour of each six.
    pub trend: Vec<(i64, Health)>,
}

/// Reads the list: of an environment, or of all. The trend is that of a release, or of all.
///
/// # Errors
/// What the database says.
pub async fn list(
    store: &Store,
    project_id: u32,
    window: Window,
    scope: &Scope,
) -> Result<Releases, StoreError> {
    let rows = sessions::rows(project_id, window.first_hour, window.last_hour, &scope.environment);
    let results = store.batch(&[releases(project_id), rows]).await?;
    let [known, rows] = results.as_slice() else { return Ok(Releases::default()) };
    Ok(joined(known.all()?, &rows.all()?, &scope.release))
}

/// Joins releases with sessions: pure.
pub fn joined(known: Vec<ReleaseRow>, rows: &[SessionRow], release: &str) -> Releases {
    let mut by_release = sessions::add_up(rows, &|row| row.release.clone());
    let mut releases: Vec<Release> = known
        .into_iter()
        .map(|known| {
            let own = by_release.iter().position(|(version, _)| *version == known.version);
            let health = own.map(|index| by_release.remove(index).1).unwrap_or_default();
            Release { known, health }
        })
        .collect();
    let named = by_release.into_iter().filter(|(version, _)| !version.is_empty());
    releases.extend(named.map(|(version, health)| Release {
        known: ReleaseRow { version, ..ReleaseRow::default() },
        health,
    }));
    let is_asked = |row: &&SessionRow| release.is_empty() || row.release == release;
    let asked: Vec<SessionRow> = rows.iter().filter(is_asked).cloned().collect();
    let all = sessions::add_up(rows, &|_| String::new()).pop();
    // Hours have equally many digits for a thousand years.
    let trend = sessions::add_up(&asked, &|row| row.hour.to_string()).into_iter();
    Releases {
        releases,
        all: all.unwrap_or_default().1,
        trend: trend.map(|(hour, health)| (hour.parse().unwrap_or(0), health)).collect(),
    }
}

/// A release in its first hours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Young {
    /// What the database knows of it.
    pub known: ReleaseRow,
    /// Its sessions in these hours, in steps of six.
    pub health: Health,
    /// Its page views on the days of these hours: places are those of [`page`](crate::page_views::page).
    pub views: Sums,
    /// Its pages, the most frequent first.
    pub pages: Vec<(String, Sums)>,
}

/// Two releases at the same age.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// How many of their first hours are looked at: at most [`SAME_AGE`], fewer where one of them is younger.
    pub hours: i64,
    /// In the order in which they were asked for.
    pub releases: [Young; 2],
}

/// Hours since 1970 in which a release was young, the last included.
fn youth(known: &ReleaseRow, hours: i64) -> (i64, i64) {
    let first_hour = known.first_seen_ms.div_euclid(HOUR_MS);
    (first_hour, first_hour + hours - 1)
}

/// Rows of sessions in the first hours of releases, of all environments; gives back [`SessionRow`]. Primary key of `session_stat`.
pub fn young_sessions(project_id: u32, known: [&ReleaseRow; 2], hours: i64) -> Statement {
    let asked = known.map(|one| {
        let (first_hour, last_hour) = youth(one, hours);
        (&one.version, first_hour.div_euclid(HOURS) * HOURS, last_hour)
    });
    Statement::new(
        "SELECT DISTINCT s.hour, s.release, s.environment, s.started, s.errored, s.crashed, s.abnormal, s.exited, s.users, s.crashed_users
         FROM json_each(?2) j CROSS JOIN session_stat s
            ON s.project_id = ?1 AND s.hour BETWEEN j.value ->> 1 AND j.value ->> 2
         WHERE s.release = j.value ->> 0 LIMIT 2000",
        [project_id.into(), serde_json::to_string(&asked).unwrap_or_default().into()],
    )
}

/// Rows of all pages together and of the 20 most frequent on the days of the first hours of releases; gives back [`StatRow`].
/// `page_view_stat_by_name`: the most frequent are looked for among at most 300 names on the last of each one's days.
pub fn young_views(project_id: u32, known: [&ReleaseRow; 2], hours: i64) -> Statement {
    let days: Vec<i64> = known.into_iter().flat_map(|one| days_of(one, hours)).collect();
    let last = known.map(|one| *days_of(one, hours).end());
    Statement::new(
        "WITH days AS MATERIALIZED (SELECT DISTINCT value AS day FROM json_each(?2)),
         wanted AS MATERIALIZED (
            SELECT '' AS name UNION ALL SELECT name FROM (
                SELECT s.name FROM (SELECT DISTINCT value AS day FROM json_each(?4)) last
                CROSS JOIN page_view_stat s ON s.project_id = ?1 AND s.kind = ?3 AND s.day = last.day
                WHERE s.name <> '' GROUP BY s.name ORDER BY sum(s.quantity) DESC, s.name LIMIT 20))
         SELECT s.kind, s.day, s.name, s.releases AS text FROM wanted CROSS JOIN days CROSS JOIN page_view_stat s
            ON s.project_id = ?1 AND s.kind = ?3 AND s.day = days.day AND s.name = wanted.name",
        [
            project_id.into(),
            serde_json::to_string(&days).unwrap_or_default().into(),
            Kind::Page.number().into(),
            serde_json::to_string(&last).unwrap_or_default().into(),
        ],
    )
}

fn days_of(known: &ReleaseRow, hours: i64) -> std::ops::RangeInclusive<i64> {
    let (first_hour, last_hour) = youth(known, hours);
    first_hour.div_euclid(24)..=last_hour.div_euclid(24)
}

/// Reads two releases at the same age, in three queries.
///
/// # Errors
/// What the database says.
pub async fn compared(
    store: &Store,
    project_id: u32,
    known: [&ReleaseRow; 2],
    now_ms: i64,
) -> Result<Compared, StoreError> {
    let age = known.map(|one| (now_ms - one.first_seen_ms).div_euclid(HOUR_MS) + 1);
    let hours = age.into_iter().fold(SAME_AGE, i64::min).max(1);
    let statements = [
        young_sessions(project_id, known, hours),
        young_views(project_id, known, hours),
        fold::waiting(project_id),
    ];
    let results = store.batch(&statements).await?;
    let [sessions, stats, chunks] = results.as_slice() else { return Ok(Compared::default()) };
    let only = Only { kind: Some(Kind::Page), column: Some(Column::Releases), whole: &[] };
    let waiting = read::waiting(&chunks.all::<Chunk>()?, only);
    Ok(at_same_age(
        known,
        hours,
        &sessions.all::<SessionRow>()?,
        &stats.all::<StatRow>()?,
        &waiting,
    ))
}

/// Puts together what was read of two releases: pure.
pub fn at_same_age(
    known: [&ReleaseRow; 2],
    hours: i64,
    sessions: &[SessionRow],
    stats: &[StatRow],
    waiting: &[(Key, Stat)],
) -> Compared {
    let by_release = sessions::add_up(sessions, &|row| row.release.clone());
    let releases = known.map(|known| {
        let (first_hour, last_hour) = youth(known, hours);
        let days = days_of(known, hours);
        let stats: Vec<StatRow> =
            stats.iter().filter(|row| days.contains(&row.day)).cloned().collect();
        let filter = Filter { column: Column::Releases, value: known.version.clone() };
        let window = Window { first_hour, last_hour };
        let asked = Asked {
            project_id: 0,
            kind: Kind::Page,
            window,
            filter: &filter,
            names: &[""],
            most: 20,
        };
        let mut pages: Vec<(String, Sums)> = read::add_up(&asked, &stats, waiting)
            .into_iter()
            .map(|one| (one.name, one.sums))
            .collect();
        let all = pages.iter().position(|(name, _)| name.is_empty());
        let views = all.map(|index| pages.remove(index).1).unwrap_or_default();
        let own = by_release.iter().find(|(release, _)| *release == known.version);
        let health = own.map(|(_, health)| health.clone()).unwrap_or_default();
        Young { known: known.clone(), health, views, pages }
    });
    Compared { hours, releases }
}

#[cfg(test)]
mod tests;
