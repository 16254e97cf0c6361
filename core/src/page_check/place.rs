//! URLs as policies see them: scheme, host, port, path. Only http and https; queries and fragments do not matter.

/// `https://shop.test:8443/a/b`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    /// Lower case, without a trailing dot.
    pub(super) host: String,
    /// The scheme's own where none is written.
    pub(super) port: u16,
    /// Begins with a slash.
    pub(super) path: String,
}

impl Place {
    /// Reads an absolute URL.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => "https",
            _ if scheme.eq_ignore_ascii_case("http") => "http",
            _ => return None,
        };
        let rest = rest.split(['?', '#']).next()?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = authority.rsplit('@').next()?;
        let (host, port) = host_and_port(authority);
        let port = if port.is_empty() { default_port(scheme) } else { port.parse().ok()? };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let path = if path.is_empty() { "/" } else { path };
        (!host.is_empty()).then(|| Self { scheme, host, port, path: path.to_owned() })
    }

    /// What a page here means by `reference`: a URL, `//host/…`, `/path` or a relative path.
    pub(super) fn join(&self, reference: &str) -> Option<Self> {
        let reference = reference.trim();
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.scheme));
        }
        let path = reference.split(['?', '#']).next().unwrap_or_default();
        // A colon before the first slash ends a scheme.
        if path.split('/').next().unwrap_or_default().contains(':') {
            return Self::parse(reference);
        }
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{path}")
        };
        Some(Self { path, ..self.clone() })
    }

    /// Another path of the same origin.
    pub(super) fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// `https://shop.test`
    pub(super) fn origin(&self) -> String {
        let Self { scheme, host, port, .. } = self;
        if *port == default_port(scheme) {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        }
    }

    /// Whether browsers trust it without TLS, so that an https page may load from it.
    pub(super) fn is_this_machine(&self) -> bool {
        let host = self.host.as_str();
        host == "localhost"
            || host.ends_with(".localhost")
            || host == "[::1]"
            || host.starts_with("127.")
    }
}

/// `shop.test:8443`, `[::1]:8443`, `*:*`; the port is empty when there is none.
pub(super) fn host_and_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    }
}

pub(super) fn default_port(scheme: &str) -> u16 {
    if scheme == "http" { 80 } else { 443 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let place = Place::parse(text).map(|place| place.origin() + &place.path);
        assert_eq!(place.as_deref(), expected);
    }

    #[test]
    fn absolute_urls_are_read() {
        check("https://Shop.test", Some("https://shop.test/"));
        check("https://shop.test:443/a?b#c", Some("https://shop.test/a"));
        check("HTTP://u:p@shop.test:8080/a/b", Some("http://shop.test:8080/a/b"));
        check("http://[::1]:80/", Some("http://[::1]/"));
        check("http://[::1]/", Some("http://[::1]/"));
        for no_url in ["", "/a", "//shop.test/", "ftp://x/", "https://", "https://x:port/"] {
            check(no_url, None);
        }
    }

    #[test]
    fn references_are_read_from_where_the_page_is() {
        let page = Place::parse("https://shop.test:8443/a/b").unwrap();
        let check = |reference: &str, expected: &str| {
            let place = page.join(reference).unwrap();
            assert_eq!(place.origin() + &place.path, expected, "{reference:?}");
        };
        check("/t.js?v=1", "https://shop.test:8443/t.js");
        check("t.js", "https://shop.test:8443/a/t.js");
        check("//cdn.test/t.js", "https://cdn.test/t.js");
        check("http://cdn.test/t.js", "http://cdn.test/t.js");
        assert_eq!(page.join("data:text/javascript,1"), None);
    }
}
