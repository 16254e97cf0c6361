//! Along what an issue of several groups may be split: values of a component that some of its groups have.

use trapline_core::event::Event;
use trapline_core::fingerprint::{Component, ComponentKind, group};
use trapline_core::title::{Title, title};

/// A group with one of its kept events.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Raw fingerprint, hexadecimal digits.
    pub hash: String,
    /// Events in all.
    pub events: u64,
    /// Number of the issue from which a merge brought it; 0 for none.
    pub home: u32,
    /// Of the event; `None` if none is kept.
    pub title: Option<Title>,
    /// All that tells it apart, whether it is hashed or not, each once.
    pub components: Vec<Component>,
}

impl Looked {
    /// Of a group and its event. What rules and the page's own fingerprint hide is looked at all the same.
    pub fn of(hash: String, events: u64, home: u32, event: Option<Event>) -> Self {
        let title = event.as_ref().map(title);
        let mut looked = Self { hash, events, home, title, components: Vec::new() };
        for component in event.iter().flat_map(|event| group(event).components) {
            if !looked.has(component.kind.name(), &component.value) {
                looked.components.push(component);
            }
        }
        looked
    }

    /// Whether a component of this kind has this value.
    pub fn has(&self, kind: &str, value: &str) -> bool {
        self.components.iter().any(|known| known.kind.name() == kind && known.value == value)
    }
}

/// A kind of component by which groups differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// `function`
    pub kind: ComponentKind,
    /// Those of the newest groups first.
    pub parts: Vec<Part>,
}

/// Groups that share a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `pay`
    pub value: String,
    /// How many groups.
    pub groups: u64,
    /// Their events.
    pub events: u64,
}

/// Kinds of components by which some of the groups differ from others, and what each kind may be split by.
pub fn aspects(looked: &[Looked]) -> Vec<Aspect> {
    let mut aspects: Vec<Aspect> = Vec::new();
    for one in looked {
        for Component { kind, value, .. } in &one.components {
            match aspects.iter_mut().find(|aspect| aspect.kind == *kind) {
                Some(aspect) => aspect.add(value, one.events),
                None => {
                    let mut aspect = Aspect { kind: *kind, parts: Vec::new() };
                    aspect.add(value, one.events);
                    aspects.push(aspect);
                }
            }
        }
    }
    for aspect in &mut aspects {
        // What all groups share parts nothing.
        aspect.parts.retain(|part| part.groups < looked.len() as u64);
    }
    aspects.retain(|aspect| !aspect.parts.is_empty());
    aspects
}

impl Aspect {
    fn add(&mut self, value: &str, events: u64) {
        match self.parts.iter_mut().find(|part| part.value == value) {
            Some(part) => {
                part.groups += 1;
                part.events += events;
            }
            None => self.parts.push(Part { value: value.to_owned(), groups: 1, events }),
        }
    }
}
