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
    let name = [&said, &others].into_iter().map(slug).find(|slug| !slug.is_empty());
    let name = name.unwrap_or_else(|| "one-issue".to_owned());
    let shared = format!("{} -> {name}", matchers_of_both(&said, &others).join(" "));
    let each = [&said, &others].map(|said| format!("{} -> {name}", matchers_of(said).join(" ")));
    // What the events say may have signs that rules cannot express.
    [shared, each.join("\n")].into_iter().find(|lines| catches(lines, one) && catches(lines, other))
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
fn matchers_of_both(said: &Said, others: &Said) -> Vec<String> {
    let kind = Some(&said.kind).filter(|kind| **kind == others.kind);
    let message = shared(&said.message, &others.message);
    let letters = message.chars().filter(|c| c.is_alphabetic()).count();
    let message = Some(message).filter(|_| letters >= LEAST_LETTERS);
    let function = Some(&said.function).filter(|f| **f == others.function && !f.is_empty());
    let is_telling_kind = kind.is_some_and(|kind| !is_built_in(kind) && kind.len() > 4);
    if message.is_none() && function.is_none() && !is_telling_kind {
        return Vec::new();
    }
    let matchers = [
        kind.and_then(|kind| matcher("type", kind)),
        message.and_then(|message| matcher("message", &pattern(&message))),
        function.and_then(|function| matcher("function", function)),
    ];
    matchers.into_iter().flatten().collect()
}

fn matchers_of(said: &Said) -> Vec<String> {
    let message = Some(pattern(&said.message)).filter(|_| !said.message.is_empty());
    let matchers = [
        matcher("type", &said.kind),
        message.and_then(|message| matcher("message", &message)),
        matcher("function", &said.function),
    ];
    matchers.into_iter().flatten().collect()
}

/// `Order <n> has no lines`, `Order <n> was not found` → `Order <n> *`: what both begin and end with, by words.
fn shared(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let (ones, others): (Vec<&str>, Vec<&str>) =
        (one.split(' ').collect(), other.split(' ').collect());
    let most = ones.len().min(others.len());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = ones.iter().zip(&others).take_while(same).count();
    let tail =
        ones.iter().rev().zip(others.iter().rev()).take(most - head).take_while(same).count();
    let first = ones.iter().take(head).copied();
    let last = ones.iter().skip(ones.len() - tail).copied();
    first.chain(["*"]).chain(last).collect::<Vec<_>>().join(" ")
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
    let cut = pattern.floor_char_boundary(MAX_PATTERN);
    pattern.truncate(cut);
    if !pattern.ends_with('*') {
        pattern.push('*');
    }
    pattern
}

/// `type:Error`, `message:"a b"`; `None` of nothing.
fn matcher(key: &str, pattern: &str) -> Option<String> {
    let pattern = pattern.trim();
    let is_plain = !pattern.contains(|c: char| c.is_whitespace() || c == '"');
    let fits = !pattern.is_empty() && pattern.len() <= MAX_PATTERN + 1 && !pattern.contains('"');
    fits.then(|| if is_plain { format!("{key}:{pattern}") } else { format!("{key}:\"{pattern}\"") })
}

/// `Order <n> has no lines` → `order-has-no-lines`; the type where no message is.
fn slug(said: &Said) -> String {
    const MOST_WORDS: usize = 5;
    let text = if said.message.is_empty() { &said.kind } else { &said.message };
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1);
    let words: Vec<&str> =
        words.filter(|word| !word.bytes().all(|b| b.is_ascii_digit())).take(MOST_WORDS).collect();
    words.join("-")
}
