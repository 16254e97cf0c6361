//! The npm package that the agent will be: `deploy/npm/`, of files that `npm pack` takes as they are.
//!
//! ```text
//! index.js     what pages import through a bundler, beside agent.js and what that loads
//! inline.js    the same as one file, with the wasm inside: for pages that can load one file only
//! index.d.ts   types of both
//! ```

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::agent::{FILES, esbuild};
use crate::names::Names;
use crate::paths::Paths;
use crate::progress::Say;

/// Of conditions the first that fits counts, so `types` comes first.
const MANIFEST: &str = r#"{
  "name": "trapline",
  "version": "VERSION",
  "description": "Browser error monitoring that is small",
  "license": "MIT OR Apache-2.0",
  "type": "module",
  "sideEffects": false,
  "types": "./index.d.ts",
  "exports": {
    ".": { "types": "./index.d.ts", "default": "./index.js" },
    "./inline": { "types": "./index.d.ts", "default": "./inline.js" }
  },
  "files": ["*.js", "*.wasm", "*.d.ts", "LICENSE-*"]
}
"#;

/// Builds it from `target/agent`.
///
/// # Errors
/// A tool that fails, a file that cannot be written.
pub(crate) fn build(paths: &Paths, names: &Names, say: &Say) -> Result<()> {
    let package = paths.deploy.join("npm");
    fs::create_dir_all(&package)?;
    let copy = |from: &Path, name: &str| {
        fs::copy(from, package.join(name))
            .map(drop)
            .with_context(|| format!("{name} could not be copied"))
    };
    for name in FILES {
        copy(&paths.agent().join(name), name)?;
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&paths.root.join(name), name)?;
    }
    copy(&paths.root.join("agent/js/index.d.ts"), "index.d.ts")?;
    copy(&paths.root.join("agent/js/README.md"), "README.md")?;
    let module = ["--format=esm", "--target=es2022"];
    let index = package.join("index.js");
    esbuild(
        paths,
        names,
        say,
        "module.js",
        &index,
        &[module[0], module[1], "--external:./agent.js"],
    )?;
    let wasm = STANDARD.encode(fs::read(paths.agent().join("agent_bg.wasm"))?);
    let inside = format!("--define:__WASM_BASE64__=\"{wasm}\"");
    let inline = package.join("inline.js");
    esbuild(paths, names, say, "module.js", &inline, &[module[0], module[1], &inside])?;
    fs::write(package.join("package.json"), MANIFEST.replace("VERSION", env!("CARGO_PKG_VERSION")))
        .context("package.json could not be written")
}
