//! The issue list: tabs, rows, footer, or a sentence that says why there are none.

use askama::Template;

use super::number::{count, counted};
use super::row::Row;
use super::scope::ScopeForm;
use super::shell::path_of;
use crate::view::{Choice, IssuesPage, Tab};

/// `issues.html`
#[derive(Template)]
#[template(path = "issues.html")]
pub(super) struct List<'a> {
    page: &'a IssuesPage,
    /// Environment, release, range: HTML.
    scope: String,
    tabs: Vec<(&'a Tab, String)>,
    rows: Vec<Line<'a>>,
    /// In the order of the columns: trend, events, users, last seen, first seen.
    columns: [Option<&'a Choice>; 5],
    /// `24 hours`
    span: &'static str,
    /// `1–25 of 38, by last seen`; empty without rows.
    range: String,
    /// Why there are no rows, and what else there is.
    empty: Empty,
    /// What an open list can be set to, a resolved one, and so on.
    is_open: bool,
    /// Goes behind the links to issues.
    query: String,
    /// Fields of the scope, for the form of the search.
    fields: Vec<(String, String)>,
}

/// A row, and where it leads.
pub(super) struct Line<'a> {
    row: Row<'a>,
    path: String,
}

struct Empty {
    heading: String,
    sentence: String,
}

impl<'a> List<'a> {
    pub(super) fn of(page: &'a IssuesPage) -> Result<Self, askama::Error> {
        let now_ms = page.shell.now_ms;
        let mut kept = page.kept.clone();
        if !page.query.is_empty() {
            kept.push(("query".to_owned(), page.query.clone()));
        }
        let column = |name: &str| page.sorts.iter().find(|sort| sort.name == name);
        let query = page.scope.query();
        let fields = form_urlencoded::parse(query.strip_prefix('?').unwrap_or_default().as_bytes());
        let line = |issue| Line { row: Row::of(issue, now_ms), path: path_of(&page.shell, issue) };
        Ok(Self {
            page,
            scope: ScopeForm::of(&page.scope, &page.choices, &kept).render()?,
            tabs: page.tabs.iter().map(|tab| (tab, up_to(tab.count, tab.most))).collect(),
            rows: page.issues.iter().map(line).collect(),
            columns: ["trend", "events", "users", "", "first-seen"].map(column),
            span: match page.scope.range.days() {
                0 => "24 hours",
                14 => "14 days",
                _ => "90 days",
            },
            range: range(page),
            empty: empty(page),
            is_open: adjective(page) == "open",
            fields: fields.into_owned().collect(),
            query,
        })
    }
}

/// `38`, `500+`
fn up_to(number: u64, most: u64) -> String {
    if number > most { format!("{}+", count(most)) } else { count(number) }
}

fn current(page: &IssuesPage) -> Option<&Tab> {
    page.tabs.iter().find(|tab| tab.is_current)
}

/// `open`, `ignored`; empty where the search names the status.
fn adjective(page: &IssuesPage) -> &'static str {
    match current(page).map(|tab| tab.name) {
        Some("resolved") => "resolved",
        Some("ignored") => "ignored",
        Some(_) => "open",
        None => "",
    }
}

/// The counts know nothing of the search: a filtered list does not say of how many.
fn range(page: &IssuesPage) -> String {
    let shown = u64::try_from(page.issues.len()).unwrap_or_default();
    if shown == 0 {
        return String::new();
    }
    let last_row = page.first_row.saturating_add(shown - 1);
    let mut words = format!("{}–{}", count(page.first_row), count(last_row));
    if let (Some(tab), None) = (current(page), &page.unfiltered) {
        words += &format!(" of {}", up_to(tab.count, tab.most));
    }
    let sort = page.sorts.iter().find(|sort| sort.is_current).map_or("", |sort| sort.name);
    words += match sort {
        _ if page.is_exact => "",
        "events" => ". By events, as of the hour of each; below 100 by last seen",
        "users" => ". By users, as of the hour of each; below 100 by last seen",
        "trend" => {
            ". By a day's events over the mean day of the week, as of the hour of each; what does not rise by last seen"
        }
        _ => "",
    };
    words
}

/// Only a filtered page is empty although there is a next one, or although it is a later one.
fn empty(page: &IssuesPage) -> Empty {
    let adjective = adjective(page);
    let issue = format!("{adjective} issue");
    let issue = issue.trim_start();
    if page.next_page.is_some() {
        let newest = if page.first_page.is_some() { "these" } else { "the first" };
        return Empty {
            heading: format!("None of {newest} {} matches", counted(page.scanned as u64, "issue")),
            sentence: "Those behind them have not been searched yet.".to_owned(),
        };
    }
    if page.first_page.is_some() {
        return Empty {
            heading: format!("No further {issue} matches"),
            sentence: "This was the last page.".to_owned(),
        };
    }
    let tab = current(page);
    if page.unfiltered.is_some() {
        let sentence = match tab {
            Some(Tab { count: 1, .. }) => "Without the filter there is 1 issue here.".to_owned(),
            Some(tab) => {
                format!("Without the filter there are {} issues here.", up_to(tab.count, tab.most))
            }
            None => "The search names its own status; other tabs hold the others.".to_owned(),
        };
        return Empty { heading: format!("No {issue} matches the filter"), sentence };
    }
    let (heading, sentence) = match tab.map_or("", |tab| tab.name) {
        "new" => ("No issue is new", "An issue is new for a day after its first event."),
        "regressed" => {
            ("No issue has come back", "A resolved issue that is seen again is listed here.")
        }
        "escalating" => (
            "No issue escalates",
            "An issue escalates in an hour with over five times the events of its mean hour, 20 at least.",
        ),
        "mine" => {
            ("No issue is yours", "Issues that somebody has assigned to you are listed here.")
        }
        "resolved" => ("No resolved issues", "An issue is listed here once someone resolves it."),
        "ignored" => ("No ignored issues", "An issue is listed here once someone ignores it."),
        _ => (
            "No open issues",
            "An issue opens by itself with the next event that no other issue accounts for.",
        ),
    };
    Empty { heading: heading.to_owned(), sentence: sentence.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{empty, range};
    use crate::pages::tests::sample;
    use crate::view::{IssueRow, IssuesPage, Tab};

    fn tab(name: &'static str, count: u64) -> Vec<Tab> {
        vec![Tab { name, count, most: 500, is_current: true, ..Tab::default() }]
    }

    #[track_caller]
    fn check(unfiltered: Option<&str>, rows: usize, expected: &str) {
        let page = IssuesPage {
            issues: vec![IssueRow::default(); rows],
            first_row: 26,
            unfiltered: unfiltered.map(str::to_owned),
            tabs: tab("", 501),
            sorts: Vec::new(),
            ..sample::issues("")
        };
        assert_eq!(range(&page), expected);
    }

    #[test]
    fn range_claims_a_total_only_when_it_knows_one() {
        check(None, 25, "26–50 of 500+");
        check(Some("?"), 2, "26–27");
        check(None, 0, "");
    }

    #[test]
    fn empty_list_says_what_there_is_without_the_filter() {
        let page = IssuesPage {
            tabs: tab("resolved", 1),
            next_page: None,
            first_page: None,
            unfiltered: Some("?status=resolved".into()),
            ..sample::issues("")
        };
        assert_eq!(empty(&page).heading, "No resolved issue matches the filter");
        assert_eq!(empty(&page).sentence, "Without the filter there is 1 issue here.");
    }

    #[track_caller]
    fn check_empty(next_page: Option<&str>, first_page: Option<&str>, heading: &str, button: &str) {
        let page = IssuesPage {
            issues: Vec::new(),
            tabs: tab("", 3),
            scanned: 600,
            next_page: next_page.map(str::to_owned),
            first_page: first_page.map(str::to_owned),
            unfiltered: Some("?".into()),
            ..sample::issues("")
        };
        let html = crate::pages::issues(&page).unwrap();
        assert!(html.contains(heading) && html.contains(button), "{heading}, {button}: {html}");
        assert_eq!(html.contains("Search on"), next_page.is_some(), "{html}");
    }

    #[test]
    fn empty_page_of_a_filtered_list_leads_on() {
        let next = Some("?query=cart&after=7.1");
        let link = "href=\"?query=cart&#38;after=7.1\" rel=\"next\"";
        check_empty(next, None, "None of the first 600 issues matches", link);
        check_empty(next, Some("?"), "None of these 600 issues matches", link);
        check_empty(None, Some("?"), "No further open issue matches", "First page");
        check_empty(None, None, "No open issue matches the filter", "Clear the filter");
    }
}
