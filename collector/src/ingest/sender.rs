//! What a connection says of who sent something: country, browser, and who of those without a name.

use trapline_core::decode::rfc3339_of;
use trapline_core::normalize::ClientHints;
use trapline_core::visitor::anonymous_user;

use crate::key::KnownKey;
use crate::plan::{Sender, bytes_of_hex};
use crate::request::Incoming;

/// What the connection says of who sent it.
pub(super) fn sender(incoming: &Incoming, key: &KnownKey) -> Sender {
    let visitor = key.settings.anonymous_users.then(|| visitor(incoming, &key.visitor_salt));
    Sender { visitor: visitor.flatten(), country: incoming.country().unwrap_or_default() }
}

/// Stands for a sender without a user; named anew each month.
fn visitor(incoming: &Incoming, salt: &str) -> Option<[u8; 8]> {
    let agent = incoming.header("user-agent").unwrap_or_default();
    let month = rfc3339_of(incoming.now_ms);
    let month = month.get(..7).unwrap_or_default();
    let name = anonymous_user(&incoming.address()?, &agent, salt.as_bytes(), month)?;
    bytes_of_hex(&name).try_into().ok()
}

/// Headers in which Chromium says what it is.
pub(super) struct Hints {
    brands: Option<String>,
    mobile: Option<String>,
    platform: Option<String>,
    platform_version: Option<String>,
    model: Option<String>,
}

impl Hints {
    pub(super) fn of(incoming: &Incoming) -> Self {
        let full = incoming.header("sec-ch-ua-full-version-list");
        Self {
            brands: full.or_else(|| incoming.header("sec-ch-ua")),
            mobile: incoming.header("sec-ch-ua-mobile"),
            platform: incoming.header("sec-ch-ua-platform"),
            platform_version: incoming.header("sec-ch-ua-platform-version"),
            model: incoming.header("sec-ch-ua-model"),
        }
    }

    pub(super) fn borrowed(&self) -> ClientHints<'_> {
        ClientHints {
            brands: self.brands.as_deref(),
            mobile: self.mobile.as_deref(),
            platform: self.platform.as_deref(),
            platform_version: self.platform_version.as_deref(),
            model: self.model.as_deref(),
        }
    }
}
