//! Whoever reads, uploads and cleans up meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trapline_tests::Faulty;
use xtask::paths::Paths;
use xtask::worker::http;

use crate::chaos::one_more;
use crate::{Ground, Target};

/// What came of it.
#[derive(Debug, Default)]
pub struct Visits {
    /// Pages and lists that were shown.
    pub shown: AtomicU64,
    /// Those that said that the database fails, and when to come again; and those that nobody answered.
    pub refused: AtomicU64,
    /// Builds that were uploaded, in the end.
    pub uploads: AtomicU64,
    /// Uploads that failed, and were begun again.
    pub again: AtomicU64,
    /// Runs of the cron.
    pub crons: AtomicU64,
    /// Answers that nobody should get.
    pub wrong: Mutex<Vec<String>>,
}

/// Opens the dashboard's pages and lists, one after another.
pub fn read(ground: &Ground, visits: &Visits, target: &Target) {
    let slug = &target.slug;
    let paths = [
        format!("/{slug}/issues/"),
        format!("/{slug}/issues/?sort=trend"),
        format!("/{slug}/outcomes/"),
        format!("/{slug}/vitals/"),
        format!("/{slug}/requests/"),
        format!("/{slug}/releases/"),
        format!("/{slug}/feedback/"),
        format!("/api/0/projects/{slug}/issues/"),
        "/".to_owned(),
    ];
    for path in paths.iter().cycle() {
        if ground.is_calm() {
            return;
        }
        match target.api.page(path) {
            Ok(answer) if answer.status == 200 => one_more(&visits.shown),
            Ok(answer) if answer.status == 503 => one_more(&visits.refused),
            // The Worker is being started.
            Err(_) => one_more(&visits.refused),
            Ok(answer) => {
                let words = format!("{path}: {} {}", answer.status, answer.detail());
                visits.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(words);
            }
        }
        ground.wait(Duration::from_millis(300));
    }
}

/// Builds that are uploaded, each of a release of its own.
pub struct Builds {
    program: PathBuf,
    source: PathBuf,
    folder: PathBuf,
    url: String,
    slug: String,
    token: String,
}

impl Builds {
    /// Makes a token for them.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(paths: &Paths, faulty: &Faulty, target: &Target) -> Result<Self> {
        let made = target.api.send("POST", "tokens/", &json!({ "label": "CI" }))?;
        ensure!(made.status == 201, "{made:?}");
        let made: Value = serde_json::from_str(&made.body)?;
        Ok(Self {
            program: paths.target.join("debug/trapline"),
            source: paths.root.join("symbols/tests/corpora/shop/esbuild"),
            folder: paths.target.join("soak/build"),
            url: faulty.worker.dashboard(),
            slug: target.slug.clone(),
            token: made["token"].as_str().context("a token")?.to_owned(),
        })
    }

    fn upload(&self, number: u64) -> Result<()> {
        fresh(&self.folder)?;
        for file in ["main.js", "main.js.map"] {
            fs::copy(self.source.join(file), self.folder.join(file))?;
        }
        let status = Command::new(&self.program)
            .arg("upload")
            .arg(&self.folder)
            .args(["--project", &self.slug, "--token", &self.token, "--url", &self.url])
            .args(["--release", &format!("build@{number}.0.0"), "--json"])
            .output()?
            .status;
        ensure!(status.success(), "{status}");
        Ok(())
    }
}

fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Uploads build after build, each until it is there.
pub fn upload(ground: &Ground, visits: &Visits, builds: &Builds) {
    let mut number = 0;
    while !ground.is_calm() {
        number += 1;
        while let Err(error) = builds.upload(number) {
            one_more(&visits.again);
            assert!(crate::senders::of(&visits.again) < 10_000, "no upload succeeds: {error:#}");
            std::thread::sleep(Duration::from_secs(1));
        }
        one_more(&visits.uploads);
        ground.wait(Duration::from_secs(12));
    }
}

/// Lets each cron run, one after another.
pub fn clean(ground: &Ground, visits: &Visits, target: &Target) {
    let site = target.address.split("/api/").next().unwrap_or_default();
    let crons = ["*/5+*+*+*+*", "2-57/5+*+*+*+*", "3-58/5+*+*+*+*", "*+*+*+*+*"];
    for cron in crons.iter().cycle() {
        if ground.is_calm() {
            return;
        }
        if http().get(format!("{site}/__scheduled?cron={cron}")).call().is_ok() {
            one_more(&visits.crons);
        }
        ground.wait(Duration::from_secs(5));
    }
}
