//! `/{project}/regroup/`: the page of a regrouping, and its buttons. While groups are looked at or moved, each load takes a
//! step and the page loads itself again: it works without scripts.

use worker::Response;

use super::{shell, visit};
use crate::account;
use crate::api::regroup::{Verb, act};
use crate::failure::Failure;
use crate::people::Role;
use crate::regroup;
use crate::request::Incoming;
use crate::view::{RegroupPage, Section, Shell};
use crate::{pages, read, reply};

/// Seconds until the page loads itself again.
const AGAIN_S: &str = "1";

/// Renders the page.
pub async fn page(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let project = &visit.project;
    let rules = regroup::rules_of(project);
    let found = regroup::step(&visit.store, project.id, &rules, incoming.now_ms).await?;
    let counts = visit.store.read(&read::counts(project.id)).await?.first()?.unwrap_or_default();
    let is_going = found.as_ref().is_some_and(regroup::Regroup::is_going);
    let page = RegroupPage {
        shell: Shell { section: Section::Settings, ..shell(&visit, &counts, incoming.now_ms) },
        outcome: found
            .as_ref()
            .map(|found| found.outcome(&project.short_prefix))
            .unwrap_or_default(),
        regroup: found,
    };
    let response = reply::page(200, pages::regroup(&page)?);
    Ok(match is_going {
        true => reply::with_headers(response, &[("refresh", AGAIN_S)]),
        false => response,
    })
}

/// `POST …/{verb}`: back to the page.
pub async fn change(incoming: &mut Incoming, slug: &str, verb: Verb) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Member)?;
    act(&visit.store, &visit.project, verb, &visit.viewer.name, incoming.now_ms).await?;
    Ok(reply::redirect(&format!("/{slug}/regroup/")))
}
