//! Three engines, whose pages throw, leave, come back, and have clocks that jump. A page notes in its own storage what it throws,
//! in the moment in which it throws it: that is what the collector is held to.

use std::time::{Duration, Instant};

use trapline_tests::{Engine, Site, Tab, World, eventually_within, shop_page};

use crate::chaos::{Tally, one_more};
use crate::{Ground, Target};

/// What a page of the site can do.
const APP: &str = "\
const tab = 'thrown ' + (sessionStorage.tab ??= crypto.randomUUID());
const note = () => localStorage.setItem(tab, Number(localStorage.getItem(tab)) + 1);
const bugs = [
  (name) => { note(); throw new TypeError(`${name} is not a product`); },
  (name) => { note(); null[name]; },
  (name) => { note(); Promise.reject(new RangeError(`${name} is out of stock`)); },
  (name) => { note(); Trapline.captureException(new Error(`${name} was handled`)); },
];
const names = ['almond', 'beech', 'cedar'];
window.visit = (number) => {
  for (let step = 0; step < 3 + number % 5; step++)
    setTimeout(bugs[(number + step) % bugs.length], 60 * step, names[number % names.length]);
};
window.loop = () => setInterval(bugs[0], 1000, 'elm');
const asked = new URLSearchParams(location.search);
if (asked.has('last')) addEventListener('pagehide', () => { note(); throw new EvalError('the last word'); });
window.thrownInAll = () => Object.keys(localStorage).filter((key) => key.startsWith('thrown '))
  .reduce((sum, key) => sum + Number(localStorage[key]), 0);
";

/// The clock is hours off, and jumps once more while the page is there.
const CLOCK: &str = "\
<script>const jump = Number(new URLSearchParams(location.search).get('jump')) * 3600e3;
if (jump) {
  const now = Date.now;
  let by = jump;
  Date.now = () => now() + by;
  setTimeout(() => (by = -jump), 200);
}</script>";

/// What pages of an engine have thrown.
pub struct Pages {
    pub engine: Engine,
    pub visits: u64,
    pub thrown: u64,
    /// Heap of the page that was there all the time, after collecting garbage: after a tenth of the time, and at the end.
    pub heap: Option<(u64, u64)>,
}

struct Browser<'world> {
    tab: Tab<'world>,
    site: Site,
    visits: u64,
}

/// Visits pages in all engines in turn until everything is calm, and then once more, so that what was kept is sent.
pub fn run(ground: &Ground, tally: &Tally, world: &World, targets: &[Target]) -> Vec<Pages> {
    let mut browsers: Vec<Browser> = Engine::ALL
        .iter()
        .zip(targets)
        .map(|(engine, target)| Browser {
            tab: world.tab_in(*engine),
            site: site(world, target, *engine),
            visits: 0,
        })
        .collect();
    let long = Long::open(world, &browsers);
    let mut heap_before = None;
    let mut number = 0;
    while !ground.is_calm() {
        number += 1;
        for browser in &mut browsers {
            browser.visit(ground, tally, number);
        }
        if heap_before.is_none() && ground.part() > 0.1 {
            heap_before = long.as_ref().map(Long::heap);
        }
    }
    let heap = heap_before.zip(long.as_ref().map(Long::heap));
    drop(long);
    let last = |browser: Browser| browser.leave();
    Engine::ALL
        .iter()
        .zip(browsers)
        .map(|(engine, browser)| {
            let visits = browser.visits;
            let heap = heap.filter(|_| *engine == Engine::Chromium);
            Pages { engine: *engine, visits, thrown: last(browser), heap }
        })
        .collect()
}

fn site(world: &World, target: &Target, engine: Engine) -> Site {
    let agent = world.worker.site();
    let dsn = &target.dsn;
    let head = format!(
        "{CLOCK}<script src=\"{agent}/trapline.js\" data-dsn=\"{dsn}\" data-release=\"shop@1.0.0\"
         data-page-view-sample-rate=\"1\"></script>"
    );
    let page = shop_page(&head).replace("<title>Shop", &format!("<title>{}", engine.name()));
    Site::serve(&[("/", &page), ("/app.js", APP)])
}

impl Browser<'_> {
    fn visit(&mut self, ground: &Ground, tally: &Tally, number: u64) {
        self.visits += 1;
        self.tab.front();
        let last = if number.is_multiple_of(4) { "&last" } else { "" };
        let jump = match number % 6 {
            1 => 30,
            4 => -50,
            _ => 0,
        };
        if jump != 0 {
            one_more(&tally.clocks);
        }
        self.tab.open(&self.site.url(&format!("/?jump={jump}{last}")));
        self.tab.run(&format!("visit({number})"));
        // Some stay until all is thrown, some leave while the agent is still being loaded.
        ground.wait(Duration::from_millis(150 + number % 5 * 400));
    }

    /// Opens a quiet page, on which the agent sends what it kept; gives back what was thrown in all.
    fn leave(self) -> u64 {
        self.tab.front();
        self.tab.open(&self.site.url("/"));
        let patience = Duration::from_secs(60);
        eventually_within(patience, || {
            let done = self.tab.eval("Trapline.flush(5000)");
            anyhow::ensure!(done == true, "the agent has not delivered everything");
            Ok(())
        });
        // What is kept is looked for two seconds after the agent has begun.
        let until = Instant::now() + Duration::from_secs(8);
        while Instant::now() < until {
            let _ = self.tab.eval("Trapline.flush(2000)");
            std::thread::sleep(Duration::from_millis(200));
        }
        self.tab.eval("thrownInAll()").as_u64().expect("a number")
    }
}

/// A page of Chromium that is there all the time and throws once a second.
struct Long<'world>(Tab<'world>);

impl<'world> Long<'world> {
    fn open(world: &'world World, browsers: &[Browser<'_>]) -> Option<Self> {
        let tab = world.tab_in(Engine::Chromium);
        tab.open(&browsers.first()?.site.url("/"));
        tab.run("loop()");
        Some(Self(tab))
    }

    fn heap(&self) -> u64 {
        self.0.front();
        self.0.heap_bytes()
    }
}
