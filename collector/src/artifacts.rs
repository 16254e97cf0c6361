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

#[cfg(test)]
pub(crate) use plans::{bundle_statements, upload_statements};

/// Statements of an upload, for the snapshot of their plans.
#[cfg(test)]
mod plans {
    use super::{bundle, chunks, digest, rows};
    use crate::sql::Statement;

    pub(crate) fn upload_statements() -> Vec<Statement> {
        let file = || rows::File { url: "~/a.js".into(), ..rows::File::default() };
        let table = || rows::Table { hash: "aa".into(), offset: 1, length: 1 };
        let mut all = vec![
            rows::missing(1, &["aa"]),
            rows::announce_pack(1, "aa", 1, &[table()], 1),
            rows::add_tables(1, "aa", &[table()], 1),
        ];
        all.extend(rows::add_files(1, "1", "", &[file()], 1));
        all.extend(rows::add_pending(1, "aa", ("1", ""), &[file()], 1));
        all.push(rows::add_release(1, "1", "", 1));
        all
    }

    pub(crate) fn bundle_statements() -> Vec<Statement> {
        let which = digest::Which { project_id: 1, bundle: "aa", release: "1", dist: "" };
        let to_do = bundle::ToDo { url: "~/a.js".into(), ..bundle::ToDo::default() };
        let mut all = vec![
            chunks::known(&["aa".into()], 1),
            chunks::expired(1),
            digest::bundle(&which),
            digest::oldest(),
        ];
        all.extend(digest::tests::done_of(&to_do));
        all
    }
}
