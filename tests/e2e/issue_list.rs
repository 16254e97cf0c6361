//! The list of issues: what is searched for is found, in the order asked for, by keyboard, and without a script.

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Answer, Project, World, eventually};

use crate::Test;
use crate::client::between;

pub const TESTS: &[Test] = &[
    ("issues_are_searched_by_what_events_say", searched),
    ("issues_are_sorted_and_leave_as_lines", sorted),
    ("a_search_is_kept_shared_and_forgotten", kept),
    ("a_search_is_completed_by_keyboard", completed),
    ("list_works_without_a_script_and_is_not_sent_twice", without_script),
];

/// Three bugs: the cart (twice, by two users), the search, and a warning of the basket.
fn fill(project: &Project) {
    let events = [
        json!({
            "exception": {"values": [{"type": "TypeError", "value": "the cart is empty"}]},
            "release": "shop@1.0", "environment": "production", "user": {"id": "jo"},
            "tags": {"plan": "pro"}, "request": {"url": "https://shop.test/cart?item=7"},
        }),
        json!({
            "exception": {"values": [{"type": "TypeError", "value": "the cart is empty"}]},
            "release": "shop@1.1", "environment": "staging", "user": {"id": "li"},
        }),
        json!({
            "exception": {"values": [{"type": "RangeError", "value": "no such result"}]},
            "release": "shop@1.1", "environment": "production", "tags": {"plan": "free"},
        }),
        json!({"message": "basket is slow", "level": "warning"}),
    ];
    for event in events {
        post(project, &event);
    }
}

/// An event without an ID: the same once more is the same event.
fn post(project: &Project, event: &Value) {
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    eventually(|| {
        let answer = project.send(envelope.as_bytes());
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    });
}

/// Messages of the issues that the API lists.
#[track_caller]
fn listed(project: &Project, parameters: &str) -> Vec<String> {
    let list = project.api.json(&format!("issues/?{parameters}")).unwrap();
    let value = |issue: &Value| issue["value"].as_str().unwrap_or_default().to_owned();
    list.as_array().unwrap().iter().map(value).collect()
}

fn searched(world: &World) {
    let project = world.project();
    fill(&project);
    let (cart, result, slow) = ("the cart is empty", "no such result", "basket is slow");
    for (query, expected) in [
        ("CART", &[cart][..]),
        ("\"cart is\"", &[cart]),
        ("c*empty", &[cart]),
        ("c*t", &[result, cart]),
        ("!cart", &[slow, result]),
        ("release:shop@1.0", &[cart]),
        ("release:shop@1.*", &[result, cart]),
        ("environment:staging release:shop@1.1", &[cart]),
        ("plan:pro", &[cart]),
        ("has:plan", &[result, cart]),
        ("url:/cart", &[cart]),
        ("user:li", &[cart]),
        ("level:warning", &[slow]),
        ("count:>1", &[cart]),
        ("users:>=2", &[cart]),
        ("first-seen:<1h is:new", &[slow, result, cart]),
        ("last-seen:>1h", &[]),
        ("is:resolved", &[]),
        ("is:assigned", &[]),
    ] {
        let mut found = listed(&project, &format!("query={}", encoded(query)));
        found.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(listed(&project, "environment=staging&range=24h"), [cart]);
    let refused = asked(&project, "issues/?query=cart+level:high");
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.detail().contains("at 6: level:high (level: takes one of"), "{refused:?}");
    let page =
        project.api.page(&format!("/{}/issues/?query=cart+level:high", project.slug)).unwrap();
    assert!(page.body.contains("at 6 is left out"), "the page says so and goes on: {page:?}");
    assert!(page.body.contains(cart) && !page.body.contains(slow), "{page:?}");
}

#[track_caller]
fn asked(project: &Project, path: &str) -> Answer {
    project.api.page(&format!("/api/0/projects/{}/{path}", project.slug)).unwrap()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn sorted(world: &World) {
    let project = world.project();
    fill(&project);
    assert_eq!(listed(&project, "sort=events")[0], "the cart is empty");
    assert_eq!(listed(&project, "sort=users")[0], "the cart is empty");
    assert_eq!(
        listed(&project, "sort=first-seen"),
        ["basket is slow", "no such result", "the cart is empty"]
    );
    assert_eq!(listed(&project, "sort=trend").len(), 3);
    let lines = asked(&project, "issues/export/?query=cart&range=14d");
    assert_eq!(lines.status, 200, "{lines:?}");
    let lines: Vec<Value> =
        lines.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["count"], &lines[0]["days"][13]), (&json!(2), &json!(2)));
}

fn kept(world: &World) {
    let project = world.project();
    fill(&project);
    let tab = world.tab();
    tab.open(&project.sign_in);
    let list = format!("{}/{}/issues/", world.worker.dashboard(), project.slug);
    tab.open(&format!("{list}?query=cart&sort=events"));
    tab.click(".keep summary");
    tab.fill(".keep [name=name]", "Broken carts");
    tab.click(".keep button");
    tab.shows(".view[aria-current]", "Broken carts");
    assert!(tab.url().contains("query=cart"), "{}", tab.url());
    tab.open(&list);
    tab.click(".view");
    tab.arrives("sort=events");
    let views = project.api.json("views/").unwrap();
    let id = views[0]["id"].clone();
    let answer =
        project.api.send("PATCH", &format!("views/{id}/"), &json!({"name": "Carts"})).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer =
        project.api.send("POST", "views/", &json!({"name": "", "search": "query=a"})).unwrap();
    assert_eq!(answer.status, 400, "{answer:?}");
    tab.open(&format!("{list}?query=cart&sort=events"));
    tab.shows(".view", "Carts");
    tab.click(".views li button");
    eventually(|| {
        ensure!(project.api.json("views/")? == json!([]), "it is forgotten");
        Ok(())
    });
}

fn completed(world: &World) {
    const DOWN: &str = "\u{e015}";
    const ENTER: &str = "\u{e007}";
    let project = world.project();
    fill(&project);
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/issues/", world.worker.dashboard(), project.slug));
    tab.fill("#filter", "rel");
    tab.shows("#suggestions", "release:");
    tab.press("#filter", DOWN);
    tab.press("#filter", ENTER);
    tab.shows("#suggestions", "release:shop@1.1");
    tab.press("#filter", DOWN);
    tab.press("#filter", DOWN);
    assert_eq!(tab.text("#suggestions [aria-selected=true]"), "release:shop@1.0");
    tab.press("#filter", ENTER);
    tab.press("#filter", ENTER);
    tab.arrives("query=release%3Ashop%401.0");
    tab.shows(".rows", "the cart is empty");
    assert_eq!(tab.eval("document.querySelectorAll('.row').length"), 1);
    // Rows are ticked by keyboard, and the bar says how many.
    tab.press("body", "x");
    tab.shows(".bulk", "1 selected");
    tab.press("body", "x");
    assert_eq!(tab.eval("document.querySelectorAll('.pick :checked').length"), 0);
}

fn without_script(world: &World) {
    let project = world.project();
    fill(&project);
    let path = format!("/{}/issues/?sort=events&environment=production", project.slug);
    let page = project.api.page(&path).unwrap();
    for form in [
        "name=\"query\"",
        "name=\"environment\"",
        "name=\"issue\"",
        "value=\"resolve\"",
        "range=14d",
    ] {
        assert!(page.body.contains(form), "{form}: {page:?}");
    }
    assert!(!page.body.contains("basket is slow"), "another environment's: {page:?}");
    let etag = between(&page.body, "data-etag=\"", "\"").unwrap().replace("&#34;", "\"");
    let again = project.api.unless(&etag, &path).unwrap();
    assert_eq!((again.status, again.body.as_str()), (304, ""), "{again:?}");
    let more = json!({
        "exception": {"values": [{"type": "RangeError", "value": "no such result"}]},
        "release": "shop@1.1", "environment": "production", "user": {"id": "mo"},
    });
    post(&project, &more);
    let again = project.api.unless(&etag, &path).unwrap();
    assert_eq!(again.status, 200, "one more event of a known bug");
}
