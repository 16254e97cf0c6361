//! Whatever a page answers, the check ends with a bounded answer.

use proptest::prelude::*;
use trapline_core::limits::{MAX_FINDINGS, MAX_NAME};

use super::*;

/// Pieces that break scanners, in any order.
fn markup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "<script",
        "</script>",
        "<script src=/trapline.js",
        " data-dsn=",
        "\"",
        "'",
        "=",
        "/",
        " ",
        "<meta http-equiv=content-security-policy content=\"",
        "default-src 'self';",
        "'nonce-",
        "'sha256-",
        "https://abc123@errors.test/7",
        "://",
        "\\/",
        "@",
        "<base href=",
        "<body>",
        " type=module>",
        "trapline.mjs",
        "<noscript>",
        "é",
        "\u{0}",
        "&amp;",
        ":",
        "[",
        "]",
        "*",
        ",",
        ";",
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Any answer gets a bounded number of findings of bounded length.
    #[test]
    fn any_text_gets_a_bounded_answer(html in prop_oneof![markup(), any::<String>()], policy in markup(), tried in any::<String>(), url in prop_oneof![Just(URL.to_owned()), any::<String>(), markup()], content_type in prop_oneof![Just("text/html".to_owned()), any::<String>()], status in any::<u16>()) {
        let (policies, tried): (&[&str], &[&str]) = (&[&policy], &[&tried]);
        let findings = found(&Page { url: &url, status, content_type: &content_type, policies, tried_policies: tried, html: &html });
        prop_assert!(findings.len() <= MAX_FINDINGS);
        prop_assert!(findings.is_sorted_by_key(Finding::severity));
        for finding in findings {
            // Quoting may write a letter as ten.
            prop_assert!(finding.sentence().len() < 10 * MAX_NAME + 300);
            prop_assert!(finding.remedy().len() < MAX_NAME + 300);
        }
    }
}

#[test]
fn many_policies_get_a_bounded_answer() {
    let policy = "connect-src 'none',".repeat(2_000);
    let meta =
        "<meta http-equiv=content-security-policy content=\"default-src 'none'\">".repeat(2_000);
    let html = page(&(meta + SNIPPET));
    let policies: &[&str] = &[&policy];
    assert_eq!(found(&Page { policies, ..answered(&html) }).len(), MAX_FINDINGS);
}
