//! What an app traces, as breadcrumbs: the feature `tracing`.

use std::fmt::{Debug, Write};

use js_sys::Object;
use tracing_core::field::{Field, Visit};
use tracing_core::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use wasm_bindgen::JsValue;

use crate::agent::{self, object};
use crate::error;

/// A layer for `tracing_subscriber`: each event of `INFO` and above is a breadcrumb, with its target as category and its
/// fields as data. With [`TraplineLayer::errors_as_events`], those of `ERROR` are events too.
#[derive(Clone, Copy, Debug)]
pub struct TraplineLayer {
    least: Level,
    errors_are_events: bool,
}

impl TraplineLayer {
    /// Breadcrumbs from `INFO` on.
    #[must_use]
    pub const fn new() -> Self {
        Self { least: Level::INFO, errors_are_events: false }
    }

    /// Breadcrumbs from `level` on.
    #[must_use]
    pub const fn breadcrumbs_from(self, level: Level) -> Self {
        Self { least: level, ..self }
    }

    /// `tracing::error!` is an event too: a field that is an `Error` with its sources, otherwise the message.
    #[must_use]
    pub const fn errors_as_events(self) -> Self {
        Self { errors_are_events: true, ..self }
    }
}

impl Default for TraplineLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Subscriber> Layer<S> for TraplineLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        // The greater level is the more verbose one.
        if !cfg!(target_family = "wasm") || *metadata.level() > self.least {
            return;
        }
        let Some(agent) = agent::agent() else { return };
        let mut said = Said { data: Object::new(), message: String::new(), is_reported: false };
        let is_event = self.errors_are_events && *metadata.level() == Level::ERROR;
        event.record(&mut Reader { said: &mut said, reports: is_event });
        let level = level_name(*metadata.level());
        if is_event && !said.is_reported {
            let context = object(&[("level", level.into()), ("extra", said.data.clone().into())]);
            agent::call(&agent, "captureMessage", &[&said.message.as_str().into(), &context]);
        }
        let crumb = object(&[
            ("category", metadata.target().into()),
            ("level", level.into()),
            ("message", said.message.as_str().into()),
            ("data", said.data.into()),
        ]);
        agent::call(&agent, "addBreadcrumb", &[&crumb]);
    }
}

/// The protocol's words.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        _ => "debug",
    }
}

/// What an event says.
struct Said {
    data: Object,
    message: String,
    is_reported: bool,
}

/// Reads fields; the first that is an error is told as one, if `reports`.
struct Reader<'said> {
    said: &'said mut Said,
    reports: bool,
}

impl Reader<'_> {
    fn put(&mut self, field: &Field, value: JsValue) {
        agent::set(&self.said.data, field.name(), &value);
    }
}

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A `Debug` that fails has written what it could.
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.said.message);
        } else {
            self.put(field, value.into());
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        #[expect(clippy::cast_precision_loss, reason = "a number of JavaScript's")]
        self.put(field, (value as f64).into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a number of JavaScript's")]
        self.put(field, (value as f64).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string().into());
        if self.reports && !self.said.is_reported {
            self.said.is_reported = true;
            error::report(value);
        }
    }
}
