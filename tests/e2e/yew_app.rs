//! An app of a framework, with crates from the registry, built as its developer would: takes long, so only with `--full`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use anyhow::ensure;
use serde_json::json;
use trapline_core::event::Frame;
use trapline_tests::{Engine, File, Program, Site, World, eventually};
use xtask::tools::{WASM_BINDGEN, WASM_TARGET, at_hand};

use crate::Test;
use crate::docs::commands::programs;
use crate::docs::{all_blocks, filled};

/// Compile an app of the registry's crates: minutes, once.
pub const TESTS: &[Test] = &[
    ("yew_app_that_panics_in_an_event_handler_is_reported", yew),
    ("yew_app_that_is_built_as_the_documents_say_has_its_lines", documented),
];

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

/// Its folder is one of links, and so is the folder in which cargo builds: that of the other test.
fn documented(world: &World) {
    let project = world.project();
    let target = world.paths.target.join("apps");
    let folder = target.join("documented");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for name in ["Cargo.toml", "Cargo.lock", "src"] {
        let own = world.paths.root.join("tests/apps/yew").join(name);
        symlink(own, folder.join(name)).unwrap();
    }
    symlink(&target, folder.join("target")).unwrap();
    let blocks = all_blocks(world, "sh", "wasm");
    let [(place, block)] = blocks.as_slice() else { panic!("one block: {blocks:?}") };
    let program = Program::of(world, &project, &["artifacts:write"]).unwrap();
    let code = filled(&block.code, world, &project, Some(&program))
        .replace("/app.wasm", "/yew-app.wasm")
        .replace("/app_bg", "/yew-app_bg");
    let tool = at_hand(WASM_BINDGEN, &world.paths).expect("wasm-bindgen is there after a build");
    let tools = tool.parent().expect("a folder").display();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &code])
        .current_dir(&folder)
        .env("PATH", format!("{tools}:{}", programs(world)))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}:\n{code}\n{said}\n{failed}");

    let page = format!(
        "<!doctype html><title>Shop</title>{}<body>\
         <script type=\"module\">import start from '/yew-app.js'; start();</script></body>",
        project.snippet_to(&project.dsn, &[("data-release", "shop@2026.11.3")])
    );
    let mut files = vec![File::new("/", page)];
    for name in ["yew-app.js", "yew-app_bg.wasm"] {
        let file = fs::read(folder.join("dist").join(name)).expect(name);
        files.push(File::new(&format!("/{name}"), file));
    }
    let site = Site::serve_files(files);
    let tab = world.tab();
    tab.open(&site.url("/"));
    tab.click("#take");
    tab.shows("#take", "0 left");
    tab.click("#take");
    tab.flush();
    let issue = eventually(|| project.api.only_issue());
    let event = project.api.latest_event(&issue.short_id).unwrap();
    let frames = &event.thrown().expect("an exception").frames;
    // The panic says its place itself; this is a call, looked up in what was uploaded.
    let is_looked_up = |frame: &Frame| frame.raw.is_some() && frame.file.ends_with("src/main.rs");
    let own = frames.iter().find(|frame| is_looked_up(frame));
    let own = own.unwrap_or_else(|| panic!("{frames:#?}\n{said}"));
    assert_eq!(own.line, 13, "{own:?}");
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
