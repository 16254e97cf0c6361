/** The event as it is sent: the public payload of the Sentry protocol. Built where WebAssembly is refused, too. */
import { visitId } from "./sessions.js";

/** Longest message sent unless `maxValueLength` says otherwise: the collector keeps no more. */
const MAX_VALUE = 8192;

/** Everything that makes two errors equal, as one text. */
export const keyOf = (told, { fingerprint, user, level }) => JSON.stringify([told, level, fingerprint, user]);

/** The whole event with stacks as raw text; `told` comes from `read`, `scope` from `snapshot`. */
export function eventOf({ id, at, url, age, view }, told, scope, settings) {
  const max = settings.maxValueLength || MAX_VALUE;
  const event = {
    event_id: id,
    timestamp: at / 1e3,
    platform: "javascript",
    level: scope.level || told.level,
    release: settings.release,
    environment: settings.environment || "production",
    dist: settings.dist,
    transaction: scope.transactionName,
    logger: told.logger,
    user: settings.sendDefaultPii ? { ip_address: "{{auto}}", ...scope.user } : scope.user,
    tags: scope.tags,
    extra: told.extra ? { ...told.extra, ...scope.extra } : scope.extra,
    fingerprint: scope.fingerprint,
    contexts: { ...browserContexts(age), ...told.contexts, ...scope.contexts },
    request: told.request ?? { url },
    sdk: { name: "trapline.javascript", version: __AGENT_VERSION__ },
    breadcrumbs: scope.breadcrumbs,
    // A worker has neither.
    page_view_id: view?.id,
    session_id: view && visitId(),
  };
  if (settings.httpContext) headersOf(event.request);
  if (told.chain) event.exception = { values: exceptionsOf(told, max) };
  if (told.chain && self._sentryDebugIds) event.debug_meta = { images: imagesOf(event.exception) };
  if (told.message !== undefined) event.message = cut(told.message, max);
  return told.event ? joined(event, told.event) : event;
}

/** As it is sent: whoever is asked before sees messages and breadcrumbs as `@sentry/browser` shows them. */
export const wireOf = ({ message, breadcrumbs, ...rest }) => ({
  ...rest,
  logentry: message === undefined ? rest.logentry : { message },
  breadcrumbs: Array.isArray(breadcrumbs) ? { values: breadcrumbs } : breadcrumbs,
});

/** What `captureEvent` was given says more than the scope. */
function joined(event, given) {
  const both = { ...event, ...given, event_id: event.event_id };
  for (const name of ["tags", "extra", "contexts", "user"]) both[name] = { ...event[name], ...given[name] };
  return both;
}

/** Oldest cause first, as the protocol wants it. */
function exceptionsOf({ chain, type, handled }, max) {
  const values = chain.map((one, index) => ({
    type: one.type,
    value: cut(one.value, max, one.length),
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

/** Those files of the stacks that have been given a debug ID when they were built: each says so, by a stack of its own. */
function imagesOf(exception) {
  const text = JSON.stringify(exception);
  return Object.entries(self._sentryDebugIds).flatMap(([stack, debug_id]) => {
    const [, code_file] = /(https?:\S+?):\d+(:\d+)?\)?$/m.exec(stack) ?? [];
    return code_file && text.includes(code_file) ? { type: "sourcemap", code_file, debug_id } : [];
  });
}

/** Says so where something is missing. */
function cut(text, max, length = text.length) {
  if (length <= max) return text;
  const said = `... (of ${length})`;
  return text.slice(0, Math.max(max - said.length, 0)) + said;
}

/** What of the browser's state is cheap to know and explains errors. */
function browserContexts(age) {
  const { innerWidth: width, innerHeight: height, devicePixelRatio: pixel_ratio } = self;
  const { language: locale, onLine: online, deviceMemory: memory_gb, connection } = navigator;
  const { visibilityState: visibility, readyState: ready_state } = self.document ?? {};
  return {
    viewport: width && { width, height, pixel_ratio },
    culture: { locale },
    device: { online, memory_gb, connection_type: connection?.effectiveType },
    document: { visibility, ready_state, age_ms: Math.round(age) },
  };
}

function headersOf(request) {
  request.headers = { "User-Agent": navigator.userAgent };
  if (self.document?.referrer) request.headers.Referer = document.referrer;
}
