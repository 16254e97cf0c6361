//! The lines around a place. Only the chunks of the source that hold them are inflated.

use std::cell::Cell;

use flate2::{Decompress, FlushDecompress, Status};

use super::look_up::Unresolved;
use super::raw::{Table, slice, u32_at};
use super::{HAS_CONTENT, MAX_CHUNK_BYTES, MAX_SOURCE_BYTES, TOO_LARGE};

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
        let last = line.saturating_add(around);
        let first = line.saturating_sub(around).max(1);
        let part = part_of(record.packed, first - 1, last).ok_or(Unresolved::Damaged)?;
        let text = part.text.get(..record.inflated as usize).unwrap_or(&part.text);
        let mut lines = lines_of(text)
            .skip((first - 1 - part.line) as usize)
            .take((last.saturating_sub(first) as usize).saturating_add(1))
            .map(shortened);
        let before: Vec<String> =
            lines.by_ref().take(line.saturating_sub(first) as usize).collect();
        let found = lines.next().filter(|_| line > 0);
        let line = found.ok_or_else(|| Unresolved::NoLine { path: path(), line })?;
        Ok(Context { before, line, after: lines.collect() })
    }

    /// The whole text of a source, if it is here.
    #[must_use]
    pub fn content(&self, source: u32) -> Option<String> {
        let record = self.source(source).filter(|record| record.flags & HAS_CONTENT != 0)?;
        String::from_utf8(part_of(record.packed, 0, u32::MAX)?.text).ok()
    }
}

thread_local! {
    /// 40 KB that a stack of frames need not clear for each of them.
    static INFLATE: Cell<Option<Decompress>> = const { Cell::new(None) };
}

/// Some chunks of a source, inflated.
struct Part {
    /// The line in which they begin, from 0.
    line: u32,
    text: Vec<u8>,
}

/// Inflates the chunks that hold the lines from `first` (from 0) up to but without `end`. `None` if they are damaged.
fn part_of(packed: &[u8], first: u32, end: u32) -> Option<Part> {
    let count = usize::try_from(u32_at(packed, 0)?).ok()?;
    let index = packed.get(4..count.checked_mul(8)?.checked_add(4)?)?;
    let streams = packed.get(4 + index.len()..)?;
    let line_of = |chunk: usize| u32_at(index, chunk * 8);
    let end_of = |chunk: usize| u32_at(index, chunk * 8 + 4);
    // A chunk may begin within a line: that line is whole only from the chunk before on.
    let begins = (1..count).rev().find(|chunk| line_of(*chunk).is_some_and(|line| line < first));
    let begins = begins.unwrap_or(0);
    let mut part = Part { line: if count == 0 { 0 } else { line_of(begins)? }, text: Vec::new() };
    let mut inflate = INFLATE.take().unwrap_or_else(|| Decompress::new(false));
    for chunk in begins..count {
        if chunk > begins && line_of(chunk)? >= end {
            break;
        }
        let start = if chunk == 0 { 0 } else { end_of(chunk - 1)? };
        let length = u64::from(end_of(chunk)?.checked_sub(start)?);
        // At once, into memory that is there: nothing is inflated beyond it.
        part.text.reserve_exact(MAX_CHUNK_BYTES);
        inflate.reset(false);
        let stream = slice(streams, start, length)?;
        let ended = inflate.decompress_vec(stream, &mut part.text, FlushDecompress::Finish);
        if !matches!(ended, Ok(Status::StreamEnd)) {
            return None;
        }
        if part.text.len() > MAX_SOURCE_BYTES {
            break;
        }
    }
    INFLATE.set(Some(inflate));
    (part.line <= first).then_some(part)
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
