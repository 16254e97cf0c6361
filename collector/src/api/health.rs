//! `/api/0/projects/{project}/releases/`: how releases are doing, and two compared; what an issue did to visits.

use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use worker::Response;

use super::add_numbers;
use super::pages::page_json;
use crate::dashboard::question::known_range;
use crate::dashboard::visit;
use crate::failure::Failure;
use crate::health::{self, ReleaseRow, Young};
use crate::page_views::read::Window;
use crate::page_views::visits;
use crate::plan::HOUR_MS;
use crate::request::Incoming;
use crate::sessions::Health;
use crate::{read, reply};

/// `GET …/releases/?range=14d&environment=production`: the newest first.
pub async fn releases(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    known_range(incoming)?;
    let window = Window::of(visit.scope.range, incoming.now_ms);
    let found = health::list(&visit.store, visit.project.id, window, &visit.scope).await?;
    let all = found.all.sessions;
    let releases = found.releases.iter().map(|release| {
        let mut json = release_json(&release.known);
        if let Some(json) = json.as_object_mut() {
            json.insert("health".to_owned(), health_json(&release.health));
            json.insert("adoption".to_owned(), visits::share(release.health.sessions, all).into());
        }
        json
    });
    let trend = found.trend.iter().map(
        |(hour, health)| json!({ "at": rfc3339_of(hour * HOUR_MS), "health": health_json(health) }),
    );
    Ok(reply::json(
        200,
        &json!({
            "all": health_json(&found.all),
            "trend": trend.collect::<Vec<Value>>(),
            "releases": releases.collect::<Vec<Value>>(),
        }),
    ))
}

/// `GET …/releases/compare/?a=shop@2&b=shop@1`: both in their first 48 hours, or as many as the younger one has.
pub async fn compare(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let (store, project_id) = (&visit.store, visit.project.id);
    let known: Vec<ReleaseRow> = store.read(&health::releases(project_id)).await?.all()?;
    let named = |name: &str| {
        let version = incoming.query(name).unwrap_or_default();
        known
            .iter()
            .find(|one| one.version == version)
            .ok_or_else(|| Failure::BadRequest(format!("{name} is none of the newest 50 releases")))
    };
    let two = [named("a")?, named("b")?];
    let compared = health::compared(store, project_id, two, incoming.now_ms).await?;
    let [a, b] = compared.releases.each_ref().map(young_json);
    let hours = Value::from(compared.hours);
    let members =
        [("hours", hours), ("a", a), ("b", b)].map(|(name, value)| (name.to_owned(), value));
    Ok(reply::json(200, &Value::Object(Map::from_iter(members))))
}

/// `GET …/issues/{short_id}/visits/`: what the error did to visits of the last three days.
pub async fn visits_of_issue(
    incoming: &Incoming,
    slug: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let number = read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)?;
    let effect = visits::effect(&visit.store, visit.project.id, number, incoming.now_ms).await?;
    let mut json = Map::new();
    json.insert("views".to_owned(), effect.views.into());
    json.insert("feedback".to_owned(), effect.feedback.into());
    add_numbers(
        &mut json,
        &[
            ("inp_p75", effect.inp),
            ("inp_p75_without", effect.inp_without),
            ("abandoned", effect.abandoned),
            ("abandoned_without", effect.abandoned_without),
        ],
    );
    Ok(reply::json(200, &Value::Object(json)))
}

fn release_json(known: &ReleaseRow) -> Value {
    json!({
        "release": known.version,
        "first_seen": (known.first_seen_ms > 0).then(|| rfc3339_of(known.first_seen_ms)),
        "new_issues": known.new_issues,
        "regressed_issues": known.regressed_issues,
    })
}

fn health_json(health: &Health) -> Value {
    let mut json = Map::new();
    for (name, count) in [
        ("sessions", health.sessions),
        ("errored", health.errored),
        ("crashed", health.crashed),
        ("abnormal", health.abnormal),
    ] {
        json.insert(name.to_owned(), count.into());
    }
    add_numbers(
        &mut json,
        &[
            ("users", Some(health.users.round())),
            ("crash_free_sessions", health.crash_free_sessions()),
            ("crash_free_users", health.crash_free_users()),
        ],
    );
    Value::Object(json)
}

fn young_json(young: &Young) -> Value {
    let pages = young.pages.iter().map(|(name, sums)| {
        let mut page = page_json(sums);
        page.insert("page".to_owned(), name.as_str().into());
        Value::Object(page)
    });
    let mut json = release_json(&young.known);
    if let Some(json) = json.as_object_mut() {
        json.insert("health".to_owned(), health_json(&young.health));
        json.insert("views".to_owned(), Value::Object(page_json(&young.views)));
        json.insert("pages".to_owned(), pages.collect());
    }
    json
}
