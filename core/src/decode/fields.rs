//! The members of one JSON object, taken out one by one with the shape that is expected; what has another shape is
//! left out and noted.

use serde_json::{Map, Value};

use super::{note, time};
use crate::defect::Defect;
use crate::limits::{MAX_DEPTH, MAX_TEXT, MAX_WIDTH};

/// How defects call attributes that the protocol does not name.
const REST: &str = "*";

/// Most parts of a client fingerprint.
pub(super) const MAX_PARTS: usize = 32;

/// An object that is being taken apart, and what was wrong with it.
pub(super) struct Fields {
    map: Map<String, Value>,
    path: String,
    defects: Vec<Defect>,
}

impl Fields {
    pub(super) fn new(map: Map<String, Value>, defects: Vec<Defect>) -> Self {
        Self { map, path: String::new(), defects }
    }

    pub(super) fn into_defects(self) -> Vec<Defect> {
        self.defects
    }

    /// Reads a nested object with the same list of defects; `path` leads the paths of its defects.
    pub(super) fn within<T>(
        &mut self,
        path: String,
        map: Map<String, Value>,
        read: impl FnOnce(&mut Fields) -> T,
    ) -> T {
        let path = self.full_path(&path);
        let mut inner = Fields { map, path, defects: std::mem::take(&mut self.defects) };
        let value = read(&mut inner);
        self.defects = inner.defects;
        value
    }

    pub(super) fn note(&mut self, path: &str, reason: &str) {
        let path = cut(&self.full_path(path), MAX_TEXT).to_owned();
        note(&mut self.defects, path, reason);
    }

    fn full_path(&self, path: &str) -> String {
        if self.path.is_empty() { path.to_owned() } else { format!("{}.{path}", self.path) }
    }

    /// The member itself; `null` counts as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str, max_bytes: usize) -> Option<String> {
        let value = self.take(name)?;
        self.text_of(name, value, max_bytes)
    }

    /// A text, or a number or a truth value written as one.
    pub(super) fn text_of(&mut self, path: &str, value: Value, max_bytes: usize) -> Option<String> {
        match value {
            Value::String(text) if text.len() <= max_bytes => Some(text),
            Value::String(text) => {
                self.note(path, &format!("cut to {max_bytes} of {} bytes", text.len()));
                Some(cut(&text, max_bytes).to_owned())
            }
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null => None,
            Value::Array(_) | Value::Object(_) => {
                self.note(path, "not a text");
                None
            }
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        if value.as_bool().is_none() {
            self.note(name, "not true or false");
        }
        value.as_bool()
    }

    /// A whole number from 0 to `max`.
    pub(super) fn count(&mut self, name: &str, max: u32) -> Option<u32> {
        let value = self.take(name)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if number.is_none_or(|number| number > max) {
            self.note(name, &format!("not a whole number up to {max}"));
        }
        number.filter(|number| *number <= max)
    }

    /// Any finite number.
    pub(super) fn number(&mut self, name: &str) -> Option<f64> {
        let number = self.take(name)?.as_f64();
        if number.is_none() {
            self.note(name, "not a number");
        }
        number
    }

    /// Seconds since 1970 or an RFC 3339 text, as milliseconds.
    pub(super) fn time(&mut self, name: &str) -> Option<i64> {
        let value = self.take(name)?;
        let at_ms = time::parse(&value);
        if at_ms.is_none() {
            self.note(name, "not a time between 2000 and 2100");
        }
        at_ms
    }

    pub(super) fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        let map = object(self.take(name)?);
        if map.is_none() {
            self.note(name, "not an object");
        }
        map
    }

    /// What is left after the known members were taken: attributes of the sender's own.
    pub(super) fn bounded_rest(&mut self) -> Map<String, Value> {
        let rest = std::mem::take(&mut self.map);
        self.map.insert(REST.into(), Value::Object(rest));
        self.bounded_object(REST)
    }

    /// Any value of the sender's own making, trimmed to a depth, a width and a length of texts.
    pub(super) fn bounded(&mut self, name: &str) -> Value {
        let mut value = self.take(name).unwrap_or_default();
        let trimmed = trim(&mut value, MAX_DEPTH);
        if trimmed > 0 {
            self.note(name, &format!("{trimmed} values too deep, too many or too long"));
        }
        value
    }

    /// An object of the sender's own making, trimmed to a depth, a width and a length of texts.
    pub(super) fn bounded_object(&mut self, name: &str) -> Map<String, Value> {
        let Some(map) = self.object(name) else { return Map::new() };
        let mut value = Value::Object(map);
        let trimmed = trim(&mut value, MAX_DEPTH);
        if trimmed > 0 {
            self.note(name, &format!("{trimmed} values too deep, too many or too long"));
        }
        object(value).unwrap_or_default()
    }
}

pub(super) fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// `[…]` or `{"values": […]}`: the protocol allows both.
pub(super) fn list(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(members) => Some(members),
        Value::Object(mut map) => match map.remove("values") {
            Some(Value::Array(members)) => Some(members),
            _ => None,
        },
        _ => None,
    }
}

/// The longest beginning of at most `max_bytes` that does not split a character.
pub(super) fn cut(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or(text)
}

/// Returns how many values were left out or cut.
fn trim(value: &mut Value, depth: usize) -> usize {
    match value {
        Value::String(text) if text.len() > MAX_TEXT => {
            *text = cut(text, MAX_TEXT).to_owned();
            1
        }
        Value::Array(members) if depth > 0 => {
            let surplus = members.len().saturating_sub(MAX_WIDTH);
            members.truncate(MAX_WIDTH);
            surplus + members.iter_mut().map(|member| trim(member, depth - 1)).sum::<usize>()
        }
        Value::Object(map) if depth > 0 => {
            let surplus = map.len().saturating_sub(MAX_WIDTH);
            if surplus > 0 {
                // As a whole: removing thousands one by one takes as long as reading them.
                *map = std::mem::take(map).into_iter().take(MAX_WIDTH).collect();
            }
            surplus + map.values_mut().map(|member| trim(member, depth - 1)).sum::<usize>()
        }
        Value::Array(members) if !members.is_empty() => {
            *value = Value::String("[list]".into());
            1
        }
        Value::Object(map) if !map.is_empty() => {
            *value = Value::String("[object]".into());
            1
        }
        _ => 0,
    }
}
