//! An app of a framework, with crates from the registry, built as its developer would: takes long, so only with `--full`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::ensure;
use serde_json::json;
use trapline_tests::{Engine, File, Site, World, eventually};
use xtask::tools::{WASM_BINDGEN, WASM_TARGET, at_hand};

use crate::Test;

/// Compile an app of the registry's crates: minutes, once.
pub const TESTS: &[Test] = &[("yew_app_that_panics_in_an_event_handler_is_reported", yew)];

/// `tests/apps/yew`, built as its developer would, in all engines: Yew has put a panic hook of its own in front.
fn yew(world: &World) {
    let built = build_app(world, "yew");
    for engine in Engine::ALL {
        let project = world.project();
        let page = format!(
            "<!doctype html><title>Shop</title>\
             <script>said = []; console.error = (...words) => said.push(words.join(' '))</script>{}<body>\
             <script type=\"module\">import start from '/app.js'; start();</script></body>",
            project.snippet()
        );
        let mut files = vec![File::new("/", page)];
        for name in ["app.js", "app_bg.wasm"] {
            files.push(File::new(&format!("/{name}"), fs::read(built.join(name)).expect(name)));
        }
        let site = Site::serve_files(files);
        let tab = world.tab_in(engine);
        tab.open(&site.url("/"));
        tab.click("#take");
        tab.shows("#take", "0 left");
        for count in 1..=2 {
            tab.click("#take");
            tab.flush();
            eventually(|| {
                let issue = project.api.only_issue()?;
                ensure!(issue.count == count, "{issue:?}");
                Ok(())
            });
        }
        let issue = project.api.only_issue().unwrap();
        assert_eq!((issue.kind.as_str(), issue.value.as_str()), ("panic", "the basket is empty"));
        let event = project.api.latest_event(&issue.short_id).unwrap();
        assert_eq!(event.contexts["panic"]["file"], "src/main.rs");
        let crumb = event.breadcrumbs.iter().find(|crumb| crumb.message == "something is taken");
        let crumb = crumb.unwrap_or_else(|| panic!("no breadcrumb: {:#?}", event.breadcrumbs));
        assert_eq!((crumb.category.as_str(), &crumb.data["shop"]), ("yew_app", &json!("oak")));
        let said = tab.eval("said").to_string();
        assert!(said.contains("the basket is empty"), "Yew's own hook has been called: {said}");
    }
}

/// Builds an app of `tests/apps` into `target/apps/NAME`: `app.js` and `app_bg.wasm`.
fn build_app(world: &World, name: &str) -> PathBuf {
    let target = world.paths.target.join("apps");
    let out = target.join(name);
    let run = |command: &mut Command| {
        let output = command.output().expect("a program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(Command::new("cargo")
        .args(["build", "--release", "--locked", "--target", WASM_TARGET, "--target-dir"])
        .arg(&target)
        .current_dir(world.paths.root.join("tests/apps").join(name)));
    let wasm = target.join(WASM_TARGET).join(format!("release/{name}-app.wasm"));
    let tool = at_hand(WASM_BINDGEN, &world.paths).expect("wasm-bindgen is there after a build");
    run(Command::new(tool)
        .args(["--target", "web", "--no-typescript", "--out-name", "app", "--out-dir"])
        .arg(&out)
        .arg(wasm));
    out
}
