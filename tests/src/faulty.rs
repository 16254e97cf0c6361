//! The same collector on a D1 that fails when it is told to and keeps production's limits: what `deploy/` holds, wrapped by
//! the Worker in `tests/faults`. Its files say what it can be told.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use toml_edit::{DocumentMut, value};
use xtask::paths::Paths;
use xtask::run::poll;
use xtask::worker::{Options, Worker, http};

use crate::api::get;
use crate::{Database, Project};

/// A Worker on a faulty database. Dropping it is a crash; what has committed stays.
#[derive(Debug)]
pub struct Faulty {
    /// The running Worker.
    pub worker: Worker,
    /// Its D1, from behind.
    pub database: Database,
    /// What had happened when it first was healthy.
    pub at_start: Report,
    projects: AtomicU32,
}

/// What `GET /__faults` answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Report {
    /// Most statements of one invocation, since the Worker began.
    pub max_queries: u32,
    /// Most arguments of a statement.
    pub max_parameters: u32,
    /// Most bytes bound to a statement.
    pub max_value_bytes: u32,
    /// Most bytes of SQL.
    pub max_sql_bytes: u32,
    /// What was over a limit.
    pub refused: Vec<String>,
    /// Batches that could have failed, since faults were last queued.
    pub meant: u32,
    /// Those that did.
    pub injected: Injected,
    /// Single faults that are still to come.
    pub left: u32,
}

/// How often a batch failed, by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Injected {
    /// D1 never saw it.
    pub before: u32,
    /// D1 undid it as a whole.
    pub during: u32,
    /// D1 committed it, and the answer was lost.
    pub after: u32,
}

/// Where a faulty Worker keeps its database, fresh.
///
/// # Errors
/// When what was there before cannot be removed.
pub fn fresh_state(paths: &Paths, name: &str) -> Result<PathBuf> {
    let state = directory(paths).join(name);
    if state.exists() {
        fs::remove_dir_all(&state)?;
    }
    Ok(state)
}

fn directory(paths: &Paths) -> PathBuf {
    paths.target.join("e2e/faults")
}

impl Faulty {
    /// Starts the one that most tests share. Its first migration fails in each of the ways in which a batch can fail,
    /// so that whatever is tested afterwards stands on a schema that was made in spite of it.
    ///
    /// # Errors
    /// What did not start, and why.
    pub fn start(paths: &Paths) -> Result<Self> {
        let faults = ["before", "during", "after"].map(|when| json!({ "when": when }));
        let orders = json!({ "match": "INSERT INTO migration", "next": faults });
        Self::start_on(paths, fresh_state(paths, "shared")?, "shared", &orders)
    }

    /// Starts one with more bindings than those that are deployed by default, given as TOML.
    ///
    /// # Errors
    /// What did not start, and why.
    pub fn start_with(paths: &Paths, name: &str, bindings: &str) -> Result<Self> {
        Self::start_bound(paths, fresh_state(paths, name)?, name, &json!({}), bindings, None)
    }

    /// Starts one on a database that may exist. `orders` stand before its first request; its log is called `name`.
    ///
    /// # Errors
    /// What did not start, and why.
    pub fn start_on(paths: &Paths, state: PathBuf, name: &str, orders: &Value) -> Result<Self> {
        Self::start_bound(paths, state, name, orders, "", None)
    }

    /// The same on a port: where one that crashed has listened, for whoever sends there.
    ///
    /// # Errors
    /// What did not start, and why.
    pub fn start_again(paths: &Paths, state: PathBuf, name: &str, port: u16) -> Result<Self> {
        Self::start_bound(paths, state, name, &json!({}), "", Some(port))
    }

    fn start_bound(
        paths: &Paths,
        state: PathBuf,
        name: &str,
        orders: &Value,
        bindings: &str,
        port: Option<u16>,
    ) -> Result<Self> {
        let options = Options {
            state: state.clone(),
            log: directory(paths).join(format!("{name}.log")),
            port,
            variables: vec![("FAULTS".into(), orders.to_string())],
            config: Some(configuration(paths, name, bindings)?),
        };
        let worker = Worker::start(paths, &options)?.kept_fresh();
        let database = Database::open(&state)?;
        let at_start = report(&worker)?;
        Ok(Self { worker, database, at_start, projects: AtomicU32::new(0) })
    }

    /// A fresh project.
    ///
    /// # Panics
    /// When the Worker refuses.
    #[must_use]
    pub fn project(&self) -> Project<'_> {
        let number = self.projects.fetch_add(1, Ordering::Relaxed) + 1;
        Project::of(&self.worker, &format!("faulty-{number}")).expect("a project")
    }

    /// Says what is to fail from now on.
    ///
    /// # Panics
    /// When the Worker does not understand it.
    pub fn queue(&self, orders: &Value) {
        let address = format!("{}/__faults", self.worker.site());
        // On a machine that has much to do, `wrangler dev` answers 503 by itself now and then.
        let queued = poll(Duration::from_secs(30), || {
            let answer = http().post(&address).send_json(orders).ok()?;
            (answer.status() == 200).then_some(())
        });
        assert!(queued.is_some(), "{orders}");
    }

    /// From now on every batch that contains `part` fails.
    pub fn fail_always(&self, part: &str, when: &str, error: &str) {
        let every = json!({ "share": 1, "when": [when], "error": error });
        self.queue(&json!({ "match": part, "every": every }));
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.queue(&json!({}));
    }

    /// What has happened.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn report(&self) -> Report {
        poll(Duration::from_secs(30), || report(&self.worker).ok()).expect("a report")
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        // Whether it had ended before is of no interest any more.
        let _ = self.worker.crash();
    }
}

/// A faulty Worker for the time of one test. Afterwards nothing is to fail any more, and no limit of production was
/// passed: so each test proves that too.
#[derive(Debug)]
pub struct Calm<'faulty>(&'faulty Faulty);

impl<'faulty> Calm<'faulty> {
    /// Heals the Worker, whatever an earlier test left.
    #[must_use]
    pub fn of(faulty: &'faulty Faulty) -> Self {
        faulty.queue(&json!({ "limits": {} }));
        Self(faulty)
    }
}

impl Deref for Calm<'_> {
    type Target = Faulty;

    fn deref(&self) -> &Faulty {
        self.0
    }
}

impl Drop for Calm<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.heal();
            let refused = self.report().refused;
            assert!(refused.is_empty(), "production would have refused: {refused:?}");
        }
    }
}

fn report(worker: &Worker) -> Result<Report> {
    let answer = get(worker, &worker.site(), "/__faults")?;
    ensure!(answer.status == 200, "{answer:?}");
    serde_json::from_str(&answer.body).with_context(|| answer.body)
}

/// The settings that are deployed, with the wrapper in front of what they start.
fn configuration(paths: &Paths, name: &str, bindings: &str) -> Result<PathBuf> {
    let source = fs::read_to_string(paths.deploy.join("wrangler.toml"))?;
    let source = format!("{source}\n{bindings}");
    let mut settings: DocumentMut = source.parse().context("deploy/wrangler.toml is not TOML")?;
    let absolute = |path: PathBuf| value(path.to_string_lossy().into_owned());
    settings.insert("main", absolute(paths.root.join("tests/faults/index.js")));
    let assets = settings.get_mut("assets").and_then(|assets| assets.get_mut("directory"));
    *assets.context("deploy/wrangler.toml has no assets.directory")? =
        absolute(paths.deploy.join("assets"));
    let (path, text) = (directory(paths).join(format!("{name}.toml")), settings.to_string());
    fs::create_dir_all(directory(paths))?;
    // A Worker that runs already would start anew.
    if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
        fs::write(&path, text)?;
    }
    Ok(path)
}
