//! What becomes of each item of an envelope: an event that is kept, or an outcome. Pure: bytes and settings in, values out.
//!
//! One item's damage is its own: the rest of the envelope lives.

mod visit;

use serde::de::IgnoredAny;
use trapline_core::client_report::{self, Discarded};
use trapline_core::decode::{self, DecodeError, Received, Sessions};
use trapline_core::envelope::Item;
use trapline_core::filter::{Filtered, filter};
use trapline_core::fingerprint::rules::Rules;
use trapline_core::normalize::{self, Addresses, ClientHints, normalize};
use trapline_core::page_view::PageView;
use trapline_core::scrub::scrub;

use crate::feedback::Feedback;
use crate::outcome::Ended;
use crate::plan::{Digested, digest_by};
use crate::refused::Refused;
use crate::settings::Settings;

/// What is known of a request beside its items.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The collector's clock.
    pub now_ms: i64,
    /// The project that the key names.
    pub project_id: u32,
    /// What its owner has set.
    pub settings: &'a Settings,
    /// The owner's grouping rules.
    pub rules: &'a Rules,
    /// The envelope's event ID.
    pub event_id: Option<&'a str>,
    /// The sender's clock when it sent, as the envelope has it.
    pub sent_at: Option<&'a str>,
    /// `User-Agent` of the request.
    pub user_agent: Option<&'a str>,
    /// What Chromium says of itself.
    pub client_hints: ClientHints<'a>,
    /// ISO 3166-1, two capital letters.
    pub country: Option<&'a str>,
    /// The sender's IP address.
    pub address: Option<&'a str>,
}

impl<'a> Context<'a> {
    fn received(&self) -> Received<'a> {
        Received { now_ms: self.now_ms, event_id: self.event_id, user_agent: self.user_agent }
    }

    fn around(&self) -> normalize::Context<'a> {
        let addresses = match self.settings.store_ip_addresses {
            true => Addresses::WhenAsked,
            false => Addresses::Never,
        };
        normalize::Context {
            received_ms: self.now_ms,
            sent_at: self.sent_at,
            user_agent: self.user_agent,
            client_hints: self.client_hints,
            country: self.country,
            address: self.address,
            settings: normalize::Settings { addresses },
        }
    }
}

/// What became of the items.
#[derive(Debug, Default)]
pub struct Judged {
    /// To be stored, in the sender's order.
    pub events: Vec<Digested>,
    /// Page views, of our agent and of other SDKs.
    pub views: Vec<PageView>,
    /// Sessions, and what became of them.
    pub sessions: Vec<Sessions>,
    /// What users say.
    pub feedback: Vec<Feedback>,
    /// All others.
    pub ended: Vec<Ended>,
    /// ID of the first event, kept or filtered.
    pub first_id: Option<String>,
    /// Events that were not looked at, because there is no room for any.
    pub left_out: u32,
    /// Set if there was nothing but items that could not be read: why the first one could not.
    pub unreadable: Option<Refused>,
}

/// Items that hold something else than JSON.
const BINARY: [&str; 4] = ["attachment", "profile_chunk", "replay_recording", "replay_video"];

/// Judges every item.
pub fn judge(items: &[Item], context: &Context) -> Judged {
    let mut judged = Judged::default();
    let mut readable = 0_usize;
    for (number, item) in (1..).zip(items) {
        match judge_one(number, item, context, &mut judged) {
            Ok(()) => readable += 1,
            Err(refused) => {
                let is_large = refused.status() == 413;
                let reason = if is_large { "too_large" } else { "malformed" };
                judged.ended.push(Ended::one("invalid", reason, refused.to_string()));
                judged.unreadable.get_or_insert(refused);
            }
        }
    }
    if readable > 0 {
        judged.unreadable = None;
    }
    judged
}

fn judge_one(
    number: usize,
    item: &Item,
    context: &Context,
    judged: &mut Judged,
) -> Result<(), Refused> {
    let unreadable = |reason| Refused::Item { item: number, reason };
    match item.kind.as_str() {
        "" => Err(Refused::NoType { item: number }),
        "event" => {
            check_size(item.payload, context.settings)?;
            judge_event(item.payload, context, judged).map_err(unreadable)
        }
        "client_report" => {
            check_json(item.payload).map_err(unreadable)?;
            judged.ended.extend(client_report::parse(item.payload).into_iter().map(discarded));
            Ok(())
        }
        kind @ ("page_view" | "transaction" | "span" | "session" | "sessions" | "feedback"
        | "user_report") => visit::judge(kind, item.payload, context, judged).map_err(unreadable),
        kind if BINARY.contains(&kind) => {
            judged.ended.push(Ended::one("dropped", "unsupported_item", kind));
            Ok(())
        }
        kind => unsupported(kind, item.payload, judged).map_err(unreadable),
    }
}

/// Counted as dropped; some items are one JSON object a line.
fn unsupported(kind: &str, payload: &[u8], judged: &mut Judged) -> Result<(), DecodeError> {
    check_json(payload)?;
    judged.ended.push(Ended::one("dropped", "unsupported_item", kind));
    Ok(())
}

fn check_size(payload: &[u8], settings: &Settings) -> Result<(), Refused> {
    let (bytes, limit) = (payload.len(), settings.max_event_bytes);
    if limit > 0 && bytes > usize::try_from(limit).unwrap_or(usize::MAX) {
        return Err(Refused::EventTooLarge { bytes, limit });
    }
    Ok(())
}

fn judge_event(payload: &[u8], context: &Context, judged: &mut Judged) -> Result<(), DecodeError> {
    let mut event = decode::event(payload, &context.received())?;
    judged.first_id.get_or_insert_with(|| event.event_id.clone());
    normalize(&mut event, &context.around()); // Before the filters, which know English and clean URLs.
    if let Some(Filtered { reason, detail }) = filter(&event, &context.settings.filters) {
        judged.ended.push(Ended::one("filtered", reason.name(), detail));
        return Ok(());
    }
    scrub(&mut event, &context.settings.scrub); // Last: nothing is computed of a secret, and none is stored.
    judged.events.push(digest_by(context.project_id, event, context.rules));
    Ok(())
}

/// What the sender says that it did not send.
fn discarded(Discarded { reason, category, quantity }: Discarded) -> Ended {
    Ended { outcome: "discarded", reason, detail: category, quantity }
}

/// Walks over JSON without keeping it.
fn check_json(payload: &[u8]) -> Result<(), DecodeError> {
    let values = serde_json::Deserializer::from_slice(payload).into_iter::<IgnoredAny>();
    let mut count = 0_usize;
    for value in values {
        value.map_err(|error| DecodeError::Json { reason: error.to_string() })?;
        count += 1;
    }
    match count {
        0 => Err(DecodeError::Json { reason: "there is nothing".into() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
