//! Releases as deployments tell of them: `sentry-cli releases new`, `set-commits`, `finalize`, `deploys`, and what bundlers'
//! plugins call.
//!
//! ```text
//! POST   /api/0/organizations/{org}/releases/                      {version, projects?, dateReleased?, refs?, commits?, …}
//! GET, PUT, DELETE …/releases/{version}/
//! GET, POST        …/releases/{version}/deploys/
//! GET    /api/0/projects/{org}/{project}/releases/
//! ```
//! What names no project is meant for those that know the release, or else for the only one that the token is for. Kept: 100
//! commits and 50 deployments, texts cut to 500 characters.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use worker::Response;

use super::access::{Access, json};
use super::token::ARTIFACTS_WRITE;
use super::upload::MAX_RELEASE;
use crate::failure::Failure;
use crate::read::ProjectRow;
use crate::reply;
use crate::request::Incoming;
use crate::sql::Statement;

/// Largest request: git histories are sent whole.
const MAX_BODY: usize = 4 << 20;

/// Commits that are kept of a release.
const MAX_COMMITS: usize = 100;

/// Longest text, in characters.
const MAX_TEXT: usize = 500;

/// Releases of a list.
const LISTED: u32 = 100;

/// A release of a project.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    version: String,
    project_id: u32,
    created_ms: i64,
    released_ms: i64,
    detail: String,
}

/// Of one version. Primary key of `release_detail`.
fn of_version(version: &str) -> Statement {
    Statement::new(
        "SELECT version, project_id, created_ms, released_ms, detail FROM release_detail WHERE version = ?1",
        [version.into()],
    )
}

/// The newest of a project. SCAN of `release_detail`: one row a release.
fn newest(project_id: u32) -> Statement {
    Statement::new(
        "SELECT version, project_id, created_ms, released_ms, detail FROM release_detail
         WHERE project_id = ?1 ORDER BY created_ms DESC LIMIT ?2",
        [project_id.into(), LISTED.into()],
    )
}

/// Adds what is told to what is known. Primary key of `release_detail`.
fn tell(version: &str, projects: &[u32], told: &Map<String, Value>, now_ms: i64) -> Statement {
    let projects = serde_json::to_string(projects).unwrap_or_default();
    let is_released = told.get("dateReleased").is_some_and(|date| !date.is_null());
    let told = serde_json::to_string(told).unwrap_or_default();
    Statement::new(
        "INSERT INTO release_detail (version, project_id, created_ms, released_ms, detail)
         SELECT ?1, value, ?2, ?3, json_patch('{}', ?4) FROM json_each(?5) WHERE true
         ON CONFLICT DO UPDATE SET released_ms = max(released_ms, excluded.released_ms), detail = json_patch(detail, ?4)",
        [
            version.into(),
            now_ms.into(),
            (if is_released { now_ms } else { 0 }).into(),
            told.into(),
            projects.into(),
        ],
    )
}

/// Adds a deployment, up to 50. Primary key of `release_detail`.
fn deploy(version: &str, projects: &[u32], deployment: &Value) -> Statement {
    let projects = serde_json::to_string(projects).unwrap_or_default();
    Statement::new(
        "UPDATE release_detail SET detail = json_insert(
            iif(detail -> '$.deploys' IS NULL, json_set(detail, '$.deploys', json('[]')), detail),
            '$.deploys[#]', json(?3))
         WHERE version = ?1 AND project_id IN (SELECT value FROM json_each(?2))
         AND coalesce(json_array_length(detail, '$.deploys'), 0) < 50",
        [version.into(), projects.into(), deployment.to_string().into()],
    )
}

/// Primary key of `release_detail`.
fn forget(version: &str, projects: &[u32]) -> Statement {
    let projects = serde_json::to_string(projects).unwrap_or_default();
    Statement::new(
        "DELETE FROM release_detail WHERE version = ?1 AND project_id IN (SELECT value FROM json_each(?2))",
        [version.into(), projects.into()],
    )
}

/// `POST …/releases/`
///
/// # Errors
/// Without a good token, or a version.
pub async fn create(incoming: &mut Incoming) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let told: Map<String, Value> = json(incoming, MAX_BODY).await?;
    let version = told.get("version").and_then(Value::as_str).unwrap_or_default().to_owned();
    let answer = told_of(incoming, &access, &version, &told).await?;
    Ok(reply::json(201, &answer))
}

/// `PUT …/releases/{version}/`
///
/// # Errors
/// Without a good token.
pub async fn change(incoming: &mut Incoming, version: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let told: Map<String, Value> = json(incoming, MAX_BODY).await?;
    let answer = told_of(incoming, &access, &decoded(version), &told).await?;
    Ok(reply::json(200, &answer))
}

async fn told_of(
    incoming: &Incoming,
    access: &Access,
    version: &str,
    told: &Map<String, Value>,
) -> Result<Value, Failure> {
    check(version)?;
    let rows = rows(access, version).await?;
    let projects = meant(access, told, &rows)?;
    let kept = kept(told);
    let (now_ms, people) = (incoming.now_ms, &access.people);
    people.write(|_| vec![tell(version, &projects, &kept, now_ms)]).await?;
    let rows: Vec<Row> = people.read(&of_version(version)).await?.all()?;
    release_json(access, &rows).ok_or(Failure::NotFound)
}

async fn rows(access: &Access, version: &str) -> Result<Vec<Row>, Failure> {
    let rows: Vec<Row> = access.people.read(&of_version(version)).await?.all()?;
    Ok(rows.into_iter().filter(|row| access.holder.is_for(row.project_id)).collect())
}

/// The projects that a request is for.
fn meant(access: &Access, told: &Map<String, Value>, rows: &[Row]) -> Result<Vec<u32>, Failure> {
    let named: Vec<&str> = told
        .get("projects")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !named.is_empty() {
        return named.iter().map(|name| access.project(name).map(|project| project.id)).collect();
    }
    if !rows.is_empty() {
        return Ok(rows.iter().map(|row| row.project_id).collect());
    }
    let own: Vec<&ProjectRow> =
        access.projects.iter().filter(|project| access.holder.is_for(project.id)).collect();
    match own.as_slice() {
        [only] => Ok(vec![only.id]),
        _ => Err(Failure::BadRequest(
            "name the project of this release: --project, or SENTRY_PROJECT".into(),
        )),
    }
}

fn check(version: &str) -> Result<(), Failure> {
    let is_plain = !version.trim().is_empty() && !version.chars().any(char::is_control);
    if is_plain && version.len() <= MAX_RELEASE && version != "." && version != ".." {
        return Ok(());
    }
    Err(Failure::BadRequest(format!(
        "a version has 1 to {MAX_RELEASE} bytes, and no control characters"
    )))
}

/// What is kept of what is told.
fn kept(told: &Map<String, Value>) -> Map<String, Value> {
    const TEXTS: [&str; 5] = ["url", "status", "ref", "dateStarted", "dateReleased"];
    const OF_A_COMMIT: [&str; 7] =
        ["id", "repository", "commit", "previousCommit", "author_name", "timestamp", "message"];
    let mut kept = Map::new();
    for name in TEXTS {
        if let Some(text) = told.get(name).and_then(Value::as_str) {
            kept.insert(name.to_owned(), cut(text).into());
        }
    }
    for name in ["refs", "commits"] {
        let Some(list) = told.get(name).and_then(Value::as_array) else { continue };
        let short = |one: &Value| -> Map<String, Value> {
            OF_A_COMMIT
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), cut(one.get(name)?.as_str()?).into())))
                .collect()
        };
        kept.insert(name.to_owned(), list.iter().take(MAX_COMMITS).map(short).collect());
    }
    kept
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// As `sentry-cli` reads it; `None` if there is none.
fn release_json(access: &Access, rows: &[Row]) -> Option<Value> {
    let first = rows.first()?;
    let detail: Value = serde_json::from_slice(first.detail.as_bytes()).unwrap_or_default();
    let count = |name: &str| detail.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    let projects: Vec<Value> = access
        .projects
        .iter()
        .filter(|project| rows.iter().any(|row| row.project_id == project.id))
        .map(|project| json!({ "id": project.id, "slug": project.slug, "name": project.name }))
        .collect();
    Some(json!({
        "version": first.version,
        "shortVersion": first.version,
        "status": detail.get("status").cloned().unwrap_or_else(|| "open".into()),
        "url": detail.get("url"),
        "ref": detail.get("ref"),
        "dateCreated": rfc3339_of(first.created_ms),
        "dateReleased": (first.released_ms > 0).then(|| rfc3339_of(first.released_ms)),
        "lastEvent": null,
        "newGroups": 0,
        "commitCount": count("commits").max(count("refs")),
        "deployCount": count("deploys"),
        "projects": projects,
    }))
}

/// `GET …/releases/{version}/`
///
/// # Errors
/// Without a good token; 404 for an unknown release.
pub async fn one(incoming: &Incoming, version: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let rows = rows(&access, &decoded(version)).await?;
    release_json(&access, &rows).map(|one| reply::json(200, &one)).ok_or(Failure::NotFound)
}

/// `DELETE …/releases/{version}/`: what is known of it; its artifacts stay as long as events need them.
///
/// # Errors
/// Without a good token; 404 for an unknown release.
pub async fn delete(incoming: &Incoming, version: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let version = decoded(version);
    let rows = rows(&access, &version).await?;
    if rows.is_empty() {
        return Err(Failure::NotFound);
    }
    let projects: Vec<u32> = rows.iter().map(|row| row.project_id).collect();
    access.people.write(|_| vec![forget(&version, &projects)]).await?;
    Ok(reply::json(200, &json!({})))
}

/// `GET /api/0/projects/{org}/{project}/releases/`, or of all projects of the token: newest first.
///
/// # Errors
/// Without a good token.
pub async fn list(incoming: &Incoming, project: Option<&str>) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let projects: Vec<u32> = match project {
        Some(name) => vec![access.project(name)?.id],
        None => {
            let own = access.projects.iter().filter(|project| access.holder.is_for(project.id));
            own.map(|project| project.id).take(10).collect()
        }
    };
    let statements: Vec<Statement> = projects.iter().map(|id| newest(*id)).collect();
    let mut releases = Vec::new();
    for rows in access.people.batch(&statements).await? {
        let rows: Vec<Row> = rows.all()?;
        releases
            .extend(rows.iter().filter_map(|row| release_json(&access, std::slice::from_ref(row))));
    }
    Ok(reply::json(200, &releases))
}

/// `GET …/releases/{version}/deploys/`
///
/// # Errors
/// Without a good token; 404 for an unknown release.
pub async fn deploys(incoming: &Incoming, version: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let rows = rows(&access, &decoded(version)).await?;
    let first = rows.first().ok_or(Failure::NotFound)?;
    let detail: Value = serde_json::from_slice(first.detail.as_bytes()).unwrap_or_default();
    Ok(reply::json(200, detail.get("deploys").unwrap_or(&json!([]))))
}

/// `POST …/releases/{version}/deploys/` with `{environment, name?, url?, dateStarted?, dateFinished?}`
///
/// # Errors
/// Without a good token, or an environment.
pub async fn create_deploy(incoming: &mut Incoming, version: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let told: Map<String, Value> = json(incoming, MAX_BODY).await?;
    let version = decoded(version);
    check(&version)?;
    let text = |name: &str| told.get(name).and_then(Value::as_str).map(cut);
    let environment = text("environment").filter(|text| !text.is_empty());
    let environment =
        environment.ok_or_else(|| Failure::BadRequest("name an environment".into()))?;
    let finished = text("dateFinished").unwrap_or_else(|| rfc3339_of(incoming.now_ms));
    let deployment = json!({
        "id": incoming.now_ms.to_string(),
        "environment": environment,
        "name": text("name"),
        "url": text("url"),
        "dateStarted": text("dateStarted"),
        "dateFinished": finished,
    });
    let rows = rows(&access, &version).await?;
    let projects = meant(&access, &told, &rows)?;
    let statements = || {
        vec![
            tell(&version, &projects, &Map::new(), incoming.now_ms),
            deploy(&version, &projects, &deployment),
        ]
    };
    access.people.write(|_| statements()).await?;
    Ok(reply::json(201, &deployment))
}

/// What `set-commits` asks before it looks into git: no repository is connected, no earlier release has commits.
///
/// # Errors
/// Without a good token.
pub async fn nothing_known(incoming: &Incoming, answer: Value) -> Result<Response, Failure> {
    Access::of(incoming, ARTIFACTS_WRITE).await?;
    Ok(reply::json(200, &answer))
}

/// `GET /api/0/organizations/` and `…/{org}/projects/`: a deployment is one organisation.
///
/// # Errors
/// Without a good token.
pub async fn projects(incoming: &Incoming) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let project = |project: &ProjectRow| json!({ "id": project.id.to_string(), "slug": project.slug, "name": project.name, "team": null });
    let own = access.projects.iter().filter(|project| access.holder.is_for(project.id));
    Ok(reply::json(200, &own.map(project).collect::<Vec<_>>()))
}

/// A part of a path as it was meant: `shop%401.0.0` → `shop@1.0.0`.
fn decoded(part: &str) -> String {
    let query = format!("v={}", part.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
