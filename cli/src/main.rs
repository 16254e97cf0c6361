//! `trapline`: uploads source maps and wasm debug files, says what a frame of a page would resolve to, and regroups issues.
//!
//! Exit codes: 0 all done, 1 something failed, 2 wrong usage, 3 nothing was found to do it with.
//!
//! In reading order: what is asked ([`arguments`], [`settings`]), what lies in a folder ([`files`]), what becomes of each
//! file ([`prepare`]), what is sent ([`upload`], [`api`]), what a page loads ([`check`]), what issues would be ([`regroup`]), and how it is shown
//! ([`progress`], [`report`]).
#![expect(clippy::print_stdout, reason = "a command line prints")]

mod arguments;
mod settings;

mod files;
mod prepare;

mod api;
mod upload;

mod check;
mod page;

mod regroup;

mod progress;
mod report;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// How a command ended, but for what failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Some files were refused; the others are done.
    SomeFailed,
    NothingFound,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Upload(arguments) => upload::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Regroup(arguments) => regroup::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Ok(Outcome::NothingFound) => ExitCode::from(3),
        Err(error) if error.is::<settings::Missing>() => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}
