//! Cloudflare's price list, and what is computed by it.

/// When the list was what it is here.
pub(super) const DATE: &str = "2026-08-03";

/// Where it stands.
pub(super) const SOURCES: &str = "developers.cloudflare.com/workers/platform/pricing/, /d1/platform/pricing/, /kv/platform/pricing/";

/// What an event takes, from its first to its last day; one request each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub(super) cpu_ms: f64,
    pub(super) rows_written: f64,
    pub(super) rows_read: f64,
    pub(super) kv_reads: f64,
    /// In the database.
    pub(super) bytes: f64,
}

/// What a month includes, and what a million more costs, in dollars.
#[derive(Debug, Clone, Copy)]
struct Price {
    included: f64,
    a_million: f64,
}

/// Workers Paid.
pub(super) struct Paid {
    plan: f64,
    requests: Price,
    cpu_ms: Price,
    rows_written: Price,
    rows_read: Price,
    kv_reads: Price,
    included_gb: f64,
    a_gb_month: f64,
}

pub(super) const PAID: Paid = Paid {
    plan: 5.0,
    requests: Price { included: 10e6, a_million: 0.30 },
    cpu_ms: Price { included: 30e6, a_million: 0.02 },
    rows_written: Price { included: 50e6, a_million: 1.00 },
    rows_read: Price { included: 25e9, a_million: 0.001 },
    kv_reads: Price { included: 10e6, a_million: 0.50 },
    included_gb: 5.0,
    a_gb_month: 0.75,
};

/// In dollars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) requests: f64,
    pub(super) cpu: f64,
    pub(super) rows_written: f64,
    pub(super) rows_read: f64,
    pub(super) kv: f64,
    pub(super) storage: f64,
}

impl Cost {
    pub(super) fn sum(&self) -> f64 {
        self.requests + self.cpu + self.rows_written + self.rows_read + self.kv + self.storage
    }
}

impl Paid {
    /// What events cost where all that is included has gone; stored for so many days.
    pub(super) fn dollars_beyond(&self, one: &Use, events: f64, days: f64) -> Cost {
        let cost = |price: Price, an_event: f64| events * an_event / 1e6 * price.a_million;
        Cost {
            requests: cost(self.requests, 1.0),
            cpu: cost(self.cpu_ms, one.cpu_ms),
            rows_written: cost(self.rows_written, one.rows_written),
            rows_read: cost(self.rows_read, one.rows_read),
            kv: cost(self.kv_reads, one.kv_reads),
            storage: gigabytes(one, events, days) * self.a_gb_month,
        }
    }

    /// The bill of a month with so many events, each month before it having had as many.
    pub(super) fn bill(&self, one: &Use, events: f64, days: f64) -> f64 {
        let cost = |price: Price, an_event: f64| {
            (events * an_event - price.included).max(0.0) / 1e6 * price.a_million
        };
        let gigabytes = (gigabytes(one, events, days) - self.included_gb).max(0.0);
        self.plan
            + cost(self.requests, 1.0)
            + cost(self.cpu_ms, one.cpu_ms)
            + cost(self.rows_written, one.rows_written)
            + cost(self.rows_read, one.rows_read)
            + cost(self.kv_reads, one.kv_reads)
            + gigabytes * self.a_gb_month
    }
}

/// What is stored at any time of so many events a month that are kept for so many days.
fn gigabytes(one: &Use, events: f64, days: f64) -> f64 {
    events * one.bytes * days / 30.0 / 1e9
}

/// Workers Free: what a day has.
pub(super) struct Free {
    requests: f64,
    rows_written: f64,
    rows_read: f64,
    kv_reads: f64,
    /// Of a database.
    pub(super) stored_bytes: f64,
}

pub(super) const FREE: Free = Free {
    requests: 100_000.0,
    rows_written: 100_000.0,
    rows_read: 5e6,
    kv_reads: 100_000.0,
    stored_bytes: 500e6,
};

impl Free {
    /// How many events a day has room for, and what ends first.
    pub(super) fn a_day(&self, one: &Use) -> (f64, &'static str) {
        let limits = [
            (self.requests, "requests"),
            (self.rows_written / one.rows_written, "rows written"),
            (self.rows_read / one.rows_read, "rows read"),
            (self.kv_reads / one.kv_reads, "KV reads"),
        ];
        limits.into_iter().min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Use =
        Use { cpu_ms: 5.0, rows_written: 4.0, rows_read: 20.0, kv_reads: 0.0, bytes: 1_000.0 };

    #[test]
    fn what_is_included_costs_nothing_more_than_the_plan() {
        assert_eq!(PAID.bill(&ONE, 1e6, 90.0), 5.0);
        // 90 M requests, 470 M ms, 350 M rows, 295 GB; 2 G rows read are included.
        let expected = 5.0 + 27.0 + 9.4 + 350.0 + 295.0 * 0.75;
        assert!((PAID.bill(&ONE, 100e6, 90.0) - expected).abs() < 1e-6);
    }

    #[test]
    fn a_million_beyond_is_the_sum_of_its_parts() {
        let cost = PAID.dollars_beyond(&ONE, 1e6, 90.0);
        let expected = Cost {
            requests: 0.3,
            cpu: 0.1,
            rows_written: 4.0,
            rows_read: 0.02,
            kv: 0.0,
            storage: 2.25,
        };
        assert!((cost.sum() - expected.sum()).abs() < 1e-9, "{cost:?}");
    }

    #[test]
    fn the_free_plan_ends_with_what_ends_first() {
        assert_eq!(FREE.a_day(&ONE), (25_000.0, "rows written"));
        assert_eq!(FREE.a_day(&Use { rows_written: 0.5, ..ONE }), (100_000.0, "requests"));
    }
}
