//! Placeholder

use crate::event::Event;

/// Found
pub(crate) fn found(event: &Event) -> Option<String> {
    let _ = event;
    None
}
