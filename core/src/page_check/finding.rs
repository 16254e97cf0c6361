//! What a check can find, and its words: one sentence that says what is so and what it causes, and one line to copy.

use super::Severity;

/// One fact about a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The page did not answer 200, so it may not be the page that was meant.
    Status {
        /// What it answered.
        status: u16,
    },
    /// No browser shows it as a page.
    NotHtml {
        /// `application/json`, or empty.
        content_type: String,
    },
    /// Neither the agent nor the DSN stands in the HTML. A bundle may still have it.
    NotVisible {
        /// The tag to place.
        snippet: String,
        /// How much of the page was read, when that was not all of it.
        read_bytes: Option<usize>,
    },
    /// The agent's tag has no DSN; an `init` in some other script may give it.
    NoDsn {
        /// The attribute to add.
        attribute: String,
    },
    /// What stands in `data-dsn` is none.
    UnreadableDsn {
        /// As it stands there, cut.
        found: String,
        /// This project's.
        dsn: String,
    },
    /// The page sends to another Trapline, or to another service.
    OtherOrigin {
        /// `https://other.test`
        found: String,
        /// This project's.
        dsn: String,
    },
    /// The page sends to another project.
    OtherProject {
        /// Its number.
        found: u32,
        /// This project's.
        dsn: String,
    },
    /// The page sends with a key that is not this one.
    OtherKey {
        /// As it stands in the page.
        found: String,
        /// This project's.
        dsn: String,
    },
    /// A script before the agent may fail unheard.
    NotFirst {
        /// The other script's URL, or `an inline script`.
        before: String,
        /// The tag to place first.
        snippet: String,
    },
    /// The agent runs later than where it stands.
    Delayed {
        /// `async` or `defer`.
        attribute: &'static str,
        /// The tag without it.
        snippet: String,
    },
    /// An https page loads nothing over http.
    MixedContent {
        /// `http://errors.test`
        origin: String,
        /// The same over https.
        secure: String,
    },
    /// A content security policy refuses something.
    Refused {
        /// What.
        what: Refused,
        /// Where the policy stands.
        place: PolicyPlace,
        /// The directive that decides, as it is written.
        directive: String,
        /// The directive, or the tag, that would let it through.
        remedy: String,
    },
}

/// What a policy refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// `/trapline.js`, or the module: no error is heard.
    Script,
    /// What `/trapline.js` loads: errors still arrive, with less around them.
    Agent,
    /// Compiling WebAssembly: errors still arrive, with less around them.
    WebAssembly,
    /// Sending: errors are heard, and stay in the browser.
    Sending,
}

/// Where a policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyPlace {
    /// The header `Content-Security-Policy`.
    Header,
    /// The header `Content-Security-Policy-Report-Only`, which refuses nothing yet.
    ReportOnlyHeader,
    /// A `meta` element.
    Meta,
}

impl Finding {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Finding::NotHtml { .. }
            | Finding::UnreadableDsn { .. }
            | Finding::OtherOrigin { .. }
            | Finding::OtherProject { .. }
            | Finding::OtherKey { .. }
            | Finding::MixedContent { .. } => Severity::Blocks,
            Finding::NotFirst { .. } | Finding::Delayed { .. } => Severity::Degrades,
            Finding::Status { .. } | Finding::NotVisible { .. } | Finding::NoDsn { .. } => {
                Severity::Hint
            }
            Finding::Refused { place: PolicyPlace::ReportOnlyHeader, .. } => Severity::Hint,
            Finding::Refused { what: Refused::Script | Refused::Sending, .. } => Severity::Blocks,
            Finding::Refused { .. } => Severity::Degrades,
        }
    }

    /// What is so, and what it causes.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Finding::Status { status } => {
                format!("The page answered {status}, so this may not be the page that visitors see.")
            }
            Finding::NotHtml { content_type } if content_type.is_empty() => {
                "The answer does not say that it is HTML, so it was not read.".into()
            }
            Finding::NotHtml { content_type } => {
                format!("The answer is {content_type}, not HTML, so there is nothing to check.")
            }
            Finding::NotVisible { read_bytes: None, .. } => {
                "Neither the agent nor the DSN is visible in the HTML. A script of the page may still hold them.".into()
            }
            Finding::NotVisible { read_bytes: Some(bytes), .. } => format!(
                "Neither the agent nor the DSN is visible in the first {} KiB of the HTML, which is what was read.",
                bytes / 1024
            ),
            Finding::NoDsn { .. } => {
                "The agent's tag has no data-dsn. Without an init in another script nothing is sent.".into()
            }
            Finding::UnreadableDsn { found, .. } => {
                format!("The tag's data-dsn is {found:?}, which is no DSN, so nothing is sent.")
            }
            Finding::OtherOrigin { found, .. } => {
                format!("The page sends to {found}, not to this collector.")
            }
            Finding::OtherProject { found, .. } => {
                format!("The page sends to project {found}, not to this one.")
            }
            Finding::OtherKey { found, .. } => {
                format!("The page sends with the key {found}, which is not this project's.")
            }
            Finding::NotFirst { before, .. } => {
                format!("{before} runs before the agent: errors in it are not heard.")
            }
            Finding::Delayed { attribute, .. } => format!(
                "The agent's tag has {attribute}, so errors of scripts that run before it are not heard."
            ),
            Finding::MixedContent { origin, .. } => {
                format!("The page is https and the agent is at {origin}: browsers refuse to mix them.")
            }
            Finding::Refused { what, place, directive, .. } => refused(*what, *place, directive),
        }
    }

    /// One line to copy, or one thing to do.
    #[must_use]
    pub fn remedy(&self) -> &str {
        match self {
            Finding::Status { .. } => {
                "Check the address of a page that answers without signing in."
            }
            Finding::NotHtml { .. } => "Check the address of a page, with Content-Type: text/html.",
            Finding::NotVisible { snippet, .. }
            | Finding::NotFirst { snippet, .. }
            | Finding::Delayed { snippet, .. } => snippet,
            Finding::NoDsn { attribute } => attribute,
            Finding::UnreadableDsn { dsn, .. }
            | Finding::OtherOrigin { dsn, .. }
            | Finding::OtherProject { dsn, .. }
            | Finding::OtherKey { dsn, .. } => dsn,
            Finding::MixedContent { secure, .. } => secure,
            Finding::Refused { remedy, .. } => remedy,
        }
    }
}

fn refused(what: Refused, place: PolicyPlace, directive: &str) -> String {
    let (thing, effect) = match what {
        Refused::Script => ("loading the agent", "no error is heard"),
        Refused::Agent => ("what the agent loads", "errors arrive with less around them"),
        Refused::WebAssembly => ("WebAssembly", "errors arrive with less around them"),
        Refused::Sending => ("sending to the collector", "errors stay in the browser"),
    };
    match place {
        PolicyPlace::Header => {
            format!("The policy in the header refuses {thing} ({directive}): {effect}.")
        }
        PolicyPlace::Meta => {
            format!("The policy in a meta element refuses {thing} ({directive}): {effect}.")
        }
        PolicyPlace::ReportOnlyHeader => {
            format!(
                "The policy being tried out would refuse {thing} ({directive}): once enforced, {effect}."
            )
        }
    }
}
