//! One page view, as it is kept for some days: what [`decode::page_view`](crate::decode::page_view) read, on a line of JSON.
//!
//! The line is a list of members in the order of [`PageView`]'s fields, without what is empty at its end: names would be two
//! thirds of it. Numbers have one decimal, layout shifts five.

use serde_json::Value;

/// Largest item.
pub const MAX_PAGE_VIEW: usize = 64 * 1024;

/// Endpoints kept of a view; the rest is counted.
pub const MAX_ENDPOINTS: usize = 60;

/// Long frames kept of a view, the worst ones.
pub const MAX_FRAMES: usize = 3;

/// A view's kind where it only adds to one that came before: another SDK sends vitals on their own.
pub const LATE: &str = "late";

/// Places in [`PageView::vitals`].
pub const LCP: usize = 0;
/// Interaction to next paint.
pub const INP: usize = 1;
/// Cumulative layout shift.
pub const CLS: usize = 2;
/// First contentful paint.
pub const FCP: usize = 3;
/// Time to first byte.
pub const TTFB: usize = 4;

/// Names on the wire, in the order of [`PageView::vitals`].
pub const VITALS: [&str; 5] = ["lcp", "inp", "cls", "fcp", "ttfb"];

/// What a vital's time divides into, in the order of [`Vital::parts`].
pub const PARTS: [&[&str]; 5] = [
    &["ttfb", "load_delay", "load", "render"],
    &["input_delay", "processing", "presentation"],
    &["at"],
    &["ttfb"],
    &["waiting", "cache", "dns", "connection", "request"],
];

/// Phases of loading, in the order of [`PageView::load`].
pub const PHASES: [&str; 8] = [
    "redirect",
    "dns",
    "connect",
    "request",
    "response",
    "dom_interactive",
    "dom_complete",
    "load",
];

/// Place of the whole load in [`PageView::load`].
pub const LOAD: usize = 7;

/// One document shown, or one client-side navigation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageView {
    /// 32 lower-case hexadecimal digits.
    pub id: String,
    /// The same; empty if unknown.
    pub session_id: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// Without query and fragment.
    pub url: String,
    /// Its path with IDs replaced, or what the page calls itself.
    pub page: String,
    /// `navigate`, `reload`, `back-forward`, `soft-navigation`, …
    pub kind: String,
    /// Version of the page's code.
    pub release: String,
    /// `production`, …
    pub environment: String,
    /// How many views it stands for, in hundredths: 100 to 1,000,000.
    pub weight: u64,
    /// How long it was seen.
    pub visible_ms: f64,
    /// It began in the background.
    pub hidden_start: bool,
    /// Left before anything was done with it.
    pub abandoned: bool,
    /// Errors during it.
    pub errors: u32,
    /// `phone`, `tablet`, `desktop`
    pub device: String,
    /// `4g`, …
    pub connection: String,
    /// `Chrome 142`
    pub browser: String,
    /// ISO 3166-1, two capital letters.
    pub country: String,
    /// LCP, INP, CLS, FCP, TTFB, as far as the browser measured them.
    pub vitals: [Option<Vital>; 5],
    /// When each phase ended or how long it took, in milliseconds; 0 if unknown.
    pub load: [f64; 8],
    /// Frames that took longer than 50 ms.
    pub long_frames: u32,
    /// How long these kept the page from answering, in milliseconds.
    pub blocking_ms: f64,
    /// The worst of them.
    pub frames: Vec<LongFrame>,
    /// Requests by endpoint.
    pub requests: Vec<Requests>,
    /// Endpoints that were too many.
    pub requests_left_out: u32,
    /// Bytes of scripts.
    pub script_bytes: f64,
    /// Bytes of all resources.
    pub bytes: f64,
}

/// A web vital with what made it what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vital {
    /// Milliseconds; of a layout shift its score.
    pub value: f64,
    /// A selector of the element.
    pub target: String,
    /// Of the image.
    pub url: String,
    /// `pointer` or `keyboard`.
    pub kind: String,
    /// `loading`, …: how far the document was.
    pub load_state: String,
    /// The script that took longest.
    pub script: String,
    /// Its function.
    pub function: String,
    /// As [`PARTS`] names them.
    pub parts: [f64; 5],
}

/// A frame that took long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LongFrame {
    /// Milliseconds.
    pub duration: f64,
    /// Of that, while nothing else could run.
    pub blocking: f64,
    /// Since the view began.
    pub at: f64,
    /// URL of the script.
    pub script: String,
    /// Its function.
    pub function: String,
    /// `BUTTON#buy.onclick`
    pub invoker: String,
}

/// Requests of one view to one endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    /// `GET`
    pub method: String,
    /// Origin, if it is another, and path with IDs replaced.
    pub url: String,
    /// How many, the aborted ones among them.
    pub count: u32,
    /// Without any answer.
    pub no_answer: u32,
    /// Answered 400 to 499.
    pub status_4xx: u32,
    /// Answered 500 to 599.
    pub status_5xx: u32,
    /// Given up by the page.
    pub aborted: u32,
    /// Bytes.
    pub sent: f64,
    /// Bytes.
    pub received: f64,
    /// Buckets with how many, of those that were answered.
    pub durations: Vec<(u16, u32)>,
}

impl Requests {
    /// `GET /api/items/{id}`
    pub fn endpoint(&self) -> String {
        [&self.method, " ", &self.url].concat()
    }
}

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

/// Replaces what is an ID in a path by `{id}`: numbers, UUIDs, 16 and more hexadecimal digits, long words with digits among letters.
pub fn without_ids(path: &str) -> String {
    const LONG: usize = 20;
    let is_id = |segment: &str| {
        let count = |is: fn(u8) -> bool| segment.bytes().filter(|byte| is(*byte)).count();
        let (digits, hex) =
            (count(|byte| byte.is_ascii_digit()), count(|byte| byte.is_ascii_hexdigit()));
        let (letters, dashes) =
            (count(|byte| byte.is_ascii_alphabetic()), count(|byte| byte == b'-'));
        let length = segment.len();
        digits > 0
            && (digits == length
                || hex == length && length >= 16
                || length == 36 && hex + dashes == length && dashes == 4
                || length >= LONG && digits >= 3 && letters > 0 && dashes == 0)
    };
    let segments = path.split('/').map(|segment| if is_id(segment) { "{id}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::without_ids;

    #[test]
    fn ids_in_paths_are_replaced() {
        for (path, expected) in [
            ("/products/42", "/products/{id}"),
            (
                "https://a.test:8080/v2/items/123e4567-e89b-12d3-a456-426614174000/x",
                "https://a.test:8080/v2/items/{id}/x",
            ),
            ("/o/0123456789abcdef", "/o/{id}"),
            ("/s/aZ3bQ9xW2pL7vK4mN8cR", "/s/{id}"),
            (
                "/blog/how-to-use-2-hands-and-4-feet-in-2026",
                "/blog/how-to-use-2-hands-and-4-feet-in-2026",
            ),
            ("/", "/"),
            ("/v1/deadbeef", "/v1/deadbeef"),
        ] {
            assert_eq!(without_ids(path), expected);
        }
    }
}
