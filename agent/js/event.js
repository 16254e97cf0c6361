/** The event as it is sent: the public payload of the Sentry protocol. Built where WebAssembly is refused, too. */
import { plain } from "./values.js";

/** Longest message sent unless `maxValueLength` says otherwise: the collector keeps no more. */
const MAX_VALUE = 8192;

/** Everything that makes two errors equal, as one text. */
export const keyOf = ({ chain = [], message, type, level }, { fingerprint, user, level: scopeLevel }) =>
  JSON.stringify([
    chain.map((one) => [one.type, one.value, one.stack]),
    message,
    type,
    scopeLevel || level,
    plain(fingerprint),
    plain(user),
  ]);

/** The whole event with stacks as raw text; `captured` comes from `read`, `scope` from `merge`. */
export function eventOf({ id, at, url }, captured, scope, settings) {
  const { user, tags, extra, contexts, fingerprint } = plain({ ...scope, breadcrumbs: 0 }, 5);
  const event = {
    event_id: id,
    timestamp: at / 1e3,
    platform: "javascript",
    level: scope.level || captured.level,
    release: settings.release,
    environment: settings.environment || "production",
    dist: settings.dist,
    user,
    tags,
    extra,
    fingerprint,
    contexts: { ...browserContexts(), ...contexts },
    request: requestOf(url),
    sdk: { name: "trapline.javascript", version: __AGENT_VERSION__ },
    breadcrumbs: { values: scope.breadcrumbs.map((crumb) => plain(crumb)) },
  };
  const max = settings.maxValueLength || MAX_VALUE;
  if (captured.chain) event.exception = { values: exceptionsOf(captured, max) };
  else event.message = cut(captured.message, max);
  return event;
}

/** Oldest cause first, as the protocol wants it. */
function exceptionsOf({ chain, type, handled }, max) {
  const values = chain.map((one, index) => ({
    type: one.type,
    value: cut(one.value, max),
    stack: one.stack || undefined,
    stacktrace: one.place && !one.stack ? { frames: [one.place] } : undefined,
    mechanism: {
      type: index ? "chained" : type,
      handled,
      source: one.source,
      exception_id: index,
      parent_id: one.parent,
      synthetic: one.synthetic,
    },
  }));
  return values.reverse();
}

const cut = (text, max) => (text.length > max ? text.slice(0, max - 1) + "…" : text);

/** What of the browser's state is cheap to know and explains errors. */
function browserContexts() {
  const { innerWidth: width, innerHeight: height, devicePixelRatio: pixel_ratio } = window;
  const { language: locale, onLine: online, deviceMemory: memory_gb } = navigator;
  const { visibilityState: visibility, readyState: ready_state } = document;
  return {
    viewport: { width, height, pixel_ratio },
    culture: { locale },
    device: { online, memory_gb },
    document: { visibility, ready_state, age_ms: Math.round(performance.now()) },
  };
}

/** The page's URL at the moment of the error. */
function requestOf(url) {
  const headers = { "User-Agent": navigator.userAgent };
  if (document.referrer) headers.Referer = document.referrer;
  return { url, headers };
}
