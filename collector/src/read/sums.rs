//! An issue's columns and the sums of its groups, as lists and pages of issues ask for them.

/// Hours of groups: `recent` of those that were seen after `?3` or the like, and their newest hour.
macro_rules! issue_sums {
    ($since:literal) => {
        concat!(
            "i.number, i.kind, i.value, i.function, i.place, i.level, i.handled, i.status, i.status_ms,
            i.regressed_ms, i.escalated_ms, i.resolved_release, i.ignore_until_ms, i.ignore_events,
            i.ignore_users, i.merged_into, i.first_release, i.last_hour,
            sum(g.events) AS events, sum(g.users) AS users,
            min(g.first_seen_ms) AS first_seen_ms, max(g.last_seen_ms) AS last_seen_ms,
            group_concat(CASE WHEN g.hour > ",
            $since,
            " THEN g.recent || printf('%06d%08d ', g.hour, g.hour_events) ELSE '' END, '') AS recent"
        )
    };
}

pub(super) use issue_sums;
