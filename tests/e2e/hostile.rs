//! Bodies that are made to hurt: each is refused or trimmed, with an answer that says so, and costs little. The same bodies go
//! to the Worker, and to its wasm alone, where the time is taken.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use trapline_tests::World;
use xtask::tools::{WASM_BINDGEN, at_hand};

use crate::Test;
use crate::hostile_bodies::{Hostile, bodies};
use crate::sender::{path, post};

pub const TESTS: &[Test] = &[
    ("hostile_bodies_are_refused_or_trimmed_with_a_clear_answer", answers),
    ("hostile_bodies_cost_the_wasm_at_most_50_ms_and_64_mib", cost),
    ("a_body_that_never_ends_is_refused_at_the_limit", endless),
];

/// Tests that take their time.
pub const LONG_TESTS: &[Test] = &[
    ("a_body_that_stops_is_refused_after_a_while", stalled),
    ("normal_events_are_stored_beside_hostile_traffic", traffic),
];

/// What the wasm may spend on one request.
const MAX_MS: f64 = 50.0;

/// What it may take of the isolate's memory.
const MAX_MIB: f64 = 64.0;

fn answers(world: &World) {
    let project = world.project();
    for Hostile { name, body, encoding, statuses } in bodies() {
        let headers: Vec<_> = encoding.map(|name| ("Content-Encoding", name)).into_iter().collect();
        let reply = post(world, &path(&project, "envelope"), &headers, &body);
        assert!(statuses.contains(&reply.status), "{name}: {reply:?}");
        if reply.status != 200 {
            assert!(reply.detail().len() > 10, "{name}: {reply:?}");
        }
        // It is there for the next one.
        assert_eq!(world.get_site("/health").status, 200, "{name}");
    }
    // What was taken is shown on every page.
    for issue in project.api.issues().expect("issues") {
        let page = format!("/{}/issues/{}/", project.slug, issue.short_id);
        assert_eq!(project.api.page(&page).expect("a page").status, 200, "{issue:?}");
    }
}

fn cost(world: &World) {
    let directory = world.paths.target.join("e2e/hostile");
    fs::create_dir_all(&directory).expect("a directory");
    let mut cases = Vec::new();
    for (number, Hostile { name, body, encoding, .. }) in bodies().into_iter().enumerate() {
        let file = format!("{number}.bin");
        fs::write(directory.join(&file), body).expect("a file");
        let headers = encoding.map_or(json!({}), |name| json!({ "content-encoding": name }));
        cases.push(json!({ "name": name, "file": file, "headers": headers }));
    }
    fs::write(directory.join("cases.json"), json!(cases).to_string()).expect("a file");
    let bindings = bindings(world);
    let script = world.paths.root.join("tests/pipeline/time.mjs");
    let text = run(Command::new("node").arg(script).arg(&bindings).arg(&directory));
    let report: Value = serde_json::from_str(&text).expect(&text);
    let measured = report["cases"].as_array().expect("cases");
    assert_eq!(measured.len(), cases.len());
    println!();
    for case in measured {
        let best_ms = case["best_ms"].as_f64().expect("a time");
        let median_ms = case["median_ms"].as_f64().expect("a time");
        println!(
            "{best_ms:>7.1} ms, median {median_ms:>6.1}  {} {}",
            case["status"],
            case["name"].as_str().unwrap_or_default()
        );
    }
    let memory = report["memory_mib"].as_f64().expect("a size");
    println!("{memory:>7.1} MiB of memory after all of them");
    for case in measured {
        // The best of seven: what it costs, beside whatever else the machine does.
        assert!(case["best_ms"].as_f64().expect("a time") <= MAX_MS, "{case}");
    }
    assert!(memory <= MAX_MIB, "{memory} MiB");
}

/// The wasm of the last build, bound for Node.
fn bindings(world: &World) -> PathBuf {
    let bindings = world.paths.target.join("e2e/hostile/bindings");
    let wasm = world.paths.target.join("wasm32-unknown-unknown/release/trapline_worker.wasm");
    let wasm_bindgen = at_hand(WASM_BINDGEN, &world.paths).expect("wasm-bindgen of the build");
    run(Command::new(wasm_bindgen)
        .args(["--target", "web", "--no-typescript", "--out-dir"])
        .arg(&bindings)
        .arg(wasm));
    bindings
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What a body that does not end is answered, by the Worker in workerd itself.
fn unfinished(world: &World, how: &str) -> (String, Value) {
    let script = world.paths.root.join("tests/pipeline/unfinished.mjs");
    let worker = world.paths.deploy.join("worker");
    let text = run(Command::new("node").arg(script).arg(worker).arg(how));
    let report: Value = serde_json::from_str(&text).expect(&text);
    assert_eq!(report["next"], 200, "{report}");
    (report["answer"].as_str().expect("an answer").to_owned(), report)
}

fn endless(world: &World) {
    let (answer, report) = unfinished(world, "endless");
    assert!(answer.starts_with("HTTP/1.1 413"), "{report}");
    assert!(answer.contains("larger than the limit of"), "{report}");
    assert!(report["bytes"].as_u64().expect("bytes") < 100_000_000, "{report}");
}

fn stalled(world: &World) {
    let (answer, report) = unfinished(world, "stalled");
    assert!(answer.starts_with("HTTP/1.1 400"), "{report}");
    assert!(answer.contains("the body had not ended after 20 seconds"), "{report}");
    assert!(report["seconds"].as_f64().expect("seconds") < 30.0, "{report}");
}

/// Half a minute of `cargo xtask bench hostile`, which says what is wrong where something is.
fn traffic(world: &World) {
    let report = run(Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "trapline-bench", "--", "hostile", "30"])
        .current_dir(&world.paths.root));
    println!("\n{report}");
    assert!(report.contains("hostile requests"), "{report}");
}
