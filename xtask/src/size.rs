//! `cargo xtask size`: what each visitor downloads and each isolate starts, against the budgets of DESIGN. Also written to
//! `target/report/size.json`, in bytes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use crate::names::Names;
use crate::paths::Paths;
use crate::stamp::files_under;

/// What delays a page: the stub is in its critical path.
const MAX_STUB_BYTES: usize = 1_200;
/// Stub, façade with glue, wasm, and what measures page views, together.
const MAX_TOTAL_BYTES: usize = 25_000;
/// The form in which users say what went wrong; loaded when it is opened.
const MAX_FEEDBACK_BYTES: usize = 5_000;
/// The Worker as it is uploaded; the platform's own limit is 3 MiB on the free plan.
const MAX_COLLECTOR_BYTES: usize = 1_000_000;

/// The dashboard's stylesheet and script: the page that is opened first waits for both.
const MAX_STYLE_BYTES: usize = 12_000;
const MAX_SCRIPT_BYTES: usize = 10_000;

/// One line of the table.
struct Size {
    name: &'static str,
    what: &'static str,
    bytes: usize,
    budget: Option<usize>,
}

impl Size {
    fn is_over(&self) -> bool {
        self.budget.is_some_and(|budget| self.bytes > budget)
    }
}

/// Measures what `deploy/` holds, prints the table, and writes the report.
///
/// # Errors
/// When something is missing, or over its budget: what, and by how much.
pub fn size(paths: &Paths) -> Result<()> {
    let sizes = measure(&paths.deploy, &Names::chosen()?)?;
    for size in &sizes {
        let budget = size.budget.map_or_else(String::new, |budget| format!("of {budget:>7}"));
        println!("{:<14}{:>8} B  {budget:<11} {}", size.name, size.bytes, size.what);
    }
    report(&sizes, &paths.target.join("report/size.json"))?;
    let over: Vec<String> = sizes
        .iter()
        .filter(|size| size.is_over())
        .map(|size| format!("{} by {} B", size.name, size.bytes - size.budget.unwrap_or(0)))
        .collect();
    if !over.is_empty() {
        bail!("over budget: {}", over.join(", "));
    }
    Ok(())
}

fn measure(deploy: &Path, names: &Names) -> Result<Vec<Size>> {
    let stub = brotli_bytes(&deploy.join("assets").join(names.script()))?;
    let agent = agent_directory(deploy, names)?;
    let glue = brotli_bytes(&agent.join("agent.js"))?;
    let wasm = brotli_bytes(&agent.join("agent_bg.wasm"))?;
    let views = brotli_bytes(&agent.join("views.js"))?;
    let feedback = brotli_bytes(&agent.join("feedback.js"))?;
    let worker = deploy.join("worker");
    let collector =
        gzip_bytes(&worker.join("index.js"))? + gzip_bytes(&worker.join("index_bg.wasm"))?;
    let shown = deploy.join("assets/static");
    let style = brotli_bytes(&shown.join("app.css"))?;
    let script = brotli_bytes(&shown.join("app.js"))?;
    let line = |name, what, bytes, budget| Size { name, what, bytes, budget };
    Ok(vec![
        line("stub_br", "what pages load first, brotli", stub, Some(MAX_STUB_BYTES)),
        line("glue_br", "agent.js, brotli", glue, None),
        line("wasm_br", "agent_bg.wasm, brotli", wasm, None),
        line("views_br", "views.js, brotli", views, None),
        line("total_br", "all four", stub + glue + wasm + views, Some(MAX_TOTAL_BYTES)),
        line("feedback_br", "the feedback form, brotli", feedback, Some(MAX_FEEDBACK_BYTES)),
        line("style_br", "the dashboard's stylesheet, brotli", style, Some(MAX_STYLE_BYTES)),
        line("script_br", "the dashboard's script, brotli", script, Some(MAX_SCRIPT_BYTES)),
        line("collector_gz", "the Worker, gzip", collector, Some(MAX_COLLECTOR_BYTES)),
    ])
}

/// `assets/agent/<hash>/`, or what this build calls it: there is one.
///
/// # Errors
/// When nothing has been built.
pub fn agent_directory(deploy: &Path, names: &Names) -> Result<PathBuf> {
    let files = files_under(&deploy.join("assets").join(names.directory()))?;
    let directory = files.first().and_then(|file| file.parent());
    Ok(directory.context("there is no agent in deploy/assets; cargo xtask build makes it")?.into())
}

fn report(sizes: &[Size], path: &Path) -> Result<()> {
    let mut fields: Map<String, Value> =
        sizes.iter().map(|size| (size.name.to_owned(), json!(size.bytes))).collect();
    let budgets: Map<String, Value> =
        sizes.iter().filter_map(|size| Some((size.name.to_owned(), json!(size.budget?)))).collect();
    fields.insert("budgets".to_owned(), Value::Object(budgets));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(fs::write(path, format!("{:#}\n", Value::Object(fields)))?)
}

/// What a file is on the wire. Quality 11, window 22: what Cloudflare's edge keeps of static files is at best this.
///
/// # Errors
/// A file that cannot be read.
pub fn brotli_bytes(path: &Path) -> Result<usize> {
    Ok(brotli_of(&read(path)?, 11))
}

/// What an answer is on the wire that the edge compresses as it comes: quality 4.
#[must_use]
pub fn compressed(content: &[u8]) -> usize {
    brotli_of(content, 4)
}

fn brotli_of(content: &[u8], quality: u32) -> usize {
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4096, quality, 22);
    // A vector takes everything.
    let _ = writer.write_all(content);
    drop(writer);
    compressed.len()
}

/// Level 6, as wrangler counts an upload.
fn gzip_bytes(path: &Path) -> Result<usize> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::new(6));
    writer.write_all(&read(path)?)?;
    Ok(writer.finish()?.len())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path)
        .with_context(|| format!("{} is missing; cargo xtask build makes it", path.display()))
}
