//! The command line against a collector in a thread: what it sends, says, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test fails by them")]

mod collector;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use trapline_symbols::Table;

use collector::{Collector, hashes};

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn corpus(bundler: &str, file: &str) -> Vec<u8> {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../symbols/tests/corpora/shop");
    fs::read(shop.join(bundler).join(file)).unwrap()
}

/// A deployment: four bundles in folders of their own, and a script without a map.
fn deployment(name: &str) -> PathBuf {
    let folder = folder(name);
    for bundler in ["esbuild", "terser", "vite", "webpack"] {
        fs::create_dir_all(folder.join("assets").join(bundler)).unwrap();
        for file in ["main.js", "main.js.map"] {
            fs::write(folder.join("assets").join(bundler).join(file), corpus(bundler, file))
                .unwrap();
        }
    }
    fs::write(folder.join("plain.js"), "console.log(1)").unwrap();
    folder
}

fn trapline(folder: &Path, collector: Option<&Collector>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
    command.current_dir(folder).args(arguments).env_clear();
    if let Some(collector) = collector {
        command.env("TRAPLINE_URL", &collector.url).env("TRAPLINE_TOKEN", "secret");
        command.env("TRAPLINE_PROJECT", "shop");
    }
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[track_caller]
fn ends_with(output: &Output, code: i32) -> String {
    let text = text(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

#[test]
fn deployment_is_uploaded_once() {
    let (folder, collector) = (deployment("once"), Collector::start());
    let said =
        ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "shop@1"]), 0);
    assert!(said.contains("4 sent in 1 pack "), "{said}");
    assert!(said.contains("plain.js") && said.contains("skipped: no map"), "{said}");
    let manifest = collector.state.lock().unwrap().manifests[0].clone();
    assert_eq!(manifest["release"], "shop@1");
    let file = &manifest["files"][0];
    assert_eq!(file["url"], "~/assets/esbuild/main.js");
    assert!(file["names"].as_u64().unwrap() >= 10 && file["sources"] == 4, "{file}");
    assert!(file["debug_id"].is_string() && file["pack"].is_string(), "{file}");

    let again =
        ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "shop@1"]), 0);
    assert!(again.contains("0 sent in 0 packs (0 KB), 4 there before"), "{again}");
    let state = collector.state.lock().unwrap();
    assert_eq!(state.packs, 1, "nothing is sent twice");
    assert_eq!(hashes(&state.manifests[0]), hashes(&state.manifests[1]));
    assert!(state.manifests[1]["files"][0]["pack"].is_null());
}

/// `(module (func $reserve unreachable) (export "run" (func $reserve)))`, and its section `name`.
const MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x07\x01\x03run\0\0\x0a\x05\x01\x03\0\0\x0b";
const NAMES: &[u8] = b"\0\x11\x04name\x01\x0a\x01\0\x07reserve";

#[test]
fn stripped_module_is_resolved_by_the_debug_file_beside_it() {
    let (folder, collector) = (folder("module"), Collector::start());
    fs::write(folder.join("app_bg.wasm"), MODULE).unwrap();
    fs::write(folder.join("app_bg.debug.wasm"), [MODULE, NAMES].concat()).unwrap();
    fs::write(folder.join("other.wasm"), MODULE).unwrap();
    let output = trapline(&folder, Some(&collector), &["upload", ".", "--release", "shop@1"]);
    let said = ends_with(&output, 0);
    assert!(said.contains("other.wasm") && said.contains("--keep-debug"), "{said}");
    let state = collector.state.lock().unwrap();
    let files = state.manifests[0]["files"].as_array().unwrap();
    assert_eq!(files.len(), 1, "{files:#?}");
    assert_eq!((&files[0]["url"], &files[0]["kind"]), (&"~/app_bg.wasm".into(), &"wasm".into()));
    let id = trapline_symbols::wasm::debug_id_of(MODULE).unwrap();
    assert_eq!(files[0]["debug_id"], trapline_symbols::debug_id::text_of(id));
    let table = Table::parse(&state.tables[files[0]["hash"].as_str().unwrap()]).unwrap();
    let frames = table.look_up_code(trapline_symbols::table::Code::Index(0)).unwrap();
    assert_eq!(frames[0].function, Some("reserve"));
    assert_eq!(fs::read(folder.join("app_bg.wasm")).unwrap(), MODULE, "it stays as it is");
}

#[test]
fn injected_script_still_resolves_to_the_source() {
    let (folder, collector) = (deployment("injected"), Collector::start());
    ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "1"]), 0);
    let state = collector.state.lock().unwrap();
    for file in state.manifests[0]["files"].as_array().unwrap() {
        let path = folder.join(file["url"].as_str().unwrap().trim_start_matches("~/"));
        let script = fs::read_to_string(&path).unwrap();
        let id = file["debug_id"].as_str().unwrap();
        assert!(script.contains(&format!("//# debugId={id}")), "{script}");
        assert!(script.contains("_sentryDebugIds") && script.matches(id).count() == 2);
        let map: Value =
            serde_json::from_slice(&fs::read(path.with_extension("js.map")).unwrap()).unwrap();
        assert_eq!((&map["debugId"], &map["debug_id"]), (&file["debug_id"], &file["debug_id"]));
        let at = script.find("empty cart").unwrap();
        let line = script[..at].matches('\n').count() + 1;
        let column = script[..at].rsplit('\n').next().unwrap().encode_utf16().count() + 1;
        let table = Table::parse(&state.tables[file["hash"].as_str().unwrap()]).unwrap();
        let frame = table.look_up(line.try_into().unwrap(), column.try_into().unwrap()).unwrap();
        assert_eq!((frame.path, frame.line), (Some("src/checkout.ts"), 6), "{path:?}");
        assert_eq!(frame.function, Some("steps.validateCart"));
    }
}

#[test]
fn directives_and_inline_maps_survive_the_injection() {
    let (folder, collector) = (folder("inline"), Collector::start());
    let script = String::from_utf8(corpus("esbuild", "main.js")).unwrap();
    let map: Value = serde_json::from_slice(&corpus("esbuild", "main.js.map")).unwrap();
    let map = map.to_string().replace("\"mappings\":\"", "\"mappings\":\"AAAA;").into_bytes();
    let script = script.replace("//# sourceMappingURL=main.js.map", "").trim_end().to_owned();
    let script = format!("'use client';\n{script}\n//# sourceMappingURL=x");
    let script = trapline_symbols::map::with_inline_map(&script, &map);
    fs::write(folder.join("page.js"), script).unwrap();
    ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "1"]), 0);
    let script = fs::read_to_string(folder.join("page.js")).unwrap();
    assert!(script.starts_with("'use client';\n;(function"), "{script}");
    let again =
        ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "1"]), 0);
    assert!(again.contains("0 sent"), "{again}");
    assert_eq!(script, fs::read_to_string(folder.join("page.js")).unwrap());
    let state = collector.state.lock().unwrap();
    let table = Table::parse(state.tables.values().next().unwrap()).unwrap();
    let at = script.find("empty cart").unwrap();
    let line = script[..at].matches('\n').count() + 1;
    let column = script[..at].rsplit('\n').next().unwrap().encode_utf16().count() + 1;
    let frame = table.look_up(line.try_into().unwrap(), column.try_into().unwrap()).unwrap();
    assert_eq!((frame.path, frame.line), (Some("src/checkout.ts"), 6));
}

#[test]
fn interrupted_upload_is_finished_by_the_next_run() {
    let (folder, collector) = (folder("interrupted"), Collector::start());
    // Sources that do not compress: several packs.
    for file in 0..4_u32 {
        let mut seed = file + 1;
        let noise: String = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'!' + u8::try_from((seed >> 24) % 90).unwrap())
        })
        .filter(|c| !matches!(c, '"' | '\\'))
        .take(3 << 20)
        .collect();
        let map = format!(
            "{{\"version\":3,\"sources\":[\"{file}.ts\"],\"names\":[],\"mappings\":\"AAAA\",\"sourcesContent\":[\"{noise}\"]}}"
        );
        fs::write(folder.join(format!("{file}.js")), "a()").unwrap();
        fs::write(folder.join(format!("{file}.js.map")), map).unwrap();
    }
    collector.state.lock().unwrap().fail_after_packs = Some(1);
    let said =
        ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "1"]), 1);
    assert!(said.contains("not now") && said.contains("run it again"), "{said}");
    let packs = {
        let mut state = collector.state.lock().unwrap();
        assert!(state.manifests.is_empty(), "what is not there is not announced");
        state.fail_after_packs = None;
        state.packs
    };
    assert_eq!(packs, 1);
    let said =
        ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "1"]), 0);
    assert!(said.contains("1 there before"), "{said}");
    assert_eq!(collector.state.lock().unwrap().tables.len(), 4);
}

#[test]
fn dry_run_changes_and_sends_nothing() {
    let folder = deployment("dry");
    let output = trapline(&folder, None, &["upload", ".", "--dry-run", "--json"]);
    ends_with(&output, 0);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let digested =
        report["files"].as_array().unwrap().iter().filter(|file| file["state"] == "digested");
    assert_eq!(digested.count(), 4);
    let script = fs::read(folder.join("assets/vite/main.js")).unwrap();
    assert_eq!(script, corpus("vite", "main.js"));
}

#[test]
fn broken_map_is_refused_and_the_others_arrive() {
    let (folder, collector) = (deployment("broken"), Collector::start());
    fs::write(folder.join("assets/vite/main.js.map"), &corpus("vite", "main.js.map")[..100])
        .unwrap();
    fs::write(folder.join("assets/terser/main.js.map"), corpus("webpack", "main.js.map")).unwrap();
    let said =
        ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "1"]), 1);
    assert!(said.contains("assets/vite/main.js is refused: it is no source map"), "{said}");
    assert_eq!(fs::read(folder.join("assets/vite/main.js")).unwrap(), corpus("vite", "main.js"));
    assert!(collector.state.lock().unwrap().tables.len() >= 2);
}

#[test]
fn usage_and_refusals_have_their_exit_codes() {
    let (folder, collector) = (deployment("codes"), Collector::start());
    let said = ends_with(&trapline(&folder, Some(&collector), &["upload", "."]), 2);
    assert!(said.contains("--release, TRAPLINE_RELEASE"), "{said}");
    ends_with(&trapline(&folder, None, &["upload", ".", "--release", "1"]), 2);
    ends_with(&trapline(&folder, None, &["frobnicate"]), 2);
    let said = ends_with(
        &trapline(&folder, Some(&collector), &["upload", "nowhere", "--release", "1"]),
        1,
    );
    assert!(said.contains("nowhere is no folder"), "{said}");
    let wrong = ["upload", ".", "--release", "1", "--token", "wrong"];
    let said = ends_with(&trapline(&folder, Some(&collector), &wrong), 1);
    assert!(said.contains("answered 403: no scope") && !said.contains("wrong"), "{said}");
    fs::create_dir_all(folder.join("empty")).unwrap();
    let said =
        ends_with(&trapline(&folder, Some(&collector), &["upload", "empty", "--release", "1"]), 3);
    assert!(said.contains("does the build write source maps"), "{said}");
}

#[test]
fn settings_are_read_from_the_file_above() {
    let (folder, collector) = (deployment("rc"), Collector::start());
    let settings = format!(
        "url = '{}/'\ntoken = 'secret'\nproject = 'shop'\nrelease = 'rc@2'\n",
        collector.url
    );
    fs::write(folder.join(".traplinerc"), settings).unwrap();
    ends_with(&trapline(&folder.join("assets"), None, &["upload", "."]), 0);
    assert_eq!(collector.state.lock().unwrap().manifests[0]["release"], "rc@2");
}

#[test]
fn check_says_what_each_script_of_a_page_resolves_to() {
    let (folder, collector) = (deployment("check"), Collector::start());
    ends_with(&trapline(&folder, Some(&collector), &["upload", ".", "--release", "1"]), 0);
    {
        let mut state = collector.state.lock().unwrap();
        let html = "<script src=/esbuild.js></script><script src=/plain.js></script>\
            <script src=/stale.js></script><script src=/gone.js></script>";
        state.pages.insert("/".into(), html.into());
        state
            .pages
            .insert("/esbuild.js".into(), fs::read(folder.join("assets/esbuild/main.js")).unwrap());
        state.pages.insert("/plain.js".into(), b"console.log(1)".to_vec());
        let stale = fs::read_to_string(folder.join("assets/vite/main.js")).unwrap();
        let id = trapline_symbols::debug_id::of_script(&stale)
            .map(trapline_symbols::debug_id::text_of)
            .unwrap();
        let other = "11111111-2222-8333-8444-555555555555";
        state.pages.insert("/stale.js".into(), stale.replace(&id, other).into_bytes());
    }
    let page = format!("{}/", collector.url);
    let said = ends_with(&trapline(&folder, Some(&collector), &["check", &page]), 1);
    assert!(said.contains("/esbuild.js\n    src/") && said.contains(" in "), "{said}");
    assert!(said.contains("no comment names a map") && said.contains("no debug ID"), "{said}");
    assert!(said.contains("no map with debug ID 11111111-2222"), "{said}");
    assert!(said.contains("its map is not served"), "{said}");
    assert!(said.contains("/gone.js answers 404"), "{said}");
    let output = trapline(&folder, Some(&collector), &["check", &page, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["scripts"].as_array().unwrap().len(), 4);
    assert!(report["scripts"][0]["resolves_to"].is_string(), "{report}");
}

#[test]
fn agent_in_a_build_is_no_fault_of_the_build() {
    let folder = folder("agent");
    for name in ["agent_bg-COLGhgZI.wasm", "agent_bg.wasm", "app_bg.wasm"] {
        fs::write(folder.join(name), MODULE).unwrap();
    }
    let said = text(&trapline(&folder, None, &["upload", ".", "--dry-run"]));
    assert_eq!(said.matches("Trapline's own").count(), 2, "{said}");
    assert_eq!(said.matches("--keep-debug").count(), 1, "{said}");
}
