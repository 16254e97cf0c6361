//! The issue list: one page of it, the counts in its tabs.
//!
//! A page walks one index, given by what is asked for, looks at a bounded number of issues, and keeps those that fit every term.
//! Behind the end of an index by number of events, users, or by trend, which hold no issue with few, it goes on by last seen.

use serde::Deserialize;

use super::sums::issue_sums;
use crate::search::Term;
use crate::sql::{Arg, Statement};

/// Issues on one page of the list.
pub const PAGE: usize = 50;

/// Issues that a filtered page looks at: of 100,000 issues none may match. The next page goes on behind them.
pub const SCAN: usize = 190;

/// Those that a sorted page looks at: its index and what is behind overlap.
const SORTED_SCAN: usize = 180;

/// Where a page of the list begins: after this issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What the index has of the last issue of the page before: an hour, a step, a time.
    pub key: i64,
    /// Its number.
    pub number: i64,
}

/// Before every issue.
const START: Cursor = Cursor { key: 1 << 52, number: 1 << 40 };

/// What a page walks along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Walk {
    /// `issue_by_last_hour`
    #[default]
    LastSeen,
    /// Primary key: numbers are given out in the order of first events.
    FirstSeen,
    /// `issue_by_events`, then `issue_by_last_hour`
    Events,
    /// `issue_by_users`, then `issue_by_last_hour`
    Users,
    /// `issue_by_trend`, then `issue_by_last_hour`
    Trend,
    /// `issue_by_regressed`
    Regressed,
    /// `issue_by_escalated`
    Escalated,
    /// `issue_by_assignee`
    Mine,
    /// `issue_by_last_hour`, of a project with so few issues that all of them are looked at and ordered by number of events.
    AllByEvents,
    /// The same, by users.
    AllByUsers,
    /// The same, by trend.
    AllByTrend,
}

impl Walk {
    /// The same order, exact, where all issues can be looked at.
    pub fn of_all(self) -> Self {
        match self {
            Walk::Events => Walk::AllByEvents,
            Walk::Users => Walk::AllByUsers,
            Walk::Trend => Walk::AllByTrend,
            other => other,
        }
    }
}

/// What the list shows.
#[derive(Clone, Debug)]
pub struct ListFilter<'a> {
    /// The project.
    pub project_id: u32,
    /// 0 unresolved, 1 resolved, 2 ignored.
    pub status: u32,
    /// All have to fit.
    pub terms: &'a [Term],
    /// What is walked along.
    pub walk: Walk,
    /// Only issues of this person; 0: of all. Given exactly when that is walked along.
    pub assignee: u32,
    /// Last seen in this hour or later; 0: whenever.
    pub since_hour: i64,
    /// Where to begin.
    pub after: Option<Cursor>,
    /// Issues of the page.
    pub page: usize,
}

impl ListFilter<'_> {
    /// Issues that the page looks at.
    pub fn scanned(&self) -> usize {
        match self.walk {
            Walk::LastSeen if self.terms.is_empty() => self.page + 1,
            Walk::Events | Walk::Users | Walk::Trend if self.terms.is_empty() => {
                SORTED_SCAN.max(self.page * 2)
            }
            _ => SCAN.max(self.page),
        }
    }
}

/// An issue with the sums of its groups.
#[derive(Clone, Debug, Default, Deserialize)]
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
    /// 0 unresolved, 1 resolved, 2 ignored, 3 merged, 4 being deleted, 5 deleted.
    pub status: i64,
    /// When the status was set.
    pub status_ms: i64,
    /// When it was last seen again after being resolved.
    pub regressed_ms: i64,
    /// When it last went over five times its mean.
    pub escalated_ms: i64,
    /// Of a resolved one: seen later than in this release, it is a regression; empty: seen at all.
    pub resolved_release: String,
    /// Of an ignored one: until when; 0: not until a time.
    pub ignore_until_ms: i64,
    /// Of an ignored one: until it has this number of events; 0: not until a number.
    pub ignore_events: u64,
    /// Of an ignored one: until it has this number of users; 0: not until a number.
    pub ignore_users: u64,
    /// Issue that it was merged into; 0 if into none.
    pub merged_into: u32,
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
    /// Events by hour, of those groups that were seen in the last 24 hours: `497001 00000012 `…, without the space
    /// between hour and events.
    #[serde(default)]
    pub recent: String,
    /// Of the list: events by day and by hour, of those groups that were seen lately, each ended by `|`.
    #[serde(default)]
    pub days: String,
    /// Of the list: release of the newest event.
    #[serde(default)]
    pub last_release: String,
    /// Of the list: the person who sees to it; 0: nobody.
    #[serde(default)]
    pub assignee: u32,
    /// Of the list: as `issue.trend_key` says.
    #[serde(default)]
    pub trend_key: i64,
    /// Of the list: its place in what was walked along.
    #[serde(default)]
    pub sort_key: i64,
}

/// Where a page of the list ended.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ListEnd {
    /// Of the first issue of the page; `None` without one: then this row holds no issue.
    pub number: Option<u32>,
    /// How many issues were looked at.
    pub scanned: usize,
    /// The last of them, as text in the order of the walk.
    pub ending: Option<String>,
}

impl ListEnd {
    /// The last issue that was looked at.
    pub fn cursor(&self) -> Option<Cursor> {
        let (key, number) = self.ending.as_deref()?.split_once('.')?;
        Some(Cursor { key: key.parse::<i64>().ok()? - (1 << 52), number: number.parse().ok()? })
    }
}

/// The index of a number that issues with few do not have, then `issue_by_last_hour`, whose places are moved below zero.
macro_rules! sorted_scan {
    ($key:literal, $index:literal, $has:literal) => {
        concat!(
            "SELECT * FROM (SELECT *, ", $key, " AS sort_key FROM issue INDEXED BY ", $index, "
                WHERE project_id = ?1 AND status = ?2 AND ", $has, " AND (", $key, ", number) < (?3, ?4)
                ORDER BY ", $key, " DESC, number DESC LIMIT ?8)
            UNION ALL SELECT * FROM (SELECT *, last_hour - 4503599627370496 AS sort_key FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = ?2 AND (last_hour, number) < (?3 + 4503599627370496, ?4)
                ORDER BY last_hour DESC, number DESC LIMIT ?8)
            ORDER BY sort_key DESC, number DESC LIMIT ?8"
        )
    };
}

/// A small index, or the primary key, whatever the status.
macro_rules! plain_scan {
    ($key:literal, $from:literal) => {
        concat!("SELECT *, ", $key, " AS sort_key FROM issue ", $from, " LIMIT ?8")
    };
}

/// One page of the list and one issue more, if there is one, and where it ended, in any case one row; what is walked along,
/// `event_group_by_issue`, of terms that name a user the primary key of `group_user`.
macro_rules! list {
    ($scan:expr, $rest:literal) => {
        list!($scan, $rest, "l.sort_key")
    };
    ($scan:expr, $rest:literal, $place:literal) => {
        concat!(
            "WITH scan AS MATERIALIZED (", $scan, "),
            looked AS MATERIALIZED (SELECT i.*, sum(g.events) AS events, sum(g.users) AS users,
                min(g.first_seen_ms) AS first_seen_ms, max(g.last_seen_ms) AS last_seen_ms,
                CASE WHEN ?11 = 1 THEN lower(group_concat(g.facets || g.tags, '')) ELSE '' END AS facts,
                max(length(g.facets)) >= 16000 AS is_full
                FROM scan i CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = i.number
                WHERE i.status = ?2 AND i.last_hour >= ?12 AND (?5 = 0 OR i.assignee = ?5) AND ", $rest, "
                GROUP BY i.number),
            page AS MATERIALIZED (SELECT l.number, ", $place, " AS sort_key FROM looked l
                WHERE (", $place, ", l.number) < (?3, ?4) AND NOT EXISTS (
                    SELECT 1 FROM json_each(?6) t WHERE t.value ->> 1 = ", fits!(), ")
                ORDER BY 2 DESC, 1 DESC LIMIT ?7),
            shown AS MATERIALIZED (SELECT ", issue_sums!("?9"), ", i.assignee, i.trend_key, p.sort_key,
                substr(max(printf('%016d', g.last_seen_ms) || g.last_release), 17) AS last_release,
                group_concat(CASE WHEN ?10 > 0 AND g.hour > ?9 - 24 * ?10
                    THEN g.days || g.recent || printf('%06d%08d |', g.hour, g.hour_events) ELSE '' END, '') AS days
                FROM page p CROSS JOIN issue i ON i.project_id = ?1 AND i.number = p.number
                CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = p.number
                GROUP BY p.number)
            SELECT shown.*, e.scanned, e.ending FROM (SELECT count(*) AS scanned,
                min(printf('%020d.%010d', sort_key + 4503599627370496, number)) AS ending FROM scan) e
            LEFT JOIN shown ON 1 ORDER BY shown.sort_key DESC, shown.number DESC"
        )
    };
}

/// Whether an issue `l` fits a term `t`, whatever `!` says; numbers of kinds as `search::Kind` has them.
macro_rules! fits {
    () => {
        "CASE t.value ->> 0
            WHEN 0 THEN instr(lower(l.kind || ' ' || l.value || ' ' || l.function || ' ' || l.place), t.value ->> 2) > 0
            WHEN 1 THEN lower(l.kind || ' ' || l.value || ' ' || l.function || ' ' || l.place) GLOB t.value ->> 2
            WHEN 2 THEN l.is_full OR instr(l.facts, t.value ->> 2) > 0 OR instr(l.facts, t.value ->> 3) > 0
            WHEN 3 THEN EXISTS (SELECT 1 FROM json_each('[' || replace(json_quote(
                replace(trim(l.facts, char(10)), '\\', '/')), '\\n', '\",\"') || ']') x WHERE x.value GLOB t.value ->> 2)
            WHEN 4 THEN EXISTS (SELECT 1 FROM event_group s INDEXED BY event_group_by_issue
                CROSS JOIN group_user u ON u.project_id = ?1 AND u.group_hash = s.hash AND u.user_hash = unhex(t.value ->> 2)
                WHERE s.project_id = ?1 AND s.number = l.number)
            WHEN 5 THEN EXISTS (SELECT 1 FROM json_each(t.value, '$[2]') x WHERE x.value = l.assignee)
            WHEN 6 THEN instr(l.facts, t.value ->> 2) > 0 OR instr(l.facts, t.value ->> 3) > 0
            ELSE CASE t.value ->> 0 WHEN 10 THEN l.status WHEN 11 THEN l.level WHEN 12 THEN l.handled
                WHEN 13 THEN l.first_seen_ms WHEN 14 THEN l.last_seen_ms WHEN 15 THEN l.events WHEN 16 THEN l.users
                WHEN 17 THEN l.status = 0 AND l.regressed_ms > 0 AND l.regressed_ms >= l.status_ms
                WHEN 18 THEN CASE WHEN l.status = 0 THEN l.escalated_ms ELSE 0 END WHEN 19 THEN l.assignee END
                BETWEEN t.value ->> 2 AND t.value ->> 3 END"
    };
}

const BY_LAST_SEEN: &str = list!(
    "SELECT *, last_hour AS sort_key FROM issue INDEXED BY issue_by_last_hour
    WHERE project_id = ?1 AND status = ?2 AND (last_hour, number) < (?3, ?4)
    ORDER BY last_hour DESC, number DESC LIMIT ?8",
    "1"
);
const BY_FIRST_SEEN: &str = list!(
    plain_scan!("0", "WHERE project_id = ?1 AND number < ?4 AND ?3 >= 0 ORDER BY number DESC"),
    "1"
);
const BY_EVENTS: &str = list!(
    sorted_scan!("events_key", "issue_by_events", "events_key > 0"),
    "(i.sort_key > 0 OR i.events_key = 0)"
);
const BY_USERS: &str = list!(
    sorted_scan!("users_key", "issue_by_users", "users_key > 0"),
    "(i.sort_key > 0 OR i.users_key = 0)"
);
const BY_TREND: &str = list!(
    sorted_scan!("trend_key", "issue_by_trend", "trend_key > 0 AND events_key > 0"),
    "(i.sort_key > 0 OR i.trend_key = 0 OR i.events_key = 0)"
);
const REGRESSED: &str = list!(
    plain_scan!(
        "regressed_ms",
        "INDEXED BY issue_by_regressed WHERE project_id = ?1 AND regressed_ms > 0 AND (regressed_ms, number) < (?3, ?4)
        ORDER BY regressed_ms DESC, number DESC"
    ),
    "1"
);
const ESCALATED: &str = list!(
    plain_scan!(
        "escalated_ms",
        "INDEXED BY issue_by_escalated WHERE project_id = ?1 AND escalated_ms > 0 AND (escalated_ms, number) < (?3, ?4)
        ORDER BY escalated_ms DESC, number DESC"
    ),
    "1"
);
const MINE: &str = list!(
    plain_scan!(
        "0",
        "INDEXED BY issue_by_assignee WHERE project_id = ?1 AND assignee = ?5 AND assignee > 0 AND number < ?4 AND ?3 >= 0
        ORDER BY number DESC"
    ),
    "1"
);

macro_rules! all {
    ($place:literal) => {
        list!(
            plain_scan!(
                "0",
                "INDEXED BY issue_by_last_hour WHERE project_id = ?1 AND status = ?2 ORDER BY last_hour DESC, number DESC"
            ),
            "1",
            $place
        )
    };
}

const ALL_BY_EVENTS: &str = all!("l.events");
const ALL_BY_USERS: &str = all!("l.users");
const ALL_BY_TREND: &str = all!("l.trend_key");

/// The list's page, with events by hour of the 24 hours before `now_hour`, and by day of so many days before it, 0 for none.
pub fn list(filter: &ListFilter, now_hour: i64, days: u32) -> Statement {
    let after = filter.after.unwrap_or(START);
    let sql = match filter.walk {
        Walk::LastSeen => BY_LAST_SEEN,
        Walk::FirstSeen => BY_FIRST_SEEN,
        Walk::Events => BY_EVENTS,
        Walk::Users => BY_USERS,
        Walk::Trend => BY_TREND,
        Walk::Regressed => REGRESSED,
        Walk::Escalated => ESCALATED,
        Walk::Mine => MINE,
        Walk::AllByEvents => ALL_BY_EVENTS,
        Walk::AllByUsers => ALL_BY_USERS,
        Walk::AllByTrend => ALL_BY_TREND,
    };
    let reads_facts = filter.terms.iter().any(|term| matches!(term.0 as u8, 2 | 3 | 6));
    let args = vec![
        filter.project_id.into(),
        filter.status.into(),
        after.key.into(),
        after.number.into(),
        filter.assignee.into(),
        serde_json::to_string(filter.terms).unwrap_or_default().into(),
        rows(filter.page + 1),
        rows(filter.scanned()),
        (now_hour - 24).into(),
        days.into(),
        reads_facts.into(),
        filter.since_hour.into(),
    ];
    Statement { sql, args }
}

fn rows(number: usize) -> Arg {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// The newest kept event of an issue's newest group; `event_group_by_issue`, primary key of `body`.
pub fn newest_body(project_id: u32, number: u32) -> Statement {
    Statement::new(
        "SELECT hex(b.bytes) AS bytes FROM (SELECT hash, kept FROM event_group INDEXED BY event_group_by_issue
            WHERE project_id = ?1 AND number = ?2 AND kept <> '' ORDER BY last_seen_ms DESC LIMIT 1) newest
         CROSS JOIN body b ON b.slot = CAST(substr(newest.kept, -17, 16) AS INTEGER) AND b.project_id = ?1
            AND b.group_hash = newest.hash",
        [project_id.into(), number.into()],
    )
}
