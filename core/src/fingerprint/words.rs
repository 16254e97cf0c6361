//! Which words tell something: those that somebody chose for this one failure, as opposed to those that any code uses.

/// Words of grammar.
const GRAMMAR: &str = "\
    the and for not was were are has have had with without from into this that its but you your our \
    can cannot could should must may will would did does don isn been being than then when while \
    because before after already yet only please there any all one too more most least less other \
    another same such some very";

/// Words that failures of all kinds are told with.
const COMMON: &str = "\
    abort aborted access action again allowed already api app application argument arguments array \
    assertion async attempt available bad body boolean browser call callback called cancel canceled \
    cancelled captured client closed code component config configuration connect connection content \
    context data date defined denied deprecated detail details device disconnected element empty \
    end error errors event exception exceeded execute exist exists expected expired fail failed \
    failure fatal fetch field file forbidden format found function gateway get got handler http \
    https id illegal implemented incorrect index init initialize initialized input instance \
    internal invalid item json key keys length limit load loaded loading lost message method \
    missing module name network node null number object occurred offline open operation option \
    options page param parameter parse parsing permission process promise property provided reached \
    read ready received reject rejected rejection render request requested required resource \
    response result retry returned route run save script send server service set size something \
    state status stream string success support supported take text time timed timeout token try \
    type unable unauthorized unavailable undefined unexpected unhandled unknown unsupported update \
    url use used user valid validation value values version wait waiting went write wrong non such \
    exceed out now new";

/// Properties that values of the language, of the DOM and of any data have.
const COMMON_PROPERTIES: &str = "\
    add addEventListener address append appendChild apply attributes bind body call catch checked \
    children childNodes classList className clear click close closest code concat config \
    constructor content contentWindow context count current currentTarget data dataset date default \
    delete detail disabled dispatch dispatchEvent document element emit entries error every exec \
    fetch filter find findIndex firstChild first flat flatMap focus forEach format get getAttribute \
    getBoundingClientRect getContext getElementById getItem getTime has hasOwnProperty headers \
    height href id includes index indexOf init innerHTML innerText insertBefore item items join key \
    keys kind label last lastIndexOf left length link list load location map match message method \
    name next nextSibling node nodeType number offsetHeight offsetWidth offsetTop on open options \
    parent parentElement parentNode parse path play pop postMessage preventDefault price props \
    prototype push query querySelector querySelectorAll reason reduce ref reload remove removeChild \
    removeEventListener render repeat replace request reset resolve response result results reverse \
    root rows run scrollIntoView scrollTop search selected send set setAttribute setItem shift show \
    size slice some sort source splice split src start startsWith endsWith state status stop \
    stopPropagation store style submit subscribe substring tagName target test text textContent \
    then title toFixed toISOString toLocaleString toLowerCase toString toUpperCase top total trim \
    type unshift update url user value values version width x y";

/// Words that a message needs beside common ones, to be taken for one failure's own.
const LEAST_TELLING: usize = 2;

/// Whether a message (in lower case) has words enough that somebody chose for it: `order <n> has no lines`.
pub(super) fn is_telling(message: &str) -> bool {
    let words = message.split(|c: char| !c.is_alphanumeric() && c != '<' && c != '>' && c != '_');
    let mut own: Vec<&str> = words.filter(|word| is_own(word)).collect();
    own.sort_unstable();
    own.dedup();
    own.len() >= LEAST_TELLING
}

fn is_own(word: &str) -> bool {
    const SHORTEST: usize = 3;
    let is_text = word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic);
    is_text && !has(GRAMMAR, word) && !has(COMMON, word)
}

/// Whether a property is likely the page's own word.
pub(super) fn is_authored_name(name: &str) -> bool {
    const SHORTEST: usize = 4;
    name.len() >= SHORTEST && !has(COMMON_PROPERTIES, name)
}

/// Whether a list of words has this one.
pub(super) fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

/// Replaces what stands in quotes: `Coupon "HAZEL" is used up` → `Coupon <text> is used up`. An apostrophe inside a word
/// is none.
pub(super) fn without_quoted(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        let closing = match first {
            '"' | '`' | '\'' if !before.is_alphanumeric() => Some(first),
            '“' | '„' => Some('”'),
            '‘' => Some('’'),
            '«' => Some('»'),
            _ => None,
        };
        let quoted = closing.and_then(|closing| after.split_once(closing));
        if let Some((_, behind)) = quoted.filter(|(inside, _)| inside.len() <= MAX_QUOTED) {
            out.push_str("<text>");
            rest = behind;
            before = '>';
            continue;
        }
        out.push(first);
        before = first;
        rest = after;
    }
    out
}

/// Longest text in quotes that is taken for one.
const MAX_QUOTED: usize = 200;
