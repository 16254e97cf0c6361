//! What a page has reported: the one event that the collector has stored, looked at through the API.

use trapline_core::event::{Event, Frame};
use trapline_tests::{Engine, Project, Site, Tab, World, eventually};

/// Opens a page with `app_js`, does something with it, and returns the one event that this makes.
pub fn only_event_of<'world>(
    world: &'world World,
    engine: Engine,
    app_js: &str,
    and_then: impl FnOnce(&Tab, &Site),
) -> (Project<'world>, Event) {
    let project = world.project();
    let site = project.site(app_js);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    and_then(&tab, &site);
    let event = only_event(&project, &tab);
    (project, event)
}

/// The one event of a project: nothing more has arrived once the page has delivered everything.
#[track_caller]
pub fn only_event(project: &Project, tab: &Tab) -> Event {
    let issue = eventually(|| project.api.only_issue());
    tab.flush();
    assert_eq!(project.api.only_issue().unwrap().count, 1);
    let event = project.api.latest_event(&issue.short_id).unwrap();
    assert_eq!(event.defects, [], "nothing of ours is damaged");
    event
}

/// `frames` are function, line and column, the crashing one first; the page's own file.
#[track_caller]
pub fn check_thrown(event: &Event, kind: &str, value: &str, frames: &[(&str, u32, u32)]) {
    let thrown = event.thrown().expect("an exception");
    assert_eq!((thrown.kind.as_str(), thrown.value.as_str()), (kind, value));
    let found = |frame: &Frame| (frame.function.clone(), frame.line, frame.column);
    let found: Vec<_> = thrown.frames.iter().map(found).collect();
    let expected: Vec<_> = frames
        .iter()
        .map(|(function, line, column)| ((*function).to_owned(), *line, *column))
        .collect();
    assert_eq!(found, expected, "{:#?}", thrown.frames);
    assert_eq!(thrown.unread_lines, [""; 0]);
}

/// What is to be stored of something that a page did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    pub kind: &'a str,
    /// Occurs in the message.
    pub value: &'a str,
    pub mechanism: &'a str,
    /// Of the crashing frame; without one there is no frame, or one that only the place of the script is known of.
    pub function: &'a str,
}

/// Opens a page that does something, and checks the one event that this makes.
#[track_caller]
pub fn check(world: &World, engine: Engine, app_js: &str, expected: Expected) -> Event {
    let (_, event) = only_event_of(world, engine, app_js, |_, _| ());
    check_event(&event, expected);
    event
}

#[track_caller]
pub fn check_event(event: &Event, expected: Expected) {
    let thrown = event.thrown().unwrap_or_else(|| panic!("no exception: {event:#?}"));
    assert_eq!(thrown.kind, expected.kind, "{thrown:#?}");
    assert!(thrown.value.contains(expected.value), "{:?} in {thrown:#?}", expected.value);
    assert_eq!(thrown.mechanism.kind, expected.mechanism, "{thrown:#?}");
    let function = thrown.frames.first().map_or("", |frame| frame.function.as_str());
    assert!(function.contains(expected.function), "{:?} in {thrown:#?}", expected.function);
    if expected.function.is_empty() {
        assert!(thrown.frames.len() < 2, "{thrown:#?}");
    }
    assert_eq!(thrown.unread_lines, [""; 0]);
}
