//! A view on a line of JSON: a list of members in the order in which they are written here, without what is empty at its end.

use serde_json::Value;

use super::{LongFrame, PageView, Requests, Vital};

impl PageView {
    /// As it is kept.
    pub fn line(&self) -> String {
        let texts = [
            &self.id,
            &self.session_id,
            &self.url,
            &self.page,
            &self.kind,
            &self.release,
            &self.environment,
            &self.device,
            &self.connection,
            &self.browser,
            &self.country,
        ];
        let mut members: Vec<Value> = texts.into_iter().map(|text| text.as_str().into()).collect();
        members.extend([
            self.started_ms.into(),
            self.weight.into(),
            decimal(self.visible_ms),
            u32::from(self.hidden_start).into(),
            u32::from(self.abandoned).into(),
            self.errors.into(),
            self.long_frames.into(),
            decimal(self.blocking_ms),
            self.requests_left_out.into(),
            decimal(self.script_bytes),
            decimal(self.bytes),
            list(
                self.vitals
                    .iter()
                    .map(|vital| vital.as_ref().map_or(Value::Null, Vital::value))
                    .collect(),
            ),
            decimals(&self.load),
            list(self.frames.iter().map(LongFrame::value).collect()),
            list(self.requests.iter().map(Requests::value).collect()),
        ]);
        list(members).to_string()
    }

    /// Reads what [`line`](Self::line) wrote; what is damaged is empty.
    pub fn of_value(value: Value) -> Self {
        let mut read = Reader::of(value);
        let mut view = Self::default();
        for text in [
            &mut view.id,
            &mut view.session_id,
            &mut view.url,
            &mut view.page,
            &mut view.kind,
            &mut view.release,
            &mut view.environment,
            &mut view.device,
            &mut view.connection,
            &mut view.browser,
            &mut view.country,
        ] {
            *text = read.text();
        }
        view.started_ms = read.next().as_i64().unwrap_or(0);
        view.weight = read.next().as_u64().unwrap_or(100);
        view.visible_ms = read.number();
        view.hidden_start = read.count() > 0;
        view.abandoned = read.count() > 0;
        view.errors = read.count();
        view.long_frames = read.count();
        view.blocking_ms = read.number();
        view.requests_left_out = read.count();
        view.script_bytes = read.number();
        view.bytes = read.number();
        let mut vitals = Reader::of(read.next());
        for vital in &mut view.vitals {
            *vital = Some(vitals.next()).filter(|value| !value.is_null()).map(Vital::of_value);
        }
        read.numbers(&mut view.load);
        view.frames = Reader::of(read.next()).0.map(LongFrame::of_value).collect();
        view.requests = Reader::of(read.next()).0.map(Requests::of_value).collect();
        view
    }
}

impl Vital {
    fn value(&self) -> Value {
        let texts =
            [&self.target, &self.url, &self.kind, &self.load_state, &self.script, &self.function];
        let texts = texts.into_iter().map(|text| text.as_str().into());
        let members = [(self.value * 100_000.0).round() / 100_000.0].map(Value::from).into_iter();
        list(members.chain([decimals(&self.parts)]).chain(texts).collect())
    }

    fn of_value(value: Value) -> Self {
        let mut read = Reader::of(value);
        let mut vital = Self { value: read.number(), ..Self::default() };
        read.numbers(&mut vital.parts);
        for text in [
            &mut vital.target,
            &mut vital.url,
            &mut vital.kind,
            &mut vital.load_state,
            &mut vital.script,
            &mut vital.function,
        ] {
            *text = read.text();
        }
        vital
    }
}

impl LongFrame {
    fn value(&self) -> Value {
        let numbers = [self.duration, self.blocking, self.at].into_iter().map(decimal);
        let texts = [&self.script, &self.function, &self.invoker];
        list(numbers.chain(texts.into_iter().map(|text| text.as_str().into())).collect())
    }

    fn of_value(value: Value) -> Self {
        let mut read = Reader::of(value);
        Self {
            duration: read.number(),
            blocking: read.number(),
            at: read.number(),
            script: read.text(),
            function: read.text(),
            invoker: read.text(),
        }
    }
}

impl Requests {
    fn value(&self) -> Value {
        let texts = [&self.method, &self.url].into_iter().map(|text| text.as_str().into());
        let durations =
            self.durations.iter().flat_map(|(bucket, count)| [u32::from(*bucket), *count]);
        let counts = [self.count, self.no_answer, self.status_4xx, self.status_5xx, self.aborted];
        let members = texts.chain([list(durations.map(Value::from).collect())]);
        let bytes = [self.sent, self.received].into_iter().map(decimal);
        list(members.chain(counts.into_iter().map(Value::from)).chain(bytes).collect())
    }

    fn of_value(value: Value) -> Self {
        let mut read = Reader::of(value);
        let (method, url) = (read.text(), read.text());
        let mut durations = Vec::new();
        let mut numbers = Reader::of(read.next());
        while let Some(bucket) = numbers.0.next() {
            durations.push((
                u16::try_from(bucket.as_u64().unwrap_or(0)).unwrap_or(u16::MAX),
                numbers.count(),
            ));
        }
        Self {
            method,
            url,
            durations,
            count: read.count(),
            no_answer: read.count(),
            status_4xx: read.count(),
            status_5xx: read.count(),
            aborted: read.count(),
            sent: read.number(),
            received: read.number(),
        }
    }
}

/// With one decimal; whole numbers without.
#[expect(clippy::cast_possible_truncation, reason = "whole numbers below 2^53")]
fn decimal(number: f64) -> Value {
    let tenths = (number * 10.0).round();
    match tenths % 10.0 == 0.0 && tenths.abs() < 9e15 {
        true => ((tenths / 10.0) as i64).into(),
        false => (tenths / 10.0).into(),
    }
}

fn decimals(numbers: &[f64]) -> Value {
    list(numbers.iter().copied().map(decimal).collect())
}

/// Without what is empty at its end.
fn list(mut members: Vec<Value>) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(members) => members.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    };
    while members.last().is_some_and(is_empty) {
        members.pop();
    }
    members.into()
}

/// Members of a list one after another; what is not there is empty.
struct Reader(std::vec::IntoIter<Value>);

impl Reader {
    fn of(value: Value) -> Self {
        match value {
            Value::Array(members) => Self(members.into_iter()),
            _ => Self(Vec::new().into_iter()),
        }
    }

    fn next(&mut self) -> Value {
        self.0.next().unwrap_or_default()
    }

    fn text(&mut self) -> String {
        match self.next() {
            Value::String(text) => text,
            _ => String::new(),
        }
    }

    fn number(&mut self) -> f64 {
        self.next().as_f64().unwrap_or(0.0)
    }

    fn count(&mut self) -> u32 {
        self.next().as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
    }

    fn numbers(&mut self, numbers: &mut [f64]) {
        let mut read = Self::of(self.next());
        numbers.iter_mut().for_each(|number| *number = read.number());
    }
}
