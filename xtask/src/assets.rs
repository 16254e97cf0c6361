//! Laying out `deploy/`: static files, their headers, and what `wrangler deploy` needs beside them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::demo;
use crate::docs;
use crate::names::Names;
use crate::openapi;
use crate::paths::Paths;
use crate::progress::Say;
use crate::run::run;
use crate::stamp::files_under;

/// Pages of other origins load the agent, so these answers say that they may, also under cross-origin isolation. The
/// collector puts a hash of its content into the address of each static file.
fn headers(names: &Names) -> String {
    let loaded = |path: &str, age: &str| {
        format!(
            "{path}\n  Access-Control-Allow-Origin: *\n  Cache-Control: public, {age}\n  \
             Cross-Origin-Resource-Policy: cross-origin\n"
        )
    };
    let (forever, minutes) = ("max-age=31536000, immutable", "max-age=300");
    let mut text = "/*\n  X-Content-Type-Options: nosniff\n".to_owned();
    text += &loaded(&format!("/{}/*", names.directory()), forever);
    for name in [names.script(), names.worker_script(), names.module(), names.integrity()] {
        text += &loaded(&format!("/{name}"), minutes);
    }
    text += &format!("/static/*\n  Cache-Control: public, {forever}\n");
    text + &format!(
        "/docs/*\n  Content-Security-Policy: {}\n  Referrer-Policy: same-origin\n",
        docs::POLICY
    )
}

/// Files are served under their own names alone.
const REDIRECTS: &str = "/docs /docs/index.html 302\n/docs/ /docs/index.html 302\n";

/// Lays out all but the agent and the Worker; the demo's part in Rust has been built.
///
/// # Errors
/// A file that cannot be read or written.
pub fn build(paths: &Paths, names: &Names, say: &Say) -> Result<()> {
    let assets = paths.deploy.join("assets");
    copy_tree(&paths.root.join("www/static"), &assets.join("static"), &[])?;
    for (folder, name) in [("www/styles", "app.css"), ("www/scripts", "app.js")] {
        let joined = paths.target.join("assets").join(name);
        join(&paths.root.join(folder), &joined)?;
        minify(paths, &joined, &assets.join("static").join(name), say)?;
    }
    openapi::write(&paths.root.join("www/openapi"), &assets.join("api/0/openapi.json"))?;
    // The collector answers `/demo/` itself, with a DSN in the page.
    copy_tree(&paths.root.join("www/demo"), &assets.join("demo"), &["index.html"])?;
    for name in demo::FILES {
        copy(&paths.demo().join(name), &assets.join("demo").join(name))?;
    }
    docs::build(paths, &assets.join("docs"), say)?;
    fs::write(assets.join("_headers"), headers(names))?;
    fs::write(assets.join("_redirects"), REDIRECTS)?;
    write_configuration(paths, names)?;
    write_package(paths)?;
    for name in ["README.md", "sign-in-key.mjs", ".dev.vars.example"] {
        copy(&paths.root.join("xtask/deploy").join(name), &paths.deploy.join(name))?;
    }
    Ok(())
}

/// Makes one file of those of a directory, in the order of their names.
fn join(from: &Path, to: &Path) -> Result<()> {
    let mut files = files_under(from)?;
    files.sort();
    let texts = files.iter().map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::write(to, texts.join("\n"))?;
    Ok(())
}

/// The same without what only its authors read. Names of the script stay: pages share one scope.
fn minify(paths: &Paths, from: &Path, to: &Path, say: &Say) -> Result<()> {
    let mut command = Command::new(paths.esbuild());
    command.arg(from).args(["--minify", "--legal-comments=none", "--log-level=warning"]);
    command.arg("--allow-overwrite").arg(format!("--outfile={}", to.display()));
    run(&mut command, say, "fix what it says above, then run this again")
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
fn write_configuration(paths: &Paths, names: &Names) -> Result<()> {
    let source = fs::read_to_string(paths.root.join("wrangler.toml"))?;
    fs::write(paths.deploy.join("wrangler.toml"), deployable(&source, names)?)?;
    Ok(())
}

fn deployable(source: &str, names: &Names) -> Result<String> {
    let mut document: DocumentMut = source.parse().context("wrangler.toml is not TOML")?;
    document.remove("build");
    let assets = document.get_mut("assets").and_then(|assets| assets.get_mut("directory"));
    *assets.context("wrangler.toml has no assets.directory")? = value("assets");
    document.insert("main", value("worker/index.js"));
    if let Some(name) = names.other() {
        let mut variables = Table::new();
        variables.insert("AGENT_NAME", value(name));
        document.insert("vars", Item::Table(variables));
    }
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
        // Shown by Cloudflare's button where it asks for what `.dev.vars.example` names.
        "cloudflare": { "bindings": { "SETUP_SECRET": {
            "description": "At least 20 characters; whoever knows it owns the deployment. Below that nobody can claim it.",
        } } },
    });
    fs::write(paths.deploy.join("package.json"), format!("{package:#}\n"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use toml_edit::DocumentMut;

    use super::{deployable, headers};
    use crate::names::Names;

    fn usual() -> Names {
        Names::new("trapline").unwrap()
    }

    const ROOT: &str = include_str!("../../wrangler.toml");

    #[test]
    fn what_is_deployed_builds_nothing_and_lies_beside_its_settings() {
        let source = "# Root.\nname = \"t\"\nmain = \"deploy/worker/index.js\"\n\n[build]\ncommand = \"x\"\n\n\
                      # Files.\n[assets]\ndirectory = \"deploy/assets\"\n";
        let expected = "# Made by `cargo xtask build` from ../wrangler.toml.\nname = \"t\"\n\
                        main = \"worker/index.js\"\n\n# Files.\n[assets]\ndirectory = \"assets\"\n";
        assert_eq!(deployable(source, &usual()).unwrap(), expected);
    }

    #[test]
    fn collector_of_another_name_knows_it() {
        let oak = Names::new("oak").unwrap();
        let settings: DocumentMut = deployable(ROOT, &oak).unwrap().parse().unwrap();
        assert_eq!(settings["vars"]["AGENT_NAME"].as_str(), Some("oak"));
        assert!(!headers(&oak).contains("trapline"));
    }

    #[test]
    fn settings_of_an_account_are_never_deployed() {
        let settings = deployable(ROOT, &usual()).unwrap();
        for name in ["account_id", "database_id", "zone_id"] {
            assert!(!settings.contains(name), "{name}");
        }
    }

    /// `#name = …` is a setting that is off, `# Prose` is not.
    #[test]
    fn what_is_off_can_be_switched_on() {
        let settings = deployable(ROOT, &usual()).unwrap();
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
