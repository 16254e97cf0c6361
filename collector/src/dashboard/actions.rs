//! What a developer does with an issue: forms in, a redirect out. All need the session's token, and a member.

use worker::Response;

use super::workflow::{self, Deed};
use super::{Visit, visit};
use crate::account;
use crate::failure::Failure;
use crate::people::Role;
use crate::read;
use crate::reply;
use crate::request::{Incoming, field};

/// A form that a viewer has sent about an issue.
struct Signed {
    visit: Visit,
    form: Vec<(String, String)>,
    number: u32,
    now_ms: i64,
}

async fn signed(incoming: &mut Incoming, slug: &str, short_id: &str) -> Result<Signed, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Member)?;
    let number = read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)?;
    Ok(Signed { visit, form, number, now_ms: incoming.now_ms })
}

/// `POST /{project}/issues/{short_id}/{verb}`: `status`, `assign` and `link` with the fields of [`workflow::changes_of`];
/// `undo` with `of`; `merge` with `with`, the short IDs of the issues that become part of this one, parted by spaces or
/// commas; `delete`; `comments` with `text`, and with `of` of the one that it changes, or `delete`.
pub async fn act(
    incoming: &mut Incoming,
    slug: &str,
    short_id: &str,
    verb: &str,
) -> Result<Response, Failure> {
    if !["status", "assign", "link", "undo", "merge", "delete", "comments"].contains(&verb) {
        return Err(Failure::NotFound);
    }
    let Signed { visit, form, number, now_ms, .. } = signed(incoming, slug, short_id).await?;
    let here = format!("/{slug}/issues/{short_id}/");
    let done = match verb {
        "status" | "assign" | "link" => {
            let fields: Vec<_> = match verb {
                // What a form leaves out is not to be changed by it.
                "status" => with(
                    &form,
                    &["status", "release", "in_next_release", "hours", "events", "users"],
                ),
                "assign" => with(&form, &["assignee"]),
                _ => with(&form, &["link"]),
            };
            let changes = workflow::changes_of(incoming, &visit, &fields).await?;
            if changes.is_empty() {
                return Err(Failure::BadRequest(format!("{verb} says nothing that changes")));
            }
            workflow::change(&visit, &[number], &changes, now_ms).await?
        }
        "undo" => workflow::undo(&visit, &[number], field(&form, "of"), now_ms).await?,
        "merge" => workflow::merge(&visit, number, &typed(&form), now_ms).await?,
        "comments" => {
            let (of, text) = (field(&form, "of"), field(&form, "text"));
            let is_gone = !field(&form, "delete").is_empty();
            workflow::comment(&visit, number, of, (!is_gone).then_some(text), now_ms).await?;
            return Ok(reply::redirect(&format!("{here}#activity")));
        }
        _ => {
            workflow::delete(incoming, &visit, &[number], now_ms).await?;
            return Ok(reply::redirect(&format!("/{slug}/issues/")));
        }
    };
    if !done.not_done.is_empty() {
        return Err(done.failure(&visit.project.short_prefix));
    }
    Ok(reply::redirect(&(here + &done.query())))
}

fn with(form: &[(String, String)], names: &[&str]) -> Vec<(String, String)> {
    form.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
}

/// Short IDs in `with`.
fn typed(form: &[(String, String)]) -> Vec<String> {
    let values = form.iter().filter(|(name, _)| name == "with");
    let parts = values.flat_map(|(_, value)| value.split([',', ' ', '\n', '\r']));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// `POST /{project}/issues/bulk` with `issue`, repeated up to 100 times; `action`: `resolve` (with or without `release` or
/// `in_next_release`), `ignore` (`hours`, `events`, `users`), `reopen`, `assign` (`to`, a person's number, `me` or empty), `merge` (`to`, the short
/// ID of the issue that stays, else the first one), `delete`, `undo` (`of`); `next`, the path to go on to. What could not be done is said.
pub async fn bulk(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Member)?;
    let issues = form.iter().filter(|(name, _)| name == "issue");
    let issues: Vec<String> = issues.map(|(_, short_id)| short_id.clone()).collect();
    let numbers = workflow::numbers(&visit, &issues)?;
    let deed = deed(incoming, &visit, &form).await?;
    let done = workflow::act(incoming, &visit, &numbers, &deed, incoming.now_ms).await?;
    if !done.not_done.is_empty() {
        return Err(done.failure(&visit.project.short_prefix));
    }
    let next = match reply::local_path(field(&form, "next")) {
        "/" => format!("/{slug}/issues/"),
        path => path.to_owned(),
    };
    Ok(reply::redirect(&next))
}

/// The issue that stays: `to`, unless that is a person, as in the list's form, whose first issue it is then.
fn target(form: &[(String, String)]) -> &str {
    let to = field(form, "to");
    if to.contains('-') { to } else { field(form, "issue") }
}

async fn deed(
    incoming: &Incoming,
    visit: &Visit,
    form: &[(String, String)],
) -> Result<Deed, Failure> {
    let status = match field(form, "action") {
        "merge" => return Ok(Deed::Merge(target(form).to_owned())),
        "delete" => return Ok(Deed::Delete),
        "undo" => return Ok(Deed::Undo(field(form, "of").to_owned())),
        "assign" => {
            let fields = [("assignee".to_owned(), field(form, "to").to_owned())];
            return Ok(Deed::Change(workflow::changes_of(incoming, visit, &fields).await?));
        }
        "resolve" => "resolved",
        "ignore" => "ignored",
        "reopen" => "unresolved",
        action => {
            return Err(Failure::BadRequest(format!(
                "action is resolve, ignore, reopen, assign, merge, delete or undo, not {action:?}"
            )));
        }
    };
    let mut fields = with(form, &["release", "in_next_release", "hours", "events", "users"]);
    fields.push(("status".to_owned(), status.to_owned()));
    Ok(Deed::Change(workflow::changes_of(incoming, visit, &fields).await?))
}
