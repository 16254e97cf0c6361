//! The settings of a project, tab by tab: keys and origins, snippets, filters, privacy, limits, grouping, tokens.

use askama::Template;

use super::grouping::Rules;
use super::number::{count, counted};
use super::time::{Moment, moment};
use crate::artifacts::token::TokenRow;
use crate::outcome::OutcomeRow;
use crate::settings;
use crate::view::SettingsPage;

/// Tabs of a project: last segment of the path, and name.
pub(crate) const TABS: [(&str, &str); 9] = [
    ("", "General"),
    ("keys", "Keys and origins"),
    ("snippets", "Snippets"),
    ("filters", "Filters"),
    ("privacy", "Privacy"),
    ("limits", "Limits"),
    ("grouping", "Grouping"),
    ("tokens", "Tokens"),
    ("alerts", "Alerts"),
];

/// Tabs of the deployment, of which only the last one is everybody's.
pub(crate) const DEPLOYMENT: [(&str, &str); 5] = [
    ("people", "People"),
    ("projects", "Projects"),
    ("access", "Access"),
    ("audit", "Audit log"),
    ("profile", "You"),
];

/// `settings_tabs.html`, which a template includes that has this as `tabs`.
pub(super) struct Tabs<'a> {
    /// Slug of the project.
    pub(super) base: &'a str,
    /// The current one.
    pub(super) tab: &'a str,
    /// The viewer administers the whole deployment.
    pub(super) is_owner: bool,
}

impl Tabs<'_> {
    pub(super) fn is(&self, tab: &str) -> bool {
        self.tab == tab
    }

    pub(super) fn project(&self) -> &'static [(&'static str, &'static str)] {
        &TABS
    }

    pub(super) fn deployment(&self) -> &'static [(&'static str, &'static str)] {
        let first = if self.is_owner { 0 } else { DEPLOYMENT.len() - 1 };
        DEPLOYMENT.get(first..).unwrap_or_default()
    }
}

/// `settings.html`
#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct Settings<'a> {
    page: &'a SettingsPage,
    tabs: Tabs<'a>,
    settings: &'a settings::Settings,
    keys: Vec<Key<'a>>,
    /// Of the first key.
    dsn: &'a str,
    /// `At least 1,284 events came today, UTC.`
    received: String,
    tokens: Vec<Token<'a>>,
    origins: String,
    blocked: String,
    messages: String,
    urls: String,
    releases: String,
    mask_keys: String,
    keep_keys: String,
    mask_words: String,
    keep_words: String,
    /// `The data of 2 users are still being erased.`
    erasures: String,
    caught: Vec<Caught<'a>>,
    rules: Rules<'a>,
}

struct Key<'a> {
    label: &'a str,
    public_key: &'a str,
    dsn: &'a str,
    created: Option<Moment>,
    is_revoked: bool,
    revoked: Option<Moment>,
}

struct Token<'a> {
    id: &'a str,
    label: &'a str,
    scopes: &'a str,
    is_for_all: bool,
    /// The viewer may revoke it.
    may_revoke: bool,
    made_by: &'a str,
    created: Option<Moment>,
    is_revoked: bool,
    revoked: Option<Moment>,
}

/// What a filter caught, or an origin that was refused.
struct Caught<'a> {
    /// `browser extension`
    reason: String,
    sample: &'a str,
    is_origin: bool,
    times: String,
    last: Option<Moment>,
}

impl<'a> Settings<'a> {
    pub(super) fn of(page: &'a SettingsPage) -> Self {
        let (settings, now_ms) = (&page.settings, page.shell.now_ms);
        let key = |(row, dsn): &'a (crate::project_key::KeyRow, String)| Key {
            label: &row.label,
            public_key: &row.public_key,
            dsn,
            created: moment(row.created_ms, now_ms),
            is_revoked: row.revoked_ms.is_some(),
            revoked: row.revoked_ms.and_then(|revoked_ms| moment(revoked_ms, now_ms)),
        };
        let token = |row: &'a TokenRow| Token {
            id: &row.id,
            label: &row.label,
            scopes: &row.scopes,
            is_for_all: row.project_id == 0,
            may_revoke: row.project_id != 0 || page.is_owner,
            made_by: &row.made_by,
            created: moment(row.created_ms, now_ms),
            is_revoked: row.revoked_ms.is_some(),
            revoked: row.revoked_ms.and_then(|revoked_ms| moment(revoked_ms, now_ms)),
        };
        let caught = |row: &'a OutcomeRow| Caught {
            reason: row.reason.replace('_', " "),
            sample: &row.detail,
            is_origin: row.detail.contains("://"),
            times: count(row.quantity),
            last: moment(row.last_ms, now_ms),
        };
        Self {
            page,
            tabs: Tabs { base: &page.shell.project_slug, tab: page.tab, is_owner: page.is_owner },
            settings,
            keys: page.keys.iter().map(key).collect(),
            dsn: page.keys.first().map_or("", |(_, dsn)| dsn),
            received: match page.received {
                0 => "Nothing came today, UTC.".to_owned(),
                events => format!("At least {} came today, UTC.", counted(events, "event")),
            },
            tokens: page.tokens.iter().map(token).collect(),
            origins: page.origins.join("\n"),
            blocked: settings.blocked_origins.join("\n"),
            messages: settings.filters.messages.join("\n"),
            urls: settings.filters.urls.join("\n"),
            releases: settings.filters.releases.join("\n"),
            mask_keys: settings.scrub.mask_keys.join("\n"),
            keep_keys: settings.scrub.keep_keys.join("\n"),
            mask_words: settings.scrub.mask_words.join("\n"),
            keep_words: settings.scrub.keep_words.join("\n"),
            erasures: match page.erasures {
                0 => String::new(),
                users => format!("The data of {} are still being erased.", counted(users, "user")),
            },
            caught: page.caught.iter().map(caught).collect(),
            rules: Rules::of(page),
        }
    }
}
