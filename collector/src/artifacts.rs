//! What was uploaded so that minified and wasm stacks read like the source: look-up tables, found by debug ID or by release and
//! URL.
//!
//! D1 knows what there is (`migrations/0004_hold_artifacts.sql`); KV, bound as `ARTIFACTS`, holds the bytes by content hash,
//! several tables in a pack. What D1 knows and KV does not have yet is *later*, never *no*.

mod find;
mod kv;
mod load;

pub use find::{Found, Look, Pending, Wanted, find, statement, touch};
pub use kv::{Kv, KvError};
pub use load::load;
