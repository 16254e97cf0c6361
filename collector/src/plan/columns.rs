//! What an event's columns hold, computed from it.

use sha2::{Digest, Sha256};
use trapline_core::event::{Event, Level, Named};

use super::{Commit, HOUR_MS, Sender};

/// 16 bytes.
pub(super) fn event_id(event: &Event) -> Vec<u8> {
    bytes_of_hex(&event.event_id)
}

/// Bytes of hexadecimal digits; stops at what is no digit.
pub fn bytes_of_hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map_while(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Hours since 1970.
pub(super) fn hour_of(event: &Event) -> i64 {
    event.at_ms() / HOUR_MS
}

/// Least first; read back by [`level_of`].
pub(super) fn level_number(level: Level) -> i64 {
    level as i64
}

/// Reads what a plan wrote for a level.
pub fn level_of(number: i64) -> Level {
    match number {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warning,
        4 => Level::Fatal,
        _ => Level::Error,
    }
}

/// `Chrome 142`
pub(super) fn facet(named: &Named) -> String {
    let major = named.version.split('.').next().unwrap_or_default();
    format!("{} {major}", named.name).trim().to_owned()
}

/// Path of the page's URL, at most 200 bytes.
pub(super) fn page_of(event: &Event) -> String {
    let url = event.request.url.as_deref().unwrap_or_default();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.get(..path.floor_char_boundary(200)).unwrap_or_default().to_owned()
}

/// `DE`; empty if unknown.
pub(super) fn country_of(commit: &Commit) -> String {
    commit.sender.country.clone()
}

/// Who: the owner's own identifier where there is one, else the visitor.
pub(super) fn user_hash(event: &Event, sender: &Sender) -> Option<[u8; 8]> {
    let user = &event.user;
    let own = [&user.id, &user.email, &user.username, &user.ip_address];
    match own.into_iter().flatten().next() {
        Some(own) => Some(owner_hash(own)),
        None => sender.visitor,
    }
}

/// What rows know a user by.
pub fn owner_hash(own: &str) -> [u8; 8] {
    short_hash(&[own])
}

/// The first 64 bits of a SHA-256 over texts, each led by its length.
pub(super) fn short_hash(parts: &[&str]) -> [u8; 8] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let mut hash = [0; 8];
    for (to, from) in hash.iter_mut().zip(digest.finalize()) {
        *to = from;
    }
    hash
}
