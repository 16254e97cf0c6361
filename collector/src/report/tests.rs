use super::*;

fn told() -> Told {
    Told { now_ms: 1_800_000_000_000, release: Some("shop@1".into()), environment: None }
}

fn read_all(body: &str) -> Result<Vec<Value>, ReportError> {
    let payloads = events(body.as_bytes(), &told(), || "0".repeat(32))?;
    Ok(payloads.iter().map(|payload| serde_json::from_slice(payload).unwrap()).collect())
}

#[track_caller]
fn check(body: &str, kind: &str, value: &str, file: Option<&str>) {
    let events = read_all(body).unwrap();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    let exception = &event["exception"]["values"][0];
    assert_eq!(
        (exception["type"].as_str(), exception["value"].as_str()),
        (Some(kind), Some(value))
    );
    assert_eq!(exception["stacktrace"]["frames"][0]["filename"].as_str(), file);
    assert_eq!(event["level"], "warning");
    assert_eq!(event["release"], "shop@1");
}

#[test]
fn policies_report_in_two_ways_and_say_the_same() {
    let value = "Blocked 'script-src-elem' from 'https://evil.test/x.js'";
    check(
        r#"{"csp-report":{"document-uri":"https://shop.test/cart?a=1","referrer":"","blocked-uri":"https://evil.test/x.js",
            "violated-directive":"script-src-elem 'self'","effective-directive":"script-src-elem",
            "original-policy":"script-src 'self'","disposition":"enforce","status-code":200,
            "source-file":"https://shop.test/app.js","line-number":3,"column-number":7}}"#,
        "CSPViolation",
        value,
        Some("https://shop.test/app.js"),
    );
    check(
        r#"[{"type":"csp-violation","age":10,"url":"https://shop.test/cart","user_agent":"Mozilla/5.0",
            "body":{"documentURL":"https://shop.test/cart","blockedURL":"https://evil.test/x.js",
            "effectiveDirective":"script-src-elem","sourceFile":"https://shop.test/app.js","lineNumber":3}}]"#,
        "CSPViolation",
        value,
        Some("https://shop.test/app.js"),
    );
    // Firefox before 108 knows no effective directive.
    check(
        r#"{"csp-report":{"blocked-uri":"inline","violated-directive":"style-src 'self' https://cdn.test"}}"#,
        "CSPViolation",
        "Blocked 'style-src' from 'inline'",
        None,
    );
}

#[test]
fn other_reports_say_what_the_browser_said() {
    check(
        r#"[{"type":"deprecation","age":0,"url":"https://shop.test/","body":{"id":"UnloadHandler",
            "message":"Unload event listeners are deprecated.","sourceFile":"https://shop.test/a.js"}}]"#,
        "Deprecation",
        "Unload event listeners are deprecated.",
        Some("https://shop.test/a.js"),
    );
    check(
        r#"{"type":"permissions-policy-violation","body":{"policyId":"camera","disposition":"enforce"}}"#,
        "PermissionsPolicyViolation",
        "permissions-policy-violation: camera",
        None,
    );
    check(
        r#"{"expect-ct-report":{"hostname":"shop.test","port":443}}"#,
        "ExpectCt",
        "expect-ct: shop.test",
        None,
    );
}

#[test]
fn each_report_of_a_list_is_an_event_at_its_own_time() {
    let report = |age: u32| {
        format!(r#"{{"type":"crash","age":{age},"url":"https://shop.test/","body":{{}}}}"#)
    };
    let events = read_all(&format!("[{},{}]", report(0), report(60_000))).unwrap();
    let times: Vec<_> = events.iter().map(|event| event["timestamp"].as_f64().unwrap()).collect();
    assert_eq!(times, [1_800_000_000.0, 1_799_999_940.0]);
    let payload = events[0].to_string();
    assert_eq!(origin_of(payload.as_bytes()).as_deref(), Some("https://shop.test"));
}

#[test]
fn what_is_no_report_is_refused() {
    assert!(matches!(read_all("nonsense"), Err(ReportError::Json { .. })));
    for body in ["[]", "{}", "7", "[7]", r#"{"type":"crash"}"#, r#"{"csp-report":7}"#] {
        assert_eq!(read_all(body), Err(ReportError::Shape), "{body}");
    }
    let many = format!("[{}]", vec![r#"{"type":"crash","body":{}}"#; 501].join(","));
    assert_eq!(read_all(&many), Err(ReportError::TooMany { limit: 500 }));
}
