//! A page as `trapline check` sees it: the URLs of its scripts, and what each loads.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ureq::Agent;
use url::Url;

/// Largest page, script or map that is loaded.
const MAX_BYTES: u64 = 100 << 20;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Loads things, by GET, without credentials.
#[derive(Debug)]
pub(crate) struct Loader(Agent);

impl Loader {
    pub(crate) fn new() -> Self {
        Self(crate::api::agent(TIMEOUT))
    }

    /// The bytes at a URL.
    ///
    /// # Errors
    /// No answer, another status than 200, or more bytes than 100 MiB.
    pub(crate) fn load(&self, url: &Url) -> Result<Vec<u8>> {
        let answer = self.0.get(url.as_str()).call();
        let mut response = answer.with_context(|| format!("{url} does not answer"))?;
        ensure!(response.status() == 200, "{url} answers {}", response.status().as_u16());
        let body = response.body_mut().with_config().limit(MAX_BYTES).read_to_vec();
        body.with_context(|| format!("cannot read {url}"))
    }
}

/// The scripts and preloaded modules that a page names, in order, each once. Reads tags, not a document: a page that
/// writes its scripts by script is beyond it.
pub(crate) fn scripts_of(page: &Url, html: &str) -> Vec<Url> {
    let base = tags(html, "base").find_map(|tag| attribute(tag, "href"));
    let base = base.and_then(|href| page.join(&href).ok()).unwrap_or_else(|| page.clone());
    let mut urls: Vec<Url> = Vec::new();
    let sources = tags(html, "script").filter(|tag| !is_agent(tag));
    let sources = sources.filter_map(|tag| attribute(tag, "src"));
    let modules = tags(html, "link")
        .filter(|tag| {
            attribute(tag, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("modulepreload"))
        })
        .filter_map(|tag| attribute(tag, "href"));
    for url in sources.chain(modules).filter_map(|source| base.join(&source).ok()) {
        if matches!(url.scheme(), "http" | "https") && !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

/// Whether a tag is Trapline's own, which is not the page's code.
fn is_agent(tag: &str) -> bool {
    attribute(tag, "data-dsn").is_some()
}

/// The insides of all tags of a name. Comments and texts that look like tags are taken for such.
fn tags<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split('<').filter_map(move |part| {
        let head = part.get(..name.len())?;
        let rest = part.get(name.len()..)?;
        let ends = rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
        (head.eq_ignore_ascii_case(name) && ends).then(|| inside(rest))
    })
}

/// Up to the `>` that is in no quotes.
fn inside(rest: &str) -> &str {
    let mut quote = None;
    for (at, character) in rest.char_indices() {
        match (quote, character) {
            (None, '>') => return rest.get(..at).unwrap_or(rest),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => (),
        }
    }
    rest
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (key, behind) = rest.split_at_checked(end)?;
        let behind = behind.trim_start();
        let Some(value) = behind.strip_prefix('=').map(str::trim_start) else {
            rest = if key.is_empty() { behind.get(1..)? } else { behind };
            continue;
        };
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value.get(1..)?.split_once(quote)?,
            _ => value.split_at_checked(value.find(char::is_whitespace).unwrap_or(value.len()))?,
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value.replace("&amp;", "&"));
        }
        rest = after.trim_start();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_a_page_are_found_once() {
        let page = Url::parse("https://shop.test/a/index.html").unwrap();
        let html = "<!doctype html><base href='/b/'><SCRIPT defer src=main.js></SCRIPT>\
            <script>inline()</script><script src='x.js?a=1&amp;b=\">2' async></script>\
            <link rel=modulepreload href=\"/c.js\"><link rel=stylesheet href=d.css>\
            <script data-dsn='https://k@a.test/1' src=/trapline.js></script><script src=main.js></script>\
            <script src='data:text/javascript,1'></script><scripts src=e.js>";
        let urls = scripts_of(&page, html);
        let urls: Vec<&str> = urls.iter().map(Url::as_str).collect();
        let expected = [
            "https://shop.test/b/main.js",
            "https://shop.test/b/x.js?a=1&b=%22%3E2",
            "https://shop.test/c.js",
        ];
        assert_eq!(urls, expected);
    }
}
