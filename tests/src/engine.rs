//! How each engine is started: the processes that it needs, in groups that end when they are dropped, and the capabilities
//! that a session asks its driver for. A browser has a home and a profile of its own under `target/e2e`, fresh each time;
//! it talks to nobody but this machine.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, pipe};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fantoccini::wd::Capabilities;
use serde_json::{Value, json};
use xtask::browser::{Browser, Engine, find, find_xvfb};
use xtask::group::Group;
use xtask::paths::Paths;

/// Headless and to itself: no first-run pages, no updates, no services of the vendor.
const CHROMIUM_FLAGS: [&str; 9] = [
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

const FIREFOX_FLAGS: [&str; 3] = ["-headless", "--width=1280", "--height=900"];
const WEBKIT_FLAGS: [&str; 2] = ["--automation", "--private"];

/// A driver that listens or is about to, and what has to run beside it. Fields are dropped in this order: the browser goes
/// with its driver, and only then the screen that it draws on.
#[derive(Debug)]
pub(crate) struct Started {
    /// Where the driver listens.
    pub address: String,
    /// What a session asks it for.
    pub capabilities: Capabilities,
    /// What the driver and the browser write.
    pub log: PathBuf,
    _driver: Group,
    _screen: Option<Group>,
    _home: Home,
}

/// A folder that is there while this is.
#[derive(Debug)]
struct Home(PathBuf);

/// Starts the engine's driver.
///
/// # Errors
/// When something is missing or cannot be started.
pub(crate) fn start(engine: Engine, paths: &Paths) -> Result<Started> {
    let found = find(engine, paths)?;
    let directory = paths.target.join("e2e");
    let home = Home::fresh(directory.join(engine.name()))?;
    let log = directory.join(format!("{}.log", engine.name()));
    let file = File::create(&log)?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut driver = Command::new(&found.driver);
    driver.arg(format!("--port={port}")).stdout(file.try_clone()?).stderr(file);
    let mut screen = None;
    match engine {
        Engine::Chromium => {}
        Engine::Firefox => {
            driver.arg("--host=127.0.0.1").arg("--profile-root").arg(&home.0);
            at_home(&mut driver, &home.0);
            // Crashes are seen here, and reported to nobody.
            driver.env("MOZ_CRASHREPORTER_DISABLE", "1");
        }
        Engine::WebKit => {
            let (group, display) = start_screen()?;
            screen = Some(group);
            driver.arg("--host=127.0.0.1").env("DISPLAY", display);
            at_home(&mut driver, &home.0);
        }
    }
    let (name, options) = options_of(engine, &found, &home.0);
    let mut capabilities = Capabilities::new();
    capabilities.insert(name.to_owned(), options);
    if engine == Engine::Chromium {
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    }
    let driver = Group::spawn(&mut driver)
        .with_context(|| format!("{} could not be started", found.driver.display()))?;
    let address = format!("http://127.0.0.1:{port}");
    Ok(Started { address, capabilities, log, _driver: driver, _screen: screen, _home: home })
}

fn options_of(engine: Engine, found: &Browser, home: &Path) -> (&'static str, Value) {
    let program = &found.program;
    match engine {
        Engine::Chromium => {
            let mut flags: Vec<String> =
                CHROMIUM_FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
            flags.push(format!("--user-data-dir={}", home.display()));
            ("goog:chromeOptions", json!({ "binary": program, "args": flags }))
        }
        Engine::Firefox => {
            let preferences = firefox_preferences();
            let options = json!({ "binary": program, "args": FIREFOX_FLAGS, "prefs": preferences });
            ("moz:firefoxOptions", options)
        }
        Engine::WebKit => {
            ("webkitgtk:browserOptions", json!({ "binary": program, "args": WEBKIT_FLAGS }))
        }
    }
}

/// Beside those that geckodriver sets: nothing is fetched, reported or updated. Whatever still wants to leave this machine
/// finds that every name is this machine's, and a proxy where nobody listens; `localhost` and `127.0.0.1` need no proxy.
fn firefox_preferences() -> Value {
    json!({
        "app.normandy.enabled": false,
        "app.update.auto": false,
        "browser.region.update.enabled": false,
        "browser.safebrowsing.downloads.remote.enabled": false,
        "browser.safebrowsing.malware.enabled": false,
        "browser.safebrowsing.phishing.enabled": false,
        "browser.search.update": false,
        "datareporting.usage.uploadEnabled": false,
        "dom.push.connection.enabled": false,
        "extensions.getAddons.cache.enabled": false,
        "extensions.systemAddon.update.enabled": false,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
        "network.dns.forceResolve": "127.0.0.1",
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": 9,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": 9,
        "network.trr.mode": 5,
        "toolkit.telemetry.enabled": false,
        "toolkit.telemetry.server": "",
        "toolkit.telemetry.unified": false,
    })
}

/// Nothing of this user's is read or written, and no service of a desktop is started: a message bus that GTK starts leaves
/// our process group, and would stay.
fn at_home(command: &mut Command, home: &Path) {
    command.env("HOME", home);
    for (name, folder) in
        [("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data")]
    {
        command.env(name, home.join(folder));
    }
    command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:").env("NO_AT_BRIDGE", "1");
    // Without a locale, WebKitGTK says that the user's language is `C`.
    command.env_remove("LC_ALL").env("LANG", "en_US.UTF-8");
}

/// An X server without a screen, on whatever display is free: the server chooses, and says which.
fn start_screen() -> Result<(Group, String)> {
    let (reader, writer) = pipe()?;
    let mut server = Command::new(find_xvfb()?);
    server.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
    let group =
        Group::spawn(server.stdout(writer).stderr(std::process::Stdio::null())).context("Xvfb")?;
    // It holds our end of the pipe: if the server ended, its answer would be waited for for ever.
    drop(server);
    let mut number = String::new();
    BufReader::new(reader).read_line(&mut number)?;
    let number: u32 = number.trim().parse().context("Xvfb ended without a display")?;
    Ok((group, format!(":{number}")))
}

impl Home {
    /// Empty, whatever an interrupted run has left there.
    fn fresh(path: PathBuf) -> Result<Self> {
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
