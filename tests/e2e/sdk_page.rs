//! A page written for `@sentry/browser` works with Trapline's package after its one import is changed: it type-checks
//! against both, and both make the same of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_core::event::Event;
use trapline_tests::{Engine, File, Site, Tab, World, eventually};

use crate::{EngineTest, Test, full};

pub const TESTS: &[Test] = &[
    ("page_for_another_sdk_type_checks_against_ours", types),
    ("package_is_whole_behind_vite_and_webpack", behind_bundlers),
];

pub const ENGINE_TESTS: &[EngineTest] = &[
    full("page_for_another_sdk_works_with_one_import_changed", same_events).alone(),
    full("package_of_one_file_reports", one_file),
    full("names_of_what_is_not_here_do_nothing", absent),
];

fn package(world: &World, file: &str) -> PathBuf {
    world.paths.deploy.join("npm").join(file)
}

fn types(world: &World) {
    let theirs = world.paths.root.join("node_modules/@sentry/browser");
    for (name, sdk) in [("sentry", theirs), ("trapline", package(world, "index.d.ts"))] {
        let directory = world.paths.target.join("e2e/types").join(name);
        fs::create_dir_all(&directory).expect("a directory");
        let settings = json!({
            "compilerOptions": {
                "strict": true, "noEmit": true, "skipLibCheck": name == "sentry", "target": "es2022",
                "module": "esnext", "moduleResolution": "bundler", "lib": ["es2022", "dom"], "types": [],
                "paths": { "sdk": [sdk] },
            },
            "files": [world.paths.root.join("tests/pages/sdk.ts")],
        });
        let file = directory.join("tsconfig.json");
        fs::write(&file, settings.to_string()).expect("a file");
        let compiler = world.paths.root.join("node_modules/typescript/bin/tsc");
        let output = Command::new("node").arg(compiler).arg("-p").arg(file).output().expect("node");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The page with one of the two as `sdk`, as a bundler delivers it, but with names kept.
fn bundled(world: &World, engine: Engine, name: &str, sdk: &str) -> String {
    let outfile = world.paths.target.join(format!("e2e/sdk-page-{name}-{}.js", engine.name()));
    let output = Command::new(world.paths.esbuild())
        .args([
            "tests/pages/sdk.ts",
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--log-level=error",
        ])
        .arg(format!("--alias:sdk={sdk}"))
        .arg(format!("--outfile={}", outfile.display()))
        .current_dir(&world.paths.root)
        .output()
        .expect("esbuild");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(outfile).expect("the bundle")
}

/// The events of the page, by type and message, and what its `beforeSend` saw.
fn events_of(world: &World, engine: Engine, app: &str) -> (BTreeMap<String, Event>, Value) {
    let project = world.project();
    let page = format!(
        "<!doctype html><title>Shop</title><script>window.DSN = \"{}\"</script>\
         <script type=\"module\" src=\"/app.js\"></script>",
        project.dsn
    );
    let site = Site::serve(&[("/", &page), ("/app.js", app)]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let events = eventually(|| {
        let mut events = BTreeMap::new();
        for issue in project.api.issues()? {
            ensure!(issue.count == 1, "{issue:?}");
            let event = project.api.latest_event(&issue.short_id)?;
            events.insert(format!("{} {}", issue.kind, issue.value), event);
        }
        ensure!(events.len() == 7, "{:#?}", events.keys());
        Ok(events)
    });
    assert_eq!(flushed(&tab), true);
    assert_eq!(project.api.issues().unwrap().len(), 7, "and no more");
    let ids = tab.eval("window.ids");
    for id in ids.as_array().expect("IDs") {
        let id = id.as_str().expect("an ID");
        assert!(events.values().any(|event| event.event_id == id), "{id} was stored");
    }
    (events, tab.eval("window.seen"))
}

fn flushed(tab: &Tab) -> Value {
    tab.eval("Sentry.flush(5000)")
}

/// What a developer reads of an event, of all that the page says itself.
fn said(event: &Event) -> Value {
    let mut tags = event.tags.clone();
    // `withIsolationScope` of the other SDK's browser edition forks nothing: its tag stays on all that follows.
    tags.retain(|(name, _)| name != "isolated");
    tags.sort();
    let chain: Vec<_> = event
        .exceptions
        .iter()
        .map(|one| {
            json!([
                one.kind,
                one.value,
                one.mechanism.handled,
                // So WebKit calls what stands outside of all functions.
                one.frames.first().map(|frame| frame.function.replace("module code", ""))
            ])
        })
        .collect();
    let crumbs: Vec<_> =
        event.breadcrumbs.iter().filter(|crumb| crumb.category == "auth").collect();
    json!({
        "message": event.message, "level": event.level, "chain": chain, "tags": tags, "user": event.user.id,
        "email": event.user.email, "fingerprint": event.fingerprint, "release": event.release,
        "environment": event.environment, "dist": event.dist, "crumbs": crumbs.len(),
        "character": event.contexts.get("character"),
        "extra": [event.extra.get("server_name"), event.extra.get("processor"), event.extra.get("draft")],
    })
}

fn same_events(world: &World, engine: Engine) {
    let theirs = bundled(world, engine, "sentry", "@sentry/browser");
    let ours =
        bundled(world, engine, "trapline", &package(world, "inline.js").display().to_string());
    // It sends once, and Firefox now and then loses a request on a connection that is being closed.
    let (expected, they_saw) = events_of(world, Engine::Chromium, &theirs);
    let (found, we_saw) = events_of(world, engine, &ours);
    for (title, event) in &expected {
        let own = found.get(title).unwrap_or_else(|| panic!("no {title:?} in {:#?}", found.keys()));
        let (own, their) = (said(own), said(event));
        for (field, value) in their.as_object().expect("fields") {
            assert_eq!(&own[field], value, "{field} of {title:?}");
        }
    }
    for (title, isolated) in [(" Apart", "apart"), ("SyntaxError nobody caught this", "two")] {
        assert!(found[title].tags.contains(&("isolated".into(), isolated.into())), "{title}");
    }
    // What `beforeSend` reads of the uncaught one.
    let frame = |seen: &Value| {
        let thrown = seen
            .as_array()
            .and_then(|seen| seen.iter().find(|event| event.to_string().contains("nobody caught")));
        let values =
            thrown.and_then(|event| event["exception"]["values"].as_array()).expect("an exception");
        let frames = values[0]["stacktrace"]["frames"].as_array().expect("frames").clone();
        let last = frames.last().expect("a frame").clone();
        json!([
            values[0]["type"],
            last["function"],
            last["in_app"],
            last["filename"].as_str().is_some(),
            last["lineno"].is_u64()
        ])
    };
    assert_eq!(frame(&we_saw), frame(&they_saw));
}

fn one_file(world: &World, engine: Engine) {
    let project = world.project();
    let inline = fs::read(package(world, "inline.js")).expect("the package");
    let app = format!(
        "import * as Trapline from '/inline.js';\nwindow.Trapline = Trapline;\n\
         Trapline.init({{ dsn: '{}' }});\nsetTimeout(function buy() {{ throw new Error('sold out'); }});",
        project.dsn
    );
    let page =
        "<!doctype html><title>Shop</title><script type=\"module\" src=\"/app.js\"></script>";
    let site = Site::serve(&[
        ("/", page),
        ("/app.js", &app),
        ("/inline.js", &String::from_utf8(inline).expect("text")),
    ]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let issue = eventually(|| project.api.only_issue());
    tab.flush();
    let event = project.api.latest_event(&issue.short_id).unwrap();
    assert_eq!(event.thrown().expect("an exception").frames[0].function, "buy");
}

/// Bundlers find all parts, which are loaded when they are needed.
fn behind_bundlers(world: &World) {
    for bundler in ["vite", "webpack"] {
        let project = world.project();
        let folder = world.paths.target.join("e2e/package").join(bundler);
        fs::create_dir_all(&folder).expect("a folder");
        let entry = folder.with_extension("js");
        let script = format!(
            "import * as Trapline from 'trapline';\nwindow.Trapline = Trapline;\n\
             Trapline.init({{ dsn: '{}', pageViewSampleRate: 1 }});\n\
             setTimeout(function buy() {{ throw new Error('sold out'); }});",
            project.dsn
        );
        fs::write(&entry, script).expect("a script");
        let output = Command::new("node")
            .arg("tests/e2e/package.mjs")
            .arg(bundler)
            .args([&package(world, "index.js"), &entry, &folder])
            .current_dir(&world.paths.root)
            .output()
            .expect("node");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let page =
            "<!doctype html><title>Shop</title><script type=\"module\" src=\"/app.js\"></script>";
        let mut files = vec![File::new("/", page)];
        for file in fs::read_dir(&folder).expect("a folder") {
            let file = file.expect("a file");
            let path = format!("/{}", file.file_name().display());
            files.push(File::new(&path, fs::read(file.path()).expect("a file")));
        }
        let site = Site::serve_files(files);
        let tab = world.tab();
        tab.open(&site.url("/"));
        eventually(|| project.api.only_issue());
        // The wasm with the error, the others with what asks for them.
        let _ = tab.eval("Trapline.showReportDialog()");
        eventually(|| {
            let missing = "performance.getEntriesByType('resource').filter((file) => /[.](js|wasm)$/.test(file.name)
                && file.responseStatus >= 400).map((file) => file.name).join()";
            assert_eq!(tab.eval(missing), "", "{bundler}");
            let loaded = tab.eval(
                "performance.getEntriesByType('resource').filter((file) => /[.](js|wasm)$/.test(file.name)).length",
            );
            ensure!(loaded.as_u64() >= Some(4), "script, wasm, page views and form: {loaded}");
            Ok(())
        });
    }
}

const ABSENT: &str = "\
window.warned = [];
console.warn = (...args) => warned.push(args.join(' '));
Trapline.init({ debug: true, integrations: [Trapline.replayIntegration()] });
window.use = () => {
  Trapline.init({ integrations: [Trapline.replayIntegration(), Trapline.browserTracingIntegration()] });
  const given = Trapline.startSpan({ name: 'work' }, (span) => { span.setAttribute('a', 1).end(); return 'done'; });
  Trapline.startInactiveSpan({ name: 'more' }).end();
  Trapline.startSpan({ name: 'again' }, () => {});
  return [given, warned.filter((text) => text.includes('startSpan')).length];
};
";

fn absent(world: &World, engine: Engine) {
    let project = world.project();
    let site = project.site(ABSENT);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    tab.flush();
    assert_eq!(tab.eval("use()"), json!(["done", 1]));
}
