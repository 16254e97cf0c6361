//! The real migrations on a native SQLite in memory, and statements run as D1 would run them.

use std::cell::Cell;

use rusqlite::{Connection, params_from_iter, types::Value};
use trapline_core::event::{Event, Exception};

use super::{Arg, Statement};
use crate::migrate::MIGRATIONS;
use crate::plan::{Kept, Plan};

/// The clock of tests, in milliseconds since 1970.
pub(crate) const NOW_MS: i64 = 1_800_000_000_000;

/// An event of one exception; its number makes ID and time.
pub(crate) fn thrown(id: u32, exception: Exception) -> Event {
    Event {
        event_id: format!("{id:032x}"),
        claimed_ms: NOW_MS + i64::from(id),
        received_ms: NOW_MS + 10_000,
        count: 1,
        exceptions: vec![exception],
        ..Event::default()
    }
}

pub(crate) struct TestDb {
    connection: Connection,
    /// Counts what was stored, to make nonces.
    pub(crate) tries: Cell<i64>,
}

impl TestDb {
    pub(crate) fn new() -> Self {
        let db = Self::at_schema(0);
        db.migrate_from(0);
        db
    }

    /// As an older deployment left it.
    pub(crate) fn at_schema(number: u32) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        let db = Self { connection, tries: Cell::new(0) };
        for migration in MIGRATIONS.iter().filter(|migration| migration.number <= number) {
            db.connection.execute_batch(migration.sql).unwrap();
        }
        db
    }

    /// Applies all migrations after this one, statement by statement as the Worker does.
    pub(crate) fn migrate_from(&self, number: u32) {
        self.run(crate::migrate::CREATE_LEDGER);
        for migration in crate::migrate::pending(number) {
            self.batch(&crate::migrate::batch(migration, 0));
        }
    }

    pub(crate) fn with_project() -> Self {
        let db = Self::new();
        db.run("INSERT INTO project (slug, name, short_prefix, created_ms) VALUES ('shop', 'Shop', 'SHOP', 0)");
        db
    }

    pub(crate) fn run(&self, sql: &str) {
        self.connection.execute(sql, []).unwrap();
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Rows changed since the database was opened; indexes not counted.
    pub(crate) fn changes(&self) -> i64 {
        self.number("SELECT total_changes()")
    }

    /// One transaction, as a D1 batch is. Numbers are bound as floats, as D1 binds them.
    pub(crate) fn batch(&self, statements: &[Statement]) {
        self.run("BEGIN");
        for statement in statements {
            let mut prepared = self.connection.prepare_cached(statement.sql).unwrap();
            let mut rows =
                prepared.query(params_from_iter(statement.args.iter().map(value))).unwrap();
            while rows.next().unwrap().is_some() {}
        }
        self.run("COMMIT");
    }

    /// Runs a plan as one transaction; what its group's row says afterwards, if it counted the event.
    pub(crate) fn kept(&self, plan: &Plan) -> Option<Kept> {
        self.run("BEGIN");
        let mut kept = None;
        for (index, statement) in plan.statements.iter().enumerate() {
            let rows = self.rows(statement);
            if let (true, Some(row)) = (index == plan.counted_at, rows.first()) {
                let number = |column: usize| row[column].parse::<i64>().unwrap();
                let small = |column: usize| u32::try_from(number(column)).unwrap();
                kept = Some(Kept {
                    stored: small(0),
                    next_body: small(1),
                    body_ms: number(2),
                    number: small(3),
                    hour: number(4),
                    own_users: small(5),
                });
            }
        }
        self.run("COMMIT");
        kept
    }

    /// Rows of a query, each column as text.
    pub(crate) fn rows(&self, statement: &Statement) -> Vec<Vec<String>> {
        let mut prepared = self.connection.prepare_cached(statement.sql).unwrap();
        let columns = prepared.column_count();
        let text = |value: Value| match value {
            Value::Null => "null".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text,
            Value::Blob(bytes) => trapline_core::fingerprint::hex(&bytes),
        };
        let row = |row: &rusqlite::Row| {
            (0..columns).map(|column| row.get(column).map(text)).collect::<Result<Vec<_>, _>>()
        };
        let rows = prepared.query_map(params_from_iter(statement.args.iter().map(value)), row);
        rows.unwrap().map(Result::unwrap).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "arguments are below 2^53")]
fn value(arg: &Arg) -> Value {
    match arg {
        Arg::Null => Value::Null,
        Arg::Int(number) => Value::Real(*number as f64),
        Arg::Text(text) => Value::Text(text.clone()),
        Arg::Blob(bytes) => Value::Blob(bytes.clone()),
    }
}
