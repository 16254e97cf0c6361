//! Commands: by bash, in the order in which a document has them, in a folder with a build; and a backup by wrangler.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::ensure;
use serde_json::json;
use trapline_tests::{CleanMachine, Program, Project, Site, World, eventually};

use super::{all_blocks, documents, filled};
use crate::client::{between, get, post};
use crate::sentry_sdks::run as said_by;

/// Blocks marked `no_run`, by document and first line: they need an account, a terminal, or a registry that has the package.
const NOT_RUN: &[(&str, &str)] = &[
    ("docs/src/getting-started.md", "npm install ./trapline"),
    ("docs/src/source-maps.md", "cargo install --path cli"),
    ("docs/src/security.md", "npx wrangler secret put SETUP_SECRET"),
    ("docs/src/security.md", "npm run sign-in-key"),
    ("docs/src/operation.md", "cargo xtask deploy"),
    ("docs/src/operation.md", "npm install"),
    ("docs/src/operation.md", "npx wrangler rollback"),
    (
        "docs/src/operation.md",
        "npx wrangler d1 time-travel restore trapline --timestamp 2026-11-29T08:00:00Z",
    ),
    ("docs/src/operation.md", "cargo xtask dev"),
    ("docs/src/sizing.md", "npx wrangler queues create trapline-events"),
    (
        "README.md",
        "cargo xtask dev     # builds everything, starts it, prints a sign-in link and the address of a demo shop",
    ),
    ("README.md", "cargo install --path cli     # the command line: trapline"),
    (
        "README.md",
        "cargo xtask deploy     # builds deploy/, and puts it on your Cloudflare account; says what to do next",
    ),
    ("xtask/deploy/README.md", "npm install"),
    (
        "xtask/deploy/README.md",
        "npm run sign-in-key                      # a new key; -- --revoke-others ends all other keys and sessions",
    ),
    ("xtask/deploy/README.md", "npx wrangler queues create trapline-events"),
];

/// Every block that is not in that list.
pub(super) fn run(world: &World) {
    let found = all_blocks(world, "sh", "no_run");
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(place, block)| {
            let file = place.rsplit_once(':').expect("a place").0;
            (file, block.code.lines().next().unwrap_or_default())
        })
        .collect();
    assert_eq!(found, NOT_RUN);

    let programs = programs(world);
    for document in documents(world) {
        if !document.blocks.iter().any(|one| one.language == "sh" && one.marks.is_empty()) {
            continue;
        }
        let project = world.project();
        let scopes = ["artifacts:write", "project:read", "project:write", "project:admin"];
        let program = Program::of(world, &project, &scopes).unwrap();
        let event = json!({ "message": "the cart is empty", "user": { "id": "jo@shop.example" } });
        let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
        assert_eq!(project.send(envelope.as_bytes()).status, 200);
        let short_id = project.api.only_issue().unwrap().short_id;
        let folder = build(world, &document.file.replace('/', "-"));
        let shop = shop(&folder);
        for block in &document.blocks {
            let code = filled(&block.code, world, &project, Some(&program))
                .replace("SHOP-1", &short_id)
                .replace("https://shop.example", &shop.origin());
            let place = format!("{}:{}", document.file, block.line);
            match (block.language.as_str(), block.marks.join(",").as_str()) {
                ("toml", "traplinerc") => fs::write(folder.join(".traplinerc"), code).unwrap(),
                ("sh", "") => {
                    let output = Command::new("bash")
                        .args(["-euo", "pipefail", "-c", &code])
                        .current_dir(&folder)
                        .env("PATH", &programs)
                        .env("NO_COLOR", "1")
                        .output()
                        .unwrap();
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let said = text(&output.stdout) + &text(&output.stderr);
                    assert!(output.status.success(), "{place} failed:\n{code}\n{said}");
                    check(&block.code, &said, &place, &project);
                }
                _ => {}
            }
        }
    }
}

/// What a reader would look for in an answer.
#[track_caller]
fn check(code: &str, said: &str, place: &str, project: &Project<'_>) {
    for (command, expected) in [
        ("trapline check", "app.ts"),
        ("sourcemaps upload", "File processing complete"),
        ("openapi.json", "\"openapi\""),
        ("query=is:new", "the cart is empty"),
        ("/issues/export/", "the cart is empty"),
        ("/trapline.json", "sha384-"),
        ("/health", "ok"),
        ("data-binary", "\"id\""),
        ("erasures", "{"),
    ] {
        assert!(
            !code.contains(command) || said.contains(expected),
            "{place}: no {expected} in\n{said}"
        );
    }
    if code.contains("\"resolved\"") {
        assert_eq!(project.api.only_issue_of("resolved").unwrap().status, "resolved", "{place}");
    }
}

/// `PATH` with `trapline` and `sentry-cli` in front.
pub fn programs(world: &World) -> String {
    said_by(
        Command::new("cargo")
            .args(["build", "-q", "-p", "trapline"])
            .current_dir(&world.paths.root),
    );
    let folder = world.paths.target.join("e2e/docs-programs");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    symlink(world.paths.target.join("debug/trapline"), folder.join("trapline")).unwrap();
    let sentry_cli = world.paths.node_module("@sentry/cli-linux-x64/bin/sentry-cli");
    symlink(sentry_cli, folder.join("sentry-cli")).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

/// A folder with `dist/app.js`, minified, and its map.
fn build(world: &World, name: &str) -> std::path::PathBuf {
    let folder = world.paths.target.join("e2e/docs").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let source = "export function pay(price: number) {\n  if (price < 0) throw new Error(\"negative price\")\n  return price\n}\n\
                  (globalThis as any).pay = pay\n";
    fs::write(folder.join("app.ts"), source).unwrap();
    said_by(
        Command::new(world.paths.esbuild())
            .args(["app.ts", "--bundle", "--minify", "--sourcemap", "--outfile=dist/app.js"])
            .args(["--log-level=warning"])
            .current_dir(&folder),
    );
    folder
}

/// The shop that runs this build.
fn shop(folder: &Path) -> Site {
    let read = |name: &str| fs::read_to_string(folder.join("dist").join(name)).unwrap();
    let page = "<!doctype html><title>Shop</title><script src=\"/app.js\"></script>";
    Site::serve(&[("/", page), ("/app.js", &read("app.js")), ("/app.js.map", &read("app.js.map"))])
}

const SECRET: &str = "a secret of the tests, 1";

/// Exported and read into another database by the documents' commands, on databases of this machine, the issue is there again,
/// and the same key signs in.
pub(super) fn backup(world: &World) {
    let machine = CleanMachine::installed(&world.paths, "backup");
    let worker = machine.start(&[("SETUP_SECRET", SECRET)]);
    let claim =
        [("administrator", "Jo"), ("project", "Hazel shop"), ("slug", "shop"), ("secret", SECRET)];
    let done = post(&worker, "/setup", &claim, "");
    assert_eq!(done.status, 200, "{done:?}");
    let session = done.cookie.expect("a session");
    let page = get(&worker, "/shop/issues/", &session).body;
    let dsn = between(&page, "data-dsn=\"", "\"").expect("a DSN").to_owned();
    let key = between(&dsn, "://", "@").expect("a key").to_owned();
    let sent = xtask::worker::http()
        .post(crate::client::address(&worker, &format!("/api/1/envelope/?sentry_key={key}")))
        .send(&b"{}\n{\"type\":\"event\"}\n{\"message\":\"the cart is empty\"}"[..]);
    assert_eq!(sent.unwrap().status(), 200);
    drop(worker);

    // Where wrangler keeps databases of this machine unless it is told otherwise.
    let local = machine.file(".wrangler/state");
    fs::create_dir_all(local.parent().unwrap()).unwrap();
    fs::rename(machine.file("state"), &local).unwrap();
    run_here(&machine, &all_blocks(world, "sh", "backup")[0].1.code);
    let exported = fs::read_to_string(machine.file("trapline.sql")).expect("the export");
    assert!(exported.contains("the cart is empty"), "the issue stands in the export");
    fs::remove_dir_all(&local).unwrap();
    let settings = fs::read_to_string(machine.file("wrangler.toml")).unwrap();
    let settings = settings.replacen(
        "database_name = \"trapline\"",
        "database_name = \"trapline-restored\"",
        1,
    );
    fs::write(machine.file("wrangler.toml"), settings).unwrap();
    run_here(&machine, &all_blocks(world, "sh", "restore")[0].1.code);
    fs::rename(&local, machine.file("state")).unwrap();
    let worker = machine.start(&[("SETUP_SECRET", SECRET)]);
    eventually(|| {
        let list = get(&worker, "/shop/issues/", &session);
        ensure!(list.status == 200 && list.body.contains("the cart is empty"), "{list:?}");
        Ok(())
    });
}

/// `npx wrangler …`, on this machine instead of on Cloudflare's; there a database need not be made.
fn run_here(machine: &CleanMachine, code: &str) {
    for line in code.lines().filter(|line| !line.contains("d1 create")) {
        let line = line.replace("--remote", "--local");
        let arguments: Vec<&str> = line.split_whitespace().skip(2).collect();
        let output = machine.wrangler(&arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{line}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}
