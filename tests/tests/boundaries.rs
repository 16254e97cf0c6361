//! Which crate may know which: `agent → core ← collector → symbols ← cli`. Nothing depends on the agent, nothing but the Worker
//! on the collector, and core and symbols depend on nothing of ours. xtask knows symbols: it puts debug IDs into the demo, and
//! functions into order.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// The crates of ours that a crate may depend on, in any way. A crate that is not listed may depend on none.
const MAY_DEPEND_ON: [(&str, &[&str]); 11] = [
    ("trapline-core", &[]),
    ("trapline-agent", &["trapline-core"]),
    ("trapline-symbols", &[]),
    ("trapline-collector", &["trapline-core", "trapline-symbols"]),
    ("trapline-worker", &["trapline-collector"]),
    ("trapline", &["trapline-core", "trapline-symbols"]),
    ("trapline-panic", &[]),
    ("trapline-demo-packing", &["trapline-panic"]),
    ("trapline-tests", &["trapline-core", "trapline-symbols", "xtask"]),
    ("trapline-bench", &["trapline-core", "trapline-symbols", "xtask"]),
    ("xtask", &["trapline-symbols"]),
];

#[test]
fn arrows_point_at_the_core() {
    for (name, dependencies) in workspace() {
        let allowed = MAY_DEPEND_ON.iter().find(|(known, _)| *known == name);
        let allowed = allowed.map_or(&[][..], |(_, allowed)| allowed);
        for dependency in dependencies {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} depends on {dependency}; it may depend on {allowed:?}"
            );
        }
    }
}

/// The core is pure: what reads clocks, draws random numbers, or speaks to an environment does not belong there.
#[test]
fn the_core_does_no_io() {
    let impure = ["getrandom", "js-sys", "rand", "tokio", "wasm-bindgen", "web-sys", "worker"];
    let tree =
        cargo(&["tree", "--package", "trapline-core", "--edges", "normal", "--prefix", "none"]);
    for line in tree.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        assert!(!impure.contains(&name), "trapline-core reaches {name}:\n{tree}");
    }
}

/// Each crate of the workspace, and which of them it depends on.
fn workspace() -> BTreeMap<String, Vec<String>> {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let ours: Vec<String> = packages.iter().map(name).collect();
    let dependencies = |package: &Value| {
        let all = package["dependencies"].as_array().expect("dependencies").iter().map(name);
        all.filter(|name| ours.contains(name)).collect::<Vec<_>>()
    };
    packages.iter().map(|package| (name(package), dependencies(package))).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
