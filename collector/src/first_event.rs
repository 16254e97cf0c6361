//! While a project waits for its first event: `POST /{project}/setup/check` looks at a page of the site, and says what
//! keeps its errors from arriving.

use trapline_core::dsn::Dsn;
use trapline_core::page_check::{Expected, Page, check};
use worker::Response;

use crate::dashboard::{issues_page, visit};
use crate::failure::Failure;
use crate::page_fetch::{self, Fetched};
use crate::request::{Incoming, field};
use crate::view::{PageCheck, PageRead};
use crate::{account, pages, reply, setup};

/// The agent's name on this deployment.
const SCRIPT: &str = "trapline.js";

/// Longer addresses are no pages'.
const MAX_ADDRESS: usize = 2_000;

/// With `url` and `csrf`: the waiting page, with what was found.
pub async fn check_page(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    let url = field(&form, "url").trim().to_owned();
    if url.len() > MAX_ADDRESS {
        return Err(Failure::BadRequest(format!(
            "an address has at most {MAX_ADDRESS} characters"
        )));
    }
    let dsn = Dsn {
        origin: setup::site_origin(incoming),
        public_key: visit.project.public_key.clone().unwrap_or_default(),
        project_id: visit.project.id,
    };
    let read = match page_fetch::fetch(&url).await {
        Ok(fetched) => PageRead::Findings { findings: findings(&fetched, &dsn), url: fetched.url },
        Err(unread) => PageRead::Unread(unread.to_string()),
    };
    let page = issues_page(incoming, &visit).await?;
    Ok(reply::page(200, pages::checked(&page, &PageCheck { url, read })?))
}

fn findings(fetched: &Fetched, dsn: &Dsn) -> Vec<trapline_core::page_check::Finding> {
    let page = Page {
        url: &fetched.url,
        status: fetched.status,
        content_type: &fetched.content_type,
        policies: &[&fetched.policy],
        tried_policies: &[&fetched.tried_policy],
        html: &fetched.html,
    };
    check(&page, &Expected { dsn, script: SCRIPT })
}

/// `GET /{project}/setup/check`: whoever loads the address again.
pub fn check_again(slug: &str) -> Response {
    reply::redirect(&format!("/{slug}/issues/"))
}
