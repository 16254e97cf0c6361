//! `/{project}/settings/alerts/`: rules, their forms, and what was told.

use serde_json::{Map, Value};
use worker::Response;

use super::{Visit, shell, visit};
use crate::alert::rule::{self, Rule};
use crate::alert::send;
use crate::api::alerts as api;
use crate::failure::Failure;
use crate::pages::alerts::{AlertsPage, Typed};
use crate::people::Role;
use crate::read;
use crate::request::{Incoming, field};
use crate::view::{Section, Shell};
use crate::{account, pages, reply};

type Form = Vec<(String, String)>;

/// `GET …/settings/alerts/`
pub async fn page(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    rendered(incoming, &visit, 200, AlertsPage::default()).await
}

/// The page, with what has just happened.
async fn rendered(
    incoming: &Incoming,
    visit: &Visit,
    status: u16,
    happened: AlertsPage,
) -> Result<Response, Failure> {
    let project_id = visit.project.id;
    let counts = visit.store.read(&read::counts(project_id)).await?.first()?.unwrap_or_default();
    let page = AlertsPage {
        shell: Shell { section: Section::Settings, ..shell(visit, &counts, incoming.now_ms) },
        prefix: visit.project.short_prefix.clone(),
        is_admin: visit.viewer.is(Role::Admin),
        is_owner: visit.viewer.is_owner(),
        can_mail: send::can_mail(&incoming.env),
        rules: api::rows(visit).await?,
        deliveries: api::delivery_rows(visit).await?,
        ..happened
    };
    Ok(reply::page(status, pages::alerts(&page)?))
}

/// `POST …/settings/alerts/` with a rule: the page with its secret, which is shown this once.
pub async fn create(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    let (rule, error) = typed(incoming, &Rule::default(), &form);
    if let Some(error) = error {
        return refused(incoming, &visit, 0, rule, error).await;
    }
    let (row, secret) = api::add(incoming, &visit, &rule).await?;
    let secret = (rule.channel == "webhook").then_some((row.id, secret));
    rendered(incoming, &visit, 200, AlertsPage { secret, ..AlertsPage::default() }).await
}

/// `POST …/settings/alerts/{id}/{verb}`: `save` with a rule, `pause`, `resume`, `test`, `secret`, `delete`.
pub async fn change(
    incoming: &mut Incoming,
    slug: &str,
    id: &str,
    verb: &str,
) -> Result<Response, Failure> {
    let (visit, form) = signed(incoming, slug).await?;
    let row = api::row(&visit, id).await?;
    let rule = row.rule();
    match verb {
        "save" => match typed(incoming, &rule, &form) {
            (rule, None) => api::save(incoming, &visit, &row, &rule).await?,
            (rule, Some(error)) => return refused(incoming, &visit, row.id, rule, error).await,
        },
        "pause" | "resume" => {
            let rule = Rule { paused: verb == "pause", ..rule };
            api::save(incoming, &visit, &row, &rule).await?;
        }
        "delete" => api::remove(incoming, &visit, &row).await?,
        "secret" => {
            let secret = Some((row.id, api::renew(incoming, &visit, &row).await?));
            let happened = AlertsPage { secret, ..AlertsPage::default() };
            return rendered(incoming, &visit, 200, happened).await;
        }
        "test" => {
            let tested = Some(api::tested(incoming, &visit, row.id).await?);
            let happened = AlertsPage { tested, ..AlertsPage::default() };
            return rendered(incoming, &visit, 200, happened).await;
        }
        _ => return Err(Failure::NotFound),
    }
    Ok(reply::redirect(&format!("/{slug}/settings/alerts/")))
}

async fn refused(
    incoming: &Incoming,
    visit: &Visit,
    id: i64,
    rule: Rule,
    error: String,
) -> Result<Response, Failure> {
    let typed = Some(Typed { id, rule, error });
    rendered(incoming, visit, 400, AlertsPage { typed, ..AlertsPage::default() }).await
}

/// A rule as the form has it, as far as it can be read, and what is wrong with it.
fn typed(incoming: &Incoming, rule: &Rule, form: &Form) -> (Rule, Option<String>) {
    let mut changes = Map::new();
    for name in ["name", "channel", "target", "search", "environment", "level", "measure", "of"] {
        changes.insert(name.into(), field(form, name).trim().into());
    }
    for name in ["new", "regressed", "escalating"] {
        changes.insert(name.into(), (field(form, name) == "on").into());
    }
    changes.insert("count_users".into(), (field(form, "counts") == "users").into());
    let mut error = None;
    for name in ["threshold", "window", "every", "limit", "hours", "at_least"] {
        match field(form, name).trim() {
            // As by default.
            "" => changes.insert(name.into(), Value::Null),
            // As JSON has them.
            text => match serde_json::from_slice::<Value>(text.as_bytes()) {
                Ok(Value::Number(number)) if name == "limit" || number.is_u64() => {
                    changes.insert(name.into(), number.into())
                }
                _ => error.replace(format!("{name} is a number, not {text:?}")).map(Value::from),
            },
        };
    }
    let (mut typed, merge_error) = match rule::merged(rule, &changes) {
        Ok(typed) => (typed, None),
        Err(error) => (rule.clone(), Some(error)),
    };
    let checked = rule::check(&mut typed, &send::allowed_hosts(&incoming.env));
    (typed, error.or(merge_error).or(checked.err()))
}

async fn signed(incoming: &mut Incoming, slug: &str) -> Result<(Visit, Form), Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Admin)?;
    Ok((visit, form))
}
