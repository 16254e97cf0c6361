//! What a project shows that never received an event: how to send the first one, and what a page of the site says.

use askama::Template;
use trapline_core::page_check::{Finding, Severity};

use super::number::count;
use super::shell::Sidebar;
use super::time::{Moment, moment};
use crate::view::{IssuesPage, PageCheck, PageRead, Refusal};

/// `welcome.html`
#[derive(Template)]
#[template(path = "welcome.html")]
pub(super) struct Welcome<'a> {
    sidebar: Sidebar<'a>,
    page: &'a IssuesPage,
    check: Check<'a>,
    refusals: Vec<Refused<'a>>,
}

/// What came and was not stored, in words.
struct Refused<'a> {
    class: &'static str,
    word: &'static str,
    sentence: String,
    /// `At least 12 times`
    times: String,
    last: Option<Moment>,
    remedy: &'static str,
    /// An origin that a button allows.
    allow: Option<&'a str>,
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
        let now_ms = page.shell.now_ms;
        Self {
            sidebar: Sidebar::of(&page.shell),
            page,
            check: Check::default(),
            refusals: page.refusals.iter().map(|refusal| refused(refusal, now_ms)).collect(),
        }
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

fn refused(refusal: &Refusal, now_ms: i64) -> Refused<'_> {
    let Refusal { outcome, reason, detail, quantity, last_ms } = refusal;
    let (class, word, sentence, remedy) = match (outcome.as_str(), reason.as_str()) {
        ("refused", "origin") => (
            "bad",
            "Origin refused",
            format!("{detail} is not among the origins that may send to this project."),
            "",
        ),
        ("refused", "key") => (
            "bad",
            "Key refused",
            format!("Something sends to this project and was refused: {detail}."),
            "Copy the DSN from this page anew",
        ),
        ("invalid", "too_large") => ("bad", "Too large", sentence_of(detail), ""),
        ("invalid", _) => (
            "bad",
            "Not readable",
            sentence_of(detail),
            "The sender is no SDK of this protocol, or something between changes what it sends",
        ),
        ("dropped", _) => (
            "",
            "Not an error",
            format!("Items of the kind {detail} arrive, and are not stored: the connection works."),
            "Cause an error",
        ),
        ("discarded", reason) => (
            "warn",
            "Not sent",
            format!("A page kept back {detail} events and said why: {reason}."),
            "",
        ),
        ("filtered", _) => (
            "warn",
            "Filtered",
            format!("Events arrive and a filter leaves them out: {detail}."),
            "",
        ),
        _ => ("warn", "Not stored", sentence_of(detail), ""),
    };
    let times = if *quantity == 1 {
        "At least once".to_owned()
    } else {
        format!("At least {} times", count(*quantity))
    };
    let is_origin = (outcome.as_str(), reason.as_str()) == ("refused", "origin");
    Refused {
        class,
        word,
        sentence,
        times,
        last: moment(*last_ms, now_ms),
        remedy,
        allow: Some(detail.as_str()).filter(|origin| is_origin && origin.contains("://")),
    }
}

/// `envelope is empty` → `Envelope is empty.`
fn sentence_of(detail: &str) -> String {
    let mut letters = detail.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::{refused, sentence_of};
    use crate::view::Refusal;

    fn refusal(outcome: &str, reason: &str, detail: &str) -> Refusal {
        Refusal {
            outcome: outcome.into(),
            reason: reason.into(),
            detail: detail.into(),
            quantity: 1,
            last_ms: 1,
        }
    }

    #[test]
    fn only_an_origin_can_be_allowed() {
        let origin = refusal("refused", "origin", "https://shop.test");
        assert_eq!(refused(&origin, 2).allow, Some("https://shop.test"));
        assert_eq!(refused(&refusal("refused", "origin", "null"), 2).allow, None);
        assert_eq!(refused(&refusal("invalid", "malformed", "https://x"), 2).allow, None);
    }

    #[test]
    fn details_are_sentences() {
        assert_eq!(sentence_of("envelope is empty"), "Envelope is empty.");
        assert_eq!(sentence_of(""), ".");
    }
}
