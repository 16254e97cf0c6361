//! What the owner of a project has set: one JSON object in the project's row, in which only what differs from the defaults
//! has to stand. Damage in it is no reason to lose events: then the defaults count.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trapline_core::filter::FilterSettings;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::json;
use trapline_core::origin;
use trapline_core::scrub::ScrubSettings;

use crate::read::ProjectRow;
use crate::sql::Statement;

/// Longest change of settings, in bytes of JSON: hundreds of rules.
pub const MAX_SETTINGS: usize = 64 * 1024;

/// Longest text of grouping rules, in bytes: each event that waits in a queue has them with it.
pub const MAX_RULES_TEXT: usize = 16 * 1024;

/// Settings of a project.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// Senders without an `Origin`, such as SDKs on servers, may send although origins are listed.
    pub allow_without_origin: bool,
    /// Origins that are refused without being counted: somebody has seen them, and wants to hear no more of it.
    pub blocked_origins: Vec<String>,
    /// Events an hour; 0 for no limit.
    pub hourly_quota: u32,
    /// Events a day, UTC; 0 for no limit.
    pub daily_quota: u32,
    /// No more than ten times the mean hour of the last seven days, 1,000 at least.
    pub spike_protection: bool,
    /// Largest event in bytes; 0 for the protocol's limit.
    pub max_event_bytes: u32,
    /// Visitors without a user are told apart by a keyed hash of address and user agent, whose key changes by the month.
    pub anonymous_users: bool,
    /// IP addresses that senders give, or ask to be filled in, are stored.
    pub store_ip_addresses: bool,
    /// Events that are counted and not stored.
    pub filters: FilterSettings,
    /// What is taken out of events before they are stored.
    pub scrub: ScrubSettings,
    /// Which events are one issue beside what is taken for one anyway: a rule a line, as [`Rules`] has them.
    pub grouping_rules: String,
    /// Where a frame's code can be read: `https://github.com/acme/shop/blob/{release}/{path}#L{line}`; empty: nowhere.
    pub repository: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_without_origin: true,
            blocked_origins: Vec::new(),
            hourly_quota: 0,
            daily_quota: 0,
            spike_protection: true,
            max_event_bytes: 0,
            anonymous_users: true,
            store_ip_addresses: false,
            filters: FilterSettings::default(),
            scrub: ScrubSettings::default(),
            grouping_rules: String::new(),
            repository: String::new(),
        }
    }
}

impl Settings {
    /// The rules, read.
    pub fn rules(&self) -> Rules {
        Rules::stored(&self.grouping_rules)
    }
}

/// Reads a project's row.
pub fn parse(json: &str) -> Settings {
    json::from_slice(json.as_bytes()).unwrap_or_default()
}

/// Checks members that are to be set anew; `null` brings a default back, and members of `filters` and `scrub` that are not
/// named stay.
///
/// # Errors
/// A sentence: a member that no setting is called, or a value that it cannot have.
pub fn check(changes: &Map<String, Value>) -> Result<(), String> {
    let known = serde_json::to_value(Settings::default()).unwrap_or_default();
    for (name, value) in changes {
        let default = known.get(name).ok_or_else(|| format!("there is no setting {name:?}"))?;
        for inner in value.as_object().into_iter().flat_map(Map::keys) {
            if default.get(inner).is_none() {
                return Err(format!("{name} has no setting {inner:?}"));
            }
        }
        let alone = Value::Object(Map::from_iter([(name.clone(), without_null(value))]));
        if !value.is_null() && json::from_slice::<Settings>(alone.to_string().as_bytes()).is_err() {
            return Err(format!("{name} cannot be {value}"));
        }
        if let ("grouping_rules", Value::String(text)) = (name.as_str(), value) {
            rules(text)?;
        }
        if let ("repository", Value::String(text)) = (name.as_str(), value) {
            repository(text)?;
        }
    }
    Ok(())
}

/// Names what is set to another value than it has: `hourly_quota, filters.crawlers, allowed_origins`.
pub fn differing(
    project: &ProjectRow,
    changes: &Map<String, Value>,
    origins: Option<&str>,
) -> String {
    let before = serde_json::to_value(parse(&project.settings)).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for (name, value) in changes {
        let known = before.get(name);
        match value.as_object() {
            Some(inner) => names.extend(
                inner
                    .iter()
                    .filter(|(key, value)| known.and_then(|known| known.get(*key)) != Some(*value))
                    .map(|(key, _)| format!("{name}.{key}")),
            ),
            None if known != Some(value) => names.push(name.clone()),
            None => {}
        }
    }
    if origins.is_some_and(|origins| origins != project.allowed_origins) {
        names.push("allowed_origins".to_owned());
    }
    names.join(", ")
}

/// Reads grouping rules as they are typed.
///
/// # Errors
/// A sentence: the first line that is no rule, with its number and the reason, or that they are too long.
pub fn rules(typed: &str) -> Result<Rules, String> {
    if typed.len() > MAX_RULES_TEXT {
        return Err(format!("the rules have {} bytes, limit is {MAX_RULES_TEXT}", typed.len()));
    }
    Rules::parse(typed).map_err(|bad| bad.to_string())
}

/// Checks a template of links to the code.
///
/// # Errors
/// A sentence: it is no https address, or does not say where the path goes.
pub fn repository(template: &str) -> Result<(), String> {
    const MAX_TEMPLATE: usize = 500;
    let is_link = crate::workflow::link_of(template).is_some_and(|link| link == template);
    let host = template.get(8..).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if template.is_empty()
        || is_link
            && template.contains("{path}")
            && !host.contains(['{', '@'])
            && template.len() <= MAX_TEMPLATE
    {
        return Ok(());
    }
    Err("repository is an address like https://github.com/acme/shop/blob/{release}/{path}#L{line}"
        .into())
}

fn without_null(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.clone().into_iter().filter(|(_, inner)| !inner.is_null()).collect()
        }
        other => other.clone(),
    }
}

/// Origins as they are stored, out of a list of what somebody typed.
///
/// # Errors
/// A sentence that names the first text that is no origin.
pub fn origins(typed: &[String]) -> Result<String, String> {
    const MAX_ORIGINS: usize = 200;
    if typed.len() > MAX_ORIGINS {
        return Err(format!("{} origins, limit is {MAX_ORIGINS}", typed.len()));
    }
    let wrong = |text: &String| {
        format!(
            "{text:?} is no origin: write it like https://shop.example or https://*.shop.example"
        )
    };
    let parsed: Result<Vec<String>, String> =
        typed.iter().map(|text| origin::parse(text).ok_or_else(|| wrong(text))).collect();
    Ok(serde_json::to_string(&parsed?).unwrap_or_default())
}

/// Settings and origins as they are stored.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredRow {
    /// As JSON.
    pub settings: String,
    /// As JSON.
    pub allowed_origins: String,
}

/// Merges checked changes, and sets the origins where they are given; gives back a [`StoredRow`]. Primary key of `project`.
pub fn store(project_id: u32, changes: &Map<String, Value>, origins: Option<&str>) -> Statement {
    let changes = Value::Object(changes.clone()).to_string();
    Statement::new(
        "UPDATE project SET
            settings = json_patch(CASE WHEN json_valid(settings) THEN settings ELSE '{}' END, ?2),
            allowed_origins = coalesce(?3, allowed_origins) WHERE id = ?1
         RETURNING settings, allowed_origins",
        [project_id.into(), changes.into(), origins.into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;
    use serde_json::json;

    #[track_caller]
    fn check(changes: Value, expected: Result<(), &str>) {
        let checked = super::check(changes.as_object().unwrap());
        assert_eq!(checked, expected.map_err(str::to_owned));
    }

    #[test]
    fn what_cannot_be_set_is_named() {
        check(json!({"hourly_quota": 5, "filters": {"crawlers": false, "urls": null}}), Ok(()));
        check(json!({"hourly_quota": null, "filters": null}), Ok(()));
        check(json!({"quota": 5}), Err("there is no setting \"quota\""));
        check(json!({"hourly_quota": -1}), Err("hourly_quota cannot be -1"));
        check(json!({"spike_protection": "no"}), Err("spike_protection cannot be \"no\""));
        check(json!({"filters": {"robots": true}}), Err("filters has no setting \"robots\""));
        check(json!({"filters": {"crawlers": 7}}), Err("filters cannot be {\"crawlers\":7}"));
        check(json!({"grouping_rules": "# none\ntype:A -> b"}), Ok(()));
        check(
            json!({"grouping_rules": ["type:A -> b"]}),
            Err("grouping_rules cannot be [\"type:A -> b\"]"),
        );
        let no_arrow = "line 2: a rule needs ` -> ` between what it fits and what it makes";
        check(json!({"grouping_rules": "type:A -> b\ntype:A"}), Err(no_arrow));
        let long = "#".repeat(MAX_RULES_TEXT + 1);
        check(json!({"grouping_rules": long}), Err("the rules have 16385 bytes, limit is 16384"));
    }

    #[test]
    fn what_is_not_named_stays() {
        let db = TestDb::with_project();
        let store = |changes: Value, origins: Option<&str>| {
            db.rows(&store(1, changes.as_object().unwrap(), origins)).remove(0)
        };
        assert_eq!(store(json!({"daily_quota": 7}), None), [r#"{"daily_quota":7}"#, "[]"]);
        let origins = origins(&["https://Shop.test/".into()]).unwrap();
        let filters = json!({"filters": {"crawlers": false}});
        let both =
            [r#"{"daily_quota":7,"filters":{"crawlers":false}}"#, r#"["https://shop.test"]"#];
        assert_eq!(store(filters, Some(&origins)), both);
        let urls = json!({"daily_quota": null, "filters": {"urls": ["*x*"]}});
        assert_eq!(store(urls, None)[0], r#"{"filters":{"crawlers":false,"urls":["*x*"]}}"#);
        db.run("UPDATE project SET settings = 'damaged'");
        assert_eq!(store(json!({"daily_quota": 8}), None)[0], r#"{"daily_quota":8}"#);
        let wrong = super::origins(&["https://a.test".into(), "a b".into()]).unwrap_err();
        assert!(wrong.starts_with("\"a b\" is no origin"), "{wrong}");
    }

    #[test]
    fn only_what_differs_is_told() {
        let project = ProjectRow {
            settings: r#"{"hourly_quota": 5}"#.into(),
            allowed_origins: "[]".into(),
            ..ProjectRow::default()
        };
        let changes = json!({
            "hourly_quota": 5, "daily_quota": 7, "filters": { "crawlers": false, "localhost": false },
        });
        let changes = changes.as_object().unwrap();
        let told = |origins| differing(&project, changes, origins);
        assert_eq!(told(Some("[]")), "daily_quota, filters.crawlers");
        assert_eq!(told(Some("[1]")), "daily_quota, filters.crawlers, allowed_origins");
        assert_eq!(differing(&project, &Map::new(), None), "");
    }

    #[test]
    fn damage_means_the_defaults() {
        assert_eq!(parse("{"), Settings::default());
        assert_eq!(parse(r#"{"hourly_quota": 7, "later": true}"#).hourly_quota, 7);
        assert!(parse("{}").allow_without_origin);
    }
}
