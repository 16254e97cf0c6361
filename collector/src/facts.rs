//! Where events happen, and what those of one issue have in common that those of others have not. Pure.
//!
//! A fact is named only if it is seen with enough people, in most events, and so much more often than elsewhere that chance
//! hardly explains it: each user counts once, because a hundred events of one person say no more than one. Hundreds of facts
//! are looked at, so the bar is a chance of one in ten thousand for each.

use std::collections::HashMap;
use trapline_core::json;

use serde::Deserialize;

use crate::view::{Distribution, Shared, SharedFacts};

/// Fewest users, or events without a user, that show a fact.
const MIN_SEEN: u32 = 5;
/// Fewest of other issues, to compare with.
const MIN_OTHERS: u32 = 20;
/// Least share of those who show a fact.
const MIN_SHARE: f64 = 0.5;
/// How much more often than elsewhere.
const MIN_DIFFERENCE: f64 = 0.25;
/// Square of the distance from chance, in standard deviations: one in ten thousand.
const MIN_Z_SQUARED: f64 = 15.1;
/// Facts of the sentence.
const MAX_SHARED: usize = 3;
/// Values of a distribution.
const MAX_VALUES: usize = 5;
/// Distributions of flags and tags.
const MAX_NAMED: usize = 4;

/// Columns of an event, as [`crate::read::seen`] reads them.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Seen {
    count: u64,
    release: String,
    environment: String,
    browser: String,
    os: String,
    country: String,
    page: String,
    user: Option<String>,
    facts: String,
}

/// Reads a JSON list; nothing of what is none.
pub fn read(json: &str) -> Vec<Seen> {
    json::from_slice(json.as_bytes()).unwrap_or_default()
}

impl Seen {
    /// Facet and value of each thing that is known.
    fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        let columns = [
            ("release", self.release.as_str()),
            ("url", &self.page),
            ("browser", &self.browser),
            ("os", &self.os),
            ("country", &self.country),
            ("environment", &self.environment),
        ];
        let facts = self.facts.lines().filter_map(|line| line.split_once('='));
        columns.into_iter().chain(facts).filter(|(_, value)| !value.is_empty())
    }
}

/// By facet and value: events, and who has seen them.
type Tally<'a> = HashMap<(&'a str, &'a str), (u64, u32)>;

/// A facet, and of each of its values: events, and whether it is over-represented.
type Facet<'a> = (&'a str, Vec<(&'a str, u64, bool)>);

/// Also how many there are in all.
fn tally(events: &[Seen]) -> (Tally<'_>, u32) {
    let mut users: HashMap<&str, u32> = HashMap::new();
    let mut tally = Tally::new();
    let mut known: HashMap<(u32, &str, &str), ()> = HashMap::new();
    let mut units = 0;
    for event in events {
        let user = event.user.as_deref().filter(|user| !user.is_empty());
        let unit = match user.and_then(|user| users.get(user)) {
            Some(unit) => *unit,
            None => {
                units += 1;
                users.extend(user.map(|user| (user, units)));
                units
            }
        };
        for (name, value) in event.lines() {
            let (count, seen) = tally.entry((name, value)).or_default();
            *count += event.count;
            *seen += u32::from(known.insert((unit, name, value), ()).is_none());
        }
    }
    (tally, units)
}

/// Distributions of the newest events of an issue, and what they share, compared with events of other issues.
pub fn look(own: &[Seen], others: &[Seen]) -> (Vec<Distribution>, SharedFacts) {
    let (own_tally, own_units) = tally(own);
    let (other_tally, other_units) = tally(others);
    let mut facets: Vec<Facet> = Vec::new();
    let mut shared = Vec::new();
    for (&(name, value), &(events, seen)) in &own_tally {
        let elsewhere = other_tally.get(&(name, value)).map_or(0, |(_, seen)| *seen);
        let is_over = is_over((seen, own_units), (elsewhere, other_units));
        if is_over {
            let (share, others) = (share(seen, own_units), share(elsewhere, other_units));
            shared.push(Shared { name: name.to_owned(), value: value.to_owned(), share, others });
        }
        let row = (value, events, is_over);
        match facets.iter_mut().find(|(facet, _)| *facet == name) {
            Some((_, rows)) => rows.push(row),
            None => facets.push((name, vec![row])),
        }
    }
    let difference = |one: &Shared| one.share - one.others;
    shared.sort_by(|one, other| {
        difference(other).total_cmp(&difference(one)).then_with(|| one.name.cmp(&other.name))
    });
    // One value a facet: of two pages with half the events each neither explains much.
    let mut named: Vec<String> = Vec::new();
    shared.retain(|one| {
        let is_first = !named.contains(&one.name);
        named.push(one.name.clone());
        is_first
    });
    shared.truncate(MAX_SHARED);
    let facts = SharedFacts { facts: shared, seen: own_units, others: other_units };
    (distributions(facets), facts)
}

fn share(part: u32, total: u32) -> f64 {
    if total == 0 { 0.0 } else { f64::from(part) / f64::from(total) }
}

/// Whether `seen` of `own` is so much more than `elsewhere` of `others` that it is worth saying.
fn is_over((seen, own): (u32, u32), (elsewhere, others): (u32, u32)) -> bool {
    if seen < MIN_SEEN || others < MIN_OTHERS {
        return false;
    }
    let (here, there) = (share(seen, own), share(elsewhere, others));
    let pooled = f64::from(seen + elsewhere) / f64::from(own + others);
    let variance = pooled * (1.0 - pooled) * (1.0 / f64::from(own) + 1.0 / f64::from(others));
    let distance = here - there;
    here >= MIN_SHARE
        && distance >= MIN_DIFFERENCE
        && distance * distance >= MIN_Z_SQUARED * variance
}

/// The columns in their order, then flags and tags.
fn distributions(facets: Vec<Facet>) -> Vec<Distribution> {
    const ORDER: [&str; 6] = ["release", "url", "browser", "os", "country", "environment"];
    let mut all: Vec<Distribution> = facets
        .into_iter()
        .filter(|(name, _)| *name != "request")
        .map(|(name, mut rows)| {
            rows.sort_by(|one, other| (other.1, one.0).cmp(&(one.1, other.0)));
            let total = rows.iter().map(|(_, events, _)| events).sum();
            rows.truncate(MAX_VALUES);
            let values =
                rows.iter().map(|(value, events, _)| ((*value).to_owned(), *events)).collect();
            let over = rows.iter().map(|(_, _, is_over)| *is_over).collect();
            Distribution { name: name.to_owned(), values, total, over }
        })
        .collect();
    let place = |one: &Distribution| ORDER.iter().position(|name| *name == one.name).unwrap_or(9);
    let is_over = |one: &Distribution| one.over.contains(&true);
    all.sort_by(|one, other| {
        (place(one), !is_over(one), other.total, &one.name).cmp(&(
            place(other),
            !is_over(other),
            one.total,
            &other.name,
        ))
    });
    let columns = all.iter().filter(|one| place(one) < 9).count();
    all.truncate(columns + MAX_NAMED);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(user: u32, release: &str, facts: &str) -> Seen {
        Seen {
            count: 1,
            release: release.into(),
            user: (user > 0).then(|| user.to_string()),
            facts: facts.into(),
            ..Seen::default()
        }
    }

    fn many(users: std::ops::Range<u32>, release: &str, facts: &str) -> Vec<Seen> {
        users.map(|user| event(user, release, facts)).collect()
    }

    fn named(own: &[Seen], others: &[Seen]) -> Vec<String> {
        let (_, shared) = look(own, others);
        shared.facts.iter().map(|one| format!("{}={}", one.name, one.value)).collect()
    }

    #[test]
    fn what_is_as_frequent_elsewhere_is_not_named() {
        let own = many(1..40, "shop@2", "flag.new=true\n");
        let others = many(100..200, "shop@2", "");
        assert_eq!(named(&own, &others), ["flag.new=true"]);
        assert!(named(&own, &many(100..200, "shop@2", "flag.new=true\n")).is_empty());
    }

    #[test]
    fn a_hundred_events_of_one_person_say_no_more_than_one() {
        let own: Vec<Seen> = (0..100).map(|_| event(7, "shop@2", "flag.new=true\n")).collect();
        assert!(named(&own, &many(100..200, "shop@1", "")).is_empty());
    }

    #[test]
    fn few_events_and_few_others_prove_nothing() {
        let others = many(100..200, "shop@1", "");
        assert!(named(&many(1..5, "shop@2", ""), &others).is_empty(), "four users");
        assert_eq!(named(&many(1..6, "shop@2", ""), &others), ["release=shop@2"], "five users");
        let few = many(100..119, "shop@1", "");
        assert!(named(&many(1..60, "shop@2", ""), &few).is_empty(), "19 others");
        assert!(named(&[], &[]).is_empty());
    }

    #[test]
    fn a_minority_and_a_small_difference_are_not_named() {
        let mut own = many(1..50, "shop@2", "tag.plan=gold\n");
        own.extend(many(50..110, "shop@2", ""));
        let others = many(200..400, "shop@2", "");
        assert!(named(&own, &others).is_empty(), "less than half");
        let mut others = many(200..360, "shop@2", "tag.plan=gold\n");
        others.extend(many(360..400, "shop@2", ""));
        assert!(
            named(&many(1..50, "shop@2", "tag.plan=gold\n"), &others).is_empty(),
            "80 % have it"
        );
    }

    #[test]
    fn at_most_three_are_named_the_most_telling_first_and_one_a_facet() {
        let facts = "flag.a=1\nflag.b=1\nflag.c=1\nrequest=GET /a 500\nrequest=GET /b 500\n";
        let own = many(1..60, "shop@2", facts);
        let mut others = many(100..200, "shop@1", "flag.a=1\nrequest=GET /b 500\n");
        others.extend(many(200..400, "shop@1", ""));
        assert_eq!(named(&own, &others), ["flag.b=1", "flag.c=1", "release=shop@2"]);
        let requests = many(1..60, "shop@1", "request=GET /a 500\nrequest=GET /b 500\n");
        assert_eq!(named(&requests, &others), ["request=GET /a 500"]);
    }

    #[test]
    fn users_that_are_unknown_count_by_event() {
        let own: Vec<Seen> = (0..30).map(|_| event(0, "shop@2", "")).collect();
        assert_eq!(named(&own, &many(100..200, "shop@1", "")), ["release=shop@2"]);
    }

    #[test]
    fn distributions_count_events_and_mark_what_is_over_represented() {
        let mut own = many(1..40, "shop@2", "tag.plan=gold\n");
        own.push(Seen { count: 5, ..event(41, "shop@1", "") });
        let (all, shared) = look(&own, &many(100..200, "shop@1", ""));
        let release = &all[0];
        assert_eq!((release.name.as_str(), release.total), ("release", 44));
        assert_eq!(release.values, [("shop@2".into(), 39), ("shop@1".into(), 5)]);
        assert_eq!(release.over, [true, false]);
        assert_eq!(all[1].name, "tag.plan");
        assert_eq!((shared.seen, shared.others), (40, 100));
    }

    #[test]
    fn damage_is_nothing() {
        assert!(read("[[1]]").is_empty() && read("").is_empty());
        let one = read(r#"[[2,"r","","Chrome 1","","","/p",null,"a=b\n"]]"#);
        assert_eq!(one[0].lines().count(), 4);
    }
}
