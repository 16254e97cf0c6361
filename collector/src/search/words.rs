//! A query in words: where each begins, whether it is negated, key and value. Reads each character once.

use super::WILD;

/// Whether the text may be a key in front of a colon: letters, digits, `_`, `-`, `.`.
fn is_key(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// One word.
#[derive(Debug, PartialEq)]
pub(super) struct Word<'a> {
    /// Characters before it.
    pub(super) at: usize,
    /// As it was typed.
    pub(super) typed: &'a str,
    /// `!` stands before it.
    pub(super) negated: bool,
    /// In small letters; `None` for text.
    pub(super) key: Option<String>,
    /// Without quotes; [`WILD`] for each `*` outside of them.
    pub(super) value: String,
}

/// All words of a query; a quotation that is not closed ends with it.
pub(super) fn words(query: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut is_quoted, mut start, mut at, mut start_at) = (false, None, 0, 0);
    for (index, c) in query.char_indices() {
        let is_gap = c.is_whitespace() && !is_quoted;
        match start {
            Some(from) if is_gap => {
                words.extend(word(query.get(from..index).unwrap_or_default(), start_at));
                start = None;
            }
            None if !is_gap => (start, start_at) = (Some(index), at),
            _ => {}
        }
        is_quoted ^= c == '"';
        at += 1;
    }
    words.extend(start.and_then(|from| word(query.get(from..).unwrap_or_default(), start_at)));
    words
}

fn word(typed: &str, at: usize) -> Option<Word<'_>> {
    let (negated, rest) = match typed.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, typed),
    };
    let (key, value) = match rest.split_once(':') {
        Some((key, value)) if is_pair(key, value) => (Some(canonical(key)), value),
        // `TypeError:` of a message that was pasted.
        _ => (None, rest.strip_suffix(':').unwrap_or(rest)),
    };
    let value = unquoted(value);
    (!value.is_empty()).then_some(Word { at, typed, negated, key, value })
}

/// `https://…` is an address, `checkout.js:142` a place.
fn is_pair(key: &str, value: &str) -> bool {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let is_named = key.starts_with("tag.") || key.starts_with("flag.");
    is_key(key)
        && !value.is_empty()
        && !value.starts_with("//")
        && (is_named || !(key.contains('.') && is_number))
}

fn canonical(key: &str) -> String {
    let key = key.to_ascii_lowercase();
    match key.as_str() {
        "env" => "environment".into(),
        "first_seen" | "firstseen" => "first-seen".into(),
        "last_seen" | "lastseen" => "last-seen".into(),
        _ => key,
    }
}

fn unquoted(value: &str) -> String {
    let mut is_quoted = false;
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '*' if !is_quoted => text.push(WILD),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text
}
