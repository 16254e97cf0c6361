//! Why events are one issue: the panel of an issue's page, the page that compares two issues, the page that splits one, and
//! what grouping rules would have caught.

use askama::Template;
use trapline_core::fingerprint::{Component, ComponentKind};

use super::number::{count, counted};
use super::row::{Title, title};
use super::shell::Sidebar;
use crate::grouping::{Caught, Decided, Explained};
use crate::read;
use crate::view::{ComparePage, IssueRow, SettingsPage, SplitPage};

/// How an event is grouped, ready to print.
pub(super) struct Shown<'a> {
    /// `Grouped by what was thrown`
    pub(super) by: &'static str,
    /// The rule that did; else empty.
    pub(super) rule: &'a str,
    pub(super) version: u8,
    pub(super) before: &'a str,
    pub(super) parts: Vec<Part<'a>>,
}

/// A component, ready to print.
pub(super) struct Part<'a> {
    /// `Function`
    pub(super) kind: &'static str,
    pub(super) value: &'a str,
    pub(super) is_used: bool,
    pub(super) why: &'a str,
}

impl<'a> Shown<'a> {
    pub(super) fn of(explained: &'a Explained) -> Self {
        let (by, rule) = match &explained.decided {
            Decided::Thrown => ("Grouped by what was thrown", ""),
            Decided::Sender => ("Grouped by the fingerprint that the page set", ""),
            Decided::Rule(rule) => ("Grouped by a rule of the project", rule.as_str()),
        };
        Self {
            by,
            rule,
            version: explained.grouping.version,
            before: explained.before.as_deref().unwrap_or_default(),
            parts: explained.grouping.components.iter().map(part).collect(),
        }
    }
}

fn part(component: &Component) -> Part<'_> {
    Part {
        kind: kind(component.kind),
        value: &component.value,
        is_used: component.used,
        why: &component.why,
    }
}

fn kind(kind: ComponentKind) -> &'static str {
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
    sidebar: Sidebar<'a>,
    page: &'a ComparePage,
    why: &'a str,
    issues: [Side<'a>; 2],
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
    shown: Option<Shown<'a>>,
}

struct Pair<'a> {
    kind: &'static str,
    differs: bool,
    sides: [Option<Part<'a>>; 2],
}

impl<'a> Compare<'a> {
    pub(super) fn of(page: &'a ComparePage) -> Self {
        let compared = &page.both.compared;
        let [one, other] = &page.both.issues;
        let [left, right] = &compared.sides;
        let side = |row: &'a IssueRow, explained: &'a Option<Explained>| Side {
            row,
            title: title(row),
            events: counted(row.events, "event"),
            shown: explained.as_ref().map(Shown::of),
        };
        let rule = compared.rule.as_deref().unwrap_or_default();
        Self {
            sidebar: Sidebar::of(&page.shell),
            page,
            why: &compared.why,
            issues: [side(&one.row, left), side(&other.row, right)],
            pairs: compared
                .pairs
                .iter()
                .map(|pair| Pair {
                    kind: kind(pair.kind),
                    differs: pair.differs,
                    sides: pair.sides.each_ref().map(|side| side.as_ref().map(part)),
                })
                .collect(),
            rule,
            with_rule: format!("{rule}\n{}", page.rules).trim_end().to_owned(),
        }
    }
}

/// `split.html`
#[derive(Template)]
#[template(path = "split.html")]
pub(super) struct Split<'a> {
    sidebar: Sidebar<'a>,
    page: &'a SplitPage,
    title: Title<'a>,
    groups: String,
    /// `2 groups have no event that is kept whole.`
    unread: String,
    aspects: Vec<Aspect<'a>>,
}

struct Aspect<'a> {
    kind: &'static str,
    /// As the form sends it.
    name: &'static str,
    parts: Vec<Portion<'a>>,
}

struct Portion<'a> {
    value: &'a str,
    groups: String,
    events: String,
}

impl<'a> Split<'a> {
    pub(super) fn of(page: &'a SplitPage) -> Self {
        let portion = |part: &'a crate::grouping::Part| Portion {
            value: &part.value,
            groups: count(part.groups as u64),
            events: count(part.events),
        };
        Self {
            sidebar: Sidebar::of(&page.shell),
            page,
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
            aspects: page
                .aspects
                .iter()
                .map(|aspect| Aspect {
                    kind: kind(aspect.kind),
                    name: aspect.kind.name(),
                    parts: aspect.parts.iter().map(portion).collect(),
                })
                .collect(),
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
    pub(super) tried: Vec<Tried<'a>>,
}

/// What a rule would have caught.
pub(super) struct Tried<'a> {
    pub(super) rule: &'a str,
    /// `12 events of 3 issues`
    pub(super) caught: String,
    pub(super) warning: &'a str,
    /// Short ID and title.
    pub(super) examples: Vec<(String, &'a str)>,
    /// `and 4 more`
    pub(super) more: String,
}

impl<'a> Rules<'a> {
    pub(super) fn of(page: &'a SettingsPage) -> Self {
        let Some(typed) = &page.typed else {
            let text = &page.settings.grouping_rules;
            let (tried_on, tried) = (String::new(), Vec::new());
            return Self { text, error: "", is_tried: false, tried_on, tried };
        };
        let own = match typed.preview.own {
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
            tried: typed.preview.rules.iter().map(|caught| tried(caught, &typed.prefix)).collect(),
        }
    }
}

fn tried<'a>(caught: &'a Caught, prefix: &str) -> Tried<'a> {
    let more = caught.issues - caught.examples.len();
    Tried {
        rule: &caught.rule,
        caught: match caught.events {
            0 => "nothing".to_owned(),
            events => format!(
                "{} of {}",
                counted(events as u64, "event"),
                counted(caught.issues as u64, "issue")
            ),
        },
        warning: &caught.warning,
        examples: caught
            .examples
            .iter()
            .map(|one| (read::short_id(prefix, one.number), one.title.as_str()))
            .collect(),
        more: if more == 0 { String::new() } else { format!("and {more} more") },
    }
}
