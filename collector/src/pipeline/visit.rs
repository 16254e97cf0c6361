//! Items that tell of visits rather than errors: page views, sessions, feedback.

use serde_json::json;
use trapline_core::decode::{self, DecodeError};
use trapline_core::event::Event;
use trapline_core::filter::{Filtered, filter};
use trapline_core::normalize::normalize;
use trapline_core::page_view::PageView;
use trapline_core::scrub::scrub;

use super::{Context, Judged, unsupported};
use crate::feedback;
use crate::outcome::Ended;

/// Views of one item that tells of several.
const MAX_VIEWS: usize = 20;

pub(super) fn judge(
    kind: &str,
    payload: &[u8],
    context: &Context,
    judged: &mut Judged,
) -> Result<(), DecodeError> {
    match kind {
        "page_view" => {
            let (view, _) = decode::page_view(payload)?;
            judge_view(view, context, judged)
        }
        "session" | "sessions" => {
            judged.sessions.extend(decode::sessions(payload)?);
            Ok(())
        }
        "feedback" => judge_feedback(payload, context, judged),
        "user_report" => match feedback::of_report(payload) {
            Some(event) => judge_feedback(&event, context, judged),
            None => Err(DecodeError::NotAnObject),
        },
        "transaction" => match decode::transaction(payload)? {
            Some(view) => judge_view(view, context, judged),
            None => unsupported(kind, payload, judged),
        },
        _ => {
            let views = decode::spans(payload)?;
            if views.is_empty() {
                return unsupported(kind, payload, judged);
            }
            views.into_iter().take(MAX_VIEWS).try_for_each(|view| judge_view(view, context, judged))
        }
    }
}

/// What is known of an event's page is known of a view's: filters, browser, country and secrets in the URL are the same.
fn judge_view(
    mut view: PageView,
    context: &Context,
    judged: &mut Judged,
) -> Result<(), DecodeError> {
    let around = json!({
        "event_id": view.id, "request": { "url": view.url }, "transaction": view.page, "release": view.release,
        "environment": view.environment,
    });
    let mut event = decode::event(around.to_string().as_bytes(), &context.received())?;
    normalize(&mut event, &context.around());
    if let Some(Filtered { reason, detail }) = filter(&event, &context.settings.filters) {
        judged.ended.push(Ended::one("filtered", reason.name(), detail));
        return Ok(());
    }
    scrub(&mut event, &context.settings.scrub);
    view.browser = event.browser.with_major();
    view.country.clone_from(&event.country);
    if view.device.is_empty() {
        view.device = if event.device.mobile { "phone" } else { "desktop" }.to_owned();
    }
    view.url = event.request.url.unwrap_or_default();
    view.page = event.transaction.unwrap_or_default();
    judged.views.push(view);
    Ok(())
}

fn judge_feedback(
    payload: &[u8],
    context: &Context,
    judged: &mut Judged,
) -> Result<(), DecodeError> {
    let mut event: Event = decode::event(payload, &context.received())?;
    normalize(&mut event, &context.around());
    scrub(&mut event, &context.settings.scrub);
    match feedback::of_event(&event) {
        Some(feedback) => judged.feedback.push(feedback),
        None => judged.ended.push(Ended::one("dropped", "empty", "feedback")),
    }
    Ok(())
}
