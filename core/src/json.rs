//! JSON into structs by way of a [`Value`], member by member in the order in which the struct names them.
//!
//! `serde_json` alone compiles a loop over the members' names into each struct's reading, for texts and for bytes: of some
//! hundred structs that is a tenth of the Worker. Here a struct is a list of members to look up. What a struct does not name is
//! passed over; a member that is not there is `None`, the struct's default, or an error that names it. Meant for texts that were
//! bounded before: all of it is in memory twice for a moment.

use std::cell::Cell;
use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected,
    IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// Why a text is not what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// No JSON, a value of another type, a name that nobody has: in words.
    Words(String),
    /// A struct has too few members.
    Members,
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            JsonError::Words(words) => words,
            JsonError::Members => "a member is missing",
        })
    }
}

impl std::error::Error for JsonError {}

impl serde::de::Error for JsonError {
    fn custom<T: fmt::Display>(words: T) -> Self {
        JsonError::Words(words.to_string())
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        JsonError::Members
    }
}

/// Reads a text of JSON.
///
/// # Errors
/// No JSON, and what does not fit.
pub fn from_slice<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonError> {
    let value = serde_json::from_slice(text).map_err(JsonError::custom)?;
    from_value(value)
}

/// Reads a value.
///
/// # Errors
/// What does not fit.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, JsonError> {
    T::deserialize(Reader(value))
}

/// Reads a struct, given its members by name: `None` for one that is not there.
///
/// # Errors
/// What does not fit.
pub fn from_members<T: DeserializeOwned>(
    member: &mut dyn FnMut(&'static str) -> Option<Value>,
) -> Result<T, JsonError> {
    T::deserialize(Named(member))
}

type Lookup<'a> = &'a mut dyn FnMut(&'static str) -> Option<Value>;

/// Something that has members, and is nothing else.
struct Named<'a>(Lookup<'a>);

impl<'de> Deserializer<'de> for Named<'_> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, JsonError> {
        Err(JsonError::Members)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let missing = Cell::new("");
        let members = Members { member: self.0, fields: fields.iter(), missing: &missing };
        visitor.visit_seq(members).map_err(|error| named(error, missing.get()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Says which member is missing.
fn named(error: JsonError, missing: &str) -> JsonError {
    match error {
        JsonError::Members if !missing.is_empty() => {
            JsonError::Words(["missing field `", missing, "`"].concat())
        }
        other => other,
    }
}

struct Members<'a> {
    member: Lookup<'a>,
    fields: std::slice::Iter<'static, &'static str>,
    missing: &'a Cell<&'static str>,
}

impl<'de> SeqAccess<'de> for Members<'_> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonError> {
        let Some(name) = self.fields.next() else { return Ok(None) };
        let Some(value) = (self.member)(name) else {
            // An option is `None`; another type says no, and the struct takes its default, if it has one.
            let found = seed.deserialize(Missing).ok();
            if found.is_none() {
                self.missing.set(name);
            }
            return Ok(found);
        };
        seed.deserialize(Reader(value)).map(Some)
    }
}

/// A member that is not there.
struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, JsonError> {
        Err(JsonError::Members)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Reader(Value);

impl<'de> Deserializer<'de> for Reader {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(is) => visitor.visit_bool(is),
            Value::Number(number) => {
                if let Some(number) = number.as_i64() {
                    visitor.visit_i64(number)
                } else if let Some(number) = number.as_u64() {
                    visitor.visit_u64(number)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or_default())
                }
            }
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            Value::Object(members) => {
                visitor.visit_map(Entries { rest: members.into_iter(), value: Value::Null })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Object(mut members) => {
                let mut member = |name: &'static str| members.remove(name);
                Named(&mut member).deserialize_struct(name, fields, visitor)
            }
            // As `serde_json` has it: members in their order.
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            _ => Err(JsonError::custom("expected an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let (name, value) = match self.0 {
            Value::String(name) => (name, Value::Null),
            Value::Object(members) if members.len() == 1 => {
                members.into_iter().next().unwrap_or_default()
            }
            _ => return Err(JsonError::custom("expected a name")),
        };
        visitor.visit_enum(Variant { name, value })
    }

    /// `null` is no empty map.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(JsonError::custom("expected an object")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct identifier
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonError> {
        self.0.next().map(|value| seed.deserialize(Reader(value))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries {
    rest: <Map<String, Value> as IntoIterator>::IntoIter,
    value: Value,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, JsonError> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(text(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, JsonError> {
        seed.deserialize(Reader(self.value.take()))
    }
}

fn text(text: String) -> StringDeserializer<JsonError> {
    text.into_deserializer()
}

/// A variant of an enum, and what it holds.
struct Variant {
    name: String,
    value: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = JsonError;
    type Variant = Reader;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Reader), JsonError> {
        Ok((seed.deserialize(text(self.name))?, Reader(self.value)))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests;
