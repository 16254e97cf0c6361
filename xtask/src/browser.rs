//! The browsers that tests run in, one of each engine, and the programs that drive them: found where they are, or installed
//! where that is possible without asking (Debian or Ubuntu, as root). geckodriver comes from crates.io, like the tools of
//! a build, because Debian has none.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::progress::Say;
use crate::run::{answer, run};
use crate::tools::{GECKODRIVER, at_hand};

/// What reads and runs a page. Users of one see other messages, stacks and moments than those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chrome's, Edge's, Opera's.
    Chromium,
    /// Gecko.
    Firefox,
    /// Safari's, as WebKitGTK.
    WebKit,
}

/// A browser and the program that drives it.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The browser.
    pub program: PathBuf,
    /// Its `WebDriver` server.
    pub driver: PathBuf,
}

/// Names that distributions give to Chromium.
const CHROMIUM: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const CHROMEDRIVER: [&str; 2] = ["chromedriver", "chromium.chromedriver"];
/// Debian's `firefox` is a script around `firefox-esr`.
const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];
const WEBKIT_DRIVER: [&str; 1] = ["WebKitWebDriver"];
const XVFB: [&str; 1] = ["Xvfb"];

/// WebKitGTK's own browser is on no PATH: it lies beside the library, in `/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1`
/// (Debian) or `/usr/libexec/webkit2gtk-4.1` (Fedora). The driver of Debian belongs to 4.1.
const MINI_BROWSER: &str = "MiniBrowser";
const WEBKIT_FOLDERS: [&str; 3] = ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"];

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// As it stands in names of tests and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.pick(["chromium", "firefox", "webkit"])
    }

    /// Which of three things is this engine's; they stand in the order of [`Engine::ALL`].
    pub fn pick<T>(self, [chromium, firefox, webkit]: [T; 3]) -> T {
        match self {
            Self::Chromium => chromium,
            Self::Firefox => firefox,
            Self::WebKit => webkit,
        }
    }

    /// Debian's packages.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-driver"],
            Self::Firefox => &["firefox-esr"],
            Self::WebKit => &["webkit2gtk-driver", "xvfb"],
        }
    }

    /// What its packages bring: the browser, its driver, and what these need.
    fn programs(self) -> Vec<(&'static str, Option<PathBuf>)> {
        match self {
            Self::Chromium => {
                vec![("chromium", on_path(&CHROMIUM)), ("chromedriver", on_path(&CHROMEDRIVER))]
            }
            Self::Firefox => vec![("firefox-esr", on_path(&FIREFOX))],
            Self::WebKit => vec![
                (MINI_BROWSER, mini_browser()),
                ("WebKitWebDriver", on_path(&WEBKIT_DRIVER)),
                ("Xvfb", on_path(&XVFB)),
            ],
        }
    }

    /// What of its packages is not there.
    fn missing(self) -> Vec<&'static str> {
        let programs = self.programs().into_iter();
        programs.filter_map(|(name, found)| found.is_none().then_some(name)).collect()
    }
}

/// The engine's browser and driver on this machine.
///
/// # Errors
/// Exactly what is missing, and how to get it.
pub fn find(engine: Engine, paths: &Paths) -> Result<Browser> {
    let mut programs = engine.programs().into_iter().map(|(_, found)| found);
    let mut next = || programs.next().flatten().with_context(|| advice(&[engine]));
    let program = next()?;
    let driver = match engine {
        Engine::Chromium | Engine::WebKit => next()?,
        Engine::Firefox => at_hand(GECKODRIVER, paths).with_context(|| {
            let version = GECKODRIVER.version;
            format!("geckodriver {version} not found; `cargo xtask test` installs it")
        })?,
    };
    Ok(Browser { program, driver })
}

/// The X server without a screen that WebKitGTK draws on: it has no headless mode.
///
/// # Errors
/// When it is missing.
pub fn find_xvfb() -> Result<PathBuf> {
    on_path(&XVFB).with_context(|| advice(&[Engine::WebKit]))
}

/// Makes sure that every engine is there, but for geckodriver.
///
/// # Errors
/// Exactly what is missing, and how to get it.
pub fn ready(say: &Say) -> Result<()> {
    let absent = absent();
    if absent.is_empty() {
        say.note("found");
        return Ok(());
    }
    if can_install() {
        let packages = packages(&absent);
        let failed = format!("install the packages {} yourself", packages.join(" "));
        run(apt_get().args(["update", "-qq"]), say, &failed)?;
        // What is only recommended, of Firefox and WebKitGTK hundreds of packages, no page of a test needs.
        let install = ["install", "-y", "-qq", "--no-install-recommends"];
        run(apt_get().args(install).args(packages), say, &failed)?;
    }
    match self::absent() {
        left if left.is_empty() => Ok(()),
        left => bail!("{}", advice(&left)),
    }
}

fn absent() -> Vec<Engine> {
    Engine::ALL.into_iter().filter(|engine| !engine.missing().is_empty()).collect()
}

fn packages(engines: &[Engine]) -> Vec<&'static str> {
    engines.iter().flat_map(|engine| engine.packages()).copied().collect()
}

/// `MiniBrowser, Xvfb not found; end-to-end tests run in Chromium, Firefox and WebKitGTK: …`
fn advice(engines: &[Engine]) -> String {
    let missing: Vec<&str> = engines.iter().flat_map(|engine| engine.missing()).collect();
    format!(
        "{} not found; end-to-end tests run in Chromium, Firefox and WebKitGTK, each with the driver of its version: \
         install what Debian calls {}",
        missing.join(", "),
        packages(engines).join(", ")
    )
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn can_install() -> bool {
    Path::new("/etc/debian_version").exists() && answer("id", &["-u"]).as_deref() == Some("0")
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = names.iter().flat_map(|name| directories.iter().map(move |d| d.join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}

fn mini_browser() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = ["/usr/libexec", "/usr/lib"].map(PathBuf::from).into();
    places.extend(libraries.map(|entry| entry.path()));
    let candidates = WEBKIT_FOLDERS
        .iter()
        .flat_map(|folder| places.iter().map(move |place| place.join(folder).join(MINI_BROWSER)));
    candidates.into_iter().find(|candidate| candidate.is_file())
}
