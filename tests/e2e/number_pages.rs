//! Web vitals and requests as developers read them: figures of known views, rows that open, filters, a browser without a script.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use trapline_tests::{Engine, Project, World};

use crate::Test;
use crate::sender::{path, post};

pub const TESTS: &[Test] = &[
    ("vitals_page_shows_the_figures_of_known_views", vitals),
    ("requests_page_shows_rates_failures_and_times", requests),
    ("pages_of_numbers_open_rows_and_keep_filters", opened),
];

fn view(number: u64, page: &str, lcp: f64, requests: &Value) -> Value {
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({
        "id": format!("{0:016x}{0:016x}", number + 1), "started": (now_s - 60) * 1_000, "url": format!("https://shop.test{page}"),
        "page": page, "kind": "navigate", "release": "shop@1", "environment": "production", "sample_rate": 1,
        "visible_ms": 4_000, "device": if number.is_multiple_of(2) { "phone" } else { "desktop" }, "errors": number % 2,
        "vitals": {
            "lcp": { "value": lcp, "target": "main > img.hero", "ttfb": 100, "load_delay": 50, "load": lcp - 250.0, "render": 100 },
            "inp": { "value": 620, "target": "button#buy", "input_delay": 20, "processing": 580, "presentation": 20 },
            "cls": { "value": 0.3, "target": "<b>aside</b>" },
        },
        "load": { "request": 100, "response": 20, "dom_interactive": 300, "dom_complete": 900, "load": 950 },
        "long_frames": { "count": 1, "blocking": 300, "worst": [
            { "duration": 350, "blocking": 300, "at": 500, "script": "https://shop.test/app.js", "function": "render" }] },
        "requests": requests,
    })
}

fn send(world: &World, project: &Project<'_>, views: &[Value]) {
    let mut body = String::from("{}");
    for view in views {
        body += &format!("\n{{\"type\":\"page_view\"}}\n{view}");
    }
    let reply = post(world, &path(project, "envelope"), &[], body.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn vitals(world: &World) {
    let project = world.project();
    let page = || project.api.page(&format!("/{}/vitals/", project.slug)).unwrap().body;
    assert!(page().contains("No page views in this time"));
    let views: Vec<Value> =
        (0..8).map(|number| view(number, "/checkout", 1_000.0, &json!([]))).collect();
    send(world, &project, &views);
    // The same views again are the same views.
    send(world, &project, &views);
    send(world, &project, &[view(99, "/journal/{id}", 5_000.0, &json!([]))]);
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab.open(&format!("{}/{}/vitals/?page=/checkout", world.worker.dashboard(), project.slug));
    for (part, text) in [
        ("#pages-title", "9 page views"),
        (".tiles", "good ≤ 2.5 s"),
        ("#open", "INP 6"),
        ("#open", "Processing"),
        ("#open", "button#buy"),
        ("#open", "50% of views had an error"),
        ("#open", "shop@1"),
        ("[aria-labelledby=loads-title]", "/journal/{id}"),
        ("[aria-labelledby=frames-title]", "https://shop.test/app.js"),
        ("[aria-labelledby=frames-title]", "render"),
        ("#nav-vitals[aria-current]", "Web vitals"),
    ] {
        tab.shows(part, text);
    }
    let single = format!("/{}/vitals/?page=/journal/%7Bid%7D", project.slug);
    assert!(project.api.page(&single).unwrap().body.contains("Spread of 1 view<"));
    // Within five percent of 1,000 ms.
    let body = page();
    let value =
        body.split("/checkout</bdi>").nth(1).and_then(|row| row.split("data-label=\"LCP\"").nth(1));
    let value = value.and_then(|cell| cell.split("-text\">").nth(1)).unwrap_or_default();
    assert!(value.starts_with("1.0 s") || value.starts_with("9"), "{value}");
}

fn requests(world: &World) {
    let project = world.project();
    let requests = json!([
        { "method": "POST", "url": "/api/pay", "count": 3, "no_answer": 1, "status_5xx": 2, "durations": [[66, 2]] },
        { "method": "GET", "url": "/api/items/{id}", "count": 9, "durations": [[60, 8], [90, 1]], "received": 18_000 },
    ]);
    let views: Vec<Value> =
        (0..4).map(|number| view(number, "/checkout", 1_000.0, &requests)).collect();
    send(world, &project, &views);
    let path = format!("/{}/requests/?endpoint=POST%20/api/pay&range=24h", project.slug);
    let body = project.api.page(&path).unwrap().body;
    for text in [
        "share of 48 requests",
        "mostly 5xx",
        "How it failed",
        "Called from",
        "/checkout",
        // 12 of 48 failed; of those of one endpoint, all.
        "At most 25.0% of requests failed",
        "100%",
    ] {
        assert!(body.contains(text), "{text}: {body}");
    }
    let first = body.find("/api/pay</bdi>").unwrap();
    assert!(first < body.find("/api/items/{id}</bdi>").unwrap(), "what fails most comes first");
}

fn opened(world: &World) {
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    tab.open(&showcase.url_of("/{project}/vitals/?device=phone"));
    tab.click(".numbers a[href*='page=%2Fcheckout']");
    tab.arrives("device=phone");
    tab.arrives("page=%2Fcheckout");
    tab.shows("#open", "where the time goes");
    tab.click(".numbers a[href*='sort=lcp']");
    tab.arrives("sort=lcp");
    tab.shows(".numbers [aria-sort]", "LCP");
    tab.arrives("device=phone");
    tab.open(&showcase.url_of("/{project}/requests/"));
    tab.click(".numbers a[href*='cart%2Flines']");
    tab.shows("#open", "Called from");
}
