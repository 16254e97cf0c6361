//! What was counted, as it is read: by outcome and detail, and by the hour.

use serde::Deserialize;

use crate::sql::Statement;

/// What was counted of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OutcomeRow {
    /// `invalid`, `filtered`, `dropped`, `limited`, `discarded` (by the sender); `refused` of older versions.
    pub outcome: String,
    /// `origin`, `key`, …
    pub reason: String,
    /// The origin, the error's words, …
    pub detail: String,
    /// At least so many.
    pub quantity: u64,
    /// When the last one was.
    pub last_ms: i64,
}

/// Outcomes since an hour, the newest first; primary key of `outcome`.
pub fn since(project_id: u32, hour: i64) -> Statement {
    Statement::new(
        "SELECT outcome, reason, detail, sum(quantity) AS quantity, max(last_ms) AS last_ms
         FROM outcome WHERE project_id = ?1 AND hour >= ?2
         GROUP BY outcome, reason, detail ORDER BY last_ms DESC LIMIT 50",
        [project_id.into(), hour.into()],
    )
}

/// Details of one outcome since an hour, the most frequent first: of a reason, or of all where it is empty. Primary key of
/// `outcome`.
pub fn details(project_id: u32, hour: i64, outcome: &str, reason: &str) -> Statement {
    Statement::new(
        "SELECT outcome, reason, detail, sum(quantity) AS quantity, max(last_ms) AS last_ms FROM outcome
         WHERE project_id = ?1 AND hour >= ?2 AND outcome = ?3 AND (?4 = '' OR reason = ?4)
         GROUP BY reason, detail ORDER BY quantity DESC LIMIT 20",
        [project_id.into(), hour.into(), outcome.into(), reason.into()],
    )
}

/// An outcome of an hour.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HourRow {
    /// Hours since 1970.
    pub hour: i64,
    /// `accepted`, or as in [`OutcomeRow`].
    pub outcome: String,
    /// Why; empty for what was accepted.
    pub reason: String,
    /// What was met.
    pub detail: String,
    /// How many: exact for what was accepted, else at least so many.
    pub quantity: u64,
}

/// Lines of an export.
pub const EXPORTED_LINES: u32 = 10_000;

/// Lines of which the sums by hour are made.
pub const SUMMED_LINES: u32 = 2_000;

/// What was not stored, as it was counted, newest first; primary key of `outcome`.
pub fn lines(project_id: u32, since_hour: i64, most: u32) -> Statement {
    Statement::new(
        "SELECT hour, outcome, reason, detail, quantity FROM outcome WHERE project_id = ?1 AND hour >= ?2
         ORDER BY hour DESC, outcome DESC, reason DESC, detail DESC LIMIT ?3",
        [project_id.into(), since_hour.into(), most.into()],
    )
}

/// Quantities of lines as [`lines`] has them, summed by hour, outcome and reason, oldest first.
pub fn summed(lines: Vec<HourRow>) -> Vec<HourRow> {
    let mut sums: Vec<HourRow> = Vec::new();
    for line in lines.into_iter().rev() {
        match sums.last_mut() {
            Some(sum)
                if (sum.hour, &sum.outcome, &sum.reason)
                    == (line.hour, &line.outcome, &line.reason) =>
            {
                sum.quantity += line.quantity;
            }
            _ => sums.push(line),
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_reason_and_hour_are_summed() {
        let line = |hour: i64, reason: &str, detail: &str, quantity: u64| HourRow {
            hour,
            outcome: "invalid".into(),
            reason: reason.into(),
            detail: detail.into(),
            quantity,
        };
        let lines = vec![
            line(8, "origin", "https://b.test", 4),
            line(8, "origin", "https://a.test", 3),
            line(8, "key", "", 2),
            line(7, "key", "", 1),
        ];
        let sums: Vec<_> =
            summed(lines).into_iter().map(|sum| (sum.hour, sum.reason, sum.quantity)).collect();
        assert_eq!(sums, [(7, "key".into(), 1), (8, "key".into(), 2), (8, "origin".into(), 7)]);
    }
}
