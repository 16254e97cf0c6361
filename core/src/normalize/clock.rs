//! A sender whose clock is wrong says so itself: `sent_at` is its time at the moment when ours is known.

use crate::decode;
use crate::event::Event;

/// What a request may take on its way, so that a slow network does not move events.
const MIN_DRIFT_MS: i64 = 60_000;

/// Sets [`Event::drift_ms`].
pub(super) fn correct(event: &mut Event, sent_at: Option<&str>) {
    let sent_ms = sent_at.and_then(decode::milliseconds_of);
    let drift_ms = sent_ms.map_or(0, |sent_ms| event.received_ms.saturating_sub(sent_ms));
    event.drift_ms = if drift_ms.abs() < MIN_DRIFT_MS { 0 } else { drift_ms };
}
