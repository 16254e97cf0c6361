//! What part of a project's data a page shows: one environment, one release, a range of time. Kept in the URL from page to page.

use crate::request::Incoming;

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// All that there is.
    #[default]
    All,
    /// `1h`
    Hour,
    /// `24h`
    Day,
    /// `14d`
    Fortnight,
    /// `90d`
    Quarter,
}

impl Range {
    /// Those that can be chosen, the shortest first: value of the parameter `range`, what a person reads.
    pub const CHOICES: [(Range, &str, &str); 5] = [
        (Range::Hour, "1h", "1 h"),
        (Range::Day, "24h", "24 h"),
        (Range::Fortnight, "14d", "14 d"),
        (Range::Quarter, "90d", "90 d"),
        (Range::All, "", "All"),
    ];

    /// Reads the parameter; what has no meaning is all.
    pub fn named(name: &str) -> Self {
        Self::CHOICES
            .iter()
            .find(|(_, value, _)| *value == name)
            .map_or(Range::All, |choice| choice.0)
    }

    /// Value of the parameter.
    pub fn name(self) -> &'static str {
        Self::CHOICES.iter().find(|(range, ..)| *range == self).map_or("", |choice| choice.1)
    }

    /// Hours; 0 for all.
    pub fn hours(self) -> i64 {
        match self {
            Range::All => 0,
            Range::Hour => 1,
            Range::Day => 24,
            Range::Fortnight => 14 * 24,
            Range::Quarter => 90 * 24,
        }
    }

    /// Days that a chart shows; 0 where it shows hours.
    pub fn days(self) -> u32 {
        match self {
            Range::Fortnight => 14,
            Range::Quarter => 90,
            _ => 0,
        }
    }
}

/// What was chosen; empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// `production`
    pub environment: String,
    /// As events name it.
    pub release: String,
    /// How far back.
    pub range: Range,
}

impl Scope {
    /// Names of the query parameters.
    pub const PARAMETERS: [&str; 3] = ["environment", "release", "range"];

    /// As the URL has it.
    pub fn of(incoming: &Incoming) -> Self {
        let text = |name: &str| incoming.query(name).unwrap_or_default();
        Self {
            environment: text("environment"),
            release: text("release"),
            range: Range::named(&text("range")),
        }
    }

    /// `?environment=production&range=14d`; empty where nothing was chosen. Goes behind links to other pages.
    pub fn query(&self) -> String {
        let values = [self.environment.as_str(), &self.release, self.range.name()];
        let chosen =
            Self::PARAMETERS.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(chosen).finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

/// What there is to choose from.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Of the groups seen last.
    pub environments: Vec<String>,
    /// Newest first.
    pub releases: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::{Range, Scope};

    #[test]
    fn what_was_chosen_goes_from_page_to_page() {
        assert_eq!(Scope::default().query(), "");
        let scope =
            Scope { release: "shop@1 b".into(), range: Range::named("14d"), ..Scope::default() };
        assert_eq!(scope.query(), "?release=shop%401+b&range=14d");
        assert_eq!((scope.range.days(), Range::named("7d")), (14, Range::All));
    }
}
