//! Waiting for what happens elsewhere.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Two slow cores under load; what is to be fast says so with [`eventually_within`].
const PATIENCE: Duration = Duration::from_secs(10);

/// A collector's isolate writes each outcome at most once in ten seconds, and each of its details in turn.
const OUTCOME_PATIENCE: Duration = Duration::from_secs(45);

/// What `attempt` gives as soon as it succeeds.
///
/// # Panics
/// With its latest error, when 10 s are over.
#[track_caller]
pub fn eventually<T>(attempt: impl FnMut() -> Result<T>) -> T {
    eventually_within(PATIENCE, attempt)
}

/// What `attempt` gives as soon as it succeeds.
///
/// # Panics
/// With its latest error, when the time is over.
#[track_caller]
pub fn eventually_within<T>(patience: Duration, mut attempt: impl FnMut() -> Result<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        match attempt() {
            Ok(found) => return found,
            Err(error) if Instant::now() >= deadline => {
                panic!("still not so after {patience:?}: {error:#}")
            }
            Err(_) => std::thread::sleep(Duration::from_millis(25)),
        }
    }
}

/// What `attempt` gives as soon as it succeeds, where it looks at outcomes that are counted.
///
/// # Panics
/// With its latest error, when 45 s are over.
#[track_caller]
pub fn eventually_counted<T>(attempt: impl FnMut() -> Result<T>) -> T {
    eventually_within(OUTCOME_PATIENCE, attempt)
}
