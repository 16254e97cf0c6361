//! A wasm frame → the functions at its code offset, by offset, function index or function name.

use super::MAX_INLINED;
use super::blocks::{block_of, blocks_from, next_offset};
use super::look_up::{ResolvedFrame, Unresolved};
use super::raw::{Table, u32_at};
use crate::varint::Cursor;

/// How an engine names a place in a wasm module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code<'a> {
    /// Offset in the bytes of the module as served (Chromium, Firefox: `…:wasm-function[12]:0x3f`).
    Offset(u64),
    /// Number of the function, imports counted (WebKit: `<?>.wasm-function[12]@[wasm code]`).
    Index(u32),
    /// Its name in the module's name section (WebKit: `<?>.wasm-function[shop::pay]@[wasm code]`).
    Name(&'a str),
}

/// Numbers of one frame: function and path as strings, source by its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) function: u32,
    /// Source plus 1; 0 where it is not known.
    pub(super) source: u32,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl<'a> Table<'a> {
    /// Looks up a place in a wasm module. The innermost frame comes first, then those that it was inlined into. By index
    /// or name there is one frame, without a line.
    ///
    /// # Errors
    /// Why the frame stays as it is.
    pub fn look_up_code(&self, code: Code<'_>) -> Result<Vec<ResolvedFrame<'a>>, Unresolved> {
        match code {
            Code::Offset(offset) => self.frames_at(offset),
            Code::Index(index) => {
                let name = self.function(index).map(|(_, _, name)| name).filter(|name| *name != 0);
                let name = name.ok_or_else(|| Unresolved::NoFunction(index.to_string()))?;
                Ok(vec![self.frame_of(Numbers { function: name, ..Numbers::default() })])
            }
            Code::Name(name) => {
                let same = self.named(name).map(|(_, _, id)| id);
                let id = same.ok_or_else(|| Unresolved::NoFunction(name.to_owned()))?;
                Ok(vec![self.frame_of(Numbers { function: id, ..Numbers::default() })])
            }
        }
    }

    /// Looks up a line of the owner's source within the function of a place that has no offset: the frames of the first code
    /// that comes from there, as [`Table::look_up_code`] gives them by an offset. What was inlined there may only be
    /// libraries': the panic is told of the line that called them. `None` if the function has no such line. So the place that
    /// Rust tells of its own panic says what WebKit does not. Takes as long as the function has code.
    #[must_use]
    pub fn look_up_line(
        &self,
        code: Code<'_>,
        file: &str,
        line: u32,
    ) -> Option<Vec<ResolvedFrame<'a>>> {
        let (start, end, _) = match code {
            Code::Offset(_) => return None,
            Code::Index(index) => self.function(index)?,
            Code::Name(name) => self.named(name)?,
        };
        let (start, end) = (u64::from(start), u64::from(end));
        for (mut at, mut cursor) in blocks_from(self.code, start)? {
            let mut chain = Vec::new();
            while at < end
                && let Some(next) = next_offset(&mut cursor, at)
            {
                at = next;
                chain = next_chain(&mut cursor, &chain)?;
                let innermost = chain.iter().find(|frame| self.is_own(frame));
                let is_there = |frame: &Numbers| frame.line == line && self.is_of(frame, file);
                if (start..end).contains(&at) && innermost.is_some_and(is_there) {
                    return Some(chain.into_iter().map(|frame| self.frame_of(frame)).collect());
                }
            }
            if at >= end {
                break;
            }
        }
        None
    }

    fn is_own(&self, frame: &Numbers) -> bool {
        frame.source.checked_sub(1).is_some_and(|source| self.is_in_app(source))
    }

    /// Whether a frame is of this file, as far as both paths go.
    fn is_of(&self, frame: &Numbers, file: &str) -> bool {
        let path = frame.source.checked_sub(1).and_then(|source| self.source_path(source));
        path.is_some_and(|path| {
            let (longer, shorter) =
                if path.len() < file.len() { (file, path) } else { (path, file) };
            let rest = longer.strip_suffix(shorter);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        })
    }

    /// The first function of this name: start, end (exclusive) and name.
    fn named(&self, name: &str) -> Option<(u32, u32, u32)> {
        let count = u32::try_from(self.functions.len() / 12).unwrap_or(u32::MAX);
        (0..count).find_map(|index| {
            let found = self.function(index)?;
            (found.2 != 0 && self.string(found.2) == Some(name)).then_some(found)
        })
    }

    fn frames_at(&self, offset: u64) -> Result<Vec<ResolvedFrame<'a>>, Unresolved> {
        let frames = self.chain_at(offset).unwrap_or_default();
        if !frames.is_empty() {
            return Ok(frames.into_iter().map(|frame| self.frame_of(frame)).collect());
        }
        let name = self.function_at(offset).ok_or(Unresolved::NoCode { offset })?;
        Ok(vec![self.frame_of(Numbers { function: name, ..Numbers::default() })])
    }

    /// The frames of the last entry at or before `offset`; none in a gap.
    fn chain_at(&self, offset: u64) -> Option<Vec<Numbers>> {
        let (mut at, mut cursor) = block_of(self.code, offset)?;
        let mut chain = Vec::new();
        while let Some(next) = next_offset(&mut cursor, at) {
            if next > offset {
                break;
            }
            at = next;
            chain = next_chain(&mut cursor, &chain)?;
        }
        Some(chain)
    }

    /// The function whose body holds `offset`, by binary search: bodies stand in the order of their indices.
    fn function_at(&self, offset: u64) -> Option<u32> {
        let offset = u32::try_from(offset).ok()?;
        let (mut low, mut high) = (0, u32::try_from(self.functions.len() / 12).ok()?);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.function(middle)?.0 <= offset {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let (start, end, name) = self.function(low.checked_sub(1)?)?;
        (start <= offset && offset < end && name != 0).then_some(name)
    }

    /// Start, end (exclusive) and name of a function.
    fn function(&self, index: u32) -> Option<(u32, u32, u32)> {
        let place = usize::try_from(index).ok()?.checked_mul(12)?;
        let at = |offset| u32_at(self.functions, place + offset);
        Some((at(0)?, at(4)?, at(8)?))
    }

    fn frame_of(&self, numbers: Numbers) -> ResolvedFrame<'a> {
        let source = numbers.source.checked_sub(1);
        let function = self.string(numbers.function).filter(|name| !name.is_empty());
        ResolvedFrame {
            function,
            path: source.and_then(|source| self.source_path(source)),
            source,
            line: numbers.line,
            column: numbers.column,
            in_app: source.is_none_or(|source| self.is_in_app(source)),
        }
    }
}

/// Reads the frames of the next entry, of which the outermost may be those of the entry before.
fn next_chain(cursor: &mut Cursor<'_>, before: &[Numbers]) -> Option<Vec<Numbers>> {
    let shared = usize::try_from(cursor.number()?).ok()?;
    let fresh = usize::try_from(cursor.number()?).ok()?;
    let outer = before.get(before.len().checked_sub(shared)?..)?;
    if fresh + shared > MAX_INLINED {
        return None;
    }
    let mut last = before.first().copied().unwrap_or_default();
    let mut chain = Vec::with_capacity(fresh + shared);
    for _ in 0..fresh {
        last = Numbers {
            function: cursor.step(last.function)?,
            source: cursor.step(last.source)?,
            line: cursor.step(last.line)?,
            column: cursor.step(last.column)?,
        };
        chain.push(last);
    }
    chain.extend_from_slice(outer);
    Some(chain)
}
