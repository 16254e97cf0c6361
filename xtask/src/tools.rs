//! The tools that a build needs: found where they are, installed where they are missing. Their versions stand here, and
//! in package.json and rust-toolchain.toml, and nowhere else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::progress::Say;
use crate::run::{answer, run};
use crate::stamp::{self, Inputs};

/// A program on crates.io, and the version that is used here.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// The package's name.
    pub package: &'static str,
    /// The program's name.
    pub program: &'static str,
    /// Exactly this version.
    pub version: &'static str,
}

/// Has to be the very version of the `wasm-bindgen` library in Cargo.toml.
pub const WASM_BINDGEN: Tool =
    Tool { package: "wasm-bindgen-cli", program: "wasm-bindgen", version: "0.2.130" };
/// Has to be the version of the `worker` library.
pub const WORKER_BUILD: Tool =
    Tool { package: "worker-build", program: "worker-build", version: "0.8.7" };
/// Drives Firefox in the end-to-end tests. The newest, because Debian follows the newest ESR.
pub const GECKODRIVER: Tool =
    Tool { package: "geckodriver", program: "geckodriver", version: "0.37.1" };
/// Used by `cargo xtask check` alone.
pub const CARGO_DENY: Tool =
    Tool { package: "cargo-deny", program: "cargo-deny", version: "0.20.2" };
/// Used by `cargo xtask check` alone.
pub const CARGO_MACHETE: Tool =
    Tool { package: "cargo-machete", program: "cargo-machete", version: "0.9.2" };

/// What browsers and workerd run.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// wrangler 4.86 asks for it.
const OLDEST_NODE: (u32, u32) = (20, 3);

/// Makes sure that the compiler can build for wasm. Automatic installation of toolchain parts may be off.
///
/// # Errors
/// When the target is missing and rustup cannot add it.
pub fn add_wasm_target(say: &Say) -> Result<()> {
    let directory = answer("rustc", &["--target", WASM_TARGET, "--print", "target-libdir"]);
    if directory.is_some_and(|directory| fs::exists(directory).unwrap_or(false)) {
        say.note("up to date");
        return Ok(());
    }
    run(
        Command::new("rustup").args(["target", "add", WASM_TARGET]),
        say,
        "the wasm32 target comes from static.rust-lang.org; check the network, then run it again",
    )
}

/// Makes sure that the standard library's source is there, if that can be: the agent is smaller with it.
pub fn add_library_source(say: &Say) -> bool {
    let is_there = || {
        let sysroot = answer("rustc", &["--print", "sysroot"]).unwrap_or_default();
        Path::new(&sysroot).join("lib/rustlib/src/rust/library/core/src/lib.rs").exists()
    };
    if is_there() {
        return true;
    }
    let advice = "the agent is built without it, and larger";
    run(Command::new("rustup").args(["component", "add", "rust-src"]), say, advice).is_ok()
        && is_there()
}

/// Makes sure that Node is there and new enough.
///
/// # Errors
/// One sentence saying what to install.
pub fn check_node() -> Result<()> {
    let (major, minor) = OLDEST_NODE;
    let advice = format!("install Node {major}.{minor} or newer from https://nodejs.org");
    let version = answer("node", &["--version"])
        .with_context(|| format!("Node is missing: {advice}, and run this again"))?;
    match node_version(&version) {
        Some(found) if found >= OLDEST_NODE => Ok(()),
        _ => bail!("Node {version} is too old: {advice}, and run this again"),
    }
}

/// `v20.20.2`
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix('v')?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Installs what package-lock.json names: esbuild, wasm-opt, wrangler.
///
/// # Errors
/// When npm fails.
pub fn install_node_modules(paths: &Paths, say: &Say) -> Result<()> {
    let digest = Inputs::within(&paths.root).path("package-lock.json")?.digest();
    let stamp = paths.root.join("node_modules/.trapline-stamp");
    let needed = [paths.esbuild(), paths.wasm_opt(), paths.wrangler()];
    if stamp::is_fresh(&stamp, &digest, &needed) {
        say.note("up to date");
        return Ok(());
    }
    run(
        Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&paths.root),
        say,
        "check the network and the npm registry's address (npm config get registry), then run it again",
    )?;
    Ok(stamp::keep(&stamp, &digest)?)
}

impl Paths {
    /// esbuild's native program, which needs no Node. worker-build starts it by itself.
    #[must_use]
    pub fn esbuild(&self) -> PathBuf {
        self.node_module("esbuild/bin/esbuild")
    }

    /// binaryen's optimiser.
    #[must_use]
    pub fn wasm_opt(&self) -> PathBuf {
        self.node_module("binaryen/bin/wasm-opt")
    }

    /// wrangler, to be run by Node: the programs in `node_modules/.bin` start a process more.
    #[must_use]
    pub fn wrangler(&self) -> PathBuf {
        self.node_module("wrangler/bin/wrangler.js")
    }
}

/// Where the tool is: in `target/tools`, or a right-versioned one on PATH, or installed now.
///
/// # Errors
/// When it cannot be installed.
pub fn ready(tool: Tool, paths: &Paths, say: &Say) -> Result<PathBuf> {
    let own = own(tool, paths);
    if let Some(found) = at_hand(tool, paths) {
        say.note(if found == own { "up to date" } else { "found on PATH" });
        return Ok(found);
    }
    install(tool, paths, say)?;
    Ok(own)
}

/// The same, but nothing is installed.
#[must_use]
pub fn at_hand(tool: Tool, paths: &Paths) -> Option<PathBuf> {
    let candidates = [own(tool, paths), PathBuf::from(tool.program)];
    candidates.into_iter().find(|candidate| is_right(candidate, tool))
}

fn own(tool: Tool, paths: &Paths) -> PathBuf {
    paths.target.join("tools/bin").join(tool.program)
}

fn is_right(program: &Path, tool: Tool) -> bool {
    answer(program, &["--version"]).is_some_and(|text| says_version(&text, tool.version))
}

/// `wasm-bindgen 0.2.130`, `0.8.7`, `geckodriver 0.37.1 (a9c3d7f 2026-10-01)` and a licence below
fn says_version(text: &str, version: &str) -> bool {
    text.lines().next().is_some_and(|line| line.split_whitespace().any(|word| word == version))
}

/// Without `--locked`: wasm-bindgen-cli's lock file asks for versions that have been withdrawn. One build directory for all,
/// because they share dependencies; no optimisation, because compiling them costs minutes and running them seconds.
fn install(tool: Tool, paths: &Paths, say: &Say) -> Result<()> {
    let tools = paths.target.join("tools");
    run(
        Command::new("cargo")
            .args(["install", tool.package, "--version", &format!("={}", tool.version)])
            .arg("--root")
            .arg(&tools)
            .current_dir(&paths.root)
            .env("CARGO_TARGET_DIR", tools.join("build"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        say,
        &format!(
            "check the network, or install {} {} yourself so that it is on PATH",
            tool.package, tool.version
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{node_version, says_version};

    #[test]
    fn node_says_its_version() {
        assert_eq!(node_version("v20.20.2"), Some((20, 20)));
        assert_eq!(node_version("20.20.2"), None);
    }

    #[test]
    fn tool_says_its_version_in_its_first_line() {
        assert!(says_version("0.8.7", "0.8.7"));
        assert!(says_version("geckodriver 0.37.1\n\nThe source code is at 0.1", "0.37.1"));
        assert!(!says_version("geckodriver 0.37.1\n\nThe source code is at 0.1", "0.1"));
        assert!(!says_version("wasm-bindgen 0.2.130", "0.2.13"));
    }
}
