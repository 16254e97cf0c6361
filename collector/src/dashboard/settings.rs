//! `/{project}/settings/`: what the owner has set, and the forms that change it. Each form names all members of its section:
//! a box that is not ticked is not sent.

use serde::Deserialize;
use serde_json::{Map, Value};
use worker::Response;

use super::grouping::sample;
use super::{Visit, shell, visit};
use crate::api::{settings as api, tokens};
use crate::artifacts::token;
use crate::failure::Failure;
use crate::grouping::{Preview, preview};
use crate::outcome::HourRow;
use crate::people::Role;
use crate::read;
use crate::request::{Incoming, field};
use crate::view::{Section, SettingsPage, Shell, TypedRules};
use crate::{account, erasure, pages, reply, settings, setup};

/// Hours of outcomes that the page shows.
const HOURS: i64 = 24;

/// Renders the page.
pub async fn settings(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    Ok(reply::page(200, rendered(incoming, &visit, None, None).await?))
}

/// The page, with a token that was just made, or rules that were typed.
async fn rendered(
    incoming: &Incoming,
    visit: &Visit,
    new_token: Option<String>,
    typed: Option<TypedRules>,
) -> Result<String, Failure> {
    let project = &visit.project;
    let dsn = |key: &str| setup::dsn(incoming, key, project.id);
    let keys = api::key_rows(incoming, project).await?.into_iter();
    let counts = visit.store.read(&read::counts(project.id)).await?.first()?.unwrap_or_default();
    let pending = visit.store.read(&erasure::pending(project.id)).await?;
    let outcomes: Vec<HourRow> = api::outcome_rows(incoming, visit, HOURS).await?;
    let page = SettingsPage {
        shell: Shell { section: Section::Settings, ..shell(visit, &counts, incoming.now_ms) },
        keys: keys.map(|row| (row.clone(), dsn(&row.public_key))).collect(),
        tokens: tokens::rows(incoming, project.id).await?,
        new_token,
        origins: serde_json::from_slice(project.allowed_origins.as_bytes()).unwrap_or_default(),
        settings: settings::parse(&project.settings),
        outcomes,
        erasures: pending.first::<Pending>()?.map_or(0, |row| row.pending),
        typed,
    };
    Ok(pages::settings(&page)?)
}

/// `POST …/keys` with `label`.
pub async fn create_key(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    api::new_key(incoming, &visit.project, field(&form, "label")).await?;
    Ok(back(slug, "keys"))
}

/// `POST …/revoke-key` with `key`.
pub async fn revoke_key(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    api::revoke(incoming, &visit.project, field(&form, "key")).await?;
    Ok(back(slug, "keys"))
}

/// `POST …/tokens` with `label`, a box a scope, and `all_projects`: the page with the token, which is shown this once.
pub async fn create_token(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    let is_on = |name: &&str| field(&form, name) == "on";
    let scopes: Vec<String> = token::SCOPES.into_iter().filter(is_on).map(str::to_owned).collect();
    let all_projects = is_on(&"all_projects");
    let label = field(&form, "label");
    let (_, token) = tokens::make(incoming, &visit, label, &scopes, all_projects).await?;
    Ok(reply::page(200, rendered(incoming, &visit, Some(token), None).await?))
}

/// `POST …/revoke-token` with `token`, its ID.
pub async fn revoke_token(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    tokens::revoke_of(incoming, visit.project.id, field(&form, "token")).await?;
    Ok(back(slug, "tokens"))
}

/// `POST …/senders` with `origins`, one a line, and `allow_without_origin`.
pub async fn senders(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let changes = flags(&form, &["allow_without_origin"]);
    let origins = lines(&form, "origins");
    api::change(incoming, &mut visit.project, &changes, Some(&origins)).await?;
    Ok(back(slug, "senders"))
}

/// `POST …/limits` with numbers, and `spike_protection`.
pub async fn limits(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let mut changes = flags(&form, &["spike_protection"]);
    for name in ["hourly_quota", "daily_quota", "max_event_bytes"] {
        let text = field(&form, name).trim();
        let number: u32 = if text.is_empty() {
            0
        } else {
            text.parse()
                .map_err(|_| Failure::BadRequest(format!("{name} is a number, not {text:?}")))?
        };
        changes.insert(name.to_owned(), number.into());
    }
    api::change(incoming, &mut visit.project, &changes, None).await?;
    Ok(back(slug, "limits"))
}

/// `POST …/filters` with a box a filter, and patterns, one a line.
pub async fn filters(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let mut filters = flags(
        &form,
        &[
            "browser_extensions",
            "injected_scripts",
            "crawlers",
            "resize_observer",
            "legacy_browsers",
            "localhost",
        ],
    );
    add_lines(&mut filters, &form, &["messages", "urls", "releases"]);
    let changes = Map::from_iter([("filters".to_owned(), filters.into())]);
    api::change(incoming, &mut visit.project, &changes, None).await?;
    Ok(back(slug, "filters"))
}

/// `POST …/privacy` with boxes, and rules of scrubbing, one a line.
pub async fn privacy(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let mut scrub = flags(&form, &["defaults"]);
    add_lines(&mut scrub, &form, &["mask_keys", "keep_keys", "mask_words", "keep_words"]);
    let mut changes = flags(&form, &["anonymous_users", "store_ip_addresses"]);
    changes.insert("scrub".to_owned(), scrub.into());
    api::change(incoming, &mut visit.project, &changes, None).await?;
    Ok(back(slug, "privacy"))
}

/// `POST …/grouping` with `grouping_rules`, one a line; with `preview` they are only tried. What is no rule is shown beside
/// what is wrong with it.
pub async fn grouping(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let text = field(&form, "grouping_rules").replace("\r\n", "\n");
    let typed = |error: String, preview: Preview| TypedRules { text: text.clone(), error, preview };
    let rules = match settings::rules(&text) {
        Ok(rules) => rules,
        Err(error) => {
            let typed = typed(error, Preview::default());
            return Ok(reply::page(400, rendered(incoming, &visit, None, Some(typed)).await?));
        }
    };
    if form.iter().any(|(name, _)| name == "preview") {
        let preview = preview(&rules, sample(&visit).await?);
        let typed = typed(String::new(), preview);
        return Ok(reply::page(200, rendered(incoming, &visit, None, Some(typed)).await?));
    }
    let changes = Map::from_iter([("grouping_rules".to_owned(), text.into())]);
    api::change(incoming, &mut visit.project, &changes, None).await?;
    Ok(back(slug, "grouping"))
}

/// `POST …/erase` with `user`.
pub async fn erase(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    api::erase(&visit, field(&form, "user"), incoming.now_ms).await?;
    Ok(back(slug, "privacy"))
}

#[derive(Deserialize)]
struct Pending {
    pending: u64,
}

type Form = Vec<(String, String)>;

async fn signed(incoming: &mut Incoming, slug: &str) -> Result<(Visit, Form), Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Admin)?;
    Ok((visit, form))
}

fn flags(form: &Form, names: &[&str]) -> Map<String, Value> {
    let flag = |name: &&str| ((*name).to_owned(), (field(form, name) == "on").into());
    names.iter().map(flag).collect()
}

fn add_lines(settings: &mut Map<String, Value>, form: &Form, names: &[&str]) {
    for name in names {
        settings.insert((*name).to_owned(), lines(form, name).into());
    }
}

fn lines(form: &Form, name: &str) -> Vec<String> {
    let lines = field(form, name).lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Where the form was.
fn back(slug: &str, section: &str) -> Response {
    reply::redirect(&format!("/{slug}/settings/#{section}"))
}
