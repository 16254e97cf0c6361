//! Every URL of the Worker. Static files (`/trapline.js`, `/agent/…`, or what the build calls them, `/static/…`) are answered before it.

mod alerts;
mod programs;
mod visits;

use std::future::{Future, ready};
use std::pin::Pin;

use worker::{Method, Response};

use crate::api::regroup::Verb;
use crate::failure::Failure;
use crate::ingest::Endpoint;
use crate::request::Incoming;
use crate::{
    account, api, dashboard, demo, described, first_event, ingest, pages, reply, setup,
    store::Store,
};
use alerts::alerts;
use programs::programs;
use visits::visits;

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

/// An answer on its way. On the heap: an `async` block of all handlers would have all their states in one function.
type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response, Failure>> + 'a>>;

fn at_once<'a>(answer: Result<Response, Failure>) -> Answering<'a> {
    Box::pin(ready(answer))
}

fn developers<'a>(
    incoming: &'a mut Incoming,
    method: Method,
    parts: &'a [&'a str],
) -> Answering<'a> {
    if let ["api", "0", path @ ..] = parts
        && let Err(failure) = must_be_described(&incoming.method_name(), path)
    {
        return at_once(Err(failure));
    }
    match (method, parts) {
        (method, ["api", "0", "projects", _, "alerts", ..] | [_, "settings", "alerts", ..]) => {
            alerts(incoming, method, parts)
        }
        (Method::Get, ["setup"]) => Box::pin(setup::page(incoming)),
        (Method::Post, ["setup"]) if incoming.header("authorization").is_some() => {
            Box::pin(setup::run(incoming))
        }
        (Method::Post, ["setup"]) => Box::pin(setup::run_form(incoming)),
        (Method::Get, ["sign-in"]) => Box::pin(account::page(incoming)),
        // A link that works once is not used up by `HEAD`.
        (Method::Get, ["sign-in", token]) if incoming.method() == Method::Get => {
            Box::pin(account::link_page(incoming, token))
        }
        (Method::Post, ["sign-in"]) => Box::pin(account::form(incoming)),
        (Method::Post, ["sign-out"]) => Box::pin(account::sign_out(incoming)),
        (Method::Get, ["invitation", token]) => {
            Box::pin(dashboard::people::invited(incoming, token))
        }
        (Method::Post, ["invitation", token]) => Box::pin(dashboard::people::join(incoming, token)),
        (Method::Get, ["settings", tab]) => Box::pin(dashboard::people::page(incoming, tab)),
        (Method::Post, ["settings", "people", verb]) => {
            Box::pin(dashboard::people::people(incoming, verb))
        }
        (Method::Post, ["settings", "profile", verb]) => {
            Box::pin(dashboard::people::profile(incoming, verb))
        }
        (Method::Post, ["settings", "projects", "create"]) => {
            Box::pin(dashboard::people::create_project(incoming))
        }
        (Method::Get, ["api", "0", "me"]) => Box::pin(api::people::me(incoming)),
        (Method::Get, ["api", "0", "members"]) => Box::pin(api::people::list(incoming)),
        (Method::Patch, ["api", "0", "members", id]) => Box::pin(api::people::change(incoming, id)),
        (Method::Delete, ["api", "0", "members", id]) => {
            Box::pin(api::people::remove(incoming, id))
        }
        (Method::Post, ["api", "0", "members", id, "sign-in-link"]) => {
            Box::pin(api::people::link(incoming, id))
        }
        (Method::Get, ["api", "0", "invitations"]) => Box::pin(api::people::invited(incoming)),
        (Method::Post, ["api", "0", "invitations"]) => Box::pin(api::people::invite(incoming)),
        (Method::Delete, ["api", "0", "invitations", id]) => {
            Box::pin(api::people::withdraw(incoming, id))
        }
        (Method::Get, ["api", "0", "audit"]) => Box::pin(api::audit::log(incoming)),
        (Method::Get, ["api", "0", "audit", "export"]) => Box::pin(api::audit::export(incoming)),
        (Method::Post, ["api", "0", "projects"]) => Box::pin(api::projects::create(incoming)),
        (Method::Get, ["api", "0", "projects", project]) => {
            Box::pin(api::projects::one(incoming, project))
        }
        (Method::Patch, ["api", "0", "projects", project]) => {
            Box::pin(api::projects::change(incoming, project))
        }
        (Method::Get, ["api", "0", "overview"]) => Box::pin(api::overview::overview(incoming)),
        (Method::Get, ["api", "0", "projects"]) => Box::pin(api::projects(incoming)),
        (method, ["api", "0", "projects", project, rest @ ..])
            if matches!(
                (&method, rest),
                (Method::Get, ["issues"] | ["issues", "export"] | ["issues", _, "peek"])
                    | (_, ["suggestions"] | ["views", ..] | ["issues", _, "visits"])
                    | (
                        _,
                        ["vitals" | "requests" | "loads" | "frames" | "releases" | "feedback", ..]
                    )
            ) =>
        {
            lists(incoming, method, project, rest)
        }
        (Method::Get, ["api", "0", "projects", project, "issues", short_id, "events"]) => {
            Box::pin(api::events(incoming, project, short_id))
        }
        (Method::Get, ["api", "0", "projects", project, "events", event_id]) => {
            Box::pin(api::event(incoming, project, event_id))
        }
        (Method::Get, ["api", "0", "projects", project, "issues", short_id, "grouping"]) => {
            Box::pin(api::grouping::grouping(incoming, project, short_id))
        }
        (Method::Get, ["api", "0", "projects", project, "issues", short_id, "compare", other]) => {
            Box::pin(api::grouping::compare(incoming, project, short_id, other))
        }
        (method, ["api", "0", "projects", project, "issues", rest @ ..]) => {
            Box::pin(api::issues::answer(incoming, method, project, rest))
        }
        (Method::Post, ["api", "0", "projects", project, "rules", "preview"]) => {
            Box::pin(api::grouping::preview(incoming, project))
        }
        (Method::Get, ["api", "0", "projects", project, "keys"]) => {
            Box::pin(api::settings::keys(incoming, project))
        }
        (Method::Post, ["api", "0", "projects", project, "keys"]) => {
            Box::pin(api::settings::create_key(incoming, project))
        }
        (Method::Delete, ["api", "0", "projects", project, "keys", public_key]) => {
            Box::pin(api::settings::revoke_key(incoming, project, public_key))
        }
        (Method::Get, ["api", "0", "projects", project, "settings"]) => {
            Box::pin(api::settings::settings(incoming, project))
        }
        (Method::Patch, ["api", "0", "projects", project, "settings"]) => {
            Box::pin(api::settings::change_settings(incoming, project))
        }
        (Method::Post, ["api", "0", "projects", project, "erasures"]) => {
            Box::pin(api::settings::erase_user(incoming, project))
        }
        (Method::Get, ["api", "0", "projects", project, "outcomes"]) => {
            Box::pin(api::settings::outcomes(incoming, project))
        }
        (Method::Get, ["api", "0", "projects", project, "outcomes", "summary"]) => {
            Box::pin(api::outcomes::summary(incoming, project))
        }
        (Method::Get, ["api", "0", "projects", project, "outcomes", "export"]) => {
            Box::pin(api::outcomes::export(incoming, project))
        }
        (Method::Get, [project, "vitals"]) => {
            Box::pin(dashboard::vitals::vitals(incoming, project))
        }
        (Method::Get, [project, "requests"]) => {
            Box::pin(dashboard::requests::requests(incoming, project))
        }
        (Method::Get, [project, "releases"]) => {
            Box::pin(dashboard::releases::releases(incoming, project))
        }
        (Method::Get, [project, "feedback"]) => {
            Box::pin(dashboard::feedback::feedback(incoming, project))
        }
        (Method::Post, [project, "feedback"]) => {
            Box::pin(dashboard::feedback::decide(incoming, project))
        }
        (Method::Get, [project, "outcomes"]) => {
            Box::pin(dashboard::outcomes::outcomes(incoming, project))
        }
        (Method::Get, ["api", "0", "projects", project, "regroup"]) => {
            Box::pin(api::regroup::state(incoming, project))
        }
        (Method::Post, ["api", "0", "projects", project, "regroup"]) => {
            Box::pin(api::regroup::change(incoming, project, Verb::Start))
        }
        (Method::Post, ["api", "0", "projects", project, "regroup", verb])
            if let Some(verb) = Verb::of(verb) =>
        {
            Box::pin(api::regroup::change(incoming, project, verb))
        }
        (method, ["api", "0", rest @ ..]) => programs(incoming, method, rest),
        (Method::Get, []) => Box::pin(dashboard::start(incoming)),
        (Method::Get, [project, "issues"]) => Box::pin(dashboard::issues(incoming, project)),
        (Method::Post, [project, "views"]) => Box::pin(api::views::create_form(incoming, project)),
        (Method::Post, [project, "views", id, "delete"]) => {
            Box::pin(api::views::delete_form(incoming, project, id))
        }
        (Method::Get, [project, "issues", short_id]) => {
            Box::pin(dashboard::issue(incoming, project, short_id, None))
        }
        (Method::Get, [project, "issues", short_id, "events", event_id]) => {
            Box::pin(dashboard::issue(incoming, project, short_id, Some(event_id)))
        }
        (Method::Get, [project, "issues", short_id, "events"]) => {
            Box::pin(dashboard::events::events(incoming, project, short_id))
        }
        (Method::Get, [project, "issues", short_id, "events", event_id, "markdown"]) => {
            Box::pin(dashboard::events::markdown(incoming, project, short_id, event_id))
        }
        (Method::Get, [project, "issues", short_id, "activity"]) => {
            Box::pin(dashboard::events::activity_page(incoming, project, short_id))
        }
        (Method::Get, [project, "issues", short_id, "split"]) => {
            Box::pin(dashboard::grouping::split_page(incoming, project, short_id))
        }
        (Method::Get, [project, "issues", short_id, "compare"]) => {
            Box::pin(dashboard::grouping::compare_with(incoming, project, short_id))
        }
        (Method::Get, [project, "issues", short_id, "compare", other]) => {
            Box::pin(dashboard::grouping::compare(incoming, project, short_id, other))
        }
        (Method::Get, [project, "settings"]) => {
            Box::pin(dashboard::settings::settings(incoming, project, ""))
        }
        (Method::Get, [project, "settings", tab]) if pages::settings_tab(tab).is_some() => {
            Box::pin(dashboard::settings::settings(incoming, project, tab))
        }
        (Method::Get, [project, "regroup"]) => {
            Box::pin(dashboard::regroup::page(incoming, project))
        }
        (Method::Post, [project, "regroup", verb]) if let Some(verb) = Verb::of(verb) => {
            Box::pin(dashboard::regroup::change(incoming, project, verb))
        }
        (Method::Post, [project, "settings", section]) => settings_form(incoming, project, section),
        (Method::Post, [project, "setup", "allow-origin"]) => {
            Box::pin(first_event::allow_origin(incoming, project))
        }
        (Method::Post, [project, "setup", "test-event"]) => {
            Box::pin(first_event::send_test_event(incoming, project))
        }
        (Method::Get, [project, "setup", "check"]) => {
            at_once(Ok(first_event::check_again(project)))
        }
        (Method::Post, [project, "setup", "check"]) => {
            Box::pin(first_event::check_page(incoming, project))
        }
        (Method::Post, [project, "issues", "bulk"]) => Box::pin(dashboard::bulk(incoming, project)),
        (Method::Post, [project, "issues", short_id, "split"]) => {
            Box::pin(dashboard::grouping::split(incoming, project, short_id))
        }
        (Method::Post, [project, "issues", short_id, verb]) => {
            Box::pin(dashboard::act(incoming, project, short_id, verb))
        }
        _ => at_once(Err(Failure::NotFound)),
    }
}

/// `/api/0/projects/{project}/…`: lists of issues, and what helps to search them.
fn lists<'a>(
    incoming: &'a mut Incoming,
    method: Method,
    project: &'a str,
    parts: &'a [&'a str],
) -> Answering<'a> {
    use api::{list, suggestions, views};
    match (method, parts) {
        (Method::Get, ["issues"]) => Box::pin(list::list(incoming, project)),
        (Method::Get, ["issues", "export"]) => Box::pin(list::export(incoming, project)),
        (Method::Get, ["issues", short_id, "peek"]) => {
            Box::pin(dashboard::peek::api(incoming, project, short_id))
        }
        (Method::Get, ["suggestions"]) => Box::pin(suggestions::suggestions(incoming, project)),
        (Method::Get, ["views"]) => Box::pin(views::list(incoming, project)),
        (Method::Post, ["views"]) => Box::pin(views::create(incoming, project)),
        (Method::Patch, ["views", id]) => Box::pin(views::change(incoming, project, id)),
        (Method::Delete, ["views", id]) => Box::pin(views::delete(incoming, project, id)),
        (method, parts) => visits(incoming, method, project, parts),
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

fn settings_form<'a>(
    incoming: &'a mut Incoming,
    project: &'a str,
    section: &'a str,
) -> Answering<'a> {
    use dashboard::settings;
    match section {
        "general" => Box::pin(settings::general(incoming, project)),
        "refused" => Box::pin(settings::refused(incoming, project)),
        "blocked" => Box::pin(settings::blocked(incoming, project)),
        "keys" => Box::pin(settings::create_key(incoming, project)),
        "tokens" => Box::pin(settings::create_token(incoming, project)),
        "revoke-token" => Box::pin(settings::revoke_token(incoming, project)),
        "revoke-key" => Box::pin(settings::revoke_key(incoming, project)),
        "senders" => Box::pin(settings::senders(incoming, project)),
        "limits" => Box::pin(settings::limits(incoming, project)),
        "repository" => Box::pin(settings::repository(incoming, project)),
        "filters" => Box::pin(settings::filters(incoming, project)),
        "privacy" => Box::pin(settings::privacy(incoming, project)),
        "erase" => Box::pin(settings::erase(incoming, project)),
        "grouping" => Box::pin(settings::grouping(incoming, project)),
        _ => at_once(Err(Failure::NotFound)),
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

/// 200 once the schema of every database is up to date.
async fn health(incoming: &Incoming) -> Response {
    match Store::open_all(&incoming.env, incoming.now_ms).await {
        Ok(()) => reply::text(200, "ok\n"),
        Err(error) => reply::text(503, &format!("{error}\n")),
    }
}
