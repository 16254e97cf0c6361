//! Requests that are made to hurt: no two of a kind have the same text where a text is kept.

use std::io::Read;

use anyhow::Result;
use flate2::Compression;
use flate2::read::GzEncoder;
use serde_json::json;

use crate::event::scrambled;
use crate::target::{Target, envelope_url};

/// What each of them tries, in turn.
pub(crate) const ATTACKS: [&str; 12] = [
    "made-up keys",
    "made-up projects",
    "a key of another project",
    "an origin that may not send",
    "no envelope",
    "a gzip bomb of 100 MB",
    "10,000 lists deep",
    "500 items of a byte",
    "3 MB",
    "an unknown encoding",
    "events over a quota",
    "events that a filter leaves out",
];

/// One request.
pub(crate) struct Request<'a> {
    /// Which of [`ATTACKS`].
    pub(crate) attack: usize,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: std::borrow::Cow<'a, [u8]>,
}

/// What they are made of.
pub(crate) struct Attacks {
    site: String,
    /// Where normal events go, with the key.
    open: String,
    /// A project with origins and a quota.
    victim: String,
    victim_key: String,
    open_url: String,
    bomb: Vec<u8>,
    deep: Vec<u8>,
    items: Vec<u8>,
    large: Vec<u8>,
}

impl Attacks {
    /// On the project of the target, and on the victim.
    pub(crate) fn on(target: &Target, victim_dsn: &str) -> Result<Self> {
        let mut bomb = Vec::new();
        GzEncoder::new(std::io::repeat(0).take(100_000_000), Compression::fast())
            .read_to_end(&mut bomb)?;
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let victim_key = key_of(victim_dsn);
        let victim = envelope_url(&target.worker, victim_dsn);
        Ok(Self {
            site: target.worker.site(),
            open: format!("{}?sentry_key={}", target.url, key_of(&target.dsn)),
            victim: format!("{victim}?sentry_key={victim_key}"),
            victim_key,
            open_url: target.url.clone(),
            bomb,
            deep: event(
                &json!({ "extra": { "a": "DEEP" } }).to_string().replace("\"DEEP\"", &deep),
            ),
            items: ("{}".to_owned() + &"\n{\"type\":\"event\",\"length\":1}\n1".repeat(500))
                .into_bytes(),
            large: vec![b' '; 3_000_000],
        })
    }

    /// The request with a number.
    pub(crate) fn request(&self, number: u64) -> Request<'_> {
        let kinds = ATTACKS.len() as u64;
        let attack = usize::try_from(number % kinds).unwrap_or(0);
        let random = scrambled(number);
        let message = || event(&json!({ "message": format!("hostile {random}") }).to_string());
        let nobody = || event(&json!({ "message": format!("for nobody {random}") }).to_string());
        let made_up = format!("{random:016x}{:016x}", scrambled(random));
        let (url, header, body) = match attack {
            0 => (format!("{}?sentry_key={made_up}", self.open_url), None, message().into()),
            1 => {
                let url = format!("{}/api/{random}/envelope/?sentry_key={made_up}", self.site);
                (url, None, message().into())
            }
            2 => (
                format!("{}?sentry_key={}", self.open_url, self.victim_key),
                None,
                message().into(),
            ),
            3 => {
                let origin = ("Origin", format!("https://{random}.test"));
                (self.victim.clone(), Some(origin), message().into())
            }
            4 => (self.open.clone(), None, format!("nonsense {random}").into_bytes().into()),
            5 => (self.open.clone(), None, self.bomb.as_slice().into()),
            6 => (self.open.clone(), None, self.deep.as_slice().into()),
            7 => (self.open.clone(), None, self.items.as_slice().into()),
            8 => (self.open.clone(), None, self.large.as_slice().into()),
            9 => {
                let encoding = ("Content-Encoding", format!("x-{random}"));
                (self.open.clone(), Some(encoding), message().into())
            }
            10 => (self.victim.clone(), None, message().into()),
            _ => (self.open.clone(), None, nobody().into()),
        };
        Request { attack, url, headers: header.into_iter().collect(), body }
    }
}

fn event(payload: &str) -> Vec<u8> {
    format!("{{}}\n{{\"type\":\"event\"}}\n{payload}").into_bytes()
}

fn key_of(dsn: &str) -> String {
    let key = dsn.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
    key.map(|(key, _)| key.to_owned()).unwrap_or_default()
}
