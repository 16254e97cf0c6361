//! How often one address may send to one project: Cloudflare's rate limits, where the binding `RATE_LIMIT` is there. They
//! count in each data centre for itself, cost no row, and hold off a flood before anything is decoded.

use crate::refused::Refused;
use crate::request::Incoming;

/// The binding's period in `wrangler.toml`.
const PERIOD_S: i64 = 60;

/// Refuses what comes too often. Without the binding, or where it does not answer, everything passes: quotas are left.
pub async fn check(incoming: &Incoming, project_id: u32) -> Result<(), Refused> {
    let Ok(limiter) = incoming.env.rate_limiter("RATE_LIMIT") else { return Ok(()) };
    let Some(address) = incoming.address() else { return Ok(()) };
    match limiter.limit(format!("{project_id} {address}")).await {
        Ok(outcome) if !outcome.success => Err(Refused::TooOften { retry_after_s: PERIOD_S }),
        Ok(_) => Ok(()),
        Err(error) => {
            worker::console_error!("the rate limit did not answer: {}", error);
            Ok(())
        }
    }
}
