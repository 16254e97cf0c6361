/**
 * From a frozen moment to a delivered event: fold → build → read stacks → filters → `beforeSend` → send. The moment is
 * frozen while the page waits; all the rest is done in a task of its own, so that a page in a loop of errors is hardly
 * slower. The first capture fetches the wasm: a page without errors never does. Until it is there, events wait; without
 * it, they go out with raw stacks. Nothing in here throws into the page, and what is not sent is counted.
 */
import { pump, put, rim, sendAllOnce, sendBeforeLeaving, takeOver } from "./delivery.js";
import { eventOf, keyOf, wireOf } from "./event.js";
import { newId } from "./listen.js";
import { isUnwanted } from "./filters.js";
import { noteError } from "./sessions.js";
import { settings, state, warn } from "./settings.js";
import { get, isError, read, snapshot } from "./values.js";

/** Different events kept until the wasm is there, or for good where it never is: what the wasm's buckets would take. */
const MAX_PENDING = 120;
/** Events kept to count their repeats; the wasm remembers 250. */
const MAX_FIRSTS = 300;
/** A task of ours is no longer than this, in milliseconds. */
const MAX_TASK = 8;
/** Until undelivered events of earlier pages are looked for: a page has better things to do while it loads. */
const TAKE_OVER_AFTER = 2000;
/** Between an error's repeats and their count, where there is no wasm to say it. */
const COUNT_AFTER = 5000;
/** A panic's trap comes in the same task; the rejection of a promise somewhat later. */
const TRAP_AFTER = 1000;
/** Panics remembered: whoever calls a module may catch its trap. */
const MAX_PANICS = 9;

/** Errors given to `captureException`. */
export const captured = new WeakSet();

/** Frozen, not built: `{record, told, scope, hint, kind, number, count, event, first}`. */
const queue = [];
/** By key: what waits for the wasm, or what was sent without it. */
const pending = new Map();
/** Panics whose trap has not been heard, newest first. */
const panics = [];
/** By number: what was sent whole. */
const firsts = new Map();
const prefix = newId().slice(8);
let serial = 2 ** 32;
let numbers = 0;
let isOwn;
/** Resolves once the wasm is there, or never will be. */
let load;
/** Events that an asynchronous filter holds. */
let held = 0;
let scheduled;
let isLeaving = false;

/** Unlike `newId`, without the 16 µs of randomness. */
export const nextId = () => prefix + (serial++).toString(16).slice(1);

/** 0 for errors, 1 for loads and reports, 2 for messages: each has room of its own (agent/src/bucket.rs). */
const kindOf = ({ kind, told, value }) =>
  told ? told.kind : kind === "captureMessage" ? 2 : kind === "error" && get(get(value, "target"), "localName") ? 1 : 0;

/** Whether there is no room for one more; then it has been counted. Asked before anything is made of it. */
export const overflows = (record) =>
  attempt(() => {
    const isFull =
      state.mode === "armed" ? !rim.wasm.has_room(kindOf(record), record.at) : state.mode === "waiting" && pending.size >= MAX_PENDING;
    if (isFull) state.discard("queue_overflow");
    return isFull;
  });

/** Takes a record; `scopeOf` gives the scopes merged. */
export const capture = (record, scopeOf, hint) =>
  attempt(() => {
    if (state.mode === "closed") return;
    const kind = kindOf(record);
    const told = Object.assign(read(record), hint?.mechanism);
    if (record.kind === "captureException" && isError(record.value)) captured.add(record.value);
    if (isTrapOfPanic(told, record.at)) return;
    if (settings.sampleRate < 1 && Math.random() >= settings.sampleRate) {
      if (!kind) noteError(told.handled === false);
      return state.discard("sample_rate");
    }
    record.view = state.view;
    record.age = performance.now();
    const scope = snapshot(scopeOf(), settings.normalizeDepth);
    const one = { record, told, scope, hint, kind, count: 0, number: ++numbers };
    const key = settings.dedupe ? keyOf(told, scope) : record.id;
    if (state.mode === "armed" ? !rim.wasm.fold(key, one.number, kind, record.at) : isFirst(key, one)) {
      if (!kind && record.view) noteIn(record.view, record.at);
      queue.push(one);
      soon();
    }
  });

function noteIn(view, at) {
  view.errors++;
  view.errorAt = at;
}

/**
 * Whether this is how the module of a panic ends that has been told (trapline-panic): `unreachable`, called by the same.
 * One of the calls says so that no machinery stands above, and no engine's limit cuts off.
 */
function isTrapOfPanic({ type, chain }, at) {
  const { type: kind, value, stack = "" } = chain?.[0] ?? {};
  if (type === "panic") panics.unshift({ stack, at });
  else if (kind === "RuntimeError" && /unreachable/i.test(value)) {
    const call = stack.split("\n").slice(0, 10).at(-1);
    const of = panics.findIndex((panic) => at < panic.at + TRAP_AFTER && panic.stack.includes(call));
    return of >= 0 && panics.splice(of, 1);
  }
  panics.splice(MAX_PANICS);
}

function isFirst(key, one) {
  const known = pending.get(key);
  if (known) known.count++;
  else if (pending.size < MAX_PENDING) pending.set(key, one);
  else state.discard("queue_overflow");
  if (known && state.mode === "degraded") soon(COUNT_AFTER);
  return !known && pending.get(key) === one;
}

function soon(delay = 0) {
  if (isLeaving) leave();
  else if (!scheduled || !delay) {
    clearTimeout(scheduled);
    scheduled = setTimeout(drain, delay, MAX_TASK);
  }
}

/** Builds what was frozen, and sends it if that can be. */
function drain(max_ms) {
  scheduled = undefined;
  const end = performance.now() + max_ms;
  while (queue.length && performance.now() < end) {
    const one = queue.shift();
    attempt(() => {
      one.event ??= eventOf(one.record, one.told, one.scope, settings);
      if (state.mode !== "waiting") submit(one);
    });
  }
  if (queue.length) soon();
  if (state.mode === "waiting" && pending.size) load();
  attempt(report);
  if (state.mode === "degraded") for (const one of pending.values()) again(one);
  pump();
}

/** Looks for what pages have left undelivered. */
let look = () => {};

/** From now on: `fetchWasm` resolves to the wasm, `own` says of a file whether it is ours. */
export function begin(fetchWasm, own) {
  isOwn = own;
  let loading;
  load = () => (loading ??= fetchWasm().then(arm).catch(degrade));
  look = () => takeOver(load).catch(warn);
  setTimeout(look, TAKE_OVER_AFTER);
  addEventListener("online", () => {
    attempt(() => rim.wasm?.online());
    rim.tick();
    look();
  });
}

function arm(wasm) {
  if (state.mode !== "waiting") return;
  drain(Infinity);
  Object.assign(rim, { wasm, failed, tick });
  state.mode = "armed";
  for (const [key, one] of pending) {
    attempt(() => {
      if (wasm.fold(key, one.number, one.kind, one.record.at)) return;
      while (one.count--) wasm.fold(key, 0, one.kind, one.record.at);
      one.count = 0;
      queue.push(one);
    });
  }
  pending.clear();
  soon();
}

/** Reads the stacks of a first occurrence, and asks all who may refuse it. */
function submit(one) {
  firsts.set(one.number, one);
  if (firsts.size > MAX_FIRSTS) firsts.delete(firsts.keys().next().value);
  const { event, scope, record } = one;
  const values = event.exception?.values ?? [];
  if (rim.wasm) {
    const all = values.map(readStack);
    // The thrown one stands last. The agent does not report itself.
    if (all.length && all[all.length - 1] && !values[values.length - 1].mechanism.synthetic) return state.discard("internal_sdk_error");
  }
  const hint = { ...one.hint, event_id: record.id, originalException: originalOf(record) };
  const processors = [...(scope.processors ?? []), ...state.processors].map((ask) => ["event_processor", ask]);
  const unwanted = (candidate) => (isUnwanted(candidate, settings) ? null : candidate);
  const steps = [["event_processor", unwanted], ...processors, ["before_send", settings.beforeSend ?? ((same) => same)]];
  through(steps, event, hint, (kept) => {
    // The collector groups failed requests by the request: it looks for it among the newest eight.
    const isRequest = ({ category }) => category === "fetch" || category === "xhr";
    const { breadcrumbs } = kept;
    one.first = wireOf({ ...kept, breadcrumbs: Array.isArray(breadcrumbs) ? breadcrumbs.slice(-8).filter(isRequest) : undefined });
    put("event", wireOf(kept));
    noteOutcome(one.kind, kept);
  }, (reason) => {
    state.discard(reason);
    if (!one.kind && record.view) record.view.errors--;
  });
}

/** What an event that is sent means for the session: as `@sentry/browser` has it, whose loads and reports are no events. */
function noteOutcome(kind, { exception, level }) {
  const values = exception?.values;
  if (!kind && values) noteError(values.some(({ mechanism }) => mechanism?.handled === false));
  else if (level === "fatal" && !values) noteError(true);
}

/**
 * One after another; each may answer later. `beforeSend` is where pages take out what must not leave them: if it fails,
 * nothing is sent.
 */
function through([step, ...rest], event, hint, done, discard) {
  if (!step) return done(event);
  const [reason, ask] = step;
  const next = (kept) => (kept ? through(rest, kept, hint, done, discard) : discard(reason));
  const refused = (error) => {
    discard(reason);
    warn(error);
  };
  let kept;
  try {
    kept = ask(event, hint);
  } catch (error) {
    return refused(error);
  }
  if (typeof kept?.then !== "function") return next(kept);
  held++;
  kept.then(next, refused).catch(warn).then(() => (held--, pump()));
}

const originalOf = ({ kind, value, original }) =>
  original ?? (kind === "error" ? get(value, "error") : kind === "unhandledrejection" ? get(value, "reason") : value);

/** Puts frames in the place of the raw text; `true` if all of them are ours. */
function readStack(exception) {
  if (!exception.stack) return false;
  const [unread, ...lines] = rim.wasm.frames_of(exception.stack).split("\n");
  const frames = lines.map(frameOf).filter((frame) => !isOwn(frame.filename));
  if (frames.length) exception.stacktrace = { frames };
  if (!unread) delete exception.stack;
  return lines.length > 0 && !frames.length;
}

/** See agent/src/frames.rs for the line. Which frames are the page's own the collector knows. */
function frameOf(line) {
  const [lineno, colno, filename, ...name] = line.split("\t");
  return { function: name.join("\t") || undefined, filename, lineno: +lineno || undefined, colno: +colno || undefined, in_app: true };
}

/** Sends first events again with the number of their repeats, so that the collector groups them as it did the first. */
function sendCounts(now) {
  for (let due; (due = rim.wasm.due_count(now)); ) {
    const number = Math.floor(due / 2 ** 20);
    const one = firsts.get(number);
    if (!(due % 2 ** 20)) firsts.delete(number);
    else if (one) again(Object.assign(one, { count: due % 2 ** 20 }));
    else state.discard("queue_overflow", "error", due % 2 ** 20);
  }
}

function again(one) {
  const { first, count } = one;
  if (!count || !first) return;
  one.count = 0;
  put("event", { ...first, event_id: nextId(), repeat_of: first.event_id, count, timestamp: Date.now() / 1e3 });
}

/** Names what was not sent. Not more often than there is something to send, or the page goes. */
function report(isLast) {
  if (!state.discards.size || !(isLast || state.mode === "degraded" || rim.wasm)) return;
  if (!isLast && Date.now() < reportedAt + COUNT_AFTER) return;
  reportedAt = Date.now();
  const discarded_events = [...state.discards].map(([reason, quantity]) => ({ reason, category: "error", quantity }));
  state.discards.clear();
  put("client_report", { timestamp: Date.now() / 1e3, discarded_events });
}
let reportedAt = 0;

function tick() {
  attempt(() => {
    sendCounts(Date.now());
    report();
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
  return attempt(() => {
    drain(Infinity);
    if (rim.wasm) sendCounts(Infinity);
    report(true);
    pump();
    return !held && (rim.wasm ? rim.wasm.is_idle() : state.mode !== "waiting" || !pending.size);
  });
}

/** The page is hidden and may not come back: what waits goes out now, and what is yet to be captured at once. */
export function leave(event = {}) {
  const { type, timeStamp } = event;
  if (type === "pagehide") state.isGone = true;
  if (type) {
    isLeaving = state.isGone || document.visibilityState === "hidden";
    if (isLeaving) state.hiddenAt_ms ??= timeStamp;
    turn(event);
  }
  if (!isLeaving) return type && look();
  if (state.isGone && state.mode === "waiting" && pending.size) degrade("gone");
  attempt(() => {
    drain(Infinity);
    report(true);
    if (rim.wasm) sendCounts(Infinity);
    sendBeforeLeaving();
  });
}

/** The page is shown again, from the back/forward cache too. */
export function comeBack(event) {
  isLeaving = state.isGone = false;
  if (event.persisted) look();
  turn(event);
}

const turn = (event) => state.turns.forEach((told) => attempt(() => told(event, isLeaving)));

/** Without the wasm from now on. */
export function degrade(reason) {
  warn(reason);
  if (state.mode === "closed") return;
  state.mode = "degraded";
  sendAllOnce();
  queue.push(...[...pending.values()].filter((one) => one.event));
  drain(Infinity);
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
