//! Why two issues are not one: what was hashed of each, side by side, and what would make them one.

use trapline_core::event::Event;
use trapline_core::fingerprint::rules::{Rules, proposal};
use trapline_core::fingerprint::{Component, ComponentKind, differences};

use super::{Decided, Explained, explained};

/// One of two issues.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// `SHOP-4F`
    pub short_id: &'a str,
    /// Its newest kept event; `None` if none is kept.
    pub event: Option<&'a Event>,
    /// Label of that event's group, else of its newest one.
    pub label: &'a str,
}

/// Two issues, compared.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The first difference, in a sentence.
    pub why: String,
    /// How each is grouped; `None` where no event is kept whole.
    pub sides: [Option<Explained>; 2],
    /// Components side by side, in their order.
    pub pairs: Vec<Pair>,
    /// Both would have the same fingerprint today.
    pub is_one_now: bool,
    /// Lines of rules that would make later events one; `None` where no rule does.
    pub rule: Option<String>,
}

/// What both have of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What it is.
    pub kind: ComponentKind,
    /// Of each issue.
    pub sides: [Option<Component>; 2],
    /// It makes their fingerprints differ.
    pub differs: bool,
}

/// Compares the newest kept events of two issues of a project.
pub fn compared(one: &Side, other: &Side, rules: &Rules) -> Compared {
    let explain = |side: &Side| side.event.map(|event| explained(event, rules, side.label));
    let sides = [explain(one), explain(other)];
    let [Some(left), Some(right)] = &sides else {
        let unkept = if sides[0].is_none() { one } else { other };
        let why = format!(
            "No event of {} is kept whole, so it is only known by what was hashed: {}.",
            unkept.short_id, unkept.label
        );
        return Compared { why, sides, pairs: Vec::new(), is_one_now: false, rule: None };
    };
    let is_one_now = left.grouping.fingerprint().hash == right.grouping.fingerprint().hash;
    let rule = match (one.event, other.event) {
        (Some(one), Some(other)) if !is_one_now => proposal(one, other),
        _ => None,
    };
    let why = if is_one_now { why_apart(left, right) } else { why_different(left, right) };
    Compared { why, pairs: pairs(left, right), is_one_now, rule, sides }
}

fn why_apart(one: &Explained, other: &Explained) -> String {
    let is_old = one.before.is_some() || other.before.is_some();
    match is_old {
        true => "Today they would be one: rules, source maps or the version have changed since they were grouped.",
        false => "Their newest events say the same: somebody split them.",
    }
    .to_owned()
}

fn why_different(one: &Explained, other: &Explained) -> String {
    match (&one.decided, &other.decided) {
        (Decided::Rule(left), Decided::Rule(right)) if left != right => {
            format!("Two rules tell them apart: {left} catches the first, {right} the other.")
        }
        (Decided::Rule(rule), Decided::Thrown) => {
            format!("A rule catches the first, and not the other: {rule}")
        }
        (Decided::Thrown, Decided::Rule(rule)) => {
            format!("A rule catches the other, and not the first: {rule}")
        }
        (Decided::Sender, Decided::Thrown | Decided::Rule(_)) => {
            "The page sets a fingerprint of its own for the first, and none for the other."
                .to_owned()
        }
        (Decided::Thrown | Decided::Rule(_), Decided::Sender) => {
            "The page sets a fingerprint of its own for the other, and none for the first."
                .to_owned()
        }
        _ => {
            let found = differences(&one.grouping, &other.grouping);
            found.into_iter().next().map(|first| first.why).unwrap_or_default()
        }
    }
}

/// The first type of one beside the first type of the other, and so on: chains have several.
fn pairs(one: &Explained, other: &Explained) -> Vec<Pair> {
    let mut rest: Vec<&Component> = other.grouping.components.iter().collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for component in &one.grouping.components {
        let at = rest.iter().position(|candidate| candidate.kind == component.kind);
        let beside = at.map(|at| rest.remove(at).clone());
        pairs.push(pair(component.kind, [Some(component.clone()), beside]));
    }
    pairs.extend(rest.into_iter().map(|alone| pair(alone.kind, [None, Some(alone.clone())])));
    pairs
}

fn pair(kind: ComponentKind, sides: [Option<Component>; 2]) -> Pair {
    let used = |side: &Option<Component>| {
        side.as_ref().filter(|component| component.used).map(|component| component.value.clone())
    };
    let differs = used(&sides[0]) != used(&sides[1]);
    Pair { kind, sides, differs }
}
