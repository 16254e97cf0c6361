//! Errors of a page's last moments: just before it navigates, while it is asked whether it may, and while it goes.

use anyhow::ensure;
use trapline_tests::{Engine, Gate, Site, Tab, World, eventually};

use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("errors_just_before_a_navigation_arrive", |world, engine| {
        check(world, engine, "navigate", true)
    }),
    full("errors_in_beforeunload_arrive", |world, engine| {
        check(world, engine, "beforeunload", true)
    }),
    full("errors_in_pagehide_arrive", |world, engine| check(world, engine, "pagehide", true)),
    full("errors_of_a_page_that_goes_before_the_agent_has_loaded_arrive", |world, engine| {
        check(world, engine, "navigate", false);
    }),
    sampled("last_words_that_the_collector_refused_come_from_the_next_page", |world, engine| {
        check_refused(world, engine, "pagehide", true, |gate| gate.answer(503, &[]));
    }),
    full("last_words_that_met_no_collector_come_from_the_next_page", |world, engine| {
        check_refused(world, engine, "navigate", true, Gate::refuse);
    }),
    full("last_words_before_the_agent_has_loaded_come_from_the_next_page", |world, engine| {
        check_refused(world, engine, "navigate", false, |gate| gate.answer(503, &[]));
    }),
];

const TIMES: u64 = 20;

const APP: &str = "\
const way = new URLSearchParams(location.search).get('way');
function lastWord() { throw new RangeError('left by ' + way); }
if (way !== 'navigate') addEventListener(way, lastWord);
window.go = () => {
  if (way === 'navigate') setTimeout(lastWord);
  setTimeout(() => { location.href = '/?way=none'; });
};
if (location.search.includes('early')) go();
";

/// Twenty pages, each of which goes at once.
fn check(world: &World, engine: Engine, way: &str, is_armed: bool) {
    let project = world.project();
    let site = project.site(APP);
    let tab = world.tab_in(engine);
    for _ in 0..TIMES {
        open_and_leave(&tab, &site, way, is_armed);
    }
    let issue = eventually(|| {
        let issue = project.api.only_issue()?;
        ensure!(issue.count == TIMES, "{} of {TIMES}", issue.count);
        Ok(issue)
    });
    assert_eq!((issue.kind.as_str(), issue.value), ("RangeError", format!("left by {way}")));
}

/// A page that goes at once; `is_armed` is whether the agent is there by then.
fn open_and_leave(tab: &Tab, site: &Site, way: &str, is_armed: bool) {
    let early = if is_armed { "" } else { "&early" };
    tab.open(&site.url(&format!("/?way={way}{early}")));
    if is_armed {
        armed(tab);
        let _ = tab.eval("go()");
    }
    tab.arrives("way=none");
}

fn armed(tab: &Tab) {
    eventually(|| {
        let is_armed = tab.eval("!!(Trapline.isInitialized && Trapline.isInitialized() === true)");
        ensure!(is_armed == true, "the agent is not there");
        Ok(())
    });
}

/// What the browser sends for a page that has gone is answered to nobody: the next page has to know that it got nowhere.
fn check_refused(world: &World, engine: Engine, way: &str, is_armed: bool, refuse: impl Fn(&Gate)) {
    let (project, gate) = (world.project(), world.gate());
    let site = project.site_to(&gate.dsn(&project), &[], APP);
    let tab = world.tab_in(engine);
    refuse(&gate);
    open_and_leave(&tab, &site, way, is_armed);
    tab.open(&site.url("/?way=none"));
    armed(&tab);
    gate.pass();
    let issue = eventually(|| project.api.only_issue());
    assert_eq!((issue.value, issue.count), (format!("left by {way}"), 1));
    eventually(|| {
        let left = tab
            .eval("Object.keys(localStorage).filter((key) => key.startsWith('trapline:')).length");
        ensure!(left == 0, "{left} are left");
        Ok(())
    });
    tab.flush();
    assert_eq!(project.api.only_issue().unwrap().count, 1, "once, however often it was sent");
}
