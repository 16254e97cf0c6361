//! `GET /{project}/feedback/`: what users say.

use worker::Response;

use super::visit;
use crate::failure::Failure;
use crate::request::Incoming;

/// Renders the page.
pub async fn feedback(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    visit(incoming, slug).await?;
    Err(Failure::NotFound)
}

/// `POST /{project}/feedback/`: what becomes of messages.
pub async fn decide(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    visit(incoming, slug).await?;
    Err(Failure::NotFound)
}
