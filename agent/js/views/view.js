/** One page view: what belongs to it, from its beginning until it is sent. */
import { activityOf } from "./activity.js";
import { pathOf } from "./names.js";
import { requestsOf } from "./requests.js";
import { navigationOf, vitalsOf } from "./vitals.js";

/** Longest address that is sent. */
const MAX_URL = 2000;
/** Who leaves that soon after an error has given up. */
const GIVEN_UP_MS = 10_000;

/** All times are the page's clock, `performance.now()`; `restoredAt` is when a document came back from the cache. */
export function viewOf(state, settings, session_id, selector, rate, kind, start, restoredAt, firstHidden) {
  const { view } = state;
  const { href, pathname } = location;
  const isSoft = kind === "soft-navigation";
  const isDocument = !isSoft && restoredAt === undefined;
  const vitals = vitalsOf(selector, firstHidden, isSoft, restoredAt);
  const activity = activityOf(state.isOwn);
  const requests = requestsOf();
  let ended = Infinity;
  let seenAt = document.visibilityState === "hidden" && !firstHidden() ? undefined : start;

  function take(entry) {
    const { entryType, startTime } = entry;
    // A document that was rendered ahead has loaded before it was shown.
    const isWithin = (isDocument || startTime >= start) && startTime < ended;
    if (isWithin) activity.take[entryType]?.(entry);
    if (isWithin || !isSoft) vitals.take[entryType]?.(entry);
  }

  function told(now) {
    const last = Math.min(now, ended);
    const isGivenUp = ended === Infinity && view.errorAt > Date.now() - GIVEN_UP_MS;
    const { id } = state.userOf() ?? {};
    const item = {
      id: view.id,
      session_id,
      started: performance.timeOrigin + start,
      url: href.slice(0, MAX_URL),
      page: view.page ?? pathOf(pathname),
      kind,
      release: settings.release,
      environment: settings.environment || "production",
      sample_rate: rate,
      visible_ms: seenAt === undefined ? 0 : Math.max(last - seenAt, 0),
      hidden_start: firstHidden() <= start,
      abandoned: isGivenUp || (isDocument && document.readyState !== "complete"),
      errors: view.errors,
      device: deviceOf(),
      connection: navigator.connection?.effectiveType,
      user: id === undefined ? undefined : { id: String(id) },
      vitals: vitals.told(),
      load: isDocument ? loadOf(navigationOf()) : undefined,
      ...activity.told(),
      ...requests.told(),
    };
    // A tenth of a microsecond is enough, of shifts a ten-thousandth; what is empty says nothing.
    const told = (_, value) => (typeof value === "number" ? Math.round(value * 1e4) / 1e4 : value === "" ? undefined : value);
    return JSON.parse(JSON.stringify(item, told));
  }

  /** Another is shown. The vitals of a document go on until the page is hidden. */
  function end(now) {
    ended = Math.min(ended, now);
    if (isSoft) vitals.end();
  }

  return {
    isSoft, take, told, end,
    request: requests.take,
    finalise: vitals.finalise,
    /** The page is shown, which was opened in the background. */
    seen: (now) => void (seenAt ??= now),
  };
}

/** What a page is looked at on: fingers are not fine, and phones are narrow. */
function deviceOf() {
  if (!matchMedia("(pointer:coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet";
}

/** How long the phases of loading took, and when the document had come how far; what did not happen is left out. */
function loadOf(entry) {
  if (!entry) return;
  const since = (time, start = entry.activationStart ?? 0) => (time > 0 ? Math.max(time - start, 0) : undefined);
  const took = (phase) => since(entry[phase + "End"], entry[phase + "Start"]);
  return {
    redirect: took("redirect"),
    dns: took("domainLookup"),
    connect: took("connect"),
    request: since(entry.responseStart, entry.requestStart),
    response: took("response"),
    dom_interactive: since(entry.domInteractive),
    dom_complete: since(entry.domComplete),
    load: since(entry.loadEventEnd),
  };
}
