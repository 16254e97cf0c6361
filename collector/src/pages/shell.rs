//! What stands around the content of a signed-in viewer's page: title and sidebar. Rendered in one place: in every page's own
//! template it would be compiled in as often.

use askama::Template;

use super::limits::{Meter, Notice, meter, notice};
use super::number::issues;
use crate::upper_case::upper_case;
use crate::view::{IssueRow, Section, Shell};

/// `shell.html`
#[derive(Template)]
#[template(path = "shell.html")]
struct Framed<'a> {
    sidebar: Sidebar<'a>,
    title: &'a str,
    /// Rendered.
    content: &'a str,
}

/// A page of a signed-in viewer, given its content as HTML.
pub(super) fn framed(shell: &Shell, title: &str, content: &str) -> Result<String, askama::Error> {
    Framed { sidebar: Sidebar::of(shell), title, content }.render()
}

/// `/hazel-shop/issues/SHOP-4F/`
pub(super) fn path_of(shell: &Shell, issue: &IssueRow) -> String {
    let Shell { project_slug, .. } = shell;
    // Digits, letters and a hyphen; what is anything else names no issue.
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let short_id: String = issue.short_id.chars().filter(is_plain).collect();
    format!("/{project_slug}/issues/{short_id}/")
}

/// An entry of the sidebar.
pub(super) struct Entry {
    /// In its path: `issues`.
    pub(super) path: &'static str,
    /// `Issues`
    pub(super) name: &'static str,
    /// Behind `g`, to go there.
    pub(super) key: &'static str,
    /// Of the sprite.
    pub(super) icon: &'static str,
    /// `284`, `500+`; empty: nothing is counted.
    pub(super) count: String,
    /// What is counted.
    pub(super) counted: &'static str,
    /// Keeps what part of the project is shown.
    pub(super) is_scoped: bool,
    pub(super) is_current: bool,
    /// Stands apart from the one before.
    pub(super) is_apart: bool,
}

const ENTRIES: [(Section, &str, &str, &str, &str); 7] = [
    (Section::Issues, "issues", "Issues", "i", "bug"),
    (Section::Feedback, "feedback", "Feedback", "f", "feedback"),
    (Section::Vitals, "vitals", "Web vitals", "v", "vitals"),
    (Section::Requests, "requests", "Requests", "r", "requests"),
    (Section::Releases, "releases", "Releases", "l", "releases"),
    (Section::Outcomes, "outcomes", "Outcomes", "o", "funnel"),
    (Section::Settings, "settings", "Settings", "s", "settings"),
];

fn entries(shell: &Shell) -> Vec<Entry> {
    let entry = |(section, path, name, key, icon)| Entry {
        path,
        name,
        key,
        icon,
        count: match section {
            Section::Issues => issues(shell.open_issues),
            Section::Feedback if shell.open_feedback > 49 => "49+".to_owned(),
            Section::Feedback if shell.open_feedback > 0 => shell.open_feedback.to_string(),
            _ => String::new(),
        },
        counted: if section == Section::Feedback { "new" } else { "open" },
        is_scoped: !matches!(section, Section::Feedback | Section::Outcomes | Section::Settings),
        is_current: shell.section == section,
        is_apart: matches!(section, Section::Vitals | Section::Outcomes),
    };
    ENTRIES.map(entry).into()
}

/// The sidebar, ready to print.
pub(super) struct Sidebar<'a> {
    pub(super) shell: &'a Shell,
    pub(super) entries: Vec<Entry>,
    pub(super) meter: Option<Meter>,
    pub(super) notice: Option<Notice>,
    /// `ML`
    pub(super) initials: String,
}

impl<'a> Sidebar<'a> {
    pub(super) fn of(shell: &'a Shell) -> Self {
        Self {
            shell,
            entries: entries(shell),
            meter: meter(&shell.limits),
            notice: notice(&shell.limits),
            initials: initials(&shell.user_name),
        }
    }
}

/// First letters of the first and the last word, at most two: `Mara Lindqvist` → `ML`.
pub(in crate::pages) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let text: String = first.into_iter().chain(words.next_back()).collect();
    upper_case(&text)
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_at_most_two() {
        for (name, expected) in
            [("Mara Lindqvist", "ML"), ("ops", "O"), ("", ""), ("åsa de la ö", "ÅÖ")]
        {
            assert_eq!(initials(name), expected);
        }
    }
}
