//! Alerts: each rule in a sentence with its form, what can be told to whom, and what became of what was told.

use askama::Template;

use super::number::counted;
use super::settings::Tabs;
use super::time::{Moment, moment};
use crate::alert::address;
use crate::alert::measure::{self, Found, HOURS, MEASURES, Measure};
use crate::alert::outbox::DeliveryRow;
use crate::alert::rule::{CHANNELS, MAX_RULES, Rule, RuleRow};
use crate::alert::search::LEVELS;
use crate::read::short_id;
use crate::view::Shell;

/// `GET /{project}/settings/alerts/`
#[derive(Clone, Debug, Default)]
pub struct AlertsPage {
    /// Around the content.
    pub shell: Shell,
    /// `SHOP` of `SHOP-4F`
    pub prefix: String,
    /// The viewer may change rules.
    pub is_admin: bool,
    /// The viewer administers the whole deployment.
    pub is_owner: bool,
    /// Cloudflare's binding for mails is there.
    pub can_mail: bool,
    /// Oldest first.
    pub rules: Vec<RuleRow>,
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// A secret that was just made, and its rule's ID.
    pub secret: Option<(i64, String)>,
    /// A test that was just sent.
    pub tested: Option<DeliveryRow>,
    /// A form that was refused.
    pub typed: Option<Typed>,
}

/// A rule as somebody typed it, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// 0: a new one.
    pub id: i64,
    /// As far as it could be read.
    pub rule: Rule,
    /// A sentence.
    pub error: String,
}

/// `alerts.html`
#[derive(Template)]
#[template(path = "alerts.html")]
pub(super) struct Alerts<'a> {
    page: &'a AlertsPage,
    tabs: Tabs<'a>,
    rules: Vec<Shown>,
    /// The form for a new rule; `None` if there are enough.
    fresh: Option<Form>,
    deliveries: Vec<Told>,
    /// What was answered to a test: class, state, words.
    tested: Option<(&'static str, &'static str, String)>,
    secret: Option<(String, &'a str)>,
}

struct Shown {
    id: i64,
    name: String,
    /// `Slack, https://hooks.slack.com/…Qx7z`
    whom: String,
    /// `New and regressed issues in production, error or worse`
    when: String,
    /// `Last 2.61 s of 420 views`; empty if it measures nothing.
    last: String,
    is_paused: bool,
    is_webhook: bool,
    form: Form,
}

/// `alert_form.html`
#[derive(Template)]
#[template(path = "alert_form.html")]
struct Form {
    slug: String,
    csrf: String,
    /// 0: a new rule.
    id: i64,
    rule: Rule,
    /// What the address is, where it is not shown.
    target: String,
    /// What stands in the field of the address.
    typed: String,
    error: String,
    is_open: bool,
    can_mail: bool,
}

struct Told {
    at: Option<Moment>,
    rule: String,
    what: String,
    /// `/shop/issues/SHOP-4F/`, `/shop/vitals/?page=…`; empty if it is of neither.
    href: String,
    class: &'static str,
    state: &'static str,
    answer: String,
    attempts: String,
    /// `3 Dec 14:00 UTC`
    next: String,
    delivery: String,
}

impl<'a> Alerts<'a> {
    pub(super) fn of(page: &'a AlertsPage) -> Self {
        let is_full = page.rules.len() >= usize::try_from(MAX_RULES).unwrap_or(usize::MAX);
        Self {
            page,
            tabs: Tabs { base: &page.shell.project_slug, tab: "alerts", is_owner: page.is_owner },
            rules: page.rules.iter().map(|row| shown(page, row)).collect(),
            fresh: (!is_full).then(|| form(page, 0, &Rule::default())),
            deliveries: page.deliveries.iter().map(|row| told(page, row)).collect(),
            tested: page.tested.as_ref().map(|row| {
                let (class, state) = state(row);
                (class, state, format!("{}: {}.", name_of(page, row.rule_id), row.answer))
            }),
            secret: page.secret.as_ref().map(|(id, secret)| (name_of(page, *id), secret.as_str())),
        }
    }
}

fn shown(page: &AlertsPage, row: &RuleRow) -> Shown {
    let rule = row.rule();
    Shown {
        id: row.id,
        name: name(&rule),
        whom: format!("{}, {}", channel(&rule.channel), address::masked(&rule.target)),
        when: when(&rule),
        last: last(row),
        is_paused: rule.paused,
        is_webhook: rule.channel == "webhook",
        form: form(page, row.id, &rule),
    }
}

fn form(page: &AlertsPage, id: i64, rule: &Rule) -> Form {
    let typed = page.typed.as_ref().filter(|typed| typed.id == id);
    let is_mail = rule.channel == "email";
    Form {
        slug: page.shell.project_slug.clone(),
        csrf: page.shell.csrf.clone(),
        id,
        target: address::masked(&rule.target),
        // What was stored is a secret, but not what was just typed.
        typed: match typed {
            Some(typed) if typed.rule.target != rule.target => typed.rule.target.clone(),
            _ if is_mail => rule.target.clone(),
            _ => String::new(),
        },
        error: typed.map(|typed| typed.error.clone()).unwrap_or_default(),
        is_open: typed.is_some(),
        rule: typed.map_or_else(|| rule.clone(), |typed| typed.rule.clone()),
        can_mail: page.can_mail,
    }
}

/// `Last: 2.61 s of 420 views, past the limit.` Empty if nothing was looked at.
fn last(row: &RuleRow) -> String {
    let past = if row.beyond_ms > 0 { ", past the limit" } else { "" };
    let found = Found::read(&row.measured);
    found.map(|found| format!("Last: {}{past}.", found.last())).unwrap_or_default()
}

impl Form {
    fn channels(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        CHANNELS.into_iter().map(|name| (name, channel(name), self.rule.channel == name))
    }

    fn levels(&self) -> impl Iterator<Item = (&'static str, bool)> {
        LEVELS.into_iter().map(|name| (name, self.rule.level == name))
    }

    /// Name, words, whether it is chosen.
    fn measures(&self) -> impl Iterator<Item = (&'static str, String, bool)> {
        let words = |measure: Measure| format!("{} {}", measure.words(), measure.side());
        let words = move |name| Measure::named(name).map(words).unwrap_or_default();
        MEASURES.into_iter().map(move |name| (name, words(name), self.rule.measure == name))
    }

    fn hours(&self) -> impl Iterator<Item = (u32, bool)> {
        HOURS.into_iter().map(|hours| (hours, self.rule.hours == hours))
    }

    /// As JSON has it; empty if there is none.
    fn limit(&self) -> String {
        match serde_json::Value::from(self.rule.limit).to_string() {
            limit if limit == "0.0" => String::new(),
            limit => limit.trim_end_matches(".0").to_owned(),
        }
    }

    /// `42`; empty if there is none.
    fn threshold(&self) -> String {
        if self.rule.threshold == 0 { String::new() } else { self.rule.threshold.to_string() }
    }
}

fn channel(name: &str) -> &'static str {
    match name {
        "slack" => "Slack",
        "discord" => "Discord",
        "teams" => "Teams",
        "email" => "Mail",
        _ => "Webhook",
    }
}

fn name(rule: &Rule) -> String {
    if rule.name.is_empty() { channel(&rule.channel).to_owned() } else { rule.name.clone() }
}

fn name_of(page: &AlertsPage, id: i64) -> String {
    let row = page.rules.iter().find(|row| row.id == id);
    row.map_or_else(|| "a deleted alert".to_owned(), |row| name(&row.rule()))
}

/// `New and escalating issues in production, error or worse; 100 or more events within 60 min of release:shop@2. At most one
/// message in 30 min.`
fn when(rule: &Rule) -> String {
    let kinds = [(rule.new, "new"), (rule.regressed, "regressed"), (rule.escalating, "escalating")];
    let kinds: Vec<&str> = kinds.into_iter().filter(|kind| kind.0).map(|kind| kind.1).collect();
    let mut parts = Vec::new();
    if let Some((last, others)) = kinds.split_last() {
        let and = if others.is_empty() { "" } else { " and " };
        parts.push(format!("{}{and}{last} issues", others.join(", ")));
    }
    if rule.threshold > 0 {
        let noun = if rule.count_users { "users" } else { "events" };
        let of = if rule.search.is_empty() { "" } else { " of " };
        let Rule { threshold, window, search, .. } = rule;
        parts.push(format!("{threshold} or more {noun} within {window} min{of}{search}"));
    }
    parts.push(measure::condition(rule));
    parts.retain(|part| !part.is_empty());
    let mut text = parts.join("; ");
    if text.is_empty() {
        return "Nothing: no condition is chosen.".to_owned();
    }
    if !rule.environment.is_empty() {
        text = format!("{text}, in {}", rule.environment);
    }
    if !rule.level.is_empty() {
        text = format!("{text}, {} or worse", rule.level);
    }
    if rule.every > 0 {
        text = format!("{text}. At most one message in {} min", rule.every);
    }
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

fn state(row: &DeliveryRow) -> (&'static str, &'static str) {
    match row.state() {
        "delivered" => ("ok", "delivered"),
        "failed" => ("bad", "failed"),
        _ if row.attempts > 0 => ("warn", "tried again"),
        _ => ("", "waits"),
    }
}

fn told(page: &AlertsPage, row: &DeliveryRow) -> Told {
    let now_ms = page.shell.now_ms;
    let short_id = short_id(&page.prefix, row.number);
    let measured = Found::read(&row.measured);
    let what = match row.kind.as_str() {
        _ if row.more > 0 => counted(row.more + 1, "alert"),
        "threshold" | "test" => row.kind.clone(),
        "measure" => measured.as_ref().map(Found::brief).unwrap_or_default(),
        kind => format!("{short_id} {kind}"),
    };
    let path = match measured {
        _ if row.more > 0 => String::new(),
        Some(found) => found.path(),
        None if row.number > 0 => format!("issues/{short_id}/"),
        None => String::new(),
    };
    let (class, state) = state(row);
    Told {
        at: moment(row.made_ms, now_ms),
        rule: name_of(page, row.rule_id),
        what,
        href: match path.is_empty() {
            true => path,
            false => format!("/{}/{path}", page.shell.project_slug),
        },
        class,
        state,
        answer: row.answer.clone(),
        attempts: if row.attempts > 1 {
            format!("{} attempts", row.attempts)
        } else {
            String::new()
        },
        next: match (row.state, moment(row.next_ms, now_ms)) {
            (0, Some(next)) => next.minute,
            _ => String::new(),
        },
        delivery: row.delivery.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_sentence() {
        for (rule, expected) in [
            (Rule::default(), "New issues."),
            (
                Rule {
                    regressed: true,
                    escalating: true,
                    level: "error".into(),
                    ..Rule::default()
                },
                "New, regressed and escalating issues, error or worse.",
            ),
            (
                Rule {
                    new: false,
                    threshold: 100,
                    window: 15,
                    search: "release:shop@2".into(),
                    environment: "production".into(),
                    every: 30,
                    ..Rule::default()
                },
                "100 or more events within 15 min of release:shop@2, in production. At most one message in 30 min.",
            ),
            (
                Rule {
                    new: false,
                    measure: "lcp".into(),
                    limit: 2_500.0,
                    of: "/checkout".into(),
                    hours: 1,
                    ..Rule::default()
                },
                "LCP above 2.5 s on /checkout over 1 h, of 100 views or more.",
            ),
            (Rule { new: false, ..Rule::default() }, "Nothing: no condition is chosen."),
        ] {
            assert_eq!(when(&rule), expected);
        }
    }
}
