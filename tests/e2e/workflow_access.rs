//! What people do with issues, by the roles that may and through the JSON API: who may not changes nothing.

use serde_json::{Value, json};
use trapline_tests::{Program, World};
use xtask::worker::http;

use crate::Test;
use crate::grouping_rules::{send, thrown};
use crate::issue_workflow::{detail, in_release, kinds};

pub const TESTS: &[Test] =
    &[("workflow_a_viewer_changes_nothing", viewer), ("workflow_the_json_api_does_the_same", api)];

/// Its hash is what `session` holds.
const VIEWER: &str = "viewer of the tests";
const VIEWER_HASH: &str = "65744877702aaceacadf62ecb250b07e4fe90d13dcfcb9cd8050c616d8ff30e7";
const VIEWER_CSRF: &str = "1cadc3085c59311d4cdb0149e12aa757";

fn viewer(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    let issue = project.api.only_issue().unwrap();
    let program = Program::of(world, &project, &["project:read"]).unwrap();
    let base = format!("/api/0/projects/{}/issues/", project.slug);
    let one = format!("{base}{}/", issue.short_id);
    for (method, path, body) in [
        ("PATCH", one.clone(), json!({ "status": "resolved" })),
        ("PUT", base.clone(), json!({ "issues": [issue.short_id], "status": "resolved" })),
        ("DELETE", one.clone(), json!({})),
        ("POST", format!("{one}merge/"), json!({ "with": ["x"] })),
        ("POST", format!("{one}split/"), json!({ "groups": ["x"] })),
        ("POST", format!("{one}undo/"), json!({ "of": "1-1" })),
        ("POST", format!("{one}comments/"), json!({ "text": "x" })),
        ("PUT", format!("{one}comments/1-1/"), json!({ "text": "x" })),
        ("DELETE", format!("{one}comments/1-1/"), json!({})),
    ] {
        let answer = program.json(method, &path, &body).unwrap();
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    }
    for path in [
        one.clone(),
        format!("{one}activity/"),
        format!("{one}comments/"),
        format!("{one}events/?all=true"),
    ] {
        assert_eq!(program.send("GET", &path, "", b"").unwrap().status, 200, "{path}");
    }

    world.database.run(&format!(
        "INSERT INTO person (name, created_ms, role) VALUES ('Vera', 0, 0);
         INSERT INTO session (hash, person_id, created_ms, expires_ms)
            SELECT x'{VIEWER_HASH}', max(id), 0, 9000000000000 FROM person;"
    ));
    let port = world.worker.port();
    let page = format!("/{}/issues/{}/", project.slug, issue.short_id);
    let cookie = format!("trapline={VIEWER}");
    for (verb, fields) in [
        ("status", "status=resolved"),
        ("assign", "assignee=me"),
        ("link", "link=https://x.test"),
        ("undo", "of=1-1"),
        ("merge", "with=x"),
        ("split", "group=x"),
        ("comments", "text=x"),
        ("delete", ""),
        ("../bulk", "action=delete"),
    ] {
        let path = match verb {
            "../bulk" => format!("/{}/issues/bulk", project.slug),
            verb => format!("{page}{verb}"),
        };
        let answer = http()
            .post(format!("http://127.0.0.1:{port}{path}"))
            .header("Host", format!("localhost:{port}"))
            .header("Cookie", &cookie)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .send(format!("csrf={VIEWER_CSRF}&issue={}&{fields}", issue.short_id))
            .unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{path}");
    }
    let mut seen = http()
        .get(format!("http://127.0.0.1:{port}{page}"))
        .header("Host", format!("localhost:{port}"))
        .header("Cookie", &cookie)
        .call()
        .unwrap();
    let html = seen.body_mut().read_to_string().unwrap();
    assert_eq!(seen.status().as_u16(), 200);
    assert!(html.contains("Invalid state") && !html.contains("value=\"resolved\""), "no buttons");
    assert!(!html.contains("id=\"comment\""), "no field for comments");
    assert_eq!(project.api.only_issue().unwrap().status, "unresolved");
    assert_eq!(kinds(&project, &issue), [""; 0]);
}

fn api(world: &World) {
    let project = world.project();
    let mut event =
        in_release(1, "Cannot read properties of undefined (reading 'amount')", "shop@1.9.0");
    event["tags"] = json!({ "plan": "gold" });
    send(&project, event);
    let issue = project.api.only_issue().unwrap();
    let shown = detail(&project, &issue);
    assert_eq!(
        (&shown["short_id"], &shown["status"]),
        (&json!(issue.short_id), &json!("unresolved"))
    );
    let what = shown["what_broke"].as_str().unwrap();
    assert!(what.contains("undefined where the code expected an object with amount"), "{what}");
    let facets = shown["distributions"].as_array().unwrap().iter();
    // Where the tests run, the platform may know a country.
    let facets: Vec<&str> =
        facets.map(|one| one["name"].as_str().unwrap()).filter(|name| *name != "country").collect();
    assert_eq!(facets, ["release", "tag.plan"]);
    assert_eq!(shown["event"]["event_id"], format!("{:032x}", 1));
    let path = format!("issues/{}/", issue.short_id);
    let patched = project
        .api
        .send(
            "PATCH",
            &path,
            &json!({ "status": "ignored", "hours": 24, "users": 5, "assignee": "me" }),
        )
        .unwrap();
    let patched: Value = serde_json::from_str(&patched.body).unwrap();
    assert_eq!(
        (&patched["status"], &patched["ignored_until"]["users"]),
        (&json!("ignored"), &json!(5 + shown["users"].as_u64().unwrap()))
    );
    let kinds: Vec<&str> = patched["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    for wrong in [
        json!({ "status": "gone" }),
        json!({ "colour": "red" }),
        json!({}),
        json!({ "status": "ignored", "users": 0 }),
    ] {
        let answer = project.api.send("PATCH", &path, &wrong).unwrap();
        assert_eq!(answer.status, 400, "{wrong}: {answer:?}");
    }
    let all = project
        .api
        .json(&format!("{path}events/?all=true&release=shop%401.9.0&tag.plan=gold"))
        .unwrap();
    assert_eq!(
        (all["events"].as_array().unwrap().len(), &all["events"][0]["kept"]),
        (1, &json!(true))
    );
    let none = project.api.json(&format!("{path}events/?all=true&tag.plan=silver")).unwrap();
    assert_eq!(none["events"], json!([]));
    let gone = project.api.send("DELETE", &path, &json!({})).unwrap();
    assert_eq!(gone.status, 200, "{gone:?}");
    assert_eq!(
        project.api.page(&format!("/api/0/projects/{}/{path}", project.slug)).unwrap().status,
        404
    );
}
