//! Reads a `User-Agent` header: which browser on which system. Unknown names stay empty; nothing is refused.
//!
//! A user agent is a list of names in which everybody also claims to be those who came before
//! (`Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51`). So the tables go from the newest claim to the oldest, and the
//! first token found decides.
//!
//! It does not always tell the truth, and cannot be asked again:
//! - Windows 11 is `Windows NT 10.0` (<https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11>);
//! - every Mac is an Intel on at most 10.15.7 (Firefox: <https://bugzilla.mozilla.org/show_bug.cgi?id=1679929>);
//! - an iPad calls itself a Mac, unless the site is asked for its mobile version (since iPadOS 13);
//! - Chrome says `Android 10; K` on any Android (<https://www.chromium.org/updates/ua-reduction/>).

use crate::event::Named;

/// Who saw the error, as far as the browser says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// `Chrome`, `Mobile Safari`, `Firefox iOS`, … with the major version; Safari's with the minor one too.
    pub browser: Named,
    /// `Windows` `10`, `macOS` `10.15.7`, `iOS` `17.4`, `Android` `14`, `Linux` without a version, …
    pub os: Named,
    /// A phone or a tablet.
    pub mobile: bool,
    /// `Pixel 8`, `iPhone`, …; empty if the browser does not say.
    pub model: String,
}

/// Reads a `User-Agent` header.
pub fn parse(user_agent: &str) -> Device {
    let mut os = os(user_agent);
    let browser = browser(user_agent, &os.name);
    // From 26 on, Safari leaves iOS at 18.6 or 18.7, but its own version is that of iOS
    // (<https://webkit.org/blog/17333/webkit-features-in-safari-26-0/#update-to-ua-string>).
    if browser.name == "Mobile Safari" && major(&browser.version) >= 26 {
        os.version.clone_from(&browser.version);
    }
    let mobile =
        ["Android", "iOS", "iPadOS"].contains(&os.name.as_str()) || user_agent.contains("Mobile");
    Device { browser, os, mobile, model: model(user_agent) }
}

/// A token that gives a product away, the product's name, where its version stands, and how many numbers of it matter.
type Product = (&'static str, &'static str, &'static str, usize);

/// Before `Chrome/` and `Version/`, which nearly all of these also send.
const BROWSERS: [Product; 24] = [
    ("HeadlessChrome/", "Headless Chrome", "HeadlessChrome/", 1),
    ("Edg/", "Edge", "Edg/", 1),
    ("EdgA/", "Edge", "EdgA/", 1),
    ("EdgiOS/", "Edge", "EdgiOS/", 1),
    ("Edge/", "Edge", "Edge/", 1), // Until 18, with its own engine.
    ("OPR/", "Opera", "OPR/", 1),
    ("OPT/", "Opera", "OPT/", 1), // On iOS.
    ("Opera Mini/", "Opera Mini", "Opera Mini/", 1),
    ("Presto/", "Opera", "Version/", 1), // Until 12, with its own engine.
    ("SamsungBrowser/", "Samsung Internet", "SamsungBrowser/", 1),
    ("YaBrowser/", "Yandex Browser", "YaBrowser/", 1),
    ("Vivaldi/", "Vivaldi", "Vivaldi/", 1),
    ("Electron/", "Electron", "Electron/", 1),
    ("CriOS/", "Chrome iOS", "CriOS/", 1),
    ("FxiOS/", "Firefox iOS", "FxiOS/", 1),
    // Epiphany's own number is WebKit's, frozen at 605.1.15; it follows Safari's.
    ("Epiphany/", "Epiphany", "Version/", 2),
    ("Firefox/", "Firefox", "Firefox/", 1),
    ("; wv)", "Android WebView", "Chrome/", 1),
    ("jsdom/", "jsdom", "jsdom/", 1),
    ("Trident/", "Internet Explorer", "rv:", 1),
    ("Node.js/", "node", "Node.js/", 1),
    ("Deno/", "Deno", "Deno/", 1),
    ("Bun/", "Bun", "Bun/", 1),
    ("Cloudflare-Workers", "Cloudflare Workers", "Cloudflare-Workers/", 1),
];

/// Android and iOS before the systems whose names they also send.
const SYSTEMS: [Product; 8] = [
    ("Windows NT", "Windows", "Windows NT ", 2),
    ("CrOS", "ChromeOS", "", 0), // Frozen at 14541.
    ("Android", "Android", "Android ", 2),
    ("iPhone", "iOS", "iPhone OS ", 2),
    ("iPod", "iOS", "iPhone OS ", 2),
    ("iPad", "iPadOS", "CPU OS ", 2),
    ("Mac OS X", "macOS", "Mac OS X ", 3),
    ("Linux", "Linux", "", 0),
];

fn browser(user_agent: &str, os: &str) -> Named {
    let found = find(user_agent, &BROWSERS);
    if !found.name.is_empty() {
        return found;
    }
    if let Some(version) = version(user_agent, "Chrome/", 1) {
        let is_phone = user_agent.contains(" Mobile ");
        return Named { name: if is_phone { "Chrome Mobile" } else { "Chrome" }.into(), version };
    }
    if let Some(version) = version(user_agent, "Version/", 2) {
        return Named { name: safari(os).into(), version };
    }
    let name = match os {
        "iOS" | "iPadOS" => "iOS WebView",
        // All that Node's `fetch` sends.
        _ if user_agent == "node" => "node",
        _ => "",
    };
    Named { name: name.into(), version: String::new() }
}

/// Who sends `Version/17.4 Safari/605.1.15` and no name of its own.
fn safari(os: &str) -> &'static str {
    match os {
        "iOS" | "iPadOS" => "Mobile Safari",
        "Android" => "Android Browser",
        "Linux" => "WebKitGTK",
        _ => "Safari",
    }
}

fn os(user_agent: &str) -> Named {
    let mut os = find(user_agent, &SYSTEMS);
    if os.name == "Windows" {
        os.version = match os.version.as_str() {
            "10.0" => "10".into(),
            "6.3" => "8.1".into(),
            "6.2" => "8".into(),
            "6.1" => "7".into(),
            _ => os.version,
        };
    }
    os
}

/// `(Linux; Android 14; Pixel 8 Build/UD1A; wv)` → `Pixel 8`, `(iPhone; CPU …)` → `iPhone`
///
/// `K` is what Chrome says of any model (<https://www.chromium.org/updates/ua-reduction/>), `Mobile` and `Tablet` what
/// Firefox does.
fn model(user_agent: &str) -> String {
    for apple in ["iPhone", "iPad", "iPod"] {
        if user_agent.contains(&format!("({apple}")) {
            return apple.to_owned();
        }
    }
    let Some((_, android)) = user_agent.split_once("Android ") else { return String::new() };
    let inside = android.split(')').next().unwrap_or_default();
    // The first part is the version; a language may come before the model.
    let mut parts = inside.split(';').skip(1).map(str::trim);
    let is_model = |part: &&str| part.len() > 1 && !is_language(part) && !part.starts_with("rv:");
    let model = parts.find(is_model).unwrap_or_default();
    let model = model.split(" Build").next().unwrap_or_default();
    if ["Mobile", "Tablet", "wv"].contains(&model) { String::new() } else { model.to_owned() }
}

/// `en-us`
fn is_language(part: &str) -> bool {
    part.len() == 5 && part.as_bytes().get(2) == Some(&b'-')
}

/// The first product of the table whose token occurs.
fn find(user_agent: &str, products: &[Product]) -> Named {
    let product = products.iter().find(|(token, ..)| user_agent.contains(token));
    product.map_or_else(Named::default, |&(_, name, before_version, numbers)| Named {
        name: name.into(),
        version: version(user_agent, before_version, numbers).unwrap_or_default(),
    })
}

/// The first numbers of the version after `before`: 2 of `Mac OS X 10_15_7` are `10.15`.
fn version(user_agent: &str, before: &str, numbers: usize) -> Option<String> {
    let (_, rest) = user_agent.split_once(before)?;
    let is_end = |c: char| !c.is_ascii_digit() && c != '.' && c != '_';
    let found = rest.split(is_end).next()?;
    Some(found.split(['.', '_']).take(numbers).collect::<Vec<_>>().join("."))
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
