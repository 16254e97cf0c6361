//! Rows as D1 gives them.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use trapline_core::json;
use wasm_bindgen::JsValue;
use worker::D1Result;

use super::StoreError;

/// What one statement of a batch gave back.
pub struct Rows(pub(super) D1Result);

impl Rows {
    /// Rows that the statement changed.
    pub fn changed(&self) -> usize {
        self.0.meta().ok().flatten().and_then(|meta| meta.changes).unwrap_or(0)
    }

    /// Rows that were written, those of indexes among them: the bill.
    pub fn written(&self) -> usize {
        self.0.meta().ok().flatten().and_then(|meta| meta.rows_written).unwrap_or(0)
    }

    /// Bytes of the database after the statement.
    pub fn database_bytes(&self) -> usize {
        self.0.meta().ok().flatten().and_then(|meta| meta.size_after).unwrap_or(0)
    }

    /// Every row, by column name.
    pub fn all<T: DeserializeOwned>(&self) -> Result<Vec<T>, StoreError> {
        let results = self.objects()?;
        let mut rows = Vec::with_capacity(results.len());
        for object in &results {
            let row = json::from_members(&mut |name| column(object, name));
            rows.push(row.map_err(|error| unfit(&error))?);
        }
        Ok(rows)
    }

    fn objects(&self) -> Result<Vec<Object>, StoreError> {
        self.0.results().map_err(|error| unfit(&error))
    }

    /// The first row.
    pub fn first<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        Ok(self.all()?.into_iter().next())
    }
}

/// A row as D1 gives it.
#[derive(Deserialize)]
#[serde(transparent)]
struct Object(#[serde(with = "serde_wasm_bindgen::preserve")] JsValue);

thread_local! {
    /// Names of columns, as JavaScript has them.
    static COLUMNS: RefCell<HashMap<&'static str, JsValue>> = RefCell::default();
}

/// What a column holds; whole numbers are below 2^53 on either side.
#[expect(clippy::cast_possible_truncation, reason = "only whole numbers are cast")]
fn column(object: &Object, name: &'static str) -> Option<Value> {
    let value = COLUMNS.with_borrow_mut(|columns| {
        let name = columns.entry(name).or_insert_with(|| JsValue::from_str(name));
        js_sys::Reflect::get(&object.0, name).ok()
    })?;
    match value.as_f64() {
        _ if value.is_null() => Some(Value::Null),
        Some(number) if number.fract() == 0.0 => Some((number as i64).into()),
        Some(number) => Some(number.into()),
        None => value.as_string().map(Value::String),
    }
}

fn unfit(error: &dyn std::fmt::Display) -> StoreError {
    let reason = error.to_string();
    worker::console_error!("{}", reason);
    StoreError::Row { reason }
}
