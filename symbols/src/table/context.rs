//! The lines around a place. One source is inflated, and no further than needed.

use std::io::Read;

use flate2::read::DeflateDecoder;

use super::look_up::Unresolved;
use super::raw::Table;
use super::{HAS_CONTENT, MAX_SOURCE_BYTES, TOO_LARGE};

/// Longest line of context, in bytes: a minified dependency is one line of megabytes.
const MAX_LINE_BYTES: usize = 300;

/// The lines around a place, without their ends, each cut to 300 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The lines before, in order; fewer at the beginning of the source.
    pub before: Vec<String>,
    /// The line itself.
    pub line: String,
    /// The lines after, in order; fewer at the end of the source.
    pub after: Vec<String>,
}

impl Table<'_> {
    /// `around` lines on each side of `line` (from 1) of a source.
    ///
    /// # Errors
    /// Why there is no context.
    pub fn context(&self, source: u32, line: u32, around: u32) -> Result<Context, Unresolved> {
        let record = self.source(source).ok_or(Unresolved::Damaged)?;
        let path = || record.path.to_owned();
        if record.flags & TOO_LARGE != 0 {
            return Err(Unresolved::ContentTooLarge { path: path() });
        }
        if record.flags & HAS_CONTENT == 0 {
            return Err(Unresolved::NoContent { path: path() });
        }
        let limit = (record.inflated as usize).min(MAX_SOURCE_BYTES);
        let last = line.saturating_add(around);
        let text = beginning(record.packed, limit, last).ok_or(Unresolved::Damaged)?;
        let first = line.saturating_sub(around).max(1);
        let mut lines = lines_of(&text)
            .skip(first as usize - 1)
            .take((last.saturating_sub(first) as usize).saturating_add(1))
            .map(shortened);
        let mut before: Vec<String> =
            lines.by_ref().take(line.saturating_sub(first) as usize).collect();
        let found = lines.next().filter(|_| line > 0);
        let line = found.ok_or_else(|| Unresolved::NoLine { path: path(), line })?;
        before.shrink_to_fit();
        Ok(Context { before, line, after: lines.collect() })
    }

    /// The whole text of a source, if it is here.
    #[must_use]
    pub fn content(&self, source: u32) -> Option<String> {
        let record = self.source(source).filter(|record| record.flags & HAS_CONTENT != 0)?;
        let limit = (record.inflated as usize).min(MAX_SOURCE_BYTES);
        String::from_utf8(beginning(record.packed, limit, u32::MAX)?).ok()
    }
}

/// Inflates until the end of line `last`, or `limit` bytes. `None` if the stream is damaged.
fn beginning(packed: &[u8], limit: usize, last: u32) -> Option<Vec<u8>> {
    let mut stream = DeflateDecoder::new(packed).take(limit as u64);
    let mut text = Vec::new();
    let mut chunk = [0; 16 * 1024];
    let mut ends = 0_usize;
    loop {
        let read = stream.read(&mut chunk).ok()?;
        let fresh = chunk.get(..read)?;
        if fresh.is_empty() {
            return Some(text);
        }
        ends += fresh.iter().filter(|byte| **byte == b'\n').count();
        text.extend_from_slice(fresh);
        if ends >= last as usize {
            return Some(text);
        }
    }
}

/// Lines end with `\n` or `\r\n`.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn shortened(line: &[u8]) -> String {
    let cut = line.get(..MAX_LINE_BYTES).unwrap_or(line);
    let text = String::from_utf8_lossy(cut);
    if cut.len() == line.len() {
        return text.into_owned();
    }
    format!("{}…", text.trim_end_matches('\u{fffd}'))
}
