//! Which events are the same: the *raw fingerprint* makes a group, the *fingerprint* makes an issue.
//!
//! The raw fingerprint is computed from what the sender sent, before any source map. It is at least as fine as the
//! fingerprint: events with equal raw fingerprints have equal fingerprints, always. So an issue is a set of groups,
//! and whatever changes later (a merge, a late map, a new grouping version) only re-points groups.
//!
//! Version 0, which may change until the first release. In this order:
//! 1. the sender's own `fingerprint`, in which `{{ default }}` stands for the rest;
//! 2. every exception of the chain: its type, its message without what varies, and its first named in-app functions;
//! 3. without exceptions, the message without what varies.
//!
//! Failures that each engine words differently count as their class (`noise`), with their functions if the owner's code is
//! in the stack.
//!
//! Line numbers, origins, queries, bundle hashes and minified names do not count.

mod message;

use sha2::{Digest, Sha256};

use crate::event::{Event, Exception, Frame};
use crate::noise::{self, Class};
use crate::title::path_of;

pub use message::parameterised;

/// 128 bits of SHA-256 over the components, each led by its length.
pub type Hash = [u8; 16];

/// Why events are one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Equal for events of one issue, unless someone merged or split.
    pub hash: Hash,
    /// What was hashed, readable: `TypeError + formatTotal ← renderSummary`.
    pub label: String,
}

/// Named in-app frames that count. More would split one bug by its callers.
const MAX_FUNCTIONS: usize = 3;

/// Longest label, in bytes.
const MAX_LABEL: usize = 300;

/// The raw fingerprint: equal for events that say the same.
pub fn raw(project_id: u32, event: &Event) -> Hash {
    let mut parts = Parts::new();
    parts.add(&project_id.to_string());
    parts.add_all(&event.fingerprint);
    parts.add(&parameterised(event.message.as_deref().unwrap_or_default()));
    for exception in &event.exceptions {
        parts.add(&exception.kind);
        parts.add(&parameterised(&exception.value));
        for frame in &exception.frames {
            parts.add(&frame.function);
            parts.add(&frame.file);
            parts.add(&format!("{}:{}:{}", frame.line, frame.column, frame.in_app));
        }
        parts.add("");
    }
    // A minified frame means something else in every release.
    if event.exceptions.iter().flat_map(|e| &e.frames).any(|f| f.in_app && is_minified(f)) {
        parts.add(event.release.as_deref().unwrap_or_default());
        parts.add(event.dist.as_deref().unwrap_or_default());
    }
    parts.hash()
}

/// The fingerprint of version 0.
pub fn v0(event: &Event) -> Fingerprint {
    let mut components = Vec::new();
    if event.fingerprint.is_empty() {
        add_default(event, &mut components);
    }
    for part in &event.fingerprint {
        if is_default(part) {
            add_default(event, &mut components);
        } else {
            components.push(part.clone());
        }
    }
    let mut parts = Parts::new();
    parts.add("v0");
    parts.add_all(&components);
    let mut label = components.join(" + ");
    label.truncate(label.floor_char_boundary(MAX_LABEL));
    Fingerprint { hash: parts.hash(), label }
}

/// `{{ default }}`, with or without spaces.
fn is_default(part: &str) -> bool {
    let inner = part.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == "default")
}

fn add_default(event: &Event, components: &mut Vec<String>) {
    for exception in &event.exceptions {
        match noise::class_of(exception) {
            // Each engine has its own words, and the frames are the bundler's or none.
            Some(class @ (Class::StaleDeploy | Class::ScriptError)) => {
                components.push(class.name().into());
            }
            // Each engine has its own words, but where the request was made is the owner's code.
            Some(class) => components.extend([class.name().into(), functions(exception)]),
            None => {
                components.push(exception.kind.clone());
                components.push(parameterised(&exception.value));
                components.push(functions(exception));
            }
        }
    }
    if event.exceptions.is_empty() {
        let message = event.message.as_deref().unwrap_or_default();
        let class = noise::class_of_message(message).map(|class| class.name().to_owned());
        components.push(class.unwrap_or_else(|| parameterised(message)));
    }
    components.retain(|component| !component.is_empty());
}

/// `formatTotal ← renderSummary ← onCheckout`; the file where no in-app frame has a name.
fn functions(exception: &Exception) -> String {
    let own = || exception.frames.iter().filter(|frame| frame.in_app);
    let mut names: Vec<&str> = own().filter_map(|frame| name_of(&frame.function)).collect();
    // Recursion has the depth that the input gave it.
    names.dedup();
    names.truncate(MAX_FUNCTIONS);
    if names.is_empty() {
        return own().next().map(|frame| file_stem(&frame.file)).unwrap_or_default();
    }
    names.join(" ← ")
}

/// The part of a function's name that all engines agree on: `async Object.pay [as onClick]`, `Cart.pay/<` → `pay`.
/// None for minified and anonymous names.
fn name_of(function: &str) -> Option<&str> {
    let name = function.split(" [as ").next().unwrap_or_default();
    let name = name.strip_prefix("async ").unwrap_or(name);
    let name = name.strip_prefix("new ").unwrap_or(name);
    let name = name.trim_end_matches(['/', '<']);
    let name = name.rsplit(['.', '/']).next().unwrap_or_default();
    let name = name.trim_start_matches('#');
    let name = without_rust_hash(name);
    // A number of a wasm function is another in the next build.
    let known = name.len() > 2
        && !name.starts_with("wasm-function[")
        && !matches!(name, "<anonymous>" | "eval" | "anonymous");
    known.then_some(name)
}

/// `shop::pay::h0123456789abcdef` → `shop::pay`: the hash is another in each build.
fn without_rust_hash(name: &str) -> &str {
    let is_hash =
        |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((path, hash)) if is_hash(hash) => path,
        _ => name,
    }
}

/// Name of the file without directories, hash, version and extension: `/assets/main-8f3a2b1c.min.js` → `main`
fn file_stem(file: &str) -> String {
    let name = path_of(file).rsplit('/').next().unwrap_or_default();
    let is_stable = |part: &&str| {
        let is_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let is_hash = part.len() >= 6 && part.bytes().any(|byte| byte.is_ascii_digit());
        !is_digits && !is_hash && !matches!(*part, "min" | "js" | "mjs" | "cjs" | "bundle")
    };
    name.split(['.', '-', '_']).filter(is_stable).collect::<Vec<_>>().join("-")
}

/// Written by a bundler rather than a person: a far column, or a name of one or two letters.
fn is_minified(frame: &Frame) -> bool {
    const FAR_COLUMN: u32 = 400;
    frame.column > FAR_COLUMN || (!frame.function.is_empty() && name_of(&frame.function).is_none())
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
