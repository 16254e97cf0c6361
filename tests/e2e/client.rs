//! A client that sees cookies, and signs in as it likes: what tests of signing in and of forms need.

use trapline_tests::World;
use ureq::http::Response;
use ureq::{Body, RequestBuilder};
use xtask::worker::{Worker, http};

/// An answer with what signs in.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub cookie: Option<String>,
    pub location: Option<String>,
    pub body: String,
}

impl Reply {
    pub fn of(mut response: Response<Body>) -> Self {
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned)
        };
        let cookie = header("set-cookie");
        let cookie = cookie.and_then(|cookie| Some(cookie.split(';').next()?.to_owned()));
        Self {
            status: response.status().as_u16(),
            cookie,
            location: header("location"),
            body: response.body_mut().read_to_string().expect("a body"),
        }
    }
}

pub fn address(worker: &Worker, path: &str) -> String {
    format!("http://127.0.0.1:{}{path}", worker.port())
}

/// The dashboard's; an installation without `DASHBOARD_HOST` answers on any.
pub fn host(worker: &Worker) -> String {
    format!("localhost:{}", worker.port())
}

pub fn get(worker: &Worker, path: &str, cookie: &str) -> Reply {
    request(worker, &worker.dashboard(), "Get", path, cookie, "")
}

pub fn post(worker: &Worker, path: &str, form: &[(&str, &str)], cookie: &str) -> Reply {
    let request = http().post(address(worker, path)).header("Host", host(worker));
    Reply::of(request.header("Cookie", cookie).send_form(form.iter().copied()).expect("an answer"))
}

pub fn request(
    worker: &Worker,
    origin: &str,
    method: &str,
    path: &str,
    cookie: &str,
    authorization: &str,
) -> Reply {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let (http, address) = (http(), address(worker, path));
    let form = [("status", "resolved")];
    let answer = match method {
        "Get" => headers(http.get(address), host, cookie, authorization).call(),
        "Delete" => headers(http.delete(address), host, cookie, authorization).call(),
        "Patch" => headers(http.patch(address), host, cookie, authorization).send_form(form),
        _ => headers(http.post(address), host, cookie, authorization).send_form(form),
    };
    Reply::of(answer.expect("an answer"))
}

fn headers<B>(
    request: RequestBuilder<B>,
    host: &str,
    cookie: &str,
    authorization: &str,
) -> RequestBuilder<B> {
    let request = request.header("Host", host).header("Cookie", cookie);
    if authorization.is_empty() { request } else { request.header("Authorization", authorization) }
}

/// A session of the dashboard.
pub fn session(world: &World) -> String {
    let link = world.project().sign_in;
    let link = link.strip_prefix(&world.worker.dashboard()).expect("a link to the dashboard");
    get(&world.worker, link, "").cookie.expect("a session")
}

/// What stands between two texts.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}
