//! In which releases, browsers and so on a group was seen: lines of its row, so they cost no rows.

use trapline_core::event::Event;
use trapline_core::release;

use super::columns::{country_of, facet};
use super::guard::{committed, guarded};
use super::{Commit, Digested};
use crate::sql::Statement;

/// Longest value of a facet, in bytes.
const MAX_VALUE: usize = 200;

/// One line: `release=shop@1`.
pub fn line(name: &str, value: &str) -> String {
    let value = value.get(..value.floor_char_boundary(MAX_VALUE)).unwrap_or_default();
    format!("{name}={}", value.replace(char::is_control, " "))
}

/// The event's lines.
pub(super) fn lines(event: &Event, commit: &Commit) -> Vec<String> {
    let all = [
        ("release", event.release.clone().unwrap_or_default()),
        ("environment", event.environment.clone().unwrap_or_default()),
        ("browser", facet(&event.browser)),
        ("os", facet(&event.os)),
        ("country", country_of(commit)),
    ];
    let present = all.into_iter().filter(|(_, value)| !value.is_empty());
    present.map(|(name, value)| line(name, &value)).collect()
}

/// A row for a release that is new to the project.
pub(super) fn release_row(digested: &Digested, commit: &Commit) -> Option<Statement> {
    let name = digested.event.release.as_deref().filter(|name| !name.is_empty())?;
    let version = release::version(name);
    let args = [
        name.into(),
        version.package.into(),
        version.sort_key.into(),
        digested.event.at_ms().into(),
    ];
    Some(guarded(RELEASE, digested, commit, args))
}

const RELEASE: &str = concat!(
    "INSERT INTO release (project_id, version, package, sort_key, first_seen_ms)
    SELECT ?1, ?6, ?7, ?8, ?9 WHERE ",
    committed!(),
    " ON CONFLICT DO NOTHING"
);
