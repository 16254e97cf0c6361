//! Content security policies: which directive decides, and what its source list lets through.
//!
//! ```text
//! header    = policy { "," policy }
//! policy    = directive { ";" directive }          the first of each name counts
//! directive = name { source }
//! source    = "*" | "'self'" | "'none'" | "'nonce-…'" | "'sha256-…'" | "'strict-dynamic'" | … | scheme ":" | host
//! host      = [ scheme "://" ] ( "*" | [ "*." ] name ) [ ":" ( port | "*" ) ] [ path ]
//! ```
//! Source: <https://www.w3.org/TR/CSP3/>. Not followed: redirects, `sandbox`, Trusted Types.

use super::PolicyPlace;
use super::place::{Place, default_port, host_and_port};

/// One policy; all that a page has must agree.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) place: PolicyPlace,
    directives: Vec<Directive>,
}

/// `script-src 'self' https://cdn.test`
#[derive(Clone, Debug)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) sources: Vec<String>,
}

/// A script as a policy sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) nonce: Option<&'a str>,
    pub(super) integrity: Option<&'a str>,
    /// Whether a script asks for it that runs already, not the page's HTML.
    pub(super) by_script: bool,
}

impl Policy {
    /// One policy, as a `meta` element has it.
    pub(super) fn parse(text: &str, place: PolicyPlace) -> Self {
        let mut directives: Vec<Directive> = Vec::new();
        for text in text.split(';') {
            let mut words = text.split_ascii_whitespace().map(str::to_owned);
            let Some(name) = words.next() else { continue };
            let name = name.to_ascii_lowercase();
            if directives.iter().all(|known| known.name != name) {
                directives.push(Directive { name, sources: words.collect() });
            }
        }
        Self { place, directives }
    }

    /// All policies of one header.
    pub(super) fn of_header(text: &str, place: PolicyPlace) -> impl Iterator<Item = Self> {
        text.split(',').map(move |text| Self::parse(text, place))
    }

    /// The first of `names` that the policy has.
    fn directive(&self, names: &[&str]) -> Option<&Directive> {
        names.iter().find_map(|name| self.directives.iter().find(|known| known.name == *name))
    }

    /// What decides over `<script src>` and `import`.
    pub(super) fn scripts(&self) -> Option<&Directive> {
        self.directive(&["script-src-elem", "script-src", "default-src"])
    }

    /// What decides over `fetch` and beacons.
    pub(super) fn connections(&self) -> Option<&Directive> {
        self.directive(&["connect-src", "default-src"])
    }

    /// What decides over compiling WebAssembly.
    pub(super) fn code(&self) -> Option<&Directive> {
        self.directive(&["script-src", "default-src"])
    }
}

impl Directive {
    /// Whether a script may load.
    pub(super) fn lets_script(&self, url: &Place, request: &Request, page: &Place) -> bool {
        if self.has_nonce(request.nonce) || self.has_integrity(request.integrity) {
            return true;
        }
        if self.has("'strict-dynamic'") {
            return request.by_script;
        }
        self.lets(url, page)
    }

    /// Whether a script in the page's HTML may run. Its hash is not computed: a list with hashes is taken to have it.
    pub(super) fn lets_inline(&self, nonce: Option<&str>) -> bool {
        let strict = |source: &String| is_nonce(source) || is_hash(source);
        self.has_nonce(nonce)
            || self.sources.iter().any(|source| is_hash(source))
            || (self.has("'unsafe-inline'")
                && !self.has("'strict-dynamic'")
                && !self.sources.iter().any(strict))
    }

    /// Whether WebAssembly may be compiled.
    pub(super) fn lets_wasm(&self) -> bool {
        self.has("'wasm-unsafe-eval'") || self.has("'unsafe-eval'")
    }

    /// Whether the list names the URL.
    pub(super) fn lets(&self, url: &Place, page: &Place) -> bool {
        self.sources.iter().any(|source| matches(source, url, page))
    }

    /// Whether only scripts with a nonce, and what they load, may run.
    pub(super) fn wants_nonce(&self) -> bool {
        self.has("'strict-dynamic'") && self.sources.iter().any(|source| is_nonce(source))
    }

    fn has(&self, keyword: &str) -> bool {
        self.sources.iter().any(|source| source.eq_ignore_ascii_case(keyword))
    }

    fn has_nonce(&self, nonce: Option<&str>) -> bool {
        let Some(nonce) = nonce.filter(|nonce| !nonce.is_empty()) else { return false };
        let own = |source: &str| Some(source.get(7..)?.strip_suffix('\'')? == nonce);
        self.sources.iter().any(|source| is_nonce(source) && own(source) == Some(true))
    }

    /// Every hash that the element names has to be in the list.
    fn has_integrity(&self, integrity: Option<&str>) -> bool {
        let mut hashes = integrity.unwrap_or_default().split_ascii_whitespace().peekable();
        let is_listed = |hash: &str| {
            let hash = hash.split('?').next().unwrap_or_default();
            self.sources.iter().any(|source| is_hash(source) && source.trim_matches('\'') == hash)
        };
        hashes.peek().is_some() && hashes.all(is_listed)
    }
}

fn is_nonce(source: &str) -> bool {
    source.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("'nonce-"))
}

fn is_hash(source: &str) -> bool {
    let algorithm = source.get(..8).map(str::to_ascii_lowercase);
    matches!(algorithm.as_deref(), Some("'sha256-" | "'sha384-" | "'sha512-"))
}

/// Whether a source names the URL, for a page that is at `page`.
fn matches(source: &str, url: &Place, page: &Place) -> bool {
    if source == "*" {
        return true;
    }
    if source.eq_ignore_ascii_case("'self'") {
        let same_port = url.port == page.port || (is_default(url) && is_default(page));
        return url.host == page.host && same_port && scheme_matches(page.scheme, url.scheme);
    }
    if source.starts_with('\'') {
        return false;
    }
    if let Some(scheme) = source.strip_suffix(':') {
        return scheme_matches(scheme, url.scheme);
    }
    let (scheme, rest) = source.split_once("://").unwrap_or((page.scheme, source));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = host_and_port(authority);
    scheme_matches(scheme, url.scheme)
        && host_matches(host, &url.host)
        && port_matches(port, url)
        && path_matches(path, &url.path)
}

fn is_default(place: &Place) -> bool {
    place.port == default_port(place.scheme)
}

/// `http` also stands for `https`.
fn scheme_matches(source: &str, scheme: &str) -> bool {
    source.eq_ignore_ascii_case(scheme)
        || (source.eq_ignore_ascii_case("http") && scheme == "https")
}

/// `*.shop.test` stands for what is below `shop.test`, not for itself.
fn host_matches(source: &str, host: &str) -> bool {
    let source = source.to_ascii_lowercase();
    match source.strip_prefix('*') {
        Some(end) => end.is_empty() || (end.starts_with('.') && host.ends_with(end)),
        None => !source.is_empty() && source.trim_end_matches('.') == host,
    }
}

/// No port is the default one; 80 also stands for 443 where http became https.
fn port_matches(source: &str, url: &Place) -> bool {
    match source {
        "" => is_default(url),
        "*" => true,
        _ => {
            source.parse() == Ok(url.port)
                || (source == "80" && url.scheme == "https" && is_default(url))
        }
    }
}

/// `/a/` stands for all that is below it, `/a` for itself.
fn path_matches(source: &str, path: &str) -> bool {
    source.is_empty()
        || if source.ends_with('/') { path.starts_with(source) } else { path == source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, url: &str, expected: bool) {
        check_on("https://shop.test/cart", source, url, expected);
    }

    #[track_caller]
    fn check_on(page: &str, source: &str, url: &str, expected: bool) {
        let (url, page) = (Place::parse(url).unwrap(), Place::parse(page).unwrap());
        assert_eq!(matches(source, &url, &page), expected, "{source} {url:?}");
    }

    #[test]
    fn hosts_match_with_their_schemes_and_ports() {
        for (source, expected) in [
            ("*", true),
            ("https:", true),
            ("http:", true),
            ("wss:", false),
            ("e.test", true),
            ("E.TEST", true),
            ("https://e.test", true),
            ("http://e.test", true),
            ("http://e.test:80", true),
            ("https://e.test:443", true),
            ("https://e.test:*", true),
            ("e.test:8443", false),
            ("wss://e.test", false),
            ("*.test", true),
            ("https://*", true),
            ("*.e.test", false),
            ("other.test", false),
            ("est", false),
            ("'self'", false),
            ("'none'", false),
            ("'unsafe-inline'", false),
        ] {
            check(source, "https://e.test/trapline.js", expected);
        }
        check("e.test", "https://e.test:8443/", false);
        check("e.test:*", "https://e.test:8443/", true);
        check("https://e.test", "http://e.test/", false);
        check("e.test", "http://e.test/", false);
        check_on("http://shop.test/", "e.test", "http://e.test/", true);
        check_on("http://shop.test/", "e.test", "https://e.test/", true);
        check("http://127.0.0.1:8787", "http://127.0.0.1:8787/", true);
        check("http://[::1]:8787", "http://[::1]:8787/", true);
    }

    #[test]
    fn self_is_the_pages_origin_or_its_https() {
        check("'self'", "https://shop.test/a", true);
        check("'SELF'", "https://shop.test/a", true);
        check("'self'", "https://www.shop.test/a", false);
        check("'self'", "https://shop.test:8443/a", false);
        check_on("http://shop.test/", "'self'", "https://shop.test/a", true);
        check_on("https://shop.test/", "'self'", "http://shop.test/a", false);
    }

    #[test]
    fn paths_match_exactly_or_below_a_slash() {
        for (source, expected) in [
            ("e.test/", true),
            ("e.test/trapline.js", true),
            ("e.test/trapline", false),
            ("e.test/agent/", false),
        ] {
            check(source, "https://e.test/trapline.js", expected);
        }
        check("e.test/agent/", "https://e.test/agent/1/a.js", true);
        check("e.test/agent", "https://e.test/agent/1/a.js", false);
    }

    #[test]
    fn directives_fall_back_and_the_first_counts() {
        let policy = |text| Policy::parse(text, PolicyPlace::Header);
        let names = |text| {
            let policy = policy(text);
            [policy.scripts(), policy.connections(), policy.code()]
                .map(|directive| directive.map_or(String::new(), |known| known.name.clone()))
        };
        assert_eq!(names(" ; DEFAULT-SRC 'self'"), ["default-src", "default-src", "default-src"]);
        assert_eq!(
            names("script-src-elem a; script-src b; connect-src c"),
            ["script-src-elem", "connect-src", "script-src"]
        );
        assert_eq!(names("img-src *"), ["", "", ""]);
        let twice = policy("script-src a; script-src b");
        assert_eq!(twice.scripts().unwrap().sources, ["a"]);
    }

    #[test]
    fn nonces_hashes_and_strict_dynamic() {
        let page = Place::parse("https://shop.test/").unwrap();
        let url = Place::parse("https://e.test/trapline.js").unwrap();
        let lets = |list: &str, request: Request| {
            let policy = Policy::parse(&format!("script-src {list}"), PolicyPlace::Header);
            policy.scripts().unwrap().lets_script(&url, &request, &page)
        };
        let nonce = |nonce| Request { nonce: Some(nonce), ..Request::default() };
        let integrity = |integrity| Request { integrity: Some(integrity), ..Request::default() };
        let by_script = || Request { by_script: true, ..Request::default() };
        assert!(lets("'nonce-abc'", nonce("abc")));
        assert!(!lets("'nonce-abc'", nonce("ABC")), "nonces are as they are written");
        assert!(!lets("'nonce-'", nonce("")));
        assert!(lets("'sha256-x='", integrity("sha256-x=")));
        assert!(!lets("'sha256-x='", integrity("sha256-x= sha256-y=")));
        assert!(!lets("'sha256-x='", integrity("")));
        assert!(!lets("'strict-dynamic' 'nonce-abc' https:", Request::default()));
        assert!(lets("'strict-dynamic' 'nonce-abc'", nonce("abc")));
        assert!(lets("'strict-dynamic' 'nonce-abc'", by_script()));
        assert!(!lets("'nonce-abc'", by_script()));
        assert!(!lets("", Request::default()));
    }
}
