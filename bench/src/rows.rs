//! Rows written an event, by table, as D1 itself meters them: all that an event costs from the moment when it arrives
//! until retention has taken it away. Touched indexes count, and so do deletes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use xtask::paths::Paths;
use xtask::worker::{Worker, http};

use crate::database::{BYTES, Database};
use crate::event::envelope;
use crate::load;
use crate::meter::{self, Reading};
use crate::mix::{Mix, Users};
use crate::report::Report;
use crate::table::thousands;
use crate::target::{self, Target};

const CONNECTIONS: usize = 8;

/// Over which events are spread, so that hours begin and end.
const HOURS: f64 = 6.0;

/// Past the 90 days that a project keeps events.
const AGE_DAYS: u32 = 91;

/// Retention goes over the groups in steps, so that a run without a delete is not yet the end: so many are.
const QUIET_RUNS: usize = 8;

/// How long one run may take; D1 itself allows a query 30 s.
const PATIENCE: Duration = Duration::from_secs(300);

/// Far more than retention takes: then it does not come to an end.
const MOST_RUNS: usize = 5_000;

/// How much is sent, and what it may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    pub(crate) events: u64,
    pub(crate) rows_an_event: f64,
}

/// What was seen of a mix.
struct Measured {
    accepted: u64,
    stored: u64,
    issues: u64,
    /// Of the database, before anything is old.
    bytes: u64,
    ingested: Reading,
    purge: Purge,
    /// Events that retention left.
    left: u64,
}

/// Sends the mix, ages it, has it purged; prints what was written by table, and notes where that is above the bar.
pub(crate) fn run(paths: &Paths, mix: &Mix, bar: Bar, report: &mut Report) -> Result<Value> {
    let measured = measure(&target::metered(paths, "meter")?, mix, bar.events)?;
    print(mix, bar, &measured, report);
    let Measured { accepted, stored, left, .. } = measured;
    let (name, all) = (mix.name, measured.rows_an_event(bar.events));
    report.equal(format!("mix {name}: events stored, of those answered 200"), stored, accepted);
    report.equal(format!("mix {name}: old events that retention left"), left, 0);
    report.at_most(format!("mix {name}: rows written an event"), all, bar.rows_an_event);
    Ok(figures(mix, bar, &measured))
}

fn measure(target: &Target, mix: &Mix, events: u64) -> Result<Measured> {
    meter::reset(&target.worker)?;
    let now_s = target::now_s()?;
    let body = |number| {
        let at_s = now_s - HOURS * 3_600.0 * (1.0 - share(number, events));
        envelope(&mix.occurrence(number, at_s), &target.dsn)
    };
    let run = load::for_count(&target.url, CONNECTIONS, events, &body)?.all_accepted(mix.name)?;
    let ingested = meter::read(&target.worker)?;
    let database = Database::open(&target.state)?;
    let stored = database.number(EVENTS)?;
    let issues = database.number("SELECT count(*) FROM issue")?;
    let bytes = database.number(BYTES)?;
    database.age_by_days(AGE_DAYS)?;
    let purge = purge(&target.worker, "*/5+*+*+*+*")?;
    let left = database.number(EVENTS)?;
    Ok(Measured { accepted: run.accepted, stored, issues, bytes, ingested, purge, left })
}

const EVENTS: &str = "SELECT count(*) FROM event";

impl Measured {
    fn rows_an_event(&self, events: u64) -> f64 {
        share(self.ingested.sum().written + self.purge.reading.sum().written, events)
    }
}

/// What retention did up to its last delete.
#[derive(Default)]
pub(crate) struct Purge {
    pub(crate) reading: Reading,
    runs: usize,
    longest_s: f64,
}

/// Runs a trigger until it deletes no more.
pub(crate) fn purge(worker: &Worker, trigger: &str) -> Result<Purge> {
    meter::reset(worker)?;
    let cron = format!("{}/__scheduled?cron={trigger}", worker.site());
    let mut last = Purge::default();
    let mut longest_s = 0.0_f64;
    for run in 1..=MOST_RUNS {
        let start = Instant::now();
        let request = http().get(&cron).config().timeout_global(Some(PATIENCE)).build();
        let answer = request.call().with_context(|| format!("run {run} of retention"))?;
        ensure!(answer.status() == 200, "run {run} of retention answered {}", answer.status());
        longest_s = longest_s.max(start.elapsed().as_secs_f64());
        let reading = meter::read(worker)?;
        if deleted(&reading) > deleted(&last.reading) {
            last = Purge { reading, runs: run, longest_s };
        } else if run - last.runs == QUIET_RUNS {
            return Ok(last);
        }
    }
    bail!("retention still deletes after {MOST_RUNS} runs")
}

/// All but retention's own notes of where it stands, which every run writes.
fn deleted(reading: &Reading) -> u64 {
    reading.sum().written - reading.written("setting")
}

fn print(mix: &Mix, bar: Bar, measured: &Measured, report: &mut Report) {
    let Measured { issues, ingested, purge, .. } = measured;
    let users = match mix.users {
        Users::Among(users) => format!("{} users", thousands(users)),
        Users::EachNew => "every event a new user".into(),
    };
    report.say(format!(
        "Mix {}: {} events of {} bugs (met as {} issues), {users}, over {HOURS} hours. {AGE_DAYS} days later, {} runs of retention took them away; the longest took {:.1} s. Read an event: {:.1} rows while ingesting, {:.1} while purging.",
        mix.name,
        thousands(bar.events),
        thousands(mix.bugs() as u64),
        thousands(*issues),
        purge.runs,
        purge.longest_s,
        share(ingested.sum().read, bar.events),
        share(purge.reading.sum().read, bar.events),
    ));
    let id = format!("rows-{}", mix.name.to_lowercase());
    report.table(&id, &HEADINGS, &cells(ingested, &purge.reading, bar.events));
}

fn figures(mix: &Mix, bar: Bar, measured: &Measured) -> Value {
    let Measured { stored, issues, bytes, ingested, purge, left, .. } = measured;
    let an_event = |rows: u64| share(rows, bar.events);
    json!({
        "mix": mix.name, "events": bar.events, "stored": stored, "issues": issues,
        "bar": bar.rows_an_event, "rows_written_an_event": measured.rows_an_event(bar.events),
        "rows_read_an_event": {
            "ingest": an_event(ingested.sum().read), "purge": an_event(purge.reading.sum().read),
        },
        "kv_reads_an_event": an_event(ingested.kv_reads), "stored_bytes_an_event": an_event(*bytes),
        "retention": { "runs": purge.runs, "longest_s": purge.longest_s, "left": left },
        "by_table": tables(ingested, &purge.reading).iter().map(|table| json!({
            "table": table,
            "ingest": an_event(ingested.written(table)),
            "purge": an_event(purge.reading.written(table)),
        })).collect::<Vec<_>>(),
    })
}

const HEADINGS: [&str; 4] = ["rows written an event", "ingest", "purge", "sum"];

/// A line a table, those that cost most first, and one for all.
pub(crate) fn cells(ingested: &Reading, purged: &Reading, events: u64) -> Vec<Vec<String>> {
    let line = |name: &str, ingest: u64, purge: u64| {
        let all = [ingest, purge, ingest + purge].map(|rows| format!("{:.3}", share(rows, events)));
        std::iter::once(name.to_owned()).chain(all).collect::<Vec<String>>()
    };
    let mut lines: Vec<Vec<String>> = tables(ingested, purged)
        .into_iter()
        .map(|table| line(table, ingested.written(table), purged.written(table)))
        .collect();
    lines.push(line("all", ingested.sum().written, purged.sum().written));
    lines
}

/// Tables that were written to.
fn tables<'a>(ingested: &'a Reading, purged: &'a Reading) -> Vec<&'a str> {
    let written = |table: &str| ingested.written(table) + purged.written(table);
    let all: BTreeSet<&str> =
        ingested.tables.keys().chain(purged.tables.keys()).map(String::as_str).collect();
    let mut all: Vec<&str> = all.into_iter().filter(|table| written(table) > 0).collect();
    all.sort_by_key(|table| std::cmp::Reverse(written(table)));
    all
}

/// `part` of `whole`.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let share = part as f64 / whole as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Rows;

    fn reading(tables: &[(&str, u64)]) -> Reading {
        let rows = |(name, written): &(&str, u64)| {
            ((*name).to_owned(), Rows { written: *written, ..Rows::default() })
        };
        Reading { tables: tables.iter().map(rows).collect(), ..Reading::default() }
    }

    #[test]
    fn tables_are_ordered_by_what_they_cost_in_all() {
        let ingested = reading(&[("body", 3), ("event", 10), ("project", 0)]);
        let purged = reading(&[("body", 9), ("setting", 1)]);
        let expected = [
            ["body", "0.300", "0.900", "1.200"],
            ["event", "1.000", "0.000", "1.000"],
            ["setting", "0.000", "0.100", "0.100"],
            ["all", "1.300", "1.000", "2.300"],
        ];
        assert_eq!(cells(&ingested, &purged, 10), expected);
        assert_eq!(deleted(&purged), 9);
    }
}
