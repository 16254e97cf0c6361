//! The look-up table: what is stored of a map or of debug information, and read at the edge.
//!
//! # Format, version 1
//! All fixed numbers are little-endian; *varint* and *step* (a folded difference) are those of `varint.rs`.
//! ```text
//! table    := "TLTB" version:u32 count:u32 (kind:u32 offset:u32 length:u32)*count sections
//! about    (1) := kind:u32 debug_id:[u8;16] name:string
//! strings  (2) := count:u32 (end:u32)*count UTF-8        string 0 is empty and means "none"
//! sources  (3) := (path:string flags:u32 offset:u32 packed:u32 inflated:u32)*    flags: 1 not in-app, 2 has content,
//!                                                        4 content was too large to keep
//! contents (4) := (chunks:u32 (line:u32 end:u32)*chunks raw deflate streams)*    2 KB of text each; line: from 0, in
//!                                                        which the chunk begins; end: of its stream, behind this list
//! positions(5) := blocks, key = generated line << 32 | column, both from 0
//! scopes   (6) := blocks, same key
//! code     (7) := blocks, key = offset of the code in the module's bytes
//! functions(8) := (start:u32 end:u32 name:string)*       wasm functions by index, imports first (start = end = 0)
//!
//! blocks   := count:u32 (key:u64 offset:u32)*count bytes*    the index says each block's first key
//! block    := entry*                                     up to 128; the first key is a step from the index's key: 0
//! position := key mark:u8 [source:step] [line:step column:step] [name:step]
//!             mark: 1 has a place in a source, 2 in another source than the entry before, 4 has a name
//! scope    := key name:varint                            from here on, this function; 0: none
//! code     := key shared:varint fresh:varint (function:step source:step line:step column:step)*fresh
//!             `shared` outermost frames are those of the entry before; the fresh ones follow, innermost first
//! key      := varint: positions and scopes: lines further << 1 | 1, then column:varint; or columns further << 1.
//!             code: bytes further
//! ```
//! Steps start from 0 in each block, so that one look-up decodes one block.

mod blocks;
mod code;
mod context;
mod look_up;
mod raw;
mod write;

pub use code::Code;
pub use context::Context;
pub use look_up::{PlaceFound, ResolvedFrame, Unresolved};
pub use raw::{Kind, Table, Unreadable};
pub use write::{CodeRange, Function, Inlined, Place, Position, Scope, Writer};

/// Entries of a block: one look-up decodes half of them on average, some 1 µs.
const BLOCK_ENTRIES: usize = 128;
/// Most frames of one code offset. Rust inlines a dozen deep; more is damage.
const MAX_INLINED: usize = 256;
/// Largest source whose text is kept. Larger ones are data, or bundles themselves.
pub const MAX_SOURCE_BYTES: usize = 4 << 20;

/// Text of a chunk: context is inflated from the beginning of one, some 10 µs, however long the source is.
const CHUNK_BYTES: usize = 2 << 10;
/// Most text of a chunk that is read.
const MAX_CHUNK_BYTES: usize = 16 << 10;

const MAGIC: [u8; 4] = *b"TLTB";
/// The version that is written, and the newest that is read.
pub const VERSION: u32 = 1;

const ABOUT: u32 = 1;
const STRINGS: u32 = 2;
const SOURCES: u32 = 3;
const CONTENTS: u32 = 4;
const POSITIONS: u32 = 5;
const SCOPES: u32 = 6;
const CODE: u32 = 7;
const FUNCTIONS: u32 = 8;

const IGNORED: u32 = 1;
const HAS_CONTENT: u32 = 2;
const TOO_LARGE: u32 = 4;
