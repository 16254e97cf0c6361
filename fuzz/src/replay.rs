//! Everything that the fuzzers found worth keeping, in `tests/corpora/fuzz`, through the same assertions.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A target's name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Far above what any input takes, and far below what a quadratic one would.
const MAX_TIME: Duration = Duration::from_secs(5);

/// Runs each target over what is kept for it.
pub fn replay(targets: &[Target]) {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpora/fuzz");
    for (name, target) in targets {
        let mut replayed = 0;
        for file in fs::read_dir(corpora.join(name)).unwrap() {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let started = Instant::now();
            target(&bytes);
            assert!(started.elapsed() < MAX_TIME, "{}", path.display());
            replayed += 1;
        }
        assert!(replayed >= 5, "{name} has {replayed} inputs");
    }
}
