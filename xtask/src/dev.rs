//! `cargo xtask dev`: from a fresh clone to a running product, and back to nothing when interrupted.

use anyhow::{Result, bail};

use crate::build;
use crate::group;
use crate::names::Names;
use crate::paths::Paths;
use crate::progress::Progress;
use crate::worker::{self, Options, Setup, Worker};

/// Builds, starts the Worker, prints where everything is, and runs until interrupted.
///
/// # Errors
/// One sentence, and what to do.
pub fn dev(paths: &Paths, port: u16) -> Result<()> {
    // Said before minutes of building.
    if worker::is_taken(port) {
        bail!("port {port} is in use; stop what listens there or choose another with --port");
    }
    let progress = Progress::over(build::STEPS + 2);
    build::build(paths, &progress)?;
    let directory = paths.target.join("dev");
    let options = Options {
        state: directory.join("state"),
        log: directory.join("wrangler.log"),
        port: Some(port),
        variables: Vec::new(),
        config: None,
    };
    let mut worker = progress.step("start", |_| Worker::start(paths, &options))?;
    let setup =
        progress.step("project and sign-in link", |_| worker.set_up("Hazel shop", "shop"))?;
    println!("{}", welcome(&worker, &setup, &Names::chosen()?));
    group::interruption_is_success();
    worker.wait()
}

fn welcome(worker: &Worker, setup: &Setup, names: &Names) -> String {
    let Setup { sign_in, dsn, .. } = setup;
    let site = worker.site();
    let (log, script) = (worker.log().display(), names.script());
    format!(
        "
  Dashboard   {sign_in}  (signs you in, once)
  Demo shop   {site}/demo/
  DSN         {dsn}
  Snippet     <script src=\"{site}/{script}\" data-dsn=\"{dsn}\" crossorigin=\"anonymous\"></script>
  Log         {log}

  Ctrl-C ends it.
"
    )
}
