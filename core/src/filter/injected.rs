//! Errors of scripts that the owner did not put there: apps that show the page in a web view, browsers' reading modes,
//! virus scanners, toolbars and translators.
//!
//! Such a script runs as if it stood in the page, so its file is often the page itself. What gives it away is a name that
//! only it uses.

use super::{crashing, said};
use crate::event::Event;
use crate::url;

/// The script, or the name that gives it away.
pub(crate) fn found(event: &Event) -> Option<String> {
    let script = crashing(event).map(|frame| frame.file.as_str()).unwrap_or_default();
    if script.starts_with("user-script:") || is_of_injector(&url::host(script)) {
        return Some(script.to_owned());
    }
    let said = said(event);
    let name = NAMES.iter().find(|(_, name)| has_word(said, name));
    // The owner's bundle may speak to its own app.
    let bridge = || BRIDGES.iter().find(|words| said.contains(**words) && !is_bundle(script));
    name.map(|(_, name)| *name).or_else(|| bridge().copied()).map(str::to_owned)
}

/// Hosts of what gets between a page and its visitor.
const HOSTS: [&str; 8] = [
    "adguard.org",
    "kaspersky-labs.com",
    "loading.retry.widdit.com",
    "superfish.com",
    "texthelp.com",
    "translate.googleapis.com",
    "translate.google.com",
    "tt.epicplay.com",
];

fn is_of_injector(host: &str) -> bool {
    HOSTS.iter().any(|known| {
        host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Who it is, and a name that no page uses.
const NAMES: [(&str, &str); 36] = [
    ("Chrome on iOS", "__gCrWeb"),
    ("Chrome on iOS, translating", "tgetT"),
    ("Firefox on iOS", "__firefox__"),
    ("Edge on iOS", "instantSearchSDKJSBridgeClearHighlight"),
    ("Edge on iOS", "msDiscoverChatAvailable"),
    ("Facebook, Instagram on iOS", "_AutofillCallbackHandler"),
    ("Facebook, Instagram on iOS", "_pcmBridgeCallbackHandler"),
    ("Facebook on iOS", "fb_xd_fragment"),
    ("Google app on iOS", "vc_request_action"),
    ("Google app on iOS", "gmo"),
    ("Snapchat", "SCDynimacBridge"),
    ("Zalo", "zaloJSV2"),
    ("DuckDuckGo", "autofillFieldData"),
    ("UC Browser", "bannerNight"),
    ("UC Browser", "ucapi"),
    ("UC Browser", "ucbrowser"),
    ("UC Browser", "UCShellJava"),
    ("Mi Browser", "xbrowser"),
    ("Oppo, Vivo browsers", "is_mark_able_element"),
    ("Quark", "QK_middlewareReadModePageDetect"),
    ("reading modes of Android browsers", "close_cache_key"),
    ("VidMate", "vid_mate_check"),
    ("a video downloader", "ibFindAllVideos"),
    ("a video downloader", "ceCurrentVideo"),
    ("Avast", "_avast_submit"),
    ("Norton", "SymBrowser_ModifyWindowOpenWithTarget"),
    ("readers with highlights", "MyApp_RemoveAllHighlights"),
    ("readers with highlights", "MyAppGetLinkHREFAtPoint"),
    ("Zite", "ZiteReader"),
    ("a toolbar", "ComboSearch"),
    ("a toolbar", "atomicFindClose"),
    ("a toolbar", "conduitPage"),
    ("a toolbar", "EBCallBackMessageReceived"),
    ("a toolbar", "originalCreateNotification"),
    ("a proxy of mobile carriers", "bmi_SafeAddOnload"),
    ("a proxy that compresses", "top.GLOBALS"),
];

/// What apps say that speak to their web view; also hybrid apps, whose code is in bundles.
const BRIDGES: [&str; 6] = [
    "webkit.messageHandlers",
    "Java object is gone",
    "Java bridge method invocation error",
    "Java exception was raised during method invocation",
    "Error invoking post",
    // Outlook's link scanner runs pages in CefSharp (<https://github.com/cefsharp/CefSharp/issues/2869>).
    "Object Not Found Matching Id:",
];

fn is_bundle(script: &str) -> bool {
    let path = url::parts(script).before_query;
    [".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a name stands in a text with its borders.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
