//! Nobody is kept out: what axe-core finds on every page, in light and dark, on a desk and on a phone; that no page is wider
//! than the smallest screen; that the keyboard reaches everything in the order of reading, and shows where it is.

use std::fs;

use serde_json::{Value, json};
use trapline_tests::{Engine, PLACES, Preferences, World};

use crate::Test;

pub const TESTS: &[Test] = &[
    ("axe_finds_no_barrier_on_any_page", axe),
    ("no_page_scrolls_sideways_at_320_pixels", sideways),
    ("keyboard_reaches_everything_in_order_and_shows_where_it_is", focus),
    ("nothing_moves_for_who_asked_for_that", motion),
    ("forced_colours_keep_marks_and_charts", forced_colours),
];

/// The rules of WCAG up to 2.2 AA, and what axe-core calls good practice.
pub const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";

/// What is wrong, where: a line each.
pub const RUN: &str = "axe.run(document, { runOnly: RULES, resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.slice(0, 3).map(({ target, failureSummary }) =>
        `${id}: ${help}: ${target.join(' ')} (${failureSummary.split('\\n').slice(1).join(';').trim()})`)))";

const DESK: (u32, u32) = (1_440, 1_000);
const PHONE: (u32, u32) = (390, 844);

fn axe(world: &World) {
    let script = fs::read_to_string(world.paths.node_module("axe-core/axe.min.js"));
    let script = script.expect("axe-core, which npm ci installs");
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    let mut found = Vec::new();
    let looks = [(DESK, false), (PHONE, true), (DESK, true), (PHONE, false)];
    for (look, ((width, height), dark)) in looks.into_iter().enumerate() {
        tab.resize(width, height);
        tab.prefer(Preferences { dark, ..Preferences::default() });
        // Every page in its turn; with `--full` in each look.
        let is_its_turn = |page: usize| crate::is_full() || page % looks.len() == look;
        let places = PLACES.iter().enumerate().filter(|(page, _)| is_its_turn(*page));
        for (_, place) in places {
            tab.open(&showcase.url(place));
            // What is folded is looked at too.
            tab.run("for (const each of document.querySelectorAll('details:not([name])')) each.open = true;");
            tab.run(&script);
            let lines = tab.eval(&RUN.replace("RULES", RULES));
            let lines = lines.as_array().cloned().unwrap_or_default();
            let theme = if dark { "dark" } else { "light" };
            let line = |line: &Value| {
                format!("{}, {theme}, {width}: {}", place.name, line.as_str().unwrap_or_default())
            };
            found.extend(lines.iter().map(line));
        }
    }
    assert!(found.is_empty(), "{} barriers:\n{}", found.len(), found.join("\n"));
}

fn sideways(world: &World) {
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    tab.resize(320, 640);
    let mut wide = Vec::new();
    for place in PLACES {
        tab.open(&showcase.url(place));
        tab.run("for (const each of document.querySelectorAll('details')) each.open = true;");
        let width = tab.eval("document.documentElement.scrollWidth");
        if width != json!(320) {
            let widest = tab.eval(
                "[...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > 321)
                    .slice(0, 3).map((each) => each.outerHTML.slice(0, 120))",
            );
            wide.push(format!("{} is {width} wide: {widest}", place.name));
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

/// Presses Tab through the page. Every stop is visible, shows a focus ring, and comes later in the document than the one
/// before; nothing that can be clicked is left out.
fn focus(world: &World) {
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    let mut wrong = Vec::new();
    for path in
        ["/{project}/issues/", "/{project}/issues/{crash}/", "/{project}/settings/", "/sign-in"]
    {
        tab.open(&showcase.url_of(path));
        // A field that has the focus from the start, as the key to sign in, is where the order begins.
        // The browser put it there, and draws no ring until a key is pressed.
        tab.run("window.stops = document.activeElement === document.body ? [] : [{ at: document.activeElement }]");
        let left = format!("{STOPS}.filter((each) => each !== document.activeElement).length");
        let count = tab.eval(&left).as_u64().expect("a number");
        for _ in 0..count.min(150) {
            tab.press_key(TAB);
            tab.run(STOP);
        }
        let said = tab.eval(&format!(
            "[...window.stops.filter((stop) => stop.wrong).map((stop) => `${{stop.wrong}}: ${{stop.html}}`),
              ...{STOPS}.slice(0, 150).filter((each) => each.type !== 'radio' && !window.stops.some(({{ at }}) => at === each))
                .map((each) => `not reached: ${{each.outerHTML.slice(0, 120)}}`)]",
        ));
        let said = said.as_array().cloned().unwrap_or_default();
        wrong.extend(said.iter().map(|line| format!("{path} {line}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const TAB: &str = "\u{e004}";

/// What the keyboard should reach: of radio buttons of one name only one is a stop.
const STOPS: &str = "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]')]
    .filter((each) => each.checkVisibility() && !each.disabled)";

const STOP: &str = "{
    const at = document.activeElement, last = window.stops.at(-1)?.at;
    const style = getComputedStyle(at), box = at.getBoundingClientRect();
    // The ring may be that of what the field stands in.
    const ringed = [at, at.parentElement, at.closest('label, form')].some((each) =>
        each && parseFloat(getComputedStyle(each).outlineWidth) > 0 && getComputedStyle(each).outlineStyle !== 'none');
    const middle = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, 20) / 2);
    const isHidden = box.width > 1 && middle && !at.contains(middle) && !middle.contains(at) && !middle.closest('label')?.contains(at);
    const wrong = at === document.body ? '' : !ringed && box.width > 1 ? 'no ring'
        : last && last.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_PRECEDING && !last.contains(at) ? 'out of order'
        : at.tabIndex > 0 ? 'a place of its own in the order' : isHidden ? `hidden below ${middle.outerHTML.slice(0, 60)}` : '';
    window.stops.push({ at: at === document.body ? undefined : at, wrong, html: at.outerHTML.slice(0, 120), style: style.outline });
}";

fn motion(world: &World) {
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    tab.prefer(Preferences { still: true, ..Preferences::default() });
    for path in ["/{project}/issues/", "/{project}/issues/{crash}/", "/{empty}/issues/"] {
        tab.open(&showcase.url_of(path));
        let moving = tab.eval(
            "document.getAnimations({ subtree: true }).filter((each) => each.playState === 'running').length",
        );
        assert_eq!(moving, 0, "{path}");
    }
}

fn forced_colours(world: &World) {
    let showcase = world.showcase();
    let tab = world.signed_in_tab(Engine::Chromium);
    tab.prefer(Preferences { forced_colors: true, ..Preferences::default() });
    tab.open(&showcase.url_of("/{project}/issues/"));
    // With forced colours a background is gone: what is told by it alone has to keep its own colours, or have an edge.
    let lost = tab.eval(
        "[...document.querySelectorAll('.mark')].filter((each) => {
            const style = getComputedStyle(each), before = getComputedStyle(each, '::before');
            const isShown = (one) => one.forcedColorAdjust === 'none' || parseFloat(one.borderTopWidth) > 0;
            return !isShown(style) && !isShown(before);
        }).length",
    );
    assert_eq!(lost, 0, "marks of which nothing is left");
}
