//! `/api/0/projects/{project}/…`: why events are one issue, why two issues are not, and what rules would catch.

use serde::Serialize;
use serde_json::Value;
use trapline_core::decode::rfc3339_of;
use trapline_core::fingerprint::{Component, hex};
use worker::Response;

use super::settings::signed;
use crate::dashboard::grouping::{self as asked, Both};
use crate::dashboard::visit;
use crate::failure::Failure;
use crate::grouping::{Decided, Explained, preview as tried};
use crate::read;
use crate::request::Incoming;
use crate::{reply, settings};

#[derive(Serialize)]
struct Grouped<'a> {
    version: u8,
    /// `thrown`, `sender`, `rule`
    decided_by: &'static str,
    rule: Option<&'a str>,
    /// What is hashed, readable.
    fingerprint: &'a str,
    /// What was hashed when it was stored, if that was something else.
    stored_fingerprint: Option<&'a str>,
    components: &'a [Component],
}

impl<'a> From<&'a Explained> for Grouped<'a> {
    fn from(explained: &'a Explained) -> Self {
        let (decided_by, rule) = match &explained.decided {
            Decided::Thrown => ("thrown", None),
            Decided::Sender => ("sender", None),
            Decided::Rule(rule) => ("rule", Some(rule.as_str())),
        };
        Self {
            version: explained.grouping.version,
            decided_by,
            rule,
            fingerprint: &explained.label,
            stored_fingerprint: explained.before.as_deref(),
            components: &explained.grouping.components,
        }
    }
}

#[derive(Serialize)]
struct IssueGrouping<'a> {
    short_id: &'a str,
    /// Of the newest kept event; `null` if none is kept.
    newest_event: Option<Grouped<'a>>,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    /// Raw fingerprint.
    hash: String,
    fingerprint: &'a str,
    count: u64,
    last_seen: String,
    /// The issue from which a merge brought it.
    merged_from: Option<String>,
}

/// `GET …/issues/{short_id}/grouping/`: the newest 50 groups, and how the newest kept event is grouped.
pub async fn grouping(
    incoming: &Incoming,
    project: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let prefix = &visit.project.short_prefix;
    let number = read::number_in(prefix, short_id).ok_or(Failure::NotFound)?;
    let known = asked::known(incoming, &visit, number).await?;
    let rules = settings::parse(&visit.project.settings).rules();
    let explained = known.explained(&rules);
    let mut groups = Vec::new();
    for record in &known.groups {
        groups.push(Group {
            hash: hex(&record.hash),
            fingerprint: &record.label,
            count: record.events,
            last_seen: rfc3339_of(record.last_seen_ms),
            merged_from: (record.home > 0).then(|| read::short_id(prefix, record.home)),
        });
    }
    let newest_event = explained.as_ref().map(Grouped::from);
    Ok(reply::json(200, &IssueGrouping { short_id: &known.row.short_id, newest_event, groups }))
}

#[derive(Serialize)]
struct ComparedIssues<'a> {
    /// The first difference, in a sentence.
    why: &'a str,
    /// Both would have the same fingerprint today.
    one_today: bool,
    issues: [ComparedIssue<'a>; 2],
    components: Vec<Pair<'a>>,
    /// Lines of rules that would make later events one.
    proposed_rules: Option<&'a str>,
}

#[derive(Serialize)]
struct ComparedIssue<'a> {
    short_id: &'a str,
    newest_event: Option<Grouped<'a>>,
}

#[derive(Serialize)]
struct Pair<'a> {
    kind: &'static str,
    differs: bool,
    sides: &'a [Option<Component>; 2],
}

/// `GET …/issues/{short_id}/compare/{other}/`
pub async fn compare(
    incoming: &Incoming,
    project: &str,
    short_id: &str,
    other: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let Both { issues, compared } = asked::both(incoming, &visit, short_id, other).await?;
    let [one, other] = &issues;
    let [left, right] = &compared.sides;
    let answer = ComparedIssues {
        why: &compared.why,
        one_today: compared.is_one_now,
        issues: [
            ComparedIssue {
                short_id: &one.row.short_id,
                newest_event: left.as_ref().map(Grouped::from),
            },
            ComparedIssue {
                short_id: &other.row.short_id,
                newest_event: right.as_ref().map(Grouped::from),
            },
        ],
        components: compared
            .pairs
            .iter()
            .map(|pair| Pair { kind: pair.kind.name(), differs: pair.differs, sides: &pair.sides })
            .collect(),
        proposed_rules: compared.rule.as_deref(),
    };
    Ok(reply::json(200, &answer))
}

#[derive(Serialize)]
struct Previewed<'a> {
    /// Newest kept events that were looked at.
    events: usize,
    /// Those of which the page set the fingerprint.
    with_own_fingerprint: usize,
    rules: Vec<PreviewedRule<'a>>,
}

#[derive(Serialize)]
struct PreviewedRule<'a> {
    rule: &'a str,
    events: usize,
    issues: usize,
    examples: Vec<ExampleIssue<'a>>,
    warning: Option<&'a str>,
}

#[derive(Serialize)]
struct ExampleIssue<'a> {
    short_id: String,
    title: &'a str,
}

/// `POST …/rules/preview/` with `{"grouping_rules": "…"}`: what each would have caught of the newest kept events. Nothing is
/// stored.
pub async fn preview(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let (visit, object) = signed(incoming, project).await?;
    let text = object.get("grouping_rules").and_then(Value::as_str);
    let text = text.ok_or_else(|| Failure::BadRequest("grouping_rules is a text".into()))?;
    let rules = settings::rules(text).map_err(Failure::BadRequest)?;
    let preview = tried(&rules, asked::sample(&visit).await?);
    let prefix = &visit.project.short_prefix;
    let mut rules = Vec::new();
    for caught in &preview.rules {
        let examples = caught.examples.iter();
        rules.push(PreviewedRule {
            rule: &caught.rule,
            events: caught.events,
            issues: caught.issues,
            examples: examples
                .map(|one| ExampleIssue {
                    short_id: read::short_id(prefix, one.number),
                    title: &one.title,
                })
                .collect(),
            warning: Some(caught.warning.as_str()).filter(|warning| !warning.is_empty()),
        });
    }
    let (events, with_own_fingerprint) = (preview.events, preview.own);
    Ok(reply::json(200, &Previewed { events, with_own_fingerprint, rules }))
}
