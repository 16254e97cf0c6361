//! Robots: search engines, link previews, audits. They say so in their user agent.

use crate::event::Event;
use crate::normalize::is_user_agent;

/// The robot's name.
pub(super) fn found(event: &Event) -> Option<String> {
    let mut headers = event.request.headers.iter();
    let (_, agent) = headers.find(|(name, _)| is_user_agent(name))?;
    name_in(agent)
}

/// Robots whose names do not end with what robots are.
const NAMES: [&str; 22] = [
    "adsbot-google",
    "apis-google",
    "baiduspider",
    "bingpreview",
    "chrome-lighthouse",
    "facebookexternalhit",
    "feedfetcher-google",
    "google favicon",
    "google-inspectiontool",
    "google-read-aloud",
    "google-safety",
    "google page speed insights",
    "gtmetrix",
    "ia_archiver",
    "mediapartners-google",
    "meta-externalagent",
    "phantomjs",
    "prerender",
    "ptst/", // WebPageTest
    "rendertron",
    "storebot-google",
    "yahoo! slurp",
];

/// What the name of a robot ends with.
const ENDINGS: [&str; 4] = ["bot", "spider", "crawler", "robot"];

/// Phones of this maker are called `CUBOT X18`.
const NO_ROBOTS: [&str; 1] = ["cubot"];

/// `Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)` → `googlebot`
fn name_in(agent: &str) -> Option<String> {
    let agent = agent.to_ascii_lowercase();
    let named = NAMES.iter().find(|name| agent.contains(**name)).map(|name| (*name).to_owned());
    // Robots leave an address for complaints; no browser does.
    let has_address = agent.contains("+http");
    named.or_else(|| {
        let is_end = |c: char| !c.is_ascii_alphanumeric();
        let mut words = agent.split(is_end);
        let is_robot = |word: &&str| {
            ENDINGS.iter().any(|ending| word.ends_with(ending)) && !NO_ROBOTS.contains(word)
        };
        let word = words.find(is_robot).map(str::to_owned);
        word.or_else(|| has_address.then(|| "robot with an address".to_owned()))
    })
}
