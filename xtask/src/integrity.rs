//! What lets a page pin the agent: the script under a name that changes with its content, and the hash of each file.
//!
//! ```text
//! /agent/<hash>/trapline.<hash>.js    the same bytes as /trapline.js
//! /trapline.json                      {"script": …, "integrity": "sha384-…", "files": {"/agent/<hash>/agent.js": "sha384-…"}}
//! ```

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha384};

use crate::names::Names;
use crate::stamp::{Inputs, files_under};

/// Writes both beside the agent of `hash`, which has been laid out.
///
/// # Errors
/// A file that cannot be read or written.
pub(crate) fn write(assets: &Path, names: &Names, hash: &str) -> Result<()> {
    let folder = format!("{}/{hash}", names.directory());
    let mut files = Map::new();
    for file in files_under(&assets.join(&folder))? {
        let name = file.strip_prefix(assets)?.display().to_string();
        // A script of an earlier build goes; wasm is fetched, and no page can pin that.
        if is_pinned(&file, names.stem()) {
            fs::remove_file(&file)?;
        } else if name.ends_with(".js") {
            files.insert(format!("/{name}"), Value::String(integrity(&fs::read(&file)?)));
        }
    }
    let script = fs::read(assets.join(names.script())).context("there is no script to pin")?;
    let digest = Inputs::within(assets).path(&names.script())?.digest();
    let path = format!("{folder}/{}.{digest}.js", names.stem());
    fs::write(assets.join(&path), &script)?;
    let says =
        json!({ "script": format!("/{path}"), "integrity": integrity(&script), "files": files });
    fs::write(assets.join(names.integrity()), format!("{says:#}\n"))?;
    Ok(())
}

/// `trapline.0123456789abcdef.js`
fn is_pinned(file: &Path, stem: &str) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let hash = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".js"));
    hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// As the attribute `integrity` has it.
fn integrity(content: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(content)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{integrity, is_pinned};

    #[test]
    fn only_what_was_made_for_pinning_goes() {
        let check = |name: &str| is_pinned(Path::new(name), "views");
        assert!(check("agent/1/views.0123456789abcdef.js"));
        assert!(!check("agent/1/views.js") && !check("agent/1/agent.0123456789abcdef.js"));
    }

    /// That of the empty file, as `openssl dgst -sha384 -binary /dev/null | base64` says.
    #[test]
    fn integrity_is_what_browsers_compute() {
        assert_eq!(
            integrity(b""),
            "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb"
        );
    }
}
