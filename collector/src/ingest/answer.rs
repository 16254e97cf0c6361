//! Answers to senders: JSON that scripts of every origin can read, and what has to wait.

use serde::Serialize;
use worker::Response;

use crate::refused::{Refused, Wait};
use crate::reply;

/// `OPTIONS`: our agent needs none; SDKs that send `X-Sentry-Auth` do, and browsers before they send reports.
pub fn preflight() -> Response {
    let response = reply::with_headers(
        reply::text(200, ""),
        &[
            ("access-control-allow-methods", "POST"),
            (
                "access-control-allow-headers",
                "authorization, baggage, content-encoding, content-type, sentry-trace, traceparent, \
                 x-requested-with, x-sentry-auth",
            ),
            ("access-control-max-age", "86400"),
        ],
    );
    across_origins(response)
}

#[derive(Serialize)]
struct Detail {
    detail: String,
    causes: [String; 0],
}

/// The answer to what was refused.
pub(super) fn refusal(refused: &Refused, now_ms: i64) -> Response {
    let detail = Detail { detail: refused.to_string(), causes: [] };
    let response = across_origins(reply::json(refused.status(), &detail));
    match refused.wait(now_ms) {
        Some(wait) => {
            let response =
                reply::with_headers(response, &[("retry-after", &wait.after_s.to_string())]);
            limits(response, &wait)
        }
        None => response,
    }
}

pub(super) fn limits(response: Response, wait: &Wait) -> Response {
    reply::with_headers(response, &[("x-sentry-rate-limits", &wait.header)])
}

/// Lets scripts of every origin read an answer.
pub(super) fn across_origins(response: Response) -> Response {
    reply::with_headers(
        response,
        &[
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "retry-after, x-sentry-rate-limits, x-sentry-error"),
            ("cross-origin-resource-policy", "cross-origin"),
        ],
    )
}
