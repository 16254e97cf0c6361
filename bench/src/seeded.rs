//! States filled by `cargo xtask seed`. Filling takes minutes, so what was filled is kept, and each run works on a copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use xtask::paths::Paths;
use xtask::stamp::{self, Inputs, files_under};

/// Name and short name of the project that is filled.
pub(crate) const PROJECT: (&str, &str) = ("Hazel shop", "shop");

/// How much is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) issues: u64,
    pub(crate) events: u64,
    pub(crate) page_views: u64,
}

impl Size {
    const fn times(factor: u64, name: &'static str) -> Self {
        let (issues, events) = (1_000 * factor, 10_000 * factor);
        Self { name, issues, events, page_views: events }
    }
}

pub(crate) const ONE: Size = Size::times(1, "1x");
pub(crate) const TEN: Size = Size::times(10, "10x");
pub(crate) const HUNDRED: Size = Size::times(100, "100x");

/// A fresh copy of the state with so much in it.
pub(crate) fn state(paths: &Paths, size: &Size) -> Result<PathBuf> {
    let directory = paths.target.join("bench/growth").join(size.name);
    let (seeded, copy) = (directory.join("seeded"), directory.join("state"));
    let digest = inputs(paths, size)?.digest();
    let stamp = directory.join("stamp");
    if !stamp::is_fresh(&stamp, &digest, std::slice::from_ref(&seeded)) {
        remove(&seeded)?;
        seed(paths, size, &seeded)?;
        stamp::keep(&stamp, &digest)?;
    }
    remove(&copy)?;
    copy_tree(&seeded, &copy)?;
    Ok(copy)
}

fn seed(paths: &Paths, size: &Size, state: &Path) -> Result<()> {
    println!(
        "{}: filling with {} issues, {} events and {} page views",
        size.name, size.issues, size.events, size.page_views
    );
    let status = Command::new("cargo")
        .args(["xtask", "seed", "--page-views", &size.page_views.to_string()])
        .args(["--issues", &size.issues.to_string(), "--events", &size.events.to_string()])
        .arg("--state")
        .arg(state)
        .current_dir(&paths.root)
        .status()?;
    ensure!(status.success(), "cargo xtask seed failed");
    Ok(())
}

/// What is stored depends on the schema, on what fills it, and on the day: charts show the last ones.
fn inputs(paths: &Paths, size: &Size) -> Result<Inputs> {
    let day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs() / 86_400;
    Ok(Inputs::within(&paths.root)
        .path("collector/migrations")?
        .path("collector/src/plan")?
        .path("collector/src/page_views")?
        .path("collector/examples/seed")?
        .text(&format!("{size:?} {day}")))
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for file in files_under(from)? {
        let copy = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(copy.parent().unwrap_or(to))?;
        fs::copy(&file, copy).with_context(|| format!("{} could not be copied", file.display()))?;
    }
    Ok(())
}
