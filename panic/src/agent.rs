//! The way to `window.Trapline`. Whatever is missing there, or throws, is passed over.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Of an error: its type.
pub(crate) const NAME: &str = "name";

/// `Trapline` of this window or worker: the façade, or the stub, which queues.
pub(crate) fn agent() -> Option<JsValue> {
    let agent = Reflect::get(&js_sys::global(), &"Trapline".into()).ok()?;
    (agent.is_object() || agent.is_function()).then_some(agent)
}

/// Calls `owner[name](…arguments)`.
pub(crate) fn call(owner: &JsValue, name: &str, arguments: &[&JsValue]) {
    if let Some(method) = method(owner, name) {
        let list = Array::new();
        for argument in arguments {
            list.push(argument);
        }
        let _ = method.apply(owner, &list);
    }
}

/// `owner[name]`, if it can be called.
pub(crate) fn method(owner: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(owner, &name.into()).ok()?.dyn_into().ok()
}

/// `owner[name] = value`
pub(crate) fn set(owner: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(owner, &name.into(), value);
}

/// An object of these members.
pub(crate) fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        set(&object, name, value);
    }
    object
}
