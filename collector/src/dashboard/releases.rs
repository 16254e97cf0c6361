//! `GET /{project}/releases/`: how releases fare, and two of them at the same age.

use worker::Response;

use super::list::values;
use super::{Visit, shell, visit};
use crate::failure::Failure;
use crate::health::{self, Compared, ReleaseRow, Releases};
use crate::page_views::read::Window;
use crate::request::Incoming;
use crate::scope::Choices;
use crate::view::{ReleasesPage, Section, Shell};
use crate::{pages, read, reply, sessions};

/// Renders the page. The query's `to` is compared with its `with`; the newest two are, where it does not say. Ten queries.
pub async fn releases(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    let window = Window::of(visit.scope.range, now_ms);
    let around = [read::counts(project_id), sessions::environments(project_id, window.first_hour)];
    let around = visit.store.batch(&around).await?;
    let [counts, environments] = around.as_slice() else { return Err(Failure::NotFound) };
    let list = health::list(&visit.store, project_id, window, &visit.scope).await?;
    let asked = ["to", "with"].map(|name| incoming.query(name).unwrap_or_default());
    let page = ReleasesPage {
        shell: Shell {
            section: Section::Releases,
            ..shell(&visit, &counts.first()?.unwrap_or_default(), now_ms)
        },
        scope: visit.scope.clone(),
        choices: Choices {
            environments: values(Some(environments))?,
            releases: list.releases.iter().map(|one| one.known.version.clone()).collect(),
        },
        prefix: visit.project.short_prefix.clone(),
        first_hour: window.first_hour,
        compared: compared(&visit, &list, &asked, now_ms).await?,
        list,
    };
    Ok(reply::page(200, pages::releases(&page)?))
}

async fn compared(
    visit: &Visit,
    list: &Releases,
    asked: &[String; 2],
    now_ms: i64,
) -> Result<Option<Compared>, Failure> {
    let Some(two) = chosen(list, asked) else { return Ok(None) };
    Ok(Some(health::compared(&visit.store, visit.project.id, two, now_ms).await?))
}

/// Those that were asked for and are known, else the newest; `None` where there are no two.
fn chosen<'a>(list: &'a Releases, asked: &[String; 2]) -> Option<[&'a ReleaseRow; 2]> {
    // What only sessions name was never young.
    let known = || list.releases.iter().map(|one| &one.known).filter(|one| one.first_seen_ms > 0);
    let named = |name: &String| known().find(|one| one.version == *name);
    let [to, with] = asked;
    let with = named(with);
    let is_other = |one: &&ReleaseRow, other: &ReleaseRow| one.version != other.version;
    let to =
        named(to).or_else(|| known().find(|one| with.is_none_or(|with| is_other(one, with))))?;
    // The one before it, else the newest.
    let older = || known().skip_while(|one| one.version != to.version).nth(1);
    let with = with
        .filter(|one| is_other(one, to))
        .or_else(older)
        .or_else(|| known().find(|one| is_other(one, to)))?;
    Some([to, with])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Release;

    #[track_caller]
    fn check(known: &[&str], to: &str, with: &str, expected: Option<[&str; 2]>) {
        let row = |version: &&str| ReleaseRow {
            version: (*version).into(),
            first_seen_ms: 1,
            ..ReleaseRow::default()
        };
        let mut releases: Vec<Release> =
            known.iter().map(|one| Release { known: row(one), ..Release::default() }).collect();
        let unseen = ReleaseRow { version: "unseen".into(), ..ReleaseRow::default() };
        releases.push(Release { known: unseen, ..Release::default() });
        let list = Releases { releases, ..Releases::default() };
        let found = chosen(&list, &[to.into(), with.into()]);
        assert_eq!(found.map(|two| two.map(|one| one.version.as_str())), expected);
    }

    #[test]
    fn two_releases_are_always_two() {
        let all = ["3", "2", "1"];
        check(&all, "", "", Some(["3", "2"]));
        check(&all, "2", "", Some(["2", "1"]));
        check(&all, "1", "", Some(["1", "3"]));
        check(&all, "2", "2", Some(["2", "1"]));
        check(&all, "", "3", Some(["2", "3"]));
        check(&all, "1", "3", Some(["1", "3"]));
        check(&all, "unseen", "gone", Some(["3", "2"]));
        check(&["1"], "", "", None);
        check(&[], "1", "2", None);
    }
}
