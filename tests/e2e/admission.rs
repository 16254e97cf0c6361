//! Who may send how much: keys, origins, quotas, sizes, filters; and how each item ended.

use std::fs;

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Project, World, eventually};
use xtask::worker::{Options, Worker};

use crate::Test;
use crate::sender::{Reply, envelope, envelope_of, event, path, post};

pub const TESTS: &[Test] = &[
    ("a_project_has_several_keys_and_revokes_them_one_by_one", keys),
    ("settings_are_changed_by_our_own_pages_alone", forged_settings),
    ("hourly_quota_takes_exactly_so_many_events", hourly_quota),
    ("a_project_over_its_quota_says_so_while_it_waits", waiting_over_quota),
    ("a_spike_is_limited_by_the_projects_own_past", spike),
    ("events_above_the_projects_size_are_refused_and_shown", size),
    ("senders_without_an_origin_pass_by_setting", without_origin),
    ("every_item_ends_as_one_outcome_by_the_hour", outcomes),
    ("filtered_events_are_counted_by_reason_and_not_stored", filters),
    ("a_flood_of_refusals_writes_a_handful_of_rows", flood),
    ("one_address_that_floods_a_project_is_held_off", rate),
    ("visitors_are_told_apart_only_where_the_owner_wants_it", visitors),
    ("secrets_and_addresses_are_not_stored", secrets),
    ("a_user_is_erased_and_counts_stay", erased),
    ("noise_is_explained_on_the_issues_page", noise),
    ("settings_page_shows_and_saves", page),
];

fn send(world: &World, project: &Project, number: u32) -> Reply {
    post(world, &path(project, "envelope"), &[], &envelope(number, "admitted"))
}

fn keys(world: &World) {
    let project = world.project();
    let first = project.key();
    let made = project.api.send("POST", "keys/", &json!({ "label": "checkout" })).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let second = made["public_key"].as_str().unwrap().to_owned();
    assert_eq!(made["dsn"], project.dsn.replace(&first, &second));
    let by = |key: &str, number: u32| {
        let path = format!("{}?sentry_key={key}", project.ingest());
        post(world, &path, &[], &envelope(number, "admitted")).status
    };
    assert_eq!((by(&first, 1), by(&second, 2)), (200, 200));

    let revoked = project.api.send("DELETE", &format!("keys/{second}/"), &json!({})).unwrap();
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!((by(&second, 3), by(&first, 4)), (403, 200));
    let keys = project.api.json("keys/").unwrap();
    let found: Vec<_> = keys
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (&key["label"], key["revoked"].is_null()))
        .collect();
    assert_eq!(found, [(&json!(""), true), (&json!("checkout"), false)]);
    // Nobody revokes another project's.
    let other = world.project();
    let foreign = other.api.send("DELETE", &format!("keys/{first}/"), &json!({})).unwrap();
    assert_eq!((foreign.status, by(&first, 5)), (404, 200));
    assert_eq!(project.api.only_issue().unwrap().count, 4);
}

fn forged_settings(world: &World) {
    let project = world.project();
    let plain = project.api.send_as("PATCH", "settings/", "text/plain", "{\"hourly_quota\":1}");
    assert_eq!(plain.unwrap().status, 400);
    for (body, detail) in [
        (json!({ "quota": 1 }), "there is no setting \"quota\""),
        (json!({ "hourly_quota": "many" }), "hourly_quota cannot be \"many\""),
        (json!({ "allowed_origins": ["a b"] }), "\"a b\" is no origin"),
    ] {
        let answer = project.api.send("PATCH", "settings/", &body).unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.detail().contains(detail), "{answer:?}");
    }
    let signed_out = world.get_signed_out(&format!("/api/0/projects/{}/keys/", project.slug));
    assert_eq!(signed_out.status, 401);
    assert_eq!(project.api.json("settings/").unwrap()["hourly_quota"], 0);
}

fn hourly_quota(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "hourly_quota": 10 })).unwrap();
    let replies: Vec<Reply> = (1..=15).map(|number| send(world, &project, number)).collect();
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [[200; 10].as_slice(), &[429; 5]].concat());
    let refused = replies.last().unwrap();
    let after: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=3_601).contains(&after), "{refused:?}");
    let limits = format!("{after}:default;error;security:project:hourly_quota");
    assert_eq!(refused.header("x-sentry-rate-limits"), limits);
    assert!(refused.detail().contains("hourly quota of 10 events"), "{refused:?}");
    assert_eq!(project.api.only_issue().unwrap().count, 10);
    // What is no event has no quota.
    let session = envelope_of("session", &json!({ "sid": "x" }));
    assert_eq!(post(world, &path(&project, "envelope"), &[], &session).status, 200);
    eventually(|| {
        let limited = project.api.outcomes("limited", "hourly_quota")?;
        ensure!(limited == 5, "{limited} limited");
        Ok(())
    });
    // Of an envelope of three, those are taken for which there is room; the sender hears of the others.
    project.api.set(&json!({ "hourly_quota": 12 })).unwrap();
    let three: String = (16..=18)
        .map(|number| format!("\n{{\"type\":\"event\"}}\n{}", event(number, "admitted")))
        .collect();
    let reply = post(world, &path(&project, "envelope"), &[], format!("{{}}{three}").as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.header("x-sentry-rate-limits").ends_with(":hourly_quota"), "{reply:?}");
    assert_eq!(project.api.only_issue().unwrap().count, 12);
    // Raised, it takes more.
    project.api.set(&json!({ "hourly_quota": null })).unwrap();
    assert_eq!(send(world, &project, 20).status, 200);
}

/// As if so many events had come in an hour.
fn came(world: &World, project: &Project, hours_ago: i64, events: u32) {
    let id = project.id();
    let hour = format!("unixepoch() / 3600 - {hours_ago}");
    world.database.run(&format!(
        "INSERT INTO project_hour VALUES ({id}, {hour}, {events}, 0, 0)
         ON CONFLICT DO UPDATE SET events = excluded.events"
    ));
}

fn waiting_over_quota(world: &World) {
    let project = world.project();
    came(world, &project, 0, 500);
    project.api.set(&json!({ "daily_quota": 500 })).unwrap();
    let reply = send(world, &project, 1);
    assert_eq!(reply.status, 429, "{reply:?}");
    assert!(reply.header("x-sentry-rate-limits").ends_with(":daily_quota"), "{reply:?}");
    shows(&project, "The project&#39;s daily quota of 500 events is reached.");
}

/// What the page says that waits for the first event.
fn shows(project: &Project, expected: &str) {
    eventually(|| {
        let page = project.api.page(&format!("/{}/issues/", project.slug))?;
        ensure!(page.body.contains("Listening"), "the project waits: {}", page.body);
        ensure!(page.body.contains(expected), "{expected}: {}", page.body);
        Ok(())
    });
}

fn spike(world: &World) {
    let project = world.project();
    // 200 an hour for two days: 2,000 are the most.
    for hours_ago in 1..=48 {
        came(world, &project, hours_ago, 200);
    }
    came(world, &project, 0, 1_999);
    world.database.run(&format!(
        "UPDATE project_hour SET spike_limit = 2000 WHERE project_id = {} AND hour = unixepoch() / 3600",
        project.id()
    ));
    assert_eq!(send(world, &project, 1).status, 200);
    let reply = send(world, &project, 2);
    assert_eq!(reply.status, 429, "{reply:?}");
    assert!(reply.detail().contains("spike limit of 2000 events"), "{reply:?}");
    project.api.set(&json!({ "spike_protection": false })).unwrap();
    assert_eq!(send(world, &project, 3).status, 200);
}

fn size(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "max_event_bytes": 200 })).unwrap();
    let long = envelope(1, &"x".repeat(300));
    let reply = post(world, &path(&project, "envelope"), &[], &long);
    assert_eq!(reply.status, 413, "{reply:?}");
    assert!(reply.detail().contains("this project's limit is 200"), "{reply:?}");
    shows(&project, "this project&#39;s limit is 200");
    assert_eq!(send(world, &project, 2).status, 200);
}

fn without_origin(world: &World) {
    let project = world.project_for(&["https://shop.test"]);
    let with = |headers: &[(&str, &str)], number: u32| {
        post(world, &path(&project, "envelope"), headers, &envelope(number, "admitted")).status
    };
    let origin = |value: &'static str| [("Origin", value)];
    assert_eq!((with(&[], 1), with(&origin("https://shop.test"), 2)), (200, 200));
    assert_eq!((with(&origin("https://evil.test"), 3), with(&origin("null"), 4)), (403, 403));
    project.api.set(&json!({ "allow_without_origin": false })).unwrap();
    assert_eq!((with(&[], 5), with(&origin("https://shop.test"), 6)), (403, 200));
    assert_eq!(project.api.only_issue().unwrap().count, 3);
    eventually(|| {
        let refused = project.api.outcomes("invalid", "no_origin")?;
        ensure!(refused == 1, "{refused}");
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
        eventually(|| {
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
        eventually(|| {
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

fn flood(world: &World) {
    let project = world.project_for(&["https://shop.test"]);
    let before = world.database.rows();
    for number in 0..300 {
        let origin = format!("https://evil-{number}.test");
        let reply = post(
            world,
            &path(&project, "envelope"),
            &[("Origin", &origin)],
            &envelope(number, "hostile"),
        );
        assert_eq!(reply.status, 403);
        let unknown = format!("{}?sentry_key={number:032x}", project.ingest());
        assert_eq!(post(world, &unknown, &[], b"{}").status, 403);
        assert_eq!(post(world, &path(&project, "envelope"), &[], b"nonsense").status, 400);
    }
    assert_eq!(world.database.rows(), before);
    let rows = format!("SELECT count(*) FROM outcome WHERE project_id = {}", project.id());
    // Three outcomes; a row each in ten seconds.
    let rows = world.database.number(&rows);
    assert!(rows <= 9, "{rows} rows");
    // A real sender is not kept off by made-up keys.
    assert_eq!(send(world, &project, 1).status, 200);
}

fn rate(world: &World) {
    let text = fs::read_to_string(world.paths.deploy.join("wrangler.toml")).unwrap();
    let low = text.replace("limit = 60000", "limit = 5");
    assert_ne!(low, text, "the rate limit stands in wrangler.toml");
    let directory = world.paths.target.join("e2e/rate");
    fs::create_dir_all(&directory).unwrap();
    let absolute = |name: &str| format!("\"{}\"", world.paths.deploy.join(name).display());
    let low = low
        .replace("\"worker/index.js\"", &absolute("worker/index.js"))
        .replace("\"assets\"", &absolute("assets"));
    let config = directory.join("wrangler.toml");
    fs::write(&config, low).unwrap();
    let worker = Worker::start(
        &world.paths,
        &Options {
            state: directory.join("state"),
            log: directory.join("wrangler.log"),
            port: None,
            variables: Vec::new(),
            config: Some(config),
        },
    )
    .unwrap();
    let (project, other) =
        (Project::of(&worker, "flooded").unwrap(), Project::of(&worker, "calm").unwrap());
    let answers: Vec<_> = (1..=8).map(|number| project.send(&envelope(number, "m"))).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
    assert_eq!(answers[7].retry_after.as_deref(), Some("60"));
    assert_eq!(other.send(&envelope(1, "m")).status, 200);
    eventually(|| {
        let limited = project.api.outcomes("limited", "too_often")?;
        ensure!(limited > 0, "{limited}");
        Ok(())
    });
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
    tab.open(&format!("{}/{}/settings/", world.worker.dashboard(), project.slug));
    tab.shows("main", "Who may send");
    tab.click("#senders button");
    tab.shows("main", "Who may send");
    tab.click("#keys form.line-up button");
    eventually(|| {
        let keys = project.api.json("keys/")?;
        ensure!(keys.as_array().map(Vec::len) == Some(2), "{keys}");
        Ok(())
    });
    tab.click("#filters input[name=localhost]");
    tab.click("#filters button");
    eventually(|| {
        let settings = project.api.json("settings/")?;
        ensure!(settings["filters"]["localhost"] == true, "{settings}");
        ensure!(settings["filters"]["crawlers"] == true, "{settings}");
        Ok(())
    });
}
