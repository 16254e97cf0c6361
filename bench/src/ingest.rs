//! How many envelopes a second the collector stores, beside a Worker that does nothing and one that does a single D1
//! insert of the same bytes. Rounds are interleaved, so that the machine's moods meet all three; the ratio of each
//! round is taken before the median.

use std::fs;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use xtask::paths::Paths;
use xtask::worker::{Options, Worker};

use crate::event::envelope;
use crate::load::{self, Run};
use crate::statistics::{median, percentile};

const ROUNDS: usize = 5;
const CONNECTIONS: [usize; 3] = [1, 8, 32];
const TIME: Duration = Duration::from_secs(2);

/// Least median ratio to the single insert.
const LEAST_RATIO: f64 = 0.6;

struct Target {
    name: &'static str,
    /// Ends when the target does.
    _worker: Worker,
    url: String,
    dsn: String,
    /// By number of connections.
    runs: [Vec<Run>; CONNECTIONS.len()],
}

/// Runs and prints; fails where the ratio is too low or an answer was no 200.
pub(crate) fn run() -> Result<()> {
    let paths = Paths::of_this_repository();
    let mut targets = [start(&paths, "nothing")?, start(&paths, "insert")?, collector(&paths)?];
    let numbers = AtomicU64::new(0);
    for target in &mut targets {
        // Compiles, migrates, and meets every bug of the mix.
        measure(target, 8, &numbers)?;
    }
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        for (index, connections) in CONNECTIONS.into_iter().enumerate() {
            for target in &mut targets {
                let run = measure(target, connections, &numbers)?;
                target.runs.get_mut(index).context("a run for each connection")?.push(run);
            }
        }
    }
    print(&targets)
}

fn measure(target: &Target, connections: usize, numbers: &AtomicU64) -> Result<Run> {
    let now_s = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64();
    let body = |number| envelope(number, &target.dsn, now_s);
    let run = load::run(&target.url, connections, TIME, numbers, &body)?;
    ensure!(run.refused == 0, "{}: {} requests were refused", target.name, run.refused);
    Ok(run)
}

fn print(targets: &[Target; 3]) -> Result<()> {
    println!(
        "\n{:<12}{:>12}{:>12}{:>10}{:>10}{:>22}",
        "", "connections", "requests/s", "p50 ms", "p99 ms", "ratio to one insert"
    );
    let [_, insert, ours] = targets;
    let mut least = f64::INFINITY;
    for (index, connections) in CONNECTIONS.into_iter().enumerate() {
        for target in targets {
            let runs = target.runs.get(index).context("runs")?;
            let base = insert.runs.get(index).context("runs")?;
            let rates: Vec<f64> = runs.iter().map(Run::rate).collect();
            let ratios: Vec<f64> =
                runs.iter().zip(base).map(|(run, base)| run.rate() / base.rate()).collect();
            let latencies: Vec<f64> =
                runs.iter().flat_map(|run| run.latencies_ms.iter().copied()).collect();
            println!(
                "{:<12}{:>12}{:>12.0}{:>10.1}{:>10.1}{:>22.2}",
                target.name,
                connections,
                median(&rates),
                median(&latencies),
                percentile(&latencies, 0.99),
                median(&ratios)
            );
            if target.name == ours.name {
                least = least.min(median(&ratios));
            }
        }
    }
    ensure!(
        least >= LEAST_RATIO,
        "the least median ratio is {least:.2}, at least {LEAST_RATIO} is asked for"
    );
    Ok(())
}

/// One of `bench/workers`.
fn start(paths: &Paths, name: &'static str) -> Result<Target> {
    let config = paths.root.join("bench/workers").join(name).join("wrangler.toml");
    let worker = Worker::start(paths, &options(paths, name, Some(config))?)?;
    let url = format!("{}/", worker.site());
    Ok(Target {
        name,
        _worker: worker,
        url,
        dsn: "http://key@127.0.0.1/1".into(),
        runs: Default::default(),
    })
}

fn collector(paths: &Paths) -> Result<Target> {
    let worker = Worker::start(paths, &options(paths, "trapline", None)?)?;
    let dsn = worker.set_up("Bench", "bench")?.dsn;
    let id = dsn.rsplit('/').next().unwrap_or_default();
    let url = format!("{}/api/{id}/envelope/", worker.site());
    Ok(Target { name: "trapline", _worker: worker, url, dsn, runs: Default::default() })
}

fn options(paths: &Paths, name: &str, config: Option<std::path::PathBuf>) -> Result<Options> {
    let state = paths.target.join("bench").join(name);
    if state.exists() {
        fs::remove_dir_all(&state)?;
    }
    let log = paths.target.join(format!("bench/{name}.log"));
    Ok(Options { state, log, port: None, variables: Vec::new(), config })
}
