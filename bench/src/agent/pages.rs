//! The pages that are measured: the same one without an agent, with ours, and with each that ours is compared with.
//!
//! Ours is served as it lies in `deploy/assets`, with the headers that it is deployed with. A peer is what esbuild makes
//! of `bench/pages/NAME.js`, minified, as one script in the page's head, where its documentation wants it.

mod case_files;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use xtask::names::Names;
use xtask::paths::Paths;
use xtask::progress::Progress;
use xtask::run::run;
use xtask::size::{agent_directory, brotli_bytes};

use crate::agent::server::{self, Answer};

/// What a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Blank,
    Trapline,
    Sentry,
    Bugsnag,
    Honeybadger,
    Rollbar,
    Faro,
}

/// In the order of measuring and printing.
pub(crate) const VARIANTS: [Variant; 7] = [
    Variant::Blank,
    Variant::Trapline,
    Variant::Sentry,
    Variant::Bugsnag,
    Variant::Honeybadger,
    Variant::Rollbar,
    Variant::Faro,
];

/// What ours is measured beside.
pub(crate) const PEERS: [Variant; 5] =
    [Variant::Sentry, Variant::Bugsnag, Variant::Honeybadger, Variant::Rollbar, Variant::Faro];

const BENCH: &str = include_str!("../../pages/bench.js");
const WASM: &str = include_str!("../../pages/wasm.js");

/// `SharedArrayBuffer` needs them; what is measured is that `performance.now()` is finer with them.
const ISOLATED: [(&str, &str); 2] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
];

impl Variant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Trapline => "trapline",
            Self::Sentry => "sentry",
            Self::Bugsnag => "bugsnag",
            Self::Honeybadger => "honeybadger",
            Self::Rollbar => "rollbar",
            Self::Faro => "faro",
        }
    }
}

/// A server of all pages, by its port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pages(u16);

impl Pages {
    /// Serves the pages; their agents send to the sink at this port.
    pub(crate) fn serve(paths: &Paths, sink_port: u16) -> Result<Self> {
        let assets = paths.deploy.join("assets");
        let headers = fs::read_to_string(assets.join("_headers"))
            .context("there is no agent in deploy/assets; cargo xtask build makes it")?;
        let bundles = bundles(paths);
        let port = server::serve(move |request| {
            let name = request.path.trim_start_matches('/');
            if let Some(variant) = VARIANTS.iter().find(|variant| variant.name() == name) {
                return page(*variant, sink_port, None);
            }
            if let Some(answer) = case_files::answer(name, sink_port) {
                return answer;
            }
            let found = [&bundles, &assets].iter().find_map(|at| fs::read(at.join(name)).ok());
            let Some(body) = found else { return Answer { status: 404, ..Answer::default() } };
            Answer { status: 200, headers: asset_headers(&request.path, &headers), body }
        })?;
        Ok(Self(port))
    }

    /// The page on an origin that nothing else has.
    pub(crate) fn origin(&self, visit: usize) -> String {
        format!("http://v{visit}.localhost:{}", self.0)
    }
}

/// Where peers' scripts lie.
fn bundles(paths: &Paths) -> PathBuf {
    paths.target.join("bench/agent/pages")
}

/// Makes the peers' scripts.
pub(crate) fn bundle(paths: &Paths) -> Result<()> {
    let peers = PEERS.map(|peer| format!("bench/pages/{}.js", peer.name()));
    Progress::over(1).step("peers", |say| {
        let advice = "cargo xtask build installs what package-lock.json names";
        let mut esbuild = Command::new(paths.esbuild());
        esbuild
            .args(peers)
            .args(["--bundle", "--minify", "--format=iife", "--platform=browser"])
            .args(["--target=es2020", "--define:process.env.NODE_ENV=\"production\""])
            .args(["--legal-comments=none", "--log-level=warning"])
            .arg(format!("--outdir={}", bundles(paths).display()))
            .current_dir(&paths.root);
        run(&mut esbuild, say, advice)
    })
}

/// Everything that a visitor loads for an agent, on the wire.
pub(crate) fn loaded_bytes(paths: &Paths, variant: Variant) -> Result<usize> {
    match variant {
        Variant::Blank => Ok(0),
        Variant::Trapline => Ok(parts(paths)?.iter().map(|(_, bytes)| bytes).sum()),
        peer => brotli_bytes(&bundles(paths).join(peer.name()).with_extension("js")),
    }
}

/// What ours is made of, in bytes on the wire.
pub(crate) fn parts(paths: &Paths) -> Result<Vec<(&'static str, usize)>> {
    let agent = agent_directory(&paths.deploy, &Names::chosen()?)?;
    let parts = [
        ("stub, which the page waits for", paths.deploy.join("assets/trapline.js")),
        ("façade, loaded beside the page", agent.join("agent.js")),
        ("wasm, loaded for the first error", agent.join("agent_bg.wasm")),
        ("page views, loaded by one visit in ten", agent.join("views.js")),
    ];
    parts.into_iter().map(|(name, file)| Ok((name, brotli_bytes(&file)?))).collect()
}

/// Where an agent reports to, as its options have it.
fn dsn(sink_port: u16) -> String {
    format!("http://abcdef0123456789abcdef0123456789@127.0.0.1:{sink_port}/1")
}

/// The page, with what a case has in its head before the agent and behind it.
fn page(variant: Variant, sink_port: u16, case: Option<[String; 2]>) -> Answer {
    let (sink, dsn) = (format!("http://127.0.0.1:{sink_port}"), dsn(sink_port));
    let [before, behind] = case.unwrap_or_default();
    let agent = match variant {
        Variant::Blank => "<script>bench.armed()</script>".to_owned(),
        Variant::Trapline => format!(
            "<script src=\"/trapline.js\" \
             data-dsn=\"{dsn}\" \
             data-release=\"shop@1.0.0\" data-environment=\"production\" \
             data-page-view-sample-rate=\"1\"></script>"
        ),
        peer => format!("<script src=\"/{}.js\"></script>", peer.name()),
    };
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<script>window.SINK = \"{sink}\";\n{BENCH}{WASM}</script>\n{before}{agent}{behind}\n\
         <script>bench.heard()</script></head>\n<body><main><h1>Shop</h1><p>Hazelnuts.</p></main></body></html>\n"
    );
    let mut headers: Vec<(String, String)> = owned(&ISOLATED);
    headers.extend(owned(&[("Content-Type", "text/html; charset=utf-8")]));
    Answer { status: 200, headers, body: html.into_bytes() }
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Those of `_headers` for our files; a peer's script may be kept for ever, as bundlers name it.
fn asset_headers(path: &str, rules: &str) -> Vec<(String, String)> {
    let kind = match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("wasm") => "application/wasm",
        _ => "text/javascript",
    };
    let mut headers = ruled(path, rules);
    if !headers.iter().any(|(name, _)| name == "Cache-Control") {
        headers.extend(owned(&[("Cache-Control", "public, max-age=31536000, immutable")]));
    }
    headers.extend(owned(&[("Content-Type", kind)]));
    headers
}

/// A line that begins with `/` is a path, perhaps with `*` at its end; below it stand its headers, indented.
fn ruled(path: &str, rules: &str) -> Vec<(String, String)> {
    let (mut applies, mut headers) = (false, Vec::new());
    for line in rules.lines() {
        if line.starts_with('/') {
            applies = match line.trim_end().strip_suffix('*') {
                Some(prefix) => path.starts_with(prefix),
                None => path == line.trim_end(),
            };
        } else if let (true, Some((name, value))) = (applies, line.split_once(':')) {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_those_of_all_rules_that_match() {
        let rules = "/*\n  X-Content-Type-Options: nosniff\n/agent/*\n  Cache-Control: immutable\n/trapline.js\n  Cache-Control: max-age=300\n";
        let of = |path| ruled(path, rules).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(of("/agent/0/agent.js"), ["nosniff", "immutable"]);
        assert_eq!(of("/trapline.js"), ["nosniff", "max-age=300"]);
        assert_eq!(of("/trapline.json"), ["nosniff"]);
    }
}
