//! The JSON of a source map. Texts that need no unescaping are borrowed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::BadMap;

/// A text; numbers and other scalars as they are written, `null` as none.
#[derive(Debug, Clone, Default)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

/// A map or a section's map.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RawMap<'a> {
    version: Option<Value>,
    #[serde(borrow, default)]
    mappings: Text<'a>,
    #[serde(borrow, default)]
    names: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    sources: Option<Vec<Text<'a>>>,
    #[serde(borrow, default, rename = "sourcesContent")]
    contents: Option<Vec<Text<'a>>>,
    #[serde(borrow, default, rename = "sourceRoot")]
    root: Text<'a>,
    #[serde(borrow, default, rename = "debugId")]
    debug_id: Text<'a>,
    #[serde(borrow, default, rename = "debug_id")]
    debug_id_before: Text<'a>,
    #[serde(default, rename = "ignoreList")]
    ignored: Option<Vec<u32>>,
    #[serde(default, rename = "x_google_ignoreList")]
    ignored_before: Option<Vec<u32>>,
    #[serde(borrow, default)]
    pub(super) sections: Option<Vec<RawSection<'a>>>,
}

/// A section of an indexed map.
#[derive(Debug, Deserialize)]
pub(super) struct RawSection<'a> {
    pub(super) offset: Offset,
    #[serde(borrow, default)]
    pub(super) map: Option<RawMap<'a>>,
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
}

/// Where a section begins, from 0.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Offset {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The lists of a map without sections.
#[derive(Debug)]
pub(super) struct Lists<'a> {
    pub(super) mappings: Cow<'a, str>,
    pub(super) names: Vec<Text<'a>>,
    pub(super) sources: Vec<Text<'a>>,
    pub(super) contents: Vec<Text<'a>>,
    pub(super) root: String,
    pub(super) ignored: Vec<u32>,
}

impl<'a> RawMap<'a> {
    pub(super) fn check_version(&self) -> Result<(), BadMap> {
        match &self.version {
            None => Ok(()),
            Some(Value::Number(number)) if number.as_f64() == Some(3.0) => Ok(()),
            Some(Value::String(text)) if text == "3" => Ok(()),
            Some(other) => Err(BadMap::Version(other.to_string().chars().take(40).collect())),
        }
    }

    pub(super) fn debug_id(&self) -> Option<String> {
        let id = self.debug_id.0.as_ref().or(self.debug_id_before.0.as_ref())?;
        Some(id.clone().into_owned()).filter(|id| !id.is_empty())
    }

    /// How many mappings there are at most, sections included.
    pub(super) fn separators(&self) -> usize {
        let text = self.mappings.0.as_deref().unwrap_or_default();
        let own = text.bytes().filter(|byte| *byte == b',').count();
        // Lines without mappings cost nothing: a run of `;` counts once.
        let lines = text.split(';').filter(|line| !line.is_empty()).count();
        let sections = self.sections.iter().flatten().filter_map(|section| section.map.as_ref());
        own + lines + sections.map(RawMap::separators).sum::<usize>()
    }

    /// Whether there is anything that a map consists of.
    pub(super) fn is_map(&self) -> bool {
        self.mappings.0.is_some() || self.sections.is_some()
    }

    pub(super) fn into_lists(self) -> Lists<'a> {
        Lists {
            mappings: self.mappings.0.unwrap_or_default(),
            names: self.names.unwrap_or_default(),
            sources: self.sources.unwrap_or_default(),
            contents: self.contents.unwrap_or_default(),
            root: self.root.0.unwrap_or_default().into_owned(),
            ignored: self.ignored.or(self.ignored_before).unwrap_or_default(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text))))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}
