//! What a project shows that never received an event: how to send the first one, and what a page of the site says.

use askama::Template;
use trapline_core::page_check::{Finding, Severity};

use super::shell::Sidebar;
use crate::view::{IssuesPage, PageCheck, PageRead};

/// `welcome.html`
#[derive(Template)]
#[template(path = "welcome.html")]
pub(super) struct Welcome<'a> {
    sidebar: Sidebar<'a>,
    page: &'a IssuesPage,
    check: Check<'a>,
}

/// The form "Check a page", and what came of it.
#[derive(Default)]
struct Check<'a> {
    /// As it was typed; empty before.
    url: &'a str,
    /// Why the page could not be read.
    unread: Option<&'a str>,
    /// Where it was read, and what was found.
    read: Option<(&'a str, Vec<Row<'a>>)>,
}

/// One finding.
struct Row<'a> {
    /// `remedy-1`, for the button that copies.
    id: String,
    /// `bad`, `warn` or nothing.
    class: &'static str,
    /// What it means for what arrives.
    word: &'static str,
    sentence: String,
    remedy: &'a str,
}

impl<'a> Welcome<'a> {
    pub(super) fn of(page: &'a IssuesPage) -> Self {
        Self { sidebar: Sidebar::of(&page.shell), page, check: Check::default() }
    }

    pub(super) fn checked(page: &'a IssuesPage, check: &'a PageCheck) -> Self {
        let url = check.url.as_str();
        let check = match &check.read {
            PageRead::Unread(why) => Check { url, unread: Some(why), read: None },
            PageRead::Findings { url: at, findings } => {
                let rows = findings.iter().zip(1..).map(row).collect();
                Check { url, unread: None, read: Some((at, rows)) }
            }
        };
        Self { check, ..Self::of(page) }
    }
}

fn row((finding, number): (&Finding, u32)) -> Row<'_> {
    let (class, word) = match finding.severity() {
        Severity::Blocks => ("bad", "Nothing arrives"),
        Severity::Degrades => ("warn", "Something is missed"),
        Severity::Hint => ("", "May matter"),
    };
    Row {
        id: format!("remedy-{number}"),
        class,
        word,
        sentence: finding.sentence(),
        remedy: finding.remedy(),
    }
}
