//! `/{project}/settings/` and its tabs: what the owner has set, and the forms that change it. Each form names all members of its
//! section: a box that is not ticked is not sent.

use serde::Deserialize;
use serde_json::{Map, Value};
use trapline_core::json;
use worker::Response;

use super::grouping::sample;
use super::{Visit, shell, visit};
use crate::api::projects::{self, Named};
use crate::api::{settings as api, tokens};
use crate::artifacts::token;
use crate::failure::Failure;
use crate::first_event::allow_typed;
use crate::grouping::{Preview, preview};
use crate::people::Role;
use crate::plan::HOUR_MS;
use crate::read;
use crate::request::{Incoming, field};
use crate::store::Store;
use crate::view::{Section, SettingsPage, Shell, TypedRules};
use crate::{account, erasure, outcome, pages, quota, reply, settings, setup};

/// Hours of which it is shown what was caught or refused.
const HOURS: i64 = 24;

/// Renders a tab: the last segment of the path, or nothing.
pub async fn settings(incoming: &Incoming, slug: &str, tab: &str) -> Result<Response, Failure> {
    let tab = pages::settings_tab(tab).ok_or(Failure::NotFound)?;
    let visit = visit(incoming, slug).await?;
    Ok(reply::page(200, rendered(incoming, &visit, tab, None, None).await?))
}

/// The page, with a token that was just made, or rules that were typed.
async fn rendered(
    incoming: &Incoming,
    visit: &Visit,
    tab: &'static str,
    new_token: Option<String>,
    typed: Option<TypedRules>,
) -> Result<String, Failure> {
    let project = &visit.project;
    let counts = visit.store.read(&read::counts(project.id)).await?.first()?.unwrap_or_default();
    let site = setup::site_origin(incoming);
    let mut page = SettingsPage {
        shell: Shell { section: Section::Settings, ..shell(visit, &counts, incoming.now_ms) },
        tab,
        may_change: visit.viewer.is(Role::Admin),
        is_owner: visit.viewer.is_owner(),
        prefix: project.short_prefix.clone(),
        new_token,
        origins: json::from_slice(project.allowed_origins.as_bytes()).unwrap_or_default(),
        settings: settings::parse(&project.settings),
        typed,
        agent_script: format!("{site}/{}.js", incoming.agent_name()),
        agent_origin: site,
        ..SettingsPage::default()
    };
    fill(incoming, visit, &mut page).await?;
    Ok(pages::settings(&page)?)
}

/// What only one tab shows: at most three queries.
async fn fill(incoming: &Incoming, visit: &Visit, page: &mut SettingsPage) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Number {
        number: u32,
    }
    let (project, hour) = (&visit.project, incoming.now_ms / HOUR_MS);
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let caught = |outcome, reason| outcome::details(project.id, hour - HOURS, outcome, reason);
    let dsn = |key: &str| setup::dsn(incoming, key, project.id);
    let number = match page.tab {
        "" => Some(store.read(&projects::retention(project.id)).await?),
        "keys" => Some(store.read(&quota::today(project.id, hour)).await?),
        "privacy" => Some(visit.store.read(&erasure::pending(project.id)).await?),
        _ => None,
    };
    let number: Option<Number> = number.map(|rows| rows.first()).transpose()?.flatten();
    let number = number.map_or(0, |number| number.number);
    match page.tab {
        "" => page.retention_days = number,
        "keys" => page.received = number.into(),
        "privacy" => page.erasures = number.into(),
        "filters" => page.caught = store.read(&caught("filtered", "")).await?.all()?,
        "tokens" => page.tokens = tokens::rows(incoming, project.id).await?,
        _ => {}
    }
    if page.tab == "keys" {
        page.caught = store.read(&caught("invalid", "origin")).await?.all()?;
        let known = &page.settings.blocked_origins;
        page.caught
            .retain(|row| !known.contains(&row.detail) && !page.origins.contains(&row.detail));
    }
    if matches!(page.tab, "keys" | "snippets") {
        let keys = api::key_rows(incoming, project).await?.into_iter();
        page.keys = keys.map(|row| (row.clone(), dsn(&row.public_key))).collect();
    }
    Ok(())
}

/// `POST …/general` with `name`, `slug` and `retention_days`.
pub async fn general(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let days = field(&form, "retention_days").trim();
    let named = Named {
        name: Some(field(&form, "name").trim().to_owned()),
        slug: Some(field(&form, "slug").trim().to_owned()),
        retention_days: Some(days.parse().map_err(|_| {
            Failure::BadRequest(format!("retention_days is a number, not {days:?}"))
        })?),
    };
    projects::rename(incoming, &mut visit, &named).await?;
    Ok(reply::redirect(&format!("/{}/settings/", visit.project.slug)))
}

/// `POST …/refused` with `origin`, and `allow` or `block` as `verb`.
pub async fn refused(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let origin = field(&form, "origin");
    if field(&form, "verb") == "allow" {
        allow_typed(incoming, &visit, origin).await?;
        return Ok(back(slug, "keys"));
    }
    let mut blocked = settings::parse(&visit.project.settings).blocked_origins;
    if !blocked.iter().any(|known| known == origin) {
        blocked.push(origin.to_owned());
    }
    block(incoming, &mut visit, blocked).await
}

/// `POST …/blocked` with `blocked_origins`, one a line.
pub async fn blocked(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let blocked = lines(&form, "blocked_origins");
    block(incoming, &mut visit, blocked).await
}

async fn block(
    incoming: &Incoming,
    visit: &mut Visit,
    blocked: Vec<String>,
) -> Result<Response, Failure> {
    let changes = Map::from_iter([("blocked_origins".to_owned(), blocked.into())]);
    api::change(incoming, visit, &changes, None).await?;
    Ok(back(&visit.project.slug, "keys"))
}

/// `POST …/keys` with `label`.
pub async fn create_key(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    api::new_key(incoming, &visit, field(&form, "label")).await?;
    Ok(back(slug, "keys"))
}

/// `POST …/revoke-key` with `key`.
pub async fn revoke_key(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    api::revoke(incoming, &visit, field(&form, "key")).await?;
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
    Ok(reply::page(200, rendered(incoming, &visit, "tokens", Some(token), None).await?))
}

/// `POST …/revoke-token` with `token`, its ID.
pub async fn revoke_token(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    tokens::revoke_of(incoming, &visit, field(&form, "token")).await?;
    Ok(back(slug, "tokens"))
}

/// `POST …/senders` with `origins`, one a line, and `allow_without_origin`.
pub async fn senders(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let changes = flags(&form, &["allow_without_origin"]);
    let origins = lines(&form, "origins");
    api::change(incoming, &mut visit, &changes, Some(&origins)).await?;
    Ok(back(slug, "keys"))
}

/// `POST …/repository` with `repository`, a template of links to the code, or nothing.
pub async fn repository(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let template = field(&form, "repository").trim();
    let changes = Map::from_iter([("repository".to_owned(), template.into())]);
    api::change(incoming, &mut visit, &changes, None).await?;
    Ok(reply::redirect(&format!("/{slug}/settings/#repository-panel")))
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
    api::change(incoming, &mut visit, &changes, None).await?;
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
    api::change(incoming, &mut visit, &changes, None).await?;
    Ok(back(slug, "filters"))
}

/// `POST …/privacy` with boxes, and rules of scrubbing, one a line.
pub async fn privacy(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, form) = signed(incoming, slug).await?;
    let mut scrub = flags(&form, &["defaults"]);
    add_lines(&mut scrub, &form, &["mask_keys", "keep_keys", "mask_words", "keep_words"]);
    let mut changes = flags(&form, &["anonymous_users", "store_ip_addresses"]);
    changes.insert("scrub".to_owned(), scrub.into());
    api::change(incoming, &mut visit, &changes, None).await?;
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
            return Ok(reply::page(
                400,
                rendered(incoming, &visit, "grouping", None, Some(typed)).await?,
            ));
        }
    };
    if form.iter().any(|(name, _)| name == "preview") {
        let preview = preview(&rules, sample(&visit).await?);
        let typed = typed(String::new(), preview);
        return Ok(reply::page(
            200,
            rendered(incoming, &visit, "grouping", None, Some(typed)).await?,
        ));
    }
    let changes = Map::from_iter([("grouping_rules".to_owned(), text.into())]);
    api::change(incoming, &mut visit, &changes, None).await?;
    Ok(back(slug, "grouping"))
}

/// `POST …/erase` with `user`.
pub async fn erase(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    api::erase(incoming, &visit, field(&form, "user")).await?;
    Ok(back(slug, "privacy"))
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
    reply::redirect(&format!("/{slug}/settings/{section}/"))
}
