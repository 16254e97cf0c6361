/**
 * The façade: the names of `@sentry/browser` for what Trapline does, as an ES module and, adopted by the stub, as
 * `window.Trapline`.
 *
 *     import * as Trapline from "https://…/agent.js";
 *     Trapline.init({ dsn: "https://key@host/1", release: "shop@1.2.3" });
 *
 * A capture: the moment is frozen here (values.js, event.js) → the wasm folds repeats and reads stacks (pipeline.js) →
 * `beforeSend` → the wasm says when, delivery.js sends. Where WebAssembly is refused, events go out with their stacks
 * as raw text, and the collector reads them with the same core.
 *
 * Built so: `cargo build -p trapline-agent --target wasm32-unknown-unknown --profile agent`, `wasm-bindgen --target web
 * --no-typescript --out-name trapline`, `wasm-opt -Oz` over its `_bg.wasm` gives `agent_bg.wasm`; `esbuild --bundle
 * --minify --format=esm --target=es2022 --alias:trapline-glue=…/trapline.js --define:__AGENT_VERSION__='"x.y.z"'` over
 * this file gives `agent.js`. Both lie in one immutable directory, `/agent/<hash of both>/`. The stub: `esbuild --bundle
 * --minify --format=iife --target=es2020 --define:__AGENT_PATH__='"/agent/<hash>/agent.js"'`.
 */
import * as wasm from "trapline-glue";
import { install } from "./instruments.js";
import { listen, recordOf } from "./listen.js";
import { arm, capture, captured, close as closePipeline, degrade, flush, leave, settings, state, warn } from "./pipeline.js";
import { Scope, merge } from "./scope.js";

const globalScope = new Scope();
const isolationScope = new Scope();
const currentScopes = [new Scope()];
let adopted = "";
let started = false;
let lastId;
let uninstall = () => {};

export function init(options = {}) {
  Object.assign(settings, options);
  isolationScope.update(settings.initialScope);
  settings.initialScope = undefined;
  if (started || !settings.dsn || settings.enabled === false) return;
  started = true;
  if (!adopted) listen(heard);
  load().then(() => arm(wasm, isOwn)).catch(degrade);
  // After our own request.
  uninstall = install(addBreadcrumb);
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", leave);
}

/** The glue's own loader guesses at URLs and types; streaming gains nothing at this size. */
async function load() {
  const response = await fetch(new URL("agent_bg.wasm", import.meta.url));
  const module = await WebAssembly.compile(await response.arrayBuffer());
  wasm.initSync({ module });
}

/** Our own code, which is left out of stacks. If the page's bundler has moved it, nobody knows where it is. */
function isOwn(file) {
  const home = import.meta.url;
  return file === adopted || (home.endsWith("/agent.js") && file.startsWith(home.slice(0, -8)));
}

export function captureException(error, hint) {
  return freeze(recordOf("captureException", error), hint);
}

export function captureMessage(message, context) {
  return freeze(recordOf("captureMessage", message), context);
}

export function addBreadcrumb(crumb, hint) {
  const kept = settings.beforeBreadcrumb ? settings.beforeBreadcrumb(crumb, hint) : crumb;
  if (kept) isolationScope.addBreadcrumb(kept, settings.maxBreadcrumbs);
}

export const setUser = (user) => void isolationScope.setUser(user);
export const setTag = (key, value) => void isolationScope.setTag(key, value);
export const setTags = (tags) => void isolationScope.setTags(tags);
export const setExtra = (key, value) => void isolationScope.setExtra(key, value);
export const setExtras = (extra) => void isolationScope.setExtras(extra);
export const setContext = (name, context) => void isolationScope.setContext(name, context);
export const getCurrentScope = () => currentScopes[currentScopes.length - 1];
export const getIsolationScope = () => isolationScope;
export const getGlobalScope = () => globalScope;
export const lastEventId = () => lastId;
export const isInitialized = () => started;

/** Forks the current scope for `callback`; if that returns a promise, until it settles. */
export function withScope(callback) {
  const scope = getCurrentScope().clone();
  const leaveScope = () => {
    const at = currentScopes.lastIndexOf(scope);
    if (at > 0) currentScopes.splice(at, 1);
  };
  currentScopes.push(scope);
  let result;
  try {
    result = callback(scope);
  } catch (error) {
    leaveScope();
    throw error;
  }
  if (typeof result?.then === "function") result.then(leaveScope, leaveScope);
  else leaveScope();
  return result;
}

/** Sends what waits, and then hears nothing more. */
export function close(timeout) {
  return flush(timeout).then((done) => {
    uninstall();
    listen(heard, removeEventListener);
    closePipeline();
    return done;
  });
}

export { flush };

const api = {
  init, captureException, captureMessage, addBreadcrumb, setUser, setTag, setTags, setExtra, setExtras, setContext,
  getCurrentScope, getIsolationScope, getGlobalScope, lastEventId, isInitialized, withScope, flush, close,
};

/** Takes over from the stub: its listeners and its API call us from now on, and its queue is replayed in order. */
export function adopt(stub) {
  const { debug } = stub.options;
  adopted = stub.own || "inline";
  state.lost = stub.lost;
  window.Trapline = api;
  stub.put = replay;
  init({ ...stub.options, debug: debug !== undefined && debug !== "false" });
  for (const entry of stub.queue.splice(0)) {
    try {
      replay(...entry);
    } catch (error) {
      warn(error);
    }
  }
  currentScopes.length = 1;
}

function replay(name, args, record) {
  if (name === "push") currentScopes.push(getCurrentScope().clone());
  else if (name === "pop") currentScopes.pop();
  else if (name[0] === ".") return getCurrentScope()[name.slice(1)]?.(...args);
  else if (name !== "capture") return api[name]?.(...args);
  else if (record.kind.startsWith("capture")) return freeze(record, args[1]);
  else heard(args[0], record);
}

function heard(event, record = recordOf(event.type, event)) {
  // Captured by the page and thrown on: that is one error. Thrown once more later, it counts.
  if (!captured.delete(event.error ?? event.reason)) freeze(record);
}

/** Takes the scope as it is now; `given` is a hint, or a level. Returns the event's ID. */
function freeze(record, given) {
  lastId = record.id;
  const hint = typeof given === "string" ? { level: given } : given;
  const context = hint?.captureContext ?? hint;
  const current = context ? getCurrentScope().clone().update(context) : getCurrentScope();
  const scope = merge([globalScope, isolationScope, current].map((one) => one.getScopeData()));
  capture(record, scope, hint);
  return record.id;
}
