//! A project in which every kind of issue stands, and the table of the dashboard's pages that show them: what pictures are
//! taken of, what is searched for barriers, and what is walked. A new page is a line in [`PLACES`].

mod bugs;
mod views;

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{Project, World};

/// A page of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What its pictures are called.
    pub name: &'static str,
    /// Its path; `{project}` and the names of `bugs::BUGS` are replaced by what they are in a showcase.
    pub path: &'static str,
    /// What its `<h1>` holds.
    pub heading: &'static str,
}

/// Every page, and what it looks like in each state that is another page to a reader.
pub const PLACES: &[Place] = &[
    place("issues", "/{project}/issues/", "Issues"),
    place("issues-resolved", "/{project}/issues/?status=resolved", "Issues"),
    place("issues-ignored", "/{project}/issues/?status=ignored", "Issues"),
    place("issues-filtered", "/{project}/issues/?query=basket", "Issues"),
    place("issues-new", "/{project}/issues/?status=new", "Issues"),
    place("issues-by-trend", "/{project}/issues/?sort=trend", "Issues"),
    place("issues-problem", "/{project}/issues/?query=first-seen:yesterday", "Issues"),
    place("issues-none", "/{project}/issues/?query=zqxjkvzq", "Issues"),
    place("issue", "/{project}/issues/{crash}/", "TypeError"),
    place("issue-panic", "/{project}/issues/{panic}/", "panic"),
    place("issue-opaque", "/{project}/issues/{opaque}/", "Script error."),
    place("issue-stale", "/{project}/issues/{stale}/", "ChunkLoadError"),
    place("issue-network", "/{project}/issues/{network}/", "Failed to fetch"),
    place("issue-extension", "/{project}/issues/{extension}/", "reading 'wallet'"),
    place("issue-long", "/{project}/issues/{long}/", "QuotaExceededError"),
    place("issue-policy", "/{project}/issues/{policy}/", "CSPViolation"),
    place("issue-message", "/{project}/issues/{message}/", "walnut"),
    place("issue-server", "/{project}/issues/{server}/", "ConnectionError"),
    place("issue-resolved", "/{project}/issues/{resolved}/", "voucher"),
    place("issue-ignored", "/{project}/issues/{ignored}/", "the letter"),
    place("event", "/{project}/issues/{crash}/events/{event}/", "TypeError"),
    place("events", "/{project}/issues/{crash}/events/", "All events"),
    place("activity", "/{project}/issues/{crash}/activity/", "TypeError"),
    place("split", "/{project}/issues/{crash}/split", "Split"),
    place("compare", "/{project}/issues/{crash}/compare/{network}/", "not one issue"),
    place("projects", "/", "Projects"),
    place("vitals", "/{project}/vitals/", "Web vitals"),
    place("vitals-open", "/{project}/vitals/?page=/checkout&sort=inp", "Web vitals"),
    place("vitals-none", "/{empty}/vitals/", "Web vitals"),
    place("requests", "/{project}/requests/", "Requests"),
    place("requests-open", "/{project}/requests/?endpoint=POST%20/api/cart/lines", "Requests"),
    place("requests-none", "/{empty}/requests/", "Requests"),
    place("releases", "/{project}/releases/", "Releases"),
    place("releases-none", "/{empty}/releases/", "Releases"),
    place("feedback", "/{project}/feedback/", "Feedback"),
    place("feedback-issue", "/{project}/feedback/?issue={crash}", "Feedback"),
    place("feedback-spam", "/{project}/feedback/?status=spam", "Feedback"),
    place("feedback-found", "/{project}/feedback/?query=walnut", "Feedback"),
    place("feedback-none", "/{empty}/feedback/", "Feedback"),
    place("outcomes", "/{project}/outcomes/", "Outcomes"),
    place("outcomes-limited", "/{limited}/outcomes/", "Outcomes"),
    place("over-quota", "/{limited}/issues/", "Issues"),
    place("settings", "/{project}/settings/", "Settings"),
    place("settings-keys", "/{project}/settings/keys/", "Settings"),
    place("settings-snippets", "/{project}/settings/snippets/", "Settings"),
    place("settings-filters", "/{project}/settings/filters/", "Settings"),
    place("settings-privacy", "/{project}/settings/privacy/", "Settings"),
    place("settings-limits", "/{project}/settings/limits/", "Settings"),
    place("settings-grouping", "/{project}/settings/grouping/", "Settings"),
    place("settings-tokens", "/{project}/settings/tokens/", "Settings"),
    place("settings-alerts", "/{project}/settings/alerts/", "Alerts"),
    place("settings-people", "/settings/people/", "Settings"),
    place("settings-projects", "/settings/projects/", "Settings"),
    place("settings-access", "/settings/access/", "Settings"),
    place("settings-audit", "/settings/audit/", "Settings"),
    place("settings-profile", "/settings/profile/", "Settings"),
    place("regroup", "/{project}/regroup/", "Regroup"),
    place("first-event", "/{empty}/issues/", "first event"),
    place("sign-in", "/sign-in", "Sign in"),
    place("set-up", "/setup", "A new sign-in key"),
    place("not-found", "/{project}/issues/SHOP-99999/", "There is no such page"),
];

const fn place(name: &'static str, path: &'static str, heading: &'static str) -> Place {
    Place { name, path, heading }
}

/// A project that has been filled, and an empty one.
#[derive(Debug)]
pub struct Showcase {
    dashboard: String,
    /// What stands in paths, and what for.
    names: Vec<(&'static str, String)>,
}

/// Name and short name of the project that is filled, of the one that waits for its first event, and of the one that is
/// over its quota.
const PROJECTS: [(&str, &str); 3] =
    [("Hazel & Oak", "hazel"), ("Nursery", "nursery"), ("Sawmill", "sawmill")];

impl Showcase {
    /// Fills a project.
    ///
    /// # Errors
    /// What was refused.
    pub(crate) fn fill(world: &World) -> Result<Self> {
        let [project, empty, limited] =
            PROJECTS.map(|(name, slug)| world.project_named(name, slug));
        alerts(world, &project)?;
        bugs::send(&project, now_s()?)?;
        limited.api.set(&json!({ "hourly_quota": 2 }))?;
        bugs::send_too_many(&limited, now_s()?);
        let mut names = Vec::new();
        for bug in bugs::BUGS {
            let id = short_id(&project, bug.value).with_context(|| bug.name.to_owned())?;
            match bug.state {
                bugs::State::Open => {}
                bugs::State::Resolved => project.api.decide(&id, &[("status", "resolved")])?,
                bugs::State::Ignored => {
                    project.api.decide(&id, &[("status", "ignored"), ("hours", "48")])?;
                }
                bugs::State::Regressed => {
                    project.api.decide(&id, &[("status", "resolved")])?;
                    bugs::send_again(&project, bug, now_s()? + 1)?;
                }
                bugs::State::Escalating => world.database.run(&format!(
                    "UPDATE issue SET escalated_ms = {} WHERE project_id = {} AND value = '{}'",
                    now_s()? * 1_000,
                    project.id(),
                    bug.value.replace('\'', "''"),
                )),
            }
            names.push((bug.name, id));
        }
        let crash = names.iter().find(|(name, _)| *name == "crash").context("a crash")?.1.clone();
        let page = format!("/{}/issues/{crash}/", project.slug);
        let text = "The server renames `amount`: see https://shop.test/changes/1290. I take it.";
        project.api.submit(&page, &format!("{page}comments"), &[("text", text)])?;
        project.api.decide(&crash, &[("status", "resolved")])?;
        project.api.decide(&crash, &[("status", "unresolved")])?;
        let alerts = format!("/{}/settings/alerts/", project.slug);
        let alert = [
            ("channel", "webhook"),
            ("target", "https://hooks.example/a-long-address/of-a-receiver"),
            ("new", "on"),
        ];
        project.api.submit(&alerts, &alerts, &alert)?;
        let kept = project.api.kept(&crash)?;
        let event = kept.last().context("a kept event")?.clone();
        views::send(&project, now_s()?, &event)?;
        names.push(("event", event));
        names.push(("project", project.slug.clone()));
        names.push(("empty", empty.slug.clone()));
        names.push(("limited", limited.slug.clone()));
        Ok(Self { dashboard: world.worker.dashboard(), names })
    }

    /// What stands for a name in paths: of a bug, the short ID of its issue.
    ///
    /// # Panics
    /// When there is no such name.
    #[must_use]
    pub fn name(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(known, _)| *known == name);
        &found.unwrap_or_else(|| panic!("nothing is called {name}")).1
    }

    /// Where a page is.
    #[must_use]
    pub fn url(&self, place: &Place) -> String {
        self.url_of(place.path)
    }

    /// The same of a path with names in it.
    #[must_use]
    pub fn url_of(&self, path: &str) -> String {
        let named = |path: String, (name, value): &(&str, String)| {
            path.replace(&format!("{{{name}}}"), value)
        };
        self.dashboard.clone() + &self.names.iter().fold(path.to_owned(), named)
    }
}

/// Somebody who is told of all that the project is filled with, and somebody who takes a pause.
fn alerts(world: &World, project: &Project<'_>) -> Result<()> {
    let slack = "https://hooks.slack.com/services/T0HAZEL/B0OAK/4kZtQx7zWm2LrN8s";
    for rule in [
        json!({
            "name": "On call", "target": world.receiver.url("/hazel"), "regressed": true, "escalating": true,
            "threshold": 500, "window": 15, "search": "environment:production checkout",
        }),
        json!({ "name": "Speed", "target": world.receiver.url("/hazel"), "new": false, "measure": "lcp", "limit": 2500,
            "of": "/checkout", "hours": 24 }),
        json!({ "name": "#shop-errors", "channel": "slack", "target": slack, "level": "error", "every": 30, "paused": true }),
    ] {
        let answer = project.api.send("POST", "alerts/", &rule)?;
        ensure!(answer.status == 201, "{answer:?}: {rule}");
    }
    Ok(())
}

/// The open issue whose message begins so, or whose type it is. Long messages are cut.
fn short_id(project: &Project<'_>, value: &str) -> Result<String> {
    let issues = project.api.issues()?;
    let begin: String = value.chars().take_while(|letter| *letter != '\n').take(30).collect();
    let issue = issues.iter().find(|issue| issue.value.starts_with(&begin) || issue.kind == value);
    Ok(issue.with_context(|| format!("no issue says {value:?}: {issues:#?}"))?.short_id.clone())
}

fn now_s() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

fn envelope(event: &Value) -> Vec<u8> {
    format!("{{}}\n{{\"type\":\"event\"}}\n{event}").into_bytes()
}

fn send(project: &Project<'_>, event: &Value) -> Result<()> {
    let answer = project.send(&envelope(event));
    ensure!(answer.status == 200, "{answer:?}: {event}");
    Ok(())
}

/// Sends what a browser reports by itself.
fn report(project: &Project<'_>, report: &Value) -> Result<()> {
    let address = project.address().replace("/envelope/", "/security/");
    let answer = crate::post_to(&address, json!({ "csp-report": report }).to_string().as_bytes())?;
    ensure!(answer.status == 200, "{answer:?}: {report}");
    Ok(())
}
