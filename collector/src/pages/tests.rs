//! Whatever a sender, an owner or a URL says is printed as text.

use trapline_core::page_check::Finding;

use super::*;
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
fn settings_are_text() {
    check_is_text(settings(&sample::settings(PAYLOAD)), 20);
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
    let page = SignInPage { next: PAYLOAD.into(), error: Some(PAYLOAD.into()) };
    check_is_text(sign_in(&page), 3);
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

/// Pages with a text in every field that can hold one.
pub(super) mod sample {
    use serde_json::{Map, json};
    use trapline_core::defect::Defect;
    use trapline_core::event::*;
    use trapline_core::filter::FilterSettings;
    use trapline_core::fingerprint::ComponentKind;
    use trapline_core::fingerprint::rules::Rules;
    use trapline_core::scrub::ScrubSettings;

    use crate::artifacts::token::TokenRow;
    use crate::dashboard::grouping::{Both, Known};
    use crate::grouping::*;
    use crate::outcome::HourRow;
    use crate::project_key::KeyRow;
    use crate::settings::Settings;
    use crate::view::*;

    fn shell(text: &str) -> Shell {
        Shell {
            project_name: text.into(),
            project_slug: text.into(),
            projects: vec![(text.into(), text.into())],
            user_name: text.into(),
            csrf: text.into(),
            ..Shell::default()
        }
    }

    pub(crate) fn settings(text: &str) -> SettingsPage {
        let texts = || vec![text.to_owned()];
        let key = |revoked_ms| KeyRow {
            public_key: text.into(),
            label: text.into(),
            created_ms: 1,
            revoked_ms,
        };
        let token = |revoked_ms| TokenRow {
            id: text.into(),
            project_id: 0,
            scopes: text.into(),
            label: text.into(),
            made_by: text.into(),
            created_ms: 1,
            revoked_ms,
        };
        let row = HourRow { hour: 1, outcome: text.into(), reason: text.into(), quantity: 1 };
        SettingsPage {
            shell: shell(text),
            keys: vec![(key(None), text.into()), (key(Some(2)), text.into())],
            tokens: vec![token(None), token(Some(2))],
            new_token: Some(text.into()),
            origins: texts(),
            settings: Settings {
                filters: FilterSettings { messages: texts(), urls: texts(), ..Default::default() },
                scrub: ScrubSettings {
                    mask_keys: texts(),
                    keep_words: texts(),
                    ..Default::default()
                },
                ..Settings::default()
            },
            outcomes: vec![row],
            erasures: 1,
            typed: Some(TypedRules {
                text: text.into(),
                error: String::new(),
                preview: Preview { events: 7, with_own_fingerprint: 1, rules: vec![caught(text)] },
            }),
        }
    }

    fn caught(text: &str) -> Caught {
        Caught {
            rule: text.into(),
            events: 3,
            issues: 4,
            examples: vec![Example { short_id: text.into(), title: text.into() }],
            warning: text.into(),
        }
    }

    fn explained_event(text: &str) -> Explained {
        explained(&event(text), &Rules::default(), text)
    }

    pub(in crate::pages) fn compare(text: &str) -> ComparePage {
        let sides = [Some(explained_event(text)), Some(explained_event("other"))];
        let known = |text: &str| Known {
            row: row(text),
            event: Some(event(text)),
            label: text.into(),
            groups: Vec::new(),
        };
        let compared = Compared {
            short_ids: [text.into(), text.into()],
            why: text.into(),
            newest_events: sides,
            one_today: false,
            proposed_rules: text.into(),
        };
        let both = Both { issues: [known(text), known(text)], compared };
        ComparePage { shell: shell(text), both, rules: text.into() }
    }

    pub(in crate::pages) fn split(text: &str) -> SplitPage {
        let part = Part { value: text.into(), groups: 1, events: 2 };
        SplitPage {
            shell: shell(text),
            issue: row(text),
            groups: 3,
            unread: 1,
            aspects: vec![Aspect { kind: ComponentKind::Function, parts: vec![part] }],
        }
    }

    fn refusal(outcome: &str, reason: &str, detail: &str) -> Refusal {
        let (outcome, reason, detail) = (outcome.into(), reason.into(), detail.into());
        Refusal { outcome, reason, detail, quantity: 2, last_ms: 1 }
    }

    fn row(text: &str) -> IssueRow {
        IssueRow {
            short_id: text.into(),
            kind: text.into(),
            value: text.into(),
            function: text.into(),
            place: text.into(),
            ..IssueRow::default()
        }
    }

    pub(in crate::pages) fn issues(text: &str) -> IssuesPage {
        IssuesPage {
            shell: shell(text),
            status: Status::Unresolved,
            counts: [0; 3],
            query: text.into(),
            issues: vec![row(text)],
            first_row: 26,
            next_page: Some(format!("?after={text}")),
            is_later_page: true,
            waiting: false,
            dsn: text.into(),
            agent_origin: text.into(),
            agent_script: text.into(),
            refusals: ["origin", "key"].map(|reason| refusal("invalid", reason, text)).into(),
        }
    }

    pub(in crate::pages) fn issue(text: &str) -> IssuePage {
        IssuePage {
            shell: shell(text),
            issue: row(text),
            releases: (text.into(), text.into()),
            newest_release: text.into(),
            noise: Some(trapline_core::noise::Explanation {
                title: "Network",
                explanation: text.into(),
                remedy: "Look at the server.",
            }),
            event: Some(event(text)),
            position: Position {
                event_id: text.into(),
                is_newest: false,
                older: Some(text.into()),
                newer: Some(text.into()),
            },
            distributions: vec![Distribution {
                name: "Browser",
                values: vec![(text.into(), 1)],
                total: 1,
            }],
            groups: vec![GroupRow {
                hash: text.into(),
                fingerprint: text.into(),
                is_current: true,
                home: Some(text.into()),
                ..GroupRow::default()
            }],
            explained: Some(explained_event(text)),
            split: Some(text.into()),
        }
    }

    fn event(text: &str) -> Event {
        let some = || Some(text.to_owned());
        let pairs = || vec![(text.to_owned(), text.to_owned())];
        let named = || Named { name: text.into(), version: text.into() };
        let object = || Map::from_iter([(text.to_owned(), json!({ text: [text] }))]);
        Event {
            event_id: text.into(),
            platform: text.into(),
            message: some(),
            exceptions: vec![exception(text), exception(text)],
            transaction: some(),
            release: some(),
            environment: some(),
            dist: some(),
            user: User {
                id: some(),
                email: some(),
                username: some(),
                ip_address: some(),
                ..User::default()
            },
            request: Request {
                url: some(),
                method: some(),
                headers: pairs(),
                ..Request::default()
            },
            browser: named(),
            os: named(),
            tags: pairs(),
            breadcrumbs: ["", "fetch", "navigation", text].map(|kind| crumb(kind, text)).into(),
            contexts: object(),
            extra: object(),
            sdk: named(),
            repeat_of: some(),
            defects: vec![Defect { path: text.into(), reason: text.into() }],
            scrubbed: vec![Scrubbed { path: text.into(), what: text.into() }],
            ..Event::default()
        }
    }

    fn exception(text: &str) -> Exception {
        let frame = |in_app| Frame {
            function: text.into(),
            file: text.into(),
            line: 1,
            column: 1,
            in_app,
            source: Some(Source {
                before: vec![text.into()],
                line: text.into(),
                after: vec![text.into()],
            }),
            ..Frame::default()
        };
        Exception {
            kind: text.into(),
            value: text.into(),
            mechanism: Mechanism {
                kind: text.into(),
                handled: Some(false),
                ..Mechanism::default()
            },
            frames: [true, false, false].map(frame).into(),
            unread_lines: vec![text.into()],
        }
    }

    fn crumb(category: &str, text: &str) -> Breadcrumb {
        let data = ["url", "method", "from", "to"].map(|key| (key.to_owned(), json!(text)));
        Breadcrumb {
            kind: text.into(),
            category: category.into(),
            message: text.into(),
            data: Map::from_iter(data),
            ..Breadcrumb::default()
        }
    }
}
