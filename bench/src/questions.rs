//! What is asked of a Worker of any size: every list and page of issues, their JSON, and taking events in.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::event::{Occurrence, envelope};
use crate::target::now_s;
use crate::visitor::{Answer, Visitor};

/// Most milliseconds of a page of [what is added up](is_of_visits), with a million page views.
pub(crate) const MOST_MS_OF_VISITS: f64 = 150.0;

/// Whether a path is of what is added up of all page views.
pub(crate) fn is_of_visits(path: &str) -> bool {
    ["/vitals/", "/requests/", "/releases/", "/loads/", "/frames/"]
        .iter()
        .any(|part| path.contains(part))
}

/// Bugs of the events whose group is known.
const KNOWN_BUGS: u64 = 100;

/// One request, which is made again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// A page or its JSON.
    Get(String),
    /// An event of a bug that was met before.
    KnownBug,
    /// An event of a new bug.
    NewBug,
}

/// All questions with their names, the same for every Worker; the first reads no issue and shows what a request costs.
pub(crate) fn questions(visitor: &Visitor) -> Result<Vec<(&'static str, Question)>> {
    let project = &visitor.project;
    let (pages, api) = (format!("/{project}/issues/"), format!("/api/0/projects/{project}"));
    let issues = format!("{api}/issues/");
    let list = visitor.json(&issues)?;
    let busiest = busiest(&list).with_context(|| format!("{project} has no issues: {list}"))?;
    let second = second_page(&visitor.get(&pages)?.body).context("the list has no second page")?;
    let (id, kind) = (text(busiest, "short_id")?, text(busiest, "type")?);
    let events = format!("{issues}{id}/events/");
    let event = visitor.json(&events)?;
    let event = text(event.get(0).context("the busiest issue keeps no event")?, "event_id")?;
    let get = |path: String| Question::Get(path);
    Ok(vec![
        ("projects, JSON", get("/api/0/projects/".into())),
        ("event of a known group", Question::KnownBug),
        ("event of a new group", Question::NewBug),
        ("unresolved issues", get(pages.clone())),
        ("resolved issues", get(format!("{pages}?status=resolved"))),
        ("ignored issues", get(format!("{pages}?status=ignored"))),
        ("second page", get(format!("{pages}{second}"))),
        ("text that nothing has", get(format!("{pages}?query=zqxjkvzq"))),
        ("text that many have", get(format!("{pages}?query={kind}"))),
        ("issue", get(format!("{pages}{id}/"))),
        ("event", get(format!("{pages}{id}/events/{event}/"))),
        ("web vitals of a page", get(format!("/{project}/vitals/?page=/checkout"))),
        ("requests", get(format!("/{project}/requests/"))),
        ("releases", get(format!("/{project}/releases/"))),
        ("issues, JSON", get(issues)),
        ("events of an issue, JSON", get(events)),
        ("event, JSON", get(format!("{api}/events/{event}/"))),
    ])
}

/// Asks once; events get this `number`, which no other event of the database has.
pub(crate) fn ask(visitor: &Visitor, question: &Question, number: u64) -> Result<Answer> {
    match question {
        Question::Get(path) => visitor.get(path),
        Question::KnownBug => send(visitor, number, number % KNOWN_BUGS),
        Question::NewBug => send(visitor, number, 1_000_000 + number),
    }
}

/// Makes the known bugs known. Gives back the next number.
pub(crate) fn meet_known_bugs(visitor: &Visitor) -> Result<u64> {
    for number in 0..KNOWN_BUGS {
        send(visitor, number, number)?;
    }
    Ok(KNOWN_BUGS)
}

fn send(visitor: &Visitor, number: u64, bug: u64) -> Result<Answer> {
    let occurrence = Occurrence { number, bug, user: number, release: 0, at_s: now_s()? };
    visitor.send(&envelope(&occurrence, &visitor.dsn))
}

/// The issue with most events of the first page.
pub(crate) fn busiest(list: &Value) -> Option<&Value> {
    let events = |issue: &&Value| issue.get("count").and_then(Value::as_u64);
    list.as_array()?.iter().max_by_key(events)
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str).map(str::to_owned);
    text.with_context(|| format!("{name} is missing in {value}"))
}

/// `…<a href="?after=495000.12&#38;row=51">…` → `?after=495000.12&row=51`
pub(crate) fn second_page(html: &str) -> Option<String> {
    let (before, after) = html.split_once("after=")?;
    let begin = before.get(before.rfind(['"', '\''])? + 1..)?;
    let end = after.get(..after.find(['"', '\''])?)?;
    let link = format!("{begin}after={end}").replace("&#38;", "&").replace("&amp;", "&");
    Some(link.get(link.find('?')?..)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_second_page_is_where_the_first_one_points() {
        let html =
            r#"<p>x</p><a rel="next" href="?status=resolved&#38;after=5.12&#38;row=51">next</a>"#;
        assert_eq!(second_page(html).as_deref(), Some("?status=resolved&after=5.12&row=51"));
        let html = r#"<a href="/shop/issues/?after=5.12&amp;row=51">"#;
        assert_eq!(second_page(html).as_deref(), Some("?after=5.12&row=51"));
        assert_eq!(second_page("<p>"), None);
    }

    #[test]
    fn the_busiest_issue_has_most_events() {
        let list = json!([{"short_id": "A", "count": 3}, {"short_id": "B", "count": 30}]);
        assert_eq!(text(busiest(&list).unwrap(), "short_id").unwrap(), "B");
        assert_eq!(busiest(&json!([])), None);
    }
}
