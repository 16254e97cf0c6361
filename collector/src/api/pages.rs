//! `/api/0/projects/{project}/…`: numbers of pages and of their requests: web vitals, endpoints, slow loads, long frames.

use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use trapline_core::histogram::{Histogram, Sums};
use trapline_core::page_view::{CLS, LCP, PARTS, PHASES, PageView, VITALS};
use worker::Response;

use super::{add_numbers, add_texts};
use crate::dashboard::question::{Listing, Question};
use crate::failure::Failure;
use crate::page_views::detail::Detail;
use crate::page_views::read::Measured;
use crate::page_views::tally::{GOOD, POOR, SLOW};
use crate::page_views::visits::share;
use crate::page_views::{Column, Kind, endpoint, page};
use crate::plan::HOUR_MS;
use crate::reply;
use crate::request::Incoming;

impl Question {
    /// All together and each of a list, with `what` as its name.
    async fn listed(&self, kind: Kind, what: &str) -> Result<Response, Failure> {
        let Listing { all, list, .. } = self.listing(kind, None, false).await?;
        let members: Vec<Value> = list.iter().map(|one| self.named(kind, what, one)).collect();
        Ok(reply::json(
            200,
            &json!({
                "from": rfc3339_of(self.window.first_hour * HOUR_MS),
                "all": self.with_trend(kind, &all),
                "list": members,
            }),
        ))
    }

    /// One of a list: without its trend, which the one of its name has.
    fn named(&self, kind: Kind, what: &str, measured: &Measured) -> Value {
        let mut json = self.sums(kind, measured);
        json.insert(what.to_owned(), measured.name.as_str().into());
        Value::Object(json)
    }

    fn with_trend(&self, kind: Kind, measured: &Measured) -> Value {
        let mut json = self.sums(kind, measured);
        let trend = measured.trend.iter().map(|(hour, sums)| {
            let mut point = sums_json(kind, sums);
            point.insert("at".to_owned(), rfc3339_of(hour * HOUR_MS).into());
            Value::Object(point)
        });
        json.insert("trend".to_owned(), trend.collect());
        Value::Object(json)
    }

    fn sums(&self, kind: Kind, measured: &Measured) -> Map<String, Value> {
        let mut json = sums_json(kind, &measured.sums);
        if kind == Kind::Endpoint {
            let minutes = number(self.window.length_ms(self.now_ms).unsigned_abs()) / 60_000.0;
            let rate = whole(measured.sums.counted(endpoint::REQUESTS)) / minutes;
            json.insert("per_minute".to_owned(), rate.into());
        }
        json
    }

    /// One page or endpoint, which `name` names, and what it divides into.
    async fn divided(
        &self,
        kind: Kind,
        name: &str,
    ) -> Result<(Map<String, Value>, Detail), Failure> {
        let (measured, detail) = self.one(kind, name).await?.ok_or(Failure::NotFound)?;
        let mut json = Map::new();
        json.insert("numbers".to_owned(), self.with_trend(kind, &measured));
        for (name, column) in [
            ("releases", Column::Releases),
            ("environments", Column::Environments),
            ("browsers", Column::Browsers),
            ("devices", Column::Devices),
            ("countries", Column::Countries),
        ] {
            let parts = detail.by(column).into_iter().map(|(key, sums)| {
                let mut part = sums_json(kind, sums);
                part.insert("value".to_owned(), key.into());
                Value::Object(part)
            });
            json.insert(name.to_owned(), parts.collect());
        }
        Ok((json, detail))
    }
}

fn name_of(incoming: &Incoming, parameter: &str) -> Result<String, Failure> {
    let name = incoming.query(parameter).filter(|name| !name.is_empty());
    name.ok_or_else(|| Failure::BadRequest(["say which one: ", parameter, "=…"].concat()))
}

/// `GET …/vitals/?range=14d&release=shop@1`: all pages, and the most frequent ones.
pub async fn vitals(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    Question::strict(incoming, slug).await?.listed(Kind::Page, "page").await
}

/// `GET …/vitals/page/?page=/checkout`
pub async fn vitals_page(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let (question, name) = (Question::strict(incoming, slug).await?, name_of(incoming, "page")?);
    let (mut json, detail) = question.divided(Kind::Page, &name).await?;
    let causes = VITALS.iter().zip(PARTS).take(CLS + 1);
    for (vital, parts) in causes {
        let list = detail.causes(vital).into_iter();
        let list = list.map(|(target, sums)| target_json(target, sums, parts));
        json.insert([vital, "_targets"].concat(), Value::Array(list.collect()));
    }
    json.insert("slowest".to_owned(), detail.slowest.iter().map(load_json).collect());
    Ok(reply::json(200, &Value::Object(json)))
}

fn target_json(target: &str, sums: &Sums, parts: &[&str]) -> Value {
    let (mut json, mut means) = (Map::new(), Map::new());
    for (index, name) in parts.iter().enumerate() {
        add_numbers(&mut means, &[(*name, share(sums.counted(1 + index), sums.counted(0)))]);
    }
    add_texts(&mut json, &[("target", target)]);
    add_numbers(
        &mut json,
        &[("views", Some(whole(sums.counted(0)))), ("not_good", Some(whole(sums.counted(SLOW))))],
    );
    json.insert("mean_parts".to_owned(), Value::Object(means));
    Value::Object(json)
}

/// `GET …/requests/`: all endpoints, and the most frequent ones.
pub async fn requests(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    Question::strict(incoming, slug).await?.listed(Kind::Endpoint, "endpoint").await
}

/// `GET …/requests/endpoint/?endpoint=GET+/api/items/{id}`
pub async fn requests_endpoint(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let (question, name) =
        (Question::strict(incoming, slug).await?, name_of(incoming, "endpoint")?);
    let (mut json, detail) = question.divided(Kind::Endpoint, &name).await?;
    let pages = detail.causes("page").into_iter();
    let pages =
        pages.map(|(page, sums)| json!({ "page": page, "requests": whole(sums.counted(0)) }));
    json.insert("called_from".to_owned(), pages.collect());
    Ok(reply::json(200, &Value::Object(json)))
}

/// `GET …/loads/`: the slowest loads of all pages, or of one, with their phases.
pub async fn loads(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let question = Question::strict(incoming, slug).await?;
    let name = incoming.query("page").unwrap_or_default();
    let detail = question.one(Kind::Page, &name).await?.unwrap_or_default().1;
    let loads = detail.slowest.iter().map(load_json).collect();
    Ok(reply::json(200, &Value::Array(loads)))
}

/// `GET …/frames/`: scripts of long frames, of all pages or of one.
pub async fn frames(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let question = Question::strict(incoming, slug).await?;
    let name = incoming.query("page").unwrap_or_default();
    let detail = question.one(Kind::Page, &name).await?.unwrap_or_default().1;
    let scripts = detail.causes("script").into_iter().map(|(script, sums)| {
        let (url, function) = script.split_once(' ').unwrap_or((script, ""));
        let mut json = Map::new();
        add_texts(&mut json, &[("script", url), ("function", function)]);
        add_numbers(
            &mut json,
            &[
                ("frames", Some(whole(sums.counted(0)))),
                ("mean_blocking", share(sums.counted(1), sums.counted(0))),
                ("mean_duration", share(sums.counted(2), sums.counted(0))),
            ],
        );
        Value::Object(json)
    });
    Ok(reply::json(200, &Value::Array(scripts.collect())))
}

fn sums_json(kind: Kind, sums: &Sums) -> Map<String, Value> {
    if kind == Kind::Page { page_json(sums) } else { endpoint_json(sums) }
}

/// Sums of page views.
pub fn page_json(sums: &Sums) -> Map<String, Value> {
    let count = |place| sums.counted(place);
    let views = count(page::VIEWS);
    let load = sums.histograms.get(page::LOAD);
    let mut json = Map::new();
    add_numbers(
        &mut json,
        &[
            ("views", Some(whole(views))),
            ("with_errors", Some(whole(count(page::WITH_ERRORS)))),
            ("abandoned", Some(whole(count(page::ABANDONED)))),
            ("mean_visible_ms", share(count(page::VISIBLE_MS), views)),
            ("mean_script_bytes", share(count(page::SCRIPT_BYTES), count(page::WITH_SCRIPTS))),
            ("load_p75", load.and_then(|load| load.percentile(75))),
        ],
    );
    for (place, (name, histogram)) in VITALS.iter().zip(&sums.histograms).enumerate() {
        json.insert((*name).to_owned(), vital_json(place, histogram));
    }
    json
}

fn vital_json(place: usize, histogram: &Histogram) -> Value {
    let scale = if place == CLS { 1_000.0 } else { 1.0 };
    let value = |percent| histogram.percentile(percent).map(|value| value / scale);
    let up_to = |limits: &[f64; 5]| {
        let limit = limits.get(place).copied().unwrap_or(0.0);
        share(histogram.up_to(limit), histogram.total())
    };
    let mut json = Map::new();
    add_numbers(
        &mut json,
        &[
            ("views", Some(whole(histogram.total()))),
            ("p50", value(50)),
            ("p75", value(75)),
            ("p95", value(95)),
            ("good", up_to(&GOOD)),
            ("poor", up_to(&POOR).map(|not_poor| 1.0 - not_poor)),
        ],
    );
    Value::Object(json)
}

/// Sums of requests.
pub fn endpoint_json(sums: &Sums) -> Map<String, Value> {
    let count = |place| Some(whole(sums.counted(place)));
    let duration = sums.histograms.get(endpoint::DURATION);
    let percentile = |percent| duration.and_then(|histogram| histogram.percentile(percent));
    let mut json = Map::new();
    add_numbers(
        &mut json,
        &[
            ("requests", count(endpoint::REQUESTS)),
            ("no_answer", count(endpoint::NO_ANSWER)),
            ("status_4xx", count(endpoint::STATUS_4XX)),
            ("status_5xx", count(endpoint::STATUS_5XX)),
            ("aborted", count(endpoint::ABORTED)),
            ("received", count(endpoint::RECEIVED)),
            ("sent", count(endpoint::SENT)),
            ("p50", percentile(50)),
            ("p75", percentile(75)),
            ("p95", percentile(95)),
        ],
    );
    json
}

fn load_json(view: &PageView) -> Value {
    let lcp = view.vitals.get(LCP).and_then(Option::as_ref);
    let (mut json, mut phases) = (Map::new(), Map::new());
    add_texts(
        &mut json,
        &[
            ("page_view_id", &view.id),
            ("at", &rfc3339_of(view.started_ms)),
            ("page", &view.page),
            ("url", &view.url),
            ("release", &view.release),
            ("browser", &view.browser),
            ("device", &view.device),
            ("country", &view.country),
        ],
    );
    json.insert("errors".to_owned(), view.errors.into());
    add_numbers(&mut json, &[("lcp", lcp.map(|lcp| lcp.value))]);
    json.insert("lcp_target".to_owned(), lcp.map(|lcp| lcp.target.as_str()).into());
    for (name, value) in PHASES.iter().zip(view.load) {
        add_numbers(&mut phases, &[(*name, Some(value))]);
    }
    json.insert("phases".to_owned(), Value::Object(phases));
    Value::Object(json)
}

/// Hundredths as whole ones.
pub fn whole(hundredths: u64) -> f64 {
    number(hundredths) / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
fn number(number: u64) -> f64 {
    number as f64
}
