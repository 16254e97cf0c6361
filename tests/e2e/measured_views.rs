//! What a page view says: where, how it began and ended, its requests by endpoint, errors, long frames and resources; that
//! it is said once, by visits that are sampled alone; and that events name it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use trapline_tests::{
    Backend, Engine, Gate, Project, Site, Tab, World, eventually, eventually_within, shop_page,
};

use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("page_view_is_told_once_when_the_page_is_hidden", told_once),
    full("thousand_requests_are_counted_exactly_by_endpoint", requests).alone(),
    sampled("client_side_navigation_is_a_view_of_its_own", navigation),
    full("visit_that_is_not_sampled_measures_nothing", unsampled),
    full("closed_agent_has_put_everything_back", closed),
];

struct Shop<'world> {
    project: Project<'world>,
    gate: Gate,
    site: Site,
}

fn shop<'world>(world: &'world World, attributes: &[(&str, &str)], app: &str) -> Shop<'world> {
    let (project, gate) = (world.project(), world.gate());
    let site = project.site_to(&gate.dsn(&project), attributes, app);
    Shop { project, gate, site }
}

const MEASURED: &[(&str, &str)] =
    &[("data-page-view-sample-rate", "1"), ("data-release", "shop@1.0.0")];

/// Waits until what measures page views does so.
fn measured(tab: &Tab) {
    eventually(|| {
        let is_there = tab.eval(
            "(async () => {
               const [file] = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/views.js'));
               if (!file) return false;
               await import(file.name);
               return document.readyState === 'complete';
             })()",
        );
        ensure!(is_there == true, "nothing measures");
        Ok(())
    });
}

fn views(gate: &Gate, count: usize) -> Vec<Value> {
    let views = eventually(|| {
        let views = gate.items("page_view");
        ensure!(views.len() >= count, "{} of {count}: {views:#?}", views.len());
        Ok(views)
    });
    assert_eq!(views.len(), count, "{views:#?}");
    views
}

fn told_once(world: &World, engine: Engine) {
    let app = "
        Trapline.setUser({ id: 'u_5be1', email: 'jo@shop.test' });
        window.work = () => { const end = performance.now() + 120; while (performance.now() < end); };
        window.fail = () => { setTimeout(() => { throw new Error('sold out'); }); };
        document.getElementById('buy').onclick = work;";
    let Shop { gate, site, .. } = shop(world, MEASURED, app);
    let tab = world.tab_in(engine);
    let url = site.url("/?list=winter");
    tab.open(&url);
    measured(&tab);
    tab.click("#buy");
    tab.run("fail()");
    tab.flush();
    tab.hide();
    let [view] = <[Value; 1]>::try_from(views(&gate, 1)).expect("one view");
    assert_eq!(view["url"], url);
    let said = |name: &str| view[name].clone();
    let is = json!({
        "page": said("page"), "kind": said("kind"), "release": said("release"), "environment": said("environment"),
        "rate": said("sample_rate"), "errors": said("errors"), "hidden_start": said("hidden_start"),
        "abandoned": said("abandoned"), "device": said("device"), "user": said("user"),
    });
    let expected = json!({
        "page": "/", "kind": "navigate", "release": "shop@1.0.0", "environment": "production", "rate": 1, "errors": 1,
        "hidden_start": false, "abandoned": true, "device": "desktop", "user": { "id": "u_5be1" },
    });
    assert_eq!(is, expected);
    let event = gate.events().pop().expect("an event");
    assert_eq!(view["id"], event["page_view_id"]);
    assert_eq!(view["session_id"], event["session_id"]);
    assert_eq!(view["id"].as_str().map(str::len), Some(32));
    let age_s = event["timestamp"].as_f64().unwrap() - view["started"].as_f64().unwrap() / 1e3;
    assert!((0.0..60.0).contains(&age_s), "{age_s}");
    assert!(view["visible_ms"].as_f64().unwrap() > 100.0, "{view:#}");
    assert!(view["load"]["dom_complete"].as_f64().unwrap() > 0.0, "{view:#}");
    assert!(view["vitals"]["fcp"]["value"].as_f64().unwrap() > 0.0, "{view:#}");
    let script = view["resources"].as_array().unwrap().iter().find(|one| one["kind"] == "script");
    assert_eq!(script.expect("scripts")["count"], 1, "the page's own: {view:#}");
    if engine == Engine::Chromium {
        assert_eq!(view["vitals"]["inp"]["target"], "button#buy", "{view:#}");
        assert_eq!(view["vitals"]["inp"]["kind"], "pointer");
        assert_eq!(view["vitals"]["inp"]["script"], site.url("/app.js"));
        assert_eq!(view["vitals"]["inp"]["load_state"], "complete");
        assert_eq!(view["vitals"]["lcp"]["target"], "button#buy");
        let worst = &view["long_frames"]["worst"][0];
        assert!(worst["duration"].as_f64().unwrap() >= 120.0, "{view:#}");
        assert_eq!(worst["invoker"], "BUTTON#buy.onclick");
    }
    // Shown, hidden and left after that, it says nothing more.
    tab.show();
    tab.hide();
    tab.open(&site.url("/?next"));
    measured(&tab);
    let _ = views(&gate, 1);
}

/// Six at a time, as many as browsers make to one host: none waits for another. The page measures each itself.
const REQUESTS: &str = "\
window.took = [];
window.send = async (back) => {
  const urls = Array.from({ length: 1000 }, (_, at) => {
    const wait = 8 + (at * 7919) % 60 + (at % 25 ? 0 : 90);
    const status = at % 50 === 1 ? 404 : at % 40 === 2 ? 503 : 200;
    return `${back}/items/${at}?wait=${wait}&status=${status}`;
  });
  const work = async () => {
    for (let url; (url = urls.pop()); ) {
      const start = performance.now();
      await fetch(url);
      took.push(performance.now() - start);
    }
  };
  await Promise.all([work(), work(), work(), work(), work(), work()]);
  for (let at = 0; at < 7; at++) await fetch('http://127.0.0.1:1/gone').catch(() => {});
  for (let at = 0; at < 5; at++) {
    const stop = new AbortController();
    const asked = fetch(`${back}/slow?wait=5000`, { method: 'POST', body: 'x'.repeat(100), signal: stop.signal }).catch(() => {});
    setTimeout(() => stop.abort(), 20);
    await asked;
  }
  const xhr = new XMLHttpRequest();
  const ended = new Promise((resolve) => (xhr.onloadend = resolve));
  xhr.open('PUT', `${back}/baskets/6f1c2d3e-1111-4222-8333-abcdefabcdef?wait=30&bytes=1500`);
  xhr.send('{}');
  await ended;
  return true;
};
";

fn requests(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, MEASURED, REQUESTS);
    let backend = Backend::start();
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    measured(&tab);
    tab.run(&format!("send('{}').then(() => (window.isDone = true))", backend.url("")));
    eventually_within(Duration::from_secs(30), || {
        ensure!(
            tab.eval("window.isDone === true") == true,
            "{} were sent",
            tab.eval("took.length")
        );
        Ok(())
    });
    let mut took: Vec<f64> = serde_json::from_value(tab.eval("took")).expect("milliseconds");
    tab.hide();
    let view = views(&gate, 1).remove(0);
    let endpoints: BTreeMap<String, Value> = view["requests"]
        .as_array()
        .expect("requests")
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            (format!("{} {}", text("method"), text("url")), one.clone())
        })
        .collect();
    let of = |key: String| endpoints.get(&key).context(key).expect("an endpoint");
    let items = of(format!("GET {}", backend.url("/items/{id}")));
    let failed = |status: u32| {
        (0..1000)
            .filter(|at| if status == 404 { at % 50 == 1 } else { at % 40 == 2 && at % 50 != 1 })
            .count()
    };
    let counts =
        json!([items["count"], items["status_4xx"], items["status_5xx"], items["no_answer"]]);
    assert_eq!(counts, json!([1000, failed(404), failed(503), null]));
    assert_eq!(items["received"], 2000, "of two bytes each");
    let buckets: Vec<(i32, usize)> = serde_json::from_value(items["durations"].clone()).unwrap();
    assert_eq!(buckets.iter().map(|(_, count)| count).sum::<usize>(), 1000);
    took.sort_by(f64::total_cmp);
    for share in [0.5, 0.75, 0.95] {
        let exact = took[(1000.0 * share) as usize - 1];
        let told = percentile(&buckets, share);
        assert!(
            (told / exact - 1.0).abs() <= 0.05,
            "p{share}: {told} is told, {exact} was measured"
        );
    }
    assert_eq!(of("GET http://127.0.0.1:1/gone".to_owned())["no_answer"], 7);
    let slow = of(format!("POST {}", backend.url("/slow")));
    assert_eq!(json!([slow["count"], slow["aborted"], slow["durations"]]), json!([0, 5, []]));
    let basket = of(format!("PUT {}", backend.url("/baskets/{id}")));
    assert_eq!(json!([basket["count"], basket["received"]]), json!([1, 1500]));
    assert_eq!(endpoints.len(), 4, "{endpoints:#?}");
    assert_eq!(view["requests_left_out"], 0);
}

/// The middle of the bucket in which that share of all is reached.
fn percentile(buckets: &[(i32, usize)], share: f64) -> f64 {
    let all: usize = buckets.iter().map(|(_, count)| count).sum();
    let mut left = (all as f64 * share).ceil() as usize;
    for (bucket, count) in buckets {
        if left <= *count {
            return 1.08_f64.powf(f64::from(*bucket) - 0.5);
        }
        left -= count;
    }
    f64::NAN
}

const ROUTER: &str = "\
const go = document.getElementById('buy');
let at = 41;
go.onclick = () => {
  history.pushState(null, '', `/products/${++at}`);
  if (at === 43) Trapline.setPage('the last product');
  const end = performance.now() + 60;
  while (performance.now() < end);
  fetch('/app.js?' + at);
  Trapline.captureException(new Error('no stock of ' + at));
};
";

fn navigation(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, MEASURED, ROUTER);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    measured(&tab);
    for _ in 0..2 {
        tab.click("#buy");
        tab.flush();
    }
    tab.run("history.replaceState(null, '', '?tab=2')");
    tab.hide();
    let views = views(&gate, 3);
    let said = |name: &str| views.iter().map(|view| view[name].clone()).collect::<Vec<_>>();
    assert_eq!(said("kind"), ["navigate", "soft-navigation", "soft-navigation"]);
    assert_eq!(said("page"), ["/", "/products/{id}", "the last product"]);
    assert_eq!(said("errors"), [0, 1, 1]);
    assert_eq!(said("url")[1], site.url("/products/42"));
    let requests = |at: usize| views[at]["requests"].as_array().map_or(0, Vec::len);
    assert_eq!([requests(0), requests(1), requests(2)], [0, 1, 1]);
    let events = gate.events();
    let of: Vec<_> = events.iter().map(|event| event["page_view_id"].clone()).collect();
    assert_eq!(of, said("id")[1..]);
    assert!(said("session_id").windows(2).all(|pair| pair[0] == pair[1]));
    for view in &views[1..] {
        assert_eq!(view["vitals"]["lcp"], Value::Null, "of a document alone: {view:#}");
        assert_eq!(view["load"], Value::Null);
    }
    if engine != Engine::WebKit {
        // The click that led away is the first view's; the document's own goes on.
        assert_eq!(views[0]["vitals"]["inp"]["target"], "button#buy", "{:#}", views[0]);
        assert_eq!(views[1]["vitals"]["inp"]["target"], "button#buy", "{:#}", views[1]);
    }
}

fn unsampled(world: &World, engine: Engine) {
    let app = "window.fail = () => reportError(new Error('sold out'));";
    let Shop { gate, site, project } =
        shop(world, &[("data-traces-sample-rate", "0"), ("data-page-view-sample-rate", "0")], app);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    tab.run("fail()");
    eventually(|| project.api.only_issue());
    tab.hide();
    let event = gate.events().pop().expect("an event");
    for key in ["page_view_id", "session_id"] {
        let is_id = event[key]
            .as_str()
            .is_some_and(|id| id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit()));
        assert!(is_id, "{key} is {}", event[key]);
    }
    assert_eq!(gate.items("page_view"), Vec::<Value>::new());
    let loaded = tab.eval("performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/views.js')).length");
    assert_eq!(loaded, 0);
}

/// Before anything else on the page.
const KEEP: &str = "<script>
const places = () => [fetch, XMLHttpRequest.prototype.open, History.prototype.pushState, History.prototype.replaceState];
window.before = places();
window.isSame = () => places().every((one, at) => one === before[at]);
</script>";

fn closed(world: &World, engine: Engine) {
    let (project, gate) = (world.project(), world.gate());
    let page = shop_page(&(KEEP.to_owned() + &project.snippet_to(&gate.dsn(&project), MEASURED)));
    let site = Site::serve(&[("/", &page), ("/app.js", "")]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    measured(&tab);
    assert_eq!(tab.eval("isSame()"), false, "it is heard what the page does");
    assert_eq!(tab.eval("Trapline.close(2000)"), true);
    assert_eq!(tab.eval("isSame()"), true);
    tab.hide();
    tab.show();
    assert_eq!(gate.items("page_view"), Vec::<Value>::new());
}
