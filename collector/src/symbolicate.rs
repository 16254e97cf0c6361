//! Frames of minified files and wasm modules, read with what was uploaded for them.

pub mod resolve;
