//! A tab as a person uses it: opens, clicks, types, reads. What a page does by and by is waited for.

use anyhow::{Result, anyhow, ensure};
use fantoccini::Locator;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WindowHandle;
use serde_json::Value;

use crate::browser::Browser;
use crate::eventually;

/// One tab, closed when this is dropped. The one that was opened last is in front: there is one at a time in an engine.
#[derive(Debug)]
pub struct Tab<'browser> {
    pub(crate) browser: &'browser Browser,
    pub(crate) handle: WindowHandle,
}

impl Tab<'_> {
    /// Opens a page, and returns when it has loaded.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.browser.wait(self.browser.client.goto(url));
    }

    /// Turns to it, where another was opened after it.
    #[track_caller]
    pub fn front(&self) {
        self.browser.wait(self.browser.client.switch_to_window(self.handle.clone()));
    }

    /// The user turns to something else: the page is hidden, and may be so for ever.
    #[track_caller]
    pub fn hide(&self) {
        self.browser.wait(self.browser.client.minimize_window());
    }

    /// The user comes back to a page that was hidden.
    #[track_caller]
    pub fn show(&self) {
        self.browser.wait(self.browser.client.set_window_rect(0, 0, 1280, 900));
    }

    /// Where it is now.
    #[track_caller]
    #[must_use]
    pub fn url(&self) -> String {
        self.browser.wait(self.browser.client.current_url()).to_string()
    }

    /// Clicks as a user does, once the element is there.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.patiently(selector, async |element| element.click().await);
    }

    /// Types into a field that was empty or is emptied, once it is there.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        self.patiently(selector, async |element| {
            element.clear().await?;
            element.send_keys(text).await
        });
    }

    /// Presses a key on an element, once it is there. The key as WebDriver names it: `\u{e007}` is Enter.
    #[track_caller]
    pub fn press(&self, selector: &str, key: &str) {
        self.patiently(selector, async |element| element.send_keys(key).await);
    }

    /// Presses a key, wherever the focus is.
    #[track_caller]
    pub fn press_key(&self, key: &str) {
        let active = self.browser.wait(self.browser.client.active_element());
        self.browser.wait(active.send_keys(key));
    }

    /// Types on the keyboard, wherever the focus is, in a shadow too. Keys without a letter as WebDriver names them.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        let key = |value| [KeyAction::Down { value }, KeyAction::Up { value }];
        let actions = KeyActions::new("keyboard".to_owned());
        let actions = keys.chars().flat_map(key).fold(actions, KeyActions::then);
        self.browser.wait(self.browser.client.perform_actions(actions));
    }

    /// The text that a user reads in the first element that matches, once there is one.
    #[track_caller]
    #[must_use]
    pub fn text(&self, selector: &str) -> String {
        self.patiently(selector, async |element| element.text().await)
    }

    /// Waits until a user reads `text` in an element: a form's answer takes its time.
    ///
    /// # Panics
    /// When it does not come: what is there instead.
    #[track_caller]
    pub fn shows(&self, selector: &str, text: &str) {
        eventually(|| {
            let shown = self.text(selector);
            ensure!(shown.contains(text), "{selector} does not show {text:?}:\n{shown}");
            Ok(())
        });
    }

    /// Waits until the address has `part` in it.
    ///
    /// # Panics
    /// When it does not come: where the tab is instead.
    #[track_caller]
    pub fn arrives(&self, part: &str) {
        eventually(|| {
            let url = self.url();
            ensure!(url.contains(part), "the tab is at {url}");
            Ok(())
        });
    }

    /// Finds an element and does something with it, anew while the page is being replaced by the next.
    #[track_caller]
    fn patiently<T>(&self, selector: &str, act: impl AsyncFn(Element) -> Result<T, CmdError>) -> T {
        let Browser { client, runtime, .. } = self.browser;
        eventually(|| {
            let acted =
                runtime.block_on(async { act(client.find(Locator::Css(selector)).await?).await });
            acted.map_err(|error| anyhow!("{selector}: {error}"))
        })
    }

    /// What an expression gives; a promise is waited for.
    ///
    /// # Panics
    /// When it throws: WebDriver has no other answer.
    #[track_caller]
    #[must_use]
    pub fn eval(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.browser.wait(self.browser.client.execute(&script, Vec::new()))
    }

    /// Runs statements, as if they were a script of the page that no policy forbids.
    ///
    /// # Panics
    /// When they throw.
    #[track_caller]
    pub fn run(&self, statements: &str) {
        self.browser.wait(self.browser.client.execute(statements, Vec::new()));
    }

    /// Waits until the agent has been answered for all that it captured.
    ///
    /// # Panics
    /// When it has not within 5 s.
    #[track_caller]
    pub fn flush(&self) {
        assert_eq!(self.eval("Trapline.flush(5000)"), true, "the agent has delivered everything");
    }

    /// A picture of what is in view, as PNG.
    #[track_caller]
    #[must_use]
    pub fn screenshot(&self) -> Vec<u8> {
        self.browser.wait(self.browser.client.screenshot())
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        let Browser { client, runtime, first, .. } = self.browser;
        let _ = runtime.block_on(client.switch_to_window(self.handle.clone()));
        let _ = runtime.block_on(client.close_window());
        let _ = runtime.block_on(client.switch_to_window(first.clone()));
    }
}
