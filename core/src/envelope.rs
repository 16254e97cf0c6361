//! What arrives: one header line, then items, each a header line and a payload.
//!
//! ```text
//! envelope = header "\n" item*
//! header   = JSON object, may be {}
//! item     = item-header "\n" payload ["\n"]
//! payload  = `length` bytes if the item header has a length, else all bytes up to the next "\n"
//! ```
//!
//! Lines may end with `\r\n`, and empty lines between items are passed over. Attributes that nobody knows are, too; an
//! item that does not name its type is one of the type "". Refused as a whole, because nobody can tell where the next
//! item begins: a header that is no JSON object, a length past the end, a payload that goes on behind its length; and
//! more than [`MAX_ITEMS`] items, headers over [`MAX_HEADER`] bytes. What an item holds is not looked at here.

use serde_json::{Map, Value};

use crate::bound::{self, Bounds};
use crate::limits::{MAX_HEADER, MAX_ITEMS};

/// A parsed envelope; payloads point into the bytes that were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope<'a> {
    /// Of the event it carries, if the header names one.
    pub event_id: Option<String>,
    /// Where the sender meant to send it: authenticates by the key inside.
    pub dsn: Option<String>,
    /// The sender's clock when it sent, as it wrote it.
    pub sent_at: Option<String>,
    /// In the sender's order.
    pub items: Vec<Item<'a>>,
}

/// One item of an envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<'a> {
    /// `event`, `session`, `client_report`, …; empty if the sender did not say.
    pub kind: String,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// Why bytes are no envelope. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// No byte at all.
    #[error("envelope is empty")]
    Empty,
    /// A header line that is no JSON object.
    #[error("line {line}: {what} header is not a JSON object")]
    Header {
        /// Which line of the body.
        line: usize,
        /// `envelope` or `item`.
        what: &'static str,
    },
    /// A header line that is longer than any sender writes.
    #[error("line {line}: {what} header is {bytes} bytes, limit is {limit}")]
    LongHeader {
        /// Which line of the body.
        line: usize,
        /// `envelope` or `item`.
        what: &'static str,
        /// As it arrived.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A length that is negative, no number, or past the end of the body.
    #[error("line {line}: item says {length} bytes, {left} are left")]
    Length {
        /// Which line of the body.
        line: usize,
        /// As the header has it.
        length: String,
        /// Bytes after the header.
        left: usize,
    },
    /// Bytes between a payload and the next line.
    #[error("line {line}: item does not end where its length of {length} says")]
    Boundary {
        /// Which line of the body.
        line: usize,
        /// As the header has it.
        length: usize,
    },
    /// More items than one envelope may have.
    #[error("envelope has more than {limit} items")]
    TooMany {
        /// Items allowed.
        limit: usize,
    },
}

/// Reads an envelope.
pub fn parse(body: &[u8]) -> Result<Envelope<'_>, EnvelopeError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(EnvelopeError::Empty);
    }
    // A byte order mark, which the format does not have and some editors write.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut cursor = Cursor { rest: body, line: 1 };
    let header = header(&mut cursor, "envelope")?;
    let text = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut envelope = Envelope {
        event_id: text("event_id"),
        dsn: text("dsn"),
        sent_at: text("sent_at"),
        items: Vec::new(),
    };
    while cursor.skip_empty_lines() {
        if envelope.items.len() == MAX_ITEMS {
            return Err(EnvelopeError::TooMany { limit: MAX_ITEMS });
        }
        envelope.items.push(item(&mut cursor)?);
    }
    Ok(envelope)
}

fn item<'a>(cursor: &mut Cursor<'a>) -> Result<Item<'a>, EnvelopeError> {
    let line = cursor.line;
    let header = header(cursor, "item")?;
    let kind = header.get("type").and_then(Value::as_str).unwrap_or_default();
    let payload = match header.get("length") {
        None | Some(Value::Null) => cursor.take_line(),
        Some(length) => {
            let left = cursor.rest.len();
            let bytes = length
                .as_u64()
                .and_then(|length| usize::try_from(length).ok())
                .filter(|length| *length <= left)
                .ok_or_else(|| EnvelopeError::Length { line, length: length.to_string(), left })?;
            cursor.take_exactly(bytes).ok_or(EnvelopeError::Boundary { line, length: bytes })?
        }
    };
    Ok(Item { kind: kind.to_owned(), payload })
}

fn header(cursor: &mut Cursor, what: &'static str) -> Result<Map<String, Value>, EnvelopeError> {
    let line = cursor.line;
    let bytes = cursor.take_line();
    if bytes.len() > MAX_HEADER {
        let (bytes, limit) = (bytes.len(), MAX_HEADER);
        return Err(EnvelopeError::LongHeader { line, what, bytes, limit });
    }
    object(bytes).ok_or(EnvelopeError::Header { line, what })
}

/// Bytes that are no UTF-8, in the name of an attachment say, do not make a header unreadable.
fn object(line: &[u8]) -> Option<Map<String, Value>> {
    bound::check(line, &BOUNDS).ok()?;
    crate::json::from_slice(String::from_utf8_lossy(line).as_bytes()).ok()
}

/// A header has a dozen attributes and a trace of twenty more.
const BOUNDS: Bounds = Bounds { max_depth: 16, max_values: 1_000 };

struct Cursor<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Cursor<'a> {
    fn take_line(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (self.rest.get(..end), self.rest.get(end + 1..)),
            None => (Some(self.rest), None),
        };
        self.rest = rest.unwrap_or_default();
        self.line += 1;
        line.unwrap_or_default()
    }

    /// `bytes` bytes, then the end of the body or of the line.
    fn take_exactly(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (payload, rest) = self.rest.split_at_checked(bytes)?;
        let rest = match rest {
            [] => rest,
            [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => rest,
            _ => return None,
        };
        self.line += 1 + payload.iter().filter(|byte| **byte == b'\n').count();
        self.rest = rest;
        Some(payload)
    }

    /// Whether anything is left.
    fn skip_empty_lines(&mut self) -> bool {
        loop {
            match self.rest {
                [] => return false,
                [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => {
                    self.rest = rest;
                    self.line += 1;
                }
                _ => return true,
            }
        }
    }
}

#[cfg(test)]
mod tests;
