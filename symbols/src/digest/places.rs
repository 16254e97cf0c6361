//! Byte offsets ↔ lines and columns. Lines end as in JavaScript; columns are UTF-16 units from 0.

/// A line and a column, from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineColumn {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The length of each line in UTF-16 units.
pub(super) fn line_lengths(text: &str) -> Vec<u32> {
    let mut lengths = Vec::new();
    let mut walker = Walker::over(text);
    let mut column = 0;
    while walker.step() {
        if walker.at.line as usize > lengths.len() {
            lengths.push(column);
        }
        column = walker.at.column;
    }
    lengths.push(column);
    lengths
}

/// The places of byte offsets, which are sorted.
pub(crate) fn places_of(text: &str, offsets: &[usize]) -> Vec<LineColumn> {
    let mut walker = Walker::over(text);
    let mut places = Vec::with_capacity(offsets.len());
    for offset in offsets {
        while walker.offset < *offset && walker.step() {}
        places.push(walker.at);
    }
    places
}

/// Goes through a text, a character at a time.
struct Walker<'a> {
    bytes: &'a [u8],
    offset: usize,
    at: LineColumn,
}

impl<'a> Walker<'a> {
    fn over(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), offset: 0, at: LineColumn::default() }
    }

    fn step(&mut self) -> bool {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let Some(first) = rest.first() else { return false };
        let (length, units) = match first {
            ..0x80 => (1, 1),
            ..0xe0 => (2, 1),
            ..0xf0 => (3, 1),
            _ => (4, 2),
        };
        self.offset += length;
        let ends = match rest {
            // `\r\n` is one end: the second byte makes it.
            [b'\r', b'\n', ..] => false,
            [b'\n' | b'\r', ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..] => true,
            _ => false,
        };
        if ends {
            self.at = LineColumn { line: self.at.line.saturating_add(1), column: 0 };
        } else {
            self.at.column = self.at.column.saturating_add(units);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_utf_16_units() {
        let text = "a\u{1f600}b\r\nä\u{2028}x\n";
        let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
        let places = places_of(text, &offsets);
        let pairs: Vec<(u32, u32)> = places.iter().map(|at| (at.line, at.column)).collect();
        assert_eq!(pairs, [(0, 0), (0, 1), (0, 3), (0, 4), (0, 5), (1, 0), (1, 1), (2, 0), (2, 1)]);
        assert_eq!(line_lengths("ab\nc"), [2, 1]);
        assert_eq!(line_lengths("ab\n"), [2, 0]);
    }
}
