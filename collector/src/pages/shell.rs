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

/// The sidebar, ready to print.
pub(super) struct Sidebar<'a> {
    pub(super) shell: &'a Shell,
    /// `284`, `500+`
    pub(super) open_issues: String,
    pub(super) is_issues: bool,
    pub(super) is_outcomes: bool,
    pub(super) is_settings: bool,
    pub(super) meter: Option<Meter>,
    pub(super) notice: Option<Notice>,
    /// `ML`
    pub(super) initials: String,
}

impl<'a> Sidebar<'a> {
    pub(super) fn of(shell: &'a Shell) -> Self {
        Self {
            shell,
            open_issues: issues(shell.open_issues),
            is_issues: shell.section == Section::Issues,
            is_outcomes: shell.section == Section::Outcomes,
            is_settings: shell.section == Section::Settings,
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
