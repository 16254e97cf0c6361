//! Page views: counted once, numbers that are right while they wait and when they are added up, and errors that come first.

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Project, World, eventually};
use xtask::worker::{Options, Worker};

use crate::Test;
use crate::sender::{envelope, event, path, post};

pub const TESTS: &[Test] = &[
    ("page_views_are_numbers_at_once_and_stay_them_when_added_up", numbers),
    ("an_error_is_joined_with_the_views_that_met_it", joined),
    ("transactions_of_other_sdks_are_page_views", transactions),
    ("a_flood_of_page_views_leaves_the_days_rows_to_errors", flood),
];

/// The trigger that adds up.
const CRON: &str = "/__scheduled?cron=3-58/5+*+*+*+*";

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(now.expect("a clock").as_millis()).expect("a time")
}

/// A view whose interaction took so many milliseconds.
fn view(number: u64, page: &str, inp: u64) -> Value {
    json!({
        "id": format!("{:08x}{number:024x}", number.wrapping_mul(2_654_435_761) & 0xffff_ffff),
        "session_id": format!("{number:032x}"),
        "started": now_ms() - 20_000,
        "url": format!("https://shop.test{page}?secret=1"),
        "page": page,
        "kind": "navigate",
        "release": if number.is_multiple_of(2) { "shop@1" } else { "shop@2" },
        "environment": "production",
        "device": "phone",
        "abandoned": number.is_multiple_of(4),
        "vitals": {
            "lcp": { "value": 2 * inp, "target": "main > img.hero", "ttfb": 100, "load_delay": 200, "load": 300, "render": 50 },
            "inp": { "value": inp, "target": "button#buy", "input_delay": 10, "processing": inp - 20, "presentation": 10 },
        },
        "load": { "dom_complete": 900, "load": 1_000 },
        "long_frames": { "count": 1, "blocking": 80, "worst": [{ "duration": 120, "blocking": 80, "script": "https://shop.test/app.js", "function": "render" }] },
        "requests": [{ "method": "GET", "url": "/api/items/17", "count": 3, "status_5xx": 1, "durations": [[60, 2], [90, 1]] }],
    })
}

fn items(kind: &str, payloads: &[Value]) -> Vec<u8> {
    let items = payloads.iter().map(|payload| format!("\n{}\n{payload}", json!({ "type": kind })));
    format!("{{}}{}", items.collect::<String>()).into_bytes()
}

fn send(world: &World, project: &Project, views: &[Value]) {
    for some in views.chunks(15) {
        let reply = post(world, &path(project, "envelope"), &[], &items("page_view", some));
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

/// As hours later.
fn add_up(world: &World, project: &Project) {
    world.database.run("UPDATE page_view_fold SET begun_ms = 0");
    let waiting = format!(
        "SELECT coalesce(sum(c.count), 0) FROM page_view_chunk c LEFT JOIN page_view_fold f USING (project_id)
         WHERE c.project_id = {} AND c.generation > coalesce(f.folded, 0)",
        project.id()
    );
    eventually(|| {
        assert_eq!(world.get_site(CRON).status, 200);
        let waiting = world.database.number(&waiting);
        ensure!(waiting == 0, "{waiting} wait");
        Ok(())
    });
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found / expected - 1.0).abs() <= 0.05, "{found} is not {expected}");
}

fn numbers(world: &World) {
    let project = world.project();
    let views: Vec<Value> = (0..600)
        .map(|number| view(number, if number % 3 == 0 { "/cart" } else { "/" }, 100 + number))
        .collect();
    send(world, &project, &views);
    send(world, &project, &views[..30]);
    check(&project, 600);
    add_up(world, &project);
    check(&project, 600);
    send(world, &project, &views[..30]);
    check(&project, 600);
    let stored = world
        .database
        .number("SELECT count(*) FROM page_view_chunk WHERE instr(views, 'secret') > 0");
    assert_eq!(stored, 0, "queries are not stored");
}

fn check(project: &Project, views: u64) {
    let api = &project.api;
    for range in ["24h", "14d"] {
        let vitals = api.json(&format!("vitals/?range={range}")).unwrap();
        assert_eq!(vitals["all"]["views"], json!(views as f64));
        near(&vitals["all"]["inp"]["p75"], 100.0 + 450.0);
        near(&vitals["all"]["lcp"]["p50"], 2.0 * (100.0 + 300.0));
        let names: Vec<&Value> =
            vitals["list"].as_array().unwrap().iter().map(|one| &one["page"]).collect();
        assert_eq!(names, ["/", "/cart"]);
        assert_eq!(vitals["list"][1]["views"], json!(200.0));
        assert_eq!(vitals["list"][1]["abandoned"], json!(50.0));
        let requests = api.json(&format!("requests/?range={range}")).unwrap();
        let one = &requests["list"][0];
        assert_eq!(
            (&one["endpoint"], &one["requests"]),
            (&json!("GET /api/items/{id}"), &json!(3.0 * views as f64))
        );
        assert_eq!(one["status_5xx"], json!(views as f64));
    }
    let release = api.json("vitals/?release=shop@1").unwrap();
    assert_eq!(release["all"]["views"], json!(views as f64 / 2.0));
    let page = api.json("vitals/page/?page=/cart").unwrap();
    assert_eq!(page["inp_targets"][0]["target"], "button#buy");
    assert_eq!(page["lcp_targets"][0]["mean_parts"]["load"], json!(300.0));
    assert_eq!(page["releases"].as_array().unwrap().len(), 2);
    assert!(!page["slowest"].as_array().unwrap().is_empty());
    let endpoint = api.json("requests/endpoint/?endpoint=GET+/api/items/%7Bid%7D").unwrap();
    assert_eq!(endpoint["called_from"][0]["page"], "/");
    let loads = api.json("loads/").unwrap();
    assert_eq!(loads[0]["phases"]["load"], json!(1_000.0));
    assert_eq!(loads[0]["lcp"], json!(1_398.0));
    let frames = api.json("frames/").unwrap();
    assert_eq!(
        (&frames[0]["function"], &frames[0]["mean_blocking"]),
        (&json!("render"), &json!(80.0))
    );
}

fn joined(world: &World) {
    let project = world.project();
    let mut views: Vec<Value> = (0..60).map(|number| view(1_000 + number, "/pay", 100)).collect();
    for view in &mut views[..20] {
        view["errors"] = json!(1);
        view["abandoned"] = json!(true);
        view["vitals"]["inp"]["value"] = json!(900);
    }
    send(world, &project, &views);
    for (number, view) in (1..).zip(&views[..20]) {
        let mut event = event(number, "no answer from the bank");
        event["page_view_id"] = view["id"].clone();
        event["session_id"] = view["session_id"].clone();
        event["timestamp"] = json!(now_ms() / 1_000);
        assert_eq!(
            post(world, &path(&project, "envelope"), &[], &items("event", &[event])).status,
            200
        );
    }
    let issue = project.api.only_issue().unwrap();
    let address = format!("issues/{}/visits/", issue.short_id);
    // What waits is not compared with: it is added up first.
    add_up(world, &project);
    let visits = project.api.json(&address).unwrap();
    assert_eq!(visits["views"], 20);
    near(&visits["inp_p75"], 900.0);
    near(&visits["inp_p75_without"], 100.0);
    assert_eq!(visits["abandoned"], json!(1.0));
    assert!(visits["abandoned_without"].as_f64().unwrap() < 0.5, "{visits}");
}

fn transactions(world: &World) {
    let project = world.project();
    let seconds = now_ms() as f64 / 1_000.0 - 30.0;
    let transaction = json!({
        "event_id": "5".repeat(32), "type": "transaction", "transaction": "/orders/4711", "start_timestamp": seconds,
        "timestamp": seconds + 2.0, "release": "shop@1", "request": { "url": "https://shop.test/orders/4711" },
        "contexts": { "trace": { "op": "pageload", "data": { "sentry.sample_rate": 0.25 } } },
        "measurements": { "lcp": { "value": 1_200, "unit": "millisecond" } },
        "spans": [{ "op": "http.client", "description": "GET /api/items", "start_timestamp": seconds, "timestamp": seconds + 0.1,
            "data": { "http.response.status_code": 200 } }],
    });
    let other = json!({ "event_id": "6".repeat(32), "transaction": "job", "contexts": { "trace": { "op": "queue.task" } } });
    let reply =
        post(world, &path(&project, "envelope"), &[], &items("transaction", &[transaction, other]));
    assert_eq!(reply.status, 200, "{reply:?}");
    let vitals = project.api.json("vitals/").unwrap();
    assert_eq!(
        (&vitals["list"][0]["page"], &vitals["list"][0]["views"]),
        (&json!("/orders/{id}"), &json!(4.0))
    );
    near(&vitals["list"][0]["lcp"]["p75"], 1_200.0);
    let requests = project.api.json("requests/").unwrap();
    assert_eq!(
        (&requests["list"][0]["endpoint"], &requests["list"][0]["requests"]),
        (&json!("GET /api/items"), &json!(4.0))
    );
    eventually(|| {
        let dropped = project.api.outcomes("dropped", "unsupported_item")?;
        ensure!(dropped == 1, "{dropped} dropped");
        Ok(())
    });
}

fn flood(world: &World) {
    let directory = world.paths.target.join("e2e/daily-rows");
    drop(std::fs::remove_dir_all(directory.join("state")));
    let options = Options {
        state: directory.join("state"),
        log: directory.join("wrangler.log"),
        port: None,
        variables: vec![("DAILY_ROWS".into(), "1000".into())],
        config: None,
    };
    let worker = Worker::start(&world.paths, &options).expect("a Worker");
    let project = Project::of(&worker, "flooded").expect("a project");
    let api = &project.api;
    let address = format!("{}{}", worker.site(), path(&project, "envelope"));
    let (mut limited, mut taken) = (0, 0);
    for number in 0..120_u64 {
        let views: Vec<Value> = (0..10).map(|one| view(number * 10 + one, "/", 100)).collect();
        let answer = raw(&address, &items("page_view", &views));
        assert_eq!(answer.0, 200);
        match answer.1.contains(":organization:reserved_for_errors") {
            true => {
                assert!(
                    !answer.1.contains("error;") && answer.1.contains("page_view"),
                    "{}",
                    answer.1
                );
                limited += 10;
            }
            false => taken += 10,
        }
        let error = u32::try_from(number).expect("a number");
        assert_eq!(raw(&address, &envelope(error, "an error in a flood")).0, 200);
    }
    assert!((350..=500).contains(&taken), "{taken} of 1,000 rows");
    assert_eq!(api.only_issue().unwrap().count, 120, "no error is held back");
    eventually(|| {
        let found = api.outcomes("limited", "reserved_for_errors")?;
        ensure!(found == limited, "{found} of {limited} limited");
        Ok(())
    });
}

/// Status and limits.
fn raw(address: &str, body: &[u8]) -> (u16, String) {
    let answer = xtask::worker::http().post(address).send(body).expect("an answer");
    let limits = answer.headers().get("x-sentry-rate-limits");
    let limits = limits.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    (answer.status().as_u16(), limits)
}
