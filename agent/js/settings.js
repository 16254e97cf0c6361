/** What `init` was given, and what all parts of the façade know of their state. */
import { newId } from "./listen.js";

export const settings = { enabled: true, maxBreadcrumbs: 100, sampleRate: 1, dedupe: false };

/**
 * `mode`: "waiting" for the wasm, "armed", "degraded" or "closed". `discards`: by reason, how many errors were neither
 * sent nor counted; a client report names them. `processors`: who may change or refuse an event. `hears`:
 * which DOM events are captured. `view`: the page view, which events name; a worker has none. `turns`: who is told that
 * the page goes or is shown, as `(event, isLeaving)`. `hiddenAt_ms`: when it was first hidden, by the page's clock.
 */
export const state = {
  mode: "waiting", discards: new Map(), processors: [], hears: {}, discard, renew, turns: new Set(), userOf: () => {},
  hiddenAt_ms: self.document?.visibilityState === "hidden" && !document.prerendering ? 0 : undefined,
};

/** Does it once the page has nothing better to do. */
export const idle = (work) => (self.requestIdleCallback ?? setTimeout)(work, { timeout: 1000 });

/** A page has better things to do while it loads. */
export const later = (work) => setTimeout(idle, 1000, work);

/**
 * Begins a page view. `errors`: different ones that were not held back; `errorAt`: the last one's time; `page`: its
 * name, if the page gave one.
 */
function renew() {
  state.view = { id: newId(), errors: 0 };
}
if (self.document) renew();

function discard(reason, _category, count = 1) {
  state.discards.set(reason, (state.discards.get(reason) ?? 0) + count);
}

const { warn: consoleWarn } = console;

/** One line for developers, with the option `debug`. */
export const warn = (message) => {
  if (settings.debug) consoleWarn.call(console, "[trapline]", message);
};

// Each by its name, which is what bundlers look for.
/** The file of what few pages ask for. It lies beside this one, or in it. */
export const extra = () => import("./extra.js");
/** What measures page views, for the visits that are sampled. */
export const views = () => import("./views.js");
/** The form in which users say what went wrong. */
export const feedback = () => import("./feedback.js");
