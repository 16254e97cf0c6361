//! What SECURITY.md promises and no other test holds: secrets are written nowhere, what pages load can be pinned, and the
//! documentation runs nothing but its own file.

use std::fs;
use std::process::Command;

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Engine, Preferences, Program, Site, World, eventually, shop_page};
use xtask::docs;
use xtask::stamp::files_under;
use xtask::worker::http;

use crate::Test;
use crate::barriers::{RULES, RUN};
use crate::client::{address, between, get, host, post};

pub const TESTS: &[Test] = &[
    ("secrets_are_in_no_log_and_not_in_the_database", secrets),
    ("pinned_agent_reports_and_a_changed_one_is_not_run", pinned),
    ("documentation_is_served_under_a_policy_of_its_own", documentation),
    ("documentation_has_no_barriers_and_fits_every_screen", barriers),
];

/// Everything that is secret is used, rightly and wrongly, and then looked for where it must not be.
fn secrets(world: &World) {
    let project = world.project();
    let all = ["artifacts:write", "project:read", "project:write", "project:admin"];
    let program = Program::of(world, &project, &all).unwrap();
    let secret_of_token = program.token.rsplit('_').next().unwrap().to_owned();
    let rule = json!({ "target": world.receiver.url("/secrets") });
    let rule = project.api.send("POST", "alerts/", &rule).unwrap();
    let rule: Value = serde_json::from_str(&rule.body).unwrap();
    let alert = rule["secret"].as_str().expect("a secret").to_owned();
    let tested = project.api.send("POST", &format!("alerts/{}/test/", rule["id"]), &json!({}));
    assert_eq!(tested.unwrap().status, 200);
    let link = project.sign_in.rsplit('/').next().unwrap().to_owned();
    let page = get(&world.worker, &format!("/sign-in/{link}"), "");
    let session = page.cookie.expect("a session");
    let session_token = session.rsplit('=').next().unwrap().to_owned();
    let wrong = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2";
    assert_eq!(post(&world.worker, "/sign-in", &[("key", wrong), ("next", "/")], "").status, 403);
    for path in ["/api/0/projects/none/issues/", "/api/0/"] {
        let _ = program.send("GET", path, "application/json", b"").unwrap();
    }
    // A body that cannot be read, and one with a password in it: neither is worth a line.
    let password = "hunter2-of-the-tests";
    let _ = project
        .send(format!("{{}}\n{{\"type\":\"event\"}}\n{{\"password\":\"{password}\"").as_bytes());
    let event = json!({ "message": "login failed", "extra": { "password": password } });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
    assert_eq!(project.send(envelope.as_bytes()).status, 200);

    let setup = world.worker.secret().to_owned();
    let kept: [(&str, &str); 6] = [
        ("the token", &secret_of_token),
        ("the sign-in link", &link),
        ("the session", &session_token),
        ("a wrong key", wrong),
        ("the setup secret", &setup),
        ("a password", password),
    ];
    // wrangler names the address of each request, of which a link is a part: that is its own log, of this machine alone.
    let log = fs::read_to_string(world.worker.log()).expect("the Worker's log");
    let own: Vec<&str> = log.lines().filter(|line| !line.contains("[wrangler:info]")).collect();
    let own = own.join("\n");
    for (what, secret) in kept.into_iter().chain([("the alert's secret", alert.as_str())]) {
        assert!(secret.len() > 15, "{what}: {secret:?}");
        assert!(!own.contains(secret), "{what} stands in the log");
    }
    // Whole files, so that no table and no row that was deleted is left out. Another process copies them: to close a database's
    // file would take away the locks of all who have it open in this one, and whoever writes next would damage it.
    let copy = world.paths.target.join("e2e/copied");
    let _ = fs::remove_dir_all(&copy);
    let copied = Command::new("cp")
        .arg("-r")
        .arg(world.paths.target.join("e2e/state/v3/d1"))
        .arg(&copy)
        .status()
        .expect("cp");
    assert!(copied.success(), "{copied}");
    for file in files_under(&copy).expect("databases") {
        let bytes = fs::read(&file).expect("a database");
        for (what, secret) in kept {
            let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_there, "{what} stands in {}", file.display());
        }
    }
}

/// Pinned by what `/trapline.json` says, the agent reports; with another hash nothing of it runs.
fn pinned(world: &World) {
    let project = world.project();
    let says: Value = serde_json::from_str(&world.get_site("/trapline.json").body).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (script, integrity) = (text(&says["script"]), text(&says["integrity"]));
    let files = says["files"].as_object().expect("files");
    let same = world.get_site("/trapline.js").body == world.get_site(&script).body;
    assert!(same, "the pinned script is the one that floats");
    let origin = world.worker.site();
    let page = |of_script: &str, of_agent: &str| {
        let map: serde_json::Map<String, Value> = files
            .iter()
            .map(|(path, hash)| {
                let hash = if of_agent.is_empty() { hash.clone() } else { of_agent.into() };
                (format!("{origin}{path}"), hash)
            })
            .collect();
        let head = format!(
            "<script type=\"importmap\">{}</script><script src=\"{origin}{script}\" integrity=\"{of_script}\" \
             crossorigin data-dsn=\"{}\" data-auto-session-tracking=\"false\"></script>",
            json!({ "integrity": map }),
            project.dsn
        );
        let app = "setTimeout(() => { throw new Error('the cart is empty') });";
        Site::serve(&[("/", &shop_page(&head)), ("/app.js", app)])
    };
    let tab = world.tab();
    let site = page(&integrity, "");
    tab.open(&site.url("/"));
    let issue = eventually(|| project.api.only_issue());
    assert_eq!((issue.value.as_str(), issue.count), ("the cart is empty", 1));
    tab.flush();
    let other = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";
    let site = page(other, "");
    tab.open(&site.url("/"));
    assert_eq!(tab.eval("typeof Trapline"), "undefined", "a changed script does not run");
    // A changed façade is not run either, and the script itself sends what it has heard.
    let site = page(&integrity, other);
    tab.open(&site.url("/"));
    eventually(|| {
        let issue = project.api.only_issue()?;
        ensure!(issue.count == 2, "{issue:?}");
        Ok(())
    });
    assert_eq!(tab.eval("typeof Trapline.isInitialized()"), "object", "only the queue is there");
}

fn documentation(world: &World) {
    for path in ["/docs", "/docs/"] {
        let answer = get(&world.worker, path, "");
        assert_eq!((answer.status, answer.location.as_deref()), (302, Some("/docs/index.html")));
    }
    let tab = world.tab();
    for chapter in docs::chapters(&world.paths).expect("chapters") {
        let url = format!("{}/docs/{}", world.worker.dashboard(), chapter.entry.page());
        tab.open(&url);
        let asked = http().get(address(&world.worker, &format!("/docs/{}", chapter.entry.page())));
        let answer = asked.header("Host", host(&world.worker)).call().expect("an answer");
        let policy = answer.headers().get("content-security-policy");
        assert_eq!(policy.and_then(|value| value.to_str().ok()), Some(docs::POLICY), "{url}");
        let title =
            tab.eval("document.querySelector('h1').textContent.length > 0 && document.title");
        assert!(
            title.as_str().is_some_and(|title| title.ends_with("· Trapline")),
            "{url}: {title}"
        );
        assert_eq!(
            tab.eval("document.querySelectorAll('[style], script:not([src]), [onclick]').length"),
            0
        );
        let style = tab.eval("getComputedStyle(document.body).display");
        assert_eq!(style, "grid", "{url}: its stylesheet is loaded");
        assert_eq!(
            tab.eval("document.querySelector('[data-theme-toggle]').hidden"),
            false,
            "{url}: and its script"
        );
    }
    let list = get(&world.worker, "/docs/index.html", "");
    assert_eq!(between(&list.body, "<title>", "</title>"), Some("What it is · Trapline"));
    // A person finds it from every page.
    let tab = world.signed_in_tab(Engine::Chromium);
    tab.click(".account > summary");
    tab.click(".account a[href='/docs/index.html']");
    tab.arrives("/docs/index.html");
}

fn barriers(world: &World) {
    let script = fs::read_to_string(world.paths.node_module("axe-core/axe.min.js")).expect("axe");
    let tab = world.tab();
    let mut found = Vec::new();
    for ((width, height), dark) in
        [((1_440, 1_000), false), ((1_440, 1_000), true), ((320, 640), false)]
    {
        tab.resize(width, height);
        tab.prefer(Preferences { dark, ..Preferences::default() });
        for chapter in docs::chapters(&world.paths).expect("chapters") {
            tab.open(&format!("{}/docs/{}", world.worker.dashboard(), chapter.entry.page()));
            let wide = tab.eval("document.documentElement.scrollWidth");
            if wide.as_u64() > Some(u64::from(width)) {
                found.push(format!("{} is {wide} wide of {width}", chapter.entry.file));
            }
            tab.run("document.querySelector('.contents').open = true;");
            tab.run(&script);
            let lines = tab.eval(&RUN.replace("RULES", RULES));
            let lines = lines.as_array().cloned().unwrap_or_default();
            found.extend(
                lines
                    .iter()
                    .map(|line| format!("{}, {width}, dark {dark}: {line}", chapter.entry.file)),
            );
        }
    }
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}
