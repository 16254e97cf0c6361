//! An issue in a few words: its title, its mark and its tags, for a row of the list and the head of its page.

use trapline_core::event::Level;

use super::chart::{Spark, spark};
use super::number::{count, users};
use super::shell::initials;
use super::time::{Moment, moment};
use crate::view::{IssueRow, Status};

/// A row of the list, ready to print.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) issue: &'a IssueRow,
    pub(super) title: Title<'a>,
    pub(super) mark: Mark,
    pub(super) tags: Vec<Tag>,
    pub(super) spark: Spark,
    pub(super) events: String,
    pub(super) users: String,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
    /// Of whoever sees to it: `ML`.
    pub(super) initials: String,
}

/// Type in bold, message after it. Either may be empty, not both.
#[derive(Debug)]
pub(super) struct Title<'a> {
    pub(super) kind: &'a str,
    pub(super) value: &'a str,
}

/// State by shape and colour, with the word for those who see neither.
#[derive(Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

/// A word in a soft colour; the class is the colour.
#[derive(Debug, PartialEq)]
pub(super) struct Tag {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl<'a> Row<'a> {
    pub(super) fn of(issue: &'a IssueRow, now_ms: i64) -> Self {
        Self {
            issue,
            title: title(issue),
            mark: mark(issue),
            tags: tags(issue),
            spark: spark(if issue.days.is_empty() { &issue.hours } else { &issue.days }),
            events: count(issue.events),
            users: users(issue.users),
            first_seen: moment(issue.first_seen_ms, now_ms),
            last_seen: moment(issue.last_seen_ms, now_ms),
            initials: initials(&issue.assignee),
        }
    }
}

pub(super) fn title(issue: &IssueRow) -> Title<'_> {
    let (kind, value) = (issue.kind.trim(), issue.value.trim());
    match (kind, value) {
        ("", "") => Title { kind: "Event without a message", value },
        ("", value) => Title { kind: value, value: "" },
        _ => Title { kind, value },
    }
}

pub(super) fn mark(issue: &IssueRow) -> Mark {
    match issue.level {
        Level::Debug | Level::Info => Mark { class: "quiet", word: "Info" },
        Level::Warning => Mark { class: "warning", word: "Warning" },
        Level::Error | Level::Fatal if issue.handled => Mark { class: "handled", word: "Handled" },
        Level::Error | Level::Fatal => Mark { class: "unhandled", word: "Unhandled" },
    }
}

/// At most two, the most urgent first.
pub(super) fn tags(issue: &IssueRow) -> Vec<Tag> {
    let candidates = [
        (issue.status == Status::Resolved, Tag { class: "ok", word: "resolved" }),
        (issue.status == Status::Ignored, Tag { class: "plain", word: "ignored" }),
        (issue.is_escalating, Tag { class: "bad", word: "escalating" }),
        (issue.is_regressed, Tag { class: "warn", word: "regressed" }),
        (issue.is_new, Tag { class: "bad", word: "new" }),
        (issue.level == Level::Fatal, Tag { class: "bad", word: "fatal" }),
        (issue.level == Level::Warning, Tag { class: "plain", word: "warning" }),
        (issue.level <= Level::Info, Tag { class: "plain", word: issue.level.name() }),
        (issue.handled && issue.level >= Level::Error, Tag { class: "plain", word: "handled" }),
    ];
    candidates.into_iter().filter_map(|(holds, tag)| holds.then_some(tag)).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(issue: IssueRow, expected_mark: &str, expected_tags: &[&str]) {
        assert_eq!(mark(&issue).class, expected_mark);
        assert_eq!(tags(&issue).iter().map(|tag| tag.word).collect::<Vec<_>>(), expected_tags);
    }

    #[test]
    fn marks_and_tags_say_what_is_urgent() {
        let row = IssueRow::default();
        check(row.clone(), "unhandled", &[]);
        check(IssueRow { handled: true, ..row.clone() }, "handled", &["handled"]);
        check(
            IssueRow { handled: true, is_new: true, is_regressed: true, ..row.clone() },
            "handled",
            &["regressed", "new"],
        );
        check(
            IssueRow { level: Level::Warning, handled: true, ..row.clone() },
            "warning",
            &["warning"],
        );
        check(IssueRow { level: Level::Debug, ..row.clone() }, "quiet", &["debug"]);
        check(IssueRow { status: Status::Resolved, ..row }, "unhandled", &["resolved"]);
    }

    #[test]
    fn title_is_never_empty() {
        for (kind, value, expected) in [
            ("TypeError", "x is undefined", ("TypeError", "x is undefined")),
            ("", "Script error.", ("Script error.", "")),
            (" ", "", ("Event without a message", "")),
        ] {
            let issue = IssueRow { kind: kind.into(), value: value.into(), ..IssueRow::default() };
            assert_eq!((title(&issue).kind, title(&issue).value), expected);
        }
    }
}
