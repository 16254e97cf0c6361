//! The description of the JSON API is true: `/api/0/openapi.json` names what answers, and nothing else does.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use trapline_tests::{CleanMachine, Program, Project, World};
use xtask::worker::{Worker, http};

use crate::Test;
use crate::client::{address, get, host, session};
use crate::sentry_sdks::{run, venv};

pub const TESTS: &[Test] = &[
    ("every_described_path_asks_who_is_there", described),
    ("what_is_not_described_does_not_answer", undescribed),
    ("head_is_get_without_a_body", head),
    ("tokens_read_their_own_project_only", foreign),
];

/// Installs from PyPI, and runs for minutes.
pub const LONG_TESTS: &[Test] = &[("schemathesis_finds_nothing_undocumented", schemathesis)];

/// Exactly this one: a newer one is another test.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

fn description(worker: &Worker) -> Value {
    let answer = get(worker, "/api/0/openapi.json", "");
    assert_eq!(answer.status, 200);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Every (method, path) of the description, with its operation.
fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        let operations = item.as_object().expect("operations").iter();
        for (method, operation) in operations.filter(|(name, _)| *name != "parameters") {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    assert!(all.len() > 40, "{} operations", all.len());
    all
}

/// Something for each parameter.
fn filled(path: &str, project: &str) -> String {
    let mut filled = path.replace("{project}", project).replace("{verb}", "step");
    while let Some((before, rest)) = filled.split_once('{') {
        let after = rest.split_once('}').expect("an end").1;
        filled = format!("{before}x{after}");
    }
    filled
}

struct Answer {
    status: u16,
    allow: String,
    kind: String,
    body: String,
}

fn ask(worker: &Worker, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = ureq::http::Request::builder()
        .method(method)
        .uri(address(worker, path))
        .header("Host", host(worker));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = http().run(request.body(()).expect("a request")).expect("an answer");
    let header = |name: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (allow, kind, status) =
        (header("allow"), header("content-type"), response.status().as_u16());
    Answer { status, allow, kind, body: response.body_mut().read_to_string().expect("a body") }
}

fn described(world: &World) {
    let project = world.project();
    for (method, path, operation) in operations(&description(&world.worker)) {
        let path = filled(&path, &project.slug);
        let kind = [("Content-Type", "application/json")];
        let answer = ask(&world.worker, &method, &path, &kind);
        assert_eq!(answer.status, 401, "{method} {path}: {}", answer.body);
        assert_eq!(answer.kind, "application/json", "{method} {path}");
        let responses = &operation["responses"];
        assert!(responses["401"].is_object(), "{method} {path} says that it asks");
    }
}

fn undescribed(world: &World) {
    let session = session(world);
    let ask = |method: &str, path: &str| {
        ask(&world.worker, method, path, &[("Cookie", &session), ("Content-Type", "text/plain")])
    };
    for path in ["/api/0/nothing/", "/api/0/projects/shop/nothing/", "/api/0/projects/a/b/c/d/"] {
        assert_eq!(ask("GET", path).status, 404, "{path}");
    }
    for (method, path, allow) in [
        ("POST", "/api/0/overview/", "GET,HEAD"),
        ("DELETE", "/api/0/projects/shop/settings/", "GET,HEAD,PATCH"),
        ("PATCH", "/api/0/projects/shop/keys/", "GET,HEAD,POST"),
        ("GET", "/api/0/projects/shop/erasures/", "POST"),
    ] {
        let answer = ask(method, path);
        assert_eq!((answer.status, answer.allow.as_str()), (405, allow), "{method} {path}");
        assert!(answer.body.contains(allow), "{}", answer.body);
    }
}

fn head(world: &World) {
    let project = world.project();
    let session = session(world);
    let cookie = [("Cookie", session.as_str())];
    for path in [format!("/api/0/projects/{}/keys/", project.slug), "/".into(), "/sign-in".into()] {
        let (with, without) =
            (ask(&world.worker, "GET", &path, &cookie), ask(&world.worker, "HEAD", &path, &cookie));
        assert_eq!((with.status, &with.kind), (without.status, &without.kind), "{path}");
        assert_eq!(without.body, "", "{path}");
    }
    // Whoever looks whether a link is good does not use it up.
    let link = project.sign_in.strip_prefix(&world.worker.dashboard()).expect("a link");
    assert_eq!(ask(&world.worker, "HEAD", link, &[]).status, 404);
    assert!(get(&world.worker, link, "").cookie.is_some());
}

/// Of every read that names a project: another project's token, one that was revoked, one without a scope.
fn foreign(world: &World) {
    let (own, other) = (world.project(), world.project());
    let program = |scopes: &[&str]| Program::of(world, &own, scopes).expect("a token");
    let (reads, uploads, revoked) =
        (program(&["project:read"]), program(&["artifacts:write"]), program(&["project:read"]));
    let answer = own.api.send("DELETE", &format!("tokens/{}/", revoked.id), &json!({})).unwrap();
    assert_eq!(answer.status, 200);
    let mut looked = 0;
    for (method, path, operation) in operations(&description(&world.worker)) {
        let is_for_programs = operation["security"] == json!([{ "token": [] }]);
        let is_of_a_project = path.starts_with("/api/0/projects/{project}/");
        if method != "GET" || !is_of_a_project || is_for_programs {
            continue;
        }
        looked += 1;
        let path_of = |project: &Project<'_>| filled(&path, &project.slug);
        let status = |program: &Program, path: &str| {
            program.send("GET", path, "application/json", b"").expect("an answer").status
        };
        assert_eq!(status(&reads, &path_of(&other)), 404, "{path} of another project");
        assert_eq!(status(&revoked, &path_of(&own)), 401, "{path} by a revoked token");
        assert_eq!(status(&uploads, &path_of(&own)), 403, "{path} without a scope");
        assert!(matches!(status(&reads, &path_of(&own)), 200 | 400 | 404), "{path}");
    }
    assert!(looked >= 12, "{looked} reads");
}

const SECRET: &str = "a secret of the tests, 1";

/// On a Worker of its own: it makes, changes and deletes whatever it can.
fn schemathesis(world: &World) {
    let machine = CleanMachine::installed(&world.paths, "schemathesis");
    let worker = machine.start(&[("SETUP_SECRET", SECRET)]);
    let project = Project::of(&worker, "shop").expect("a project");
    for number in 1..4 {
        let event =
            json!({ "event_id": format!("{number:032x}"), "message": format!("bug {number}") });
        let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}");
        assert_eq!(project.send(envelope.as_bytes()).status, 200);
    }
    let short_id = project.api.issues().unwrap().remove(0).short_id;
    let scopes = ["project:read", "project:write", "project:admin", "artifacts:write"];
    let made =
        project.api.send("POST", "tokens/", &json!({ "label": "s", "scopes": scopes })).unwrap();
    let made: Value = serde_json::from_str(&made.body).expect("a token");
    let token = made["token"].as_str().expect("a token");
    let session = session_of(&worker, &project);
    let (_, session) = session.split_once('=').expect("a cookie");
    let tool = venv(&world.paths.target.join("e2e/schemathesis"), SCHEMATHESIS);
    let tool = tool.with_file_name("schemathesis");
    // Only by https is a cookie called as it is described.
    let described = fs::read_to_string(world.paths.deploy.join("assets/api/0/openapi.json"));
    let description = machine.file("openapi.json");
    fs::write(&description, described.expect("a file").replace("__Host-trapline", "trapline"))
        .expect("a file");
    // Mostly things that are there; else hardly an answer would be more than a 404.
    let known = format!(
        "[parameters]\nproject = \"shop\"\nshort_id = \"{short_id}\"\nevent_id = \"{:032x}\"\nid = \"1\"\n\
         organization = \"trapline\"\n[checks]\n\
         negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415]\n",
        1
    );
    let run_as = |holder: &str, examples: &str, which: &[&str]| {
        let config = machine.file("schemathesis.toml");
        fs::write(&config, format!("{known}{holder}")).expect("a file");
        let mut command = Command::new(&tool);
        command.arg("--config-file").arg(&config).args(["run", "--url"]).arg(worker.site());
        command.args(["-H", &format!("Host: {}", host(&worker)), "--seed", "1", "--no-color"]);
        command.args(["--max-examples", examples, "--generation-database", "none"]).args(which);
        command.args(["--phases", "coverage,fuzzing", "--suppress-health-check", "all"]);
        command.args(["--request-timeout", "60", "--exclude-checks", &EXCLUDED.join(",")]);
        run(command.arg(&description).current_dir(machine.file("")));
    };
    let token = format!("[auth.openapi.token]\nbearer = \"{token}\"\n");
    let session = format!("[auth.openapi.session]\napi_key = \"{session}\"\n");
    // What goes, or is called otherwise, is not there for all that comes after.
    let stays = ["--exclude-method", "DELETE", "--exclude-operation-id", "renameProject"];
    run_as(&token, "20", &stays);
    run_as(&session, "10", &stays);
    run_as("", "3", &[]);
    run_as(&session, "10", &["--include-operation-id", "renameProject"]);
    run_as(&token, "10", &["--include-method", "DELETE"]);
}

/// A cookie of the project's developer.
fn session_of(worker: &Worker, project: &Project<'_>) -> String {
    let link = project.sign_in.strip_prefix(&worker.dashboard()).expect("a link to the dashboard");
    get(worker, link, "").cookie.expect("a session")
}

/// Checks of what the description cannot say.
const EXCLUDED: [&str; 1] = [
    // Rules of grouping, origins, packs of tables and regrouping have grammars and states beyond JSON Schema: 400 and 409.
    "positive_data_acceptance",
];
