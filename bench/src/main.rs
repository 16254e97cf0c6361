//! `cargo xtask bench`: each bench prints its figures beside those of what it is compared with, from one run.
//!
//! In reading order: what is sent ([`event`], [`mix`], [`load`]), to whom ([`target`]), what is looked at ([`database`],
//! [`meter`]), the bench [`ingest`] ([`throughput`], [`rows`], [`page_views`]), the bench [`growth`]
//! ([`seeded`], [`visitor`], [`questions`]), the bench [`dashboard`], the bench [`hostile`] ([`attack`]), the benches
//! [`agent`], [`symbolicate`], [`grouping`], [`collectors`] and [`cost`]; how a bench reports ([`report`], [`statistics`],
//! [`table`]), and the report of all in one run ([`results`], [`environment`], [`claims`]).
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

mod collectors;

mod cost;

mod claims;
mod environment;
mod report;
mod results;
mod statistics;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use xtask::paths::Paths;

use crate::report::Effort;
use crate::results::Bench;

/// In the order of running: what needs a quiet machine most comes first, and `cost` after what it is computed from.
const ALL: [Bench; 9] = [
    ("agent", agent::run),
    ("ingest", ingest::run),
    ("collectors", collectors::run),
    ("cost", cost::run),
    ("growth", growth::run),
    ("dashboard", dashboard::run),
    ("hostile", |paths, effort| hostile::run(paths, effort.time)),
    ("symbolicate", |paths, _| symbolicate::run(paths)),
    ("grouping", |paths, _| grouping::run(paths)),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.get(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(60);
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let effort = Effort { time: Duration::from_secs(seconds), is_quick };
    match run(arguments.first().map_or("", String::as_str), effort) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(bench: &str, effort: Effort) -> Result<()> {
    xtask::group::end_all_on_interruption()?;
    let paths = Paths::of_this_repository();
    match bench {
        "all" => results::run_all(&paths, effort, &ALL),
        "results" => results::rewrite(&paths),
        "cases" => agent::run_cases(&paths),
        "rows" => ingest::run_rows(&paths, effort),
        "views" => ingest::run_page_views(&paths, effort),
        name => match ALL.iter().find(|(known, _)| *known == name) {
            Some((_, run)) => run(&paths, effort),
            None => bail!(
                "there is no bench {name:?}; there are: all, results, rows, views, cases, {}",
                ALL.map(|(name, _)| name).join(", ")
            ),
        },
    }
}
