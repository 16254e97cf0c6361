//! Browsers that cannot read the syntax of 2020 (`?.`, `??`), which build tools write today: their errors are of the
//! parser, not of the page.

use crate::event::Event;

/// First versions that read `?.`, from MDN's compatibility data: name, major, minor.
const FIRST: [(&str, u32, u32); 10] = [
    ("Chrome", 80, 0),
    ("Chrome Mobile", 80, 0),
    ("Android WebView", 80, 0),
    ("Edge", 80, 0),
    ("Firefox", 74, 0),
    ("Opera", 67, 0),
    ("Samsung Internet", 13, 0),
    ("Safari", 13, 1),
    ("Mobile Safari", 13, 4),
    ("Electron", 8, 0),
];

/// Browsers of which no version does.
const NEVER: [&str; 3] = ["Internet Explorer", "Opera Mini", "Android Browser"];

/// Name and version of the browser, or of the system whose engine all browsers use there.
pub(super) fn found(event: &Event) -> Option<String> {
    let (browser, os) = (&event.browser, &event.os);
    let is_ios = ["iOS", "iPadOS"].contains(&os.name.as_str());
    // On iOS the system decides, whatever browsers call themselves.
    let old_ios = is_ios && is_before(&os.version, 13, 4);
    let old_browser = NEVER.contains(&browser.name.as_str())
        || FIRST.iter().any(|(name, major, minor)| {
            !is_ios && browser.name == *name && is_before(&browser.version, *major, *minor)
        });
    let named = |name: &str, version: &str| format!("{name} {version}").trim().to_owned();
    if old_ios {
        return Some(named(&os.name, &os.version));
    }
    old_browser.then(|| named(&browser.name, &browser.version))
}

/// An unknown version is before none.
fn is_before(version: &str, major: u32, minor: u32) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    let Some(Ok(found)) = numbers.next() else { return false };
    let found_minor = numbers.next().and_then(Result::ok).unwrap_or(0);
    (found, found_minor) < (major, minor)
}
