//! The gate itself: what it lets through, what it records, and a collector that comes back.

use trapline_tests::{Engine, Site, World, eventually};

use crate::{EngineTest, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("event_passes_the_gate_unchanged", event_passes),
    sampled("error_while_the_collector_is_away_arrives_once", collector_comes_back),
    sampled("page_reads_what_the_gate_answers", page_reads_answers),
];

const THROW: &str = "setTimeout(function pick() { throw new Error('no hazelnut left'); });\n";

fn event_passes(world: &World, engine: Engine) {
    let gate = world.gate();
    let project = world.project();
    let site = project.site_to(&gate.dsn(&project), &[("data-release", "shop@3")], THROW);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let issue = eventually(|| project.api.only_issue());
    tab.flush();
    let event = project.api.latest_event(&issue.short_id).unwrap();
    // What wrangler's proxy has lost, the agent sends again.
    for sent in gate.events() {
        assert_eq!(sent["event_id"], event.event_id.to_string());
        assert_eq!(sent["release"], "shop@3");
    }
    let request = gate.requests().pop().expect("a request");
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", &*project.ingest()));
    assert_eq!(request.header("origin"), Some(site.origin().as_str()));
    assert_eq!(request.status, Some(200));
}

fn collector_comes_back(world: &World, engine: Engine) {
    let gate = world.gate();
    let project = world.project();
    let site = project.site_to(&gate.dsn(&project), &[], THROW);
    gate.refuse();
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| {
        anyhow::ensure!(gate.refusals() > 0, "nothing was tried");
        Ok(())
    });
    assert_eq!(project.api.issues().unwrap(), []);
    gate.pass();
    eventually(|| project.api.only_issue());
    tab.flush();
    assert_eq!(project.api.only_issue().unwrap().count, 1);
    // As above.
    assert!(gate.events().iter().all(|sent| sent["event_id"] == gate.events()[0]["event_id"]));
}

/// One page for all that a gate can do: nothing here is the agent's.
fn page_reads_answers(world: &World, engine: Engine) {
    let gate = world.gate();
    let site = Site::serve(&[("/", "<!doctype html><title>Shop</title>")]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let ask = format!(
        "fetch('{}/api/1/envelope/', {{ method: 'POST', body: 'ü', headers: {{ 'X-Trap': 'oak' }} }})\
         .then((answer) => answer.status + ' ' + answer.headers.get('Retry-After'), () => 'none')",
        gate.origin()
    );
    gate.answer(429, &[("Retry-After", "7")]);
    assert_eq!(tab.eval(&ask), "429 7");
    let kinds: Vec<bool> = gate.requests().iter().map(|seen| seen.is_preflight()).collect();
    assert_eq!(kinds, [true, false]);
    assert_eq!(gate.requests()[1].body, "ü".as_bytes());
    assert_eq!(gate.requests()[1].header("x-trap"), Some("oak"));

    gate.refuse();
    assert_eq!(tab.eval(&ask), "none");
    assert_eq!(gate.requests().len(), 2);

    gate.hold();
    let later =
        format!("window.later = 'open', void ({ask}.then((answer) => window.later = answer))");
    let _ = tab.eval(&later);
    eventually(|| {
        anyhow::ensure!(gate.requests().len() == 3, "nothing is held");
        Ok(())
    });
    assert_eq!(tab.eval("window.later"), "open");
    gate.answer(503, &[]);
    eventually(|| {
        let later = tab.eval("window.later");
        anyhow::ensure!(later == "503 null", "{later}");
        Ok(())
    });
}
