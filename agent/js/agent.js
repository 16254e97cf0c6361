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
 * Built by xtask/src/agent.rs: this file and what it imports become `agent.js`, beside `agent_bg.wasm` and `extra.js` in
 * one immutable directory; a second time, with both inside, the package's `inline.js`.
 */
import { absent, withAbsent } from "./absent.js";
import { fetch, forbidsUs, target } from "./delivery.js";
import { captureFeedback, sendFeedback } from "./feedback_api.js";
import { instantiate } from "./glue.js";
import { getDefaultIntegrations } from "./integrations.js";
import { listen, recordOf } from "./listen.js";
import { begin, capture, captured, close as closePipeline, comeBack, flush, leave, nextId, overflows } from "./pipeline.js";
import { placeOf, tell } from "./reports.js";
import { Scope, merge } from "./scope.js";
import { captureSession, endSession, noteUser, startSession } from "./sessions.js";
import { extra, settings, state, warn } from "./settings.js";
import { get, plain } from "./values.js";

const globalScope = new Scope();
let isolationScope = new Scope();
const currentScopes = [new Scope()];
const installed = new Map();
const undos = [];
let adopted = "";
let started = false;

export function init(options = {}) {
  Object.assign(settings, options);
  isolationScope.update(settings.initialScope);
  settings.initialScope = undefined;
  if (started || !settings.dsn || settings.enabled === false) return client;
  started = true;
  if (!adopted) listen(heard, addEventListener);
  begin(load, isOwn);
  Object.assign(state, { isOwn, userOf: () => scopesNow(getCurrentScope()).user });
  integrationsOf(settings).forEach(addIntegration);
  if (self.document) {
    addEventListener("pagehide", leave);
    addEventListener("pageshow", comeBack);
    document.addEventListener("visibilitychange", leave);
  }
  return client;
}

function integrationsOf({ defaultIntegrations, integrations: given = [] }) {
  const defaults = defaultIntegrations === false ? [] : (defaultIntegrations ?? getDefaultIntegrations());
  if (typeof given === "function") return given(defaults);
  // What the stub could not make yet is an entry of its queue.
  const own = given.map((one) => (Array.isArray(one) ? api[one[0]](...one[1]) : one));
  return [...defaults.filter((one) => !own.some(({ name }) => name === one.name)), ...own];
}

async function load() {
  if (__WASM_BASE64__) {
    const bytes = Uint8Array.from(atob(__WASM_BASE64__), (char) => char.charCodeAt(0));
    return instantiate(await WebAssembly.compile(bytes));
  }
  const response = await fetch(new URL("agent_bg.wasm", import.meta.url));
  return instantiate(await WebAssembly.compile(await response.arrayBuffer()));
}

/** Our own code, which is left out of stacks, and our requests. If the page's bundler has moved it, nobody knows where it is. */
function isOwn(file) {
  const home = import.meta.url;
  // Firefox names a module without an address by who has asked for it: modules.js.
  return file === adopted || file === target() || (home.endsWith("/agent.js") && file.startsWith(home.slice(0, -8)) && !file.includes(" > "));
}

/** The calls that led here, without this one and that of the API; `read` leaves the header off of the page's too. */
const calls = () => new Error().stack.replace(/^Error\n/, "").split("\n").slice(2).join("\n");

export function captureException(error, hint) {
  const record = recordOf("captureException", error, nextId());
  if (typeof get(error, "stack") !== "string") record.stack = calls();
  return freeze(record, hint);
}

export function captureMessage(message, context) {
  const record = recordOf("captureMessage", message, nextId());
  if (settings.attachStacktrace) record.stack = calls();
  return freeze(record, context);
}

export function captureEvent(event, hint) {
  const record = recordOf("captureEvent", undefined, event.event_id ?? nextId());
  return freeze({ ...record, told: { event: plain(event, 12), kind: event.exception ? 0 : 2 } }, hint);
}

export function addBreadcrumb(crumb, hint) {
  const kept = settings.beforeBreadcrumb ? settings.beforeBreadcrumb(crumb, hint) : crumb;
  if (kept) isolationScope.addBreadcrumb(plain(kept), settings.maxBreadcrumbs);
}

export function addIntegration(one) {
  if (installed.has(one.name)) return;
  installed.set(one.name, one);
  try {
    undos.push(one.install?.({ add: addBreadcrumb, put: told, heard }));
    one.setupOnce?.();
    one.setup?.(client);
    one.afterAllSetup?.(client);
    const { preprocessEvent, processEvent } = one;
    if (preprocessEvent) addEventProcessor((event, hint) => (preprocessEvent.call(one, event, hint, client), event));
    if (processEvent) addEventProcessor((event, hint) => processEvent.call(one, event, hint, client));
  } catch (error) {
    warn(error);
  }
}

export const addEventProcessor = (processor) => void state.processors.push(processor);
const isolated = (name) => (...args) => void isolationScope[name](...args);
/** Names the view that is shown now, instead of its path. */
export const setPage = (name) => void (state.view && (state.view.page = String(name)));
export function setUser(user) {
  isolationScope.setUser(user);
  noteUser();
}
export const setTag = isolated("setTag");
export const setTags = isolated("setTags");
export const setExtra = isolated("setExtra");
export const setExtras = isolated("setExtras");
export const setContext = isolated("setContext");
export const getCurrentScope = () => currentScopes.at(-1);
export const getIsolationScope = () => isolationScope;
export const getGlobalScope = () => globalScope;
export const getClient = () => (started ? client : undefined);
export const lastEventId = () => state.lastId;
/** The integration Feedback, if the page has it. */
export const getFeedback = () => installed.get("Feedback");
export const isInitialized = () => started;
/** Stacks are read by the wasm; who sets this option gets the same. */
export const defaultStackParser = () => [];

/** Calls `work`, and `leaveScope` after it: where it returns a promise, once that settles. */
function within(work, scope, leaveScope) {
  let result;
  try {
    result = work(scope);
  } catch (error) {
    leaveScope();
    throw error;
  }
  if (typeof result?.then === "function") result.then(leaveScope, leaveScope);
  else leaveScope();
  return result;
}

/** Forks the current scope for `callback`, or enters the scope that is given. */
export function withScope(...args) {
  const scope = args.length > 1 ? args[0] : getCurrentScope().clone();
  currentScopes.push(scope);
  return within(args.at(-1), scope, () => {
    const at = currentScopes.lastIndexOf(scope);
    if (at > 0) currentScopes.splice(at, 1);
  });
}

/** Forks what `setUser`, `setTag` and breadcrumbs write to. */
export function withIsolationScope(callback) {
  const outer = isolationScope;
  isolationScope = outer.clone();
  return within(callback, isolationScope, () => (isolationScope = outer));
}

/** Sends what waits, and then hears nothing more. */
export function close(timeout) {
  return flush(timeout).then((done) => {
    undos.splice(0).reverse().forEach((undo) => undo?.());
    listen(heard, removeEventListener);
    closePipeline();
    return done;
  });
}

/** For pages that wrap it: `send([header, [[itemHeader, payload], …]])` resolves to `{statusCode, headers}`. */
export const makeFetchTransport = (options, fetch = self.fetch) => ({
  send: async (envelope) => (await extra()).sent(options, fetch, envelope),
  flush: async () => true,
});

export { absent, captureFeedback, captureSession, endSession, flush, sendFeedback, startSession };
export { feedbackIntegration, showReportDialog } from "./feedback_api.js";
export {
  breadcrumbsIntegration, browserSessionIntegration, captureConsoleIntegration, dedupeIntegration, featureFlagsIntegration,
  framesIntegration, getDefaultIntegrations, globalHandlersIntegration, httpClientIntegration, httpContextIntegration,
  linkedErrorsIntegration, pageViewsIntegration, policiesIntegration, reportingObserverIntegration, wasmIntegration,
} from "./integrations.js";

const client = {
  init, captureException, captureMessage, captureEvent, addEventProcessor, addIntegration, flush, close,
  getOptions: () => settings,
  getDsn: () => settings.dsn,
  getIntegrationByName: (name) => installed.get(name),
  on: () => () => {},
  emit() {},
};

/** Of the script: everything that this module exports. */
let api;

/**
 * Takes over from the stub: its listeners and its API call us from now on, and its queue is replayed in order. Called as
 * a method of this module.
 */
export function adopt(stub) {
  const { debug } = stub.options;
  adopted = stub.own || "inline";
  if (stub.lost) state.discard("queue_overflow", "error", stub.lost);
  self.Trapline = api = withAbsent(this);
  stub.put = replay;
  init({ ...stub.options, debug: debug !== undefined && debug !== "false" && debug !== false });
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
  else if (name === "heard") heard(args[0], record);
  else if (record) return freeze(record, args[1]);
  else return api[name]?.(...args);
}

/** `record` if the stub has heard it. */
function heard(event, record) {
  const { type } = event;
  if (!state.hears[type] || overflows(record ?? { kind: type, value: event, at: Date.now() })) return;
  record ??= recordOf(type, event, nextId());
  if (event.blockedURI !== undefined) return forbidsUs(event) || isOwn(event.sourceFile ?? "") || violated(event, record);
  const known = event.error ?? event.reason;
  // A place without an error: `throw null`, or a worker's, which may have said so itself.
  if (self.document && known == null && event.lineno) {
    return void extra().then(({ isOfWorker }) => isOfWorker(event)).catch(warn).then((isTold) => isTold || freeze(record));
  }
  // Captured by the page and thrown on: that is one error. Thrown once more later, it counts.
  if (!captured.delete(known)) freeze(record);
}

/** What few pages have is worded by what few pages load. */
function violated(event, record) {
  extra().then(({ violationOf }) => freeze({ ...record, told: violationOf(event, tell, placeOf) })).catch(warn);
}

/** What an integration has to tell; `original` is what the page knows it by. */
const told = (what, original) => freeze({ ...recordOf("told", undefined, nextId()), told: what, original });

/** Takes the scope as it is now; `given` is a hint, or a level. Returns the event's ID. */
function freeze(record, given) {
  state.lastId = record.id;
  if (overflows(record)) return record.id;
  const hint = typeof given === "string" ? { level: given } : given;
  const context = hint?.captureContext ?? hint;
  const current = () => (context ? getCurrentScope().clone().update(context) : getCurrentScope());
  capture(record, () => scopesNow(current()), hint);
  return record.id;
}

const scopesNow = (current) => merge([globalScope, isolationScope, current].map((one) => one.getScopeData()));
