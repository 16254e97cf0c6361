//! Where a message may be sent: public hosts by https. Looked at when a rule is saved, and again before each attempt.
//!
//! Refused: other schemes, users in the address, ports other than 443, IP addresses in any spelling, names of one's own machine
//! or network, and public names whose purpose is to lead there. What stands as `host:port` in the variable `ALERT_ALLOW_HOSTS` is
//! allowed as it is, by http as well. Addresses behind names are not looked up: Cloudflare's network, from which a Worker
//! sends, reaches no private ones.

use worker::Url;

/// Longest address, in bytes.
pub const MAX_ADDRESS: usize = 2_000;

/// Last labels of names that are not public.
const PRIVATE: [&str; 12] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "private",
    "lan",
    "home",
    "corp",
    "arpa",
    "localdomain",
    "onion",
    "invalid",
];

/// Public names under which every address, or one's own, has a name.
const MIRRORS: [&str; 8] = [
    "nip.io",
    "sslip.io",
    "xip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "traefik.me",
];

/// The address as it is asked for.
///
/// # Errors
/// A sentence: what is wrong with it, and what to enter instead.
pub fn checked(text: &str, allowed: &str) -> Result<Url, String> {
    let text = text.trim();
    if text.len() > MAX_ADDRESS {
        return Err(format!("an address has at most {MAX_ADDRESS} bytes"));
    }
    let Some(url) = parsed(text) else {
        return Err("enter the whole address, beginning with https://".into());
    };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err("an address begins with https://".into());
    };
    if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
        return Err("an address must not contain a user name or password".into());
    }
    let place = format!("{host}:{port}");
    if matches!(url.scheme(), "http" | "https")
        && allowed.split(',').any(|one| is_same(one, &place))
    {
        return Ok(url);
    }
    let allow =
        format!("unless {place} stands in the variable ALERT_ALLOW_HOSTS of the deployment");
    if url.scheme() != "https" {
        return Err(format!("messages are sent by https only, {allow}"));
    }
    if port != 443 {
        return Err(format!("messages are sent to port 443 only, {allow}"));
    }
    match url.domain() {
        Some(name) if is_public(name) => Ok(url),
        Some(_) => Err(format!("{host} is no public host name, and is not sent to {allow}")),
        None => Err(format!("{host} is an IP address, and is not sent to {allow}")),
    }
}

fn parsed(text: &str) -> Option<Url> {
    if text.is_ascii() {
        return Url::parse(text).ok();
    }
    // Hosts in other letters: as the platform has them.
    in_ascii(text).and_then(|text| Url::parse(&text).ok())
}

#[cfg(target_arch = "wasm32")]
fn in_ascii(text: &str) -> Option<String> {
    web_sys::Url::new(text).ok().map(|url| url.href())
}

#[cfg(not(target_arch = "wasm32"))]
fn in_ascii(_text: &str) -> Option<String> {
    None
}

/// What stands between the scheme and the path: `jo@host:1`. A user without a name is left out by the parser.
fn authority(text: &str) -> &str {
    let rest = text.split_once(':').map_or(text, |(_, rest)| rest);
    let rest = rest.trim_start_matches(['/', '\\']);
    rest.split(['/', '\\', '?', '#']).next().unwrap_or_default()
}

/// `hooks.test:8443`, or `hooks.test` for port 443, in any letters.
fn is_same(entry: &str, place: &str) -> bool {
    let entry = entry.trim().to_ascii_lowercase();
    entry == place || place.strip_suffix(":443").is_some_and(|host| host == entry)
}

fn is_public(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    let is_mirror = |mirror: &&'static str| {
        name.strip_suffix(*mirror).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !is_number && !PRIVATE.contains(&last) && !MIRRORS.iter().any(is_mirror)
}

/// An address of a mailbox: `team@shop.test`. Nothing that a header could read as more than one.
///
/// # Errors
/// A sentence.
pub fn checked_mailbox(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte))
    };
    match text.split_once('@') {
        Some((name, host))
            if text.len() <= 254
                && !name.is_empty()
                && is_plain(name)
                && host.contains('.')
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.') =>
        {
            Ok(text.to_owned())
        }
        _ => Err("enter one mail address, such as team@shop.test".into()),
    }
}

/// An address without what may be secret in it: `https://hooks.slack.com/…Qx7z`; a mailbox whole.
pub fn masked(target: &str) -> String {
    let Some(url) = parsed(target) else { return target.to_owned() };
    let origin = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let rest = url.path().trim_start_matches('/');
    let end: String = match rest.char_indices().rev().nth(3) {
        Some((index, _)) if rest.len() > 12 => rest.get(index..).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    format!("{}://{origin}{port}/…{end}", url.scheme())
}

#[cfg(test)]
mod tests;
