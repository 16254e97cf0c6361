//! The Worker's D1, from behind: the SQLite file that workerd has open. Tests count rows in it, and take a table away to
//! see what happens when the database fails.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::Value;
use xtask::stamp::files_under;

use crate::{Rows, eventually};

/// The database, open beside the Worker. SQLite's own locks keep both from harm.
#[derive(Debug)]
pub struct Database {
    connection: Mutex<Connection>,
}

/// While this lives, no event can be stored. Dropping it heals the database.
#[derive(Debug)]
pub struct Outage<'database> {
    database: &'database Database,
}

/// What stands of one project in the tables, added up in the ways that have to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Rows of events; each counts once here.
    pub events: i64,
    /// The sum of the groups' counts.
    pub counted: i64,
    /// The sum over all hours.
    pub in_hours: i64,
    /// Events kept whole.
    pub bodies: i64,
    /// Different ones of those.
    pub different_bodies: i64,
    /// Events that say the same.
    pub groups: i64,
    /// Bugs.
    pub issues: i64,
    /// The number given to the latest of them.
    pub last_number: i64,
}

impl Database {
    /// Opens the one database below a Worker's state directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(state: &Path) -> Result<Self> {
        let first = Self::open_all(state)?.into_iter().next();
        first.with_context(|| format!("no D1 below {}", state.display()))
    }

    /// Opens every database below a Worker's state directory.
    ///
    /// # Errors
    /// When one cannot be opened.
    pub fn open_all(state: &Path) -> Result<Vec<Self>> {
        let is_database = |name: &str| name.ends_with(".sqlite") && !name.starts_with("metadata");
        files_under(&state.join("v3/d1"))?
            .iter()
            .filter(|file| {
                file.file_name().is_some_and(|name| is_database(&name.to_string_lossy()))
            })
            .map(|file| {
                let connection = Connection::open(file)?;
                connection.busy_timeout(Duration::from_secs(5))?;
                Ok(Self { connection: Mutex::new(connection) })
            })
            .collect()
    }

    /// For one at a time; a test that panicked with it has changed nothing about it.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All rows, of all projects.
    ///
    /// # Panics
    /// When the schema is another.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let count = |table: &str| {
            let query = format!("SELECT count(*) FROM {table}");
            let rows: i64 = self.connection().query_row(&query, [], |row| row.get(0)).expect(table);
            rows
        };
        Rows { events: count("event"), groups: count("event_group"), issues: count("issue") }
    }

    /// What is stored of a project.
    ///
    /// # Panics
    /// When the schema is another.
    #[must_use]
    pub fn stored(&self, project: &str) -> Stored {
        let read = |row: &Row<'_>| {
            Ok(Stored {
                events: row.get(0)?,
                counted: row.get(1)?,
                in_hours: row.get(2)?,
                bodies: row.get(3)?,
                different_bodies: row.get(4)?,
                groups: row.get(5)?,
                issues: row.get(6)?,
                last_number: row.get(7)?,
            })
        };
        self.connection().query_row(STORED, [project], read).expect("the tables of events")
    }

    /// How many events senders say that they did not send, of a project.
    ///
    /// # Panics
    /// When the table is not as it should be.
    #[must_use]
    pub fn discarded(&self, project: &str) -> i64 {
        let sum = "SELECT coalesce(sum(o.quantity), 0) FROM outcome o JOIN project p ON p.id = o.project_id
                   WHERE p.slug = ?1 AND o.outcome = 'discarded'";
        self.connection().query_row(sum, [project], |row| row.get(0)).expect("a sum")
    }

    /// Names of all tables and indexes, and how often each migration was applied.
    ///
    /// # Panics
    /// When the schema is another.
    #[must_use]
    pub fn schema(&self) -> (Vec<String>, Vec<(u32, u32)>) {
        let names =
            "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name";
        let migrations = "SELECT number, count(*) FROM migration GROUP BY number ORDER BY number";
        (
            self.all(names, |row| row.get(0)),
            self.all(migrations, |row| Ok((row.get(0)?, row.get(1)?))),
        )
    }

    /// Takes every table of ours away, and makes those of a schema.
    pub fn begin_anew(&self, schema: &str) {
        let ours = "SELECT 'DROP ' || type || ' ' || name || ';' FROM sqlite_master
            WHERE type IN ('trigger', 'table') AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'
            ORDER BY type DESC";
        let drops: Vec<String> = self.all(ours, |row| row.get(0));
        self.execute("PRAGMA foreign_keys = OFF");
        self.execute(&drops.concat());
        self.execute(schema);
    }

    /// A number that a query gives.
    ///
    /// # Panics
    /// When it gives none.
    #[must_use]
    pub fn number(&self, query: &str) -> i64 {
        self.connection().query_row(query, [], |row| row.get(0)).expect(query)
    }

    /// Runs statements.
    pub fn run(&self, statements: &str) {
        self.execute(statements);
    }

    /// Runs a recorded batch: `[[number of the statement, [argument, …]], …]`.
    ///
    /// # Panics
    /// When the corpus is damaged.
    pub fn replay(&self, statements: &Value, batch: &Value) {
        self.execute("BEGIN");
        for recorded in batch.as_array().expect("a batch") {
            let number = usize::try_from(recorded[0].as_u64().expect("a number")).expect("small");
            let sql = statements[number].as_str().expect("a statement");
            let arguments = recorded[1].as_array().expect("arguments").iter().map(argument);
            let connection = self.connection();
            let mut prepared = connection.prepare_cached(sql).expect(sql);
            let mut rows = prepared.query(params_from_iter(arguments)).expect(sql);
            while rows.next().expect(sql).is_some() {}
        }
        self.execute("COMMIT");
    }

    /// Takes the table of events away.
    #[must_use]
    pub fn outage(&self) -> Outage<'_> {
        self.execute("ALTER TABLE event RENAME TO event_taken_away");
        Outage { database: self }
    }

    /// Moves everything that was stored into the past.
    pub fn age_by_days(&self, days: u32) {
        let by_ms = i64::from(days) * 24 * 3_600_000;
        self.execute(&format!(
            "UPDATE event SET claimed_ms = claimed_ms - {by_ms}, at_ms = at_ms - {by_ms};
             UPDATE body SET at_ms = at_ms - {by_ms};
             UPDATE event_group SET last_seen_ms = last_seen_ms - {by_ms};"
        ));
    }

    /// Moves what was stored of a project into the past, with the hours in which it is counted: its issues are that old.
    pub fn age_issues_by_days(&self, project: &str, days: u32) {
        let (hours, by_ms) = (days * 24, i64::from(days) * 24 * 3_600_000);
        self.execute(&format!(
            "UPDATE event SET claimed_ms = claimed_ms - {by_ms}, at_ms = at_ms - {by_ms}
                WHERE project_id = {project};
             UPDATE body SET at_ms = at_ms - {by_ms} WHERE project_id = {project};
             UPDATE group_hour SET hour = hour - {hours} WHERE project_id = {project};
             UPDATE event_group SET first_seen_ms = first_seen_ms - {by_ms}, recent = '',
                last_seen_ms = last_seen_ms - {by_ms}, hour = hour - {hours} WHERE project_id = {project};
             UPDATE issue SET last_hour = last_hour - {hours} WHERE project_id = {project};"
        ));
    }

    /// Lets so much time pass for a project's alerts, once of each that was sent is written what became of it: whoever sends
    /// has a minute for that, and whose minute has passed is not waited for.
    ///
    /// # Panics
    /// When it is not written for ten seconds.
    pub fn pass_alert_time(&self, project: &str, by_ms: u64) {
        let under_way = format!(
            "SELECT count(*) FROM alert_outbox WHERE project_id = {project} AND state = 0 AND attempts > 0
                AND next_ms = tried_ms + 60000 AND (attempts > 1 OR answer = '')"
        );
        eventually(|| {
            let left = self.number(&under_way);
            ensure!(left == 0, "{left} messages are being sent");
            Ok(())
        });
        self.pass_alert_time_meanwhile(project, by_ms);
    }

    /// Lets so much time pass for a project's alerts, those too that are being sent.
    pub fn pass_alert_time_meanwhile(&self, project: &str, by_ms: u64) {
        self.execute(&format!(
            "UPDATE alert_outbox SET made_ms = made_ms - {by_ms}, next_ms = next_ms - {by_ms},
                tried_ms = tried_ms - {by_ms} WHERE project_id = {project};
             UPDATE alert_rule SET counted_ms = counted_ms - {by_ms}, due_ms = min(due_ms, max(1, due_ms - {by_ms})),
                measure_due_ms = min(measure_due_ms, max(1, measure_due_ms - {by_ms}))
                WHERE project_id = {project};"
        ));
    }

    fn execute(&self, statement: &str) {
        self.connection().execute_batch(statement).expect(statement);
    }

    fn all<T>(&self, query: &str, read: fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
        let connection = self.connection();
        let mut query = connection.prepare(query).expect(query);
        let rows = query.query_map([], read).and_then(Iterator::collect);
        rows.expect("rows as the query says")
    }
}

/// The only query of tests that knows columns.
const STORED: &str = "SELECT
    (SELECT count(*) FROM event WHERE project_id = p.id),
    (SELECT coalesce(sum(events), 0) FROM event_group WHERE project_id = p.id),
    (SELECT coalesce(sum(hour_events), 0) FROM event_group WHERE project_id = p.id)
        + (SELECT coalesce(sum(events), 0) FROM group_hour WHERE project_id = p.id),
    (SELECT count(*) FROM body WHERE project_id = p.id),
    (SELECT count(DISTINCT event_id) FROM body WHERE project_id = p.id),
    (SELECT count(*) FROM event_group WHERE project_id = p.id),
    (SELECT count(*) FROM issue WHERE project_id = p.id),
    (SELECT coalesce(max(number), 0) FROM issue WHERE project_id = p.id)
    FROM project p WHERE p.id = ?1";

impl Drop for Outage<'_> {
    fn drop(&mut self) {
        self.database.execute("ALTER TABLE event_taken_away RENAME TO event");
    }
}

fn argument(recorded: &Value) -> rusqlite::types::Value {
    use rusqlite::types::Value as Sql;
    match recorded {
        Value::Null => Sql::Null,
        Value::Number(number) => Sql::Integer(number.as_i64().expect("a whole number")),
        Value::String(text) => Sql::Text(text.clone()),
        other => {
            let digits = other["hex"].as_str().expect("a blob").as_bytes();
            let byte = |pair: &[u8]| {
                let pair = std::str::from_utf8(pair).expect("ASCII");
                u8::from_str_radix(pair, 16).expect("digits")
            };
            Sql::Blob(digits.chunks_exact(2).map(byte).collect())
        }
    }
}
