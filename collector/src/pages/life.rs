//! What can be done with an issue, and the sentence that says what brings back one that was resolved or ignored.

use super::number::{count, counted};
use super::time::{Moment, moment};
use crate::view::{Condition, IssuePage, IssueRow, Status};

/// The buttons beside an issue's title and what their menus offer.
#[derive(Debug)]
pub(super) struct Life<'a> {
    pub(super) can_reopen: bool,
    pub(super) can_resolve: bool,
    pub(super) can_ignore: bool,
    pub(super) ignore_choices: &'static [Choice],
    /// `None` of an open issue.
    pub(super) fate: Option<Fate<'a>>,
    /// `SHOP` of `SHOP-4F`.
    pub(super) prefix: &'a str,
    /// What goes with the issue when it is deleted.
    pub(super) deletion: String,
}

/// An entry of the menu beside Ignore: the field that it sends, and its number.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) words: &'static str,
    pub(super) field: &'static str,
    pub(super) number: u32,
}

const IGNORE_CHOICES: [Choice; 4] = [
    Choice { words: "For 1 day", field: "hours", number: 24 },
    Choice { words: "For 1 week", field: "hours", number: 168 },
    Choice { words: "Until 100 more events", field: "events", number: 100 },
    Choice { words: "Until 10 more users", field: "users", number: 10 },
];

/// What brings an issue back by itself: one sentence, in the parts that are marked up. Printed one after the other they
/// need no more spaces than before `release` and `time`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fate<'a> {
    /// `Ignored until`
    pub(super) words: &'static str,
    /// As events name it; empty if the sentence names none.
    pub(super) release: &'a str,
    pub(super) time: Option<Moment>,
    /// `, or 120 events in all`
    pub(super) rest: String,
}

impl<'a> Life<'a> {
    pub(super) fn of(page: &'a IssuePage) -> Self {
        let issue = &page.issue;
        Self {
            can_reopen: issue.status != Status::Unresolved,
            can_resolve: issue.status != Status::Resolved,
            can_ignore: issue.status != Status::Ignored,
            ignore_choices: &IGNORE_CHOICES,
            fate: fate(issue, page.shell.now_ms).map(|fate| match fate.release {
                "" => fate,
                _ if page.more.resolved_next => {
                    Fate { words: "Comes back in the next release: one later than", ..fate }
                }
                _ => fate,
            }),
            prefix: issue.short_id.rsplit_once('-').map_or("", |(prefix, _)| prefix),
            deletion: deletion(page),
        }
    }
}

fn fate(issue: &IssueRow, now_ms: i64) -> Option<Fate<'_>> {
    match (issue.status, &issue.condition) {
        (Status::Unresolved, _) => None,
        (_, Condition::LaterThan { release }) => {
            Some(Fate { words: "Comes back in a release later than", release, ..Fate::default() })
        }
        (Status::Resolved, _) => {
            Some(Fate { words: "Comes back when it happens again", ..Fate::default() })
        }
        (Status::Ignored, Condition::Until { at_ms, events, users }) => {
            Some(until(issue, (*at_ms, *events, *users), now_ms))
        }
        (Status::Ignored, Condition::None) => Some(FOREVER),
    }
}

const FOREVER: Fate = Fate {
    words: "Ignored until somebody reopens it",
    release: "",
    time: None,
    rest: String::new(),
};

/// 0 stands for never. What is due already waits for an event: only events open issues again.
fn until(issue: &IssueRow, (at_ms, events, users): (i64, u64, u64), now_ms: i64) -> Fate<'static> {
    let is_due = (at_ms > 0 && now_ms >= at_ms)
        || (events > 0 && issue.events >= events)
        || (users > 0 && issue.users >= users);
    if is_due {
        return Fate { words: "Comes back with its next event", ..Fate::default() };
    }
    let time = moment(at_ms, now_ms);
    let limits = [(events, "event"), (users, "user")];
    let limits = limits.iter().filter(|(limit, _)| *limit > 0);
    let limits: Vec<String> =
        limits.map(|(limit, noun)| format!("{} in all", counted(*limit, noun))).collect();
    if time.is_none() && limits.is_empty() {
        return FOREVER;
    }
    let before = match (&time, limits.is_empty()) {
        (_, true) => "",
        (Some(_), _) => ", or ",
        (None, _) => " ",
    };
    Fate {
        words: "Ignored until",
        time,
        rest: before.to_owned() + &limits.join(", or "),
        ..Fate::default()
    }
}

/// `SHOP-4F goes with its 1,284 events, …`
fn deletion(page: &IssuePage) -> String {
    let id = &page.issue.short_id;
    let with = match page.issue.events {
        1 => "its only event".to_owned(),
        events => format!("all its {} events", count(events)),
    };
    let has_merged = page.groups.iter().any(|group| group.home.is_some());
    let merged = if has_merged { ", those of the issues merged into it included" } else { "" };
    format!(
        "{id} goes with {with}{merged}. This cannot be undone. If the error happens again, it makes a new issue."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::GroupRow;

    /// 23 Nov 2026, 09:41:20 UTC
    const NOW_MS: i64 = 1_795_426_880_000;
    const DAY_MS: i64 = 86_400_000;

    #[track_caller]
    fn check(status: Status, condition: Condition, expected: &str) {
        let issue = IssueRow { status, condition, events: 20, users: 4, ..IssueRow::default() };
        let said = fate(&issue, NOW_MS).map(|fate| {
            let part =
                |text: &str| if text.is_empty() { String::new() } else { format!(" {text}") };
            let time = fate.time.map(|time| time.minute).unwrap_or_default();
            format!("{}{}{}{}", fate.words, part(fate.release), part(&time), fate.rest)
        });
        assert_eq!(said.unwrap_or_default(), expected);
    }

    fn until(days: i64, events: u64, users: u64) -> Condition {
        let at_ms = if days == 0 { 0 } else { NOW_MS + days * DAY_MS };
        Condition::Until { at_ms, events, users }
    }

    #[test]
    fn one_sentence_says_what_brings_an_issue_back() {
        let later = Condition::LaterThan { release: "shop@1.2".into() };
        check(Status::Unresolved, Condition::None, "");
        check(Status::Resolved, Condition::None, "Comes back when it happens again");
        check(Status::Resolved, later, "Comes back in a release later than shop@1.2");
        for (condition, expected) in [
            (Condition::None, "Ignored until somebody reopens it"),
            (until(0, 0, 0), "Ignored until somebody reopens it"),
            (until(10, 0, 0), "Ignored until 3 Dec 09:41 UTC"),
            (until(100, 0, 0), "Ignored until 3 Mar 2027 09:41 UTC"),
            (until(0, 1_284, 0), "Ignored until 1,284 events in all"),
            (until(0, 0, 14), "Ignored until 14 users in all"),
            (until(10, 120, 0), "Ignored until 3 Dec 09:41 UTC, or 120 events in all"),
            (
                until(10, 120, 14),
                "Ignored until 3 Dec 09:41 UTC, or 120 events in all, or 14 users in all",
            ),
        ] {
            check(Status::Ignored, condition, expected);
        }
    }

    #[test]
    fn what_is_due_waits_for_an_event() {
        for condition in [until(-1, 0, 0), until(10, 20, 0), until(0, 120, 4)] {
            check(Status::Ignored, condition, "Comes back with its next event");
        }
    }

    #[test]
    fn deletion_says_what_goes() {
        let mut page = crate::pages::tests::sample::issue("SHOP-4F");
        page.groups = Vec::new();
        page.issue.events = 1;
        assert!(deletion(&page).starts_with("SHOP-4F goes with its only event. This cannot"));
        page.issue.events = 1_284;
        page.groups = vec![GroupRow { home: Some("SHOP-3".into()), ..GroupRow::default() }];
        assert!(deletion(&page).starts_with(
            "SHOP-4F goes with all its 1,284 events, those of the issues merged into it included. "
        ));
        assert_eq!(Life::of(&page).prefix, "SHOP");
    }
}
