//! The bench `cost`: what a million errors and page views cost on Cloudflare, and how many a day the free plan takes, from
//! CPU measured here and from the rows that the bench `ingest` has counted.

mod cpu;
mod prices;

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xtask::paths::Paths;

use crate::report::{self, Effort, Report};
use crate::table::thousands;
use cpu::Cpu;
use prices::{FREE, PAID, Use};

/// Of events a month, in millions.
const MONTHS: [f64; 3] = [1.0, 10.0, 100.0];

/// Days that a project keeps events.
const DAYS_KEPT: f64 = 90.0;

/// Measures CPU, computes, and prints.
pub(crate) fn run(paths: &Paths, effort: Effort) -> Result<()> {
    let title = "Cost: a million events by Cloudflare's price list, and what the free plan takes";
    let mut report = Report::new(paths, "cost", title)?;
    let ingest = report::file(&paths.target, "ingest");
    let ingest =
        fs::read_to_string(ingest).context("cargo xtask bench ingest counts the rows first")?;
    let ingest: Value = serde_json::from_str(&ingest)?;
    let measured = cpu::measure(paths, effort)?;
    let uses = [
        ("errors, mix A", "/figures/rows/0", measured.mix_a),
        ("errors, mix B", "/figures/rows/1", measured.mix_b),
        ("page views", "/figures/page_views", measured.page_views),
    ];
    let uses = uses.into_iter().map(|(name, at, cpu)| Ok((name, use_of(&ingest, at, cpu)?)));
    let uses = uses.collect::<Result<Vec<_>>>()?;
    tell_uses(&uses, &mut report);
    tell_paid(&uses, &mut report);
    tell_free(&uses, &mut report);
    let figures = uses.iter().map(|(name, one)| {
        json!({
            "events": name, "cpu_ms": one.cpu_ms, "rows_written": one.rows_written,
            "rows_read": one.rows_read, "kv_reads": one.kv_reads, "bytes": one.bytes,
            "dollars_a_million": PAID.dollars_beyond(one, 1e6, DAYS_KEPT).sum(),
            "free_a_day": FREE.a_day(one).0,
        })
    });
    let figures: Vec<Value> = figures.collect();
    report.finish(json!({ "prices": prices::DATE, "uses": figures }))
}

fn use_of(ingest: &Value, at: &str, cpu: Cpu) -> Result<Use> {
    let figures = ingest.pointer(at).with_context(|| format!("the bench ingest has no {at}"))?;
    let number = |name: &str| -> Result<f64> {
        let number = figures.pointer(name).and_then(Value::as_f64);
        number.with_context(|| format!("the bench ingest has no {name}"))
    };
    Ok(Use {
        cpu_ms: cpu.ms(),
        rows_written: number("/rows_written_an_event")?,
        rows_read: number("/rows_read_an_event/ingest")? + number("/rows_read_an_event/purge")?,
        kv_reads: number("/kv_reads_an_event")?,
        bytes: number("/stored_bytes_an_event")?,
    })
}

fn tell_uses(uses: &[(&str, Use)], report: &mut Report) {
    let rows: Vec<Vec<String>> = uses
        .iter()
        .map(|(name, one)| {
            vec![
                (*name).to_owned(),
                "1".to_owned(),
                format!("{:.2}", one.cpu_ms),
                format!("{:.2}", one.rows_written),
                format!("{:.1}", one.rows_read),
                format!("{:.3}", one.kv_reads),
                format!("{:.0}", one.bytes),
            ]
        })
        .collect();
    let headings = [
        "what one takes",
        "requests",
        "CPU ms",
        "rows written",
        "rows read",
        "KV reads",
        "bytes stored",
    ];
    report.table("use", &headings, &rows);
    report.say("CPU: of workerd at 8 connections, less what a Worker that does nothing takes in the same round. SQLite's work is in it, which D1 does not bill as a Worker's CPU: it is an upper bound. Rows: all until retention has taken the event away. Bytes: the database behind the run, by its events. Repeats that an agent counts are no events of their own.");
}

fn tell_paid(uses: &[(&str, Use)], report: &mut Report) {
    let rows: Vec<Vec<String>> = uses
        .iter()
        .map(|(name, one)| {
            let cost = PAID.dollars_beyond(one, 1e6, DAYS_KEPT);
            let parts =
                [cost.requests, cost.cpu, cost.rows_written, cost.rows_read, cost.kv, cost.storage];
            let parts = parts.into_iter().chain([cost.sum()]).map(|part| format!("{part:.2}"));
            std::iter::once((*name).to_owned()).chain(parts).collect()
        })
        .collect();
    let headings = [
        "$ a million beyond what is included",
        "requests",
        "CPU",
        "rows written",
        "rows read",
        "KV",
        "storage",
        "all",
    ];
    report.table("million", &headings, &rows);
    let bill =
        |one: &Use, millions: f64| format!("{:.2}", PAID.bill(one, millions * 1e6, DAYS_KEPT));
    let rows: Vec<Vec<String>> = uses
        .iter()
        .map(|(name, one)| {
            let bills = MONTHS.map(|millions| bill(one, millions));
            std::iter::once((*name).to_owned()).chain(bills).collect()
        })
        .collect();
    let headings = ["$ a month in all", "1 M events a month", "10 M", "100 M"];
    report.table("month", &headings, &rows);
    report.say(format!("Workers Paid, $5 a month and what it includes. Prices as of {}: {}. Storage is that of {DAYS_KEPT} days. Past 10 GB, a database has to be more than one.", prices::DATE, prices::SOURCES));
}

fn tell_free(uses: &[(&str, Use)], report: &mut Report) {
    let rows: Vec<Vec<String>> = uses
        .iter()
        .map(|(name, one)| {
            let (events, limit) = FREE.a_day(one);
            let kept = FREE.stored_bytes / one.bytes / DAYS_KEPT;
            vec![(*name).to_owned(), whole(events), limit.to_owned(), whole(kept)]
        })
        .collect();
    let headings = [
        "free plan, a day",
        "events",
        "what ends first",
        "events of which 90 days fit into 500 MB",
    ];
    report.table("free", &headings, &rows);
}

fn whole(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts fit")]
    thousands(number as u64)
}
