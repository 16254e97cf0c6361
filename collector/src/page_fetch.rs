//! A page of the owner's site, as a browser that comes for the first time gets it: for `trapline_core::page_check`.
//!
//! In: an address that a signed-in developer typed. Out: status, policies and the beginning of the text. Refused: other
//! schemes than http and https, more than [`MAX_REDIRECTS`], more than [`PATIENCE`] in all. Only `GET`, without cookies
//! and credentials. From Cloudflare's network, which reaches no private addresses.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use trapline_core::limits::MAX_PAGE;
use worker::{
    AbortController, AbortSignal, Delay, Fetch, Headers, Method, Request, RequestInit,
    RequestRedirect, Response, Url,
};

/// A shop that moved to https and to `www`, twice.
pub const MAX_REDIRECTS: usize = 5;

/// Somebody waits for it.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Some servers answer nothing to a client without a name.
const USER_AGENT: &str = "Mozilla/5.0 (compatible; Trapline page check)";

/// A page as it was answered.
#[derive(Debug, Default)]
pub struct Fetched {
    /// After redirects.
    pub url: String,
    /// Of the last answer.
    pub status: u16,
    /// `text/html; charset=utf-8`
    pub content_type: String,
    /// The header `Content-Security-Policy`; several come as one, with commas.
    pub policy: String,
    /// The header `Content-Security-Policy-Report-Only`.
    pub tried_policy: String,
    /// At least the first [`MAX_PAGE`] bytes.
    pub html: String,
}

/// Why a page was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// No address, or one of something else.
    #[error("an address of a page begins with https:// or http://")]
    NoAddress,
    /// It may never end.
    #[error("the page redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects,
    /// It took too long.
    #[error("the page did not answer within {} s", PATIENCE.as_secs())]
    TooSlow,
    /// No such host, no connection, no TLS.
    #[error("the page could not be reached: {0}")]
    Unreachable(#[from] worker::Error),
}

/// Fetches a page.
pub async fn fetch(address: &str) -> Result<Fetched, Unread> {
    let fetched = patiently(PATIENCE, async |signal| follow(address, &signal).await).await;
    fetched.unwrap_or(Err(Unread::TooSlow))
}

/// There was no answer in time; what was asked for was given up.
#[derive(Clone, Copy, Debug)]
pub struct TooSlow;

/// Waits so long for what the signal ends.
pub async fn patiently<T>(
    patience: Duration,
    ask: impl AsyncFnOnce(AbortSignal) -> T,
) -> Result<T, TooSlow> {
    let controller = AbortController::default();
    let asking = pin!(ask(controller.signal()));
    match select(asking, pin!(Delay::from(patience))).await {
        Either::Left((answer, _)) => Ok(answer),
        Either::Right(_) => {
            controller.abort();
            Err(TooSlow)
        }
    }
}

/// Follows redirects by hand: each has to lead to a page as well.
async fn follow(address: &str, signal: &AbortSignal) -> Result<Fetched, Unread> {
    let mut url = address_of(address)?;
    for _ in 0..=MAX_REDIRECTS {
        let request = request(&url)?;
        let response = Fetch::Request(request).send_with_signal(signal).await?;
        let location = header(&response, "location");
        if !(300..400).contains(&response.status_code()) || location.is_empty() {
            return read(url, response).await;
        }
        let next = url.join(&location).map_err(|_| Unread::NoAddress)?;
        url = address_of(next.as_str())?;
    }
    Err(Unread::TooManyRedirects)
}

fn address_of(text: &str) -> Result<Url, Unread> {
    let text = text.trim();
    let url = if text.is_ascii() { Url::parse(text) } else { Url::parse(&in_ascii(text)) };
    let url = url.map_err(|_| Unread::NoAddress)?;
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(Unread::NoAddress) }
}

/// `https://läden.example/` → `https://xn--lden-noa.example/`, as the platform has it; else empty.
fn in_ascii(text: &str) -> String {
    web_sys::Url::new(text).map_or_else(|_| String::new(), |url| url.href())
}

fn request(url: &Url) -> worker::Result<Request> {
    let headers = Headers::new();
    headers.set("accept", "text/html,application/xhtml+xml")?;
    headers.set("user-agent", USER_AGENT)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    Request::new_with_init(url.as_str(), &init)
}

/// More than so many bytes of a body, if there are so many; the rest is not read.
pub async fn beginning(response: &mut Response, bytes: usize) -> worker::Result<Vec<u8>> {
    let mut read = Vec::new();
    // An answer without a body has no stream.
    if let Ok(mut stream) = response.stream() {
        while read.len() <= bytes
            && let Some(chunk) = stream.next().await
        {
            read.extend_from_slice(&chunk?);
        }
    }
    Ok(read)
}

async fn read(url: Url, mut response: Response) -> Result<Fetched, Unread> {
    // One more than is looked at, so that the check knows of the rest.
    let bytes = beginning(&mut response, MAX_PAGE).await?;
    Ok(Fetched {
        url: url.into(),
        status: response.status_code(),
        content_type: header(&response, "content-type"),
        policy: header(&response, "content-security-policy"),
        tried_policy: header(&response, "content-security-policy-report-only"),
        html: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// Value of a header; empty if it is not there.
pub fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::address_of;

    #[test]
    fn only_pages_are_fetched() {
        assert_eq!(address_of(" https://shop.test ").unwrap().as_str(), "https://shop.test/");
        for address in ["", "shop.test", "ftp://shop.test/", "file:///etc/passwd", "data:,x"] {
            assert!(address_of(address).is_err(), "{address:?}");
        }
    }
}
