//! Failures that a framework numbers: production builds say the number, development builds the words.

/// React's numbers (<https://react.dev/errors>), and how the development build begins.
const REACT: &[(&str, &[&str])] = &[
    ("31", &["Objects are not valid as a React child"]),
    ("130", &["Element type is invalid"]),
    ("152", &["Nothing was returned from render"]),
    ("185", &["Maximum update depth exceeded. This can happen when a component"]),
    ("299", &["Target container is not a DOM element", "createRoot(...): Target container"]),
    ("300", &["Rendered fewer hooks than expected"]),
    ("301", &["Too many re-renders. React limits"]),
    ("310", &["Rendered more hooks than during the previous render"]),
    ("321", &["Invalid hook call. Hooks can only be called"]),
    ("418", &["Hydration failed because ", "Text content does not match server-rendered HTML"]),
    ("419", &["The server could not finish this Suspense boundary"]),
    ("423", &["There was an error while hydrating"]),
    ("426", &["A component suspended while responding to synchronous input"]),
    (
        "482",
        &[
            "async/await is not yet supported in Client Components",
            "An unknown Component is an async Client Component",
        ],
    ),
];

/// Numbers that mean what another one means.
const REACT_TOO: [(&str, &str); 4] =
    [("200", "299"), ("422", "423"), ("421", "418"), ("425", "418")];

/// `react 418`, `svelte effect_update_depth_exceeded`, `angular NG0100`
pub(super) fn code(message: &str) -> Option<String> {
    react(message).or_else(|| svelte(message)).or_else(|| angular(message))
}

fn react(message: &str) -> Option<String> {
    let number = message.split_once("Minified React error #").map(|(_, rest)| digits(rest));
    let worded = || {
        let fits = |wordings: &[&str]| wordings.iter().any(|start| message.starts_with(start));
        REACT.iter().find(|(_, wordings)| fits(wordings)).map(|(number, _)| *number)
    };
    let number = number.or_else(worded)?;
    let same =
        REACT_TOO.iter().find(|(other, _)| *other == number).map_or(number, |(_, same)| same);
    Some(format!("react {same}"))
}

/// `https://svelte.dev/e/effect_update_depth_exceeded` in production; the same word, and then an explanation, in development.
fn svelte(message: &str) -> Option<String> {
    let (word, rest) = message.split_once('\n').unwrap_or((message, ""));
    let word = match message.split_once("svelte.dev/e/") {
        Some((_, word)) => word.split(|c: char| !is_word(c)).next().unwrap_or_default(),
        None if !rest.is_empty() && word.contains('_') && word.chars().all(is_word) => word,
        None => return None,
    };
    Some(format!("svelte {word}"))
}

/// `NG0100: ExpressionChangedAfterItHasBeenCheckedError`, `NG0<n>`
fn angular(message: &str) -> Option<String> {
    let rest = message.strip_prefix("NG")?;
    let number = digits(rest.strip_prefix('-').unwrap_or(rest));
    (number.len() >= 3).then(|| format!("angular NG{number}"))
}

fn digits(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

fn is_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}
