//! Why two events are not one issue.

use super::components::{Component, Grouping};

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// What the first has there.
    pub one: Option<&'a Component>,
    /// What the other has there.
    pub other: Option<&'a Component>,
    /// In a sentence.
    pub why: String,
}

/// Compares what was hashed, component by component. Empty if both make the same fingerprint.
pub fn differences<'a>(one: &'a Grouping, other: &'a Grouping) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    if one.version != other.version {
        let why = format!(
            "They were grouped by different versions, {} and {}.",
            one.version, other.version
        );
        found.push(Difference { one: None, other: None, why });
    }
    let is_used = |component: &&Component| component.used;
    let mut ones = one.components.iter().filter(is_used);
    let mut others = other.components.iter().filter(is_used);
    loop {
        let pair = (ones.next(), others.next());
        let why = match pair {
            (None, None) => return found,
            (Some(one), Some(other)) if one.kind == other.kind && one.value == other.value => {
                continue;
            }
            (Some(one), Some(other)) if one.kind == other.kind => {
                format!(
                    "The {} differs: {} here, {} there.",
                    one.kind.name(),
                    one.value,
                    other.value
                )
            }
            (Some(one), Some(other)) => format!(
                "One is told by its {} ({}), the other by its {} ({}).",
                one.kind.name(),
                one.value,
                other.kind.name(),
                other.value
            ),
            (Some(only), None) | (None, Some(only)) => {
                format!("Only one of them has a {}: {}.", only.kind.name(), only.value)
            }
        };
        found.push(Difference { one: pair.0, other: pair.1, why });
    }
}
