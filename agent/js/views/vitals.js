/**
 * Web vitals of a view, by the definitions of `web-vitals` 6, whose values these equal (tests/e2e/vitals.rs): LCP, INP,
 * CLS, FCP and TTFB, each with what it is to be blamed on.
 */
import { interactionsOf } from "./interactions.js";

/** The document's own entry; some engines give times that cannot be. */
export function navigationOf() {
  const [entry] = performance.getEntriesByType("navigation");
  return entry?.responseStart > 0 && entry.responseStart < performance.now() ? entry : undefined;
}

/** What the document had come to at a moment. */
export function loadState(at) {
  const entry = navigationOf();
  if (document.readyState === "loading" || at < entry?.domInteractive) return "loading";
  const isBefore = (time) => entry && (!time || at < time);
  if (isBefore(entry?.domContentLoadedEventStart)) return "dom-interactive";
  return isBefore(entry?.domComplete) ? "dom-content-loaded" : "complete";
}

const interactions = () => performance.interactionCount ?? 0;

/** The session window with the most shifts: of gaps below a second, and five seconds at most. */
function shiftsOf(selector) {
  let window = { value: 0 };
  let worst = window;
  const take = ({ startTime, value, hadRecentInput, sources }) => {
    if (hadRecentInput) return;
    const goesOn = window.value && startTime - window.last < 1000 && startTime - window.first < 5000;
    if (!goesOn) window = { value: 0, first: startTime, largest: 0 };
    window.value += value;
    window.last = startTime;
    if (value > window.largest) {
      const node = (sources?.find(({ node }) => node?.nodeType === 1) ?? sources?.[0])?.node;
      Object.assign(window, { largest: value, at: startTime, target: node && selector(node) });
    }
    if (window.value > worst.value) worst = window;
  };
  const cls = () => ({
    value: worst.value,
    target: worst.target,
    at: worst.at,
    load_state: worst.value ? loadState(worst.at) : undefined,
  });
  return { take, cls };
}

/**
 * Of a document, also of one that comes back from the back/forward cache (`restoredAt`), or of a client-side navigation
 * (`isSoft`), which has only what its users feel: INP and CLS. `firstHidden()` says when the page was first hidden.
 */
export function vitalsOf(selector, firstHidden, isSoft, restoredAt) {
  const { take: shift, cls } = shiftsOf(selector);
  const { take, inp } = interactionsOf(selector, loadState);
  const isDocument = !isSoft && restoredAt === undefined;
  const before = isDocument ? 0 : interactions();
  const activation = navigationOf()?.activationStart ?? 0;
  const vitals = {};
  let isFinal = !isDocument;
  let count;

  take["layout-shift"] = shift;
  take.paint = ({ name, startTime }) => {
    if (name !== "first-contentful-paint" || !isDocument || startTime >= firstHidden()) return;
    vitals.fcp ??= { value: Math.max(startTime - activation, 0), load_state: loadState(startTime) };
  };
  take["largest-contentful-paint"] = (entry) => {
    if (isFinal || entry.startTime >= firstHidden()) return;
    const { startTime, element, id, url } = entry;
    vitals.lcp = { value: Math.max(startTime - activation, 0), target: element ? selector(element) : id && "#" + id, url, startTime };
  };

  if (restoredAt !== undefined) {
    const painted = () => {
      const value = performance.now() - restoredAt;
      Object.assign(vitals, { lcp: { value }, fcp: { value }, ttfb: { value: 0 } });
    };
    requestAnimationFrame(() => requestAnimationFrame(painted));
  }

  function told() {
    const { lcp, fcp, ttfb } = isDocument ? documentOf(vitals, activation) : vitals;
    // Without a first paint nobody has seen what shifted.
    const hasShifts = (fcp || isSoft) && PerformanceObserver.supportedEntryTypes.includes("layout-shift");
    return { lcp, fcp, ttfb, inp: inp((count ?? interactions()) - before, !isDocument), cls: hasShifts ? cls() : undefined };
  }

  /** Interactions from now on are another view's. */
  const end = () => void (count ??= interactions());

  /** The user has done something: whatever is painted from now on is that. */
  const finalise = () => void (isFinal = true);
  return { take, told, end, finalise };
}

/** With the shares of the document's way in them. */
function documentOf({ lcp, fcp }, activation) {
  const entry = navigationOf();
  if (!entry) return { lcp: lcp && { ...lcp, startTime: undefined }, fcp };
  const since = (time) => Math.max((time || 0) - activation, 0);
  const ttfb = since(entry.responseStart);
  const waited = since(entry.workerStart || entry.fetchStart);
  const [looked, connecting, connected] = [entry.domainLookupStart, entry.connectStart, entry.connectEnd].map(since);
  return {
    lcp: lcp && largestOf(lcp, ttfb, activation),
    fcp: fcp && { ...fcp, ttfb },
    ttfb: { value: ttfb, waiting: waited, cache: looked - waited, dns: connecting - looked, connection: connected - connecting, request: ttfb - connected },
  };
}

function largestOf({ startTime, ...lcp }, ttfb, activation) {
  const isIt = (entry) => (entry.requestStart || entry.startTime) <= startTime;
  const resource = lcp.url && performance.getEntriesByName(lcp.url, "resource").findLast(isIt);
  const requested = Math.max(ttfb, resource ? (resource.requestStart || resource.startTime) - activation : 0);
  const received = Math.min(lcp.value, Math.max(requested, resource ? resource.responseEnd - activation : 0));
  return { ...lcp, ttfb, load_delay: requested - ttfb, load: received - requested, render: lcp.value - received };
}
