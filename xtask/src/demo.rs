//! Building the part of the demo shop that is Rust: `www/packing` by cargo and wasm-bindgen, twice. What is served is
//! stripped of names and debug information; a file that has them stays here, to be uploaded. The code of both is the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::paths::Paths;
use crate::progress::Say;
use crate::run::run;
use crate::stamp::{self, Inputs};
use crate::tools::WASM_TARGET;

/// The module's files as they are served.
pub const FILES: [&str; 2] = ["packing.js", "packing_bg.wasm"];

const PACKAGE: &str = "trapline-demo-packing";

impl Paths {
    /// The demo's module as it is served: [`FILES`].
    #[must_use]
    pub fn demo(&self) -> PathBuf {
        self.target.join("demo/served")
    }

    /// The same module with names and debug information.
    #[must_use]
    pub fn demo_debug(&self) -> PathBuf {
        self.target.join("demo/debug").join(FILES[1])
    }
}

/// Builds both.
///
/// # Errors
/// A tool that fails; its output has been printed.
pub fn build(paths: &Paths, wasm_bindgen: &Path, say: &Say) -> Result<()> {
    let digest = inputs(paths)?.digest();
    let stamp = paths.target.join("demo/stamp");
    let made = [paths.demo().join(FILES[0]), paths.demo().join(FILES[1]), paths.demo_debug()];
    if stamp::is_fresh(&stamp, &digest, &made) {
        say.note("up to date");
        return Ok(());
    }
    compile(paths, say)?;
    bind(paths, wasm_bindgen, &["--remove-name-section"], &paths.demo(), say)?;
    bind(paths, wasm_bindgen, &["--keep-debug"], &paths.target.join("demo/debug"), say)?;
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

fn inputs(paths: &Paths) -> Result<Inputs> {
    Ok(Inputs::within(&paths.root)
        .path("www/packing")?
        .path("panic")?
        .path("Cargo.toml")?
        .path("Cargo.lock")?
        .path("rust-toolchain.toml")?
        .path("xtask/src/demo.rs")?)
}
