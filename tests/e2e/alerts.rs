//! Who is told of what: a real receiver sees one delivery ID for each condition, whatever it answers and whoever sends at the
//! same time; and what must not be sent is not.

use std::collections::BTreeSet;
use std::thread;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use trapline_tests::{Answers, Program, Project, Received, Tab, World, eventually};
use xtask::worker::http;

use crate::Test;

pub const TESTS: &[Test] = &[
    ("alerts_each_condition_has_one_delivery_id", conditions),
    ("alerts_an_attempt_that_failed_is_made_again_with_its_id", retried),
    ("alerts_a_receiver_that_never_answers_gets_the_same_id_again", silent),
    ("alerts_who_sends_at_the_same_time_sends_once", at_the_same_time),
    ("alerts_a_storm_of_200_new_issues_is_six_messages", storm),
    ("alerts_a_redirect_is_not_followed_and_private_addresses_are_refused", refused),
    ("alerts_are_changed_by_administrators_of_the_project_only", roles),
    ("alerts_are_kept_by_administrators_in_the_browser", in_the_browser),
];

const CRON: &str = "/__scheduled?cron=*+*+*+*+*";

fn run_cron(world: &World) {
    let answer = world.get_site(CRON);
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// A path of the receiver that no other test has.
fn path_of(project: &Project) -> String {
    format!("/{}", project.slug)
}

/// A rule that sends to the receiver; as the API shows it, with its secret.
fn rule(world: &World, project: &Project, more: &Value) -> Value {
    let mut rule = json!({ "target": world.receiver.url(&path_of(project)) });
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    let answer = project.api.send("POST", "alerts/", &rule).unwrap();
    assert_eq!(answer.status, 201, "{rule}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

fn send(project: &Project, number: u32, value: &str, count: u32) {
    let event = json!({
        "event_id": format!("{number:032x}"),
        "count": count,
        "exception": { "values": [{ "type": "Error", "value": value }] },
    });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    let answer = project.send(envelope.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// So many messages, once they have come.
fn messages(world: &World, project: &Project, count: usize) -> Vec<Received> {
    eventually(|| {
        let received = world.receiver.received(&path_of(project));
        ensure!(received.len() == count, "{} of {count} messages: {received:#?}", received.len());
        Ok(received)
    })
}

fn ids(messages: &[Received]) -> BTreeSet<&str> {
    messages.iter().map(|one| one.delivery.as_str()).collect()
}

/// The newest messages as the API tells of them, once all have ended or wait for another attempt.
fn deliveries(project: &Project) -> Vec<Value> {
    eventually(|| -> Result<Vec<Value>> {
        let list = project.api.json("alerts/deliveries/")?;
        let list = list.as_array().cloned().unwrap_or_default();
        let is_said = |one: &Value| one["answer"].as_str().is_some_and(|answer| !answer.is_empty());
        ensure!(list.iter().all(is_said), "{list:#?}");
        Ok(list)
    })
}

/// Rows in the outbox.
fn conditions_of(world: &World, project: &Project) -> i64 {
    let count = format!("SELECT count(*) FROM alert_outbox WHERE project_id = {}", project.id());
    world.database.number(&count)
}

fn conditions(world: &World) {
    let project = world.project();
    let more = json!({ "regressed": true, "escalating": true, "threshold": 40, "window": 60 });
    let rule = rule(world, &project, &more);
    send(&project, 1, "broken", 1);
    let told = messages(world, &project, 1);
    assert_eq!(told[0].kinds(), ["new"]);
    let json = told[0].json();
    let short_id = project.api.only_issue().unwrap().short_id;
    assert_eq!(json["conditions"][0]["issue"], short_id.as_str());
    assert_eq!(json["conditions"][0]["title"], "Error: broken");
    let url = format!("{}/{}/issues/{short_id}/", world.worker.dashboard(), project.slug);
    assert_eq!(json["url"], url.as_str());
    // What the receiver computes with the secret it was shown is what the header says.
    let secret = rule["secret"].as_str().unwrap();
    let (time, signature) = told[0].signature.split_once(",v1=").unwrap();
    let time: i64 = time.strip_prefix("t=").unwrap().parse().unwrap();
    let expected = signature_of(secret, time, &told[0].body);
    assert_eq!(signature, expected);

    // The same envelope, and more of the same: nothing is new.
    send(&project, 1, "broken", 1);
    send(&project, 2, "broken", 1);

    let of_project = project.id();
    world.database.run(&format!(
        "UPDATE issue SET status = 1, status_ms = 1 WHERE project_id = {of_project}"
    ));
    send(&project, 3, "broken", 1);
    assert_eq!(messages(world, &project, 2)[1].kinds(), ["regressed"]);

    world.database.age_issues_by_days(project.id(), 3);
    send(&project, 4, "broken", 20);
    send(&project, 5, "broken", 21);
    assert_eq!(messages(world, &project, 3)[2].kinds(), ["escalating"]);

    // It is looked at once a minute at most, and told once as long as there are too many.
    for _ in 0..2 {
        world.database.pass_alert_time(project.id(), 600_000);
        run_cron(world);
    }
    let told = messages(world, &project, 4);
    assert_eq!(told[3].kinds(), ["threshold"]);
    assert_eq!(ids(&told).len(), 4, "{told:#?}");
    assert_eq!(conditions_of(world, &project), 4, "one row a condition");
    let listed = deliveries(&project);
    assert!(
        listed.iter().all(|one| one["state"] == "delivered" && one["attempts"] == 1),
        "{listed:#?}"
    );
}

fn retried(world: &World) {
    let project = world.project();
    let path = path_of(&project);
    rule(world, &project, &json!({}));
    let busy = Answers::Status(503, vec![("Retry-After", "120".to_owned())]);
    world.receiver.answers(&path, &[busy, Answers::Status(429, Vec::new())]);
    send(&project, 1, "broken", 1);
    messages(world, &project, 1);
    let waiting = deliveries(&project).remove(0);
    assert_eq!(
        (&waiting["state"], &waiting["status"]),
        (&json!("waiting"), &json!(503)),
        "{waiting:#}"
    );
    assert!(waiting["next_attempt"].is_string(), "{waiting:#}");
    // Less than the receiver has asked for.
    world.database.pass_alert_time(project.id(), 100_000);
    run_cron(world);
    assert_eq!(world.receiver.received(&path).len(), 1);
    world.database.pass_alert_time(project.id(), 30_000);
    run_cron(world);
    messages(world, &project, 2);
    deliveries(&project);
    world.database.pass_alert_time(project.id(), 400_000);
    run_cron(world);
    let told = messages(world, &project, 3);
    assert_eq!(ids(&told).len(), 1, "{told:#?}");
    let done = eventually(|| {
        let done = deliveries(&project).remove(0);
        ensure!(done["state"] == "delivered", "{done:#}");
        Ok(done)
    });
    assert_eq!((&done["attempts"], &done["delivery"]), (&json!(3), &waiting["delivery"]));

    // What the receiver does not want is not sent again.
    world.receiver.answers(&path, &[Answers::Status(404, Vec::new())]);
    send(&project, 2, "other", 1);
    messages(world, &project, 4);
    let failed = deliveries(&project).remove(0);
    assert_eq!(
        (&failed["state"], &failed["status"]),
        (&json!("failed"), &json!(404)),
        "{failed:#}"
    );
    assert_eq!(failed["answer"], "it answered 404: said the receiver");
    world.database.pass_alert_time(project.id(), 24 * 3_600_000);
    run_cron(world);
    assert_eq!(world.receiver.received(&path).len(), 4);
}

fn silent(world: &World) {
    let project = world.project();
    rule(world, &project, &json!({}));
    world.receiver.answers(&path_of(&project), &[Answers::Never]);
    send(&project, 1, "broken", 1);
    messages(world, &project, 1);
    // Nobody knows whether it came; whoever sent it may be gone as well.
    world.database.pass_alert_time_meanwhile(project.id(), 61_000);
    run_cron(world);
    let told = messages(world, &project, 2);
    assert_eq!(ids(&told).len(), 1, "{told:#?}");
    assert_eq!(conditions_of(world, &project), 1);
}

fn at_the_same_time(world: &World) {
    let project = world.project();
    let rule = rule(world, &project, &json!({}));
    let id = rule["id"].as_i64().unwrap();
    let change = |changes: Value| {
        let answer = project.api.send("PATCH", &format!("alerts/{id}/"), &changes).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    change(json!({ "paused": true }));
    send(&project, 1, "nobody is told", 1);
    run_cron(world);
    assert_eq!(world.receiver.received(&path_of(&project)).len(), 0, "it is paused");
    change(json!({ "paused": false }));
    let site = world.worker.site();
    thread::scope(|scope| {
        for number in 2..5 {
            let (project, site) = (&project, &site);
            let bug = format!("bug {}", words(number));
            scope.spawn(move || send(project, number, &bug, 1));
            scope.spawn(move || http().get(format!("{site}{CRON}")).call().unwrap().status());
        }
    });
    run_cron(world);
    let told = messages(world, &project, 3);
    assert_eq!(ids(&told).len(), 3, "{told:#?}");
    world.database.pass_alert_time(project.id(), 120_000);
    run_cron(world);
    assert_eq!(world.receiver.received(&path_of(&project)).len(), 3, "each was sent once");
}

fn storm(world: &World) {
    let project = world.project();
    rule(world, &project, &json!({}));
    for number in 1..=200 {
        send(&project, number, &format!("bug number {}", words(number)), 1);
    }
    // Whatever is due within the minute.
    run_cron(world);
    messages(world, &project, 5);
    world.database.pass_alert_time(project.id(), 61_000);
    run_cron(world);
    let told = messages(world, &project, 6);
    // Two that came at the very same time may be told in one before.
    let totals: Vec<u64> = told.iter().filter_map(|one| one.json()["total"].as_u64()).collect();
    assert!(totals[5] >= 190 && totals.iter().sum::<u64>() == 200, "{totals:?}");
    assert_eq!(told[5].kinds().len(), 20, "it lists as many");
    assert_eq!(conditions_of(world, &project), 200);
    assert_eq!(ids(&told).len(), 6);
    deliveries(&project);
    world.database.pass_alert_time(project.id(), 600_000);
    run_cron(world);
    assert_eq!(world.receiver.received(&path_of(&project)).len(), 6);
}

/// Numbers alone make no different issues.
fn words(number: u32) -> String {
    let digits = number.to_string();
    digits.bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

fn refused(world: &World) {
    let project = world.project();
    for target in [
        "http://127.0.0.1:1/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data/",
        "https://hooks.shop.test:8443/",
        "https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
        "https://jo@hooks.shop.test/",
    ] {
        let answer = project.api.send("POST", "alerts/", &json!({ "target": target })).unwrap();
        assert_eq!(answer.status, 400, "{target}: {answer:?}");
    }
    let path = path_of(&project);
    let rule = rule(world, &project, &json!({}));
    for status in [301, 302, 307, 308] {
        let elsewhere = world.receiver.url(&format!("{path}-elsewhere"));
        world.receiver.answers(&path, &[Answers::Status(status, vec![("Location", elsewhere)])]);
        let answer =
            project.api.send("POST", &format!("alerts/{}/test/", rule["id"]), &json!({})).unwrap();
        let tested: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (&tested["state"], &tested["status"]),
            (&json!("failed"), &json!(status)),
            "{tested:#}"
        );
        assert!(tested["answer"].as_str().unwrap().contains("a redirect, which is not followed"));
    }
    assert_eq!(world.receiver.received(&format!("{path}-elsewhere")).len(), 0);
}

fn roles(world: &World) {
    let (project, other) = (world.project(), world.project());
    let id = rule(world, &project, &json!({}))["id"].clone();
    let base = format!("/api/0/projects/{}/alerts/", project.slug);
    let new = json!({ "target": world.receiver.url("/nobody") });
    let changes = [
        ("POST", base.clone(), new.clone()),
        ("PATCH", format!("{base}{id}/"), json!({ "paused": true })),
        ("POST", format!("{base}{id}/test/"), json!({})),
        ("POST", format!("{base}{id}/secret/"), json!({})),
        ("DELETE", format!("{base}{id}/"), json!({})),
    ];
    for scope in ["project:read", "project:write"] {
        let program = Program::of(world, &project, &[scope]).unwrap();
        for (method, path, body) in &changes {
            let answer = program.json(method, path, body).unwrap();
            assert_eq!(answer.status, 403, "{scope}: {method} {path}: {answer:?}");
        }
        assert_eq!(program.json("GET", &base, &json!({})).unwrap().status, 200);
    }
    // An administrator of another project: neither through their own project nor through this one.
    let stranger = Program::of(world, &other, &["project:admin", "project:read"]).unwrap();
    for (method, path, body) in &changes {
        let elsewhere = path.replace(&project.slug, &other.slug);
        let expected = if path == &base { 201 } else { 404 };
        assert_eq!(stranger.json(method, path, body).unwrap().status, 404, "{method} {path}");
        assert_eq!(
            stranger.json(method, &elsewhere, body).unwrap().status,
            expected,
            "{method} {elsewhere}"
        );
    }
    let listed = project.api.json("alerts/").unwrap();
    assert_eq!(listed["rules"].as_array().map(Vec::len), Some(1), "{listed:#}");
    assert_eq!(world.receiver.received(&path_of(&project)).len(), 0, "no test was sent");
    let changed =
        project.api.send("PATCH", &format!("alerts/{id}/"), &json!({ "every": "often" })).unwrap();
    assert_eq!(changed.status, 400, "{changed:?}");
}

fn in_the_browser(world: &World) {
    let project = world.project();
    let path = path_of(&project);
    let tab: Tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/settings/alerts/", world.worker.dashboard(), project.slug));
    tab.shows("#rules", "Nobody yet");
    tab.fill("#new [name=target]", "https://10.0.0.1/");
    tab.click("#new .button.primary");
    tab.shows("#new .field-error", "10.0.0.1 is an IP address");
    tab.fill("#new [name=target]", &world.receiver.url(&path));
    tab.fill("#new [name=name]", "on call");
    tab.click("#new .button.primary");
    tab.shows("#secret-title", "on call");
    tab.shows("#rules", "New issues.");
    tab.click("#rules [action$='/test'] button");
    tab.shows(".notice", "Test of on call: it answered 204.");
    tab.shows("#deliveries", "delivered");
    assert_eq!(messages(world, &project, 1)[0].kinds(), ["test"]);
    tab.click("#rules [action$='/pause'] button");
    tab.shows("#rules", "paused");
    tab.click("#rules details summary");
    tab.click("#rules details [name=regressed]");
    tab.click("#rules details .alert-form > .button");
    tab.shows("#rules", "New and regressed issues.");
    let listed = project.api.json("alerts/").unwrap();
    assert_eq!(listed["rules"][0]["target"], format!("{}/…", world.receiver.url("")), "{listed:#}");
    assert!(listed["rules"][0].get("secret").is_none());
    tab.click("#rules [action$='/delete'] button");
    tab.shows("#rules", "Nobody yet");
    assert_eq!(conditions_of(world, &project), 0);
}

/// HMAC-SHA256 as a receiver computes it, in a language of its own.
fn signature_of(secret: &str, time: i64, body: &str) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let program = "const [secret, time] = process.argv.slice(1); const { createHmac } = require('node:crypto'); \
        const body = require('node:fs').readFileSync(0, 'utf8'); \
        process.stdout.write(createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'));";
    let mut node = Command::new("node")
        .args(["-e", program, secret, &time.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    String::from_utf8(node.wait_with_output().unwrap().stdout).unwrap()
}
