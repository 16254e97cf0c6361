//! What the meter says (`bench/workers/meter`): rows as D1 counts them, by table and by request, and reads of KV.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::worker::{Worker, http};

/// What statements cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) statements: u64,
    pub(crate) read: u64,
    pub(crate) written: u64,
}

/// Since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// By table.
    pub(crate) tables: BTreeMap<String, Rows>,
    /// Of the last request of each path with its query.
    pub(crate) requests: BTreeMap<String, Rows>,
    /// Values read of KV.
    pub(crate) kv_reads: u64,
}

impl Reading {
    /// Adds what was counted by table after a reset.
    pub(crate) fn add(&mut self, later: Self) {
        for (table, rows) in later.tables {
            let sum = self.tables.entry(table).or_default();
            sum.statements += rows.statements;
            sum.read += rows.read;
            sum.written += rows.written;
        }
    }

    /// Over all tables.
    pub(crate) fn sum(&self) -> Rows {
        let add = |sum: Rows, rows: &Rows| Rows {
            statements: sum.statements + rows.statements,
            read: sum.read + rows.read,
            written: sum.written + rows.written,
        };
        self.tables.values().fold(Rows::default(), add)
    }

    /// Statements that write to a table, or read it first.
    pub(crate) fn statements(&self, table: &str) -> u64 {
        self.tables.get(table).map_or(0, |rows| rows.statements)
    }

    /// Rows written to a table.
    pub(crate) fn written(&self, table: &str) -> u64 {
        self.tables.get(table).map_or(0, |rows| rows.written)
    }
}

/// Reads the meter.
pub(crate) fn read(worker: &Worker) -> Result<Reading> {
    let answer = http().get(format!("{}/__meter", worker.site())).call();
    let mut answer = answer.context("the meter did not answer")?;
    ensure!(answer.status() == 200, "the meter answered {}", answer.status());
    parse(&answer.body_mut().read_to_string()?)
}

/// Sets the meter to 0.
pub(crate) fn reset(worker: &Worker) -> Result<()> {
    let answer = http().post(format!("{}/__meter/reset", worker.site())).send_empty();
    let answer = answer.context("the meter was not reset")?;
    ensure!(answer.status() == 200, "the meter answered {}", answer.status());
    Ok(())
}

fn parse(text: &str) -> Result<Reading> {
    let value: Value = serde_json::from_str(text)?;
    let sums = |name: &str| -> Result<BTreeMap<String, Rows>> {
        let sums = value.get(name).and_then(Value::as_object);
        let sums = sums.with_context(|| format!("the meter says no {name}: {text}"))?;
        Ok(sums.iter().map(|(key, rows)| (key.clone(), rows_of(rows))).collect())
    };
    let kv_reads = value.get("kv_reads").and_then(Value::as_u64).unwrap_or_default();
    Ok(Reading { tables: sums("tables")?, requests: sums("requests")?, kv_reads })
}

fn rows_of(value: &Value) -> Rows {
    let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    Rows {
        statements: number("statements"),
        read: number("rows_read"),
        written: number("rows_written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_over_tables() {
        let reading = parse(
            r#"{"tables": {"event": {"statements": 2, "rows_read": 3, "rows_written": 4},
                "body": {"statements": 1, "rows_read": 1, "rows_written": 2}},
                "requests": {"/a?b": {"statements": 2, "rows_read": 7, "rows_written": 0}}, "kv_reads": 5}"#,
        )
        .unwrap();
        assert_eq!(reading.sum(), Rows { statements: 3, read: 4, written: 6 });
        assert_eq!((reading.written("event"), reading.written("issue")), (4, 0));
        assert_eq!((reading.statements("event"), reading.kv_reads), (2, 5));
        assert_eq!(reading.requests["/a?b"], Rows { statements: 2, read: 7, written: 0 });
    }
}
