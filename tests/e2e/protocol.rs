//! Whatever speaks the protocol is understood, on every path, with every form of authentication and encoding; and what
//! cannot be taken is answered so that the sender knows why.

use serde_json::{Value, json};
use trapline_tests::World;

use crate::Test;
use crate::sender::{compressed, envelope, envelope_of, event, path, post, request, zstd};

pub const TESTS: &[Test] = &[
    ("every_form_of_authentication_is_read", authentication),
    ("two_keys_that_disagree_are_refused_by_name", disagreement),
    ("every_encoding_is_read_and_others_are_415", encodings),
    ("store_takes_an_event_of_an_old_sdk", store),
    ("reports_of_browsers_are_events", reports),
    ("reports_of_another_page_are_refused", foreign_reports),
    ("an_item_that_is_no_json_is_invalid_and_the_rest_lives", broken_item),
    ("envelopes_are_read_as_the_specification_says", shapes),
    ("scripts_of_every_origin_read_every_answer", across_origins),
];

/// Path, headers, body.
type Sent<'a> = (&'a str, &'a [(&'a str, &'a str)], Vec<u8>);

/// Path, headers, body; status, and a part of the detail.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);

fn authentication(world: &World) {
    let project = world.project();
    let (id, key) = (project.id(), project.key());
    let bare = format!("/api/{id}/envelope/");
    let long = format!("Sentry sentry_version=7, sentry_client=test/1, sentry_key={key}");
    let short = format!("sentry sentry_key={key}");
    let dsn = format!("DSN {}", project.dsn);
    let with_dsn = |number: u32| {
        let header = json!({ "dsn": project.dsn, "sdk": { "name": "x" }, "unknown": [1] });
        let event = event(number, "authenticated");
        format!("{header}\n{{\"type\":\"event\",\"unknown\":{{}}}}\n{event}").into_bytes()
    };
    let without_slash = format!("/api/{id}/envelope?sentry_version=7&sentry_key={key}");
    let cases: [Sent; 8] = [
        (&path(&project, "envelope"), &[], envelope(1, "authenticated")),
        (&without_slash, &[], envelope(2, "authenticated")),
        (&bare, &[("X-Sentry-Auth", &long)], envelope(3, "authenticated")),
        (&bare, &[("X-Sentry-Auth", &short)], envelope(4, "authenticated")),
        (&bare, &[("Authorization", &long)], envelope(5, "authenticated")),
        (&bare, &[("Authorization", &dsn)], envelope(6, "authenticated")),
        (&bare, &[("Authorization", "Bearer of another thing")], with_dsn(7)),
        (&path(&project, "envelope"), &[("X-Sentry-Auth", &long)], with_dsn(8)),
    ];
    for (number, (path, headers, body)) in (1..).zip(cases) {
        let reply = post(world, path, headers, &body);
        let id: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(
            (reply.status, &id),
            (200, &json!({ "id": format!("{number:032x}") })),
            "{path}"
        );
    }
    assert_eq!(project.api.only_issue().unwrap().count, 8);
}

fn disagreement(world: &World) {
    let (project, other) = (world.project(), world.project());
    let before = world.database.rows();
    let theirs = format!("Sentry sentry_key={}", other.key());
    let header = json!({ "dsn": other.dsn });
    let foreign = format!("{header}\n{{\"type\":\"event\"}}\n{{}}").into_bytes();
    let elsewhere = project.dsn.replace(&format!("/{}", project.id()), "/99999");
    let elsewhere =
        format!("{}\n{{\"type\":\"event\"}}\n{{}}", json!({ "dsn": elsewhere })).into_bytes();
    let twice = format!("{}&sentry_key={}", path(&project, "envelope"), other.key());
    let bare = format!("/api/{}/envelope/", project.id());
    let cases: [Refused; 6] = [
        (
            &path(&project, "envelope"),
            &[("X-Sentry-Auth", &theirs)],
            b"{}",
            400,
            "the query and X-Sentry-Auth",
        ),
        (
            &path(&project, "envelope"),
            &[("Authorization", &theirs)],
            b"{}",
            400,
            "the query and Authorization",
        ),
        (&path(&project, "envelope"), &[], &foreign, 400, "the query and the envelope's DSN"),
        (&twice, &[], b"{}", 400, "the query and the query"),
        (&bare, &[], &elsewhere, 403, "does not belong to project"),
        (&bare, &[], b"{\"dsn\":\"nonsense\"}\n", 401, "the envelope's DSN"),
    ];
    for (path, headers, body, status, detail) in cases {
        let reply = post(world, path, headers, body);
        assert_eq!(reply.status, status, "{path}: {reply:?}");
        assert!(reply.detail().contains(detail), "{reply:?}");
    }
    assert_eq!(world.database.rows(), before);
}

fn encodings(world: &World) {
    let project = world.project();
    let path = path(&project, "envelope");
    let body = |number: u32| envelope(number, "encoded");
    let cases: [(Option<&str>, Vec<u8>); 8] = [
        (None, compressed("gzipSync", &body(1))),
        (Some("gzip"), compressed("gzipSync", &body(2))),
        (Some("deflate"), compressed("deflateSync", &body(3))),
        (Some("deflate"), compressed("deflateRawSync", &body(4))),
        (Some("br"), compressed("brotliCompressSync", &body(5))),
        (Some("zstd"), zstd(&body(6))),
        (Some("identity"), body(7)),
        (Some("GZIP"), compressed("gzipSync", &body(8))),
    ];
    for (encoding, bytes) in cases {
        let headers: Vec<_> = encoding.map(|name| ("Content-Encoding", name)).into_iter().collect();
        let reply = post(world, &path, &headers, &bytes);
        assert_eq!(reply.status, 200, "{encoding:?}: {reply:?}");
    }
    assert_eq!(project.api.only_issue().unwrap().count, 8);

    let unknown = post(world, &path, &[("Content-Encoding", "compress")], &body(9));
    assert_eq!(unknown.status, 415);
    assert!(unknown.detail().contains("gzip, deflate, br, zstd"), "{unknown:?}");
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        let damaged = post(world, &path, &[("Content-Encoding", encoding)], b"damaged for sure");
        assert_eq!(damaged.status, 400, "{encoding}: {damaged:?}");
        assert!(damaged.detail().contains(encoding), "{damaged:?}");
    }
}

fn store(world: &World) {
    let project = world.project();
    let auth =
        format!("Sentry sentry_version=7, sentry_client=old/1, sentry_key={}", project.key());
    let body = event(1, "from an old SDK").to_string();
    let bare = format!("/api/{}/store/", project.id());
    let reply = post(world, &bare, &[("X-Sentry-Auth", &auth)], body.as_bytes());
    assert_eq!(
        (reply.status, reply.body),
        (200, json!({ "id": format!("{:032x}", 1) }).to_string())
    );
    let zipped = compressed("gzipSync", event(2, "from an old SDK").to_string().as_bytes());
    assert_eq!(post(world, &path(&project, "store"), &[], &zipped).status, 200);
    let issue = project.api.only_issue().unwrap();
    assert_eq!((issue.value.as_str(), issue.count), ("from an old SDK", 2));
    for body in ["", "nonsense", "[]", "{\"message\":"] {
        let reply = post(world, &path(&project, "store"), &[], body.as_bytes());
        assert_eq!(reply.status, 400, "{body}: {reply:?}");
    }
}

fn reports(world: &World) {
    let project = world.project();
    let old = json!({ "csp-report": {
        "document-uri": "https://shop.test/cart", "blocked-uri": "https://evil.test/x.js",
        "violated-directive": "script-src-elem", "effective-directive": "script-src-elem",
        "source-file": "https://shop.test/app.js", "line-number": 3, "column-number": 7,
    } });
    let new = json!([
        { "type": "csp-violation", "age": 0, "url": "https://shop.test/cart", "user_agent": "Mozilla/5.0",
          "body": { "documentURL": "https://shop.test/cart", "blockedURL": "https://evil.test/x.js",
            "effectiveDirective": "script-src-elem", "sourceFile": "https://shop.test/app.js",
            "lineNumber": 3, "columnNumber": 7, "disposition": "enforce" } },
        { "type": "deprecation", "age": 0, "url": "https://shop.test/", "body": {
            "id": "UnloadHandler", "message": "Unload event listeners are deprecated." } },
    ]);
    let security =
        format!("{}&sentry_release=shop@2&sentry_environment=test", path(&project, "security"));
    let report_type = ("Content-Type", "application/reports+json");
    let csp_type = ("Content-Type", "application/csp-report");
    // Browsers send reports with an origin of null.
    let null = ("Origin", "null");
    assert_eq!(post(world, &security, &[csp_type, null], old.to_string().as_bytes()).status, 200);
    let csp = path(&project, "csp-report");
    assert_eq!(post(world, &csp, &[csp_type], old.to_string().as_bytes()).status, 200);
    assert_eq!(
        post(world, &security, &[report_type, null], new.to_string().as_bytes()).status,
        200
    );

    let mut issues = project.api.issues().unwrap();
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.count));
    let found: Vec<_> = issues
        .iter()
        .map(|i| (i.kind.as_str(), i.value.as_str(), i.count, i.level.as_str()))
        .collect();
    let violation = "Blocked 'script-src-elem' from 'https://evil.test/x.js'";
    assert_eq!(
        found,
        [
            ("CSPViolation", violation, 3, "warning"),
            ("Deprecation", "Unload event listeners are deprecated.", 1, "warning"),
        ]
    );
    let event = project.api.latest_event(&issues[0].short_id).unwrap();
    assert_eq!(event.request.url.as_deref(), Some("https://shop.test/cart"));
    assert_eq!(event.release.as_deref(), Some("shop@2"));
    assert_eq!(event.exceptions[0].frames[0].line, 3);
    assert_eq!(event.contexts["csp"]["disposition"], "enforce");

    for body in ["nonsense", "[]", "{}", "[{\"type\":\"crash\"}]"] {
        let reply = post(world, &security, &[report_type], body.as_bytes());
        assert_eq!(reply.status, 400, "{body}: {reply:?}");
        assert!(reply.detail().contains("report"), "{reply:?}");
    }
}

fn foreign_reports(world: &World) {
    let project = world.project_for(&["https://shop.test"]);
    let report = |page: &str| {
        json!({ "csp-report": { "document-uri": page, "blocked-uri": "inline",
            "violated-directive": "script-src" } })
        .to_string()
    };
    let path = path(&project, "security");
    let reply = post(world, &path, &[("Origin", "null")], report("https://evil.test/").as_bytes());
    assert_eq!(reply.status, 403);
    assert!(reply.detail().contains("https://evil.test"), "{reply:?}");
    let reply = post(world, &path, &[("Origin", "null")], report("https://shop.test/a").as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(project.api.only_issue().unwrap().count, 1);
}

fn broken_item(world: &World) {
    let project = world.project();
    let body = format!(
        "{{}}\n{{\"type\":\"event\"}}\nno JSON\n{{\"type\":\"event\"}}\n{}\n{{\"type\":\"session\"}}\nneither",
        event(1, "beside a broken one")
    );
    assert_eq!(post(world, &path(&project, "envelope"), &[], body.as_bytes()).status, 200);
    assert_eq!(project.api.only_issue().unwrap().count, 1);
    // Alone, it is refused: a sender should learn of it.
    let alone = post(world, &path(&project, "envelope"), &[], b"{}\n{\"type\":\"event\"}\nno JSON");
    assert_eq!(alone.status, 400);
    assert!(alone.detail().starts_with("item 1: "), "{alone:?}");
}

fn shapes(world: &World) {
    let project = world.project();
    let send = |body: &str| post(world, &path(&project, "envelope"), &[], body.as_bytes());
    let one = event(1, "shaped").to_string();
    let two = event(2, "shaped").to_string();
    let accepted = [
        "{}".to_owned(),
        "{}\n".to_owned(),
        // Length-prefixed, with line breaks inside, and implicit; a final line break or none.
        format!(
            "{{}}\n{{\"type\":\"attachment\",\"length\":3}}\n\n\n\n\n{{\"type\":\"event\"}}\n{one}"
        ),
        format!("{{}}\r\n{{\"type\":\"event\",\"length\":{}}}\r\n{two}\r\n\r\n", two.len()),
        format!(
            "{{}}\n{{\"type\":\"never_heard_of\",\"x\":1}}\n{{}}\n{{\"type\":\"event\"}}\n{one}\n\n\n"
        ),
    ];
    for body in accepted {
        let reply = send(&body);
        assert_eq!(reply.status, 200, "{body:?}: {reply:?}");
    }
    assert_eq!(project.api.only_issue().unwrap().count, 2);
    let many =
        |items: usize| "{}\n".to_owned() + &"{\"type\":\"x\",\"length\":1}\n1\n".repeat(items);
    assert_eq!(send(&many(500)).status, 200);
    let reply = send(&many(501));
    assert_eq!(reply.status, 400);
    assert!(reply.detail().contains("500"), "{reply:?}");
}

fn across_origins(world: &World) {
    let project = world.project();
    let asked = [
        ("Origin", "https://shop.test"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type, x-sentry-auth"),
    ];
    for endpoint in ["envelope", "store", "security", "csp-report"] {
        let reply = request(world, "OPTIONS", &path(&project, endpoint), &asked, b"");
        assert_eq!(reply.status, 200, "{endpoint}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert!(reply.header("access-control-allow-methods").contains("POST"));
        for header in ["content-type", "x-sentry-auth", "content-encoding", "authorization"] {
            assert!(reply.header("access-control-allow-headers").contains(header), "{reply:?}");
        }
    }
    let origin = ("Origin", "https://shop.test");
    let cases = [
        (path(&project, "envelope"), envelope_of("event", &event(1, "m")), 200),
        (path(&project, "envelope"), b"nonsense".to_vec(), 400),
        (format!("/api/{}/envelope/", project.id()), b"{}".to_vec(), 401),
        (format!("/api/{}/envelope/?sentry_key=abc", project.id()), b"{}".to_vec(), 403),
    ];
    for (path, body, status) in cases {
        let reply = post(world, &path, &[origin, ("Content-Type", "text/plain")], &body);
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        let exposed = reply.header("access-control-expose-headers");
        assert!(exposed.contains("retry-after") && exposed.contains("x-sentry-rate-limits"));
    }
}
