//! The queries behind pages and the JSON API, and the rows that they give. Above each query stands what it walks.

use serde::{Deserialize, Deserializer};
use trapline_core::fingerprint::Hash;

use crate::plan::{SLOTS, bytes_of_hex, first_slot};
use crate::sql::{Arg, Statement};

/// Issues on one page of the list.
pub const PAGE: usize = 50;

/// Groups of an issue that its page looks at, newest first.
pub const MAX_GROUPS: usize = 50;

/// Counts in tabs stop here: counting on would read a row an issue.
pub const MAX_TAB_COUNT: u32 = 1_000;

/// A project, as pages need it.
#[derive(Clone, Debug, Deserialize)]
pub struct ProjectRow {
    /// In DSNs.
    pub id: u32,
    /// In URLs.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// `SHOP` of `SHOP-4F`.
    pub short_prefix: String,
    /// Number of the newest issue; 0 before the first event.
    pub last_issue: u32,
    /// A key that is not revoked.
    pub public_key: Option<String>,
}

/// Every project. SCAN of `project`: one row a project; primary key of `project_key` is walked once a project.
pub fn projects() -> Statement {
    Statement::new(
        "SELECT id, slug, name, short_prefix, last_issue, (SELECT public_key FROM project_key k
            WHERE k.project_id = project.id AND k.revoked_ms IS NULL LIMIT 1) AS public_key
         FROM project ORDER BY id",
        [],
    )
}

/// Where a page of the list begins: after this issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// `last_hour` of the last issue of the page before.
    pub hour: i64,
    /// Its number.
    pub number: u32,
}

/// What the list shows.
#[derive(Clone, Debug)]
pub struct ListFilter<'a> {
    /// The project.
    pub project_id: u32,
    /// 0 unresolved, 1 resolved, 2 ignored.
    pub status: u32,
    /// Text in type, message, function or place; empty for all.
    pub text: &'a str,
    /// Where to begin.
    pub after: Option<Cursor>,
}

/// An issue with the sums of its groups.
#[derive(Clone, Debug, Deserialize)]
pub struct IssueRecord {
    /// In short IDs.
    pub number: u32,
    /// Type of the exception.
    pub kind: String,
    /// Its message.
    pub value: String,
    /// Function of the first in-app frame.
    pub function: String,
    /// File and line of it.
    pub place: String,
    /// Worst level.
    pub level: i64,
    /// 1 if somebody caught every one.
    pub handled: i64,
    /// 0 unresolved, 1 resolved, 2 ignored.
    pub status: i64,
    /// When the status was set.
    pub status_ms: i64,
    /// When it was last seen again after being resolved.
    pub regressed_ms: i64,
    /// Release of the first event.
    pub first_release: String,
    /// Hour of the newest event.
    pub last_hour: i64,
    /// Sum over groups.
    #[serde(default)]
    pub events: u64,
    /// Sum over groups.
    #[serde(default)]
    pub users: u64,
    /// Least of the groups'.
    #[serde(default)]
    pub first_seen_ms: i64,
    /// Greatest of the groups'.
    #[serde(default)]
    pub last_seen_ms: i64,
}

macro_rules! issue_columns {
    () => {
        "i.number, i.kind, i.value, i.function, i.place, i.level, i.handled, i.status, i.status_ms,
         i.regressed_ms, i.first_release, i.last_hour"
    };
}

macro_rules! page_of_issues {
    () => {
        "SELECT * FROM issue WHERE project_id = ?1 AND status = ?2 AND (last_hour, number) < (?3, ?4)
         AND (?5 = '' OR instr(lower(kind || ' ' || value || ' ' || function || ' ' || place), ?5) > 0)
         ORDER BY last_hour DESC, number DESC LIMIT ?6"
    };
}

/// One page of the list and one issue more, if there is one; `issue_by_last_hour`, `event_group_by_issue`.
const LIST: &str = concat!(
    "WITH page AS (",
    page_of_issues!(),
    ") SELECT ",
    issue_columns!(),
    ", sum(g.events) AS events, sum(g.users) AS users,
        min(g.first_seen_ms) AS first_seen_ms, max(g.last_seen_ms) AS last_seen_ms
    FROM page i JOIN event_group g ON g.project_id = ?1 AND g.number = i.number
    GROUP BY i.number ORDER BY i.last_hour DESC, i.number DESC"
);

/// Events by hour of the same page; `issue_by_last_hour`, `event_group_by_issue`, primary key of `group_hour`.
const LIST_HOURS: &str = concat!(
    "WITH page AS (",
    page_of_issues!(),
    "), grouped AS (
        SELECT g.* FROM page i JOIN event_group g ON g.project_id = ?1 AND g.number = i.number)
    SELECT number, hour, sum(events) AS events FROM (
        SELECT number, hour, hour_events AS events FROM grouped WHERE hour > ?7
        UNION ALL
        SELECT g.number, h.hour, h.events FROM grouped g
        JOIN group_hour h ON h.project_id = ?1 AND h.group_hash = g.hash AND h.hour > ?7)
    GROUP BY number, hour"
);

/// The list's page, and its hours after `since_hour`.
pub fn list(filter: &ListFilter, since_hour: i64) -> [Statement; 2] {
    let after = filter.after.unwrap_or(Cursor { hour: i64::from(u32::MAX), number: 0 });
    let args: Vec<Arg> = vec![
        filter.project_id.into(),
        filter.status.into(),
        after.hour.into(),
        after.number.into(),
        filter.text.to_lowercase().into(),
        i64::try_from(PAGE + 1).unwrap_or(i64::MAX).into(),
    ];
    let mut with_hours = args.clone();
    with_hours.push(since_hour.into());
    [Statement { sql: LIST, args }, Statement { sql: LIST_HOURS, args: with_hours }]
}

/// Events of an issue within one hour.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct HourRow {
    /// The issue.
    pub number: u32,
    /// Hours since 1970.
    pub hour: i64,
    /// Events in it.
    pub events: u32,
}

/// Issues by status, each counted up to [`MAX_TAB_COUNT`] + 1; `issue_by_last_hour`.
pub fn counts(project_id: u32) -> Statement {
    Statement::new(
        "SELECT
            (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 0 LIMIT ?2)) AS unresolved,
            (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 1 LIMIT ?2)) AS resolved,
            (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 2 LIMIT ?2)) AS ignored",
        [project_id.into(), (MAX_TAB_COUNT + 1).into()],
    )
}

/// What [`counts`] gives.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct CountsRow {
    /// Open issues.
    pub unresolved: u64,
    /// Resolved ones.
    pub resolved: u64,
    /// Ignored ones.
    pub ignored: u64,
}

/// One issue with its sums; primary key of `issue`, `event_group_by_issue`.
pub fn issue(project_id: u32, number: u32) -> Statement {
    const SQL: &str = concat!(
        "SELECT ",
        issue_columns!(),
        ", sum(g.events) AS events, sum(g.users) AS users,
            min(g.first_seen_ms) AS first_seen_ms, max(g.last_seen_ms) AS last_seen_ms
        FROM issue i JOIN event_group g ON g.project_id = ?1 AND g.number = ?2
        WHERE i.project_id = ?1 AND i.number = ?2 GROUP BY i.number"
    );
    Statement::new(SQL, [project_id.into(), number.into()])
}

/// Hours of one issue after `since_hour`; `event_group_by_issue`, primary key of `group_hour`.
pub fn issue_hours(project_id: u32, number: u32, since_hour: i64) -> Statement {
    Statement::new(
        "SELECT ?2 AS number, hour, sum(events) AS events FROM (
            SELECT hour, hour_events AS events FROM event_group
            WHERE project_id = ?1 AND number = ?2 AND hour > ?3
            UNION ALL
            SELECT h.hour, h.events FROM event_group g
            JOIN group_hour h ON h.project_id = ?1 AND h.group_hash = g.hash AND h.hour > ?3
            WHERE g.project_id = ?1 AND g.number = ?2)
         GROUP BY hour",
        [project_id.into(), number.into(), since_hour.into()],
    )
}

/// A group of an issue.
#[derive(Clone, Debug, Deserialize)]
pub struct GroupRecord {
    /// Raw fingerprint.
    #[serde(deserialize_with = "hash_of_hex")]
    pub hash: Hash,
    /// What made its events equal.
    pub label: String,
    /// Events in all.
    pub events: u64,
    /// Newest event.
    pub last_seen_ms: i64,
    /// Release of it.
    pub last_release: String,
}

/// The newest groups of an issue; `event_group_by_issue`.
pub fn groups(project_id: u32, number: u32) -> Statement {
    Statement::new(
        "SELECT hex(hash) AS hash, label, events, last_seen_ms, last_release FROM event_group
         WHERE project_id = ?1 AND number = ?2 ORDER BY last_seen_ms DESC LIMIT ?3",
        [project_id.into(), number.into(), i64::try_from(MAX_GROUPS).unwrap_or(1).into()],
    )
}

/// A kept event, without its body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeptRow {
    /// 32 hexadecimal digits.
    pub event_id: String,
    /// Its group.
    #[serde(deserialize_with = "hash_of_hex")]
    pub group_hash: Hash,
    /// When it happened.
    pub at_ms: i64,
}

/// Kept events of some groups, newest first; primary key of `body`, at most [`SLOTS`] rows a group.
pub fn kept(project_id: u32, groups: &[GroupRecord]) -> Statement {
    let slots: Vec<i64> = groups.iter().map(|group| first_slot(&group.hash)).collect();
    Statement::new(
        "SELECT lower(hex(b.event_id)) AS event_id, hex(b.group_hash) AS group_hash, b.at_ms
         FROM json_each(?2) g CROSS JOIN body b ON b.slot >= g.value AND b.slot < g.value + ?3
         WHERE b.project_id = ?1 ORDER BY b.at_ms DESC, b.event_id",
        [project_id.into(), serde_json::to_string(&slots).unwrap_or_default().into(), SLOTS.into()],
    )
}

/// A kept event's body.
#[derive(Clone, Debug, Deserialize)]
pub struct BodyRow {
    /// Its group.
    #[serde(deserialize_with = "hash_of_hex")]
    pub group_hash: Hash,
    /// Compressed JSON, as hexadecimal digits: D1 would answer with a list of numbers.
    pub bytes: String,
}

/// The body of an event; `body_by_event`.
pub fn body(project_id: u32, event_id: &str) -> Statement {
    Statement::new(
        "SELECT hex(group_hash) AS group_hash, hex(bytes) AS bytes FROM body
         WHERE project_id = ?1 AND event_id = ?2 LIMIT 1",
        [project_id.into(), bytes_of_hex(event_id).into()],
    )
}

/// Events of the newest ones of a group that share all facets.
#[derive(Clone, Debug, Deserialize)]
pub struct FacetsRow {
    /// Version of the page's code.
    pub release: String,
    /// `production`, …
    pub environment: String,
    /// `Chrome 142`
    pub browser: String,
    /// `Windows 11`
    pub os: String,
    /// `/checkout`
    pub page: String,
    /// Events.
    pub events: u64,
}

/// Facets of the newest `events` rows of a group; primary key of `event`.
pub fn facets(project_id: u32, group: &Hash, events: u32) -> Statement {
    Statement::new(
        "SELECT release, environment, browser, os, page, sum(count) AS events FROM (
            SELECT release, environment, browser, os, page, count FROM event
            WHERE project_id = ?1 AND group_hash = ?2 ORDER BY claimed_ms DESC, event_id DESC LIMIT ?3)
         GROUP BY release, environment, browser, os, page",
        [project_id.into(), group.as_slice().into(), events.into()],
    )
}

/// Sets the status of an issue; primary key of `issue`.
pub fn set_status(project_id: u32, number: u32, status: u32, now_ms: i64) -> Statement {
    Statement::new(
        "UPDATE issue SET status = ?3, status_ms = ?4 WHERE project_id = ?1 AND number = ?2",
        [project_id.into(), number.into(), status.into(), now_ms.into()],
    )
}

fn hash_of_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
    let text = String::deserialize(deserializer)?;
    Hash::try_from(bytes_of_hex(&text)).map_err(|_| serde::de::Error::custom("not 16 bytes"))
}

/// Digits of short IDs: Crockford's base 32, which leaves out what is misread.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `SHOP`, 143 → `SHOP-4F`
pub fn short_id(prefix: &str, number: u32) -> String {
    let mut digits = Vec::new();
    let mut rest = number;
    loop {
        digits.extend(DIGITS.get((rest % 32) as usize).map(|digit| char::from(*digit)));
        rest /= 32;
        if rest == 0 {
            break;
        }
    }
    let digits: String = digits.into_iter().rev().collect();
    format!("{prefix}-{digits}")
}

/// `SHOP-4F` → 143, in either case, with or without the prefix.
pub fn number_of(short_id: &str) -> Option<u32> {
    let digits = short_id.rsplit('-').next().filter(|digits| !digits.is_empty())?;
    digits.bytes().try_fold(0_u32, |number, digit| {
        let upper = digit.to_ascii_uppercase();
        let value = DIGITS.iter().position(|known| *known == upper)?;
        number.checked_mul(32)?.checked_add(u32::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests;
