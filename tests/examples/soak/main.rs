//! `cargo xtask soak`: mixed traffic for half an hour while everything around it fails, and then the reckoning: whatever was
//! thrown is stored, counted or reported, to the last error, and memory has stayed flat.
//!
//! `soak SECONDS`. Traffic: [`browsers`], [`senders`], [`others`]. What fails: [`chaos`]. What is printed: [`reckoning`].

mod browsers;
mod chaos;
mod memory;
mod others;
mod reckoning;
mod senders;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use trapline_tests::{Api, Engine, Faulty, Gate, Project, World, fresh_state};
use xtask::group;
use xtask::paths::Paths;

/// What every part of the traffic knows.
struct Ground {
    began: Instant,
    time: Duration,
    /// Nothing fails any more: whatever is on its way arrives, and nothing new is begun.
    is_calm: AtomicBool,
    /// Process group of the Worker that runs, and 0 between two of them.
    process_group: AtomicI32,
    /// How often it was started.
    lives: AtomicU64,
}

impl Ground {
    fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::SeqCst)
    }

    /// Waits, but no longer than until everything is calm.
    fn wait(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_calm() && Instant::now() < until {
            thread::sleep(Duration::from_millis(50).min(time));
        }
    }

    fn calm(&self) {
        self.is_calm.store(true, Ordering::SeqCst);
    }

    /// How much of the time is over, from 0 to 1.
    fn part(&self) -> f64 {
        self.began.elapsed().as_secs_f64() / self.time.as_secs_f64()
    }
}

/// Whoever has panicked takes the others along.
struct Ending<'a>(&'a Ground);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.calm();
    }
}

/// A project as a sender knows it.
struct Target {
    id: String,
    slug: String,
    /// Where envelopes go, with the key.
    address: String,
    /// By way of the gate.
    dsn: String,
    api: Api,
}

impl Target {
    fn of(faulty: &Faulty, gate: &Gate, slug: &str) -> Result<Self> {
        let project = Project::of(&faulty.worker, slug)?;
        let (id, address, dsn) = (project.id().to_owned(), project.address(), gate.dsn(&project));
        Ok(Self { id, slug: project.slug.clone(), address, dsn, api: project.api })
    }
}

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(1_800);
    match run(Duration::from_secs(seconds)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the soak could not run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything closes.
fn run(time: Duration) -> Result<bool> {
    group::end_all_on_interruption()?;
    // Its own Worker serves the agent, which is a file: that stays up while the collector does not.
    let world = World::start_in("soak")?;
    let paths = Paths::of_this_repository();
    let state = fresh_state(&paths, "soak")?;
    let faulty = Faulty::start_on(&paths, state.clone(), "soak-1", &serde_json::json!({}))?;
    let gate = Gate::before(&faulty.worker);
    let of_engines = Engine::ALL
        .iter()
        .map(|engine| Target::of(&faulty, &gate, engine.name()))
        .collect::<Result<Vec<_>>>()?;
    let sdk = Target::of(&faulty, &gate, "sdk")?;
    let old = Target::of(&faulty, &gate, "old")?;
    let builds = others::Builds::of(&paths, &faulty, &sdk)?;
    senders::fill_old(&old, &faulty);
    let ground = Ground {
        began: Instant::now(),
        time,
        is_calm: AtomicBool::new(false),
        process_group: AtomicI32::new(faulty.worker.process_group()),
        lives: AtomicU64::new(1),
    };
    let ledger = senders::Ledger::default();
    let (faults, samples, visits) =
        (chaos::Tally::default(), memory::Samples::default(), others::Visits::default());
    println!(
        "{} minutes; the Worker's log: {}",
        time.as_secs() / 60,
        faulty.worker.log().display()
    );
    let (faulty, pages) = thread::scope(|scope| -> Result<_> {
        let chaos = scope.spawn(|| chaos::run(&ground, &faults, &gate, faulty, &state, &paths));
        for sender in 0..senders::SENDERS {
            let (ground, ledger, sdk) = (&ground, &ledger, &sdk);
            scope.spawn(move || senders::send(ground, ledger, sdk, sender));
        }
        scope.spawn(|| senders::send_slowly(&ground, &ledger, &faults, &sdk));
        scope.spawn(|| others::read(&ground, &visits, &sdk));
        scope.spawn(|| others::upload(&ground, &visits, &builds));
        scope.spawn(|| others::clean(&ground, &visits, &sdk));
        scope.spawn(|| memory::watch(&ground, &samples, &sdk));
        let ending = Ending(&ground);
        let pages = browsers::run(&ground, &faults, &world, &of_engines);
        drop(ending);
        let faulty = chaos.join().ok().context("what makes faults has panicked")??;
        Ok((faulty, pages))
    })?;
    let sums = reckoning::Sums {
        faulty: &faulty,
        engines: &of_engines,
        pages: &pages,
        sdk: &sdk,
        ledger: &ledger,
        old: &old,
    };
    reckoning::run(&paths, &sums, &faults, &visits, &samples)
}
