//! What was done with an issue and said about it, in plain words. What people write is text: only http and https become links.

use serde_json::Value;

use super::number::{count, counted};
use super::shell::initials;
use super::time::{Moment, moment};
use crate::activity::{self, Row};
use crate::read::short_id;
use crate::upper_case::capitalized;
use crate::view::IssuePage;

/// The list beside an issue.
#[derive(Debug, Default)]
pub(super) struct Activity<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    /// Key of the last one, if there are older ones.
    pub(super) older: Option<String>,
    /// What the reader has just done, to be undone.
    pub(super) done: Option<(String, String)>,
}

/// One entry, ready to print.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) key: String,
    /// `ML`; of the collector itself `!`.
    pub(super) initials: String,
    /// Empty of the collector itself.
    pub(super) who: &'a str,
    /// `resolved this in`
    pub(super) words: String,
    /// Printed as code after the words.
    pub(super) code: String,
    /// Comment or ticket, cut where links begin and end.
    pub(super) pieces: Vec<Piece<'a>>,
    /// The comment as it was typed; empty if it is none.
    pub(super) text: &'a str,
    pub(super) is_edited: bool,
    /// Short ID of the issue to which it happened, if it is another one.
    pub(super) on: String,
    pub(super) at: Option<Moment>,
    pub(super) can_edit: bool,
    pub(super) can_undo: bool,
}

/// Part of a text; a link if it has an address.
#[derive(Debug, PartialEq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) is_link: bool,
}

impl<'a> Activity<'a> {
    pub(super) fn of(page: &'a IssuePage) -> Self {
        let more = &page.more;
        let shown = more.activity.iter().take(activity::PAGE);
        let entries: Vec<Entry> = shown.map(|row| entry(page, row)).collect();
        let has_older = more.activity.len() > activity::PAGE;
        let done = more.done.and_then(|key| more.activity.iter().find(|row| row.key == key));
        let done = done.filter(|row| row.is_last == 1).map(|row| {
            let Entry { words, code, .. } = entry(page, row);
            (row.key.text(), format!("{words} {code}").trim().to_owned())
        });
        Self {
            older: entries.last().filter(|_| has_older).map(|last| last.key.clone()),
            entries,
            done: done.map(|(key, words)| (key, capitalized(&words))),
        }
    }
}

fn entry<'a>(page: &'a IssuePage, row: &'a Row) -> Entry<'a> {
    let more = &page.more;
    let prefix = page.issue.short_id.rsplit_once('-').map_or("", |(prefix, _)| prefix);
    let own = crate::read::number_of(&page.issue.short_id);
    let text = text(&row.detail, "text");
    let (words, code) = words(row, prefix, page.shell.now_ms);
    let url = if row.kind == "linked" { self::text(&row.detail, "url") } else { "" };
    let is_theirs = row.person_id > 0 && row.person_id == more.viewer_id;
    Entry {
        key: row.key.text(),
        initials: if row.person.is_empty() { "!".to_owned() } else { initials(&row.person) },
        who: &row.person,
        words: if row.person.is_empty() { capitalized(&words) } else { words },
        code,
        pieces: if url.is_empty() { pieces(text) } else { pieces(url) },
        text,
        is_edited: row.detail.get("edited").is_some(),
        on: if own == Some(row.number) { String::new() } else { short_id(prefix, row.number) },
        at: moment(row.key.at_ms, page.shell.now_ms),
        can_edit: row.kind == "commented" && more.may_change && (is_theirs || more.is_admin),
        can_undo: more.may_change && row.is_last == 1,
    }
}

fn text<'a>(detail: &'a Value, name: &str) -> &'a str {
    detail.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(detail: &Value, name: &str) -> u64 {
    detail.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// What happened, and what of it is printed as code.
fn words(row: &Row, prefix: &str, now_ms: i64) -> (String, String) {
    let detail = &row.detail;
    let release = text(detail, "release").to_owned();
    let issue = |number: u64| short_id(prefix, u32::try_from(number).unwrap_or_default());
    let is_next = detail.get("next") == Some(&Value::Bool(true));
    let words = match row.kind.as_str() {
        "resolved" if is_next && !release.is_empty() => "resolved this in what comes after",
        "resolved" if !release.is_empty() => "resolved this in",
        "resolved" => "resolved this",
        "ignored" => return (ignored(detail, now_ms), String::new()),
        "reopened" => "reopened this",
        "assigned" if number(detail, "to") == 0 => "assigned this to nobody",
        "assigned" if number(detail, "to") == u64::from(row.person_id) => "took this",
        "assigned" => return (format!("assigned this to {}", text(detail, "name")), String::new()),
        "merged" => {
            let with = detail.get("with").and_then(Value::as_array).into_iter().flatten();
            let ids: Vec<String> = with.filter_map(Value::as_u64).map(issue).collect();
            return ("merged into this".to_owned(), ids.join(", "));
        }
        "split" => {
            let groups = counted(number(detail, "groups"), "group");
            let (from, to) = (number(detail, "from"), number(detail, "to"));
            return if u64::from(row.number) == from {
                (format!("split off {groups}, now"), issue(to))
            } else {
                (format!("split off {groups} from"), issue(from))
            };
        }
        "commented" => "",
        "linked" if text(detail, "url").is_empty() => "took the link away",
        "linked" => "linked",
        "undone" => return (format!("undid: {}", text(detail, "of")), String::new()),
        "regressed" if !release.is_empty() => "seen again after it was resolved, in",
        "regressed" => "seen again after it was resolved",
        "escalated" => {
            let limit = count(number(detail, "limit"));
            return (format!("escalating: more than {limit} events in an hour"), String::new());
        }
        "woke" => "open again: what it was ignored until has come",
        kind => kind,
    };
    (words.to_owned(), release)
}

fn ignored(detail: &Value, now_ms: i64) -> String {
    let until = detail.get("until").and_then(Value::as_i64).unwrap_or_default();
    let mut limits: Vec<String> = moment(until, now_ms).map(|at| at.minute).into_iter().collect();
    for noun in ["event", "user"] {
        let limit = number(detail, &format!("{noun}s"));
        if limit > 0 {
            let more = counted(limit, noun);
            limits.push(more.replacen(' ', " more ", 1));
        }
    }
    if limits.is_empty() {
        return "ignored this".to_owned();
    }
    format!("ignored this until {}", limits.join(" or "))
}

/// Cuts a text where addresses begin and end: whatever begins with http:// or https://, up to a space, without the
/// punctuation behind it.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((start, end)) = next_link(rest) {
        let (before, from) = rest.split_at(start);
        let (link, after) = from.split_at(end - start);
        pieces.push(Piece { text: before, is_link: false });
        pieces.push(Piece { text: link, is_link: true });
        rest = after;
    }
    pieces.push(Piece { text: rest, is_link: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// Where the first address begins and ends.
fn next_link(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("http")?;
        let rest = text.get(start..)?;
        let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme));
        let is_word = text.get(..start)?.chars().next_back().is_some_and(char::is_alphanumeric);
        let end = rest.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"'`".contains(c));
        let link = rest.get(..end.unwrap_or(rest.len()))?;
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}']);
        match scheme {
            Some(scheme) if !is_word && link.len() > scheme.len() => {
                return Some((start, start + link.len()));
            }
            _ => from = start + 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Key;
    use crate::pages::tests::sample;
    use serde_json::json;

    fn check_links(text: &str, expected: &[&str]) {
        let pieces = pieces(text);
        let links: Vec<&str> = pieces.iter().filter(|p| p.is_link).map(|p| p.text).collect();
        assert_eq!(links, expected, "{text}");
        assert_eq!(pieces.iter().map(|piece| piece.text).collect::<String>(), text);
    }

    #[test]
    fn only_web_addresses_become_links_and_nothing_is_lost() {
        check_links(
            "see https://x.test/a?b=1, and (http://y.test).",
            &["https://x.test/a?b=1", "http://y.test"],
        );
        check_links("javascript:alert(1) data:text/html,x //x.test ftp://x http:// https://", &[]);
        check_links("xhttps://x.test http https", &[]);
        check_links("https://x.test/\"onmouseover=alert(1)", &["https://x.test/"]);
        check_links("", &[]);
    }

    #[test]
    fn entries_are_in_plain_words() {
        let now_ms = 1_795_426_880_000;
        let said = |kind: &str, detail: Value| {
            let row = Row { kind: kind.into(), detail, number: 1, person_id: 7, ..Row::default() };
            let (words, code) = words(&row, "SHOP", now_ms);
            format!("{words} {code}").trim().to_owned()
        };
        for (kind, detail, expected) in [
            ("resolved", json!({}), "resolved this"),
            ("resolved", json!({"release": "shop@2"}), "resolved this in shop@2"),
            (
                "resolved",
                json!({"release": "shop@2", "next": true}),
                "resolved this in what comes after shop@2",
            ),
            (
                "ignored",
                json!({"events": 1, "users": 10}),
                "ignored this until 1 more event or 10 more users",
            ),
            ("assigned", json!({"to": 7, "name": "Mara"}), "took this"),
            ("assigned", json!({"to": 8, "name": "Ines"}), "assigned this to Ines"),
            ("assigned", json!({"to": 0}), "assigned this to nobody"),
            ("merged", json!({"with": [2, 143]}), "merged into this SHOP-2, SHOP-4F"),
            ("split", json!({"groups": 2, "from": 1, "to": 3}), "split off 2 groups, now SHOP-3"),
            ("split", json!({"groups": 1, "from": 9, "to": 1}), "split off 1 group from SHOP-9"),
            ("escalated", json!({"limit": 20}), "escalating: more than 20 events in an hour"),
            ("later", json!(null), "later"),
        ] {
            assert_eq!(said(kind, detail), expected);
        }
    }

    #[test]
    fn comments_are_changed_by_their_author_and_by_administrators() {
        let mut page = sample::issue("");
        let comment = |person_id| Row {
            key: Key { at_ms: 1, id: i64::from(person_id) },
            kind: "commented".into(),
            person: "Mara".into(),
            person_id,
            ..Row::default()
        };
        page.more.activity = vec![comment(7), comment(8), comment(0)];
        page.more.viewer_id = 7;
        for (may_change, is_admin, expected) in [
            (false, false, [false; 3]),
            (true, false, [true, false, false]),
            (true, true, [true; 3]),
        ] {
            (page.more.may_change, page.more.is_admin) = (may_change, is_admin);
            let can: Vec<bool> =
                Activity::of(&page).entries.iter().map(|one| one.can_edit).collect();
            assert_eq!(can, expected);
        }
    }
}
