//! `GET /{project}/releases/`: how releases fare.

use worker::Response;

use super::visit;
use crate::failure::Failure;
use crate::request::Incoming;

/// Renders the page.
pub async fn releases(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    visit(incoming, slug).await?;
    Err(Failure::NotFound)
}
