//! What the owner of a project has set: one JSON object in the project's row, in which only what differs from the defaults
//! has to stand. Damage in it is no reason to lose events: then the defaults count.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trapline_core::filter::FilterSettings;
use trapline_core::origin;
use trapline_core::scrub::ScrubSettings;

use crate::sql::Statement;

/// Longest settings, in bytes of JSON: hundreds of rules.
pub const MAX_SETTINGS: usize = 64 * 1024;

/// Settings of a project.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// Senders without an `Origin`, such as SDKs on servers, may send although origins are listed.
    pub allow_without_origin: bool,
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_without_origin: true,
            hourly_quota: 0,
            daily_quota: 0,
            spike_protection: true,
            max_event_bytes: 0,
            anonymous_users: true,
            store_ip_addresses: false,
            filters: FilterSettings::default(),
            scrub: ScrubSettings::default(),
        }
    }
}

/// Reads a project's row.
pub fn parse(json: &str) -> Settings {
    serde_json::from_str(json).unwrap_or_default()
}

/// The settings with some members set anew, ready to be stored; `null` brings a default back.
///
/// # Errors
/// A sentence: a member that no setting is called, or a value that it cannot have.
pub fn changed(json: &str, changes: &Map<String, Value>) -> Result<String, String> {
    let known = serde_json::to_value(Settings::default()).unwrap_or_default();
    let mut settings: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    for (name, value) in changes {
        if known.get(name).is_none() {
            return Err(format!("there is no setting {name:?}"));
        }
        if value.is_null() {
            settings.remove(name);
        } else {
            settings.insert(name.clone(), value.clone());
        }
        let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        if !value.is_null() && serde_json::from_value::<Settings>(alone).is_err() {
            return Err(format!("{name} cannot be {value}"));
        }
    }
    let text = Value::Object(settings).to_string();
    if text.len() > MAX_SETTINGS {
        return Err(format!("settings are {} bytes, limit is {MAX_SETTINGS}", text.len()));
    }
    Ok(text)
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

/// Stores settings and origins of a project; `None` leaves them. Primary key of `project`.
pub fn store(project_id: u32, settings: Option<&str>, origins: Option<&str>) -> Statement {
    Statement::new(
        "UPDATE project SET settings = coalesce(?2, settings),
            allowed_origins = coalesce(?3, allowed_origins) WHERE id = ?1",
        [project_id.into(), settings.into(), origins.into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;
    use serde_json::json;

    #[track_caller]
    fn check(json: &str, changes: Value, expected: Result<&str, &str>) {
        let changed = changed(json, changes.as_object().unwrap());
        assert_eq!(changed.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn only_what_differs_is_kept() {
        check("{}", json!({"hourly_quota": 5}), Ok(r#"{"hourly_quota":5}"#));
        check(r#"{"hourly_quota":5}"#, json!({"hourly_quota": null}), Ok("{}"));
        check("damaged", json!({"spike_protection": false}), Ok(r#"{"spike_protection":false}"#));
        // What a later version has set stays.
        check(r#"{"new":1}"#, json!({"daily_quota": 7}), Ok(r#"{"daily_quota":7,"new":1}"#));
    }

    #[test]
    fn what_cannot_be_set_is_named() {
        check("{}", json!({"quota": 5}), Err("there is no setting \"quota\""));
        check("{}", json!({"hourly_quota": -1}), Err("hourly_quota cannot be -1"));
        check("{}", json!({"spike_protection": "no"}), Err("spike_protection cannot be \"no\""));
    }

    #[test]
    fn what_is_not_named_stays() {
        let db = TestDb::with_project();
        let row = || {
            db.rows(&Statement::new("SELECT settings, allowed_origins FROM project", [])).remove(0)
        };
        db.batch(&[store(1, Some(r#"{"daily_quota":7}"#), None)]);
        assert_eq!(row(), [r#"{"daily_quota":7}"#, "[]"]);
        let origins = origins(&["https://Shop.test/".into()]).unwrap();
        db.batch(&[store(1, None, Some(&origins))]);
        assert_eq!(row(), [r#"{"daily_quota":7}"#, r#"["https://shop.test"]"#]);
        let wrong = super::origins(&["https://a.test".into(), "a b".into()]).unwrap_err();
        assert!(wrong.starts_with("\"a b\" is no origin"), "{wrong}");
    }

    #[test]
    fn damage_means_the_defaults() {
        assert_eq!(parse("{"), Settings::default());
        assert_eq!(parse(r#"{"hourly_quota": 7, "later": true}"#).hourly_quota, 7);
        assert!(parse("{}").allow_without_origin);
    }
}
