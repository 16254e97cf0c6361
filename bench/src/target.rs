//! The Workers that are measured, each on a database of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use xtask::paths::Paths;
use xtask::worker::{Options, Worker};

/// A running Worker that takes events. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) worker: Worker,
    /// Where its database lies.
    pub(crate) state: PathBuf,
    /// Where envelopes go.
    pub(crate) url: String,
    pub(crate) dsn: String,
}

/// One of `bench/workers` that takes any body at `/`.
pub(crate) fn start(paths: &Paths, name: &'static str) -> Result<Target> {
    let state = empty_state(paths, name)?;
    let worker = Worker::start(paths, &options(paths, name, &state, Some(config(paths, name))))?;
    let url = format!("{}/", worker.site());
    Ok(Target { name, worker, state, url, dsn: "http://key@127.0.0.1/1".into() })
}

/// The collector as it is deployed.
pub(crate) fn collector(paths: &Paths) -> Result<Target> {
    let state = empty_state(paths, "trapline")?;
    of_collector(
        "trapline",
        Worker::start(paths, &options(paths, "trapline", &state, None))?,
        state,
    )
}

/// The collector behind the meter.
pub(crate) fn metered(paths: &Paths, name: &'static str) -> Result<Target> {
    let state = empty_state(paths, name)?;
    of_collector(name, Worker::start(paths, &metered_options(paths, name, &state))?, state)
}

/// How the collector behind the meter is started on `state`.
pub(crate) fn metered_options(paths: &Paths, name: &str, state: &Path) -> Options {
    options(paths, name, state, Some(config(paths, "meter")))
}

/// Seconds since 1970.
pub(crate) fn now_s() -> Result<f64> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64())
}

fn of_collector(name: &'static str, worker: Worker, state: PathBuf) -> Result<Target> {
    let dsn = worker.set_up("Bench", "bench")?.dsn;
    let url = envelope_url(&worker, &dsn);
    Ok(Target { name, worker, state, url, dsn })
}

/// Where envelopes for the project of a DSN go.
pub(crate) fn envelope_url(worker: &Worker, dsn: &str) -> String {
    let project = dsn.rsplit('/').next().unwrap_or_default();
    format!("{}/api/{project}/envelope/", worker.site())
}

fn config(paths: &Paths, name: &str) -> PathBuf {
    paths.root.join("bench/workers").join(name).join("wrangler.toml")
}

fn empty_state(paths: &Paths, name: &str) -> Result<PathBuf> {
    let state = paths.target.join("bench").join(name);
    if state.exists() {
        fs::remove_dir_all(&state)?;
    }
    Ok(state)
}

fn options(paths: &Paths, name: &str, state: &Path, config: Option<PathBuf>) -> Options {
    let log = paths.target.join(format!("bench/{name}.log"));
    Options { state: state.to_path_buf(), log, port: None, variables: Vec::new(), config }
}
