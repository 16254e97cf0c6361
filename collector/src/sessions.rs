//! Sessions without a row each: counts by six hours in which they began, release and environment.
//!
//! A session is told of when it begins, when it has its first error, when it crashes and when it ends. The row knows which of
//! the last sessions it has counted as what, so that the same envelope again, and a crash after an error, count once. Users are
//! the 256 least hashes of a row (a KMV sketch): exact up to 255 users of a range, beyond that with a relative error of some 6 %.

use serde::Deserialize;
use trapline_core::decode::Sessions;
use trapline_core::fingerprint::hex;

use crate::plan::{HOUR_MS, owner_hash};
use crate::sql::Statement;

/// Hours of a row.
pub const HOURS: i64 = 6;

/// How far a sender's clock may be off.
const DAY_MS: i64 = 24 * HOUR_MS;

/// Hashes of a sketch.
const SKETCH: usize = 256;

/// Adds what a sender says of sessions. One row; none if all of it was counted before. Primary key of `session_stat`.
pub fn count(
    project_id: u32,
    sessions: &Sessions,
    visitor: Option<[u8; 8]>,
    now_ms: i64,
) -> Statement {
    let is_believable = (now_ms - sessions.started_ms).abs() < DAY_MS;
    let at_ms = if is_believable { sessions.started_ms } else { now_ms };
    let user = match sessions.user.as_str() {
        "" => visitor,
        own => Some(owner_hash(own)),
    };
    let user = user.map(|hash| hex(&hash)).unwrap_or_default();
    let user = user.get(..SKETCH_DIGITS).unwrap_or_default();
    let crashed_user = if sessions.crashed > 0 { user } else { "" };
    Statement::new(
        COUNT,
        [
            project_id.into(),
            (at_ms.div_euclid(HOUR_MS * HOURS) * HOURS).into(),
            sessions.release.as_str().into(),
            sessions.environment.as_str().into(),
            sessions.started.into(),
            sessions.errored.into(),
            sessions.crashed.into(),
            sessions.abnormal.into(),
            sessions.exited.into(),
            sessions.key.as_str().into(),
            user.into(),
            crashed_user.into(),
        ],
    )
}

/// Hexadecimal digits of a user's hash in a sketch: 40 bits.
const SKETCH_DIGITS: usize = 10;

/// The least hashes of two lists.
macro_rules! least {
    ($column:literal) => {
        concat!(
            "coalesce((SELECT group_concat(value) FROM (SELECT DISTINCT value FROM json_each('[\"' || replace(",
            $column,
            " || ',' || excluded.",
            $column,
            ", ',', '\",\"') || '\"]') WHERE value <> '' ORDER BY value LIMIT 256)), '')"
        )
    };
}

/// `i` begun, `x` ended, `e` with an error, `c` crashed, `a` abnormal.
const COUNT: &str = concat!(
    "INSERT INTO session_stat (project_id, hour, release, environment, started, errored, crashed, abnormal, exited, seen, failed,
        users, crashed_users)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?5 > 0, ?10 || 'i', '') || iif(?9 > 0, ?10 || 'x', ''),
        iif(?6 > 0, ?10 || 'e', '') || iif(?7 > 0, ?10 || 'c', '') || iif(?8 > 0, ?10 || 'a', ''), ?11, ?12)
    ON CONFLICT DO UPDATE SET started = started + iif(instr(seen, ?10 || 'i'), 0, ?5),
        exited = exited + iif(instr(seen, ?10 || 'x'), 0, ?9),
        errored = errored + iif(instr(failed, ?10 || 'e'), 0, ?6),
        crashed = crashed + iif(instr(failed, ?10 || 'c'), 0, ?7),
        abnormal = abnormal + iif(instr(failed, ?10 || 'a'), 0, ?8),
        seen = substr(seen || iif(?5 > 0 AND instr(seen, ?10 || 'i') = 0, ?10 || 'i', '')
            || iif(?9 > 0 AND instr(seen, ?10 || 'x') = 0, ?10 || 'x', ''), -6000),
        failed = substr(failed || iif(?6 > 0 AND instr(failed, ?10 || 'e') = 0, ?10 || 'e', '')
            || iif(?7 > 0 AND instr(failed, ?10 || 'c') = 0, ?10 || 'c', '')
            || iif(?8 > 0 AND instr(failed, ?10 || 'a') = 0, ?10 || 'a', ''), -24000),
        users = ",
    least!("users"),
    ", crashed_users = ",
    least!("crashed_users"),
    " WHERE ?5 > 0 AND instr(seen, ?10 || 'i') = 0 OR ?9 > 0 AND instr(seen, ?10 || 'x') = 0
        OR ?6 > 0 AND instr(failed, ?10 || 'e') = 0 OR ?7 > 0 AND instr(failed, ?10 || 'c') = 0
        OR ?8 > 0 AND instr(failed, ?10 || 'a') = 0"
);

/// A row as it is read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SessionRow {
    /// Hours since 1970 of the first of six.
    pub hour: i64,
    /// Version of the page's code; empty if the sender did not say.
    pub release: String,
    /// Began.
    pub started: u64,
    /// Had an error, crashed ones among them.
    pub errored: u64,
    /// Ended by an error that nobody caught.
    pub crashed: u64,
    /// Ended without saying so.
    pub abnormal: u64,
    /// Ended as they should.
    pub exited: u64,
    /// Hashes with commas between.
    pub users: String,
    /// Those of crashed sessions.
    pub crashed_users: String,
}

#[cfg(test)]
impl SessionRow {
    /// A row as tests read it: of [`rows`], or with the environment behind the release.
    pub(crate) fn of_texts(mut row: Vec<String>) -> Self {
        if row.len() > 9 {
            row.remove(2);
        }
        let [hour, release, started, errored, crashed, abnormal, exited, users, crashed_users] =
            row.try_into().expect("nine columns");
        let number = |text: String| text.parse().unwrap();
        Self {
            hour: hour.parse().unwrap(),
            release,
            started: number(started),
            errored: number(errored),
            crashed: number(crashed),
            abnormal: number(abnormal),
            exited: number(exited),
            users,
            crashed_users,
        }
    }
}

/// Days of which users are read.
pub const USER_DAYS: i64 = 14;

/// Rows from an hour to another, oldest first, of an environment or, where that is empty, of all; gives back [`SessionRow`]. Users
/// are left out of what is older than 14 days. Primary key of `session_stat`, at most 4,000 rows.
pub fn rows(project_id: u32, first_hour: i64, last_hour: i64, environment: &str) -> Statement {
    Statement::new(
        "SELECT hour, release, started, errored, crashed, abnormal, exited,
            CASE WHEN hour >= ?5 THEN users ELSE '' END AS users,
            CASE WHEN hour >= ?5 THEN crashed_users ELSE '' END AS crashed_users
         FROM session_stat WHERE project_id = ?1 AND hour BETWEEN ?2 AND ?3 AND ?4 IN ('', environment)
         ORDER BY hour LIMIT 4000",
        [
            project_id.into(),
            (first_hour.div_euclid(HOURS) * HOURS).into(),
            last_hour.into(),
            environment.into(),
            (last_hour - USER_DAYS * 24).into(),
        ],
    )
}

/// Environments of the newest 500 rows from an hour on; gives back `value`. Primary key of `session_stat`.
pub fn environments(project_id: u32, first_hour: i64) -> Statement {
    Statement::new(
        "SELECT DISTINCT environment AS value FROM (SELECT environment FROM session_stat
            WHERE project_id = ?1 AND hour >= ?2 ORDER BY hour DESC LIMIT 500) newest
         WHERE environment <> '' ORDER BY 1",
        [project_id.into(), first_hour.into()],
    )
}

/// Sessions of a release, or of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Sessions: those that began, or at least those that ended badly.
    pub sessions: u64,
    /// Had an error, crashed ones among them.
    pub errored: u64,
    /// Ended by an error that nobody caught.
    pub crashed: u64,
    /// Ended without saying so.
    pub abnormal: u64,
    /// Users of the last 14 days, about.
    pub users: f64,
    /// Those that had a crash, about.
    pub crashed_users: f64,
}

impl Health {
    /// From 0 to 1; `None` without sessions.
    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub fn crash_free_sessions(&self) -> Option<f64> {
        (self.sessions > 0).then(|| 1.0 - self.crashed as f64 / self.sessions as f64)
    }

    /// From 0 to 1; `None` without users.
    pub fn crash_free_users(&self) -> Option<f64> {
        (self.users > 0.0).then(|| (1.0 - self.crashed_users / self.users).max(0.0))
    }
}

/// Adds up rows by a key, in the order of keys.
pub fn add_up(rows: &[SessionRow], key: &dyn Fn(&SessionRow) -> String) -> Vec<(String, Health)> {
    let mut keys: Vec<(String, &SessionRow)> = rows.iter().map(|row| (key(row), row)).collect();
    keys.sort_by(|left, right| left.0.cmp(&right.0));
    let same = keys.chunk_by(|left, right| left.0 == right.0);
    same.filter_map(|some| Some((some.first()?.0.clone(), health_of(some)))).collect()
}

fn health_of(rows: &[(String, &SessionRow)]) -> Health {
    let mut health = Health::default();
    let (mut users, mut crashed_users) = (Vec::new(), Vec::new());
    for (_, row) in rows {
        health.sessions += row.started.max(row.errored);
        health.errored += row.errored;
        health.crashed += row.crashed;
        health.abnormal += row.abnormal;
        users.extend(row.users.split(','));
        crashed_users.extend(row.crashed_users.split(','));
    }
    Health { users: estimate(users), crashed_users: estimate(crashed_users), ..health }
}

/// How many users there are, given the least of their hashes: those of several rows together.
#[expect(clippy::cast_precision_loss, reason = "40 bits")]
fn estimate(mut hashes: Vec<&str>) -> f64 {
    hashes.retain(|hash| !hash.is_empty());
    hashes.sort_unstable();
    hashes.dedup();
    match hashes.get(SKETCH - 1).and_then(|hash| u64::from_str_radix(hash, 16).ok()) {
        Some(last) if last > 0 => (SKETCH - 1) as f64 * (1_u64 << 40) as f64 / last as f64,
        _ => hashes.len() as f64,
    }
}

#[cfg(test)]
mod tests;
