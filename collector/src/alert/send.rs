//! One attempt: a request, or a mail, and what its answer means.
//!
//! Delivered is what is answered by 2xx. No answer, 408, 429 and 5xx are tried again, after pauses that grow from a minute to six
//! hours, or longer if the receiver says so, nine times in about a day. All else is final: a redirect as well, for it could
//! lead anywhere.

use std::time::Duration;

use worker::{
    Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response, SendEmailBuilder,
};

use super::message::Message;
use super::rule::Rule;
use super::{address, sign};
use crate::page_fetch::{self, TooSlow};

/// A receiver that takes longer has not answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 4_096;

/// Minutes until the next attempt, by how many there were.
const PAUSES: [i64; 8] = [1, 5, 15, 60, 180, 360, 360, 360];

/// Longest pause that a receiver can ask for.
const MAX_PAUSE_MS: i64 = 6 * 3_600_000;

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 0: nothing.
    pub status: u16,
    /// In words.
    pub words: String,
    /// Milliseconds that the receiver asks to be left alone for.
    pub retry_after_ms: i64,
    /// It was never sent, and would not be later.
    pub is_refused: bool,
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Delivered,
    /// It is sent again after so many milliseconds.
    Again(i64),
    /// It is not sent again.
    Final,
}

/// After so many attempts.
pub fn verdict(answer: &Answer, attempts: u32) -> Verdict {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    match (answer.status, PAUSES.get(index)) {
        (200..300, _) => Verdict::Delivered,
        (0 | 408 | 429 | 500.., Some(minutes)) if !answer.is_refused => {
            Verdict::Again((minutes * 60_000).max(answer.retry_after_ms.min(MAX_PAUSE_MS)))
        }
        _ => Verdict::Final,
    }
}

/// Sends a message once. `now_ms` is what the signature says.
pub async fn send(env: &Env, rule: &Rule, secret: &str, message: &Message, now_ms: i64) -> Answer {
    let body = message.body(&rule.channel);
    if rule.channel == "email" {
        return mail(env, rule, message, &body).await;
    }
    let url = match address::checked(&rule.target, &allowed_hosts(env)) {
        Ok(url) => url,
        Err(words) => return Answer { words, is_refused: true, ..Answer::default() },
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", "Trapline".to_owned()),
        ("trapline-delivery", message.delivery.clone()),
        ("trapline-signature", sign::signature(secret, now_ms / 1_000, &body)),
    ];
    let request = match request(url.as_str(), &headers, &body) {
        Ok(request) => request,
        Err(error) => {
            return Answer { words: error.to_string(), is_refused: true, ..Answer::default() };
        }
    };
    let answered = page_fetch::patiently(PATIENCE, async |signal| {
        let mut response = Fetch::Request(request).send_with_signal(&signal).await?;
        let text = page_fetch::beginning(&mut response, MAX_ANSWER).await.unwrap_or_default();
        Ok((response, text))
    });
    match answered.await {
        Ok(Ok((response, text))) => answer(&response, &String::from_utf8_lossy(&text)),
        Ok(Err(error)) => unanswered(&error),
        Err(TooSlow) => Answer {
            words: format!("it did not answer within {} s", PATIENCE.as_secs()),
            ..Answer::default()
        },
    }
}

fn request(url: &str, with: &[(&str, String)], body: &str) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in with {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_body(Some(body.into()))
        .with_redirect(RequestRedirect::Manual);
    Request::new_with_init(url, &init)
}

fn answer(response: &Response, text: &str) -> Answer {
    let (status, header) = (response.status_code(), |name| page_fetch::header(response, name));
    let mut words = format!("it answered {status}");
    if (300..400).contains(&status) {
        words.push_str(", a redirect, which is not followed: enter the address that it leads to");
    } else if !(200..300).contains(&status) {
        let said: String =
            text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
        if !said.is_empty() {
            words = format!("{words}: {said}");
        }
    }
    Answer {
        status,
        words,
        retry_after_ms: retry_after_ms(&header("retry-after")),
        is_refused: false,
    }
}

/// Seconds; a receiver that names a day is asked as often as any other.
fn retry_after_ms(header: &str) -> i64 {
    header.trim().parse::<u32>().map_or(0, |seconds| i64::from(seconds) * 1_000)
}

fn unanswered(error: &worker::Error) -> Answer {
    Answer { words: format!("it could not be reached: {error}"), ..Answer::default() }
}

/// What hosts a deployment allows beside public ones.
pub fn allowed_hosts(env: &Env) -> String {
    env.var("ALERT_ALLOW_HOSTS").map(|hosts| hosts.to_string()).unwrap_or_default()
}

/// Whether mails can be sent: Cloudflare's binding, and whom they come from.
pub fn can_mail(env: &Env) -> bool {
    env.send_email("EMAIL").is_ok() && env.var("ALERT_FROM").is_ok()
}

/// Cloudflare delivers to addresses that the account has verified, and says so where it does not.
async fn mail(env: &Env, rule: &Rule, message: &Message, body: &str) -> Answer {
    let (Ok(binding), Ok(from)) = (env.send_email("EMAIL"), env.var("ALERT_FROM")) else {
        let words = "no mail can be sent: bind Cloudflare's send_email as EMAIL, and set ALERT_FROM, as wrangler.toml says";
        return Answer { words: words.into(), is_refused: true, ..Answer::default() };
    };
    let mail = SendEmailBuilder::new(&from.to_string(), &rule.target, &message.heading);
    mail.set_text(&format!("{body}\nDelivery {}\n", message.delivery));
    match binding.send_with_builder(&mail).await {
        Ok(_) => {
            Answer { status: 202, words: "Cloudflare took the mail".into(), ..Answer::default() }
        }
        Err(error) => {
            let words =
                format!("Cloudflare did not take the mail: {}", String::from(error.message()));
            Answer { words, ..Answer::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, retry_after_ms: i64, attempts: u32, expected: Verdict) {
        let answer = Answer { status, retry_after_ms, ..Answer::default() };
        assert_eq!(verdict(&answer, attempts), expected, "{status} after {attempts}");
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        for status in [200, 202, 204] {
            check(status, 0, 1, Verdict::Delivered);
        }
        for status in [0, 408, 429, 500, 503, 599] {
            check(status, 0, 1, Verdict::Again(60_000));
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 410, 413] {
            check(status, 0, 1, Verdict::Final);
        }
        let refused = Answer { is_refused: true, ..Answer::default() };
        assert_eq!(verdict(&refused, 1), Verdict::Final);
    }

    #[test]
    fn pauses_grow_to_six_hours_and_end_after_a_day() {
        let minute = 60_000;
        for (attempts, minutes) in [(1, 1), (2, 5), (3, 15), (4, 60), (5, 180), (6, 360), (8, 360)]
        {
            check(503, 0, attempts, Verdict::Again(minutes * minute));
        }
        check(503, 0, 9, Verdict::Final);
        assert!(PAUSES.iter().sum::<i64>() < 24 * 60);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_up_to_six_hours() {
        check(429, 90_000, 1, Verdict::Again(90_000));
        check(503, 1_000, 1, Verdict::Again(60_000));
        check(429, 10 * 24 * 3_600_000, 1, Verdict::Again(6 * 3_600_000));
        for (header, expected) in [("120", 120_000), ("", 0), ("-1", 0), ("soon", 0)] {
            assert_eq!(retry_after_ms(header), expected);
        }
    }
}
