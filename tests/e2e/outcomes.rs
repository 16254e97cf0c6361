//! What becomes of what was admitted: outcomes, filters, secrets, users, noise, and the page where all of it is set.

use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use trapline_tests::{World, eventually, eventually_counted};

use crate::Test;
use crate::sender::{envelope, envelope_of, event, path, post};

pub const TESTS: &[Test] = &[
    ("every_item_ends_as_one_outcome_by_the_hour", outcomes),
    ("filtered_events_are_counted_by_reason_and_not_stored", filters),
    ("visitors_are_told_apart_only_where_the_owner_wants_it", visitors),
    ("secrets_and_addresses_are_not_stored", secrets),
    ("a_user_is_erased_and_counts_stay", erased),
    ("noise_is_explained_on_the_issues_page", noise),
    ("settings_page_shows_and_saves", page),
    ("outcomes_page_says_what_was_not_stored_and_why", outcomes_page),
    ("a_quota_that_is_reached_is_told_on_every_page", quota_notice),
];

/// Slow ones, during which nobody else may send.
pub const LONG_TESTS: &[Test] =
    &[("what_was_counted_last_is_written_though_nobody_comes_again", counted_last)];

/// For longer than a request may go on after its answer, and then never again.
fn counted_last(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "allowed_origins": ["https://shop.test"] })).unwrap();
    let foreign = [("Origin", "https://evil.test")];
    for number in 1..=13 {
        let reply = post(world, &path(&project, "envelope"), &foreign, &envelope(number, "x"));
        assert_eq!(reply.status, 403, "{reply:?}");
        std::thread::sleep(Duration::from_secs(2));
    }
    eventually_counted(|| {
        let found = project.api.outcomes("invalid", "origin")?;
        ensure!(found == 13, "{found}");
        Ok(())
    });
}

fn outcomes(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "filters": { "messages": ["*for nobody*"] } })).unwrap();
    let body = format!(
        "{{}}\n{{\"type\":\"event\"}}\n{}\n{{\"type\":\"event\"}}\n{}\n{{\"type\":\"event\"}}\nno JSON\n\
         {{\"type\":\"transaction\"}}\n{{}}\n{{\"type\":\"client_report\"}}\n{}",
        event(1, "stored"),
        event(2, "for nobody"),
        json!({ "discarded_events": [{ "reason": "before_send", "category": "error", "quantity": 4 }] }),
    );
    let reply = post(world, &path(&project, "envelope"), &[], body.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    post(world, &project.ingest(), &[], b"{}");
    let expected = [
        ("accepted", "", 1),
        ("filtered", "message_pattern", 1),
        ("invalid", "malformed", 1),
        ("dropped", "unsupported_item", 1),
        ("discarded", "before_send", 4),
        ("invalid", "key", 1),
    ];
    for (outcome, reason, quantity) in expected {
        eventually_counted(|| {
            let found = project.api.outcomes(outcome, reason)?;
            ensure!(found == quantity, "{found} {outcome} {reason}");
            Ok(())
        });
    }
    let rows = project.api.json("outcomes/?hours=1").unwrap();
    let hour = rows[0]["hour"].as_str().unwrap();
    assert!(hour.ends_with(":00:00Z") || hour.ends_with(":00:00.000Z"), "{rows}");
    assert_eq!(project.api.send("GET", "outcomes/?hours=0", &json!(null)).unwrap().status, 400);
}

fn filters(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "filters": { "localhost": true, "releases": ["old@*"] } })).unwrap();
    let mut extension = event(1, "of an extension");
    extension["exception"]["values"][0]["stacktrace"] = json!({ "frames": [
        { "function": "inject", "filename": "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn/content.js", "lineno": 1, "colno": 2 },
    ] });
    let mut local = event(2, "at home");
    local["request"] = json!({ "url": "http://localhost:3000/" });
    let mut old = event(3, "of an old release");
    old["release"] = json!("old@1.2.3");
    for payload in [&extension, &local, &old] {
        let reply = post(world, &path(&project, "envelope"), &[], &envelope_of("event", payload));
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.body, json!({ "id": payload["event_id"] }).to_string());
    }
    assert_eq!(project.api.issues().unwrap(), []);
    for reason in ["browser_extension", "localhost", "release_pattern"] {
        eventually_counted(|| {
            let found = project.api.outcomes("filtered", reason)?;
            ensure!(found == 1, "{found} {reason}");
            Ok(())
        });
    }
    project.api.set(&json!({ "filters": { "browser_extensions": false } })).unwrap();
    let reply = post(world, &path(&project, "envelope"), &[], &envelope_of("event", &extension));
    assert_eq!(reply.status, 200);
    assert_eq!(project.api.only_issue().unwrap().value, "of an extension");
}

fn visitors(world: &World) {
    let project = world.project();
    let with = |agent: &str, number: u32| {
        let headers = [("User-Agent", agent)];
        post(world, &path(&project, "envelope"), &headers, &envelope(number, "seen")).status
    };
    assert_eq!((with("one", 1), with("one", 2), with("two", 3)), (200, 200, 200));
    assert_eq!(project.api.only_issue().unwrap().users, 2);
    project.api.set(&json!({ "anonymous_users": false })).unwrap();
    assert_eq!(with("three", 4), 200);
    let issue = project.api.only_issue().unwrap();
    assert_eq!((issue.count, issue.users), (4, 2));
    let from = |code: &str, number: u32| {
        let headers = [("CF-IPCountry", code)];
        let body = envelope(number, "from somewhere");
        assert_eq!(post(world, &path(&project, "envelope"), &headers, &body).status, 200);
        project.api.event(&format!("{number:032x}")).unwrap().country
    };
    assert_eq!((from("DE", 5).as_str(), from("T1", 6).as_str()), ("DE", ""));
}

fn secrets(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "scrub": { "mask_keys": ["iban"] } })).unwrap();
    let mut payload = event(1, "token=abcdef0123456789abcdef0123456789");
    payload["user"] = json!({ "id": "jo", "ip_address": "{{auto}}" });
    payload["extra"] = json!({ "password": "hunter2", "iban": "DE00", "color": "red" });
    payload["request"] = json!({ "url": "https://shop.test/?token=hunter3",
        "headers": { "Authorization": "Bearer hunter4", "Cookie": "sid=hunter5" } });
    let send = || post(world, &path(&project, "envelope"), &[], &envelope_of("event", &payload));
    assert_eq!(send().status, 200);
    let stored = project.api.event(&format!("{:032x}", 1)).unwrap();
    assert_eq!(stored.user.ip_address, None);
    let text = serde_json::to_string(&stored).unwrap();
    for secret in ["hunter2", "hunter3", "hunter4", "hunter5", "DE00", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("[Filtered]") && text.contains("red"), "{text}");
    let issue = project.api.only_issue().unwrap();
    let page = project.api.page(&format!("/{}/issues/{}/", project.slug, issue.short_id)).unwrap();
    assert!(page.body.contains("taken out before anything was stored"), "{}", page.body);
    project.api.set(&json!({ "store_ip_addresses": true })).unwrap();
    payload["event_id"] = json!(format!("{:032x}", 2));
    let send = post(world, &path(&project, "envelope"), &[], &envelope_of("event", &payload));
    assert_eq!(send.status, 200);
    let stored = project.api.event(&format!("{:032x}", 2)).unwrap();
    assert_eq!(stored.user.ip_address.as_deref(), Some("127.0.0.1"));
}

fn erased(world: &World) {
    let project = world.project();
    for (number, id) in [(1, "jo"), (2, "mara"), (3, "jo")] {
        let mut payload = event(number, if number == 3 { "another bug" } else { "a bug" });
        payload["user"] = json!({ "id": id, "email": format!("{id}@shop.test") });
        let body = envelope_of("event", &payload);
        assert_eq!(post(world, &path(&project, "envelope"), &[], &body).status, 200);
    }
    let counts = || -> Vec<_> {
        let mut issues = project.api.issues().unwrap();
        issues.sort_by(|one, other| one.value.cmp(&other.value));
        issues.into_iter().map(|issue| (issue.value, issue.count, issue.users)).collect()
    };
    let before = counts();
    let answer = project.api.send("POST", "erasures/", &json!({ "user": "jo@shop.test" })).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"done\":true}"));
    for (number, is_there) in [(1, false), (2, true), (3, false)] {
        assert_eq!(project.api.event(&format!("{number:032x}")).is_ok(), is_there, "{number}");
    }
    assert_eq!(counts(), before);
    let nobody = project.api.send("POST", "erasures/", &json!({ "user": " " })).unwrap();
    assert_eq!(nobody.status, 400);
    // The pages of issues whose events are gone still open.
    for issue in project.api.issues().unwrap() {
        let page = format!("/{}/issues/{}/", project.slug, issue.short_id);
        assert_eq!(project.api.page(&page).unwrap().status, 200);
    }
}

fn noise(world: &World) {
    let project = world.project();
    let wordings = [
        (
            "ChunkLoadError",
            "Loading chunk 12 failed.\n(error: https://shop.test/assets/12.5f3a.js)",
        ),
        (
            "TypeError",
            "Failed to fetch dynamically imported module: https://shop.test/assets/cart-1a2b.js",
        ),
        (
            "TypeError",
            "error loading dynamically imported module: https://shop.test/assets/cart-1a2b.js",
        ),
        ("TypeError", "Importing a module script failed."),
    ];
    for (number, (kind, value)) in (1..).zip(wordings) {
        let mut payload = event(number, value);
        payload["exception"]["values"][0]["type"] = json!(kind);
        payload["release"] = json!("shop@1.0.0");
        let body = envelope_of("event", &payload);
        assert_eq!(post(world, &path(&project, "envelope"), &[], &body).status, 200);
    }
    // However the engines word it, one issue.
    let issue = project.api.only_issue().unwrap();
    assert_eq!(issue.count, 4);
    let page = project.api.page(&format!("/{}/issues/{}/", project.slug, issue.short_id)).unwrap();
    assert!(page.body.contains("aria-label=\"What this is\""), "{}", page.body);
    assert!(page.body.contains("class=\"remedy\""), "{}", page.body);
}

fn page(world: &World) {
    let project = world.project();
    let tab = world.tab();
    tab.open(&project.sign_in);
    let settings = format!("{}/{}/settings/", world.worker.dashboard(), project.slug);
    tab.open(&format!("{settings}keys/"));
    tab.shows("main", "Who may send");
    tab.click("#senders button");
    tab.shows("main", "Who may send");
    tab.click("#keys form.line-up button");
    eventually(|| {
        let keys = project.api.json("keys/")?;
        ensure!(keys.as_array().map(Vec::len) == Some(2), "{keys}");
        Ok(())
    });
    tab.open(&format!("{settings}filters/"));
    tab.click("#filters input[name=localhost]");
    tab.click("#filters button");
    eventually(|| {
        let settings = project.api.json("settings/")?;
        ensure!(settings["filters"]["localhost"] == true, "{settings}");
        ensure!(settings["filters"]["crawlers"] == true, "{settings}");
        Ok(())
    });
}

fn outcomes_page(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "filters": { "messages": ["*for nobody*"] }, "allowed_origins": ["https://shop.test"] })).unwrap();
    for (number, message) in [(1, "stored"), (2, "for nobody"), (3, "for nobody at all")] {
        let reply = post(world, &path(&project, "envelope"), &[], &envelope(number, message));
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let foreign = [("Origin", "https://evil.test")];
    assert_eq!(post(world, &path(&project, "envelope"), &foreign, &envelope(4, "x")).status, 403);
    let summary = eventually_counted(|| {
        let answer = project.api.json("outcomes/summary/?range=14d")?;
        let total = answer["summary"]["total"].clone();
        ensure!(
            total == json!({ "accepted": 1, "filtered": 2, "limited": 0, "dropped": 1 }),
            "{answer}"
        );
        Ok(answer)
    });
    assert_eq!(summary["summary"]["steps"].as_array().map(Vec::len), Some(14));
    assert_eq!(summary["summary"]["reasons"][0]["samples"][0]["detail"], "*for nobody*");
    assert!(summary["limits"]["database_bytes"].as_u64() > Some(10_000), "{summary}");
    assert_eq!(
        project.api.send("GET", "outcomes/summary/?range=1y", &json!(null)).unwrap().status,
        400
    );
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/outcomes/", world.worker.dashboard(), project.slug));
    tab.shows("h1", "Outcomes");
    for (part, text) in [
        (".tiles", "Accepted"),
        (".tiles", "≥ 2"),
        ("#reasons-title + table", "Messages that this project leaves out"),
        ("#reasons-title + table", "Origin not allowed"),
        ("#limits", "Database"),
        ("#nav-outcomes[aria-current]", "Outcomes"),
    ] {
        tab.shows(part, text);
    }
    tab.click(".samples summary");
    tab.shows(".samples", "*for nobody*");
    tab.click(".ranges a:last-child");
    tab.arrives("range=30d");
    tab.shows(".ranges [aria-current]", "30 d");
    let lines =
        project.api.page(&format!("/api/0/projects/{}/outcomes/export/", project.slug)).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().any(|line| line["detail"] == "https://evil.test"), "{lines:?}");
}

fn quota_notice(world: &World) {
    let project = world.project();
    let page = |name: &str| project.api.page(&format!("/{}/{name}/", project.slug)).unwrap().body;
    assert!(!page("issues").contains("class=\"meter"), "no quota, no meter");
    project.api.set(&json!({ "daily_quota": 2 })).unwrap();
    // One that comes again, because its answer was lost, takes no place.
    for (number, status) in [(1, 200), (1, 200), (2, 200), (3, 429)] {
        let reply = post(world, &path(&project, "envelope"), &[], &envelope(number, "again"));
        assert_eq!(reply.status, status, "{reply:?}");
    }
    for name in ["issues", "settings", "outcomes", "regroup"] {
        let page = page(name);
        assert!(page.contains("The daily quota of 2 events is reached."), "{name}: {page}");
        assert!(page.contains("2 of 2, resets 00:00 UTC"), "{name}: {page}");
        assert_eq!(page.matches("class=\"notice limit").count(), 1, "{name}: one notice");
    }
    project.api.set(&json!({ "daily_quota": 100 })).unwrap();
    let page = page("issues");
    assert!(!page.contains("is reached") && page.contains("2 of 100"), "{page}");
}
