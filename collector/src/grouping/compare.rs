//! Why two issues are not one: what was hashed of each, side by side, and what would make them one.

use serde::Serialize;
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
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// `SHOP-4F`, of each.
    pub short_ids: [String; 2],
    /// The first difference, in a sentence.
    pub why: String,
    /// How the newest kept event of each is grouped; `None` where none is kept whole.
    pub newest_events: [Option<Explained>; 2],
    /// Both would have the same fingerprint today.
    pub one_today: bool,
    /// Lines of rules that would make later events one; empty where no rule does.
    pub proposed_rules: String,
}

/// What both have of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// What it is.
    pub kind: ComponentKind,
    /// Of each issue.
    pub sides: [Option<&'a Component>; 2],
    /// It makes their fingerprints differ.
    pub differs: bool,
}

/// Compares the newest kept events of two issues of a project.
pub fn compared(one: &Side, other: &Side, rules: &Rules) -> Compared {
    let explain = |side: &Side| side.event.map(|event| explained(event, rules, side.label));
    let short_ids = [one, other].map(|side| side.short_id.to_owned());
    let newest_events = [explain(one), explain(other)];
    let [Some(left), Some(right)] = &newest_events else {
        let unkept = if newest_events[0].is_none() { one } else { other };
        let why = format!(
            "No event of {} is kept whole, so it is only known by what was hashed: {}.",
            unkept.short_id, unkept.label
        );
        let (one_today, proposed_rules) = (false, String::new());
        return Compared { short_ids, why, newest_events, one_today, proposed_rules };
    };
    let one_today = left.grouping.fingerprint().hash == right.grouping.fingerprint().hash;
    let proposed_rules = match (one.event, other.event) {
        (Some(one), Some(other)) if !one_today => proposal(one, other).unwrap_or_default(),
        _ => String::new(),
    };
    let why = if one_today { why_apart(left, right) } else { why_different(left, right) };
    Compared { short_ids, why, newest_events, one_today, proposed_rules }
}

fn why_apart(one: &Explained, other: &Explained) -> String {
    let is_old = one.stored_fingerprint.is_some() || other.stored_fingerprint.is_some();
    match is_old {
        true => "Today they would be one: rules, source maps or the version have changed since they were grouped.",
        false => "Their newest events say the same: somebody split them.",
    }
    .to_owned()
}

fn why_different(one: &Explained, other: &Explained) -> String {
    match (one.decided_by, other.decided_by) {
        (Decided::Rule, Decided::Rule) if one.rule != other.rule => format!(
            "Two rules tell them apart: {} catches the first, {} the other.",
            one.rule, other.rule
        ),
        (Decided::Rule, Decided::Thrown) => {
            format!("A rule catches the first, and not the other: {}", one.rule)
        }
        (Decided::Thrown, Decided::Rule) => {
            format!("A rule catches the other, and not the first: {}", other.rule)
        }
        (Decided::Sender, Decided::Thrown | Decided::Rule) => {
            "The page sets a fingerprint of its own for the first, and none for the other.".into()
        }
        (Decided::Thrown | Decided::Rule, Decided::Sender) => {
            "The page sets a fingerprint of its own for the other, and none for the first.".into()
        }
        _ => {
            let found = differences(&one.grouping, &other.grouping);
            found.into_iter().next().map(|first| first.why).unwrap_or_default()
        }
    }
}

/// Components side by side, in their order: the first type of one beside the first type of the other, and so on. Chains have
/// several.
pub fn pairs<'a>(one: &'a Explained, other: &'a Explained) -> Vec<Pair<'a>> {
    let mut rest: Vec<&Component> = other.grouping.components.iter().collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for component in &one.grouping.components {
        let at = rest.iter().position(|candidate| candidate.kind == component.kind);
        let beside = at.map(|at| rest.remove(at));
        pairs.push(pair(component.kind, [Some(component), beside]));
    }
    for alone in rest {
        pairs.push(pair(alone.kind, [None, Some(alone)]));
    }
    pairs
}

fn pair<'a>(kind: ComponentKind, sides: [Option<&'a Component>; 2]) -> Pair<'a> {
    let [one, other] = sides;
    let used = |side: Option<&'a Component>| side.filter(|one| one.used).map(|one| &one.value);
    Pair { kind, sides, differs: used(one) != used(other) }
}
