//! The Worker's D1, from behind: the SQLite file that workerd has open. Tests count rows in it, and take a table away to
//! see what happens when the database fails.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::Connection;
use xtask::stamp::files_under;

use crate::Rows;

/// The database, open beside the Worker. SQLite's own locks keep both from harm.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
}

/// While this lives, no event can be stored. Dropping it heals the database.
#[derive(Debug)]
pub struct Outage<'database> {
    database: &'database Database,
}

impl Database {
    /// Opens the one database below a Worker's state directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(state: &Path) -> Result<Self> {
        let files = files_under(&state.join("v3/d1"))?;
        let is_database = |name: &str| name.ends_with(".sqlite") && !name.starts_with("metadata");
        let file = files
            .iter()
            .find(|file| file.file_name().is_some_and(|name| is_database(&name.to_string_lossy())));
        let file = file.with_context(|| format!("no D1 below {}", state.display()))?;
        let connection = Connection::open(file)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(Self { connection })
    }

    /// All rows, of all projects.
    ///
    /// # Panics
    /// When the schema is another.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let count = |table: &str| {
            let query = format!("SELECT count(*) FROM {table}");
            let rows: i64 = self.connection.query_row(&query, [], |row| row.get(0)).expect(table);
            rows
        };
        Rows { events: count("event"), groups: count("event_group"), issues: count("issue") }
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

    fn execute(&self, statement: &str) {
        self.connection.execute_batch(statement).expect(statement);
    }
}

impl Drop for Outage<'_> {
    fn drop(&mut self) {
        self.database.execute("ALTER TABLE event_taken_away RENAME TO event");
    }
}
