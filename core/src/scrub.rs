//! Secrets are taken out of events before anything is computed from them or stored.
//!
//! In: an event, and the project's rules. Out: the event with `[Filtered]` in the place of each secret, and
//! [`Event::scrubbed`], which says where that was and what it was taken for.
//!
//! 1. *By name* (`scrub/names.rs`): values of keys called `password`, `csrfToken`, `x-api-key`, …, at any depth of headers,
//!    queries, bodies, breadcrumbs, contexts, extra and local variables.
//! 2. *By shape* (`scrub/text.rs`): card numbers, bearer tokens, JSON web tokens, keys of well-known services, passwords
//!    in URLs, and `password=…`, in every text.
//! 3. *By the project's rules*, which mask or keep names and words.
//!
//! Numbers, truth values and `null` say little and are kept under a secret name, except for numbers that may be a
//! password or a card. What the event is told apart by (IDs, files, functions) is searched for passwords in URLs only.

mod card;
mod credential;
mod names;
mod rules;
mod text;
mod walk;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use rules::Rules;
use walk::Walk;

/// What stands where a secret was.
pub const FILTERED: &str = "[Filtered]";

/// What a project wants scrubbed. Patterns are those of [`crate::glob`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScrubSettings {
    /// Whether the built-in rules hold; the project's own `mask_…` lists hold in any case.
    pub defaults: bool,
    /// Names of keys (`iban`), or paths of them (`extra.cart.*`), whose values are secret.
    pub mask_keys: Vec<String>,
    /// Names or paths of keys whose values are none, whatever the built-in rules say.
    pub keep_keys: Vec<String>,
    /// Words in any text that are secret: `acct-????????`.
    pub mask_words: Vec<String>,
    /// Words that are none, whatever the built-in rules say: `4242*`.
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

/// Takes secrets out of an event. What is already scrubbed stays as it is.
pub fn scrub(event: &mut Event, settings: &ScrubSettings) {
    let rules = Rules::new(settings);
    let mut walk = Walk::new(&rules);
    walk.event(event);
    event.scrubbed.append(&mut walk.into_log());
}

/// Takes secrets out of source lines that a source map added to an event: by shape alone, because code says
/// `password = input.value` all day.
pub fn scrub_code(line: &str, settings: &ScrubSettings) -> Option<String> {
    text::code(line, &Rules::new(settings)).map(|scrubbed| scrubbed.text)
}

#[cfg(test)]
mod tests;
