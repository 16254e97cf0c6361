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
}

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
        Self { scope, choices, kept, range: scope.range.name(), ranges: ranges.into() }
    }
}
