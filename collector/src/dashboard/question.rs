//! What pages and API ask of the numbers: of which project, from when to when, of which part.

use super::{Visit, visit};
use crate::failure::Failure;
use crate::page_views::Kind;
use crate::page_views::detail::Detail;
use crate::page_views::read::{Asked, Filter, Measured, Window, listed, numbers};
use crate::request::Incoming;
use crate::scope::Range;

/// As a request puts it, with the parameters of the scope and `device`.
pub struct Question {
    /// Who asks.
    pub visit: Visit,
    /// `phone`, `tablet`, `desktop`; empty: all.
    pub device: String,
    /// From when to when.
    pub window: Window,
    /// The server's clock.
    pub now_ms: i64,
    filter: Filter,
}

impl Question {
    /// Of several choices the first of device, release and environment holds.
    pub async fn of(incoming: &Incoming, slug: &str) -> Result<Self, Failure> {
        let visit = visit(incoming, slug).await?;
        let device = incoming.query("device").unwrap_or_default();
        let window = Window::of(visit.scope.range, incoming.now_ms);
        let filter = Filter::of(&visit.scope, &device);
        Ok(Self { visit, device, window, filter, now_ms: incoming.now_ms })
    }

    /// Programs are told that several cannot hold, and what is no time.
    pub async fn strict(incoming: &Incoming, slug: &str) -> Result<Self, Failure> {
        let question = Self::of(incoming, slug).await?;
        known_range(incoming)?;
        let scope = &question.visit.scope;
        let chosen = [&question.device, &scope.release, &scope.environment];
        match chosen.into_iter().filter(|value| !value.is_empty()).count() {
            0 | 1 => Ok(question),
            _ => Err(Failure::BadRequest(
                "numbers are kept by one of device, release and environment: name one".to_owned(),
            )),
        }
    }

    /// By names, and beside them so many of the most frequent; and what some names divide into.
    async fn numbers(
        &self,
        kind: Kind,
        names: &[&str],
        most: u32,
        divided: &[&str],
    ) -> Result<(Vec<Measured>, Vec<Detail>), Failure> {
        let asked = Asked {
            project_id: self.visit.project.id,
            kind,
            window: self.window,
            filter: &self.filter,
            names,
            most,
        };
        Ok(numbers(&self.visit.store, &asked, divided).await?)
    }

    /// All together, and the most frequent; with the one that is open, if any. With what all of them and that one divide into,
    /// where that is wanted.
    pub async fn listing(
        &self,
        kind: Kind,
        open: Option<&str>,
        divides: bool,
    ) -> Result<Listing, Failure> {
        let names: Vec<&str> = std::iter::once("").chain(open).collect();
        let divided = if divides { names.as_slice() } else { &[] };
        let (mut list, details) = self.numbers(kind, &names, listed(self.window), divided).await?;
        let all = list.iter().position(|one| one.name.is_empty());
        let all = all.map(|index| list.remove(index)).unwrap_or_default();
        let mut details = details.into_iter();
        let detail = details.next().unwrap_or_default();
        let open = open.map(str::to_owned).zip(details.next());
        Ok(Listing { all, list, detail, open })
    }

    /// One, and what it divides into; `None` where nothing was measured.
    pub async fn one(&self, kind: Kind, name: &str) -> Result<Option<(Measured, Detail)>, Failure> {
        let (list, details) = self.numbers(kind, &[name], 0, &[name]).await?;
        Ok(list.into_iter().next().zip(details.into_iter().next()))
    }
}

/// Programs are told what `range` can be.
///
/// # Errors
/// When it is none of them.
pub fn known_range(incoming: &Incoming) -> Result<(), Failure> {
    let range = incoming.query("range").unwrap_or_default();
    match range.is_empty() || Range::named(&range) != Range::All {
        true => Ok(()),
        false => Err(Failure::BadRequest("range is one of 1h, 24h, 14d and 90d".to_owned())),
    }
}

/// What a page of numbers shows.
pub struct Listing {
    /// All together.
    pub all: Measured,
    /// Each.
    pub list: Vec<Measured>,
    /// What all together divide into.
    pub detail: Detail,
    /// The one that is open, and what it divides into.
    pub open: Option<(String, Detail)>,
}
