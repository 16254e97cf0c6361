//! A Worker's D1 from behind: the SQLite file that workerd has open. Rows are counted in it, and moved into the past.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::Connection;
use xtask::stamp::files_under;

/// Tables that do not age: accounts would be signed out, settings are no data.
const AGELESS: &str =
    "('migration', 'person', 'project', 'project_key', 'session', 'setting', 'sign_in')";

/// Bytes that the database takes.
pub(crate) const BYTES: &str = "SELECT page_size * (page_count - freelist_count)
     FROM pragma_page_count, pragma_page_size, pragma_freelist_count";

/// The database, open beside the Worker. SQLite's own locks keep both from harm.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
}

impl Database {
    /// Opens the one database below a Worker's state directory.
    pub(crate) fn open(state: &Path) -> Result<Self> {
        let files = files_under(&state.join("v3/d1"))?;
        let is_database = |name: &str| name.ends_with(".sqlite") && !name.starts_with("metadata");
        let file = files
            .iter()
            .find(|file| file.file_name().is_some_and(|name| is_database(&name.to_string_lossy())));
        let file = file.with_context(|| format!("no D1 below {}", state.display()))?;
        let connection = Connection::open(file)?;
        connection.busy_timeout(Duration::from_secs(30))?;
        Ok(Self { connection })
    }

    /// What a query gives that gives one number.
    pub(crate) fn number(&self, sql: &str) -> Result<u64> {
        let number: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(u64::try_from(number)?)
    }

    /// Runs statements.
    pub(crate) fn run(&self, sql: &str) -> Result<()> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Moves all that was stored into the past: every time, told by the name of its column. Values that are too small
    /// for a time since 1970 stay as they are, as a 0 for "never".
    pub(crate) fn age_by_days(&self, days: u32) -> Result<()> {
        let columns = format!(
            "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
             AND t.name NOT IN {AGELESS}"
        );
        let mut columns = self.connection.prepare(&columns)?;
        let columns = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let columns = columns.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
        let mut all = "BEGIN IMMEDIATE;".to_owned();
        for (table, column) in columns {
            if let Some((a_day, least)) = unit_of(&column) {
                let by = i64::from(days) * a_day;
                all += &format!(
                    "UPDATE {table} SET {column} = {column} - {by} WHERE {column} > {least};"
                );
            }
        }
        Ok(self.connection.execute_batch(&(all + "COMMIT"))?)
    }
}

/// How many of a column's units make a day, and what the year 2001 is in them.
fn unit_of(column: &str) -> Option<(i64, i64)> {
    match column.rsplit('_').next()? {
        "ms" => Some((86_400_000, 1_000_000_000_000)),
        "s" => Some((86_400, 1_000_000_000)),
        "hour" => Some((24, 277_000)),
        "day" => Some((1, 11_500)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_ages_and_nothing_else_does() {
        let connection = Connection::open_in_memory().unwrap();
        let database = Database { connection };
        let made = "CREATE TABLE event (at_ms, duration_ms, hour, events);
            CREATE TABLE session (expires_ms);
            INSERT INTO event VALUES (1800000000000, 250, 500000, 3), (0, 0, 0, 0);
            INSERT INTO session VALUES (1800000000000)";
        database.connection.execute_batch(made).unwrap();
        database.age_by_days(91).unwrap();
        let number = |sql| database.number(sql).unwrap();
        assert_eq!(number("SELECT max(at_ms) FROM event"), 1_800_000_000_000 - 91 * 86_400_000);
        assert_eq!(number("SELECT max(hour) FROM event"), 500_000 - 91 * 24);
        assert_eq!(number("SELECT max(duration_ms) + max(events) + min(at_ms) FROM event"), 253);
        assert_eq!(number("SELECT expires_ms FROM session"), 1_800_000_000_000);
    }
}
