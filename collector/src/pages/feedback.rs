//! Stub.
use crate::view::FeedbackPage;
pub(super) struct Inbox;
impl Inbox {
    pub(super) fn of(_: &FeedbackPage) -> Self {
        Self
    }
    pub(super) fn render(&self) -> Result<String, askama::Error> {
        Ok(String::new())
    }
}
