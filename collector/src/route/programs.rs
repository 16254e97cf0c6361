//! `/api/0/…` as programs know it: uploads, tokens, and what `sentry-cli` and the plugins of bundlers ask for.

use serde_json::json;
use worker::Method;

use super::{Answering, at_once};
use crate::failure::Failure;
use crate::request::Incoming;
use crate::{api, artifacts};

/// `/api/0/…` of programs with a token: `trapline`, `sentry-cli`, bundlers' plugins.
pub(super) fn programs<'a>(
    incoming: &'a mut Incoming,
    method: Method,
    parts: &'a [&'a str],
) -> Answering<'a> {
    use artifacts::{access, assemble, chunks, releases, resolve, upload};
    match (method, parts) {
        (Method::Get, []) => Box::pin(access::info(incoming)),
        (Method::Get, ["projects", project, "tokens"]) => {
            Box::pin(api::tokens::list(incoming, project))
        }
        (Method::Post, ["projects", project, "tokens"]) => {
            Box::pin(api::tokens::create(incoming, project))
        }
        (Method::Delete, ["projects", project, "tokens", id]) => {
            Box::pin(api::tokens::revoke(incoming, project, id))
        }
        (Method::Post, ["projects", project, "artifacts", "missing"]) => {
            Box::pin(upload::missing(incoming, project))
        }
        (Method::Post, ["projects", project, "artifacts", "resolve"]) => {
            Box::pin(resolve::resolve(incoming, project))
        }
        (Method::Put, ["projects", project, "artifacts", hash]) => {
            Box::pin(upload::put_pack(incoming, project, hash))
        }
        (Method::Post, ["projects", project, "artifacts"]) => {
            Box::pin(upload::add_manifest(incoming, project))
        }
        (Method::Get, ["organizations"]) => Box::pin(access::organisations(incoming)),
        (Method::Get, ["organizations", _, "projects"]) => Box::pin(releases::projects(incoming)),
        (Method::Get, ["organizations", _, "chunk-upload"]) => Box::pin(chunks::settings(incoming)),
        (Method::Post, ["organizations", _, "chunk-upload"]) => Box::pin(chunks::take(incoming)),
        (Method::Post, ["organizations", _, "artifactbundle", "assemble"]) => {
            Box::pin(assemble::assemble(incoming))
        }
        (Method::Get, ["organizations", _, "repos"]) => {
            Box::pin(releases::nothing_known(incoming, json!([])))
        }
        (Method::Get, ["projects", _, project, "releases"]) => {
            Box::pin(releases::list(incoming, Some(project)))
        }
        (method, ["organizations", _, "releases", rest @ ..])
        | (method, ["projects", _, _, "releases", rest @ ..]) => release(incoming, method, rest),
        _ => at_once(Err(Failure::NotFound)),
    }
}

/// `…/releases/…`
fn release<'a>(incoming: &'a mut Incoming, method: Method, parts: &'a [&'a str]) -> Answering<'a> {
    use artifacts::releases;
    match (method, parts) {
        (Method::Get, []) => Box::pin(releases::list(incoming, None)),
        (Method::Post, []) => Box::pin(releases::create(incoming)),
        (Method::Get, [version]) => Box::pin(releases::one(incoming, version)),
        (Method::Put, [version]) => Box::pin(releases::change(incoming, version)),
        (Method::Delete, [version]) => Box::pin(releases::delete(incoming, version)),
        (Method::Get, [version, "deploys"]) => Box::pin(releases::deploys(incoming, version)),
        (Method::Post, [version, "deploys"]) => {
            Box::pin(releases::create_deploy(incoming, version))
        }
        (Method::Get, [_, "previous-with-commits"]) => {
            Box::pin(releases::nothing_known(incoming, json!({})))
        }
        _ => at_once(Err(Failure::NotFound)),
    }
}
