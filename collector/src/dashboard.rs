//! The pages' side of the store: reads rows, and fills the views that `pages` turns into HTML.

mod actions;
pub mod alerts;
pub mod events;
pub mod feedback;
pub mod grouping;
pub mod issue;
mod list;
pub mod outcomes;
mod overview;
pub mod peek;
pub mod people;
pub mod question;
pub mod regroup;
pub mod releases;
pub mod requests;
pub mod settings;
pub mod vitals;
pub mod workflow;

use trapline_core::event::Event;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::scrub::ScrubSettings;

use crate::account;
use crate::artifacts::digest;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::people::Viewer;
use crate::plan::{HOUR_MS, level_of};
use crate::quota::{self, Usage};
use crate::read::{self, CountsRow, IssueRecord, ProjectRow};
use crate::request::Incoming;
use crate::scope::Scope;
use crate::store::Store;
use crate::symbolicate::{Symbolicator, late};
use crate::view::{Condition, IssueRow, Section, Shell, Status};

pub use actions::{act, bulk};
pub use issue::{issue, stored_event};
pub use list::{Asked, Listed, everybody, issues, issues_page, link, list};
pub use overview::{overview, start};

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * HOUR_MS;

/// What every page begins with.
pub struct Visit {
    /// The database of the project's events.
    pub store: Store,
    /// Who reads.
    pub viewer: Viewer,
    /// The project that the path names.
    pub project: ProjectRow,
    /// All that the viewer sees.
    pub projects: Vec<ProjectRow>,
    /// What part of the project is shown.
    pub scope: Scope,
    /// What the project has sent today.
    pub usage: Usage,
}

impl Visit {
    /// What resolves frames of the project.
    pub fn symbolicator<'a>(
        &'a self,
        incoming: &'a Incoming,
        scrub: &'a ScrubSettings,
        rules: &'a Rules,
    ) -> Symbolicator<'a> {
        Symbolicator {
            env: &incoming.env,
            store: &self.store,
            project_id: self.project.id,
            now_ms: incoming.now_ms,
            scrub,
            rules,
        }
    }

    /// An event as it can be read now: something may have been uploaded since it was stored. Then its group follows, when this
    /// has been answered.
    pub async fn readable(&self, incoming: &Incoming, event: Event) -> Result<Event, Failure> {
        let settings = crate::settings::parse(&self.project.settings);
        let (scrub, rules) = (&settings.scrub, &settings.rules());
        let Some(resolved) = self.symbolicator(incoming, scrub, rules).resolved(&event).await?
        else {
            return Ok(event);
        };
        let (project_id, database) = (self.project.id, self.project.database);
        digest::follow_up(incoming, project_id, database);
        late::follow_up(incoming, project_id, database, &settings);
        Ok(resolved)
    }
}

/// Opens the store, and finds viewer and project.
pub async fn visit(incoming: &Incoming, slug: &str) -> Result<Visit, Failure> {
    visit_of(incoming, Some(slug)).await
}

/// A visit of what belongs to no project: the first one that the viewer sees stands around it.
pub async fn visit_deployment(incoming: &Incoming) -> Result<Visit, Failure> {
    visit_of(incoming, None).await
}

async fn visit_of(incoming: &Incoming, slug: Option<&str>) -> Result<Visit, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let viewer = account::viewer(incoming, &store).await?;
    let used = quota::of_slug(slug.unwrap_or_default(), incoming.now_ms / HOUR_MS);
    let rows = store.batch(&[read::projects(), used]).await?;
    let [projects, usage] = rows.as_slice() else { return Err(Failure::NotFound) };
    let (mut projects, usage): (Vec<ProjectRow>, _) =
        (projects.all()?, usage.first()?.unwrap_or_default());
    projects.retain(|project| viewer.sees(project.id));
    let is_meant = |project: &&ProjectRow| slug.is_none_or(|slug| project.slug == slug);
    let project = projects.iter().find(is_meant).cloned();
    let project = project.ok_or(Failure::NotFound)?;
    let store = Store::open_database(&incoming.env, project.database, incoming.now_ms).await?;
    Ok(Visit { store, viewer, project, projects, scope: Scope::of(incoming), usage })
}

/// Projects that a viewer sees.
pub async fn seen(store: &Store, viewer: &Viewer) -> Result<Vec<ProjectRow>, Failure> {
    let mut projects: Vec<ProjectRow> = store.read(&read::projects()).await?.all()?;
    projects.retain(|project| viewer.sees(project.id));
    Ok(projects)
}

/// What was typed names no issue of the project.
fn not_ours(prefix: &str, typed: &str) -> Failure {
    let example = read::short_id(prefix, 143);
    Failure::BadRequest(format!("{typed:?} is no issue of this project: name it like {example}"))
}

fn shell(visit: &Visit, counts: &CountsRow, now_ms: i64) -> Shell {
    let pair = |project: &ProjectRow| (project.slug.clone(), project.name.clone());
    Shell {
        project_name: visit.project.name.clone(),
        project_slug: visit.project.slug.clone(),
        projects: visit
            .projects
            .iter()
            .filter(|other| other.id != visit.project.id)
            .map(pair)
            .collect(),
        limits: Limits::of(visit, now_ms),
        section: Section::Issues,
        open_issues: counts.unresolved,
        open_feedback: counts.feedback,
        user_name: visit.viewer.name.clone(),
        csrf: visit.viewer.csrf.clone(),
        scope: visit.scope.query(),
        now_ms,
    }
}

/// An issue as lists and pages show it.
pub fn row(prefix: &str, record: &IssueRecord, now_ms: i64) -> IssueRow {
    IssueRow {
        short_id: read::short_id(prefix, record.number),
        kind: record.kind.clone(),
        value: record.value.clone(),
        function: record.function.clone(),
        place: record.place.clone(),
        level: level_of(record.level),
        handled: record.handled == 1,
        status: match record.status {
            1 => Status::Resolved,
            2 => Status::Ignored,
            _ => Status::Unresolved,
        },
        events: record.events,
        users: record.users,
        first_seen_ms: record.first_seen_ms,
        last_seen_ms: record.last_seen_ms,
        hours: hours_of(&record.recent, now_ms / HOUR_MS),
        is_new: now_ms - record.first_seen_ms < DAY_MS,
        is_regressed: is_regressed(record),
        is_escalating: record.status == 0 && now_ms - record.escalated_ms < 2 * HOUR_MS,
        condition: condition(record),
        days: Vec::new(),
        last_release: record.last_release.clone(),
        assignee: String::new(),
        assignee_id: record.assignee,
    }
}

/// Regressing was the last that happened to it: what was ignored since, or reopened by hand, is another story.
fn is_regressed(record: &IssueRecord) -> bool {
    record.status == 0 && record.regressed_ms > 0 && record.regressed_ms >= record.status_ms
}

/// What brings an issue back by itself: `until 3 Dec`, as a [`Condition`].
fn condition(record: &IssueRecord) -> Condition {
    match record.status {
        1 if !record.resolved_release.is_empty() => {
            Condition::LaterThan { release: record.resolved_release.clone() }
        }
        2 => Condition::Until {
            at_ms: record.ignore_until_ms,
            events: record.ignore_events,
            users: record.ignore_users,
        },
        _ => Condition::None,
    }
}

/// Events of the last 24 hours, oldest first, out of `497001` `00000012` and a space for each hour of each group.
fn hours_of(recent: &str, this_hour: i64) -> [u32; 24] {
    let mut hours = [0_u32; 24];
    for entry in recent.split_ascii_whitespace() {
        let Some((hour, events)) = entry.split_at_checked(6) else { continue };
        let (Ok(hour), Ok(events)) = (hour.parse::<i64>(), events.parse::<u32>()) else { continue };
        let index = usize::try_from(hour - this_hour + 23).ok();
        if let Some(slot) = index.and_then(|index| hours.get_mut(index)) {
            *slot = slot.saturating_add(events);
        }
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::{hours_of, is_regressed};
    use crate::read::IssueRecord;

    #[test]
    fn a_regression_is_told_until_something_else_happens_to_the_issue() {
        for (status, regressed_ms, status_ms, expected) in [
            (0, 7, 7, true),
            (0, 0, 0, false),
            (0, 7, 8, false),
            (1, 7, 8, false),
            (0, 0, 9, false),
        ] {
            let record = IssueRecord { status, regressed_ms, status_ms, ..IssueRecord::default() };
            assert_eq!(is_regressed(&record), expected);
        }
    }

    #[test]
    fn hours_of_all_groups_are_added() {
        let hours = hours_of(
            "49700000000005 49702300000002 49702300000001 49699900000009 damaged ",
            497_023,
        );
        assert_eq!((hours[0], hours[23]), (5, 3));
        assert_eq!(hours.iter().sum::<u32>(), 8);
    }
}
