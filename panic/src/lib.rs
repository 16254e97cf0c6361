//! Panics of a Rust app in the browser, told to the Trapline agent of the page.
//!
//! ```no_run
//! // First in `main`:
//! trapline_panic::install();
//! ```
//!
//! A panic aborts in wasm: the hook runs, then the instance traps, and whatever calls it again finds it as it lay. So
//! everything is told from within the hook, to `window.Trapline`: another wasm instance, or the stub's queue where that is
//! not there yet. The agent takes the `RuntimeError: unreachable` that follows for part of the same event.
//!
//! Refused: panics while an earlier one is being told, and those of an app whose page has no Trapline. Both go on to the
//! hook that was there before. Nothing in here panics.

mod agent;
mod error;
mod hook;
#[cfg(feature = "tracing")]
mod layer;
mod place;
mod stack;

pub use error::report;
pub use hook::{hook, install};
#[cfg(feature = "tracing")]
pub use layer::TraplineLayer;
