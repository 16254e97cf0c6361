//! Damage is data: what a sender sent that could not be read, and was left out of the event.

use serde::{Deserialize, Serialize};

/// One thing that was dropped from an event, shown on the event's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// Where: `breadcrumbs[3].timestamp`.
    pub path: String,
    /// Why, in lower case with the numbers: `not a number`, `cut to 8192 of 1000000 characters`.
    pub reason: String,
}
