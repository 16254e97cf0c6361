//! Why events are one issue: the panel of an issue's page, the page that compares two issues, the page that splits one, and
//! what grouping rules would have caught.

use askama::Template;
use trapline_core::fingerprint::ComponentKind;

use super::number::{count, counted};
use super::row::{Title, title};
use super::shell::path_of;
use crate::grouping::{Caught, Decided, Explained, Pair, pairs};
use crate::read;
use crate::view::{ComparePage, IssueRow, SettingsPage, SplitPage};

/// What decided, in words.
pub(super) fn by(explained: &Explained) -> &'static str {
    match explained.decided_by {
        Decided::Thrown => "Grouped by what was thrown",
        Decided::Sender => "Grouped by the fingerprint that the page set",
        Decided::Rule => "Grouped by a rule of the project",
    }
}

/// `Function`
pub(super) fn words(kind: &ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Sender => "Page’s fingerprint",
        ComponentKind::Rule => "Rule",
        ComponentKind::Class => "Class",
        ComponentKind::Type => "Type",
        ComponentKind::Message => "Message",
        ComponentKind::Function => "Function",
        ComponentKind::File => "File",
        ComponentKind::Minified => "Minified function",
        ComponentKind::Request => "Request",
    }
}

/// `compare.html`
#[derive(Template)]
#[template(path = "compare.html")]
pub(super) struct Compare<'a> {
    page: &'a ComparePage,
    /// The first issue's path.
    here: String,
    why: &'a str,
    issues: [Side<'a>; 2],
    /// None where an event is not kept.
    pairs: Vec<Pair<'a>>,
    /// Lines of rules that would make later events one; empty if none would.
    rule: &'a str,
    /// The same, before the rules that there are.
    with_rule: String,
}

struct Side<'a> {
    row: &'a IssueRow,
    title: Title<'a>,
    events: String,
    explained: Option<&'a Explained>,
}

impl<'a> Compare<'a> {
    pub(super) fn of(page: &'a ComparePage) -> Self {
        let compared = &page.both.compared;
        let [one, other] = &page.both.issues;
        let [left, right] = compared.newest_events.each_ref().map(Option::as_ref);
        let rule = compared.proposed_rules.as_str();
        Self {
            page,
            here: path_of(&page.shell, &one.row),
            why: &compared.why,
            issues: [side(&one.row, left), side(&other.row, right)],
            pairs: match (left, right) {
                (Some(left), Some(right)) => pairs(left, right),
                _ => Vec::new(),
            },
            rule,
            with_rule: format!("{rule}\n{}", page.rules).trim_end().to_owned(),
        }
    }
}

fn side<'a>(row: &'a IssueRow, explained: Option<&'a Explained>) -> Side<'a> {
    Side { row, title: title(row), events: counted(row.events, "event"), explained }
}

/// `split.html`
#[derive(Template)]
#[template(path = "split.html")]
pub(super) struct Split<'a> {
    page: &'a SplitPage,
    /// The issue's path.
    here: String,
    title: Title<'a>,
    groups: String,
    /// `2 groups have no event that is kept whole.`
    unread: String,
}

impl<'a> Split<'a> {
    pub(super) fn of(page: &'a SplitPage) -> Self {
        Self {
            page,
            here: path_of(&page.shell, &page.issue),
            title: title(&page.issue),
            groups: match page.groups {
                read::SPLIT_GROUPS => {
                    format!("the newest {}", counted(page.groups as u64, "group"))
                }
                groups => counted(groups as u64, "group"),
            },
            unread: match page.unread {
                0 => String::new(),
                1 => "Of 1 group no event is kept whole: it stays.".to_owned(),
                unread => format!("Of {unread} groups no event is kept whole: they stay."),
            },
        }
    }
}

/// Grouping rules, as the settings show them.
pub(super) struct Rules<'a> {
    pub(super) text: &'a str,
    /// `line 2: …`; else empty.
    pub(super) error: &'a str,
    /// They were tried: nothing is stored yet.
    pub(super) is_tried: bool,
    /// `Tried on the newest 87 kept events`
    pub(super) tried_on: String,
    pub(super) tried: &'a [Caught],
}

impl<'a> Rules<'a> {
    pub(super) fn of(page: &'a SettingsPage) -> Self {
        let Some(typed) = &page.typed else {
            let text = &page.settings.grouping_rules;
            let (tried_on, tried) = (String::new(), [].as_slice());
            return Self { text, error: "", is_tried: false, tried_on, tried };
        };
        let own = match typed.preview.with_own_fingerprint {
            0 => String::new(),
            own => format!(
                "; {} a fingerprint of the page, which comes before rules",
                if own == 1 { "1 has".to_owned() } else { format!("{own} have") }
            ),
        };
        let events = counted(typed.preview.events as u64, "kept event");
        Self {
            text: &typed.text,
            error: &typed.error,
            is_tried: typed.error.is_empty(),
            tried_on: format!("Tried on the newest {events}{own}."),
            tried: &typed.preview.rules,
        }
    }
}

/// `1,284`
pub(super) fn figure(number: &u64) -> String {
    count(*number)
}

/// `12 events of 3 issues`
pub(super) fn caught(caught: &Caught) -> String {
    let (events, issues) = (caught.events as u64, caught.issues as u64);
    format!("{} of {}", counted(events, "event"), counted(issues, "issue"))
}
