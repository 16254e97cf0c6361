//! What people do with issues and say about them, clicked in the browser: taken back, followed through merges, splits and
//! regrouping.

use serde_json::{Value, json};
use trapline_tests::{Issue, Program, Project, World, eventually};

use crate::Test;
use crate::grouping_rules::{named, page_of, send, signed_in, thrown};

pub const TESTS: &[Test] = &[
    ("workflow_what_was_done_is_told_and_undone_by_a_click", undo),
    ("workflow_resolved_in_the_next_release_regresses_only_there", next_release),
    ("workflow_an_issue_is_assigned_and_linked_and_keys_do_it", assign),
    ("workflow_comments_are_edited_and_deleted_and_run_nothing", comments),
    ("workflow_comments_and_assignee_survive_merge_unmerge_split_and_regrouping", kept),
    ("workflow_a_hundred_issues_are_changed_at_once_and_what_was_not_is_said", bulk),
];

pub fn in_release(number: u32, value: &str, release: &str) -> Value {
    let mut event = thrown(number, "TypeError", value, "openCart");
    event["release"] = json!(release);
    event
}

#[track_caller]
pub fn detail(project: &Project, issue: &Issue) -> Value {
    project.api.json(&format!("issues/{}/", issue.short_id)).unwrap()
}

#[track_caller]
pub fn kinds(project: &Project, issue: &Issue) -> Vec<String> {
    let activity = project.api.json(&format!("issues/{}/activity/", issue.short_id)).unwrap();
    let entries = activity["entries"].as_array().unwrap();
    entries.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

fn undo(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    let issue = project.api.only_issue().unwrap();
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    tab.press("body", "e");
    tab.shows("#done", "Resolved this");
    tab.shows("#activity", "resolved this");
    assert_eq!(project.api.only_issue_of("resolved").unwrap().short_id, issue.short_id);
    tab.click("#done button");
    tab.shows("#activity", "undid: resolved");
    assert_eq!(project.api.only_issue().unwrap().status, "unresolved");
    // A minute later the entry itself still offers it.
    tab.click("#ignore-menu summary");
    tab.click("#ignore-menu [name=events][value='100']");
    tab.shows(".fate", "Ignored until 101 events in all");
    tab.open(&page_of(world, &project, &issue));
    tab.click("#activity .when button");
    tab.shows("#activity", "undid: ignored");
    assert_eq!(project.api.only_issue().unwrap().status, "unresolved");
    // What has changed meanwhile is not undone.
    tab.click(".actions > .joined:first-of-type > form button");
    tab.shows("#done", "Resolved this");
    let path = format!("issues/{}/", issue.short_id);
    let reopened = project.api.send("PATCH", &path, &json!({ "status": "unresolved" })).unwrap();
    assert_eq!(reopened.status, 200, "{reopened:?}");
    tab.click("#done button");
    tab.shows("main", "it has changed since, so that this cannot be undone");
}

fn next_release(world: &World) {
    let project = world.project();
    send(&project, in_release(1, "Invalid state", "shop@1.9.0"));
    send(&project, in_release(2, "Other state", "shop@1.10.0"));
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &named(&project, "Invalid state")));
    tab.click("#resolve-menu summary");
    tab.click("#resolve-menu [name=in_next_release]");
    tab.shows(".fate", "Comes back in the next release: one later than shop@1.10.0");
    tab.shows("#activity", "resolved this in what comes after shop@1.10.0");
    send(&project, in_release(3, "Invalid state", "shop@1.10.0"));
    assert!(!project.api.only_issue_of("resolved").unwrap().regressed);
    send(&project, in_release(4, "Invalid state", "shop@1.11.0"));
    let back = named(&project, "Invalid state");
    assert!(back.regressed);
    tab.open(&page_of(world, &project, &back));
    tab.shows("#activity", "Seen again after it was resolved, in shop@1.11.0");
    assert_eq!(kinds(&project, &back), ["regressed", "resolved"]);
}

fn assign(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    let issue = project.api.only_issue().unwrap();
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    tab.press("body", "a");
    eventually(|| {
        let focused = tab.eval("document.activeElement?.value");
        anyhow::ensure!(focused == "me", "the menu has the focus: {focused}");
        Ok(())
    });
    tab.click("#assign-menu [value=me]");
    tab.shows("#activity", "took this");
    tab.shows(".issue-head .sub", "Assigned to ");
    assert!(detail(&project, &issue)["assignee"]["id"].as_u64().unwrap() > 0);
    tab.click("#done button");
    tab.shows("#activity", "undid: assigned");
    assert_eq!(detail(&project, &issue)["assignee"], Value::Null);

    tab.click("#more-menu > summary");
    tab.fill("#ticket", "https://tickets.test/SHOP/12");
    tab.click("#more-menu .typed button");
    tab.shows(".ticket", "Ticket");
    let link = "[document.querySelector('.ticket').href, document.querySelector('.ticket').rel]";
    assert_eq!(tab.eval(link), json!(["https://tickets.test/SHOP/12", "noopener nofollow"]));
    let path = format!("issues/{}/", issue.short_id);
    for link in ["javascript:alert(1)", "http://tickets.test/", "data:text/html,x"] {
        let answer = project.api.send("PATCH", &path, &json!({ "link": link })).unwrap();
        assert_eq!(answer.status, 400, "{link}: {answer:?}");
    }
    for nobody in [json!(4_000_000_000_u32), json!("you"), json!(-1)] {
        let answer = project.api.send("PATCH", &path, &json!({ "assignee": nobody })).unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

const MARKUP: &str = "<img src=x onerror=\"window.owned=1\"><script>window.owned=1</script> javascript:alert(1) \
    see https://x.test/\"onmouseover=\"window.owned=1 and\nhttp://y.test/a.";

fn comments(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    let issue = project.api.only_issue().unwrap();
    let path = format!("issues/{}/comments/", issue.short_id);
    let made = project.api.send("POST", &path, &json!({ "text": MARKUP })).unwrap();
    assert_eq!(made.status, 200, "{made:?}");
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &issue));
    tab.shows(".said", "<img src=x onerror=");
    assert_eq!(tab.eval("document.querySelectorAll('main img, main script').length"), 0);
    assert_eq!(tab.eval("window.owned === undefined"), true);
    let links = "[...document.querySelectorAll('.said a')].map((a) => [a.href, a.rel])";
    let rel = "noopener nofollow";
    assert_eq!(tab.eval(links), json!([["https://x.test/", rel], ["http://y.test/a", rel]]));

    tab.press("body", "n");
    eventually(|| {
        anyhow::ensure!(
            tab.eval("document.activeElement?.id") == "comment",
            "the field has the focus"
        );
        Ok(())
    });
    tab.fill("#comment", "The guard went away in 1.9");
    tab.click(".say button");
    tab.shows("#activity .said", "The guard went away");
    tab.click("#activity .edit summary");
    tab.fill("#activity .edit textarea", "The guard went away in 1.10");
    tab.click("#activity .edit [data-busy='Saving…']");
    tab.shows("#activity .said", "in 1.10");
    tab.shows("#activity .when", "edited");
    tab.click("#activity .edit summary");
    tab.click("#activity .edit .danger");
    tab.shows("#activity .said", "<img");
    assert_eq!(kinds(&project, &issue), ["commented"]);
    for text in ["", "  \n ", &"x".repeat(10_001)] {
        let answer = project.api.send("POST", &path, &json!({ "text": text })).unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    // A program changes its own comments alone.
    let program = Program::of(world, &project, &["project:read", "project:write"]).unwrap();
    let of = |path: &str| format!("/api/0/projects/{}/{path}", project.slug);
    let own = program.json("POST", &of(&path), &json!({ "text": "deployed" })).unwrap();
    assert_eq!(own.status, 200, "{own:?}");
    let key = |answer: &str| {
        serde_json::from_str::<Value>(answer).unwrap()["key"].as_str().unwrap().to_owned()
    };
    let changed = |key: &str, text: &str| {
        let path = of(&format!("{path}{key}/"));
        program.json("PUT", &path, &json!({ "text": text })).unwrap().status
    };
    assert_eq!(changed(&key(&own.body), "deployed 1.10"), 200);
    assert_eq!(changed(&key(&made.body), "mine now"), 409);
    assert_eq!(changed("1-1", "nothing"), 409);
    assert_eq!(changed("nonsense", "nothing"), 404);
}

fn kept(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    send(&project, thrown(2, "TypeError", "Too many lamps", "addLamp"));
    let (state, lamps) = (named(&project, "Invalid state"), named(&project, "Too many lamps"));
    let say = |issue: &Issue, text: &str| {
        let path = format!("issues/{}/comments/", issue.short_id);
        assert_eq!(project.api.send("POST", &path, &json!({ "text": text })).unwrap().status, 200);
    };
    let mine = |issue: &Issue| {
        let path = format!("issues/{}/", issue.short_id);
        assert_eq!(
            project.api.send("PATCH", &path, &json!({ "assignee": "me" })).unwrap().status,
            200
        );
    };
    say(&state, "of the state");
    say(&lamps, "of the lamps");
    mine(&lamps);
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &state));
    tab.click(".merge summary");
    tab.fill("#merge-with", &lamps.short_id);
    tab.click(".merge button");
    tab.shows("#done", &format!("Merged into this {}", lamps.short_id));
    tab.shows("#activity", "of the lamps");
    tab.shows("#activity", "of the state");
    assert_eq!(kinds(&project, &state), ["merged", "assigned", "commented", "commented"]);
    tab.click("#done button");
    tab.shows("#activity", "undid: merged");
    assert_eq!(kinds(&project, &lamps), ["undone", "assigned", "commented"]);
    assert_eq!(kinds(&project, &state), ["undone", "merged", "commented"]);
    assert!(detail(&project, &lamps)["assignee"]["id"].as_u64().is_some());

    // One issue of two groups, somebody's and resolved, is split: what is made is too.
    let rules = json!({ "grouping_rules": "type:RangeError -> all" });
    project.api.set(&rules).unwrap();
    send(&project, thrown(3, "RangeError", "Too long", "openCart"));
    send(&project, thrown(4, "RangeError", "Too short", "sendOrder"));
    let whole =
        project.api.issues().unwrap().into_iter().find(|one| one.kind == "RangeError").unwrap();
    assert_eq!(whole.count, 2);
    say(&whole, "of both");
    mine(&whole);
    let path = format!("issues/{}/", whole.short_id);
    assert_eq!(
        project.api.send("PATCH", &path, &json!({ "status": "resolved" })).unwrap().status,
        200
    );
    let grouping = project.api.json(&format!("{path}grouping/")).unwrap();
    let group = grouping["groups"][0]["hash"].clone();
    let split =
        project.api.send("POST", &format!("{path}split/"), &json!({ "groups": [group] })).unwrap();
    assert_eq!(split.status, 200, "{split:?}");
    let resolved = project.api.issues_of("resolved").unwrap();
    assert_eq!(resolved.len(), 2, "{resolved:#?}");
    for part in &resolved {
        assert!(detail(&project, part)["assignee"]["id"].as_u64().is_some(), "{}", part.short_id);
        assert_eq!(kinds(&project, part)[0], "split");
    }
    assert!(kinds(&project, &whole).contains(&"commented".to_owned()));

    // An issue that a rule made of two, somebody's and resolved, is regrouped without the rule: both keep what was decided.
    project.api.set(&json!({ "grouping_rules": "type:EvalError -> evals" })).unwrap();
    send(&project, thrown(5, "EvalError", "Not here", "openCart"));
    send(&project, thrown(6, "EvalError", "Not there", "sendOrder"));
    let open = project.api.issues().unwrap();
    let both = open.into_iter().find(|one| one.kind == "EvalError").unwrap();
    assert_eq!(both.count, 2);
    say(&both, "of both");
    mine(&both);
    let path = format!("issues/{}/", both.short_id);
    let resolve = json!({ "status": "resolved" });
    assert_eq!(project.api.send("PATCH", &path, &resolve).unwrap().status, 200);
    project.api.set(&json!({ "grouping_rules": "" })).unwrap();
    regroup(&project, "", "\"ready\"");
    regroup(&project, "apply/", "\"applied\"");
    let mut parts = project.api.issues_of("resolved").unwrap();
    parts.retain(|one| one.kind == "EvalError");
    assert_eq!(parts.len(), 2, "{parts:#?}");
    for part in &parts {
        assert!(detail(&project, part)["assignee"]["id"].as_u64().is_some(), "{}", part.short_id);
    }
    assert!(kinds(&project, &both).contains(&"commented".to_owned()));
}

/// Begins it, and takes steps until it says so.
fn regroup(project: &Project, verb: &str, until: &str) {
    let begun = project.api.send("POST", &format!("regroup/{verb}"), &json!({})).unwrap();
    assert!(begun.status < 300, "{begun:?}");
    eventually(|| {
        let state = project.api.send("POST", "regroup/step/", &json!({}))?;
        anyhow::ensure!(state.body.contains(until), "{state:?}");
        Ok(())
    });
}

fn bulk(world: &World) {
    let project = world.project();
    for (number, value) in [(1, "one"), (2, "two"), (3, "three")] {
        send(
            &project,
            thrown(number, "TypeError", &format!("Invalid {value}"), &format!("{value}Cart")),
        );
    }
    let ids: Vec<String> =
        project.api.issues().unwrap().into_iter().map(|one| one.short_id).collect();
    let put = |body: Value| {
        let answer = project.api.send("PUT", "issues/", &body).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str::<Value>(&answer.body).unwrap()
    };
    let prefix = ids[0].rsplit_once('-').unwrap().0;
    let missing = format!("{prefix}-77");
    let done = put(json!({ "issues": [ids[0], ids[1], missing], "status": "resolved" }));
    assert_eq!(done["done"], json!([ids[0], ids[1]]));
    assert_eq!((&done["not_done"], done["why"].is_string()), (&json!([missing]), true));
    assert_eq!(project.api.issues_of("resolved").unwrap().len(), 2);
    let undone = put(json!({ "issues": [ids[0], ids[1]], "undo": done["key"] }));
    assert_eq!(undone["done"], json!([ids[0], ids[1]]));
    assert_eq!(project.api.issues().unwrap().len(), 3);

    // The list's form.
    let tab = signed_in(world, &project);
    tab.open(&page_of(world, &project, &project.api.issues().unwrap()[0]));
    let post = |fields: &str| {
        let form = format!(
            "(async () => {{ const form = new URLSearchParams({fields});
            form.set('csrf', document.querySelector('[name=csrf]').value);
            const answer = await fetch('/{}/issues/bulk', {{ method: 'POST', body: form }});
            return [answer.status, new URL(answer.url).pathname + new URL(answer.url).search]; }})()",
            project.slug
        );
        tab.eval(&form)
    };
    let list = format!("/{}/issues/", project.slug);
    let two = format!("['issue', '{}'], ['issue', '{}']", ids[0], ids[1]);
    let next = format!("{list}?status=resolved");
    let resolved = post(&format!("[{two}, ['action', 'resolve'], ['next', '{next}']]"));
    assert_eq!(resolved[0], 200);
    assert!(resolved[1].as_str().unwrap().starts_with(&format!("{next}&done=")), "{resolved}");
    assert_eq!(project.api.issues_of("resolved").unwrap().len(), 2);
    let elsewhere =
        post(&format!("[{two}, ['action', 'assign'], ['to', 'me'], ['next', '//evil.test/']]"));
    assert_eq!(elsewhere[0], 200);
    assert!(elsewhere[1].as_str().unwrap().starts_with(&format!("{list}?done=")), "{elsewhere}");
    assert_eq!(post(&format!("[{two}, ['action', 'explode']]"))[0], 400);
    assert_eq!(post(&format!("[['issue', '{missing}'], ['action', 'resolve']]"))[0], 409);
    assert_eq!(post("[['action', 'resolve']]")[0], 400);
    let merged = post(&format!("[{two}, ['action', 'merge'], ['to', '{}']]", ids[2]));
    assert_eq!(merged[0], 200, "{merged}");
    assert_eq!(project.api.only_issue().unwrap().count, 3);
    let gone = post(&format!("[['issue', '{}'], ['action', 'delete']]", ids[2]));
    assert_eq!(gone[0], 200, "{gone}");
    assert!(project.api.issues().unwrap().is_empty());
}
