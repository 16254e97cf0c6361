//! What people do with issues and say about them, clicked in the browser: taken back, followed through merges, splits and
//! regrouping; and who may not.

use serde_json::{Value, json};
use trapline_tests::{Issue, Program, Project, World, eventually};
use xtask::worker::http;

use crate::Test;
use crate::grouping_rules::{named, page_of, send, signed_in, thrown};

pub const TESTS: &[Test] = &[
    ("workflow_what_was_done_is_told_and_undone_by_a_click", undo),
    ("workflow_resolved_in_the_next_release_regresses_only_there", next_release),
    ("workflow_an_issue_is_assigned_and_linked_and_keys_do_it", assign),
    ("workflow_comments_are_edited_and_deleted_and_run_nothing", comments),
    ("workflow_comments_and_assignee_survive_merge_unmerge_split_and_regrouping", kept),
    ("workflow_a_hundred_issues_are_changed_at_once_and_what_was_not_is_said", bulk),
    ("workflow_a_viewer_changes_nothing", viewer),
    ("workflow_the_json_api_does_the_same", api),
];

fn in_release(number: u32, value: &str, release: &str) -> Value {
    let mut event = thrown(number, "TypeError", value, "openCart");
    event["release"] = json!(release);
    event
}

#[track_caller]
fn detail(project: &Project, issue: &Issue) -> Value {
    project.api.json(&format!("issues/{}/", issue.short_id)).unwrap()
}

#[track_caller]
fn kinds(project: &Project, issue: &Issue) -> Vec<String> {
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

/// Its hash is what `session` holds.
const VIEWER: &str = "viewer of the tests";
const VIEWER_HASH: &str = "65744877702aaceacadf62ecb250b07e4fe90d13dcfcb9cd8050c616d8ff30e7";
const VIEWER_CSRF: &str = "1cadc3085c59311d4cdb0149e12aa757";

fn viewer(world: &World) {
    let project = world.project();
    send(&project, thrown(1, "TypeError", "Invalid state", "openCart"));
    let issue = project.api.only_issue().unwrap();
    let program = Program::of(world, &project, &["project:read"]).unwrap();
    let base = format!("/api/0/projects/{}/issues/", project.slug);
    let one = format!("{base}{}/", issue.short_id);
    for (method, path, body) in [
        ("PATCH", one.clone(), json!({ "status": "resolved" })),
        ("PUT", base.clone(), json!({ "issues": [issue.short_id], "status": "resolved" })),
        ("DELETE", one.clone(), json!({})),
        ("POST", format!("{one}merge/"), json!({ "with": ["x"] })),
        ("POST", format!("{one}split/"), json!({ "groups": ["x"] })),
        ("POST", format!("{one}undo/"), json!({ "of": "1-1" })),
        ("POST", format!("{one}comments/"), json!({ "text": "x" })),
        ("PUT", format!("{one}comments/1-1/"), json!({ "text": "x" })),
        ("DELETE", format!("{one}comments/1-1/"), json!({})),
    ] {
        let answer = program.json(method, &path, &body).unwrap();
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    }
    for path in [
        one.clone(),
        format!("{one}activity/"),
        format!("{one}comments/"),
        format!("{one}events/?all=true"),
    ] {
        assert_eq!(program.send("GET", &path, "", b"").unwrap().status, 200, "{path}");
    }

    world.database.run(&format!(
        "INSERT INTO person (name, created_ms, role) VALUES ('Vera', 0, 0);
         INSERT INTO session (hash, person_id, created_ms, expires_ms)
            SELECT x'{VIEWER_HASH}', max(id), 0, 9000000000000 FROM person;"
    ));
    let port = world.worker.port();
    let page = format!("/{}/issues/{}/", project.slug, issue.short_id);
    let cookie = format!("trapline={VIEWER}");
    for (verb, fields) in [
        ("status", "status=resolved"),
        ("assign", "assignee=me"),
        ("link", "link=https://x.test"),
        ("undo", "of=1-1"),
        ("merge", "with=x"),
        ("split", "group=x"),
        ("comments", "text=x"),
        ("delete", ""),
        ("../bulk", "action=delete"),
    ] {
        let path = match verb {
            "../bulk" => format!("/{}/issues/bulk", project.slug),
            verb => format!("{page}{verb}"),
        };
        let answer = http()
            .post(format!("http://127.0.0.1:{port}{path}"))
            .header("Host", format!("localhost:{port}"))
            .header("Cookie", &cookie)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .send(format!("csrf={VIEWER_CSRF}&issue={}&{fields}", issue.short_id))
            .unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{path}");
    }
    let mut seen = http()
        .get(format!("http://127.0.0.1:{port}{page}"))
        .header("Host", format!("localhost:{port}"))
        .header("Cookie", &cookie)
        .call()
        .unwrap();
    let html = seen.body_mut().read_to_string().unwrap();
    assert_eq!(seen.status().as_u16(), 200);
    assert!(html.contains("Invalid state") && !html.contains("value=\"resolved\""), "no buttons");
    assert!(!html.contains("id=\"comment\""), "no field for comments");
    assert_eq!(project.api.only_issue().unwrap().status, "unresolved");
    assert_eq!(kinds(&project, &issue), [""; 0]);
}

fn api(world: &World) {
    let project = world.project();
    let mut event =
        in_release(1, "Cannot read properties of undefined (reading 'amount')", "shop@1.9.0");
    event["tags"] = json!({ "plan": "gold" });
    send(&project, event);
    let issue = project.api.only_issue().unwrap();
    let shown = detail(&project, &issue);
    assert_eq!(
        (&shown["short_id"], &shown["status"]),
        (&json!(issue.short_id), &json!("unresolved"))
    );
    let what = shown["what_broke"].as_str().unwrap();
    assert!(what.contains("undefined where the code expected an object with amount"), "{what}");
    let facets = shown["distributions"].as_array().unwrap().iter();
    // Where the tests run, the platform may know a country.
    let facets: Vec<&str> =
        facets.map(|one| one["name"].as_str().unwrap()).filter(|name| *name != "country").collect();
    assert_eq!(facets, ["release", "tag.plan"]);
    assert_eq!(shown["event"]["event_id"], format!("{:032x}", 1));
    let path = format!("issues/{}/", issue.short_id);
    let patched = project
        .api
        .send(
            "PATCH",
            &path,
            &json!({ "status": "ignored", "hours": 24, "users": 5, "assignee": "me" }),
        )
        .unwrap();
    let patched: Value = serde_json::from_str(&patched.body).unwrap();
    assert_eq!(
        (&patched["status"], &patched["ignored_until"]["users"]),
        (&json!("ignored"), &json!(5 + shown["users"].as_u64().unwrap()))
    );
    let kinds: Vec<&str> = patched["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    for wrong in [
        json!({ "status": "gone" }),
        json!({ "colour": "red" }),
        json!({}),
        json!({ "status": "ignored", "users": 0 }),
    ] {
        let answer = project.api.send("PATCH", &path, &wrong).unwrap();
        assert_eq!(answer.status, 400, "{wrong}: {answer:?}");
    }
    let all = project
        .api
        .json(&format!("{path}events/?all=true&release=shop%401.9.0&tag.plan=gold"))
        .unwrap();
    assert_eq!(
        (all["events"].as_array().unwrap().len(), &all["events"][0]["kept"]),
        (1, &json!(true))
    );
    let none = project.api.json(&format!("{path}events/?all=true&tag.plan=silver")).unwrap();
    assert_eq!(none["events"], json!([]));
    let gone = project.api.send("DELETE", &path, &json!({})).unwrap();
    assert_eq!(gone.status, 200, "{gone:?}");
    assert_eq!(
        project.api.page(&format!("/api/0/projects/{}/{path}", project.slug)).unwrap().status,
        404
    );
}
