//! A request as the handlers see it: headers, query, forms, a body that is read up to a limit.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use worker::{Context, Delay, Env, Method, Request, Url};

/// A body that is not there after this long does not come: pages of the slowest connections send a few kilobytes.
pub const BODY_S: u64 = 20;

/// One request with what every handler needs.
pub struct Incoming {
    request: Request,
    /// Bindings of this deployment.
    pub env: Env,
    /// Keeps the isolate alive for what goes on after the answer.
    pub context: Context,
    /// The Worker's clock when the request came.
    pub now_ms: i64,
    /// As the client asked for it.
    pub url: Url,
}

/// What became of reading a body.
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// More than the limit; the rest was not read.
    TooLarge,
    /// The connection ended early.
    Broken,
    /// It had not ended after [`BODY_S`] seconds.
    Endless,
}

impl Incoming {
    /// Takes over a request.
    pub fn new(request: Request, env: Env, context: Context, now_ms: i64) -> worker::Result<Self> {
        let url = request.url()?;
        Ok(Self { request, env, context, now_ms, url })
    }

    /// `GET`, `POST`, …
    pub fn method(&self) -> Method {
        self.request.method()
    }

    /// As it was sent: `GET`, `PROPFIND`, … [`method`](Self::method) takes what it does not know for `GET`.
    pub fn method_name(&self) -> String {
        self.request.inner().method()
    }

    /// Host and port that were asked for: `localhost:8787`.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// `https://host:port`
    pub fn origin(&self) -> String {
        format!("{}://{}", self.url.scheme(), self.host())
    }

    /// Value of a header, if it is there.
    pub fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).ok().flatten()
    }

    /// First value of a query parameter, if it is there.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Every value of a query parameter.
    pub fn queries(&self, name: &str) -> Vec<String> {
        let pairs = self.url.query_pairs().filter(|(key, _)| key == name);
        pairs.map(|(_, value)| value.into_owned()).collect()
    }

    /// The sender's IP address, if there is a network between.
    pub fn address(&self) -> Option<String> {
        self.header("cf-connecting-ip")
    }

    /// Where the sender is: ISO 3166-1, two capital letters, as Cloudflare says; `None` if it does not know.
    pub fn country(&self) -> Option<String> {
        let header = self.header("cf-ipcountry");
        let country = header.or_else(|| self.request.cf().and_then(worker::Cf::country))?;
        let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        // XX is nowhere; T1, the Tor network, is no code either.
        (is_code && country != "XX").then_some(country)
    }

    /// A setting of the deployment: a variable or a secret.
    pub fn setting(&self, name: &str) -> Option<String> {
        let value = self.env.var(name).ok().map(|value| value.to_string());
        value.filter(|value| !value.is_empty())
    }

    /// What the agent is called on this deployment: `/{name}.js` is what pages load first.
    pub fn agent_name(&self) -> String {
        self.setting("AGENT_NAME").unwrap_or_else(|| "trapline".to_owned())
    }

    /// Path of the ingest that our own agent uses.
    pub fn ingest_path(&self, project_id: u32) -> String {
        match self.setting("AGENT_NAME") {
            Some(name) => format!("/{name}/{project_id}"),
            None => format!("/api/{project_id}/envelope/"),
        }
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.header("cookie")?;
        let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }

    /// Reads the body chunk by chunk and stops at the limit: a length that was announced may lie.
    pub async fn body(&mut self, max_bytes: usize) -> Body {
        let announced =
            self.header("content-length").and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|bytes| bytes > max_bytes) {
            return Body::TooLarge;
        }
        // A request without a body has no stream.
        let Ok(mut stream) = self.request.stream() else { return Body::Whole(Vec::new()) };
        let mut body = Vec::with_capacity(announced.unwrap_or(0));
        let mut end = pin!(Delay::from(Duration::from_secs(BODY_S)));
        loop {
            match select(stream.next(), end.as_mut()).await {
                Either::Left((None, _)) => return Body::Whole(body),
                Either::Left((Some(Ok(chunk)), _)) if body.len() + chunk.len() <= max_bytes => {
                    body.extend_from_slice(&chunk);
                }
                Either::Left((Some(Ok(_)), _)) => return Body::TooLarge,
                Either::Left((Some(Err(_)), _)) => return Body::Broken,
                Either::Right(_) => return Body::Endless,
            }
        }
    }

    /// A form's fields, in order; none if the body is no form of at most 64 KiB.
    pub async fn form(&mut self) -> Vec<(String, String)> {
        const MAX_FORM: usize = 64 * 1024;
        let Body::Whole(body) = self.body(MAX_FORM).await else { return Vec::new() };
        form_urlencoded::parse(&body).into_owned().collect()
    }

    /// Hands the request on to the static files.
    pub async fn asset(self) -> worker::Result<worker::Response> {
        self.env.assets("ASSETS")?.fetch_request(self.request).await
    }
}

/// Value of a form's field.
pub fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}
