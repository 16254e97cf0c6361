//! Browsers of three engines, driven by WebDriver. One session an engine a run, begun by the first test that needs it;
//! one tab a test.
//!
//! The client is asynchronous and the tests are not: they do one thing after another, so each call is waited for here.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use fantoccini::error::CmdError;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::runtime::{Builder, Runtime};
use xtask::browser::Engine;
use xtask::paths::Paths;
use xtask::run::{poll, tail};

use crate::Tab;
use crate::engine::{Started, start};

/// A first start of Firefox takes 5 s on two idle cores.
const PATIENCE: Duration = Duration::from_secs(60);

/// The browsers of a run.
#[derive(Debug, Default)]
pub(crate) struct Browsers([OnceLock<Result<Browser, String>>; Engine::ALL.len()]);

/// A browser. It ends, with all its processes, when this is dropped.
#[derive(Debug)]
pub struct Browser {
    pub(crate) client: Client,
    /// The window that is there when no tab is.
    pub(crate) first: WindowHandle,
    pub(crate) runtime: Runtime,
    started: Started,
}

impl Browsers {
    /// The engine's browser, started now if it has not been.
    ///
    /// # Panics
    /// When it cannot be started, each time: what is missing, or what its driver said.
    pub(crate) fn of(&self, engine: Engine, paths: &Paths) -> &Browser {
        let started = self.0[engine as usize]
            .get_or_init(|| Browser::start(engine, paths).map_err(|error| format!("{error:#}")));
        match started {
            Ok(browser) => browser,
            Err(error) => panic!("{engine:?} could not be started: {error}"),
        }
    }
}

impl Browser {
    fn start(engine: Engine, paths: &Paths) -> Result<Self> {
        let started = start(engine, paths)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut refusal = None;
        let client = poll(PATIENCE, || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(started.capabilities.clone());
            // Until the driver listens, nobody answers.
            runtime
                .block_on(builder.connect(&started.address))
                .map_err(|error| refusal = Some(error))
                .ok()
        });
        let client = client.with_context(|| {
            let refusal = refusal.map(|error| error.to_string()).unwrap_or_default();
            anyhow!("no WebDriver session: {refusal}\n{}", tail(&started.log, 20))
        })?;
        let first = runtime.block_on(client.window())?;
        Ok(Self { client, first, runtime, started })
    }

    /// A new tab, in front.
    ///
    /// # Panics
    /// When the browser is gone.
    #[must_use]
    pub fn tab(&self) -> Tab<'_> {
        // Wherever a test that failed has left the browser.
        self.wait(self.client.switch_to_window(self.first.clone()));
        // In a window of its own: WebKitWebDriver 2.50 leaves a new tab behind the one that is there, so that its page is
        // hidden and never drawn; and a window can be hidden without another tab.
        let handle = self.wait(self.client.new_window(false)).handle;
        self.wait(self.client.switch_to_window(handle.clone()));
        Tab { browser: self, handle }
    }

    /// Where its driver listens.
    pub(crate) fn address(&self) -> &str {
        &self.started.address
    }

    #[track_caller]
    pub(crate) fn wait<T>(&self, command: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime.block_on(command).expect("the browser does what it is told")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}
