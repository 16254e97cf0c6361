//! An event as every sender should have written it: one clock, one language, one way to write a URL, and what the
//! connection alone knows.
//!
//! IDs, levels, `logentry`, tags, lists and sizes are settled when it is decoded (`decode`); here is what needs the
//! request around it. Nothing is refused, and what is already there is not changed by a second call.

mod client_hints;
mod clock;
mod language;

use crate::event::Event;
use crate::limits::MAX_NAME;
use crate::{url, user_agent};

pub use client_hints::ClientHints;

/// What the collector knows beside the event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The collector's clock.
    pub received_ms: i64,
    /// The envelope's `sent_at`: the sender's clock when it sent.
    pub sent_at: Option<&'a str>,
    /// `User-Agent` of the request.
    pub user_agent: Option<&'a str>,
    /// `Sec-CH-UA…` of the request.
    pub client_hints: ClientHints<'a>,
    /// ISO 3166 code of the sender's country.
    pub country: Option<&'a str>,
    /// The sender's address.
    pub address: Option<&'a str>,
    /// What the project wants.
    pub settings: Settings,
}

/// What a project wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether addresses are kept of senders that ask for it (`"ip_address": "{{auto}}"`).
    pub addresses: Addresses,
}

/// Which addresses are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// None, not even those that the sender writes itself.
    Never,
    /// Those that the sender writes itself or asks for.
    #[default]
    WhenAsked,
}

impl Default for Settings {
    fn default() -> Self {
        Self { addresses: Addresses::WhenAsked }
    }
}

/// Normalises an event.
pub fn normalize(event: &mut Event, context: &Context) {
    event.received_ms = context.received_ms;
    clock::correct(event, context.sent_at);
    split_url(event);
    add_user_agent(event, context.user_agent);
    // Behind the user agent, which says less.
    client_hints::refine(event, context);
    event.country = context.country.and_then(country).unwrap_or_default();
    settle_address(event, context);
    // Last: fingerprints read it, and say the same whatever language the browser speaks.
    language::translate(event);
}

/// `https://shop.test/cart?id=1#top` → URL, query and fragment. What the sender split itself stays.
fn split_url(event: &mut Event) {
    let request = &mut event.request;
    let Some(whole) = request.url.take().map(|url| url::cleaned(&url)) else { return };
    let parts = url::parts(&whole);
    if request.query.is_empty() {
        request.query = url::query(parts.query);
    }
    if request.fragment.is_empty() {
        request.fragment = parts.fragment.to_owned();
    }
    request.url = Some(parts.before_query.to_owned()).filter(|url| !url.is_empty());
}

/// Pages send no user agent: their browser does, with the request.
fn add_user_agent(event: &mut Event, user_agent: Option<&str>) {
    let has_own = event.request.headers.iter().any(|(name, _)| is_user_agent(name));
    let Some(agent) = user_agent else { return };
    if event.platform == "javascript" && !has_own {
        let agent = agent.get(..agent.floor_char_boundary(MAX_NAME)).unwrap_or_default();
        event.request.headers.push(("User-Agent".into(), agent.into()));
        let device = user_agent::parse(agent);
        if event.browser.name.is_empty() {
            event.browser = device.browser;
        }
        if event.os.name.is_empty() {
            event.os = device.os;
        }
        event.device.mobile |= device.mobile;
        if event.device.model.is_empty() {
            event.device.model = device.model;
        }
    }
}

/// Whether a header is `User-Agent`.
pub(crate) fn is_user_agent(header: &str) -> bool {
    header.eq_ignore_ascii_case("user-agent")
}

/// Two letters; `XX` and `T1` are Cloudflare's words for "unknown" and "Tor".
fn country(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_code && code != "XX").then_some(code)
}

fn settle_address(event: &mut Event, context: &Context) {
    let user = &mut event.user;
    match context.settings.addresses {
        Addresses::Never => user.ip_address = None,
        Addresses::WhenAsked if user.asks_for_address && user.ip_address.is_none() => {
            user.ip_address = context.address.map(str::to_owned);
        }
        Addresses::WhenAsked => {}
    }
    user.asks_for_address = false;
}

#[cfg(test)]
mod tests;
