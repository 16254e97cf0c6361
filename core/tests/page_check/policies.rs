//! What content security policies let through, and what would mend them.

use super::*;

/// A page with the agent, and one policy in its header.
#[track_caller]
fn check_policy(policy: &str, expected: &[&str]) {
    check_page(&Page { policies: &[policy], ..answered(&with_agent()) }, expected);
}

#[test]
fn policies_that_let_the_agent_work() {
    for policy in [
        "",
        "img-src 'self'; frame-ancestors 'none'",
        "default-src https: 'unsafe-eval'",
        "default-src * 'wasm-unsafe-eval'",
        "script-src errors.test 'wasm-unsafe-eval'; connect-src errors.test",
        "script-src https://errors.test/trapline.js https://errors.test/agent/ 'WASM-unsafe-eval'; connect-src https://errors.test/api/",
        "default-src 'none'; script-src *.test 'wasm-unsafe-eval'; connect-src *",
        "script-src 'none' 'wasm-unsafe-eval'; script-src-elem https:; connect-src https:",
        "object-src 'none', base-uri 'none'",
    ] {
        check_policy(policy, &[]);
    }
}

#[test]
fn policies_that_refuse_it() {
    let all: &[&str] = &["blocks script", "blocks sending", "degrades wasm"];
    for (policy, expected) in [
        ("default-src 'self'", all),
        ("default-src 'none'", all),
        ("default-src", all),
        ("script-src 'self'", &["blocks script", "degrades wasm"]),
        ("script-src 'self' 'wasm-unsafe-eval'", &["blocks script"]),
        ("script-src errors.test", &["degrades wasm"]),
        ("script-src-elem 'self'", &["blocks script"]),
        ("script-src-elem https:; default-src 'self' 'wasm-unsafe-eval'", &["blocks sending"]),
        ("connect-src 'self' https://api.test", &["blocks sending"]),
        ("connect-src https://errors.test/api/8/", &["blocks sending"]),
        ("script-src https://errors.test/trapline.js 'unsafe-eval'", &["degrades agent"]),
        ("script-src 'unsafe-inline' 'unsafe-eval'", &["blocks script"]),
        ("script-src 'nonce-r4nd0m' 'strict-dynamic' https: 'unsafe-eval'", &["blocks script"]),
    ] {
        check_policy(policy, expected);
    }
}

#[test]
fn every_policy_has_to_agree() {
    let html = with_agent();
    let policies: &[&str] = &["script-src * 'unsafe-eval'", "connect-src 'self'"];
    check_page(&Page { policies, ..answered(&html) }, &["blocks sending"]);
    let joined: &[&str] = &["script-src * 'unsafe-eval', script-src 'self' 'unsafe-eval'"];
    check_page(&Page { policies: joined, ..answered(&html) }, &["blocks script"]);
    let tried_policies: &[&str] = &["default-src 'self'"];
    check_page(
        &Page { tried_policies, ..answered(&html) },
        &["hint script by a trial", "hint wasm by a trial", "hint sending by a trial"],
    );
}

#[test]
fn a_meta_policy_concerns_what_stands_behind_it() {
    let meta =
        |policy: &str| format!("<meta http-equiv=Content-Security-Policy content=\"{policy}\">");
    check_head(
        &[meta("script-src 'self' 'unsafe-eval'").as_str(), SNIPPET].concat(),
        &["blocks script by meta"],
    );
    check_head(&[SNIPPET, &meta("script-src 'self' 'unsafe-eval'")].concat(), &[]);
    check_head(
        &[SNIPPET, &meta("default-src 'self'")].concat(),
        &["blocks sending by meta", "degrades wasm by meta"],
    );
    check_head(&format!("{SNIPPET}</head><body>{}", meta("connect-src 'none'")), &[]);
    // A comma is no end of a policy here.
    check_head(&[meta("img-src a,connect-src 'none'").as_str(), SNIPPET].concat(), &[]);
}

#[test]
fn nonces_and_hashes_let_the_agent_in() {
    let with = |attribute: &str| page(&SNIPPET.replace("<script", &format!("<script {attribute}")));
    let strict: &[&str] = &["script-src 'nonce-r4nd0m' 'strict-dynamic' 'wasm-unsafe-eval'"];
    check_page(&Page { policies: strict, ..answered(&with("nonce=r4nd0m")) }, &[]);
    check_page(&Page { policies: strict, ..answered(&with("nonce=other")) }, &["blocks script"]);
    let hash: &[&str] = &["script-src 'sha384-AbC=' 'wasm-unsafe-eval'"];
    let html = with("integrity='sha384-AbC='");
    // What the script loads has no hash in the page.
    check_page(&Page { policies: hash, ..answered(&html) }, &["degrades agent"]);
    let import =
        format!("<script type=module>import 'https://errors.test/trapline.mjs'; // {DSN}</script>");
    let inline: &[&str] = &["script-src https: 'unsafe-eval'"];
    check_page(&Page { policies: inline, ..answered(&page(&import)) }, &["blocks script"]);
    let inline: &[&str] = &["script-src https: 'unsafe-inline' 'unsafe-eval'"];
    check_page(&Page { policies: inline, ..answered(&page(&import)) }, &[]);
}

#[test]
fn an_sdk_in_a_bundle_needs_only_to_send() {
    let html = page(&format!("<script>init('{DSN}')</script>"));
    let policies: &[&str] = &["default-src 'self'"];
    check_page(&Page { policies, ..answered(&html) }, &["blocks sending"]);
}

#[test]
fn remedies_can_be_copied() {
    let remedies = |policy: &str| {
        let policies: &[&str] = &[policy];
        let findings = found(&Page { policies, ..answered(&with_agent()) });
        findings.iter().map(|finding| finding.remedy().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        remedies("default-src 'none'"),
        [
            "script-src https://errors.test 'wasm-unsafe-eval'",
            "connect-src https://errors.test",
            "script-src https://errors.test 'wasm-unsafe-eval'",
        ]
    );
    assert_eq!(
        remedies("script-src 'self' cdn.test 'unsafe-inline'"),
        [
            "script-src 'self' cdn.test 'unsafe-inline' https://errors.test 'wasm-unsafe-eval'",
            "script-src 'self' cdn.test 'unsafe-inline' https://errors.test 'wasm-unsafe-eval'",
        ]
    );
    assert_eq!(remedies("script-src-elem 'self'"), ["script-src-elem 'self' https://errors.test"]);
    assert_eq!(remedies("connect-src 'self'"), ["connect-src 'self' https://errors.test"]);
    assert_eq!(
        remedies("script-src 'nonce-x' 'strict-dynamic' 'unsafe-eval'"),
        ["<script nonce=\"the nonce of this answer's policy\" …",]
    );
    let long = format!("connect-src {}", "https://a-long-name.test ".repeat(200));
    assert_eq!(remedies(&long), ["connect-src … https://errors.test"]);
    assert_eq!(found(&answered(&page("")))[0].remedy(), SNIPPET);
}
