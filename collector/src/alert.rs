//! Alerts: who is told when an issue is new, regressed, escalates, when there is more than a threshold, or when what is measured goes
//! past a limit.
//!
//! ```text
//! event ─ batch ─┬─ issue changes ─ trigger ─ row in `alert_outbox`, one a rule and condition
//! cron ─ thresholds, measures ─ trigger ────┤
//!                                            └─ taken by a lease ─ sent ─ delivered, tried again, or given up
//! ```
//!
//! A condition becomes a row in the very batch that makes it true, so none is lost and none is there twice. A row has its
//! delivery ID from the start; every attempt carries it. Who takes a row has it for [`outbox::LEASE_MS`]; an attempt that is
//! not heard of again is made again by whoever comes then. After five messages a minute, or as many as a rule allows, what
//! comes is held and told in one.

pub mod address;
pub mod deliver;
pub mod measure;
pub mod message;
pub mod outbox;
pub mod rule;
pub mod search;
pub mod send;
pub mod sign;
pub mod threshold;

/// Those that run after an event that changed an issue, with every run of the cron, and for the page.
#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::sql::Statement> {
    let mut all = vec![outbox::is_due(1), threshold::look(1)];
    all.extend(outbox::take(1, 1));
    all.extend([outbox::finish(1, &[]), outbox::test(1, 1, 1, 1), outbox::tested(1, 1)]);
    all.extend([rule::list(1), rule::change_secret(1, 1, ""), outbox::deliveries(1, 50)]);
    all.extend(rule::delete(1, 1));
    all.push(outbox::expired(1));
    all.extend(measure::statements());
    all
}
