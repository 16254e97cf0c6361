/**
 * From a frozen moment to a delivered event: fold → read stacks → `beforeSend` → send. Until the wasm is there, events
 * wait; without it, they go out with raw stacks. Nothing in here throws into the page.
 */
import { pump, rim, send, sendAllOnce, sendBeforeLeaving } from "./delivery.js";
import { eventOf, keyOf } from "./event.js";
import { newId } from "./listen.js";
import { get, isError, read } from "./values.js";

/** Different events kept until the wasm is there. */
const MAX_PENDING = 200;
/** Events kept to count their repeats; the wasm remembers no more than 100. */
const MAX_FIRSTS = 300;

export const settings = { enabled: true, maxBreadcrumbs: 100, sampleRate: 1 };
/** `mode`: "waiting" for the wasm, "armed", "degraded" or "closed". */
export const state = { mode: "waiting", lost: 0 };
/** Errors given to `captureException`. */
export const captured = new WeakSet();

/** By key: `{event, hint, at, count}`. */
const pending = new Map();
/** By number: the event as it was sent, without breadcrumbs; undefined until `beforeSend` has let it through. */
const firsts = new Map();
let numbers = 0;
let isOwn;
/** Events that an asynchronous `beforeSend` holds. */
let held = 0;

const { warn: consoleWarn } = console;
export const warn = (message) => {
  if (settings.debug) consoleWarn.call(console, "[trapline]", message);
};

/** Takes a record with the scope of its moment. */
export const capture = (record, scope, hint) =>
  attempt(() => {
    if (state.mode === "closed" || Math.random() >= settings.sampleRate) return;
    if (record.kind === "captureException") {
      if (isError(record.value)) captured.add(record.value);
      // Without our own header, as `read` leaves it off of the page's errors.
      if (typeof get(record.value, "stack") !== "string") record.stack = new Error().stack.replace(/^Error\n/, "");
    }
    const told = read(record);
    const key = keyOf(told, scope);
    const build = () => ({
      event: eventOf(record, told, scope, settings),
      hint: { ...hint, event_id: record.id, originalException: originalOf(record) },
      at: record.at,
      count: 0,
    });
    if (state.mode === "waiting") wait(key, build);
    else if (state.mode === "degraded") filter(build());
    else if (!rim.wasm.fold(key, ++numbers, record.at)) submit(numbers, build());
  });

function wait(key, build) {
  const known = pending.get(key);
  if (known) known.count++;
  else if (pending.size < MAX_PENDING) pending.set(key, build());
  else state.lost++;
}

const originalOf = ({ kind, value }) =>
  kind === "error" ? value.error : kind === "unhandledrejection" ? value.reason : value;

/** The wasm is there; `own` says of a file whether it is ours. */
export function arm(wasm, own) {
  if (state.mode !== "waiting") return;
  isOwn = own;
  Object.assign(rim, { wasm, failed, warn, tick, dsn: settings.dsn });
  state.mode = "armed";
  for (const [key, one] of pending) {
    attempt(() => {
      if (!wasm.fold(key, ++numbers, one.at)) submit(numbers, one);
      while (one.count--) wasm.fold(key, 0, one.at);
    });
  }
  pending.clear();
  pump();
}

/** A first occurrence. */
function submit(number, one) {
  firsts.set(number, undefined);
  if (firsts.size > MAX_FIRSTS) firsts.delete(firsts.keys().next().value);
  const values = one.event.exception?.values ?? [];
  const all = values.map(readStack);
  // The thrown one stands last. The agent does not report itself.
  if (all.length && all[all.length - 1] && !values[values.length - 1].mechanism.synthetic) return;
  filter(one, number);
}

/** Puts frames in the place of the raw text; `true` if all of them are ours. */
function readStack(exception) {
  if (!exception.stack) return false;
  const [unread, ...lines] = rim.wasm.frames_of(exception.stack).split("\n");
  const frames = lines.map(frameOf).filter((frame) => !isOwn(frame.filename));
  if (frames.length) exception.stacktrace = { frames };
  if (!unread) exception.stack = undefined;
  return lines.length > 0 && !frames.length;
}

/** See agent/src/frames.rs for the line. */
function frameOf(line) {
  const [name, filename, lineno, colno, inApp] = line.split("\t");
  return { function: name || undefined, filename, lineno: +lineno || undefined, colno: +colno || undefined, in_app: !!inApp };
}

/** Asks `beforeSend`. It is where pages take out what must not leave them: if it fails, nothing is sent. */
function filter({ event, hint }, number) {
  const done = (kept) => {
    if (!kept) return;
    if (firsts.has(number)) firsts.set(number, { ...kept, breadcrumbs: undefined });
    send(kept);
  };
  if (!settings.beforeSend) return done(event);
  const refused = (error) => warn(error);
  try {
    const kept = settings.beforeSend(event, hint);
    if (typeof kept?.then !== "function") return done(kept);
    held++;
    kept.then(done).catch(refused).then(() => held--);
  } catch (error) {
    refused(error);
  }
}

/** Sends first events again with the number of their repeats, so that the collector groups them as it did the first. */
function sendCounts(now) {
  for (let due; (due = rim.wasm.due_count(now)); ) {
    const [number, count] = [Math.floor(due / 2 ** 20), due % 2 ** 20];
    const first = firsts.get(number);
    if (!count) firsts.delete(number);
    else if (first) {
      send({ ...first, event_id: newId(), repeat_of: first.event_id, count, timestamp: Date.now() / 1e3 });
    }
  }
}

function tick() {
  attempt(() => {
    sendCounts(Date.now());
    pump();
  });
}

/** What fails in here must not reach the page. */
function attempt(work) {
  try {
    return work();
  } catch (error) {
    failed(error);
  }
}

/** Resolves `true` once everything captured so far has been answered for, `false` after `timeout` milliseconds. */
export function flush(timeout = 2000) {
  const end = Date.now() + timeout;
  return new Promise((resolve) => {
    (function look() {
      if (isIdle()) resolve(true);
      else if (Date.now() >= end) resolve(false);
      else setTimeout(look, 20);
    })();
  });
}

function isIdle() {
  if (!rim.wasm) return !pending.size && !held;
  return attempt(() => {
    sendCounts(Infinity);
    return rim.wasm.is_idle() && !held;
  });
}

/** The page is hidden and may not come back: what waits goes out now. */
export function leave({ type }) {
  if (type !== "pagehide" && document.visibilityState !== "hidden") return;
  if (state.mode === "waiting" && type === "pagehide") degrade("the page went before the wasm came");
  if (state.mode !== "armed") return;
  attempt(() => {
    sendCounts(Infinity);
    sendBeforeLeaving();
  });
}

/** Without the wasm from now on. */
export function degrade(reason) {
  warn(reason);
  if (state.mode === "closed") return;
  state.mode = "degraded";
  rim.dsn = settings.dsn;
  sendAllOnce();
  for (const one of pending.values()) {
    if (one.count) one.event.count = one.count + 1;
    filter(one);
  }
  pending.clear();
}

/** A trap ends the wasm's service; anything else was one capture's. */
function failed(error) {
  warn(error);
  if (error instanceof WebAssembly.RuntimeError) degrade("");
}

/** Nothing is taken any more. */
export function close() {
  state.mode = "closed";
}
