//! `cargo xtask build`: from sources to `deploy/`, which Node alone can put on a domain. What is up to date is not made again.

use std::fs;

use anyhow::Result;

use crate::names::Names;
use crate::paths::Paths;
use crate::progress::Progress;
use crate::tools::{self, WASM_BINDGEN, WORKER_BUILD};
use crate::{agent, assets, collector, demo};

/// How many steps a build has.
pub const STEPS: usize = 8;

/// Builds all that is deployed.
///
/// # Errors
/// The first step that fails: one sentence, and what to do.
pub fn build(paths: &Paths, progress: &Progress) -> Result<()> {
    let names = Names::chosen()?;
    tools::check_node()?;
    fs::create_dir_all(&paths.deploy)?;
    progress.step("wasm32 target", tools::add_wasm_target)?;
    progress.step("npm ci", |say| tools::install_node_modules(paths, say))?;
    let wasm_bindgen =
        progress.step("wasm-bindgen", |say| tools::ready(WASM_BINDGEN, paths, say))?;
    let worker_build =
        progress.step("worker-build", |say| tools::ready(WORKER_BUILD, paths, say))?;
    progress.step("agent", |say| agent::build(paths, &names, &wasm_bindgen, say))?;
    progress.step("collector", |say| collector::build(paths, &worker_build, &wasm_bindgen, say))?;
    progress.step("demo shop", |say| demo::build(paths, &wasm_bindgen, say))?;
    progress.step("assets and settings", |say| assets::build(paths, &names, say))
}
