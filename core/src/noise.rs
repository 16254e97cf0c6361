//! Errors that are not what they look like: each class has an explanation and a remedy, in English, for the page.
//!
//! Nothing is muted: a class is shown, and where the engines word the same failure differently, it takes the place of the
//! words in the fingerprint, so that it is one issue. Therefore a class depends on nothing but what the raw fingerprint
//! holds: type, message without what varies, and frames.

mod words;

use serde::{Deserialize, Serialize};

use crate::event::{Event, Exception};
use crate::filter::{extension_of, injector_of, without_prefixes};
use crate::fingerprint::parameterised;

pub use words::{Explanation, Releases, explain};

/// What kind of noise it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// `Script error.`: a script of another origin, of which the browser says nothing.
    ScriptError,
    /// A page of an old deploy asks for a chunk that a newer one removed.
    StaleDeploy,
    /// A request that got no answer.
    Network,
    /// A browser extension, or a script that an app put into the page.
    Extension,
}

impl Class {
    /// Its word in the JSON API.
    pub fn name(self) -> &'static str {
        match self {
            Class::ScriptError => "script_error",
            Class::StaleDeploy => "stale_deploy",
            Class::Network => "network",
            Class::Extension => "extension",
        }
    }
}

/// The class of an event, if it is noise: that of the thrown exception, or of the message where nothing was thrown.
pub fn classify(event: &Event) -> Option<Class> {
    let of_words = match event.thrown() {
        Some(thrown) => class_of(thrown),
        None => class_of_message(event.message.as_deref().unwrap_or_default()),
    };
    of_words.or_else(|| {
        let is_foreign = extension_of(event).or_else(|| injector_of(event)).is_some();
        is_foreign.then_some(Class::Extension)
    })
}

/// The class of one exception of a chain; never [`Class::Extension`], which takes the whole event.
pub(crate) fn class_of(exception: &Exception) -> Option<Class> {
    let value = parameterised(&exception.value);
    let said = without_prefixes(&value);
    if is_script_error(said) && !exception.frames.iter().any(|frame| frame.line > 0) {
        return Some(Class::ScriptError);
    }
    if is_stale_deploy(&exception.kind, said) || is_page_for_script(exception, said) {
        return Some(Class::StaleDeploy);
    }
    is_network(&exception.kind, said).then_some(Class::Network)
}

pub(crate) fn class_of_message(message: &str) -> Option<Class> {
    let value = parameterised(message);
    let said = without_prefixes(&value);
    if is_script_error(said) {
        return Some(Class::ScriptError);
    }
    is_stale_deploy("", said).then_some(Class::StaleDeploy)
}

/// All that a page is told of a script of another origin (<https://html.spec.whatwg.org/#muted-errors>).
fn is_script_error(said: &str) -> bool {
    ["Script error", "Script error."].contains(&said)
}

/// How bundlers and engines say that a module or a style sheet did not load; `<n>` and `<url>` stand for what varies.
const STALE_STARTS: [&str; 8] = [
    "Failed to fetch dynamically imported module", // Chrome
    "error loading dynamically imported module",   // Firefox
    "Importing a module script failed",            // Safari
    "Unable to preload CSS for ",                  // Vite
    "Failed to load module script: Expected a JavaScript", // Chrome, for a page in place of a module
    "'text/html' is not a valid JavaScript MIME type",     // Safari, for the same
    "Failed to load chunk ",                               // Turbopack
    "Failed to load script: /_next/",                      // Next.js
];

fn is_stale_deploy(kind: &str, said: &str) -> bool {
    kind == "ChunkLoadError"
        || kind == "CSS_CHUNK_LOAD_FAILED"
        || is_webpack_chunk(said)
        || STALE_STARTS.iter().any(|start| said.starts_with(start))
}

/// `Loading chunk 12 failed.`, `Loading CSS chunk pages-cart failed.`, as webpack and its relatives write.
fn is_webpack_chunk(said: &str) -> bool {
    let rest = said.strip_prefix("Loading ").map(|rest| rest.strip_prefix("CSS ").unwrap_or(rest));
    let Some(name_and_rest) = rest.and_then(|rest| rest.strip_prefix("chunk ")) else {
        return false;
    };
    let Some((name, after)) = name_and_rest.split_once(" failed") else { return false };
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name && (after.is_empty() || after.starts_with(['.', '\n', ' ', ',']))
}

/// A server that answers everything with its page does so for a removed script too: the parser then meets `<!doctype`.
fn is_page_for_script(exception: &Exception, said: &str) -> bool {
    let wordings = [
        "Unexpected token '<'",         // Chrome, Safari
        "Unexpected token <",           // Chrome until 97
        "expected expression, got '<'", // Firefox
    ];
    let [frame] = exception.frames.as_slice() else { return false };
    let file = frame.file.split(['?', '#']).next().unwrap_or_default();
    exception.kind == "SyntaxError"
        && wordings.contains(&said)
        && frame.line == 1
        && frame.function.is_empty()
        && (file.ends_with(".js") || file.ends_with(".mjs"))
}

/// How engines and libraries say that no answer came.
const NETWORK: [&str; 24] = [
    "Failed to fetch",                                 // Chrome
    "network error",                                   // Chrome, while the body came
    "A network error occurred.",                       // XMLHttpRequest
    "NetworkError when attempting to fetch resource.", // Firefox
    "Error in input stream",                           // Firefox, while the body came
    "Load failed",                                     // Safari
    "The network connection was lost.",                // Safari, with the system's words
    "The Internet connection appears to be offline.",
    "A server with the specified hostname could not be found.",
    "Could not connect to the server.",
    "The request timed out.",
    "An SSL error has occurred and a secure connection to the server cannot be made.",
    "The certificate for this server is invalid.",
    "A data connection is not currently allowed.",
    "cannot parse response",
    "Network request failed", // React Native
    "fetch failed",           // Node
    "Network Error",          // axios
    "timeout exceeded",
    "Timeout has occurred",
    "net::ERR_INTERNET_DISCONNECTED",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_NAME_NOT_RESOLVED",
    "net::ERR_NETWORK_CHANGED",
];

/// Of these the beginning is enough.
const NETWORK_STARTS: [&str; 5] = [
    "Failed to fetch (", // SDKs add the host.
    "Load failed (",
    "NetworkError when attempting to fetch resource. (",
    "Failed to execute 'send' on 'XMLHttpRequest': Failed to load ",
    "Http failure response for <url> <n> Unknown Error", // Angular
];

fn is_network(kind: &str, said: &str) -> bool {
    let is_timeout = said.starts_with("timeout of ") && said.ends_with("ms exceeded");
    let is_access = said.ends_with(" due to access control checks.")
        || said.starts_with("Origin ")
            && said.contains(" is not allowed by Access-Control-Allow-Origin");
    NETWORK.contains(&said)
        || NETWORK_STARTS.iter().any(|start| said.starts_with(start))
        || is_timeout
        || is_access
        // Safari, of a request that the next page cut off.
        || kind == "TypeError" && ["cancelled", "Cancelled"].contains(&said)
}
