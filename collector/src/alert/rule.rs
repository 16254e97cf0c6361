//! A rule: whom to tell, and when. Its settings are one JSON object in its row, which triggers and thresholds read as well; its
//! secret stands beside them and is shown once.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trapline_core::decode::rfc3339_of;
use trapline_core::json;

use super::measure::{self, Found};
use super::{address, search};
use crate::sql::Statement;

/// Rules of a project: each is asked whenever an issue is new.
pub const MAX_RULES: u32 = 20;

/// Longest name, in bytes.
pub const MAX_NAME: usize = 80;

/// Most that a threshold can be: so many events are counted at most.
pub const MAX_THRESHOLD: u32 = 10_000;

/// Minutes of a day: longest window, and longest pause.
pub const MAX_MINUTES: u32 = 24 * 60;

/// Shortest window, in minutes: thresholds are looked at once a minute.
pub const MIN_WINDOW: u32 = 5;

/// Where messages may go.
pub const CHANNELS: [&str; 5] = ["webhook", "slack", "discord", "teams", "email"];

/// What its owner has set.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Rule {
    /// What its owner calls it.
    pub name: String,
    /// One of [`CHANNELS`].
    pub channel: String,
    /// An address, or a mailbox.
    pub target: String,
    /// Tell of new issues.
    pub new: bool,
    /// Tell of issues that came back.
    pub regressed: bool,
    /// Tell of issues that happen far more often than before.
    pub escalating: bool,
    /// Tell of so many events, or users, within the window; 0: of none.
    pub threshold: u32,
    /// What is counted: users instead of events.
    pub count_users: bool,
    /// Minutes.
    pub window: u32,
    /// Which events are counted, as [`search`] has it.
    pub search: String,
    /// Tell of what is measured: one of [`measure::MEASURES`]; empty: of nothing.
    pub measure: String,
    /// What it has to be past: milliseconds, a score, percent.
    pub limit: f64,
    /// Page, endpoint or release, also [`measure::NEWEST`]; empty: all together.
    pub of: String,
    /// One of [`measure::HOURS`].
    pub hours: u32,
    /// Fewer page views, requests, sessions or users say nothing.
    pub at_least: u32,
    /// Only of this environment; empty: of all.
    pub environment: String,
    /// Only of this level or a worse one; empty: of all.
    pub level: String,
    /// One message within so many minutes; 0: five a minute.
    pub every: u32,
    /// Nothing is told.
    pub paused: bool,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            name: String::new(),
            channel: "webhook".into(),
            target: String::new(),
            new: true,
            regressed: false,
            escalating: false,
            threshold: 0,
            count_users: false,
            window: 60,
            search: String::new(),
            measure: String::new(),
            limit: 0.0,
            of: String::new(),
            hours: 6,
            at_least: 100,
            environment: String::new(),
            level: String::new(),
            every: 0,
            paused: false,
        }
    }
}

/// A rule as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RuleRow {
    /// Random, below 2^53.
    pub id: i64,
    /// A [`Rule`] as JSON.
    pub settings: String,
    /// When it was made.
    pub created_ms: i64,
    /// What its threshold counted when it was last looked at.
    pub seen: u64,
    /// Since when that is too much; 0: it is not.
    pub over_ms: i64,
    /// The project.
    pub project_id: u32,
    /// What was found when it last measured: [`Found::row`].
    pub measured: String,
    /// Since when that is past the limit; 0: it is not.
    pub beyond_ms: i64,
    /// When it measures again; 0: never.
    pub measure_due_ms: i64,
}

impl RuleRow {
    /// Its settings.
    pub fn rule(&self) -> Rule {
        parse(&self.settings)
    }

    /// As the API shows it: the address without what may be secret.
    pub fn json(&self) -> Value {
        let rule = self.rule();
        let mut json = serde_json::to_value(&rule).unwrap_or_default();
        if let Some(json) = json.as_object_mut() {
            json.insert("id".into(), self.id.into());
            json.insert("target".into(), address::masked(&rule.target).into());
            json.insert("created".into(), rfc3339_of(self.created_ms).into());
            json.insert("counted".into(), self.seen.into());
            let since = |ms: i64| (ms > 0).then(|| rfc3339_of(ms));
            json.insert("over_since".into(), since(self.over_ms).into());
            let measured = Found::read(&self.measured).map(|found| found.json());
            json.insert("measured".into(), measured.into());
            json.insert("beyond_since".into(), since(self.beyond_ms).into());
        }
        json
    }
}

/// Reads a row's settings; what cannot be read is as by default.
pub fn parse(json: &str) -> Rule {
    json::from_slice(json.as_bytes()).unwrap_or_default()
}

/// The rule with some members set anew, to be checked; `null` brings a default back, and an empty `target` leaves it.
///
/// # Errors
/// A sentence: a member that a rule has not, or one of another type.
pub fn merged(rule: &Rule, changes: &Map<String, Value>) -> Result<Rule, String> {
    let json = |rule: &Rule| serde_json::to_value(rule).unwrap_or_default();
    let (mut object, defaults) = (json(rule), json(&Rule::default()));
    for (name, value) in changes {
        let default = defaults.get(name).ok_or_else(|| format!("a rule has no \"{name}\""))?;
        let keeps = name == "target" && value.as_str().is_some_and(|text| text.trim().is_empty());
        if let (Some(member), false) = (object.get_mut(name), keeps) {
            *member = if value.is_null() { default.clone() } else { value.clone() };
        }
    }
    let text = object.to_string();
    json::from_slice(text.as_bytes()).map_err(|error| format!("the rule cannot be so: {error}"))
}

/// Whether a rule can be so; its texts without spaces around them, its address as it is asked for.
///
/// # Errors
/// A sentence.
pub fn check(rule: &mut Rule, allowed: &str) -> Result<(), String> {
    for text in [&mut rule.name, &mut rule.environment] {
        *text = text.trim().to_owned();
        if text.len() > MAX_NAME || text.chars().any(char::is_control) {
            return Err(format!("a name has at most {MAX_NAME} bytes, in one line"));
        }
    }
    if !CHANNELS.contains(&rule.channel.as_str()) {
        return Err(format!("channel is one of {}", CHANNELS.join(", ")));
    }
    rule.target = match rule.channel.as_str() {
        "email" => address::checked_mailbox(&rule.target)?,
        _ => address::checked(&rule.target, allowed)?.to_string(),
    };
    if !rule.level.is_empty() && search::level_number(&rule.level).is_none() {
        return Err(format!("level is one of {}", search::LEVELS.join(", ")));
    }
    if rule.threshold > MAX_THRESHOLD {
        return Err(format!("threshold is a number up to {MAX_THRESHOLD}"));
    }
    if !(MIN_WINDOW..=MAX_MINUTES).contains(&rule.window) {
        return Err(format!("window is {MIN_WINDOW} to {MAX_MINUTES} minutes"));
    }
    if rule.every > MAX_MINUTES {
        return Err(format!("every is at most {MAX_MINUTES} minutes"));
    }
    search::parse(&rule.search)?;
    measure::check(rule)
}

/// What the row keeps: the settings, and what triggers and thresholds read of them.
fn stored(rule: &Rule) -> String {
    let mut json = serde_json::to_value(rule).unwrap_or_default();
    if let Some(json) = json.as_object_mut() {
        let least = search::level_number(&rule.level).unwrap_or(0);
        json.insert("least".into(), least.into());
        json.insert("sought".into(), search::parse(&rule.search).unwrap_or_default());
    }
    json.to_string()
}

/// Those of [`RuleRow`].
macro_rules! columns {
    () => {
        "id, settings, created_ms, seen, over_ms, project_id, measured, beyond_ms, measure_due_ms"
    };
}
pub(crate) use columns;

/// Rules of a project, oldest first: `alert_rule_by_project`.
pub fn list(project_id: u32) -> Statement {
    Statement::new(
        concat!(
            "SELECT ",
            columns!(),
            " FROM alert_rule INDEXED BY alert_rule_by_project WHERE project_id = ?1 ORDER BY created_ms, id"
        ),
        [project_id.into()],
    )
}

/// What a rule is saved with.
#[derive(Clone, Debug)]
pub struct Saved<'a> {
    /// Its own, or that of a new one.
    pub id: i64,
    /// The project.
    pub project_id: u32,
    /// What was set.
    pub rule: &'a Rule,
    /// The dashboard's, for links.
    pub origin: &'a str,
    /// The clock.
    pub now_ms: i64,
}

/// Adds a rule, if the project has not too many: `alert_rule_by_project`, primary key.
pub fn create(saved: &Saved, secret: &str) -> Statement {
    Statement::new(
        "INSERT INTO alert_rule (id, project_id, settings, secret, origin, created_ms, due_ms, measure_due_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
         WHERE (SELECT count(*) FROM alert_rule WHERE project_id = ?2) < 20 ON CONFLICT DO NOTHING",
        [
            saved.id.into(),
            saved.project_id.into(),
            stored(saved.rule).into(),
            secret.into(),
            saved.origin.into(),
            saved.now_ms.into(),
            due_ms(saved, saved.rule.threshold > 0).into(),
            due_ms(saved, !saved.rule.measure.is_empty()).into(),
        ],
    )
}

/// Changes a rule; primary key. What waits for one that is paused is not sent any more, and what it counts and measures is looked at anew:
/// `alert_outbox` by its primary key.
pub fn change(saved: &Saved) -> [Statement; 2] {
    [
        Statement::new(
            "UPDATE alert_rule SET settings = ?3, origin = ?4, due_ms = ?5, over_ms = 0, seen = 0,
                measure_due_ms = ?6, measured = '', beyond_ms = 0
             WHERE id = ?1 AND project_id = ?2",
            [
                saved.id.into(),
                saved.project_id.into(),
                stored(saved.rule).into(),
                saved.origin.into(),
                due_ms(saved, saved.rule.threshold > 0).into(),
                due_ms(saved, !saved.rule.measure.is_empty()).into(),
            ],
        ),
        Statement::new(
            "UPDATE alert_outbox SET state = 2, answer = 'the rule was paused before it was sent'
             WHERE rule_id = ?1 AND project_id = ?2 AND state = 0
             AND EXISTS (SELECT 1 FROM alert_rule r WHERE r.id = ?1 AND r.settings ->> 'paused' = 1)",
            [saved.id.into(), saved.project_id.into()],
        ),
    ]
}

/// A new secret; primary key.
pub fn change_secret(id: i64, project_id: u32, secret: &str) -> Statement {
    Statement::new(
        "UPDATE alert_rule SET secret = ?3 WHERE id = ?1 AND project_id = ?2",
        [id.into(), project_id.into(), secret.into()],
    )
}

/// Takes a rule away with all that it has told; primary keys.
pub fn delete(id: i64, project_id: u32) -> [Statement; 2] {
    [
        "DELETE FROM alert_outbox WHERE rule_id = ?1 AND project_id = ?2",
        "DELETE FROM alert_rule WHERE id = ?1 AND project_id = ?2",
    ]
    .map(|sql| Statement::new(sql, [id.into(), project_id.into()]))
}

/// What it has is looked at by the next run of the cron.
fn due_ms(saved: &Saved, has: bool) -> i64 {
    if has && !saved.rule.paused { saved.now_ms } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(changes: &Value) -> Result<Rule, String> {
        let mut rule = merged(&Rule::default(), changes.as_object().unwrap())?;
        check(&mut rule, "").map(|()| rule)
    }

    #[test]
    fn a_rule_tells_of_new_issues_unless_told_otherwise() {
        let rule = set(&json!({ "target": "https://shop.test/hook" })).unwrap();
        assert!(rule.new && !rule.regressed && !rule.escalating && rule.threshold == 0);
        assert_eq!(rule.channel, "webhook");
        let again = merged(&rule, json!({ "new": false, "target": " " }).as_object().unwrap());
        assert_eq!(again.unwrap(), Rule { new: false, ..rule });
    }

    #[test]
    fn what_a_rule_cannot_be_is_named() {
        for (changes, said) in [
            (json!({}), "beginning with https://"),
            (json!({ "target": "https://127.0.0.1/" }), "ALERT_ALLOW_HOSTS"),
            (json!({ "target": "https://shop.test/", "channel": "fax" }), "webhook, slack"),
            (json!({ "target": "https://shop.test/", "channel": "email" }), "mail address"),
            (json!({ "target": "https://shop.test/", "window": 4 }), "5 to 1440"),
            (json!({ "target": "https://shop.test/", "threshold": 10_001 }), "10000"),
            (json!({ "target": "https://shop.test/", "threshold": -1 }), "cannot be so"),
            (json!({ "target": "https://shop.test/", "every": 1_441 }), "1440"),
            (json!({ "target": "https://shop.test/", "level": "loud" }), "debug, info"),
            (json!({ "target": "https://shop.test/", "search": "is:new" }), "is:"),
            (json!({ "target": "https://shop.test/", "least": 7 }), "no \"least\""),
            (json!({ "target": "https://shop.test/", "name": "a\nb" }), "in one line"),
        ] {
            let error = set(&changes).unwrap_err();
            assert!(error.contains(said), "{changes}: {error}");
        }
    }

    #[test]
    fn the_api_shows_no_secret() {
        let target = "https://hooks.slack.com/services/T000/B000/abcdefghijQx7z";
        let rule = set(&json!({ "target": target, "channel": "slack" })).unwrap();
        let row = RuleRow { settings: stored(&rule), ..RuleRow::default() };
        assert_eq!(row.rule(), rule);
        let json = row.json();
        assert_eq!(json["target"], "https://hooks.slack.com/…Qx7z");
        assert!(json.get("least").is_none() && json.get("sought").is_none(), "{json}");
    }
}
