//! Why a developer's request was not answered: one enum, and the only place that knows its status codes.

use serde::Serialize;
use worker::Response;

use crate::artifacts::KvError;
use crate::people::Role;
use crate::request::Incoming;
use crate::store::StoreError;
use crate::view::ErrorPage;
use crate::{pages, reply};

/// A refusal or a fault on the dashboard's side.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No such page, project, issue or event.
    #[error("there is no such page")]
    NotFound,
    /// The path is there, and has other methods.
    #[error("this path answers {0}")]
    Method(String),
    /// Nobody is signed in.
    #[error("sign in first")]
    SignedOut,
    /// The request does not come from our own page.
    #[error("the form was not sent by a page of this dashboard, load the page again")]
    Forged,
    /// A field has no meaning.
    #[error("{0}")]
    BadRequest(String),
    /// The deployment's secret is missing or wrong.
    #[error("{0}")]
    SetupRefused(&'static str),
    /// A program sent no token, or one that is not good.
    #[error("{0}")]
    Token(&'static str),
    /// A token that is not for this.
    #[error("{0}")]
    Scope(String),
    /// Somebody who may not do this.
    #[error("{}", needs(*.0))]
    Role(Role),
    /// Somebody who administers some projects, or none.
    #[error("this takes an administrator of all projects: ask one to do it")]
    Owner,
    /// A program where only people may be.
    #[error("this is done by people: sign in to the dashboard")]
    Program,
    /// Too many wrong keys from one address.
    #[error(
        "too many wrong keys came from your address. Wait {retry_after_s} seconds, then try again; other addresses are not held up"
    )]
    TooOften {
        /// Seconds.
        retry_after_s: u32,
    },
    /// A body above what is taken.
    #[error("the body has more than {limit} bytes")]
    TooLarge {
        /// Bytes that are taken.
        limit: usize,
    },
    /// A body of another type than is taken.
    #[error("send {0}")]
    MediaType(&'static str),
    /// What the request builds on has changed meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// KV is not bound, or is down.
    #[error(transparent)]
    Kv(#[from] KvError),
    /// D1 is down.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A template could not be written.
    #[error("the page could not be rendered: {0}")]
    Render(#[from] askama::Error),
}

fn needs(role: Role) -> String {
    match role {
        Role::Admin => {
            "this takes an administrator (of programs, a token with project:admin): ask one to do it, or to change your role"
        }
        _ => {
            "this takes a member (of programs, a token with project:write): ask an administrator to change your role"
        }
    }
    .to_owned()
}

#[derive(Serialize)]
struct Detail {
    detail: String,
}

impl Failure {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Failure::NotFound => 404,
            Failure::Method(_) => 405,
            Failure::SignedOut | Failure::Token(_) => 401,
            Failure::Forged
            | Failure::SetupRefused(_)
            | Failure::Scope(_)
            | Failure::Role(_)
            | Failure::Owner
            | Failure::Program => 403,
            Failure::TooOften { .. } => 429,
            Failure::TooLarge { .. } => 413,
            Failure::MediaType(_) => 415,
            Failure::Conflict(_) => 409,
            Failure::BadRequest(_) => 400,
            Failure::Store(_) | Failure::Kv(_) => 503,
            Failure::Render(_) => 500,
        }
    }

    /// The answer: JSON where JSON was asked for, the sign-in page for pages without a session, else an error page.
    pub fn response(&self, incoming: &Incoming, wants_json: bool) -> Response {
        if wants_json {
            let detail = self.to_string();
            return self.with_advice(reply::json(self.status(), &Detail { detail }));
        }
        if matches!(self, Failure::SignedOut) {
            let next = incoming.url.path().to_owned();
            let query = incoming.url.query().map(|query| format!("?{query}")).unwrap_or_default();
            let next: String =
                form_urlencoded::byte_serialize((next + &query).as_bytes()).collect();
            return reply::redirect(&format!("/sign-in?next={next}"));
        }
        let page =
            ErrorPage { status: self.status(), title: self.title().into(), detail: self.detail() };
        let html = pages::error(&page).unwrap_or_else(|_| page.title.clone());
        self.with_advice(reply::page(self.status(), html))
    }

    fn with_advice(&self, response: Response) -> Response {
        match self {
            Failure::Store(_) | Failure::Kv(_) => {
                reply::with_headers(response, &[("retry-after", "5")])
            }
            Failure::TooOften { retry_after_s } => {
                reply::with_headers(response, &[("retry-after", &retry_after_s.to_string())])
            }
            Failure::Method(allowed) => reply::with_headers(response, &[("allow", allowed)]),
            _ => response,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Failure::NotFound => "There is no such page",
            Failure::SignedOut => "Sign in first",
            Failure::Forged => "This form was not accepted",
            Failure::Token(_) | Failure::Scope(_) => "This token was not accepted",
            Failure::Role(_) | Failure::Owner | Failure::Program => "You may not do this here",
            Failure::TooOften { .. } => "Too many wrong keys",
            Failure::BadRequest(_)
            | Failure::Method(_)
            | Failure::TooLarge { .. }
            | Failure::MediaType(_)
            | Failure::Conflict(_) => "This request could not be understood",
            Failure::SetupRefused(_) => "Not set up",
            Failure::Store(_) | Failure::Kv(_) => "The page could not be loaded",
            Failure::Render(_) => "The page could not be rendered",
        }
    }

    fn detail(&self) -> String {
        match self {
            Failure::NotFound => {
                "The link may be old, or the issue was deleted. The list shows what is there.".into()
            }
            Failure::Store(StoreError::DaySpent) => {
                "The database's rows of this day are spent. They begin anew at midnight UTC; until then pages keep \
                 their events. The paid plan of Workers has no such limit."
                    .into()
            }
            Failure::Store(StoreError::Full) => {
                "The database is full. Pages keep their events until there is room again.".into()
            }
            Failure::Store(StoreError::Migrating) => {
                "The database is being brought up to date, a step a request. Try again in a second.".into()
            }
            Failure::Store(_) => {
                "The event store did not answer. Nothing is lost: pages keep their events and send them \
                 again. Try again in some seconds."
                    .into()
            }
            other => other.to_string(),
        }
    }
}
