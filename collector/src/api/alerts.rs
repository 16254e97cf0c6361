//! `/api/0/projects/{project}/alerts/`: rules, what they have told, and a test of one. Everybody who sees the project reads them;
//! administrators change them. Secrets are shown once, addresses without what may be secret in them.

use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use trapline_core::fingerprint::hex;
use worker::Response;

use super::settings::signed;
use crate::alert::address::masked;
use crate::alert::measure::Found;
use crate::alert::outbox::{self, DeliveryRow};
use crate::alert::rule::{self, MAX_RULES, Rule, RuleRow, Saved};
use crate::alert::{deliver, send};
use crate::dashboard::{Visit, visit};
use crate::failure::Failure;
use crate::people::Role;
use crate::read::short_id;
use crate::request::Incoming;
use crate::store::Store;
use crate::{account, audit, random, reply};

/// Messages that are listed.
pub const LISTED: u32 = 50;

/// `GET …/alerts/`: all rules, oldest first, and whether mails can be sent.
pub async fn list(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let rules: Vec<Value> = rows(&visit).await?.iter().map(RuleRow::json).collect();
    Ok(reply::json(200, &json!({ "rules": rules, "can_mail": send::can_mail(&incoming.env) })))
}

/// `GET …/alerts/{id}/`
pub async fn one(incoming: &Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    Ok(reply::json(200, &row(&visit, id).await?.json()))
}

/// `POST …/alerts/` with members of a rule, `target` at least: the new one, with `secret`, this once.
pub async fn create(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, changes) = signed(incoming, slug, Role::Admin).await?;
    let rule = changed(incoming, &Rule::default(), &changes)?;
    let (row, secret) = add(incoming, &visit, &rule).await?;
    Ok(reply::json(201, &with_secret(&row, &secret)))
}

/// `PATCH …/alerts/{id}/` with the members that change; `null` brings a default back.
pub async fn change(incoming: &mut Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let (visit, changes) = signed(incoming, slug, Role::Admin).await?;
    let row = row(&visit, id).await?;
    let rule = changed(incoming, &row.rule(), &changes)?;
    save(incoming, &visit, &row, &rule).await?;
    Ok(reply::json(200, &self::row(&visit, id).await?.json()))
}

/// `DELETE …/alerts/{id}/`: the rule, which is gone with all that it has told.
pub async fn delete(incoming: &Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let visit = administrator(incoming, slug).await?;
    let row = row(&visit, id).await?;
    remove(incoming, &visit, &row).await?;
    Ok(reply::json(200, &row.json()))
}

/// `POST …/alerts/{id}/test/`: what the receiver answered.
pub async fn test(incoming: &Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let visit = administrator(incoming, slug).await?;
    let row = row(&visit, id).await?;
    let delivery = tested(incoming, &visit, row.id).await?;
    Ok(reply::json(200, &delivery_json(&visit, &delivery)))
}

/// `POST …/alerts/{id}/secret/`: the rule with a new secret, shown this once.
pub async fn secret(incoming: &Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let visit = administrator(incoming, slug).await?;
    let row = row(&visit, id).await?;
    let secret = renew(incoming, &visit, &row).await?;
    Ok(reply::json(200, &with_secret(&row, &secret)))
}

/// `GET …/alerts/deliveries/`: the newest messages.
pub async fn deliveries(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let rows = delivery_rows(&visit).await?;
    let list: Vec<Value> = rows.iter().map(|row| delivery_json(&visit, row)).collect();
    Ok(reply::json(200, &list))
}

fn with_secret(row: &RuleRow, secret: &str) -> Value {
    let mut json = row.json();
    if let Some(json) = json.as_object_mut() {
        json.insert("secret".into(), secret.into());
    }
    json
}

fn delivery_json(visit: &Visit, row: &DeliveryRow) -> Value {
    let issue = (row.number > 0).then(|| short_id(&visit.project.short_prefix, row.number));
    json!({
        "delivery": row.delivery,
        "rule": row.rule_id,
        "kind": row.kind,
        "issue": issue,
        "measured": Found::read(&row.measured).map(|found| found.json()),
        "conditions": row.more + 1,
        "at": rfc3339_of(row.made_ms),
        "state": row.state(),
        "attempts": row.attempts,
        "status": (row.status > 0).then_some(row.status),
        "answer": row.answer,
        "next_attempt": (row.state == 0).then(|| rfc3339_of(row.next_ms)),
    })
}

async fn administrator(incoming: &Incoming, slug: &str) -> Result<Visit, Failure> {
    account::check_origin(incoming)?;
    let visit = visit(incoming, slug).await?;
    visit.viewer.must_be(Role::Admin)?;
    Ok(visit)
}

/// All rules of the project.
pub async fn rows(visit: &Visit) -> Result<Vec<RuleRow>, Failure> {
    Ok(visit.store.read(&rule::list(visit.project.id)).await?.all()?)
}

/// The newest messages.
pub async fn delivery_rows(visit: &Visit) -> Result<Vec<DeliveryRow>, Failure> {
    Ok(visit.store.read(&outbox::deliveries(visit.project.id, LISTED)).await?.all()?)
}

/// The rule of an ID.
pub async fn row(visit: &Visit, id: &str) -> Result<RuleRow, Failure> {
    let row = rows(visit).await?.into_iter().find(|row| row.id.to_string() == id);
    row.ok_or(Failure::NotFound)
}

fn changed(
    incoming: &Incoming,
    rule: &Rule,
    changes: &Map<String, Value>,
) -> Result<Rule, Failure> {
    let allowed = send::allowed_hosts(&incoming.env);
    let mut rule = rule::merged(rule, changes).map_err(Failure::BadRequest)?;
    rule::check(&mut rule, &allowed).map_err(Failure::BadRequest)?;
    Ok(rule)
}

/// Adds a rule: it, and its secret.
pub async fn add(
    incoming: &Incoming,
    visit: &Visit,
    rule: &Rule,
) -> Result<(RuleRow, String), Failure> {
    let (id, secret, origin) = (random::nonce(), hex(&random::secret()), incoming.origin());
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    let saved = Saved { id, project_id, rule, origin: &origin, now_ms };
    visit.store.write(|_| vec![rule::create(&saved, &secret)]).await?;
    let made = rows(visit).await?.into_iter().find(|row| row.id == id);
    let too_many =
        || Failure::BadRequest(format!("the project has {MAX_RULES} alerts: delete one first"));
    let made = made.ok_or_else(too_many)?;
    note(incoming, visit, "alert made", &made).await?;
    Ok((made, secret))
}

/// Changes a rule.
pub async fn save(
    incoming: &Incoming,
    visit: &Visit,
    row: &RuleRow,
    rule: &Rule,
) -> Result<(), Failure> {
    let origin = incoming.origin();
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    let saved = Saved { id: row.id, project_id, rule, origin: &origin, now_ms };
    visit.store.write(|_| rule::change(&saved).into()).await?;
    note(incoming, visit, "alert changed", row).await
}

/// Takes a rule away.
pub async fn remove(incoming: &Incoming, visit: &Visit, row: &RuleRow) -> Result<(), Failure> {
    visit.store.write(|_| rule::delete(row.id, visit.project.id).into()).await?;
    note(incoming, visit, "alert deleted", row).await
}

/// Into the log of the deployment, whose database may be another than that of the rules.
async fn note(
    incoming: &Incoming,
    visit: &Visit,
    action: &str,
    row: &RuleRow,
) -> Result<(), Failure> {
    let (rule, now_ms) = (row.rule(), incoming.now_ms);
    let detail = format!("{} {}", rule.name, masked(&rule.target));
    let note = audit::note(&visit.viewer, now_ms, action, &visit.project.slug, detail.trim());
    Store::open(&incoming.env, now_ms).await?.write(|_| vec![note.clone()]).await?;
    Ok(())
}

/// Sends a test, and says what was answered.
pub async fn tested(incoming: &Incoming, visit: &Visit, id: i64) -> Result<DeliveryRow, Failure> {
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    let tested = deliver::test(&incoming.env, &visit.store, id, project_id, now_ms).await?;
    tested.ok_or(Failure::NotFound)
}

/// Gives a rule a new secret.
pub async fn renew(incoming: &Incoming, visit: &Visit, row: &RuleRow) -> Result<String, Failure> {
    let secret = hex(&random::secret());
    visit.store.write(|_| vec![rule::change_secret(row.id, visit.project.id, &secret)]).await?;
    note(incoming, visit, "alert secret renewed", row).await?;
    Ok(secret)
}
