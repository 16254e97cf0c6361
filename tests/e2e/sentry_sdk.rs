//! An unmodified `@sentry/browser` works after its DSN is changed, and what it sends is read in the dashboard.

use std::fs;
use std::process::Command;

use trapline_tests::{Site, World, eventually};

use crate::Test;

pub const TESTS: &[Test] =
    &[("sentry_browser_with_our_dsn_is_read_in_the_dashboard", sentry_browser)];

fn sentry_browser(world: &World) {
    let project = world.project();
    let page = format!(
        "<!doctype html><title>Shop</title><script>window.DSN = \"{}\"</script><script src=\"/app.js\"></script>",
        project.dsn
    );
    let site = Site::serve(&[("/", &page), ("/app.js", &bundled(world))]);
    let tab = world.tab();
    tab.open(&site.url("/"));

    let issue = eventually(|| project.api.only_issue());
    assert_eq!((issue.kind.as_str(), issue.value.as_str()), ("RangeError", "card declined"));
    assert_eq!(issue.count, 1);
    let event = project.api.latest_event(&issue.short_id).unwrap();
    assert_eq!(tab.eval("window.eventId"), event.event_id);
    assert_eq!(event.exceptions[0].frames[0].function, "payByCard");
    assert_eq!(event.environment.as_deref(), Some("production"));
    assert!(event.sdk.name.starts_with("sentry.javascript"), "{:?}", event.sdk);
    assert_eq!(event.defects, [], "its payload is read in full");

    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/issues/{}/", world.worker.dashboard(), project.slug, issue.short_id));
    let text = tab.text("body");
    for expected in [
        "RangeError",
        "card declined",
        "payByCard",
        "added hazelnuts",
        "checkout",
        "express",
        "shop@1.0.0",
    ] {
        assert!(text.contains(expected), "the issue page shows {expected:?}:\n{text}");
    }
}

/// As a bundler delivers it, but with names kept.
fn bundled(world: &World) -> String {
    let outfile = world.paths.target.join("e2e/sentry-app.js");
    let output = Command::new(world.paths.esbuild())
        .args(["tests/e2e/sentry-app.js", "--bundle", "--format=iife", "--log-level=warning"])
        .arg(format!("--outfile={}", outfile.display()))
        .current_dir(&world.paths.root)
        .output()
        .expect("esbuild");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(outfile).expect("the bundle")
}
