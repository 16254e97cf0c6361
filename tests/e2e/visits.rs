//! Sessions: a visit over several pages is one, and how it went is right: healthy, with an error, crashed.

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Engine, Gate, Project, Site, Tab, World, eventually, shop_page};

use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("visit_over_pages_and_tabs_is_one_session_that_crashes_once", visit),
    full("visit_without_errors_is_one_item", healthy),
    full("visit_ends_after_half_an_hour_unseen", unseen),
    full("page_that_keeps_its_own_sessions_begins_and_ends_them", by_hand),
    full("page_that_is_not_to_be_tracked_tells_and_keeps_nothing", untracked),
];

const ON: &[(&str, &str)] =
    &[("data-auto-session-tracking", "true"), ("data-release", "shop@1.0.0")];

const APP: &str = "\
window.caught = () => Trapline.captureException(new Error('handled'));
window.thrown = () => void setTimeout(() => { throw new Error('unhandled'); });
window.load = () => { const img = new Image(); img.src = '/none.png'; document.body.append(img); };
";

struct Shop<'world> {
    _project: Project<'world>,
    gate: Gate,
    site: Site,
}

fn shop<'world>(world: &'world World, attributes: &[(&str, &str)]) -> Shop<'world> {
    let (project, gate) = (world.project(), world.gate());
    let page = shop_page(&project.snippet_to(&gate.dsn(&project), attributes));
    let files = [
        ("/", &*page),
        ("/cart", &page),
        ("/app.js", APP),
        ("/elsewhere", "<title>Elsewhere</title>"),
    ];
    let site = Site::serve(&files);
    Shop { _project: project, gate, site }
}

fn armed(tab: &Tab) {
    eventually(|| {
        let is_armed = tab.eval("!!(Trapline.isInitialized && Trapline.isInitialized() === true)");
        ensure!(is_armed == true, "the agent is not there");
        Ok(())
    });
}

/// Once so many have come; and no more are to come.
#[track_caller]
fn sessions(gate: &Gate, count: usize) -> Vec<Value> {
    let all = eventually(|| {
        let mut all = gate.items("session");
        // Requests may overtake each other.
        all.sort_by_key(|one| one["seq"].as_u64());
        ensure!(all.len() >= count, "{} of {count}: {all:#?}", all.len());
        Ok(all)
    });
    assert_eq!(all.len(), count, "{all:#?}");
    all
}

fn transitions(all: &[Value]) -> Value {
    let of = |one: &Value| json!([one["init"], one["seq"], one["status"], one["errors"]]);
    all.iter().map(of).collect()
}

fn visit(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, ON);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let begun = sessions(&gate, 1).remove(0);
    assert_eq!(begun["attrs"], json!({ "release": "shop@1.0.0", "environment": "production" }));
    assert_eq!(begun["sid"].as_str().map(str::len), Some(32));
    // What fails to load is told, and breaks nothing.
    tab.run("load()");
    tab.open(&site.url("/cart"));
    armed(&tab);
    for _ in 0..2 {
        let _ = tab.eval("caught()");
        tab.flush();
    }
    let _ = sessions(&gate, 2);
    {
        let other = world.tab_in(engine);
        other.open(&site.url("/cart"));
        armed(&other);
        other.run("thrown(); setTimeout(() => Promise.reject(new Error('rejected')))");
        let _ = sessions(&gate, 3);
        other.flush();
    }
    tab.front();
    tab.run("thrown()");
    tab.flush();
    tab.open(&site.url("/"));
    armed(&tab);
    tab.flush();
    let all = sessions(&gate, 3);
    let expected = json!([[true, 0, "ok", 0], [false, 1, "ok", 1], [false, 2, "crashed", 1]]);
    assert_eq!(transitions(&all), expected);
    assert!(all.iter().all(|one| one["sid"] == begun["sid"]), "{all:#?}");
    assert!(all.iter().all(|one| one["started"] == begun["started"]), "{all:#?}");
    for event in gate.events() {
        assert_eq!(event["session_id"], begun["sid"]);
    }
}

fn healthy(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, ON);
    let tab = world.tab_in(engine);
    for path in ["/", "/cart", "/"] {
        tab.open(&site.url(path));
        armed(&tab);
        tab.run("console.warn('stock is low'); Trapline.captureMessage('sold'); load()");
        tab.flush();
    }
    tab.hide();
    assert_eq!(transitions(&sessions(&gate, 1)), json!([[true, 0, "ok", 0]]));
}

/// The record of the visit, as if it had been seen last before so many minutes.
const LONG_AGO: &str = "(() => {
  const [key] = Object.keys(localStorage).filter((key) => key.startsWith('trapline'));
  const visit = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({ ...visit, seen: Date.now() - MINUTES * 6e4 }));
  return visit.sid;
})()";

fn unseen(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, ON);
    let tab = world.tab_in(engine);
    let mut visits = Vec::new();
    for minutes in [0, 29, 31] {
        tab.open(&site.url("/"));
        armed(&tab);
        tab.run("caught()");
        tab.flush();
        // Leaving is the last time that it is seen.
        tab.open(&site.url("/elsewhere"));
        visits.push(tab.eval(&LONG_AGO.replace("MINUTES", &minutes.to_string())));
    }
    tab.open(&site.url("/"));
    armed(&tab);
    // What happens as a visit begins may be said with it, or after it.
    let begun = eventually(|| {
        let mut begun = gate.items("session");
        begun.retain(|one| one["init"] == true);
        ensure!(begun.len() >= 2, "{begun:#?}");
        Ok(begun)
    });
    assert_eq!(visits[0], visits[2], "29 minutes are no end");
    assert_eq!(begun.len(), 2, "{begun:#?}");
    assert!(begun.iter().any(|one| one["sid"] != visits[0]));
}

fn by_hand(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, &[]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    armed(&tab);
    tab.run("Trapline.startSession(); Trapline.captureSession()");
    let _ = sessions(&gate, 1);
    tab.run("Trapline.setUser({ id: 42 })");
    let named = sessions(&gate, 2);
    assert_eq!(json!([named[0]["did"], named[1]["did"]]), json!([null, "42"]));
    tab.run("Trapline.endSession()");
    let all = sessions(&gate, 3);
    let expected = json!([[true, 0, "ok", 0], [false, 1, "ok", 0], [false, 2, "exited", 0]]);
    assert_eq!(transitions(&all), expected);
    // Ended is ended.
    tab.run("caught(); Trapline.captureSession()");
    tab.flush();
    let _ = sessions(&gate, 3);
}

fn untracked(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, &[]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    armed(&tab);
    tab.run("thrown()");
    tab.flush();
    tab.hide();
    assert_eq!(gate.items("session"), Vec::<Value>::new());
    assert_eq!(tab.eval("localStorage.length + sessionStorage.length + document.cookie.length"), 0);
}
