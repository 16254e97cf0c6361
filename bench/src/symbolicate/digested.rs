//! Runs the command line over a build, and watches its time and memory.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    /// Most memory that was ever resident; 0 where there is no `/proc`.
    pub(super) peak_mib: f64,
}

/// `trapline upload FOLDER --dry-run`.
///
/// # Errors
/// When it fails.
pub(super) fn run(program: &Path, folder: &Path) -> Result<Cost> {
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(["upload", "--dry-run"])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_mib: f64 = 0.0;
    let ended = loop {
        peak_mib = peak_mib.max(peak_of(&fs::read_to_string(&status).unwrap_or_default()));
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let seconds = started.elapsed().as_secs_f64();
    ensure!(ended.success(), "trapline upload --dry-run {} failed", folder.display());
    Ok(Cost { seconds, peak_mib })
}

fn peak_of(status: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
