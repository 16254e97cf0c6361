//! What list a URL asks for: tab, search, scope, order, place.

use crate::dashboard::Visit;
use crate::read::{CountsRow, Cursor, IssueRecord, ListEnd, ListFilter, PAGE, SCAN, Walk};
use crate::request::Incoming;
use crate::scope::Scope;
use crate::search::{self, Around, Kind, Problem, Term};
use crate::workflow::Person;

/// Canned searches: value of the parameter `status`, what a person reads, the search.
pub(super) const TABS: [(&str, &str, &str); 7] = [
    ("", "Unresolved", "is:unresolved"),
    ("new", "New", "is:unresolved is:new"),
    ("regressed", "Regressed", "is:unresolved is:regressed"),
    ("escalating", "Escalating", "is:unresolved is:escalating"),
    ("mine", "Mine", "is:unresolved is:mine"),
    ("ignored", "Ignored", "is:ignored"),
    ("resolved", "Resolved", "is:resolved"),
];

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Seen last comes first.
    #[default]
    LastSeen,
    /// Seen first of all comes last.
    FirstSeen,
    /// Most events.
    Events,
    /// Most users.
    Users,
    /// A day's events over the mean of a week.
    Trend,
}

impl Sort {
    /// Value of the parameter `sort`, and what a person reads.
    pub const CHOICES: [(Sort, &'static str, &'static str); 5] = [
        (Sort::LastSeen, "", "last seen"),
        (Sort::FirstSeen, "first-seen", "first seen"),
        (Sort::Events, "events", "events"),
        (Sort::Users, "users", "users"),
        (Sort::Trend, "trend", "trend"),
    ];

    /// Reads the parameter; `last-seen` and what has no meaning is the default.
    fn named(name: &str) -> Self {
        Self::CHOICES
            .iter()
            .find(|choice| choice.1 == name)
            .map_or(Sort::LastSeen, |choice| choice.0)
    }

    fn name(self) -> &'static str {
        Self::CHOICES.iter().find(|choice| choice.0 == self).map_or("", |choice| choice.1)
    }

    /// The greatest comes first.
    pub(super) fn measure(self, record: &IssueRecord) -> (i64, i64, u32) {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let first = match self {
            Sort::LastSeen => record.last_hour,
            Sort::FirstSeen => record.first_seen_ms,
            Sort::Events => number(record.events),
            Sort::Users => number(record.users),
            Sort::Trend => record.trend_key,
        };
        (first, record.last_seen_ms, record.number)
    }
}

/// A list that was asked for.
pub struct Asked {
    /// The canned search that is shown; `None` where the search names another status.
    pub tab: Option<&'static str>,
    /// As it was typed.
    pub query: String,
    /// What of it has no meaning.
    pub problems: Vec<Problem>,
    /// Environment, release, range.
    pub scope: Scope,
    /// What comes first.
    pub sort: Sort,
    /// Where the page begins.
    pub after: Option<Cursor>,
    /// Issues of a page.
    pub page: usize,
    tab_name: &'static str,
    status: u32,
    walk: Walk,
    assignee: u32,
    terms: Vec<Term>,
}

impl Asked {
    /// Reads the parameters `status`, `query`, `sort`, `after` and those of the scope; `browser`, `os` and `country` too.
    pub fn of(incoming: &Incoming, visit: &Visit, people: &[Person]) -> Self {
        let text = |name: &str| incoming.query(name).unwrap_or_default();
        let asked = text("status");
        let (tab_name, _, canned) = TABS.into_iter().find(|tab| tab.0 == asked).unwrap_or(TABS[0]);
        let around = Around { now_ms: incoming.now_ms, viewer_id: visit.viewer.id, people };
        let query = text("query").trim().to_owned();
        let typed = search::read(&query, &around);
        let tab = search::read(canned, &around);
        let status = typed.status().or(tab.status()).unwrap_or(0);
        let is_tab = typed.status().is_none();
        let mut terms = tab.terms;
        // That of the search counts; the query walks along one status.
        terms.retain(|term| term.0 != Kind::Status && is_tab);
        terms.extend(typed.terms);
        let scope = visit.scope.clone();
        let facets = [
            ("environment", scope.environment.clone()),
            ("release", scope.release.clone()),
            ("browser", text("browser")),
            ("os", text("os")),
            ("country", text("country")),
        ];
        let chosen = facets.iter().filter(|(_, value)| !value.is_empty());
        terms.extend(chosen.map(|(name, value)| search::facet(name, value)));
        let sort = Sort::named(&text("sort"));
        let (walk, assignee) = walk(&terms, sort);
        Self {
            tab: is_tab.then_some(tab_name),
            problems: typed.problems,
            after: cursor_of(&text("after")),
            page: PAGE,
            query,
            scope,
            sort,
            tab_name,
            status,
            walk,
            assignee,
            terms,
        }
    }

    /// Whether the order is another where all issues of the status can be looked at.
    pub(super) fn may_be_exact(&self) -> bool {
        self.walk != self.walk.of_all()
    }

    /// Whether the order holds over all pages.
    pub fn is_exact(&self) -> bool {
        !self.may_be_exact()
    }

    /// There are so few issues that all are looked at.
    pub(super) fn of_all(&mut self, counts: &CountsRow) {
        let counted = [counts.unresolved, counts.resolved, counts.ignored];
        let found = usize::try_from(self.status).ok().and_then(|status| counted.get(status));
        if found.is_some_and(|number| *number < SCAN as u64) {
            self.walk = self.walk.of_all();
        }
    }

    /// What the query takes.
    pub fn filter(&self, project_id: u32, now_hour: i64) -> ListFilter<'_> {
        let hours = self.scope.range.hours();
        ListFilter {
            project_id,
            status: self.status,
            terms: &self.terms,
            walk: self.walk,
            assignee: self.assignee,
            since_hour: if hours > 0 { now_hour - hours } else { 0 },
            after: self.after,
            page: self.page,
        }
    }

    /// Behind what a page looked at without filling up; `None` at the end.
    pub(super) fn rest(&self, filter: &ListFilter, end: &ListEnd) -> Option<Cursor> {
        let Cursor { key, number } = end.cursor()?;
        let hour = if key < 0 { key + (1 << 52) } else { key };
        let is_by_hour = self.walk == Walk::LastSeen || key < 0;
        // Numbers are given out in the order of first events: behind one that is not new, none is.
        let was_all_new =
            self.tab_name == "new" && self.walk == Walk::FirstSeen && self.terms.len() == 1;
        let is_over = end.scanned < filter.scanned()
            || (is_by_hour && hour < filter.since_hour)
            || was_all_new;
        (!is_over).then_some(Cursor { key, number })
    }

    /// Whether there is anything but a tab.
    pub fn is_filtered(&self) -> bool {
        !self.query.is_empty() || self.scope != Scope::default()
    }

    /// The parameters beside the search.
    pub(super) fn kept(&self) -> Vec<(String, String)> {
        let pairs = [("status", self.tab_name), ("sort", self.sort.name())];
        pairs_of(&pairs)
    }

    /// To the tab alone.
    pub(super) fn unfiltered(&self) -> String {
        let kept = self.kept();
        format!("?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish())
    }

    /// All that makes the list, in one order; empty for the list that everybody comes to first.
    pub(super) fn search(&self) -> String {
        let pairs = [
            ("status", self.tab_name),
            ("query", &self.query),
            ("sort", self.sort.name()),
            ("environment", &self.scope.environment),
            ("release", &self.scope.release),
            ("range", self.scope.range.name()),
        ];
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs_of(&pairs)).finish()
    }
}

fn pairs_of(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Small indexes first; those who search for what is new find it among the highest numbers.
fn walk(terms: &[Term], sort: Sort) -> (Walk, u32) {
    let asked = |kind| terms.iter().find(|term| term.0 == kind && !term.1);
    let one =
        asked(Kind::Assignee).filter(|term| term.2 == term.3).and_then(|term| term.2.as_u64());
    let one = one.and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
    let is_young = |term: &Term| term.2.as_i64().is_some_and(|least| least > 0);
    match sort {
        _ if one > 0 => (Walk::Mine, one),
        _ if asked(Kind::Regressed).is_some() => (Walk::Regressed, 0),
        _ if asked(Kind::Escalated).is_some() => (Walk::Escalated, 0),
        _ if asked(Kind::FirstSeen).is_some_and(is_young) => (Walk::FirstSeen, 0),
        Sort::LastSeen => (Walk::LastSeen, 0),
        Sort::FirstSeen => (Walk::FirstSeen, 0),
        Sort::Events => (Walk::Events, 0),
        Sort::Users => (Walk::Users, 0),
        Sort::Trend => (Walk::Trend, 0),
    }
}

/// The same list with other parameters; one without a value goes. It begins at its first page.
pub fn link(incoming: &Incoming, changed: &[(&str, &str)]) -> String {
    let mut link = form_urlencoded::Serializer::new(String::new());
    for (name, value) in incoming.url.query_pairs() {
        let is_place = name == "after" || name == "row";
        if !is_place && !value.is_empty() && !changed.iter().any(|(other, _)| *other == name) {
            link.append_pair(&name, &value);
        }
    }
    for (name, value) in changed.iter().filter(|(_, value)| !value.is_empty()) {
        link.append_pair(name, value);
    }
    format!("?{}", link.finish())
}

fn cursor_of(text: &str) -> Option<Cursor> {
    let (key, number) = text.split_once('.')?;
    let (key, number) = (key.parse::<i64>().ok()?, number.parse::<i64>().ok()?);
    // Beyond 2^53 it would be another number.
    (key.abs() <= 1 << 52 && (0..=1 << 40).contains(&number)).then_some(Cursor { key, number })
}
