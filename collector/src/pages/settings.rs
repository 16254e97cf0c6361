//! The settings of a project: keys, senders, limits, filters, privacy, and how what was sent has ended.

use std::collections::BTreeMap;

use askama::Template;

use super::grouping::Rules;
use super::number::{count, counted};
use super::time::{Moment, moment};
use crate::artifacts::token::TokenRow;
use crate::settings;
use crate::view::SettingsPage;

/// `settings.html`
#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct Settings<'a> {
    page: &'a SettingsPage,
    settings: &'a settings::Settings,
    keys: Vec<Key<'a>>,
    tokens: Vec<Token<'a>>,
    origins: String,
    messages: String,
    urls: String,
    releases: String,
    mask_keys: String,
    keep_keys: String,
    mask_words: String,
    keep_words: String,
    /// `The data of 2 users are still being erased.`
    erasures: String,
    outcomes: Vec<Outcome>,
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
    made_by: &'a str,
    created: Option<Moment>,
    is_revoked: bool,
    revoked: Option<Moment>,
}

struct Outcome {
    outcome: String,
    reason: String,
    /// `12`, `at least 12`
    quantity: String,
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
            made_by: &row.made_by,
            created: moment(row.created_ms, now_ms),
            is_revoked: row.revoked_ms.is_some(),
            revoked: row.revoked_ms.and_then(|revoked_ms| moment(revoked_ms, now_ms)),
        };
        Self {
            page,
            settings,
            keys: page.keys.iter().map(key).collect(),
            tokens: page.tokens.iter().map(token).collect(),
            origins: page.origins.join("\n"),
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
            outcomes: outcomes(page),
            rules: Rules::of(page),
        }
    }
}

/// Sums over the hours, what was accepted first.
fn outcomes(page: &SettingsPage) -> Vec<Outcome> {
    let mut sums: BTreeMap<(bool, &str, &str), u64> = BTreeMap::new();
    for row in &page.outcomes {
        let is_other = row.outcome != "accepted";
        *sums.entry((is_other, &row.outcome, &row.reason)).or_default() += row.quantity;
    }
    sums.into_iter()
        .map(|((is_other, outcome, reason), quantity)| Outcome {
            outcome: outcome.to_owned(),
            reason: reason.replace('_', " "),
            quantity: match is_other {
                true => format!("at least {}", count(quantity)),
                false => count(quantity),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::HourRow;

    #[test]
    fn outcomes_are_summed_over_hours() {
        let row = |hour: i64, outcome: &str, reason: &str, quantity: u64| HourRow {
            hour,
            outcome: outcome.into(),
            reason: reason.into(),
            detail: String::new(),
            quantity,
        };
        let page = SettingsPage {
            outcomes: vec![
                row(1, "filtered", "browser_extension", 2),
                row(1, "accepted", "", 1_000),
                row(2, "accepted", "", 234),
                row(2, "filtered", "browser_extension", 3),
            ],
            ..SettingsPage::default()
        };
        let found: Vec<_> =
            outcomes(&page).into_iter().map(|o| (o.outcome, o.reason, o.quantity)).collect();
        let expected = [("accepted", "", "1,234"), ("filtered", "browser extension", "at least 5")];
        assert_eq!(found, expected.map(|(a, b, c)| (a.into(), b.into(), c.into())));
    }
}
