//! `cargo xtask bench`: each bench prints its figures beside those of what it is compared with, from one run.
//!
//! In reading order: what is sent ([`event`], [`mix`], [`load`]), to whom ([`target`]), what is looked at ([`database`],
//! [`meter`], [`processes`]), the bench `ingest` ([`throughput`], [`rows`]), the bench `growth` ([`seeded`], [`visitor`],
//! [`questions`]), the benches [`agent`] and [`grouping`], and how figures are shown.
#![expect(clippy::print_stdout, reason = "a command line prints")]

mod event;
mod load;
mod mix;
mod target;

mod database;
mod meter;
mod processes;

mod ingest;
mod rows;
mod throughput;

mod growth;
mod questions;
mod seeded;
mod visitor;

mod agent;

mod grouping;

mod report;
mod statistics;
mod table;

use std::process::ExitCode;

use anyhow::{Result, bail};
use xtask::paths::Paths;

fn main() -> ExitCode {
    match run(&std::env::args().nth(1).unwrap_or_default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(bench: &str) -> Result<()> {
    xtask::group::end_all_on_interruption()?;
    let paths = Paths::of_this_repository();
    match bench {
        "ingest" => ingest::run(&paths),
        "rows" => ingest::run_rows(&paths),
        "growth" => growth::run(&paths),
        "agent" => agent::run(&paths),
        "grouping" => grouping::run(&paths),
        _ => bail!("there is no bench {bench:?}; there are: ingest, rows, growth, agent, grouping"),
    }
}
