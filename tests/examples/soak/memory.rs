//! Whether the Worker's memory stays flat: what is resident, every few seconds.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use xtask::processes;

use crate::Ground;

const PAUSE: Duration = Duration::from_secs(3);

/// Code is compiled and caches fill until here.
const WARM: Duration = Duration::from_secs(45);

/// `(life, seconds since it began, MiB)`
#[derive(Debug, Default)]
pub struct Samples(Mutex<Vec<(u64, f64, f64)>>);

/// Notes what is resident until everything is calm.
pub fn watch(ground: &Ground, samples: &Samples) {
    let (mut life, mut began) = (0, Instant::now());
    while !ground.is_calm() {
        let (now, group) =
            (ground.lives.load(Ordering::SeqCst), ground.process_group.load(Ordering::SeqCst));
        if now != life {
            (life, began) = (now, Instant::now());
        }
        if let Some(usage) = (group != 0).then(|| processes::usage(group)).flatten() {
            let sample = (life, began.elapsed().as_secs_f64(), usage.resident_mib);
            samples.0.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
        }
        ground.wait(PAUSE);
    }
}

impl Samples {
    /// Medians of the first and of the last third of the last life, once it was warm, in MiB; `None` where there are too few.
    pub fn of_the_last_life(&self) -> Option<(f64, f64)> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = samples.last()?.0;
        let warm: Vec<f64> = samples
            .iter()
            .filter(|(life, age_s, _)| *life == last && *age_s > WARM.as_secs_f64())
            .map(|(_, _, mib)| *mib)
            .collect();
        let third = warm.len() / 3;
        let first = median(warm.get(..third)?)?;
        Some((first, median(warm.get(warm.len() - third..)?)?))
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
