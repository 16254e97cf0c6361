//! What the fuzzers found, replayed.
#![cfg(feature = "dwarf")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "of tests, which clippy.toml does not reach, and shared with a crate that has other lints"
)]

#[path = "../../fuzz/src/replay.rs"]
mod replay;
#[path = "../../fuzz/src/symbols.rs"]
mod targets;

#[test]
fn what_fuzzers_found_is_refused_or_read() {
    replay::replay(&targets::TARGETS);
}
