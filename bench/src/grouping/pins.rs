//! What every event of the corpus is grouped by is pinned: a change of the rules shows as a change of
//! `tests/corpora/grouping/pins/v0.txt`, and from the first release on there must be none. `PIN=1 cargo test -p
//! trapline-bench` writes it anew. A line an event, in the corpus's order: bug, with source maps, without.

use std::collections::BTreeMap;
use std::fs;

use trapline_core::fingerprint::{hex, raw, v0};
use xtask::paths::Paths;

use super::corpus;

/// Of a hash that are pinned: two of some thousands are hardly equal by chance.
const DIGITS: usize = 10;

#[test]
fn fingerprints_of_the_corpus_are_pinned() {
    let paths = Paths::of_this_repository();
    let events = corpus::read(&paths.root).expect("the corpus");
    let digits = |hash: &[u8]| hex(hash).chars().take(DIGITS).collect::<String>();
    let lines = events.iter().map(|labelled| {
        let (mapped, sent) = (v0(&labelled.mapped).hash, v0(&labelled.event).hash);
        format!("{} {} {}", labelled.bug, digits(&mapped), digits(&sent))
    });
    let now = lines.collect::<Vec<_>>().join("\n") + "\n";
    let file = paths.root.join("tests/corpora/grouping/pins/v0.txt");
    if std::env::var_os("PIN").is_some() {
        fs::write(&file, &now).expect("the pins are written");
    }
    let pinned = fs::read_to_string(&file).expect("the pins");
    let changed = now.lines().zip(pinned.lines()).find(|(now, pinned)| now != pinned);
    assert_eq!(changed, None, "a fingerprint of the corpus has changed");
    assert_eq!(now.lines().count(), pinned.lines().count());
}

#[test]
fn equal_raw_fingerprints_of_the_corpus_are_equal_fingerprints() {
    let paths = Paths::of_this_repository();
    let events = corpus::read(&paths.root).expect("the corpus");
    let mut seen = BTreeMap::new();
    for labelled in &events {
        let both = (v0(&labelled.event), v0(&labelled.mapped));
        let known = seen.entry(raw(1, &labelled.event)).or_insert_with(|| both.clone());
        assert_eq!(*known, both, "{}", labelled.bug);
    }
}
