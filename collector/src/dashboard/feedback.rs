//! `/{project}/feedback/`: what users say, and what becomes of it.

use worker::Response;

use super::peek::peek_of;
use super::{Visit, shell, visit};
use crate::account;
use crate::failure::Failure;
use crate::feedback::{self, Feedback, PAGE, Status};
use crate::people::Role;
use crate::plan::{bytes_of_hex, event_of_bytes};
use crate::read::{self, BodyRow};
use crate::request::{Incoming, field};
use crate::view::{FeedbackPage, Letter, Peek, Section, Shell};
use crate::{pages, reply};

/// Messages that one form may decide about: as many as a page has.
const MOST_DECIDED: usize = PAGE as usize;

/// `GET …/feedback/`: messages of a `status`, with a `query`, or about an `issue`; the one with an `id` is shown, else the first.
/// At most nine queries.
pub async fn feedback(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    let text = |name: &str| incoming.query(name).unwrap_or_default();
    let status = Status::named(&text("status")).unwrap_or_default();
    let query = text("query").trim().to_owned();
    let prefix = &visit.project.short_prefix;
    let issue = match text("issue").as_str() {
        "" => None,
        short_id => Some(read::number_in(prefix, short_id).ok_or(Failure::NotFound)?),
    };
    let before_ms = incoming.query("before").and_then(|before| before.parse::<i64>().ok());
    let list = match issue {
        Some(number) => feedback::of_issue(project_id, number),
        // Clocks of senders run ahead.
        None => feedback::list(project_id, status, &query, before_ms.unwrap_or(now_ms + 60_000)),
    };
    let statements = [read::counts(project_id), feedback::counts(project_id), list];
    let rows = visit.store.batch(&statements).await?;
    let [around, counts, list] = rows.as_slice() else { return Err(Failure::NotFound) };
    let rows: Vec<Feedback> = list.all()?;
    let named = incoming.query("id");
    let row = match &named {
        Some(id) => match rows.iter().find(|row| row.id == *id) {
            Some(row) => Some(row.clone()),
            None => visit.store.read(&feedback::one(project_id, id)).await?.first()?,
        },
        None => rows.first().cloned(),
    };
    let is_full = rows.len() >= MOST_DECIDED && issue.is_none();
    let page = FeedbackPage {
        shell: Shell {
            section: Section::Feedback,
            ..shell(&visit, &around.first()?.unwrap_or_default(), now_ms)
        },
        prefix: prefix.clone(),
        status,
        query,
        issue: issue.map(|number| read::short_id(prefix, number)).unwrap_or_default(),
        counts: counts.first()?.unwrap_or_default(),
        next_ms: rows.last().filter(|_| is_full).map(|row| row.at_ms),
        before_ms,
        is_named: named.is_some() && row.is_some(),
        open: match row {
            Some(row) => Some(letter(&visit, row).await?),
            None => None,
        },
        rows,
        may_change: visit.viewer.is(Role::Member),
        done: done(&text("done")),
    };
    Ok(reply::page(200, pages::feedback(&page)?))
}

/// A message with its event and how many others are about the same issue.
async fn letter(visit: &Visit, row: Feedback) -> Result<Letter, Failure> {
    let project_id = visit.project.id;
    if row.event_id.is_empty() {
        return Ok(Letter { row, ..Letter::default() });
    }
    let statements =
        [read::body(project_id, &row.event_id), feedback::of_issue(project_id, row.number)];
    let rows = visit.store.batch(&statements).await?;
    let [body, others] = rows.as_slice() else { return Err(Failure::NotFound) };
    let body: Option<BodyRow> = body.first()?;
    let event = body.and_then(|body| event_of_bytes(&bytes_of_hex(&body.bytes)));
    let others: Vec<Feedback> = if row.number > 0 { others.all()? } else { Vec::new() };
    let event = event.map(|event| {
        let (kind, value) = match event.thrown() {
            Some(thrown) => (thrown.kind.clone(), thrown.value.clone()),
            None => (String::new(), event.message.clone().unwrap_or_default()),
        };
        let crash = |peek: Peek| Peek {
            lines: peek.lines.into_iter().filter(|(.., is_crash)| *is_crash).collect(),
            ..peek
        };
        (kind, value, event.at_ms(), peek_of(&event).map(crash).unwrap_or_default())
    });
    let others = others.iter().filter(|other| other.id != row.id).count();
    Ok(Letter { row, event, others: u32::try_from(others).unwrap_or(u32::MAX) })
}

/// `{id}.done.new`: a message, what it is now, what it was.
fn done(text: &str) -> Option<(String, Status, Status)> {
    let (id, rest) = text.split_once('.')?;
    let (now, before) = rest.split_once('.')?;
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(())?;
    Some((id.to_owned(), Status::named(now)?, Status::named(before)?))
}

/// `POST …/feedback/`: messages, `id` each, are now `verb`: `new`, `done` or `spam`. Leads back to the list that `status`, `query`
/// and `issue` name, and there to the message `next`. With `was`, the list offers to undo it.
pub async fn decide(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let form = incoming.form().await;
    let visit = visit(incoming, slug).await?;
    account::check_form(incoming, &visit.viewer, &form)?;
    visit.viewer.must_be(Role::Member)?;
    let verb = field(&form, "verb");
    let status = Status::named(verb)
        .ok_or_else(|| Failure::BadRequest(format!("{verb:?} is neither new, done nor spam")))?;
    let named = form.iter().filter(|(name, _)| name == "id");
    let ids: Vec<String> = named.map(|(_, id)| id.clone()).take(MOST_DECIDED).collect();
    let project_id = visit.project.id;
    visit.store.write(|_| vec![feedback::set_status(project_id, &ids, status)]).await?;
    Ok(reply::redirect(&format!("/{slug}/feedback/{}", query_after(&form, &ids, status))))
}

/// Of the list that a form leads back to.
fn query_after(form: &[(String, String)], ids: &[String], status: Status) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let kept = ["status", "query", "issue"].map(|name| (name, field(form, name)));
    query.extend_pairs(kept.iter().filter(|(_, value)| !value.is_empty()));
    let next = field(form, "next");
    if !next.is_empty() {
        query.append_pair("id", next);
    }
    if let ([id], Some(was)) = (ids, Status::named(field(form, "was"))) {
        query.append_pair("done", &format!("{id}.{}.{}", status.name(), was.name()));
    }
    format!("?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_leads_back_to_where_it_was_done() {
        let id = "0".repeat(32);
        let form = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        let sent = form(&[("status", "spam"), ("query", "a b"), ("next", "7"), ("was", "spam")]);
        let query = query_after(&sent, std::slice::from_ref(&id), Status::New);
        assert_eq!(query, format!("?status=spam&query=a+b&id=7&done={id}.new.spam"));
        assert_eq!(done(&format!("{id}.new.spam")), Some((id.clone(), Status::New, Status::Spam)));
        assert_eq!(query_after(&form(&[]), &[], Status::Done), "?");
        for text in ["", "x.new.spam", &format!("{id}.new"), &format!("{id}.new.gone")] {
            assert_eq!(done(text), None);
        }
    }
}
