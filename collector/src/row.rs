//! Reads the database's rows into structs, column by column in the order in which the struct names its members. Through a
//! deserializer that takes objects apart member by member, each of some sixty structs would be compiled in at five times the
//! size.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// One column of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// `NULL`
    Null,
    /// Whole numbers are below 2^53 on either side.
    Number(f64),
    /// `TEXT`
    Text(String),
}

/// A row does not fit the struct: a column is of another type, or is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit;

/// Reads one row; `cell` gives the column of a name, or `None` if there is no such column.
pub fn read<T: DeserializeOwned>(
    cell: &dyn Fn(&'static str) -> Option<Column>,
) -> Result<T, Unfit> {
    T::deserialize(Row(cell))
}

impl fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a column is missing, or is of another type")
    }
}

impl std::error::Error for Unfit {}

impl serde::de::Error for Unfit {
    /// Whoever reads a log knows the query: which column it was is not worth the code.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: serde::de::Unexpected, _: &dyn serde::de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: serde::de::Unexpected, _: &dyn serde::de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn serde::de::Expected) -> Self {
        Self
    }
}

struct Row<'row>(&'row dyn Fn(&'static str) -> Option<Column>);

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unfit> {
        Err(Unfit)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_seq(Members { cell: self.0, fields: fields.iter() })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Members<'row> {
    cell: &'row dyn Fn(&'static str) -> Option<Column>,
    fields: std::slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Members<'_> {
    type Error = Unfit;

    /// `None` for a column that is not there: the struct's default, if it has one.
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unfit> {
        match self.fields.next().and_then(|name| (self.cell)(name)) {
            Some(cell) => seed.deserialize(cell).map(Some),
            None => Ok(None),
        }
    }
}

impl<'de> Deserializer<'de> for Column {
    type Error = Unfit;

    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers are cast")]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self {
            Column::Null => visitor.visit_unit(),
            Column::Number(number) if number.fract() == 0.0 => visitor.visit_i64(number as i64),
            Column::Number(number) => visitor.visit_f64(number),
            Column::Text(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self {
            Column::Null => visitor.visit_none(),
            cell => visitor.visit_some(cell),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Column, Unfit, read};

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        id: u32,
        #[serde(rename = "label")]
        name: String,
        at_ms: Option<i64>,
        share: f64,
        #[serde(default)]
        users: u64,
        #[serde(default)]
        last: String,
    }

    fn sample(id: Option<Column>, at_ms: Column) -> Result<Sample, Unfit> {
        read(&|name| match name {
            "id" => id.clone(),
            "label" => Some(Column::Text("cart".into())),
            "at_ms" => Some(at_ms.clone()),
            "share" => Some(Column::Number(0.5)),
            "last" => Some(Column::Text("page".into())),
            _ => None,
        })
    }

    #[test]
    fn columns_are_read_by_name_and_missing_ones_are_defaults() {
        let row = sample(Some(Column::Number(7.0)), Column::Null).unwrap();
        let (name, last) = ("cart".to_owned(), "page".to_owned());
        assert_eq!(row, Sample { id: 7, name, at_ms: None, share: 0.5, users: 0, last });
        let row = sample(Some(Column::Number(7.0)), Column::Number(-5.0)).unwrap();
        assert_eq!(row.at_ms, Some(-5));
    }

    #[test]
    fn columns_of_another_type_are_refused() {
        for id in
            [None, Some(Column::Null), Some(Column::Number(-1.0)), Some(Column::Text("7".into()))]
        {
            assert_eq!(sample(id, Column::Null), Err(Unfit));
        }
    }
}
