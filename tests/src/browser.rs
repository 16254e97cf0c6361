//! Chromium, driven by WebDriver. One session a run, one tab a test.
//!
//! The client is asynchronous and the tests are not: they do one thing after another, so each call is waited for here.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use xtask::browser;
use xtask::group::Group;
use xtask::paths::Paths;
use xtask::run::poll;

use crate::eventually;

/// Headless and to itself: no first-run pages, no updates, no services of the vendor.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

/// A browser. It ends, with all its processes, when this is dropped.
#[derive(Debug)]
pub struct Chrome {
    client: Client,
    /// The window that is there when no tab is.
    first: WindowHandle,
    runtime: Runtime,
    _driver: Group,
    profile: PathBuf,
}

/// One tab, closed when this is dropped. The one that was opened last is in front: there is one at a time.
#[derive(Debug)]
pub struct Tab<'chrome> {
    chrome: &'chrome Chrome,
    handle: WindowHandle,
}

impl Chrome {
    /// Starts chromedriver and a browser with a fresh profile.
    ///
    /// # Errors
    /// When one of them is missing or does not start.
    pub fn start(paths: &Paths) -> Result<Self> {
        let found = browser::find().context("Chromium or chromedriver is not on PATH")?;
        let directory = paths.target.join("e2e");
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
        let options = json!({ "binary": found.chromium, "args": flags });
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let address = format!("http://127.0.0.1:{port}");
        let connect = || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            runtime.block_on(builder.capabilities(capabilities.clone()).connect(&address)).ok()
        };
        let client = poll(Duration::from_secs(30), connect)
            .context("no WebDriver session; see target/e2e/chromedriver.log")?;
        let first = runtime.block_on(client.window())?;
        Ok(Self { client, first, runtime, _driver: driver, profile })
    }

    /// A new tab, in front.
    ///
    /// # Panics
    /// When the browser is gone.
    #[must_use]
    pub fn tab(&self) -> Tab<'_> {
        // Wherever a test that failed has left the browser.
        self.wait(self.client.switch_to_window(self.first.clone()));
        let handle = self.wait(self.client.new_window(true)).handle;
        self.wait(self.client.switch_to_window(handle.clone()));
        Tab { chrome: self, handle }
    }

    #[track_caller]
    fn wait<T>(&self, command: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime.block_on(command).expect("the browser does what it is told")
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = fs::remove_dir_all(&self.profile);
    }
}

impl Tab<'_> {
    /// Opens a page, and returns when it has loaded.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.chrome.wait(self.chrome.client.goto(url));
    }

    /// Where it is now.
    #[track_caller]
    #[must_use]
    pub fn url(&self) -> String {
        self.chrome.wait(self.chrome.client.current_url()).to_string()
    }

    /// Clicks as a user does, once the element is there.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.patiently(selector, async |element| element.click().await);
    }

    /// Types into a field that was empty or is emptied, once it is there.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        self.patiently(selector, async |element| {
            element.clear().await?;
            element.send_keys(text).await
        });
    }

    /// Presses a key on an element, once it is there. The key as WebDriver names it: `\u{e007}` is Enter.
    #[track_caller]
    pub fn press(&self, selector: &str, key: &str) {
        self.patiently(selector, async |element| element.send_keys(key).await);
    }

    /// The text that a user reads in the first element that matches, once there is one.
    #[track_caller]
    #[must_use]
    pub fn text(&self, selector: &str) -> String {
        self.patiently(selector, async |element| element.text().await)
    }

    /// Waits until a user reads `text` in an element: a form's answer takes its time.
    ///
    /// # Panics
    /// When it does not come: what is there instead.
    #[track_caller]
    pub fn shows(&self, selector: &str, text: &str) {
        eventually(|| {
            let shown = self.text(selector);
            ensure!(shown.contains(text), "{selector} does not show {text:?}:\n{shown}");
            Ok(())
        });
    }

    /// Waits until the address has `part` in it.
    ///
    /// # Panics
    /// When it does not come: where the tab is instead.
    #[track_caller]
    pub fn arrives(&self, part: &str) {
        eventually(|| {
            let url = self.url();
            ensure!(url.contains(part), "the tab is at {url}");
            Ok(())
        });
    }

    /// Finds an element and does something with it, anew while the page is being replaced by the next.
    #[track_caller]
    fn patiently<T>(&self, selector: &str, act: impl AsyncFn(Element) -> Result<T, CmdError>) -> T {
        let Chrome { client, runtime, .. } = self.chrome;
        eventually(|| {
            let acted =
                runtime.block_on(async { act(client.find(Locator::Css(selector)).await?).await });
            acted.map_err(|error| anyhow!("{selector}: {error}"))
        })
    }

    /// What an expression gives; a promise is waited for.
    ///
    /// # Panics
    /// When it throws: WebDriver has no other answer.
    #[track_caller]
    #[must_use]
    pub fn eval(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.chrome.wait(self.chrome.client.execute(&script, Vec::new()))
    }

    /// Waits until the agent has been answered for all that it captured.
    ///
    /// # Panics
    /// When it has not within 5 s.
    #[track_caller]
    pub fn flush(&self) {
        assert_eq!(self.eval("Trapline.flush(5000)"), true, "the agent has delivered everything");
    }

    /// A picture of what is in view, as PNG.
    #[track_caller]
    #[must_use]
    pub fn screenshot(&self) -> Vec<u8> {
        self.chrome.wait(self.chrome.client.screenshot())
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        let Chrome { client, runtime, first, .. } = self.chrome;
        let _ = runtime.block_on(client.switch_to_window(self.handle.clone()));
        let _ = runtime.block_on(client.close_window());
        let _ = runtime.block_on(client.switch_to_window(first.clone()));
    }
}
