//! What makes one issue of events: rules of the project typed in its settings and tried before, the panel that explains,
//! and the page that compares two issues.

use serde_json::{Value, json};
use trapline_tests::{Issue, Program, Project, Tab, World, eventually};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("grouping_rules_typed_in_the_settings_join_later_events_of_two_types", rules_join),
    ("grouping_a_rule_that_reads_tags_and_levels_parts_events_that_say_the_same", rules_part),
    ("grouping_a_preview_counts_what_each_rule_would_have_caught", preview),
    ("grouping_a_line_that_is_no_rule_is_refused_with_its_number", refused),
    ("grouping_the_grouping_panel_says_what_counted_and_what_decided", panel),
    ("grouping_two_issues_are_compared_and_made_one", compare),
    ("grouping_only_issues_of_the_same_project_are_compared", compare_foreign),
    ("grouping_markup_in_rules_and_components_is_text", markup),
];

const SAVE: &str = "#grouping form button:not([name])";
const PREVIEW: &str = "#grouping form button[name=preview]";

fn rules_join(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Cart is broken", "openCart"));
    send(&project, thrown(2, "RangeError", "Too many lamps", "addLamp"));
    send(&project, thrown(3, "QuoteError", "No quote today", "readQuote"));
    assert_eq!(project.api.issues().unwrap().len(), 3);

    let tab = signed_in(world, &project);
    tab.open(&settings_of(world, &project));
    tab.fill("#grouping_rules", "# the cart\ntype:TypeError -> cart\ntype:Range* -> cart");
    tab.click(SAVE);
    is_stored(&project, "# the cart\ntype:TypeError -> cart\ntype:Range* -> cart");

    send(&project, thrown(4, "TypeError", "Cart is broken", "openCart"));
    send(&project, thrown(5, "RangeError", "Too many lamps", "addLamp"));
    send(&project, thrown(6, "QuoteError", "No quote today", "readQuote"));
    let issues = project.api.issues().unwrap();
    let mut found: Vec<(&str, u64)> =
        issues.iter().map(|issue| (issue.value.as_str(), issue.count)).collect();
    found.sort_unstable();
    // What was stored stays where it was; what no rule catches goes on in its group.
    let expected = [
        ("Cart is broken", 1),
        ("Cart is broken", 2),
        ("No quote today", 2),
        ("Too many lamps", 1),
    ];
    assert_eq!(found, expected);
    let joined = issues.iter().find(|issue| issue.count == 2 && issue.value == "Cart is broken");
    let grouping = grouping_of(&project, &joined.unwrap().short_id);
    assert_eq!(grouping["newest_event"]["rule"], "type:Range* -> cart");
    assert_eq!(grouping["newest_event"]["decided_by"], "rule");
    assert_eq!(grouping["groups"].as_array().unwrap().len(), 2);
    let quote = grouping_of(&project, &named(&project, "No quote today").short_id);
    assert_eq!(quote["groups"].as_array().unwrap().len(), 1, "{quote}");

    // Without the rules, events count for the issues that they had.
    project.api.set(&json!({ "grouping_rules": null })).unwrap();
    send(&project, thrown(7, "RangeError", "Too many lamps", "addLamp"));
    assert_eq!(named(&project, "Too many lamps").count, 2);
}

fn rules_part(world: &World) {
    let project = world.project();
    let rules = "!tags.shop:* -> {{ default }}\n\
        level:warning url:*/checkout* -> calm, {{ tags.shop }}\n\
        environment:prod -> {{ default }}, {{ release }}";
    project.api.set(&json!({ "grouping_rules": rules })).unwrap();
    let say = |number: u32, more: Value| {
        let mut event = thrown(number, "Error", "Payment was declined twice", "pay");
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        send(&project, event);
    };
    let eu = json!({ "shop": "eu" });
    let checkout = json!({ "url": "https://shop.test/checkout" });
    say(1, json!({}));
    say(2, json!({ "tags": eu, "level": "warning", "request": checkout }));
    say(3, json!({ "tags": { "shop": "us" }, "level": "warning", "request": checkout }));
    say(4, json!({ "tags": eu, "environment": "prod", "release": "1" }));
    say(5, json!({ "tags": eu, "environment": "prod", "release": "2" }));
    say(6, json!({ "tags": eu, "level": "warning", "request": { "url": "https://shop.test/" } }));
    say(7, json!({ "tags": eu, "level": "warning", "request": checkout }));
    let mut counts: Vec<u64> =
        project.api.issues().unwrap().iter().map(|issue| issue.count).collect();
    counts.sort_unstable();
    // 1 and 6 are the same without a rule; 2 and 7 by the second rule.
    assert_eq!(counts, [1, 1, 1, 2, 2]);
}

fn preview(world: &World) {
    let project = world.project();
    for number in 1..=3 {
        send(&project, thrown(number, "TypeError", "Cart is broken", "openCart"));
    }
    send(&project, thrown(4, "RangeError", "Too many lamps", "addLamp"));
    let mut own = thrown(5, "TypeError", "Mine", "openCart");
    own["fingerprint"] = json!(["mine"]);
    send(&project, own);
    let cart = named(&project, "Cart is broken");

    let tab = signed_in(world, &project);
    tab.open(&settings_of(world, &project));
    let rules = "type:TypeError -> a\nfunction:openCart -> b\ntype:*Error -> c\ntype:None -> d";
    tab.fill("#grouping_rules", rules);
    tab.click(PREVIEW);
    tab.shows(".tried", "Preview, not saved yet");
    tab.shows(".tried", "Tried on the newest 5 kept events; 1 has a fingerprint of the page");
    let said = |number: u32| tab.text(&format!(".tried > ol > li:nth-child({number})"));
    assert!(said(1).contains("Catches 3 events of 1 issue"), "{}", said(1));
    assert!(
        said(1).contains(&format!("{} TypeError Cart is broken", cart.short_id)),
        "{}",
        said(1)
    );
    assert!(
        said(2).contains("Does nothing: rules before it catch all that it fits"),
        "{}",
        said(2)
    );
    assert!(said(3).contains("Catches 1 event of 1 issue"), "{}", said(3));
    assert!(said(3).contains("Rules before it catch 3 more"), "{}", said(3));
    assert!(said(4).contains("Catches none of these events"), "{}", said(4));
    assert_eq!(tab.eval("document.querySelector('#grouping_rules').value"), rules);
    assert_eq!(project.api.json("settings/").unwrap()["grouping_rules"], "", "nothing is stored");

    let body = json!({ "grouping_rules": rules });
    let answer = project.api.send("POST", "rules/preview/", &body).unwrap();
    let tried: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&tried["events"], &tried["with_own_fingerprint"]), (&json!(5), &json!(1)));
    let caught: Vec<&Value> =
        tried["rules"].as_array().unwrap().iter().map(|rule| &rule["events"]).collect();
    assert_eq!(caught, [&json!(3), &json!(0), &json!(1), &json!(0)]);
    assert_eq!(tried["rules"][0]["examples"][0]["short_id"], cart.short_id);

    // What was tried can be saved as it stands.
    tab.click(SAVE);
    is_stored(&project, rules);
}

fn refused(world: &World) {
    let project = world.project();
    project.api.set(&json!({ "grouping_rules": "type:A -> a" })).unwrap();
    let tab = signed_in(world, &project);
    let typed = "type:A -> a\n\nkind:B -> b";
    for button in [SAVE, PREVIEW] {
        tab.open(&settings_of(world, &project));
        tab.fill("#grouping_rules", typed);
        tab.click(button);
        tab.shows("#rules-error", "Not saved. line 3: `kind` is no key: there are type,");
        assert_eq!(tab.eval("document.querySelector('#grouping_rules').value"), typed);
    }
    for (rules, detail) in [
        (json!(typed), "line 3: `kind` is no key"),
        (json!("type:A"), "line 1: a rule needs ` -> `"),
        (json!("type:A -> {{ nobody }}"), "line 1: `nobody` is no variable"),
        (json!(7), "grouping_rules cannot be 7"),
        (json!("#".repeat(16_385)), "the rules have 16385 bytes, limit is 16384"),
    ] {
        let body = json!({ "grouping_rules": rules });
        let answer = project.api.send("PATCH", "settings/", &body).unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.detail().contains(detail), "{answer:?}");
    }
    let body = json!({ "grouping_rules": "type:A" });
    let answer = project.api.send("POST", "rules/preview/", &body).unwrap();
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.detail().starts_with("line 1: a rule needs"), "{answer:?}");
    assert_eq!(project.api.json("settings/").unwrap()["grouping_rules"], "type:A -> a");
}

fn panel(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    let issue = named(&project, "Invalid state");
    let tab = signed_in(world, &project);
    let open = || tab.open(&page_of(world, &project, &issue));
    open();
    tab.shows(".by", "Grouped by what was thrown version ");
    tab.shows(".components", "invalid state");
    tab.shows(".components", "openCart");
    tab.shows(".components .unused", "TypeError");
    tab.shows(".components .unused", "left out");
    tab.shows(".components .unused", "minifiers rename classes");

    // It was stored by other rules than those of today.
    project.api.set(&json!({ "grouping_rules": "type:TypeError -> carts" })).unwrap();
    open();
    tab.shows(".by", "Grouped by a rule of the project type:TypeError -> carts version ");
    tab.shows(".components .unused", "A rule of the project decides.");
    tab.shows("#grouping .notice", "invalid state + openCart counted: rules, source maps or");
    let grouping = grouping_of(&project, &issue.short_id);
    assert_eq!(grouping["newest_event"]["stored_fingerprint"], "invalid state + openCart");
    assert_eq!(grouping["newest_event"]["fingerprint"], "carts");
    assert_eq!(grouping["groups"][0]["fingerprint"], "invalid state + openCart");
    assert_eq!(grouping["groups"][0]["count"], 1);

    let mut own = thrown(2, "TypeError", "Mine alone", "openCart");
    own["fingerprint"] = json!(["mine", "{{ tags.shop }}"]);
    send(&project, own);
    tab.open(&page_of(world, &project, &named(&project, "Mine alone")));
    tab.shows(".by", "Grouped by the fingerprint that the page set");
    tab.shows(".components", "mine");
    tab.shows(".components", "<no tags.shop>");
}

fn compare(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    send(&project, thrown(2, "TypeError", "Invalid state", "sendOrder"));
    let of_function = |culprit: &str| {
        let issues = project.api.issues().unwrap();
        issues.into_iter().find(|issue| issue.culprit.contains(culprit)).expect("an issue")
    };
    let (cart, order) = (of_function("openCart"), of_function("sendOrder"));
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &cart));
    tab.click(".compare-with summary");
    tab.fill("#compare-with", &order.short_id.to_lowercase());
    tab.click(".compare-with button");
    tab.arrives(&format!("/issues/{}/compare/{}/", cart.short_id, order.short_id));
    let why = "The function differs: openCart here, sendOrder there.";
    tab.shows(".answer", why);
    tab.shows(".compare .differs", "Function");
    tab.shows(".compare", "invalid state");
    let rule = "type:TypeError message:\"Invalid state*\" -> invalid-state";
    tab.shows("#rule", rule);
    let path = format!("issues/{}/compare/{}/", cart.short_id, order.short_id);
    let compared = project.api.json(&path).unwrap();
    assert_eq!((&compared["why"], &compared["proposed_rules"]), (&json!(why), &json!(rule)));
    assert_eq!(compared["short_ids"][1], order.short_id);
    let components = compared["newest_events"][0]["grouping"]["components"].as_array().unwrap();
    let used = components.iter().filter(|component| component["used"] == true);
    let used: Vec<&Value> = used.map(|component| &component["value"]).collect();
    assert_eq!(used, ["invalid state", "openCart"]);

    // The rule can be tried from there, before the rules that there are.
    project.api.set(&json!({ "grouping_rules": "type:Other -> x" })).unwrap();
    tab.open(&format!("{}{path}", list_of(world, &project).replace("issues/", "")));
    tab.click(".remedies button[name=preview]");
    tab.shows(".tried", "Catches 2 events of 2 issues");
    let both = format!("{rule}\ntype:Other -> x");
    assert_eq!(tab.eval("document.querySelector('#grouping_rules').value"), both);
    project.api.set(&json!({ "grouping_rules": both })).unwrap();
    tab.open(&format!("{}{path}", list_of(world, &project).replace("issues/", "")));
    tab.shows(".answer", "Today they would be one: rules, source maps or the version have changed");

    tab.click(".remedies .primary");
    let one = eventually(|| project.api.only_issue());
    assert_eq!((one.short_id, one.count), (cart.short_id, 2));
    let answer = project.api.page(&format!("/{}/{path}", project.slug)).unwrap();
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("are one issue"), "{answer:?}");
}

fn compare_foreign(world: &World) {
    let (project, other) = (world.project(), world.project());
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    send(&other, thrown(1, "TypeError", "Secret of another project", "openCart"));
    send(&other, thrown(2, "TypeError", "Another secret", "sendOrder"));
    let (issue, foreign) = (project.api.only_issue().unwrap(), named(&other, "Another secret"));
    for id in [foreign.short_id.as_str(), "77", "NOBODY-1", "!"] {
        let path = format!("issues/{}/compare/{id}/", issue.short_id);
        for path in [
            format!("/{}/{path}", project.slug),
            format!("/api/0/projects/{}/{path}", project.slug),
        ] {
            let answer = project.api.page(&path).unwrap();
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
        }
    }
    let path =
        format!("/{}/issues/{}/compare/?with={}", project.slug, issue.short_id, foreign.short_id);
    let answer = project.api.page(&path).unwrap();
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("is no issue of this project"), "{answer:?}");
    for path in [
        format!("/{}/issues/{}/split/", project.slug, foreign.short_id),
        format!("/api/0/projects/{}/issues/{}/grouping/", project.slug, foreign.short_id),
    ] {
        let answer = project.api.page(&path).unwrap();
        assert_eq!(answer.status, 404, "{answer:?}");
        let answer = world.get_signed_out(&path);
        assert_ne!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("secret"), "{answer:?}");
    }
    // A program of one project reads what is its own.
    let program = Program::of(world, &other, &["project:read"]).unwrap();
    send(&project, thrown(2, "RangeError", "Too many lamps", "addLamp"));
    let compared = |project: &Project| {
        let issues = project.api.issues().unwrap();
        let (one, two) = (&issues[0].short_id, &issues[1].short_id);
        let path = format!("/api/0/projects/{}/issues/{one}/compare/{two}/", project.slug);
        program.send("GET", &path, "", b"").unwrap()
    };
    assert_eq!(compared(&other).status, 200);
    let answer = compared(&project);
    assert_eq!(answer.status, 404, "{answer:?}");
}

fn markup(world: &World) {
    const MARKUP: &str = "<img src=x onerror=\"window.owned=1\"><script>window.owned=1</script>";
    let project = world.project();
    let rules = format!(
        "type:* message:*{}* -> {}",
        MARKUP.replace(['"', ' '], "?"),
        MARKUP.replace('"', "")
    );
    project.api.set(&json!({ "grouping_rules": rules })).unwrap();
    send(&project, thrown(1, MARKUP, MARKUP, MARKUP));
    send(&project, thrown(2, "Other", "Something else entirely", "openCart"));
    let issues = project.api.issues().unwrap();
    let tab = signed_in(world, &project);
    let base = format!("{}/{}", world.worker.dashboard(), project.slug);
    let (one, other) = (&issues[0].short_id, &issues[1].short_id);
    for path in [
        format!("issues/{other}/"),
        format!("issues/{one}/compare/{other}/"),
        format!("issues/{other}/split/"),
        "settings/grouping/".to_owned(),
    ] {
        tab.open(&format!("{base}/{path}"));
        tab.shows("main", if path.contains("split") { "Split" } else { "<img" });
        assert_eq!(tab.eval("document.querySelectorAll('main img').length"), 0, "{path}");
        assert_eq!(tab.eval("window.owned === undefined"), true, "{path}");
    }
    tab.click(PREVIEW);
    tab.shows(".tried", "<img");
    assert_eq!(tab.eval("document.querySelectorAll('main img').length"), 0);
    tab.fill("#grouping_rules", &format!("type:{MARKUP}"));
    tab.click(SAVE);
    tab.shows("#rules-error", "line 1");
    assert_eq!(tab.eval("document.querySelectorAll('main img').length"), 0);
}

/// Thrown in this function of a readable file. Its number is its ID.
pub fn thrown(number: u32, kind: &str, value: &str, function: &str) -> Value {
    let frame = json!({
        "function": function, "filename": "https://shop.test/app.js", "lineno": 7, "colno": 9, "in_app": true,
    });
    json!({
        "event_id": format!("{number:032x}"),
        "platform": "javascript",
        "exception": { "values": [{ "type": kind, "value": value, "stacktrace": { "frames": [frame] } }] },
    })
}

#[track_caller]
pub fn send(project: &Project, event: Value) {
    let answer = project.send(format!("{{}}\n{{\"type\":\"event\"}}\n{event}").as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The open issue with this message.
#[track_caller]
pub fn named(project: &Project, value: &str) -> Issue {
    let mut issues = project.api.issues().unwrap();
    issues.retain(|issue| issue.value == value);
    assert_eq!(issues.len(), 1, "{value}: {issues:#?}");
    issues.remove(0)
}

#[track_caller]
fn grouping_of(project: &Project, short_id: &str) -> Value {
    project.api.json(&format!("issues/{short_id}/grouping/")).unwrap()
}

pub fn signed_in<'world>(world: &'world World, project: &Project) -> Tab<'world> {
    let tab = world.tab();
    tab.open(&project.sign_in);
    tab
}

/// The page that saves is the page that was there before.
#[track_caller]
fn is_stored(project: &Project, rules: &str) {
    eventually(|| {
        let stored = project.api.json("settings/")?["grouping_rules"].clone();
        anyhow::ensure!(stored == rules, "{stored}");
        Ok(())
    });
}

fn settings_of(world: &World, project: &Project) -> String {
    format!("{}/{}/settings/grouping/", world.worker.dashboard(), project.slug)
}

fn list_of(world: &World, project: &Project) -> String {
    format!("{}/{}/issues/", world.worker.dashboard(), project.slug)
}

pub fn page_of(world: &World, project: &Project, issue: &Issue) -> String {
    format!("{}{}/", list_of(world, project), issue.short_id)
}
