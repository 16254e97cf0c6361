//! What Chromium can do that WebDriver has no words for: other screens, other preferences, no scripts, no policy. By the
//! DevTools protocol, which its driver passes on. What is set holds for the tab, as long as that is there.

use serde_json::{Value, json};
use xtask::worker::http;

use crate::Tab;

/// What a reader has asked the system for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Preferences {
    /// `prefers-color-scheme: dark`
    pub dark: bool,
    /// `prefers-reduced-motion: reduce`
    pub still: bool,
    /// `forced-colors: active`
    pub forced_colors: bool,
}

impl Tab<'_> {
    /// A screen of this size in CSS pixels, at one device pixel each, of which scroll bars take nothing.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
        self.devtools("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
    }

    /// Pages are told what the reader prefers, at once.
    #[track_caller]
    pub fn prefer(&self, preferences: Preferences) {
        let feature = |name: &str, value: &str| json!({ "name": name, "value": value });
        let Preferences { dark, still, forced_colors } = preferences;
        let features = [
            feature("prefers-color-scheme", if dark { "dark" } else { "light" }),
            feature("prefers-reduced-motion", if still { "reduce" } else { "no-preference" }),
            feature("forced-colors", if forced_colors { "active" } else { "none" }),
        ];
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The pages that are opened from now on run no script of theirs; [`Tab::eval`] still works.
    #[track_caller]
    pub fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// The pages that are opened from now on have no content security policy.
    #[track_caller]
    pub fn without_policy(&self) {
        self.devtools("Page.setBypassCSP", &json!({ "enabled": true }));
    }

    /// A picture of the whole page, however long, as PNG in base64.
    #[track_caller]
    #[must_use]
    pub fn whole_picture(&self) -> String {
        let metrics = self.devtools("Page.getLayoutMetrics", &json!({}));
        let size = &metrics["cssContentSize"];
        let clip =
            json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let whole = json!({ "captureBeyondViewport": true, "clip": clip });
        let picture = self.devtools("Page.captureScreenshot", &whole);
        picture["data"].as_str().expect("a picture").to_owned()
    }

    /// What the page's objects take, once garbage was collected.
    ///
    /// # Panics
    /// When Chromium does not say.
    #[track_caller]
    #[must_use]
    pub fn heap_bytes(&self) -> u64 {
        // The console that is attached keeps each error that nobody caught.
        self.devtools("Runtime.discardConsoleEntries", &json!({}));
        self.devtools("HeapProfiler.enable", &json!({}));
        self.devtools("HeapProfiler.collectGarbage", &json!({}));
        let usage = self.devtools("Runtime.getHeapUsage", &json!({}));
        usage["usedSize"]
            .as_u64()
            .or_else(|| usage["usedSize"].as_f64().map(|bytes| bytes as u64))
            .expect("a number")
    }

    /// What has come to the console since this was asked last, and was worth a warning: errors that nobody caught, failed
    /// requests, breaches of the policy.
    #[track_caller]
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.driver("se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        let is_bad = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        let message = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        entries.iter().filter(is_bad).map(message).collect()
    }

    /// Gives a command to the tab, and returns what it answers.
    #[track_caller]
    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.driver("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    #[track_caller]
    fn driver(&self, path: &str, body: &Value) -> Value {
        let session = self.browser.wait(self.browser.client.session_id());
        let session = session.expect("a session");
        let address = format!("{}/session/{session}/{path}", self.browser.address());
        let mut answer = http().post(address).send_json(body).expect("Chromium's driver answers");
        let answer: Value = answer.body_mut().read_json().expect("JSON");
        let value = answer["value"].clone();
        assert!(value.get("error").is_none(), "{path} {body}: {value}");
        value
    }
}
