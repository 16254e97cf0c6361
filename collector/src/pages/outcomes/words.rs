//! Outcomes in words: what a reason means, what to do about it, and where that is set.

/// Words, remedy, and the part of the settings; no words for reasons that senders make up.
pub(super) fn reason_words(
    outcome: &str,
    reason: &str,
) -> (Option<&'static str>, &'static str, &'static str) {
    let (words, remedy, setting) = match (outcome, reason) {
        ("filtered", "feedback_spam") => (
            "Feedback in the same words by the same sender, or over 30 messages a day",
            "Nothing: nobody means it so often",
            "",
        ),
        ("filtered", _) => return (filter_words(reason), "", "filters/"),
        ("limited", "hourly_quota") => ("Over the hourly quota", RAISE, "limits/"),
        ("limited", "daily_quota") => ("Over the daily quota", RAISE, "limits/"),
        ("limited", "spike") => (
            "Over ten times the mean hour",
            "See what sends so much; spike protection can be switched off",
            "limits/",
        ),
        ("limited", "reserved_for_errors") => (
            "Page views, sessions or feedback beyond half of the day’s rows: the rest is for errors",
            "Sample fewer page views, or raise DAILY_ROWS on a paid plan",
            "",
        ),
        ("limited", "too_many_items") => (
            "More page views and sessions in one envelope than are stored at once",
            "Send them in several",
            "",
        ),
        ("limited", _) => (
            "More requests from one address than the rate limit allows",
            "See what sends so much; the limit is in wrangler.toml",
            "",
        ),
        ("invalid" | "refused", "origin") => {
            ("Origin not allowed", "Allow it, or leave it refused", "keys/#senders")
        }
        ("invalid", "no_origin") => (
            "Sender without an origin, such as a server",
            "Allow senders without an origin",
            "keys/#senders",
        ),
        ("invalid" | "refused", "key") => {
            ("Key unknown, revoked or missing", "Copy the DSN anew", "keys/")
        }
        ("invalid", "too_large") => (
            "Larger than the limit",
            "Send less with each event: shorter texts, fewer breadcrumbs",
            "limits/",
        ),
        ("invalid", _) => (
            "Not readable",
            "The sender is no SDK of this protocol, or something between changes what it sends",
            "",
        ),
        ("dropped", _) => (
            "Items that are no errors",
            "Switch tracing, replay and the like off in the SDK: each is a request",
            "",
        ),
        ("discarded", "before_send") => {
            ("Kept back by the page’s beforeSend", "As the page’s code wants it", "")
        }
        ("discarded", "sample_rate") => {
            ("Kept back by the page’s sample rate", "As the page’s code wants it", "")
        }
        ("discarded", "ratelimit_backoff") => {
            ("Kept back while a limit was reached", RAISE, "limits/")
        }
        ("discarded", "network_error") => {
            ("Could not be sent", "Something between keeps requests from arriving", "")
        }
        _ => return (None, "", ""),
    };
    (Some(words), remedy, setting)
}

const RAISE: &str = "Raise it, or cut noise";

fn filter_words(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "browser_extension" => "Errors of browser extensions",
        "injected_script" => "Errors of scripts that apps and proxies put into pages",
        "crawler" => "Search engines, link previews and monitors",
        "legacy_browser" => "Browsers that cannot read the syntax of 2020",
        "localhost" => "Pages on developers’ own machines",
        "resize_observer" => "Warnings of ResizeObserver",
        "message_pattern" => "Messages that this project leaves out",
        "url_pattern" => "URLs that this project leaves out",
        "release_pattern" => "Releases that this project leaves out",
        _ => return None,
    })
}

/// What it is, what to do, the part of the settings (empty: the issue itself), and the button.
pub(super) fn noise_words(class: &str) -> (&'static str, &'static str, &'static str, &'static str) {
    match class {
        "script_error" => (
            "of a script of another origin",
            "Add crossorigin to its tag, or filter the message: no stack can ever be read",
            "filters/",
            "Filter",
        ),
        "resize_observer" => {
            ("a layout took two frames", "Harmless: switch its filter on", "filters/", "Filter")
        }
        "extension" => {
            ("of a browser extension", "Not your code: switch its filter on", "filters/", "Filter")
        }
        "stale_deploy" => (
            "a page of an older deploy",
            "Keep the files of the last deploy, or reload the page once",
            "",
            "Open",
        ),
        "network" => (
            "a request without an answer",
            "Catch it where it is made, or filter the message",
            "filters/",
            "Filter",
        ),
        _ => ("one issue, a great part of all", "Mend it first, or filter its message", "", "Open"),
    }
}

#[cfg(test)]
mod tests {
    use super::reason_words;

    #[test]
    fn every_reason_of_ours_has_words() {
        for (outcome, reason) in [
            ("filtered", "browser_extension"),
            ("filtered", "feedback_spam"),
            ("filtered", "release_pattern"),
            ("limited", "too_often"),
            ("limited", "reserved_for_errors"),
            ("invalid", "malformed"),
            ("refused", "origin"),
            ("dropped", "unsupported_item"),
            ("discarded", "before_send"),
        ] {
            assert!(reason_words(outcome, reason).0.is_some(), "{outcome} {reason}");
        }
        assert_eq!(reason_words("discarded", "made up").0, None);
    }
}
