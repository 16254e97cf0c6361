//! What users say: items `feedback` and `user_report`, kept with the event that they are about, in an inbox.
//!
//! Whoever floods it is taken for spam first, and then not stored at all; so is a message that the same sender wrote before.
//! Nobody's text is ever more than text: it is stored as it was typed, without control characters and secrets.

use serde::Deserialize;
use serde_json::{Map, Value};
use trapline_core::event::Event;

use crate::plan::{Sender, bytes_of_hex, slot};
use crate::sql::Statement;

/// Longest message in bytes.
pub const MAX_MESSAGE: usize = 4_096;

/// Longest name, address or URL in bytes.
const MAX_WORD: usize = 300;

/// What somebody said: as it came, and as it is read. All texts are strangers'.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Feedback {
    /// 32 hexadecimal digits.
    pub id: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// As [`Status::number`].
    pub status: u32,
    /// The text.
    pub message: String,
    /// As they call themselves.
    pub name: String,
    /// Where an answer would reach them.
    pub email: String,
    /// Of the page, without query and fragment.
    pub url: String,
    /// 32 hexadecimal digits; empty if it is about no event.
    pub event_id: String,
    /// The same of the page view.
    pub page_view_id: String,
    /// The same of the session.
    pub session_id: String,
    /// Version of the page's code.
    pub release: String,
    /// `production`, …
    pub environment: String,
    /// `Chrome 142`
    pub browser: String,
    /// `Windows 11`
    pub os: String,
    /// `sv-SE`
    pub locale: String,
    /// `links`, `rate`, `duplicate`: why it was taken for spam; empty if it was not.
    pub spam: String,
    /// Number of the issue of its event; 0 without one, and as it came.
    pub number: u32,
}

/// Reads an event that carries `contexts.feedback`, after it was scrubbed. `None` without a message.
pub fn of_event(event: &Event) -> Option<Feedback> {
    let said = event.contexts.get("feedback").and_then(Value::as_object)?;
    let message = text(said, "message", MAX_MESSAGE);
    let culture = event.contexts.get("culture").and_then(Value::as_object);
    let url = match text(said, "url", MAX_WORD) {
        url if url.is_empty() => event.request.url.clone().unwrap_or_default(),
        url => url,
    };
    let user = |own: &Option<String>| own.clone().unwrap_or_default();
    let or = |own: String, other: String| if own.is_empty() { other } else { own };
    (!message.is_empty()).then(|| Feedback {
        id: event.event_id.clone(),
        at_ms: event.at_ms(),
        message,
        name: or(text(said, "name", MAX_WORD), user(&event.user.username)),
        email: or(text(said, "contact_email", MAX_WORD), user(&event.user.email)),
        url: cut(trapline_core::url::parts(&url).before_query, MAX_WORD),
        event_id: id_of(&text(said, "associated_event_id", 36)),
        page_view_id: event.page_view_id.clone(),
        session_id: event.session_id.clone(),
        release: cut(event.release.as_deref().unwrap_or_default(), MAX_WORD),
        environment: cut(event.environment.as_deref().unwrap_or_default(), MAX_WORD),
        browser: event.browser.with_major(),
        os: event.os.with_major(),
        locale: culture.map(|culture| text(culture, "locale", 40)).unwrap_or_default(),
        ..Feedback::default()
    })
}

/// The payload of a `user_report`, `{event_id, name, email, comments}`, as one of a `feedback`.
pub fn of_report(payload: &[u8]) -> Option<Vec<u8>> {
    let report: Value = serde_json::from_slice(payload).ok()?;
    let report = report.as_object()?;
    let member = |name: &str| report.get(name).cloned().unwrap_or_default();
    let feedback = serde_json::json!({
        "message": member("comments"), "name": member("name"), "contact_email": member("email"),
        "associated_event_id": member("event_id"),
    });
    // Without an ID of its own it has one of its bytes: the same report is the same feedback.
    Some(serde_json::json!({ "contexts": { "feedback": feedback } }).to_string().into_bytes())
}

fn text(map: &Map<String, Value>, name: &str, most: usize) -> String {
    let text = map.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_kept = |c: &char| !c.is_control() || *c == '\n';
    cut(text.chars().filter(is_kept).collect::<String>().trim(), most)
}

fn cut(text: &str, most: usize) -> String {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default().to_owned()
}

/// 32 digits, as an UUID or without its dashes; else empty.
fn id_of(text: &str) -> String {
    let digits = text.replace('-', "").to_ascii_lowercase();
    let is_id = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { digits } else { String::new() }
}

/// Why a text alone is taken for spam: nothing but links, or many of them. Empty if it is not.
pub fn spam_of(feedback: &Feedback) -> &'static str {
    const MOST_LINKS: usize = 3;
    let words = || feedback.message.split_whitespace();
    let is_link = |word: &&str| word.contains("://") || word.starts_with("www.");
    let links = words().filter(is_link).count();
    let is_only_links = links > 0 && words().count() - links < MOST_LINKS;
    if is_only_links || links > MOST_LINKS { "links" } else { "" }
}

/// Stores it, as spam where somebody writes five in ten minutes, or three send the same text in a day; not at all where a sender
/// wrote the same in that time, or 30 others. At most four rows. `feedback_by_status`, at most 1,000 of a day; `body`, else the
/// groups of the issues that were seen last.
pub fn store(project_id: u32, feedback: &Feedback, sender: &Sender, now_ms: i64) -> Statement {
    let event_id = bytes_of_hex(&feedback.event_id);
    let slot = if event_id.is_empty() { 0 } else { slot(project_id, &event_id) };
    let visitor = sender.visitor.map(|hash| hash.to_vec());
    let words = [
        &feedback.message,
        &feedback.name,
        &feedback.email,
        &feedback.url,
        &feedback.event_id,
        &feedback.page_view_id,
        &feedback.session_id,
        &feedback.release,
        &feedback.environment,
        &feedback.browser,
        &feedback.os,
        &feedback.locale,
    ];
    Statement::new(
        STORE,
        [
            project_id.into(),
            feedback.id.as_str().into(),
            feedback.at_ms.into(),
            serde_json::to_string(&words).unwrap_or_default().into(),
            visitor.into(),
            spam_of(feedback).into(),
            slot.to_string().into(),
            now_ms.into(),
        ],
    )
}

/// The group of the event `?4 ->> 4`: kept whole in slot `?7`, or one of the 5,000 events of an hour before of 300 issues.
macro_rules! group_of_event {
    () => {
        "CASE WHEN ?4 ->> 4 <> '' THEN coalesce(
            (SELECT b.group_hash FROM body b WHERE b.slot = CAST(?7 AS INTEGER) AND b.project_id = ?1 AND b.event_id = unhex(?4 ->> 4)),
            (SELECT group_hash FROM (SELECT e.group_hash, e.event_id FROM (
                SELECT number FROM issue INDEXED BY issue_by_last_hour WHERE project_id = ?1 AND status = 0
                    AND last_hour >= CAST(?3 / 3600000 AS INTEGER) - 1 ORDER BY last_hour DESC LIMIT 300) newest
                CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = newest.number
                CROSS JOIN event e ON e.project_id = ?1 AND e.group_hash = g.hash
                    AND e.claimed_ms BETWEEN ?3 - 3600000 AND ?3 + 300000 LIMIT 5000)
             WHERE event_id = unhex(?4 ->> 4))) END"
    };
}

const STORE: &str = concat!(
    "WITH recent AS MATERIALIZED (
        SELECT f.sender, f.message, f.at_ms FROM json_each('[0,1,2]') n CROSS JOIN feedback f INDEXED BY feedback_by_status
            ON f.project_id = ?1 AND f.status = n.value AND f.at_ms > ?8 - 86400000 LIMIT 1000),
    judged AS MATERIALIZED (SELECT CASE WHEN ?6 <> '' THEN ?6
        WHEN (SELECT count(*) FROM recent WHERE sender = ?5 AND at_ms > ?8 - 600000) >= 5 THEN 'rate'
        WHEN (SELECT count(*) FROM recent WHERE message = ?4 ->> 0) >= 2 THEN 'duplicate' ELSE '' END AS spam)
    INSERT INTO feedback (project_id, id, at_ms, status, message, name, email, url, event_id, group_hash, page_view_id, session_id,
        release, environment, browser, os, locale, sender, spam)
    SELECT ?1, ?2, ?3, iif(spam = '', 0, 2), ?4 ->> 0, ?4 ->> 1, ?4 ->> 2, ?4 ->> 3, ?4 ->> 4, ",
    group_of_event!(),
    ", ?4 ->> 5, ?4 ->> 6, ?4 ->> 7, ?4 ->> 8, ?4 ->> 9, ?4 ->> 10, ?4 ->> 11, ?5, spam
    FROM judged WHERE (SELECT count(*) FROM recent WHERE sender = ?5) < 30
        AND NOT EXISTS (SELECT 1 FROM recent WHERE sender = ?5 AND message = ?4 ->> 0)
    ON CONFLICT DO NOTHING"
);

/// Where a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nobody has dealt with it.
    #[default]
    New,
    /// Somebody has.
    Done,
    /// Nobody has to.
    Spam,
}

impl Status {
    /// All, in the order of their numbers.
    pub const ALL: [(Status, &str); 3] =
        [(Status::New, "new"), (Status::Done, "done"), (Status::Spam, "spam")];

    /// Reads a word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, word)| *word == name).map(|(status, _)| *status)
    }

    /// As rows have it.
    pub fn number(self) -> u32 {
        match self {
            Status::New => 0,
            Status::Done => 1,
            Status::Spam => 2,
        }
    }

    /// Of a row.
    pub fn of(number: u32) -> Self {
        match number {
            1 => Status::Done,
            2 => Status::Spam,
            _ => Status::New,
        }
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("new", |(_, name)| name)
    }
}

/// Messages of one page of the inbox.
pub const PAGE: u32 = 50;

macro_rules! columns {
    () => {
        "f.id, f.at_ms, f.status, f.message, f.name, f.email, f.url, f.event_id, f.page_view_id, f.session_id, f.release,
            f.environment, f.browser, f.os, f.locale, f.spam, coalesce((SELECT g.number FROM event_group g
                WHERE g.project_id = f.project_id AND g.hash = f.group_hash), 0) AS number"
    };
}

/// Messages, the newest first, from before a time on; with a text, of those among 1,000 that have it. Gives back [`Feedback`].
/// `feedback_by_status`.
pub fn list(project_id: u32, status: Status, text: &str, before_ms: i64) -> Statement {
    Statement::new(
        concat!("SELECT ", columns!(), " FROM (
            SELECT * FROM feedback INDEXED BY feedback_by_status
            WHERE project_id = ?1 AND status = ?2 AND at_ms < ?4 ORDER BY at_ms DESC LIMIT iif(?3 = '', ?5, 1000)) f
         WHERE ?3 = '' OR instr(lower(f.message || ' ' || f.name || ' ' || f.email || ' ' || f.url), ?3) > 0
         ORDER BY f.at_ms DESC LIMIT ?5"),
        [
            project_id.into(),
            status.number().into(),
            text.to_lowercase().into(),
            before_ms.into(),
            PAGE.into(),
        ],
    )
}

/// One message; gives back [`Feedback`]. Primary key.
pub fn one(project_id: u32, id: &str) -> Statement {
    Statement::new(
        concat!("SELECT ", columns!(), " FROM feedback f WHERE f.project_id = ?1 AND f.id = ?2"),
        [project_id.into(), id.into()],
    )
}

/// How many of some IDs have no message; gives back `quantity`. Primary key.
pub fn missing(project_id: u32, ids: &[&str]) -> Statement {
    Statement::new(
        "SELECT count(*) AS quantity FROM json_each(?2) j
         WHERE NOT EXISTS (SELECT 1 FROM feedback f WHERE f.project_id = ?1 AND f.id = j.value)",
        [project_id.into(), serde_json::to_string(ids).unwrap_or_default().into()],
    )
}

/// The newest messages about an issue that are no spam; gives back [`Feedback`]. `event_group_by_issue`, `feedback_by_group`.
pub fn of_issue(project_id: u32, number: u32) -> Statement {
    Statement::new(
        concat!("SELECT ", columns!(), " FROM event_group o INDEXED BY event_group_by_issue
            CROSS JOIN feedback f INDEXED BY feedback_by_group ON f.project_id = ?1 AND f.group_hash = o.hash AND f.status < 2
         WHERE o.project_id = ?1 AND o.number = ?2 ORDER BY f.at_ms DESC LIMIT 50"),
        [project_id.into(), number.into()],
    )
}

/// How many messages there are of each status, 1,000 at most; gives back [`Counts`]. `feedback_by_status`.
pub fn counts(project_id: u32) -> Statement {
    Statement::new(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM feedback WHERE project_id = ?1 AND status = 0 LIMIT 1000)) AS fresh,
            (SELECT count(*) FROM (SELECT 1 FROM feedback WHERE project_id = ?1 AND status = 1 LIMIT 1000)) AS done,
            (SELECT count(*) FROM (SELECT 1 FROM feedback WHERE project_id = ?1 AND status = 2 LIMIT 1000)) AS spam",
        [project_id.into()],
    )
}

/// Messages by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Counts {
    /// New ones.
    pub fresh: u32,
    /// Those that were dealt with.
    pub done: u32,
    /// Spam.
    pub spam: u32,
}

/// Says what became of messages; gives back the IDs of those that changed. Two rows each; primary key.
pub fn set_status(project_id: u32, ids: &[String], status: Status) -> Statement {
    Statement::new(
        "UPDATE feedback SET status = ?3, spam = iif(?3 = 2, spam, '')
         WHERE project_id = ?1 AND id IN (SELECT value FROM json_each(?2)) AND status <> ?3 RETURNING id",
        [project_id.into(), serde_json::to_string(ids).unwrap_or_default().into(), status.number().into()],
    )
}

#[cfg(test)]
mod tests;
