//! What the browser tells without throwing: failed loads, policies, reports, errors of other origins, frames and workers;
//! and what a page asks to be captured: the console, failed requests.

use trapline_tests::{Engine, File, Issue, Project, Site, Tab, World, eventually, shop_page};
use xtask::names::Names;
use xtask::size;

use crate::reported::{Expected, check, check_event, only_event, only_event_of};
use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    full("failed_script_is_named", |world, engine| {
        check_load(world, engine, "script", "src", "/gone.js")
    }),
    sampled("failed_picture_is_named", |world, engine| {
        check_load(world, engine, "img", "src", "/oak.png")
    }),
    full("failed_style_sheet_is_named", |world, engine| {
        check_load(world, engine, "link", "href", "/shop.css")
    }),
    full("failed_video_is_named", |world, engine| {
        check_load(world, engine, "video", "src", "/oak.webm")
    }),
    sampled("failed_dynamic_import_arrives_once", dynamic_import),
    sampled("error_of_another_origin_names_the_scripts_that_hide_it", script_error),
    sampled("policy_violation_arrives_once", policy),
    full("intervention_of_the_browser_is_reported", intervention),
    full("deprecation_of_the_browser_is_reported", deprecation),
    sampled("console_error_is_captured_on_request", console_error),
    full("failed_requests_are_captured_on_request", failed_requests),
    sampled("errors_of_a_worker_arrive_by_one_line", worker),
    sampled("errors_of_a_frame_arrive_once_it_has_loaded", frame),
    full("frame_with_the_line_inside_reports_once", frame_with_line),
];

fn check_load(world: &World, engine: Engine, tag: &str, attribute: &str, path: &str) {
    let app = format!(
        "const one = document.createElement('{tag}');\n\
         if (one.rel !== undefined) one.rel = 'stylesheet';\n\
         one.{attribute} = '{path}';\ndocument.body.append(one);\n"
    );
    let value = format!("<{tag}> failed to load: http://127.0.0.1");
    let expected =
        Expected { kind: "LoadError", value: &value, mechanism: "resource", function: "" };
    let event = check(world, engine, &app, expected);
    assert!(event.thrown().expect("an exception").value.ends_with(path), "{event:#?}");
}

fn dynamic_import(world: &World, engine: Engine) {
    let app = "import('/chunk-3f9a.js');";
    let value = engine.pick([
        "Failed to fetch dynamically imported module",
        "error loading dynamically imported module",
        "Importing a module script failed",
    ]);
    let mechanism = "onunhandledrejection";
    check(world, engine, app, Expected { kind: "TypeError", value, mechanism, function: "" });
}

fn script_error(world: &World, engine: Engine) {
    let project = world.project();
    let widget =
        Site::serve(&[("/widget.js", "(function spin() { throw new Error('mine'); })();")]);
    let head =
        format!("{}<script src=\"{}\"></script>", project.snippet(), widget.url("/widget.js"));
    let site = Site::serve(&[("/", &shop_page(&head)), ("/app.js", "")]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let event = only_event(&project, &tab);
    if engine == Engine::Firefox {
        // Firefox 153 hides nothing between the ports of one address.
        assert_eq!(event.thrown().expect("an exception").value, "mine");
        return;
    }
    let expected =
        Expected { kind: "Error", value: "Script error.", mechanism: "onerror", function: "" };
    check_event(&event, expected);
    let scripts = &event.contexts["script_error"]["scripts_without_crossorigin"];
    assert!(scripts.to_string().contains(&widget.url("/widget.js")), "{scripts}");
}

fn policy(world: &World, engine: Engine) {
    let project = world.project();
    let (snippet, worker) = (project.snippet(), world.worker.site());
    let policy = format!(
        "script-src 'self' {worker} 'wasm-unsafe-eval'; connect-src {worker}; img-src 'self'"
    );
    let app = "const oak = new Image(); oak.src = 'http://127.0.0.1:1/oak.png';";
    let site = Site::serve_files(vec![
        File::new("/", shop_page(&snippet))
            .with_header("Content-Security-Policy", &policy)
            .with_header("Content-Type", "text/html"),
        File::new("/app.js", app),
    ]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let event = only_event(&project, &tab);
    let value = "Blocked 'img-src' from 'http://127.0.0.1:1/oak.png'";
    check_event(&event, Expected { kind: "CSPViolation", value, mechanism: "csp", function: "" });
}

/// Chromium alone has the Reporting API; what it blocks without a user's gesture is an intervention.
fn intervention(world: &World, engine: Engine) {
    if engine != Engine::Chromium {
        return;
    }
    let expected =
        Expected { kind: "Intervention", value: "vibrate", mechanism: "reporting", function: "" };
    check(world, engine, "navigator.vibrate(200);", expected);
}

/// The same: Chromium alone says so.
fn deprecation(world: &World, engine: Engine) {
    if engine != Engine::Chromium {
        return;
    }
    let app =
        "const request = new XMLHttpRequest();\nrequest.open('GET', '/', false);\nrequest.send();";
    let expected = Expected {
        kind: "Deprecation",
        value: "is deprecated",
        mechanism: "reporting",
        function: "",
    };
    check(world, engine, app, expected);
}

const CONSOLE: &str = "\
Trapline.init({ integrations: [Trapline.captureConsoleIntegration({ levels: ['error'] })] });
window.log = () => {
  console.error('sold out:', { sku: 7 });
  console.warn('not this one');
};
";

fn console_error(world: &World, engine: Engine) {
    let (_, event) = only_event_of(world, engine, CONSOLE, |tab, _| logged(world, tab));
    assert_eq!(event.message.as_deref(), Some("sold out: {\"sku\":7}"));
    assert_eq!(event.exceptions.len(), 0);
}

/// Does it once the integration that was asked for is there, which has a file of its own.
#[track_caller]
fn logged(world: &World, tab: &Tab) {
    eventually(|| {
        let is_armed = tab.eval("!!(Trapline.isInitialized && Trapline.isInitialized() === true)");
        anyhow::ensure!(is_armed == true, "the agent is not there");
        Ok(())
    });
    let names = Names::chosen().expect("names");
    let agent = size::agent_directory(&world.paths.deploy, &names).expect("an agent");
    let directory = agent.strip_prefix(world.paths.deploy.join("assets")).expect("an asset");
    // The agent has asked for the same module before, and goes on before this does.
    let extra = format!("{}/{}/extra.js", world.worker.site(), directory.display());
    assert_eq!(tab.eval(&format!("import('{extra}').then(() => true)")), true);
    let _ = tab.eval("log()");
}

const REQUESTS: &str = "\
Trapline.init({ integrations: [Trapline.httpClientIntegration({ failedRequestStatusCodes: [[400, 499]] })] });
window.log = async () => {
  await fetch('/stock.json');
  const xhr = new XMLHttpRequest();
  xhr.open('PUT', '/basket.json');
  xhr.send();
  await fetch('/app.js');
};
";

fn failed_requests(world: &World, engine: Engine) {
    let project = world.project();
    let site = project.site(REQUESTS);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    logged(world, &tab);
    // Each failed request is an issue of its own, by its breadcrumb, which is noted before the event.
    let events = eventually(|| {
        let issues = project.api.issues()?;
        anyhow::ensure!(issues.len() == 2, "{issues:#?}");
        anyhow::ensure!(issues.iter().all(|issue| issue.count == 1), "{issues:#?}");
        let event = |issue: &Issue| project.api.latest_event(&issue.short_id);
        issues.iter().map(event).collect::<anyhow::Result<Vec<_>>>()
    });
    for event in &events {
        check_event(
            event,
            Expected {
                kind: "Error",
                value: "HTTP Client Error with status code: 404",
                mechanism: "http.client",
                function: "",
            },
        );
    }
    let mut asked: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.request.method.clone().unwrap_or_default(),
                event.request.url.clone().unwrap_or_default(),
            )
        })
        .collect();
    asked.sort();
    assert_eq!(
        asked,
        [("GET".into(), site.url("/stock.json")), ("PUT".into(), site.url("/basket.json"))]
    );
}

fn worker_line(project: &Project, world: &World) -> String {
    format!("{}/trapline-worker.js?dsn={}&release=shop@1.0.0", world.worker.site(), project.dsn)
}

/// Firefox tells the page of a worker's error too, without the error itself: it must not count twice.
fn worker(world: &World, engine: Engine) {
    let project = world.project();
    let line = worker_line(&project, world);
    let work = "onmessage = function pack({ data }) {\n  if (data === 'throw') throw new RangeError('no box left');\n\
                Promise.reject(new TypeError('no tape left'));\n};\n";
    let site = Site::serve(&[
        ("/", &shop_page(&project.snippet())),
        (
            "/app.js",
            "window.classic = new Worker('/classic.js'); window.module = new Worker('/module.js', { type: 'module' });",
        ),
        ("/classic.js", &format!("importScripts('{line}');\n{work}")),
        ("/module.js", &format!("import '{line}';\n{work}")),
    ]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let _ = tab.eval("classic.postMessage('throw'), module.postMessage('reject')");
    let issues = eventually(|| {
        let issues = project.api.issues()?;
        anyhow::ensure!(issues.len() >= 2, "{issues:#?}");
        Ok(issues)
    });
    tab.flush();
    let mut told: Vec<_> = issues
        .iter()
        .map(|issue| (issue.kind.as_str(), issue.value.as_str(), issue.count))
        .collect();
    told.sort_unstable();

    assert_eq!(told, [("RangeError", "no box left", 1), ("TypeError", "no tape left", 1)]);
    assert_eq!(project.api.issues().unwrap().len(), 2);
    let event = project.api.latest_event(&issues[0].short_id).unwrap();
    assert_eq!(event.release.as_deref(), Some("shop@1.0.0"));
    assert!(
        event.thrown().expect("an exception").frames[0].function.contains("pack"),
        "{event:#?}"
    );
}

const INNER: &str = "setTimeout(function spin() { throw new RangeError('inside'); }, 300);";

fn frame(world: &World, engine: Engine) {
    check_frame(world, engine, |_| String::new());
}

fn frame_with_line(world: &World, engine: Engine) {
    check_frame(world, engine, |project| project.snippet());
}

fn check_frame(world: &World, engine: Engine, head: impl Fn(&Project) -> String) {
    let project = world.project();
    let app = "const frame = document.createElement('iframe'); frame.src = '/inner.html'; document.body.append(frame);";
    let inner = format!("<!doctype html>{}<script>{INNER}</script>", head(&project));
    let site = Site::serve(&[
        ("/", &shop_page(&project.snippet())),
        ("/app.js", app),
        ("/inner.html", &inner),
    ]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let event = only_event(&project, &tab);
    check_event(
        &event,
        Expected { kind: "RangeError", value: "inside", mechanism: "onerror", function: "spin" },
    );
}
