//! Page views: kept as they came for three days, and added up for as long as events are kept.
//!
//! A view costs one row: it is appended to a row of up to 64 (`append`). Once a thousand wait, or for six hours, a step adds
//! them up (`fold`): a row a day for each page and endpoint, whose texts are appended to as well, and joined when they are long
//! (`join`). Whoever reads numbers (`read`) adds what still waits, so they are fresh at once.

pub mod append;
pub mod detail;
pub mod fold;
pub mod join;
pub mod purge;
pub mod read;
pub mod run;
pub mod tally;
pub mod visits;

/// Places of [`Sums::counts`](trapline_core::histogram::Sums::counts) of pages, whose histograms are the five vitals in their order
/// on the wire, and the time of loading.
pub mod page {
    /// Page views.
    pub const VIEWS: usize = 0;
    /// Those with an error.
    pub const WITH_ERRORS: usize = 1;
    /// Those that were left before anything was done.
    pub const ABANDONED: usize = 2;
    /// Milliseconds of being seen.
    pub const VISIBLE_MS: usize = 3;
    /// Bytes of scripts.
    pub const SCRIPT_BYTES: usize = 4;
    /// Frames that took long.
    pub const LONG_FRAMES: usize = 5;
    /// Milliseconds that these blocked.
    pub const BLOCKING_MS: usize = 6;
    /// Views of which the bytes of scripts are known.
    pub const WITH_SCRIPTS: usize = 7;
    /// Histogram of loading times.
    pub const LOAD: usize = 5;
}

/// The same of endpoints, whose only histogram are durations.
pub mod endpoint {
    /// Requests.
    pub const REQUESTS: usize = 0;
    /// Without any answer.
    pub const NO_ANSWER: usize = 1;
    /// Answered 400 to 499.
    pub const STATUS_4XX: usize = 2;
    /// Answered 500 to 599.
    pub const STATUS_5XX: usize = 3;
    /// Given up by the page.
    pub const ABORTED: usize = 4;
    /// Bytes.
    pub const RECEIVED: usize = 5;
    /// Bytes.
    pub const SENT: usize = 6;
    /// Histogram of durations.
    pub const DURATION: usize = 0;
}

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// Days for which views are kept as they came.
pub const RAW_DAYS: i64 = 3;

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// By page.
    Page,
    /// By method and URL of requests.
    Endpoint,
    /// Pages that are too rare for a row of their own, by name in `totals`.
    RarePage,
    /// The same of endpoints.
    RareEndpoint,
}

impl Kind {
    /// As rows have it.
    pub fn number(self) -> u32 {
        match self {
            Kind::Page => 0,
            Kind::Endpoint => 1,
            Kind::RarePage => 2,
            Kind::RareEndpoint => 3,
        }
    }

    /// Where what is rare of this kind is.
    pub fn rare(self) -> Self {
        match self {
            Kind::Page | Kind::RarePage => Kind::RarePage,
            Kind::Endpoint | Kind::RareEndpoint => Kind::RareEndpoint,
        }
    }
}

/// By what sums are divided; a column each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// Not at all: the key is empty.
    #[default]
    Totals,
    /// Hour of the day, UTC: `13`.
    Hours,
    /// Release.
    Releases,
    /// Environment.
    Environments,
    /// Browser with its version.
    Browsers,
    /// `phone`, `tablet`, `desktop`
    Devices,
    /// ISO 3166-1.
    Countries,
    /// `lcp|main > img.hero`: see [`tally`].
    Causes,
}

impl Column {
    /// All of them, in the order of the table.
    pub const ALL: [Column; 8] = [
        Column::Totals,
        Column::Hours,
        Column::Releases,
        Column::Environments,
        Column::Browsers,
        Column::Devices,
        Column::Countries,
        Column::Causes,
    ];

    /// Keys that a joined text has at most; what is rarer shares an empty key.
    pub fn most(self) -> usize {
        match self {
            Column::Totals => 120,
            Column::Hours => 24,
            Column::Releases | Column::Browsers | Column::Environments => 30,
            Column::Devices => 8,
            Column::Countries => 60,
            Column::Causes => 100,
        }
    }

    /// Its place among [`ALL`](Self::ALL).
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|column| *column == self).unwrap_or(0)
    }
}

#[cfg(test)]
pub(crate) mod statements;
#[cfg(test)]
mod tests;
