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
    /// What one of them said.
    pub(crate) refusal: Option<String>,
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

    /// Fails where anything was refused: a bench of refusals says nothing.
    pub(crate) fn all_accepted(self, by: &str) -> Result<Self> {
        let refusal = self.refusal.as_deref().unwrap_or_default();
        ensure!(
            self.refused == 0,
            "{by}: {} requests were refused, one with {refusal}",
            self.refused
        );
        Ok(self)
    }
}

/// Makes the body with a number; no two requests have the same number.
pub(crate) type Body<'a> = &'a (dyn Fn(u64) -> Vec<u8> + Sync);

/// Posts bodies with the next numbers for `time`.
pub(crate) fn for_time(
    url: &str,
    connections: usize,
    time: Duration,
    numbers: &AtomicU64,
    body: Body,
) -> Result<Run> {
    let end = Instant::now() + time;
    let next = || (Instant::now() < end).then(|| numbers.fetch_add(1, Ordering::Relaxed));
    post(url, connections, &next, body)
}

/// Posts bodies with the numbers from 0 to `count`.
pub(crate) fn for_count(url: &str, connections: usize, count: u64, body: Body) -> Result<Run> {
    let numbers = AtomicU64::new(0);
    let next = || Some(numbers.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count);
    post(url, connections, &next, body)
}

fn post(
    url: &str,
    connections: usize,
    next: &(dyn Fn() -> Option<u64> + Sync),
    body: Body,
) -> Result<Run> {
    let start = Instant::now();
    let runs: Vec<Run> = thread::scope(|scope| {
        let sender = || scope.spawn(|| send(url, next, body));
        let senders: Vec<_> = (0..connections).map(|_| sender()).collect();
        senders.into_iter().filter_map(|sender| sender.join().ok()).collect()
    });
    ensure!(runs.len() == connections, "a sender panicked");
    let mut all = Run { seconds: start.elapsed().as_secs_f64(), ..Run::default() };
    for run in runs {
        all.accepted += run.accepted;
        all.refused += run.refused;
        all.refusal = all.refusal.or(run.refusal);
        all.latencies_ms.extend(run.latencies_ms);
    }
    Ok(all)
}

fn send(url: &str, next: &dyn Fn() -> Option<u64>, body: Body) -> Run {
    let http = http();
    let mut run = Run::default();
    while let Some(number) = next() {
        let bytes = body(number);
        let start = Instant::now();
        let answer = http.post(url).header("Content-Type", "text/plain").send(&bytes);
        // Read to the end, or the connection is not used again.
        let answer = answer.and_then(|mut answer| {
            Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
        });
        run.latencies_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
        match answer {
            Ok((200, _)) => run.accepted += 1,
            other => {
                run.refused += 1;
                run.refusal = Some(format!("{other:?}"));
            }
        }
    }
    run
}
