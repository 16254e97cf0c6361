//! Pages with a text in every field that can hold one.

mod administration;
mod numbers;
mod visits;

use serde_json::{Map, json};
use trapline_core::defect::Defect;
use trapline_core::event::*;
use trapline_core::filter::FilterSettings;
use trapline_core::fingerprint::ComponentKind;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::scrub::ScrubSettings;

use crate::activity::{Key, Row};
use crate::alert::outbox::DeliveryRow;
use crate::alert::rule::{Rule, RuleRow};
use crate::artifacts::token::TokenRow;
use crate::audit::Entry;
use crate::dashboard::grouping::{Both, Known};
use crate::grouping::*;
use crate::outcome::OutcomeRow;
use crate::outcome::summary::{Ends, Noise, Reason, Sample, Summary};
use crate::pages::alerts::{AlertsPage, Typed};
use crate::people::invitations::Invitation;
use crate::people::members::{Member, SessionRow};
use crate::project_key::KeyRow;
use crate::scope::{Choices, Range, Scope};
use crate::search::Problem;
use crate::settings::Settings;
use crate::view::*;
use crate::workflow::Person;

pub(crate) use administration::{alerts, outcomes, people, settings};
pub(crate) use numbers::{requests, vitals};
pub(crate) use visits::{feedback, releases};

fn shell(text: &str) -> Shell {
    Shell {
        project_name: text.into(),
        project_slug: text.into(),
        projects: vec![(text.into(), text.into())],
        user_name: text.into(),
        csrf: text.into(),
        scope: format!("?release={text}"),
        ..Shell::default()
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
        last_release: text.into(),
        assignee: text.into(),
        ..IssueRow::default()
    }
}

pub(in crate::pages) fn issues(text: &str) -> IssuesPage {
    let link = || format!("?after={text}");
    let pairs = || vec![(text.to_owned(), text.to_owned())];
    IssuesPage {
        shell: shell(text),
        scope: Scope { environment: text.into(), release: text.into(), range: Range::Day },
        choices: Choices { environments: vec![text.into()], releases: vec![text.into()] },
        tabs: vec![Tab { words: "Unresolved", link: link(), is_current: true, ..Tab::default() }],
        sorts: vec![Choice { words: "last seen", link: link(), ..Choice::default() }],
        query: text.into(),
        problems: vec![Problem { at: 2, typed: text.into(), reason: text.into() }],
        kept: pairs(),
        views: vec![View {
            name: text.into(),
            link: link(),
            is_current: true,
            is_own: true,
            ..View::default()
        }],
        search: text.into(),
        people: vec![crate::workflow::Person { id: 1, name: text.into() }],
        may_change: true,
        issues: vec![row(text)],
        peek: Some(Peek { lines: vec![(1, text.into(), true)], sentence: text.into() }),
        etag: text.into(),
        first_row: 26,
        next_page: Some(link()),
        first_page: Some(link()),
        unfiltered: Some(link()),
        scanned: 600,
        is_exact: false,
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
            name: format!("tag.{text}"),
            values: vec![(text.into(), 1)],
            total: 1,
            over: vec![true],
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
        more: more(text),
    }
}

fn more(text: &str) -> IssueMore {
    let shared = |name: String| Shared { name, value: text.into(), share: 0.9, others: 0.1 };
    let kinds = ["commented", "linked", "assigned", "resolved", "regressed", text];
    let detail =
        json!({ "text": text, "url": text, "name": text, "to": 3, "release": text, "edited": 1 });
    let row = |(id, kind): (i64, &str)| Row {
        key: Key { at_ms: 1, id },
        number: 7,
        person_id: 3,
        person: text.into(),
        kind: kind.into(),
        detail: detail.clone(),
        is_last: 1,
    };
    IssueMore {
        assignee: 3,
        people: vec![Person { id: 3, name: text.into() }, Person { id: 4, name: text.into() }],
        viewer_id: 4,
        may_change: true,
        is_admin: true,
        link: format!("https://t.test/{text}"),
        activity: (0..).zip(kinds).map(row).collect(),
        done: Some(Key { at_ms: 1, id: 3 }),
        trend: Trend { events: vec![1; 24], releases: vec![(text.into(), 1)], ..Trend::default() },
        shared: SharedFacts {
            facts: vec![shared("request".into()), shared(format!("tag.{text}"))],
            ..SharedFacts::default()
        },
        oldest: Some(text.into()),
        newest: Some(text.into()),
        recommended: Some(text.into()),
        repository: "https://code.test/{release}/{path}".into(),
        ..IssueMore::default()
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
        request: Request { url: some(), method: some(), headers: pairs(), ..Request::default() },
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
        mechanism: Mechanism { kind: text.into(), handled: Some(false), ..Mechanism::default() },
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
