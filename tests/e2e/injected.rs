//! Whatever a browser can send, in whatever field, is text where a developer reads it. Each payload is sent in all fields of
//! an event and of a report; each page that shows them is opened in a browser, with the dashboard's policy and again
//! without: nothing runs, and nothing stands in the page that is not the dashboard's.

mod payloads;

use serde_json::{Map, Value, json};
use trapline_tests::{Engine, Project, Site, Tab, World, eventually, post_to};

use crate::{Test, is_full};

pub const TESTS: &[Test] = &[
    ("page_that_prints_a_payload_as_it_is_is_found_out", control),
    ("stored_payloads_are_inert_without_the_policy", without_the_policy),
];

/// Two minutes more, on pages that the policy can only make safer.
pub const LONG_TESTS: &[Test] = &[("stored_payloads_are_inert_under_the_policy", under_the_policy)];

/// What is wrong with a page: a payload that ran, or a part that no template of ours has.
const FOUND: &str = "(() => {
    const found = top.__ran || window.__ran ? ['it ran'] : [];
    const foreign = 'body script, iframe, frame, object, embed, base, link:not(head > link), body style, body meta, img, image, audio, video, '
        + 'source, math, foreignObject, animate, set, marquee, template, slot, dialog:not([id]), keygen, isindex, font, [style], [srcdoc], '
        + '[formaction], [background], [srcset], [ping], [popover]:not([id]), [contenteditable], [autofocus]:not(input.field)';
    for (const each of document.querySelectorAll(foreign)) found.push(each.outerHTML);
    for (const each of document.querySelectorAll('*')) {
        if (each.localName.includes('-') || each.shadowRoot) found.push(each.outerHTML);
        for (const { name, value } of each.attributes) {
            const isAddress = /^(?:xlink:)?href$|^src$|^action$|^data$/.test(name);
            const scheme = isAddress ? URL.parse(value, location.href)?.protocol ?? 'http:' : 'http:';
            if (name.startsWith('on') || !/^(?:https?|mailto):$/.test(scheme)) found.push(each.outerHTML);
        }
    }
    return found.slice(0, 5).map((each) => each.slice(0, 160));
})()";

/// The trap itself: a page that escapes nothing.
fn control(world: &World) {
    let tab = world.tab();
    let mut missed = Vec::new();
    let payloads = payloads::all();
    for payload in &payloads {
        let page = format!(
            "<!doctype html><meta charset=utf-8><title>x</title><p class=\"{payload}\">{payload}</p>"
        );
        let site = Site::serve(&[("/", &page)]);
        tab.open(&site.url("/"));
        let found = tab.eval(FOUND);
        if found.as_array().is_some_and(Vec::is_empty) {
            missed.push(*payload);
        }
    }
    // What is no markup does no harm between tags: words of other languages, addresses.
    let caught = payloads.len() - missed.len();
    assert!(caught >= 100, "{caught} of {} are found out; not: {missed:#?}", payloads.len());
}

fn under_the_policy(world: &World) {
    check(world, false);
}

fn without_the_policy(world: &World) {
    check(world, true);
}

fn check(world: &World, without_policy: bool) {
    let project = world.project();
    for (number, payload) in payloads::all().iter().enumerate() {
        send(&project, number, payload);
    }
    let tab = world.signed_in_tab(Engine::Chromium);
    if without_policy {
        tab.without_policy();
    }
    let dashboard = world.worker.dashboard();
    let base = format!("{dashboard}/{}", project.slug);
    tab.open(&format!("{base}/issues/"));
    // Whether the policy is there: a handler that stands in the page runs without it only.
    tab.run("document.body.insertAdjacentHTML('beforeend', '<button id=proof onclick=\"document.title = 1\">x</button>')");
    tab.run("document.getElementById('proof').click()");
    assert_eq!(tab.eval("document.title === '1'"), json!(without_policy), "the policy");

    // Each payload on a page of its own always; pages that show the same once more, a third of them in the quick tier.
    let sparing = if is_full() { 1 } else { 3 };
    let mut wrong = Vec::new();
    let mut look = |tab: &Tab<'_>, url: &str| {
        tab.open(url);
        let found = tab.eval(FOUND);
        let found = found.as_array().cloned().unwrap_or_default();
        wrong.extend(found.iter().map(|each| format!("{url}: {each}")));
    };
    let mut issues = Vec::new();
    let mut list = format!("{base}/issues/");
    loop {
        look(&tab, &list);
        let links = tab
            .eval("[...document.querySelectorAll('a.row')].map((row) => row.href.split('?')[0])");
        issues.extend(links.as_array().cloned().unwrap_or_default());
        match tab.eval("document.querySelector('a[rel=next]')?.href ?? ''").as_str() {
            Some(next) if !next.is_empty() => next.clone_into(&mut list),
            _ => break,
        }
    }
    assert!(issues.len() >= payloads::all().len(), "{} issues are listed", issues.len());
    let issues: Vec<&str> = issues.iter().filter_map(Value::as_str).collect();
    for url in &issues {
        look(&tab, url);
    }
    // Pages that show two issues, or what tells the groups of one apart.
    for pair in issues.windows(2).step_by(2 * sparing) {
        let other = pair[1].trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        look(&tab, &format!("{}compare/{other}", pair[0]));
    }
    for url in issues.iter().step_by(10) {
        for part in ["split", "events/", "activity/"] {
            look(&tab, &format!("{url}{part}"));
        }
    }
    for path in [
        "outcomes/",
        "settings/",
        "settings/keys/",
        "settings/filters/",
        "settings/limits/",
        "settings/alerts/",
    ] {
        look(&tab, &format!("{base}/{path}"));
    }
    look(&tab, &format!("{dashboard}/"));
    // What stands in an address is shown by the page that it is of.
    for payload in payloads::all().iter().step_by(sparing) {
        let word = encoded(payload);
        look(&tab, &format!("{base}/issues/?query={word}&status={word}&after={word}"));
    }
    for payload in payloads::all().iter().step_by(4 * sparing) {
        look(&tab, &format!("{dashboard}/sign-in?next={}", encoded(payload)));
    }
    assert!(wrong.is_empty(), "{} times:\n{}", wrong.len(), wrong.join("\n"));
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The payload in every field of an event, in every field of a report, and as what is refused.
fn send(project: &Project<'_>, number: usize, payload: &str) {
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{}", event(number, payload));
    post(&project.address(), &envelope);
    if number.is_multiple_of(3) {
        post(&project.address().replace("/envelope/", "/security/"), &report(payload));
        let item = json!({ "type": payload });
        let feedback = json!({ "event_id": format!("{number:032x}"), "name": payload, "email": payload, "comments": payload });
        let others = format!("{{}}\n{item}\n{{}}\n{{\"type\":\"user_report\"}}\n{feedback}");
        let _ = project.send(others.as_bytes());
    }
}

#[track_caller]
fn post(address: &str, body: &str) {
    eventually(|| {
        let answer = post_to(address, body.as_bytes())?;
        anyhow::ensure!(answer.status == 200, "{answer:?}: {body}");
        Ok(())
    });
}

fn event(number: usize, payload: &str) -> Value {
    let x = payload;
    let frame = |in_app: bool, source: bool| {
        let mut frame = json!({
            "function": x, "filename": x, "abs_path": x, "module": x, "package": x, "lineno": 3, "colno": 5,
            "in_app": in_app, "vars": { x: x, "nested": [{ x: x }] }, "image_addr": x, "debug_id": x,
        });
        if source {
            frame["pre_context"] = json!([x, x]);
            frame["context_line"] = json!(x);
            frame["post_context"] = json!([x, x]);
        }
        frame
    };
    let exception = |kind: &str| {
        json!({
            "type": kind, "value": x, "module": x, "thread_id": x,
            "mechanism": { "type": x, "handled": false, "description": x, "help_link": x, "data": { x: x } },
            "stacktrace": { "frames": [frame(false, false), frame(false, false), frame(true, false), frame(true, true)] },
            "stack": format!("Error: {x}\n    at {x} ({x}:1:2)\n{x}\n"),
        })
    };
    let data = |members: &[&str]| -> Map<String, Value> {
        members
            .iter()
            .map(|name| ((*name).to_owned(), json!(x)))
            .chain([(x.to_owned(), json!(x))])
            .collect()
    };
    let crumb = |kind: &str, category: &str| {
        json!({
            "type": kind, "category": category, "message": x, "level": x, "event_id": x,
            "data": data(&["url", "method", "status_code", "reason", "from", "to", "arguments", "logger", "target"]),
        })
    };
    json!({
        "event_id": format!("{:032x}", number + 1), "level": "error", "platform": x,
        "exception": { "values": [exception(x), exception(&format!("{number}{x}"))] },
        "message": x, "logentry": { "message": x, "formatted": x, "params": [x] },
        "breadcrumbs": [
            crumb(x, x), crumb("http", "fetch"), crumb("http", "xhr"), crumb("navigation", "navigation"),
            crumb("default", "console"), crumb("default", "ui.click"), crumb("default", "ui.input"), crumb("error", "exception"),
        ],
        "tags": { x: x, "url": x, "release": x },
        "user": { "id": x, "email": x, "username": x, "ip_address": x, "segment": x, "geo": { x: x }, "data": { x: x } },
        "request": {
            "url": x, "method": x, "query_string": { x: x }, "fragment": x, "cookies": { x: x }, "env": { x: x },
            "headers": { "Referer": x, "User-Agent": x, "Accept-Language": x, x: x }, "data": { x: [x] },
        },
        "contexts": {
            x: { x: x }, "browser": { "name": x, "version": x }, "os": { "name": x, "version": x },
            "device": { "model": x, "family": x }, "culture": { "locale": x, "timezone": x },
            "trace": { "trace_id": x, "op": x }, "react": { "version": x },
        },
        "extra": { x: x, "list": [x, { x: x }] }, "release": x, "environment": x, "dist": x, "transaction": x,
        "logger": x, "server_name": x, "fingerprint": [x, number.to_string()], "modules": { x: x },
        "sdk": { "name": x, "version": x, "integrations": [x], "packages": [{ "name": x, "version": x }] },
        "debug_meta": { "images": [{ "type": "sourcemap", "code_file": x, "debug_id": x }, { "type": "wasm", "code_file": x, "debug_id": x, "code_id": x }] },
        "culprit": x, "site": x, "timestamp": x, "received": x, "page_view_id": x, "session_id": x, "repeat_of": x,
        x: x,
    })
}

fn report(x: &str) -> String {
    let members = [
        "document-uri",
        "referrer",
        "blocked-uri",
        "effective-directive",
        "violated-directive",
        "original-policy",
        "disposition",
        "source-file",
        "script-sample",
        "status-code",
        "line-number",
        "column-number",
    ];
    let report: Map<String, Value> =
        members.iter().map(|name| ((*name).to_owned(), json!(x))).collect();
    json!({ "csp-report": report }).to_string()
}
