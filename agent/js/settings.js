/** What `init` was given, and what all parts of the façade know of their state. */

export const settings = { enabled: true, maxBreadcrumbs: 100, sampleRate: 1, dedupe: false };

/**
 * `mode`: "waiting" for the wasm, "armed", "degraded" or "closed". `discards`: by reason, how many errors were neither
 * sent nor counted; a client report names them. `processors`: who may change or refuse an event. `hears`:
 * which DOM events are captured.
 */
export const state = { mode: "waiting", discards: new Map(), processors: [], hears: {}, discard };

function discard(reason, _category, count = 1) {
  state.discards.set(reason, (state.discards.get(reason) ?? 0) + count);
}

const { warn: consoleWarn } = console;

/** One line for developers, with the option `debug`. */
export const warn = (message) => {
  if (settings.debug) consoleWarn.call(console, "[trapline]", message);
};

/** The file of what few pages ask for. It lies beside this one, or in it. */
export const extra = () => (__WASM_BASE64__ ? import("./extra.js") : import(new URL("extra.js", import.meta.url)));
