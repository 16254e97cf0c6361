//! `/api/0/projects/{project}/tokens/`: tokens of programs. Only somebody who is signed in makes and revokes them: a token makes
//! no other tokens.

use serde::Serialize;
use serde_json::Value;
use trapline_core::decode::rfc3339_of;
use trapline_core::json;
use worker::Response;

use super::settings::signed;
use crate::artifacts::token::{
    self, ARTIFACTS_WRITE, MAX_LABEL, MAX_TOKENS, New, SCOPES, TokenRow,
};
use crate::dashboard::{Visit, visit};
use crate::failure::Failure;
use crate::people::Role;
use crate::request::Incoming;
use crate::store::Store;
use crate::{account, audit, reply};

#[derive(Serialize)]
struct Token<'a> {
    id: &'a str,
    label: &'a str,
    scopes: Vec<&'a str>,
    all_projects: bool,
    made_by: &'a str,
    created: String,
    revoked: Option<String>,
    /// Only where it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

fn token_json<'a>(row: &'a TokenRow, token: Option<&'a str>) -> Token<'a> {
    Token {
        id: &row.id,
        label: &row.label,
        scopes: row.scopes.split(' ').collect(),
        all_projects: row.project_id == 0,
        made_by: &row.made_by,
        created: rfc3339_of(row.created_ms),
        revoked: row.revoked_ms.map(rfc3339_of),
        token,
    }
}

/// `GET …/tokens/`: those that are good for the project, revoked ones last.
///
/// # Errors
/// Without a session.
pub async fn list(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let rows = rows(incoming, visit.project.id).await?;
    Ok(reply::json(200, &rows.iter().map(|row| token_json(row, None)).collect::<Vec<_>>()))
}

/// Every token that is good for a project.
///
/// # Errors
/// When the database does not answer.
pub async fn rows(incoming: &Incoming, project_id: u32) -> Result<Vec<TokenRow>, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&token::list(project_id)).await?.all()?)
}

/// `POST …/tokens/` with `{"label"?, "scopes"?: ["artifacts:write"], "all_projects"?}`: the new one, with `token`, this once.
///
/// # Errors
/// Without a session, for unknown scopes, and where there are too many tokens.
pub async fn create(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, wanted) = signed(incoming, slug, Role::Admin).await?;
    visit.viewer.must_be_person()?;
    let label = match wanted.get("label") {
        None | Some(Value::Null) => "",
        Some(label) => label.as_str().ok_or_else(|| bad("label is a text"))?,
    };
    let scopes: Vec<String> = match wanted.get("scopes") {
        None | Some(Value::Null) => vec![ARTIFACTS_WRITE.to_owned()],
        Some(scopes) => {
            json::from_value(scopes.clone()).map_err(|_| bad("scopes is a list of texts"))?
        }
    };
    let all_projects = match wanted.get("all_projects") {
        None | Some(Value::Null) => false,
        Some(all) => all.as_bool().ok_or_else(|| bad("all_projects is true or false"))?,
    };
    let (row, token) = make(incoming, &visit, label, &scopes, all_projects).await?;
    Ok(reply::json(201, &token_json(&row, Some(&token))))
}

/// Makes a token: what is known of it, and itself.
///
/// # Errors
/// For unknown scopes, a long name, and where there are too many tokens.
pub async fn make(
    incoming: &Incoming,
    visit: &Visit,
    label: &str,
    scopes: &[String],
    all_projects: bool,
) -> Result<(TokenRow, String), Failure> {
    let label = label.trim();
    if label.len() > MAX_LABEL {
        return Err(bad(&format!("a name has at most {MAX_LABEL} bytes")));
    }
    let is_known = |scope: &String| SCOPES.contains(&scope.as_str());
    if scopes.is_empty() || !scopes.iter().all(is_known) {
        return Err(bad(&format!("scopes are some of {}", SCOPES.join(", "))));
    }
    let scopes: Vec<&str> =
        SCOPES.into_iter().filter(|scope| scopes.iter().any(|own| own == scope)).collect();
    let (now_ms, scopes) = (incoming.now_ms, scopes.join(" "));
    let token = token::new_token(&incoming.origin(), now_ms);
    let new = New {
        token: &token,
        project_id: if all_projects { 0 } else { visit.project.id },
        scopes: &scopes,
        label,
        made_by: &visit.viewer.name,
    };
    if all_projects {
        visit.viewer.must_be_owner()?;
    }
    let (store, id) = (Store::open(&incoming.env, now_ms).await?, token::id_of(&token));
    let detail = format!("{label} {id}, {scopes}");
    let create = [
        token::create(&new, now_ms),
        audit::note_of_change(
            &visit.viewer,
            now_ms,
            "token made",
            if all_projects { "all projects" } else { &visit.project.slug },
            detail.trim(),
        ),
    ];
    store.write(|_| create.to_vec()).await?;
    let made = rows(incoming, visit.project.id).await?.into_iter().find(|row| row.id == id);
    let row =
        made.ok_or_else(|| bad(&format!("the project has {MAX_TOKENS} tokens: revoke one first")))?;
    Ok((row, token))
}

/// `DELETE …/tokens/{id}/`: refused from now on. The revoked token.
///
/// # Errors
/// Without a session; 404 for an unknown one.
pub async fn revoke(incoming: &Incoming, slug: &str, id: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    account::check_origin(incoming)?;
    visit.viewer.must_be(Role::Admin)?;
    visit.viewer.must_be_person()?;
    let row = revoke_of(incoming, &visit, id).await?;
    Ok(reply::json(200, &token_json(&row, None)))
}

/// Revokes a token.
///
/// # Errors
/// [`Failure::NotFound`]; for one of all projects also [`Failure::Owner`].
pub async fn revoke_of(incoming: &Incoming, visit: &Visit, id: &str) -> Result<TokenRow, Failure> {
    let (project, now_ms) = (&visit.project, incoming.now_ms);
    let listed = rows(incoming, project.id).await?.into_iter().find(|row| row.id == id);
    // What a token is for never changes.
    if listed.ok_or(Failure::NotFound)?.project_id == 0 {
        visit.viewer.must_be_owner()?;
    }
    let revoke = [
        token::revoke(project.id, id, now_ms),
        audit::note_of_change(&visit.viewer, now_ms, "token revoked", &project.slug, id),
    ];
    let store = Store::open(&incoming.env, now_ms).await?;
    store.write(|_| revoke.to_vec()).await?;
    let row = rows(incoming, project.id).await?.into_iter().find(|row| row.id == id);
    row.ok_or(Failure::NotFound)
}

fn bad(detail: &str) -> Failure {
    Failure::BadRequest(detail.to_owned())
}
