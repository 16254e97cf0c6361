//! A project that waits for its first event says what came and was refused, and repairs it.

use anyhow::ensure;
use serde_json::json;
use trapline_tests::{Project, Site, World, eventually};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("refused_origin_is_named_and_allowed_with_a_click", refused_origin),
    ("waiting_page_names_what_was_refused", refusals),
    ("test_event_is_an_issue", test_event),
];

fn waiting(world: &World, project: &Project) -> String {
    format!("{}/{}/issues/", world.worker.dashboard(), project.slug)
}

fn refused_origin(world: &World) {
    let project = world.project_for(&["https://shop.example"]);
    let app = "setTimeout(() => { throw new Error('from elsewhere'); });";
    let site: Site = project.site(app);
    break_page(world, &site);
    assert_eq!(project.api.issues().unwrap(), []);

    let tab = world.tab();
    tab.open(&project.sign_in);
    eventually(|| {
        tab.open(&waiting(world, &project));
        let text = tab.text("#live");
        ensure!(text.contains(&format!("{} is not among the origins", site.origin())), "{text}");
        Ok(())
    });
    tab.click(".refusals button");
    tab.shows("#live", "Listening");
    drop(tab);

    break_page(world, &site);
    let issue = eventually(|| project.api.only_issue());
    assert_eq!(issue.value, "from elsewhere");
}

/// Opens the page, and closes it once its error was answered.
fn break_page(world: &World, site: &Site) {
    let tab = world.tab();
    tab.open(&site.url("/"));
    tab.flush();
}

fn refusals(world: &World) {
    let project = world.project();
    let event = json!({ "message": "hello" });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    let unknown = format!("{}?sentry_key={:032x}", project.ingest(), 1);
    assert_eq!(world.post(&unknown, envelope.as_bytes()).status, 403);
    assert_eq!(project.send(b"{}\nnonsense\n{}").status, 400);
    assert_eq!(project.send(b"{}\n{\"type\":\"replay_event\"}\n{}").status, 200);
    for expected in ["unknown key", "Line 2", "Items of the kind replay_event arrive"] {
        eventually(|| {
            let page = project.api.page(&format!("/{}/issues/", project.slug))?;
            ensure!(page.body.contains(expected), "{expected}: {}", page.body);
            Ok(())
        });
    }
    assert_eq!(project.api.issues().unwrap(), []);
}

fn test_event(world: &World) {
    let project = world.project();
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&waiting(world, &project));
    tab.click("form[action$='/test-event'] button");
    tab.shows("main", "A test event, sent from the dashboard");
    let issue = project.api.only_issue().unwrap();
    assert_eq!((issue.kind.as_str(), issue.count), ("TestError", 1));
    assert!(issue.culprit.contains("sendTestEvent"), "{issue:?}");
}
