//! Pages on which web vitals are measured twice, and what is done with each. A page whose script takes its time sets
//! `done` to `false`, and to `true` at the end.

use trapline_tests::Engine;

/// A page, and what happens on it before it is hidden.
pub struct Page {
    pub name: &'static str,
    /// What its body has.
    pub body: &'static str,
    /// How long its server takes.
    pub answer_ms: u64,
    pub steps: &'static [Step],
    /// Whether only Chromium can do that.
    pub is_chromiums: bool,
    /// Whether each run looks at it in the other engines too.
    pub is_sample: bool,
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Opens the page, which everything measures then.
    Open,
    /// Opens it while nobody sees it.
    Background,
    /// Opens it by a link of a page that has rendered it ahead.
    Ahead,
    /// A click as a user does it.
    Click(&'static str),
    /// So many of them.
    Clicks(u32, &'static str),
    /// A key on an element.
    Press(&'static str, &'static str),
    /// Statements, as a script of the page.
    Run(&'static str),
    /// Waits until an expression is true.
    Until(&'static str),
    /// Waits until what happened has been painted, and told.
    Told,
    /// Another page.
    Leave,
    /// Back from there, by the back/forward cache.
    Back,
    Show,
    Hide,
}

use Step::{
    Ahead, Back, Background, Click, Clicks, Hide, Leave, Open, Press, Run, Show, Told, Until,
};

impl Page {
    pub fn is_for(&self, engine: Engine) -> bool {
        engine == Engine::Chromium || !self.is_chromiums && (self.is_sample || crate::is_full())
    }

    const fn of(name: &'static str, body: &'static str, steps: &'static [Step]) -> Self {
        Self { name, body, answer_ms: 0, steps, is_chromiums: false, is_sample: false }
    }

    const fn slowly(self, answer_ms: u64) -> Self {
        Self { answer_ms, ..self }
    }

    const fn everywhere(self) -> Self {
        Self { is_sample: true, ..self }
    }

    const fn in_chromium(self) -> Self {
        Self { is_chromiums: true, ..self }
    }
}

pub const STYLE: &str = "\
body { margin: 0; font: 16px sans-serif }
p { margin: 8px } .big { font-size: 60px } .banner { height: 120px; background: #ddd }
.back { width: 320px; height: 320px; background: url(/hero.bmp) }
button, input { font-size: 20px; padding: 12px }";

/// A body whose scripts can be busy, shift what is there, and do things one after another.
macro_rules! body {
    ($part:expr) => {
        concat!("<script>const busy = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
const shift = () => { const banner = document.createElement('div'); banner.className = 'banner'; document.body.prepend(banner); };
const done_after = (ms, ...works) => { window.done = false; works.forEach((work, at) => setTimeout(work, ms * (at + 1)));
  setTimeout(() => (window.done = true), ms * works.length + 50); };</script>", $part)
    };
}

/// Those of every run.
pub const PAGES: &[Page] = &[
    Page::of("text", r##"<p>A shop that sells hazelnuts, walnuts and almonds, and nothing else.</p>"##, &[Open]),
    Page::of("nothing", r##""##, &[Open]),
    Page::of("slow_answer", r##"<p>Hazelnuts</p>"##, &[Open]).everywhere().slowly(220),
    Page::of("larger_text_later", body!(r##"<p>Small</p><script>done_after(120, () => (document.querySelector("p").className = "big"), () => document.body.insertAdjacentHTML("beforeend", "<p class=big>Larger text comes later, of several words</p>"));</script>"##), &[Open]),
    Page::of("picture", r##"<img src="/hero.bmp" width="320" height="320">"##, &[Open]),
    Page::of("late_picture", r##"<p>Text first</p><img src="/late.bmp" width="320" height="320">"##, &[Open]).everywhere(),
    Page::of("picture_inserted_later", body!(r##"<p>Text first</p><script>done_after(150, () => { const img = new Image(320, 320); img.src = "/hero.bmp"; document.body.append(img); }, () => {}, () => {});</script>"##), &[Open]),
    Page::of("picture_in_the_background", r##"<p>Text</p><div class="back"></div>"##, &[Open]),
    Page::of("largest_is_removed", body!(r##"<p>Text</p><img id="hero" src="/hero.bmp" width="320" height="320"><script>done_after(200, () => document.querySelector("img").remove(), () => {});</script>"##), &[Open]),
    Page::of("largest_is_replaced_by_a_smaller_one", body!(r##"<img src="/hero.bmp" width="320" height="320"><script>done_after(200, () => { document.querySelector("img").outerHTML = "<img src=/small.bmp width=120 height=120>"; }, () => {});</script>"##), &[Open]),
    Page::of("pictures_that_grow", body!(r##"<img src="/small.bmp" width="120" height="120"><script>done_after(150, () => { document.body.insertAdjacentHTML("beforeend", "<img src=/hero.bmp width=320 height=320>"); }, () => {});</script>"##), &[Open]),
    Page::of("frame_with_a_picture", r##"<p>Text</p><iframe src="/frame" width="400" height="400"></iframe>"##, &[Open]),
    Page::of("poster", r##"<p>Text</p><video poster="/hero.bmp" width="320" height="320"></video>"##, &[Open]),
    Page::of("text_in_a_shadow", r##"<div id="host"></div><script>host.attachShadow({ mode: "open" }).innerHTML = "<p style=font-size:40px>In a shadow</p>";</script>"##, &[Open]),
    Page::of("text_that_fades_in", body!(r##"<p>Seen</p><p class="big" id="faded" style="opacity:0">Faded in</p><script>done_after(150, () => (faded.style.opacity = 1), () => {});</script>"##), &[Open]),
    Page::of("drawing", r##"<svg width="400" height="200"><text x="10" y="60" font-size="40">Drawn</text><image href="/hero.bmp" width="200" height="200"/></svg>"##, &[Open]),
    Page::of("busy_while_loading", body!(r##"<p>Before</p><script>busy(180)</script><p class="big">After</p>"##), &[Open]),
    Page::of("one_shift", body!(r##"<p>Moved</p><script>done_after(150, shift, () => {});</script>"##), &[Open]),
    Page::of("shifts_of_one_window", body!(r##"<p>Moved</p><p>too</p><script>done_after(120, shift, shift, shift, () => {});</script>"##), &[Open]),
    Page::of("shifts_of_two_windows", body!(r##"<p>Moved</p><script>done_after(1150, () => { shift(); setTimeout(shift, 100); }, shift, () => {});</script>"##), &[Open]),
    Page::of("picture_without_a_size", r##"<p>Above</p><img src="/late.bmp"><p class="big">Pushed down by the picture</p>"##, &[Open]),
    Page::of("moved_by_a_transform", body!(r##"<p id="moved">Not a shift</p><script>done_after(100, () => (moved.style.transform = "translateY(200px)"), () => {});</script>"##), &[Open]),
    Page::of("shift_after_a_click", body!(r##"<p>Moved</p><button id="buy" onclick="shift()">Buy</button>"##), &[Open, Click("#buy"), Told]),
    Page::of("shift_in_a_frame", body!(r##"<p>Text</p><iframe srcdoc="<p>Inner</p><script>setTimeout(() => document.body.prepend(Object.assign(document.createElement('div'), { style: 'height:100px' })), 150)</script>" width="400" height="300"></iframe><script>done_after(150, () => {}, () => {});</script>"##), &[Open]),
    Page::of("slow_click", body!(r##"<p>Text</p><button id="buy" onclick="busy(120)">Buy</button>"##), &[Open, Click("#buy"), Told]).everywhere(),
    Page::of("quick_click", body!(r##"<p>Text</p><button id="buy" onclick="busy(2)">Buy</button>"##), &[Open, Click("#buy"), Told]),
    Page::of("slow_key", body!(r##"<p>Text</p><input id="name" onkeydown="busy(90)">"##), &[Open, Press("#name", "a"), Told]),
    Page::of("several_keys", body!(r##"<p>Text</p><input id="name" oninput="busy(this.value.length * 15)">"##), &[Open, Press("#name", "hazel"), Told]).everywhere(),
    Page::of("slow_pointer", body!(r##"<p>Text</p><button id="buy" onpointerdown="busy(70)" onpointerup="busy(50)" onclick="busy(60)">Buy</button>"##), &[Open, Click("#buy"), Told]),
    Page::of("several_clicks", body!(r##"<p>Text</p><button id="buy" onclick="busy([60, 180, 100, 48][window.n = (window.n ?? -1) + 1])">Buy</button>"##), &[Open, Clicks(4, "#buy"), Told]),
    Page::of("slow_paint", body!(r##"<p>Text</p><button id="buy" onclick="requestAnimationFrame(() => busy(110))">Buy</button>"##), &[Open, Click("#buy"), Told]),
    Page::of("busy_before_the_click", r##"<p>Text</p><button id="buy" onpointerover="setTimeout(busy, 0, 150)">Buy</button>"##, &[Open, Click("#buy"), Told]),
    Page::of("more_than_fifty_clicks", body!(r##"<p>Text</p><button id="buy" onclick="window.n = (window.n ?? 0) + 1; busy(n === 3 ? 160 : n === 9 ? 110 : 5)">Buy</button>"##), &[Open, Clicks(56, "#buy"), Told]),
    Page::of("larger_after_a_click", r##"<p>Text</p><button id="buy" onclick="document.body.insertAdjacentHTML('beforeend', '<p class=big>Larger than all before it, by far</p>')">Buy</button>"##, &[Open, Click("#buy"), Told]),
    Page::of("client_side_navigation", body!(r##"<p>Text</p><button id="go" onclick="history.pushState(null, '', '?' + 1); history.pushState(null, '', '/other/7'); busy(80); setTimeout(shift, 700)">Go</button>"##), &[Open, Click("#go"), Until("!!document.querySelector('.banner')"), Told, Run("history.back()"), Until("location.pathname !== '/other/7'"), Click("#go"), Told]),
    Page::of("replaced_address", body!(r##"<p>Text</p><script>done_after(60, () => history.replaceState(null, "", "?step=2"), shift, () => {});</script>"##), &[Open]).everywhere(),
    Page::of("rendered_ahead", "<p class=\"big\">Rendered ahead</p><p>Text</p>", &[Ahead, Told])
        .in_chromium(),
    Page::of(
        "rendered_ahead_and_clicked",
        body!(
            r##"<p>Text</p><button id="buy" onclick="busy(90); setTimeout(shift, 600)">Buy</button>"##
        ),
        &[Ahead, Click("#buy"), Until("!!document.querySelector('.banner')"), Told],
    )
    .in_chromium(),
    Page::of("came_back", body!(r##"<p>Text</p><button id="buy" onclick="busy(100)">Buy</button>"##), &[Open, Click("#buy"), Told, Leave, Back, Told]).in_chromium(),
    Page::of("came_back_and_worked_on", body!(r##"<p>Text</p><button id="buy" onclick="busy(100)">Buy</button><script>addEventListener("pageshow", ({ persisted }) => persisted && setTimeout(shift, 120));</script>"##), &[Open, Leave, Back, Until("!!document.querySelector('.banner')"), Told, Click("#buy"), Told]).in_chromium(),
    Page::of("came_back_to_a_quick_click", r##"<p>Text</p><button id="buy">Buy</button>"##, &[Open, Leave, Back, Told, Click("#buy"), Told]).in_chromium(),
    Page::of("hidden_from_the_start", r##"<p>Text</p><img src="/hero.bmp" width="320" height="320">"##, &[Background, Show]).everywhere(),
    Page::of("hidden_from_the_start_then_clicked", body!(r##"<p>Text</p><button id="buy" onclick="busy(90)">Buy</button>"##), &[Background, Show, Click("#buy"), Told]),
    Page::of("hidden_and_shown_again", body!(r##"<p>Text</p><button id="buy" onclick="shift(); busy(130)">Buy</button>"##), &[Open, Hide, Show, Click("#buy"), Told]),
];

/// Those that take seconds each.
pub const LONG_PAGES: &[Page] = &[
    Page::of(
        "shifts_of_more_than_five_seconds",
        body!(
            r##"<p>Moved</p><script>done_after(800, shift, shift, shift, shift, shift, shift, shift, shift, () => {});</script>"##
        ),
        &[Open],
    ),
    Page::of(
        "three_windows_the_first_is_worst",
        body!(
            r##"<p>Moved</p><script>done_after(1150, () => { shift(); setTimeout(shift, 100); setTimeout(shift, 300); }, shift, shift, () => {});</script>"##
        ),
        &[Open],
    ),
    Page::of(
        "more_than_a_hundred_clicks",
        body!(
            r##"<p>Text</p><button id="buy" onclick="window.n = (window.n ?? 0) + 1; busy(n % 13 === 0 ? 60 + n : 4)">Buy</button>"##
        ),
        &[Open, Clicks(110, "#buy"), Told],
    ),
];
