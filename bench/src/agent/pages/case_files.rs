//! What the pages of capture cases load beside the agent: their scripts, a frame, workers.

use super::{ISOLATED, VARIANTS, Variant, dsn, owned, page};
use crate::agent::cases::{self, Way};
use crate::agent::server::Answer;

/// In a frame of a page.
const INNER: &str = "<!doctype html><title>Inner</title>\
                     <script>setTimeout(function spin() { throw new RangeError('inside'); }, 300)</script>";

/// In a worker.
const WORK: &str = "setTimeout(function pack() { throw new RangeError('no box left'); }, 300);\n";

/// The file with a name, if it is one of a case: `sentry/case/7`, `case/7.js`, `case/inner.html`, `case/work.js`,
/// `case/work-sentry.js`.
pub(super) fn answer(name: &str, sink_port: u16) -> Option<Answer> {
    if let Some((variant, number)) = name.split_once("/case/") {
        let variant = VARIANTS.into_iter().find(|one| one.name() == variant)?;
        return Some(page(variant, sink_port, Some(head(variant, number)?)));
    }
    let file = name.strip_prefix("case/")?;
    if file == "inner.html" {
        return Some(file_of("text/html; charset=utf-8", INNER.to_owned()));
    }
    let file = file.strip_suffix(".js")?;
    let script = match file.strip_prefix("work") {
        Some(rest) => work(rest.strip_prefix('-'), sink_port)?,
        None => cases::case(file.parse().ok()?)?.script.to_owned(),
    };
    Some(file_of("text/javascript", script))
}

/// What stands before the agent's script, and behind it.
fn head(variant: Variant, number: &str) -> Option<[String; 2]> {
    let case = cases::case(number.parse().ok()?)?;
    let script = format!("<script src=\"/case/{number}.js\"></script>");
    let mut before = format!(
        "<script>bench.case = \"/case/{number}.js\"; bench.worker = \"/case/work-{}.js\";</script>\n",
        variant.name()
    );
    let mut behind = String::new();
    match case.way {
        Way::Before => before += &script,
        Way::Early => behind = script,
        Way::Policy => {
            before +=
                "<meta http-equiv=\"Content-Security-Policy\" content=\"img-src 'self' data:\">";
        }
        Way::Armed | Way::Offline | Way::Refused | Way::Leaving => {}
    }
    Some([before, behind])
}

/// A worker's script, behind an agent's if one is named.
fn work(agent: Option<&str>, sink_port: u16) -> Option<String> {
    let Some(name) = agent else { return Some(WORK.to_owned()) };
    let line = match VARIANTS.into_iter().find(|one| one.name() == name)? {
        Variant::Trapline => {
            format!("importScripts(\"/trapline-worker.js?dsn={}\");\n", dsn(sink_port))
        }
        peer => format!(
            "self.SINK = \"http://127.0.0.1:{sink_port}\"; self.bench = {{ armed() {{}} }};\nimportScripts(\"/{}.js\");\n",
            peer.name()
        ),
    };
    Some(line + WORK)
}

fn file_of(kind: &str, text: String) -> Answer {
    let mut headers = owned(&ISOLATED);
    headers
        .extend(owned(&[("Content-Type", kind), ("Cross-Origin-Resource-Policy", "same-origin")]));
    Answer { status: 200, headers, body: text.into_bytes() }
}
