//! The description of the JSON API, which the collector's files serve as `/api/0/openapi.json`: one file of those under
//! `www/openapi/`, each of which describes a part of it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::stamp::files_under;

/// Writes the whole description. Objects of several files become one; whatever else stands in two files is refused.
///
/// # Errors
/// A file that cannot be read, is no JSON, or says again what another one says.
pub fn write(from: &Path, to: &Path) -> Result<()> {
    let mut files = files_under(from)?;
    files.sort();
    let mut whole = Value::Object(serde_json::Map::new());
    for file in &files {
        let name = file.display();
        let part: Value = serde_json::from_str(&fs::read_to_string(file)?)
            .with_context(|| format!("{name} is not JSON"))?;
        add(&mut whole, part).with_context(|| format!("{name} cannot be joined"))?;
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, format!("{whole:#}\n"))?;
    Ok(())
}

fn add(whole: &mut Value, part: Value) -> Result<()> {
    let (Value::Object(whole), Value::Object(part)) = (whole, part) else {
        bail!("it says what another file says");
    };
    for (name, value) in part {
        match whole.get_mut(&name) {
            Some(known) => add(known, value).context(name)?,
            None => {
                whole.insert(name, value);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::add;

    #[test]
    fn parts_become_one_and_none_says_what_another_says() {
        let mut whole = json!({ "paths": { "/a/": { "get": {} } } });
        add(&mut whole, json!({ "paths": { "/a/": { "post": {} }, "/b/": {} } })).unwrap();
        let expected = json!({ "paths": { "/a/": { "get": {}, "post": {} }, "/b/": {} } });
        assert_eq!(whole, expected);
        assert!(add(&mut whole, json!({ "paths": { "/a/": { "get": 1 } } })).is_err());
    }
}
