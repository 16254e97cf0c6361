//! What was measured, as people and programs read it.

use serde_json::{Value, json};

use super::{Found, Measure};
use crate::alert::rule::Rule;
use crate::page_views::Kind;

impl Measure {
    /// `LCP`, `failed requests`, `crash-free sessions`
    pub fn words(self) -> &'static str {
        match self {
            Measure::Vital(0) => "LCP",
            Measure::Vital(1) => "INP",
            Measure::Vital(2) => "CLS",
            Measure::Vital(3) => "FCP",
            Measure::Vital(_) => "TTFB",
            Measure::FailureRate => "failed requests",
            Measure::CrashFreeSessions => "crash-free sessions",
            Measure::CrashFreeUsers => "crash-free users",
        }
    }

    /// On which side of the limit it is told.
    pub fn side(self) -> &'static str {
        if self.is_of_visits() { "below" } else { "above" }
    }

    fn noun(self) -> &'static str {
        match self {
            Measure::Vital(_) => "views",
            Measure::FailureRate => "requests",
            Measure::CrashFreeSessions => "sessions",
            Measure::CrashFreeUsers => "users",
        }
    }

    /// What tells them apart: `page`, `endpoint`, `release`.
    fn divided_by(self) -> &'static str {
        match self {
            Measure::Vital(_) => "page",
            Measure::FailureRate => "endpoint",
            _ => "release",
        }
    }

    /// What is kept of it.
    pub(super) fn kind(self) -> Kind {
        if self == Measure::FailureRate { Kind::Endpoint } else { Kind::Page }
    }

    /// `240 ms`, `2.61 s`, `0.31`, `97.25%`
    fn amount(self, thousandths: u64) -> String {
        if self.is_time() && thousandths < 1_000 {
            return format!("{thousandths} ms");
        }
        let hundredths = (thousandths + 5) / 10;
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        let number = match (rest, rest % 10) {
            (0, _) => whole.to_string(),
            (_, 0) => format!("{whole}.{}", rest / 10),
            _ => format!("{whole}.{rest:02}"),
        };
        let unit = match self {
            _ if self.is_time() => " s",
            Measure::Vital(_) => "",
            _ => "%",
        };
        number + unit
    }

    /// In the unit that programs read: milliseconds, a score, percent.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn number(self, thousandths: u64) -> Value {
        if self.is_time() { thousandths.into() } else { (thousandths as f64 / 1_000.0).into() }
    }

    fn unit(self) -> &'static str {
        match self {
            _ if self.is_time() => "ms",
            Measure::Vital(_) => "score",
            _ => "percent",
        }
    }
}

impl Found {
    /// `LCP of 2.61 s at the 75th percentile of 420 views within 1 h, above 2.5 s`
    pub fn what(&self) -> String {
        let measure = self.measure;
        let (value, limit) = (measure.amount(self.value), measure.amount(self.limit));
        let seen = format!("{} {}", self.count, measure.noun());
        let told = match measure {
            Measure::Vital(_) => {
                format!("{} of {value} at the 75th percentile of {seen}", measure.words())
            }
            Measure::FailureRate => format!("{value} of {seen} failed"),
            _ => format!("{value} of {seen} crash-free"),
        };
        format!("{told} within {} h, {} {limit}", self.hours, measure.side())
    }

    /// `LCP 2.61 s`
    pub fn brief(&self) -> String {
        format!("{} {}", self.measure.words(), self.measure.amount(self.value))
    }

    /// `2.61 s of 420 views`; `nothing measured`
    pub fn last(&self) -> String {
        match self.count {
            0 => "nothing measured".to_owned(),
            count => {
                format!("{} of {count} {}", self.measure.amount(self.value), self.measure.noun())
            }
        }
    }

    /// The page of the dashboard that shows it, behind the project's: `vitals/?page=%2Fcheckout&range=24h`.
    pub fn path(&self) -> String {
        let page = match self.measure {
            Measure::Vital(_) => "vitals",
            Measure::FailureRate => "requests",
            _ => "releases",
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            (self.measure.divided_by(), self.of.as_str()),
            ("environment", &self.environment),
            ("range", "24h"),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("{page}/?{}", query.finish())
    }

    /// As messages and the API have it.
    pub fn json(&self) -> Value {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let measure = self.measure;
        json!({
            "measure": measure.name(),
            "value": if self.count > 0 { measure.number(self.value) } else { Value::Null },
            "limit": measure.number(self.limit),
            "unit": measure.unit(),
            "hours": self.hours,
            "count": self.count,
            measure.divided_by(): known(&self.of),
            "environment": known(&self.environment),
        })
    }
}

/// `LCP above 2.5 s on /checkout over 1 h, of 100 views or more`; empty if nothing is measured.
pub fn condition(rule: &Rule) -> String {
    let Some(found) = Found::of_rule(rule) else { return String::new() };
    let (measure, least) = (found.measure, rule.at_least);
    let of = match measure {
        _ if found.of.is_empty() => "",
        Measure::Vital(_) => " on ",
        Measure::FailureRate => " of ",
        _ => " in ",
    };
    format!(
        "{} {} {}{of}{} over {} h, of {least} {} or more",
        measure.words(),
        measure.side(),
        measure.amount(found.limit),
        found.of,
        rule.hours,
        measure.noun(),
    )
}
