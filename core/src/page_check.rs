//! Why nothing arrives from a page: its answer as a browser got it, in; what keeps the agent from hearing and sending, out.
//!
//! In: status, headers, the first [`MAX_PAGE`] bytes of the HTML, the page's address, and the project's DSN. Out:
//! [`Finding`]s, the worst first; none when the page is as it should be. Nothing is refused, and nothing is run: what a
//! script adds to the page later is not seen, so what is missing in the HTML is a hint and not a fault.

mod document;
mod finding;
mod html;
mod place;
mod policy;

pub use finding::{Finding, PolicyPlace, Refused};

use crate::dsn::Dsn;
use crate::limits::{MAX_FINDINGS, MAX_NAME, MAX_PAGE, MAX_PAGE_POLICIES, MAX_PAGE_POLICY};
use document::{Document, Script};
use place::Place;
use policy::{Directive, Policy, Request};

/// A page as it was answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// Its address after redirects.
    pub url: &'a str,
    /// Its status.
    pub status: u16,
    /// The header `Content-Type`, or the empty text.
    pub content_type: &'a str,
    /// Each header `Content-Security-Policy`.
    pub policies: &'a [&'a str],
    /// Each header `Content-Security-Policy-Report-Only`.
    pub tried_policies: &'a [&'a str],
    /// Its text.
    pub html: &'a str,
}

/// What the page should have.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The project's: where agent and collector are, its key and its number.
    pub dsn: &'a Dsn,
    /// `trapline.js`, or what this deployment calls it; the module has the same name with `.mjs`.
    pub script: &'a str,
    /// Path of the ingest, below what the DSN says of it: `/api/1/envelope/`.
    pub ingest: &'a str,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing arrives.
    Blocks,
    /// Something is missed.
    Degrades,
    /// It may be so.
    Hint,
}

/// All that is wrong with a page, the worst first.
#[must_use]
pub fn check(page: &Page, expected: &Expected) -> Vec<Finding> {
    let mut findings = in_order_of_reading(page, expected);
    findings.sort_by_key(Finding::severity);
    findings.truncate(MAX_FINDINGS);
    findings
}

fn in_order_of_reading(page: &Page, expected: &Expected) -> Vec<Finding> {
    let mut findings = Vec::new();
    if page.status != 200 {
        findings.push(Finding::Status { status: page.status });
    }
    if !is_html(page) {
        let content_type = cut(page.content_type, MAX_NAME).to_owned();
        findings.push(Finding::NotHtml { content_type });
        return findings;
    }
    let (Some(at), Some(collector)) = (Place::parse(page.url), Place::parse(&expected.dsn.origin))
    else {
        return findings;
    };
    let html = cut(page.html, MAX_PAGE);
    let document = Document::read(html, &at);
    let snippet = document.scripts.iter().position(|script| is_snippet(script, expected));
    let agent = snippet.and_then(|index| document.scripts.get(index));
    findings.extend(address(agent, html, page.html.len(), expected));
    if let (Some(agent), Some(index)) = (agent, snippet) {
        findings.extend(order(agent, document.scripts.get(..index).unwrap_or_default(), expected));
    }
    findings.extend(mixed_content(&at, agent, &collector));
    let page_policies = policies(page, &document);
    for (number, policy) in page_policies.take(MAX_PAGE_POLICIES).enumerate() {
        // A header holds for the whole page, a `meta` element only for the scripts behind it.
        let concerned =
            agent.filter(|agent| policy.place != PolicyPlace::Meta || number < agent.policies);
        let script = concerned.and_then(|agent| script_refusal(&policy, agent, &at, expected));
        let wasm = agent.and_then(|_| wasm_refusal(&policy, script.as_ref()));
        findings.extend(script.into_iter().chain(wasm));
        findings.extend(sending_refusal(&policy, &collector, &at, expected));
    }
    findings
}

/// Without a content type a browser looks at the text.
fn is_html(page: &Page) -> bool {
    let kind = page.content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "" => page.html.trim_start().starts_with('<'),
        _ => ["text/html", "application/xhtml+xml"]
            .iter()
            .any(|html| kind.eq_ignore_ascii_case(html)),
    }
}

/// `<script src="…/trapline.js">`, `<script type="module" src="…/trapline.mjs">`, or a module that imports the latter.
fn is_snippet(script: &Script, expected: &Expected) -> bool {
    let stem = expected.script.strip_suffix(".js").unwrap_or(expected.script);
    let (classic, module) = (format!("/{}", expected.script), format!("/{stem}.mjs"));
    match &script.url {
        Some(url) => {
            url.path.ends_with(&classic) || (script.is_module && url.path.ends_with(&module))
        }
        None => script.is_module && script.tag.text.contains(&module),
    }
}

/// Where the page sends, as far as the HTML says.
fn address(
    agent: Option<&Script>,
    html: &str,
    page_bytes: usize,
    expected: &Expected,
) -> Option<Finding> {
    let dsn = expected.dsn;
    let text = dsn_text(dsn);
    let written = agent.and_then(|agent| agent.tag.attribute("data-dsn"));
    if let Some(written) = written {
        return match Dsn::parse(written) {
            Ok(found) => difference(&found, dsn),
            Err(_) => {
                Some(Finding::UnreadableDsn { found: cut(written, MAX_NAME).to_owned(), dsn: text })
            }
        };
    }
    let found = dsns_in(html).into_iter().filter(|found| is_akin(found, dsn));
    // One that is right among others is enough: pages may send to several services.
    let differences = found.map(|found| difference(&found, dsn));
    match differences.reduce(|one, other| other.and(one)) {
        Some(difference) => difference,
        None if html.contains(&dsn.public_key) => None,
        None if agent.is_some() => {
            Some(Finding::NoDsn { attribute: format!("data-dsn=\"{text}\"") })
        }
        None => Some(Finding::NotVisible {
            snippet: snippet(expected),
            read_bytes: (page_bytes > html.len()).then_some(html.len()),
        }),
    }
}

/// Whether a DSN is meant for this collector, and not for another service that the page uses as well.
fn is_akin(found: &Dsn, dsn: &Dsn) -> bool {
    found.public_key == dsn.public_key || same_origin(&found.origin, &dsn.origin)
}

fn difference(found: &Dsn, dsn: &Dsn) -> Option<Finding> {
    let text = dsn_text(dsn);
    if !same_origin(&found.origin, &dsn.origin) {
        let found = cut(&found.origin, MAX_NAME).to_owned();
        return Some(Finding::OtherOrigin { found, dsn: text });
    }
    if found.project_id != dsn.project_id {
        return Some(Finding::OtherProject { found: found.project_id, dsn: text });
    }
    if found.public_key != dsn.public_key {
        let found = cut(&found.public_key, MAX_NAME).to_owned();
        return Some(Finding::OtherKey { found, dsn: text });
    }
    None
}

fn same_origin(one: &str, other: &str) -> bool {
    let place = |text| Place::parse(text).map(|place| (place.origin(), place.path));
    place(one) == place(other)
}

/// Every DSN in a text, also in JSON that escapes slashes (`https:\/\/key@host\/1`).
fn dsns_in(html: &str) -> Vec<Dsn> {
    /// The longest that is read, and how many.
    const MAX_DSN: usize = 300;
    const MAX_DSNS: usize = 64;
    let text = html.replace("\\/", "/");
    let after = |at: usize| cut(text.get(at..).unwrap_or_default(), MAX_DSN);
    let schemes = text.match_indices("://").map(|(at, _)| at);
    // Most URLs name nobody before their first slash.
    let named = schemes.filter(|at| {
        let rest = after(at + 3);
        matches!(rest.find(['@', '/', '"', '\'']), Some(end) if end > 0 && rest.get(end..=end) == Some("@"))
    });
    let dsn = |at: usize| {
        let rest = after(at);
        let (rest, _) = rest.split_at(rest.find(ends_dsn).unwrap_or(rest.len()));
        let is_secure = text.get(..at)?.ends_with("https");
        let scheme = if is_secure { "https" } else { "http" };
        Dsn::parse(&format!("{scheme}{rest}")).ok()
    };
    named.take(MAX_DSNS).filter_map(dsn).collect()
}

fn ends_dsn(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '"' | '\'' | '`' | '<' | '>' | '\\' | '&' | ',' | ';' | ')')
}

/// Whether the agent hears from the beginning. A module cannot, and whoever wrote one knows.
fn order(agent: &Script, before: &[Script], expected: &Expected) -> Option<Finding> {
    if agent.is_module {
        return None;
    }
    if let Some(attribute) = agent.delay() {
        return Some(Finding::Delayed { attribute, snippet: snippet(expected) });
    }
    let other = before.iter().find(|script| script.runs_at_once())?;
    let url = other.tag.attribute("src").map(|src| cut(src.trim(), MAX_NAME).to_owned());
    let before = url.unwrap_or_else(|| "An inline script".into());
    Some(Finding::NotFirst { before, snippet: snippet(expected) })
}

fn mixed_content(at: &Place, agent: Option<&Script>, collector: &Place) -> Option<Finding> {
    let agent = agent.and_then(|agent| agent.url.as_ref());
    let insecure = agent
        .into_iter()
        .chain([collector])
        .find(|place| at.scheme == "https" && place.scheme == "http" && !place.is_this_machine())?;
    let secure = Place {
        scheme: "https",
        port: if insecure.port == 80 { 443 } else { insecure.port },
        ..insecure.clone()
    };
    Some(Finding::MixedContent { origin: insecure.origin(), secure: secure.origin() })
}

/// Those of `meta` elements first, as they are numbered.
fn policies<'a>(page: &'a Page, document: &'a Document) -> impl Iterator<Item = Policy> + 'a {
    let header = |texts: &'a [&'a str], place| {
        texts.iter().flat_map(move |text| Policy::of_header(cut(text, MAX_PAGE_POLICY), place))
    };
    document
        .policies
        .iter()
        .cloned()
        .chain(header(page.policies, PolicyPlace::Header))
        .chain(header(page.tried_policies, PolicyPlace::ReportOnlyHeader))
}

/// The agent's script, or what that loads from `/agent/`.
fn script_refusal(
    policy: &Policy,
    agent: &Script,
    at: &Place,
    expected: &Expected,
) -> Option<Finding> {
    let list = policy.scripts()?;
    let nonce = agent.tag.attribute("nonce");
    let imported = || module(at, expected);
    let url = agent.url.clone().or_else(imported)?;
    let runs = agent.url.is_some() || list.lets_inline(nonce);
    let own = Request {
        nonce,
        integrity: agent.tag.attribute("integrity"),
        by_script: agent.url.is_none(),
    };
    // What a script loads has its nonce.
    let loaded = Request { nonce, integrity: None, by_script: true };
    let what = if !runs || !list.lets_script(&url, &own, at) {
        Refused::Script
    } else if !list.lets_script(&url.at("/agent/0/agent.js"), &loaded, at) {
        Refused::Agent
    } else {
        return None;
    };
    let origin = url.origin();
    let remedy = if list.wants_nonce() || !runs {
        let tag = if agent.is_module { "<script type=\"module\"" } else { "<script" };
        format!("{tag} nonce=\"the nonce of this answer's policy\" …")
    } else if list.name == "script-src-elem" {
        widened(list, "script-src", &[&origin])
    } else {
        widened(list, "script-src", &[&origin, WASM])
    };
    Some(refused(policy, what, list, remedy))
}

/// Where an inline module finds `trapline.mjs`: beside the collector.
fn module(at: &Place, expected: &Expected) -> Option<Place> {
    let stem = expected.script.strip_suffix(".js").unwrap_or(expected.script);
    at.join(&format!("{}/{stem}.mjs", expected.dsn.origin))
}

const WASM: &str = "'wasm-unsafe-eval'";

/// Where the script is refused as well, one line mends both.
fn wasm_refusal(policy: &Policy, script: Option<&Finding>) -> Option<Finding> {
    let list = policy.code().filter(|list| !list.lets_wasm())?;
    let both = script.map(Finding::remedy).filter(|remedy| remedy.contains(WASM));
    let remedy = both.map_or_else(|| widened(list, "script-src", &[WASM]), str::to_owned);
    Some(refused(policy, Refused::WebAssembly, list, remedy))
}

fn sending_refusal(
    policy: &Policy,
    collector: &Place,
    at: &Place,
    expected: &Expected,
) -> Option<Finding> {
    let folder = collector.path.trim_end_matches('/');
    let envelope = collector.at(&format!("{folder}{}", expected.ingest));
    let list = policy.connections().filter(|list| !list.lets(&envelope, at))?;
    let remedy = widened(list, "connect-src", &[&collector.origin()]);
    Some(refused(policy, Refused::Sending, list, remedy))
}

fn refused(policy: &Policy, what: Refused, list: &Directive, remedy: String) -> Finding {
    let directive = line(&list.name, list.sources.iter().map(String::as_str));
    Finding::Refused {
        what,
        place: policy.place,
        directive: cut(&directive, MAX_NAME).into(),
        remedy,
    }
}

/// The directive with more sources. What `default-src` said is said anew under the name of what is missing.
fn widened(list: &Directive, name: &str, more: &[&str]) -> String {
    let name = if list.name == "default-src" { name } else { &list.name };
    let old = list.sources.iter().map(String::as_str);
    let kept = old.filter(|source| !source.eq_ignore_ascii_case("'none'"));
    let more = more.iter().copied().filter(|source| !list.sources.iter().any(|old| old == source));
    let widened = line(name, kept.chain(more.clone()));
    // A line too long to be shown: what is to be added.
    if widened.len() <= MAX_NAME { widened } else { line(name, ["…"].into_iter().chain(more)) }
}

fn line<'a>(name: &'a str, sources: impl Iterator<Item = &'a str>) -> String {
    std::iter::once(name).chain(sources).collect::<Vec<_>>().join(" ")
}

fn snippet(expected: &Expected) -> String {
    let Expected { dsn, script, .. } = expected;
    format!("<script src=\"{}/{script}\" data-dsn=\"{}\"></script>", dsn.origin, dsn_text(dsn))
}

fn dsn_text(dsn: &Dsn) -> String {
    let (scheme, host) = dsn.origin.split_once("://").unwrap_or(("https", &dsn.origin));
    format!("{scheme}://{}@{host}/{}", dsn.public_key, dsn.project_id)
}

/// At most the first `max_bytes` of a text.
fn cut(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or(text)
}
