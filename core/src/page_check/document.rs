//! What a page's HTML says to a browser about scripts: which there are, in order, and which policies stand before them.

use super::PolicyPlace;
use super::html::{Tag, tags};
use super::place::Place;
use super::policy::Policy;

/// A page's scripts and `meta` policies.
#[derive(Debug, Default)]
pub(super) struct Document<'html> {
    pub(super) scripts: Vec<Script<'html>>,
    pub(super) policies: Vec<Policy>,
}

/// A script that browsers run.
#[derive(Debug)]
pub(super) struct Script<'html> {
    pub(super) tag: Tag<'html>,
    /// Where it is loaded from; `None` when its text is in the page.
    pub(super) url: Option<Place>,
    pub(super) is_module: bool,
    /// How many of the document's policies stand before it; later ones do not concern it.
    pub(super) policies: usize,
}

impl<'html> Document<'html> {
    /// Reads a page that is at `page`.
    pub(super) fn read(html: &'html str, page: &Place) -> Self {
        let mut document = Self::default();
        let mut base: Option<Place> = None;
        // A policy in the body is ignored.
        let mut in_body = false;
        for tag in tags(html) {
            match tag.name.as_str() {
                "body" => in_body = true,
                "base" if base.is_none() => {
                    base = tag.attribute("href").and_then(|href| page.join(href));
                }
                "meta" if !in_body => document.policies.extend(policy(&tag)),
                "script" => {
                    let base = base.as_ref().unwrap_or(page);
                    let policies = document.policies.len();
                    document.scripts.extend(script(tag, base, policies));
                }
                _ => {}
            }
        }
        document
    }
}

impl Script<'_> {
    /// The attribute that makes it run later than where it stands.
    pub(super) fn delay(&self) -> Option<&'static str> {
        let has = |name| self.tag.attribute(name).is_some();
        let is_external = self.tag.attribute("src").is_some();
        match () {
            () if has("async") && (is_external || self.is_module) => Some("async"),
            () if has("defer") && is_external && !self.is_module => Some("defer"),
            () => None,
        }
    }

    /// Whether it may run before a classic script that stands behind it.
    pub(super) fn runs_at_once(&self) -> bool {
        match self.delay() {
            Some(delay) => delay == "async",
            None => !self.is_module,
        }
    }
}

/// `<meta http-equiv="Content-Security-Policy" content="…">`
fn policy(tag: &Tag) -> Option<Policy> {
    let equivalent = tag.attribute("http-equiv")?.trim();
    let is_policy = equivalent.eq_ignore_ascii_case("content-security-policy");
    is_policy.then(|| Policy::parse(tag.attribute("content").unwrap_or(""), PolicyPlace::Meta))
}

/// `None` for data blocks (JSON, import maps, templates), and for what only old browsers run.
fn script<'html>(tag: Tag<'html>, base: &Place, policies: usize) -> Option<Script<'html>> {
    let kind = tag.attribute("type").unwrap_or("").trim().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default();
    let is_module = kind == "module";
    let is_javascript = is_module
        || matches!(kind, "" | "text/javascript" | "application/javascript")
        || kind.ends_with("ecmascript")
        || kind == "application/x-javascript";
    if !is_javascript || (tag.attribute("nomodule").is_some() && !is_module) {
        return None;
    }
    let url = tag.attribute("src").and_then(|src| base.join(src));
    Some(Script { tag, url, is_module, policies })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_run_are_seen_with_the_policies_before_them() {
        let html = r#"<head><base href="https://cdn.test/x/"><script src="a.js"></script>
            <meta http-equiv="content-security-policy" content="script-src 'self'">
            <script type="application/ld+json">{}</script><script type="importmap">{}</script>
            <script nomodule src="old.js"></script><script type=module src=/m.js></script>
            <body><meta http-equiv="content-security-policy" content="default-src 'none'">
            <script type="text/javascript;charset=utf-8" defer src="b.js"></script><script async>1</script>"#;
        let page = Place::parse("https://shop.test/").unwrap();
        let document = Document::read(html, &page);
        let shown = document.scripts.iter().map(|script| {
            let url = script.url.as_ref().map_or(String::new(), |url| url.origin() + &url.path);
            (url, script.policies, script.delay(), script.runs_at_once())
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                ("https://cdn.test/x/a.js".to_owned(), 0, None, true),
                ("https://cdn.test/m.js".to_owned(), 1, None, false),
                ("https://cdn.test/x/b.js".to_owned(), 1, Some("defer"), false),
                (String::new(), 1, None, true),
            ]
        );
        assert_eq!(document.policies.len(), 1);
    }
}
