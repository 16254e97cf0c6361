//! Reads what rules measure, and remembers since when it is past the limit; a trigger makes the row in the outbox.
//!
//! A percentile of histograms is none of SQL's: so rows are read, and the rule is changed only if nobody has looked at it, or
//! changed it, meanwhile. A write that is repeated, and two runs at once, find its time moved on and change nothing.

use trapline_core::histogram::Sums;

use super::{Found, Measure, NEWEST};
use crate::alert::rule::{Rule, RuleRow};
use crate::page_views::endpoint;
use crate::page_views::read::{Asked, Filter, Window, numbers};
use crate::pages::{failed, whole};
use crate::plan::HOUR_MS;
use crate::read::{self, KnownRow};
use crate::sessions::{self, SessionRow};
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Rules that are looked at in a run.
const RULES: u32 = 3;

/// Queries of a run: which are due, and of each two that read and one that writes.
pub const QUERIES: usize = 1 + 3 * RULES as usize;

/// Looks at what is due. Of each rule it reads two rows of the page or endpoint and what waits to be added up, at most 64 rows; or
/// the sessions of at most 30 hours, a row for each six, release and environment, at most 4,000.
///
/// # Errors
/// What the database says; rules that were not looked at are due in the next run.
pub async fn look(store: &Store, now_ms: i64) -> Result<(), StoreError> {
    let due: Vec<RuleRow> = store.read(&due(now_ms)).await?.all()?;
    for row in &due {
        let rule = row.rule();
        let found = match Found::of_rule(&rule) {
            Some(found) => Some(self::found(store, row.project_id, found, now_ms).await?),
            None => None,
        };
        let note = note(row, &rule, found.as_ref(), now_ms);
        store.write(|_| vec![note.clone()]).await?;
    }
    Ok(())
}

/// The rules whose turn it is; gives back [`RuleRow`]. `alert_rule_measure_due`.
pub(super) fn due(now_ms: i64) -> Statement {
    Statement::new(
        concat!(
            "SELECT ",
            crate::alert::rule::columns!(),
            " FROM alert_rule INDEXED BY alert_rule_measure_due
            WHERE measure_due_ms > 0 AND measure_due_ms <= ?1 ORDER BY measure_due_ms LIMIT ?2"
        ),
        [now_ms.into(), RULES.into()],
    )
}

/// The hour that goes on and so many before it, a day in all at most.
pub(super) fn window(hours: u32, now_ms: i64) -> Window {
    let last_hour = now_ms / HOUR_MS;
    Window { first_hour: last_hour - i64::from(hours.min(23)), last_hour }
}

/// What there is of a rule. The newest release is the one whose first event came last.
async fn found(
    store: &Store,
    project_id: u32,
    found: Found,
    now_ms: i64,
) -> Result<Found, StoreError> {
    let window = window(found.hours, now_ms);
    if found.measure.is_of_visits() {
        let rows =
            sessions::rows(project_id, window.first_hour, window.last_hour, &found.environment);
        let results = store.batch(&[rows, read::releases(project_id, "")]).await?;
        let [rows, newest] = results.as_slice() else { return Ok(found) };
        let newest = newest.first::<KnownRow>()?.map(|newest| newest.value);
        return Ok(found.in_visits(&rows.all()?, newest));
    }
    let (filter, kind, name) = (Filter::default(), found.measure.kind(), found.of.clone());
    let asked = Asked { project_id, kind, window, filter: &filter, names: &[&name], most: 0 };
    let sums = numbers(store, &asked, &[]).await?.0.pop().map(|one| one.sums);
    Ok(found.in_sums(sums.as_ref()))
}

impl Found {
    /// What sums of a page or endpoint say.
    pub(super) fn in_sums(self, sums: Option<&Sums>) -> Self {
        let (value, hundredths) = match (self.measure, sums) {
            (Measure::Vital(place), Some(sums)) => match sums.histograms.get(place) {
                Some(vital) => (vital.percentile(75).map_or(0, whole), vital.total()),
                None => (0, 0),
            },
            (_, Some(sums)) => {
                let requests = sums.counted(endpoint::REQUESTS);
                (failed(sums).saturating_mul(100_000) / requests.max(1), requests)
            }
            (_, None) => (0, 0),
        };
        Self { value, count: hundredths / 100, ..self }
    }

    /// What sessions say. Of the newest release, if that is what is asked for.
    pub(super) fn in_visits(self, rows: &[SessionRow], newest: Option<String>) -> Self {
        let of = match newest {
            Some(newest) if self.of == NEWEST => newest,
            _ => self.of,
        };
        let is_asked = |row: &SessionRow| of.is_empty() || row.release == of;
        // Those that are asked for come last.
        let key = |row: &SessionRow| String::from(if is_asked(row) { "asked" } else { "" });
        let last = sessions::add_up(rows, &key).pop();
        let health = last.filter(|(key, _)| !key.is_empty()).unwrap_or_default().1;
        let (rate, count) = match self.measure {
            Measure::CrashFreeUsers => (health.crash_free_users(), whole(health.users)),
            _ => (health.crash_free_sessions(), health.sessions),
        };
        Self { value: rate.map_or(0, |rate| whole(rate * 100_000.0)), count, of, ..self }
    }
}

/// Writes down what was found, if the rule is still as it was read; primary key.
pub(super) fn note(row: &RuleRow, rule: &Rule, found: Option<&Found>, now_ms: i64) -> Statement {
    let before = Found::read(&row.measured);
    let (due_ms, beyond_ms) = found.map_or((0, 0), |found| {
        let minutes = i64::from(found.hours.min(3)) * 5;
        let since_ms = found.beyond_ms(rule.at_least, before.as_ref(), row.beyond_ms, now_ms);
        (now_ms + minutes * 60_000, since_ms)
    });
    Statement::new(
        "UPDATE alert_rule SET measure_due_ms = ?3, measured = ?4, beyond_ms = ?5 WHERE id = ?1 AND measure_due_ms = ?2",
        [
            row.id.into(),
            row.measure_due_ms.into(),
            due_ms.into(),
            found.map(Found::row).unwrap_or_default().into(),
            beyond_ms.into(),
        ],
    )
}

/// Those that are no one else's, for the snapshot of how SQLite walks them.
#[cfg(test)]
pub(in crate::alert) fn statements() -> Vec<Statement> {
    let note = note(&RuleRow::default(), &Rule::default(), None, 1);
    vec![due(1), note]
}
