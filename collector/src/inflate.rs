//! Bodies that arrive compressed: gzip and deflate by the core, brotli and zstd by the platform's own zlib (the flag
//! `nodejs_compat`). Their decoders would be a tenth of the Worker.

use std::borrow::Cow;

use js_sys::{Function, Object, RangeError, Reflect, Uint8Array};
use trapline_core::inflate::{self, InflateError};
use wasm_bindgen::{JsCast, JsValue};

/// Windows of zstd of at most 8 MiB, as RFC 9659 has it for HTTP: `ZSTD_d_windowLogMax`, and the logarithm.
const ZSTD_WINDOW: (&str, u32) = ("100", 23);

/// Inflates `body` as `content_encoding` says, and gzip also where it says nothing: at most `max_bytes` come out.
pub fn inflate<'a>(
    body: &'a [u8],
    content_encoding: Option<&str>,
    max_bytes: usize,
) -> Result<Cow<'a, [u8]>, InflateError> {
    let named = content_encoding.unwrap_or_default().trim();
    let found = [("br", "brotliDecompressSync"), ("zstd", "zstdDecompressSync")]
        .into_iter()
        .find(|(encoding, _)| named.eq_ignore_ascii_case(encoding));
    match found {
        None => inflate::inflate(body, content_encoding, max_bytes),
        Some((encoding, _)) if body.is_empty() => Err(InflateError::Damaged { encoding }),
        Some((encoding, function)) => {
            let inflated = by_platform(function, body, max_bytes);
            let inflated = inflated.ok_or(InflateError::Unavailable { encoding })?;
            // A gigabyte of a bomb is never made: the platform stops at the limit, with a RangeError.
            let inflated =
                inflated.map_err(|error| match error.is_instance_of::<RangeError>() {
                    true => InflateError::TooLarge { limit: max_bytes },
                    false => InflateError::Damaged { encoding },
                })?;
            Ok(Cow::Owned(inflated))
        }
    }
}

/// `None` where the platform has no such function; else what it gives, or throws.
fn by_platform(function: &str, body: &[u8], max_bytes: usize) -> Option<Result<Vec<u8>, JsValue>> {
    // Not imported by name: a bundler would ask for polyfills.
    let process = member(&js_sys::global(), "process")?;
    let load: Function = member(&process, "getBuiltinModule")?.dyn_into().ok()?;
    let zlib = load.call1(&process, &"node:zlib".into()).ok()?;
    let inflate: Function = member(&zlib, function)?.dyn_into().ok()?;
    let (options, params) = (Object::new(), Object::new());
    let (window, log) = ZSTD_WINDOW;
    if function.starts_with("zstd") {
        set(&params, window, log.into())?;
        set(&options, "params", params.into())?;
    }
    set(&options, "maxOutputLength", u32::try_from(max_bytes).ok()?.into())?;
    let inflated = inflate.call2(&zlib, &Uint8Array::from(body), &options);
    Some(inflated.map(|bytes| Uint8Array::new(&bytes).to_vec()))
}

fn member(of: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(of, &name.into()).ok()?;
    (!value.is_null_or_undefined()).then_some(value)
}

fn set(object: &Object, name: &str, value: JsValue) -> Option<()> {
    Reflect::set(object, &name.into(), &value).ok().map(|_| ())
}
