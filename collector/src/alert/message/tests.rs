use super::*;

fn around() -> Around {
    Around {
        project: "Hazel shop".into(),
        slug: "shop".into(),
        prefix: "SHOP".into(),
        origin: "https://errors.shop.test".into(),
    }
}

fn taken(conditions: Value, more: u64) -> Taken {
    Taken { delivery: "d1".into(), conditions: conditions.to_string(), more, ..Taken::default() }
}

const EVIL: &str = "<!channel> <https://evil.test|pay> @everyone & [x](https://evil.test) \"}],\r\nBcc: a@b.c \u{202e}";

fn issue(kind: &str, number: u32, value: &str) -> Value {
    json!([
        kind,
        number,
        1_800_000_000_000_i64,
        0,
        "TypeError",
        value,
        "applyVoucher",
        "src/cart.ts:42",
        3,
        "production",
        "shop@1.2",
        12,
        3
    ])
}

fn told(kind: &str, value: &str) -> Message {
    message(&taken(json!([issue(kind, 143, value)]), 0), &Rule::default(), &around())
}

#[test]
fn a_webhook_gets_all_that_is_known() {
    let body: Value = serde_json::from_str(&told("new", "x is undefined").body("webhook")).unwrap();
    assert_eq!(
        body,
        json!({
            "delivery": "d1",
            "rule": "",
            "project": { "slug": "shop", "name": "Hazel shop" },
            "text": "New issue SHOP-4F in Hazel shop: TypeError: x is undefined",
            "url": "https://errors.shop.test/shop/issues/SHOP-4F/",
            "total": 1,
            "conditions": [{
                "kind": "new",
                "issue": "SHOP-4F",
                "title": "TypeError: x is undefined",
                "culprit": "applyVoucher src/cart.ts:42",
                "level": "error",
                "environment": "production",
                "release": "shop@1.2",
                "events": 12,
                "users": 3,
                "at": "2027-01-15T08:00:00Z",
                "url": "https://errors.shop.test/shop/issues/SHOP-4F/",
            }],
        })
    );
}

#[test]
fn each_condition_has_its_words() {
    for (kind, expected) in [
        ("new", "New issue SHOP-4F in Hazel shop: TypeError: x"),
        ("regressed", "SHOP-4F came back in Hazel shop: TypeError: x"),
        ("escalating", "SHOP-4F is escalating in Hazel shop: TypeError: x"),
    ] {
        assert_eq!(told(kind, "x").heading, expected);
    }
    let rule =
        Rule { threshold: 100, window: 15, search: "release:shop@1".into(), ..Rule::default() };
    let rows = json!([["threshold", 0, 0, 120, "", "", "", "", 3, "", "", 0, 0]]);
    let over = message(&taken(rows, 0), &rule, &around());
    assert_eq!(
        over.heading,
        "120 events within 15 minutes, 100 or more, in Hazel shop: release:shop@1"
    );
    assert_eq!(over.url, "https://errors.shop.test/shop/issues/");
    let test = message(&taken(json!([["test", 0, 0, 0]]), 0), &rule, &around());
    assert_eq!(test.heading, "Test of an alert in Hazel shop");
}

fn measured(measure: &str, of: &str) -> Message {
    let found = json!([measure, 4_213, 2_500, 1, 420, of, ""]);
    let row =
        json!(["measure", 0, 1_800_000_000_000_i64, 0, "", "", "", "", 3, "", "", 0, 0, found]);
    message(&taken(json!([row]), 0), &Rule::default(), &around())
}

#[test]
fn a_webhook_gets_what_was_measured() {
    let body: Value = serde_json::from_str(&measured("lcp", "/checkout").body("webhook")).unwrap();
    assert_eq!(
        body["text"],
        "LCP of 4.21 s at the 75th percentile of 420 views within 1 h, above 2.5 s in Hazel shop: /checkout"
    );
    let url = "https://errors.shop.test/shop/vitals/?page=%2Fcheckout&range=24h";
    assert_eq!((&body["url"], &body["conditions"][0]["url"]), (&json!(url), &json!(url)));
    assert_eq!(body["conditions"][0]["kind"], "measure");
    assert_eq!(
        body["conditions"][0]["measured"],
        json!({
            "measure": "lcp",
            "value": 4_213,
            "limit": 2_500,
            "unit": "ms",
            "hours": 1,
            "count": 420,
            "page": "/checkout",
            "environment": null,
        })
    );
    let rate = measured("crash_free_users", "shop@2").body("webhook");
    let body: Value = serde_json::from_str(&rate).unwrap();
    let measured = &body["conditions"][0]["measured"];
    assert_eq!(
        (&measured["value"], &measured["unit"], &measured["release"]),
        (&json!(4.213), &json!("percent"), &json!("shop@2"))
    );
    let rows = json!([
        issue("new", 1, "x"),
        [
            "measure",
            0,
            0,
            0,
            "",
            "",
            "",
            "",
            3,
            "",
            "",
            0,
            0,
            ["failure_rate", 12_500, 5_000, 6, 80, "POST /pay", ""]
        ]
    ]);
    let both = message(&taken(rows, 1), &Rule::default(), &around());
    assert!(
        both.body("email").contains("12.5% of 80 requests failed within 6 h, above 5%: POST /pay"),
        "{}",
        both.body("email")
    );
}

#[test]
fn formats_of_a_measure() {
    let message = measured("lcp", "/<checkout> & *more*");
    for channel in ["slack", "discord", "teams"] {
        let json: Value = serde_json::from_str(&message.body(channel)).unwrap();
        insta::assert_snapshot!(format!("measure_{channel}"), format!("{json:#}"));
    }
    insta::assert_snapshot!("measure_email", message.body("email"));
}

#[test]
fn formats_of_one_condition() {
    let message = told("new", "x is <undefined> & *more*");
    let pretty = |channel| {
        let json: Value = serde_json::from_str(&message.body(channel)).unwrap();
        format!("{json:#}")
    };
    insta::assert_snapshot!("slack", pretty("slack"));
    insta::assert_snapshot!("discord", pretty("discord"));
    insta::assert_snapshot!("teams", pretty("teams"));
    insta::assert_snapshot!("email", message.body("email"));
}

#[test]
fn many_conditions_are_listed_and_counted() {
    let rows: Vec<Value> = (1..=20).map(|number| issue("new", number, "x")).collect();
    let message = message(&taken(json!(rows), 199), &Rule::default(), &around());
    assert_eq!(message.heading, "200 alerts in Hazel shop");
    for channel in ["slack", "discord", "teams", "email"] {
        let body = message.body(channel);
        assert!(body.contains("and 180 more"), "{channel}: {body}");
        assert!(body.contains("SHOP-1") && body.contains("SHOP-M"), "{channel}: {body}");
    }
}

#[test]
fn a_title_makes_no_link_mention_header_or_json() {
    check_is_inert(&told("new", EVIL));
    let long = told("new", &"x".repeat(5_000));
    assert!(long.body("slack").len() < 3_000, "a receiver takes 3,000 characters a section");
}

#[test]
fn a_name_of_what_was_measured_makes_no_link_mention_header_or_json() {
    for measure in ["lcp", "failure_rate", "crash_free_sessions"] {
        let message = measured(measure, EVIL);
        check_is_inert(&message);
        assert!(!message.url.contains(['<', '>', '|', '"', ' ', ')', '\n']), "{}", message.url);
    }
}

#[track_caller]
fn check_is_inert(message: &Message) {
    assert!(!message.heading.contains(['\r', '\n', '\u{202e}']), "{:?}", message.heading);
    let slack = message.body("slack");
    assert!(
        !slack.contains("<!channel>")
            && !slack.contains("<https://evil")
            && !slack.contains("@everyone"),
        "{slack}"
    );
    let discord: Value = serde_json::from_str(&message.body("discord")).unwrap();
    assert_eq!(discord["allowed_mentions"]["parse"], json!([]));
    assert!(!discord["embeds"][0]["title"].as_str().unwrap().contains("](http"), "{discord}");
    for channel in ["webhook", "slack", "discord", "teams"] {
        assert!(serde_json::from_str::<Value>(&message.body(channel)).is_ok(), "{channel}");
    }
    let mail = message.body("email");
    assert!(!mail.lines().any(|line| line.starts_with("Bcc:")), "{mail}");
}
