//! People: invited, changed, removed; what they see of projects; what the log says of it.

use std::time::Duration;

use serde_json::{Value, json};
use trapline_tests::{Project, World};
use xtask::worker::http;

use crate::Test;
use crate::client::{Reply, address, between, get, host, post, session};

pub const TESTS: &[Test] = &[
    ("people_are_invited_once_and_see_what_they_were_given", invited),
    ("people_who_are_removed_are_signed_out_at_once", removed),
    ("people_replace_their_keys_and_end_their_sessions", profile),
    ("people_of_one_project_do_not_see_to_the_deployment", restricted),
    ("projects_are_made_and_renamed_by_forms", projects),
    ("refused_origins_are_allowed_or_blocked_in_the_settings", refused),
];

/// Somebody with a session.
#[derive(Debug, Clone)]
pub struct Person {
    pub cookie: String,
    /// Of forms.
    pub csrf: String,
    /// A sign-in key, where it is known.
    pub key: String,
    pub id: u64,
}

/// The administrator who set everything up.
pub fn owner(world: &World) -> Person {
    person(world, session(world), String::new())
}

fn person(world: &World, cookie: String, key: String) -> Person {
    let page = get(&world.worker, "/settings/profile/", &cookie);
    let csrf = between(&page.body, "name=\"csrf\" value=\"", "\"").expect("a form").to_owned();
    Person { cookie, csrf, key, id: 0 }
}

/// Somebody who was invited with this role, to these projects or to all.
pub fn join(world: &World, role: &str, projects: Option<&[&str]>) -> Person {
    let name = format!("{role} of {projects:?}");
    let wanted = json!({ "role": role, "projects": projects, "name": name });
    let made = api(world, &owner(world), "POST", "/api/0/invitations/", &wanted);
    assert_eq!(made.status, 201, "{made:?}");
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let link = made["link"].as_str().unwrap().strip_prefix(&world.worker.dashboard()).unwrap();
    let joined = post(&world.worker, link, &[("name", &name)], "");
    assert_eq!(joined.status, 200, "{joined:?}");
    let key = between(&joined.body, "<code>", "</code>").expect("a key").to_owned();
    let mut person = person(world, joined.cookie.expect("a session"), key);
    let members = api(world, &owner(world), "GET", "/api/0/members/", &json!({}));
    let members: Value = serde_json::from_str(&members.body).unwrap();
    let mut own = members.as_array().unwrap().iter().filter(|member| member["name"] == *name);
    person.id = own.next_back().unwrap()["id"].as_u64().unwrap();
    person
}

pub fn remove(world: &World, person: &Person) {
    let path = format!("/api/0/members/{}/", person.id);
    let answer = api(world, &owner(world), "DELETE", &path, &json!({}));
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Sends JSON with a session, as a page's script would.
pub fn api(world: &World, person: &Person, method: &str, path: &str, body: &Value) -> Reply {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(address(&world.worker, path))
        .header("Host", host(&world.worker))
        .header("Cookie", &person.cookie)
        .header("Content-Type", "application/json");
    let answer = match method {
        "GET" => http().run(request.body(()).unwrap()),
        _ => http().run(request.body(body.to_string()).unwrap()),
    };
    Reply::of(answer.expect("an answer"))
}

/// Sends a form of a page that the person has loaded.
pub fn form(world: &World, person: &Person, path: &str, fields: &[(&str, &str)]) -> Reply {
    let fields = [fields, &[("csrf", person.csrf.as_str())]].concat();
    post(&world.worker, path, &fields, &person.cookie)
}

fn slugs(world: &World, person: &Person) -> Vec<String> {
    let listed = api(world, person, "GET", "/api/0/projects/", &json!({}));
    let listed: Value = serde_json::from_str(&listed.body).unwrap();
    let slug = |project: &Value| project["slug"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(slug).collect()
}

fn list_of(project: &Project) -> String {
    format!("/{}/issues/", project.slug)
}

fn invited(world: &World) {
    let (mine, other) = (world.project(), world.project());
    let owner = owner(world);
    let wanted = [("role", "viewer"), ("project", mine.slug.as_str()), ("name", "Mara")];
    let page = form(world, &owner, "/settings/people/invite", &wanted);
    let link = between(&page.body, "/invitation/", "</code>").expect("a link, shown once");
    let path = format!("/invitation/{link}");
    let page = get(&world.worker, "/settings/people/", &owner.cookie);
    assert!(page.body.contains("Mara") && !page.body.contains(link), "{page:?}");

    let page = get(&world.worker, &path, "");
    assert_eq!((page.status, page.cookie), (200, None), "looking at it signs nobody in");
    assert!(page.body.contains("You are invited") && page.body.contains("a viewer"));
    let joined = post(&world.worker, &path, &[("name", "Mara")], "");
    let cookie = joined.cookie.clone().expect("a session");
    let key = between(&joined.body, "<code>", "</code>").expect("a key").to_owned();
    let again = post(&world.worker, &path, &[("name", "Somebody else")], "");
    assert_eq!((again.status, &again.cookie), (409, &None), "{again:?}");
    let mara = person(world, cookie, key);

    assert_eq!(slugs(world, &mara), std::slice::from_ref(&mine.slug));
    let mine_page = get(&world.worker, &list_of(&mine), &mara.cookie);
    assert_eq!(mine_page.status, 200);
    assert!(!mine_page.body.contains(&other.slug), "the switcher names no other project");
    assert_eq!(get(&world.worker, &list_of(&other), &mara.cookie).status, 404);
    let key = post(&world.worker, "/sign-in", &[("key", &mara.key), ("next", "/")], "");
    assert_eq!(key.status, 303, "the key signs in: {key:?}");

    // A viewer reads; what is done by others says by whom it can be changed.
    let limits = format!("/{}/settings/limits", mine.slug);
    let refused = form(world, &mara, &limits, &[]);
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("this takes an administrator"), "{refused:?}");
    let tab = get(&world.worker, &format!("/{}/settings/limits/", mine.slug), &mara.cookie);
    assert!(tab.body.contains("Administrators change it"), "{tab:?}");
}

fn removed(world: &World) {
    let project = world.project();
    let ada = join(world, "member", None);
    assert_eq!(get(&world.worker, &list_of(&project), &ada.cookie).status, 200);
    let path = format!("/api/0/members/{}/", ada.id);
    let only = json!({ "projects": [world.demo.project] });
    assert_eq!(api(world, &owner(world), "PATCH", &path, &only).status, 200);
    assert_eq!(get(&world.worker, &list_of(&project), &ada.cookie).status, 404, "at once");
    remove(world, &ada);
    let answer = get(&world.worker, "/shop/issues/", &ada.cookie);
    assert_eq!(answer.status, 303, "signed out: {answer:?}");
    let key = post(&world.worker, "/sign-in", &[("key", &ada.key)], "");
    assert_eq!((key.status, key.cookie), (403, None));
    // Nobody is left without an administrator.
    let mut owner = owner(world);
    let members = api(world, &owner, "GET", "/api/0/members/", &json!({}));
    let members: Value = serde_json::from_str(&members.body).unwrap();
    let is_owner = |member: &&Value| member["role"] == "admin" && member["projects"].is_null();
    let owners: Vec<&Value> = members.as_array().unwrap().iter().filter(is_owner).collect();
    assert_eq!(owners.len(), 1, "{members}");
    owner.id = owners[0]["id"].as_u64().unwrap();
    let path = format!("/api/0/members/{}/", owner.id);
    let demoted = api(world, &owner, "PATCH", &path, &json!({ "role": "viewer" }));
    assert_eq!(demoted.status, 409, "{demoted:?}");
    let gone = api(world, &owner, "DELETE", &path, &json!({}));
    assert_eq!(gone.status, 409, "{gone:?}");
    assert!(gone.body.contains("last administrator"), "{gone:?}");

    let log = api(world, &owner, "GET", "/api/0/audit/", &json!({}));
    let log: Value = serde_json::from_str(&log.body).unwrap();
    let has = |action: &str, subject: &str| {
        let mut entries = log["entries"].as_array().unwrap().iter();
        entries.any(|entry| entry["action"] == action && entry["subject"] == subject)
    };
    let name = "member of None";
    assert!(has("person invited", name) && has("person changed", name), "{log}");
    assert!(has("person removed", name), "{log}");
    let lines = api(world, &owner, "GET", "/api/0/audit/export/", &json!({})).body;
    assert!(lines.lines().count() > 3);
    for line in lines.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert!(entry["at"].is_string() && entry["action"].is_string(), "{entry}");
    }
    assert!(!lines.contains(&ada.key), "no secret is in it");
}

fn profile(world: &World) {
    let jo = join(world, "viewer", None);
    let renamed = form(world, &jo, "/settings/profile/name", &[("name", "Jo <b>")]);
    assert_eq!(renamed.status, 303, "{renamed:?}");
    let page = get(&world.worker, "/settings/profile/", &jo.cookie);
    assert!(page.body.contains("Jo &#60;b&#62;") && page.body.contains("this one"), "{page:?}");
    let page = form(world, &jo, "/settings/profile/key", &[]);
    let key = between(&page.body, "<code>", "</code>").expect("a key").to_owned();
    let signs_in = |key: &str| post(&world.worker, "/sign-in", &[("key", key)], "").cookie;
    assert_eq!(signs_in(&jo.key), None, "the old key");
    let other = signs_in(&key).expect("the new one");
    assert_eq!(get(&world.worker, "/settings/profile/", &jo.cookie).status, 200);
    // What one person ends is their own.
    let ended = form(world, &jo, "/settings/profile/end-all", &[]);
    assert_eq!(ended.status, 303);
    for cookie in [&jo.cookie, &other] {
        assert_eq!(get(&world.worker, "/settings/profile/", cookie).status, 303);
    }
    let owner = owner(world);
    assert_eq!(get(&world.worker, "/settings/profile/", &owner.cookie).status, 200);
    // Who lost the key gets a link of an administrator.
    let path = format!("/api/0/members/{}/sign-in-link/", jo.id);
    let made = api(world, &owner, "POST", &path, &json!({}));
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let link = made["link"].as_str().unwrap().strip_prefix(&world.worker.dashboard()).unwrap();
    assert!(get(&world.worker, link, "").cookie.is_some());
    assert_eq!(get(&world.worker, link, "").status, 403, "once");
    remove(world, &jo);
}

fn restricted(world: &World) {
    let (mine, other) = (world.project(), world.project());
    let admin = join(world, "admin", Some(&[mine.slug.as_str()]));
    let general = format!("/{}/settings/general", mine.slug);
    let named = [("name", "Lamps"), ("slug", mine.slug.as_str()), ("retention_days", "30")];
    assert_eq!(form(world, &admin, &general, &named).status, 303, "an administrator of it");
    for path in ["people", "projects", "access", "audit"] {
        let page = get(&world.worker, &format!("/settings/{path}/"), &admin.cookie);
        assert_eq!(page.status, 403, "{path}: {page:?}");
    }
    let path = format!("/api/0/members/{}/", admin.id);
    for (method, path, body) in [
        ("GET", "/api/0/members/", json!({})),
        ("PATCH", path.as_str(), json!({ "projects": null })),
        ("DELETE", path.as_str(), json!({})),
        ("POST", "/api/0/invitations/", json!({ "role": "admin" })),
        ("GET", "/api/0/invitations/", json!({})),
        ("GET", "/api/0/audit/", json!({})),
        ("POST", "/api/0/projects/", json!({ "name": "x", "slug": "x" })),
    ] {
        let answer = api(world, &admin, method, path, &body);
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    }
    // No token for all projects, and none of them is revoked.
    let tokens = |project: &Project| format!("/api/0/projects/{}/tokens/", project.slug);
    let all = json!({ "scopes": ["project:read"], "all_projects": true });
    assert_eq!(api(world, &admin, "POST", &tokens(&mine), &all).status, 403);
    let made = api(world, &owner(world), "POST", &tokens(&other), &all);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let path = format!("{}{}/", tokens(&mine), made["id"].as_str().unwrap());
    assert_eq!(api(world, &admin, "DELETE", &path, &json!({})).status, 403);
    let own = json!({ "scopes": ["project:read"] });
    assert_eq!(api(world, &admin, "POST", &tokens(&mine), &own).status, 201);
    remove(world, &admin);
}

fn projects(world: &World) {
    let owner = owner(world);
    let taken = world.project();
    let create = "/settings/projects/create";
    let slug = format!("made-{}", taken.slug);
    let new = [("name", "Lamps"), ("slug", slug.as_str()), ("prefix", "lamp"), ("origins", "")];
    let made = form(world, &owner, create, &new);
    assert_eq!((made.status, made.location), (303, Some(format!("/{slug}/issues/"))));
    assert_eq!(form(world, &owner, create, &new).status, 409, "the short name is taken");
    for wrong in ["settings", "invitation", "a/b", "A", ""] {
        let answer = form(world, &owner, create, &[("name", "x"), ("slug", wrong)]);
        assert_eq!(answer.status, 400, "{wrong:?}: {answer:?}");
    }
    let page = get(&world.worker, &format!("/{slug}/settings/"), &owner.cookie);
    assert!(page.body.contains("LAMP-1"), "{page:?}");
    let general = format!("/{slug}/settings/general");
    let renamed = format!("{slug}-2");
    let to = |slug: &str| {
        let fields = [("name", "Lamps & more"), ("slug", slug), ("retention_days", "30")];
        form(world, &owner, &general, &fields)
    };
    assert_eq!(to(&taken.slug).status, 409);
    assert_eq!(to(&renamed).location, Some(format!("/{renamed}/settings/")));
    assert_eq!(get(&world.worker, &format!("/{slug}/issues/"), &owner.cookie).status, 404);
    let page = get(&world.worker, &format!("/{renamed}/settings/"), &owner.cookie);
    assert!(
        page.body.contains("Lamps &#38; more") && page.body.contains("value=\"30\""),
        "{page:?}"
    );
    for tab in ["keys", "snippets", "filters", "privacy", "limits", "grouping", "tokens"] {
        let page = get(&world.worker, &format!("/{renamed}/settings/{tab}/"), &owner.cookie);
        assert_eq!(page.status, 200, "{tab}: {page:?}");
    }
}

fn refused(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "allowed_origins": ["https://shop.test"] })).unwrap();
    let owner = owner(world);
    let send = |origin: &str| {
        let request = http().post(format!("{}{}", world.worker.site(), path_of(&project)));
        let event = "{}\n{\"type\":\"event\"}\n{\"message\":\"refused\"}";
        Reply::of(request.header("Origin", origin).send(event).unwrap()).status
    };
    for origin in ["https://copy.test", "https://noise.test"] {
        assert_eq!(send(origin), 403);
    }
    let tab = format!("/{}/settings/keys/", project.slug);
    // Of two origins that are refused at once, one is written ten seconds after the other.
    let pause = Duration::from_secs(45);
    let shown = |text: &'static str, is_there: bool| {
        trapline_tests::eventually_within(pause, || {
            let page = get(&world.worker, &tab, &owner.cookie);
            let refused = between(&page.body, "id=\"refused\"", "</section>").unwrap_or_default();
            let rows = refused.split("<textarea").next().unwrap_or_default();
            anyhow::ensure!(rows.contains(text) == is_there, "{text}: {refused}");
            Ok(())
        });
    };
    shown("https://copy.test", true);
    shown("https://noise.test", true);
    let verb = |verb: &str, origin: &str| {
        let path = format!("/{}/settings/refused", project.slug);
        form(world, &owner, &path, &[("origin", origin), ("verb", verb)]).status
    };
    assert_eq!(verb("allow", "https://copy.test"), 303);
    assert_eq!(verb("block", "https://noise.test"), 303);
    assert_eq!((send("https://copy.test"), send("https://noise.test")), (200, 403));
    shown("https://copy.test", false);
    shown("https://noise.test", false);
    let settings = project.api.json("settings/").unwrap();
    assert_eq!(settings["allowed_origins"], json!(["https://shop.test", "https://copy.test"]));
    assert_eq!(settings["blocked_origins"], json!(["https://noise.test"]));
}

fn path_of(project: &Project) -> String {
    format!("{}?sentry_key={}", project.ingest(), project.key())
}
