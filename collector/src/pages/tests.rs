//! Whatever a sender, an owner or a URL says is printed as text.

use trapline_core::page_check::Finding;

pub(super) mod sample;

use super::*;
use crate::dashboard::events::ListedEvents;
use crate::read::{EventCursor, EventRow};
use crate::regroup::{Join, Named, Outcome, Part, Regroup, Split};
use crate::view::{Condition, PageRead, Status};

/// Breaks out of text, of both kinds of attribute, and of a URL.
const PAYLOAD: &str =
    "javascript:alert(1)//\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

#[track_caller]
fn check_is_text(html: Result<String, askama::Error>, at_least: usize) {
    let html = html.unwrap();
    for raw in ["<script>alert", "<img", "'><", "\"'>", "href=\"javascript", "style=\""] {
        assert!(!html.contains(raw), "{raw} in {html}");
    }
    let escaped = html.matches("&#60;script&#62;alert(1)").count();
    assert!(escaped >= at_least, "only {escaped} of {at_least} payloads are shown");
}

#[test]
fn issues_are_text() {
    check_is_text(issues(&sample::issues(PAYLOAD)), 20);
}

#[test]
fn outcomes_are_text() {
    check_is_text(outcomes(&sample::outcomes(PAYLOAD)), 12);
    check_is_text(vitals(&sample::vitals(PAYLOAD)), 20);
    check_is_text(requests(&sample::requests(PAYLOAD)), 10);
}

#[test]
fn releases_are_text() {
    check_is_text(releases(&sample::releases(PAYLOAD)), 30);
    let empty = ReleasesPage { list: Default::default(), ..sample::releases(PAYLOAD) };
    check_is_text(releases(&empty), 10);
}

#[test]
fn feedback_is_text() {
    check_is_text(feedback(&sample::feedback(PAYLOAD)), 30);
    let page = FeedbackPage { rows: Vec::new(), open: None, ..sample::feedback(PAYLOAD) };
    check_is_text(feedback(&page), 7);
    let about = FeedbackPage { issue: PAYLOAD.into(), ..sample::feedback(PAYLOAD) };
    check_is_text(feedback(&about), 30);
}

#[test]
fn whoever_only_reads_decides_about_no_message() {
    let page = FeedbackPage { may_change: false, ..sample::feedback("") };
    let html = feedback(&page).unwrap();
    let main = html.split("<main").nth(1).unwrap();
    assert!(!main.contains("method=\"post\""), "{main}");
}

#[test]
fn empty_issues_are_text() {
    check_is_text(issues(&IssuesPage { issues: Vec::new(), ..sample::issues(PAYLOAD) }), 10);
}

#[test]
fn welcome_is_text() {
    check_is_text(issues(&IssuesPage { waiting: true, ..sample::issues(PAYLOAD) }), 10);
}

#[test]
fn findings_are_text() {
    let page = IssuesPage { waiting: true, ..sample::issues(PAYLOAD) };
    let finding = Finding::OtherKey { found: PAYLOAD.into(), dsn: PAYLOAD.into() };
    let read = PageRead::Findings { url: PAYLOAD.into(), findings: vec![finding] };
    check_is_text(checked(&page, &PageCheck { url: PAYLOAD.into(), read }), 14);
    let read = PageRead::Unread(PAYLOAD.into());
    check_is_text(checked(&page, &PageCheck { url: PAYLOAD.into(), read }), 12);
}

#[test]
fn issue_is_text() {
    check_is_text(issue(&sample::issue(PAYLOAD)), 70);
}

#[test]
fn resolved_issue_is_text() {
    let mut page = sample::issue(PAYLOAD);
    page.issue.status = Status::Resolved;
    page.issue.condition = Condition::LaterThan { release: PAYLOAD.into() };
    check_is_text(issue(&page), 70);
}

#[test]
fn issue_without_its_event_is_text() {
    check_is_text(issue(&IssuePage { event: None, ..sample::issue(PAYLOAD) }), 20);
}

#[test]
fn events_and_older_activity_are_text() {
    let IssuePage { shell, issue, more, .. } = sample::issue(PAYLOAD);
    let row = EventRow {
        event_id: "1".repeat(32),
        release: PAYLOAD.into(),
        browser: PAYLOAD.into(),
        page: PAYLOAD.into(),
        user: PAYLOAD.into(),
        ..EventRow::default()
    };
    let listed = ListedEvents {
        events: vec![row],
        kept: Default::default(),
        next: Some(EventCursor::default()),
        filters: vec![(format!("tag.{PAYLOAD}"), PAYLOAD.into())],
        left_out: 1,
    };
    let (shell_of, issue_of) = (shell.clone(), issue.clone());
    let page = EventsPage { shell, issue, listed, is_later_page: true };
    check_is_text(events(&page), 8);
    let page = IssuePage { shell: shell_of, issue: issue_of, more, ..IssuePage::default() };
    check_is_text(older_activity(&ActivityPage { page }), 10);
}

#[test]
fn whoever_only_reads_sees_no_buttons() {
    let mut page = sample::issue("");
    page.more.may_change = false;
    page.more.done = None;
    page.split = None;
    let html = issue(&page).unwrap();
    let main = html.split("<main").nth(1).unwrap();
    assert!(!main.contains("method=\"post\""), "{main}");
}

#[test]
fn settings_are_text() {
    for (tab, at_least) in [
        ("", 8),
        ("keys", 15),
        ("snippets", 7),
        ("filters", 7),
        ("privacy", 6),
        ("limits", 4),
        ("grouping", 8),
        ("tokens", 9),
    ] {
        check_is_text(settings(&SettingsPage { tab, ..sample::settings(PAYLOAD) }), at_least);
    }
}

#[test]
fn people_are_text() {
    for tab in ["people", "projects", "access", "audit", "profile"] {
        check_is_text(people(&PeoplePage { tab, ..sample::people(PAYLOAD) }), 6);
    }
    let page = InvitedPage {
        name: PAYLOAD.into(),
        projects: vec![PAYLOAD.into()],
        made_by: PAYLOAD.into(),
        error: Some(PAYLOAD.into()),
        path: PAYLOAD.into(),
        role: "viewer",
    };
    check_is_text(invited(&page), 5);
}

#[test]
fn each_tab_of_the_settings_is_a_page_with_its_section() {
    for (tab, section) in [
        ("", "general"),
        ("keys", "senders"),
        ("snippets", "snippets"),
        ("filters", "caught"),
        ("privacy", "privacy"),
        ("limits", "limits"),
        ("grouping", "grouping"),
        ("tokens", "tokens"),
    ] {
        let html = settings(&SettingsPage { tab, ..sample::settings("x") }).unwrap();
        assert!(html.contains(&format!("id=\"{section}\"")), "{tab}: no {section}");
        assert_eq!(html.matches("aria-current=\"page\"").count(), 2, "sidebar and tab: {tab}");
        assert_eq!(settings_tab(tab), Some(tab));
    }
    assert_eq!((settings_tab("alerts"), settings_tab("x")), (None, None));
}

#[test]
fn alerts_are_text() {
    check_is_text(alerts(&sample::alerts(PAYLOAD)), 30);
    let none = alerts::AlertsPage { shell: sample::alerts(PAYLOAD).shell, ..Default::default() };
    check_is_text(alerts(&none), 5);
}

#[test]
fn compared_issues_are_text() {
    check_is_text(compare(&sample::compare(PAYLOAD)), 30);
}

#[test]
fn an_issue_that_is_split_is_text() {
    check_is_text(split(&sample::split(PAYLOAD)), 15);
}

#[test]
fn regrouping_is_text() {
    let issue = || Named { short_id: PAYLOAD.into(), title: PAYLOAD.into() };
    let part = |issue| Part { issue, label: PAYLOAD.into(), groups: 1, events: 2 };
    let outcome = Outcome {
        joins: vec![Join { into: issue(), from: vec![part(Some(issue()))] }],
        splits: vec![Split { issue: issue(), parts: vec![part(Some(issue())), part(None)] }],
        unlisted: 3,
    };
    let found = Regroup {
        started_by: PAYLOAD.into(),
        started_ms: 1,
        applied_by: PAYLOAD.into(),
        applied_ms: 2,
        ..Regroup::default()
    };
    for state in 0..7 {
        let regroup = Some(Regroup { state, ..found.clone() });
        let shell = sample::settings(PAYLOAD).shell;
        let outcome = outcome.clone();
        check_is_text(super::regroup(&RegroupPage { shell, regroup, outcome }), 10);
    }
}

#[test]
fn sign_in_is_text() {
    let page =
        SignInPage { next: PAYLOAD.into(), error: Some(PAYLOAD.into()), ..SignInPage::default() };
    check_is_text(sign_in(&page), 3);
    check_is_text(sign_in(&SignInPage { link: Some(PAYLOAD.into()), ..page }), 3);
}

#[test]
fn error_is_text() {
    let page = ErrorPage { status: 404, title: PAYLOAD.into(), detail: PAYLOAD.into() };
    check_is_text(error(&page), 3);
}

#[test]
fn empty_event_is_a_page() {
    let html = issue(&IssuePage { event: Some(Default::default()), ..sample::issue("") }).unwrap();
    for sentence in
        ["neither an exception nor a message", "named no page", "none came with this event"]
    {
        assert!(html.contains(sentence), "no {sentence:?} in {html}");
    }
}

#[test]
fn destinations_are_named() {
    for (next, expected) in [
        ("/", None),
        ("/hazel-shop/issues/?query=a", Some("the issues of hazel-shop")),
        ("/hazel-shop/issues/SHOP-4F/events/12/", Some("issue SHOP-4F")),
        ("/settings", Some("/settings")),
    ] {
        assert_eq!(destination(next).as_deref(), expected);
    }
}
