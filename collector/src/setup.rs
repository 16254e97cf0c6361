//! `/setup` with the deployment's secret: makes the administrator and a project where they are missing, and a way to
//! sign in: a key for a person who fills in the form, a link for a program. Whoever holds `SETUP_SECRET` owns the
//! deployment; without the secret nobody can claim it.
//!
//! ```text
//! Authorization: Bearer {SETUP_SECRET}
//! {"project": "Hazel shop", "slug": "shop", "administrator": "Jo", "origins": ["https://shop.example"]}
//! → {"dashboard": "https://…/sign-in/…", "dsn": "https://…", "project": "shop"}
//! ```

use serde::{Deserialize, Serialize};
use trapline_core::json;
use trapline_core::origin;
use worker::Response;

use crate::failure::Failure;
use crate::read::{self, ProjectRow};
use crate::request::{Body, Incoming, field};
use crate::route::RESERVED;
use crate::sql::Statement;
use crate::store::Store;
use crate::view::{SetupDonePage, SetupPage};
use crate::{account, pages, random, reply};

/// A link is meant to be opened now.
const LINK_LIFE_MS: i64 = 15 * 60_000;

/// Shorter secrets can be guessed.
const MIN_SECRET: usize = 20;

#[derive(Deserialize)]
struct Wanted {
    project: String,
    slug: String,
    #[serde(default = "administrator")]
    administrator: String,
    /// Origins that may send; none allows every one.
    #[serde(default)]
    origins: Vec<String>,
}

fn administrator() -> String {
    "Administrator".into()
}

#[derive(Serialize)]
struct Ready {
    dashboard: String,
    dsn: String,
    project: String,
}

/// `POST /setup` by a program, with the secret as bearer.
pub async fn run(incoming: &mut Incoming) -> Result<Response, Failure> {
    let given = incoming.header("authorization").unwrap_or_default();
    check_secret(incoming, given.strip_prefix("Bearer ").unwrap_or_default())?;
    let wanted = wanted(incoming).await?;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let link = random::token();
    let sign_in = SignIn { secret: &link, is_link: true, life_ms: LINK_LIFE_MS };
    let key = set_up(incoming, &store, &wanted, &sign_in).await?;
    Ok(reply::json(
        200,
        &Ready {
            dashboard: format!("{}/sign-in/{link}", incoming.origin()),
            dsn: dsn(incoming, &key.public_key, key.project_id),
            project: wanted.slug,
        },
    ))
}

/// `GET /setup`
pub async fn page(incoming: &Incoming) -> Result<Response, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let page = SetupPage {
        has_secret: secret(incoming).is_some(),
        is_set_up: first_project(&store).await?.is_some(),
        ..SetupPage::default()
    };
    Ok(reply::page(200, pages::setup(&page)?))
}

/// `POST /setup` by a person: `secret`, and for the first time `administrator`, `project` and `slug`. Shows a sign-in
/// key, and signs in.
pub async fn run_form(incoming: &mut Incoming) -> Result<Response, Failure> {
    account::check_origin(incoming)?;
    let form = incoming.form().await;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let known = first_project(&store).await?;
    let text = |name| field(&form, name).trim().to_owned();
    let wanted = match &known {
        Some(known) => Wanted {
            project: known.name.clone(),
            slug: known.slug.clone(),
            administrator: administrator(),
            origins: Vec::new(),
        },
        None => Wanted {
            project: text("project"),
            slug: text("slug"),
            administrator: text("administrator"),
            origins: text("origins").split_whitespace().map(str::to_owned).collect(),
        },
    };
    if let Err(failure) =
        check_secret(incoming, field(&form, "secret")).and_then(|()| check(&wanted))
    {
        let page = SetupPage {
            has_secret: secret(incoming).is_some(),
            is_set_up: known.is_some(),
            error: Some(failure.to_string()),
            project: wanted.project,
            slug: wanted.slug,
            administrator: wanted.administrator,
            origins: wanted.origins.join(" "),
        };
        return Ok(reply::page(failure.status(), pages::setup(&page)?));
    }
    let key = random::token();
    let sign_in = SignIn { secret: &key, is_link: false, life_ms: account::KEY_LIFE_MS };
    set_up(incoming, &store, &wanted, &sign_in).await?;
    let page =
        SetupDonePage { sign_in_key: key.clone(), next: format!("/{}/issues/", wanted.slug) };
    let response = reply::page(200, pages::setup_done(&page)?);
    account::with_session(incoming, response, &key).await
}

async fn first_project(store: &Store) -> Result<Option<ProjectRow>, Failure> {
    Ok(store.read(&read::projects()).await?.first()?)
}

async fn set_up(
    incoming: &Incoming,
    store: &Store,
    wanted: &Wanted,
    sign_in: &SignIn<'_>,
) -> Result<Key, Failure> {
    let public_key = random::public_key();
    let (now_ms, databases) = (incoming.now_ms, Store::databases(&incoming.env));
    make_ready(incoming, store, &wanted.slug, databases).await?;
    let made = |_| statements(now_ms, wanted, sign_in, &public_key, databases);
    let rows = store.write(made).await?;
    let key: Option<Key> = rows.last().map(|rows| rows.first()).transpose()?.flatten();
    key.ok_or(Failure::NotFound)
}

/// Of `?2` databases, the one that has the fewest projects.
macro_rules! fewest {
    () => {
        "(WITH RECURSIVE bound (database) AS (
            SELECT 0 UNION ALL SELECT database + 1 FROM bound WHERE database + 1 < ?2)
        SELECT database FROM bound
        ORDER BY (SELECT count(*) FROM project p WHERE p.database = bound.database), database LIMIT 1)"
    };
}

/// Brings the database up to date that a project has or is to have, so that its first event need not. Whoever makes the project
/// comes again until it is.
async fn make_ready(
    incoming: &Incoming,
    store: &Store,
    slug: &str,
    databases: u32,
) -> Result<(), Failure> {
    if databases > 1 {
        let place = store.read(&place(slug, databases)).await?.first::<Place>()?;
        let database = place.map_or(0, |place| place.database);
        Store::open_database(&incoming.env, database, incoming.now_ms).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Place {
    database: u32,
}

/// Where a project is, or would be: `slug` of `project`; SCAN of `project`, a row a project.
fn place(slug: &str, databases: u32) -> Statement {
    Statement::new(
        concat!(
            "SELECT coalesce((SELECT database FROM project WHERE slug = ?1), ",
            fewest!(),
            ") AS database"
        ),
        [slug.into(), databases.into()],
    )
}

/// What signs in afterwards.
struct SignIn<'a> {
    secret: &'a str,
    is_link: bool,
    life_ms: i64,
}

/// `http://{key}@{host}/{project}` of the origin that pages send to.
pub fn dsn(incoming: &Incoming, public_key: &str, project_id: u32) -> String {
    let site = site_origin(incoming);
    let (scheme, host) = site.split_once("://").unwrap_or(("https", &site));
    format!("{scheme}://{public_key}@{host}/{project_id}")
}

/// Where pages load the agent and send events: the setting `SITE_ORIGIN`, or the dashboard's own origin.
pub fn site_origin(incoming: &Incoming) -> String {
    incoming.setting("SITE_ORIGIN").unwrap_or_else(|| incoming.origin())
}

/// The deployment's secret, if it is long enough to be one.
fn secret(incoming: &Incoming) -> Option<String> {
    incoming.setting("SETUP_SECRET").filter(|secret| secret.len() >= MIN_SECRET)
}

fn check_secret(incoming: &Incoming, given: &str) -> Result<(), Failure> {
    let Some(secret) = secret(incoming) else {
        return Err(Failure::SetupRefused(
            "set a secret of at least 20 characters: npx wrangler secret put SETUP_SECRET",
        ));
    };
    // Hashes of equal length compare in a time that says nothing about the secret.
    if account::hash(given.trim()) == account::hash(&secret) {
        Ok(())
    } else {
        Err(Failure::SetupRefused("the secret is not the deployment's SETUP_SECRET"))
    }
}

async fn wanted(incoming: &mut Incoming) -> Result<Wanted, Failure> {
    const MAX_BODY: usize = 4 * 1024;
    let Body::Whole(body) = incoming.body(MAX_BODY).await else {
        return Err(Failure::BadRequest("the body is too large".into()));
    };
    let wanted: Wanted = json::from_slice(&body)
        .map_err(|error| Failure::BadRequest(format!("the body is not as expected: {error}")))?;
    check(&wanted)?;
    Ok(wanted)
}

fn check(wanted: &Wanted) -> Result<(), Failure> {
    const MAX_NAME: usize = 80;
    for (name, value) in [("project", &wanted.project), ("administrator", &wanted.administrator)] {
        if value.is_empty() || value.len() > MAX_NAME {
            return Err(Failure::BadRequest(format!("{name} needs 1 to {MAX_NAME} characters")));
        }
    }
    if let Some(wrong) = wanted.origins.iter().find(|text| origin::parse(text).is_none()) {
        return Err(Failure::BadRequest(format!(
            "{wrong:?} is no origin: write it like https://shop.example or https://*.shop.example"
        )));
    }
    check_slug(&wanted.slug)
}

/// Refuses what no project can be called in links.
pub fn check_slug(slug: &str) -> Result<(), Failure> {
    if is_slug(slug) {
        return Ok(());
    }
    Err(Failure::BadRequest(format!(
        "{slug:?} cannot be a short name: 1 to 40 of a-z, 0-9 and -, and none of {}",
        RESERVED.join(", ")
    )))
}

/// A new project with a key, and a note of it: its DSN, or nothing if there is one with this slug. Written again it makes nothing
/// more.
pub async fn make_project(
    incoming: &Incoming,
    name: &str,
    slug: &str,
    prefix: &str,
    origins: &str,
    note: Statement,
) -> Result<Option<String>, Failure> {
    let (public_key, now_ms) = (random::public_key(), incoming.now_ms);
    let databases = Store::databases(&incoming.env);
    let store = Store::open(&incoming.env, now_ms).await?;
    make_ready(incoming, &store, slug, databases).await?;
    let statements = [
        project(slug, name, prefix, now_ms, databases, origins),
        note,
        Statement::new(FIRST_KEY, [slug.into(), public_key.as_str().into(), now_ms.into()]),
        Statement::new(KEY_MADE, [public_key.as_str().into()]),
    ];
    let rows = store.write(|_| statements.to_vec()).await?;
    let made: Option<Key> = rows.last().map(|rows| rows.first()).transpose()?.flatten();
    Ok(made.map(|made| dsn(incoming, &public_key, made.project_id)))
}

fn project(
    slug: &str,
    name: &str,
    prefix: &str,
    now_ms: i64,
    databases: u32,
    origins: &str,
) -> Statement {
    Statement::new(
        PROJECT,
        [slug.into(), databases.into(), name.into(), prefix.into(), now_ms.into(), origins.into()],
    )
}

fn is_slug(slug: &str) -> bool {
    let is_plain = slug.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    is_plain
        && (1..=40).contains(&slug.len())
        && !slug.starts_with('-')
        && !RESERVED.contains(&slug)
}

#[derive(Deserialize)]
struct Key {
    project_id: u32,
    public_key: String,
}

const PERSON: &str = "
    INSERT INTO person (name, created_ms) SELECT ?1, ?2 WHERE NOT EXISTS (
        SELECT 1 FROM person WHERE role = 2 AND projects = '')";

const SIGN_IN: &str = "
    INSERT INTO sign_in (hash, person_id, is_link, created_ms, expires_ms)
    SELECT ?1, min(id), ?2, ?3, ?4 FROM person WHERE role = 2 AND projects = '' HAVING min(id) IS NOT NULL
    ON CONFLICT DO NOTHING";

const PROJECT: &str = concat!(
    "INSERT INTO project (slug, name, short_prefix, created_ms, allowed_origins, database)
     VALUES (?1, ?3, ?4, ?5, ?6, ",
    fewest!(),
    ") ON CONFLICT DO NOTHING"
);

const KEY: &str = "
    INSERT INTO project_key (public_key, project_id, created_ms)
    SELECT ?2, id, ?3 FROM project WHERE slug = ?1
    AND NOT EXISTS (SELECT 1 FROM project_key k WHERE k.project_id = project.id AND k.revoked_ms IS NULL)";

/// Of a project that never had one. SCAN of `project_key`.
const FIRST_KEY: &str = "
    INSERT INTO project_key (public_key, project_id, created_ms)
    SELECT ?2, id, ?3 FROM project WHERE slug = ?1
    AND NOT EXISTS (SELECT 1 FROM project_key k WHERE k.project_id = project.id) ON CONFLICT DO NOTHING";

/// Primary key of `project_key`.
const KEY_MADE: &str = "
    SELECT project_id, public_key FROM project_key WHERE public_key = ?1";

/// SCAN of `project_key`: one row a key.
const FIND_KEY: &str = "
    SELECT k.project_id, k.public_key FROM project p JOIN project_key k ON k.project_id = p.id
    WHERE p.slug = ?1 AND k.revoked_ms IS NULL ORDER BY k.created_ms LIMIT 1";

fn statements(
    now_ms: i64,
    wanted: &Wanted,
    sign_in: &SignIn,
    public_key: &str,
    databases: u32,
) -> Vec<Statement> {
    let Wanted { project, slug, administrator, origins } = wanted;
    let origins: Vec<String> = origins.iter().filter_map(|text| origin::parse(text)).collect();
    let origins = serde_json::to_string(&origins).unwrap_or_default();
    let (hash, expires_ms) = (account::hash(sign_in.secret), now_ms + sign_in.life_ms);
    vec![
        Statement::new(PERSON, [administrator.as_str().into(), now_ms.into()]),
        Statement::new(
            SIGN_IN,
            [hash.into(), sign_in.is_link.into(), now_ms.into(), expires_ms.into()],
        ),
        self::project(slug, project, &short_prefix(slug), now_ms, databases, &origins),
        Statement::new(KEY, [slug.as_str().into(), public_key.into(), now_ms.into()]),
        Statement::new(FIND_KEY, [slug.as_str().into()]),
    ]
}

/// `hazel-shop` → `HAZEL-SHOP`, the beginning of the project's short IDs.
fn short_prefix(slug: &str) -> String {
    slug.to_ascii_uppercase()
}

#[cfg(test)]
mod tests;
