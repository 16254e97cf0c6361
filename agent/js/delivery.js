/**
 * Requests. What is sent when is decided by the wasm (agent/src/outbox.rs), which knows entries by their numbers; here
 * are the entries. Uses `fetch` as it was before anything wrapped it, so that our requests leave no breadcrumbs.
 */
import { newId } from "./listen.js";
import { extra, settings, state, warn } from "./settings.js";
import { claim, drop, keep, leaveAll, takeLeft } from "./store.js";
import { endpointOf, envelopeOf, itemOf, postOf } from "./wire.js";

/** Below that a compressed body is hardly smaller, and always later. */
const MIN_PACKED = 4000;
/** Entries that are remembered without the wasm. */
const MAX_ALONE = 200;
/** Items of a request: what the collector can take at a time. */
const MAX_BATCH = 3;
export const { fetch } = self;
/** By number: `{id, type, json}`, until they have been answered for. */
const entries = new Map();
/** The same of those that no wasm knows, by ID. */
const alone = new Map();
let last = 0;
let timer;
let endpoint;

/** `wasm` once it is there; what to do when a call into it fails, and when its time has come. */
export const rim = { wasm: undefined, failed: () => {}, tick: () => {} };

const bytesOf = (text) => (/[^\0-\x7f]/.test(text) ? 3 : 1) * text.length;

/** Where events go. Throws if the DSN is none. */
export const target = () => (endpoint ??= settings.tunnel || endpointOf(settings.dsn));

const textOf = (batch) => envelopeOf(settings.dsn, batch.map(({ type, json }) => itemOf(type, json)).join(""));

const entryOf = (type, payload) => ({ id: payload.event_id || newId(), type, json: JSON.stringify(payload) });

/** Takes items for delivery; `pump` sends them. */
export function put(type, ...payloads) {
  const all = payloads.map((payload) => entryOf(type, payload));
  if (rim.wasm) all.forEach((entry) => enter(entry) || (type === "event" && state.discard("queue_overflow")));
  else while (all.length) sendAlone(...all.splice(0, MAX_BATCH));
}

/** Sends an item now, and resolves to the status of the answer; 0 if there is none. */
export const putNow = async (type, payload) => (await post([entryOf(type, payload)], true))[0];

/** Whether there was room. What another page has left stays where it lies if there was none: it is not lost. */
function enter(entry) {
  if (!rim.wasm) return sendAlone(entry);
  if (!rim.wasm.push(++last, bytesOf(entry.json))) return false;
  entries.set(last, entry);
  if (!navigator.onLine || rim.wasm.is_paused(Date.now())) keepQuietly(entry);
  return true;
}

/** Without the wasm: one try, and the outbox. */
function sendAlone(...batch) {
  for (const entry of batch) if (alone.size < MAX_ALONE) alone.set(entry.id, entry);
  post(batch, true).then(([status]) => settle(batch, !isLater(status)));
}

const isLater = (status) => !status || status === 429 || status >= 500;
/**
 * Views are a sample: they take no room from errors; client reports would count twice. Once the page has gone, what it has
 * left behind is all: its transaction would be frozen with it, and all pages of the site would wait for that.
 */
const keepQuietly = (entry) => /^[efs]/.test(entry.type) && !state.isGone && keep(entry, settings.dsn).catch(warn);

/** What was answered for leaves the outbox, and is not left behind; what was not enters it. */
function settle(batch, isDone) {
  for (const entry of batch) {
    if (!isDone) keepQuietly(entry);
    else if (!state.isGone) {
      alone.delete(entry.id);
      drop(entry.id).catch(warn);
    }
  }
}

/** Makes the requests that may be made now, and comes back for the others. */
export function pump() {
  const { wasm } = rim;
  if (!wasm) return;
  try {
    for (let name; navigator.onLine && (name = wasm.next(Date.now())); ) request(Math.abs(name), name > 0);
    clearTimeout(timer);
    const wait = wasm.wake_ms() - Date.now();
    // Timers may fire a millisecond early. Once it is online again, somebody calls.
    if (wait < 1e9 && navigator.onLine) timer = setTimeout(rim.tick, Math.max(wait, 0) + 1);
  } catch (error) {
    rim.failed(error);
  }
}

function request(name, keepalive) {
  const numbers = [];
  for (let number; (number = rim.wasm.member(name, numbers.length)); ) numbers.push(number);
  const batch = numbers.map((number) => entries.get(number));
  post(batch, keepalive).then(([status, wait]) => {
    if (!rim.wasm) return;
    try {
      const isDone = rim.wasm.answered(name, status, wait, Date.now(), Math.random());
      if (isDone) numbers.forEach((number) => entries.delete(number));
      // Nothing goes out for a while, and the page may not live that long.
      if (isDone) settle(batch, true);
      else entries.forEach(keepQuietly);
    } catch (error) {
      return rim.failed(error);
    }
    pump();
  });
}

let violation;

/** With `debug`: why nothing arrives. */
function explain(what) {
  if (settings.debug) extra().then(({ explained }) => explained(what, target(), violation)).then(warn, warn);
}

/** A policy that keeps us from sending says so before the request fails. */
export function forbidsUs({ blockedURI }) {
  const isUs = blockedURI.startsWith(new URL(target()).origin);
  if (isUs) violation = blockedURI;
  return isUs;
}

/** Status, and for how many seconds nothing more shall come; 0 for what there is not. */
async function post(batch, keepalive) {
  try {
    const byPage = ({ handed }) => handed(batch, settings, target(), state.discard);
    const response = await (settings.transport ? extra().then(byPage) : posted(textOf(batch), keepalive));
    if (settings.debug && response.status >= 400) explain(response);
    // Until its answer has been read, a request counts against what browsers let outlive a page.
    else response.body?.cancel?.();
    return [response.status, pauseOf(response.headers)];
  } catch (error) {
    explain(error);
    return [0, 0];
  }
}

async function posted(text, keepalive) {
  let body = text;
  if (rim.wasm && text.length > MIN_PACKED && self.CompressionStream) {
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    body = await new Response(stream).arrayBuffer();
  }
  return fetch(target(), postOf(body, keepalive && text.length < 6e4));
}

/** `Retry-After: 60` or a date; `X-Sentry-Rate-Limits: 60:error;default:key, 10:session` by category, none meaning all. */
function pauseOf(headers) {
  const header = (name) => headers.get(name) ?? "";
  const after = header("retry-after");
  const limits = header("x-sentry-rate-limits").split(",").map((limit) => limit.split(":"));
  const meant = limits.map(([seconds, categories]) => (!categories || /error|default/.test(categories) ? +seconds : 0));
  return Math.max(0, ...meant, after && (+after || (Date.parse(after) - Date.now()) / 1e3)) || 0;
}

/** The page is going: what waits is handed to the browser, which outlives it, and left behind with what has not been answered. */
export function sendBeforeLeaving() {
  const { wasm } = rim;
  const waits = settings.transport || wasm?.is_paused(Date.now()) || !navigator.onLine;
  // What the collector does not know by its ID is left behind only if it is not sent as well; page views are a sample.
  leaveAll([...entries.values(), ...alone.values()], waits && state.isGone ? /^[efsc]/ : /^[ef]/, settings.dsn);
  for (let batch; wasm && !waits && (batch = taken()).length; ) {
    // Refused for its size: it stays, in case that the page lives on.
    if (!navigator.sendBeacon(target(), textOf(batch))) return batch.forEach(enter);
  }
}

function taken() {
  const batch = [];
  for (let number; batch.length < MAX_BATCH && (number = rim.wasm.take()); entries.delete(number)) {
    batch.push(entries.get(number));
  }
  return batch;
}

/**
 * What other pages of this site could not deliver, and this one, where no wasm tries again; `load` resolves once that is
 * there, or never will be.
 */
export async function takeOver(load) {
  const take = async (left) => {
    if (!left.length) return;
    await load();
    left.forEach(enter);
    pump();
  };
  await take(takeLeft(settings.dsn));
  await take(await claim(settings.dsn, state.mode === "degraded"));
}

/** The wasm has failed: what it held goes out once more without it. */
export function sendAllOnce() {
  rim.wasm = undefined;
  const all = [...entries.values()];
  entries.clear();
  all.forEach((entry) => sendAlone(entry));
}
