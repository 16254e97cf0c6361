//! A request as the handlers see it: headers, query, forms, a body that is read up to a limit.

use futures_util::StreamExt;
use worker::{Context, Env, Method, Request, Url};

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
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else { return Body::Broken };
            if body.len() + chunk.len() > max_bytes {
                return Body::TooLarge;
            }
            body.extend_from_slice(&chunk);
        }
        Body::Whole(body)
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
