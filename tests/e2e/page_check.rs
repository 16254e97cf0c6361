//! A project that waits for its first event says what in a page keeps its errors from arriving.

use trapline_tests::{Project, Site, World};

use crate::Test;
use crate::client::{Reply, between, get, post, session};

pub const TESTS: &[Test] = &[
    ("page_check_names_what_keeps_errors_from_arriving", findings),
    ("page_check_says_why_a_page_was_not_read", unread),
    ("page_check_is_for_its_own_form_alone", forged),
];

fn findings(world: &World) {
    let project = world.project();
    let good = format!("<!doctype html><title>Shop</title>{}", project.snippet());
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"connect-src 'self'\">";
    let site = Site::serve(&[
        ("/", &good),
        ("/late", &good.replace("<script", "<script async")),
        ("/closed", &good.replace("<script", &format!("{policy}<script"))),
        ("/none", "<!doctype html><title>Shop</title>"),
    ]);
    for (path, expected) in [
        ("/", "As it should be"),
        ("/late", "has async, so errors"),
        (
            "/closed",
            "refuses sending to the collector (connect-src &#39;self&#39;): errors stay in the browser",
        ),
        ("/none", "Neither the agent nor the DSN is visible"),
        ("/missing", "The page answered 404"),
    ] {
        let answer = checked(world, &project, &site.url(path));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(answer.body.contains(expected), "{path}: {}", answer.body);
    }
    let remedy = format!("connect-src &#39;self&#39; {}", world.worker.site());
    assert!(checked(world, &project, &site.url("/closed")).body.contains(&remedy));
}

fn unread(world: &World) {
    let project = world.project();
    // Nobody listens on a port that was free a moment ago.
    let gone = Site::serve(&[]).url("/");
    for (url, expected) in [
        ("", "begins with https:// or http://"),
        ("file:///etc/passwd", "begins with https:// or http://"),
        (&gone, "could not be reached"),
    ] {
        let answer = checked(world, &project, url);
        assert_eq!(answer.status, 200, "{url}: {answer:?}");
        assert!(answer.body.contains(expected), "{url}: {}", answer.body);
        assert!(answer.body.contains("Send your first event"), "{url}: {}", answer.body);
    }
}

fn forged(world: &World) {
    let project = world.project();
    let path = format!("/{}/setup/check", project.slug);
    let form = [("url", "http://127.0.0.1:9/"), ("csrf", "guessed")];
    assert_eq!(post(&world.worker, &path, &form, &session(world)).status, 403);
    assert_eq!(post(&world.worker, &path, &form, "").status, 303, "to the page that signs in");
    let answer = get(&world.worker, &path, &session(world));
    let waiting = format!("/{}/issues/", project.slug);
    assert_eq!((answer.status, answer.location), (303, Some(waiting)), "loaded again");
}

/// Fills in the form on the waiting page.
fn checked(world: &World, project: &Project, url: &str) -> Reply {
    let session = session(world);
    let waiting = get(&world.worker, &format!("/{}/issues/", project.slug), &session);
    let form = between(&waiting.body, "<form class=\"check\"", "</form>").expect("the form");
    let csrf = between(form, "name=\"csrf\" value=\"", "\"").expect("a token");
    let path = between(form, "action=\"", "\"").expect("an action");
    post(&world.worker, path, &[("url", url), ("csrf", csrf)], &session)
}
