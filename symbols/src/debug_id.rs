//! Debug IDs: a UUID that stands in a minified file and in its map, and says that they belong together.
//!
//! In a file it stands twice: as a comment at its end (`//# debugId=…`), which tools read, and in a line of code near its
//! beginning, which puts it beside the stack of that very file into `_sentryDebugIds`, where SDKs read it (the published
//! protocol, as its name says).

mod inject;

use sha2::{Digest, Sha256};

pub use inject::{Injected, NotInjected, inject};

/// Reads a UUID, with or without hyphens.
#[must_use]
pub fn parse(text: &str) -> Option<[u8; 16]> {
    let mut id = [0; 16];
    let mut digits = text.trim().chars().filter(|c| *c != '-').map(|c| c.to_digit(16));
    for byte in &mut id {
        let (high, low) = (digits.next()??, digits.next()??);
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    (digits.next().is_none() && id != [0; 16]).then_some(id)
}

/// Writes a UUID: lower case, with hyphens.
#[must_use]
pub fn text_of(id: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in id.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

/// The debug ID that a file has: by its last comment, or by the code that other tools put in.
#[must_use]
pub fn of_script(script: &str) -> Option<[u8; 16]> {
    let comment = script.rfind("//# debugId=").and_then(|at| {
        let rest = script.get(at + "//# debugId=".len()..)?;
        parse(rest.split_whitespace().next()?)
    });
    comment.or_else(|| {
        let at = script.find("sentry-dbid-")?;
        parse(script.get(at + "sentry-dbid-".len()..)?.get(..36)?)
    })
}

/// What is served of a file that was marked twice with one ID: by a bundler's plugin, and by the tool that uploads it, which
/// puts its code on a line of its own before all others (`sentry` 0.49 does so to what its plugins have marked). `None` of a
/// file that is served as it is.
#[must_use]
pub fn without_second_mark(script: &str) -> Option<&str> {
    const MARK: &str = "sentry-dbid-";
    let (first, rest) = script.split_once('\n')?;
    let at = first.find(MARK)?;
    let mark = first.get(at..at + MARK.len() + 36)?;
    let is_code_of_a_tool =
        first.starts_with(";!function(){try{") || first.starts_with("!function(){try{");
    (is_code_of_a_tool && rest.contains(mark)).then_some(rest)
}

/// The debug ID of a file and its map, from their bytes: equal builds have equal IDs. A version 8 UUID, as RFC 9562 has
/// it for what is hashed.
#[must_use]
pub fn of_content(script: &[u8], map: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update((script.len() as u64).to_le_bytes());
    hash.update(script);
    hash.update(map);
    let mut id = [0; 16];
    for (byte, hashed) in id.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut id;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    id
}
