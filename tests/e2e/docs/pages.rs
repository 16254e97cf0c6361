//! Snippets in the page of a real browser: tags of the head, and scripts with and without a bundler.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;
use trapline_tests::{File, Program, Project, Site, World, eventually, shop_page};
use xtask::docs::Block;

use super::{all_blocks, filled};
use crate::sentry_sdks::run;

/// What the page says after each snippet.
const THROWN: &str = "thrown behind the snippet";

/// Each tag in a head of its own: what breaks in the page is reported.
pub(super) fn html(world: &World) {
    let pins: Value = serde_json::from_str(&world.get_site("/trapline.json").body).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let script = text(&pins["script"]);
    let (folder, name) = script.rsplit_once('/').expect("a path");
    let hash = folder.rsplit('/').next().expect("a hash");
    for mark in ["", "integrity"] {
        for (place, block) in all_blocks(world, "html", mark) {
            let project = world.project();
            let head = filled(&block.code, world, &project, None)
                .replace("HASH/SCRIPT", &format!("{hash}/{name}"))
                .replace("HASH", hash)
                .replace("AGENT_INTEGRITY", &text(&pins["files"][format!("{folder}/agent.js")]))
                .replace("SCRIPT_INTEGRITY", &text(&pins["integrity"]));
            let site = Site::serve(&[("/", &shop_page(&head)), ("/app.js", &throwing())]);
            reports(world, &project, &site, &place, THROWN);
        }
    }
}

fn throwing() -> String {
    format!("setTimeout(() => {{ throw new Error('{THROWN}') }}, 300);")
}

/// Opens the page; an issue that says so has to come.
#[track_caller]
pub(super) fn reports(world: &World, project: &Project<'_>, site: &Site, place: &str, words: &str) {
    let tab = world.tab();
    tab.open(&site.url("/"));
    eventually(|| {
        let issues = project.api.issues().with_context(|| place.to_owned())?;
        let complaints = tab.complaints();
        ensure!(
            issues.iter().any(|issue| issue.value.contains(words)),
            "{place}: no {words:?} in {issues:#?}; {complaints:?}"
        );
        Ok(())
    });
}

/// Scripts: those that import something as modules, the others in a page that has the tag, line by line as they stand.
pub(super) fn scripts(world: &World) {
    for (place, block) in all_blocks(world, "js", "") {
        if block.code.contains("createApp") {
            continue; // An app: `apps.rs`.
        }
        let project = world.project();
        if block.code.contains("import ") {
            module(world, &project, &place, &block);
        } else {
            plain(world, &project, &place, &block);
        }
    }
    for (place, block) in all_blocks(world, "js", "worker") {
        let project = world.project();
        let worker = filled(&block.code, world, &project, None) + &throwing();
        let app = "new Worker('/worker.js')";
        let files = [("/", &*shop_page("")), ("/app.js", app), ("/worker.js", &worker)];
        reports(world, &project, &Site::serve(&files), &place, THROWN);
    }
}

/// In a page whose agent is there: a name that does not exist throws, and what is captured arrives.
fn plain(world: &World, project: &Project<'_>, place: &str, block: &Block) {
    let code = filled(&block.code, world, project, None);
    let body = shop_page(&project.snippet()).replace("<body>", "<body><a id=\"report\">Report</a>");
    let site = Site::serve(&[("/", &body), ("/app.js", "")]);
    let tab = world.tab();
    tab.open(&site.url("/"));
    eventually(|| {
        ensure!(tab.eval("Trapline.isInitialized()") == true, "the agent is there");
        Ok(())
    });
    let done = tab.eval(&format!(
        "(async () => {{ {code}\n return 'done'; }})().catch((error) => String(error))"
    ));
    assert_eq!(done, "done", "{place}:\n{code}");
    if ["captureException(", "captureMessage("].iter().any(|name| block.code.contains(name)) {
        tab.flush();
        eventually(|| {
            let issues = project.api.issues()?;
            ensure!(!issues.is_empty(), "{place}: nothing has arrived");
            Ok(())
        });
    }
    if block.code.contains("Feedback({ message") {
        let said = project.api.json("feedback/").expect("feedback");
        assert!(!said["feedback"].as_array().expect("a list").is_empty(), "{place}: {said}");
    }
}

/// By a module's address as it is, by a package's name through a bundler.
fn module(world: &World, project: &Project<'_>, place: &str, block: &Block) {
    let code = filled(&block.code, world, project, None) + &throwing();
    let files = if block.code.contains("https://errors.example/trapline.mjs") {
        vec![File::new("/app.js", code)]
    } else {
        let name = place.replace(['/', ':'], "-");
        let folder = world.paths.target.join("e2e/docs-apps").join(name);
        bundled(world, &folder, &[("main.js", &code)], "main.js")
    };
    reports(world, project, &app_site(files), place, THROWN);
}

/// A page with `/app.js` as a module, and `#root` and `#app` in it.
pub(super) fn app_site(mut files: Vec<File>) -> Site {
    let page = "<!doctype html><title>Shop</title><body><div id=\"root\"></div><div id=\"app\"></div>\
                <script type=\"module\" src=\"/app.js\"></script></body>";
    files.push(File::new("/", page));
    Site::serve_files(files)
}

/// What `tests/docs/bundle.mjs` makes of these files, and what the package has beside itself.
pub(super) fn bundled(
    world: &World,
    folder: &Path,
    sources: &[(&str, &str)],
    entry: &str,
) -> Vec<File> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder");
    for (name, text) in sources {
        fs::write(folder.join(name), text).expect("a file");
    }
    let script = world.paths.root.join("tests/docs/bundle.mjs");
    run(Command::new("node").arg(script).arg(folder).arg(entry));
    let mut files =
        vec![File::new("/app.js", fs::read(folder.join("out/app.js")).expect("the bundle"))];
    for name in ["agent_bg.wasm", "extra.js", "views.js", "feedback.js"] {
        let content = fs::read(world.paths.deploy.join("npm").join(name)).expect(name);
        files.push(File::new(&format!("/{name}"), content));
    }
    files
}

/// The API refuses what has no meaning.
pub(super) fn searches(world: &World) {
    let project = world.project();
    let program = Program::of(world, &project, &["project:read"]).unwrap();
    let ask = |query: &str| {
        let query: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let path = format!("/api/0/projects/{}/issues/?query={query}", project.slug);
        program.send("GET", &path, "application/json", b"").unwrap()
    };
    assert_eq!(ask("is:nonsense").status, 400);
    for (place, block) in all_blocks(world, "text", "search") {
        // A token is nobody, so nothing is its own.
        for line in block.code.lines().map(|line| line.replace("is:mine", "is:assigned")) {
            let answer = ask(&line);
            assert_eq!(answer.status, 200, "{place}: {line}: {answer:?}");
        }
    }
}
