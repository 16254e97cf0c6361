//! Why two events are not one issue.

use super::group::{Component, Grouping};

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the first has there.
    pub one: Option<Component>,
    /// What the other has there.
    pub other: Option<Component>,
    /// In a sentence.
    pub why: String,
}

/// Compares what was hashed, component by component. Empty if both make the same fingerprint.
pub fn differences(one: &Grouping, other: &Grouping) -> Vec<Difference> {
    let mut found = Vec::new();
    if one.version != other.version {
        let why = format!(
            "They were grouped by different versions, {} and {}.",
            one.version, other.version
        );
        found.push(Difference { one: None, other: None, why });
    }
    let used = |grouping: &Grouping| -> Vec<Component> {
        grouping.components.iter().filter(|component| component.used).cloned().collect()
    };
    let (mut ones, mut others) = (used(one).into_iter(), used(other).into_iter());
    loop {
        let pair = (ones.next(), others.next());
        let why = match &pair {
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
