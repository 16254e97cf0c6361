//! Writes a table: strings and sources are given out numbers, positions and code come in the order of their keys.

use std::collections::HashMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::blocks::Blocks;
use super::code::Numbers;
use super::raw::Kind;
use super::{
    ABOUT, CODE, CONTENTS, FUNCTIONS, HAS_CONTENT, IGNORED, MAGIC, MAX_INLINED, MAX_SOURCE_BYTES,
    POSITIONS, SCOPES, SOURCES, STRINGS, TOO_LARGE, VERSION,
};
use crate::varint;

/// One mapping of a source map; all numbers from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Generated line.
    pub line: u32,
    /// Generated column, in UTF-16 units.
    pub column: u32,
    /// Where it comes from; `None` for what a tool generated.
    pub place: Option<Place>,
    /// Its original name: a string of the [`Writer`]; 0 for none.
    pub name: u32,
}

/// A place in a source; all numbers from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The source's number, as given out by [`Writer::source`].
    pub source: u32,
    /// Line.
    pub line: u32,
    /// Column, in UTF-16 units.
    pub column: u32,
}

/// From this generated position on (from 0), code belongs to this function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Generated line.
    pub line: u32,
    /// Generated column, in UTF-16 units.
    pub column: u32,
    /// A string of the [`Writer`]; 0 for none.
    pub function: u32,
}

/// From this offset in the module's bytes on, up to the next range, code comes from these frames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeRange {
    /// Offset in the bytes of the module as served.
    pub offset: u32,
    /// Innermost first; empty for a gap: what follows is described by nothing.
    pub frames: Vec<Inlined>,
}

/// A frame of a code range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inlined {
    /// A string of the [`Writer`]; 0 for none.
    pub function: u32,
    /// Number of the source, as given out by [`Writer::source`].
    pub source: Option<u32>,
    /// Line in it, from 1; 0 for unknown.
    pub line: u32,
    /// Column in it, from 1; 0 for unknown.
    pub column: u32,
}

/// A function of a wasm module. They are given in the order of their indices, imports first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Function {
    /// Offset of its body's first byte in the module's bytes; 0 for an import.
    pub start: u32,
    /// Offset behind its body; 0 for an import.
    pub end: u32,
    /// A string of the [`Writer`]; 0 for none.
    pub name: u32,
}

/// A table in the making.
#[derive(Debug)]
pub struct Writer {
    kind: Kind,
    debug_id: [u8; 16],
    name: u32,
    numbers: HashMap<String, u32>,
    ends: Vec<u32>,
    text: Vec<u8>,
    sources: Vec<u8>,
    contents: Vec<u8>,
    positions: Blocks,
    position: (u32, u32, u32),
    scopes: Blocks,
    code: Blocks,
    chain: Vec<Numbers>,
    functions: Vec<u8>,
}

impl Writer {
    /// An empty table. `name` is the file whose frames it will resolve.
    #[must_use]
    pub fn new(kind: Kind, name: &str, debug_id: Option<[u8; 16]>) -> Self {
        let mut writer = Self {
            kind,
            debug_id: debug_id.unwrap_or_default(),
            name: 0,
            numbers: HashMap::new(),
            ends: Vec::new(),
            text: Vec::new(),
            sources: Vec::new(),
            contents: Vec::new(),
            positions: Blocks::default(),
            position: (0, 0, 0),
            scopes: Blocks::default(),
            code: Blocks::default(),
            chain: Vec::new(),
            functions: Vec::new(),
        };
        writer.string("");
        writer.name = writer.string(name);
        writer
    }

    /// The number of a string; equal strings have one number. 0 is the empty one.
    pub fn string(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = count_of(&self.ends);
        self.text.extend_from_slice(text.as_bytes());
        self.ends.push(count_of(&self.text));
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// Adds a source and gives back its number. Content larger than [`MAX_SOURCE_BYTES`] is left out.
    pub fn source(&mut self, path: &str, in_app: bool, content: Option<&str>) -> u32 {
        let number = count_of(&self.sources) / 20;
        let mut flags = if in_app { 0 } else { IGNORED };
        let start = count_of(&self.contents);
        let mut inflated = 0;
        match content {
            Some(text) if text.len() > MAX_SOURCE_BYTES => flags |= TOO_LARGE,
            Some(text) => {
                flags |= HAS_CONTENT;
                inflated = count_of(text.as_bytes());
                deflate(&mut self.contents, text.as_bytes());
            }
            None => (),
        }
        let path = self.string(path);
        let packed = count_of(&self.contents) - start;
        for number in [path, flags, start, packed, inflated] {
            self.sources.extend(number.to_le_bytes());
        }
        number
    }

    /// Adds a mapping. They come in the order of lines and columns; of several at one place the last is found.
    pub fn position(&mut self, position: &Position) {
        if self.positions.begin(key(position.line, position.column)) {
            self.position = (0, 0, 0);
        }
        self.positions.put_place(key(position.line, position.column));
        let (source, line, column) = self.position;
        let bytes = self.positions.bytes();
        let mark = match position.place {
            Some(place) => 1 | (u8::from(place.source != source) << 1),
            None => 0,
        };
        bytes.push(mark | (u8::from(position.name != 0) << 2));
        if let Some(place) = position.place {
            if place.source != source {
                varint::put_step(bytes, source, place.source);
            }
            varint::put_step(bytes, line, place.line);
            varint::put_step(bytes, column, place.column);
            self.position = (place.source, place.line, place.column);
        }
        if position.name != 0 {
            varint::put(bytes, u64::from(position.name));
        }
    }

    /// Adds the beginning of a function's range, in the order of lines and columns.
    pub fn scope(&mut self, scope: &Scope) {
        self.scopes.begin(key(scope.line, scope.column));
        self.scopes.put_place(key(scope.line, scope.column));
        varint::put(self.scopes.bytes(), u64::from(scope.function));
    }

    /// Adds a range of code, in the order of offsets. Of more than 256 frames the outermost are left out.
    pub fn code(&mut self, range: &CodeRange) {
        if self.code.begin(u64::from(range.offset)) {
            self.chain.clear();
        }
        self.code.put_offset(u64::from(range.offset));
        let chain: Vec<Numbers> = range.frames.iter().take(MAX_INLINED).map(numbers_of).collect();
        let pairs = chain.iter().rev().zip(self.chain.iter().rev());
        let shared = pairs.take_while(|(one, other)| one == other).count();
        let fresh = chain.len() - shared;
        let bytes = self.code.bytes();
        varint::put(bytes, shared as u64);
        varint::put(bytes, fresh as u64);
        let mut last = self.chain.first().copied().unwrap_or_default();
        for frame in chain.iter().take(fresh) {
            varint::put_step(bytes, last.function, frame.function);
            varint::put_step(bytes, last.source, frame.source);
            varint::put_step(bytes, last.line, frame.line);
            varint::put_step(bytes, last.column, frame.column);
            last = *frame;
        }
        self.chain = chain;
    }

    /// Adds the next function of the module.
    pub fn function(&mut self, function: &Function) {
        for number in [function.start, function.end, function.name] {
            self.functions.extend(number.to_le_bytes());
        }
    }

    /// The table's bytes. Equal calls make equal bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut about = u32::from(self.kind == Kind::Wasm).to_le_bytes().to_vec();
        about.extend(self.debug_id);
        about.extend(self.name.to_le_bytes());
        let mut strings = count_of(&self.ends).to_le_bytes().to_vec();
        strings.extend(self.ends.iter().flat_map(|end| end.to_le_bytes()));
        strings.extend(self.text);
        let sections = [
            (ABOUT, about),
            (STRINGS, strings),
            (SOURCES, self.sources),
            (CONTENTS, self.contents),
            (POSITIONS, self.positions.finish()),
            (SCOPES, self.scopes.finish()),
            (CODE, self.code.finish()),
            (FUNCTIONS, self.functions),
        ];
        assemble(sections.into_iter().filter(|(_, content)| !content.is_empty()).collect())
    }
}

fn assemble(sections: Vec<(u32, Vec<u8>)>) -> Vec<u8> {
    let total: usize = sections.iter().map(|(_, content)| content.len() + 12).sum();
    let mut table = Vec::with_capacity(12 + total);
    table.extend(MAGIC);
    table.extend(VERSION.to_le_bytes());
    table.extend(count_of(&sections).to_le_bytes());
    let mut offset = 12 + 12 * count_of(&sections);
    for (kind, content) in &sections {
        for number in [*kind, offset, count_of(content)] {
            table.extend(number.to_le_bytes());
        }
        offset = offset.saturating_add(count_of(content));
    }
    for (_, content) in sections {
        table.extend(content);
    }
    table
}

/// Level 6: 9 takes three times as long for 1 % less.
fn deflate(out: &mut Vec<u8>, text: &[u8]) {
    let mut encoder = DeflateEncoder::new(out, Compression::new(6));
    // Writing into memory does not fail.
    let _ = encoder.write_all(text);
    let _ = encoder.finish();
}

fn numbers_of(frame: &Inlined) -> Numbers {
    Numbers {
        function: frame.function,
        source: frame.source.map_or(0, |source| source.saturating_add(1)),
        line: frame.line,
        column: frame.column,
    }
}

fn key(line: u32, column: u32) -> u64 {
    (u64::from(line) << 32) | u64::from(column)
}

fn count_of<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}
