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
    /// `None` if none is kept.
    pub event: Option<Event>,
}

/// A kind of component by which groups differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// `function`
    pub kind: ComponentKind,
    /// Most events first.
    pub parts: Vec<Part>,
}

/// Groups that share a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `pay`
    pub value: String,
    /// How many groups.
    pub groups: usize,
    /// Their events.
    pub events: u64,
}

/// Kinds of components by which some of the groups differ from others, and what each kind may be split by.
pub fn aspects(looked: &[Looked]) -> Vec<Aspect> {
    let mut aspects: Vec<Aspect> = Vec::new();
    for one in looked {
        for Component { kind, value, .. } in components(one) {
            let at = aspects.iter().position(|aspect| aspect.kind == kind);
            if at.is_none() {
                aspects.push(Aspect { kind, parts: Vec::new() });
            }
            let aspect = aspects.iter_mut().find(|aspect| aspect.kind == kind);
            let parts = aspect.map(|aspect| &mut aspect.parts);
            let Some(parts) = parts else { continue };
            match parts.iter_mut().find(|part| part.value == value) {
                Some(part) => {
                    part.groups += 1;
                    part.events += one.events;
                }
                None => parts.push(Part { value, groups: 1, events: one.events }),
            }
        }
    }
    for aspect in &mut aspects {
        // What all groups share parts nothing.
        aspect.parts.retain(|part| part.groups < looked.len());
        aspect.parts.sort_by_key(|part| std::cmp::Reverse(part.events));
    }
    aspects.retain(|aspect| !aspect.parts.is_empty());
    aspects
}

/// Groups of which a component has this value, and the title of the first one's event.
pub fn groups_with<'a>(
    looked: &'a [Looked],
    kind: &str,
    value: &str,
) -> (Vec<&'a Looked>, Option<Title>) {
    let has = |one: &&Looked| {
        components(one).iter().any(|found| found.kind.name() == kind && found.value == value)
    };
    let groups: Vec<&Looked> = looked.iter().filter(has).collect();
    let title = groups.first().and_then(|one| one.event.as_ref()).map(title);
    (groups, title)
}

/// All that tells errors apart, whether it was hashed or not; each once. Rules and the page's own fingerprint only hide it.
fn components(one: &Looked) -> Vec<Component> {
    let Some(event) = &one.event else { return Vec::new() };
    let mut found: Vec<Component> = Vec::new();
    let mut add = |components: Vec<Component>| {
        for component in components {
            let is_known =
                |known: &Component| known.kind == component.kind && known.value == component.value;
            if !found.iter().any(is_known) {
                found.push(component);
            }
        }
    };
    if !event.fingerprint.is_empty() {
        add(group(event).components);
        add(group(&Event { fingerprint: Vec::new(), ..event.clone() }).components);
    } else {
        add(group(event).components);
    }
    found
}
