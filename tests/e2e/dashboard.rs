//! What a developer does: sign in, read, resolve. And who may not.

use anyhow::ensure;
use serde_json::json;
use trapline_tests::{Project, World, eventually};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("dashboard_answers_on_its_own_host_only", own_host_only),
    ("set_up_makes_a_key_that_signs_in_to_the_page_asked_for", set_up_and_sign_in),
    ("sign_in_link_works_once", link_works_once),
    ("resolved_issue_comes_back_when_it_happens_again", regression),
    ("html_of_a_sender_is_text", html_is_text),
    ("all_projects_stand_on_the_start_page", all_projects),
    ("palette_jumps_to_an_issue_by_keys_alone", palette),
];

fn own_host_only(world: &World) {
    let project = world.project();
    for path in
        ["/", "/sign-in", "/setup", "/api/0/projects/", &format!("/{}/issues/", project.slug)]
    {
        let answer = world.get_site(path);
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        let answer = world.get_signed_out(path);
        assert_ne!(answer.status, 404, "{path} on the dashboard's host: {answer:?}");
        assert!(!answer.body.contains("Sign out"), "{path} shows nothing to a stranger");
    }
    let answer = world.get_signed_out("/api/0/projects/");
    assert_eq!((answer.status, answer.detail().as_str()), (401, "sign in first"));
}

fn set_up_and_sign_in(world: &World) {
    let project = world.project();
    send(&project, 1, "deep");
    let issue = project.api.only_issue().unwrap();
    let deep = format!("{}/{}/issues/{}/", world.worker.dashboard(), project.slug, issue.short_id);
    let setup = format!("{}/setup", world.worker.dashboard());
    let tab = world.tab();

    tab.open(&setup);
    tab.fill("#secret", "not the secret, but as long as one");
    tab.click("button[type=submit]");
    tab.shows("main", "the secret is not the deployment's");
    tab.fill("#secret", world.worker.secret());
    tab.click("button[type=submit]");
    let key = tab.text("#snippet-key");
    assert_eq!(key.len(), 40, "{key}");

    tab.open(&deep);
    tab.click(".account summary");
    tab.click("form[action='/sign-out'] button");
    tab.arrives("/sign-in");
    tab.open(&deep);
    tab.arrives("/sign-in?next=");
    tab.fill("#key", "0123456789012345678901234567890123456789");
    tab.click("button[type=submit]");
    tab.shows("main", "does not sign in");
    tab.fill("#key", &key);
    tab.click("button[type=submit]");
    tab.arrives(&deep);
    tab.shows("h1", "deep");
}

fn link_works_once(world: &World) {
    let (_, project) = (world.project(), world.project());
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.shows("h1", "Projects");
    tab.open(&project.sign_in);
    tab.shows("main", "used before");
}

fn regression(world: &World) {
    let project = world.project();
    send(&project, 1, "again");
    let list = format!("{}/{}/issues/", world.worker.dashboard(), project.slug);
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&list);
    tab.click("a[href*='/issues/']:not([href$='/issues/'])");
    tab.click("button[value=resolved]");
    tab.shows("main", "Reopen");
    assert_eq!(project.api.issues().unwrap(), [], "it left the list");
    tab.open(&format!("{list}?status=resolved"));
    tab.shows("main", "again");

    send(&project, 2, "again");
    let issue = project.api.only_issue().unwrap();
    assert_eq!(issue.count, 2);
    tab.open(&list);
    tab.shows("main", "regressed");
}

fn html_is_text(world: &World) {
    const HTML: &str =
        "<img src=x onerror=document.title='broken'><script>document.title='broken'</script>";
    let project = world.project();
    let event = json!({
        "event_id": format!("{:032x}", 1), "release": HTML, "environment": HTML,
        "exception": {"values": [{"type": HTML, "value": HTML, "stacktrace": {"frames": [
            {"function": HTML, "filename": HTML, "lineno": 1, "context_line": HTML}]}}]},
        "breadcrumbs": [{"category": HTML, "message": HTML, "data": {"url": HTML}}],
        "tags": {"tag": HTML}, "user": {"id": HTML}, "extra": {"extra": HTML},
        "request": {"url": format!("javascript:alert(1)//{HTML}"), "headers": {"Referer": HTML}},
    });
    let answer = project.send(format!("{{}}\n{{\"type\":\"event\"}}\n{event}").as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    let short_id = project.api.only_issue().unwrap().short_id;
    let tab = world.tab();
    tab.open(&project.sign_in);
    for path in ["issues/".to_owned(), format!("issues/{short_id}/")] {
        tab.open(&format!("{}/{}/{path}", world.worker.dashboard(), project.slug));
        tab.shows("main", "onerror");
        assert_eq!(tab.eval("document.querySelectorAll('main img, main script').length"), 0);
        assert_ne!(tab.eval("document.title"), "broken");
    }
}

fn all_projects(world: &World) {
    let (quiet, busy) = (world.project(), world.project());
    send(&busy, 1, "one");
    send(&busy, 2, "two");
    let tab = world.tab();
    tab.open(&busy.sign_in);
    tab.shows("h1", "Projects");
    tab.fill("#filter", &busy.slug);
    tab.press("#filter", "\u{e007}");
    tab.arrives("query=");
    let row = tab.text("tbody tr");
    assert!(row.contains(&busy.slug) && !tab.text("main").contains(&quiet.slug), "{row}");
    assert_eq!(tab.text("td[data-label='Open issues']"), "2");
    assert_eq!(tab.text("td[data-label='Seen in 24 h']"), "2");
    tab.click("tbody a");
    tab.arrives(&format!("/{}/issues/", busy.slug));

    let answer = busy.api.page(&format!("/api/0/overview/?query={}", busy.slug)).unwrap();
    let overview: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        (&overview["found"], &overview["projects"][0]["open_issues"]),
        (&json!(1), &json!(2))
    );
    tab.open(&format!("{}/?query=no-such-project", world.worker.dashboard()));
    tab.shows("main", "No project is called");
}

fn palette(world: &World) {
    let project = world.project();
    send(&project, 1, "harbour pilot");
    send(&project, 2, "lighthouse keeper");
    let issues = project.api.issues().unwrap();
    let wanted = issues.iter().find(|issue| issue.value == "lighthouse keeper").unwrap();
    let page = format!("/{}/issues/{}/", project.slug, wanted.short_id);
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/settings/", world.worker.dashboard(), project.slug));

    tab.press("body", "/");
    tab.fill(".palette input", "lighthouse");
    tab.shows(".palette ul", &wanted.short_id);
    tab.press(".palette input", "\u{e007}");
    tab.arrives(&page);
    tab.shows("h1", "lighthouse keeper");

    tab.press("body", "/");
    tab.fill(".palette input", &wanted.short_id.to_lowercase());
    tab.shows(".palette [aria-selected=true]", &wanted.short_id);
    tab.fill(".palette input", "settings");
    tab.shows(".palette [aria-selected=true]", "Settings");
    tab.press(".palette input", "\u{e00c}");
    assert_eq!(tab.eval("document.querySelectorAll('dialog[open]').length"), 0);
    assert!(tab.url().ends_with(&page), "Escape closes it: {}", tab.url());

    tab.press("body", "g");
    tab.press("body", "s");
    tab.arrives("/settings/");
}

/// An event of now: its number is its ID.
fn send(project: &Project, number: u32, value: &str) {
    let event = json!({
        "event_id": format!("{number:032x}"),
        "exception": {"values": [{"type": "Error", "value": value}]},
    });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    eventually(|| {
        let answer = project.send(envelope.as_bytes());
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    });
}
