//! All events of an issue, newest first: their rows, of which some have a body.

use serde::Deserialize;
use trapline_core::fingerprint::hex;

use super::issue::GroupRecord;
use crate::plan::bytes_of_hex;
use crate::sql::Statement;

/// Events on one page.
pub const EVENTS_PAGE: usize = 50;

/// Groups whose events are listed, the newest ones.
pub const EVENT_GROUPS: usize = 20;

/// Events that a filtered page looks at, of all groups.
pub const EVENTS_SCAN: usize = 2_000;

/// Where a page of events begins: after this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventCursor {
    /// The sender's time.
    pub claimed_ms: i64,
    /// 32 hexadecimal digits.
    pub event_id: String,
}

impl EventCursor {
    /// Reads [`EventCursor::text`].
    pub fn of(text: &str) -> Option<Self> {
        let (claimed_ms, event_id) = text.split_once('-')?;
        let is_id = event_id.len() == 32 && event_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then_some(())?;
        Some(Self { claimed_ms: claimed_ms.parse().ok()?, event_id: event_id.to_owned() })
    }

    /// `1795426880000-0123…`
    pub fn text(&self) -> String {
        format!("{}-{}", self.claimed_ms, self.event_id)
    }
}

/// An event's row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EventRow {
    /// 32 hexadecimal digits.
    pub event_id: String,
    /// The sender's time; 0 if it said none.
    pub claimed_ms: i64,
    /// When it happened.
    pub at_ms: i64,
    /// How many it stands for.
    pub count: u32,
    /// Version of the page's code.
    pub release: String,
    /// `production`, …
    pub environment: String,
    /// `Chrome 142`
    pub browser: String,
    /// `Windows 11`
    pub os: String,
    /// `DE`
    pub country: String,
    /// `/checkout`
    pub page: String,
    /// Stands for the user; empty if unknown.
    pub user: String,
}

/// A page of events and one more, if there is one. `filters` are pairs of a facet (`release`, `environment`, `browser`, `os`,
/// `country`, `url`, `user`, or the name of a fact such as `tag.plan`) and its value. Primary key of `event`: of each group
/// as many rows as a page has, or as [`EVENTS_SCAN`] leaves for it where there are filters.
pub fn events(
    project_id: u32,
    groups: &[GroupRecord],
    after: Option<&EventCursor>,
    filters: &[(String, String)],
) -> Statement {
    let groups: Vec<String> =
        groups.iter().take(EVENT_GROUPS).map(|group| hex(&group.hash)).collect();
    let scan = match filters {
        [] => EVENTS_PAGE,
        _ => EVENTS_SCAN / groups.len().max(1),
    };
    let start = EventCursor { claimed_ms: 9_007_199_254_740_991, event_id: String::new() };
    let after = after.unwrap_or(&start);
    Statement::new(
        "SELECT lower(hex(e.event_id)) AS event_id, e.claimed_ms, e.at_ms, e.count, e.release, e.environment, e.browser, e.os,
            e.country, e.page, coalesce(lower(hex(e.user_hash)), '') AS user
         FROM json_each(?2) g CROSS JOIN event e ON e.project_id = ?1 AND e.group_hash = unhex(g.value)
            AND (e.claimed_ms, e.event_id) < (?3, ?4)
            AND e.claimed_ms >= coalesce((SELECT x.claimed_ms FROM event x
                WHERE x.project_id = ?1 AND x.group_hash = unhex(g.value) AND (x.claimed_ms, x.event_id) < (?3, ?4)
                ORDER BY x.claimed_ms DESC, x.event_id DESC LIMIT 1 OFFSET ?5), -9007199254740991)
         WHERE NOT EXISTS (SELECT 1 FROM json_each(?6) f WHERE CASE f.value ->> 0
            WHEN 'release' THEN e.release <> f.value ->> 1
            WHEN 'environment' THEN e.environment <> f.value ->> 1
            WHEN 'browser' THEN e.browser <> f.value ->> 1
            WHEN 'os' THEN e.os <> f.value ->> 1
            WHEN 'country' THEN e.country <> f.value ->> 1
            WHEN 'url' THEN e.page <> f.value ->> 1
            WHEN 'user' THEN coalesce(lower(hex(e.user_hash)), '') <> f.value ->> 1
            ELSE instr(char(10) || e.facts, char(10) || (f.value ->> 0) || '=' || (f.value ->> 1) || char(10)) = 0 END)
         ORDER BY e.claimed_ms DESC, e.event_id DESC LIMIT ?7",
        [
            project_id.into(),
            serde_json::to_string(&groups).unwrap_or_default().into(),
            after.claimed_ms.into(),
            bytes_of_hex(&after.event_id).into(),
            i64::try_from(scan).unwrap_or(1).into(),
            serde_json::to_string(filters).unwrap_or_default().into(),
            i64::try_from(EVENTS_PAGE + 1).unwrap_or(1).into(),
        ],
    )
}
