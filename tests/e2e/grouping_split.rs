//! An issue that holds several groups is split by what tells them apart, and made whole again.

use serde_json::json;
use trapline_tests::{Issue, World};

use crate::Test;
use crate::grouping_rules::{named, page_of, send, signed_in, thrown};

pub const TESTS: &[Test] = &[
    ("grouping_an_issue_is_split_by_a_function_and_undone_exactly", split),
    ("grouping_what_one_merge_brought_goes_back_when_split_by_a_component", split_home),
];

fn split(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "grouping_rules": "type:TypeError -> all" })).unwrap();
    let by = |number: u32, value: &str, function: &str, user: &str| {
        let mut event = thrown(number, "TypeError", value, function);
        event["user"] = json!({ "id": user });
        send(&project, event);
    };
    by(1, "Invalid state", "openCart", "jo");
    by(2, "Invalid token", "openCart", "li");
    by(3, "Invalid state", "sendOrder", "jo");
    by(4, "Invalid state", "sendOrder", "mo");
    let issue = project.api.only_issue().unwrap();
    assert_eq!((issue.count, issue.users), (4, 3));

    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    tab.click("#grouping a[href$='/split/']");
    tab.shows("h1", &format!("Split {}", issue.short_id));
    tab.shows("main", "openCart");
    tab.click("form:has([value=function]) button[value=openCart]");
    tab.shows("#grouping .done", "Split off: these events count for ");
    let part = |issues: &[Issue]| {
        let other = issues.iter().find(|other| other.short_id != issue.short_id);
        other.cloned().expect("an issue of its own")
    };
    let now = |short_id: &str| {
        let issues = project.api.issues().unwrap();
        let found = issues.into_iter().find(|one| one.short_id == short_id).expect("the issue");
        (found.count, found.users)
    };
    let own = part(&project.api.issues().unwrap());
    tab.shows("#grouping .done", &own.short_id);
    let forged = format!("{}?split={}&by=0", page_of(world, &project, &issue), own.short_id);
    let forged = project.api.page(forged.trim_start_matches(&world.worker.dashboard())).unwrap();
    assert!(!forged.body.contains("Split off: "), "a link from elsewhere offers no merge");
    assert_eq!((now(&issue.short_id), now(&own.short_id)), ((2, 2), (2, 2)));
    assert_eq!(own.kind, "TypeError");

    // Their later events follow, and others of the same rule stay.
    by(5, "Invalid token", "openCart", "jo");
    by(6, "Invalid state", "sendOrder", "jo");
    by(7, "Invalid mood", "readMood", "li");
    assert_eq!((now(&issue.short_id), now(&own.short_id)), ((4, 3), (3, 2)));

    tab.click("#grouping .done button");
    tab.shows("#grouping", "4 groups in this issue");
    assert_eq!(project.api.only_issue().unwrap().count, 7);
    assert_eq!(now(&issue.short_id), (7, 3));
    by(8, "Invalid token", "openCart", "ann");
    assert_eq!(now(&issue.short_id), (8, 4));

    // What all of them have parts nothing.
    tab.open(&format!("{}split/", page_of(world, &project, &issue)));
    tab.shows("main", "openCart");
    let offered = "[...document.querySelectorAll('.parts button')].map((button) => button.value)";
    let offered = tab.eval(offered);
    assert!(!offered.as_array().unwrap().contains(&json!("TypeError")), "{offered}");
}

fn split_home(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    send(&project, thrown(2, "TypeError", "Too many lamps", "addLamp"));
    let (state, lamps) = (named(&project, "Invalid state"), named(&project, "Too many lamps"));
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &state));
    tab.click(".merge summary");
    tab.fill("#merge-with", &lamps.short_id);
    tab.click(".merge button");
    tab.shows("#grouping", &format!("from {}", lamps.short_id));
    tab.open(&format!("{}split/", page_of(world, &project, &state)));
    tab.click("form:has([value=function]) button[value=addLamp]");
    tab.shows("#grouping .done", &lamps.short_id);
    assert_eq!(named(&project, "Too many lamps").short_id, lamps.short_id);
    assert_eq!(
        (named(&project, "Invalid state").count, named(&project, "Too many lamps").count),
        (1, 1)
    );
    // One group is left: there is nothing to split.
    tab.open(&format!("{}split/", page_of(world, &project, &state)));
    tab.shows("main", &format!("Nothing to split {} by", state.short_id));
}
