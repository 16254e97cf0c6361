//! Every limit of the wire in one place, each with its reason. Sizes are bytes of UTF-8 unless they say otherwise.

/// Most frames kept of a stack. Engines stop at 10 by default; wasm stacks run deeper.
pub const MAX_FRAMES: usize = 128;

/// Longest line of a raw stack that is read: longer ones are `data:` URLs and minified `eval`s.
pub const MAX_STACK_LINE: usize = 2_048;

/// Largest envelope as it arrives. Cloudflare takes 100 MB; an SDK's largest honest one is far below.
pub const MAX_ENVELOPE: usize = 2 * 1024 * 1024;

/// Largest envelope after inflating.
pub const MAX_INFLATED: usize = 8 * 1024 * 1024;

/// Largest event item.
pub const MAX_EVENT: usize = 1024 * 1024;

/// Most items of one envelope.
pub const MAX_ITEMS: usize = 500;

/// Longest header line of an envelope or an item. Real ones are a few hundred bytes, with a trace's baggage up to 8 KiB.
pub const MAX_HEADER: usize = 64 * 1024;

/// Objects and lists inside each other in an event; more than serde_json reads.
pub const MAX_JSON_DEPTH: usize = 120;

/// Values of an event's JSON: the largest honest ones (100 frames of Python with source lines and variables, 100
/// breadcrumbs) have 5,000 to 10,000.
pub const MAX_JSON_VALUES: usize = 30_000;

/// Longest raw stack text of one exception.
pub const MAX_STACK_TEXT: usize = 64 * 1024;

/// Exceptions kept of a chain, the thrown one and those nearest to it first.
pub const MAX_EXCEPTIONS: usize = 16;

/// Breadcrumbs kept, newest ones: the SDKs' own default.
pub const MAX_BREADCRUMBS: usize = 100;

/// Names of a query kept.
pub const MAX_QUERY: usize = 100;

/// Tags kept of an event.
pub const MAX_TAGS: usize = 100;

/// Longest tag key, as the protocol has it.
pub const MAX_TAG_KEY: usize = 200;

/// Longest tag value, as the protocol has it.
pub const MAX_TAG_VALUE: usize = 400;

/// Longest message and exception value.
pub const MAX_MESSAGE: usize = 8 * 1024;

/// Longest short text: names, URLs, versions, function names.
pub const MAX_NAME: usize = 2 * 1024;

/// Request headers kept.
pub const MAX_HEADERS: usize = 64;

/// Members of one object or list inside contexts, extra and breadcrumb data.
pub const MAX_WIDTH: usize = 100;

/// Nesting kept inside contexts, extra and breadcrumb data.
pub const MAX_DEPTH: usize = 8;

/// Longest text inside contexts, extra and breadcrumb data.
pub const MAX_TEXT: usize = 4 * 1024;

/// Defects listed by name; the rest is counted in the last one.
pub const MAX_DEFECTS: usize = 50;

/// Occurrences that one repeat may stand for: an agent adds up at most half a minute.
pub const MAX_COUNT: u32 = 100_000;

/// Patterns of one kind that a project may filter or scrub by: each is compared with every event.
pub const MAX_FILTER_PATTERNS: usize = 100;

/// Scrubbed places listed by name; the rest is counted in the last one.
pub const MAX_SCRUBBED: usize = 50;

/// Files with a debug ID of one event.
pub const MAX_IMAGES: usize = 256;

/// Source lines kept on each side of a frame's line.
pub const MAX_SOURCE_LINES: usize = 10;

/// How much of a page is looked at for the agent: it stands first, and policies stand in the head.
pub const MAX_PAGE: usize = 256 * 1024;

/// Longest policy of a page that is read; servers refuse longer headers.
pub const MAX_PAGE_POLICY: usize = 16 * 1024;

/// Policies of a page that are read: each `meta` element and each part of a header is one.
pub const MAX_PAGE_POLICIES: usize = 32;

/// Findings about one page: whoever has mended these asks again.
pub const MAX_FINDINGS: usize = 20;
