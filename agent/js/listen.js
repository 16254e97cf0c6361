/** What the stub and the façade share: ears for what nobody caught, and what a capture must know of its own moment. */

/**
 * Errors, failed loads of elements (`error` events too; they do not bubble, so it takes the capture phase), unhandled
 * rejections and policy violations. `put(event)` gets each; `change` is `addEventListener`, or `removeEventListener` to undo.
 */
export function listen(put, change) {
  for (const type of ["error", "unhandledrejection", "securitypolicyviolation"]) change(type, put, true);
}

/** 32 hexadecimal digits, random: what tells events apart, and keeps no secret. */
export function newId() {
  let id = "";
  while (id.length < 32) id += Math.random().toString(16).slice(2);
  return id.slice(0, 32);
}

/**
 * `kind` is the type of a DOM event (`value` is that), "captureException" or "captureMessage" (`value`
 * is what was captured); `at` in milliseconds.
 */
export const recordOf = (kind, value, id = newId()) => ({
  kind,
  value,
  id,
  at: Date.now(),
  url: location.href,
});

/** What an `ErrorEvent` is known by in another window or worker. */
export const identityOf = ({ message, filename, lineno, colno }) => JSON.stringify([message, filename, lineno, colno]);
