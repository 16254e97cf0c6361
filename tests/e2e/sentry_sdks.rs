//! Unmodified SDKs of every kind deliver, and what they send is read back complete: in a page, in React, on Node, in Python.
//! Sessions and feedback are stored, and traces as far as they tell of pages; the rest is answered, and counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;
use trapline_core::event::Event;
use trapline_tests::{Gate, Issue, Project, Site, World, eventually, eventually_within};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("sentry_browser_with_everything_on_is_read_back_complete", browser),
    ("sentry_browser_sessions_say_how_many_visits_crash", sessions),
    ("sentry_react_boundary_is_read_back_complete", react),
    ("sentry_node_is_read_back_complete", node),
];

/// Tests that need PyPI.
pub const LONG_TESTS: &[Test] = &[("sentry_sdk_of_python_is_read_back_complete", python)];

/// Exactly this one: a newer one is another test.
const SENTRY_SDK: &str = "sentry-sdk==2.75.0";

/// A page with one script of `tests/sdks`, as a bundler delivers it, but with names kept.
fn page_of(world: &World, name: &str, dsn: &str) -> Site {
    let outfile = world.paths.target.join(format!("e2e/sdk-{name}"));
    let source = format!("tests/sdks/{name}");
    run(Command::new(world.paths.esbuild())
        .args([&source, "--bundle", "--format=iife", "--log-level=warning", "--keep-names"])
        .arg("--define:process.env.NODE_ENV=\"production\"")
        .arg(format!("--outfile={}", outfile.display()))
        .current_dir(&world.paths.root));
    let script = fs::read_to_string(outfile).expect("the bundle");
    let page = format!(
        "<!doctype html><title>Shop</title><body><script>window.DSN = \"{dsn}\"</script><script src=\"/app.js\"></script>"
    );
    Site::serve(&[("/", &page), ("/app.js", &script)])
}

/// What a program prints; it has to succeed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Every request was taken, and items of all these types were among them.
fn took(gate: &Gate, kinds: &[&str]) {
    eventually(|| {
        let requests: Vec<_> =
            gate.requests().into_iter().filter(|seen| seen.is_envelope()).collect();
        for seen in &requests {
            ensure!(seen.status == Some(200), "{seen:?}");
        }
        let all: String =
            requests.iter().map(|seen| String::from_utf8_lossy(&seen.body).into_owned()).collect();
        for kind in kinds {
            ensure!(all.contains(&format!("\"type\":\"{kind}\"")), "no {kind}: {all}");
        }
        Ok(())
    });
}

/// The issue of this message with its newest event, which is read in full.
fn stored(project: &Project, value: &str) -> (Issue, Event) {
    let issue = eventually_within(Duration::from_secs(20), || {
        let issues = project.api.issues()?;
        let issue = issues.iter().find(|issue| issue.value.contains(value)).cloned();
        ensure!(issue.is_some(), "no issue {value:?}: {issues:#?}");
        Ok(issue.expect("an issue"))
    });
    let event = project.api.latest_event(&issue.short_id).expect("an event");
    assert_eq!(event.defects, [], "the payload is read in full");
    (issue, event)
}

fn tag<'event>(event: &'event Event, name: &str) -> Option<&'event str> {
    event.tags.iter().find(|(tag, _)| tag == name).map(|(_, value)| value.as_str())
}

fn browser(world: &World) {
    let (project, gate) = (world.project(), world.gate());
    project.api.set(&serde_json::json!({ "store_ip_addresses": true })).expect("settings");
    let site = page_of(world, "browser.js", &gate.dsn(&project));
    let tab = world.tab();
    tab.open(&site.url("/"));

    let (issue, event) = stored(&project, "payment failed");
    assert_eq!((issue.kind.as_str(), issue.count, issue.level.as_str()), ("Error", 1, "error"));
    assert_eq!(tab.eval("window.eventId"), event.event_id);
    let chain: Vec<_> =
        event.exceptions.iter().map(|e| (e.kind.as_str(), e.value.as_str())).collect();
    assert_eq!(chain, [("Error", "payment failed"), ("TypeError", "card was declined")]);
    assert_eq!(event.exceptions[0].frames[0].function, "pay");
    assert_eq!(event.exceptions[1].frames[0].function, "chargeCard");
    assert_eq!(event.release.as_deref(), Some("shop@2.0.0"));
    assert_eq!(event.environment.as_deref(), Some("staging"));
    assert_eq!(event.dist.as_deref(), Some("7"));
    let user = &event.user;
    assert_eq!((user.id.as_deref(), user.email.as_deref()), (Some("42"), Some("jo@shop.test")));
    assert_eq!(user.username.as_deref(), Some("jo"));
    assert_eq!(tag(&event, "checkout"), Some("express"));
    assert_eq!(event.contexts["basket"]["total"], 12.5);
    assert_eq!(event.extra["coupon"], "AUTUMN");
    let crumb = event.breadcrumbs.iter().find(|crumb| crumb.message == "added hazelnuts");
    assert_eq!(crumb.expect("the breadcrumb").data["sku"], "h-1");
    assert!(event.request.url.as_deref().unwrap_or_default().starts_with(&site.origin()));
    assert!(event.browser.name.ends_with("Chrome"), "{:?}", event.browser);
    assert!(event.sdk.name.starts_with("sentry.javascript"), "{:?}", event.sdk);

    let (issue, event) = stored(&project, "the price list is old");
    assert_eq!((issue.level.as_str(), issue.users), ("warning", 1));
    assert_eq!(tab.eval("window.messageId"), event.event_id);
    assert_eq!(tag(&event, "list"), Some("winter"));
    assert_eq!(event.fingerprint, ["prices"]);
    took(&gate, &["event", "session", "feedback", "span"]);
    assert_eq!(project.api.issues().expect("issues").len(), 2, "the rest is no error");
    let said = eventually(|| {
        let said = project.api.json("feedback/")?;
        ensure!(said["feedback"][0]["message"] == "I cannot pay", "{said}");
        Ok(said)
    });
    assert_eq!(said["feedback"][0]["name"], "Jo");
    eventually_within(Duration::from_secs(20), || {
        let vitals = project.api.json("vitals/?range=24h")?;
        ensure!(vitals["all"]["views"].as_f64() >= Some(1.0), "{vitals}");
        ensure!(!vitals["all"]["ttfb"]["p75"].is_null(), "{vitals}");
        Ok(())
    });
    let releases = project.api.json("releases/").expect("releases");
    assert_eq!(releases["all"]["sessions"], 1, "{releases}");
    assert_eq!((&releases["all"]["errored"], &releases["all"]["crashed"]), (&1.into(), &0.into()));
}

/// Of four visits one crashes and one meets errors that were caught.
fn sessions(world: &World) {
    let (project, gate) = (world.project(), world.gate());
    let site = page_of(world, "sessions.js", &gate.dsn(&project));
    let tab = world.tab();
    for (number, search) in (1_u64..).zip(["?calm", "?error", "?crash", "?again"]) {
        tab.open(&site.url(&format!("/{search}")));
        eventually_within(Duration::from_secs(20), || {
            let releases = project.api.json("releases/?range=24h")?;
            ensure!(releases["all"]["sessions"] == number, "{search}: {releases}");
            let failed = [0, 1, 2, 2][usize::try_from(number - 1)?];
            ensure!(releases["all"]["errored"] == failed, "{search}: {releases}");
            Ok(())
        });
    }
    let releases = project.api.json("releases/?range=24h").expect("releases");
    assert_eq!(releases["all"]["crashed"], 1, "{releases}");
    assert_eq!(releases["all"]["crash_free_sessions"], 0.75, "{releases}");
    assert_eq!(releases["releases"][0]["release"], "shop@3.0.0");
}

fn react(world: &World) {
    let (project, gate) = (world.project(), world.gate());
    let site = page_of(world, "react.js", &gate.dsn(&project));
    let tab = world.tab();
    tab.open(&site.url("/"));
    tab.shows("body", "Something went wrong");
    let (issue, event) = stored(&project, "toFixed");
    assert_eq!((issue.kind.as_str(), issue.count), ("TypeError", 1));
    assert_eq!(event.exceptions[0].frames[0].function, "OrderSummary");
    assert!(event.contexts.contains_key("react"), "{:?}", event.contexts);
    // React's own stack of components is the cause.
    assert!(event.exceptions.len() > 1, "{:?}", event.exceptions);
    assert!(event.sdk.name.starts_with("sentry.javascript.react"), "{:?}", event.sdk);
    took(&gate, &["event", "session"]);
}

fn node(world: &World) {
    let project = world.project();
    let id = run(Command::new("node")
        .arg(world.paths.root.join("tests/sdks/node.mjs"))
        .env("DSN", &project.dsn)
        .env_remove("NODE_OPTIONS"));
    let (issue, event) = stored(&project, "no such mailbox");
    assert_eq!((issue.kind.as_str(), issue.count), ("RangeError", 1));
    assert_eq!(event.event_id, id.trim());
    assert_eq!(event.platform, "node");
    assert_eq!(event.exceptions[0].frames[0].function, "sendMail");
    assert!(event.exceptions[0].frames[0].source.is_some(), "lines around the frame");
    assert_eq!((event.user.id.as_deref(), tag(&event, "queue")), (Some("7"), Some("mail")));
    assert_eq!(event.release.as_deref(), Some("api@1.0.0"));
    let (issue, _) = stored(&project, "queue is long");
    assert_eq!(issue.level, "warning");
}

fn python(world: &World) {
    let project = world.project();
    let python = venv(&world.paths.target.join("e2e/python"), SENTRY_SDK);
    let id = run(Command::new(python)
        .arg(world.paths.root.join("tests/sdks/python.py"))
        .env("DSN", &project.dsn));
    let (issue, event) = stored(&project, "amount is negative");
    assert_eq!((issue.kind.as_str(), issue.count), ("ValueError", 1));
    assert_eq!(event.event_id, id.trim());
    assert_eq!(event.platform, "python");
    assert_eq!(event.exceptions[0].frames[0].function, "post_invoice");
    assert_eq!(event.user.email.as_deref(), Some("jo@shop.test"));
    assert_eq!(tag(&event, "ledger"), Some("2026"));
    assert_eq!(event.contexts["invoice"]["number"], 17);
    assert_eq!(event.exceptions[0].frames[0].vars["password"], "[Filtered]");
    let (issue, _) = stored(&project, "ledger is long");
    assert_eq!(issue.level, "warning");
}

/// The Python of an environment that has a package; made and filled where it is missing.
pub fn venv(directory: &Path, package: &str) -> PathBuf {
    let python = directory.join("bin/python");
    let stamp = directory.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(package) {
        run(Command::new("python3").args(["-m", "venv"]).arg(directory));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", package]));
        fs::write(stamp, package).expect("a file");
    }
    python
}
