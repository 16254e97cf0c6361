/**
 * Requests. What is sent when is decided by the wasm (agent/src/outbox.rs), which knows entries by their numbers; here
 * are the entries. Uses `fetch` as it was before anything wrapped it, so that our requests leave no breadcrumbs.
 */
import { endpointOf, envelopeOf, postOf } from "./wire.js";

const { fetch } = window;
const entries = new Map();
let last = 0;

/** `wasm` once it is there, the page's `dsn`, and what to do when a call into the wasm fails. */
export const rim = { wasm: undefined, dsn: "", failed: () => {}, warn: () => {}, tick: () => {} };

let timer;

/** Takes an event for delivery. */
export function send(event) {
  let json;
  try {
    json = JSON.stringify(event);
  } catch (error) {
    return rim.warn(error);
  }
  const entry = { id: event.event_id, json };
  if (!rim.wasm) return void post(entry, json.length < 6e4);
  entries.set(++last, entry);
  if (!rim.wasm.push(last, json.length)) entries.delete(last);
  pump();
}

/** Makes the requests that may be made now, and comes back for the others. */
export function pump() {
  try {
    for (let number; (number = rim.wasm.next(Date.now())); ) attempt(Math.abs(number), number > 0);
    clearTimeout(timer);
    const wait = rim.wasm.wake_ms() - Date.now();
    // Timers may fire a millisecond early.
    if (wait < 1e9) timer = setTimeout(rim.tick, Math.max(wait, 0) + 1);
  } catch (error) {
    rim.failed(error);
  }
}

function attempt(number, keepalive) {
  post(entries.get(number), keepalive).then(([status, retryAfter]) => {
    if (!entries.has(number)) return;
    try {
      if (rim.wasm.answered(number, status, retryAfter, Date.now(), Math.random())) entries.delete(number);
    } catch (error) {
      return rim.failed(error);
    }
    pump();
  });
}

/** Status and `Retry-After` in seconds, 0 for what there is not. */
function post({ id, json }, keepalive) {
  return fetch(endpointOf(rim.dsn), postOf(envelopeOf(rim.dsn, id, json), keepalive)).then(
    (response) => {
      if (!response.ok) rim.warn(`the collector answered ${response.status}`);
      const after = response.headers.get("retry-after");
      return [response.status, Number(after) || Math.max(0, (Date.parse(after) - Date.now()) / 1e3) || 0];
    },
    (error) => {
      rim.warn(error);
      return [0, 0];
    },
  );
}

/** The page is going: what waits is handed to the browser, which outlives it. */
export function sendBeforeLeaving() {
  for (let number; (number = rim.wasm.take()); ) {
    const { id, json } = entries.get(number);
    // Refused for its size: it stays, in case that the page lives on.
    if (!navigator.sendBeacon(endpointOf(rim.dsn), envelopeOf(rim.dsn, id, json))) {
      rim.wasm.push(number, json.length);
      break;
    }
    entries.delete(number);
  }
  pump();
}

/** The wasm has failed: what it held goes out once more without it. */
export function sendAllOnce() {
  rim.wasm = undefined;
  for (const entry of entries.values()) post(entry, entry.json.length < 6e4);
  entries.clear();
}
