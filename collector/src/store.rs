//! The only file that talks to D1: runs batches, retries writes, brings the schema up to date.
//!
//! A batch is one transaction and one round trip; D1 has no transaction across awaits, so nothing here reads first
//! and writes after. D1 itself retries reads only; writes are idempotent by their nonce and retried here.

mod rows;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use wasm_bindgen::JsValue;
use worker::{D1Database, Delay, Env};

pub use rows::Rows;

use crate::migrate;
use crate::plan::HOUR_MS;
use crate::random;
use crate::sql::{Arg, Statement};

/// One of the deployment's databases: `DB` holds people and projects, and the events of projects whose `database` is 0;
/// `DB_1`, `DB_2`, … hold those of other projects.
pub struct Store {
    db: D1Database,
    /// The `n` of `DB_n`; 0 for `DB`.
    database: u32,
}

/// The most databases that are looked for.
const MAX_DATABASES: u32 = 100;

/// Why the database did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Bound to nothing: `wrangler.toml` has no such database.
    #[error("no D1 database is bound as {name}")]
    Unbound {
        /// `DB`, `DB_1`, …
        name: String,
    },
    /// A step of the schema was applied, and there are more: each takes the queries of one request.
    #[error("the database is being brought up to date")]
    Migrating,
    /// D1 takes no value, and no row, above 2 MB.
    #[error("a row of {bytes} bytes is larger than the database's limit of {MAX_VALUE}")]
    TooLarge {
        /// Bytes of its largest value.
        bytes: usize,
    },
    /// D1 takes no more queries from this request: 50 on the free plan.
    #[error("the request made more queries than the database allows")]
    TooManyQueries,
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

/// Largest value that D1 takes, in bytes. Local D1 takes more, so it is checked here.
pub const MAX_VALUE: usize = 2_000_000;

/// Arguments that D1 takes in one statement. Local D1 takes more.
pub const MAX_ARGUMENTS: usize = 100;

/// Queries that a request may still make.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

/// A request of the free plan has 50 queries, and each statement of a batch may count as one. Before it writes, it may have
/// asked for the schema, the key, and what is stored already.
const QUERIES: usize = 42;

impl Budget {
    /// All that a request has.
    pub fn of_a_request() -> Self {
        Self(Cell::new(QUERIES))
    }

    /// What of it may be the schema's.
    fn of_the_schema() -> Self {
        Self(Cell::new(MIGRATION_QUERIES))
    }

    /// Takes so many; whether there were so many left.
    pub fn spend(&self, queries: usize) -> bool {
        let left = self.0.get().checked_sub(queries);
        self.0.set(left.unwrap_or(self.0.get()));
        left.is_some()
    }
}

/// Queries that a request may spend on the schema: an event after them still has its own. Each step has fewer.
const MIGRATION_QUERIES: usize = 36;

/// Those of asking a database how far it is.
const ASK_QUERIES: usize = 2;

/// Writes are tried this often before the sender is asked to come again.
const TRIES: u32 = 3;

thread_local! {
    /// A limit that D1 told this isolate of, and until when it is believed.
    static LIMIT: RefCell<Option<(StoreError, i64)>> = RefCell::default();
    /// Newest migration that this isolate knows to be applied, by database.
    static APPLIED: RefCell<HashMap<u32, u32>> = RefCell::default();
}

impl Store {
    /// Opens the database of people and projects, and migrates it where this isolate has not seen it migrated.
    pub async fn open(env: &Env, now_ms: i64) -> Result<Self, StoreError> {
        Self::open_database(env, 0, now_ms).await
    }

    /// Opens the database of a project's events.
    pub async fn open_database(env: &Env, database: u32, now_ms: i64) -> Result<Self, StoreError> {
        Self::open_within(env, database, &Budget::of_the_schema(), now_ms).await
    }

    /// Brings every database that is bound up to date, as far as one request can.
    pub async fn open_all(env: &Env, now_ms: i64) -> Result<(), StoreError> {
        let budget = Budget::of_the_schema();
        for database in 0..Self::databases(env) {
            Self::open_within(env, database, &budget, now_ms).await?;
        }
        Ok(())
    }

    async fn open_within(
        env: &Env,
        database: u32,
        budget: &Budget,
        now_ms: i64,
    ) -> Result<Self, StoreError> {
        let name = name_of(database);
        let db = env.d1(&name).map_err(|_| StoreError::Unbound { name })?;
        let store = Self { db, database };
        store.migrate(budget, now_ms).await?;
        Ok(store)
    }

    /// The `n` of `DB_n`; 0 for `DB`.
    pub fn database(&self) -> u32 {
        self.database
    }

    /// How many databases are bound.
    pub fn databases(env: &Env) -> u32 {
        (1..MAX_DATABASES)
            .find(|database| env.d1(&name_of(*database)).is_err())
            .unwrap_or(MAX_DATABASES)
    }

    /// As many steps as there are queries for: whoever sends the first event after an update should not have to come again.
    async fn migrate(&self, budget: &Budget, now_ms: i64) -> Result<(), StoreError> {
        let mut applied =
            APPLIED.with_borrow(|applied| applied.get(&self.database).copied().unwrap_or(0));
        if migrate::pending(applied).next().is_none() {
            return Ok(());
        }
        if !budget.spend(ASK_QUERIES) {
            return Err(StoreError::Migrating);
        }
        self.batch(&[Statement::new(migrate::CREATE_LEDGER, [])]).await?;
        applied = self.newest_applied().await?;
        while let Some(migration) = migrate::pending(applied).next() {
            let batch = migrate::batch(migration, now_ms);
            if !budget.spend(batch.len()) {
                return Err(StoreError::Migrating);
            }
            let tried = self.batch(&batch).await;
            let after = self.newest_applied().await?;
            // Another isolate may have been faster; only a schema that did not move is a failure.
            if after == applied {
                tried?;
            }
            applied = after;
        }
        APPLIED.with_borrow_mut(|known| known.insert(self.database, applied));
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
        let largest = statements.iter().flat_map(|statement| &statement.args).map(Arg::bytes).max();
        if let Some(bytes) = largest.filter(|bytes| *bytes > MAX_VALUE) {
            return Err(StoreError::TooLarge { bytes });
        }
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
        self.write_planned(&Budget::of_a_request(), &plan).await
    }

    /// As [`write`](Self::write), as long as the budget lasts.
    pub async fn write_within(
        &self,
        budget: &Budget,
        plan: impl Fn(i64) -> Vec<Statement>,
    ) -> Result<Vec<Rows>, StoreError> {
        self.write_planned(budget, &plan).await
    }

    /// The same for whatever plan: compiled once, not for each of them.
    async fn write_planned(
        &self,
        budget: &Budget,
        plan: &dyn Fn(i64) -> Vec<Statement>,
    ) -> Result<Vec<Rows>, StoreError> {
        let mut last = StoreError::TooManyQueries;
        for tries in 1..=TRIES {
            let statements = plan(random::nonce());
            if !budget.spend(statements.len()) {
                break;
            }
            match self.batch(&statements).await {
                Ok(rows) => return Ok(rows),
                Err(error) if !error.may_pass() => return Err(error),
                Err(error) => last = error,
            }
            if tries < TRIES {
                let wait_ms = 20 * 4_u64.pow(tries) + random::below(40);
                Delay::from(Duration::from_millis(wait_ms)).await;
            }
        }
        Err(last)
    }

    fn prepared(&self, statement: &Statement) -> worker::Result<worker::D1PreparedStatement> {
        if statement.args.len() > MAX_ARGUMENTS {
            return Err(format!("too many SQL variables: {}", statement.args.len()).into());
        }
        let prepared = self.db.prepare(statement.sql);
        if statement.args.is_empty() {
            return Ok(prepared);
        }
        let args: Vec<JsValue> = statement.args.iter().map(js_value).collect();
        prepared.bind(&args)
    }
}

/// The database is full, or its rows of the day are spent, as far as this isolate has been told.
pub fn limit(now_ms: i64) -> Option<StoreError> {
    LIMIT
        .with_borrow(|limit| limit.clone().filter(|(_, until_ms)| now_ms < *until_ms))
        .map(|known| known.0)
}

fn remember(error: &StoreError, now_ms: i64) {
    let until_ms = match error {
        // Rows begin anew at midnight UTC.
        StoreError::DaySpent => now_ms - now_ms.rem_euclid(24 * HOUR_MS) + 24 * HOUR_MS,
        // Somebody may make room, and only the next write tells.
        StoreError::Full => now_ms + HOUR_MS / 12,
        _ => return,
    };
    LIMIT.replace(Some((error.clone(), until_ms)));
}

impl StoreError {
    /// Whether the same statements may succeed a moment later, in the same request.
    fn may_pass(&self) -> bool {
        matches!(self, StoreError::Failed { .. } | StoreError::Row { .. })
    }
}

/// `DB`, `DB_1`, …
fn name_of(database: u32) -> String {
    if database == 0 { "DB".into() } else { format!("DB_{database}") }
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
    let failure = failure_of(reason);
    remember(&failure, crate::now_ms());
    failure
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
    } else if says(&["too many api requests"]) || says(&["too many", "subrequests"]) {
        StoreError::TooManyQueries
    } else if says(&["blob too big"]) {
        StoreError::TooLarge { bytes: MAX_VALUE + 1 }
    } else {
        StoreError::Failed { reason }
    }
}

#[cfg(test)]
mod tests;
