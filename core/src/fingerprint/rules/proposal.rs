//! Rules that would make two events one issue, for somebody to look at.
//!
//! ```text
//! Error: Order 17 has no lines in loadOrder     ┐
//! Error: Order 17 was not found in loadOrder    ┘  type:Error message:"Order * *" function:loadOrder -> …
//! ```
//! One rule, where what the events share says enough; else a rule for each.

use super::Rules;
use crate::event::Event;
use crate::fingerprint::group::{function_of, is_built_in};
use crate::fingerprint::message::parameterised;

/// Longest text of a matcher, in bytes: patterns are cut at 256.
const MAX_PATTERN: usize = 160;

/// Letters that a shared message has to have, to say enough.
const LEAST_LETTERS: usize = 8;

/// Lines of rules that catch both events and make them one issue; `None` where no rule can: the sender's own fingerprint
/// comes before rules.
#[must_use]
pub fn proposal(one: &Event, other: &Event) -> Option<String> {
    if !one.fingerprint.is_empty() || !other.fingerprint.is_empty() {
        return None;
    }
    let (said, others) = (said(one), said(other));
    let mut name = slug(&said);
    if name.is_empty() {
        name = slug(&others);
    }
    let mut lines = matchers_of_both(&said, &others) + " -> " + &name;
    // What the events say may have signs that rules cannot express.
    if !catches(&lines, one) || !catches(&lines, other) {
        lines = format!("{} -> {name}\n{} -> {name}", matchers_of(&said), matchers_of(&others));
    }
    (catches(&lines, one) && catches(&lines, other)).then_some(lines)
}

fn catches(lines: &str, event: &Event) -> bool {
    Rules::parse(lines).is_ok_and(|rules| rules.first_for(event).is_some())
}

/// Type, message without what varies, and function.
struct Said {
    kind: String,
    message: String,
    function: String,
}

fn said(event: &Event) -> Said {
    let thrown = event.thrown();
    let message = thrown.map_or_else(|| event.message.as_deref().unwrap_or_default(), |t| &t.value);
    let message = parameterised(message).lines().next().unwrap_or_default().trim().to_owned();
    let kind = thrown.map(|thrown| thrown.kind.clone()).unwrap_or_default();
    Said { kind, message, function: function_of(event) }
}

/// Empty if they do not share enough.
fn matchers_of_both(said: &Said, others: &Said) -> String {
    let same =
        |one: &String, other: &String| if one == other { one.clone() } else { String::new() };
    let both = Said {
        kind: same(&said.kind, &others.kind),
        message: shared(&said.message, &others.message),
        function: same(&said.function, &others.function),
    };
    let letters = both.message.bytes().filter(u8::is_ascii_alphabetic).count();
    let both = if letters < LEAST_LETTERS { Said { message: String::new(), ..both } } else { both };
    let is_telling_kind = both.kind.len() > 4 && !is_built_in(&both.kind);
    if both.message.is_empty() && both.function.is_empty() && !is_telling_kind {
        return String::new();
    }
    matchers_of(&both)
}

fn matchers_of(said: &Said) -> String {
    let mut line = String::new();
    add_matcher(&mut line, "type", &said.kind);
    if !said.message.is_empty() {
        add_matcher(&mut line, "message", &pattern(&said.message));
    }
    add_matcher(&mut line, "function", &said.function);
    line
}

/// `type:Error`, `message:"a b"`; nothing of what a rule cannot express.
fn add_matcher(line: &mut String, key: &str, pattern: &str) {
    let pattern = pattern.trim();
    if pattern.is_empty() || pattern.len() > MAX_PATTERN + 1 || pattern.contains('"') {
        return;
    }
    let quote = if pattern.contains(char::is_whitespace) { "\"" } else { "" };
    let space = if line.is_empty() { "" } else { " " };
    for part in [space, key, ":", quote, pattern, quote] {
        line.push_str(part);
    }
}

/// `Order <n> has no lines`, `Order <n> was not found` → `Order <n> *`: what both begin and end with, by words.
fn shared(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let head = same_words(one.split(' '), other.split(' '));
    let (left, right) =
        (one.get(head..).unwrap_or_default(), other.get(head..).unwrap_or_default());
    let tail = same_words(left.rsplit(' '), right.rsplit(' '));
    let tail = one.len() - tail;
    one.get(..head).unwrap_or_default().to_owned() + "*" + one.get(tail..).unwrap_or_default()
}

/// Bytes of the words that both begin with, each with the space beside it.
fn same_words<'a>(
    mut ones: impl Iterator<Item = &'a str>,
    mut others: impl Iterator<Item = &'a str>,
) -> usize {
    let mut bytes = 0;
    while let (Some(one), Some(other)) = (ones.next(), others.next())
        && one == other
    {
        bytes += one.len() + 1;
    }
    bytes
}

/// A message as a pattern: what varies and what rules cannot express becomes a star. More may stand behind it.
fn pattern(message: &str) -> String {
    let mut pattern = String::new();
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let placeholder = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
        match placeholder.filter(|(name, _)| is_name(name)) {
            Some((_, behind)) => {
                pattern.push('*');
                rest = behind;
            }
            None => {
                pattern.push(if first == '"' || first.is_control() { '?' } else { first });
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    pattern.truncate(pattern.floor_char_boundary(MAX_PATTERN));
    if !pattern.ends_with('*') {
        pattern.push('*');
    }
    pattern
}

/// `Order <n> has no lines` → `order-has-no-lines`; the type where no message is.
fn slug(said: &Said) -> String {
    const LONGEST: usize = 32;
    let text = if said.message.is_empty() { &said.kind } else { &said.message };
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        // Of `<n>` and of numbers nothing is left.
        if word.len() > 1 && !word.bytes().all(|b| b.is_ascii_digit()) && slug.len() < LONGEST {
            if !slug.is_empty() {
                slug.push('-');
            }
            slug.push_str(&word.to_lowercase());
        }
    }
    slug
}
