//! What every event of the corpus is grouped by is pinned. `tests/corpora/grouping/pins/v1.txt` is frozen: `PIN=1 cargo test -p
//! trapline-bench pinned` adds events that the corpus has got since, and changes none. `v0.txt` are the fingerprints that
//! deployments before the first release stored, by which version 1 finds their issues. A line an event, in the corpus's
//! order: bug, with source maps, without.

use std::collections::BTreeMap;
use std::fs;

use trapline_core::event::Event;
use trapline_core::fingerprint::{Fingerprint, Hash, hex, raw, v1};
use xtask::paths::Paths;

use super::corpus::{self, Labelled};

/// Of a hash that are pinned: two of some thousands are hardly equal by chance.
const DIGITS: usize = 10;

fn events() -> Vec<Labelled> {
    corpus::read(&Paths::of_this_repository().root).expect("the corpus")
}

fn lines(hash_of: fn(&Fingerprint) -> Hash) -> Vec<String> {
    let digits = |event: &Event| hex(&hash_of(&v1(event))).chars().take(DIGITS).collect::<String>();
    let line = |labelled: &Labelled| {
        format!("{} {} {}", labelled.bug, digits(&labelled.mapped), digits(&labelled.event))
    };
    events().iter().map(line).collect()
}

#[track_caller]
fn check(name: &str, now: &[String]) {
    let file = Paths::of_this_repository().root.join("tests/corpora/grouping/pins").join(name);
    let read = || fs::read_to_string(&file).expect("the pins");
    let pinned = read();
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    now.iter().for_each(|line| *left.entry(line).or_default() += 1);
    let changed = pinned.lines().find(|line| match left.get_mut(line) {
        Some(count @ 1..) => {
            *count -= 1;
            false
        }
        _ => true,
    });
    assert_eq!(
        changed, None,
        "this fingerprint of the corpus is no longer made. {name} is frozen: issues of released deployments stand on it. \
         A change is v2 beside it"
    );
    if std::env::var_os("PIN").is_some() {
        fs::write(&file, now.join("\n") + "\n").expect("the pins are written");
    }
    assert!(
        read().lines().eq(now.iter()),
        "events of the corpus are not pinned: PIN=1 adds them to {name}"
    );
}

#[test]
fn fingerprints_of_version_1_are_pinned_forever() {
    check("v1.txt", &lines(|found| found.hash));
}

#[test]
fn issues_from_before_the_release_are_found_by_their_pinned_fingerprints() {
    check("v0.txt", &lines(|found| found.earlier));
}

#[test]
fn equal_raw_fingerprints_of_the_corpus_are_equal_fingerprints() {
    let mut seen = BTreeMap::new();
    for labelled in &events() {
        let both = (v1(&labelled.event), v1(&labelled.mapped));
        let known = seen.entry(raw(1, &labelled.event)).or_insert_with(|| both.clone());
        assert_eq!(*known, both, "{}", labelled.bug);
    }
}
