//! Laying out `deploy/`: static files, their headers, and what `wrangler deploy` needs beside them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use toml_edit::{DocumentMut, value};

use crate::paths::Paths;
use crate::stamp::files_under;

/// Pages of other origins load the agent, so these answers say that they may, also under cross-origin isolation. The
/// collector puts a hash of its content into the address of each static file.
const HEADERS: &str = "\
/*
  X-Content-Type-Options: nosniff
/agent/*
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=31536000, immutable
  Cross-Origin-Resource-Policy: cross-origin
/trapline.js
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=300
  Cross-Origin-Resource-Policy: cross-origin
/trapline.mjs
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=300
  Cross-Origin-Resource-Policy: cross-origin
/static/*
  Cache-Control: public, max-age=31536000, immutable
";

/// Lays out all but the agent and the Worker.
///
/// # Errors
/// A file that cannot be read or written.
pub fn build(paths: &Paths) -> Result<()> {
    let assets = paths.deploy.join("assets");
    copy_tree(&paths.root.join("www/static"), &assets.join("static"), &[])?;
    // The collector answers `/demo/` itself, with a DSN in the page.
    copy_tree(&paths.root.join("www/demo"), &assets.join("demo"), &["index.html"])?;
    fs::write(assets.join("_headers"), HEADERS)?;
    write_configuration(paths)?;
    write_package(paths)
}

/// Makes `to` a copy of `from`, without the files named in `except`.
fn copy_tree(from: &Path, to: &Path, except: &[&str]) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for file in files_under(from)? {
        let inside = file.strip_prefix(from)?;
        if except.iter().any(|name| inside == Path::new(name)) {
            continue;
        }
        let copy = to.join(inside);
        if let Some(parent) = copy.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&file, copy).with_context(|| format!("{} could not be copied", file.display()))?;
    }
    Ok(())
}

/// The root's wrangler.toml without `[build]`, its paths relative to `deploy/`.
fn write_configuration(paths: &Paths) -> Result<()> {
    let source = fs::read_to_string(paths.root.join("wrangler.toml"))?;
    fs::write(paths.deploy.join("wrangler.toml"), deployable(&source)?)?;
    Ok(())
}

fn deployable(source: &str) -> Result<String> {
    let mut document: DocumentMut = source.parse().context("wrangler.toml is not TOML")?;
    document.remove("build");
    let assets = document.get_mut("assets").and_then(|assets| assets.get_mut("directory"));
    *assets.context("wrangler.toml has no assets.directory")? = value("assets");
    document.insert("main", value("worker/index.js"));
    let settings = without_preamble(&document.to_string());
    Ok(format!("# Made by `cargo xtask build` from ../wrangler.toml.\n{settings}"))
}

/// The opening comment is about the root's file.
fn without_preamble(text: &str) -> String {
    text.lines()
        .skip_while(|line| !line.starts_with("name"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// `cd deploy && npm install && npx wrangler deploy`, with the wrangler that was tested.
fn write_package(paths: &Paths) -> Result<()> {
    let source = fs::read_to_string(paths.root.join("package.json"))?;
    let source: Value = serde_json::from_str(&source).context("package.json is not JSON")?;
    let wrangler = source.pointer("/devDependencies/wrangler").unwrap_or(&Value::Null);
    let package = json!({
        "name": "trapline-deploy",
        "private": true,
        "scripts": { "deploy": "wrangler deploy" },
        "dependencies": { "wrangler": wrangler },
    });
    fs::write(paths.deploy.join("package.json"), format!("{package:#}\n"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::deployable;

    #[test]
    fn what_is_deployed_builds_nothing_and_lies_beside_its_settings() {
        let source = "# Root.\nname = \"t\"\nmain = \"deploy/worker/index.js\"\n\n[build]\ncommand = \"x\"\n\n\
                      # Files.\n[assets]\ndirectory = \"deploy/assets\"\n";
        let expected = "# Made by `cargo xtask build` from ../wrangler.toml.\nname = \"t\"\n\
                        main = \"worker/index.js\"\n\n# Files.\n[assets]\ndirectory = \"assets\"\n";
        assert_eq!(deployable(source).unwrap(), expected);
    }
}
