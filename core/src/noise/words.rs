//! The classes in words.

use super::Class;

/// A class in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// `A page from before a deploy`
    pub title: &'static str,
    /// What happened, in two or three sentences.
    pub explanation: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// What the collector knows of the releases around an event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Releases<'a> {
    /// The event's own.
    pub own: Option<&'a str>,
    /// The newest one when the event happened. If that is another one, it removed the chunk.
    pub newest: Option<&'a str>,
}

/// Explains a class.
pub fn explain(class: Class, releases: &Releases) -> Explanation {
    match class {
        Class::ScriptError => Explanation {
            title: "A script of another origin",
            explanation: "A script that was loaded from another origin threw, and browsers keep its message and its \
                stack from the page. Nothing more can be known of this event."
                .into(),
            remedy: "Add crossorigin=\"anonymous\" to the script's tag and let its server send \
                Access-Control-Allow-Origin; the next error then comes with its message and its stack. A script that \
                you cannot change (ads, tags, extensions) will go on like this.",
        },
        Class::StaleDeploy => Explanation {
            title: "A page from before a deploy",
            explanation: stale(releases),
            remedy: "Keep the files of the last releases on the server for some days, and reload the page once when a \
                chunk fails to load. Let index.html be revalidated (Cache-Control: no-cache), and answer missing \
                scripts with 404 and not with the page.",
        },
        Class::Network => Explanation {
            title: "A request without an answer",
            explanation: "A request got no answer: the connection broke, the visitor went offline or left the page, a \
                blocker stepped in, or the server did not allow the origin. The browser does not tell which."
                .into(),
            remedy: "See in the breadcrumbs which request it was. If it is one address for many visitors, look at the \
                server and at its Access-Control-Allow-Origin; if it is many addresses for few, their connection was \
                lost: catch the error, tell the visitor, and try again.",
        },
        Class::Extension => Explanation {
            title: "Not a script of this site",
            explanation: "The script that threw was put into the page by a browser extension or by the app that shows \
                the page. It is not part of the site, and the visitor's page most likely went on working."
                .into(),
            remedy: "Nothing to mend here. Switch on the inbound filters for browser extensions and injected scripts \
                to count such events instead of storing them.",
        },
    }
}

fn stale(releases: &Releases) -> String {
    let asked = "The page asked for a file that the server no longer has, as happens when a tab stays open while a \
        newer release is deployed.";
    match (releases.own, releases.newest) {
        (Some(own), Some(newest)) if own != newest => {
            format!("{asked} The page was of {own}; {newest} had replaced it and removed the file.")
        }
        (Some(own), _) => format!(
            "{asked} The page was of {own}, and no later release is known here: the file may be missing from that \
             release itself, or a connection broke."
        ),
        (None, _) => format!("{asked} Set a release to see here which one removed the file."),
    }
}
