//! What the pages of numbers show: web vitals by page, requests by endpoint.

use super::Shell;
use crate::page_views::detail::Detail;
use crate::page_views::read::Measured;
use crate::scope::{Choices, Scope};

/// `GET /{project}/vitals/`
#[derive(Clone, Debug, Default)]
pub struct VitalsPage {
    /// Around the content.
    pub shell: Shell,
    /// What part of the project is shown.
    pub scope: Scope,
    /// What there is to choose from.
    pub choices: Choices,
    /// `phone`, `tablet`, `desktop`; empty: all.
    pub device: String,
    /// A vital as the wire names it, `views` or `errors`: what the list is ordered by.
    pub sort: String,
    /// All pages together.
    pub all: Measured,
    /// In the order of the sort.
    pub pages: Vec<Measured>,
    /// What all pages divide into.
    pub detail: Detail,
    /// The page that is open, and what it divides into.
    pub open: Option<(String, Detail)>,
}

/// `GET /{project}/requests/`
#[derive(Clone, Debug, Default)]
pub struct RequestsPage {
    /// Around the content.
    pub shell: Shell,
    /// What part of the project is shown.
    pub scope: Scope,
    /// What there is to choose from.
    pub choices: Choices,
    /// `failed`, `rate`, `p75`, `p95`: what the list is ordered by.
    pub sort: String,
    /// Milliseconds of the window.
    pub length_ms: i64,
    /// All endpoints together.
    pub all: Measured,
    /// In the order of the sort.
    pub endpoints: Vec<Measured>,
    /// The endpoint that is open, and what it divides into.
    pub open: Option<(String, Detail)>,
}
