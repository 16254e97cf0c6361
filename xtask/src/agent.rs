//! Building what pages load: the stub, the façade with wasm-bindgen's glue, and the wasm.
//!
//! ```text
//! agent/src       cargo → wasm-bindgen → wasm-opt ─► agent_bg.wasm ─┐
//! agent/js/agent.js      esbuild → terser ─────────► agent.js ──────┼─► assets/agent/<hash>/
//! agent/js/extra.js      the same ─────────────────► extra.js ──────┤
//! agent/js/views.js      the same ─────────────────► views.js ──────┤
//! agent/js/feedback.js   the same ─────────────────► feedback.js ───┘
//! agent/js/stub.js       esbuild ◄─ <hash> ─────────────────────────► assets/trapline.js, trapline-worker.js
//! agent/js/module.js     esbuild ◄─ <hash> ─────────────────────────► assets/trapline.mjs
//! hashes of all of it ──────────────────────────────────────────────► assets/trapline.json
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::integrity;
use crate::names::Names;
use crate::package;
use crate::paths::Paths;
use crate::progress::Say;
use crate::run::run;
use crate::stamp::{self, Inputs};
use crate::tools::{self, WASM_TARGET};

/// What rustc 1.95 emits by default and every engine with wasm has; wasm-opt has to be told.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Sections that only tools read.
const STRIPPED: [&str; 2] = ["--strip-producers", "--strip-target-features"];

/// Chromium 80, Firefox 74, Safari 13.1: the stub has to be parsed wherever it is to hear errors.
const STUB_SYNTAX: &str = "--target=es2020";

/// Chromium 94, Firefox 93, Safari 16.4. Where it is not parsed the stub does the work, so bytes count for more.
const FACADE_SYNTAX: &str = "--target=es2022";

/// What terser may do to the façade. Its arrows have no `this` of their own, and no function's `length` counts.
const FACADE_SQUEEZE: &str =
    "passes=3,ecma=2022,unsafe_arrows=true,keep_fargs=false,hoist_funs=true,lhs_constants=false";

/// The same for the stub, which older engines parse.
const STUB_SQUEEZE: &str = "passes=3,ecma=2020";

/// The workspace's version, which events name as their SDK's.
const AGENT_VERSION: &str =
    concat!("--define:__AGENT_VERSION__=\"", env!("CARGO_PKG_VERSION"), "\"");

/// The scripts of the immutable directory: the façade, and what it loads when it is needed.
const SCRIPTS: [&str; 4] = ["agent.js", "extra.js", "views.js", "feedback.js"];

/// The files of the immutable directory.
pub(crate) const FILES: [&str; 5] =
    ["agent.js", "agent_bg.wasm", "extra.js", "views.js", "feedback.js"];

const WASM: &str = "agent_bg.wasm";

const FIX_THE_SOURCE: &str = "fix what it says above, then run this again";

impl Paths {
    /// The agent before it is laid out for serving.
    #[must_use]
    pub fn agent(&self) -> PathBuf {
        self.target.join("agent")
    }
}

/// Builds the agent into `target/agent` and lays it out in `deploy/assets`. Returns its hash.
///
/// # Errors
/// A tool that fails; its output has been printed.
pub fn build(paths: &Paths, names: &Names, wasm_bindgen: &Path, say: &Say) -> Result<String> {
    let digest = inputs(paths)?.digest();
    let stamp = paths.agent().join("stamp");
    if stamp::is_fresh(&stamp, &digest, &[paths.agent().join(WASM)]) {
        say.note("up to date");
    } else {
        compile(paths, say)?;
        bind(paths, wasm_bindgen, say)?;
        optimise(paths, say)?;
        stamp::keep(&stamp, &digest)?;
    }
    lay_out(paths, names, say)
}

fn inputs(paths: &Paths) -> Result<Inputs> {
    Ok(Inputs::within(&paths.root)
        .path("agent/Cargo.toml")?
        .path("agent/src")?
        .path("core")?
        .path("Cargo.toml")?
        .path("Cargo.lock")?
        .path("package-lock.json")?
        .path("rust-toolchain.toml")?
        .path("xtask/src/agent.rs")?)
}

/// With the standard library's source at hand its panics become single instructions, without the words for which
/// nobody listens: half a kilobyte less. Without, the same program is larger.
fn compile(paths: &Paths, say: &Say) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(["build", "--package", "trapline-agent", "--lib", "--profile", "agent"])
        .args(["--target", WASM_TARGET, "--target-dir"])
        .arg(compiled(paths))
        .current_dir(&paths.root);
    if tools::add_library_source(say) {
        command
            .arg("-Zbuild-std=core,alloc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-Zunstable-options -Cpanic=immediate-abort");
    }
    run(&mut command, say, FIX_THE_SOURCE)
}

/// Apart from everything else: it has its own idea of the standard library.
fn compiled(paths: &Paths) -> PathBuf {
    paths.agent().join("compiled")
}

fn bind(paths: &Paths, wasm_bindgen: &Path, say: &Say) -> Result<()> {
    let wasm = compiled(paths).join(WASM_TARGET).join("agent/trapline_agent.wasm");
    run(
        Command::new(wasm_bindgen)
            .args(["--target", "web", "--no-typescript", "--omit-default-module-path"])
            .args(["--out-name", "trapline", "--out-dir"])
            .arg(paths.agent())
            .arg(wasm),
        say,
        "its version and that of the library in Cargo.toml have to be equal",
    )
}

fn optimise(paths: &Paths, say: &Say) -> Result<()> {
    let made = |name: &str| paths.agent().join(name);
    // Rust keeps the lowest memory for the end of its stack: no address in a load or store is that low. Control flow made
    // anew, and functions in an order that compresses well, are a tenth of a kilobyte less.
    let passes = [
        "-Oz",
        "--low-memory-unused",
        "--converge",
        "--flatten",
        "--rereloop",
        "-Os",
        "-Oz",
        "--dealign",
        "--reorder-locals",
        "--reorder-functions",
    ];
    wasm_opt(paths, say, &made("trapline_bg.wasm"), &made(WASM), &passes)
}

/// Runs passes over a module. Names of functions are left out.
pub(crate) fn wasm_opt(
    paths: &Paths,
    say: &Say,
    from: &Path,
    to: &Path,
    passes: &[&str],
) -> Result<()> {
    run(
        Command::new(paths.wasm_opt())
            .args(passes)
            .args(WASM_FEATURES)
            .args(STRIPPED)
            .arg(from)
            .arg("-o")
            .arg(to),
        say,
        "a feature that it does not know belongs into WASM_FEATURES in xtask/src/agent.rs",
    )
}

fn bundle(paths: &Paths, names: &Names, say: &Say) -> Result<()> {
    let made = |name: &str| paths.agent().join(name);
    // Without wasm inside, which is a file of its own.
    let apart = "--define:__WASM_BASE64__=\"\"";
    let beside = SCRIPTS.map(|name| format!("--external:./{name}"));
    let mut module = vec!["--format=esm", FACADE_SYNTAX, apart];
    module.extend(beside.iter().map(String::as_str));
    for name in SCRIPTS {
        esbuild(paths, names, say, name, &made(name), &module)?;
        terser(paths, say, &made(name), &["--module", "--ecma=2022"], FACADE_SQUEEZE)?;
    }
    // Chromium then compiles it whole beside the page, instead of each function on the main thread when it is called first.
    let facade = made("agent.js");
    let hinted = ["//# allFunctionsCalledOnLoad\n", &fs::read_to_string(&facade)?].concat();
    fs::write(&facade, hinted)?;
    Ok(())
}

/// Makes a script of esbuild's smaller yet, by a twentieth.
fn terser(paths: &Paths, say: &Say, script: &Path, options: &[&str], compress: &str) -> Result<()> {
    run(
        Command::new("node")
            .arg(paths.node_module("terser/bin/terser"))
            .arg(script)
            .args(options)
            .args(["--mangle", "--compress", compress, "--output"])
            .arg(script),
        say,
        FIX_THE_SOURCE,
    )
}

/// One source of `agent/js`, with what it imports.
pub(crate) fn esbuild(
    paths: &Paths,
    names: &Names,
    say: &Say,
    source: &str,
    outfile: &Path,
    options: &[&str],
) -> Result<()> {
    run(
        Command::new(paths.esbuild())
            .arg(format!("agent/js/{source}"))
            .args(["--bundle", "--minify", "--legal-comments=none", "--log-level=warning"])
            .args([AGENT_VERSION, &format!("--outfile={}", outfile.display())])
            .arg(format!("--define:__INGEST_PATH__=\"{}\"", names.ingest_path()))
            .args(options)
            .current_dir(&paths.root),
        say,
        FIX_THE_SOURCE,
    )
}

/// Bundles the scripts, puts the agent under a name that changes with its content, and what knows that name beside it: the
/// stub for pages, that for workers, and the module. The wasm has been built. Returns the hash.
///
/// # Errors
/// A tool that fails; its output has been printed.
pub fn lay_out(paths: &Paths, names: &Names, say: &Say) -> Result<String> {
    bundle(paths, names, say)?;
    let made = paths.agent();
    let mut content = Inputs::within(&made);
    for name in FILES {
        content = content.path(name)?;
    }
    let hash = content.digest();
    let assets = paths.deploy.join("assets");
    let directory = assets.join(names.directory());
    if !directory.join(&hash).exists() && directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(directory.join(&hash))?;
    remove_others(&assets, names)?;
    for name in FILES {
        fs::copy(made.join(name), directory.join(&hash).join(name))
            .with_context(|| format!("{name} could not be copied"))?;
    }
    let inside = format!("/{}/{hash}/agent.js", names.directory());
    let path = format!("--define:__AGENT_PATH__=\"{inside}\"");
    let stub = |is_worker: &str, outfile: &str| {
        let options = ["--format=iife", STUB_SYNTAX, &path, is_worker];
        let script = assets.join(outfile);
        esbuild(paths, names, say, "stub.js", &script, &options)?;
        terser(paths, say, &script, &["--ecma=2020"], STUB_SQUEEZE)
    };
    stub("--define:__IS_WORKER__=false", &names.script())?;
    stub("--define:__IS_WORKER__=true", &names.worker_script())?;
    // Its only import stays one, by the name that it has here.
    let module = assets.join(names.module());
    esbuild(paths, names, say, "module.js", &module, &["--format=esm", "--external:./agent.js"])?;
    let text = fs::read_to_string(&module)?;
    let text = text.replace("\"./agent.js\"", &format!("\".{inside}\""));
    fs::write(&module, text).context("the module could not be written")?;
    integrity::write(&assets, names, &hash)?;
    package::build(paths, names, say)?;
    Ok(hash)
}

/// What an earlier build with other names has left.
fn remove_others(assets: &Path, names: &Names) -> Result<()> {
    let (script, worker, module) = (names.script(), names.worker_script(), names.module());
    let ours = [&script, &worker, &module, names.directory(), "static", "demo", "_headers"];
    for entry in fs::read_dir(assets)? {
        let path = entry?.path();
        if ours.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}
