//! Which web sites may send to a project.
//!
//! An allowed origin is `https://shop.test`, `https://shop.test:8443`, `https://*.shop.test` (any subdomain, not the
//! domain itself), a host alone (`shop.test`: any scheme and port), or `*`. Case does not count.

/// Whether `origin` is among `allowed`, a JSON list of texts. An empty list, or what is no list, allows every one.
pub fn is_allowed(allowed: &str, origin: &str) -> bool {
    let allowed: Vec<String> = crate::json::from_slice(allowed.as_bytes()).unwrap_or_default();
    allowed.is_empty() || allowed.iter().any(|pattern| matches(pattern, origin))
}

fn matches(pattern: &str, origin: &str) -> bool {
    let pattern = pattern.trim().trim_end_matches('/').to_ascii_lowercase();
    let origin = origin.to_ascii_lowercase();
    if pattern == "*" || pattern == origin {
        return true;
    }
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    match pattern.split_once("://") {
        Some((wanted_scheme, wanted)) => scheme == wanted_scheme && host_matches(wanted, host),
        None => {
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            host_matches(&pattern, host) || host_matches(&pattern, name)
        }
    }
}

fn host_matches(wanted: &str, host: &str) -> bool {
    match wanted.strip_prefix("*.") {
        Some(domain) => {
            host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        }
        None => wanted == host,
    }
}

/// What a developer typed, as an allowed origin; `None` if it can match nothing.
pub fn parse(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let (scheme, host) = text.split_once("://").unwrap_or(("", &text));
    let host = host.strip_suffix('/').unwrap_or(host);
    let is_host = !host.is_empty()
        && host.len() <= 255
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]*".contains(&byte))
        && !host.strip_prefix("*.").unwrap_or(host).contains('*');
    match (scheme, host) {
        ("", "*") => Some(text),
        ("", host) if is_host => Some(host.to_owned()),
        (scheme, host) if is_host => Some(format!("{scheme}://{host}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(allowed: &str, origin: &str, expected: bool) {
        assert_eq!(is_allowed(allowed, origin), expected, "{allowed} {origin}");
    }

    #[test]
    fn an_empty_list_allows_every_origin() {
        check("[]", "https://shop.test", true);
        check("", "null", true);
    }

    #[test]
    fn origins_match_whole() {
        let allowed = r#"["https://shop.test", "http://localhost:5173/"]"#;
        check(allowed, "https://shop.test", true);
        check(allowed, "HTTPS://Shop.Test", true);
        check(allowed, "http://localhost:5173", true);
        for other in [
            "http://shop.test",
            "https://shop.test:8443",
            "https://shop.test.evil.test",
            "https://evil-shop.test",
            "https://www.shop.test",
            "http://localhost:3000",
            "null",
        ] {
            check(allowed, other, false);
        }
    }

    #[test]
    fn a_star_stands_for_subdomains_and_a_host_for_any_scheme() {
        check(r#"["https://*.shop.test"]"#, "https://a.b.shop.test", true);
        for other in [
            "https://shop.test",
            "https://evilshop.test",
            "http://a.shop.test",
            "https://.shop.test",
        ] {
            check(r#"["https://*.shop.test"]"#, other, false);
        }
        check(r#"["shop.test"]"#, "http://shop.test:8080", true);
        check(r#"["*.shop.test"]"#, "https://www.shop.test:444", true);
        check(r#"["*"]"#, "null", true);
    }

    #[test]
    fn what_can_match_nothing_is_no_origin() {
        assert_eq!(parse(" HTTPS://Shop.test/ ").as_deref(), Some("https://shop.test"));
        assert_eq!(parse("*").as_deref(), Some("*"));
        for text in ["", "https://", "https://shop.test/path", "a b", "https://*", "*.*.test"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
