//! Building the parts of the demo shop that are not served as they are written.
//!
//! ```text
//! www/packing   Rust        cargo, wasm-bindgen ─┬─ stripped ──────────────────────► served
//!                                                └─ with names and debug information ─┐
//! www/delivery  TypeScript  esbuild, debug ID ───┬─ minified ──────────────────────► served
//!                                                └─ with its map ─────────────────────┴► uploaded by `cargo xtask dev`
//! ```
//! What is uploaded has the same code as what is served.

use std::fs;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use trapline_symbols::debug_id;

use crate::paths::Paths;
use crate::progress::Say;
use crate::run::run;
use crate::stamp::{self, Inputs};
use crate::tools::WASM_TARGET;

/// What is served.
pub const FILES: [&str; 3] = ["packing.js", WASM, SCRIPT];

/// The release that the demo's page says it is.
pub const RELEASE: &str = "shop@2026.11.3";

const WASM: &str = "packing_bg.wasm";
const SCRIPT: &str = "delivery.js";

const PACKAGE: &str = "trapline-demo-packing";

impl Paths {
    /// The demo's built parts as they are served: [`FILES`].
    #[must_use]
    pub fn demo(&self) -> PathBuf {
        self.target.join("demo/served")
    }

    /// The same module with names and debug information.
    #[must_use]
    pub fn demo_debug(&self) -> PathBuf {
        self.target.join("demo/debug").join(WASM)
    }

    /// What `trapline upload` is told of the demo: scripts with their maps, modules with their debug files.
    #[must_use]
    pub fn demo_upload(&self) -> PathBuf {
        self.target.join("demo/upload")
    }
}

/// Builds all of them.
///
/// # Errors
/// A tool that fails; its output has been printed.
pub fn build(paths: &Paths, wasm_bindgen: &Path, say: &Say) -> Result<()> {
    let digest = inputs(paths)?.digest();
    let stamp = paths.target.join("demo/stamp");
    let mut made = vec![paths.demo_debug(), paths.demo_upload().join(SCRIPT)];
    made.extend(FILES.map(|name| paths.demo().join(name)));
    if stamp::is_fresh(&stamp, &digest, &made) {
        say.note("up to date");
        return Ok(());
    }
    compile(paths, say)?;
    bind(paths, wasm_bindgen, &["--remove-name-section"], &paths.demo(), say)?;
    bind(paths, wasm_bindgen, &["--keep-debug"], &paths.target.join("demo/debug"), say)?;
    bundle(paths, say)?;
    fs::copy(paths.demo().join(WASM), paths.demo_upload().join(WASM))?;
    fs::copy(paths.demo_debug(), paths.demo_upload().join("packing_bg.debug.wasm"))?;
    Ok(stamp::keep(&stamp, &digest)?)
}

/// Beside the collector, whose dependencies are in part the same.
fn compile(paths: &Paths, say: &Say) -> Result<()> {
    run(
        Command::new("cargo")
            .args(["build", "--package", PACKAGE, "--release", "--target", WASM_TARGET])
            .arg("--target-dir")
            .arg(&paths.target)
            .current_dir(&paths.root),
        say,
        "fix what it says above, then run this again",
    )
}

fn bind(paths: &Paths, tool: &Path, options: &[&str], out: &Path, say: &Say) -> Result<()> {
    let wasm = paths.target.join(WASM_TARGET).join("release/trapline_demo_packing.wasm");
    run(
        Command::new(tool)
            .args(["--target", "web", "--no-typescript", "--remove-producers-section"])
            .args(["--out-name", "packing", "--out-dir"])
            .arg(out)
            .args(options)
            .arg(wasm),
        say,
        "its version and that of the library in Cargo.toml have to be equal",
    )
}

/// The debug ID is in both, so that the map is found for what is served, which names no map.
fn bundle(paths: &Paths, say: &Say) -> Result<()> {
    let folder = paths.demo_upload();
    let built = folder.join(SCRIPT);
    run(
        Command::new(paths.esbuild())
            .arg(paths.root.join("www/delivery/main.ts"))
            .args(["--bundle", "--minify", "--format=esm", "--sourcemap", "--log-level=warning"])
            .arg(format!("--outfile={}", built.display())),
        say,
        "fix what it says above, then run this again",
    )?;
    let map_file = folder.join(format!("{SCRIPT}.map"));
    let (script, map) = (fs::read_to_string(&built)?, fs::read(&map_file)?);
    let injected = debug_id::inject(&script, &map).context("a debug ID for the demo")?;
    let script = injected.script.unwrap_or(script);
    fs::write(&map_file, injected.map.unwrap_or(map))?;
    fs::write(&built, &script)?;
    let is_served = |line: &&str| !line.starts_with("//# sourceMappingURL=");
    let served: Vec<&str> = script.lines().filter(is_served).collect();
    Ok(fs::write(paths.demo().join(SCRIPT), served.join("\n") + "\n")?)
}

fn inputs(paths: &Paths) -> Result<Inputs> {
    Ok(Inputs::within(&paths.root)
        .path("www/packing")?
        .path("www/delivery")?
        .path("panic")?
        .path("Cargo.toml")?
        .path("Cargo.lock")?
        .path("rust-toolchain.toml")?
        .path("xtask/src/demo.rs")?)
}
