//! The field `mappings`: `AAAA,SAASA;…`, segments of 1, 4 or 5 base 64 VLQ numbers, each a difference from the one before.

use super::{BadMap, Mapping, NONE};

/// Reads all segments, the generated positions shifted by a section's offset (`line`, and `column` on its first line).
///
/// # Errors
/// The first byte that breaks the grammar, or an index that is not there.
pub(super) fn read(
    text: &str,
    (first_line, first_column): (u32, u32),
    (sources, names): (usize, usize),
    mut take: impl FnMut(Mapping),
) -> Result<(), BadMap> {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    let mut line = first_line;
    let mut column = first_column;
    let mut last = [0_u32; 4];
    while let Some(byte) = reader.peek() {
        match byte {
            b';' => {
                line = line.checked_add(1).ok_or_else(|| reader.broken("too many lines"))?;
                column = 0;
                reader.at += 1;
            }
            b',' => reader.at += 1,
            _ => {
                column = reader.step(column)?;
                let mut mapping = Mapping {
                    line,
                    column,
                    source: NONE,
                    source_line: 0,
                    source_column: 0,
                    name: NONE,
                };
                if !reader.at_end_of_segment() {
                    let [source, source_line, source_column, name] = &mut last;
                    *source = reader.step(*source)?;
                    *source_line = reader.step(*source_line)?;
                    *source_column = reader.step(*source_column)?;
                    index("source", *source, sources)?;
                    mapping.source = *source;
                    mapping.source_line = *source_line;
                    mapping.source_column = *source_column;
                    if !reader.at_end_of_segment() {
                        *name = reader.step(*name)?;
                        index("name", *name, names)?;
                        mapping.name = *name;
                    }
                }
                if !reader.at_end_of_segment() {
                    return Err(reader.broken("a segment has 1, 4 or 5 numbers"));
                }
                take(mapping);
            }
        }
    }
    Ok(())
}

fn index(field: &'static str, index: u32, count: usize) -> Result<(), BadMap> {
    if (index as usize) < count { Ok(()) } else { Err(BadMap::Index { field, index, count }) }
}

/// Reads numbers off the text.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn at_end_of_segment(&self) -> bool {
        matches!(self.peek(), None | Some(b',' | b';'))
    }

    /// The number that is the next difference away from `from`.
    fn step(&mut self, from: u32) -> Result<u32, BadMap> {
        let to = i64::from(from) + self.number()?;
        u32::try_from(to).map_err(|_| self.broken("a number out of range"))
    }

    fn number(&mut self) -> Result<i64, BadMap> {
        let mut value = 0_i64;
        for shift in (0..=30).step_by(5) {
            let Some(digit) = self.peek().map(digit) else {
                return Err(self.broken("they end within a segment"));
            };
            let digit = digit.ok_or_else(|| self.broken("no base 64 digit"))?;
            self.at += 1;
            value |= i64::from(digit & 31) << shift;
            if digit & 32 == 0 {
                let magnitude = value >> 1;
                return Ok(if value & 1 == 1 { -magnitude } else { magnitude });
            }
        }
        Err(self.broken("a number of more than 32 bits"))
    }

    fn broken(&self, what: &'static str) -> BadMap {
        BadMap::Mappings { at: self.at, what }
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
