//! What a project shows that never received an event: how to send the first one, and what a page of the site says.

use askama::Template;
use trapline_core::page_check::{Finding, Severity};

use super::number::{count, counted};
use super::time::{Moment, moment};
use crate::upper_case::capitalized;
use crate::view::{IssuesPage, PageCheck, PageRead, Refusal};

/// `welcome.html`
#[derive(Template)]
#[template(path = "welcome.html")]
pub(super) struct Welcome<'a> {
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
    let Said { class, word, sentence, remedy } = said(outcome, reason, detail);
    let times = if *quantity == 1 {
        "At least once".to_owned()
    } else {
        format!("At least {} times", count(*quantity))
    };
    let is_origin = reason == "origin" && matches!(outcome.as_str(), "invalid" | "refused");
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

/// An outcome in words.
struct Said {
    class: &'static str,
    word: &'static str,
    sentence: String,
    remedy: &'static str,
}

/// `refused` is what `invalid` was called for keys and origins.
fn said(outcome: &str, reason: &str, detail: &str) -> Said {
    let (class, word, sentence, remedy) = match (outcome, reason) {
        ("invalid" | "refused", "origin") => (
            "bad",
            "Origin refused",
            format!("{detail} is not among the origins that may send to this project."),
            "",
        ),
        ("invalid", "no_origin") => (
            "bad",
            "Sender refused",
            "A sender without an Origin, such as a server, was refused.".to_owned(),
            "Allow senders without an origin in the settings",
        ),
        ("invalid" | "refused", "key") => (
            "bad",
            "Key refused",
            format!("Something sends to this project and was refused: {detail}."),
            "Copy the DSN from this page anew",
        ),
        ("invalid", "too_large") => (
            "bad",
            "Too large",
            sentence_of(detail),
            "Send less with each event: shorter texts, fewer breadcrumbs, no attachments",
        ),
        ("invalid", _) => (
            "bad",
            "Not readable",
            sentence_of(detail),
            "The sender is no SDK of this protocol, or something between changes what it sends",
        ),
        ("limited", limit) => limited(limit, detail),
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
            "Filters are in the settings",
        ),
        _ => ("warn", "Not stored", sentence_of(detail), ""),
    };
    Said { class, word, sentence, remedy }
}

/// `most` is how many events the limit allows.
fn limited(limit: &str, most: &str) -> (&'static str, &'static str, String, &'static str) {
    let events = most.parse().map_or_else(|_| most.to_owned(), |most| counted(most, "event"));
    let sentence = match limit {
        "hourly_quota" => format!("The project's hourly quota of {events} is reached."),
        "daily_quota" => format!("The project's daily quota of {events} is reached."),
        "spike" => format!(
            "Far more than usual arrives: the hour is limited to {events}, ten times its mean."
        ),
        _ => "More requests come from one address than the rate limit allows.".to_owned(),
    };
    let remedy = match limit {
        "hourly_quota" | "daily_quota" => {
            "Raise the quota in the settings, or wait until it begins anew"
        }
        "spike" => "See what sends so much; spike protection is in the settings",
        _ => "See what sends so much; the limit is in wrangler.toml",
    };
    ("bad", "Over a limit", sentence, remedy)
}

/// `envelope is empty` → `Envelope is empty.`
fn sentence_of(detail: &str) -> String {
    capitalized(detail) + "."
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
        let origin = refusal("invalid", "origin", "https://shop.test");
        assert_eq!(refused(&origin, 2).allow, Some("https://shop.test"));
        assert_eq!(refused(&refusal("invalid", "origin", "null"), 2).allow, None);
        // As older versions counted it.
        assert!(refused(&refusal("refused", "origin", "https://shop.test"), 2).allow.is_some());
        assert_eq!(refused(&refusal("invalid", "malformed", "https://x"), 2).allow, None);
    }

    #[test]
    fn a_limit_says_how_many_events_it_allows() {
        let hourly = refused(&refusal("limited", "hourly_quota", "1000"), 2).sentence;
        assert_eq!(hourly, "The project's hourly quota of 1,000 events is reached.");
        let often = refused(&refusal("limited", "too_often", "too many"), 2).sentence;
        assert!(often.starts_with("More requests come from one address"), "{often}");
    }

    #[test]
    fn details_are_sentences() {
        assert_eq!(sentence_of("envelope is empty"), "Envelope is empty.");
        assert_eq!(sentence_of(""), ".");
    }
}
