//! Minified stacks read like their source: `trapline upload`, a page that throws, and what the collector says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::ensure;
use serde_json::json;
use trapline_core::event::{Event, Frame};
use trapline_tests::{Engine, Project, Site, World, eventually, shop_page};

use crate::{EngineTest, Test, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[sampled("minified_frames_read_like_the_source", bundles)];

pub const LONG_TESTS: &[Test] =
    &[("sentrys_own_plugins_for_vite_and_webpack_upload_here", sentry_plugins)];

pub const TESTS: &[Test] = &[
    ("map_that_comes_late_resolves_what_is_stored", late),
    ("frame_without_a_map_says_what_to_do", why_not),
    ("interrupted_and_repeated_uploads_send_what_is_missing", again),
];

/// What four tool chains make of one TypeScript source.
const BUNDLERS: [&str; 4] = ["esbuild", "terser", "vite", "webpack"];

const RELEASE: &str = "shop@7.1.0";

/// A copy of a build, which `trapline upload` may change.
fn build(world: &World, bundler: &str, name: &str) -> PathBuf {
    let folder = world.paths.target.join("e2e/builds").join(name).join(bundler);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let from = world.paths.root.join("symbols/tests/corpora/shop").join(bundler);
    for file in ["main.js", "main.js.map"] {
        fs::copy(from.join(file), folder.join(file)).expect("a file");
    }
    folder
}

fn token(project: &Project) -> String {
    let made = project.api.send("POST", "tokens/", &json!({ "label": "CI" })).expect("an answer");
    assert_eq!(made.status, 201, "{made:?}");
    let made: serde_json::Value = serde_json::from_str(&made.body).expect("JSON");
    made["token"].as_str().expect("a token").to_owned()
}

/// `trapline upload FOLDER …`
fn upload(world: &World, project: &Project, folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new("cargo");
    command
        .args(["run", "-q", "-p", "trapline", "--", "upload"])
        .arg(folder)
        .args(["--project", &project.slug, "--token", &token(project), "--url"])
        .arg(world.worker.dashboard())
        .args(more)
        .current_dir(&world.paths.root);
    command.output().expect("cargo")
}

/// Uploads for [`RELEASE`]; what was said.
#[track_caller]
pub fn uploaded(world: &World, project: &Project, folder: &Path) -> String {
    let output = upload(world, project, folder, &["--release", RELEASE]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{failed}");
    said
}

/// A page with the bundle of a folder, which breaks it.
fn site(project: &Project, folder: &Path) -> Site {
    let main = fs::read_to_string(folder.join("main.js")).expect("a bundle");
    let head = format!(
        "{}<script src=\"/main.js\"></script>",
        project.snippet_to(&project.dsn, &[("data-release", RELEASE)])
    );
    let app = "setTimeout(function onClick() { shop.explode('cart'); });";
    Site::serve(&[("/", &shop_page(&head)), ("/main.js", &main), ("/app.js", app)])
}

fn event(project: &Project) -> Event {
    let issue = eventually(|| project.api.only_issue());
    project.api.latest_event(&issue.short_id).expect("an event")
}

/// `new Cart({ price: -1 })` in a callback of `explode`.
#[track_caller]
fn check_resolved(event: &Event, bundler: &str) {
    let frames = &event.thrown().expect("an exception").frames;
    let own: Vec<&Frame> = frames.iter().filter(|frame| frame.raw.is_some()).collect();
    let crash = own.first().unwrap_or_else(|| panic!("{bundler}: {frames:#?}"));
    assert!(crash.file.ends_with("src/cart.ts"), "{bundler}: {crash:#?}");
    assert_eq!((crash.line, crash.in_app), (15, true), "{bundler}: {crash:#?}");
    assert!(crash.function.contains("addItem"), "{bundler}: {crash:#?}");
    let source = crash.source.as_ref().expect("source");
    assert!(source.line.contains("negative price"), "{bundler}: {source:#?}");
    assert_eq!((source.before.len(), source.after.len()), (5, 5));
    assert!(own.iter().any(|frame| frame.function.contains("explode")), "{bundler}: {frames:#?}");
    for frame in frames.iter().filter(|frame| frame.in_app && !frame.file.ends_with("/app.js")) {
        let is_whole = frame.raw.is_some() && frame.source.is_some() && frame.file.ends_with(".ts");
        assert!(is_whole, "{bundler}: {frame:#?}");
    }
}

fn bundles(world: &World, engine: Engine) {
    for bundler in BUNDLERS {
        let project = world.project();
        let folder = build(world, bundler, engine.name());
        uploaded(world, &project, &folder);
        let site = site(&project, &folder);
        let tab = world.tab_in(engine);
        tab.open(&site.url("/"));
        check_resolved(&event(&project), bundler);
    }
}

/// Unmodified, told of this Worker as they would be of Sentry.
fn sentry_plugins(world: &World) {
    for bundler in ["vite", "webpack"] {
        let project = world.project();
        let folder = world.paths.target.join("e2e/builds/plugins").join(bundler);
        let built = Command::new("node")
            .arg(world.paths.root.join("tests/e2e/sentry-plugins.mjs"))
            .arg(bundler)
            .arg(&folder)
            .current_dir(&world.paths.root)
            .env("SENTRY_URL", world.worker.dashboard())
            .env("SENTRY_AUTH_TOKEN", token(&project))
            .env("SENTRY_ORG", "trapline")
            .env("SENTRY_PROJECT", &project.slug)
            .env("SENTRY_RELEASE", RELEASE)
            .output()
            .expect("node");
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{bundler}: {said}");
        let site = site(&project, &folder);
        let tab = world.tab();
        tab.open(&site.url("/"));
        let raised = event(&project);
        // The bundle is digested when the first event asks for it.
        let event = eventually(|| {
            let event = project.api.event(&raised.event_id)?;
            let is_resolved = event.thrown().is_some_and(|one| one.frames[0].raw.is_some());
            ensure!(is_resolved, "{bundler}: still raw: {:#?} {:#?}", event.thrown(), event.images);
            Ok(event)
        });
        check_resolved(&event, bundler);
    }
}

fn late(world: &World) {
    let project = world.project();
    let folder = build(world, "esbuild", "late");
    // The build that is served has its debug IDs, and its maps have not reached this project.
    uploaded(world, &world.project(), &folder);
    let site = site(&project, &folder);
    let tab = world.tab();
    tab.open(&site.url("/"));
    let raw = event(&project);
    let raw_frames = &raw.thrown().expect("an exception").frames;
    assert!(raw_frames.iter().all(|frame| frame.raw.is_none()), "{raw_frames:#?}");
    let before = project.api.only_issue().expect("an issue");
    uploaded(world, &project, &folder);
    // The event by its own ID is resolved at once, the issue soon after.
    eventually(|| {
        let event = project.api.event(&raw.event_id)?;
        ensure!(event.thrown().is_some_and(|one| one.frames[0].raw.is_some()), "still raw");
        let issue = project.api.only_issue()?;
        ensure!(issue.culprit.contains("addItem"), "{issue:?}");
        Ok(())
    });
    check_resolved(&project.api.event(&raw.event_id).expect("an event"), "esbuild");
    // One that comes from now on counts for the same issue, exactly.
    tab.open(&site.url("/"));
    eventually(|| {
        let issue = project.api.only_issue()?;
        ensure!(issue.count == 2 && issue.short_id == before.short_id, "{issue:?}");
        Ok(())
    });
}

fn why_not(world: &World) {
    let project = world.project();
    let folder = build(world, "esbuild", "why");
    let other = build(world, "vite", "why");
    fs::rename(other.join("main.js"), other.join("other.js")).expect("a file");
    let text = fs::read_to_string(other.join("other.js")).expect("a bundle");
    let text = text.replace("main.js.map", "other.js.map");
    fs::write(other.join("other.js"), text).expect("a file");
    fs::rename(other.join("main.js.map"), other.join("other.js.map")).expect("a file");
    uploaded(world, &project, &other);
    let site = site(&project, &folder);
    let tab = world.tab();
    tab.open(&site.url("/"));
    let issue = eventually(|| project.api.only_issue());
    let page = project
        .api
        .page(&format!("/{}/issues/{}/", project.slug, issue.short_id))
        .expect("a page")
        .body;
    for part in ["not resolved", "No map of", RELEASE, "trapline upload dist --release shop@7.1.0"]
    {
        assert!(page.contains(part), "{part:?} is not in the page");
    }
}

fn again(world: &World) {
    let project = world.project();
    let folder = build(world, "webpack", "again");
    let json = |output: &Output| -> serde_json::Value {
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    };
    let options = ["--release", RELEASE, "--json"];
    let first = upload(world, &project, &folder, &options);
    assert!(first.status.success(), "{first:?}");
    let second = upload(world, &project, &folder, &options);
    assert!(second.status.success(), "{second:?}");
    let (first, second) = (json(&first), json(&second));
    assert!(first["sent_packs"].as_u64() > Some(0), "{first:#}");
    assert_eq!(second["sent_packs"], 0, "{second:#}");
    let refused = Command::new("cargo")
        .args(["run", "-q", "-p", "trapline", "--", "upload"])
        .arg(&folder)
        .args(["--project", &project.slug, "--token", "wrong", "--release", RELEASE, "--url"])
        .arg(world.worker.dashboard())
        .current_dir(&world.paths.root)
        .output()
        .expect("cargo");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
}
