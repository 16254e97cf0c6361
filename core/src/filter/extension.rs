//! Errors of browser extensions: their script threw, or their message channel broke, which they tell nobody but the page.
//!
//! An extension that merely stands in between (it wraps `fetch`, and the owner's code throws below it) is none: the frame
//! that threw decides. A project that *is* an extension has pages of that scheme, and keeps everything.

use super::{crashing, said};
use crate::event::Event;

/// The extension's script, or what it said.
pub(crate) fn found(event: &Event) -> Option<String> {
    let page = event.request.url.as_deref().unwrap_or_default();
    if is_of_extension(page) {
        return None;
    }
    if let Some(frame) = crashing(event).filter(|frame| is_of_extension(&frame.file)) {
        return Some(frame.file.clone());
    }
    // What extensions say may also be said to the owner's own code, which then has a frame.
    let is_own = event.exceptions.iter().flat_map(|exception| &exception.frames).any(|f| f.in_app);
    let said = said(event);
    (!is_own && is_message(said)).then(|| said.to_owned())
}

/// Safari hides URLs of extensions behind `webkit-masked-url:` (<https://bugs.webkit.org/show_bug.cgi?id=246010>); add-ons
/// of old Firefoxes live in `resource:` and `chrome:`.
const SCHEMES: [&str; 4] = ["chrome", "extension", "resource", "webkit-masked-url"];

/// `chrome-extension://…`, `safari-web-extension://…`, …
fn is_of_extension(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme
        .is_some_and(|scheme| scheme.ends_with("-extension") || SCHEMES.contains(&scheme.as_str()))
}

/// How messages begin that only an extension's code can cause.
const MESSAGES: [&str; 19] = [
    "A listener indicated an asynchronous response by returning true, but the message channel closed",
    "Attempting to use a disconnected port object",
    "Cannot redefine property: ethereum",
    "Cannot set property ethereum of #<Window> which has only a getter",
    "Could not establish connection. Receiving end does not exist",
    "Could not load content for chrome-extension://",
    "Error in invocation of runtime.",
    "Extension context invalidated",
    "Extension manifest must request permission",
    "Failed to connect to MetaMask",
    "Invalid call to runtime.",
    "Looks like there is an error in the background page",
    "MetaMask: ",
    "No Listener: tabs:",
    "No tab with id: ",
    "Talisman extension has not been configured yet",
    "The message port closed before a response was received",
    "The page keeping the extension port is moved into back/forward cache",
    "Unhandled error response received for message named: ",
];

/// What such messages contain, wherever.
const PARTS: [&str; 4] = [
    "can't access dead object", // Firefox, of a page's window that an add-on kept.
    "for property 'tronlinkParams'",
    "chrome-extension://",
    "moz-extension://",
];

fn is_message(said: &str) -> bool {
    MESSAGES.iter().any(|start| said.starts_with(start))
        || PARTS.iter().any(|part| said.contains(part))
}
