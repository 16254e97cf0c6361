//! The issue page: the issue's head and trend, one of its events, where it happens, its groups.

use askama::Template;
use trapline_core::defect::Defect;
use trapline_core::event::{Event, Scrubbed};
use trapline_core::meaning::{Meaning, meaning};
use trapline_core::url;

use super::activity::Activity;
use super::breadcrumbs::{Trail, trail};
use super::details::{Section, named, sections};
use super::effect::Effects;
use super::life::Life;
use super::number::{count, counted, percent, share, users};
use super::row::{Mark, Tag, Title, mark, tags, title};
use super::shell;
use super::stack::{self, Link, Run};
use super::time::{Moment, moment};
use super::trend::{Trend, trend};
use crate::view::{FACET_EVENTS, GroupRow, IssuePage, Shared};

/// `issue.html`
#[derive(Template)]
#[template(path = "issue.html")]
pub(super) struct Issue<'a> {
    page: &'a IssuePage,
    /// The issue's path.
    here: String,
    title: Title<'a>,
    mark: Mark,
    tags: Vec<Tag>,
    life: Life<'a>,
    events: String,
    users: String,
    first_seen: Option<Moment>,
    last_seen: Option<Moment>,
    trend: Trend,
    /// What broke and what to try; `None` of noise, which is explained elsewhere.
    meaning: Option<Meaning>,
    shared: Vec<SharedFact<'a>>,
    /// `Of 39 users; 600 of other issues`
    shared_of: String,
    effects: Effects,
    activity: Activity<'a>,
    /// Name of who sees to it.
    assignee: Option<&'a str>,
    /// What the newest event with a body is called.
    newest: &'static str,
    /// First eight digits of the event's ID.
    short_event: &'a str,
    body: Option<Body<'a>>,
    distributions: Vec<Shares<'a>>,
    /// Which events the shares are of.
    shares_of: String,
    groups: Vec<Group<'a>>,
    groups_in_all: String,
}

/// What is shown of the event.
struct Body<'a> {
    /// Time, page, browser and system: what is known of them.
    time: Option<Moment>,
    place: Vec<String>,
    /// How many events it stands for; `None` for 1.
    stands_for: Option<u32>,
    chain: Vec<Link<'a>>,
    /// Some frame was resolved: what the engine said can be shown beside it.
    has_raw: bool,
    message: &'a str,
    trail: Trail,
    /// Said in the last row of the breadcrumbs.
    last: String,
    sections: [Section; 4],
    /// `2 fields of this event could not be read`
    defects_in_all: String,
    defects: &'a [Defect],
    /// `3 values of this event were secret`
    scrubbed_in_all: String,
    scrubbed: &'a [Scrubbed],
}

/// `flag new-pay = true`, and how often.
struct SharedFact<'a> {
    /// What stands before it: `, ` or ` and `.
    joint: &'static str,
    name: String,
    value: &'a str,
    /// `97% of these, 12% of others`
    text: String,
}

struct Shares<'a> {
    name: String,
    /// `of 1,130 events`, where only some have a value; else empty.
    base: String,
    rows: Vec<Share<'a>>,
}

struct Share<'a> {
    value: &'a str,
    /// The list with what has it; empty where a search cannot ask for it.
    href: String,
    is_over: bool,
    /// Width of the bar.
    percent: u64,
    text: String,
    events: String,
}

struct Group<'a> {
    row: &'a GroupRow,
    /// First eight digits of its raw fingerprint.
    short_hash: &'a str,
    events: String,
    last_seen: Option<Moment>,
    /// Where it would go if it were split off; `None` if it cannot be.
    split: Option<String>,
}

impl<'a> Issue<'a> {
    pub(super) fn of(page: &'a IssuePage) -> Self {
        let (issue, now_ms) = (&page.issue, page.shell.now_ms);
        Self {
            page,
            here: shell::path_of(&page.shell, issue),
            title: title(issue),
            mark: mark(issue),
            // The mark beside them already says it.
            tags: tags(issue).into_iter().filter(|tag| tag.word != "handled").collect(),
            life: Life::of(page),
            events: count(issue.events),
            users: users(issue.users),
            first_seen: moment(issue.first_seen_ms, now_ms),
            last_seen: moment(issue.last_seen_ms, now_ms),
            trend: trend(page),
            meaning: page.event.as_ref().filter(|_| page.noise.is_none()).and_then(meaning),
            shared: shared(page),
            shared_of: shared_of(page),
            effects: Effects::of(&page.more.effect),
            activity: Activity::of(page),
            assignee: assignee(page),
            newest: newest(page),
            short_event: first_eight(&page.position.event_id),
            body: page.event.as_ref().map(|event| body(event, page)),
            distributions: distributions(page),
            shares_of: shares_of(page),
            groups: groups(page),
            groups_in_all: counted(page.groups.len() as u64, "group"),
        }
    }
}

/// `150 events`, or `newest 1,000 of 12,345 events` where the shares leave older ones out.
fn shares_of(page: &IssuePage) -> String {
    let known = page.distributions.iter().map(|facet| facet.total).max().unwrap_or_default();
    let all = counted(page.issue.events, "event");
    if page.issue.events > u64::from(FACET_EVENTS) && known > 0 {
        return format!("newest {} of {all}", count(known));
    }
    all
}

/// Of a frequent error not every event is kept whole: the page says so where newer ones were counted.
fn newest(page: &IssuePage) -> &'static str {
    let shown_ms = page.event.as_ref().map_or(i64::MAX, Event::at_ms);
    if shown_ms < page.issue.last_seen_ms { "Newest kept event" } else { "Newest event" }
}

fn body<'a>(event: &'a Event, page: &'a IssuePage) -> Body<'a> {
    let (title_value, now_ms) = (page.issue.value.trim(), page.shell.now_ms);
    let event_ms = if event.claimed_ms == 0 { event.received_ms } else { event.claimed_ms };
    let url = event.request.url.as_deref().map(url::path);
    let system = match (event.browser.with_major(), named(&event.os)) {
        (browser, os) if browser.is_empty() || os.is_empty() => browser + &os,
        (browser, os) => format!("{browser}, {os}"),
    };
    let place = [event.transaction.as_deref().or(url).unwrap_or_default().to_owned(), system];
    Body {
        time: moment(event_ms, now_ms),
        place: place.into_iter().filter(|part| !part.is_empty()).collect(),
        stands_for: Some(event.count).filter(|count| *count > 1),
        chain: stack::chain(event, title_value, &page.more.repository),
        has_raw: event
            .exceptions
            .iter()
            .flat_map(|one| &one.frames)
            .any(|frame| frame.raw.is_some()),
        message: event.message.as_deref().unwrap_or_default(),
        trail: trail(&event.breadcrumbs, event_ms),
        last: last(event),
        sections: sections(event),
        defects_in_all: format!(
            "{} of this event could not be read",
            counted(event.defects.len() as u64, "field")
        ),
        defects: &event.defects,
        scrubbed_in_all: match event.scrubbed.len() {
            1 => "1 value of this event was secret".to_owned(),
            values => format!("{} of this event were secret", counted(values as u64, "value")),
        },
        scrubbed: &event.scrubbed,
    }
}

/// `TypeError: x is undefined`
fn last(event: &Event) -> String {
    match event.thrown() {
        Some(thrown) if thrown.kind.is_empty() => thrown.value.clone(),
        Some(thrown) if thrown.value.is_empty() => thrown.kind.clone(),
        Some(thrown) => format!("{}: {}", thrown.kind, thrown.value),
        None => event.message.clone().unwrap_or_default(),
    }
}

fn first_eight(id: &str) -> &str {
    id.char_indices().nth(8).and_then(|(end, _)| id.get(..end)).unwrap_or(id)
}

fn distributions(page: &IssuePage) -> Vec<Shares<'_>> {
    let known = page.distributions.iter().filter(|one| one.total > 0 && !one.values.is_empty());
    known
        .map(|one| Shares {
            name: facet_name(&one.name),
            base: if one.total == page.issue.events {
                String::new()
            } else {
                format!("of {}", counted(one.total, "event"))
            },
            rows: one
                .values
                .iter()
                .zip(one.over.iter().chain(std::iter::repeat(&false)))
                .map(|((value, events), is_over)| Share {
                    value,
                    href: list_with(page, &one.name, value),
                    is_over: *is_over,
                    percent: percent(*events, one.total),
                    text: share(*events, one.total),
                    events: counted(*events, "event"),
                })
                .collect(),
        })
        .collect()
}

/// As people call it.
fn facet_name(name: &str) -> String {
    let known = [
        ("release", "Release"),
        ("url", "Page"),
        ("browser", "Browser"),
        ("os", "System"),
        ("country", "Country"),
        ("environment", "Environment"),
    ];
    if let Some((_, word)) = known.iter().find(|(known, _)| *known == name) {
        return (*word).to_owned();
    }
    match name.split_once('.') {
        Some(("flag", flag)) => format!("Flag {flag}"),
        Some((_, tag)) => format!("Tag {tag}"),
        None => name.to_owned(),
    }
}

/// `/shop/issues/?query=release%3A%22shop%402%22`: issues that have this value too. The search's quotes cannot
/// hold quotes.
fn list_with(page: &IssuePage, name: &str, value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if value.contains('"') || !name.chars().all(is_plain) {
        return String::new();
    }
    let query = format!("{name}:\"{value}\"");
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    format!("/{}/issues/?query={query}", page.shell.project_slug)
}

/// The parts of one sentence.
fn shared<'a>(page: &'a IssuePage) -> Vec<SharedFact<'a>> {
    let facts = &page.more.shared.facts;
    let fact = |(index, one): (usize, &'a Shared)| SharedFact {
        joint: match index {
            0 => "",
            index if index + 1 == facts.len() => " and ",
            _ => ", ",
        },
        name: match one.name.as_str() {
            "request" => "the request".to_owned(),
            name => {
                let name = facet_name(name);
                let mut chars = name.chars();
                let first = chars.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(chars).collect()
            }
        },
        value: &one.value,
        text: format!("{} of them, {} of others", whole(one.share), whole(one.others)),
    };
    facts.iter().enumerate().map(fact).collect()
}

/// `97%`
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
fn whole(share: f64) -> String {
    format!("{}%", (share.clamp(0.0, 1.0) * 100.0).round() as u32)
}

fn shared_of(page: &IssuePage) -> String {
    let shared = &page.more.shared;
    let (seen, others) = (u64::from(shared.seen), u64::from(shared.others));
    format!(
        "Of {} who saw it; others: {} of other issues",
        counted(seen, "user"),
        counted(others, "user")
    )
}

/// Who sees to it; somebody who left has no name any more.
fn assignee(page: &IssuePage) -> Option<&str> {
    let id = page.more.assignee;
    let person = page.more.people.iter().find(|person| person.id == id);
    (id > 0).then(|| person.map_or("somebody who left", |person| person.name.as_str()))
}

fn groups(page: &IssuePage) -> Vec<Group<'_>> {
    let is_only = page.groups.len() == 1;
    page.groups
        .iter()
        .map(|row| Group {
            row,
            short_hash: first_eight(&row.hash),
            events: count(row.events),
            last_seen: moment(row.last_seen_ms, page.shell.now_ms),
            split: match &row.home {
                Some(home) => Some(format!("Back to {home}")),
                None if is_only => None,
                None => Some("Into an issue of its own".to_owned()),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{groups, last};
    use crate::pages::tests::sample;
    use crate::view::GroupRow;
    use trapline_core::event::{Event, Exception};

    #[test]
    fn an_only_group_is_split_off_only_if_a_merge_brought_it() {
        let mut page = sample::issue("");
        let merged = GroupRow { home: Some("SHOP-3".into()), ..GroupRow::default() };
        for (rows, expected) in [
            (vec![GroupRow::default()], vec![None]),
            (vec![merged.clone()], vec![Some("Back to SHOP-3")]),
            (
                vec![merged, GroupRow::default()],
                vec![Some("Back to SHOP-3"), Some("Into an issue of its own")],
            ),
        ] {
            page.groups = rows;
            let split: Vec<_> = groups(&page).into_iter().map(|group| group.split).collect();
            assert_eq!(split.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn last_row_says_what_was_thrown() {
        let thrown = |kind: &str, value: &str| Event {
            exceptions: vec![Exception {
                kind: kind.into(),
                value: value.into(),
                ..Exception::default()
            }],
            ..Event::default()
        };
        assert_eq!(last(&thrown("TypeError", "x")), "TypeError: x");
        assert_eq!(last(&thrown("", "Script error.")), "Script error.");
        assert_eq!(last(&thrown("AbortError", "")), "AbortError");
        let message = Event { message: Some("hello".into()), ..Event::default() };
        assert_eq!(last(&message), "hello");
    }
}
