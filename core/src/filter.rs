//! Inbound filters: events that are nobody's bug are counted and not stored.
//!
//! In: an event that was normalised, and what the project has switched on. Out: why it is left out, or nothing. Each
//! filter is one file with its samples in `tests/corpora/filters`.

mod crawler;
mod extension;
mod injected;
mod legacy;

use serde::{Deserialize, Serialize};

use crate::event::{Event, Frame};
use crate::glob::Glob;
use crate::limits::MAX_FILTER_PATTERNS;
use crate::{stack, url};

pub(crate) use extension::found as extension_of;
pub(crate) use injected::found as injector_of;

/// What a project leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterSettings {
    /// Errors of browser extensions.
    pub browser_extensions: bool,
    /// Errors of scripts that apps, proxies and virus scanners put into pages.
    pub injected_scripts: bool,
    /// Visits of search engines, link previews and monitors.
    pub crawlers: bool,
    /// Browsers that cannot read the syntax of 2020. Off by default.
    pub legacy_browsers: bool,
    /// Pages on the developer's own machine. Off by default, or the first test would vanish.
    pub localhost: bool,
    /// The warning of `ResizeObserver`, which says that a layout took two frames.
    pub resize_observer: bool,
    /// Patterns (see [`crate::glob`]) of `TypeError: message`, or of the message alone.
    pub messages: Vec<String>,
    /// Patterns of the page's URL, or of the URL of the script that crashed.
    pub urls: Vec<String>,
    /// Patterns of releases.
    pub releases: Vec<String>,
}

impl Default for FilterSettings {
    fn default() -> Self {
        Self {
            browser_extensions: true,
            injected_scripts: true,
            crawlers: true,
            legacy_browsers: false,
            localhost: false,
            resize_observer: true,
            messages: Vec::new(),
            urls: Vec::new(),
            releases: Vec::new(),
        }
    }
}

/// Which filter an event met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// [`FilterSettings::browser_extensions`]
    BrowserExtension,
    /// [`FilterSettings::injected_scripts`]
    InjectedScript,
    /// [`FilterSettings::crawlers`]
    Crawler,
    /// [`FilterSettings::legacy_browsers`]
    LegacyBrowser,
    /// [`FilterSettings::localhost`]
    Localhost,
    /// [`FilterSettings::resize_observer`]
    ResizeObserver,
    /// [`FilterSettings::messages`]
    Message,
    /// [`FilterSettings::urls`]
    Url,
    /// [`FilterSettings::releases`]
    Release,
}

impl Reason {
    /// Its word in outcomes.
    pub fn name(self) -> &'static str {
        match self {
            Reason::BrowserExtension => "browser_extension",
            Reason::InjectedScript => "injected_script",
            Reason::Crawler => "crawler",
            Reason::LegacyBrowser => "legacy_browser",
            Reason::Localhost => "localhost",
            Reason::ResizeObserver => "resize_observer",
            Reason::Message => "message_pattern",
            Reason::Url => "url_pattern",
            Reason::Release => "release_pattern",
        }
    }
}

/// Why an event is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filtered {
    /// Which filter.
    pub reason: Reason,
    /// What it met: an extension's script, a crawler's name, the developer's pattern.
    pub detail: String,
}

/// What a filter met in an event.
type Find = fn(&Event) -> Option<String>;

/// Whether the project leaves the event out.
pub fn filter(event: &Event, settings: &FilterSettings) -> Option<Filtered> {
    // The developer's own patterns first: theirs is the reason that they look for. Of the others, who sent before what.
    let filters: [(bool, Reason, Find); 6] = [
        (settings.crawlers, Reason::Crawler, crawler::found),
        (settings.localhost, Reason::Localhost, localhost),
        (settings.legacy_browsers, Reason::LegacyBrowser, legacy::found),
        (settings.browser_extensions, Reason::BrowserExtension, extension::found),
        (settings.injected_scripts, Reason::InjectedScript, injected::found),
        (settings.resize_observer, Reason::ResizeObserver, resize_observer),
    ];
    by_pattern(event, settings).or_else(|| {
        let on = filters.into_iter().filter(|(is_on, ..)| *is_on);
        on.filter_map(|(_, reason, found)| Some(Filtered { reason, detail: found(event)? })).next()
    })
}

fn by_pattern(event: &Event, settings: &FilterSettings) -> Option<Filtered> {
    let of_release = matching(&settings.releases, || event.release.iter().cloned().collect());
    let of_url = || matching(&settings.urls, || urls(event));
    let of_message = || matching(&settings.messages, || messages(event));
    let filtered = |reason| move |detail| Filtered { reason, detail };
    of_release
        .map(filtered(Reason::Release))
        .or_else(|| of_url().map(filtered(Reason::Url)))
        .or_else(|| of_message().map(filtered(Reason::Message)))
}

/// The first pattern that one of the texts matches.
fn matching(patterns: &[String], texts: impl FnOnce() -> Vec<String>) -> Option<String> {
    if patterns.is_empty() {
        return None;
    }
    let texts: Vec<String> = texts().iter().map(|text| text.to_lowercase()).collect();
    let mut listed = patterns.iter().take(MAX_FILTER_PATTERNS).filter(|p| !p.trim().is_empty());
    listed.find(|pattern| Glob::new(pattern).any(&texts)).cloned()
}

/// The page, with and without its query, and the script that crashed.
fn urls(event: &Event) -> Vec<String> {
    let page = event.request.url.clone().unwrap_or_default();
    let query: Vec<String> =
        event.request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let with_query = format!("{page}?{}", query.join("&"));
    let script = crashing(event).map(|frame| frame.file.clone());
    [page, with_query].into_iter().chain(script).collect()
}

/// `TypeError: a is undefined` and `a is undefined` of each exception, or the event's message.
fn messages(event: &Event) -> Vec<String> {
    let of_exceptions = event.exceptions.iter().flat_map(|exception| {
        [exception.value.clone(), format!("{}: {}", exception.kind, exception.value)]
    });
    of_exceptions.chain(event.message.clone()).collect()
}

/// The frame that threw: the first that is in a file.
pub(crate) fn crashing(event: &Event) -> Option<&Frame> {
    let mut frames = event.exceptions.iter().flat_map(|exception| &exception.frames);
    frames.find(|frame| !stack::is_engine_word(&frame.file))
}

/// What the event says, without what engines and SDKs put before it: `Uncaught TypeError: x` → `x`.
pub(crate) fn said(event: &Event) -> &str {
    let thrown =
        event.thrown().map(|thrown| thrown.value.as_str()).filter(|value| !value.is_empty());
    without_prefixes(thrown.or(event.message.as_deref()).unwrap_or_default())
}

/// `Uncaught (in promise): Error: x` → `x`
pub(crate) fn without_prefixes(message: &str) -> &str {
    let mut rest = message.trim();
    for prefix in ["Uncaught", "(in promise)", ":", "Unhandled promise rejection:"] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest).trim_start();
    }
    // Of a few, since an error may be wrapped in another one.
    for _ in 0..3 {
        let kind = rest.split_once(": ").filter(|(kind, _)| is_kind(kind));
        rest = kind.map_or(rest, |(_, message)| message.trim_start());
    }
    rest
}

/// `TypeError`, `DOMException`
fn is_kind(word: &str) -> bool {
    let is_name = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name && (word.ends_with("Error") || word.ends_with("Exception"))
}

/// `ResizeObserver loop limit exceeded` is Chrome's wording until 113
/// (<https://github.com/w3c/csswg-drafts/pull/7964>), Safari's until 17.
fn resize_observer(event: &Event) -> Option<String> {
    let said = said(event).trim_end_matches('.');
    let is_warning = [
        "ResizeObserver loop limit exceeded",
        "ResizeObserver loop completed with undelivered notifications",
    ];
    is_warning.contains(&said).then(|| said.to_owned())
}

/// `localhost` and the addresses of the machine itself.
fn localhost(event: &Event) -> Option<String> {
    let host = url::host(event.request.url.as_deref()?);
    let is_local = ["localhost", "::1", "0.0.0.0"].contains(&host.as_str())
        || host.ends_with(".localhost")
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_local.then_some(host)
}
