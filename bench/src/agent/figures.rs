//! What is measured of a page load, and how it is shown: medians with half the distance of their quartiles, of each agent
//! less the blank page where that is what the agent costs, and ours in proportion to the others'.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::agent::pages::{PEERS, VARIANTS, Variant};
use crate::report::Report;
use crate::statistics::{median, percentile};

/// One figure of a page load, in the order of printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    LoadedBytes,
    ArmingMs,
    ArmingScriptsMs,
    HeardMs,
    ArmedMs,
    ThrownMs,
    ThrownScriptsMs,
    SentMs,
    QuietRequests,
    ErrorRequests,
    ErrorBodyBytes,
    ErrorHeaderBytes,
    HeapKib,
    WasmKib,
    NextPageMs,
    NextPageScriptsMs,
    FirstCaptureMs,
    CaptureMs,
}

/// How a figure is printed.
struct Style {
    title: &'static str,
    decimals: usize,
    is_less_blank: bool,
}

impl What {
    fn style(self) -> Style {
        let less_blank = |title, decimals| Style { title, decimals, is_less_blank: true };
        let as_it_is = |title, decimals| Style { title, decimals, is_less_blank: false };
        match self {
            Self::LoadedBytes => as_it_is("loaded, bytes (brotli)", 0),
            Self::ArmingMs => less_blank("main thread to armed, ms", 2),
            Self::ArmingScriptsMs => less_blank("main thread to armed, scripts alone, ms", 2),
            Self::NextPageMs => less_blank("next page: main thread, ms", 2),
            Self::NextPageScriptsMs => less_blank("next page: scripts alone, ms", 2),
            Self::HeardMs => less_blank("wall time until it hears, ms", 1),
            Self::ArmedMs => less_blank("wall time until armed, ms", 1),
            Self::FirstCaptureMs => as_it_is("next page: first capture call, ms", 3),
            Self::CaptureMs => as_it_is("next page: later capture calls, ms", 3),
            Self::ThrownMs => less_blank("throw to sent: main thread, ms", 2),
            Self::ThrownScriptsMs => less_blank("throw to sent: scripts alone, ms", 2),
            Self::SentMs => as_it_is("throw to sent: wall time, ms", 1),
            Self::HeapKib => less_blank("JavaScript heap, KiB", 0),
            Self::WasmKib => as_it_is("wasm memory, KiB", 0),
            Self::QuietRequests => as_it_is("requests without an error", 0),
            Self::ErrorRequests => as_it_is("requests for one error", 0),
            Self::ErrorBodyBytes => as_it_is("bodies for one error, bytes", 0),
            Self::ErrorHeaderBytes => as_it_is("headers for one error, bytes", 0),
        }
    }
}

/// A figure of one variant: its median, and how far it varies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    low: f64,
    high: f64,
}

/// All samples: by figure and variant, one a round.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<What, [Vec<f64>; VARIANTS.len()]>);

impl Figures {
    /// Notes what a round has shown.
    pub(crate) fn note(
        &mut self,
        variant: Variant,
        samples: impl IntoIterator<Item = (What, f64)>,
    ) {
        for (what, sample) in samples {
            let all = self.0.entry(what).or_default();
            if let Some(samples) = all.get_mut(index(variant)) {
                samples.push(sample);
            }
        }
    }

    /// A figure over all rounds; `None` if the variant has none. What a round's blank page has is taken off before the
    /// median, so that the machine's mood is in both.
    pub(crate) fn of(&self, what: What, variant: Variant) -> Option<Spread> {
        let all = self.0.get(&what)?;
        let samples = all.get(index(variant)).filter(|samples| !samples.is_empty())?;
        let blank = all.first().filter(|_| what.style().is_less_blank && variant != Variant::Blank);
        Some(Spread::with_quartiles(&match blank {
            Some(blank) => {
                samples.iter().zip(blank).map(|(sample, blank)| sample - blank).collect()
            }
            None => samples.clone(),
        }))
    }

    /// Of medians: ours to another's.
    pub(crate) fn ratio(&self, what: What, peer: Variant) -> Option<f64> {
        let ratio = self.of(what, Variant::Trapline)?.median / self.of(what, peer)?.median;
        Some(ratio).filter(|ratio| ratio.is_finite())
    }

    /// Tells of all figures, a line each, and of ours in proportion to each of the others.
    pub(crate) fn tell(&self, report: &mut Report) {
        let headings = VARIANTS.iter().map(|variant| variant.name());
        let headings: Vec<&str> = std::iter::once("").chain(headings).collect();
        let shown = |what: What, variant| {
            let spread = self.of(what, variant)?;
            Some(spread.shown(what.style().decimals))
        };
        let rows: Vec<_> = self.0.keys().map(|what| cells(*what, &VARIANTS, shown)).collect();
        report.table("", &headings, &rows);
        let headings = PEERS.iter().map(|peer| format!("of {}'s", peer.name()));
        let headings: Vec<String> = std::iter::once("ours".to_owned()).chain(headings).collect();
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        let shown = |what, peer| self.ratio(what, peer).map(|ratio| format!("{ratio:.2}"));
        let rows =
            self.0.keys().filter(|what| PEERS.iter().any(|peer| shown(**what, *peer).is_some()));
        let rows: Vec<_> = rows.map(|what| cells(*what, &PEERS, shown)).collect();
        report.table("ratio", &headings, &rows);
    }

    pub(crate) fn json(&self) -> Value {
        let figure = |what: &What| {
            let of = |variant: &Variant| {
                let spread = self.of(*what, *variant)?;
                Some((
                    variant.name().to_owned(),
                    json!({
                        "median": spread.median, "quartiles": [spread.low, spread.high],
                        "ratio_of_ours": self.ratio(*what, *variant),
                    }),
                ))
            };
            let variants: serde_json::Map<String, Value> = VARIANTS.iter().filter_map(of).collect();
            let style = what.style();
            json!({ "figure": style.title, "less_blank": style.is_less_blank, "variants": variants })
        };
        self.0.keys().map(figure).collect()
    }
}

impl Spread {
    /// With its quartiles.
    fn with_quartiles(samples: &[f64]) -> Self {
        let (low, high) = (percentile(samples, 0.25), percentile(samples, 0.75));
        Self { median: median(samples), low, high }
    }

    /// With the least and the most, where quartiles would say nothing.
    pub(crate) fn with_range(samples: &[f64]) -> Self {
        let (low, high) = (percentile(samples, 0.0), percentile(samples, 1.0));
        Self { median: median(samples), low, high }
    }

    /// `3.4 ±0.4`: half of what lies between both ends, or `3.4` where nothing does.
    pub(crate) fn shown(&self, decimals: usize) -> String {
        let Self { median, low, high } = self;
        if low == high {
            return format!("{median:.decimals$}");
        }
        format!("{median:.decimals$} ±{:.decimals$}", (high - low) / 2.0)
    }
}

fn cells(
    what: What,
    variants: &[Variant],
    shown: impl Fn(What, Variant) -> Option<String>,
) -> Vec<String> {
    let figures = variants.iter().map(|variant| shown(what, *variant).unwrap_or("–".to_owned()));
    std::iter::once(what.style().title.to_owned()).chain(figures).collect()
}

fn index(variant: Variant) -> usize {
    VARIANTS.iter().position(|other| *other == variant).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_costs_what_its_page_has_more_than_the_blank_one_of_the_round() {
        let mut figures = Figures::default();
        for (blank, ours, sentry) in [(10.0, 12.0, 18.0), (20.0, 23.0, 28.0), (11.0, 15.0, 19.0)] {
            for (variant, sample) in
                [(Variant::Blank, blank), (Variant::Trapline, ours), (Variant::Sentry, sentry)]
            {
                figures.note(variant, [(What::ArmingMs, sample), (What::SentMs, sample)]);
            }
        }
        let of = |what, variant| figures.of(what, variant).unwrap().median;
        assert_eq!(of(What::ArmingMs, Variant::Blank), 11.0);
        assert_eq!(of(What::ArmingMs, Variant::Trapline), 3.0);
        assert_eq!(of(What::SentMs, Variant::Trapline), 15.0);
        assert_eq!(figures.ratio(What::ArmingMs, Variant::Sentry), Some(3.0 / 8.0));
        assert_eq!(figures.of(What::ArmingMs, Variant::Bugsnag), None);
    }
}
