//! `…/alerts/`: rules of whom to tell, of the API and of the settings.

use worker::Method;

use super::{Answering, at_once};
use crate::api::alerts;
use crate::dashboard;
use crate::failure::Failure;
use crate::request::Incoming;

/// Who is told of what.
pub(super) fn alerts<'a>(
    incoming: &'a mut Incoming,
    method: Method,
    parts: &'a [&'a str],
) -> Answering<'a> {
    match (method, parts) {
        (Method::Get, ["api", "0", "projects", project, "alerts"]) => {
            Box::pin(alerts::list(incoming, project))
        }
        (Method::Post, ["api", "0", "projects", project, "alerts"]) => {
            Box::pin(alerts::create(incoming, project))
        }
        (Method::Get, ["api", "0", "projects", project, "alerts", "deliveries"]) => {
            Box::pin(alerts::deliveries(incoming, project))
        }
        (Method::Get, ["api", "0", "projects", project, "alerts", id]) => {
            Box::pin(alerts::one(incoming, project, id))
        }
        (Method::Patch, ["api", "0", "projects", project, "alerts", id]) => {
            Box::pin(alerts::change(incoming, project, id))
        }
        (Method::Delete, ["api", "0", "projects", project, "alerts", id]) => {
            Box::pin(alerts::delete(incoming, project, id))
        }
        (Method::Post, ["api", "0", "projects", project, "alerts", id, "test"]) => {
            Box::pin(alerts::test(incoming, project, id))
        }
        (Method::Post, ["api", "0", "projects", project, "alerts", id, "secret"]) => {
            Box::pin(alerts::secret(incoming, project, id))
        }
        (Method::Get, [project, "settings", "alerts"]) => {
            Box::pin(dashboard::alerts::page(incoming, project))
        }
        (Method::Post, [project, "settings", "alerts"]) => {
            Box::pin(dashboard::alerts::create(incoming, project))
        }
        (Method::Post, [project, "settings", "alerts", id, verb]) => {
            Box::pin(dashboard::alerts::change(incoming, project, id, verb))
        }
        _ => at_once(Err(Failure::NotFound)),
    }
}
