//! `cargo xtask dev`: from a fresh clone to a running product, and back to nothing when interrupted.

use std::process::Command;

use anyhow::{Result, bail};

use crate::names::Names;
use crate::paths::Paths;
use crate::progress::{Progress, Say};
use crate::run::run;
use crate::token::Token;
use crate::worker::{self, Options, Setup, Worker};
use crate::{build, demo, group};

const NAME: &str = "Hazel shop";
const SLUG: &str = "shop";

/// Builds, starts the Worker, prints where everything is, and runs until interrupted.
///
/// # Errors
/// One sentence, and what to do.
pub fn dev(paths: &Paths, port: u16) -> Result<()> {
    // Said before minutes of building.
    if worker::is_taken(port) {
        bail!("port {port} is in use; stop what listens there or choose another with --port");
    }
    let progress = Progress::over(build::STEPS + 3);
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
    let set_up = || worker.set_up(NAME, SLUG);
    progress.step("the demo's source maps", |say| upload(paths, &worker, &set_up()?, say))?;
    let setup = progress.step("project and sign-in link", |_| set_up())?;
    println!("{}", welcome(&worker, &setup, &Names::chosen()?));
    group::interruption_is_success();
    worker.wait()
}

/// Uploads the demo's source maps as a build would: with a token, by the command line. A link signs in once: this one is not
/// the one that is shown.
///
/// # Errors
/// What the command line says.
pub fn upload(paths: &Paths, worker: &Worker, setup: &Setup, say: &Say) -> Result<()> {
    let token = Token::make(worker, setup, "cargo xtask dev")?;
    let uploaded = run(
        Command::new("cargo")
            .args(["run", "--quiet", "--package", "trapline", "--", "upload"])
            .arg(paths.demo_upload())
            .args(["--release", demo::RELEASE, "--url-prefix", "~/demo", "--project", SLUG])
            .args(["--url", &worker.dashboard()])
            .env("TRAPLINE_TOKEN", token.text())
            .current_dir(&paths.root),
        say,
        "what the demo throws stays minified",
    );
    token.revoke()?;
    uploaded
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
