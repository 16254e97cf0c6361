/**
 * Page views: how a page felt to those who saw it, measured for the visits that are sampled, and sent as one item of type
 * `page_view` a view. Loaded once the page has had a second to load; what was before, the browser has kept (`buffered`).
 *
 * A view is a document that is shown, a document that comes back from the back/forward cache, or a client-side navigation
 * (`pushState`, `popstate`) to another path. All that are open are sent when the page is hidden for the first time since;
 * what a page does after it is shown again belongs to no view, until the next begins. A document's web vitals go on over
 * client-side navigations, as those of `web-vitals` do; a client-side navigation has INP and CLS of its own time.
 * Long frames, requests, resources and errors count for the view that was shown.
 *
 * Everything of the façade comes as an argument (`pageViewsIntegration`).
 */
import { navigationOf } from "./views/vitals.js";
import { viewOf } from "./views/view.js";

/** Views that are open; with more, the oldest client-side navigation is sent before the page is hidden. */
const MAX_OPEN = 10;
/** Entries that the browser has kept come in tasks of their own. */
const KEPT_MS = 100;
/** Shorter interactions are not looked at, as `web-vitals` has it. */
const MIN_EVENT_MS = 40;
/** What counts only if it was told before the page was hidden, as `web-vitals` has it; the rest is asked for then. */
const PAINTED = ["largest-contentful-paint", "paint"];

/**
 * Measures from now on; `hear(take)` gives requests that have ended to `take`, those of before first. The undo ends that,
 * and sends nothing. Arguments have no names on their way, which would cost bytes on either side.
 */
export function start(state, settings, put, visitId, selector, wrap, on, idle, rate, hear) {
  const supported = PerformanceObserver.supportedEntryTypes;
  const frames = supported.includes("long-animation-frame") ? "long-animation-frame" : "longtask";
  const undos = [];
  let open = [];
  let path;
  let firstHidden_ms;

  function observed(types) {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(dispatch));
    for (const type of types) {
      if (supported.includes(type)) observer.observe({ type, buffered: true, durationThreshold: MIN_EVENT_MS });
    }
    undos.push(() => observer.disconnect());
    return observer;
  }
  const dispatch = (entry) => open.forEach((view) => view.take(entry));

  function begin(kind, start, restoredAt) {
    open.at(-1)?.end(start);
    const view = viewOf(state, settings, visitId(), selector, rate, kind, start, restoredAt, () => firstHidden_ms);
    open.push(view);
    path = location.pathname;
    hear(view.request);
    if (open.length > MAX_OPEN) send(open.splice(open[0].isSoft ? 0 : 1, 1), start);
  }

  function send(views, now) {
    if (views.length) put("page_view", ...views.map((view) => view.told(now)));
  }

  function finish(now) {
    firstHidden_ms = Math.min(firstHidden_ms, now);
    taken.takeRecords().forEach(dispatch);
    send(open, now);
    open = [];
    hear(() => {});
  }

  function turned({ type, persisted, timeStamp }, isLeaving) {
    if (isLeaving) return open.length && finish(timeStamp);
    open.forEach((view) => view.seen(timeStamp));
    if (type !== "pageshow" || !persisted) return;
    firstHidden_ms = Infinity;
    state.renew();
    begin("back-forward-cache", timeStamp, timeStamp);
  }

  function moved() {
    if (location.pathname === path) return;
    state.renew();
    begin("soft-navigation", performance.now());
  }

  /** The user has done something: what is painted from now on is no part of the page's loading. */
  const acted = ({ isTrusted }) => isTrusted && idle(() => open.forEach((view) => view.finalise()));

  function activated() {
    const { activationStart = 0 } = navigationOf() ?? {};
    const isHidden = document.visibilityState === "hidden";
    const hidden = performance.getEntriesByType("visibility-state").find(({ name, startTime }) => name === "hidden" && startTime >= activationStart);
    firstHidden_ms = hidden?.startTime ?? state.hiddenAt_ms ?? (isHidden ? 0 : Infinity);
    begin(kindOf(activationStart), activationStart);
    taken = observed(["event", "first-input", "layout-shift", "resource", frames]);
    observed(PAINTED);
    undos.push(
      wrap(History.prototype, "pushState", () => moved),
      on(self, "popstate", moved),
      on(self, "keydown", acted),
      on(self, "click", acted),
    );
    state.turns.add(turned);
    // Seen, and gone before we came.
    if (isHidden && firstHidden_ms) setTimeout(() => open.length && finish(firstHidden_ms), KEPT_MS);
  }
  let taken;

  if (document.prerendering) undos.push(on(document, "prerenderingchange", activated));
  else activated();
  return () => {
    state.turns.delete(turned);
    hear(() => {});
    open = [];
    undos.splice(0).forEach((undo) => undo());
  };
}

function kindOf(activationStart) {
  if (activationStart > 0) return "prerender";
  return document.wasDiscarded ? "restore" : (navigationOf()?.type.replace(/_/g, "-") ?? "navigate");
}
