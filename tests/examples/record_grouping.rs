//! Records the grouping corpus: every bug of `tests/corpora/grouping/src`, thrown in three engines, from three builds of two
//! releases, sent by our agent and by `@sentry/browser`.
//!
//! `cargo xtask build`, then `node tests/corpora/grouping/build.mjs target/grouping`, then
//! `cargo run -p trapline-tests --example record_grouping`. What it writes beside the sources:
//! `events.jsonl.gz`, a line an event: `{"bug", "engine", "build", "release", "sender", "event"}`; and the bundles of
//! `builds/` with their source maps, compressed.

use std::fs::{self, File as FileOnDisk};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use trapline_tests::{Engine, File, Gate, Project, Site, World, eventually};

const BUILDS: [&str; 3] = ["readable", "esbuild", "terser"];

/// What a fingerprint never reads, and what differs from run to run.
const LEFT_OUT: [&str; 8] =
    ["contexts", "extra", "sdk", "request", "user", "environment", "transaction", "modules"];

/// Breadcrumbs kept of an event.
const MAX_CRUMBS: usize = 3;

fn main() -> Result<()> {
    let world = World::start()?;
    let project = world.project();
    let corpus = world.paths.root.join("tests/corpora/grouping");
    let built = world.paths.target.join("grouping");
    let recorded = built.join("events.jsonl.gz");
    let mut lines = GzEncoder::new(FileOnDisk::create(&recorded)?, Compression::best());
    for build in BUILDS {
        for release in ["1", "2"] {
            let folder = built.join(build).join(release);
            keep_bundle(&folder, &corpus.join("builds").join(build).join(release))?;
            for engine in Engine::ALL {
                for sender in ["trapline", "sentry"] {
                    let page = Page { folder: &folder, release, sender };
                    let events = record(&world, &project, engine, &page, &built)?;
                    eprintln!("{build} {release} {engine:?} {sender}: {} events", events.len());
                    for event in events {
                        let bug = event.pointer("/tags/bug").cloned();
                        let line = json!({
                            "bug": bug, "engine": engine.name(), "build": build,
                            "release": release, "sender": sender, "event": slim(event),
                        });
                        writeln!(lines, "{line}")?;
                    }
                }
            }
        }
    }
    lines.finish()?;
    // All or nothing: a run that fails leaves the corpus as it is.
    fs::copy(&recorded, corpus.join("events.jsonl.gz"))?;
    Ok(())
}

/// Which page breaks.
struct Page<'a> {
    folder: &'a Path,
    release: &'a str,
    sender: &'a str,
}

/// Throws all bugs in one page, one after another, and returns what arrived.
fn record(
    world: &World,
    project: &Project,
    engine: Engine,
    page: &Page,
    built: &Path,
) -> Result<Vec<Value>> {
    let gate = world.gate();
    gate.answer(200, &[]);
    let entry = fs::read_to_string(page.folder.join("entry.txt"))?;
    let html = match page.sender {
        "sentry" => sentry_page(&gate, project, page.release),
        _ => {
            let release = format!("shop@{}", page.release);
            let snippet = project.snippet_to(&gate.dsn(project), &[("data-release", &release)]);
            let label = "<script>labelNext = bug => Trapline.setTag('bug', bug)</script>";
            format!("{snippet}{label}")
        }
    };
    let html = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Shop</title>{html}<body><main><p>Shop</p></main>\
         <script type=\"module\" src=\"/{entry}\"></script></body>"
    );
    let third =
        |name: &str| fs::read(built.join("third").join(name)).with_context(|| name.to_owned());
    let site = Site::serve_files(vec![
        // A server that answers everything with its page.
        File::new("/api/menu", html.clone()),
        File::new("/api/questions", html.clone()),
        File::new("/", html),
        File::new(&format!("/{entry}"), fs::read(page.folder.join(&entry))?),
        File::new("/sdk/sentry.min.js", third("sentry.min.js")?),
        File::new("/npm/slider@4.2.1/dist/slider.min.js", third("slider.min.js")?),
        File::new("/vendor/chat-widget.js", third("chat-widget.js")?),
        File::new("/vendor/ads.js", third("ads.js")?),
    ]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| {
        anyhow::ensure!(tab.eval("typeof runAll") == "function", "the page has not loaded");
        Ok(())
    });
    let bugs = tab.eval("runAll()");
    match page.sender {
        "sentry" => {
            let _ = tab.eval("Sentry.flush(5000)");
        }
        _ => tab.flush(),
    }
    let bugs = bugs.as_u64().unwrap_or_default() as usize;
    // The last ones may be on their way; a bug that an engine does not know sends nothing.
    eventually(|| {
        anyhow::ensure!(gate.events().len() + 12 >= bugs, "{} of {bugs}", gate.events().len());
        Ok(())
    });
    Ok(gate.events())
}

fn sentry_page(gate: &Gate, project: &Project, release: &str) -> String {
    let dsn = gate.dsn(project);
    format!(
        "<script src=\"/sdk/sentry.min.js\"></script><script>\
         Sentry.init({{ dsn: \"{dsn}\", release: \"shop@{release}\" }});\
         labelNext = bug => Sentry.setTag('bug', bug);</script>"
    )
}

fn slim(mut event: Value) -> Value {
    if let Some(fields) = event.as_object_mut() {
        for name in LEFT_OUT {
            fields.remove(name);
        }
        if let Some(crumbs) = fields.get_mut("breadcrumbs").and_then(Value::as_array_mut) {
            let more = crumbs.len().saturating_sub(MAX_CRUMBS);
            crumbs.drain(..more);
        }
    }
    event
}

/// The bundle and its map, compressed; the readable one is small enough without.
fn keep_bundle(from: &Path, to: &Path) -> Result<()> {
    let entry = fs::read_to_string(from.join("entry.txt"))?;
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    for name in [entry.clone(), format!("{entry}.map")] {
        let target: PathBuf = to.join(format!("{name}.gz"));
        fs::create_dir_all(target.parent().context("a folder")?)?;
        let mut packed = GzEncoder::new(FileOnDisk::create(target)?, Compression::best());
        packed.write_all(&fs::read(from.join(&name))?)?;
        packed.finish()?;
    }
    Ok(())
}
