//! Requests at a Worker from a number of connections at once, each waiting for its answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use xtask::worker::http;

/// What one run of requests showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    /// Answers with status 200.
    pub(crate) accepted: u64,
    /// Answers with another status, and requests without one.
    pub(crate) refused: u64,
    /// From first to last.
    pub(crate) seconds: f64,
    /// Of each answer.
    pub(crate) latencies_ms: Vec<f64>,
}

impl Run {
    /// Accepted requests a second.
    pub(crate) fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let accepted = self.accepted as f64;
        accepted / self.seconds
    }
}

/// Posts `body(n)` for ever new n, over `connections`, for `time`.
pub(crate) fn run(
    url: &str,
    connections: usize,
    time: Duration,
    numbers: &AtomicU64,
    body: &(dyn Fn(u64) -> Vec<u8> + Sync),
) -> Result<Run> {
    let start = Instant::now();
    let runs: Vec<Run> = thread::scope(|scope| {
        let sender = || scope.spawn(|| send(url, start + time, numbers, body));
        let senders: Vec<_> = (0..connections).map(|_| sender()).collect();
        senders.into_iter().filter_map(|sender| sender.join().ok()).collect()
    });
    ensure!(runs.len() == connections, "a sender panicked");
    let mut all = Run { seconds: start.elapsed().as_secs_f64(), ..Run::default() };
    for run in runs {
        all.accepted += run.accepted;
        all.refused += run.refused;
        all.latencies_ms.extend(run.latencies_ms);
    }
    Ok(all)
}

fn send(url: &str, until: Instant, numbers: &AtomicU64, body: &dyn Fn(u64) -> Vec<u8>) -> Run {
    let http = http();
    let mut run = Run::default();
    while Instant::now() < until {
        let bytes = body(numbers.fetch_add(1, Ordering::Relaxed));
        let start = Instant::now();
        let answer = http.post(url).header("Content-Type", "text/plain").send(&bytes);
        // Read to the end, or the connection is not used again.
        let status = answer.map(|mut answer| {
            let _ = answer.body_mut().read_to_vec();
            answer.status().as_u16()
        });
        run.latencies_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
        match status {
            Ok(200) => run.accepted += 1,
            _ => run.refused += 1,
        }
    }
    run
}
