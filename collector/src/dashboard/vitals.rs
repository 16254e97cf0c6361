//! stub
use super::visit;
use crate::failure::Failure;
use crate::request::Incoming;
use worker::Response;
/// Renders the page.
pub async fn vitals(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    visit(incoming, slug).await?;
    Err(Failure::NotFound)
}
