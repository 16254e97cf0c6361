//! Issues that other rules made are regrouped by the rules of now: looked at, applied, undone; by the dashboard, the API and
//! the command line.

use std::process::{Command, Output};

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_core::fingerprint::{hex, v1};
use trapline_tests::{Issue, Program, Project, World, eventually};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("regroup_shows_what_would_change_applies_it_and_undoes_it", dashboard),
    ("regroup_by_the_command_line_says_and_does_the_same", command_line),
    ("regroup_leaves_merges_by_hand_and_counts_events_that_come_meanwhile", meanwhile),
    ("regroup_migrates_version_0_without_losing_status", migration),
    ("regroup_needs_its_scope_and_something_to_apply", refused),
    ("regroup_goes_on_by_cron", by_cron),
];

/// Issue 1 has one group of `red`; issue 2, which is ignored, the other and both of `blue`; issue 3 two of `cyan` and one of
/// `pink`: as rules that nobody has any more have made them.
fn as_other_rules_made_them(world: &World, project: &Project) {
    let sent = [
        ("red", "a"),
        ("red", "b"),
        ("blue", "a"),
        ("blue", "b"),
        ("cyan", "a"),
        ("cyan", "b"),
        ("pink", "a"),
    ];
    for (number, (value, file)) in (1..).zip(sent) {
        send(project, number, value, file);
    }
    let id = project.id();
    world.database.run(&format!(
        "UPDATE event_group SET number = 3, home = 3 WHERE project_id = {id} AND (label LIKE '%cyan%' OR label LIKE '%pink%');
         UPDATE event_group SET number = 2, home = 2 WHERE project_id = {id} AND label LIKE '%red%'
            AND hash = (SELECT max(hash) FROM event_group WHERE project_id = {id} AND label LIKE '%red%');
         UPDATE event_group SET version = 0 WHERE project_id = {id};
         DELETE FROM issue WHERE project_id = {id} AND number > 3;
         UPDATE issue SET status = 2, status_ms = 1 WHERE project_id = {id} AND number = 2;
         DELETE FROM issue_fingerprint WHERE project_id = {id};
         INSERT INTO issue_fingerprint VALUES ({id}, x'01', 1), ({id}, x'02', 2), ({id}, x'03', 3);"
    ));
}

/// Short ID's number, status, events, of all issues.
fn issues(project: &Project) -> Vec<String> {
    let all = ["unresolved", "resolved", "ignored"];
    let all = all.iter().flat_map(|status| project.api.issues_of(status).unwrap());
    let mut lines: Vec<String> = all.map(|issue| line(&issue)).collect();
    lines.sort();
    lines
}

fn line(issue: &Issue) -> String {
    let number = issue.short_id.rsplit('-').next().unwrap_or_default();
    format!("{number} {} {}", issue.status, issue.count)
}

const BEFORE: [&str; 3] = ["1 unresolved 1", "2 ignored 3", "3 unresolved 3"];
const AFTER: [&str; 4] = ["1 unresolved 2", "2 ignored 2", "3 unresolved 2", "4 unresolved 1"];

fn dashboard(world: &World) {
    let project = world.project();
    as_other_rules_made_them(world, &project);
    assert_eq!(issues(&project), BEFORE);
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/settings/grouping/", world.worker.dashboard(), project.slug));
    tab.click("a[href$='/regroup/']");
    tab.shows("#regroup", "Would your issues be the same by the rules of now?");
    tab.click("button[formaction$='/start']");
    tab.shows("#regroup-title", "This would change. Nothing has changed yet.");
    tab.shows("#joins", "red");
    tab.shows("#splits", "pink");
    tab.shows("#splits", "a new issue");
    assert_eq!(issues(&project), BEFORE);
    tab.click("button[formaction$='/apply']");
    tab.shows("#regroup-title", "This has changed");
    assert_eq!(issues(&project), AFTER);
    let stored = world.database.stored(project.id());
    assert_eq!((stored.counted, stored.in_hours), (7, 7));
    send(&project, 8, "pink", "b");
    send(&project, 9, "red", "c");
    assert_eq!(issues(&project)[3], "4 unresolved 2");
    assert_eq!(issues(&project)[0], "1 unresolved 3");
    tab.click("button[formaction$='/undo']");
    tab.shows("#regroup-title", "Undone");
    let back = ["1 unresolved 2", "2 ignored 3", "3 unresolved 4"];
    assert_eq!(issues(&project), back, "what came since stays, the rest is back");
    // The link of the issue that was made leads on.
    let prefix = prefix(&project);
    tab.open(&format!("{}/{}/issues/{prefix}-4/", world.worker.dashboard(), project.slug));
    tab.arrives(&format!("/issues/{prefix}-3/"));
}

fn command_line(world: &World) {
    let project = world.project();
    as_other_rules_made_them(world, &project);
    let program = Program::of(world, &project, &["project:write"]).unwrap();
    let nothing = trapline(world, &project, &program, &["--apply"]);
    assert_eq!(nothing.status.code(), Some(3), "{nothing:?}");
    let dry = trapline(world, &project, &program, &["--dry-run", "--json"]);
    assert_eq!(dry.status.code(), Some(0), "{dry:?}");
    let said: Value = serde_json::from_slice(&dry.stdout).expect("JSON");
    assert_eq!(said["state"], "ready");
    assert_eq!(issues(&project), BEFORE);
    let shown = project.api.page(&format!("/api/0/projects/{}/regroup/", project.slug)).unwrap();
    let shown: Value = serde_json::from_str(&shown.body).expect("JSON");
    assert_eq!(said, shown, "the API says the same");
    let details = &said["details"];
    assert_eq!((&details["groups"], &details["groups_without_event"]), (&json!(7), &json!(0)));
    let number = |issue: &Value| {
        issue["short_id"].as_str().map(|id| id.rsplit('-').next().unwrap().to_owned())
    };
    let join = &details["joins"][0];
    assert_eq!(number(&join["into"]).as_deref(), Some("1"));
    assert_eq!(
        (number(&join["from"][0]["issue"]).as_deref(), &join["from"][0]["label"]),
        (Some("2"), &json!("Error + red"))
    );
    let parts: Vec<_> = details["splits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|split| {
            let parts = split["parts"].as_array().unwrap().iter();
            let parts: Vec<_> = parts
                .map(|part| (number(&part["issue"]), part["events"].as_u64().unwrap()))
                .collect();
            (number(&split["issue"]).unwrap(), parts)
        })
        .collect();
    let some = |number: &str| Some(number.to_owned());
    assert_eq!(
        parts,
        [
            ("2".to_owned(), vec![(some("2"), 2), (some("1"), 1)]),
            ("3".to_owned(), vec![(some("3"), 2), (None, 1)]),
        ]
    );
    let applied = trapline(world, &project, &program, &["--apply"]);
    assert_eq!(applied.status.code(), Some(0), "{applied:?}");
    let text = String::from_utf8_lossy(&applied.stdout);
    assert!(text.contains("a new issue: 1 group, 1 event: Error + pink"), "{text}");
    assert_eq!(issues(&project), AFTER);
    let undone = trapline(world, &project, &program, &["--undo"]);
    assert_eq!(undone.status.code(), Some(0), "{undone:?}");
    assert_eq!(issues(&project), BEFORE);
    let usage = trapline(world, &project, &program, &[]);
    assert_eq!(usage.status.code(), Some(2), "{usage:?}");
}

fn meanwhile(world: &World) {
    let project = world.project();
    as_other_rules_made_them(world, &project);
    let id = project.id();
    // By hand: 3 is part of 1.
    let prefix = prefix(&project);
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/issues/{prefix}-1/", world.worker.dashboard(), project.slug));
    tab.click(".merge summary");
    tab.fill("#merge-with", &format!("{prefix}-3"));
    tab.click(".merge button");
    tab.shows("#grouping", &format!("from {prefix}-3"));
    assert_eq!(issues(&project), ["1 unresolved 4", "2 ignored 3"]);

    let program = Program::of(world, &project, &["project:write"]).unwrap();
    // Before the dry run, during it, and after it.
    send(&project, 20, "blue", "before");
    post(&program, &project, "");
    send(&project, 21, "red", "during");
    finish(&program, &project, "ready");
    send(&project, 22, "blue", "after");
    send(&project, 23, "red", "after");
    post(&program, &project, "apply/");
    finish(&program, &project, "applied");
    assert_eq!(issues(&project), ["1 unresolved 7", "2 ignored 4"]);
    assert_eq!(
        world.database.number(&format!(
            "SELECT count(*) FROM event_group WHERE project_id = {id} AND number = 1 AND home = 3"
        )),
        3,
        "what was merged can be parted again"
    );
    send(&project, 24, "blue", "later");
    assert_eq!(issues(&project)[1], "2 ignored 5");
}

fn migration(world: &World) {
    let project = world.project();
    send(&project, 1, "red", "a");
    send(&project, 2, "blue", "a");
    let id = project.id();
    for value in ["red", "blue"] {
        let issue = project.api.issues().unwrap().into_iter().find(|issue| issue.value == value);
        let event = project.api.latest_event(&issue.expect(value).short_id).unwrap();
        let print = v1(&event);
        world.database.run(&format!(
            "UPDATE issue_fingerprint SET hash = x'{}' WHERE project_id = {id} AND hash = x'{}'",
            hex(&print.earlier),
            hex(&print.hash)
        ));
    }
    world.database.run(&format!(
        "UPDATE event_group SET version = 0 WHERE project_id = {id};
         UPDATE issue SET status = 2, status_ms = 1 WHERE project_id = {id} AND number = 1;"
    ));
    send(&project, 3, "red", "a");
    send(&project, 4, "red", "b");
    assert_eq!(issues(&project), ["1 ignored 3", "2 unresolved 1"], "no second issue");
    let program = Program::of(world, &project, &["project:write"]).unwrap();
    post(&program, &project, "");
    let found = finish(&program, &project, "ready");
    assert_eq!((&found["details"]["joins"], &found["details"]["splits"]), (&json!([]), &json!([])));
    post(&program, &project, "apply/");
    finish(&program, &project, "applied");
    assert_eq!(issues(&project), ["1 ignored 3", "2 unresolved 1"]);
    let old = format!("SELECT count(*) FROM event_group WHERE project_id = {id} AND version = 0");
    assert_eq!(world.database.number(&old), 0);
    send(&project, 5, "blue", "b");
    assert_eq!(issues(&project)[1], "2 unresolved 2");
}

fn refused(world: &World) {
    let project = world.project();
    let path = format!("/api/0/projects/{}/regroup/", project.slug);
    let reader = Program::of(world, &project, &["project:read", "artifacts:write"]).unwrap();
    assert_eq!(reader.json("POST", &path, &json!({})).unwrap().status, 403);
    let state = reader.json("GET", &path, &json!({})).unwrap();
    assert_eq!((state.status, state.body.as_str()), (200, r#"{"state":"none"}"#));
    let program = Program::of(world, &project, &["project:write"]).unwrap();
    for verb in ["apply", "undo", "discard"] {
        let answer = program.json("POST", &format!("{path}{verb}/"), &json!({})).unwrap();
        assert_eq!(answer.status, 409, "{answer:?}");
        assert!(!answer.detail().is_empty());
    }
    // Nothing is stored yet: done at once.
    post(&program, &project, "");
    finish(&program, &project, "ready");
    post(&program, &project, "discard/");
    let answer = program.json("POST", &format!("{path}apply/"), &json!({})).unwrap();
    assert_eq!(answer.status, 409, "{answer:?}");
    assert_eq!(world.get_signed_out(&path).status, 401);
    let other = world.project();
    let foreign = format!("/api/0/projects/{}/regroup/", other.slug);
    assert_eq!(program.json("POST", &foreign, &json!({})).unwrap().status, 403);
}

fn by_cron(world: &World) {
    let project = world.project();
    as_other_rules_made_them(world, &project);
    let program = Program::of(world, &project, &["project:write"]).unwrap();
    post(&program, &project, "");
    eventually(|| {
        let answer = world.get_site("/__scheduled?cron=2-57/5+*+*+*+*");
        ensure!(answer.status == 200, "{answer:?}");
        let id = project.id();
        let state = format!("SELECT state FROM regroup WHERE project_id = {id}");
        ensure!(world.database.number(&state) == 1, "not looked at yet");
        Ok(())
    });
    assert_eq!(issues(&project), BEFORE);
}

/// `SHOP` of `SHOP-1`
fn prefix(project: &Project) -> String {
    let issue = project.api.issues().unwrap().remove(0);
    issue.short_id.rsplit_once('-').expect("a short ID").0.to_owned()
}

/// In a group of its own by its file.
fn send(project: &Project, number: u32, value: &str, file: &str) {
    let frame = json!({
        "function": "step", "filename": format!("https://shop.example/{file}.js"), "lineno": 3, "colno": 5, "in_app": true,
    });
    let event = json!({
        "event_id": format!("{number:032x}"),
        "exception": { "values": [{ "type": "Error", "value": value, "stacktrace": { "frames": [frame] } }] },
        "user": { "id": number.to_string() },
    });
    let answer = project.send(format!("{{}}\n{{\"type\":\"event\"}}\n{event}").as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn post(program: &Program, project: &Project, verb: &str) -> Value {
    let path = format!("/api/0/projects/{}/regroup/{verb}", project.slug);
    let answer = program.json("POST", &path, &json!({})).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Takes steps until it is done.
fn finish(program: &Program, project: &Project, done: &str) -> Value {
    for _ in 0..50 {
        let answer = post(program, project, "step/");
        if answer["state"] == done {
            return answer;
        }
    }
    panic!("it is never {done}");
}

/// `trapline regroup …`
fn trapline(world: &World, project: &Project, program: &Program, arguments: &[&str]) -> Output {
    Command::new("cargo")
        .args(["run", "-q", "-p", "trapline", "--", "regroup"])
        .args(arguments)
        .current_dir(&world.paths.root)
        .env("TRAPLINE_URL", world.worker.dashboard())
        .env("TRAPLINE_TOKEN", &program.token)
        .env("TRAPLINE_PROJECT", &project.slug)
        .output()
        .expect("cargo")
}
