//! What taking events in costs: requests a second, CPU and memory beside what it is compared with; whether all that was
//! answered 200 is stored; rows written an event and a page view, from the first to the last day.

use anyhow::Result;
use serde_json::{Value, json};
use xtask::paths::Paths;

use crate::mix::Mix;
use crate::page_views;
use crate::report::{Effort, Report};
use crate::rows::{self, Bar};
use crate::throughput;

/// A site with few bugs.
const A: Bar = Bar { events: 20_000, rows_an_event: 4.2 };

/// A site with many bugs, each event by a new user.
const B: Bar = Bar { events: 30_000, rows_an_event: 6.0 };

/// Runs all parts, prints their figures, and fails where a bar is not met.
pub(crate) fn run(paths: &Paths, effort: Effort) -> Result<()> {
    let title = "Taking events in: speed, memory, and rows written from the first to the last day";
    let mut report = Report::new(paths, "ingest", title)?;
    let throughput = throughput::run(paths, effort, &mut report)?;
    let rows = both_mixes(paths, effort, &mut report)?;
    let page_views = page_views::run(paths, effort, &mut report)?;
    report.finish(json!({ "throughput": throughput, "rows": rows, "page_views": page_views }))
}

/// The rows alone: they do not depend on what else the machine does.
pub(crate) fn run_rows(paths: &Paths, effort: Effort) -> Result<()> {
    let mut report = Report::new(paths, "rows", "Rows written an event and a page view")?;
    let rows = both_mixes(paths, effort, &mut report)?;
    let page_views = page_views::run(paths, effort, &mut report)?;
    report.finish(json!({ "rows": rows, "page_views": page_views }))
}

/// The rows of page views alone.
pub(crate) fn run_page_views(paths: &Paths, effort: Effort) -> Result<()> {
    let mut report = Report::new(paths, "page_views", "Rows written a page view")?;
    let page_views = page_views::run(paths, effort, &mut report)?;
    report.finish(page_views)
}

fn both_mixes(paths: &Paths, effort: Effort, report: &mut Report) -> Result<[Value; 2]> {
    let bar = |full: Bar| Bar { events: effort.requests(full.events), ..full };
    let a = rows::run(paths, &Mix::a(), bar(A), report)?;
    let b = rows::run(paths, &Mix::b(), bar(B), report)?;
    Ok([a, b])
}
