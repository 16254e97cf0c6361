//! Apps: those of frameworks in a browser, Rust for wasm32, and a receiver of alerts in Node.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use trapline_tests::{World, eventually};
use xtask::tools::WASM_TARGET;

use super::pages::{app_site, bundled, reports};
use super::{all_blocks, filled};
use crate::sentry_sdks::run;

/// What the component throws that each snippet renders.
const THROWN: &str = "thrown by the component";

pub(super) fn frameworks(world: &World) {
    let react = format!("export default function App() {{ throw new Error('{THROWN}'); }}");
    let vue = format!(
        "import {{ h }} from 'vue';\nexport default {{ render: () => h('p', 'Basket'), mounted() {{ throw new Error('{THROWN}'); }} }};"
    );
    let svelte = format!("<script>throw new Error('{THROWN}');</script>\n<p>Basket</p>");
    // What mounts the component, and has initialised the agent.
    let main = "import * as Trapline from 'trapline';\nimport { mount } from 'svelte';\nimport App from './App.svelte';\n\
                Trapline.init({ dsn: 'https://KEY@errors.example/1' });\n\
                mount(App, { target: document.getElementById('app') });";
    let only = |language: &str| {
        let found = all_blocks(world, language, "");
        let is_app = |code: &str| language != "js" || code.contains("createApp");
        found.into_iter().find(|(_, block)| is_app(&block.code)).expect(language)
    };
    for (language, beside, entry) in [
        ("jsx", ("App.jsx", &react), "main.jsx"),
        ("js", ("App.js", &vue), "main.js"),
        ("svelte", ("Basket.svelte", &svelte), "main.js"),
    ] {
        let (place, block) = only(language);
        let project = world.project();
        let code = filled(&block.code, world, &project, None);
        let main = filled(main, world, &project, None);
        let mut sources = vec![(beside.0, beside.1.as_str())];
        if language == "svelte" {
            sources.extend([("App.svelte", code.as_str()), ("main.js", main.as_str())]);
        } else {
            sources.push((entry, code.as_str()));
        }
        let folder = world.paths.target.join("e2e/docs-apps").join(language);
        let files = bundled(world, &folder, &sources, entry);
        reports(world, &project, &app_site(files), &place, THROWN);
        let issues = project.api.issues().expect("issues");
        assert_eq!(issues.len(), 1, "{place}: once, and nothing else: {issues:#?}");
    }
}

/// Every Rust block as a program of its own, on the crate as it is here.
pub(super) fn rust(world: &World) {
    let folder = world.paths.target.join("e2e/docs-rust");
    let programs = folder.join("src/bin");
    let _ = fs::remove_dir_all(&programs);
    fs::create_dir_all(&programs).expect("a folder");
    let crate_path = world.paths.root.join("panic");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"docs-rust\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n\
         trapline-panic = {{ path = {:?}, features = [\"tracing\"] }}\n\
         tracing-subscriber = {{ version = \"0.3\", default-features = false, features = [\"std\", \"registry\"] }}\n",
        crate_path.display().to_string()
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    let lock = world.paths.root.join("tests/apps/yew/Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).expect("the versions of the other app");
    for (number, (place, block)) in all_blocks(world, "rust", "").into_iter().enumerate() {
        let code = &block.code;
        let whole = if code.contains("fn main") {
            code.clone()
        } else {
            format!("#![allow(dead_code)]\nfn main() {{\n{code}\n}}\n")
        };
        let file = programs.join(format!("block_{number}.rs"));
        fs::write(file, format!("// {place}\n{whole}")).expect("a program");
    }
    run(Command::new("cargo")
        .args(["check", "--quiet", "--target", WASM_TARGET, "--target-dir"])
        .arg(world.paths.target.join("apps"))
        .current_dir(&folder));
}

/// The snippet takes a real message with its real secret, and nothing else; the message has the members of the documents.
pub(super) fn signature(world: &World) {
    let project = world.project();
    let path = format!("/docs-{}", project.slug);
    let rule = json!({ "target": world.receiver.url(&path), "name": "on call" });
    let made = project.api.send("POST", "alerts/", &rule).unwrap();
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let event = json!({ "exception": { "values": [{ "type": "TypeError", "value": "cart is undefined" }] } });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    assert_eq!(project.send(envelope.as_bytes()).status, 200);
    let received = eventually(|| {
        let received = world.receiver.received(&path);
        anyhow::Context::context(received.into_iter().next(), "no message yet")
    });

    let (_, block) = all_blocks(world, "js", "node").remove(0);
    let folder = world.paths.target.join("e2e/docs-node");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("is_ours.mjs"), &block.code).expect("the snippet");
    let asks = format!(
        "import {{ isOurs }} from './is_ours.mjs';\nconst [header, body, secret] = {};\n\
         const later = Date.now() + 600_000;\nconsole.log(JSON.stringify([isOurs(header, body, secret), isOurs(header, body + ' ', secret), \
         isOurs(header, body, 'other'), isOurs(header, body, secret, later), isOurs('', body, secret)]));",
        json!([received.signature, received.body, made["secret"]])
    );
    fs::write(folder.join("asks.mjs"), asks).expect("a script");
    let said = run(Command::new("node").arg("asks.mjs").current_dir(&folder));
    assert_eq!(said.trim(), "[true,false,false,false,false]");

    let (place, block) = all_blocks(world, "json", "webhook").remove(0);
    let shown: Value = serde_json::from_str(&block.code).expect("JSON");
    let real = received.json();
    let members = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(members(&shown), members(&real), "{place}");
    assert_eq!(members(&shown["project"]), members(&real["project"]), "{place}");
    assert_eq!(members(&shown["conditions"][0]), members(&real["conditions"][0]), "{place}");
    assert_eq!(shown["conditions"][0]["kind"], real["conditions"][0]["kind"]);
}
