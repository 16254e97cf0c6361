//! `cargo xtask`: the commands.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::bench::{self, Bench};
use xtask::paths::Paths;
use xtask::progress::Progress;
use xtask::seed::{self, Seed};
use xtask::{build, check, deploy, dev, docs, group, screenshots, size, soak, test};

/// Everything that is done to this repository.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build all, start it here, and print where it is
    Dev {
        /// The port of both origins
        #[arg(long, default_value_t = 8787)]
        port: u16,
    },
    /// Format, lints, boundaries, native tests, sizes, end to end in real browsers
    Test {
        /// Add what takes long
        #[arg(long)]
        full: bool,
        /// Run only tests whose name contains this, and no static checks
        filter: Option<String>,
    },
    /// The static parts of `test`, documentation, dependencies
    Check {
        /// Ask for known vulnerabilities of dependencies too: fetches RustSec's database from GitHub
        #[arg(long)]
        advisories: bool,
    },
    /// Build what is deployed into deploy/
    Build,
    /// Render docs/ into what is deployed: deploy/assets/docs
    Docs,
    /// Build, deploy with wrangler, and say what to do next; an upgrade is the same
    Deploy {
        /// Passed on to `wrangler deploy`, such as --dry-run
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        wrangler: Vec<String>,
    },
    /// Measure what visitors and isolates load, against the budgets
    Size,
    /// Fill a local database with events, quickly, through the collector's own plans; its Worker must not run
    Seed {
        /// Distinct bugs
        #[arg(long, default_value_t = 100)]
        issues: u64,
        /// Events in all, over the last 14 days
        #[arg(long, default_value_t = 10_000)]
        events: u64,
        /// Page views, over the last 14 days: `1M` is a million
        #[arg(long, default_value = "0", value_parser = quantity)]
        page_views: u64,
        /// Another state than that of `cargo xtask dev`
        #[arg(long)]
        state: Option<PathBuf>,
    },
    /// Take pictures of every page of the dashboard: light, dark, and of a phone's size
    Screenshots {
        /// Only those of README.md, into www/pictures
        #[arg(long)]
        readme: bool,
        /// Only pages whose name contains this
        filter: Option<String>,
    },
    /// Mixed traffic while everything around it fails; in the end, whatever was thrown has to be stored, counted or reported
    Soak {
        /// How long
        #[arg(long, default_value_t = 30)]
        minutes: u64,
    },
    /// Measure beside what we are compared with, in one run
    Bench {
        /// agent, cases (a part of agent), ingest, rows (a part of ingest), collectors, cost, growth, dashboard, hostile, symbolicate, grouping;
        /// without a name all in one run, which writes bench/RESULTS.md
        name: Option<String>,
        /// How long hostile traffic lasts
        #[arg(long, default_value_t = 1)]
        minutes: u64,
        /// Few rounds and rough figures, for those who work on a bench
        #[arg(long)]
        quick: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    group::end_all_on_interruption()?;
    let paths = Paths::of_this_repository();
    match command {
        Command::Dev { port } => dev::dev(&paths, port)?,
        Command::Build => build::build(&paths, &Progress::over(build::STEPS))?,
        Command::Docs => docs::docs(&paths)?,
        Command::Deploy { wrangler } => deploy::deploy(&paths, &wrangler)?,
        Command::Size => {
            build::build(&paths, &Progress::over(build::STEPS))?;
            size::size(&paths)?;
        }
        Command::Test { full, filter } => return Ok(test::test(&paths, full, filter.as_deref())),
        Command::Check { advisories } => return Ok(check::check(&paths, advisories)),
        Command::Seed { issues, events, page_views, state } => {
            seed::seed(&paths, &Seed { issues, events, page_views, state })?;
        }
        Command::Screenshots { readme, filter } => {
            screenshots::screenshots(&paths, readme, filter.as_deref())?;
        }
        Command::Soak { minutes } => soak::soak(&paths, minutes)?,
        Command::Bench { name, minutes, quick } => {
            bench::bench(&paths, &Bench { name, minutes, is_quick: quick })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `20000`, `20k`, `1M`
fn quantity(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.strip_suffix('M') {
        Some(digits) => (digits, 1_000_000),
        None => text.strip_suffix('k').map_or((text, 1), |digits| (digits, 1_000)),
    };
    let number = digits.parse::<u64>().map_err(|error| error.to_string())?;
    number.checked_mul(factor).ok_or_else(|| "too many".to_owned())
}
