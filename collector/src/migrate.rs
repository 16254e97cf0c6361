//! The schema, compiled in: the Worker brings its database up to date by itself.
//!
//! Each migration is one D1 batch whose first statement claims its number in `migration`. Two deployments that
//! start at once both try; the number is a primary key, so the loser's batch is undone as a whole.

use crate::sql::Statement;

/// One step of the schema.
pub struct Migration {
    /// From 1, without gaps.
    pub number: u32,
    /// Statements, each ended by `;` at the end of a line.
    pub sql: &'static str,
}

/// A file of `migrations/`, as the build script makes it smaller.
macro_rules! compact {
    ($name:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

/// Oldest first; never changed once released.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, sql: compact!("0001_create_tables.sql") },
    Migration { number: 2, sql: compact!("0002_extend_storage.sql") },
    Migration { number: 3, sql: compact!("0003_admit_senders.sql") },
    Migration { number: 4, sql: compact!("0004_hold_artifacts.sql") },
    Migration { number: 5, sql: compact!("0005_resolve_late.sql") },
    Migration { number: 6, sql: compact!("0006_regroup.sql") },
    Migration { number: 7, sql: compact!("0007_know_people.sql") },
    Migration { number: 8, sql: compact!("0008_search_issues.sql") },
    Migration { number: 9, sql: compact!("0009_follow_issues.sql") },
    Migration { number: 10, sql: compact!("0010_alert.sql") },
    Migration { number: 11, sql: compact!("0011_measure_views.sql") },
    Migration { number: 12, sql: compact!("0012_measure_rules.sql") },
];

/// Makes the table that records which migrations were applied. Small: one row a migration.
pub const CREATE_LEDGER: &str = "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, applied_ms INTEGER NOT NULL) STRICT";

/// Number of the newest applied migration. SCAN of a table with one row a migration.
pub const NEWEST_APPLIED: &str = "SELECT coalesce(max(number), 0) AS number FROM migration";

const CLAIM: &str = "INSERT INTO migration (number, applied_ms) VALUES (?1, ?2)";

/// Migrations after `applied`.
pub fn pending(applied: u32) -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS.iter().filter(move |migration| migration.number > applied)
}

/// The batch that applies a migration, or fails as a whole where it was applied meanwhile.
pub fn batch(migration: &'static Migration, now_ms: i64) -> Vec<Statement> {
    let mut batch = vec![Statement::new(CLAIM, [migration.number.into(), now_ms.into()])];
    let statements = migration.sql.split(";\n").filter(|sql| has_code(sql));
    batch.extend(statements.map(|sql| Statement { sql, args: Vec::new() }));
    batch
}

/// Whether anything but comments and empty lines is there.
fn has_code(sql: &str) -> bool {
    sql.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with("--"))
}

#[cfg(test)]
mod tests;
