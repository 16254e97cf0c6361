//! The inbox: messages beside the one that is open, with what crashed before it was written. All of it is strangers' text: the
//! only link made of it is to an address that is plainly one.

use askama::Template;
use trapline_core::url;

use super::number::count;
use super::time::{Moment, moment};
use crate::feedback::{Feedback, Status};
use crate::read;
use crate::view::{FeedbackPage, Letter};

/// `feedback.html`
#[derive(Template)]
#[template(path = "feedback.html")]
pub(super) struct Inbox<'a> {
    page: &'a FeedbackPage,
    /// Value of the parameter, what a person reads, whether it is shown.
    tabs: Vec<(&'static str, String, bool)>,
    rows: Vec<Row<'a>>,
    open: Option<Open<'a>>,
    /// The list that is shown, without a message: behind the page's path.
    list: String,
    /// The next page, and the first one.
    next: Option<String>,
    first: Option<String>,
    empty: (String, &'static str),
    done: Option<Done<'a>>,
}

/// A message of the list.
struct Row<'a> {
    row: &'a Feedback,
    name: &'a str,
    path: &'a str,
    issue: String,
    at: Option<Moment>,
    href: String,
    is_open: bool,
}

/// The message that is shown.
struct Open<'a> {
    letter: &'a Letter,
    name: &'a str,
    status: Status,
    at: Option<Moment>,
    /// `Chrome 142 on Windows 11`, `sv-SE`
    sent_with: Vec<String>,
    /// `Written 2 seconds after`
    after: String,
    issue: String,
    /// Path of the event that it is about.
    event: String,
    others: String,
    /// In words; empty if it is none.
    spam: &'static str,
    /// Name and text.
    facts: Vec<(&'static str, &'a str)>,
    /// The address if a mail program may be given it.
    mailto: Option<&'a str>,
    /// What follows in the list, else what precedes.
    next: &'a str,
}

/// Something that was just decided.
struct Done<'a> {
    id: &'a str,
    words: &'static str,
    before: &'static str,
}

const TABS: [(Status, &str); 3] =
    [(Status::New, "New"), (Status::Done, "Done"), (Status::Spam, "Spam")];

impl<'a> Inbox<'a> {
    pub(super) fn of(page: &'a FeedbackPage) -> Self {
        let tab = |(status, words): (Status, &str)| {
            let words = match (status, page.counts.fresh) {
                (Status::New, 1_000..) => format!("{words} 1,000+"),
                (Status::New, fresh @ 1..) => format!("{words} {fresh}"),
                _ => words.to_owned(),
            };
            (status.name(), words, page.issue.is_empty() && page.status == status)
        };
        let list = query_of(page, &[]);
        let before = |before: i64| query_of(page, &[("before", &before.to_string())]);
        Self {
            page,
            tabs: TABS.map(tab).into(),
            rows: page.rows.iter().map(|row| row_of(page, row)).collect(),
            open: page.open.as_ref().map(|letter| open_of(page, letter)),
            next: page.next_ms.map(before),
            first: page.before_ms.map(|_| list.clone()),
            list,
            empty: empty(page),
            done: page.done.as_ref().map(|(id, now, before)| Done {
                id,
                words: match now {
                    Status::New => "The message is open again",
                    Status::Done => "The message is marked as done",
                    Status::Spam => "The message is marked as spam",
                },
                before: before.name(),
            }),
        }
    }
}

/// `?status=done&query=basket&id=…`: the list that is shown, and more.
fn query_of(page: &FeedbackPage, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !page.issue.is_empty() {
        query.append_pair("issue", &page.issue);
    } else if page.status != Status::New {
        query.append_pair("status", page.status.name());
    }
    if !page.query.is_empty() {
        query.append_pair("query", &page.query);
    }
    query.extend_pairs(more);
    format!("?{}", query.finish())
}

fn row_of<'a>(page: &FeedbackPage, row: &'a Feedback) -> Row<'a> {
    let before = page.before_ms.map(|before| before.to_string()).unwrap_or_default();
    let mut more = vec![("id", row.id.as_str())];
    more.extend((!before.is_empty()).then_some(("before", before.as_str())));
    Row {
        row,
        name: name_of(row),
        path: url::path(&row.url),
        issue: issue_of(page, row),
        at: moment(row.at_ms, page.shell.now_ms),
        href: query_of(page, &more),
        is_open: page.open.as_ref().is_some_and(|open| open.row.id == row.id),
    }
}

fn open_of<'a>(page: &'a FeedbackPage, letter: &'a Letter) -> Open<'a> {
    let row = &letter.row;
    let system = match (row.browser.as_str(), row.os.as_str()) {
        (browser, "") => browser.to_owned(),
        ("", os) => os.to_owned(),
        (browser, os) => format!("{browser} on {os}"),
    };
    let mut sent_with = vec![system, row.locale.clone()];
    sent_with.retain(|words| !words.is_empty());
    let short = |id: &'a str| id.get(..8).unwrap_or(id);
    let mut facts = vec![
        ("Page", row.url.as_str()),
        ("Page view", short(&row.page_view_id)),
        ("Session", short(&row.session_id)),
        ("Release", &row.release),
        ("Environment", &row.environment),
    ];
    facts.retain(|(_, text)| !text.is_empty());
    let place = page.rows.iter().position(|other| other.id == row.id);
    let beside = |step: fn(usize) -> Option<usize>| page.rows.get(step(place?)?);
    let next = beside(|at| at.checked_add(1)).or_else(|| beside(|at| at.checked_sub(1)));
    Open {
        letter,
        name: name_of(row),
        status: Status::of(row.status),
        at: moment(row.at_ms, page.shell.now_ms),
        sent_with,
        after: match &letter.event {
            Some((_, _, event_ms, _)) => after(row.at_ms - event_ms),
            None => "About".to_owned(),
        },
        event: format!(
            "/{}/issues/{}/events/{}/",
            page.shell.project_slug,
            issue_of(page, row),
            row.event_id
        ),
        issue: issue_of(page, row),
        others: match letter.others {
            0 => String::new(),
            1 => "1 other message is about this issue.".to_owned(),
            // As many as are looked at.
            many @ 49.. => format!("{many} other messages or more are about this issue."),
            many => format!("{many} other messages are about this issue."),
        },
        spam: match (Status::of(row.status), row.spam.as_str()) {
            (Status::New | Status::Done, _) => "",
            (_, "links") => "It is little more than links.",
            (_, "rate") => "Its sender wrote five messages within ten minutes.",
            (_, "duplicate") => "The same text had come twice on that day.",
            (_, "") => "Somebody marked it as spam.",
            _ => "It was taken for spam.",
        },
        facts,
        mailto: is_address(&row.email).then_some(row.email.as_str()),
        next: next.map_or("", |row| &row.id),
    }
}

fn name_of(row: &Feedback) -> &str {
    [row.name.as_str(), &row.email].into_iter().find(|name| !name.is_empty()).unwrap_or("Anonymous")
}

fn issue_of(page: &FeedbackPage, row: &Feedback) -> String {
    if row.number == 0 { String::new() } else { read::short_id(&page.prefix, row.number) }
}

/// `Written 2 seconds after`
fn after(elapsed_ms: i64) -> String {
    let (number, unit) = match elapsed_ms / 1_000 {
        ..0 => return "Written before".to_owned(),
        0 => return "Written as it happened".to_owned(),
        seconds @ 1..60 => (seconds, "second"),
        seconds @ 60..3_600 => (seconds / 60, "minute"),
        seconds @ 3_600..86_400 => (seconds / 3_600, "hour"),
        seconds => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("Written {} {unit}{plural} after", count(number.unsigned_abs()))
}

/// Letters, digits and a few marks on both sides of one `@`, and a full stop behind it: nothing that a mail program would read as
/// more than an address.
fn is_address(text: &str) -> bool {
    const LONGEST: usize = 254;
    let is_plain = |text: &str, marks: &[u8]| {
        !text.is_empty()
            && !text.starts_with(['.', '-'])
            && !text.ends_with(['.', '-'])
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
    };
    let Some((user, host)) = text.split_once('@') else { return false };
    let is_host = host.contains('.') && host.split('.').all(|label| is_plain(label, b"-"));
    text.len() <= LONGEST && is_plain(user, b".-_+") && is_host
}

/// Heading and sentence.
fn empty(page: &FeedbackPage) -> (String, &'static str) {
    let counts = &page.counts;
    if !page.issue.is_empty() {
        return (format!("Nobody wrote about {}", page.issue), "Other messages are in the tabs.");
    }
    if page.before_ms.is_some() {
        return ("No further messages".to_owned(), "This was the last page.");
    }
    if !page.query.is_empty() {
        return (
            "No message has this text".to_owned(),
            "The newest 1,000 of this tab were searched: their text, name, address and page.",
        );
    }
    let (heading, sentence) = match page.status {
        Status::New if counts.fresh + counts.done + counts.spam > 0 => {
            ("Nothing new", "Messages wait here until somebody marks them as done.")
        }
        Status::New => (
            "Nobody has written yet",
            "A page asks its users with showReportDialog(), or sends what they say with captureFeedback(). Their messages come here, each with the error that it is about.",
        ),
        Status::Done => ("Nothing is done", "A message comes here once somebody marks it as done."),
        Status::Spam => (
            "No spam",
            "What is little more than links, or comes too often, is put here by itself.",
        ),
    };
    (heading.to_owned(), sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_plainly_an_address_is_a_link() {
        for address in ["p.varga@mail.example", "a+b_c-d@x-y.co.uk", "1@2.io"] {
            assert!(is_address(address), "{address}");
        }
        for text in [
            "",
            "@",
            "a@b",
            "a@b..c",
            "a@.b",
            "a@b.c.",
            ".a@b.c",
            "a@b@c.d",
            "a@b.c?bcc=x@y.z",
            "a%0A@b.c",
            "a,b@c.d",
            "a b@c.d",
            "ä@b.c",
            "javascript:alert(1)@b.c",
            "\"a\"@b.c",
        ] {
            assert!(!is_address(text), "{text}");
        }
        assert!(!is_address(&format!("a@{}.de", "b".repeat(260))));
    }

    #[test]
    fn what_was_written_is_told_by_what_happened_before() {
        for (elapsed_ms, expected) in [
            (-1_000, "Written before"),
            (900, "Written as it happened"),
            (1_000, "Written 1 second after"),
            (2_900, "Written 2 seconds after"),
            (3_600_000, "Written 1 hour after"),
            (200_000_000, "Written 2 days after"),
        ] {
            assert_eq!(after(elapsed_ms), expected);
        }
    }

    #[test]
    fn links_keep_the_list_and_a_decision_leads_to_the_next_message() {
        let row = |id: &str| Feedback { id: id.into(), ..Feedback::default() };
        let letter = Letter { row: row("b"), ..Letter::default() };
        let page = FeedbackPage {
            status: Status::Spam,
            query: "a&b".into(),
            rows: vec![row("a"), row("b")],
            open: Some(letter),
            ..FeedbackPage::default()
        };
        let inbox = Inbox::of(&page);
        assert_eq!(inbox.list, "?status=spam&query=a%26b");
        assert_eq!(inbox.rows[1].href, "?status=spam&query=a%26b&id=b");
        assert_eq!(inbox.open.unwrap().next, "a", "of the last one that before it");
        let about = FeedbackPage { issue: "SHOP-4".into(), ..FeedbackPage::default() };
        assert_eq!(query_of(&about, &[("id", "c")]), "?issue=SHOP-4&id=c");
    }
}
