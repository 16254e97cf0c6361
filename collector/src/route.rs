//! Every URL of the Worker. Static files (`/trapline.js`, `/agent/…`, or what the build calls them, `/static/…`) are answered before it.

use serde_json::json;
use worker::{Method, Response};

use crate::api::regroup::Verb;
use crate::failure::Failure;
use crate::ingest::Endpoint;
use crate::request::Incoming;
use crate::{
    account, api, artifacts, dashboard, demo, described, first_event, ingest, pages, reply, setup,
    store::Store,
};

/// First path segments that no project may have as its slug.
pub const RESERVED: &[&str] = &[
    "agent",
    "api",
    "demo",
    "docs",
    "health",
    "invitation",
    "settings",
    "setup",
    "sign-in",
    "sign-out",
    "static",
    "trapline.js",
];

/// Answers one request: `HEAD` as `GET`, without a body.
pub async fn answer(incoming: Incoming) -> Response {
    let method = incoming.method();
    let is_head = method == Method::Head;
    let response = answer_to(if is_head { Method::Get } else { method }, incoming).await;
    if is_head { reply::without_body(response) } else { response }
}

async fn answer_to(method: Method, mut incoming: Incoming) -> Response {
    let path = incoming.url.path().to_owned();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let endpoint = match parts.as_slice() {
        ["api", project, name] => Endpoint::of(name).map(|endpoint| (*project, endpoint)),
        [name, project] if is_named(&incoming, name) => Some((*project, Endpoint::Envelope)),
        _ => None,
    };
    match (method, parts.as_slice()) {
        // The site's side: pages send here, on whatever host they reach us.
        (Method::Options, _) if endpoint.is_some() => ingest::preflight(),
        (Method::Post, _) if let Some((project, endpoint)) = endpoint => {
            ingest::take(&mut incoming, project, endpoint).await
        }
        (Method::Get, ["health"]) => health(&incoming).await,
        (Method::Get, ["demo", ..]) if demo::is_on(&incoming) => {
            demo::answer(incoming, &parts).await
        }
        // The developers' side, on its own host: a script of the site must not be able to act as one of them.
        _ if !is_dashboard(&incoming) => reply::text(404, "there is nothing here\n"),
        (method, parts) => {
            let has_bearer = incoming.header("authorization").is_some();
            let wants_json = has_bearer || matches!(parts, ["api", ..]);
            let answered = developers(&mut incoming, method, parts).await;
            answered.unwrap_or_else(|failure| failure.response(&incoming, wants_json))
        }
    }
}

async fn developers(
    incoming: &mut Incoming,
    method: Method,
    parts: &[&str],
) -> Result<Response, Failure> {
    if let ["api", "0", path @ ..] = parts {
        must_be_described(&incoming.method_name(), path)?;
    }
    match (method, parts) {
        (method, ["api", "0", "projects", _, "alerts", ..] | [_, "settings", "alerts", ..]) => {
            alerts(incoming, method, parts).await
        }
        (Method::Get, ["setup"]) => setup::page(incoming).await,
        (Method::Post, ["setup"]) if incoming.header("authorization").is_some() => {
            setup::run(incoming).await
        }
        (Method::Post, ["setup"]) => setup::run_form(incoming).await,
        (Method::Get, ["sign-in"]) => account::page(incoming).await,
        // A link that works once is not used up by `HEAD`.
        (Method::Get, ["sign-in", token]) if incoming.method() == Method::Get => {
            account::link_page(incoming, token).await
        }
        (Method::Post, ["sign-in"]) => account::form(incoming).await,
        (Method::Post, ["sign-out"]) => account::sign_out(incoming).await,
        (Method::Get, ["invitation", token]) => dashboard::people::invited(incoming, token).await,
        (Method::Post, ["invitation", token]) => dashboard::people::join(incoming, token).await,
        (Method::Get, ["settings", tab]) => dashboard::people::page(incoming, tab).await,
        (Method::Post, ["settings", "people", verb]) => {
            dashboard::people::people(incoming, verb).await
        }
        (Method::Post, ["settings", "profile", verb]) => {
            dashboard::people::profile(incoming, verb).await
        }
        (Method::Post, ["settings", "projects", "create"]) => {
            dashboard::people::create_project(incoming).await
        }
        (Method::Get, ["api", "0", "me"]) => api::people::me(incoming).await,
        (Method::Get, ["api", "0", "members"]) => api::people::list(incoming).await,
        (Method::Patch, ["api", "0", "members", id]) => api::people::change(incoming, id).await,
        (Method::Delete, ["api", "0", "members", id]) => api::people::remove(incoming, id).await,
        (Method::Post, ["api", "0", "members", id, "sign-in-link"]) => {
            api::people::link(incoming, id).await
        }
        (Method::Get, ["api", "0", "invitations"]) => api::people::invited(incoming).await,
        (Method::Post, ["api", "0", "invitations"]) => api::people::invite(incoming).await,
        (Method::Delete, ["api", "0", "invitations", id]) => {
            api::people::withdraw(incoming, id).await
        }
        (Method::Get, ["api", "0", "audit"]) => api::people::log(incoming).await,
        (Method::Get, ["api", "0", "audit", "export"]) => api::people::export(incoming).await,
        (Method::Post, ["api", "0", "projects"]) => api::projects::create(incoming).await,
        (Method::Get, ["api", "0", "projects", project]) => {
            api::projects::one(incoming, project).await
        }
        (Method::Patch, ["api", "0", "projects", project]) => {
            api::projects::change(incoming, project).await
        }
        (Method::Get, ["api", "0", "overview"]) => api::overview::overview(incoming).await,
        (Method::Get, ["api", "0", "projects"]) => api::projects(incoming).await,
        (method, ["api", "0", "projects", project, rest @ ..])
            if matches!(
                (&method, rest),
                (Method::Get, ["issues"] | ["issues", "export"] | ["issues", _, "peek"])
                    | (_, ["suggestions"] | ["views", ..])
            ) =>
        {
            lists(incoming, method, project, rest).await
        }
        (Method::Get, ["api", "0", "projects", project, "issues", short_id, "events"]) => {
            api::events(incoming, project, short_id).await
        }
        (Method::Get, ["api", "0", "projects", project, "events", event_id]) => {
            api::event(incoming, project, event_id).await
        }
        (Method::Get, ["api", "0", "projects", project, "issues", short_id, "grouping"]) => {
            api::grouping::grouping(incoming, project, short_id).await
        }
        (Method::Get, ["api", "0", "projects", project, "issues", short_id, "compare", other]) => {
            api::grouping::compare(incoming, project, short_id, other).await
        }
        (method, ["api", "0", "projects", project, "issues", rest @ ..]) => {
            api::issues::answer(incoming, method, project, rest).await
        }
        (Method::Post, ["api", "0", "projects", project, "rules", "preview"]) => {
            api::grouping::preview(incoming, project).await
        }
        (Method::Get, ["api", "0", "projects", project, "keys"]) => {
            api::settings::keys(incoming, project).await
        }
        (Method::Post, ["api", "0", "projects", project, "keys"]) => {
            api::settings::create_key(incoming, project).await
        }
        (Method::Delete, ["api", "0", "projects", project, "keys", public_key]) => {
            api::settings::revoke_key(incoming, project, public_key).await
        }
        (Method::Get, ["api", "0", "projects", project, "settings"]) => {
            api::settings::settings(incoming, project).await
        }
        (Method::Patch, ["api", "0", "projects", project, "settings"]) => {
            api::settings::change_settings(incoming, project).await
        }
        (Method::Post, ["api", "0", "projects", project, "erasures"]) => {
            api::settings::erase_user(incoming, project).await
        }
        (Method::Get, ["api", "0", "projects", project, "outcomes"]) => {
            api::settings::outcomes(incoming, project).await
        }
        (Method::Get, ["api", "0", "projects", project, "outcomes", "summary"]) => {
            api::outcomes::summary(incoming, project).await
        }
        (Method::Get, ["api", "0", "projects", project, "outcomes", "export"]) => {
            api::outcomes::export(incoming, project).await
        }
        (Method::Get, [project, "outcomes"]) => {
            dashboard::outcomes::outcomes(incoming, project).await
        }
        (Method::Get, ["api", "0", "projects", project, "regroup"]) => {
            api::regroup::state(incoming, project).await
        }
        (Method::Post, ["api", "0", "projects", project, "regroup"]) => {
            api::regroup::change(incoming, project, Verb::Start).await
        }
        (Method::Post, ["api", "0", "projects", project, "regroup", verb])
            if let Some(verb) = Verb::of(verb) =>
        {
            api::regroup::change(incoming, project, verb).await
        }
        (method, ["api", "0", rest @ ..]) => programs(incoming, method, rest).await,
        (Method::Get, []) => dashboard::start(incoming).await,
        (Method::Get, [project, "issues"]) => dashboard::issues(incoming, project).await,
        (Method::Post, [project, "views"]) => api::views::create_form(incoming, project).await,
        (Method::Post, [project, "views", id, "delete"]) => {
            api::views::delete_form(incoming, project, id).await
        }
        (Method::Get, [project, "issues", short_id]) => {
            dashboard::issue(incoming, project, short_id, None).await
        }
        (Method::Get, [project, "issues", short_id, "events", event_id]) => {
            dashboard::issue(incoming, project, short_id, Some(event_id)).await
        }
        (Method::Get, [project, "issues", short_id, "events"]) => {
            dashboard::events::events(incoming, project, short_id).await
        }
        (Method::Get, [project, "issues", short_id, "events", event_id, "markdown"]) => {
            dashboard::events::markdown(incoming, project, short_id, event_id).await
        }
        (Method::Get, [project, "issues", short_id, "activity"]) => {
            dashboard::events::activity_page(incoming, project, short_id).await
        }
        (Method::Get, [project, "issues", short_id, "split"]) => {
            dashboard::grouping::split_page(incoming, project, short_id).await
        }
        (Method::Get, [project, "issues", short_id, "compare"]) => {
            dashboard::grouping::compare_with(incoming, project, short_id).await
        }
        (Method::Get, [project, "issues", short_id, "compare", other]) => {
            dashboard::grouping::compare(incoming, project, short_id, other).await
        }
        (Method::Get, [project, "settings"]) => {
            dashboard::settings::settings(incoming, project, "").await
        }
        (Method::Get, [project, "settings", tab]) if pages::settings_tab(tab).is_some() => {
            dashboard::settings::settings(incoming, project, tab).await
        }
        (Method::Get, [project, "regroup"]) => dashboard::regroup::page(incoming, project).await,
        (Method::Post, [project, "regroup", verb]) if let Some(verb) = Verb::of(verb) => {
            dashboard::regroup::change(incoming, project, verb).await
        }
        (Method::Post, [project, "settings", section]) => {
            settings_form(incoming, project, section).await
        }
        (Method::Post, [project, "setup", "allow-origin"]) => {
            first_event::allow_origin(incoming, project).await
        }
        (Method::Post, [project, "setup", "test-event"]) => {
            first_event::send_test_event(incoming, project).await
        }
        (Method::Get, [project, "setup", "check"]) => Ok(first_event::check_again(project)),
        (Method::Post, [project, "setup", "check"]) => {
            first_event::check_page(incoming, project).await
        }
        (Method::Post, [project, "issues", "bulk"]) => dashboard::bulk(incoming, project).await,
        (Method::Post, [project, "issues", short_id, "split"]) => {
            dashboard::grouping::split(incoming, project, short_id).await
        }
        (Method::Post, [project, "issues", short_id, verb]) => {
            dashboard::act(incoming, project, short_id, verb).await
        }
        _ => Err(Failure::NotFound),
    }
}

/// `/api/0/projects/{project}/…`: lists of issues, and what helps to search them.
async fn lists(
    incoming: &mut Incoming,
    method: Method,
    project: &str,
    parts: &[&str],
) -> Result<Response, Failure> {
    use api::{list, suggestions, views};
    match (method, parts) {
        (Method::Get, ["issues"]) => list::list(incoming, project).await,
        (Method::Get, ["issues", "export"]) => list::export(incoming, project).await,
        (Method::Get, ["issues", short_id, "peek"]) => {
            dashboard::peek::api(incoming, project, short_id).await
        }
        (Method::Get, ["suggestions"]) => suggestions::suggestions(incoming, project).await,
        (Method::Get, ["views"]) => views::list(incoming, project).await,
        (Method::Post, ["views"]) => views::create(incoming, project).await,
        (Method::Patch, ["views", id]) => views::change(incoming, project, id).await,
        (Method::Delete, ["views", id]) => views::delete(incoming, project, id).await,
        _ => Err(Failure::NotFound),
    }
}

/// What the description of the API does not name does not answer.
fn must_be_described(method: &str, path: &[&str]) -> Result<(), Failure> {
    let methods = described::methods(path).ok_or(Failure::NotFound)?;
    match methods.split(',').any(|known| known == method) {
        true => Ok(()),
        false => Err(Failure::Method(methods)),
    }
}

/// Who is told of what.
async fn alerts(
    incoming: &mut Incoming,
    method: Method,
    parts: &[&str],
) -> Result<Response, Failure> {
    use api::alerts;
    match (method, parts) {
        (Method::Get, ["api", "0", "projects", project, "alerts"]) => {
            alerts::list(incoming, project).await
        }
        (Method::Post, ["api", "0", "projects", project, "alerts"]) => {
            alerts::create(incoming, project).await
        }
        (Method::Get, ["api", "0", "projects", project, "alerts", "deliveries"]) => {
            alerts::deliveries(incoming, project).await
        }
        (Method::Get, ["api", "0", "projects", project, "alerts", id]) => {
            alerts::one(incoming, project, id).await
        }
        (Method::Patch, ["api", "0", "projects", project, "alerts", id]) => {
            alerts::change(incoming, project, id).await
        }
        (Method::Delete, ["api", "0", "projects", project, "alerts", id]) => {
            alerts::delete(incoming, project, id).await
        }
        (Method::Post, ["api", "0", "projects", project, "alerts", id, "test"]) => {
            alerts::test(incoming, project, id).await
        }
        (Method::Post, ["api", "0", "projects", project, "alerts", id, "secret"]) => {
            alerts::secret(incoming, project, id).await
        }
        (Method::Get, [project, "settings", "alerts"]) => {
            dashboard::alerts::page(incoming, project).await
        }
        (Method::Post, [project, "settings", "alerts"]) => {
            dashboard::alerts::create(incoming, project).await
        }
        (Method::Post, [project, "settings", "alerts", id, verb]) => {
            dashboard::alerts::change(incoming, project, id, verb).await
        }
        _ => Err(Failure::NotFound),
    }
}

/// `/api/0/…` of programs with a token: `trapline`, `sentry-cli`, bundlers' plugins.
async fn programs(
    incoming: &mut Incoming,
    method: Method,
    parts: &[&str],
) -> Result<Response, Failure> {
    use artifacts::{access, assemble, chunks, releases, resolve, upload};
    match (method, parts) {
        (Method::Get, []) => access::info(incoming).await,
        (Method::Get, ["projects", project, "tokens"]) => {
            api::tokens::list(incoming, project).await
        }
        (Method::Post, ["projects", project, "tokens"]) => {
            api::tokens::create(incoming, project).await
        }
        (Method::Delete, ["projects", project, "tokens", id]) => {
            api::tokens::revoke(incoming, project, id).await
        }
        (Method::Post, ["projects", project, "artifacts", "missing"]) => {
            upload::missing(incoming, project).await
        }
        (Method::Post, ["projects", project, "artifacts", "resolve"]) => {
            resolve::resolve(incoming, project).await
        }
        (Method::Put, ["projects", project, "artifacts", hash]) => {
            upload::put_pack(incoming, project, hash).await
        }
        (Method::Post, ["projects", project, "artifacts"]) => {
            upload::add_manifest(incoming, project).await
        }
        (Method::Get, ["organizations"]) => access::organisations(incoming).await,
        (Method::Get, ["organizations", _, "projects"]) => releases::projects(incoming).await,
        (Method::Get, ["organizations", _, "chunk-upload"]) => chunks::settings(incoming).await,
        (Method::Post, ["organizations", _, "chunk-upload"]) => chunks::take(incoming).await,
        (Method::Post, ["organizations", _, "artifactbundle", "assemble"]) => {
            assemble::assemble(incoming).await
        }
        (Method::Get, ["organizations", _, "repos"]) => {
            releases::nothing_known(incoming, &json!([])).await
        }
        (Method::Get, ["projects", _, project, "releases"]) => {
            releases::list(incoming, Some(project)).await
        }
        (method, ["organizations", _, "releases", rest @ ..])
        | (method, ["projects", _, _, "releases", rest @ ..]) => {
            release(incoming, method, rest).await
        }
        _ => Err(Failure::NotFound),
    }
}

/// `…/releases/…`
async fn release(
    incoming: &mut Incoming,
    method: Method,
    parts: &[&str],
) -> Result<Response, Failure> {
    use artifacts::releases;
    match (method, parts) {
        (Method::Get, []) => releases::list(incoming, None).await,
        (Method::Post, []) => releases::create(incoming).await,
        (Method::Get, [version]) => releases::one(incoming, version).await,
        (Method::Put, [version]) => releases::change(incoming, version).await,
        (Method::Delete, [version]) => releases::delete(incoming, version).await,
        (Method::Get, [version, "deploys"]) => releases::deploys(incoming, version).await,
        (Method::Post, [version, "deploys"]) => releases::create_deploy(incoming, version).await,
        (Method::Get, [_, "previous-with-commits"]) => {
            releases::nothing_known(incoming, &json!({})).await
        }
        _ => Err(Failure::NotFound),
    }
}

async fn settings_form(
    incoming: &mut Incoming,
    project: &str,
    section: &str,
) -> Result<Response, Failure> {
    use dashboard::settings;
    match section {
        "general" => settings::general(incoming, project).await,
        "refused" => settings::refused(incoming, project).await,
        "blocked" => settings::blocked(incoming, project).await,
        "keys" => settings::create_key(incoming, project).await,
        "tokens" => settings::create_token(incoming, project).await,
        "revoke-token" => settings::revoke_token(incoming, project).await,
        "revoke-key" => settings::revoke_key(incoming, project).await,
        "senders" => settings::senders(incoming, project).await,
        "limits" => settings::limits(incoming, project).await,
        "repository" => settings::repository(incoming, project).await,
        "filters" => settings::filters(incoming, project).await,
        "privacy" => settings::privacy(incoming, project).await,
        "erase" => settings::erase(incoming, project).await,
        "grouping" => settings::grouping(incoming, project).await,
        _ => Err(Failure::NotFound),
    }
}

/// Whether this is the first segment of the ingest's other path, in a build where the agent has a name of its own.
fn is_named(incoming: &Incoming, segment: &str) -> bool {
    incoming.setting("AGENT_NAME").is_some_and(|name| name == segment)
}

/// Whether the dashboard answers on the host that was asked for. Without the setting it answers on all.
fn is_dashboard(incoming: &Incoming) -> bool {
    incoming.setting("DASHBOARD_HOST").is_none_or(|host| host == incoming.host())
}

/// 200 once the schema is up to date.
async fn health(incoming: &Incoming) -> Response {
    match Store::open(&incoming.env, incoming.now_ms).await {
        Ok(_) => reply::text(200, "ok\n"),
        Err(error) => reply::text(503, &format!("{error}\n")),
    }
}
