//! Source maps and debug information: digested once into a [`Table`], which is looked up for each frame.
//!
//! Pure: bytes in, values out. No clock, no randomness, no I/O; any bytes are read or refused, without a panic, in memory
//! and time bounded by their length.

pub mod table;

mod varint;

pub use table::{Context, Kind, ResolvedFrame, Table, Unreadable, Unresolved};
