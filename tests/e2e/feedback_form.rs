//! What users say: from a crash to an item of type `feedback` by keyboard alone, in a form that keeps nobody out, speaks the
//! page's language, says honestly what became of it, and runs nothing that stands in it.

use std::fs;

use anyhow::ensure;
use serde_json::{Value, json};
use trapline_tests::{Engine, Gate, Preferences, Project, Site, Tab, World, eventually};

use crate::barriers::{RULES, RUN};
use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("user_says_what_went_wrong_by_keyboard_alone", by_keyboard),
    full("text_is_kept_where_it_could_not_be_sent", failing),
    full("form_has_no_barriers", barriers),
    full("form_speaks_the_language_of_the_page", languages),
    full("form_runs_nothing_that_stands_in_it", inert),
    full("programs_that_fill_in_every_field_are_not_heard", programs),
    full("page_with_a_form_of_its_own_sends_what_it_says", own_form),
    full("page_attaches_the_form_to_elements_of_its_own", attached),
];

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

struct Shop<'world> {
    project: Project<'world>,
    gate: Gate,
    site: Site,
}

/// A page whose button crashes, after which it asks what has happened.
const CRASHES: &str = "\
document.getElementById('buy').onclick = () => { throw new Error('sold out'); };
addEventListener('error', () => setTimeout(() => Trapline.showReportDialog()));
addEventListener('keydown', ({ key }) => (window.typed = (window.typed ?? '') + key));
";

fn shop<'world>(world: &'world World, app: &str) -> Shop<'world> {
    let (project, gate) = (world.project(), world.gate());
    let attributes = [("data-release", "shop@1.0.0")];
    let site = project.site_to(&gate.dsn(&project), &attributes, app);
    Shop { project, gate, site }
}

fn opened<'world>(world: &'world World, engine: Engine, site: &Site) -> Tab<'world> {
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| {
        let is_armed = tab.eval("!!(Trapline.isInitialized && Trapline.isInitialized() === true)");
        ensure!(is_armed == true, "the agent is not there");
        Ok(())
    });
    tab
}

/// The form's root.
const ROOT: &str = "[...document.body.children].map((each) => each.shadowRoot).find((root) => root?.querySelector('dialog[open]'))";

/// Waits until an expression about `root` is true.
#[track_caller]
fn shows(tab: &Tab, expression: &str) {
    eventually(|| {
        let is_so = tab.eval(&format!(
            "(() => {{ const root = {ROOT}; return !!root && !!({expression}); }})()"
        ));
        let text = tab.eval(&format!("({ROOT})?.querySelector('dialog').innerText"));
        ensure!(is_so == true, "{expression} is not so: {text}");
        Ok(())
    });
}

fn said(gate: &Gate) -> Value {
    eventually(|| {
        let all = gate.items("feedback");
        ensure!(all.len() == 1, "{all:#?}");
        Ok(all[0].clone())
    })
}

fn by_keyboard(world: &World, engine: Engine) {
    let Shop { project, gate, site } = shop(world, CRASHES);
    let tab = opened(world, engine, &site);
    tab.run("document.getElementById('buy').focus()");
    tab.keys(ENTER);
    shows(&tab, "root.activeElement?.localName === 'textarea'");
    // Sent without a word: what is missing is said, and the focus is where it can be put right.
    let send = format!("{TAB}{TAB}{TAB}{TAB}{ENTER}");
    tab.keys(&send);
    shows(&tab, "root.querySelector('[role=alert]').textContent.includes('what happened')");
    shows(
        &tab,
        "root.activeElement?.localName === 'textarea' && root.activeElement.ariaInvalid === 'true'",
    );
    tab.keys(&format!("The basket was empty{TAB}Jo{TAB}nobody"));
    tab.keys(&format!("{TAB}{TAB}{ENTER}"));
    shows(&tab, "root.activeElement?.type === 'email'");
    tab.keys(&format!("@shop.test{TAB}{TAB}{ENTER}"));
    shows(&tab, "root.querySelector('[role=status]')?.textContent.includes('Thank you')");
    let feedback = said(&gate);
    let event = gate.events().pop().expect("the crash");
    let expected = json!({
        "message": "The basket was empty", "name": "Jo", "contact_email": "nobody@shop.test", "url": site.url("/"),
        "source": "dialog", "associated_event_id": event["event_id"],
    });
    assert_eq!(feedback["contexts"]["feedback"], expected);
    for key in ["page_view_id", "session_id", "release", "environment"] {
        assert_eq!(feedback[key], event[key], "{key}");
    }
    // The focus is on closing it, and goes back to where it was.
    tab.keys(ENTER);
    eventually(|| {
        let focus = tab
            .eval("[document.activeElement.id, document.body.lastElementChild.localName].join()");
        ensure!(focus == "buy,script", "{focus}");
        Ok(())
    });
    assert_eq!(
        tab.eval("(window.typed ?? '').includes('T')"),
        false,
        "what is typed there is no shortcut of the page"
    );
    drop(tab);
    read_by_keyboard(world, &project, engine);
}

/// The message is in the inbox with the issue of the crash, and is dealt with by a key.
fn read_by_keyboard(world: &World, project: &Project, engine: Engine) {
    let issue = eventually(|| project.api.only_issue());
    let tab = world.signed_in_tab(engine);
    tab.open(&format!("{}/{}/feedback/", world.worker.dashboard(), project.slug));
    for (part, text) in [
        (".letters .row", "Jo"),
        (".letter .said", "The basket was empty"),
        (".letter .cause", "sold out"),
        (".letter .cause", issue.short_id.as_str()),
        ("#open-feedback", "1"),
    ] {
        // At the width of this engine's windows some of it is folded away.
        let shown = tab.eval(&format!("document.querySelector('{part}').textContent"));
        assert!(shown.as_str().is_some_and(|shown| shown.contains(text)), "{part}: {shown}");
    }
    tab.keys("e");
    tab.shows("#done", "marked as done");
    tab.shows(".letters", "Nothing new");
    assert_eq!(
        project.api.json("feedback/").unwrap()["counts"],
        json!({ "new": 0, "done": 1, "spam": 0 })
    );
    tab.click("#done button");
    tab.shows(".letter .said", "The basket was empty");
}

fn failing(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, CRASHES);
    let tab = opened(world, engine, &site);
    gate.answer(429, &[("Retry-After", "60")]);
    tab.run("Trapline.showReportDialog({ eventId: '0123456789abcdef0123456789abcdef' })");
    shows(&tab, "root.activeElement?.localName === 'textarea'");
    tab.keys(&format!("Nothing works{TAB}{TAB}{TAB}{TAB}{ENTER}"));
    shows(&tab, "root.querySelector('[role=alert]').textContent.includes('could not be sent')");
    shows(&tab, "root.querySelector('textarea').value === 'Nothing works'");
    gate.refuse();
    tab.run(&format!("({ROOT}).querySelector('form').requestSubmit()"));
    shows(&tab, "root.querySelector('[role=alert]').textContent.includes('could not be sent')");
    gate.pass();
    let before = gate.items("feedback").len();
    tab.run(&format!("({ROOT}).querySelector('form').requestSubmit()"));
    shows(&tab, "root.querySelector('[role=status]')?.textContent.includes('Thank you')");
    let all = gate.items("feedback");
    assert_eq!(all.len(), before + 1);
    let told = &all.last().expect("feedback")["contexts"]["feedback"];
    assert_eq!(told["associated_event_id"], "0123456789abcdef0123456789abcdef");
}

/// axe-core is for all engines; what it looks at is the same.
fn barriers(world: &World, engine: Engine) {
    let script = fs::read_to_string(world.paths.node_module("axe-core/axe.min.js"));
    let script = script.expect("axe-core, which npm ci installs");
    let Shop { site, .. } =
        shop(world, "Trapline.init({ integrations: [Trapline.feedbackIntegration()] });");
    let mut found = Vec::new();
    for (theme, dark, width) in [("light", false, 1280), ("dark", true, 1280), ("phone", true, 320)]
    {
        let tab = opened(world, engine, &site);
        if engine == Engine::Chromium {
            tab.prefer(Preferences { dark, ..Preferences::default() });
            tab.resize(width, 800);
        }
        tab.run("document.body.prepend(Object.assign(document.createElement('h1'), { textContent: 'Shop' }))");
        eventually(|| {
            let count = tab.eval("document.querySelectorAll('body > div').length");
            ensure!(count == 1, "{count} buttons");
            Ok(())
        });
        tab.run(&script);
        let mut look = |what: &str| {
            let lines = tab.eval(&RUN.replace("RULES", RULES));
            for line in lines.as_array().cloned().unwrap_or_default() {
                // The page's own, which has no landmarks.
                if !line
                    .as_str()
                    .is_some_and(|line| line.starts_with("region:") || line.starts_with("landmark"))
                {
                    found.push(format!("{what}, {theme}: {line}"));
                }
            }
        };
        look("the button");
        tab.run("document.querySelector('body > div').shadowRoot.querySelector('button').click()");
        shows(&tab, "root.activeElement?.localName === 'textarea'");
        look("the form");
        tab.run(&format!("({ROOT}).querySelector('form').requestSubmit()"));
        shows(&tab, "root.querySelector('[role=alert]').textContent");
        look("the form with an error");
        let is_wider = tab.eval("document.documentElement.scrollWidth > innerWidth");
        assert_eq!(is_wider, false, "{theme}");
        tab.keys(ESCAPE);
        eventually(|| {
            ensure!(tab.eval(&format!("!({ROOT})")) == true, "it is still open");
            Ok(())
        });
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn languages(world: &World, engine: Engine) {
    let Shop { site, .. } = shop(world, "");
    let tab = opened(world, engine, &site);
    for (lang, title, options) in [
        ("de-AT", "Was ist schiefgegangen?", "{}"),
        ("fr", "Que s’est-il passé ?", "{}"),
        ("ja", "何が起きましたか?", "{}"),
        ("tlh", "What went wrong?", "{}"),
        ("de", "Que s’est-il passé ?", "{ lang: 'fr' }"),
        ("de", "Hoppla", "{ title: 'Hoppla' }"),
        ("de", "Ups", "{ formTitle: 'Ups' }"),
    ] {
        tab.run(&format!(
            "document.documentElement.lang = '{lang}'; Trapline.showReportDialog({options})"
        ));
        shows(&tab, &format!("root.querySelector('h2').textContent === '{title}'"));
        tab.keys(ESCAPE);
        eventually(|| {
            ensure!(tab.eval(&format!("!({ROOT})")) == true, "it is still open");
            Ok(())
        });
    }
}

fn inert(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, CRASHES);
    let tab = opened(world, engine, &site);
    let payload = "<img src=x onerror=window.ran=1><script>window.ran=1</script>";
    tab.run(&format!(
        "Trapline.setUser({{ username: '{0}' }});
         Trapline.showReportDialog({{ title: '{0}', subtitle: '{0}', labelName: '{0}', labelSubmit: '{0}', successMessage: '{0}' }})",
        payload.replace('/', "\\/")
    ));
    shows(&tab, "root.activeElement?.localName === 'textarea'");
    tab.keys(&format!("{payload}{TAB}{TAB}{TAB}{TAB}{ENTER}"));
    shows(&tab, "root.querySelector('[role=status]')?.textContent.includes('<img')");
    shows(&tab, "!root.querySelector('img, script')");
    assert_eq!(tab.eval("window.ran ?? 0"), 0);
    assert_eq!(said(&gate)["contexts"]["feedback"]["message"], payload);
}

fn programs(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, CRASHES);
    let tab = opened(world, engine, &site);
    tab.run("Trapline.showReportDialog(); Trapline.showReportDialog()");
    shows(&tab, "root.activeElement?.localName === 'textarea'");
    let forms = "[...document.body.children].filter((each) => each.shadowRoot?.querySelector('dialog[open]')).length";
    assert_eq!(tab.eval(forms), 1, "one at a time");
    let fill = "for (const field of root.querySelectorAll('input, textarea')) field.value = field.type === 'email' ? 'a@b.test' : 'spam';
                for (let times = 0; times < 5; times++) root.querySelector('form').requestSubmit();";
    tab.run(&format!("const root = {ROOT}; {fill}"));
    shows(&tab, "root.querySelector('[role=alert]').textContent.includes('could not be sent')");
    assert_eq!(gate.items("feedback"), Vec::<Value>::new());
    // A human whose browser has filled it in tries again; sent is what nobody sends faster, once.
    let begun = std::time::Instant::now();
    tab.run(&format!("const root = {ROOT}; for (let times = 0; times < 5; times++) root.querySelector('form').requestSubmit();"));
    shows(&tab, "root.querySelector('[role=status]')?.textContent.includes('Thank you')");
    assert!(begun.elapsed().as_secs() < 5);
    let _ = said(&gate);
}

fn own_form(world: &World, engine: Engine) {
    let Shop { gate, site, .. } = shop(world, "");
    let tab = opened(world, engine, &site);
    let id = tab.eval("Trapline.captureFeedback({ message: 'Too dear', email: 'jo@shop.test', tags: { plan: 'pro' } })");
    let told = said(&gate);
    assert_eq!(told["event_id"], id);
    assert_eq!(told["tags"], json!({ "plan": "pro" }));
    assert_eq!(told["contexts"]["feedback"]["source"], "api");
    let sent = tab.eval("Trapline.sendFeedback({ message: 'Still too dear' })");
    assert_eq!(gate.items("feedback").last().expect("feedback")["event_id"], sent);
    gate.answer(503, &[]);
    let refused =
        tab.eval("Trapline.sendFeedback({ message: 'Lost' }).then(() => 'sent', () => 'refused')");
    assert_eq!(refused, "refused");
}

fn attached(world: &World, engine: Engine) {
    let app = "\
        Trapline.init({ integrations: [Trapline.feedbackIntegration({ autoInject: false, formTitle: 'Say it', onSubmitSuccess: (data, id) => (window.sent = [data.message, id]) })] });
        window.attach = () => (window.detach = Trapline.getFeedback().attachTo('#buy', { tags: { from: 'basket' } }));
        window.create = () => Trapline.getFeedback().createForm().then((form) => { form.appendToDom(); form.open(); window.form = form; });";
    let Shop { gate, site, .. } = shop(world, app);
    let tab = opened(world, engine, &site);
    let loaded = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/feedback.js')).length";
    tab.run("attach()");
    assert_eq!(tab.eval(loaded), 0, "it is loaded when it is opened");
    tab.click("#buy");
    shows(&tab, "root.querySelector('h2').textContent === 'Say it'");
    tab.keys(&format!("Hello{TAB}{TAB}{TAB}{TAB}{ENTER}"));
    shows(&tab, "root.querySelector('[role=status]')?.textContent.includes('Thank you')");
    let told = said(&gate);
    assert_eq!(told["tags"], json!({ "from": "basket" }));
    assert_eq!(told["contexts"]["feedback"]["source"], "widget");
    assert_eq!(tab.eval("sent"), json!(["Hello", told["event_id"]]));
    tab.keys(ENTER);
    tab.run("detach(); document.getElementById('buy').click()");
    tab.run("create()");
    shows(&tab, "root.querySelector('h2').textContent === 'Say it'");
    tab.run("form.close(); form.removeFromDom()");
    assert_eq!(tab.eval(&format!("!({ROOT})")), true);
}
