//! Between a page and the collector: what is sent when, and that everything is delivered, counted, or named as not sent.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::ensure;
use serde_json::Value;
use trapline_tests::{Engine, Gate, Project, Site, Tab, World, eventually};

use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("thousand_equal_errors_are_two_requests", equal_loop),
    sampled("thousand_different_errors_are_all_accounted_for", different_loop),
    sampled("errors_made_offline_arrive_after_a_reload", reload),
    full("what_found_no_room_in_the_outbox_comes_from_the_next_page", overfull),
    full("refusal_for_a_while_loses_nothing", unavailable),
    full("what_was_refused_for_a_while_comes_from_the_next_page", unavailable_until_the_next_page),
    full("order_to_wait_is_kept", rate_limit),
    full("limit_of_another_category_holds_nothing_up", other_limit),
    sampled("two_tabs_deliver_one_outbox_once", two_tabs),
    full("large_bodies_are_compressed_without_a_preflight", compressed),
    full("without_wasm_repeats_are_counted_too", degraded_loop),
    sampled("errors_made_offline_arrive_once_back_without_wasm_too", degraded_offline),
    full("transport_of_the_page_delivers", transport),
    full("own_requests_leave_no_trace", own_requests),
];

/// A page behind a gate that is open.
fn opened<'world>(
    world: &'world World,
    engine: Engine,
    app: &str,
) -> (Project<'world>, Gate, Site, Tab<'world>) {
    let (project, gate) = (world.project(), world.gate());
    let site = project.site_to(&gate.dsn(&project), &[], app);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    (project, gate, site, tab)
}

fn armed(tab: &Tab) {
    eventually(|| {
        let is_armed = tab.eval("!!(Trapline.isInitialized && Trapline.isInitialized() === true)");
        ensure!(is_armed == true, "the agent is not there");
        Ok(())
    });
    tab.flush();
}

fn equal_loop(world: &World, engine: Engine) {
    let app =
        "window.loop = () => { for (let i = 0; i < 1000; i++) reportError(new Error('equal')); };";
    let (project, gate, _site, tab) = opened(world, engine, app);
    armed(&tab);
    let _ = tab.eval("loop()");
    eventually(|| {
        let count = project.api.only_issue()?.count;
        ensure!(count == 1000, "{count}");
        Ok(())
    });
    tab.flush();
    assert_eq!(project.api.only_issue().unwrap().count, 1000);
    assert!(gate.requests().len() <= 2, "{} requests", gate.requests().len());
}

/// Whole ones, repeats and what the agent says it did not send: a thousand in all.
fn different_loop(world: &World, engine: Engine) {
    let app = "window.loop = () => { for (let i = 0; i < 1000; i++) reportError(new TypeError(`tree ${'x'.repeat(i)}`)); };";
    let (project, gate, _site, tab) = opened(world, engine, app);
    armed(&tab);
    let _ = tab.eval("loop()");
    eventually(|| {
        assert_eq!(tab.eval("Trapline.flush(8000)"), true);
        let reported = world.database.discarded(&project.slug);
        let counted = world.database.stored(project.id()).counted;
        ensure!(reported + counted == 1000, "{reported} reported, {counted} counted");
        Ok(())
    });
    assert!(gate.events().len() >= 100, "{}", gate.events().len());
    assert!(gate.requests().len() <= 50, "{} requests", gate.requests().len());
}

const FIVE: &str = "\
window.breakFive = () => ['oak', 'ash', 'elm', 'fir', 'yew'].forEach((tree) => breakOne(tree));
window.breakOne = (tree) => reportError(new Error(`no ${tree}`));
";

fn reload(world: &World, engine: Engine) {
    let (project, gate, site, tab) = opened(world, engine, FIVE);
    armed(&tab);
    gate.refuse();
    let _ = tab.eval("breakFive()");
    kept(&tab, 5);
    tab.open(&site.url("/"));
    armed_offline(&tab);
    gate.pass();
    five_once(&project, &tab);
}

fn overfull(world: &World, engine: Engine) {
    let app = "window.breakMany = () => { for (let i = 0; i < 115; i++) reportError(new Error('x'.repeat(i))); };";
    let (project, gate, site, tab) = opened(world, engine, app);
    armed(&tab);
    gate.refuse();
    let _ = tab.eval("breakMany()");
    kept(&tab, 100);
    tab.open(&site.url("/"));
    armed_offline(&tab);
    gate.pass();
    eventually(|| {
        let counted = world.database.stored(project.id()).counted;
        ensure!(counted == 115, "{counted} of 115");
        Ok(())
    });
    assert_eq!(world.database.discarded(&project.slug), 0);
}

/// How many records the outbox in IndexedDB has. Opening it before the agent does would make it, empty.
const KEPT: &str = "indexedDB.databases().then((all) => all.some(({ name }) => name === 'trapline') && new Promise((resolve) => {
  const opening = indexedDB.open('trapline');
  opening.onsuccess = () => {
    const base = opening.result;
    const count = base.transaction('outbox').objectStore('outbox').count();
    count.onsuccess = () => { base.close(); resolve(count.result); };
  };
  opening.onerror = () => resolve(-1);
})).then(Number)";

fn kept(tab: &Tab, expected: u64) {
    eventually(|| {
        let kept = tab.eval(KEPT);
        ensure!(kept == expected, "{kept} are kept");
        Ok(())
    });
}

fn armed_offline(tab: &Tab) {
    eventually(|| {
        let is_armed = tab.eval("!!(Trapline.isInitialized && Trapline.isInitialized() === true)");
        ensure!(is_armed == true, "the agent is not there");
        Ok(())
    });
}

#[track_caller]
fn five_once(project: &Project, tab: &Tab) {
    let issues = eventually(|| {
        let issues = project.api.issues()?;
        ensure!(issues.len() == 5, "{issues:#?}");
        Ok(issues)
    });
    tab.flush();
    assert!(issues.iter().all(|issue| issue.count == 1), "{issues:#?}");
    assert_eq!(project.api.issues().unwrap().len(), 5);
    kept(tab, 0);
}

fn unavailable(world: &World, engine: Engine) {
    let (project, gate, _site, tab) = opened(world, engine, FIVE);
    armed(&tab);
    gate.answer(503, &[]);
    let _ = tab.eval("breakFive()");
    eventually(|| {
        ensure!(gate.requests().len() >= 2, "it was tried once");
        Ok(())
    });
    assert_eq!(project.api.issues().unwrap(), []);
    gate.pass();
    five_once(&project, &tab);
}

fn unavailable_until_the_next_page(world: &World, engine: Engine) {
    let (project, gate, site, tab) = opened(world, engine, FIVE);
    armed(&tab);
    gate.answer(503, &[]);
    let _ = tab.eval("breakFive()");
    kept(&tab, 5);
    tab.open("about:blank");
    gate.pass();
    tab.open(&site.url("/"));
    five_once(&project, &tab);
}

fn rate_limit(world: &World, engine: Engine) {
    let (project, gate, _site, tab) = opened(world, engine, FIVE);
    armed(&tab);
    gate.answer(429, &[("Retry-After", "3"), ("X-Sentry-Rate-Limits", "3:error;default:key")]);
    let _ = tab.eval("breakOne('larch')");
    let begun = eventually(|| {
        ensure!(gate.requests().len() == 1, "{}", gate.requests().len());
        Ok(Instant::now())
    });
    gate.pass();
    let _ = tab.eval("breakFive()");
    let issues = eventually(|| {
        let issues = project.api.issues()?;
        ensure!(issues.len() == 6, "{issues:#?}");
        Ok(issues)
    });
    assert!(issues.iter().all(|issue| issue.count == 1), "{issues:#?}");
    let second = gate.requests()[1].at;
    assert!((second - begun).as_secs_f64() > 2.5, "{:?} after the first", second - begun);
}

fn other_limit(world: &World, engine: Engine) {
    let (project, gate, _site, tab) = opened(world, engine, FIVE);
    armed(&tab);
    gate.answer(
        200,
        &[("X-Sentry-Rate-Limits", "60:transaction;session:key, 2700:replay:organization")],
    );
    let _ = tab.eval("breakOne('larch')");
    eventually(|| {
        ensure!(gate.requests().len() == 1, "{}", gate.requests().len());
        Ok(())
    });
    gate.pass();
    let _ = tab.eval("breakFive()");
    five_once(&project, &tab);
}

/// The first tab goes while the collector is away; two others open, and the second looks for what is left while the first
/// has no answer yet. Away by a status: the browser itself would open a closed connection once more, for a page that has
/// gone too.
fn two_tabs(world: &World, engine: Engine) {
    let (project, gate, site) = counting(world);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    armed(&tab);
    gate.answer(503, &[]);
    let _ = tab.eval("breakFive()");
    // A second try begins once all of the first have their answers.
    eventually(|| {
        let refused = sent(&gate, Some(503));
        ensure!(refused.values().any(|requests| requests.len() > 1), "{refused:?}");
        Ok(())
    });
    kept(&tab, 5);
    tab.open("about:blank");
    gate.hold();
    let first = world.tab_in(engine);
    first.open(&site.url("/"));
    eventually(|| {
        let held = sent(&gate, None);
        ensure!(held.len() == 5, "{held:?}");
        Ok(())
    });
    let second = world.tab_in(engine);
    second.open(&site.url("/"));
    armed_offline(&second);
    let _ = second.eval("dispatchEvent(new Event('online'))");
    kept(&second, 5);
    gate.pass();
    second.flush();
    let asked = |tab: &Tab| tab.eval("asked").as_u64();
    assert_eq!(asked(&second), Some(0), "{:?}", sent(&gate, Some(200)));
    first.front();
    five_once(&project, &first);
    // What wrangler's proxy has lost, the agent sends again.
    assert!(asked(&first) >= Some(2), "{:?}", sent(&gate, Some(200)));
}

/// A page that counts what it asks the gate, the agent's requests too.
fn counting(world: &World) -> (Project<'_>, Gate, Site) {
    let (project, gate) = (world.project(), world.gate());
    let count = format!(
        "var asked = 0; const ask = fetch;\
         fetch = (url, ...more) => ((asked += String(url).startsWith('{}')), ask(url, ...more));",
        gate.origin()
    );
    let snippet = project.snippet_to(&gate.dsn(&project), &[]);
    let page = trapline_tests::shop_page(&format!("<script>{count}</script>{snippet}"));
    let site = Site::serve(&[("/", &page), ("/app.js", FIVE)]);
    (project, gate, site)
}

/// Which requests brought an event that were answered so, or have no answer, by its ID.
fn sent(gate: &Gate, status: Option<u16>) -> BTreeMap<String, Vec<usize>> {
    let mut requests: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, seen) in gate.requests().iter().enumerate() {
        let events = if seen.status == status { seen.events() } else { Vec::new() };
        for event in events {
            requests.entry(event["event_id"].to_string()).or_default().push(index);
        }
    }
    requests
}

fn compressed(world: &World, engine: Engine) {
    let app = "for (let i = 0; i < 60; i++) Trapline.addBreadcrumb({ message: `leaf ${i} of the hazel fell down` });\n\
               setTimeout(function buy() { throw new Error('sold out'); });";
    let (project, gate, _site, tab) = opened(world, engine, app);
    let issue = eventually(|| project.api.only_issue());
    tab.flush();
    let event = project.api.latest_event(&issue.short_id).unwrap();
    assert!(event.breadcrumbs.iter().any(|crumb| crumb.message.contains("leaf 59")));
    let requests = gate.requests();
    assert!(!requests.iter().any(trapline_tests::Seen::is_preflight), "{requests:#?}");
    let [request] = requests.as_slice() else { panic!("one request: {requests:#?}") };
    assert_eq!(request.body.get(..2), Some(&[0x1f, 0x8b][..]), "not compressed");
    assert_eq!(request.header("content-encoding"), None);
}

/// A page whose policy has no word for wasm.
fn degraded<'world>(
    world: &'world World,
    engine: Engine,
    app: &str,
) -> (Project<'world>, Gate, Site, Tab<'world>) {
    let (project, gate) = (world.project(), world.gate());
    let worker = world.worker.site();
    let meta = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'self' {worker}\">"
    );
    let snippet = project.snippet_to(&gate.dsn(&project), &[]);
    let page = trapline_tests::shop_page(&format!("{meta}{snippet}"));
    let site = Site::serve(&[("/", &page), ("/app.js", app)]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    armed(&tab);
    (project, gate, site, tab)
}

fn degraded_loop(world: &World, engine: Engine) {
    let app =
        "window.loop = () => { for (let i = 0; i < 1000; i++) reportError(new Error('equal')); };";
    let (project, gate, _site, tab) = degraded(world, engine, app);
    let _ = tab.eval("loop()");
    eventually(|| {
        let count = project.api.only_issue()?.count;
        ensure!(count == 1000, "{count}");
        Ok(())
    });
    assert!(gate.requests().len() <= 2, "{} requests", gate.requests().len());
}

fn degraded_offline(world: &World, engine: Engine) {
    let (project, gate, _site, tab) = degraded(world, engine, FIVE);
    gate.refuse();
    let _ = tab.eval("breakFive()");
    kept(&tab, 5);
    gate.pass();
    let _ = tab.eval("dispatchEvent(new Event('online'))");
    five_once(&project, &tab);
}

/// One as pages of `@sentry/browser` have it.
fn transport(world: &World, engine: Engine) {
    let app = "\
Trapline.init({ transport: ({ url }) => ({
  async send([head, items]) {
    const body = [head, ...items.flat()].map((one) => JSON.stringify(one)).join('\\n');
    const { status } = await fetch(url, { method: 'POST', body, credentials: 'omit' });
    window.handed = items.map(([{ type }]) => type).join();
    return { statusCode: status, headers: {} };
  },
}) });
setTimeout(function buy() { throw new Error('sold out'); });";
    let (project, _gate, _site, tab) = opened(world, engine, app);
    let issue = eventually(|| project.api.only_issue());
    assert_eq!((issue.value.as_str(), issue.count), ("sold out", 1));
    eventually(|| {
        let handed = tab.eval("window.handed ?? ''");
        ensure!(handed.as_str().is_some_and(|types| types.contains("event")), "{handed}");
        Ok(())
    });
}

fn own_requests(world: &World, engine: Engine) {
    let (project, gate, _site, tab) = opened(world, engine, FIVE);
    armed(&tab);
    gate.answer(503, &[]);
    let _ = tab.eval("breakOne('larch')");
    eventually(|| {
        ensure!(!gate.requests().is_empty(), "nothing was sent");
        Ok(())
    });
    let _ = tab.eval("breakOne('maple')");
    gate.pass();
    let events: Vec<Value> = eventually(|| {
        ensure!(project.api.issues()?.len() == 2, "not both yet");
        Ok(gate.events())
    });
    assert!(
        !events.iter().any(|event| event["breadcrumbs"].to_string().contains("/envelope/")),
        "{events:#?}"
    );
}
