//! What varies in a message is replaced by what it is, so that `Order 4711 not found` and `Order 4712 not found`
//! are one message: `Order <n> not found`.
//!
//! ```text
//! <url>    https://shop.test/a?b=c        <uuid>  123e4567-e89b-12d3-a456-426614174000
//! <email>  jo@shop.test                   <hex>   0x7f3a, 8f3a2b1c9d (8 digits or more, one of them a number)
//! <n>      4711  3.14  -2
//! ```
//! Digits inside a word (`utf8`, `h1`) stay.

/// Rewrites a message. Never longer than three times the input: `1` becomes `<n>`.
pub fn parameterised(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    // Bytes of `rest` in which no mail address begins: each run of its characters is looked at once.
    let mut without_email = 0_usize;
    while let Some(first) = rest.chars().next() {
        let email = if without_email == 0 { email(rest, &mut without_email) } else { None };
        let (token, kind) = email.map_or_else(|| token(rest), |email| (email, Some("<email>")));
        match kind {
            Some(name) => out.push_str(name),
            None if token.is_empty() => out.push(first),
            None => out.push_str(token),
        }
        let length = if token.is_empty() { first.len_utf8() } else { token.len() };
        without_email = without_email.saturating_sub(length);
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// The mail address that `rest` begins with; otherwise says how far none begins.
fn email<'a>(rest: &'a str, without_email: &mut usize) -> Option<&'a str> {
    let run = until(rest, |c| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '.' | '+')));
    let word = run.trim_end_matches(['.', '-', '+', '@']);
    if is_email(word) && !is_url(rest) {
        return Some(word);
    }
    *without_email = run.len();
    None
}

fn is_url(rest: &str) -> bool {
    rest.starts_with("http://") || rest.starts_with("https://")
}

/// The token that `rest` begins with, and what it is if it varies. Empty for punctuation and spaces.
fn token(rest: &str) -> (&str, Option<&'static str>) {
    const UUID: usize = 36;
    if is_url(rest) {
        let end =
            |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | '>' | ']' | ',');
        return (until(rest, end), Some("<url>"));
    }
    // One byte more than an UUID has tells it from a longer word.
    let near = rest.get(..rest.floor_char_boundary(UUID + 1)).unwrap_or(rest);
    let word = until(near, |c| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    let word = word.trim_end_matches('-');
    if is_uuid(word) {
        return (word, Some("<uuid>"));
    }
    let number = number(rest);
    if !number.is_empty() {
        let next = rest.get(number.len()..).and_then(|rest| rest.chars().next());
        if !next.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return (number, Some("<n>"));
        }
    }
    let word = until(rest, |c| !(c.is_alphanumeric() || c == '_'));
    if is_hex(word) {
        return (word, Some("<hex>"));
    }
    (word, None)
}

fn until(text: &str, ends: impl Fn(char) -> bool) -> &str {
    text.find(ends).and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Digits with an optional sign and fraction at the beginning of `text`.
fn number(text: &str) -> &str {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    if whole == 0 {
        return "";
    }
    let after = unsigned.get(whole..).unwrap_or_default();
    let fraction = after.strip_prefix('.').map_or(0, digits);
    let length = text.len() - unsigned.len() + whole + if fraction > 0 { fraction + 1 } else { 0 };
    text.get(..length).unwrap_or_default()
}

fn is_email(word: &str) -> bool {
    let Some((name, host)) = word.split_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.contains('@')
}

fn is_uuid(word: &str) -> bool {
    let lengths = word.split('-').map(str::len);
    let is_hex = word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    is_hex && lengths.eq([8, 4, 4, 4, 12])
}

fn is_hex(word: &str) -> bool {
    let is_hex =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match word.strip_prefix("0x") {
        Some(digits) => is_hex(digits),
        None => word.len() >= 8 && is_hex(word) && word.bytes().any(|byte| byte.is_ascii_digit()),
    }
}
