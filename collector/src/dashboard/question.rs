//! What pages and API ask of the numbers: of which project, from when to when, of which part.

use super::{Visit, visit};
use crate::failure::Failure;
use crate::page_views::Kind;
use crate::page_views::read::{Asked, Detail, Filter, LISTED, Measured, Window, detail, measured};
use crate::request::Incoming;

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

    /// Programs are told that several cannot hold.
    pub async fn strict(incoming: &Incoming, slug: &str) -> Result<Self, Failure> {
        let question = Self::of(incoming, slug).await?;
        let scope = &question.visit.scope;
        let chosen = [&question.device, &scope.release, &scope.environment];
        match chosen.into_iter().filter(|value| !value.is_empty()).count() {
            0 | 1 => Ok(question),
            _ => Err(Failure::BadRequest(
                "numbers are kept by one of device, release and environment: name one".to_owned(),
            )),
        }
    }

    /// By names, and beside them so many of the most frequent.
    pub async fn list(
        &self,
        kind: Kind,
        names: &[&str],
        most: u32,
    ) -> Result<Vec<Measured>, Failure> {
        let asked = Asked {
            project_id: self.visit.project.id,
            kind,
            window: self.window,
            filter: &self.filter,
            names,
            most,
        };
        Ok(measured(&self.visit.store, &asked).await?)
    }

    /// All together; and the most frequent, with the one that is open.
    pub async fn listing(
        &self,
        kind: Kind,
        open: Option<&str>,
    ) -> Result<(Measured, Vec<Measured>), Failure> {
        let names: Vec<&str> = std::iter::once("").chain(open).collect();
        let mut list = self.list(kind, &names, LISTED).await?;
        let all = list.iter().position(|one| one.name.is_empty());
        Ok((all.map(|index| list.remove(index)).unwrap_or_default(), list))
    }

    /// What one divides into; all together with an empty name.
    pub async fn detail(&self, kind: Kind, name: &str) -> Result<Detail, Failure> {
        let project_id = self.visit.project.id;
        Ok(detail(&self.visit.store, project_id, kind, self.window, name).await?)
    }
}
