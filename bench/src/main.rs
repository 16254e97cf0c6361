//! `cargo xtask bench`: each bench prints its figures beside those of what it is compared with, from one run.
//!
//! In reading order: what is sent ([`event`], [`mix`], [`load`]), to whom ([`target`]), what is looked at ([`database`],
//! [`meter`]), the bench `ingest` ([`throughput`], [`rows`]), the bench `growth` ([`seeded`], [`visitor`],
//! [`questions`]), the bench [`dashboard`], the bench [`hostile`] ([`attack`]), the benches [`agent`], [`symbolicate`] and [`grouping`], and how figures
//! are shown.
#![expect(clippy::print_stdout, reason = "a command line prints")]

mod event;
mod load;
mod mix;
mod target;

mod database;
mod meter;

mod ingest;
mod page_views;
mod rows;
mod throughput;

mod growth;
mod questions;
mod seeded;
mod visitor;

mod dashboard;

mod attack;
mod hostile;

mod agent;

mod symbolicate;

mod grouping;

mod report;
mod statistics;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use xtask::paths::Paths;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.get(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(60);
    match run(arguments.first().map_or("", String::as_str), Duration::from_secs(seconds)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `time` is of those that last as long as one likes.
fn run(bench: &str, time: Duration) -> Result<()> {
    xtask::group::end_all_on_interruption()?;
    let paths = Paths::of_this_repository();
    match bench {
        "ingest" => ingest::run(&paths),
        "rows" => ingest::run_rows(&paths),
        "views" => ingest::run_page_views(&paths),
        "growth" => growth::run(&paths),
        "dashboard" => dashboard::run(&paths),
        "hostile" => hostile::run(&paths, time),
        "agent" => agent::run(&paths),
        "symbolicate" => symbolicate::run(&paths),
        "grouping" => grouping::run(&paths),
        _ => bail!(
            "there is no bench {bench:?}; there are: ingest, rows, views, growth, dashboard, hostile, agent, symbolicate, grouping"
        ),
    }
}
