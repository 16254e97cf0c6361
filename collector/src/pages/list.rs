//! The issue list: tabs, rows, footer, or a sentence that says why there are none.

use askama::Template;

use super::number::{count, counted, issues};
use super::row::Row;
use crate::read::SCAN;
use crate::view::{IssuesPage, Status};

/// `issues.html`
#[derive(Template)]
#[template(path = "issues.html")]
pub(super) struct List<'a> {
    page: &'a IssuesPage,
    tabs: [Tab; 3],
    rows: Vec<Row<'a>>,
    /// `1–25 of 38`; empty without rows.
    range: String,
    /// Value of the query parameter `status`; empty for open ones, which need none.
    status: &'static str,
    /// Why there are no rows, and what else there is.
    empty: Empty,
}

struct Tab {
    name: &'static str,
    status: &'static str,
    count: String,
    is_current: bool,
}

struct Empty {
    heading: String,
    sentence: String,
}

impl<'a> List<'a> {
    pub(super) fn of(page: &'a IssuesPage) -> Self {
        let now_ms = page.shell.now_ms;
        let [open, resolved, ignored] = page.counts;
        let tab = |name, of: Status, number| Tab {
            name,
            status: parameter(of),
            count: issues(number),
            is_current: page.status == of,
        };
        Self {
            page,
            tabs: [
                tab("Open", Status::Unresolved, open),
                tab("Resolved", Status::Resolved, resolved),
                tab("Ignored", Status::Ignored, ignored),
            ],
            rows: page.issues.iter().map(|issue| Row::of(issue, now_ms)).collect(),
            range: range(page),
            status: parameter(page.status),
            empty: empty(page),
        }
    }
}

fn parameter(status: Status) -> &'static str {
    match status {
        Status::Unresolved => "",
        Status::Resolved => "resolved",
        Status::Ignored => "ignored",
    }
}

fn adjective(status: Status) -> &'static str {
    match status {
        Status::Unresolved => "open",
        Status::Resolved => "resolved",
        Status::Ignored => "ignored",
    }
}

fn number_of(page: &IssuesPage) -> u64 {
    let [open, resolved, ignored] = page.counts;
    match page.status {
        Status::Unresolved => open,
        Status::Resolved => resolved,
        Status::Ignored => ignored,
    }
}

/// The counts know nothing of the filter: a filtered list does not say of how many.
fn range(page: &IssuesPage) -> String {
    let shown = u64::try_from(page.issues.len()).unwrap_or_default();
    if shown == 0 {
        return String::new();
    }
    let last_row = page.first_row.saturating_add(shown - 1);
    let rows = format!("{}–{}", count(page.first_row), count(last_row));
    if page.query.is_empty() { format!("{rows} of {}", issues(number_of(page))) } else { rows }
}

/// Only a filtered page is empty although there is a next one, or although it is a later one.
fn empty(page: &IssuesPage) -> Empty {
    let (adjective, number) = (adjective(page.status), number_of(page));
    if page.next_page.is_some() {
        let (scanned, newest) =
            (count(SCAN as u64), if page.is_later_page { "these" } else { "the newest" });
        return Empty {
            heading: format!("None of {newest} {scanned} {adjective} issues matches"),
            sentence: "Older ones have not been searched yet.".to_owned(),
        };
    }
    if page.is_later_page {
        return Empty {
            heading: format!("No older {adjective} issue matches"),
            sentence: "This was the last page.".to_owned(),
        };
    }
    if !page.query.is_empty() {
        let sentence = format!(
            "Without the filter there {}.",
            match number {
                1 => format!("is 1 {adjective} issue"),
                _ => format!("are {}", counted(number, &format!("{adjective} issue"))),
            }
        );
        return Empty { heading: format!("No {adjective} issue matches the filter"), sentence };
    }
    let sentence = match page.status {
        Status::Unresolved => {
            "An issue opens by itself with the next event that no other issue \
                               accounts for."
        }
        Status::Resolved => "An issue is listed here once someone resolves it.",
        Status::Ignored => "An issue is listed here once someone ignores it.",
    };
    Empty { heading: format!("No {adjective} issues"), sentence: sentence.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{empty, range};
    use crate::pages::tests::sample;
    use crate::view::{IssueRow, IssuesPage, Status};

    #[track_caller]
    fn check(query: &str, rows: usize, expected: &str) {
        let issues = vec![IssueRow::default(); rows];
        let page = IssuesPage {
            query: query.into(),
            issues,
            first_row: 26,
            counts: [501, 2, 0],
            ..sample::issues("")
        };
        assert_eq!(range(&page), expected);
    }

    #[test]
    fn range_claims_a_total_only_when_it_knows_one() {
        check("", 25, "26–50 of 500+");
        check("cart", 2, "26–27");
        check("", 0, "");
    }

    #[test]
    fn empty_list_says_what_there_is_without_the_filter() {
        let page = IssuesPage {
            query: "cart".into(),
            status: Status::Resolved,
            counts: [9, 1, 0],
            next_page: None,
            is_later_page: false,
            ..sample::issues("")
        };
        assert_eq!(empty(&page).heading, "No resolved issue matches the filter");
        assert_eq!(empty(&page).sentence, "Without the filter there is 1 resolved issue.");
    }

    #[track_caller]
    fn check_empty(next_page: Option<&str>, is_later_page: bool, heading: &str, button: &str) {
        let page = IssuesPage {
            query: "cart".into(),
            issues: Vec::new(),
            next_page: next_page.map(str::to_owned),
            is_later_page,
            ..sample::issues("")
        };
        let html = crate::pages::issues(&page).unwrap();
        assert!(html.contains(heading) && html.contains(button), "{heading}, {button}: {html}");
        assert_eq!(html.contains("Search older ones"), next_page.is_some(), "{html}");
    }

    #[test]
    fn empty_page_of_a_filtered_list_leads_to_older_issues() {
        let next = Some("?query=cart&after=7.1");
        let link = "href=\"?query=cart&#38;after=7.1\" rel=\"next\"";
        check_empty(next, false, "None of the newest 600 open issues matches", link);
        check_empty(next, true, "None of these 600 open issues matches", link);
        check_empty(None, true, "No older open issue matches", "First page");
        check_empty(None, false, "No open issue matches the filter", "Clear the filter");
    }
}
