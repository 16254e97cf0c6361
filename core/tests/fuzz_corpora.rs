//! Everything that the fuzzers found worth keeping, in `tests/corpora/fuzz`, through the same assertions.
#![cfg(feature = "decode")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "of tests, which clippy.toml does not reach, and shared with a crate that has other lints"
)]

use std::time::{Duration, Instant};

#[path = "../../fuzz/src/targets.rs"]
mod targets;

#[test]
fn what_fuzzers_found_is_refused_or_read() {
    let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpora/fuzz");
    for (name, target) in targets::TARGETS {
        let mut replayed = 0;
        for file in std::fs::read_dir(format!("{corpora}/{name}")).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let started = Instant::now();
            target(&bytes);
            // Far above what any takes, and far below what a quadratic one would.
            assert!(started.elapsed() < Duration::from_secs(5), "{}", path.display());
            replayed += 1;
        }
        assert!(replayed >= 5, "{name} has {replayed} inputs");
    }
}
