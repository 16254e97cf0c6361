//! How releases are doing: sessions, users, issues that are new or came back, vitals of its pages; and two compared at the same age.

use serde::Deserialize;
use trapline_core::histogram::Sums;

use crate::page_views::Column;
use crate::page_views::Kind;
use crate::page_views::read::{Asked, Filter, Window, measured};
use crate::plan::HOUR_MS;
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
    /// Of the newest 5,000 issues, those that it brought.
    pub new_issues: u32,
    /// Of the last 1,000 that came back, those that came back in it.
    pub regressed_issues: u32,
}

/// The newest releases; gives back [`ReleaseRow`]. `release_by_time`, primary keys of `issue` and `activity`,
/// `issue_by_regressed`.
pub fn releases(project_id: u32) -> Statement {
    Statement::new(
        "WITH newest AS MATERIALIZED (
            SELECT first_release AS version, count(*) AS number FROM (
                SELECT first_release FROM issue WHERE project_id = ?1 AND number > 0 AND status <= 2 ORDER BY number DESC LIMIT 5000)
            GROUP BY first_release),
         recently AS MATERIALIZED (
            SELECT a.detail ->> 'release' AS version, count(*) AS number FROM (
                SELECT number, regressed_ms FROM issue INDEXED BY issue_by_regressed
                WHERE project_id = ?1 AND regressed_ms > 0 ORDER BY regressed_ms DESC LIMIT 1000) recent
            CROSS JOIN activity a ON a.project_id = ?1 AND a.number = recent.number AND a.at_ms = recent.regressed_ms
            WHERE a.kind = 'regressed' GROUP BY 1)
         SELECT release.version, release.first_seen_ms,
            coalesce((SELECT number FROM newest WHERE newest.version = release.version), 0) AS new_issues,
            coalesce((SELECT number FROM recently WHERE recently.version = release.version), 0) AS regressed_issues
         FROM release INDEXED BY release_by_time WHERE release.project_id = ?1 ORDER BY release.first_seen_ms DESC LIMIT ?2",
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

/// Reads the list: of an environment, or of all.
///
/// # Errors
/// What the database says.
pub async fn list(
    store: &Store,
    project_id: u32,
    window: Window,
    environment: &str,
) -> Result<Releases, StoreError> {
    let rows = sessions::rows(project_id, window.first_hour, window.last_hour, environment);
    let results = store.batch(&[releases(project_id), rows]).await?;
    let [known, rows] = results.as_slice() else { return Ok(Releases::default()) };
    Ok(joined(known.all()?, &rows.all()?))
}

/// Joins releases with sessions: pure.
pub fn joined(known: Vec<ReleaseRow>, rows: &[SessionRow]) -> Releases {
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
    let all = sessions::add_up(rows, &|_| String::new()).pop();
    // Hours have equally many digits for a thousand years.
    let trend = sessions::add_up(rows, &|row| row.hour.to_string()).into_iter();
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
    /// Its sessions in its first 48 hours, in steps of six.
    pub health: Health,
    /// Its page views on the days of these hours: places are those of [`page`](crate::page_views::page).
    pub views: Sums,
    /// Its pages, the most frequent first.
    pub pages: Vec<(String, Sums)>,
}

/// Reads a release at the age at which two are compared; `None` if nothing is known of it.
///
/// # Errors
/// What the database says.
pub async fn young(
    store: &Store,
    project_id: u32,
    version: &str,
    now_ms: i64,
) -> Result<Option<Young>, StoreError> {
    let known: Vec<ReleaseRow> = store.read(&releases(project_id)).await?.all()?;
    let Some(known) = known.into_iter().find(|one| one.version == version) else {
        return Ok(None);
    };
    let first_hour = known.first_seen_ms.div_euclid(HOUR_MS);
    let last_hour = (first_hour + SAME_AGE - 1).min(now_ms / HOUR_MS);
    // A day and an hour are told apart by more than a day's hours.
    let window = Window { first_hour: first_hour.min(last_hour - 24), last_hour };
    let filter = Filter { column: Column::Releases, value: version.to_owned() };
    let asked =
        Asked { project_id, kind: Kind::Page, window, filter: &filter, names: &[""], most: 20 };
    let measured = measured(store, &asked).await?;
    let rows = sessions::rows(project_id, first_hour, last_hour.div_euclid(HOURS) * HOURS, "");
    let rows: Vec<SessionRow> = store.read(&rows).await?.all()?;
    let by_release = sessions::add_up(&rows, &|row| row.release.clone());
    let mut pages: Vec<(String, Sums)> =
        measured.into_iter().map(|one| (one.name, one.sums)).collect();
    let all = pages.iter().position(|(name, _)| name.is_empty());
    let views = all.map(|index| pages.remove(index).1).unwrap_or_default();
    let own = by_release.into_iter().find(|(release, _)| release == version);
    let health = own.unwrap_or_default().1;
    Ok(Some(Young { known, health, views, pages }))
}
