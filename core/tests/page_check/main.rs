//! Pages as sites answer them, and what keeps the agent from working on each.
#![cfg(feature = "decode")]

mod bounds;
mod policies;

use trapline_core::dsn::Dsn;
use trapline_core::limits::MAX_PAGE;
use trapline_core::page_check::{Expected, Finding, Page, PolicyPlace, Refused, check};

const DSN: &str = "https://abc123@errors.test/7";
const SNIPPET: &str = r#"<script src="https://errors.test/trapline.js" data-dsn="https://abc123@errors.test/7"></script>"#;

/// A page with the agent first.
fn with_agent() -> String {
    page(SNIPPET)
}

fn page(head: &str) -> String {
    format!("<!doctype html><html><head><title>Shop</title>{head}</head><body>Hello</body></html>")
}

fn found(page: &Page) -> Vec<Finding> {
    let dsn =
        Dsn { origin: "https://errors.test".into(), public_key: "abc123".into(), project_id: 7 };
    check(page, &Expected { dsn: &dsn, script: "trapline.js", ingest: "/api/1/envelope/" })
}

/// `blocks script: script-src 'self'` and the like, in a few words each.
fn shown(finding: &Finding) -> String {
    let severity = format!("{:?}", finding.severity()).to_lowercase();
    let fact = match finding {
        Finding::Status { status } => format!("status {status}"),
        Finding::NotHtml { content_type } => format!("not html: {content_type}"),
        Finding::NotVisible { read_bytes: None, .. } => "not visible".into(),
        Finding::NotVisible { read_bytes: Some(bytes), .. } => format!("not visible in {bytes}"),
        Finding::NoDsn { .. } => "no dsn".into(),
        Finding::UnreadableDsn { found, .. } => format!("unreadable {found}"),
        Finding::OtherOrigin { found, .. } => format!("origin {found}"),
        Finding::OtherProject { found, .. } => format!("project {found}"),
        Finding::OtherKey { found, .. } => format!("key {found}"),
        Finding::NotFirst { before, .. } => format!("after {before}"),
        Finding::Delayed { attribute, .. } => (*attribute).into(),
        Finding::MixedContent { origin, .. } => format!("mixed {origin}"),
        Finding::Refused { what, place, .. } => {
            let what = match what {
                Refused::Script => "script",
                Refused::Agent => "agent",
                Refused::WebAssembly => "wasm",
                Refused::Sending => "sending",
            };
            match place {
                PolicyPlace::Header => what.into(),
                PolicyPlace::Meta => format!("{what} by meta"),
                PolicyPlace::ReportOnlyHeader => format!("{what} by a trial"),
            }
        }
    };
    format!("{severity} {fact}")
}

#[track_caller]
fn check_page(page: &Page, expected: &[&str]) {
    let findings = found(page);
    assert_eq!(findings.iter().map(shown).collect::<Vec<_>>(), expected, "{}", page.html);
    for finding in &findings {
        let (sentence, remedy) = (finding.sentence(), finding.remedy());
        assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence:?}");
        assert!(!remedy.is_empty() && !remedy.contains('\n'), "{remedy:?}");
    }
}

const URL: &str = "https://shop.test/cart";

fn answered(html: &str) -> Page<'_> {
    Page {
        url: URL,
        status: 200,
        content_type: "text/html; charset=utf-8",
        html,
        ..Page::default()
    }
}

#[track_caller]
fn check_head(head: &str, expected: &[&str]) {
    check_page(&answered(&page(head)), expected);
}

#[test]
fn a_page_as_it_should_be_has_no_findings() {
    check_head(SNIPPET, &[]);
    let upper_case =
        SNIPPET.replace("script", "SCRIPT").replace("src", "SRC").replace("dsn", "DSN");
    check_head(&upper_case, &[]);
    check_head(
        "<script src='//errors.test/trapline.js?v=1' data-dsn=https://abc123@errors.test:443/7>",
        &[],
    );
    let local = "<script src=/trapline.js data-dsn='https://abc123@errors.test/7'></script>";
    check_head(local, &[]);
}

#[test]
fn answers_that_are_no_page() {
    let html = with_agent();
    check_page(&Page { status: 404, ..answered(&html) }, &["hint status 404"]);
    check_page(
        &Page { content_type: "application/json", ..answered("{}") },
        &["blocks not html: application/json"],
    );
    check_page(&Page { content_type: "", ..answered("{}") }, &["blocks not html: "]);
    check_page(&Page { content_type: "", ..answered(&html) }, &[]);
    check_page(&Page { content_type: "TEXT/HTML", ..answered(&html) }, &[]);
}

#[test]
fn what_is_not_in_the_html_is_a_hint() {
    check_head("", &["hint not visible"]);
    check_head("<script src=/app.js></script>", &["hint not visible"]);
    check_head(
        "<!-- <script src=https://errors.test/trapline.js></script> -->",
        &["hint not visible"],
    );
    check_head("<script src=/trapline.json></script>", &["hint not visible"]);
    check_head("<script>const key = 'abc123'</script>", &[]);
    check_head("<script src=https://errors.test/trapline.js></script>", &["hint no dsn"]);
    let long = page(&format!("<style>{}</style>{SNIPPET}", " ".repeat(MAX_PAGE)));
    check_page(&answered(&long), &["hint not visible in 262144"]);
}

#[test]
fn the_dsn_is_this_projects() {
    for (dsn, expected) in [
        ("https://abc123@errors.test/8", "blocks project 8"),
        ("https://other@errors.test/7", "blocks key other"),
        ("https://abc123@o1.ingest.test/7", "blocks origin https://o1.ingest.test"),
        ("http://abc123@errors.test/7", "blocks origin http://errors.test"),
        ("https://abc123@errors.test:8443/7", "blocks origin https://errors.test:8443"),
        ("errors.test/7", "blocks unreadable errors.test/7"),
        ("", "blocks unreadable "),
    ] {
        check_head(
            &format!("<script src=https://errors.test/trapline.js data-dsn='{dsn}'></script>"),
            &[expected],
        );
    }
}

#[test]
fn the_dsn_of_another_sdk_is_read_from_its_script() {
    let init = |dsn: &str| format!("<script>Sentry.init({{dsn:\"{dsn}\"}})</script>");
    check_head(&init(DSN), &[]);
    check_head(&init(r"https:\/\/abc123@errors.test\/7"), &[]);
    check_head(&init("https://other@errors.test/7"), &["blocks key other"]);
    check_head(&init("https://abc123@old.test/7"), &["blocks origin https://old.test"]);
    // A service that the page uses as well.
    check_head(&init("https://other@ingest.test/1"), &["hint not visible"]);
    check_head(&[init("https://other@errors.test/7"), init(DSN)].concat(), &[]);
    check_head(&[init(DSN), init("https://other@errors.test/7")].concat(), &[]);
}

#[test]
fn modules_are_seen() {
    check_head(
        "<script type=module src=https://errors.test/trapline.mjs data-dsn=https://abc123@errors.test/7>",
        &[],
    );
    let import = format!(
        "<script src=/a.js></script><script type=module>import * as T from 'https://errors.test/trapline.mjs';T.init({{dsn:'{DSN}'}})</script>"
    );
    check_head(&import, &[]);
    // Not as a module, it is a syntax error.
    check_head("<script>import 'https://errors.test/trapline.mjs'</script>", &["hint not visible"]);
}

#[test]
fn the_agent_is_the_first_script() {
    let after = |head: &str| format!("{head}{SNIPPET}");
    check_head(&after("<script src=/app.js></script>"), &["degrades after /app.js"]);
    check_head(&after("<script>window.x = 1</script>"), &["degrades after An inline script"]);
    check_head(&after("<script async src=/a.js></script>"), &["degrades after /a.js"]);
    // These run later, or never.
    check_head(
        &after("<script defer src=/a.js></script><script type=module src=/b.js></script>"),
        &[],
    );
    check_head(
        &after("<script type=application/json>{}</script><script nomodule src=/c.js></script>"),
        &[],
    );
    check_head(&after("<noscript><script src=/d.js></script></noscript>"), &[]);
    check_head(&format!("{SNIPPET}<script src=/app.js></script>"), &[]);
    check_head(&SNIPPET.replace("<script", "<script async"), &["degrades async"]);
    check_head(&SNIPPET.replace("<script", "<script defer=''"), &["degrades defer"]);
}

#[test]
fn https_pages_load_nothing_over_http() {
    let check_with = |dsn: &str, url: &str, expected: &[&str]| {
        let dsn = Dsn::parse(dsn).unwrap();
        let origin = &dsn.origin;
        let html = page(&format!(
            "<script src={origin}/trapline.js data-dsn={}://{}@{}/7></script>",
            origin.split_once("://").unwrap().0,
            dsn.public_key,
            origin.split_once("://").unwrap().1
        ));
        let findings = check(
            &Page { url, ..answered(&html) },
            &Expected { dsn: &dsn, script: "trapline.js", ingest: "/api/1/envelope/" },
        );
        assert_eq!(findings.iter().map(shown).collect::<Vec<_>>(), expected);
    };
    check_with("http://k@errors.test/7", URL, &["blocks mixed http://errors.test"]);
    check_with("http://k@errors.test:8080/7", URL, &["blocks mixed http://errors.test:8080"]);
    check_with("http://k@errors.test/7", "http://shop.test/", &[]);
    check_with("http://k@127.0.0.1:8787/7", URL, &[]);
    check_with("http://k@localhost:8787/7", URL, &[]);
}
