//! The Worker, running on this machine: workerd under `wrangler dev`, offline, with D1, KV, assets and cron.
//!
//! It answers on two origins of one port: `http://127.0.0.1:P` is the site (agent, ingest, demo), `http://localhost:P` the
//! dashboard and its API. workerd passes the `Host` header on as it came, so names decide, not addresses.

mod fresh;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::group::Group;
use crate::paths::Paths;
use crate::run::tail;
use fresh::Fresh;

/// A first start takes 4 s on two idle cores.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a Worker that listens may be unhealthy: it migrates its database.
const ILLNESS: Duration = Duration::from_secs(10);
/// How often a free port is taken by somebody else before wrangler opens it, until this gives up.
const TRIES: usize = 3;

/// How a Worker is to be started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its database lives; made when it does not exist.
    pub state: PathBuf,
    /// Where its log goes.
    pub log: PathBuf,
    /// The port, or any free one.
    pub port: Option<u16>,
    /// Variables beside those that every local Worker gets.
    pub variables: Vec<(String, String)>,
    /// Another Worker's `wrangler.toml` than the one in `deploy/`.
    pub config: Option<PathBuf>,
}

/// A folder that is deployed from: `wrangler.toml`, and wrangler in `node_modules`.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The folder.
    pub directory: PathBuf,
    /// The machine's `PATH`: its programs are all that there are.
    pub path: OsString,
}

impl Installation {
    /// wrangler in the folder. It tells nobody of itself, and keeps its logs there.
    #[must_use]
    pub fn wrangler(&self) -> Command {
        let mut command = self.program("node");
        command.arg("node_modules/wrangler/bin/wrangler.js");
        command
    }

    /// A program of the machine, in the folder.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.current_dir(&self.directory).env("PATH", &self.path);
        keep_to_itself(&mut command, &self.directory);
        command
    }
}

/// A running Worker. It ends, with all its processes, when this is dropped.
#[derive(Debug)]
pub struct Worker {
    group: Group,
    port: u16,
    secret: String,
    log: PathBuf,
    _fresh: Option<Fresh>,
}

/// wrangler's proxy says this where its connection to workerd was closed while it was asking: the Worker has not been asked.
const LOST_BY_PROXY: &str = "restarted mid-request";

/// What `POST /setup` answers.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The address of the dashboard with a sign-in token that works once.
    pub sign_in: String,
    /// The project's DSN, on the site's origin.
    pub dsn: String,
    /// The project's slug.
    pub project: String,
}

impl Worker {
    /// Starts the Worker in `deploy/` and waits until it answers.
    ///
    /// # Errors
    /// When it ends or does not answer in time: the end of its log.
    pub fn start(paths: &Paths, options: &Options) -> Result<Self> {
        let secret = fresh_secret()?;
        Self::start_by(options, &secret, |port| of_repository(port, &secret, paths, options))
    }

    /// Starts the Worker of an installation, with the variables in `options` and no others, and waits until it answers.
    ///
    /// # Errors
    /// When it ends or does not answer in time: the end of its log.
    pub fn start_installed(installation: &Installation, options: &Options) -> Result<Self> {
        let secret = options.variables.iter().find(|(name, _)| name == "SETUP_SECRET");
        let secret = secret.map(|(_, value)| value.as_str()).unwrap_or_default();
        Self::start_by(options, secret, |port| {
            let mut command = installation.wrangler();
            command.args(["dev", "--config", "wrangler.toml"]);
            wrangler_dev(port, command, options)
        })
    }

    fn start_by(
        options: &Options,
        secret: &str,
        command: impl Fn(u16) -> Result<Command>,
    ) -> Result<Self> {
        let start = || {
            let port = options.port.map_or_else(free_port, Ok)?;
            let group = Group::spawn(&mut command(port)?).context("node could not be started")?;
            let (secret, log) = (secret.to_owned(), options.log.clone());
            let mut worker = Self { group, port, secret, log, _fresh: None };
            worker.wait_until_it_answers(&options.state)?;
            Ok(worker)
        };
        for _ in 1..TRIES {
            match start() {
                Err(_) if options.port.is_none() && says_port_taken(&options.log) => {}
                result => return result,
            }
        }
        start()
    }

    /// From now on hardly a request is lost between wrangler and workerd because of a pause before it. Its log has a line for each
    /// request that this takes, and whoever measures the Worker measures them too.
    #[must_use]
    pub fn kept_fresh(self) -> Self {
        Self { _fresh: Some(Fresh::keep(self.port)), ..self }
    }

    /// The port of both origins.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The origin of agent, ingest and demo.
    #[must_use]
    pub fn site(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The origin of dashboard and API.
    #[must_use]
    pub fn dashboard(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The `Host` of dashboard and API.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Opens a sign-in link, which uses it up; the cookie that it gives.
    ///
    /// # Errors
    /// A link that is of another Worker, or used up.
    pub fn sign_in(&self, link: &str) -> Result<String> {
        let path = link.strip_prefix(&self.dashboard());
        let path = path.with_context(|| format!("{link} is elsewhere"))?;
        let request = http().get(format!("{}{path}", self.site()));
        let answer = request.header("Host", self.host()).call()?;
        let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        Ok(cookie.context("the sign-in link gave no cookie")?.to_owned())
    }

    /// Its `SETUP_SECRET`.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Where the Worker's log is.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The process group of wrangler and workerd.
    #[must_use]
    pub fn process_group(&self) -> i32 {
        self.group.id()
    }

    /// Makes sure that a project and an administrator exist, and returns a fresh sign-in link.
    ///
    /// # Errors
    /// When the Worker refuses, or answers with something else.
    pub fn set_up(&self, name: &str, slug: &str) -> Result<Setup> {
        self.set_up_for(name, slug, &[])
    }

    /// The same, for a project that takes events from these origins only; none stands for all.
    ///
    /// # Errors
    /// When the Worker refuses, or answers with something else.
    pub fn set_up_for(&self, name: &str, slug: &str, origins: &[&str]) -> Result<Setup> {
        let body = json!({
            "project": name, "slug": slug, "administrator": "Developer", "origins": origins,
        });
        let ask = || -> Result<_> {
            let mut response = http()
                .post(format!("http://127.0.0.1:{}/setup", self.port))
                .header("Host", format!("localhost:{}", self.port))
                .header("Authorization", format!("Bearer {}", self.secret))
                .send_json(&body)
                .context("the Worker does not answer at /setup")?;
            Ok((response.status(), response.body_mut().read_to_string()?))
        };
        let (mut status, mut text) = ask()?;
        // What is there already is left as it is, so it may be asked for twice.
        if status == 503 && text.contains(LOST_BY_PROXY) {
            (status, text) = ask()?;
        }
        if status != 200 {
            bail!("/setup answered {status}: {text}\n{}", tail(&self.log, 20));
        }
        let answer: Value = serde_json::from_str(&text).context("/setup answered no JSON")?;
        let field = |name: &str| {
            let value = answer.get(name).and_then(Value::as_str).map(str::to_owned);
            value.with_context(|| format!("/setup answered without {name}: {text}"))
        };
        Ok(Setup { sign_in: field("dashboard")?, dsn: field("dsn")?, project: field("project")? })
    }

    /// Ends the Worker in the middle of whatever it does. What has committed stays.
    ///
    /// # Errors
    /// When it has ended before.
    pub fn crash(&self) -> Result<()> {
        Ok(self.group.kill()?)
    }

    /// Blocks until the Worker ends by itself, which it never should.
    ///
    /// # Errors
    /// Always: the end of its log.
    pub fn wait(&mut self) -> Result<()> {
        let status = self.group.wait()?;
        bail!("the Worker ended by itself ({status}); the end of its log:\n{}", tail(&self.log, 30))
    }

    fn wait_until_it_answers(&mut self, state: &Path) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut ill_since = None;
        while Instant::now() < deadline {
            if let Some(status) = self.group.status()? {
                bail!(
                    "the Worker ended while starting ({status}); the end of its log:\n{}",
                    tail(&self.log, 30)
                );
            }
            match self.health() {
                Ok((200, _)) => return Ok(()),
                Ok((status, body)) => {
                    if ill_since.get_or_insert_with(Instant::now).elapsed() > ILLNESS {
                        bail!(
                            "the Worker answers {status}: {}\nif its database is from another version, delete {}",
                            body.trim(),
                            state.display()
                        );
                    }
                }
                // Nothing listens yet.
                Err(_) => ill_since = None,
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!(
            "the Worker does not answer after {} s; the end of its log:\n{}",
            PATIENCE.as_secs(),
            tail(&self.log, 30)
        )
    }

    fn health(&self) -> Result<(u16, String), ureq::Error> {
        let address = format!("http://127.0.0.1:{}/health", self.port);
        let host = format!("localhost:{}", self.port);
        let mut response = http().get(address).header("Host", host).call()?;
        Ok((response.status().as_u16(), response.body_mut().read_to_string()?))
    }
}

/// Whether somebody listens on a port that `wrangler` would take.
#[must_use]
pub fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

/// An HTTP client for this machine: statuses are data, nobody waits longer than 30 s, redirects are not followed.
#[must_use]
pub fn http() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .proxy(None)
        .build()
        .new_agent()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn says_port_taken(log: &Path) -> bool {
    tail(log, 50).contains("Address already in use")
}

/// 128 bits, in hexadecimal.
fn fresh_secret() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `wrangler dev` of what was built here, with what every local Worker gets.
fn of_repository(port: u16, secret: &str, paths: &Paths, options: &Options) -> Result<Command> {
    let mut command = Command::new("node");
    command
        .arg(paths.wrangler())
        .args(["dev", "--test-scheduled", "--config"])
        .arg(options.config.clone().unwrap_or_else(|| paths.deploy.join("wrangler.toml")))
        .current_dir(&paths.root);
    let variables = [
        ("DASHBOARD_HOST", format!("localhost:{port}")),
        ("DEMO", "1".to_owned()),
        ("SETUP_SECRET", secret.to_owned()),
        ("SITE_ORIGIN", format!("http://127.0.0.1:{port}")),
    ];
    for (name, value) in variables {
        command.arg("--var").arg(format!("{name}:{value}"));
    }
    wrangler_dev(port, command, options)
}

/// Adds to `wrangler dev --config …` what `options` say.
fn wrangler_dev(port: u16, mut command: Command, options: &Options) -> Result<Command> {
    fs::create_dir_all(&options.state)?;
    if let Some(directory) = options.log.parent() {
        fs::create_dir_all(directory)?;
    }
    let log = File::create(&options.log)
        .with_context(|| format!("{} could not be written", options.log.display()))?;
    command
        .args(["--ip", "127.0.0.1", "--port", &port.to_string(), "--persist-to"])
        .arg(&options.state)
        .arg("--show-interactive-dev-session=false")
        .stdout(log.try_clone()?)
        .stderr(log);
    for (name, value) in &options.variables {
        command.arg("--var").arg(format!("{name}:{value}"));
    }
    keep_to_itself(&mut command, &options.state);
    Ok(command)
}

/// wrangler asks Cloudflare for a sample of `request.cf`, reports its use, and knows other Workers of this user through a
/// registry in the home directory. A local Worker does none of it.
fn keep_to_itself(command: &mut Command, state: &Path) {
    // What one that is killed leaves behind goes with its state.
    let temporary = state.join("tmp");
    if fs::create_dir_all(&temporary).is_ok() {
        command.env("TMPDIR", temporary);
    }
    command
        .env("CI", "1")
        .env("FORCE_COLOR", "0")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("WRANGLER_SEND_ERROR_REPORTS", "false")
        .env("WRANGLER_LOG_PATH", state.join("wrangler-logs"))
        .env("WRANGLER_REGISTRY_PATH", state.join("registry"));
}
