//! The parts of a URL, as far as an event needs them: nothing is resolved, and nothing is refused.
//!
//! ```text
//! url   = before-query [ "?" query ] [ "#" fragment ]
//! query = name [ "=" value ] { "&" name [ "=" value ] }     percent-encoded
//! ```

use crate::limits::MAX_QUERY;

/// A URL in three parts. Query and fragment are without their mark, and empty if they are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Scheme, host and path.
    pub before_query: &'a str,
    /// As it was written: percent-encoded.
    pub query: &'a str,
    /// As it was written.
    pub fragment: &'a str,
}

/// Splits `https://shop.test/cart?id=1#top`.
pub fn parts(url: &str) -> Parts<'_> {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (before_query, query) = url.split_once('?').unwrap_or((url, ""));
    Parts { before_query, query, fragment }
}

/// `https://shop.test/cart?id=1` → `/cart`; `/` where there is a host alone. What has no host is its own path.
pub fn path(url: &str) -> &str {
    let whole = parts(url).before_query;
    let Some((_, rest)) = whole.split_once("://") else { return whole };
    rest.find('/').and_then(|start| rest.get(start..)).unwrap_or("/")
}

/// Names and values of `a=1&b=two%20words`, decoded, the first [`MAX_QUERY`]. A part without `=` is a name with an empty
/// value.
pub fn query(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().take(MAX_QUERY).collect()
}

/// Scheme and host in lower case, as browsers write them; spaces around it are gone. What is no URL with a host stays.
pub fn cleaned(url: &str) -> String {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let mut cleaned = scheme.to_ascii_lowercase();
    cleaned.push_str("://");
    if let Some(user) = user {
        cleaned.push_str(user);
        cleaned.push('@');
    }
    cleaned.push_str(&host.to_ascii_lowercase());
    cleaned.push_str(path);
    cleaned
}

/// Host of a URL without user and port, in lower case; empty if there is none.
pub fn host(url: &str) -> String {
    let Some((_, rest)) = url.trim().split_once("://") else { return String::new() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // `[::1]:8080` has colons of its own.
    let host = match host.split_once(']') {
        Some((address, _)) => address.trim_start_matches('['),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_split() {
        let whole = parts("https://a.test/p?x=1?y#f?g#h");
        let expected =
            Parts { before_query: "https://a.test/p", query: "x=1?y", fragment: "f?g#h" };
        assert_eq!(whole, expected);
        assert_eq!(parts("/p").before_query, "/p");
        assert_eq!(parts("").before_query, "");
    }

    #[test]
    fn paths_are_cut_from_urls() {
        for (url, expected) in [
            ("https://a.test/cart?id=1#top", "/cart"),
            ("https://a.test", "/"),
            ("https://a.test?id=1", "/"),
            ("/cart?id=1", "/cart"),
            ("", ""),
        ] {
            assert_eq!(path(url), expected, "{url}");
        }
    }

    #[track_caller]
    fn check_query(text: &str, expected: &[(&str, &str)]) {
        let pairs = query(text);
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(pairs, expected);
    }

    #[test]
    fn queries_are_read() {
        check_query(
            "a=1&b=two%20words+x&c&&d==",
            &[("a", "1"), ("b", "two words x"), ("c", ""), ("d", "=")],
        );
        check_query("%zz=%&%C3%A4=%ff", &[("%zz", "%"), ("ä", "\u{fffd}")]);
        check_query("", &[]);
    }

    #[test]
    fn urls_are_cleaned() {
        assert_eq!(cleaned(" HTTPS://Shop.Test/Cart?A#B "), "https://shop.test/Cart?A#B");
        assert_eq!(cleaned("https://Me:Pw@Shop.Test"), "https://Me:Pw@shop.test");
        assert_eq!(cleaned("/Cart"), "/Cart");
        assert_eq!(cleaned("about:blank"), "about:blank");
    }

    #[test]
    fn hosts_are_told() {
        assert_eq!(host("https://me:pw@Shop.Test:8080/x@y"), "shop.test");
        assert_eq!(host("http://[::1]:8080/"), "::1");
        assert_eq!(host("http://127.0.0.1?x"), "127.0.0.1");
        assert_eq!(host("/path"), "");
        assert_eq!(host("file:///a/b.html"), "");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            let _ = (query(&text), cleaned(&text), host(&text));
        }
    }
}
