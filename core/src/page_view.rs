//! One page view, as it is kept for some days: what [`decode::page_view`](crate::decode::page_view) read, on a line of JSON.
//!
//! The line is a list of members in the order of [`PageView`]'s fields, without what is empty at its end: names would be two
//! thirds of it. Numbers have one decimal, layout shifts five.

mod line;

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
    /// How many that the page waited for to the end.
    pub count: u32,
    /// Without any answer.
    pub no_answer: u32,
    /// Answered 400 to 499.
    pub status_4xx: u32,
    /// Answered 500 to 599.
    pub status_5xx: u32,
    /// Given up by the page; not among those.
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
