//! What fails, one thing after another, by dice that fall the same in every run.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use trapline_tests::{Faulty, Gate};
use xtask::paths::Paths;

use crate::{Ending, Ground};

/// How often what failed.
#[derive(Debug, Default)]
pub struct Tally {
    /// Batches that D1 never saw, undid, or committed with a lost answer.
    pub batches: [AtomicU64; 3],
    /// The Worker was killed, and started again some seconds later.
    pub restarts: AtomicU64,
    /// Times in which the collector answered 503 or 429, closed connections, or did not answer.
    pub outages: [AtomicU64; 4],
    /// Senders that trickled, and those that went away in between.
    pub slow: [AtomicU64; 2],
    /// Pages whose clock jumped.
    pub clocks: AtomicU64,
}

impl Tally {
    /// What failed, by name.
    pub fn lines(&self) -> Vec<(&'static str, u64)> {
        let [before, during, after] = &self.batches;
        let [unavailable, busy, closed, silent] = &self.outages;
        let [trickled, gone] = &self.slow;
        [
            ("batches that D1 never saw", before),
            ("batches that D1 undid", during),
            ("batches whose answer was lost", after),
            ("Worker killed", &self.restarts),
            ("times of 503", unavailable),
            ("times of 429", busy),
            ("times of closed connections", closed),
            ("times without an answer", silent),
            ("senders that trickled", trickled),
            ("senders that went away", gone),
            ("clocks that jumped", &self.clocks),
        ]
        .into_iter()
        .map(|(name, count)| (name, count.load(Ordering::Relaxed)))
        .collect()
    }
}

/// Adds one.
pub fn one_more(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// From here on the Worker lives to the end, so that its memory can be looked at.
const LAST_RESTART: f64 = 0.6;

const SHORT: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_secs(8);

/// Lets things fail until the time is over, and gives back the Worker that has survived.
pub fn run(
    ground: &Ground,
    tally: &Tally,
    gate: &Gate,
    mut faulty: Faulty,
    state: &Path,
    paths: &Paths,
) -> Result<Faulty> {
    let _ending = Ending(ground);
    let mut turn = 0_u64;
    while ground.part() < 1.0 && !ground.is_calm() {
        turn += 1;
        match turn % 9 {
            1 => fail(ground, tally, &faulty, &some_fail("", 0.1, turn)),
            2 => {
                gate.answer(503, &[("Retry-After", "2")]);
                outage(ground, tally, gate, 0, SHORT);
            }
            3 => fail(ground, tally, &faulty, &some_fail("INSERT INTO event", 0.5, turn)),
            4 => {
                gate.refuse();
                outage(ground, tally, gate, 2, LONG);
            }
            5 if ground.part() < LAST_RESTART => {
                faulty = restart(ground, tally, faulty, state, paths)?;
            }
            6 => {
                gate.hold();
                outage(ground, tally, gate, 3, LONG);
            }
            7 => fail(ground, tally, &faulty, &some_fail("issue", 0.3, turn)),
            8 => {
                gate.answer(429, &[("Retry-After", "3")]);
                outage(ground, tally, gate, 1, SHORT);
            }
            // Time to recover.
            _ => ground.wait(LONG),
        }
    }
    gate.pass();
    faulty.heal();
    Ok(faulty)
}

/// A share of the batches that contain a part fail in one of the three ways.
fn some_fail(part: &str, share: f64, seed: u64) -> Value {
    let every = json!({ "share": share, "seed": seed, "when": ["before", "during", "after"] });
    let isolates = if seed.is_multiple_of(2) { "in_turn" } else { "one" };
    json!({ "match": part, "every": every, "isolates": isolates })
}

fn fail(ground: &Ground, tally: &Tally, faulty: &Faulty, orders: &Value) {
    faulty.queue(orders);
    ground.wait(LONG);
    let injected = faulty.report().injected;
    for (count, more) in
        tally.batches.iter().zip([injected.before, injected.during, injected.after])
    {
        count.fetch_add(u64::from(more), Ordering::Relaxed);
    }
    faulty.heal();
}

fn outage(ground: &Ground, tally: &Tally, gate: &Gate, kind: usize, time: Duration) {
    tally.outages.get(kind).into_iter().for_each(one_more);
    ground.wait(time);
    gate.pass();
}

/// Kills the Worker in the middle of whatever it does.
fn restart(
    ground: &Ground,
    tally: &Tally,
    faulty: Faulty,
    state: &Path,
    paths: &Paths,
) -> Result<Faulty> {
    let port = faulty.worker.port();
    ground.process_group.store(0, Ordering::SeqCst);
    drop(faulty);
    one_more(&tally.restarts);
    ground.wait(SHORT);
    let life = ground.lives.fetch_add(1, Ordering::SeqCst) + 1;
    let next = Faulty::start_again(paths, state.to_path_buf(), &format!("soak-{life}"), port)?;
    ground.process_group.store(next.worker.process_group(), Ordering::SeqCst);
    Ok(next)
}
