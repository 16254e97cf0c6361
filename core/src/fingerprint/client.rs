//! The sender's own fingerprint, and a rule's: texts in which `{{ name }}` stands for something of the event.
//!
//! ```text
//! {{ default }}  what Trapline itself would have taken     {{ type }}         TypeError
//! {{ message }}  the message, without what varies          {{ function }}     the function in which it was thrown
//! {{ transaction }}, {{ release }}, {{ environment }}, {{ level }}, {{ logger }}, {{ tags.NAME }} (also {{ tag.NAME }})
//! ```
//! Unknown names stay as they are.

use crate::event::Event;

/// What stands between the braces, if the whole part is one variable.
pub(super) fn variable(part: &str) -> Option<&str> {
    let inner = part.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    (!inner.is_empty()).then_some(inner)
}

/// Variables that are not of the exceptions.
pub(super) fn field<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    if let Some(tag) = name.strip_prefix("tags.").or_else(|| name.strip_prefix("tag.")) {
        let found = event.tags.iter().find(|(key, _)| key == tag);
        return Some(found.map_or("", |(_, value)| value.as_str()));
    }
    let value = match name {
        "transaction" => event.transaction.as_deref(),
        "release" => event.release.as_deref(),
        "environment" => event.environment.as_deref(),
        "logger" => event.logger.as_deref(),
        "url" => event.request.url.as_deref(),
        "level" => Some(event.level.name()),
        _ => return None,
    };
    Some(value.unwrap_or_default())
}

/// The values that the sender's variables have, for the raw fingerprint.
pub(super) fn read_beside(event: &Event) -> Vec<String> {
    let variables = event.fingerprint.iter().filter_map(|part| variable(part));
    variables.filter_map(|name| field(event, name)).map(str::to_owned).collect()
}
