//! What becomes of an issue by a developer's hand: merged and split, resolved in a release, ignored for a while, deleted;
//! and what the events afterwards make of it. Clicked in the browser, counted through the JSON API.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Issue, Project, Tab, World, eventually};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("issue_life_merged_issues_are_one_and_splitting_undoes_it", merge_and_split),
    ("issue_life_what_cannot_be_merged_is_named", not_merged),
    ("issue_life_resolved_in_a_release_only_a_later_one_regresses", resolve_in_release),
    ("issue_life_ignored_until_more_events_comes_back_with_the_last", ignore_until_events),
    ("issue_life_more_than_ever_in_an_hour_is_escalating", escalation),
    ("issue_life_deleted_issue_leaves_nothing_and_comes_back_as_another", delete),
    ("issue_life_menus_open_by_keyboard_one_at_a_time", menus),
];

fn merge_and_split(world: &World) {
    let project = world.project();
    for (number, value, user) in
        [(1, "left", "jo"), (2, "left", "li"), (3, "right", "jo"), (4, "right", "mo")]
    {
        send(&project, event(number, value).with("user", json!({ "id": user })));
    }
    let (left, right) = (named(&project, "left"), named(&project, "right"));
    assert_eq!(counts(&left), (2, 2));
    assert_eq!(counts(&right), (2, 2));

    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &left));
    tab.click(".merge summary");
    tab.fill("#merge-with", &right.short_id.to_lowercase());
    tab.click(".merge button");
    tab.shows("#grouping", &format!("from {}", right.short_id));
    let merged = project.api.only_issue().unwrap();
    assert_eq!((merged.short_id.as_str(), counts(&merged)), (left.short_id.as_str(), (4, 3)));

    tab.open(&page_of(world, &project, &right));
    tab.arrives(&format!("/issues/{}/", left.short_id));
    tab.shows("h1", "left");
    send(&project, event(5, "right").with("user", json!({ "id": "ann" })));
    assert_eq!(counts(&project.api.only_issue().unwrap()), (5, 4));

    tab.open(&page_of(world, &project, &left));
    tab.click(&format!("[title='Back to {}']", right.short_id));
    tab.shows("#grouping", "1 group in this issue");
    assert_eq!(counts(&named(&project, "left")), (2, 2));
    assert_eq!(counts(&named(&project, "right")), (3, 3));
    assert_eq!(named(&project, "right").short_id, right.short_id);
    send(&project, event(6, "right"));
    assert_eq!(named(&project, "right").count, 4, "it counts for itself again");
}

fn not_merged(world: &World) {
    let project = world.project();
    send(&project, event(1, "left"));
    send(&project, event(2, "right"));
    let (left, right) = (named(&project, "left"), named(&project, "right"));
    let tab = signed_in(world, &project);
    for (with, said) in [
        ("nonsense", "is no issue of this project"),
        ("77", "-77: cannot be merged"),
        (left.short_id.as_str(), "or it is the same"),
    ] {
        tab.open(&page_of(world, &project, &left));
        tab.click(".merge summary");
        tab.fill("#merge-with", with);
        tab.click(".merge button");
        tab.shows("main", said);
    }
    assert_eq!(project.api.issues().unwrap().len(), 2);
    tab.open(&page_of(world, &project, &left));
    tab.click(".merge summary");
    tab.fill("#merge-with", &format!("{}, 77", right.short_id));
    tab.click(".merge button");
    tab.shows("main", &format!("Done with {}", right.short_id));
    assert_eq!(project.api.only_issue().unwrap().count, 2);
}

fn resolve_in_release(world: &World) {
    let project = world.project();
    let in_release = |number, value, release| event(number, value).with("release", json!(release));
    send(&project, in_release(1, "broken", "shop@1.9.0"));
    send(&project, in_release(2, "other", "shop@1.10.0"));
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &named(&project, "broken")));
    tab.click("#resolve-menu summary");
    // It was not seen in the newest release yet; who resolves it means that one.
    tab.click("#resolve-menu button[value='shop@1.10.0']");
    tab.shows(".fate", "Comes back in a release later than shop@1.10.0");

    send(&project, in_release(3, "broken", "shop@1.10.0"));
    send(&project, in_release(4, "broken", "shop@1.9.0"));
    let resolved = project.api.only_issue_of("resolved").unwrap();
    assert_eq!((resolved.value.as_str(), resolved.count, resolved.regressed), ("broken", 3, false));

    send(&project, in_release(5, "broken", "shop@1.11.0"));
    let back = named(&project, "broken");
    assert_eq!((back.count, back.status.as_str(), back.regressed), (4, "unresolved", true));
    tab.open(&list_of(world, &project));
    tab.shows(&format!("[data-id='{}']", back.short_id), "regressed");

    tab.open(&page_of(world, &project, &back));
    tab.click("#resolve-menu summary");
    tab.fill("#resolve-release", "shop@2.0.0");
    tab.click("#resolve-menu .typed button");
    tab.shows(".fate", "Comes back in a release later than shop@2.0.0");
    send(&project, in_release(6, "broken", "shop@1.12.0"));
    assert_eq!(project.api.only_issue_of("resolved").unwrap().count, 5);
    tab.click("button[value=unresolved]");
    tab.shows(".actions", "Ignore");
    assert!(!named(&project, "broken").regressed, "somebody reopened it");
}

fn ignore_until_events(world: &World) {
    let project = world.project();
    send(&project, event(1, "noise"));
    let issue = project.api.only_issue().unwrap();
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    tab.click("#ignore-menu summary");
    tab.fill("#ignore-menu input[name=hours]", "48");
    tab.fill("#ignore-menu input[name=events]", "3");
    tab.click("#ignore-menu .typed button");
    tab.shows(".fate", "Ignored until ");
    tab.shows(".fate", " UTC, or 4 events in all");
    assert_eq!(project.api.issues().unwrap(), []);
    send(&project, event(2, "noise"));
    send(&project, event(3, "noise"));
    assert_eq!(project.api.only_issue_of("ignored").unwrap().count, 3);
    send(&project, event(4, "noise"));
    let back = project.api.only_issue().unwrap();
    assert_eq!((back.count, back.regressed), (4, false));

    tab.open(&page_of(world, &project, &issue));
    tab.click("#ignore-menu summary");
    tab.click("#ignore-menu [name=users][value='10']");
    tab.shows(".fate", "Ignored until 11 users in all");
    tab.click("button[value=unresolved]");
    tab.shows(".actions", "Ignore");
    tab.click("#ignore-menu summary");
    tab.click("#ignore-menu form:first-child button");
    tab.shows(".fate", "Ignored until somebody reopens it");
}

fn escalation(world: &World) {
    let project = world.project();
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that was set");
    // All of one hour, whatever the clock does meanwhile.
    let at = |event: Event| event.with("timestamp", json!(now_s.as_secs()));
    send(&project, event(1, "rare"));
    world.database.age_issues_by_days(project.id(), 3);
    send(&project, at(event(2, "rare")).with("count", json!(20)));
    let issue = project.api.only_issue().unwrap();
    assert_eq!((issue.count, issue.escalating), (21, false), "20 are never too many");
    send(&project, at(event(3, "rare")));
    let issue = project.api.only_issue().unwrap();
    assert_eq!((issue.count, issue.escalating), (22, true));
    let tab = signed_in(world, &project);
    tab.open(&list_of(world, &project));
    tab.shows(".row", "escalating");
    tab.open(&page_of(world, &project, &issue));
    tab.shows(".issue-head", "escalating");
}

fn delete(world: &World) {
    let project = world.project();
    for number in 1..=3 {
        send(&project, event(number, "gone"));
    }
    let issue = project.api.only_issue().unwrap();
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    tab.click("#more-menu summary");
    tab.click("#more-menu .delete summary");
    tab.shows("#more-menu", "goes with all its 3 events. This cannot be undone");
    tab.click("#more-menu .danger");
    tab.shows("main", "No open issues");
    for status in ["unresolved", "resolved", "ignored"] {
        assert_eq!(project.api.issues_of(status).unwrap(), [], "{status}");
    }
    let page = project.api.page(&format!("/{}/issues/{}/", project.slug, issue.short_id)).unwrap();
    assert_eq!(page.status, 404);

    send(&project, event(4, "gone"));
    let again = project.api.only_issue().unwrap();
    assert_eq!((again.value.as_str(), again.count), ("gone", 1));
    assert_ne!(again.short_id, issue.short_id);
    // Events go by cron: those of the deleted issue, not the one that came afterwards.
    eventually(|| {
        let answer = world.get_site("/__scheduled?cron=*/5+*+*+*+*");
        ensure!(answer.status == 200, "{answer:?}");
        let stored = world.database.stored(project.id());
        ensure!(stored.events == 1, "{stored:?}");
        Ok(())
    });
    let stored = world.database.stored(project.id());
    assert_eq!((stored.counted, stored.in_hours, stored.bodies, stored.groups), (1, 1, 1, 1));
    assert!(project.api.event(&id(1)).is_err(), "its bodies are gone");
    assert_eq!(project.api.event(&id(4)).unwrap().event_id, id(4));
}

fn menus(world: &World) {
    let project = world.project();
    send(&project, event(1, "menus"));
    let issue = project.api.only_issue().unwrap();
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    let open = || tab.eval("[...document.querySelectorAll('.menu[open]')].map((menu) => menu.id)");
    const ENTER: &str = "\u{e007}";
    const ESCAPE: &str = "\u{e00c}";
    for menu in ["resolve-menu", "ignore-menu", "more-menu"] {
        tab.press(&format!("#{menu} summary"), ENTER);
        assert_eq!(open(), json!([menu]), "Enter opens it, and the other one closes");
    }
    tab.press("#more-menu summary", ESCAPE);
    assert_eq!(open(), json!([]), "Escape closes it");
}

/// An event's fields.
struct Event(Value);

impl Event {
    fn with(mut self, name: &str, value: Value) -> Self {
        self.0[name] = value;
        self
    }
}

/// Its number is its ID.
fn event(number: u32, value: &str) -> Event {
    Event(json!({
        "event_id": id(number),
        "exception": { "values": [{ "type": "Error", "value": value }] },
    }))
}

fn id(number: u32) -> String {
    format!("{number:032x}")
}

fn send(project: &Project, event: Event) {
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{}", event.0);
    let answer = project.send(envelope.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The open issue with this message.
fn named(project: &Project, value: &str) -> Issue {
    let mut issues = project.api.issues().unwrap();
    issues.retain(|issue| issue.value == value);
    assert_eq!(issues.len(), 1, "{value}: {issues:#?}");
    issues.remove(0)
}

fn counts(issue: &Issue) -> (u64, u64) {
    (issue.count, issue.users)
}

fn signed_in<'world>(world: &'world World, project: &Project) -> Tab<'world> {
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab
}

fn list_of(world: &World, project: &Project) -> String {
    format!("{}/{}/issues/", world.worker.dashboard(), project.slug)
}

fn page_of(world: &World, project: &Project, issue: &Issue) -> String {
    format!("{}{}/", list_of(world, project), issue.short_id)
}
