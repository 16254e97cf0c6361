//! `cargo xtask seed`: fills a local database through the plans of the collector, natively: a million events in minutes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::build;
use crate::paths::Paths;
use crate::progress::Progress;
use crate::run::{output_of, run};
use crate::stamp::files_under;
use crate::worker::{Options, Worker};

/// How much is stored, and where.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Distinct bugs; each happens at least once.
    pub issues: u64,
    /// Events in all, over the last 14 days.
    pub events: u64,
    /// Page views, over the last 14 days, each of which stands for ten; with sessions and some feedback.
    pub page_views: u64,
    /// The state of a local Worker that does not run; that of `cargo xtask dev` if nothing else is said.
    pub state: Option<PathBuf>,
}

/// Makes the state where it is missing, and fills the project `shop`.
///
/// # Errors
/// What cannot be stored, or the first step that fails.
pub fn seed(paths: &Paths, seed: &Seed) -> Result<()> {
    ensure!(seed.issues > 0, "there is nothing to store without issues; say --issues 1 or more");
    ensure!(
        seed.events >= seed.issues,
        "each issue has an event: --events is at least {}",
        seed.issues
    );
    let progress = Progress::over(build::STEPS + 3);
    build::build(paths, &progress)?;
    let state = seed.state.clone().unwrap_or_else(|| paths.target.join("dev/state"));
    let project = progress.step("schema and project", |_| project_of(paths, &state))?;
    let program = progress.step("the program that fills it", |say| {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--release", "--package", "trapline-collector", "--example", "seed"]);
        run(cargo.current_dir(&paths.root), say, "fix what it says above")?;
        Ok(paths.target.join("release/examples/seed"))
    })?;
    let percentiles = progress.step("events", |say| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let mut command = Command::new(&program);
        command.arg(database(&state)?).arg(&project);
        command.args([seed.issues, seed.events, seed.page_views].map(|number| number.to_string()));
        command.arg(now.as_millis().to_string());
        let said =
            output_of(&mut command, say, "stop the Worker that runs on this state, and try again")?;
        let Seed { issues, events, page_views, .. } = seed;
        say.note(&format!(
            "{events} of {issues} issues, {page_views} page views in {}",
            state.display()
        ));
        Ok(said.lines().rfind(|line| line.contains("percentiles")).map(str::to_owned))
    })?;
    percentiles.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// A Worker makes the schema and the project, and ends. Gives back the project's number.
fn project_of(paths: &Paths, state: &Path) -> Result<String> {
    let options = Options {
        state: state.to_path_buf(),
        log: paths.target.join("seed.log"),
        port: None,
        variables: Vec::new(),
        config: None,
    };
    let dsn = Worker::start(paths, &options)?.set_up("Hazel shop", "shop")?.dsn;
    Ok(dsn.rsplit('/').next().context("a DSN ends with a project")?.to_owned())
}

/// The one D1 below a state directory.
fn database(state: &Path) -> Result<PathBuf> {
    let files = files_under(&state.join("v3/d1"))?;
    let is_database = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.ends_with(".sqlite") && !name.starts_with("metadata")
    };
    let mut found = files.into_iter().filter(is_database);
    let file = found.next().with_context(|| format!("no D1 below {}", state.display()))?;
    ensure!(found.next().is_none(), "several databases below {}", state.display());
    Ok(file)
}
