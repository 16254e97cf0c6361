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
/trapline-worker.js
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
    write_package(paths)?;
    for name in ["README.md", "sign-in-key.mjs"] {
        copy(&paths.root.join("xtask/deploy").join(name), &paths.deploy.join(name))?;
    }
    Ok(())
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
        let target = to.join(inside);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        copy(&file, &target)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("{} could not be copied", from.display()))?;
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

/// `cd deploy && npm install && npx wrangler deploy`, with the wrangler that was tested. The commands of package.json are
/// those that deploy/README.md names.
fn write_package(paths: &Paths) -> Result<()> {
    let source = fs::read_to_string(paths.root.join("package.json"))?;
    let source: Value = serde_json::from_str(&source).context("package.json is not JSON")?;
    let wrangler = source.pointer("/devDependencies/wrangler").unwrap_or(&Value::Null);
    let package = json!({
        "name": "trapline-deploy",
        "private": true,
        "engines": source.get("engines"),
        "scripts": {
            "deploy": "wrangler deploy",
            "dev": "wrangler dev",
            "sign-in-key": "node sign-in-key.mjs",
        },
        "dependencies": { "wrangler": wrangler },
    });
    fs::write(paths.deploy.join("package.json"), format!("{package:#}\n"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use toml_edit::DocumentMut;

    use super::deployable;

    const ROOT: &str = include_str!("../../wrangler.toml");

    #[test]
    fn what_is_deployed_builds_nothing_and_lies_beside_its_settings() {
        let source = "# Root.\nname = \"t\"\nmain = \"deploy/worker/index.js\"\n\n[build]\ncommand = \"x\"\n\n\
                      # Files.\n[assets]\ndirectory = \"deploy/assets\"\n";
        let expected = "# Made by `cargo xtask build` from ../wrangler.toml.\nname = \"t\"\n\
                        main = \"worker/index.js\"\n\n# Files.\n[assets]\ndirectory = \"assets\"\n";
        assert_eq!(deployable(source).unwrap(), expected);
    }
    #[test]
    fn settings_of_an_account_are_never_deployed() {
        let settings = deployable(ROOT).unwrap();
        for name in ["account_id", "database_id", "zone_id"] {
            assert!(!settings.contains(name), "{name}");
        }
    }

    /// `#name = …` is a setting that is off, `# Prose` is not.
    #[test]
    fn what_is_off_can_be_switched_on() {
        let settings = deployable(ROOT).unwrap();
        let on = |line: &str| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        };
        let document: DocumentMut = settings.lines().map(on).collect::<String>().parse().unwrap();
        let names = |section: &str, name: &str| -> Vec<String> {
            let tables = section.split('.').fold(document.as_item(), |item, key| &item[key]);
            let tables = tables.as_array_of_tables().unwrap().iter();
            tables.map(|table| table[name].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names("d1_databases", "binding"), ["DB", "DB_1"]);
        assert_eq!(names("queues.producers", "binding"), ["QUEUE"]);
        assert_eq!(names("queues.consumers", "queue"), ["trapline-events", "trapline-dead"]);
    }
}
