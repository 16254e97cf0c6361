//! What each fuzz target does with its bytes. The same files are compiled into the tests of core, symbols and collector, which
//! replay `tests/corpora/fuzz` without a nightly toolchain.

pub mod replay;
pub mod symbols;
pub mod targets;
pub mod uploads;
