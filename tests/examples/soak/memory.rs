//! Whether the collector's memory stays flat: what its wasm has taken of an isolate, which never shrinks, every few seconds.
//! Beside it what is resident of workerd, which also holds its proxy, the local D1 and V8's garbage.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use xtask::processes;
use xtask::worker::http;

use crate::{Ground, Target};

const PAUSE: Duration = Duration::from_secs(3);

/// Code is compiled and caches fill until here.
const WARM: Duration = Duration::from_secs(45);

#[derive(Debug, Clone, Copy)]
struct Sample {
    life: u64,
    /// Seconds since that life began.
    age_s: f64,
    wasm_mib: f64,
    resident_mib: f64,
}

/// What was seen, in its order.
#[derive(Debug, Default)]
pub struct Samples(Mutex<Vec<Sample>>);

/// Of the last life, once it was warm: MiB at the median of its first and of its last third.
#[derive(Debug, Clone, Copy)]
pub struct Thirds {
    pub wasm: (f64, f64),
    pub resident: (f64, f64),
}

/// Notes what there is until everything is calm.
pub fn watch(ground: &Ground, samples: &Samples, target: &Target) {
    let site = target.address.split("/api/").next().unwrap_or_default();
    let (mut life, mut began) = (0, Instant::now());
    while !ground.is_calm() {
        let (now, group) =
            (ground.lives.load(Ordering::SeqCst), ground.process_group.load(Ordering::SeqCst));
        if now != life {
            (life, began) = (now, Instant::now());
        }
        let usage = (group != 0).then(|| processes::usage(group)).flatten();
        if let Some((usage, wasm_mib)) = usage.zip(wasm_mib(site)) {
            let age_s = began.elapsed().as_secs_f64();
            let sample = Sample { life, age_s, wasm_mib, resident_mib: usage.resident_mib };
            samples.0.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
        }
        ground.wait(PAUSE);
    }
}

/// Of both instances; `None` while the Worker is away.
fn wasm_mib(site: &str) -> Option<f64> {
    let mut answer = http().get(format!("{site}/__faults")).call().ok()?;
    let report: Value = answer.body_mut().read_json().ok()?;
    Some(report["wasm_bytes"].as_f64()? / f64::from(1 << 20))
}

impl Samples {
    /// `None` where there are too few.
    pub fn of_the_last_life(&self) -> Option<Thirds> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = samples.last()?.life;
        let is_warm = |sample: &&Sample| sample.life == last && sample.age_s > WARM.as_secs_f64();
        let warm: Vec<Sample> = samples.iter().filter(is_warm).copied().collect();
        let third = warm.len() / 3;
        let (first, last) = (warm.get(..third)?, warm.get(warm.len() - third..)?);
        let thirds = |of: fn(&Sample) -> f64| Some((median(first, of)?, median(last, of)?));
        let (wasm, resident) =
            (thirds(|sample| sample.wasm_mib)?, thirds(|sample| sample.resident_mib)?);
        Some(Thirds { wasm, resident })
    }
}

fn median(samples: &[Sample], of: fn(&Sample) -> f64) -> Option<f64> {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
