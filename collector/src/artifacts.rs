//! What was uploaded so that minified and wasm stacks read like the source: look-up tables, found by debug ID or by release and
//! URL.
//!
//! D1 knows what there is (`migrations/0004_hold_artifacts.sql`); KV, bound as `ARTIFACTS`, holds the bytes by content hash,
//! several tables in a pack. What D1 knows and KV does not have yet is *later*, never *no*.

//!
//! | file | what |
//! |---|---|
//! | `token`, `access` | who may upload |
//! | `upload`, `rows` | tables that `trapline upload` has made |
//! | `chunks`, `assemble`, `digest` | bundles of `sentry-cli`, from which tables are made here; `multipart`, `zip`, `bundle` read them |
//! | `releases` | what deployments tell of a release |
//! | `find`, `load`, `kv` | a frame's table |
//! | `resolve` | what frames would resolve to |
//! | `retain` | what goes by cron |

pub mod access;
pub mod assemble;
pub mod bundle;
pub mod chunks;
pub mod digest;
mod find;
mod kv;
mod load;
pub mod multipart;
pub mod releases;
pub mod resolve;
pub mod retain;
pub mod rows;
pub mod token;
pub mod upload;
pub mod zip;

pub use find::{Found, Look, Pending, Wanted, find, statement, touch};
pub use kv::{Kv, KvError};
pub use load::load;
