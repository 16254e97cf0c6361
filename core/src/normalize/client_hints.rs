//! What Chromium says of itself in headers, since its user agent says less and less.
//!
//! ```text
//! Sec-CH-UA: "Chromium";v="142", "Brave";v="142", "Not_A Brand";v="99"
//! Sec-CH-UA-Mobile: ?1
//! Sec-CH-UA-Platform: "Android"
//! Sec-CH-UA-Platform-Version: "14.0.0"     only to sites that asked for it
//! Sec-CH-UA-Model: "Pixel 8"               only to sites that asked for it
//! ```
//!
//! Source: <https://wicg.github.io/ua-client-hints/>. What has another shape is passed over.

use super::{Context, is_user_agent};
use crate::event::{Event, Named};

/// Headers of the request, as they arrived.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientHints<'a> {
    /// `Sec-CH-UA`, or `Sec-CH-UA-Full-Version-List` where it was sent.
    pub brands: Option<&'a str>,
    /// `Sec-CH-UA-Mobile`
    pub mobile: Option<&'a str>,
    /// `Sec-CH-UA-Platform`
    pub platform: Option<&'a str>,
    /// `Sec-CH-UA-Platform-Version`
    pub platform_version: Option<&'a str>,
    /// `Sec-CH-UA-Model`
    pub model: Option<&'a str>,
}

/// Longest model that is kept, in bytes.
const MAX_MODEL: usize = 100;

/// Fills in what the user agent does not say, for events of the browser that made the request.
pub(super) fn refine(event: &mut Event, context: &Context) {
    if event.platform != "javascript" || !is_of_this_browser(event, context) {
        return;
    }
    let hints = &context.client_hints;
    if !event.contexts.contains_key("browser")
        && let Some(browser) = hints.brands.and_then(|brands| browser(brands, &event.browser))
    {
        event.browser = browser;
    }
    if !event.contexts.contains_key("os")
        && let Some(os) = hints.platform.and_then(|platform| {
            system(
                &unquoted(platform),
                &unquoted(hints.platform_version.unwrap_or_default()),
                &event.os,
            )
        })
    {
        event.os = os;
    }
    if let Some(mobile) = hints.mobile {
        event.device.mobile |= mobile.trim() == "?1";
    }
    let model = hints.model.map(unquoted).unwrap_or_default();
    if !model.is_empty() {
        event.device.model =
            model.get(..model.floor_char_boundary(MAX_MODEL)).unwrap_or_default().to_owned();
    }
}

/// An event that a server passed on has the user agent of its own page.
fn is_of_this_browser(event: &Event, context: &Context) -> bool {
    let own = event.request.headers.iter().find(|(name, _)| is_user_agent(name));
    own.is_none_or(|(_, agent)| Some(agent.as_str()) == context.user_agent)
}

/// Brands whose user agent is Chrome's, and how we call them.
const BRANDS: [(&str, &str); 8] = [
    ("Brave", "Brave"),
    ("Opera", "Opera"),
    ("Opera GX", "Opera"),
    ("Microsoft Edge", "Edge"),
    ("Samsung Internet", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("YaBrowser", "Yandex Browser"),
    ("Android WebView", "Android WebView"),
];

/// The brand that is not everybody's. None if the user agent already said as much.
fn browser(brands: &str, known: &Named) -> Option<Named> {
    // More would be no header of a browser.
    let listed = brands.split(',').take(8).filter_map(brand);
    let (name, version) = listed
        .filter_map(|(brand, version)| {
            BRANDS.iter().find(|(own, _)| *own == brand).map(|(_, name)| (*name, version))
        })
        .next()?;
    let major: String = version.chars().take_while(char::is_ascii_digit).take(6).collect();
    let is_news = ["", "Chrome", "Chrome Mobile"].contains(&known.name.as_str());
    is_news.then(|| Named { name: name.to_owned(), version: major })
}

/// `"Brave";v="142"`
fn brand(text: &str) -> Option<(&str, &str)> {
    let (brand, version) = text.trim().strip_prefix('"')?.split_once("\";v=\"")?;
    Some((brand, version.strip_suffix('"')?))
}

/// Windows tells 10 from 11, Android its version, and macOS more than 10.15.7, in the platform's version alone.
fn system(platform: &str, version: &str, known: &Named) -> Option<Named> {
    let name = match platform {
        "Windows" | "macOS" | "Android" | "Linux" => platform,
        "Chrome OS" | "Chromium OS" => "ChromeOS",
        _ => return None,
    };
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let major = numbers.next().unwrap_or(0);
    let version = match name {
        // <https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11>
        "Windows" if major >= 13 => "11".to_owned(),
        "Windows" if major > 0 => "10".to_owned(),
        "macOS" | "Android" if major > 0 => match numbers.next().unwrap_or(0) {
            0 => major.to_string(),
            minor => format!("{major}.{minor}"),
        },
        _ if known.name == name => return None,
        _ => String::new(),
    };
    Some(Named { name: name.to_owned(), version })
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches('"').trim().to_owned()
}
