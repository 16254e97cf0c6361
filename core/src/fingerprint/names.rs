//! Names of functions, as far as all engines, bundlers and source maps agree on them.

use super::words::has;

/// What a frame's function name is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// A name that somebody gave: `formatTotal`.
    Given(&'a str),
    /// A name that a minifier gave, and gives to another function in the next release.
    Minified(&'a str),
    /// None.
    Anonymous,
}

/// Longest name that a minifier gives in every build.
const SHORT: usize = 2;

/// Reads a name: `async Object.pay [as onClick]`, `Cart.prototype.pay`, `checkout/pay`, `_pay`, `pay$1`, `pay2` → `pay`.
///
/// Firefox names functions without a name after where they stand (`checkout/<`, `exports.pay<`); nobody else does, so those
/// are anonymous. Chromium names them after the key of an object, which may be any text.
pub(super) fn name_of(function: &str) -> Name<'_> {
    let name = function.split(" [as ").next().unwrap_or_default();
    if name.ends_with('<') || name.ends_with("<anonymous>") || name.starts_with("wasm-function[") {
        return Name::Anonymous;
    }
    let mut name = name.trim();
    for start in ["async ", "async*", "new ", "get ", "set ", "static ", "bound "] {
        name = name.strip_prefix(start).unwrap_or(name);
    }
    // Rust's `app::cart::total::h0123456789abcdef`, with its hash.
    let name =
        name.rsplit_once("::h").filter(|(_, hash)| is_hash(hash)).map_or(name, |(name, _)| name);
    let name = name.rsplit("::").next().unwrap_or(name);
    let name = name.rsplit(['.', '/']).next().unwrap_or_default();
    if matches!(name, "" | "eval" | "anonymous" | "?" | "constructor" | "default")
        || !name.chars().all(is_part)
    {
        return Name::Anonymous;
    }
    let name = without_number(name.trim_start_matches(['#', '_']));
    if name.len() <= SHORT { Name::Minified(name) } else { Name::Given(name) }
}

/// Bundlers number names that two modules have: `pay2`, `pay$1`.
fn without_number(name: &str) -> &str {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['$', '_']);
    if bare.len() > SHORT { bare } else { name }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#')
}

fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Functions that others call to throw: the bug is where they were called. And those of frameworks, in bundles whose
/// libraries cannot be told from the page's own code.
const THROWERS: &str = "\
    assert assertIsDefined assertNever assertDefined invariant fail raise panic ensure check expect \
    must unreachable throwError throwIf throwIfNot createError makeError buildError newError \
    raiseError reportError logError handleError onError captureException captureError unwrap warn \
    error rejected fulfilled step next adopt asyncGeneratorStep asyncToGenerator awaiter generator \
    callee tryCatch trycatch invoke then construct wrapNativeSuper callSuper classCallCheck \
    sentryWrapped react_stack_bottom_frame renderWithHooks renderWithHooksAgain runWithFiberInDEV \
    invokeGuardedCallback callWithErrorHandling callWithAsyncErrorHandling callCallback \
    performUnitOfWork beginWork renderComponentRoot executeDispatch batchedUpdates flushJobs \
    callHook runTask invokeTask update_reaction execute_derived";

/// Whether a function only throws, or calls, what others give to it.
pub(super) fn is_thrower(name: &str) -> bool {
    has(THROWERS, name) || name.starts_with("throw") || name.starts_with("assert")
}

/// Verbs and nouns that any code base has: such a function is called from many places, for many things.
const GENERIC: &str = "\
    add apply assign build callback call clone compute constructor convert copy create debounced \
    decode dispatch each emit encode exec execute extract fetch fetchJson filter find fire first \
    flush format forEach get getItem getValue handle handleClick handler handleSubmit handleChange \
    init initialize inner iterate last listener load lookup main map merge mount mounted normalize \
    notify onClick onChange onSubmit open parse patch pick pluck post process publish put query \
    read reduce remove render request requestJson resolve run save select send serialize set setup \
    setState show start submit subscribe toJson transform trigger update validate value visit walk \
    wrap wrapped wrapper write http api json del callee data reducer effect computed watch httpGet \
    httpPost getJson getJSON fetchJSON apiGet apiCall callApi getProperty getIn prop path at";

/// Whether the caller has to be named beside it.
pub(super) fn is_generic(name: &str) -> bool {
    has(GENERIC, name)
}
