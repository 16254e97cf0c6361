//! What an issue list is searched by: text in, terms out, ready for the list's query. Reading cannot fail: what has no meaning is
//! left out, and said where it stands.
//!
//! ```text
//! query = term, parted by spaces      term  = ["!"] (word | key ":" value)
//! value = word | "quoted words"       * in a word stands for anything; in quotes it is itself
//! is:unresolved  level:error  release:shop@1.*  browser:Chrome  url:/checkout  user:42  has:release
//! tag.plan:pro (or plan:pro)  flag.new-cart:true  assigned:me  first-seen:<2h  last-seen:>2026-11-01  count:>=100
//! ```
//! A word alone is looked for in type, message, function and place; `*` in it also stands for spaces, and for words between:
//! `cart*empty` finds "the cart is empty". All terms have to fit.

mod measure;
mod words;

use serde::Serialize;
use serde_json::{Value, json};

use crate::plan::owner_hash;
use crate::workflow::Person;
use measure::{number, span};
use words::{Word, words};

/// Longest query, in bytes.
pub const MAX_QUERY: usize = 500;

/// Most terms: each is asked of every issue that a page looks at.
const MAX_TERMS: usize = 20;

/// D1 takes patterns of at most 50 bytes.
const MAX_PATTERN: usize = 50;

/// Keys, with what to show beside them where they are suggested.
pub const KEYS: [(&str, &str); 15] = [
    ("is", "unresolved, new, regressed, …"),
    ("level", "error, warning, …"),
    ("release", "seen in it"),
    ("environment", "production, …"),
    ("browser", "Chrome, or Chrome 142"),
    ("os", "Windows, iOS 18, …"),
    ("country", "DE"),
    ("url", "path of the page"),
    ("user", "ID, address or name that the page sends"),
    ("assigned", "me, or a name"),
    ("has", "has a value: release, user, tag.plan, …"),
    ("first-seen", "<2h, >2026-11-01"),
    ("last-seen", "<2h, >2026-11-01"),
    ("count", ">100 events"),
    ("users", ">=5"),
];

/// Values of `is:`.
pub const IS: [&str; 11] = [
    "unresolved",
    "resolved",
    "ignored",
    "new",
    "regressed",
    "escalating",
    "unhandled",
    "handled",
    "assigned",
    "unassigned",
    "mine",
];

/// Values of `level:`, least first.
pub const LEVELS: [&str; 5] = ["debug", "info", "warning", "error", "fatal"];

/// Who searches, when, and who there is.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The clock.
    pub now_ms: i64,
    /// The person who searches; 0 for a program.
    pub viewer_id: u32,
    /// Everybody.
    pub people: &'a [Person],
}

/// What every issue that is shown has, or has not: a row of the JSON list that `read::list` takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term(pub Kind, pub bool, pub Value, pub Value);

/// How a term is asked for; numbers as the SQL has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The words hold a text.
    Text = 0,
    /// The words fit a pattern.
    TextLike = 1,
    /// A facet's line, or the beginning of one; a group whose facets are full has all.
    Facet = 2,
    /// Some line fits a pattern.
    LineLike = 3,
    /// A user, by hash.
    User = 4,
    /// One of these people sees to it.
    Assignees = 5,
    /// A tag's line.
    Tag = 6,
    /// From here on a number between two.
    Status = 10,
    /// 0 to 4, as events have it.
    Level = 11,
    /// 1: somebody caught every one.
    Handled = 12,
    /// Milliseconds.
    FirstSeen = 13,
    /// Milliseconds.
    LastSeen = 14,
    /// In all.
    Events = 15,
    /// In all.
    Users = 16,
    /// 1: it came back, and nothing has happened since.
    Regressed = 17,
    /// When it last did; 0 for one that is not open.
    Escalated = 18,
    /// The person; 0: nobody.
    Assignee = 19,
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// A part of the query that has no meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Characters before it.
    pub at: usize,
    /// As it was typed.
    pub typed: String,
    /// What is wrong, and what to write.
    pub reason: String,
}

/// A query that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// All have to fit.
    pub terms: Vec<Term>,
    /// What was left out.
    pub problems: Vec<Problem>,
}

impl Search {
    /// The status that `is:` asks for; `None` where the query leaves that open.
    pub fn status(&self) -> Option<u32> {
        let asked = self.terms.iter().find(|term| term.0 == Kind::Status && !term.1)?;
        asked.2.as_u64().and_then(|status| u32::try_from(status).ok())
    }

    /// Whether issues have to be like this.
    pub fn asks(&self, kind: Kind) -> bool {
        self.terms.iter().any(|term| term.0 == kind && !term.1)
    }
}

/// Reads a query.
pub fn read(query: &str, around: &Around) -> Search {
    let mut search = Search::default();
    let cut = query.get(..query.floor_char_boundary(MAX_QUERY)).unwrap_or_default();
    for word in words(cut) {
        if search.terms.len() >= MAX_TERMS {
            search.refuse(&word, format!("a search has at most {MAX_TERMS} terms"));
            break;
        }
        match term(&word, around) {
            Ok((kind, low, high)) => search.terms.push(Term(kind, word.negated, low, high)),
            Err(reason) => search.refuse(&word, reason),
        }
    }
    if cut.len() < query.len() {
        let (at, typed) = (cut.chars().count(), String::from("…"));
        let reason = format!("a search has at most {MAX_QUERY} bytes");
        search.problems.push(Problem { at, typed, reason });
    }
    search
}

impl Search {
    fn refuse(&mut self, word: &Word, reason: String) {
        self.problems.push(Problem { at: word.at, typed: word.typed.to_owned(), reason });
    }
}

type Asked = (Kind, Value, Value);

/// Always true of what the list shows, with this name in it.
pub fn facet(name: &str, value: &str) -> Term {
    let line = format!("\n{}\n", crate::plan::facet_line(name, value)).to_ascii_lowercase();
    Term(Kind::Facet, false, json!(line), json!(line))
}

/// A number from `low` to `high`.
pub fn between(kind: Kind, low: i64, high: i64) -> Term {
    Term(kind, false, json!(low), json!(high))
}

fn term(word: &Word, around: &Around) -> Result<Asked, String> {
    let value = word.value.as_str();
    let Some(key) = word.key.as_deref() else { return text(value) };
    let range = |kind, range: (i64, i64)| (kind, json!(range.0), json!(range.1));
    match key {
        "is" => is(value, around),
        "level" => level(value).map(|levels| range(Kind::Level, levels)),
        "first-seen" => span(value, around.now_ms).map(|found| range(Kind::FirstSeen, found)),
        "last-seen" => span(value, around.now_ms).map(|found| range(Kind::LastSeen, found)),
        "count" | "events" => number(value).map(|found| range(Kind::Events, found)),
        "users" => number(value).map(|found| range(Kind::Users, found)),
        "has" => Ok(has(value)),
        "assigned" => assigned(value, around),
        "user" if value.contains(WILD) => {
            Err("user: takes a whole ID, address or name: only its hash is known".into())
        }
        "user" => {
            let hash = trapline_core::fingerprint::hex(&owner_hash(value));
            Ok((Kind::User, json!(hash), json!(0)))
        }
        "environment" | "release" | "country" => line(Kind::Facet, key, value, ""),
        // `Chrome` is `Chrome 142`, too.
        "browser" | "os" => line(Kind::Facet, key, value, " "),
        "url" => line(Kind::Tag, key, value, ""),
        other if other.starts_with("tag.") || other.starts_with("flag.") => {
            line(Kind::Tag, other, value, "")
        }
        other => line(Kind::Tag, &format!("tag.{other}"), value, ""),
    }
}

/// Stands for anything.
const WILD: char = '\0';

fn text(value: &str) -> Result<Asked, String> {
    let value = value.to_ascii_lowercase();
    if value.contains(WILD) {
        return Ok((Kind::TextLike, json!(pattern(&format!("{WILD}{value}{WILD}"))?), json!(0)));
    }
    Ok((Kind::Text, json!(value), json!(0)))
}

/// The line `key=value`, or one that goes on behind `more`.
fn line(kind: Kind, key: &str, value: &str, more: &str) -> Result<Asked, String> {
    let line = format!("{key}={value}").to_ascii_lowercase();
    if line.contains(WILD) {
        return Ok((Kind::LineLike, json!(pattern(&line.replace('\\', "/"))?), json!(0)));
    }
    let whole = format!("\n{line}\n");
    let begun = if more.is_empty() { whole.clone() } else { format!("\n{line}{more}") };
    Ok((kind, json!(whole), json!(begun)))
}

fn pattern(text: &str) -> Result<String, String> {
    let mut pattern = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            WILD if pattern.ends_with('*') && !pattern.ends_with("[*") => {}
            WILD => pattern.push('*'),
            '*' | '?' | '[' => pattern.extend(['[', c, ']']),
            _ => pattern.push(c),
        }
    }
    match pattern.len() <= MAX_PATTERN {
        true => Ok(pattern),
        false => {
            Err(format!("with *, a value has at most {MAX_PATTERN} bytes, its key among them"))
        }
    }
}

fn is(value: &str, around: &Around) -> Result<Asked, String> {
    let one = |kind, value: u32| Ok((kind, json!(value), json!(value)));
    let since = |kind, ms: i64| Ok((kind, json!(around.now_ms - ms), json!(FAR)));
    match value.to_ascii_lowercase().as_str() {
        "unresolved" | "open" => one(Kind::Status, 0),
        "resolved" => one(Kind::Status, 1),
        "ignored" => one(Kind::Status, 2),
        "new" => since(Kind::FirstSeen, 24 * 3_600_000),
        "regressed" => one(Kind::Regressed, 1),
        "escalating" => since(Kind::Escalated, 2 * 3_600_000),
        "unhandled" => one(Kind::Handled, 0),
        "handled" => one(Kind::Handled, 1),
        "assigned" => Ok((Kind::Assignee, json!(1), json!(FAR))),
        "unassigned" => one(Kind::Assignee, 0),
        "mine" if around.viewer_id == 0 => {
            Err("a token is nobody: say assigned: with a name".into())
        }
        "mine" => one(Kind::Assignee, around.viewer_id),
        _ => Err(format!("is: takes one of {}", IS.join(", "))),
    }
}

/// Greater than every time and count, and exact as a float.
const FAR: i64 = 1 << 52;

fn level(value: &str) -> Result<(i64, i64), String> {
    let position = LEVELS.iter().position(|level| level.eq_ignore_ascii_case(value));
    match position.and_then(|position| i64::try_from(position).ok()) {
        Some(level) => Ok((level, level)),
        None => Err(format!("level: takes one of {}", LEVELS.join(", "))),
    }
}

fn has(value: &str) -> Asked {
    match value {
        "user" => (Kind::Users, json!(1), json!(FAR)),
        "assignee" => (Kind::Assignee, json!(1), json!(FAR)),
        _ => {
            let is_own = KEYS.iter().any(|(key, _)| *key == value) || value.contains('.');
            let line = if is_own { format!("\n{value}=") } else { format!("\ntag.{value}=") };
            let line = line.replace(WILD, "*").to_ascii_lowercase();
            (Kind::Tag, json!(line), json!(line))
        }
    }
}

fn assigned(value: &str, around: &Around) -> Result<Asked, String> {
    if value == "me" {
        return is("mine", around);
    }
    let wanted = value.replace(WILD, "").to_lowercase();
    let found = around.people.iter().filter(|person| person.name.to_lowercase().contains(&wanted));
    let ids: Vec<u32> = found.map(|person| person.id).collect();
    match ids.is_empty() {
        true => Err(format!("nobody here is called {}; assigned:me are yours", wanted)),
        false => Ok((Kind::Assignees, json!(ids), json!(0))),
    }
}

#[cfg(test)]
mod tests;
