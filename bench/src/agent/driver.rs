//! Chromium over `WebDriver`, one tab a visit. Everything but navigation goes by the `DevTools` protocol, which
//! chromedriver passes on: it alone tells main-thread time and heap, and asks less of the page than `WebDriver` does.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;
use xtask::browser::{self, Engine};
use xtask::group::Group;
use xtask::paths::Paths;
use xtask::run::poll;
use xtask::worker::http;

/// As the tests start it. Each visit has an origin of its own, `vN.localhost`, and so nothing of the one before: no
/// cache, no compiled code, no process. The rule keeps resolvers out of it.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
];

/// A browser. It ends, with all its processes, when this is dropped.
#[derive(Debug)]
pub(crate) struct Chrome {
    http: Agent,
    /// `http://127.0.0.1:P/session/ID`
    session: String,
    /// The window that is there when no tab is.
    first: String,
    /// What it is, with its version.
    pub(crate) name: String,
    _driver: Group,
    profile: PathBuf,
}

/// One tab, closed when this is dropped.
#[derive(Debug)]
pub(crate) struct Tab<'chrome>(&'chrome Chrome);

/// What the main thread has done since the page began. Time that it ran, not time that passed: what else the machine
/// does is not in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MainThread {
    pub(crate) tasks_ms: f64,
    /// Of that, in scripts.
    pub(crate) scripts_ms: f64,
}

impl Chrome {
    /// Starts chromedriver and a browser with a fresh profile.
    pub(crate) fn start(paths: &Paths) -> Result<Self> {
        let found = browser::find(Engine::Chromium, paths)?;
        let directory = paths.target.join("bench/agent");
        let profile = directory.join(format!("chromium-{}", std::process::id()));
        fs::create_dir_all(&profile)?;
        let log = File::create(directory.join("chromedriver.log"))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let driver = Group::spawn(
            Command::new(found.driver)
                .arg(format!("--port={port}"))
                .stdout(log.try_clone()?)
                .stderr(log),
        )?;
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        let options = json!({ "binary": found.program, "args": flags });
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let (http, address) = (http(), format!("http://127.0.0.1:{port}/session"));
        let connect = || answer(http.post(&address).send_json(&wanted)).ok();
        let made = poll(Duration::from_secs(30), connect)
            .context("no WebDriver session; see target/bench/agent/chromedriver.log")?;
        let session = format!("{address}/{}", text(&made, "/sessionId")?);
        let name = format!(
            "{} {}",
            text(&made, "/capabilities/browserName")?,
            text(&made, "/capabilities/browserVersion")?
        );
        let first = answer(http.get(format!("{session}/window")).call())?;
        let first = first.as_str().context("a window has a name")?.to_owned();
        Ok(Self { http, session, first, name, _driver: driver, profile })
    }

    /// A new tab in front, whose main thread is measured.
    pub(crate) fn tab(&self) -> Result<Tab<'_>> {
        let made = self.post("window/new", &json!({ "type": "tab" }))?;
        self.post("window", &json!({ "handle": text(&made, "/handle")? }))?;
        let tab = Tab(self);
        tab.command("Performance.enable", &json!({ "timeDomain": "threadTicks" }))?;
        Ok(tab)
    }

    fn post(&self, command: &str, body: &Value) -> Result<Value> {
        answer(self.http.post(format!("{}/{command}", self.session)).send_json(body))
            .with_context(|| command.to_owned())
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let _ = self.http.delete(&self.session).call();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

impl Tab<'_> {
    /// Opens a page, and returns when it has loaded. No debugger watches it: telling one of an uncaught error takes the
    /// page 0.15 ms, three times as long as the error itself.
    pub(crate) fn open(&self, url: &str) -> Result<()> {
        self.0.post("url", &json!({ "url": url }))?;
        self.command("Runtime.disable", &json!({}))?;
        Ok(())
    }

    /// What an expression gives; a promise is waited for.
    pub(crate) fn value(&self, expression: &str) -> Result<Value> {
        let wanted =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.command("Runtime.evaluate", &wanted)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("{expression} threw {thrown}");
        }
        Ok(answer.pointer_mut("/result/value").map(Value::take).unwrap_or_default())
    }

    /// Takes the network away from the page, or gives it back.
    pub(crate) fn set_offline(&self, is_offline: bool) -> Result<()> {
        self.command("Network.enable", &json!({}))?;
        let wanted = json!({
            "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.command("Network.emulateNetworkConditions", &wanted)?;
        Ok(())
    }

    /// What the main thread has done up to now.
    pub(crate) fn main_thread(&self) -> Result<MainThread> {
        let answer = self.command("Performance.getMetrics", &json!({}))?;
        let metrics = answer.get("metrics").and_then(Value::as_array).context("no metrics")?;
        let ms = |name: &str| -> Result<f64> {
            let metric = metrics.iter().find(|metric| metric.get("name") == Some(&name.into()));
            let seconds = metric.and_then(|metric| metric.get("value")?.as_f64());
            Ok(seconds.with_context(|| format!("no {name}"))? * 1_000.0)
        };
        Ok(MainThread { tasks_ms: ms("TaskDuration")?, scripts_ms: ms("ScriptDuration")? })
    }

    /// Bytes that live on the JavaScript heap, once what is dead has been collected.
    pub(crate) fn heap_bytes(&self) -> Result<f64> {
        self.command("HeapProfiler.collectGarbage", &json!({}))?;
        let answer = self.command("Runtime.getHeapUsage", &json!({}))?;
        answer.get("usedSize").and_then(Value::as_f64).context("no heap usage")
    }

    fn command(&self, name: &str, parameters: &Value) -> Result<Value> {
        self.0
            .post("goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
            .with_context(|| name.to_owned())
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        let _ = self.0.http.delete(format!("{}/window", self.0.session)).call();
        let _ = self.0.post("window", &json!({ "handle": self.0.first }));
    }
}

/// `{"value": …}`; a failure is told in the same place.
fn answer(response: Result<Response<ureq::Body>, ureq::Error>) -> Result<Value> {
    let mut body: Value = response?.body_mut().read_json()?;
    let value = body.get_mut("value").map(Value::take).context("no answer of WebDriver")?;
    match value.get("message").and_then(Value::as_str) {
        Some(message) if value.get("error").is_some() => bail!("{message}"),
        _ => Ok(value),
    }
}

fn text<'value>(value: &'value Value, pointer: &str) -> Result<&'value str> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.with_context(|| format!("{pointer} is missing in {value}"))
}
