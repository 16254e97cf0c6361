//! The queries behind pages and the JSON API, and the rows that they give. Above each query stands what it walks.

mod around;
mod events;
mod grouping;
mod issue;
mod known;
mod list;
mod overview;
mod short_id;
mod sums;
mod tabs;

use serde::Deserialize;

use crate::sql::Statement;

pub use around::{AroundRow, OTHER_GROUPS, SeenRow, TextRow, issue_page, seen, trend};
pub use events::{EVENT_GROUPS, EVENTS_PAGE, EVENTS_SCAN, EventCursor, EventRow, events};
pub use grouping::{LookedRow, SPLIT_GROUPS, issue_of, newest_events, parts};
pub(crate) use issue::newest_release;
pub use issue::{
    BodyRow, GroupRecord, KeptRow, MAX_GROUPS, NamedBodyRow, NumberRow, bodies_in_slots, body,
    body_in_slot, groups, issue, kept, not_merged, old_slots, own_groups,
};
pub use known::{KnownRow, lines, releases};
pub use list::{Cursor, IssueRecord, ListEnd, ListFilter, PAGE, SCAN, Walk, list, newest_body};
pub use overview::{CameRow, MAX_ISSUES, OpenRow, PROJECTS, came, open};
pub use short_id::{number_in, number_of, short_id};
pub use tabs::{CountsRow, MAX_SPECIAL, MAX_TAB_COUNT, counts, tabs};

/// A project, as pages need it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ProjectRow {
    /// In DSNs.
    pub id: u32,
    /// In URLs.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// `SHOP` of `SHOP-4F`.
    pub short_prefix: String,
    /// Which database holds its events: 0 is `DB`, 1 is `DB_1`.
    pub database: u32,
    /// Origins that may send, as JSON; an empty list allows every one.
    pub allowed_origins: String,
    /// What its owner has set, as JSON.
    pub settings: String,
    /// The oldest key that is not revoked.
    pub public_key: Option<String>,
}

/// Every project. SCAN of `project`: one row a project; primary key of `project_key` is walked once a project.
pub fn projects() -> Statement {
    Statement::new(
        "SELECT id, slug, name, short_prefix, database, allowed_origins, settings,
            (SELECT public_key FROM project_key k WHERE k.project_id = project.id AND k.revoked_ms IS NULL
            ORDER BY k.created_ms LIMIT 1) AS public_key
         FROM project ORDER BY id",
        [],
    )
}

#[cfg(test)]
mod tests;
