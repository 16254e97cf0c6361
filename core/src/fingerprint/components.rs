//! What tells errors apart, and the fingerprint that it makes.

use serde::{Deserialize, Serialize};

use super::{Fingerprint, Hash, Parts};

/// Why an event belongs to its issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// Of the rules that made it: [`VERSION`](super::VERSION).
    pub version: u8,
    /// In the order in which they are hashed; those that are left out stand where they would be.
    pub components: Vec<Component>,
}

/// Something that tells errors apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// As it is hashed: `nullish access: total`.
    pub value: String,
    /// Whether it is hashed.
    pub used: bool,
    /// Why, or why not, in a sentence.
    pub why: String,
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// A part of the sender's own fingerprint.
    Sender,
    /// A part of what a rule of the project says.
    Rule,
    /// A class of failures that engines and bundlers word differently.
    Class,
    /// The exception's type.
    Type,
    /// What the message says.
    Message,
    /// The functions in which it was thrown.
    Function,
    /// The source file.
    File,
    /// A minified function of one release.
    Minified,
    /// The request or resource that failed.
    Request,
}

/// Longest label, in bytes.
const MAX_LABEL: usize = 300;

impl Grouping {
    /// Hash and label.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut label = self.used().map(|c| c.value.as_str()).collect::<Vec<_>>().join(" + ");
        label.truncate(label.floor_char_boundary(MAX_LABEL));
        Fingerprint {
            hash: self.hash_in("v1"),
            label,
            earlier: self.hash_in("v0"),
            rules: String::new(),
        }
    }

    /// Versions never share a hash, even where they take the same components.
    fn hash_in(&self, version: &str) -> Hash {
        let mut parts = Parts::new();
        parts.add(version);
        for component in self.used() {
            parts.add(component.kind.name());
            parts.add(&component.value);
        }
        parts.hash()
    }

    pub(super) fn used(&self) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(|component| component.used)
    }

    pub(super) fn add(&mut self, kind: ComponentKind, value: impl Into<String>, why: &str) {
        self.push(kind, value.into(), true, why);
    }

    pub(super) fn leave_out(&mut self, kind: ComponentKind, value: impl Into<String>, why: &str) {
        self.push(kind, value.into(), false, why);
    }

    pub(super) fn push(&mut self, kind: ComponentKind, value: String, used: bool, why: &str) {
        if !value.is_empty() {
            self.components.push(Component { kind, value, used, why: why.to_owned() });
        }
    }
}

impl ComponentKind {
    /// Its word in the JSON API.
    pub fn name(self) -> &'static str {
        match self {
            ComponentKind::Sender => "sender",
            ComponentKind::Rule => "rule",
            ComponentKind::Class => "class",
            ComponentKind::Type => "type",
            ComponentKind::Message => "message",
            ComponentKind::Function => "function",
            ComponentKind::File => "file",
            ComponentKind::Minified => "minified",
            ComponentKind::Request => "request",
        }
    }
}
