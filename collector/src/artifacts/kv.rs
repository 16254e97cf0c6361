//! The KV namespace that artifacts lie in. Keys are content hashes: a value never changes, so every cache may keep it.

use worker::Env;
use worker::kv::KvStore;

/// What `wrangler.toml` binds.
const BINDING: &str = "ARTIFACTS";

/// Longest that an edge location keeps what it has read, in seconds: a day.
const CACHE_S: u64 = 24 * 3_600;

/// The namespace.
#[derive(Clone)]
pub struct Kv(KvStore);

/// Why KV did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KvError {
    /// The deployment has none.
    #[error(
        "no KV namespace is bound as {BINDING}: add [[kv_namespaces]] with binding = \"{BINDING}\" to wrangler.toml, and deploy"
    )]
    Unbound,
    /// What the database knows has not come to this place yet, or KV is down.
    #[error("the artifact store does not have it yet, try again in a minute")]
    Later,
    /// KV refused or did not answer.
    #[error("the artifact store did not answer")]
    Failed {
        /// KV's words: for the log.
        reason: String,
    },
}

impl Kv {
    /// Opens it.
    ///
    /// # Errors
    /// [`KvError::Unbound`].
    pub fn open(env: &Env) -> Result<Self, KvError> {
        env.kv(BINDING).map(Self).map_err(|_| KvError::Unbound)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`KvError::Later`] where it is not there.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, KvError> {
        let value = self.0.get(key).cache_ttl(CACHE_S).bytes().await.map_err(failed)?;
        value.ok_or(KvError::Later)
    }

    /// Stores a value; `life_s` seconds, or for good.
    ///
    /// # Errors
    /// When KV does not take it.
    pub async fn put(&self, key: &str, value: &[u8], life_s: Option<u64>) -> Result<(), KvError> {
        let put = self.0.put_bytes(key, value).map_err(failed)?;
        let put = match life_s {
            Some(life_s) => put.expiration_ttl(life_s),
            None => put,
        };
        put.execute().await.map_err(failed)
    }

    /// Takes a value away; it may be gone already.
    ///
    /// # Errors
    /// When KV does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), KvError> {
        self.0.delete(key).await.map_err(failed)
    }
}

fn failed(error: worker::kv::KvError) -> KvError {
    let reason = error.to_string();
    worker::console_error!("KV: {}", reason);
    KvError::Failed { reason }
}
