//! The comment that says where a file's map is: `//# sourceMappingURL=main.js.map`, or the map itself as a `data:` URL.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Accepts base 64 with and without padding: both are found in the wild.
const BASE_64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the comment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapComment<'a> {
    /// There is none.
    Absent,
    /// Where the map is, relative to the file.
    Url(&'a str),
    /// The map itself.
    Inline(Vec<u8>),
    /// A `data:` URL that cannot be read.
    BrokenInline,
}

/// Reads the last comment of a script or stylesheet.
#[must_use]
pub fn map_comment(script: &str) -> MapComment<'_> {
    let Some(url) = last_url(script) else { return MapComment::Absent };
    let Some(data) = url.strip_prefix("data:") else { return MapComment::Url(url) };
    let Some((kind, body)) = data.split_once(',') else { return MapComment::BrokenInline };
    if kind.ends_with(";base64") {
        return BASE_64.decode(body).map_or(MapComment::BrokenInline, MapComment::Inline);
    }
    MapComment::Inline(unescaped(body))
}

/// The comment's URL. It begins a line or follows code; a text within the script that merely mentions it (in quotes)
/// ends with one.
fn last_url(script: &str) -> Option<&str> {
    let mut rest = script;
    while let Some(at) = rest.rfind("sourceMappingURL=") {
        let before = rest.get(..at)?;
        let url = rest.get(at + "sourceMappingURL=".len()..)?;
        let end = url.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`'));
        let quoted = end.is_some_and(|end| {
            !url.get(end..).unwrap_or_default().starts_with(char::is_whitespace)
        });
        let url = url.get(..end.unwrap_or(url.len()))?.trim_end_matches("*/");
        let is_comment = ["//# ", "//@ ", "/*# ", "/*@ "].iter().any(|mark| before.ends_with(mark));
        if is_comment && !quoted && !url.is_empty() {
            return Some(url);
        }
        rest = before;
    }
    None
}

/// `%7B` → `{`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut two = bytes.clone();
        let digits = (two.next().and_then(hex), two.next().and_then(hex));
        match (byte, digits) {
            (b'%', (Some(high), Some(low))) => {
                out.push((high << 4) | low);
                bytes = two;
            }
            _ => out.push(byte),
        }
    }
    out
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
