//! Which events are the same: the *raw fingerprint* makes a group, the *fingerprint* makes an issue.
//!
//! The raw fingerprint is computed from what the sender sent, before any source map. It is at least as fine as the
//! fingerprint: events with equal raw fingerprints have equal fingerprints, always. So an issue is a set of groups,
//! and whatever changes later (a merge, a late map, a new grouping version) only re-points groups.
//!
//! Version 1 is frozen: `tests/corpora/grouping/pins/v1.txt` pins what it makes of every event of the corpus, and other rules
//! are version 2 beside it. Version 0, before the first release, took the same components. In this order:
//! 1. the sender's own `fingerprint`, in which `{{ default }}` stands for the rest (`client`);
//! 2. the first rule of the project that fits ([`rules`]);
//! 3. every exception of the chain: what its message says, whatever engine says it (`canonical`), and, where a message
//!    alone does not tell which bug it is (`words`), the function in which it was thrown (`place`);
//! 4. without exceptions, the message.
//!
//! One named function counts, and its caller where the name is one that any code has. More would split one bug: engines
//! leave out frames (tail calls, `await`), bundlers put functions into others. Line numbers, origins, queries, bundle hashes
//! and minified names do not count, except that nameless code whose message tells nothing is told apart by its minified
//! name, which holds within a release.

mod canonical;
mod client;
mod components;
mod explain;
mod group;
mod message;
mod names;
mod place;
mod request;
pub mod rules;
mod words;

use sha2::{Digest, Sha256};

use crate::event::{Event, Frame};

pub use components::{Component, ComponentKind, Grouping};
pub use explain::{Difference, differences};
pub use group::{group, group_by};
pub use message::parameterised;
pub use place::has_minified_name;
use rules::Rules;

/// The version by which new events are grouped.
pub const VERSION: u8 = 1;

/// 128 bits of SHA-256 over the components, each led by its length.
pub type Hash = [u8; 16];

/// Why events are one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Equal for events of one issue, unless someone merged or split.
    pub hash: Hash,
    /// What was hashed, readable: `TypeError + formatTotal ← renderSummary`.
    pub label: String,
    /// What the version before makes of the same event: it may have made the issue already.
    pub earlier: Hash,
    /// [`Rules::digest`] of the rules that it was made under.
    pub rules: String,
}

/// The raw fingerprint: equal for events that say the same. Without rules of a project.
pub fn raw(project_id: u32, event: &Event) -> Hash {
    raw_by(project_id, event, &Rules::default())
}

/// The raw fingerprint, as fine as [`group_by`] with the same rules. Events that no rule may catch have the same one without.
pub fn raw_by(project_id: u32, event: &Event, rules: &Rules) -> Hash {
    let mut parts = Parts::new();
    parts.add(&project_id.to_string());
    parts.add_all(&event.fingerprint);
    let mut beside = client::read_beside(event);
    beside.extend(rules.read_beside(event));
    parts.add(&parameterised(event.message.as_deref().unwrap_or_default()));
    for (index, exception) in event.exceptions.iter().enumerate() {
        parts.add(&exception.kind);
        let value = parameterised(&exception.value);
        parts.add(&value);
        let request = request::read_beside(event, exception, &value);
        beside.extend(request.map(|request| format!("{index} request {request}")));
        beside.extend(exception.mechanism.synthetic.then(|| format!("{index} synthetic")));
        for frame in &exception.frames {
            parts.add(&frame.function);
            parts.add(&frame.file);
            parts.add(&format!("{}:{}:{}", frame.line, frame.column, frame.in_app));
        }
        parts.add("");
    }
    // Behind the rest, and only if there is any: groups of most events stay what they were.
    if beside.iter().any(|read| !read.trim().is_empty()) {
        parts.add_all(&beside);
    }
    // A minified frame means something else in every release.
    if event.exceptions.iter().flat_map(|e| &e.frames).any(is_minified) {
        parts.add(event.release.as_deref().unwrap_or_default());
        parts.add(event.dist.as_deref().unwrap_or_default());
    }
    parts.hash()
}

/// The fingerprint of version 1, without rules of a project.
pub fn v1(event: &Event) -> Fingerprint {
    v1_by(event, &Rules::default())
}

/// The fingerprint of version 1 under a project's rules.
pub fn v1_by(event: &Event, rules: &Rules) -> Fingerprint {
    Fingerprint { rules: rules.digest(), ..group_by(event, rules).fingerprint() }
}

/// Written by a bundler rather than a person: a far column, or a name of one or two letters.
fn is_minified(frame: &Frame) -> bool {
    const FAR_COLUMN: u32 = 400;
    frame.column > FAR_COLUMN || place::may_be_minified(frame)
}

struct Parts(Sha256);

impl Parts {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn add(&mut self, part: &str) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part.as_bytes());
    }

    fn add_all(&mut self, parts: &[String]) {
        self.add(&parts.len().to_string());
        for part in parts {
            self.add(part);
        }
    }

    fn hash(self) -> Hash {
        let mut hash = Hash::default();
        for (to, from) in hash.iter_mut().zip(self.0.finalize()) {
            *to = from;
        }
        hash
    }
}

/// Lower-case hexadecimal digits of a hash.
pub fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
