//! The issue's page: the crash in sight, what broke in words, what its events share, links to the code, other events.

use serde_json::{Value, json};
use trapline_tests::{Issue, Project, World};

use crate::Test;
use crate::grouping_rules::{page_of, send, signed_in, thrown};

pub const TESTS: &[Test] = &[
    ("issue_page_shows_the_source_line_without_scrolling", in_sight),
    ("issue_page_says_what_its_events_share_and_others_do_not", shared),
    ("issue_page_leafs_through_events_and_recommends_one", events),
    ("issue_page_links_frames_to_the_repository_and_copies_markdown", code),
];

/// With source, breadcrumbs and a user, as SDKs send it.
fn whole(number: u32) -> Value {
    let frame = |function: &str, in_app: bool| {
        json!({
            "function": function, "filename": "src/checkout/order-summary.tsx", "lineno": 142, "colno": 30, "in_app": in_app,
            "pre_context": ["// totals", "type Cart = Awaited;", ""],
            "context_line": "  const amount = cart.totals.amount;",
            "post_context": ["  return amount;", "}", ""],
        })
    };
    let mut event = thrown(
        number,
        "TypeError",
        "Cannot read properties of undefined (reading 'amount')",
        "formatTotal",
    );
    event["exception"]["values"][0]["stacktrace"]["frames"] =
        json!([frame("render", false), frame("OrderSummary", true), frame("formatTotal", true)]);
    event["release"] = json!("shop@2.1.0");
    event["user"] = json!({ "id": format!("user {number}") });
    event["request"] = json!({ "url": "https://shop.test/checkout?step=2" });
    event["contexts"] = json!({ "runtime_information": { "document.ready_state": "interactive" } });
    event["breadcrumbs"] = json!({ "values": [
        { "category": "navigation", "data": { "from": "/cart", "to": "/checkout" } },
        { "category": "fetch", "data": { "url": "/api/cart/4711/totals", "method": "GET" } },
        { "category": "ui.click", "message": "button.pay" },
    ] });
    event
}

fn only_issue(project: &Project) -> Issue {
    project.api.only_issue().unwrap()
}

fn in_sight(world: &World) {
    let project = world.project();
    send(&project, whole(1));
    let issue = only_issue(&project);
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    tab.shows(".line.hit", "cart.totals.amount");
    tab.shows(".meaning", "undefined where the code expected an object with amount");
    // The page as a frame of its own size: the window of the tests is as large as it is.
    // The phone's page has its navigation below.
    for (width, height, below) in [(1440, 1000, 0), (390, 844, 56)] {
        let bottom = format!(
            "(async () => {{ const frame = document.createElement('iframe');
            const text = document.documentElement.outerHTML;
            frame.width = {width}; frame.height = {height}; frame.srcdoc = text;
            document.body.append(frame);
            await new Promise((loaded) => frame.addEventListener('load', loaded));
            const hit = frame.contentDocument.querySelector('.line.hit').getBoundingClientRect();
            frame.remove();
            return [hit.top > 0, hit.bottom <= {height} - {below}, hit.bottom]; }})()"
        );
        let seen = tab.eval(&bottom);
        assert_eq!(
            (&seen[0], &seen[1]),
            (&json!(true), &json!(true)),
            "{width} × {height}: {seen}"
        );
    }
    tab.click("label:has(#crumbs-request)");
    let shown = "[...document.querySelectorAll('#breadcrumbs tr')].filter((row) => row.checkVisibility()).length";
    assert_eq!(tab.eval(shown), 2, "the request and the exception");
}

fn shared(world: &World) {
    let project = world.project();
    for number in 1..=12 {
        let mut event = whole(number);
        event["contexts"]["flags"] =
            json!({ "values": [{ "flag": "new-totals", "result": true }] });
        send(&project, event);
    }
    for number in 20..=50 {
        let mut event =
            thrown(number, "RangeError", "Invalid array length", &format!("fill{}", number % 3));
        event["release"] = json!("shop@2.1.0");
        event["user"] = json!({ "id": format!("user {number}") });
        send(&project, event);
    }
    let mut issues = project.api.issues().unwrap();
    issues.retain(|issue| issue.kind == "TypeError");
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issues[0]));
    tab.shows("#shared", "flag new-totals true (100% of them, 0% of others)");
    tab.shows(
        "#shared",
        "the request GET /api/cart/<n>/totals unanswered (100% of them, 0% of others)",
    );
    let sentence = tab.text("#shared");
    assert!(!sentence.contains("shop@2.1.0"), "all have that release: {sentence}");
    let over =
        "[...document.querySelectorAll('.rail .over bdi')].map((value) => value.textContent)";
    assert_eq!(tab.eval(over), json!(["/checkout", "true"]), "the page and the flag");
    let link = "document.querySelector('.facet a').getAttribute('href')";
    let expected = format!("/{}/issues/?query=release%3A%22shop%402.1.0%22", project.slug);
    assert_eq!(tab.eval(link), json!(expected));
}

fn events(world: &World) {
    let project = world.project();
    send(&project, whole(1));
    let mut plain = whole(2);
    plain["breadcrumbs"] = Value::Null;
    plain["user"] = Value::Null;
    plain["release"] = json!("shop@2.2.0");
    send(&project, plain);
    let issue = only_issue(&project);
    assert_eq!(issue.count, 2);
    let tab = signed_in(world, &project);
    let page = page_of(world, &project, &issue);
    tab.open(&page);
    let id = |number: u32| format!("/events/{number:032x}/");
    tab.click("[aria-label='Recommended event']");
    tab.arrives(&id(1));
    tab.click("[aria-label='Newest kept event']");
    tab.shows(".eventbar h2", "Newest event");
    tab.click("[aria-label='Oldest kept event']");
    tab.arrives(&id(1));
    tab.click(".facts a[href$='/events/']");
    tab.shows("h1", "All events");
    assert_eq!(tab.eval("document.querySelectorAll('.events tbody tr').length"), 2);
    tab.click(".events tbody a[href*='2.2.0']");
    tab.shows(".filters", "release shop@2.2.0");
    assert_eq!(tab.eval("document.querySelectorAll('.events tbody tr').length"), 1);
    tab.click(".events tbody th a");
    tab.arrives(&id(2));
    for range in ["14d", "90d"] {
        tab.open(&format!("{page}?trend={range}"));
        tab.shows(".trend figcaption", "2 events in the last ");
    }
}

fn code(world: &World) {
    let project = world.project();
    let wrong = json!({ "repository": "javascript:alert(1)//{path}" });
    assert_eq!(project.api.send("PATCH", "settings/", &wrong).unwrap().status, 400);
    let template = "https://code.test/shop/blob/{release}/{path}#L{line}";
    project.api.set(&json!({ "repository": template })).unwrap();
    let mut event = whole(1);
    event["exception"]["values"][0]["value"] = json!("a [link](https://evil.test) <img src=x>");
    send(&project, event);
    let issue = only_issue(&project);
    let tab = signed_in(world, &project);
    let page = page_of(world, &project, &issue);
    tab.open(&page);
    let href = "document.querySelector('.in-repository a').href";
    let expected = "https://code.test/shop/blob/shop@2.1.0/src/checkout/order-summary.tsx#L142";
    assert_eq!(tab.eval(href), json!(expected));
    let path = format!("/{}/issues/{}/events/{:032x}/markdown", project.slug, issue.short_id, 1);
    let text = project.api.page(&path).unwrap();
    assert_eq!(text.status, 200);
    for part in [
        "# TypeError: a \\[link\\](https:\\/\\/evil.test) \\<img src=x\\>",
        &format!("[{}]({page}events/{:032x}/)", issue.short_id, 1),
        "  > 142 |   const amount = cart.totals.amount;",
        "request: GET /api/cart/4711/totals (no answer recorded)",
        "- URL: https:\\/\\/shop.test/checkout",
    ] {
        assert!(text.body.contains(part), "{part} is missing in {}", text.body);
    }
}
