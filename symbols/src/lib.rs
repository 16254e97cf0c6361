//! Source maps and debug information: digested once into a [`Table`], which is looked up for each frame.
//!
//! In reading order: the [`table`] (its format, how it is read and written), the [`map`] that it is made from, the
//! [`scanner`] that finds functions and their names, [`digest`] which brings them together, the [`debug_id`] that says
//! which file and map belong together, and the [`pack`] in which tables travel.
//!
//! Pure: bytes in, values out. No clock, no randomness, no I/O; any bytes are read or refused, without a panic, in memory
//! and time bounded by their length.

pub mod debug_id;
pub mod digest;
pub mod map;
pub mod pack;
pub mod scanner;
pub mod table;

mod varint;

pub use table::{Context, Kind, ResolvedFrame, Table, Unreadable, Unresolved};
