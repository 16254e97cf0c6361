//! What a threshold counts, as text: `level:error release:shop@1 environment:production checkout`.
//!
//! Words with a colon name a fact of the event, and all have to be so; all other words are text in an issue's type, message,
//! function or place. A value with spaces stands in quotes. Refused is what is known elsewhere and cannot be counted here.

use serde_json::{Map, Value};
use trapline_core::event::Level;

use crate::plan::level_of;

/// Longest search, in bytes.
pub const MAX_SEARCH: usize = 300;

/// Facts that an event's row has.
const FACTS: [&str; 5] = ["release", "environment", "browser", "os", "country"];

/// Facts that lists of issues know, and rows of events do not.
const ELSEWHERE: [&str; 6] = ["is", "url", "user", "has", "first-seen", "count"];

/// Levels, mildest first, as rows number them.
pub const LEVELS: [&str; 5] = ["debug", "info", "warning", "error", "fatal"];

/// `error` → 3
pub fn level_number(name: &str) -> Option<usize> {
    LEVELS.iter().position(|known| *known == name)
}

/// `{"text": "checkout", "level": 3, "release": "shop@1"}`: what the statement of a threshold reads.
///
/// # Errors
/// A sentence.
pub fn parse(text: &str) -> Result<Value, String> {
    if text.len() > MAX_SEARCH {
        return Err(format!("a search has at most {MAX_SEARCH} bytes"));
    }
    let (mut sought, mut words) = (Map::new(), Vec::new());
    for word in words_of(text) {
        let (name, value) = word.split_once(':').unwrap_or(("", &word));
        let value = value.trim_matches('"');
        match name {
            _ if value.is_empty() => words.push(word.to_lowercase()),
            "level" => {
                let number = level_number(value);
                let number =
                    number.ok_or_else(|| format!("a level is one of {}", LEVELS.join(", ")))?;
                sought.insert("level".into(), number.into());
            }
            _ if FACTS.contains(&name) => {
                sought.insert(name.to_owned(), value.into());
            }
            _ if ELSEWHERE.contains(&name) || name.starts_with("tag.") || name.starts_with('!') => {
                let known = FACTS.join(":, ");
                return Err(format!(
                    "a threshold cannot count by {name}:, but by level:, {known}: and text"
                ));
            }
            _ => words.push(word.trim_matches('"').to_lowercase()),
        }
    }
    sought.insert("text".into(), words.join(" ").into());
    Ok(Value::Object(sought))
}

/// Split at spaces outside of quotes.
fn words_of(text: &str) -> Vec<String> {
    let mut quoted = false;
    let words = text.split(|c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    });
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The level of a number, by its name.
pub fn level_name(number: i64) -> &'static str {
    let level: Level = level_of(number);
    level.name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn facts_and_text_are_told_apart() {
        for (text, expected) in [
            ("", json!({ "text": "" })),
            ("level:error Checkout failed", json!({ "text": "checkout failed", "level": 3 })),
            (
                "release:shop@1.2 environment:\"my shop\" browser:\"Chrome 142\"",
                json!({ "text": "", "release": "shop@1.2", "environment": "my shop", "browser": "Chrome 142" }),
            ),
            ("TypeError: x \"is not\"", json!({ "text": "typeerror: x is not" })),
            ("https://shop.test/", json!({ "text": "https://shop.test/" })),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_counted_is_named() {
        for (text, said) in [
            ("is:new", "by is:"),
            ("tag.plan:pro", "by tag.plan:"),
            ("!release:shop@1", "by !release:"),
            ("level:loud", "debug, info, warning, error, fatal"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert!(parse(&"x".repeat(301)).is_err());
    }

    #[test]
    fn levels_are_those_of_rows() {
        for (number, name) in LEVELS.iter().enumerate() {
            assert_eq!(level_name(number as i64), *name);
        }
    }
}
