//! A wasm module, with debug information, names or a source map, → a table.
//!
//! ```text
//! served module ─┬─ identity: its section `build_id`, or the hash of its bytes
//!                └─ code ─┬─ DWARF (feature `dwarf`), of it or of a file beside it with the same code
//!                         ├─ a source map, whose columns are code offsets
//!                         └─ the section `name`: functions alone
//! ```
//!
//! Offsets are those that engines say: into the bytes of the module as served. What is stripped for serving keeps its
//! code byte by byte, so that the debug file is of use. Refused: what is no module, and debug files of another build.

mod digest;
#[cfg(feature = "dwarf")]
mod dwarf;
mod frame;
mod module;
mod names;
mod path;
mod strip;

pub use digest::{Digest, Input, digest, no_source};
pub use frame::{Calls, code_of, tidy_name};
pub use module::{Module, NotWasm, debug_id_of};
pub use path::tidy_path;
pub use strip::{stripped, with_build_id};

/// Why a module is refused. The message names the file, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("{file} is refused: {reason}")]
    Module {
        /// The file.
        file: String,
        /// What is wrong.
        reason: NotWasm,
    },
    /// The debug file has other code.
    #[error(
        "the debug file of {file} belongs to another build: its code differs; keep the debug file of the very build \
         that is served, and strip it only after wasm-bindgen and wasm-opt"
    )]
    OtherBuild {
        /// The file.
        file: String,
    },
    /// The debug information cannot be read.
    #[error("the debug information of {file} is damaged: {reason}")]
    Dwarf {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The source map cannot be read.
    #[error("the source map of {file} is refused: {reason}")]
    Map {
        /// The file.
        file: String,
        /// What is wrong.
        reason: crate::map::BadMap,
    },
    /// There is nothing to resolve frames with.
    #[error(
        "{file} has neither names nor debug information: build it with `debug = \"limited\"` in its profile and \
         `wasm-bindgen --keep-debug`, and give the file from before stripping"
    )]
    Stripped {
        /// The file.
        file: String,
    },
}
