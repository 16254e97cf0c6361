//! What stands in a source at a place: an identifier, or a keyword and the identifier that it introduces.

use std::collections::HashMap;

use crate::map::{Mapping, SourceMap};

/// The sources of a map, with the beginnings of their lines, found when first asked for.
#[derive(Debug)]
pub(super) struct Originals<'a> {
    map: &'a SourceMap,
    lines: HashMap<u32, Vec<usize>>,
}

impl<'a> Originals<'a> {
    pub(super) fn of(map: &'a SourceMap) -> Self {
        Self { map, lines: HashMap::new() }
    }

    /// Whether the text of a mapping's source is there.
    pub(super) fn has_text(&self, mapping: &Mapping) -> bool {
        self.text(mapping).is_some()
    }

    fn text(&self, mapping: &Mapping) -> Option<&'a str> {
        self.map.sources.get(mapping.source as usize)?.content.as_deref()
    }

    /// The source from a mapping's place to the end of the line.
    pub(super) fn rest_of_line(&mut self, mapping: &Mapping) -> Option<&'a str> {
        let text = self.text(mapping)?;
        let lines = self.lines.entry(mapping.source).or_insert_with(|| {
            let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        });
        let start = *lines.get(mapping.source_line as usize)?;
        let end = lines.get(mapping.source_line as usize + 1).copied().unwrap_or(text.len());
        let line = text.get(start..end)?;
        let wanted = mapping.source_column as usize;
        if let Some(ascii) = line.as_bytes().get(..wanted)
            && ascii.is_ascii()
        {
            return line.get(wanted..);
        }
        let mut column = 0;
        for (offset, character) in line.char_indices() {
            if column >= wanted {
                return line.get(offset..);
            }
            column += character.len_utf16();
        }
        None
    }
}

/// Words that may stand before the name that they introduce.
const INTRODUCTIONS: [&str; 19] = [
    "export",
    "default",
    "async",
    "function",
    "class",
    "const",
    "let",
    "var",
    "static",
    "get",
    "set",
    "public",
    "private",
    "protected",
    "readonly",
    "override",
    "abstract",
    "declare",
    "accessor",
];

/// The identifier at the beginning of a line's rest, or behind the words that introduce it (`export async function
/// pay`). A key in quotes is read without them.
pub(super) fn identifier(rest: &str) -> Option<&str> {
    let mut rest = rest;
    for _ in 0..8 {
        let unquoted = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
        let word = word_of(unquoted)?;
        let behind = unquoted.get(word.len()..)?.trim_start_matches([' ', '\t', '*']);
        let introduces = INTRODUCTIONS.contains(&word) && word_of(behind).is_some();
        if !introduces {
            return (!is_keyword(word)).then_some(word);
        }
        rest = behind;
    }
    None
}

/// `pay` of `async function* pay(`.
pub(super) fn declared_function(rest: &str) -> Option<&str> {
    let head = rest.split('(').next()?;
    has_word(head, "function").then(|| identifier(rest))?
}

/// Whether `word` stands in `text` as a word.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let before = rest.get(..at).and_then(|before| before.chars().next_back());
        let after = rest.get(at + word.len()..).and_then(|after| after.chars().next());
        if !before.is_some_and(is_word) && !after.is_some_and(is_word) {
            return true;
        }
        rest = rest.get(at + word.len()..).unwrap_or_default();
    }
    false
}

fn word_of(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('#').unwrap_or(text);
    let length = inner.find(|c: char| !is_word(c)).unwrap_or(inner.len());
    let first = inner.chars().next()?;
    if length == 0 || first.is_ascii_digit() {
        return None;
    }
    text.get(..length + (text.len() - inner.len()))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '\u{200c}' | '\u{200d}')
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "function"
            | "class"
            | "const"
            | "var"
            | "return"
            | "new"
            | "typeof"
            | "void"
            | "if"
            | "else"
            | "for"
            | "while"
            | "do"
            | "switch"
            | "case"
            | "try"
            | "catch"
            | "finally"
            | "throw"
            | "export"
            | "import"
            | "default"
            | "extends"
            | "super"
            | "null"
            | "true"
            | "false"
            | "in"
            | "instanceof"
            | "delete"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_declaration_gives_back_its_name() {
        assert_eq!(declared_function("async function* pay(a) {"), Some("pay"));
        assert_eq!(declared_function("function (a) {"), None);
        assert_eq!(declared_function("item => item.price"), None);
        assert_eq!(declared_function("const pay = (a) => 1"), None);
    }

    #[test]
    fn identifier_behind_its_introduction_is_read() {
        for (rest, expected) in [
            ("pay(a) {", Some("pay")),
            ("function pay(a)", Some("pay")),
            ("export default async function* pay()", Some("pay")),
            ("const pay = 1", Some("pay")),
            ("get(url)", Some("get")),
            ("get total() {", Some("total")),
            ("#secret() {", Some("#secret")),
            ("'pay-all'() {", Some("pay")),
            ("größe = 1", Some("größe")),
            ("function (a)", None),
            ("(a) => b", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(identifier(rest), expected, "{rest}");
        }
    }
}
