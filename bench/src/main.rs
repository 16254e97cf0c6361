//! `cargo xtask bench`: each bench prints its figures beside those of what it is compared with, from one run.
#![expect(clippy::print_stdout, reason = "a command line prints")]

mod event;
mod ingest;
mod load;
mod statistics;

use std::process::ExitCode;

fn main() -> ExitCode {
    let bench = std::env::args().nth(1).unwrap_or_default();
    let result = match bench.as_str() {
        "ingest" => ingest::run(),
        _ => Err(anyhow::anyhow!("there is no bench {bench:?}; there is: ingest")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
