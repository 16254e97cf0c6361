//! What breaks in pages, and what a report of it has to say.

/// How a case is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Once the agent is armed.
    Armed,
    /// In the first script behind the agent's.
    Early,
    /// In a script before the agent's.
    Before,
    /// While the network is away, which then comes back.
    Offline,
    /// While the collector answers 503; later the same site's next page is opened, and it answers 200.
    Refused,
    /// The page goes right afterwards.
    Leaving,
    /// On a page with a content security policy.
    Policy,
}

/// A case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    pub(crate) script: &'static str,
    /// Each has to be in a report.
    pub(crate) wanted: &'static [Wanted],
}

/// An error as it has to arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Its type; empty where what was thrown has none, or may be called anything.
    pub(crate) kind: &'static str,
    /// What is in its message, if it has a type, or anywhere in the report.
    pub(crate) text: &'static str,
    pub(crate) has_stack: bool,
}

const fn whole(kind: &'static str, text: &'static str) -> Wanted {
    Wanted { kind, text, has_stack: true }
}

/// What has no type and no stack of its own.
const fn told(text: &'static str) -> Wanted {
    Wanted { kind: "", text, has_stack: false }
}

const fn case(name: &'static str, script: &'static str, wanted: &'static [Wanted]) -> Case {
    Case { name, way: Way::Armed, script, wanted }
}

const fn on(way: Way, case: Case) -> Case {
    Case { way, ..case }
}

/// `(module (func $reserve unreachable) (export "run" (func $reserve)))`, with its name section.
const TRAP: &str = "\
const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0, 10, 5, 1, 3,\n\
  0, 0, 11, 0, 17, 4, 110, 97, 109, 101, 1, 10, 1, 0, 7, 114, 101, 115, 101, 114, 118, 101];\n\
WebAssembly.instantiate(new Uint8Array(bytes)).then(({ instance }) => setTimeout(instance.exports.run));\n";

/// The same behind what `console_error_panic_hook` says of a panic.
const PANIC: &str = "\
const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0, 10, 5, 1, 3,\n\
  0, 0, 11, 0, 17, 4, 110, 97, 109, 101, 1, 10, 1, 0, 7, 114, 101, 115, 101, 114, 118, 101];\n\
WebAssembly.instantiate(new Uint8Array(bytes)).then(({ instance }) => setTimeout(() => {\n\
  console.error('panicked at src/cart.rs:7:5:\\nno such shelf');\n  instance.exports.run();\n}));\n";

const GETTERS: &str = "\
const thrower = { get() { throw new Error('mine'); } };\n\
throw Object.defineProperties(new Error('with getters'), { name: thrower, cause: thrower });";

const PROXY: &str = "\
throw new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; }, has() { throw 3; }, getPrototypeOf() { throw 4; } });";

/// In the order of telling.
pub(crate) const CASES: [Case; 58] = [
    case(
        "thrown in a script",
        "function price(item) { return item.cost.amount; }\nprice({});",
        &[whole("TypeError", "reading 'amount'")],
    ),
    case(
        "in a timer",
        "setTimeout(function pack() { throw new RangeError('no box'); });",
        &[whole("RangeError", "no box")],
    ),
    case(
        "in a listener",
        "const main = document.querySelector('main');\nmain.addEventListener('click', () => { throw new RangeError('no click'); });\nmain.click();",
        &[whole("RangeError", "no click")],
    ),
    case(
        "in an attribute's handler",
        "const main = document.querySelector('main');\nmain.setAttribute('onclick', 'throw new RangeError(\"no handler\")');\nmain.click();",
        &[whole("RangeError", "no handler")],
    ),
    case(
        "in an animation frame",
        "requestAnimationFrame(function draw() { throw new RangeError('too wide'); });",
        &[whole("RangeError", "too wide")],
    ),
    case(
        "in a microtask",
        "queueMicrotask(() => { throw new RangeError('too small'); });",
        &[whole("RangeError", "too small")],
    ),
    case(
        "in a MutationObserver",
        "new MutationObserver(() => { throw new RangeError('mutated'); }).observe(document.body, { childList: true });\ndocument.body.append('x');",
        &[whole("RangeError", "mutated")],
    ),
    case(
        "in a message's listener",
        "addEventListener('message', () => { throw new RangeError('no letter'); });\npostMessage('x', '*');",
        &[whole("RangeError", "no letter")],
    ),
    case(
        "in a request's listener",
        "const request = new XMLHttpRequest();\nrequest.onload = () => { throw new RangeError('no answer'); };\nrequest.open('GET', '/inner.html');\nrequest.send();",
        &[whole("RangeError", "no answer")],
    ),
    case(
        "in a promise",
        "Promise.resolve().then(() => { throw new TypeError('no tape'); });",
        &[whole("TypeError", "no tape")],
    ),
    case(
        "in an async function",
        "async function reserve(sku) { throw new RangeError(`out of stock: ${sku}`); }\nreserve(7);",
        &[whole("RangeError", "out of stock: 7")],
    ),
    case(
        "by reportError",
        "reportError(new RangeError('as told'));",
        &[whole("RangeError", "as told")],
    ),
    case(
        "captured by the page",
        "bench.capture(new RangeError('in hand'));",
        &[whole("RangeError", "in hand")],
    ),
    case(
        "captured, then thrown on: one report",
        "const error = new RangeError('both');\nbench.capture(error);\nthrow error;",
        &[whole("RangeError", "both")],
    ),
    case("thrown text", "throw 'sold out';", &[told("sold out")]),
    case("thrown object", "throw { code: 7, why: 'sold out' };", &[told("sold out")]),
    case("thrown null", "throw null;", &[told("null")]),
    case("thrown undefined", "throw undefined;", &[told("undefined")]),
    case("thrown number", "throw 40417;", &[told("40417")]),
    case(
        "thrown DOMException",
        "document.querySelector('<hazel>');",
        &[told("is not a valid selector")],
    ),
    case(
        "thrown error of another realm",
        "const frame = document.createElement('iframe');\ndocument.body.append(frame);\nthrow new frame.contentWindow.RangeError('from afar');",
        &[whole("RangeError", "from afar")],
    ),
    case(
        "thrown frozen error",
        "throw Object.freeze(new RangeError('frozen'));",
        &[whole("RangeError", "frozen")],
    ),
    case("thrown error whose getters throw", GETTERS, &[told("with getters")]),
    case("thrown proxy that throws", PROXY, &[Wanted { kind: "", text: "", has_stack: false }]),
    case(
        "thrown error of a class of its own",
        "class OutOfStock extends Error { name = 'OutOfStock'; }\nthrow new OutOfStock('no nuts');",
        &[whole("OutOfStock", "no nuts")],
    ),
    case(
        "error with causes",
        "throw new Error('not paid', { cause: new TypeError('bank is closed', { cause: new RangeError('declined') }) });",
        &[
            whole("Error", "not paid"),
            whole("TypeError", "bank is closed"),
            whole("RangeError", "declined"),
        ],
    ),
    case(
        "AggregateError with what is in it",
        "Promise.any([1, 2, 3].map((number) => Promise.reject(new TypeError(`shop ${number} is closed`))));",
        &[whole("TypeError", "shop 1 is closed"), whole("TypeError", "shop 3 is closed")],
    ),
    case("rejected with text", "Promise.reject('out of stock');", &[told("out of stock")]),
    case("rejected with undefined", "Promise.reject();", &[told("undefined")]),
    case("rejected with null", "Promise.reject(null);", &[told("null")]),
    case("rejected with a number", "Promise.reject(40418);", &[told("40418")]),
    case(
        "rejected with an object",
        "Promise.reject({ code: 7, message: 'sold out' });",
        &[told("sold out")],
    ),
    case(
        "rejected with a circular object",
        "const basket = { size: 'circular' };\nbasket.self = basket;\nPromise.reject(basket);",
        &[told("circular")],
    ),
    case(
        "rejected with a DOMException",
        "Promise.reject(new DOMException('no room left', 'QuotaExceededError'));",
        &[told("no room left"), told("QuotaExceededError")],
    ),
    case(
        "rejected with an event",
        "new Promise((_, reject) => { const oak = new Image(); oak.onerror = reject; oak.src = '/oak.png'; });",
        &[told("oak.png")],
    ),
    case(
        "stack overflow",
        "setTimeout(function start() { (function count(n) { return count(n + 1) + 1; })(0); });",
        &[whole("RangeError", "call stack size")],
    ),
    case(
        "script that cannot be parsed",
        "const price = ;",
        &[Wanted { kind: "SyntaxError", text: "Unexpected token", has_stack: false }],
    ),
    case(
        "module that cannot be loaded",
        "import('/chunk.js');",
        &[Wanted { kind: "TypeError", text: "chunk.js", has_stack: false }],
    ),
    case("wasm trap with its frames", TRAP, &[whole("RuntimeError", "unreachable")]),
    case(
        "Rust panic: its words with the trap",
        PANIC,
        &[whole("RuntimeError", ""), told("no such shelf")],
    ),
    case(
        "picture that failed to load",
        "const oak = new Image();\noak.src = '/oak.png';\ndocument.body.append(oak);",
        &[told("oak.png")],
    ),
    case(
        "script that failed to load",
        "const one = document.createElement('script');\none.src = '/gone.js';\ndocument.head.append(one);",
        &[told("gone.js")],
    ),
    case(
        "style sheet that failed to load",
        "const one = document.createElement('link');\none.rel = 'stylesheet';\none.href = '/shop.css';\ndocument.head.append(one);",
        &[told("shop.css")],
    ),
    on(
        Way::Policy,
        case(
            "violation of the content security policy",
            "const oak = new Image();\noak.src = 'http://127.0.0.1:1/oak.png';",
            &[told("img-src")],
        ),
    ),
    case("intervention of the browser", "navigator.vibrate(200);", &[told("vibrate")]),
    case(
        "console.error with an error",
        "console.error('sold out:', new RangeError('as logged'));",
        &[told("as logged")],
    ),
    case("in a worker without the agent", "new Worker('/case/work.js');", &[told("no box left")]),
    case(
        "in a worker with the agent",
        "new Worker(bench.worker);",
        &[whole("RangeError", "no box left")],
    ),
    case(
        "in a frame of the same origin",
        "const frame = document.createElement('iframe');\nframe.src = '/case/inner.html';\ndocument.body.append(frame);",
        &[whole("RangeError", "inside")],
    ),
    case(
        "with an onerror of the page's own",
        "onerror = () => true;\nsetTimeout(() => { throw new RangeError('unheard'); });",
        &[whole("RangeError", "unheard")],
    ),
    case(
        "two errors at once",
        "queueMicrotask(() => { throw new RangeError('first'); });\nqueueMicrotask(() => { throw new TypeError('second'); });",
        &[whole("RangeError", "first"), whole("TypeError", "second")],
    ),
    on(
        Way::Early,
        case(
            "in the first script behind the agent's",
            "throw new RangeError('early');",
            &[whole("RangeError", "early")],
        ),
    ),
    on(
        Way::Before,
        case(
            "in a script before the agent's",
            "throw new RangeError('before');",
            &[whole("RangeError", "before")],
        ),
    ),
    on(
        Way::Leaving,
        case(
            "just before the page goes",
            "function lastWord() { throw new RangeError('left'); }\nsetTimeout(lastWord);\nsetTimeout(() => { location.href = '/case/inner.html'; });",
            &[whole("RangeError", "left")],
        ),
    ),
    on(
        Way::Leaving,
        case(
            "in beforeunload",
            "addEventListener('beforeunload', () => { throw new RangeError('left'); });\nsetTimeout(() => { location.href = '/case/inner.html'; });",
            &[whole("RangeError", "left")],
        ),
    ),
    on(
        Way::Leaving,
        case(
            "in pagehide",
            "addEventListener('pagehide', () => { throw new RangeError('left'); });\nsetTimeout(() => { location.href = '/case/inner.html'; });",
            &[whole("RangeError", "left")],
        ),
    ),
    on(
        Way::Offline,
        case(
            "offline, then online",
            "setTimeout(() => { throw new RangeError('offline'); });",
            &[whole("RangeError", "offline")],
        ),
    ),
    on(
        Way::Refused,
        case(
            "answered 503, then the next page",
            "setTimeout(() => { throw new RangeError('refused'); });",
            &[whole("RangeError", "refused")],
        ),
    ),
];
