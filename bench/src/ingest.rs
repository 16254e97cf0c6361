//! What taking events in costs: requests a second, CPU and memory beside what it is compared with; whether all that was
//! answered 200 is stored; rows written an event, from its first to its last day.

use anyhow::Result;
use serde_json::{Value, json};
use xtask::paths::Paths;

use crate::mix::Mix;
use crate::page_views;
use crate::report::{self, Failures};
use crate::rows::{self, Bar};
use crate::throughput;

/// A site with few bugs.
const A: Bar = Bar { events: 20_000, rows_an_event: 4.2 };

/// A site with many bugs, each event by a new user.
const B: Bar = Bar { events: 30_000, rows_an_event: 6.0 };

/// Runs all parts, prints their figures, and fails where a bar is not met.
pub(crate) fn run(paths: &Paths) -> Result<()> {
    let mut failures = Failures::default();
    let throughput = throughput::run(paths, &mut failures)?;
    let rows = both_mixes(paths, &mut failures)?;
    report::write(paths, "ingest", json!({ "throughput": throughput, "rows": rows }))?;
    failures.result()
}

/// The rows alone: they do not depend on what else the machine does.
pub(crate) fn run_rows(paths: &Paths) -> Result<()> {
    let mut failures = Failures::default();
    let rows = both_mixes(paths, &mut failures)?;
    let page_views = page_views::run(paths, &mut failures)?;
    report::write(paths, "rows", json!({ "rows": rows, "page_views": page_views }))?;
    failures.result()
}

/// The rows of page views alone.
pub(crate) fn run_page_views(paths: &Paths) -> Result<()> {
    let mut failures = Failures::default();
    let page_views = page_views::run(paths, &mut failures)?;
    report::write(paths, "page_views", page_views)?;
    failures.result()
}

fn both_mixes(paths: &Paths, failures: &mut Failures) -> Result<[Value; 2]> {
    let a = rows::run(paths, &Mix::a(), A, failures)?;
    let b = rows::run(paths, &Mix::b(), B, failures)?;
    Ok([a, b])
}
