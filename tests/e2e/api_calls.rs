//! What a page tells by itself: captures, scopes, breadcrumbs, users.

use trapline_core::event::Level;
use trapline_tests::{Engine, World, breaches_of_schema, eventually};

use crate::{EngineTest, full, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[
    sampled("captured_exception_has_its_scope_and_cause", captured_exception),
    full("captured_message_has_its_level", captured_message),
    sampled("agents_own_requests_leave_no_breadcrumbs", own_requests),
    full("events_are_as_the_protocol_has_them", schema),
];

const CAPTURE: &str = "\
Trapline.setUser({ id: 'u-17', email: 'jo@shop.test' });
Trapline.setTag('plan', 'gold');
Trapline.addBreadcrumb({ category: 'basket', message: 'added hazelnuts' });
function pay() {
  try {
    JSON.parse('{');
  } catch (cause) {
    throw new Error('the order could not be paid', { cause });
  }
}
Trapline.withScope((scope) => {
  scope.setTag('step', 'payment');
  try {
    pay();
  } catch (error) {
    window.eventId = Trapline.captureException(error);
  }
});
";

fn captured_exception(world: &World, engine: Engine) {
    let project = world.project();
    let site = project.site(CAPTURE);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let id = tab.eval("window.eventId");
    let id = id.as_str().expect("captureException returns the event's ID at once");
    let event = eventually(|| project.api.event(id));
    let values: Vec<&str> = event.exceptions.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(values[0], "the order could not be paid");
    assert_eq!(event.exceptions[1].kind, "SyntaxError");
    assert!(event.handled());
    assert_eq!(event.user.id.as_deref(), Some("u-17"));
    for (name, value) in [("plan", "gold"), ("step", "payment")] {
        assert!(event.tags.contains(&(name.into(), value.into())), "{:?}", event.tags);
    }
    assert!(event.breadcrumbs.iter().any(|crumb| crumb.message == "added hazelnuts"));
    assert_eq!(event.exceptions[0].frames[0].function, "pay");
    tab.flush();
    assert_eq!(project.api.only_issue().unwrap().count, 1);
}

fn captured_message(world: &World, engine: Engine) {
    let project = world.project();
    let site = project.site("Trapline.captureMessage('no walnut left', 'warning');");
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let issue = eventually(|| project.api.only_issue());
    let event = project.api.latest_event(&issue.short_id).unwrap();
    assert_eq!(event.message.as_deref(), Some("no walnut left"));
    assert_eq!(event.level, Level::Warning);
}

/// The first error fetches the agent's wasm and is sent; neither is what the page did before the second one.
fn own_requests(world: &World, engine: Engine) {
    let project = world.project();
    let site = project.site("Trapline.captureMessage('first');");
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| project.api.only_issue());
    let id = tab.eval("fetch('/app.js').then(() => Trapline.captureMessage('second'))");
    let event = eventually(|| project.api.event(id.as_str().expect("an ID")));
    let said: Vec<String> = event.breadcrumbs.iter().map(|crumb| format!("{crumb:?}")).collect();
    assert!(said.iter().any(|crumb| crumb.contains("/app.js")), "{said:#?}");
    assert!(
        !said.iter().any(|crumb| crumb.contains("agent_bg") || crumb.contains("envelope")),
        "{said:#?}"
    );
}

/// Each kind of event that a page makes, as it leaves the page.
fn schema(world: &World, engine: Engine) {
    let (project, gate) = (world.project(), world.gate());
    let app = format!(
        "{CAPTURE}\
         Trapline.setContext('cart', {{ items: 3 }});\n\
         Trapline.captureMessage('sold out', 'warning');\n\
         Trapline.captureEvent({{ message: 'own', level: 'info', extra: {{ sku: 7 }} }});\n\
         Promise.reject({{ code: 7 }});\n\
         document.body.append(Object.assign(new Image(), {{ src: '/missing.png' }}));\n\
         setTimeout(() => {{ null.x; }});\n\
         setTimeout(() => {{ throw undefined; }});"
    );
    let site = project.site_to(&gate.dsn(&project), &[("data-release", "shop@1")], &app);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    let events = eventually(|| {
        let events = gate.events();
        anyhow::ensure!(events.len() >= 7, "{} events: {events:#?}", events.len());
        Ok(events)
    });
    for event in events {
        assert_eq!(breaches_of_schema(&event), [""; 0], "{event:#}");
    }
}
