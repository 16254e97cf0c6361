//! What somebody has who only deploys: `deploy/`, Node, and a secret. And what a page's own origin has of it: nothing.

use std::process::Output;

use serde_json::json;
use trapline_tests::{CleanMachine, Project, World, eventually};
use xtask::worker::{Worker, http};

use crate::Test;
use crate::client::{Reply, address, between, get, host, post, request, session};
use crate::routes::DASHBOARD;

pub const TESTS: &[Test] = &[
    ("deploying_needs_node_alone", dry_run),
    ("nobody_claims_a_deployment_without_a_secret", unclaimed),
    ("deployed_folder_reaches_its_first_event_and_a_lost_key_is_replaced", first_event),
    ("deployment_without_administrator_gets_no_key", no_administrator),
    ("deployment_has_no_dashboard_url_on_the_pages_origin", page_origin),
];

/// Downloads wrangler again.
pub const LONG_TESTS: &[Test] = &[("deployed_folder_installs_by_npm", npm_install)];

const SECRET: &str = "a secret of the tests, 1";

fn dry_run(world: &World) {
    let machine = CleanMachine::installed(&world.paths, "dry-run");
    check_dry_run(&machine);
}

fn npm_install(world: &World) {
    let machine = CleanMachine::fresh(&world.paths, "npm");
    said(&machine.npm(&["install", "--prefer-offline", "--no-audit", "--no-fund"]));
    check_dry_run(&machine);
    let worker = machine.start(&[("SETUP_SECRET", SECRET)]);
    assert_eq!(get(&worker, "/setup", "").status, 200);
}

/// wrangler bundles all that it would upload, and names what the Worker is bound to.
fn check_dry_run(machine: &CleanMachine) {
    let printed = said(&machine.wrangler(&["deploy", "--dry-run", "--outdir", "bundle"]));
    for expected in ["env.DB", "D1 Database", "env.ASSETS"] {
        assert!(printed.contains(expected), "{expected:?} is printed:\n{printed}");
    }
    assert!(machine.file("bundle/index.js").is_file());
}

const CLAIM: [(&str, &str); 3] =
    [("administrator", "Jo"), ("project", "Hazel shop"), ("slug", "shop")];

fn unclaimed(world: &World) {
    let machine = CleanMachine::installed(&world.paths, "unclaimed");
    for variables in [&[][..], &[("SETUP_SECRET", "nineteen characters")][..]] {
        let worker = machine.start(variables);
        let page = get(&worker, "/setup", "");
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("wrangler secret put SETUP_SECRET"), "{page:?}");
        assert!(!page.body.contains("<form"), "{page:?}");
        for given in ["", "undefined", "nineteen characters"] {
            refuses(&worker, given);
        }
    }
}

/// Neither a person nor a program becomes the administrator with this secret.
#[track_caller]
fn refuses(worker: &Worker, given: &str) {
    let form = [&CLAIM[..], &[("secret", given)][..]].concat();
    let answer = post(worker, "/setup", &form, "");
    assert_eq!((answer.status, &answer.cookie), (403, &None), "{given:?}: {answer:?}");
    let request = http().post(address(worker, "/setup")).header("Host", host(worker));
    let request = request.header("Authorization", format!("Bearer {given}"));
    let body = json!({ "project": "Hazel shop", "slug": "shop" });
    let answer = Reply::of(request.send_json(body).unwrap());
    assert_eq!((answer.status, &answer.cookie), (403, &None), "{given:?}: {answer:?}");
}

fn first_event(world: &World) {
    let machine = CleanMachine::installed(&world.paths, "first-event");
    let worker = machine.start(&[("SETUP_SECRET", SECRET)]);
    refuses_strangers(&worker);
    let form = [&CLAIM[..], &[("secret", SECRET)][..]].concat();
    let done = post(&worker, "/setup", &form, "");
    assert_eq!(done.status, 200, "{done:?}");
    let (first, session) = (key_in(&done.body), done.cookie.clone().expect("a session"));
    let welcome = get(&worker, "/shop/issues/", &session);
    assert_eq!(welcome.status, 200, "{welcome:?}");
    send_event(&worker, between(&welcome.body, "data-dsn=\"", "\"").expect("a DSN on the page"));
    eventually(|| {
        let list = get(&worker, "/shop/issues/", &session);
        anyhow::ensure!(list.body.contains("the cart is empty"), "{list:?}");
        Ok(())
    });
    drop(worker);
    lost_key(&machine, &first, &session);
}

fn refuses_strangers(worker: &Worker) {
    for given in ["", "a secret of the tests, 2", "a secret of the tests"] {
        refuses(worker, given);
    }
    // The form without the field, and JSON without the header.
    assert_eq!(post(worker, "/setup", &CLAIM, "").status, 403);
    let request = http().post(address(worker, "/setup")).header("Host", host(worker));
    assert_eq!(Reply::of(request.send("{\"project\":\"Hazel shop\"}").unwrap()).status, 403);
    let page = get(worker, "/setup", "");
    assert!(page.body.contains("name=\"administrator\""), "nobody is set up yet: {page:?}");
}

fn send_event(worker: &Worker, dsn: &str) {
    let (key, place) = dsn.split_once("://").unwrap().1.split_once('@').unwrap();
    let (place, project) = place.rsplit_once('/').unwrap();
    assert_eq!(place, host(worker));
    let event =
        json!({ "event_id": "5e1f4f5a7c3e9b1d4e8fa0b2c4d6e8f0", "message": "the cart is empty" });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    let address = address(worker, &format!("/api/{project}/envelope/?sentry_key={key}"));
    let answer = Reply::of(http().post(address).send(envelope.as_bytes()).unwrap());
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Whoever may write to the database mints a key, and ends all others where they may be in wrong hands. Two workerd at one
/// database lock each other out, so the Worker is stopped while the key is made.
fn lost_key(machine: &CleanMachine, first: &str, session: &str) {
    let command = ["run", "sign-in-key", "--", "--local", "--persist-to", "state"];
    let second = key_in(&said(&machine.npm(&command)));
    let worker = machine.start(&[("SETUP_SECRET", SECRET)]);
    for key in [first, &second] {
        assert!(signs_in(&worker, key).is_some(), "both keys sign in");
    }
    assert_eq!(get(&worker, "/shop/issues/", session).status, 200, "no session has ended");
    drop(worker);
    let third = key_in(&said(&machine.npm(&[&command[..], &["--revoke-others"]].concat())));
    let worker = machine.start(&[("SETUP_SECRET", SECRET)]);
    for key in [first, &second] {
        assert_eq!(signs_in(&worker, key), None, "the other keys are revoked");
    }
    let answer = get(&worker, "/shop/issues/", session);
    assert_eq!(answer.status, 303, "the session has ended: {answer:?}");
    let session = signs_in(&worker, &third).expect("the new key signs in");
    assert_eq!(get(&worker, "/shop/issues/", &session).status, 200);
}

fn no_administrator(world: &World) {
    let machine = CleanMachine::installed(&world.paths, "nobody");
    let command = ["run", "sign-in-key", "--", "--local", "--persist-to", "state"];
    let output = machine.npm(&command);
    let printed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("there is no administrator yet"), "{printed}");
    assert!(printed.contains("/setup"), "{printed}");
    let output = machine.npm(&["run", "sign-in-key", "--", "--locale"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage:"));
}

fn page_origin(world: &World) {
    for (method, path) in routes(world) {
        let is_known = DASHBOARD.contains(&(method.as_str(), path.as_str()));
        assert!(is_known, "{method} {path} is missing in the list of this test");
    }
    let project = world.project();
    let event = json!({ "event_id": EVENT, "message": "the cart is empty" });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    assert_eq!(project.send(envelope.as_bytes()).status, 200);
    let short_id = project.api.only_issue().unwrap().short_id;
    let event = json!({ "message": "another bug of the shop" });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    assert_eq!(project.send(envelope.as_bytes()).status, 200);
    let other = project.api.issues().unwrap().remove(0).short_id;
    let worker = &world.worker;
    let link = project.sign_in.strip_prefix(&worker.dashboard()).unwrap();
    let token = link.trim_start_matches("/sign-in/");
    // A script of the site cannot even have a session's cookie or the secret; it would not help.
    let session = session(world);
    let bearer = format!("Bearer {}", worker.secret());
    for &(method, pattern) in DASHBOARD {
        let path = filled_with(pattern, &project, &short_id, &other, token);
        for path in [path.clone(), format!("{path}/")] {
            let body = request(worker, &worker.site(), method, &path, &session, &bearer);
            assert_eq!(body.status, 404, "{method} {path}: {body:?}");
            assert_eq!((body.cookie, body.location), (None, None), "{method} {path}");
        }
        // The list is of what there is. Programs have tokens, and some ask for what this project has not.
        let is_for_programs =
            pattern.contains("{_}") || matches!(pattern, "/api/0" | "/api/0/organizations");
        if method == "Get" && !pattern.contains("{token}") && !is_for_programs {
            let expected = match pattern {
                // There is no alert, and no feedback, of this ID.
                "/no-such-page"
                | "/api/0/projects/{project}/alerts/{id}"
                | "/api/0/projects/{project}/feedback/{id}" => 404,
                "/{project}/setup/check" => 303,
                // It was not said with which.
                "/{project}/issues/{short_id}/compare"
                | "/api/0/projects/{project}/vitals/page"
                | "/api/0/projects/{project}/requests/endpoint"
                | "/api/0/projects/{project}/releases/compare" => 400,
                _ => 200,
            };
            let answer = get(worker, &path, &session);
            // Who sees one project only goes there at once.
            let is_start = pattern == "/" && answer.status == 303;
            assert!(answer.status == expected || is_start, "{path}: {answer:?}");
        }
    }
    let answer = get(worker, link, "");
    assert!(answer.cookie.is_some(), "the link was not used up by the site's origin: {answer:?}");
}

/// The path of a pattern in a project that has received an event.
pub fn filled(pattern: &str, project: &Project) -> String {
    let short_id = project.api.issues().unwrap().remove(0).short_id;
    filled_with(pattern, project, &short_id, &short_id, "0123456789")
}

fn filled_with(
    pattern: &str,
    project: &Project,
    short_id: &str,
    other: &str,
    token: &str,
) -> String {
    let verbs = [("regroup", "start"), ("alerts", "delete"), ("issues", "comments"), ("", "name")];
    let verb =
        verbs.into_iter().find(|(part, _)| pattern.contains(part)).map_or("", |found| found.1);
    pattern
        .replace("{project}", &project.slug)
        .replace("{short_id}", short_id)
        .replace("{other}", other)
        .replace("{event_id}", EVENT)
        .replace("{public_key}", &project.key())
        .replace("{section}", "keys")
        .replace("{tab}", if pattern == "/settings/{tab}" { "people" } else { "keys" })
        .replace("{verb}", verb)
        .replace("{_}", "trapline")
        .replace("{version}", "shop@1")
        .replace("{id}", "0011223344556677")
        .replace("{hash}", &"0".repeat(64))
        .replace("{token}", token)
}

pub const EVENT: &str = "4e8fa0b2c4d6e8f05e1f4f5a7c3e9b1d";

/// `(Method::Get, [project, "issues"])` is `("Get", "/{project}/issues")`.
fn routes(world: &World) -> Vec<(String, String)> {
    let read = |file: &str| std::fs::read_to_string(world.paths.root.join(file)).unwrap();
    let files = ["route.rs", "route/alerts.rs", "route/programs.rs", "route/visits.rs"];
    // So that no function goes on into the next file.
    let source = files.map(|file| read(&format!("collector/src/{file}"))).join("\nfn ");
    // Where the function of each begins, and what has been read of the path before.
    let parts = [
        ("\nfn developers<", ""),
        (" fn alerts<", ""),
        ("\nfn lists<", "/api/0/projects/{project}"),
        (" fn visits<", "/api/0/projects/{project}"),
        (" fn programs<", "/api/0"),
        ("\nfn release<", "/api/0/organizations/{_}/releases"),
    ];
    let mut routes = Vec::new();
    for (begin, before) in parts {
        let text = source.split_once(begin).expect("a function of URLs").1;
        let text = text.split("\nfn ").next().unwrap_or_default();
        // A guard names no URL of its own.
        let arms = text.split("\n        (Method::").skip(1);
        let found = arms.filter_map(|arm| route(arm.split_once("])")?.0));
        let whole = |(method, path): (String, String)| match path.as_str() {
            "/" if !before.is_empty() => (method, before.to_owned()),
            path => (method, format!("{before}{path}")),
        };
        routes.extend(found.map(whole));
    }
    assert!(routes.len() > 10, "{routes:?}");
    routes
}

/// `Get, [project, "issues"`
fn route(arm: &str) -> Option<(String, String)> {
    let (method, parts) = arm.split_once(", [")?;
    let parts = parts.split(',').map(str::trim).filter(|part| !part.is_empty());
    let parts = parts.map(|part| match part.strip_prefix('"') {
        Some(fixed) => format!("/{}", fixed.trim_end_matches('"')),
        None => format!("/{{{part}}}"),
    });
    let path: String = parts.collect();
    Some((method.to_owned(), if path.is_empty() { "/".to_owned() } else { path }))
}

/// The session that a key starts.
fn signs_in(worker: &Worker, key: &str) -> Option<String> {
    let answer = post(worker, "/sign-in", &[("key", key), ("next", "/")], "");
    assert!(matches!(answer.status, 303 | 403), "{answer:?}");
    answer.cookie
}

/// 40 hexadecimal digits, alone between others.
#[track_caller]
fn key_in(text: &str) -> String {
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_key =
        |word: &&str| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    words.find(is_key).unwrap_or_else(|| panic!("no key in:\n{text}")).to_owned()
}

/// What a program printed that succeeded.
#[track_caller]
fn said(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}
