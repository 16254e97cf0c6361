//! The head's choices: environment, release, range. A form that works without a script, and links.

use askama::Template;

use crate::scope::{Choices, Range, Scope};

/// `scope.html`, for the head of any page: posts nothing, asks for the same page again.
#[derive(Template)]
#[template(path = "scope.html")]
pub(super) struct ScopeForm<'a> {
    scope: &'a Scope,
    choices: &'a Choices,
    /// Other parameters of the page that stay as they are.
    kept: &'a [(String, String)],
    range: &'static str,
    /// Link, what a person reads, whether it is chosen.
    ranges: Vec<(String, &'static str, bool)>,
    /// Which devices, on pages that tell them apart; empty: all.
    device: Option<&'a str>,
}

/// What devices there are.
const DEVICES: [&str; 3] = ["phone", "tablet", "desktop"];

impl<'a> ScopeForm<'a> {
    pub(super) fn of(scope: &'a Scope, choices: &'a Choices, kept: &'a [(String, String)]) -> Self {
        let link = |range: Range| {
            let mut link = form_urlencoded::Serializer::new(String::new());
            link.extend_pairs(kept);
            let chosen = Scope { range, ..scope.clone() }.query();
            match (link.finish(), chosen.strip_prefix('?').unwrap_or_default()) {
                (kept, "") => format!("?{kept}"),
                (kept, chosen) if kept.is_empty() => format!("?{chosen}"),
                (kept, chosen) => format!("?{kept}&{chosen}"),
            }
        };
        let ranges =
            Range::CHOICES.map(|(range, _, words)| (link(range), words, scope.range == range));
        Self {
            scope,
            choices,
            kept,
            range: scope.range.name(),
            ranges: ranges.into(),
            device: None,
        }
    }

    /// Of a page of numbers: there is no range of all time, and 14 days stand for none.
    pub(super) fn of_numbers(
        scope: &'a Scope,
        choices: &'a Choices,
        kept: &'a [(String, String)],
    ) -> Self {
        let mut form = Self::of(scope, choices, kept);
        form.ranges.retain(|(_, words, _)| *words != "All");
        for (_, words, is_chosen) in &mut form.ranges {
            *is_chosen |= scope.range == Range::All && *words == "14 d";
        }
        form
    }

    /// With a choice of devices; the one that is shown is among what is kept too, for the ranges.
    pub(super) fn with_device(self, device: &'a str) -> Self {
        Self { device: Some(device), ..self }
    }
}
