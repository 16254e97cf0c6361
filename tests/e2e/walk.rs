//! The dashboard from end to end, by clicks: every page is whole and quiet, every link leads somewhere, the cause of a crash is
//! one click away, and all that matters works without scripts.

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Engine, PLACES, Project, Tab, World, eventually};

use crate::{EngineTest, Test, full};

pub const TESTS: &[Test] = &[
    ("every_page_is_quiet_and_its_links_lead_somewhere", quiet),
    ("line_that_crashed_is_one_click_from_the_list", one_click),
    ("dashboard_works_without_scripts", without_scripts),
];

pub const ENGINE_TESTS: &[EngineTest] = &[full("dashboard_is_walked_by_clicks", walk)];

/// One heading, a title, a main part; and a name for whatever is named twice.
const WHOLE: &str = "[
    document.querySelectorAll('h1').length === 1, document.querySelectorAll('main').length === 1,
    /^.+Trapline$/.test(document.title), document.documentElement.lang === 'en',
    new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size === document.querySelectorAll('[id]').length,
]";

fn quiet(world: &World) {
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    let _ = tab.complaints();
    let (mut wrong, mut links) = (Vec::new(), Vec::new());
    for place in PLACES {
        tab.open(&showcase.url(place));
        tab.shows("h1", place.heading);
        let whole = tab.eval(WHOLE);
        if whole != json!([true, true, true, true, true]) {
            wrong.push(format!("{}: {whole}", place.name));
        }
        let is_missing = place.name == "not-found";
        let mut said = tab.complaints();
        // The page that is not there is asked for, and says so.
        said.retain(|line| !(is_missing && line.contains("404")));
        wrong.extend(said.iter().map(|line| format!("{}: {line}", place.name)));
        let found = tab.eval(
            "[...document.querySelectorAll('a[href]')].map((link) => link.href.split('#')[0])
                .filter((href) => href.startsWith(location.origin) && !href.includes('/sign-in/'))",
        );
        links.extend(found.as_array().cloned().unwrap_or_default());
        let lost = tab.eval(
            "[...document.querySelectorAll('a[href^=\"#\"]')].filter((link) => !document.getElementById(link.hash.slice(1)))
                .map((link) => link.outerHTML)",
        );
        wrong.extend(
            lost.as_array().into_iter().flatten().map(|link| format!("{}: {link}", place.name)),
        );
    }
    links.sort_by_key(Value::to_string);
    links.dedup();
    // Some at a time: there are hundreds, and a script has half a minute.
    for some in links.chunks(40) {
        let answers = tab.eval(&format!(
            "Promise.all({}.map((link) => fetch(link).then(({{ status }}) => status >= 400 ? `${{link}} answers ${{status}}` : '')))",
            Value::from(some),
        ));
        let answers = answers.as_array().into_iter().flatten().filter_map(Value::as_str);
        wrong.extend(answers.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn one_click(world: &World) {
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    for (width, height) in [(1_440, 1_000), (390, 844)] {
        tab.resize(width, height);
        for (bug, line) in
            [("crash", "order.amount.value.toFixed"), ("panic", "parcels[index].clone()")]
        {
            tab.open(&showcase.url_of("/{project}/issues/"));
            // On a phone, from below the bar with the sections.
            let row = format!("[data-id='{}']", showcase.name(bug));
            tab.run(&format!(
                "document.querySelector(\"{row}\").scrollIntoView({{ block: 'center' }})"
            ));
            tab.click(&row);
            tab.arrives(showcase.name(bug));
            tab.shows(".line.hit", line);
            let seen = tab.eval(
                "(() => { const { top, bottom } = document.querySelector('.line.hit').getBoundingClientRect();
                    return top >= 0 && bottom <= innerHeight && scrollY === 0; })()",
            );
            assert_eq!(seen, true, "{bug} at {width} × {height}");
        }
    }
}

/// Menus are disclosures and all changes are forms, so nothing of this needs a script.
fn without_scripts(world: &World) {
    let project = world.project();
    send(&project, 1, "the first bug");
    send(&project, 2, "another one");
    let tab = world.signed_in_tab(Engine::Chromium);
    tab.without_scripts();
    tab.open(&list_of(world, &project));
    assert_eq!(tab.eval("document.documentElement.className"), "", "no script of the page ran");
    tab.fill("#filter", "another");
    tab.press("#filter", ENTER);
    tab.arrives("query=another");
    tab.shows("main", "another one");
    assert_eq!(tab.eval("document.querySelectorAll('a.row').length"), 1);
    tab.click("a.row");
    tab.shows("h1", "another one");
    tab.shows(".line.hit", "throw");
    tab.click("button[value=resolved]");
    tab.shows("main", "Reopen");
    assert_eq!(project.api.only_issue().unwrap().value, "the first bug");
    tab.click("#nav-settings");
    tab.shows("h1", "Settings");
    tab.open(&format!("{}/{}/settings/keys/", world.worker.dashboard(), project.slug));
    tab.fill("#label", "made without a script");
    tab.click("form[action$='/settings/keys'] button");
    tab.shows("main", "made without a script");
}

fn walk(world: &World, engine: Engine) {
    let project = world.project();
    send(&project, 1, "the first bug");
    send(&project, 2, "another one");
    send(&project, 3, "another one");
    let tab = world.signed_in_tab(engine);
    tab.open(&list_of(world, &project));
    tab.shows("h1", "Issues");
    check(&tab);
    for (status, sign) in [("resolved", "Resolved"), ("ignored", "Ignored")] {
        tab.click(&format!(".tabs a[href*='status={status}']"));
        tab.arrives(&format!("status={status}"));
        tab.shows(".tabs [aria-current=page]", sign);
        check(&tab);
    }
    tab.click("#nav-issues");
    tab.shows("main", "the first bug");
    tab.fill("#filter", "another");
    tab.press("#filter", ENTER);
    tab.arrives("another");
    tab.click("a.row");
    tab.shows("h1", "another one");
    check(&tab);
    tab.click("#older");
    tab.arrives("/events/");
    tab.shows("h1", "another one");
    check(&tab);
    tab.click("#newer");
    tab.shows(".line.hit", "throw");
    tab.click("button[value=ignored]");
    tab.shows("main", "Reopen");
    tab.click("button[value=unresolved]");
    tab.shows(".actions", "Resolve");
    tab.click("#nav-settings");
    tab.shows("h1", "Settings");
    check(&tab);
    tab.click(".account summary");
    tab.click("form[action='/sign-out'] button");
    tab.arrives("/sign-in");
    tab.shows("h1", "Sign in");
    check(&tab);
}

const ENTER: &str = "\u{e007}";

fn check(tab: &Tab<'_>) {
    eventually(|| {
        let whole = tab.eval(WHOLE);
        ensure!(whole == json!([true, true, true, true, true]), "{}: {whole}", tab.url());
        Ok(())
    });
}

fn list_of(world: &World, project: &Project<'_>) -> String {
    format!("{}/{}/issues/", world.worker.dashboard(), project.slug)
}

fn send(project: &Project<'_>, number: u32, value: &str) {
    let event = json!({
        "event_id": format!("{number:032x}"), "exception": { "values": [{
            "type": "Error", "value": value, "stacktrace": { "frames": [{
                "function": "order", "filename": "https://shop.test/order.js", "lineno": 7, "colno": 3, "in_app": true,
                "pre_context": ["function order() {"], "context_line": "  throw new Error(why);", "post_context": ["}"],
            }] },
        }] },
    });
    let answer = project.send(format!("{{}}\n{{\"type\":\"event\"}}\n{event}").as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}
