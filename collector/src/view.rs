//! What the pages show: plain values, already read from the store. No database, no clock, no request in here.

mod issue_more;
mod list;
mod overview;
mod people;
mod shell;
mod visits;
mod vitals;

use trapline_core::event::{Event, Level};
use trapline_core::noise::Explanation;
use trapline_core::page_check::Finding;

use crate::artifacts::token::TokenRow;
use crate::dashboard::grouping::Both;
use crate::grouping::{Aspect, Explained, Preview};
use crate::outcome::OutcomeRow;
use crate::outcome::summary::Summary;
use crate::project_key::KeyRow;
use crate::regroup::{Outcome, Regroup};
use crate::settings::Settings;

pub use issue_more::{ActivityPage, EventsPage, IssueMore, Range, Shared, SharedFacts, Trend};
pub use list::{Choice, IssuesPage, Peek, Tab, View};
pub use overview::{OverviewPage, ProjectSummary};
pub use people::{InvitedPage, PeoplePage, ProjectLine};
pub use shell::{Section, Shell};
pub use visits::{FeedbackPage, Letter, ReleasesPage};
pub use vitals::{RequestsPage, VitalsPage};

/// `GET /{project}/outcomes/`
#[derive(Clone, Debug, Default)]
pub struct OutcomesPage {
    /// Around the content.
    pub shell: Shell,
    /// Counts, reasons, noise.
    pub summary: Summary,
    /// Bytes of the project's database.
    pub database_bytes: usize,
    /// Bytes that it may have.
    pub database_limit: usize,
}

/// Something that came and was not stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// `invalid`, `limited`, `filtered`, `dropped`, `discarded`
    pub outcome: String,
    /// `origin`, `key`, …
    pub reason: String,
    /// The origin, or what was wrong.
    pub detail: String,
    /// At least so often.
    pub quantity: u64,
    /// Last time.
    pub last_ms: i64,
}

/// `POST /{project}/setup/check`: a page of the site that was looked at.
#[derive(Clone, Debug)]
pub struct PageCheck {
    /// As it was typed.
    pub url: String,
    /// What came of it.
    pub read: PageRead,
}

/// What came of looking at a page.
#[derive(Clone, Debug)]
pub enum PageRead {
    /// It could not be read: why, in a sentence without a full stop.
    Unread(String),
    /// What keeps its errors from arriving, the worst first; none when nothing does.
    Findings {
        /// The page's address after redirects.
        url: String,
        /// All of them.
        findings: Vec<Finding>,
    },
}

/// An issue's state as its owner set it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Open.
    #[default]
    Unresolved,
    /// Said to be over.
    Resolved,
    /// Not to be shown.
    Ignored,
}

/// One issue in the list.
#[derive(Clone, Debug, Default)]
pub struct IssueRow {
    /// `SHOP-4F`
    pub short_id: String,
    /// `TypeError`
    pub kind: String,
    /// `Cannot read properties of undefined (reading 'amount')`
    pub value: String,
    /// Function of the first in-app frame; empty if unknown.
    pub function: String,
    /// `checkout.js:142`; empty if unknown.
    pub place: String,
    /// Worst level seen.
    pub level: Level,
    /// Somebody caught it.
    pub handled: bool,
    /// Open, resolved or ignored.
    pub status: Status,
    /// Events in all.
    pub events: u64,
    /// Distinct users; exact to 1,000, then "1,000+".
    pub users: u64,
    /// First event.
    pub first_seen_ms: i64,
    /// Newest event.
    pub last_seen_ms: i64,
    /// Events by hour, oldest first, the running hour last.
    pub hours: [u32; 24],
    /// First seen within the last 24 hours.
    pub is_new: bool,
    /// Seen again after it was resolved.
    pub is_regressed: bool,
    /// In this hour or the last, over five times its own mean.
    pub is_escalating: bool,
    /// What opens it again by itself.
    pub condition: Condition,
    /// Of the list: events by day, oldest first, where it shows days.
    pub days: Vec<u32>,
    /// Of the list: release of the newest event; empty if unknown.
    pub last_release: String,
    /// Of the list: who sees to it; empty: nobody.
    pub assignee: String,
    /// Of the list: the same person; 0: nobody.
    pub assignee_id: u32,
}

/// What opens a resolved or ignored issue again, beside what always does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing special.
    #[default]
    None,
    /// Only events of a later release.
    LaterThan {
        /// As events name it.
        release: String,
    },
    /// Whatever comes first; 0 stands for never.
    Until {
        /// A time.
        at_ms: i64,
        /// A number of events in all.
        events: u64,
        /// A number of users in all.
        users: u64,
    },
}

/// `GET /{project}/issues/{short_id}/` and `…/events/{event_id}/`
#[derive(Clone, Debug, Default)]
pub struct IssuePage {
    /// Around the content.
    pub shell: Shell,
    /// The issue itself.
    pub issue: IssueRow,
    /// Release of the first event, and of the newest one; empty if unknown.
    pub releases: (String, String),
    /// Newest release of the package that the newest event names; empty if unknown.
    pub newest_release: String,
    /// The event shown; `None` if its body was capped away.
    pub event: Option<Event>,
    /// What the event really is, if it is not what it looks like.
    pub noise: Option<Explanation>,
    /// Which event of the issue is shown.
    pub position: Position,
    /// Of the newest events; only facets that have values.
    pub distributions: Vec<Distribution>,
    /// Groups of the issue.
    pub groups: Vec<GroupRow>,
    /// How the event shown is grouped.
    pub explained: Option<Explained>,
    /// Short ID of the issue that was just split off from this one.
    pub split: Option<String>,
    /// What stands around it.
    pub more: IssueMore,
}

/// Where an event stands among its issue's.
#[derive(Clone, Debug, Default)]
pub struct Position {
    /// The event's ID.
    pub event_id: String,
    /// Shown as "Newest event".
    pub is_newest: bool,
    /// ID of the next older event.
    pub older: Option<String>,
    /// ID of the next newer event.
    pub newer: Option<String>,
}

/// Newest events that shares are made of, at most.
pub const FACET_EVENTS: u32 = 2_000;

/// Shares of a facet's values.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    /// As searches name it: `browser`, `flag.new-pay`.
    pub name: String,
    /// Value and number of events, most frequent first; at most 5.
    pub values: Vec<(String, u64)>,
    /// Events that the shares are of.
    pub total: u64,
    /// Of each value: whether it is over-represented against other issues.
    pub over: Vec<bool>,
}

/// A group of an issue.
#[derive(Clone, Debug, Default)]
pub struct GroupRow {
    /// The raw fingerprint in hexadecimal digits.
    pub hash: String,
    /// What made its events equal, readable: `TypeError + formatTotal ← OrderSummary`.
    pub fingerprint: String,
    /// Events in all.
    pub events: u64,
    /// Newest event.
    pub last_seen_ms: i64,
    /// The event shown belongs to it.
    pub is_current: bool,
    /// Short ID of the issue from which a merge brought it.
    pub home: Option<String>,
}

/// `GET /{project}/settings/` and its tabs: each has what it shows, the others' parts are empty.
#[derive(Clone, Debug, Default)]
pub struct SettingsPage {
    /// Around the content.
    pub shell: Shell,
    /// Last segment of the path; empty: the first tab.
    pub tab: &'static str,
    /// The viewer may change what is there.
    pub may_change: bool,
    /// The viewer administers the whole deployment.
    pub is_owner: bool,
    /// `SHOP` of `SHOP-4F`
    pub prefix: String,
    /// What the column says.
    pub retention_days: u32,
    /// With their DSNs; those that are revoked last.
    pub keys: Vec<(KeyRow, String)>,
    /// Events of the day, UTC, at least.
    pub received: u64,
    /// Of programs; those that are revoked last.
    pub tokens: Vec<TokenRow>,
    /// One that was just made: shown this once.
    pub new_token: Option<String>,
    /// Origins that may send; none stands for all.
    pub origins: Vec<String>,
    /// As they are.
    pub settings: Settings,
    /// What filters caught, or origins that were refused, in the last 24 hours.
    pub caught: Vec<OutcomeRow>,
    /// Users whose data are still being erased.
    pub erasures: u64,
    /// Grouping rules as they were typed, where they were not stored.
    pub typed: Option<TypedRules>,
    /// Where the agent is served: `https://shop.example`.
    pub agent_origin: String,
    /// `https://…/trapline.js`, or what this deployment calls it.
    pub agent_script: String,
}

/// Grouping rules that were typed and not stored.
#[derive(Clone, Debug, Default)]
pub struct TypedRules {
    /// A rule a line.
    pub text: String,
    /// `line 2: …`; empty if they can be read.
    pub error: String,
    /// What they would have caught.
    pub preview: Preview,
}

/// `GET /{project}/issues/{short_id}/compare/{other}/`
pub struct ComparePage {
    /// Around the content.
    pub shell: Shell,
    /// The issues, and how they differ.
    pub both: Both,
    /// The project's grouping rules as they are.
    pub rules: String,
}

/// `GET /{project}/issues/{short_id}/split/`
#[derive(Clone, Debug, Default)]
pub struct SplitPage {
    /// Around the content.
    pub shell: Shell,
    /// The issue.
    pub issue: IssueRow,
    /// Groups that were looked at, the newest ones.
    pub groups: usize,
    /// Those of which no event is kept.
    pub unread: usize,
    /// What it may be split by.
    pub aspects: Vec<Aspect>,
}

/// `GET /{project}/regroup/`
#[derive(Clone, Debug, Default)]
pub struct RegroupPage {
    /// Around the content.
    pub shell: Shell,
    /// The newest, if there was one.
    pub regroup: Option<Regroup>,
    /// What it would change, or has changed.
    pub outcome: Outcome,
}

/// `GET /sign-in`
#[derive(Clone, Debug, Default)]
pub struct SignInPage {
    /// Path to return to.
    pub next: String,
    /// Shown above the field after a wrong key.
    pub error: Option<String>,
    /// Token of a link that another site led to: a button signs in.
    pub link: Option<String>,
    /// What Cloudflare Access is set to: where it signs in.
    pub access: bool,
}

/// `GET /setup`
#[derive(Clone, Debug, Default)]
pub struct SetupPage {
    /// The deployment has a secret; without one the page only says how to set it.
    pub has_secret: bool,
    /// Somebody is an administrator already: the page then only mints a new sign-in key.
    pub is_set_up: bool,
    /// What was wrong with the form.
    pub error: Option<String>,
    /// As it was filled in.
    pub project: String,
    /// As it was filled in.
    pub slug: String,
    /// As it was filled in.
    pub administrator: String,
    /// As it was filled in: parted by spaces.
    pub origins: String,
}

/// `POST /setup`: the only page that ever shows a sign-in key.
#[derive(Clone, Debug, Default)]
pub struct SetupDonePage {
    /// 40 hexadecimal digits.
    pub sign_in_key: String,
    /// Path to go on to.
    pub next: String,
}

/// Any refusal that a person sees.
#[derive(Clone, Debug, Default)]
pub struct ErrorPage {
    /// 404, 503, …
    pub status: u16,
    /// `There is no such page`
    pub title: String,
    /// What happened, and what to do.
    pub detail: String,
}
