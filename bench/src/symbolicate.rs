//! The bench `symbolicate`: what digesting a map costs the command line, how tables grow, what a look-up costs there and in
//! workerd, and that positions are those of npm's `source-map` and PyPI's `symbolic`.

mod compared;
mod digested;
mod edge;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trapline_symbols::Table;
use trapline_symbols::digest::{Input, digest_source_map};
use xtask::paths::Paths;

pub(crate) use compared::SYMBOLIC;

use crate::report::Report;
use crate::table::thousands;

/// Sizes of maps in MB.
const SIZES: [&str; 5] = ["1", "2", "5", "10", "20"];
/// What the 10 MB map may cost.
const MAX_SECONDS: f64 = 2.0;
const MAX_MIB: f64 = 500.0;
/// Frames looked up in each table.
const LOOK_UPS: u32 = 2_000;

/// A bundle with its map.
#[derive(Debug)]
struct Bundle {
    script: PathBuf,
    map: PathBuf,
}

/// Runs the bench, prints its figures, and fails if a bar is not met.
///
/// # Errors
/// A bar that is not met, or what cannot be built or run.
pub(crate) fn run(paths: &Paths) -> Result<()> {
    let mut report =
        Report::new(paths, "symbolicate", "Source maps: digesting them, and looking frames up")?;
    let folder = paths.target.join("bench-symbolicate");
    let _ = fs::remove_dir_all(&folder);
    let mut node = Command::new("node");
    node.arg("bench/symbolicate/bundle.mjs").arg(&folder).args(SIZES).current_dir(&paths.root);
    output_of(&mut node).context("cannot bundle")?;
    let program = command_line(paths)?;
    let mut rows = Vec::new();
    let mut figures = Vec::new();
    for size in SIZES {
        let bundle = bundle_in(&folder.join(size).join("dist"));
        let cost = digested::run(&program, &folder.join(size).join("dist"))?;
        let table = looked_up(&bundle)?;
        if size == "10" {
            report.at_most("seconds for a 10 MB map", cost.seconds, MAX_SECONDS);
            report.at_most("MiB for a 10 MB map", cost.peak_mib, MAX_MIB);
        }
        let bytes = fs::metadata(&bundle.map)?.len();
        rows.push(vec![
            format!("{size} MB"),
            thousands(bytes),
            format!("{:.2}", cost.seconds),
            format!("{:.0}", cost.peak_mib),
            thousands(table.bytes),
            format!("{:.1}", table.frame_us),
            format!("{:.0}", table.context_us),
        ]);
        figures.push(json!({
            "map_bytes": bytes, "seconds": cost.seconds, "peak_mib": cost.peak_mib, "table_bytes": table.bytes,
            "frame_us": table.frame_us, "context_us": table.context_us,
        }));
    }
    let headings =
        ["map", "bytes", "digest s", "peak MiB", "table bytes", "frame µs", "context µs"];
    report.table("", &headings, &rows);
    let mut bundles: Vec<Bundle> = ["esbuild", "terser", "vite", "webpack"]
        .map(|name| bundle_in(&paths.root.join("symbols/tests/corpora/shop").join(name)))
        .into();
    bundles.push(bundle_in(&folder.join("10/dist")));
    let positions = compared::run(paths, &bundles, &mut report)?;
    let edge = edge::run(paths, &program, &folder.join("10/dist"), &mut report)?;
    report.finish(json!({ "sizes": figures, "positions": positions, "workerd": edge }))
}

/// What look-ups cost in this process.
struct LookedUp {
    bytes: u64,
    frame_us: f64,
    context_us: f64,
}

fn looked_up(bundle: &Bundle) -> Result<LookedUp> {
    let table = digest(bundle)?;
    let columns = columns_of(&fs::read_to_string(&bundle.script)?, LOOK_UPS);
    let table = (table.len() as u64, Table::parse(&table)?).to_owned();
    let started = Instant::now();
    let found = columns.iter().filter_map(|(line, column)| table.1.look_up(*line, column + 1).ok());
    let found: Vec<_> = found.collect();
    let frame_us = started.elapsed().as_secs_f64() * 1e6 / f64::from(LOOK_UPS);
    ensure!(found.len() * 10 > columns.len() * 9, "most positions are mapped");
    let few: Vec<_> = found.iter().step_by(20).collect();
    let started = Instant::now();
    for frame in &few {
        table.1.context(frame.source.unwrap_or_default(), frame.line, 5)?;
    }
    let context_us = started.elapsed().as_secs_f64() * 1e6 / few.len() as f64;
    Ok(LookedUp { bytes: table.0, frame_us, context_us })
}

fn digest(bundle: &Bundle) -> Result<Vec<u8>> {
    let (script, map) = (fs::read_to_string(&bundle.script)?, fs::read(&bundle.map)?);
    let input =
        Input { name: "~/main.js", minified: Some(&script), map: &map, memory_bytes: usize::MAX };
    Ok(digest_source_map(&input)?.table)
}

/// Lines (from 1) and columns (from 0) all over a script, always the same ones.
fn columns_of(script: &str, count: u32) -> Vec<(u32, u32)> {
    let widths: Vec<u32> = script
        .split('\n')
        .map(|line| u32::try_from(line.encode_utf16().count()).unwrap_or(0))
        .collect();
    let total: u64 = widths.iter().map(|width| u64::from(*width)).sum();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut places = Vec::new();
    for _ in 0..count {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut at = seed % total.max(1);
        for (line, width) in (1..).zip(&widths) {
            if at < u64::from(*width) {
                places.push((line, u32::try_from(at).unwrap_or(0)));
                break;
            }
            at -= u64::from(*width);
        }
    }
    places
}

fn bundle_in(folder: &Path) -> Bundle {
    Bundle { script: folder.join("main.js"), map: folder.join("main.js.map") }
}

fn command_line(paths: &Paths) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--package", "trapline"]).current_dir(&paths.root);
    ensure!(cargo.status()?.success(), "the command line does not build");
    Ok(paths.target.join("release/trapline"))
}

/// What a program prints; an error if it fails.
fn output_of(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// The answers of another reader: one for each position, `null` for none.
type Answers = Vec<Option<Vec<Value>>>;
