//! What arrives: one header line, then items, each a header line and a payload.
//!
//! ```text
//! envelope = header "\n" item*
//! header   = JSON object, may be {}
//! item     = item-header "\n" payload ["\n"]
//! payload  = `length` bytes if the item header has a length, else all bytes up to the next "\n"
//! ```
//!
//! A header line may end with `\r\n`. Refused as a whole: a header that is no JSON object, a length past the end,
//! more than [`MAX_ITEMS`] items. What an item holds is not looked at here.

use serde_json::{Map, Value};

use crate::limits::MAX_ITEMS;

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
    /// `event`, `session`, `client_report`, …
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
    /// An item header without a type.
    #[error("line {line}: item header has no type")]
    Type {
        /// Which line of the body.
        line: usize,
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
    let mut cursor = Cursor { rest: body, line: 1 };
    let header =
        object(cursor.header()).ok_or(EnvelopeError::Header { line: 1, what: "envelope" })?;
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
    let header = object(cursor.header()).ok_or(EnvelopeError::Header { line, what: "item" })?;
    let kind = header.get("type").and_then(Value::as_str).ok_or(EnvelopeError::Type { line })?;
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

fn object(line: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(line).ok()
}

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

    fn header(&mut self) -> &'a [u8] {
        let line = self.take_line();
        line.strip_suffix(b"\r").unwrap_or(line)
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
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Result<&[(&str, &str)], &str>) {
        let envelope = parse(body.as_bytes());
        let items = envelope.as_ref().map(|envelope| {
            let pair = |item: &Item| {
                (item.kind.clone(), String::from_utf8_lossy(item.payload).into_owned())
            };
            envelope.items.iter().map(pair).collect::<Vec<_>>()
        });
        let expected = expected.map(|items| {
            items.iter().map(|(kind, payload)| (kind.to_string(), payload.to_string())).collect()
        });
        assert_eq!(items.map_err(ToString::to_string), expected.map_err(str::to_owned));
    }

    #[test]
    fn items_end_by_length_or_by_line() {
        check("{}", Ok(&[]));
        check("{}\n", Ok(&[]));
        check("{}\n{\"type\":\"event\"}\n{\"a\":1}", Ok(&[("event", "{\"a\":1}")]));
        check("{}\r\n{\"type\":\"event\"}\r\n{}\n\n", Ok(&[("event", "{}")]));
        check(
            "{}\n{\"type\":\"a\",\"length\":3}\nx\ny\n{\"type\":\"b\"}\nz",
            Ok(&[("a", "x\ny"), ("b", "z")]),
        );
        check(
            "{}\n{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"b\",\"length\":0}\n",
            Ok(&[("a", ""), ("b", "")]),
        );
        check("{}\n{\"type\":\"a\",\"length\":0}", Ok(&[("a", "")]));
    }

    #[test]
    fn refusals_name_the_line() {
        check("", Err("envelope is empty"));
        check("\n \n", Err("envelope is empty"));
        check("nonsense", Err("line 1: envelope header is not a JSON object"));
        check("[]\n", Err("line 1: envelope header is not a JSON object"));
        check("{}\n{\"type\":\"a\"", Err("line 2: item header is not a JSON object"));
        check("{}\n{}\n{}", Err("line 2: item header has no type"));
        check("{}\n{\"type\":\"a\",\"length\":9}\nx", Err("line 2: item says 9 bytes, 1 are left"));
        check(
            "{}\n{\"type\":\"a\",\"length\":-1}\nx",
            Err("line 2: item says -1 bytes, 1 are left"),
        );
        check(
            "{}\n{\"type\":\"a\",\"length\":1}\nxyz",
            Err("line 2: item does not end where its length of 1 says"),
        );
        check(
            "{}\n\n{\"type\":\"a\",\"length\":3}\nx\ny\nnonsense\n",
            Err("line 6: item header is not a JSON object"),
        );
        let many = "{}\n".to_owned() + &"{\"type\":\"a\",\"length\":0}\n\n".repeat(501);
        check(&many, Err("envelope has more than 500 items"));
    }

    #[test]
    fn header_fields_are_read() {
        let body = br#"{"event_id":"ab","dsn":"https://k@h/1","sent_at":"2026-11-20T10:00:00Z","trace":{}}"#;
        let envelope = parse(body).unwrap();
        assert_eq!(envelope.event_id.as_deref(), Some("ab"));
        assert_eq!(envelope.dsn.as_deref(), Some("https://k@h/1"));
        assert_eq!(envelope.sent_at.as_deref(), Some("2026-11-20T10:00:00Z"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body: Vec<u8>) {
            let _ = parse(&body);
        }
    }
}
