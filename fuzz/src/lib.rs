//! What each fuzz target does with its bytes. The same file is compiled into the tests of the core, which replay
//! `tests/corpora/fuzz` without a nightly toolchain.

pub mod targets;
