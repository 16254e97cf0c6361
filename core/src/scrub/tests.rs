use serde_json::{Value, json};

use super::*;
use crate::event::{Breadcrumb, Exception, Frame, Source};

/// A message, and what is left of it.
#[track_caller]
fn check(message: &str, expected: &str) {
    let mut event = Event { message: Some(message.into()), ..Event::default() };
    scrub(&mut event, &ScrubSettings::default());
    assert_eq!(event.message.as_deref(), Some(expected));
    assert_eq!(event.scrubbed.is_empty(), message == expected);
}

#[track_caller]
fn check_kept(message: &str) {
    check(message, message);
}

#[test]
fn cards_are_masked_in_texts() {
    check("card 4242 4242 4242 4242 declined", "card [Filtered] declined");
    check("4242424242424242", "[Filtered]");
    check("pan=4242424242424242&x=1", "pan=[Filtered]&x=1");
    check("paid with 3782-822463-10005.", "paid with [Filtered].");
    check("/pay/5555555555554444/ok", "/pay/[Filtered]/ok");
    check("(4111111111111111,6011111111111117)", "([Filtered],[Filtered])");
    for kept in [
        "order 1763630000500123",
        "took 0.4242424242424242 s",
        "id 4242424242424242-4242",
        "id_4242424242424242",
        "123e4567-e89b-12d3-4242-424242424242",
        "4242 4242 4242 4243",
        "at main.js:4242424242424242a",
        "IBAN DE89 3704 0044 0532 0130 00",
        "tel +49 170 1234567",
        "1.4242424242424242",
    ] {
        check_kept(kept);
    }
}

const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

#[test]
fn tokens_are_masked_in_texts() {
    check(&format!("jwt malformed: {JWT}"), "jwt malformed: [Filtered]");
    check("eyJhbGciOiJub25lIn0.eyJhIjoxfQ. expired", "[Filtered]. expired");
    check("got 401 for Bearer abc123def456", "got 401 for Bearer [Filtered]");
    check("authorization: bearer QWxhZGRpbg==", "authorization: [Filtered]");
    check("sent Basic dXNlcjpwYXNzd29yZA==", "sent Basic [Filtered]");
    check(
        "Authorization: Basic dXNlcjpwYXNzd29yZA==\nHost: a",
        "Authorization: [Filtered]\nHost: a",
    );
    check("Cookie: sid=1; theme=dark\nHost: a", "Cookie: [Filtered]\nHost: a");
    let stripe = ["sk", "_live_", "51H8abcdefghijk"].concat();
    check(&format!("No such key: {stripe}"), "No such key: [Filtered]");
    check("AKIAIOSFODNN7EXAMPLE denied", "[Filtered] denied");
    let github = ["ghp", "_0123456789abcdefghijABCDEFGHIJ012345"].concat();
    check(&format!("clone with {github}!"), "clone with [Filtered]!");
    check("key AIzaSyA-0123456789abcdefghijklmnopqrstuv.", "key [Filtered].");
    check(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- left",
        "[Filtered] left",
    );
    check("-----BEGIN PRIVATE KEY-----\nMIIE", "[Filtered]");
    for kept in [
        "Bearer authentication failed",
        "the bearer of bad news",
        "Basic authentication is required",
        "Unexpected token < in JSON at position 0",
        "Unexpected token 'export'",
        "token expired",
        "eyJ is how a token begins",
        "eyJhbGciOiJIUzI1NiJ9 alone",
        "task_live_0123456789",
        "sk-learn-model-v2",
        "AKIA is a prefix",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "new Token(kind)",
    ] {
        check_kept(kept);
    }
}

#[test]
fn passwords_and_keys_are_masked_in_urls() {
    check("GET https://me:pw@shop.test/x failed", "GET https://[Filtered]@shop.test/x failed");
    check("postgres://app:s3cret@db:5432/shop", "postgres://[Filtered]@db:5432/shop");
    check("https://k3y@errors.test/1", "https://[Filtered]@errors.test/1");
    check("/cb?code=4/0AX4XfWhVeryLongCode&state=x", "/cb?code=[Filtered]&state=x");
    check("https://m.test/?key=AIzaSyShortish&v=3", "https://m.test/?key=[Filtered]&v=3");
    check("/r?token=abc&page=2", "/r?token=[Filtered]&page=2");
    check("/r?a=1&api_key=abc#top", "/r?a=1&api_key=[Filtered]#top");
    check(
        "s3/x?X-Amz-Signature=00ff&X-Amz-Date=20261125",
        "s3/x?X-Amz-Signature=[Filtered]&X-Amz-Date=[Filtered]",
    );
    check("/#access_token=abc&token_type=bearer", "/#access_token=[Filtered]&token_type=bearer");
    check(
        "b.core.windows.net/c?sv=1&sig=abcdefghijk%3D",
        "b.core.windows.net/c?sv=1&sig=[Filtered]",
    );
    for kept in [
        "https://shop.test/@me/cart",
        "https://cdn.test/npm/@scope/pkg@1.2.3/a.js",
        "mail me@shop.test: now",
        "/sale?code=SUMMER",
        "/list?key=name&state=open",
        "/r?page=2&author=jo",
        "/r?token=&a=1",
        "/r?token=undefined",
        "https://shop.test/reset-password?step=2",
        "https://shop.test/cookie-policy",
        "f@https://shop.test/main.js:1:2",
    ] {
        check_kept(kept);
    }
}

#[test]
fn named_secrets_are_masked_in_texts() {
    check("login failed: password=hunter2", "login failed: password=[Filtered]");
    check("password: hunter2", "password: [Filtered]");
    check(
        r#"{"user":"jo","password":"hun\"ter2","n":1}"#,
        r#"{"user":"jo","password":"[Filtered]","n":1}"#,
    );
    check(r#"{"pin": 123456}"#, r#"{"pin": [Filtered]}"#);
    check(r#"body "{\"token\":\"a b\",\"n\":1}""#, r#"body "{\"token\":\"[Filtered]\",\"n\":1}""#);
    check("{ apiKey: 'abc', n: 1 }", "{ apiKey: '[Filtered]', n: 1 }");
    check("user=jo&pwd=a%20b&x=1", "user=jo&pwd=[Filtered]&x=1");
    check("document.cookie=\"sid=1; x=2\"", "document.cookie=\"[Filtered]\"");
    check("X-Api-Key: 8f14e45fceea", "X-Api-Key: [Filtered]");
    check("Authorization=Bearer abc123.def", "Authorization=Bearer [Filtered]");
    check(
        &format!("{}.token=abc", "x".repeat(70)),
        &format!("{}.token=[Filtered]", "x".repeat(70)),
    );
    check("client_secret='abc def'", "client_secret='[Filtered]'");
    for kept in [
        "invalid password: must be longer",
        "Unexpected token: punc (})",
        "token == null",
        "token => token.value",
        "password=[Filtered]",
        "Cannot read properties of undefined (reading 'token')",
        "const { password } = form",
        r#"{"password":null,"token":"","hasPassword":true}"#,
        "input[type=password][name=token]",
        "at token (https://shop.test/token.js:12:7)",
        "author=jo&token_type=bearer",
        "csrf token missing or incorrect",
    ] {
        check_kept(kept);
    }
}

fn scrubbed_with(extra: Value, settings: &ScrubSettings) -> (Value, Vec<String>) {
    let Value::Object(extra) = extra else { panic!("an object") };
    let mut event = Event { extra, ..Event::default() };
    scrub(&mut event, settings);
    let log = event.scrubbed.iter().map(|one| format!("{}: {}", one.path, one.what)).collect();
    (Value::Object(event.extra), log)
}

#[test]
fn secret_names_are_masked_at_any_depth() {
    let extra = json!({
        "cart": {"items": [{"giftCard": {"cardNumber": 123, "pin": "1234"}}], "token_count": 3},
        "auth": {"user": "jo", "level": 2, "ok": true},
        "tokens": 4096, "max_tokens": 5, "session_tokens": ["a", "b"],
        "headers": [["X-Api-Key", "abc"], ["Accept", "*/*"]],
        "fetch": {"credentials": "include"},
        "n": 4242424242424242_u64, "m": 1763630000500_u64,
        "note": "password=x1", "token": null, "hasToken": true, "password": ""
    });
    let (extra, log) = scrubbed_with(extra, &ScrubSettings::default());
    assert_eq!(
        extra,
        json!({
            "cart": {"items": [{"giftCard": {"cardNumber": FILTERED, "pin": FILTERED}}], "token_count": 3},
            "auth": {"user": FILTERED, "level": FILTERED, "ok": true},
            "tokens": 4096, "max_tokens": 5, "session_tokens": [FILTERED, FILTERED],
            "headers": [["X-Api-Key", FILTERED], ["Accept", "*/*"]],
            "fetch": {"credentials": "include"},
            "n": FILTERED, "m": 1763630000500_u64,
            "note": "password=[Filtered]", "token": null, "hasToken": true, "password": ""
        })
    );
    assert!(log.contains(&"extra.cart.items[0].giftCard.pin: secret key".into()), "{log:?}");
    assert!(log.contains(&"extra.headers[0].X-Api-Key: secret key".into()), "{log:?}");
    assert!(log.contains(&"extra.n: card number".into()), "{log:?}");
    assert!(log.contains(&"extra.note: secret".into()), "{log:?}");
    assert_eq!(log.len(), 9);
}

#[test]
fn projects_mask_and_keep_what_they_name() {
    let settings = ScrubSettings {
        mask_keys: vec!["iban".into(), "extra.cart.total*".into()],
        keep_keys: vec!["csrf*".into(), "extra.debug.token".into()],
        mask_words: vec!["acct-????".into()],
        keep_words: vec!["4242*".into()],
        ..ScrubSettings::default()
    };
    let extra = json!({
        "IBAN": "DE89", "cart": {"totalCents": 1, "totals": ["a"]}, "totalCents": 1,
        "csrfToken": "kept", "debug": {"token": "kept"}, "token": "gone",
        "note": "acct-1a2b, acct-12345 (ACCT-9999.) 4242424242424242 5555555555554444"
    });
    let (extra, log) = scrubbed_with(extra, &settings);
    assert_eq!(
        extra,
        json!({
            "IBAN": FILTERED, "cart": {"totalCents": FILTERED, "totals": [FILTERED]}, "totalCents": 1,
            "csrfToken": "kept", "debug": {"token": "kept"}, "token": FILTERED,
            "note": "[Filtered], acct-12345 ([Filtered].) 4242424242424242 [Filtered]"
        })
    );
    assert!(log.contains(&"extra.IBAN: project rule".into()), "{log:?}");
}

#[test]
fn without_defaults_only_the_projects_rules_hold() {
    let settings = ScrubSettings {
        defaults: false,
        mask_keys: vec!["iban".into()],
        ..ScrubSettings::default()
    };
    let extra = json!({"iban": "DE89", "password": "x", "note": "4242424242424242"});
    let (extra, _) = scrubbed_with(extra, &settings);
    assert_eq!(extra, json!({"iban": FILTERED, "password": "x", "note": "4242424242424242"}));
}

#[test]
fn every_part_of_an_event_is_searched() {
    const SECRET: &str = "4242424242424242";
    let mut event: Event = serde_json::from_value(json!({
        "message": SECRET, "transaction": "/reset?token=abc",
        "exceptions": [{"type": "E", "value": SECRET, "unread_lines": [SECRET],
            "frames": [{"file": "https://me:pw@a.test/x.js?token=abc&n=4242424242424242",
                "vars": {"password": "abc", "n": SECRET}}]}],
        "request": {"url": "https://me:pw@a.test/", "query": [["token", "abc"], ["key", "abcdefgh1"], ["q", SECRET]],
            "fragment": "id_token=abc", "headers": [["Cookie", "a=b"], ["X-Real-IP", "192.0.2.1"], ["Referer", "https://a.test/?token=abc"]],
            "data": {"form": [{"password": "abc"}]}},
        "user": {"id": "7", "email": "jo@a.test", "data": {"token": "abc"}},
        "tags": [["apikey", "abc"], ["n", SECRET]],
        "breadcrumbs": [{"message": SECRET, "data": {"url": "/x?token=abc", "body": {"secret": "abc"}}}],
        "contexts": {"state": {"auth": {"jwt": "abc"}}}, "extra": {"n": SECRET}, "fingerprint": [SECRET]
    }))
    .unwrap();
    event.exceptions[0].frames[0].source =
        Some(Source { line: format!("pay('{SECRET}')"), ..Source::default() });
    scrub(&mut event, &ScrubSettings::default());
    let stored = serde_json::to_string(&event).unwrap();
    let left = stored.replace("n=4242424242424242", "");
    assert!(!left.contains(SECRET) && !left.contains("abc") && !left.contains("pw@"), "{stored}");
    assert!(!left.contains("192.0.2.1") && !left.contains("a=b"), "{stored}");
    assert!(stored.contains("n=4242424242424242"), "a file's name is none of a card: {stored}");
    assert!(stored.contains("jo@a.test"));
    let paths: Vec<&str> = event.scrubbed.iter().map(|one| one.path.as_str()).collect();
    for path in [
        "message",
        "exceptions[0].value",
        "exceptions[0].frames[0].file",
        "exceptions[0].frames[0].vars.password",
        "exceptions[0].frames[0].source",
        "request.headers.Cookie",
        "request.query.key",
        "request.fragment",
        "request.data.form[0].password",
        "breadcrumbs[0].data.url",
        "contexts.state.auth.jwt",
    ] {
        assert!(paths.contains(&path), "{path} of {paths:?}");
    }
    let once = event.clone();
    scrub(&mut event, &ScrubSettings::default());
    assert_eq!(event, once, "a second time finds nothing");
}

#[test]
fn source_code_is_searched_by_shape_alone() {
    let settings = ScrubSettings::default();
    assert_eq!(scrub_code("password = form.password.value", &settings), None);
    assert_eq!(scrub_code("{\"password\":\"required\"}", &settings), None);
    let line = scrub_code(&format!("fetch(u, '{JWT}')"), &settings);
    assert_eq!(line.as_deref(), Some("fetch(u, '[Filtered]')"));
}

#[test]
fn a_long_log_is_counted() {
    let crumb = Breadcrumb { message: "4242424242424242".into(), ..Breadcrumb::default() };
    let mut event = Event { breadcrumbs: vec![crumb; 60], ..Event::default() };
    scrub(&mut event, &ScrubSettings::default());
    assert_eq!(event.scrubbed.len(), 51);
    assert_eq!(event.scrubbed.last().unwrap().path, "10 more");
}

proptest::proptest! {
    #[test]
    fn any_text_is_scrubbed_once_and_for_all(
        text in "((password|token|cookie|api_key|code)[\"']?[=:] ?[\"']?|https?://|Bearer |eyJ|4242|[a-z0-9@.&\"'\\\\ äö-]){0,30}"
    ) {
        let exception = Exception {
            value: text.clone(),
            frames: vec![Frame { file: text.clone(), ..Frame::default() }],
            ..Exception::default()
        };
        let mut event =
            Event { exceptions: vec![exception], message: Some(text), ..Event::default() };
        scrub(&mut event, &ScrubSettings::default());
        let once = event.clone();
        scrub(&mut event, &ScrubSettings::default());
        proptest::prop_assert_eq!(event, once);
    }
}
