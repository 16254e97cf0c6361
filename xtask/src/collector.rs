//! Building the Worker: `collector/worker` by worker-build into `deploy/worker/`.
//!
//! worker-build runs cargo, wasm-bindgen and esbuild. It would download the last two from places that may be blocked, so it is
//! told where ours are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::agent::wasm_opt;
use crate::order;
use crate::paths::Paths;
use crate::progress::Say;
use crate::run::run;
use crate::stamp::{self, Inputs};
use crate::tools;

/// Which wasm-bindgen has it catch what JavaScript throws.
const EXCEPTIONS: &str = "--enable-exception-handling";

impl Paths {
    /// The Worker: `index.js` and `index_bg.wasm`.
    #[must_use]
    pub fn worker(&self) -> PathBuf {
        self.deploy.join("worker")
    }
}

/// Builds the Worker.
///
/// # Errors
/// When worker-build fails; its output has been printed.
pub fn build(paths: &Paths, worker_build: &Path, wasm_bindgen: &Path, say: &Say) -> Result<()> {
    let digest = inputs(paths)?.digest();
    let stamp = paths.target.join("stamps/collector");
    let made = ["index.js", "index_bg.wasm"].map(|name| paths.worker().join(name));
    if stamp::is_fresh(&stamp, &digest, &made) {
        say.note("up to date");
        return Ok(());
    }
    let mut command = Command::new(worker_build);
    if tools::add_library_source(say) {
        // As of the agent: the collector's lints refuse panics, and nobody would read their words.
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
            .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
            .env("RUSTFLAGS", "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none");
    }
    run(
        command
            .args(["--release", "--no-opt", "--out-dir"])
            .arg(paths.worker())
            .current_dir(paths.root.join("collector/worker"))
            .env("CARGO_TARGET_DIR", &paths.target)
            .env("WASM_BINDGEN_BIN", wasm_bindgen)
            .env("ESBUILD_BIN", paths.esbuild()),
        say,
        "fix what it says above, then run this again",
    )?;
    let module = paths.worker().join("index_bg.wasm");
    // worker-build would optimise for speed alone.
    let smaller = [EXCEPTIONS, "-Oz", "--low-memory-unused"];
    wasm_opt(paths, say, &module, &module, &smaller)?;
    fs::write(&module, order::named_by_place(&fs::read(&module)?)?)?;
    // Hints of alignment, of which engines make nothing, are 5 KB.
    let ordered = [EXCEPTIONS, "--reorder-functions-by-name", "--dealign"];
    wasm_opt(paths, say, &module, &module, &ordered)?;
    Ok(stamp::keep(&stamp, &digest)?)
}

/// Templates and static files are compiled in or hashed by the collector's build script.
fn inputs(paths: &Paths) -> Result<Inputs> {
    Ok(Inputs::within(&paths.root)
        .path("collector")?
        .path("core")?
        .path("symbols")?
        .path("www")?
        .path("Cargo.toml")?
        .path("Cargo.lock")?
        .path("package-lock.json")?
        .path("rust-toolchain.toml")?
        .path("xtask/src/collector.rs")?
        .path("xtask/src/order.rs")?)
}
