//! What the issue list shows.

use super::{IssueRow, Refusal, Shell};
use crate::scope::{Choices, Scope};
use crate::search::Problem;
use crate::workflow::Person;

/// `GET /{project}/issues/`
#[derive(Clone, Debug, Default)]
pub struct IssuesPage {
    /// Around the content.
    pub shell: Shell,
    /// What part of the project is shown.
    pub scope: Scope,
    /// What there is to choose from.
    pub choices: Choices,
    /// Canned searches.
    pub tabs: Vec<Tab>,
    /// What the list can be sorted by.
    pub sorts: Vec<Choice>,
    /// The search, as it was typed.
    pub query: String,
    /// What of it has no meaning.
    pub problems: Vec<Problem>,
    /// Parameters beside the search, which a form of it keeps.
    pub kept: Vec<(String, String)>,
    /// Searches that were kept.
    pub views: Vec<View>,
    /// All parameters that make the list, for a search to be kept; empty where there is nothing to keep.
    pub search: String,
    /// Whoever an issue can be given to. Nobody for those who may change nothing.
    pub people: Vec<Person>,
    /// The viewer may change issues.
    pub may_change: bool,
    /// In the order of the chosen sort.
    pub issues: Vec<IssueRow>,
    /// Why the crash of the first one: lines of its source.
    pub peek: Option<Peek>,
    /// Changes with what the list shows.
    pub etag: String,
    /// Index of the first row, from 1; 0 if the page is empty.
    pub first_row: u64,
    /// Link to the next page, if there is one. A filtered page looks at a bounded number of issues: it may be empty
    /// although there is one.
    pub next_page: Option<String>,
    /// Link to the first page, on later ones: issues before this page's were shown or searched.
    pub first_page: Option<String>,
    /// Link to the same list without search and scope, if it has some.
    pub unfiltered: Option<String>,
    /// The order holds over all pages, not only within one.
    pub is_exact: bool,
    /// How many issues were looked at.
    pub scanned: usize,
    /// The project has never received an event: say how to send one.
    pub waiting: bool,
    /// DSN for the snippet that the empty page shows.
    pub dsn: String,
    /// Where the agent is served: `https://shop.example`.
    pub agent_origin: String,
    /// `https://…/trapline.js`, or what this deployment calls it.
    pub agent_script: String,
    /// While waiting: what came and was not stored, newest first.
    pub refusals: Vec<Refusal>,
}

/// A canned search.
#[derive(Clone, Debug, Default)]
pub struct Tab {
    /// Value of the parameter `status`.
    pub name: &'static str,
    /// `Unresolved`
    pub words: &'static str,
    /// Its issues, whatever the search.
    pub count: u64,
    /// One more than what is counted stands for all that are left.
    pub most: u64,
    /// To it.
    pub link: String,
    /// It is shown.
    pub is_current: bool,
}

/// Something that the list can be sorted by.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Value of the parameter.
    pub name: &'static str,
    /// `last seen`
    pub words: &'static str,
    /// To it.
    pub link: String,
    /// It is chosen.
    pub is_current: bool,
}

/// A search that was kept.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// In the path of its deletion.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// To it: `?query=…`
    pub link: String,
    /// It is shown.
    pub is_current: bool,
    /// Everybody sees it.
    pub is_shared: bool,
    /// The viewer may delete it.
    pub is_own: bool,
}

/// Where an issue crashes, in three lines, or why it is unreadable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peek {
    /// Line number, text, whether it is the crashing one.
    pub lines: Vec<(u32, String, bool)>,
    /// In place of lines: what happened, in one sentence.
    pub sentence: String,
}
