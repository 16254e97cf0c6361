//! Percentiles of the views that were stored, as the dashboard reads them, beside those of the very values.

use std::collections::BTreeMap;
use std::time::Instant;

use rusqlite::Connection;
use trapline_collector::page_views::Kind;
use trapline_collector::page_views::fold::{self, Chunk};
use trapline_collector::page_views::read::{self, Asked, Filter, Measured, StatRow, Window};
use trapline_collector::page_views::tally::Only;
use trapline_collector::scope::Range;
use trapline_core::page_view::{CLS, PageView, VITALS};

use super::run_statement;
use super::views::Views;

/// Values of each vital, by page; the empty name has all.
#[derive(Default)]
pub(crate) struct Exact(BTreeMap<(String, usize), Vec<f32>>);

impl Exact {
    pub(crate) fn add(&mut self, view: &PageView) {
        for (place, vital) in view.vitals.iter().enumerate() {
            let Some(vital) = vital else { continue };
            for name in ["", &view.page] {
                self.0.entry((name.to_owned(), place)).or_default().push(vital.value as f32);
            }
        }
    }

    /// Prints and gives back the largest relative error of p50, p75 and p95; layout shifts below a thousandth are not told apart.
    pub(crate) fn compare(
        mut self,
        connection: &Connection,
        seed: &Views,
    ) -> rusqlite::Result<f64> {
        let start = Instant::now();
        let measured = measured(connection, seed)?;
        let read_ms = start.elapsed().as_millis();
        let (mut worst, mut compared) = (0.0_f64, 0);
        for one in &measured {
            for place in 0..VITALS.len() {
                let Some(values) = self.0.get_mut(&(one.name.clone(), place)) else { continue };
                values.sort_by(f32::total_cmp);
                for percent in [50_u32, 75, 95] {
                    let rank = (values.len() * percent as usize).div_ceil(100).max(1);
                    let scale = if place == CLS { 1_000.0 } else { 1.0 };
                    let exact = f64::from(values.get(rank - 1).copied().unwrap_or(0.0)) * scale;
                    let histogram = one.sums.histograms.get(place);
                    let found = histogram.and_then(|one| one.percentile(percent)).unwrap_or(0.0);
                    if exact > 1.0 {
                        worst = worst.max((found / exact - 1.0).abs());
                        compared += 1;
                    }
                }
            }
        }
        eprintln!(
            "{} pages read in {read_ms} ms; of {compared} percentiles the largest error is {:.2} %",
            measured.len(),
            worst * 100.0
        );
        Ok(worst)
    }
}

fn measured(connection: &Connection, seed: &Views) -> rusqlite::Result<Vec<Measured>> {
    let window = Window::of(Range::Fortnight, seed.now_ms);
    let filter = Filter::default();
    let asked = Asked {
        project_id: seed.project_id,
        kind: Kind::Page,
        window,
        filter: &filter,
        names: &[""],
        most: read::listed(window),
    };
    let rows = run_statement(connection, &read::stats(&asked), |row| {
        Ok(StatRow { kind: row.get(0)?, day: row.get(1)?, name: row.get(2)?, text: row.get(3)? })
    })?;
    let chunks = run_statement(connection, &fold::waiting(seed.project_id), |row| {
        Ok(Chunk { hour: row.get(0)?, slot: row.get(1)?, seq: row.get(2)?, views: row.get(3)? })
    })?;
    let only = Only { kind: Some(Kind::Page), ..Only::default() };
    Ok(read::add_up(&asked, &rows, &read::waiting(&chunks, only)))
}
