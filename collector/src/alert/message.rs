//! What is told, as each receiver reads it. Titles of issues come from pages that anybody can open: in no format can they make
//! links, mentions, headers or more JSON.

use serde_json::{Value, json};
use trapline_core::decode::rfc3339_of;
use trapline_core::json;

use super::measure::Found;
use super::outbox::Taken;
use super::rule::Rule;
use super::search;
use crate::read::short_id;

/// Longest title and place of an issue in a message, in characters.
const MAX_TITLE: usize = 300;

/// Around a message: of the project, and where the dashboard is.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// `Hazel shop`
    pub project: String,
    /// `hazel-shop`
    pub slug: String,
    /// `SHOP` of `SHOP-4F`
    pub prefix: String,
    /// `https://errors.shop.test`
    pub origin: String,
}

/// What one delivery tells.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its ID, the same in every attempt.
    pub delivery: String,
    /// What the rule is called.
    pub rule: String,
    /// Display name and slug of the project.
    pub project: (String, String),
    /// `New issue in Hazel shop: TypeError: x is undefined`
    pub heading: String,
    /// Leads to the only issue, or to the list.
    pub url: String,
    /// Up to twenty.
    pub conditions: Vec<Condition>,
    /// How many are told of in all.
    pub total: u64,
}

/// One condition that came true.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// `new`, `regressed`, `escalating`, `threshold`, `measure`, `test`
    pub kind: String,
    /// `New issue SHOP-4F`, `120 events within 60 minutes, 100 or more`
    pub what: String,
    /// `SHOP-4F`; empty if it is of no single issue.
    pub short_id: String,
    /// `TypeError: x is undefined`
    pub title: String,
    /// `applyVoucher src/cart.ts:42`
    pub culprit: String,
    /// `error`
    pub level: &'static str,
    /// Of the event that made it true; may be empty.
    pub environment: String,
    /// Of the issue's first event; may be empty.
    pub release: String,
    /// Of the issue so far; of a threshold, those that were counted.
    pub events: u64,
    /// Of the issue so far.
    pub users: u64,
    /// By the collector's clock.
    pub at_ms: i64,
    /// Leads to the issue, or to the page of what was measured.
    pub url: String,
    /// What was measured.
    pub measured: Option<Found>,
}

/// What was taken, in words.
pub fn message(taken: &Taken, rule: &Rule, around: &Around) -> Message {
    let list: Vec<Vec<Value>> = json::from_slice(taken.conditions.as_bytes()).unwrap_or_default();
    let conditions: Vec<Condition> = list.iter().map(|row| condition(row, rule, around)).collect();
    let total = taken.more + 1;
    let project = &around.project;
    let (heading, url) = match conditions.as_slice() {
        [only] if total == 1 => {
            let colon = if only.title.is_empty() { "" } else { ": " };
            (format!("{} in {project}{colon}{}", only.what, only.title), only.url.clone())
        }
        _ => (format!("{total} alerts in {project}"), issues_url(around)),
    };
    Message {
        delivery: taken.delivery.clone(),
        rule: rule.name.clone(),
        project: (project.clone(), around.slug.clone()),
        heading: plain(&heading),
        url,
        conditions,
        total,
    }
}

fn issues_url(around: &Around) -> String {
    url(around, "issues/")
}

fn url(around: &Around, path: &str) -> String {
    format!("{}/{}/{path}", around.origin, around.slug)
}

fn condition(row: &[Value], rule: &Rule, around: &Around) -> Condition {
    let text = |index: usize| plain(row.get(index).and_then(Value::as_str).unwrap_or_default());
    let number = |index: usize| row.get(index).and_then(Value::as_i64).unwrap_or_default();
    let whole = |index: usize| u64::try_from(number(index)).unwrap_or_default();
    let (kind, issue) = (text(0), u32::try_from(number(1)).unwrap_or_default());
    let measured = row.get(13).and_then(Found::of_row);
    let short_id = if issue == 0 { String::new() } else { short_id(&around.prefix, issue) };
    let what = match kind.as_str() {
        "new" => format!("New issue {short_id}"),
        "regressed" => format!("{short_id} came back"),
        "escalating" => format!("{short_id} is escalating"),
        "threshold" => {
            let noun = if rule.count_users { "users" } else { "events" };
            let Rule { window, threshold, .. } = rule;
            format!("{} {noun} within {window} minutes, {threshold} or more,", whole(3))
        }
        _ => match &measured {
            Some(found) => found.what(),
            None => "Test of an alert".to_owned(),
        },
    };
    let mut url = issues_url(around);
    let (mut title, mut culprit) = (String::new(), String::new());
    if issue > 0 {
        url = format!("{url}{short_id}/");
        title = joined(": ", [text(4), text(5)]);
        culprit = joined(" ", [text(6), text(7)]);
    } else if kind == "threshold" {
        title = plain(&rule.search);
    } else if let Some(found) = &measured {
        url = self::url(around, &found.path());
        title = joined(", ", [plain(&found.of), plain(&found.environment)]);
    }
    Condition {
        level: search::level_name(number(8)),
        environment: text(9),
        release: text(10),
        events: if issue == 0 { whole(3) } else { whole(11) },
        users: whole(12),
        at_ms: number(2),
        kind,
        what,
        short_id,
        title,
        culprit,
        url,
        measured,
    }
}

/// One line of at most [`MAX_TITLE`] characters: what controls a terminal, a header or the direction of text becomes a space.
fn plain(text: &str) -> String {
    let is_plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut line: String =
        text.chars().take(MAX_TITLE).map(|c| if is_plain(c) { c } else { ' ' }).collect();
    if text.chars().nth(MAX_TITLE).is_some() {
        line.push('…');
    }
    line
}

fn joined<const N: usize>(with: &str, parts: [String; N]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(with)
}

impl Condition {
    /// `error · production · shop@1 · 12 events · 3 users`
    fn facts(&self) -> String {
        if self.short_id.is_empty() {
            return String::new();
        }
        let counted = |number: u64, noun: &str| match number {
            1 => format!("1 {noun}"),
            _ => format!("{number} {noun}s"),
        };
        joined(
            " · ",
            [
                self.level.to_owned(),
                self.environment.clone(),
                self.release.clone(),
                counted(self.events, "event"),
                counted(self.users, "user"),
            ],
        )
    }
}

impl Message {
    /// `and 175 more`; empty if all are listed.
    fn rest(&self) -> String {
        let listed = u64::try_from(self.conditions.len()).unwrap_or(u64::MAX);
        match self.total.saturating_sub(listed) {
            0 => String::new(),
            rest => format!("and {rest} more"),
        }
    }

    /// The body for a channel: JSON, or the text of a mail.
    pub fn body(&self, channel: &str) -> String {
        match channel {
            "slack" => self.slack().to_string(),
            "discord" => self.discord().to_string(),
            "teams" => self.teams().to_string(),
            "email" => self.text(),
            _ => self.webhook().to_string(),
        }
    }

    fn webhook(&self) -> Value {
        let condition = |one: &Condition| {
            let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let mut json = json!({
                "kind": one.kind,
                "issue": known(&one.short_id),
                "title": one.title,
                "culprit": one.culprit,
                "level": one.level,
                "environment": known(&one.environment),
                "release": known(&one.release),
                "events": one.events,
                "users": one.users,
                "at": rfc3339_of(one.at_ms),
                "url": one.url,
            });
            if let (Some(found), Some(json)) = (&one.measured, json.as_object_mut()) {
                json.insert("measured".into(), found.json());
            }
            json
        };
        let conditions: Vec<Value> = self.conditions.iter().map(condition).collect();
        let (name, slug) = &self.project;
        json!({
            "delivery": self.delivery,
            "rule": self.rule,
            "project": { "slug": slug, "name": name },
            "text": self.heading,
            "url": self.url,
            "total": self.total,
            "conditions": conditions,
        })
    }

    /// Incoming webhooks of Slack, Mattermost and Rocket.Chat. Text is `mrkdwn`: `&<>` make links and mentions.
    fn slack(&self) -> Value {
        let section =
            |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
        let mut blocks = Vec::new();
        if self.total > 1 {
            blocks.push(section(format!("<{}|{}>", self.url, slack(&self.heading))));
        }
        for one in &self.conditions {
            let mut text = format!("<{}|{}>", one.url, slack(&one.what));
            for line in [&one.title, &one.culprit, &one.facts()] {
                if !line.is_empty() {
                    text = format!("{text}\n{}", slack(line));
                }
            }
            blocks.push(section(text));
        }
        if !self.rest().is_empty() {
            blocks.push(section(self.rest()));
        }
        json!({ "text": slack(&self.heading), "blocks": blocks, "unfurl_links": false, "link_names": false })
    }

    /// Webhooks of Discord: Markdown in embeds, and nobody is mentioned.
    fn discord(&self) -> Value {
        let mut text = String::new();
        if self.total == 1 {
            for one in &self.conditions {
                text = joined("\n", [markdown(&one.culprit), markdown(&one.facts())]);
            }
        } else {
            for one in &self.conditions {
                let title: String = one.title.chars().take(100).collect();
                text =
                    format!("{text}[{}]({}) {}\n", markdown(&one.what), one.url, markdown(&title));
            }
        }
        let text: String = format!("{text}{}", self.rest()).chars().take(4_000).collect();
        let title: String = markdown(&self.heading).chars().take(250).collect();
        json!({
            "embeds": [{ "title": title, "url": self.url, "description": text }],
            "allowed_mentions": { "parse": [] },
        })
    }

    /// Workflows of Teams: an Adaptive Card. Runs of text read no Markdown.
    fn teams(&self) -> Value {
        let run = |text: &str, is_bold: bool| {
            let weight = if is_bold { "Bolder" } else { "Default" };
            json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": text, "weight": weight }] })
        };
        let mut body = vec![run(&self.heading, true)];
        for one in &self.conditions {
            if self.total > 1 {
                body.push(run(&joined(": ", [one.what.clone(), one.title.clone()]), false));
            } else {
                let lines = [one.culprit.clone(), one.facts()];
                body.extend(
                    lines.iter().filter(|line| !line.is_empty()).map(|line| run(line, false)),
                );
            }
        }
        if !self.rest().is_empty() {
            body.push(run(&self.rest(), false));
        }
        let card = json!({
            "type": "AdaptiveCard",
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "version": "1.4",
            "body": body,
            "actions": [{ "type": "Action.OpenUrl", "title": "Open in Trapline", "url": self.url }],
        });
        let kind = "application/vnd.microsoft.card.adaptive";
        json!({ "type": "message", "attachments": [{ "contentType": kind, "content": card }] })
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.heading, self.url);
        for one in &self.conditions {
            let lines = match self.total {
                1 => [String::new(), String::new(), one.culprit.clone(), one.facts()],
                _ => [
                    joined(": ", [one.what.clone(), one.title.clone()]),
                    one.culprit.clone(),
                    one.facts(),
                    one.url.clone(),
                ],
            };
            text = format!("{text}\n{}\n", joined("\n", lines));
        }
        format!("{text}{}\n", self.rest())
    }
}

/// `&<>` are all that Slack reads; these names alone are nobody to it, and stay nobody where another reads the same format.
fn slack(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let all = ["@channel", "@here", "@everyone", "@all"];
    all.iter().fold(text, |text, name| text.replace(name, &name.replace('@', "@\u{200b}")))
}

fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        // With escaped slashes a bare address is no link either.
        if c.is_ascii_punctuation() && !matches!(c, ':' | ',' | '.') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests;
