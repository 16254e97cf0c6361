//! What every statement after the event's own row is guarded by: this try inserted the row.

use super::columns::event_id;
use super::{Commit, Digested};
use crate::sql::{Arg, Statement};

/// True exactly if this try inserted the event: primary key of `event`.
macro_rules! committed {
    () => {
        "EXISTS (SELECT 1 FROM event WHERE project_id = ?1 AND group_hash = ?2 AND claimed_ms = ?3
            AND event_id = ?4 AND commit_nonce = ?5)"
    };
}

/// Whether an event at `?7` is kept whole: while the group is small, when the last kept one is an hour old, and
/// else when the number of events has doubled. `stored` does not count the event yet.
/// The same rule as `may_be_due` of the plan.
macro_rules! body_is_due {
    () => {
        "(stored < 4 OR stored + 1 >= next_body OR ?7 >= body_ms + 3600000)"
    };
}

pub(super) use {body_is_due, committed};

/// A statement whose `?1` to `?5` are what [`committed`] asks for, and whose other arguments begin at `?6`.
pub(super) fn guarded<const N: usize>(
    sql: &'static str,
    digested: &Digested,
    commit: &Commit,
    args: [Arg; N],
) -> Statement {
    let mut all: Vec<Arg> = vec![
        commit.project_id.into(),
        digested.group.as_slice().into(),
        digested.event.claimed_ms.into(),
        event_id(&digested.event).into(),
        commit.nonce.into(),
    ];
    all.extend(args);
    Statement { sql, args: all }
}
