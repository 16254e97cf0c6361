//! Pages of numbers, named by strangers.

use trapline_core::histogram::{Sums, bucket_of};
use trapline_core::page_view::{PageView, Vital};

use super::shell;
use crate::page_views::Column;
use crate::page_views::detail::Detail;
use crate::page_views::read::Measured;
use crate::scope::{Choices, Scope};
use crate::view::{RequestsPage, VitalsPage};

fn sums() -> Sums {
    let mut sums = Sums { counts: [900; 8], ..Sums::default() };
    for (place, value) in [300.0, 260.0, 150.0, 2_000.0, 90.0, 4_000.0].into_iter().enumerate() {
        sums.add(place, bucket_of(value), 600);
        sums.add(place, bucket_of(value * 4.0), 300);
    }
    sums
}

fn measured(name: &str) -> Measured {
    let trend = vec![(480_000, sums()), (480_024, sums()), (480_048, sums())];
    Measured { name: name.into(), sums: sums(), trend }
}

fn detail(text: &str) -> Detail {
    let mut detail = Detail::default();
    for (column, parts) in Column::ALL.into_iter().zip(&mut detail.columns) {
        let keys = match column {
            Column::Causes => ["lcp", "inp", "cls", "script", "page", "calm"]
                .map(|kind| format!("{kind}|{text} {text}"))
                .into(),
            _ => vec![text.to_owned()],
        };
        keys.iter().for_each(|key| parts.at(key).merge(&sums()));
    }
    let vital = Vital { value: 2_100.0, target: text.into(), ..Vital::default() };
    detail.slowest = vec![PageView {
        url: text.into(),
        page: text.into(),
        release: text.into(),
        browser: text.into(),
        country: text.into(),
        vitals: [Some(vital), None, None, None, None],
        load: [1.0, 5.0, 20.0, 175.0, 30.0, 600.0, 1_500.0, 1_510.0],
        ..PageView::default()
    }];
    detail
}

fn chosen(text: &str) -> (Scope, Choices) {
    let scope = Scope { environment: text.into(), release: text.into(), ..Scope::default() };
    (scope, Choices { environments: vec![text.into()], releases: vec![text.into()] })
}

pub(crate) fn vitals(text: &str) -> VitalsPage {
    let (scope, choices) = chosen(text);
    VitalsPage {
        shell: shell(text),
        scope,
        choices,
        device: text.into(),
        sort: "lcp".into(),
        all: measured(""),
        pages: vec![measured(text), measured("/")],
        detail: detail(text),
        open: Some((text.into(), detail(text))),
    }
}

pub(crate) fn requests(text: &str) -> RequestsPage {
    let (scope, choices) = chosen(text);
    let name = format!("GET {text}");
    RequestsPage {
        shell: shell(text),
        scope,
        choices,
        sort: "failed".into(),
        length_ms: 3_600_000,
        all: measured(""),
        endpoints: vec![measured(&name), measured("POST /")],
        open: Some((name, detail(text))),
    }
}
