//! The demo shop: a click there is an issue here, soon.

use std::time::Duration;

use trapline_tests::{World, eventually, eventually_within};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("click_in_the_demo_shop_is_an_issue_within_2_s", click_in_the_shop),
    ("panic_of_the_demo_shop_in_rust_is_an_issue", panic_in_the_shop),
];

fn click_in_the_shop(world: &World) {
    let project = world.demo_project();
    let tab = world.tab();
    tab.open(&format!("{}/demo/", world.worker.site()));
    tab.click("#breaker-toggle");
    tab.click("#break-throw");
    let issue = eventually_within(Duration::from_secs(2), || {
        let issues = project.api.issues()?;
        let issue = issues.into_iter().find(|issue| issue.kind == "TypeError");
        anyhow::Context::context(issue, "no TypeError yet")
    });
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/issues/", world.worker.dashboard(), project.slug));
    let list = tab.text("body");
    assert!(list.contains(&issue.value), "the list shows {:?}:\n{list}", issue.value);
}

fn panic_in_the_shop(world: &World) {
    let project = world.demo_project();
    let tab = world.tab();
    tab.open(&format!("{}/demo/", world.worker.site()));
    tab.click("#breaker-toggle");
    tab.click("#break-panic");
    let issue = eventually(|| {
        let issues = project.api.issues()?;
        let issue = issues.into_iter().find(|issue| issue.kind == "panic");
        anyhow::Context::context(issue, "no panic yet")
    });
    assert_eq!(issue.value, "index out of bounds: the len is 3 but the index is 7");
    assert!(issue.culprit.contains("packing/src/lib.rs"), "{issue:?}");
}
