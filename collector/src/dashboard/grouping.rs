//! `/{project}/issues/{short_id}/compare/{other}/` and `…/split/`: why two issues are not one, and along what one may be
//! split. The JSON API asks the same functions.

use serde_json::json;
use trapline_core::event::Event;
use trapline_core::fingerprint::hex;
use trapline_core::fingerprint::rules::Rules;
use worker::Response;

use super::{Visit, not_ours, row, shell, visit};
use crate::activity::{Kind, Note};
use crate::failure::Failure;
use crate::grouping::{
    Compared, Example, Explained, Looked, Sampled, Side, aspects, compared, explained,
};
use crate::life;
use crate::people::{Role, Viewer};
use crate::plan::{HOUR_MS, bytes_of_hex, event_of_bytes};
use crate::read::{self, GroupRecord, IssueRecord, KeptRow, LookedRow, NamedBodyRow, NumberRow};
use crate::request::{Incoming, field};
use crate::view::{ComparePage, IssueRow, SplitPage};
use crate::{account, pages, reply, settings};

/// An issue with its newest kept event.
pub struct Known {
    /// The issue.
    pub row: IssueRow,
    /// As it can be read now; `None` if none is kept.
    pub event: Option<Event>,
    /// Label of the event's group, else of the newest one.
    pub label: String,
    /// The newest groups.
    pub groups: Vec<GroupRecord>,
}

/// Two issues of a project, compared.
pub struct Both {
    /// The issue that the path names first, and the other one.
    pub issues: [Known; 2],
    /// How they differ.
    pub compared: Compared,
}

/// `GET …/compare/?with=SHOP-4F`: leads to the page of both.
pub async fn compare_with(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let typed = incoming.query("with").unwrap_or_default();
    let prefix = &visit.project.short_prefix;
    let other = read::number_in(prefix, typed.trim()).ok_or_else(|| not_ours(prefix, &typed))?;
    let number = read::number_in(prefix, short_id).ok_or(Failure::NotFound)?;
    let path = |number| read::short_id(prefix, number);
    Ok(reply::redirect(&format!("/{slug}/issues/{}/compare/{}/", path(number), path(other))))
}

/// `GET …/compare/{other}/`
pub async fn compare(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
    other: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let both = both(incoming, &visit, short_id, other).await?;
    let counts = visit.store.read(&read::counts(visit.project.id)).await?.first()?;
    let page = ComparePage {
        shell: shell(&visit, &counts.unwrap_or_default(), incoming.now_ms),
        both,
        rules: settings::parse(&visit.project.settings).grouping_rules,
    };
    Ok(reply::page(200, pages::compare(&page)?))
}

/// Compares two issues of the project.
///
/// # Errors
/// [`Failure::NotFound`] unless both are the project's; a sentence if they are one.
pub async fn both(
    incoming: &Incoming,
    visit: &Visit,
    short_id: &str,
    other: &str,
) -> Result<Both, Failure> {
    let prefix = &visit.project.short_prefix;
    let number = |id: &str| read::number_in(prefix, id).ok_or(Failure::NotFound);
    let (first, second) = (number(short_id)?, number(other)?);
    let [one, other_one] = known_pair(incoming, visit, [first, second]).await?;
    if one.row.short_id == other_one.row.short_id {
        return Err(Failure::BadRequest(format!(
            "{short_id} and {other} are one issue: {}",
            one.row.short_id
        )));
    }
    let rules = settings::parse(&visit.project.settings).rules();
    let compared = compared(&one.side(), &other_one.side(), &rules);
    Ok(Both { issues: [one, other_one], compared })
}

impl Known {
    /// How the event is grouped today.
    pub fn explained(&self, rules: &Rules) -> Option<Explained> {
        self.event.as_ref().map(|event| explained(event, rules, &self.label))
    }

    fn side(&self) -> Side<'_> {
        Side { short_id: &self.row.short_id, event: self.event.as_ref(), label: &self.label }
    }
}

/// An issue, or the one that it was merged into. Four queries.
///
/// # Errors
/// [`Failure::NotFound`] if there is none.
pub async fn known(incoming: &Incoming, visit: &Visit, number: u32) -> Result<Known, Failure> {
    let found = found(incoming, visit, &[number]).await?;
    found.into_iter().next().ok_or(Failure::NotFound)
}

/// Two of them, in six queries.
async fn known_pair(
    incoming: &Incoming,
    visit: &Visit,
    numbers: [u32; 2],
) -> Result<[Known; 2], Failure> {
    found(incoming, visit, &numbers).await?.try_into().map_err(|_| Failure::NotFound)
}

async fn found(incoming: &Incoming, visit: &Visit, numbers: &[u32]) -> Result<Vec<Known>, Failure> {
    let project_id = visit.project.id;
    let since_hour = incoming.now_ms / HOUR_MS - 24;
    let asked = numbers.iter().flat_map(|number| {
        [read::issue(project_id, *number, since_hour), read::groups(project_id, *number)]
    });
    let rows = visit.store.batch(&asked.collect::<Vec<_>>()).await?;
    let mut issues: Vec<(IssueRecord, Vec<GroupRecord>)> = Vec::new();
    for pair in rows.chunks(2) {
        let [issue, groups] = pair else { return Err(Failure::NotFound) };
        issues.push((issue.first()?.ok_or(Failure::NotFound)?, groups.all()?));
    }
    let groups: Vec<GroupRecord> = issues.iter().flat_map(|(_, groups)| groups).cloned().collect();
    // Newest first: of each issue the first one is its newest.
    let kept: Vec<KeptRow> = visit.store.read(&read::kept(project_id, &groups)).await?.all()?;
    let newest: Vec<Option<&KeptRow>> = issues
        .iter()
        .map(|(_, groups)| {
            kept.iter().find(|kept| groups.iter().any(|group| group.hash == kept.group_hash))
        })
        .collect();
    let asked: Vec<&KeptRow> = newest.iter().flatten().copied().collect();
    let bodies: Vec<NamedBodyRow> =
        visit.store.read(&read::bodies_in_slots(project_id, &asked)).await?.all()?;
    let mut known = Vec::new();
    for ((record, groups), newest) in issues.into_iter().zip(newest) {
        let body =
            bodies.iter().find(|body| newest.is_some_and(|kept| kept.event_id == body.event_id));
        let event = match body.and_then(|body| event_of(&body.bytes)) {
            Some(event) => Some(visit.readable(incoming, event).await?),
            None => None,
        };
        let of_event =
            groups.iter().find(|group| newest.is_some_and(|k| k.group_hash == group.hash));
        let label =
            of_event.or(groups.first()).map(|group| group.label.clone()).unwrap_or_default();
        let row = row(&visit.project.short_prefix, &record, incoming.now_ms);
        known.push(Known { row, event, label, groups });
    }
    Ok(known)
}

/// The newest kept events of the project, for a preview of rules. One query.
pub async fn sample(visit: &Visit) -> Result<Vec<Sampled>, Failure> {
    let rows: Vec<LookedRow> =
        visit.store.read(&read::newest_events(visit.project.id)).await?.all()?;
    let mut sample = Vec::new();
    for row in rows {
        let short_id = read::short_id(&visit.project.short_prefix, row.number);
        let issue = Example { short_id, title: row.title };
        sample.extend(event_of(&row.bytes).map(|event| Sampled { issue, event }));
    }
    Ok(sample)
}

fn event_of(bytes: &str) -> Option<Event> {
    event_of_bytes(&bytes_of_hex(bytes))
}

/// `GET …/split/`: what the issue may be split by.
pub async fn split_page(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let project_id = visit.project.id;
    let number = read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)?;
    let since_hour = incoming.now_ms / HOUR_MS - 24;
    let rows = visit
        .store
        .batch(&[read::issue(project_id, number, since_hour), read::counts(project_id)])
        .await?;
    let [issue, counts] = rows.as_slice() else { return Err(Failure::NotFound) };
    let record: IssueRecord = issue.first()?.ok_or(Failure::NotFound)?;
    let looked = looked(&visit, record.number).await?;
    let page = SplitPage {
        shell: shell(&visit, &counts.first()?.unwrap_or_default(), incoming.now_ms),
        issue: row(&visit.project.short_prefix, &record, incoming.now_ms),
        groups: looked.len(),
        unread: looked.iter().filter(|one| one.title.is_none()).count(),
        aspects: aspects(&looked),
    };
    Ok(reply::page(200, pages::split(&page)?))
}

/// Short ID of the issue that this viewer has just split off, as [`split`] leads back. A link that somebody else made offers
/// no merge as its undoing.
pub fn just_split(incoming: &Incoming, viewer: &Viewer) -> Option<String> {
    let other = incoming.query("split")?;
    (incoming.query("by")? == proof(viewer, &other)).then_some(other)
}

fn proof(viewer: &Viewer, other: &str) -> String {
    hex(&account::hash(&format!("split {other} {}", viewer.csrf)))
}

async fn looked(visit: &Visit, number: u32) -> Result<Vec<Looked>, Failure> {
    let rows: Vec<LookedRow> =
        visit.store.read(&read::parts(visit.project.id, number)).await?.all()?;
    let mut looked = Vec::new();
    for LookedRow { number: home, hash, events, bytes, .. } in rows {
        looked.push(Looked::of(hash, events, home, event_of(&bytes)));
    }
    Ok(looked)
}

/// Those of the groups that count for the issue; one query.
pub async fn own_groups(
    visit: &Visit,
    number: u32,
    groups: Vec<String>,
) -> Result<Vec<String>, Failure> {
    #[derive(serde::Deserialize)]
    struct Own {
        hash: String,
    }
    let statement = read::own_groups(visit.project.id, number, &groups);
    let own: Vec<Own> = visit.store.read(&statement).await?.all()?;
    Ok(own.into_iter().map(|own| own.hash).collect())
}

/// `POST …/split` with `kind` and `value`, of a component: the groups that have it become an issue of their own; those that
/// one merge brought go back as they came. Or with `group`, raw fingerprints: each goes where it came from.
pub async fn split(
    incoming: &mut Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Member)?;
    let prefix = &visit.project.short_prefix;
    let number = read::number_in(prefix, short_id).ok_or(Failure::NotFound)?;
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    let note = Note::new(&visit.viewer, now_ms, Kind::Split, &json!({}));
    let kind = field(&form, "kind");
    let (mut groups, mut statements) = (Vec::new(), None);
    if kind.is_empty() {
        groups
            .extend(form.iter().filter(|(name, _)| name == "group").map(|(_, hash)| hash.clone()));
        let is_hash =
            |hash: &String| hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !groups.iter().all(is_hash) {
            groups.clear();
        }
        groups = own_groups(&visit, number, groups).await?;
    } else {
        let looked = looked(&visit, number).await?;
        let (mut homes, mut title) = (Vec::new(), None);
        for one in looked.iter().filter(|one| one.has(kind, field(&form, "value"))) {
            groups.push(one.hash.clone());
            homes.push(one.home);
            title = title.or(one.title.clone());
        }
        if groups.is_empty() || groups.len() == looked.len() {
            return Err(Failure::Conflict(format!(
                "{short_id} is not split by that: all of its groups have it, or none does any more"
            )));
        }
        homes.dedup();
        // What a single merge brought goes back as it came.
        if homes.len() > 1 || homes.first() == Some(&0) {
            statements = title
                .map(|title| life::part_noted(project_id, number, &groups, title, Some(&note)));
        }
    }
    let Some(first) = groups.first() else {
        return Err(Failure::BadRequest(
            "group is a raw fingerprint of 32 digits, of a group of this issue".into(),
        ));
    };
    let statements = statements
        .unwrap_or_else(|| life::split_noted(project_id, number, &groups, now_ms, Some(&note)));
    visit.store.write(|_| statements.clone()).await?;
    let went: Option<NumberRow> =
        visit.store.read(&read::issue_of(project_id, first)).await?.first()?;
    let told = match went.filter(|went| went.number != number) {
        Some(went) => {
            let other = read::short_id(prefix, went.number);
            format!("?split={other}&by={}", proof(&visit.viewer, &other))
        }
        None => String::new(),
    };
    Ok(reply::redirect(&format!("/{slug}/issues/{short_id}/{told}#grouping")))
}
