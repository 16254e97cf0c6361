//! The keys that a team publishes, as an isolate remembers them, and what they have signed: WebCrypto says so.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use js_sys::{Array, Function, JSON, Promise, Reflect, Uint8Array};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Delay, Fetch, Method, Request, RequestInit, RequestRedirect};

/// Keys are asked for again at most this often, whatever tokens name.
const PAUSE_MS: i64 = 60_000;

/// After this time a key that the team has withdrawn is refused.
const LIFE_MS: i64 = 3_600_000;

/// Somebody waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// 2048 bits in base64url; shorter keys are not believed.
const MIN_MODULUS: usize = 342;

#[derive(Default)]
struct Known {
    issuer: String,
    asked_ms: i64,
    keys: Vec<Value>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// The team's key of this ID.
pub(super) async fn of(issuer: &str, key_id: &str, now_ms: i64) -> Option<Value> {
    let (found, age_ms) = KNOWN.with_borrow(|known| {
        let is_same = known.issuer == issuer;
        (
            find(known, key_id).filter(|_| is_same),
            if is_same { now_ms - known.asked_ms } else { LIFE_MS },
        )
    });
    if age_ms < PAUSE_MS || (found.is_some() && age_ms < LIFE_MS) {
        return found;
    }
    KNOWN.with_borrow_mut(|known| {
        known.asked_ms = now_ms;
        issuer.clone_into(&mut known.issuer);
    });
    let keys = ask(issuer).await?;
    KNOWN.with_borrow_mut(|known| {
        known.keys = keys;
        find(known, key_id)
    })
}

fn find(known: &Known, key_id: &str) -> Option<Value> {
    known.keys.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(key_id)).cloned()
}

async fn ask(issuer: &str) -> Option<Vec<Value>> {
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_redirect(RequestRedirect::Manual);
    let request = Request::new_with_init(&format!("{issuer}/cdn-cgi/access/certs"), &init).ok()?;
    let asked = pin!(async {
        let mut response = Fetch::Request(request).send().await.ok()?;
        let text = response.text().await.ok().filter(|_| response.status_code() == 200)?;
        let mut keys: Value = serde_json::from_slice(text.as_bytes()).ok()?;
        match keys.get_mut("keys").map(Value::take) {
            Some(Value::Array(keys)) => Some(keys),
            _ => None,
        }
    });
    let keys = match select(asked, pin!(Delay::from(PATIENCE))).await {
        Either::Left((keys, _)) => keys,
        Either::Right(_) => None,
    };
    if keys.is_none() {
        worker::console_error!("the keys of {} could not be read", issuer);
    }
    keys
}

/// Whether an RSA key has signed bytes, with SHA-256; `None` where it cannot be said.
pub(super) async fn has_signed(key: &Value, signed: &[u8], signature: &[u8]) -> Option<bool> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let (modulus, exponent) = (text("n")?, text("e")?);
    if text("kty")? != "RSA" || modulus.len() < MIN_MODULUS {
        return None;
    }
    // Its own words on what it is for do not count.
    let jwk = json!({ "kty": "RSA", "n": modulus, "e": exponent });
    let algorithm = JSON::parse(r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#).ok()?;
    let subtle = member(&member(&js_sys::global(), "crypto")?, "subtle")?;
    let imported = [
        "jwk".into(),
        JSON::parse(&jwk.to_string()).ok()?,
        algorithm.clone(),
        false.into(),
        Array::of1(&"verify".into()).into(),
    ];
    let key = called(&subtle, "importKey", &imported).await?;
    let bytes = |bytes: &[u8]| Uint8Array::from(bytes).into();
    called(&subtle, "verify", &[algorithm, key, bytes(signature), bytes(signed)]).await?.as_bool()
}

fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok()
}

async fn called(object: &JsValue, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let function: Function = member(object, name)?.dyn_into().ok()?;
    let promise = function.apply(object, &arguments.iter().collect::<Array>()).ok()?;
    JsFuture::from(promise.dyn_into::<Promise>().ok()?).await.ok()
}
