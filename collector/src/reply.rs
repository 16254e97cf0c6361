//! Answers: the security headers of pages, JSON, redirects.

use serde::Serialize;
use worker::{Headers, Response, ResponseBuilder};

/// Nothing is loaded from elsewhere, nothing runs inline, nobody may frame a page.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// A page of the dashboard.
pub fn page(status: u16, html: String) -> Response {
    let response = ResponseBuilder::new().with_status(status).fixed(html.into_bytes());
    with_headers(
        response,
        &[
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", PAGE_POLICY),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
        ],
    )
}

/// JSON with a status.
pub fn json(status: u16, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let response = ResponseBuilder::new().with_status(status).fixed(body);
    with_headers(
        response,
        &[
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ],
    )
}

/// A short text with a status.
pub fn text(status: u16, text: &str) -> Response {
    let response = ResponseBuilder::new().with_status(status).fixed(text.into());
    with_headers(response, &[("content-type", "text/plain; charset=utf-8")])
}

/// An answer to `HEAD`: all of one to `GET` but its body.
pub fn without_body(response: Response) -> Response {
    let headers = response.headers().clone();
    ResponseBuilder::new().with_status(response.status_code()).with_headers(headers).empty()
}

/// See another path of this origin. Anything else than a path leads to the start.
pub fn redirect(path: &str) -> Response {
    let response = ResponseBuilder::new().with_status(303).empty();
    with_headers(response, &[("location", local_path(path)), ("cache-control", "no-store")])
}

/// The path itself if a browser would read it as one of this origin: `//host`, `/\host` and schemes are not.
pub fn local_path(path: &str) -> &str {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control);
    if is_local { path } else { "/" }
}

/// Adds headers; values are our own or were checked.
pub fn with_headers(response: Response, headers: &[(&str, &str)]) -> Response {
    let all: Headers = response.headers().clone();
    for (name, value) in headers {
        if all.set(name, value).is_err() {
            worker::console_error!("header {} was refused", name);
        }
    }
    response.with_headers(all)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_own_paths_are_followed() {
        assert_eq!(local_path("/shop/issues/?status=resolved"), "/shop/issues/?status=resolved");
        for elsewhere in [
            "https://evil.test/",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "\\/evil.test",
            "/x\\..\\/evil.test",
            "javascript:x",
            "JaVaScRiPt:x",
            "data:text/html,x",
            "vbscript:x",
            "evil.test",
            "@evil.test",
            ".evil.test",
            "?x",
            "#x",
            "http:evil.test",
            "https:/evil.test",
            "/\n/x",
            "/\t/evil.test",
            "\t//evil.test",
            "\n/evil.test",
            " //evil.test",
            "/\r\nset-cookie: a=b",
            "/\u{0}/evil.test",
            "",
        ] {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
