//! Trapline's core: bytes in, values out.
//!
//! The browser agent, the collector on Workers and the command line share this crate. It has no clock, no
//! randomness and no I/O; those arrive as arguments. Without the feature `decode` only what the agent needs is
//! compiled: the stack grammars and the DSN.
//!
//! In the order in which an event meets them: [`dsn`] → `inflate` → `envelope` → `bound` → `decode` → [`stack`] →
//! `normalize` → `scrub` → `filter` → `noise` → `title` → `fingerprint`. And for those that never arrive: `page_check`.
#![cfg_attr(not(any(feature = "decode", test)), no_std)]

extern crate alloc;

pub mod dsn;
pub mod limits;
pub mod stack;

#[cfg(feature = "decode")]
pub mod bound;
#[cfg(feature = "decode")]
pub mod client_report;
#[cfg(feature = "decode")]
pub mod crc32;
#[cfg(feature = "decode")]
pub mod decode;
#[cfg(feature = "decode")]
pub mod defect;
#[cfg(feature = "decode")]
pub mod envelope;
#[cfg(feature = "decode")]
pub mod event;
#[cfg(feature = "decode")]
pub mod filter;
#[cfg(feature = "decode")]
pub mod fingerprint;
#[cfg(feature = "decode")]
pub mod glob;
#[cfg(feature = "decode")]
pub mod histogram;
#[cfg(feature = "decode")]
pub mod inflate;
#[cfg(feature = "decode")]
pub mod json;
#[cfg(feature = "decode")]
pub mod meaning;
#[cfg(feature = "decode")]
pub mod noise;
#[cfg(feature = "decode")]
pub mod normalize;
#[cfg(feature = "decode")]
pub mod origin;
#[cfg(feature = "decode")]
pub mod page_check;
#[cfg(feature = "decode")]
pub mod page_view;
#[cfg(feature = "decode")]
pub mod release;
#[cfg(feature = "decode")]
pub mod resolution;
#[cfg(feature = "decode")]
pub mod scrub;
#[cfg(feature = "decode")]
pub mod title;
#[cfg(feature = "decode")]
pub mod url;
#[cfg(feature = "decode")]
pub mod user_agent;
#[cfg(feature = "decode")]
pub mod visitor;
