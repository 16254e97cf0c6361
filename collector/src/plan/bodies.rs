//! Whole events, compressed: the first of a group stays, the others share a ring of slots.

use sha2::{Digest, Sha256};
use trapline_core::event::Event;
use trapline_core::inflate::{deflate, inflate};
use trapline_core::json;
use trapline_core::limits::MAX_INFLATED;

use super::columns::{event_id, user_hash};
use super::guard::{body_is_due, committed, guarded};
use super::{Commit, Digested, Sender};
use crate::sql::Statement;

/// Where an event's body lies: 52 bits of a hash, so that an ID finds its body without an index, and nobody can aim at
/// another project's. Above 10^15, so that every slot is a number of 16 digits, and below 2^53.
pub fn slot(project_id: u32, event_id: &[u8]) -> i64 {
    let mut digest = Sha256::new();
    digest.update(project_id.to_le_bytes());
    digest.update(event_id);
    let hash = digest.finalize();
    let bits = hash.iter().take(7).fold(0_i64, |bits, byte| (bits << 8) | i64::from(*byte));
    1_000_000_000_000_000 + (bits >> 4)
}

/// Makes room where the ring is full, and keeps the event, if one of its group is due to be kept.
pub(super) fn bodies(digested: &Digested, commit: &Commit) -> [Statement; 2] {
    let event = &digested.event;
    let body = deflate(&serde_json::to_vec(event).unwrap_or_default());
    let slot = slot(commit.project_id, &event_id(event));
    let at_ms = event.at_ms();
    [
        guarded(EVICT, digested, commit, [slot.into(), at_ms.into()]),
        guarded(
            BODY,
            digested,
            commit,
            [slot.into(), at_ms.into(), body.into(), context_of(event).into()],
        ),
    ]
}

/// How much an event tells whoever looks for the cause: of those that are kept, the one with most is recommended.
fn context_of(event: &Event) -> u32 {
    let frames = || event.exceptions.iter().flat_map(|one| &one.frames);
    let said = [
        (4, frames().any(|frame| frame.raw.is_some() || frame.source.is_some())),
        (3, frames().next().is_some()),
        (2, !event.breadcrumbs.is_empty()),
        (1, event.breadcrumbs.len() >= 10),
        (1, event.request.url.is_some()),
        (1, user_hash(event, &Sender::default()).is_some()),
        (1, !event.tags.is_empty() || !event.extra.is_empty()),
        (1, event.defects.is_empty()),
    ];
    said.into_iter().filter(|(_, is_said)| *is_said).map(|(points, _)| points).sum()
}

/// Reads what was kept.
pub fn event_of_bytes(bytes: &[u8]) -> Option<Event> {
    let json = inflate(bytes, Some("deflate"), MAX_INFLATED).ok()?;
    json::from_slice(&json).ok()
}

/// A full ring is 32 slots of 17 characters; the second is the oldest after the first event. An event that fell on a
/// slot of its own group keeps it.
const EVICT: &str = concat!(
    "DELETE FROM body WHERE slot = (
        SELECT CAST(substr(kept, 18, 16) AS INTEGER) FROM event_group
        WHERE project_id = ?1 AND hash = ?2 AND length(kept) >= 544 AND ?6 > 0 AND ",
    body_is_due!(),
    " AND ",
    committed!(),
    ") AND project_id = ?1 AND group_hash = ?2"
);

/// An event ID that another group kept before stays with that group: readers compare.
const BODY: &str = concat!(
    "INSERT INTO body (slot, project_id, group_hash, event_id, at_ms, bytes, context)
    SELECT ?6, ?1, ?2, ?4, ?7, ?8, ?9 FROM event_group WHERE project_id = ?1 AND hash = ?2 AND ",
    body_is_due!(),
    " AND ",
    committed!(),
    " ON CONFLICT DO NOTHING"
);
