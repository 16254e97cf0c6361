//! Who may upload: a token with the scope, for the project that the path names.

use trapline_core::json;
use worker::Response;

use super::token::{self, Holder};
use crate::failure::Failure;
use crate::read::{self, ProjectRow};
use crate::reply;
use crate::request::{Body, Incoming};
use crate::store::Store;

/// A request with a good token.
pub struct Access {
    /// The first database: tokens, chunks, releases.
    pub people: Store,
    /// Whose token.
    pub holder: Holder,
    /// All projects.
    pub projects: Vec<ProjectRow>,
}

impl Access {
    /// Checks the token: two queries.
    ///
    /// # Errors
    /// [`Failure::Token`] and [`Failure::Scope`].
    pub async fn of(incoming: &Incoming, scope: &str) -> Result<Self, Failure> {
        let authorization = incoming.header("authorization").unwrap_or_default();
        let sent = token::bearer(&authorization)
            .ok_or(Failure::Token("send a token: Authorization: Bearer …"))?;
        let people = Store::open(&incoming.env, incoming.now_ms).await?;
        let rows = people.batch(&[token::holder(sent), read::projects()]).await?;
        let [holders, projects] = rows.as_slice() else {
            return Err(Failure::NotFound);
        };
        let holder: Holder = holders
            .first()?
            .ok_or(Failure::Token("the token is not known here, or was revoked"))?;
        if !holder.has(scope) {
            return Err(Failure::Scope(format!("the token has not the scope {scope}")));
        }
        let projects = projects.all()?;
        Ok(Self { people, holder, projects })
    }

    /// A project by its short name or its number, if the token is for it.
    ///
    /// # Errors
    /// [`Failure::Scope`]; projects that are not there are said to be so to tokens for all projects alone.
    pub fn project(&self, name: &str) -> Result<&ProjectRow, Failure> {
        let number = name.parse::<u32>().ok();
        let mut all = self.projects.iter();
        let found = all.find(|project| project.slug == name || Some(project.id) == number);
        match found {
            Some(project) if self.holder.is_for(project.id) => Ok(project),
            None if self.holder.project_id == 0 => {
                let slugs: Vec<&str> =
                    self.projects.iter().map(|project| project.slug.as_str()).collect();
                let slugs = slugs.join(", ");
                Err(Failure::BadRequest(format!("there is no project {name:?}; there are {slugs}")))
            }
            _ => Err(Failure::Scope(format!("the token is not for a project {name:?}"))),
        }
    }

    /// The project that the path names, and the database of its artifacts.
    ///
    /// # Errors
    /// As [`project`](Self::project), and when the database does not answer.
    pub async fn open(
        &self,
        incoming: &Incoming,
        name: &str,
    ) -> Result<(&ProjectRow, Store), Failure> {
        let project = self.project(name)?;
        let store = Store::open_database(&incoming.env, project.database, incoming.now_ms).await?;
        Ok((project, store))
    }
}

/// A body of at most so many bytes.
///
/// # Errors
/// [`Failure::TooLarge`], or that it did not arrive whole.
pub async fn body(incoming: &mut Incoming, limit: usize) -> Result<Vec<u8>, Failure> {
    match incoming.body(limit).await {
        Body::Whole(body) => Ok(body),
        Body::TooLarge => Err(Failure::TooLarge { limit }),
        Body::Broken | Body::Endless => {
            Err(Failure::BadRequest("the body did not arrive whole, send it again".into()))
        }
    }
}

/// The JSON of a body.
///
/// # Errors
/// As [`body`], and where it is not as expected.
pub async fn json<T: serde::de::DeserializeOwned>(
    incoming: &mut Incoming,
    limit: usize,
) -> Result<T, Failure> {
    let body = body(incoming, limit).await?;
    json::from_slice(&body)
        .map_err(|error| Failure::BadRequest(format!("the body is not as expected: {error}")))
}

/// `GET /api/0/`: what `sentry-cli info` shows.
///
/// # Errors
/// Without a good token.
pub async fn info(incoming: &Incoming) -> Result<Response, Failure> {
    let authorization = incoming.header("authorization").unwrap_or_default();
    let sent = token::bearer(&authorization)
        .ok_or(Failure::Token("send a token: Authorization: Bearer …"))?;
    let people = Store::open(&incoming.env, incoming.now_ms).await?;
    let holder: Option<Holder> = people.read(&token::holder(sent)).await?.first()?;
    let holder = holder.ok_or(Failure::Token("the token is not known here, or was revoked"))?;
    let scopes: Vec<&str> = holder.scopes.split(' ').collect();
    let info = serde_json::json!({ "version": "0", "auth": { "scopes": scopes }, "user": null,
        "description": format!("{}/api/0/openapi.json", incoming.origin()) });
    Ok(reply::json(200, &info))
}

/// `GET /api/0/organizations/`: there is one, whatever it is called.
///
/// # Errors
/// Without a good token.
pub async fn organisations(incoming: &Incoming) -> Result<Response, Failure> {
    Access::of(incoming, token::ARTIFACTS_WRITE).await?;
    let one = serde_json::json!([{
        "id": "1",
        "slug": token::ORGANISATION,
        "name": "Trapline",
        "dateCreated": "2026-01-01T00:00:00Z",
        "isEarlyAdopter": false,
        "require2FA": false,
        "requireEmailVerification": false,
        "features": [],
    }]);
    Ok(reply::json(200, &one))
}
