//! Secrets inside texts, by their shape and by what stands before them, in one pass.
//!
//! ```text
//! scheme "://" [secret] "@"                      passwords in URLs
//! name "=" [secret]                              queries, forms, prose
//! '"' name '": "' [secret] '"'                   JSON
//! name ": " [secret]                             headers, YAML, prose where it looks like no word
//! [card number], [credential], [private key]     see `card.rs` and `credential.rs`
//! ```

use std::ops::Range;

use super::names::{Secrecy, is_secret_parameter, is_telling, may_be_secret_parameter};
use super::rules::Rules;
use super::{FILTERED, card, credential};

/// A text without its secrets.
pub(super) struct Scrubbed {
    pub(super) text: String,
    /// What the first secret was.
    pub(super) what: String,
}

/// Something secret in a text.
struct Secret {
    at: Range<usize>,
    what: &'static str,
}

/// Which secrets are looked for at a byte of the text that is `before` another one.
type Detect = fn(text: &str, at: usize, before: u8, rules: &Rules) -> Option<Secret>;

/// Scrubs what people and programs write.
pub(super) fn prose(text: &str, rules: &Rules) -> Option<Scrubbed> {
    scrubbed(text, rules, |text, at, before, rules| {
        named(text, at, rules).or_else(|| shaped(text, at, before))
    })
}

/// Scrubs code: by shape alone.
pub(super) fn code(text: &str, rules: &Rules) -> Option<Scrubbed> {
    scrubbed(text, rules, |text, at, before, _| {
        user_of_url(text, at).or_else(|| shaped(text, at, before))
    })
}

/// Scrubs where something is: URLs and paths, whose numbers are none of a card.
pub(super) fn place(text: &str, rules: &Rules) -> Option<Scrubbed> {
    scrubbed(text, rules, |text, at, _, rules| named(text, at, rules))
}

fn scrubbed(text: &str, rules: &Rules, detect: Detect) -> Option<Scrubbed> {
    let secrets = if rules.defaults { secrets(text, rules, detect) } else { Vec::new() };
    let what = secrets.first().map(|secret| secret.what.to_owned());
    let replaced = (!secrets.is_empty()).then(|| replaced(text, &secrets));
    let by_rule =
        rules.has_words().then(|| words(replaced.as_deref().unwrap_or(text), rules)).flatten();
    let what = what.or_else(|| by_rule.is_some().then(|| "project rule".to_owned()))?;
    Some(Scrubbed { text: by_rule.or(replaced)?, what })
}

fn secrets(text: &str, rules: &Rules, detect: Detect) -> Vec<Secret> {
    let mut secrets = Vec::new();
    let (mut at, mut before) = (0, b' ');
    while let Some(byte) = text.as_bytes().get(at).copied() {
        if !may_begin(byte, before) {
            at += 1;
            before = byte;
            continue;
        }
        let found = detect(text, at, before, rules);
        let found = found.filter(|secret| {
            let secret = text.get(secret.at.clone()).unwrap_or_default();
            is_telling(secret) && !rules.keeps_word(secret)
        });
        match found {
            Some(secret) => {
                at = secret.at.end.max(at + 1);
                before = b']';
                secrets.push(secret);
            }
            None => {
                at += 1;
                before = byte;
            }
        }
    }
    secrets
}

/// Whether anything secret can be seen at a byte: most stand within words.
fn may_begin(byte: u8, before: u8) -> bool {
    match byte {
        b':' | b'=' | b'-' => true,
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => is_border(before),
        _ => false,
    }
}

/// Whether a word may begin behind a byte.
fn is_border(before: u8) -> bool {
    !before.is_ascii_alphanumeric() && before != b'_' && before < 0x80
}

fn replaced(text: &str, secrets: &[Secret]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for secret in secrets {
        out.push_str(text.get(copied..secret.at.start).unwrap_or_default());
        out.push_str(FILTERED);
        copied = secret.at.end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// Secrets that the text around them gives away.
fn named(text: &str, at: usize, rules: &Rules) -> Option<Secret> {
    match text.as_bytes().get(at)? {
        b'=' => assigned(text, at, rules),
        b':' => user_of_url(text, at)
            .or_else(|| member_of_json(text, at, rules))
            .or_else(|| labelled(text, at, rules)),
        _ => None,
    }
}

/// Secrets that give themselves away.
fn shaped(text: &str, at: usize, before: u8) -> Option<Secret> {
    let rest = text.get(at..)?;
    match rest.as_bytes().first()? {
        b'-' if before != b'-' => {
            let length = credential::private_key(rest)?;
            Some(Secret { at: at..at + length, what: "private key" })
        }
        b'0'..=b'9' if is_border(before) && !is_number(text, at, before) => {
            let length = card::length(rest)?;
            Some(Secret { at: at..at + length, what: "card number" })
        }
        b'A'..=b'Z' | b'a'..=b'z' if is_border(before) => {
            let found = credential::find(rest)?;
            let start = at + found.skip;
            Some(Secret { at: start..start + found.length, what: found.what })
        }
        _ => None,
    }
}

/// Whether the digits at `at` go on a number or an ID: `0.4242424242424242`, `1763-4242424242424242`
fn is_number(text: &str, at: usize, before: u8) -> bool {
    let two_before = at.checked_sub(2).and_then(|at| text.as_bytes().get(at)).copied();
    b".-".contains(&before) && two_before.is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// `https://me:secret@host/` → `me:secret`
fn user_of_url(text: &str, at: usize) -> Option<Secret> {
    let rest = text.get(at..)?.strip_prefix("://")?;
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"/?#\"'`<>()\\".contains(byte);
    // Ends before the next `://`, so that all of a text's are looked through once.
    let authority = rest.bytes().take_while(|byte| !is_end(byte)).count();
    let user = rest.as_bytes().get(..authority)?.iter().rposition(|byte| *byte == b'@')?;
    let start = at + 3;
    (user > 0).then(|| Secret { at: start..start + user, what: "password in URL" })
}

/// `token=secret`, `token="secret"`
fn assigned(text: &str, at: usize, rules: &Rules) -> Option<Secret> {
    let before = text.get(..at)?;
    let name = word_at_end(before);
    let rest = text.get(at + 1..)?;
    if name.is_empty() || rest.starts_with(['=', '>']) {
        return None;
    }
    let mark = before.as_bytes().get(..before.len() - name.len()).and_then(<[u8]>::last);
    let is_parameter = mark.is_some_and(|byte| b"?&#;".contains(byte));
    let what = what_of(rules, name);
    // Values are looked for last: one may be as long as the text.
    if what.is_none() && !(is_parameter && may_be_secret_parameter(name)) {
        return None;
    }
    let (start, value) = value(rest);
    if ["basic", "bearer"].iter().any(|scheme| value.eq_ignore_ascii_case(scheme)) {
        // The secret comes behind it, and gives itself away.
        return None;
    }
    let is_secret = what.is_some() || is_secret_parameter(name, value);
    let what = if is_parameter { "key in URL" } else { what? };
    let start = at + 1 + start;
    is_secret.then(|| Secret { at: start..start + value.len(), what })
}

/// `"token": "secret"`, also inside of a string (`\"token\":\"secret\"`)
fn member_of_json(text: &str, at: usize, rules: &Rules) -> Option<Secret> {
    let before = text.get(..at)?.trim_ascii_end();
    let before = before.strip_suffix(['"', '\''])?;
    let before = before.strip_suffix('\\').unwrap_or(before);
    let what = what_of(rules, word_at_end(before))?;
    let rest = text.get(at + 1..)?;
    let (start, value) = value(rest);
    let start = at + 1 + start;
    Some(Secret { at: start..start + value.len(), what })
}

/// `Authorization: Bearer secret`, `password: hunter2`. Prose has colons too (`invalid token: try again`), so what looks
/// like a word stays.
fn labelled(text: &str, at: usize, rules: &Rules) -> Option<Secret> {
    let name = word_at_end(text.get(..at)?);
    let rest = text.get(at + 1..)?;
    let what = what_of(rules, name)?;
    let (skipped, value) = if is_header(name) {
        let line =
            rest.find(['\n', '\r', '"', '\'']).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        (rest.len() - rest.trim_start_matches(' ').len(), line.trim_ascii())
    } else {
        value(rest)
    };
    let is_quoted =
        skipped > 0 && rest.as_bytes().get(skipped - 1).is_some_and(|byte| b"\"'".contains(byte));
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let looks_secret =
        is_quoted || value.len() >= 24 || value.contains('=') || has_digit && value.len() >= 4;
    let start = at + 1 + skipped;
    (skipped > 0 && looks_secret).then(|| Secret { at: start..start + value.len(), what })
}

/// Headers whose whole value is secret.
fn is_header(name: &str) -> bool {
    let headers = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
    headers.iter().any(|header| name.eq_ignore_ascii_case(header))
}

fn what_of(rules: &Rules, name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return None;
    }
    match rules.secrecy(name, || name.to_owned()) {
        Secrecy::None => None,
        Secrecy::Secret | Secrecy::SecretText => Some("secret"),
        Secrecy::Address => Some("address"),
        Secrecy::Rule => Some("project rule"),
    }
}

/// The name that a text ends with: letters, digits, and what joins them; the end of it where it is long.
fn word_at_end(text: &str) -> &str {
    const LONGEST: usize = 64;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]%$".contains(byte);
    let length = text.bytes().rev().take(LONGEST).take_while(|byte| is_part(byte)).count();
    text.get(text.len() - length..).unwrap_or_default()
}

/// Where the value at the beginning of a text begins, and the value: in quotes, or up to what ends a word.
fn value(text: &str) -> (usize, &str) {
    let unspaced = text.trim_start_matches(' ');
    let bare = unspaced.strip_prefix('\\').unwrap_or(unspaced);
    for quote in ['"', '\''] {
        if let Some(quoted) = bare.strip_prefix(quote) {
            let is_escaped = bare.len() < unspaced.len();
            return (text.len() - quoted.len(), until_quote(quoted, quote, is_escaped));
        }
    }
    let is_end = |c: char| c.is_whitespace() || "&;,\"'`()[]{}<>#\\|".contains(c);
    let end = unspaced.find(is_end).unwrap_or(unspaced.len());
    (text.len() - unspaced.len(), unspaced.get(..end).unwrap_or_default())
}

/// Up to the quote that ends it; all if it was cut off. Inside of a string quotes are escaped themselves.
fn until_quote(text: &str, quote: char, is_escaped: bool) -> &str {
    let mut escapes = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if c == quote && escapes == is_escaped => {
                return text.get(..at - usize::from(is_escaped)).unwrap_or_default();
            }
            '\\' => escapes = !escapes,
            _ => escapes = false,
        }
    }
    text
}

/// The project's own words.
fn words(text: &str, rules: &Rules) -> Option<String> {
    let is_border = |c: char| c.is_whitespace() || "\"'`,;()[]{}<>=&?|/:".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut masked = false;
    for part in text.split_inclusive(is_border) {
        let word = part.trim_end_matches(is_border).trim_end_matches(['.', '!']);
        let is_secret = !word.is_empty() && rules.masks_word(word) && !rules.keeps_word(word);
        masked |= is_secret;
        out.push_str(if is_secret { FILTERED } else { word });
        out.push_str(part.get(word.len()..).unwrap_or_default());
    }
    masked.then_some(out)
}
