//! The only file that talks to D1: runs batches, retries writes, brings the schema up to date.
//!
//! A batch is one transaction and one round trip; D1 has no transaction across awaits, so nothing here reads first
//! and writes after. D1 itself retries reads only; writes are idempotent by their nonce and retried here.

use std::cell::Cell;
use std::time::Duration;

use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{D1Database, D1Result, Delay, Env};

use crate::migrate;
use crate::random;
use crate::sql::{Arg, Statement};

/// The database of this deployment.
pub struct Store {
    db: D1Database,
}

/// Why the database did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Bound to nothing: `wrangler.toml` has no database `DB`.
    #[error("no D1 database is bound as DB")]
    Unbound,
    /// D1 refused or did not answer; trying again may help.
    #[error("the database did not answer")]
    Failed {
        /// D1's words: for the log, not for strangers.
        reason: String,
    },
    /// The plan's rows of this day are spent; they begin anew at midnight UTC.
    #[error("the database's rows of this day are spent")]
    DaySpent,
    /// No room for more rows.
    #[error("the database is full")]
    Full,
    /// A row had another shape than the query says.
    #[error("a stored row could not be read")]
    Row {
        /// What did not fit.
        reason: String,
    },
}

/// What one statement of a batch gave back.
pub struct Rows(D1Result);

impl Rows {
    /// Every row, by column name.
    pub fn all<T: DeserializeOwned>(&self) -> Result<Vec<T>, StoreError> {
        self.0.results().map_err(|error| {
            let reason = error.to_string();
            worker::console_error!("{}", reason);
            StoreError::Row { reason }
        })
    }

    /// The first row.
    pub fn first<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        Ok(self.all()?.into_iter().next())
    }
}

/// Writes are tried this often before the sender is asked to come again.
const TRIES: u32 = 3;

thread_local! {
    /// Newest migration that this isolate knows to be applied.
    static APPLIED: Cell<u32> = const { Cell::new(0) };
}

impl Store {
    /// Opens the database, and migrates it where this isolate has not seen it migrated.
    pub async fn open(env: &Env, now_ms: i64) -> Result<Self, StoreError> {
        let db = env.d1("DB").map_err(|_| StoreError::Unbound)?;
        let store = Self { db };
        store.migrate(now_ms).await?;
        Ok(store)
    }

    async fn migrate(&self, now_ms: i64) -> Result<(), StoreError> {
        if migrate::pending(APPLIED.get()).next().is_none() {
            return Ok(());
        }
        self.batch(&[Statement::new(migrate::CREATE_LEDGER, [])]).await?;
        let mut applied = self.newest_applied().await?;
        while let Some(migration) = migrate::pending(applied).next() {
            let tried = self.batch(&migrate::batch(migration, now_ms)).await;
            let before = applied;
            applied = self.newest_applied().await?;
            // Another isolate may have been faster; only a schema that did not move is a failure.
            if applied == before {
                tried?;
            }
        }
        APPLIED.set(applied);
        Ok(())
    }

    async fn newest_applied(&self) -> Result<u32, StoreError> {
        #[derive(serde::Deserialize)]
        struct Newest {
            number: u32,
        }
        let newest = self.read(&Statement::new(migrate::NEWEST_APPLIED, [])).await?;
        Ok(newest.first::<Newest>()?.map_or(0, |newest| newest.number))
    }

    /// Runs one query.
    pub async fn read(&self, statement: &Statement) -> Result<Rows, StoreError> {
        let rows = self.batch(std::slice::from_ref(statement)).await?.into_iter().next();
        rows.ok_or_else(|| StoreError::Failed { reason: "no result".into() })
    }

    /// Runs statements as one transaction; one result a statement.
    pub async fn batch(&self, statements: &[Statement]) -> Result<Vec<Rows>, StoreError> {
        let prepared = statements.iter().map(|statement| self.prepared(statement));
        let prepared = prepared.collect::<worker::Result<Vec<_>>>().map_err(failed)?;
        let results = self.db.batch(prepared).await.map_err(failed)?;
        Ok(results.into_iter().map(Rows).collect())
    }

    /// Writes what `plan` makes of a nonce, anew with a fresh nonce where the answer does not come.
    pub async fn write(
        &self,
        plan: impl Fn(i64) -> Vec<Statement>,
    ) -> Result<Vec<Rows>, StoreError> {
        let mut tries = 1;
        loop {
            match self.batch(&plan(random::nonce())).await {
                Ok(rows) => return Ok(rows),
                Err(error @ (StoreError::DaySpent | StoreError::Full)) => return Err(error),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => {
                    let wait_ms = 20 * 4_u64.pow(tries) + random::below(40);
                    Delay::from(Duration::from_millis(wait_ms)).await;
                    tries += 1;
                }
            }
        }
    }

    fn prepared(&self, statement: &Statement) -> worker::Result<worker::D1PreparedStatement> {
        let prepared = self.db.prepare(statement.sql);
        if statement.args.is_empty() {
            return Ok(prepared);
        }
        let args: Vec<JsValue> = statement.args.iter().map(js_value).collect();
        prepared.bind(&args)
    }
}

#[expect(clippy::cast_precision_loss, reason = "arguments are below 2^53")]
fn js_value(arg: &Arg) -> JsValue {
    match arg {
        Arg::Null => JsValue::NULL,
        Arg::Int(number) => JsValue::from_f64(*number as f64),
        Arg::Text(text) => JsValue::from_str(text),
        Arg::Blob(bytes) => js_sys::Uint8Array::from(bytes.as_slice()).into(),
    }
}

fn failed(error: worker::Error) -> StoreError {
    let reason = match &error {
        worker::Error::D1(error) => String::from(AsRef::<js_sys::Error>::as_ref(error).message()),
        other => other.to_string(),
    };
    worker::console_error!("{}", reason);
    failure_of(reason)
}

/// D1 has no error codes: limits are told by their words. The daily limits of the free plan are enforced since
/// September 2026; sizes are as `Exceeded maximum DB size`, `Exceeded maximum account storage …` and SQLite's own
/// `database or disk is full`.
fn failure_of(reason: String) -> StoreError {
    let words = reason.to_ascii_lowercase();
    let says = |all: &[&str]| all.iter().all(|word| words.contains(word));
    if says(&["daily", "limit"]) || says(&["exceeded", "per day"]) {
        StoreError::DaySpent
    } else if says(&["exceeded maximum", "size"])
        || says(&["exceeded maximum", "storage"])
        || says(&["disk is full"])
        || says(&["sqlite_full"])
    {
        StoreError::Full
    } else {
        StoreError::Failed { reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reason: &str, expected: StoreError) {
        assert_eq!(failure_of(reason.to_owned()), expected);
    }

    #[test]
    fn limits_are_told_from_faults() {
        check("D1_ERROR: Exceeded maximum DB size", StoreError::Full);
        check("D1_ERROR: Exceeded maximum account storage limit", StoreError::Full);
        check("D1_ERROR: database or disk is full: SQLITE_FULL", StoreError::Full);
        check(
            "D1_ERROR: Your account has exceeded its daily row write limit",
            StoreError::DaySpent,
        );
        check("D1_ERROR: daily limit of rows read exceeded", StoreError::DaySpent);
        for fault in [
            "D1_ERROR: Network connection lost.",
            "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
            "D1_ERROR: D1 DB exceeded its CPU time limit and was reset.",
            "D1_ERROR: no such table: event: SQLITE_ERROR",
        ] {
            check(fault, StoreError::Failed { reason: fault.to_owned() });
        }
    }
}
