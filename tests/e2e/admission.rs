//! Who may send how much: keys, origins, quotas, sizes, and floods.

use std::fs;

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Project, World, eventually, eventually_counted};
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
    ("a_flood_of_refusals_writes_a_handful_of_rows", flood),
    ("one_address_that_floods_a_project_is_held_off", rate),
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
    assert_eq!(plain.unwrap().status, 415);
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
    let session = envelope_of(
        "session",
        &json!({ "sid": "x", "init": true, "started": "2026-11-29T00:00:00Z" }),
    );
    assert_eq!(post(world, &path(&project, "envelope"), &[], &session).status, 200);
    eventually_counted(|| {
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
    eventually_counted(|| {
        let refused = project.api.outcomes("invalid", "no_origin")?;
        ensure!(refused == 1, "{refused}");
        Ok(())
    });
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
    eventually_counted(|| {
        let limited = project.api.outcomes("limited", "too_often")?;
        ensure!(limited > 0, "{limited}");
        Ok(())
    });
}
