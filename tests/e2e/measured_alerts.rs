//! Alerts on what is measured: a real receiver is told once as a web vital, failed requests or a crash-free rate go past a limit, and
//! again only after they were not; what strangers call a page stays text in each format.

use std::collections::BTreeSet;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Project, Received, World, eventually};
use xtask::worker::http;

use crate::Test;
use crate::sender::{envelope_of, event, path, post};

pub const TESTS: &[Test] = &[
    ("measured_alerts_tell_once_as_a_vital_goes_past_its_limit_and_again_after_it_was_not", vital),
    ("measured_alerts_tell_of_failed_requests_and_link_to_their_endpoint", failures),
    ("measured_alerts_tell_of_crash_free_sessions_of_the_newest_release", crash_free),
    ("measured_alerts_keep_a_hostile_page_name_text_in_each_format", hostile),
    ("measured_alerts_are_checked_made_and_tried_without_a_script", form),
];

const CRON: &str = "/__scheduled?cron=*+*+*+*+*";

/// Looks at everything that is due, as the cron of so much later.
fn look_later(world: &World, project: &Project) {
    world.database.pass_alert_time(project.id(), 900_000);
    let answer = world.get_site(CRON);
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn rule(world: &World, project: &Project, more: &Value) -> Value {
    let target = world.receiver.url(&format!("/{}", project.slug));
    let mut rule = json!({ "target": target, "new": false, "at_least": 30 });
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    let answer = project.api.send("POST", "alerts/", &rule).unwrap();
    assert_eq!(answer.status, 201, "{rule}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

/// So many messages, once they have come.
fn messages(world: &World, path: &str, count: usize) -> Vec<Received> {
    eventually(|| {
        let received = world.receiver.received(path);
        ensure!(received.len() == count, "{} of {count} messages: {received:#?}", received.len());
        Ok(received)
    })
}

/// The only rule, as the API shows it.
fn shown(project: &Project) -> Value {
    project.api.json("alerts/").unwrap()["rules"][0].clone()
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn send(world: &World, project: &Project, body: &[u8]) {
    let reply = post(world, &path(project, "envelope"), &[], body);
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// Views of a page that all took as long, each with ten requests, of which some failed.
fn views(
    world: &World,
    project: &Project,
    numbers: std::ops::Range<u64>,
    page: &str,
    (lcp, failed): (u32, u32),
) {
    let view = |number: u64| {
        json!({
            "id": format!("{:08x}{number:024x}", number.wrapping_mul(2_654_435_761) & 0xffff_ffff),
            "started": (now_s() - 20) * 1_000, "url": "https://shop.test/checkout", "page": page, "kind": "navigate",
            "sample_rate": 1, "vitals": { "lcp": { "value": lcp, "target": "main" } },
            "requests": [{ "method": "POST", "url": "/api/pay", "count": 10, "status_5xx": failed, "durations": [[60, 10]] }],
        })
    };
    let all: Vec<String> =
        numbers.map(|number| format!("\n{{\"type\":\"page_view\"}}\n{}", view(number))).collect();
    for some in all.chunks(15) {
        send(world, project, format!("{{}}{}", some.concat()).as_bytes());
    }
}

fn vital(world: &World) {
    let project = world.project();
    let receiver = format!("/{}", project.slug);
    let measure = json!({ "measure": "lcp", "limit": 2_500, "of": "/checkout", "hours": 1 });
    rule(world, &project, &measure);
    views(world, &project, 0..20, "/checkout", (4_000, 0));
    views(world, &project, 20..60, "/journal", (9_000, 0));
    look_later(world, &project);
    let rule = shown(&project);
    assert_eq!(
        (&rule["measured"]["count"], &rule["beyond_since"]),
        (&json!(20), &Value::Null),
        "20 views say nothing: {rule:#}"
    );
    views(world, &project, 60..80, "/checkout", (4_000, 0));
    world.database.pass_alert_time(project.id(), 900_000);
    let site = world.worker.site();
    thread::scope(|scope| {
        for _ in 0..3 {
            let run = || http().get(format!("{site}{CRON}")).call().unwrap().status();
            scope.spawn(move || assert_eq!(run(), 200));
        }
    });
    let told = messages(world, &receiver, 1).remove(0);
    let json = told.json();
    assert_eq!(told.kinds(), ["measure"]);
    let measured = &json["conditions"][0]["measured"];
    let value = measured["value"].as_f64().unwrap();
    assert!((value / 4_000.0 - 1.0).abs() < 0.05, "{json:#}");
    assert_eq!(
        (&measured["limit"], &measured["unit"], &measured["page"], &measured["count"]),
        (&json!(2_500), &json!("ms"), &json!("/checkout"), &json!(40)),
    );
    let slug = &project.slug;
    let shown_at = format!("/{slug}/vitals/?page=%2Fcheckout&range=24h");
    assert_eq!(json["url"], format!("{}{shown_at}", world.worker.dashboard()));
    let page = project.api.page(&shown_at).unwrap();
    assert!(page.status == 200 && page.body.contains("id=\"open\""), "it leads to the page's row");

    for _ in 0..3 {
        look_later(world, &project);
    }
    assert!(shown(&project)["beyond_since"].is_string());
    views(world, &project, 100..300, "/checkout", (1_000, 0));
    look_later(world, &project);
    assert_eq!(shown(&project)["beyond_since"], Value::Null);
    assert_eq!(world.receiver.received(&receiver).len(), 1, "nothing is told of an end");
    views(world, &project, 300..500, "/checkout", (4_000, 0));
    look_later(world, &project);
    look_later(world, &project);
    let told = messages(world, &receiver, 2);
    let ids: BTreeSet<&str> = told.iter().map(|one| one.delivery.as_str()).collect();
    assert_eq!(ids.len(), 2);
    let rows = format!("SELECT count(*) FROM alert_outbox WHERE project_id = {}", project.id());
    assert_eq!(world.database.number(&rows), 2, "one row a condition");
}

fn failures(world: &World) {
    let project = world.project();
    let receiver = format!("/{}", project.slug);
    let measure =
        json!({ "measure": "failure_rate", "limit": 5, "of": "POST /api/pay", "hours": 1 });
    rule(world, &project, &measure);
    views(world, &project, 0..30, "/", (1_000, 0));
    look_later(world, &project);
    assert_eq!(shown(&project)["measured"]["value"], json!(0.0));
    // 30 of 600 are no more than 5 %, 33 of 610 are.
    views(world, &project, 30..60, "/", (1_000, 1));
    look_later(world, &project);
    assert_eq!(world.receiver.received(&receiver).len(), 0);
    views(world, &project, 60..61, "/", (1_000, 3));
    look_later(world, &project);
    let told = messages(world, &receiver, 1).remove(0).json();
    let measured = &told["conditions"][0]["measured"];
    assert_eq!(
        (&measured["value"], &measured["unit"], &measured["endpoint"], &measured["count"]),
        (&json!(5.409), &json!("percent"), &json!("POST /api/pay"), &json!(610)),
    );
    assert!(
        told["text"]
            .as_str()
            .unwrap()
            .starts_with("5.41% of 610 requests failed within 1 h, above 5% in"),
        "{told:#}"
    );
    let shown_at = format!("/{}/requests/?endpoint=POST+%2Fapi%2Fpay&range=24h", project.slug);
    assert_eq!(told["url"], format!("{}{shown_at}", world.worker.dashboard()));
    let page = project.api.page(&shown_at).unwrap();
    assert!(page.body.contains("How it failed"), "it leads to the endpoint's row");
}

fn crash_free(world: &World) {
    let project = world.project();
    let receiver = format!("/{}", project.slug);
    let measure = json!({ "measure": "crash_free_sessions", "limit": 99, "of": "newest" });
    rule(world, &project, &measure);
    let release = |number: u32, release: &str, crashed: u32| {
        let mut event = event(number, release);
        event["release"] = json!(release);
        send(world, &project, &envelope_of("event", &event));
        let sessions = json!({
            "attrs": { "release": release, "environment": "production" },
            "aggregates": [{ "started": now_s(), "exited": 200 - crashed, "crashed": crashed }],
        });
        send(world, &project, &envelope_of("sessions", &sessions));
    };
    release(1, "shop@1", 1);
    look_later(world, &project);
    assert_eq!(shown(&project)["measured"]["value"], json!(99.5));
    release(2, "shop@2", 5);
    for _ in 0..3 {
        look_later(world, &project);
    }
    let told = messages(world, &receiver, 1).remove(0).json();
    let measured = &told["conditions"][0]["measured"];
    assert_eq!(
        (&measured["value"], &measured["limit"], &measured["release"], &measured["count"]),
        (&json!(97.5), &json!(99.0), &json!("shop@2"), &json!(200)),
    );
    let shown_at = format!("/{}/releases/?release=shop%402&range=24h", project.slug);
    assert_eq!(told["url"], format!("{}{shown_at}", world.worker.dashboard()));
    assert_eq!(project.api.page(&shown_at).unwrap().status, 200);
}

const EVIL: &str = "<!channel> <https://evil.test|pay> @everyone [x](https://evil.test) \"}],<script>alert(1)</script>";

fn hostile(world: &World) {
    let project = world.project();
    let channels = ["webhook", "slack", "discord", "teams"];
    let receiver = |channel: &str| format!("/{}-{channel}", project.slug);
    for channel in channels {
        let target = world.receiver.url(&receiver(channel));
        let measure = json!({ "measure": "lcp", "limit": 2_500, "of": EVIL, "hours": 24 });
        let mut measure = measure;
        (measure["channel"], measure["target"]) = (json!(channel), json!(target));
        rule(world, &project, &measure);
    }
    views(world, &project, 0..40, EVIL, (4_000, 0));
    // Three rules a run.
    look_later(world, &project);
    look_later(world, &project);
    for channel in channels {
        let message = messages(world, &receiver(channel), 1).remove(0);
        // It is JSON, and says the name.
        let json = message.json();
        assert!(message.body.contains("evil.test"), "{channel}: {json:#}");
        match channel {
            "webhook" => assert_eq!(json["conditions"][0]["measured"]["page"], EVIL),
            "slack" => {
                let text = json["blocks"][0]["text"]["text"].as_str().unwrap();
                assert_eq!(text.matches('<').count(), 1, "one link, which is ours: {text}");
                assert!(!text.contains("@everyone"), "{text}");
            }
            "discord" => {
                assert_eq!(json["allowed_mentions"]["parse"], json!([]));
                let title = json["embeds"][0]["title"].as_str().unwrap();
                assert!(!title.contains("](") && !title.contains("://"), "{title}");
            }
            _ => {
                let card = &json["attachments"][0]["content"];
                assert_eq!(card["body"][0]["inlines"][0]["type"], "TextRun");
                assert_eq!(card["body"].as_array().map(Vec::len), Some(1), "{card:#}");
            }
        }
    }
    let listed = project.api.json("alerts/deliveries/").unwrap();
    let is_told =
        |one: &Value| one["kind"] == "measure" && one["measured"]["page"].as_str() == Some(EVIL);
    assert!(listed.as_array().unwrap().iter().all(is_told), "{listed:#}");
    let page = project.api.page(&format!("/{}/settings/alerts/", project.slug)).unwrap().body;
    assert!(page.contains("evil.test") && !page.contains("<script>alert(1)"));
    assert!(page.contains("/vitals/?page=%3C%21channel%3E"), "what was told leads to it: {page}");
}

fn form(world: &World) {
    let project = world.project();
    let receiver = format!("/{}", project.slug);
    for (measure, said) in [
        (json!({ "measure": "fid" }), "measure is one of lcp, inp"),
        (json!({ "measure": "lcp" }), "limit is in milliseconds, above 0"),
        (json!({ "measure": "lcp", "limit": "slow" }), "the rule cannot be so"),
        (json!({ "measure": "failure_rate", "limit": 100 }), "below 100 percent"),
        (json!({ "measure": "lcp", "limit": 1, "hours": 2 }), "hours is 1, 6 or 24"),
        (json!({ "measure": "crash_free_users", "limit": 99, "hours": 1 }), "steps of six hours"),
        (json!({ "measure": "lcp", "limit": 1, "environment": "a" }), "leave environment empty"),
    ] {
        let mut rule = measure;
        rule["target"] = json!(world.receiver.url(&receiver));
        let answer = project.api.send("POST", "alerts/", &rule).unwrap();
        assert!(answer.status == 400 && answer.body.contains(said), "{rule}: {answer:?}");
    }
    let alerts = format!("/{}/settings/alerts/", project.slug);
    let target = world.receiver.url(&receiver);
    let mut fields = vec![
        ("channel", "webhook"),
        ("target", target.as_str()),
        ("measure", "crash_free_users"),
        ("limit", "99.5"),
        ("of", " shop@2 "),
        ("hours", "24"),
        ("at_least", "50"),
    ];
    project.api.submit(&alerts, &alerts, &fields).unwrap();
    let page = project.api.page(&alerts).unwrap().body;
    let words = "Crash-free users below 99.5% in shop@2 over 24 h, of 50 users or more.";
    assert!(page.contains(words), "{page}");
    let rule = shown(&project);
    assert_eq!(
        (&rule["limit"], &rule["of"], &rule["measured"]),
        (&json!(99.5), &json!("shop@2"), &Value::Null),
        "{rule:#}"
    );
    let id = &rule["id"];
    project.api.submit(&alerts, &format!("{alerts}{id}/test"), &[]).unwrap();
    assert_eq!(messages(world, &receiver, 1)[0].kinds(), ["test"]);
    look_later(world, &project);
    let page = project.api.page(&alerts).unwrap().body;
    assert!(page.contains("Last: nothing measured."), "{page}");
    fields[3] = ("limit", "many");
    let refused = project.api.submit(&alerts, &format!("{alerts}{id}/save"), &fields);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("limit is a number, not"), "{refused}");
    fields[2] = ("measure", "");
    fields[3] = ("limit", "");
    project.api.submit(&alerts, &format!("{alerts}{id}/save"), &fields).unwrap();
    assert!(project.api.page(&alerts).unwrap().body.contains("Nothing: no condition is chosen."));
}
