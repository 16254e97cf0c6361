//! What signing in has to withstand: forged forms, fixed sessions, foreign projects, guessed keys, redirects to elsewhere.

use serde_json::{Value, json};
use trapline_tests::{Program, World};
use ureq::http::Response;
use xtask::worker::http;

use crate::Test;
use crate::client::{Reply, address, get, host, post};
use crate::deployment::{EVENT, filled};
use crate::people::{Person, api, form, join, owner, remove};
use crate::routes::DASHBOARD;

pub const TESTS: &[Test] = &[
    ("sign_in_forged_forms_are_refused", forged),
    ("sign_in_never_takes_over_a_session_that_was_there", fixation),
    ("sign_in_leads_nowhere_else", redirects),
    ("sign_in_holds_up_an_address_that_guesses_and_no_other", guessed),
    ("sign_in_answers_are_neither_kept_nor_framed", headers),
    ("sign_in_every_route_asks_who_may", routes),
];

/// A post with headers of its own.
fn posted(
    world: &World,
    path: &str,
    headers: &[(&str, &str)],
    fields: &[(&str, &str)],
) -> Response<ureq::Body> {
    let mut request = http().post(address(&world.worker, path)).header("Host", host(&world.worker));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send_form(fields.iter().copied()).expect("an answer")
}

fn forged(world: &World) {
    let project = world.project();
    let (jo, other) = (owner(world), owner(world));
    assert_ne!(jo.csrf, other.csrf, "a session's own");
    let path = format!("/{}/settings/limits", project.slug);
    let (own, cookie) = (world.worker.dashboard(), jo.cookie.as_str());
    let quota = ("daily_quota", "7");
    let token = ("csrf", jo.csrf.as_str());
    for (name, headers, fields) in [
        ("no token", vec![], vec![quota]),
        ("an empty one", vec![], vec![quota, ("csrf", "")]),
        ("that of another session", vec![], vec![quota, ("csrf", other.csrf.as_str())]),
        ("a foreign origin", vec![("Origin", "https://evil.test")], vec![quota, token]),
        ("an opaque origin", vec![("Origin", "null")], vec![quota, token]),
        ("a sibling's port", vec![("Origin", "http://localhost:1")], vec![quota, token]),
        ("another site", vec![("Sec-Fetch-Site", "cross-site")], vec![quota, token]),
        ("a sibling", vec![("Sec-Fetch-Site", "same-site")], vec![quota, token]),
    ] {
        let headers = [&headers[..], &[("Cookie", cookie)]].concat();
        let answer = Reply::of(posted(world, &path, &headers, &fields));
        assert_eq!(answer.status, 403, "{name}: {answer:?}");
        assert!(answer.body.contains("not sent by a page of this dashboard"), "{name}: {answer:?}");
    }
    assert_eq!(project.api.json("settings/").unwrap()["daily_quota"], 0, "nothing has changed");
    let headers = [("Cookie", cookie), ("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")];
    let answer = Reply::of(posted(world, &path, &headers, &[quota, token]));
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(project.api.json("settings/").unwrap()["daily_quota"], 7);
    // Nobody is signed in, or invited, or signed out by another site.
    for path in ["/sign-in", "/sign-out", "/invitation/x", "/setup"] {
        let headers = [("Origin", "https://evil.test"), ("Cookie", cookie)];
        let answer = Reply::of(posted(world, path, &headers, &[("key", "x"), token]));
        assert_eq!((answer.status, answer.cookie), (403, None), "{path}");
    }
    let link = world.project().sign_in;
    let path = link.strip_prefix(&world.worker.dashboard()).unwrap();
    let request = http().get(address(&world.worker, path)).header("Host", host(&world.worker));
    let led = Reply::of(request.header("Sec-Fetch-Site", "cross-site").call().unwrap());
    assert_eq!((led.status, &led.cookie), (200, &None), "a button has to be pressed: {led:?}");
    assert!(led.body.contains("Sign in by this link"), "{led:?}");
    assert!(get(&world.worker, path, "").cookie.is_some(), "it was not used up");
}

fn fixation(world: &World) {
    let jo = join(world, "viewer", None);
    let fixed = "trapline=0123456789012345678901234567890123456789";
    let visit = |cookie: &str| get(&world.worker, "/settings/profile/", cookie).status;
    assert_eq!(visit(fixed), 303);
    let sign_in = || {
        let headers = [("Cookie", fixed)];
        let answer = posted(world, "/sign-in", &headers, &[("key", &jo.key), ("next", "/")]);
        let flags = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
            assert!(flags.contains(flag), "{flags}");
        }
        Reply::of(answer).cookie.expect("a session")
    };
    let (first, second) = (sign_in(), sign_in());
    assert!(first != second && first != fixed, "a token of its own each time");
    assert_eq!((visit(fixed), visit(&first), visit(&second)), (303, 200, 200));
    let page = get(&world.worker, "/settings/profile/", &first).body;
    let csrf = crate::client::between(&page, "name=\"csrf\" value=\"", "\"").unwrap();
    let out = post(&world.worker, "/sign-out", &[("csrf", csrf)], &first);
    assert_eq!(out.status, 303, "{out:?}");
    assert_eq!((visit(&first), visit(&second)), (303, 200), "the database forgets it");
    remove(world, &jo);
}

fn redirects(world: &World) {
    let jo = join(world, "viewer", None);
    let to = |next: &str| {
        let answer = post(&world.worker, "/sign-in", &[("key", &jo.key), ("next", next)], "");
        assert_eq!(answer.status, 303, "{next:?}: {answer:?}");
        answer.location.unwrap()
    };
    for next in [
        "https://evil.test/",
        "http://evil.test",
        "//evil.test",
        "///evil.test",
        "////evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "\\/evil.test",
        "/\\/evil.test",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "evil.test",
        "@evil.test",
        ".evil.test",
        "?x",
        "#x",
        "http:evil.test",
        "https:/evil.test",
        "/\n/evil.test",
        "/\t/evil.test",
        "\t//evil.test",
        "\n//evil.test",
        " //evil.test",
        "/\r\nLocation: //evil.test",
        "/x/..\\\\evil.test",
        "",
    ] {
        assert_eq!(to(next), "/", "{next:?}");
    }
    // Their own paths, however they look.
    for next in
        ["/%2f%2fevil.test", "/%5cevil.test", "/shop/issues/?query=//evil.test", "/@evil.test"]
    {
        assert_eq!(to(next), next);
    }
    let deep = get(&world.worker, "/shop/issues/?query=%22a%20b%22&status=resolved", "");
    let location = deep.location.unwrap();
    let next = location.strip_prefix("/sign-in?next=").unwrap();
    let page = get(&world.worker, &location, "");
    assert!(page.body.contains("You will return to the issues of shop"), "{page:?}");
    assert_eq!(
        to(&decoded(next)),
        "/shop/issues/?query=%22a%20b%22&status=resolved",
        "that very page"
    );
    remove(world, &jo);
}

/// `%2Fshop%2F` → `/shop/`
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        decoded.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
        decoded.push_str(&part[2..]);
    }
    decoded
}

fn guessed(world: &World) {
    let jo = join(world, "viewer", None);
    let from = |address: &str, key: &str| {
        let headers = [("CF-Connecting-IP", address)];
        posted(world, "/sign-in", &headers, &[("key", key), ("next", "/")])
    };
    let mut bodies = Vec::new();
    for number in 0..10 {
        let answer = Reply::of(from("198.51.100.7", &format!("{number:040x}")));
        assert_eq!((answer.status, &answer.cookie), (403, &None), "{number}: {answer:?}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "one answer for every wrong key");
    for path in ["/sign-in", "/sign-in/0123456789", "/invitation/0123456789"] {
        let request = match path {
            "/sign-in" => http().get(address(&world.worker, "/sign-in/0123456789")),
            path => http().get(address(&world.worker, path)),
        };
        let request = request.header("Host", host(&world.worker));
        let answer = request.header("CF-Connecting-IP", "198.51.100.7").call().unwrap();
        assert_eq!(answer.status().as_u16(), 429, "{path}");
    }
    let held = from("198.51.100.7", &jo.key);
    let after: u32 = held.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&after), "{after}");
    let held = Reply::of(held);
    assert_eq!((held.status, &held.cookie), (429, &None), "{held:?}");
    assert!(held.body.contains("other addresses are not held up"), "{held:?}");
    assert_eq!(Reply::of(from("198.51.100.8", &jo.key)).status, 303, "another address");
    assert_eq!(get(&world.worker, "/settings/profile/", &jo.cookie).status, 200, "who is in");
    remove(world, &jo);
}

fn headers(world: &World) {
    let owner = owner(world);
    for path in [
        "/sign-in",
        "/settings/profile/",
        "/settings/people/",
        "/shop/settings/tokens/",
        "/no-such-page",
    ] {
        let request = http().get(address(&world.worker, path)).header("Host", host(&world.worker));
        let answer = request.header("Cookie", &owner.cookie).call().unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
    }
    let listed = api(world, &owner, "GET", "/api/0/members/", &json!({}));
    assert_eq!(listed.status, 200);
}

/// What a route takes at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Takes {
    /// Anybody: these sign in.
    Nothing,
    Viewer,
    Member,
    Admin,
    /// An administrator of all projects.
    Owner,
    /// A token that uploads.
    Token,
}

fn takes(method: &str, pattern: &str) -> Takes {
    let is_of = |parts: &[&str]| parts.iter().any(|part| pattern.contains(part));
    if pattern.starts_with("/sign-") || pattern.starts_with("/invitation/") || pattern == "/setup" {
        return Takes::Nothing;
    }
    if pattern == "/api/0" || is_of(&["{_}", "/api/0/organizations", "/artifacts"]) {
        return Takes::Token;
    }
    if is_of(&[
        "/api/0/members",
        "/api/0/invitations",
        "/api/0/audit",
        "/settings/people",
        "/settings/projects",
    ]) || (method, pattern) == ("Get", "/settings/{tab}")
        || (method, pattern) == ("Post", "/api/0/projects")
    {
        return Takes::Owner;
    }
    if method == "Get" || pattern.starts_with("/settings/profile") || is_of(&["/rules/preview"]) {
        return Takes::Viewer;
    }
    if is_of(&["/settings", "/setup/", "/keys", "/tokens", "/erasures", "/alerts"])
        || pattern == "/api/0/projects/{project}"
    {
        return Takes::Admin;
    }
    Takes::Member
}

/// Sends what a browser would that has loaded the page before: as JSON to the API, as a form to pages.
fn asked(world: &World, person: &Person, method: &str, path: &str) -> Reply {
    let method = method.to_uppercase();
    if path.starts_with("/api/") || method == "GET" {
        return api(world, person, &method, path, &json!({}));
    }
    form(world, person, path, &[])
}

/// Each route by each kind of viewer: whose project it is not finds nothing, whose role does not suffice is told so.
fn routes(world: &World) {
    let (mine, other) = (world.project(), world.project());
    for project in [&mine, &other] {
        let envelope =
            format!("{{}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{EVENT}\",\"message\":\"m\"}}");
        assert_eq!(project.send(envelope.as_bytes()).status, 200);
    }
    let nobody = Person { cookie: String::new(), csrf: String::new(), key: String::new(), id: 0 };
    let own = [mine.slug.as_str()];
    let people = [
        (Takes::Viewer, join(world, "viewer", Some(&own))),
        (Takes::Member, join(world, "member", Some(&own))),
        (Takes::Admin, join(world, "admin", Some(&own))),
    ];
    let program = Program::of(world, &mine, &["project:admin", "project:read"]).unwrap();
    for &(method, pattern) in DASHBOARD {
        let takes = takes(method, pattern);
        let path = |project| filled(pattern, project);
        let is_api = pattern.starts_with("/api/");
        if takes == Takes::Nothing || pattern == "/no-such-page" {
            continue;
        }
        // Nobody.
        let answer = asked(world, &nobody, method, &path(&mine));
        if is_api {
            assert_eq!(answer.status, 401, "{method} {pattern}, nobody: {answer:?}");
        } else {
            let location = answer.location.clone().unwrap_or_default();
            let is_refused = answer.status == 303 && location.starts_with("/sign-in?next=");
            let is_harmless = pattern == "/{project}/setup/check" && method == "Get";
            assert!(is_refused || is_harmless, "{method} {pattern}, nobody: {answer:?}");
        }
        if takes == Takes::Token {
            continue;
        }
        for (role, person) in &people {
            // Another project is not there.
            if pattern.contains("{project}") {
                let answer = asked(world, person, method, &path(&other));
                let is_harmless = pattern == "/{project}/setup/check" && method == "Get";
                assert!(
                    answer.status == 404 || is_harmless,
                    "{method} {pattern}, {role:?}: {answer:?}"
                );
            }
            if *role >= takes || (takes == Takes::Viewer) {
                continue;
            }
            let answer = asked(world, person, method, &path(&mine));
            assert_eq!(answer.status, 403, "{method} {pattern}, {role:?}: {answer:?}");
            let says = answer.body.contains("this takes a");
            assert!(says, "{method} {pattern}, {role:?}: {answer:?}");
        }
        // A token of one project knows no other one.
        if is_api && pattern.contains("{project}") {
            let path = path(&other);
            let answer = program.json(&method.to_uppercase(), &path, &json!({})).unwrap();
            assert!(matches!(answer.status, 403 | 404), "{method} {pattern}, a token: {answer:?}");
        }
    }
    for (_, person) in &people {
        assert_eq!(
            get(&world.worker, &format!("/{}/issues/", mine.slug), &person.cookie).status,
            200
        );
        remove(world, person);
    }
    let events = other.api.json("issues/").unwrap();
    assert_eq!(events.as_array().map(Vec::len), Some(1), "nothing was changed: {events}");
    let settings: Value = other.api.json("settings/").unwrap();
    assert_eq!(settings["daily_quota"], 0);
}
