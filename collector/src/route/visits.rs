//! `/api/0/projects/{project}/…`: how pages feel, and what their users say.

use worker::Method;

use super::{Answering, at_once};
use crate::api::{feedback, health, pages};
use crate::failure::Failure;
use crate::request::Incoming;

/// Numbers of pages and requests, releases, feedback.
pub(super) fn visits<'a>(
    incoming: &'a mut Incoming,
    method: Method,
    project: &'a str,
    parts: &'a [&'a str],
) -> Answering<'a> {
    match (method, parts) {
        (Method::Get, ["vitals"]) => Box::pin(pages::vitals(incoming, project)),
        (Method::Get, ["vitals", "page"]) => Box::pin(pages::vitals_page(incoming, project)),
        (Method::Get, ["requests"]) => Box::pin(pages::requests(incoming, project)),
        (Method::Get, ["requests", "endpoint"]) => {
            Box::pin(pages::requests_endpoint(incoming, project))
        }
        (Method::Get, ["loads"]) => Box::pin(pages::loads(incoming, project)),
        (Method::Get, ["frames"]) => Box::pin(pages::frames(incoming, project)),
        (Method::Get, ["releases"]) => Box::pin(health::releases(incoming, project)),
        (Method::Get, ["releases", "compare"]) => Box::pin(health::compare(incoming, project)),
        (Method::Get, ["issues", short_id, "visits"]) => {
            Box::pin(health::visits_of_issue(incoming, project, short_id))
        }
        (Method::Get, ["feedback"]) => Box::pin(feedback::list(incoming, project)),
        (Method::Get, ["feedback", id]) => Box::pin(feedback::one(incoming, project, id)),
        (Method::Patch, ["feedback", id]) => Box::pin(feedback::change(incoming, project, id)),
        _ => at_once(Err(Failure::NotFound)),
    }
}
